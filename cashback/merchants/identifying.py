"""One identifier of one shop at a time: given, or ended. What was told with it is asked to be matched again."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.errors import Conflict, Invalid, NotFound
from cashback.merchants.csv_file import unknown_names
from cashback.merchants.schemas import Identifier, Shop
from cashback.merchants.service import IdentifierPlan, load_identifiers, load_shops, overlaps, write_identifiers
from cashback.programmes.audit_log import record
from cashback.programmes.service import bump_revision, lock_programme, require_programme_scope

VALUE_MAX = 128


async def give(
    connection: AsyncConnection,
    actor: Actor,
    shop_code: str,
    *,
    network: str,
    scheme: str,
    value: str,
    valid_from: datetime | None,
    valid_until: datetime | None,
    now: datetime,
) -> Identifier:
    """Let an identifier lead to a shop, over a half-open interval of purchase times; None leaves that side open.

    Given again as it is, nothing changes. Forbidden; NotFound for a shop that there is not; Invalid for a name that no
    message could carry or an empty interval; Conflict where it leads to another shop at the same time, or to this one
    by another interval.
    """
    require_programme_scope(actor)
    await lock_programme(connection, actor.operator_id)
    shops = await load_shops(connection, actor.operator_id)
    shop = next((each for each in shops if each.code == shop_code), None)
    if shop is None:
        raise NotFound(f"no shop has the code {shop_code[:64]!r}", code="unknown_shop")
    _check(network, scheme, value)
    if valid_from is not None and valid_until is not None and valid_until <= valid_from:
        raise Invalid("valid_until: expected a later moment than valid_from", code="bad_interval")
    found = Identifier(network, scheme, value, shop.id, valid_from, valid_until)
    held = set(await load_identifiers(connection, actor.operator_id))
    if found in held:
        return found
    _refuse_taken([*held, found], found, shops)
    await _write(connection, actor, shop, IdentifierPlan((found,), (), (*held, found)), "identifier.given", found, now)
    return found


async def end(
    connection: AsyncConnection, actor: Actor, identifier: Identifier, until: datetime, now: datetime
) -> None:
    """Let it lead nowhere for purchases made from `until` on; those made before stay where they are.

    NotFound where it does not stand as it is given (any more), Invalid for an end that is not within its interval.
    """
    require_programme_scope(actor)
    await lock_programme(connection, actor.operator_id)
    held = set(await load_identifiers(connection, actor.operator_id))
    if identifier not in held:
        raise NotFound("this identifier was changed or removed meanwhile: look again", code="unknown_identifier")
    begins, ends = identifier.valid_from, identifier.valid_until
    if (begins is not None and until <= begins) or (ends is not None and until >= ends):
        raise Invalid("until: expected a moment between its begin and its end", code="bad_interval")
    ended = replace(identifier, valid_until=until)
    shops = await load_shops(connection, actor.operator_id)
    shop = next(each for each in shops if each.id == identifier.shop_id)
    plan = IdentifierPlan((ended,), (identifier,), (*(held - {identifier}), ended))
    await _write(connection, actor, shop, plan, "identifier.ended", ended, now)


def _check(network: str, scheme: str, value: str) -> None:
    for field, problem in unknown_names(network, scheme):
        raise Invalid(f"{field}: {problem}", code=f"{field}_unknown")
    if not 1 <= len(value) <= VALUE_MAX or not value.isprintable() or value != value.strip():
        raise Invalid(f"value: expected 1 to {VALUE_MAX} characters, as the network writes it", code="bad_identifier")


def _refuse_taken(standing: Iterable[Identifier], found: Identifier, shops: Iterable[Shop]) -> None:
    names = {each.id: each.name for each in shops}
    for pair in overlaps(standing):
        if found in pair:
            other = pair[0] if pair[1] == found else pair[1]
            raise Conflict(
                f"{found.network} {found.scheme} {found.value!r} leads to {names[other.shop_id]} at that time already",
                code="identifier_taken",
            )


async def _write(
    connection: AsyncConnection,
    actor: Actor,
    shop: Shop,
    plan: IdentifierPlan,
    action: str,
    identifier: Identifier,
    now: datetime,
) -> None:
    await write_identifiers(connection, actor.operator_id, plan, now)
    revision = await bump_revision(connection, actor.operator_id)
    detail = {
        "network": identifier.network,
        "identifier": f"{identifier.scheme}:{identifier.value}",
        "valid_from": identifier.valid_from,
        "valid_until": identifier.valid_until,
        "revision": revision,
    }
    await record(connection, actor, action, shop.code, detail, now)
