"""The only way to read and change shops and their identifiers, a whole set at a time.

One identifier leads to one shop at any instant: overlapping validity on two shops is found here, before anything is
written, so that a purchase can never have two shops.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.ids import uuid7
from cashback.merchants.rematching import ask_for_rematch
from cashback.merchants.schemas import Identifier, Shop

_SHOPS = """
SELECT id, code, name, brand, category, floor, area, centre_id FROM shops WHERE operator_id = $1 ORDER BY code
"""
_SAVE_SHOPS = """
INSERT INTO shops (operator_id, id, code, name, brand, category, floor, area, centre_id)
SELECT $1, t.* FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::uuid[]) AS t
ON CONFLICT (operator_id, code) DO UPDATE
SET name = excluded.name, brand = excluded.brand, category = excluded.category, floor = excluded.floor,
    area = excluded.area, centre_id = excluded.centre_id
"""
_IDENTIFIERS = """
SELECT network, scheme, value, shop_id, valid_from, valid_until FROM merchant_identifiers
WHERE operator_id = $1 ORDER BY network, scheme, value, valid_from NULLS FIRST
"""
_REMOVE_IDENTIFIERS = """
DELETE FROM merchant_identifiers i
USING unnest($2::text[], $3::text[], $4::text[], $5::uuid[], $6::timestamptz[], $7::timestamptz[])
    AS t (network, scheme, value, shop_id, valid_from, valid_until)
WHERE i.operator_id = $1 AND i.network = t.network AND i.scheme = t.scheme AND i.value = t.value
    AND i.shop_id = t.shop_id AND i.valid_from IS NOT DISTINCT FROM t.valid_from
    AND i.valid_until IS NOT DISTINCT FROM t.valid_until
"""
_ADD_IDENTIFIERS = """
INSERT INTO merchant_identifiers (operator_id, id, network, scheme, value, shop_id, valid_from, valid_until)
SELECT $1, t.* FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::timestamptz[],
    $8::timestamptz[]) AS t
"""

_ALWAYS = datetime.min.replace(tzinfo=UTC)
_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class IdentifierPlan:
    """What has to be written for a set of identifiers to stand."""

    added: tuple[Identifier, ...]
    removed: tuple[Identifier, ...]
    standing: tuple[Identifier, ...]
    """Everything that is valid at some time once the plan is carried out."""


async def load_shops(connection: AsyncConnection, operator_id: UUID) -> list[Shop]:
    """All shops, by code."""
    rows = await connection.exec_driver_sql(_SHOPS, (operator_id,))
    return [Shop(*tuple(row)) for row in rows]


async def load_identifiers(connection: AsyncConnection, operator_id: UUID) -> list[Identifier]:
    """All identifiers of all shops, those of the past too."""
    rows = await connection.exec_driver_sql(_IDENTIFIERS, (operator_id,))
    return [Identifier(*tuple(row)) for row in rows]


async def save_shops(connection: AsyncConnection, operator_id: UUID, shops: Sequence[Shop]) -> None:
    """Create shops, or change all but the id of those whose code is known."""
    columns = (
        [each.id for each in shops],
        [each.code for each in shops],
        [each.name for each in shops],
        [each.brand for each in shops],
        [each.category for each in shops],
        [each.floor for each in shops],
        [each.area for each in shops],
        [each.centre_id for each in shops],
    )
    await connection.exec_driver_sql(_SAVE_SHOPS, (operator_id, *columns))


def plan_identifiers(
    stored: Iterable[Identifier], wanted: Iterable[Identifier], replaces: Callable[[Identifier], bool]
) -> IdentifierPlan:
    """What to write so that `wanted` stands in the place of every stored identifier that it `replaces`."""
    held, asked = set(stored), set(wanted)
    removed = {each for each in held if replaces(each)} - asked
    added = asked - held
    standing = tuple(sorted((held - removed) | added, key=_order))
    return IdentifierPlan(
        tuple(each for each in standing if each in added), tuple(sorted(removed, key=_order)), standing
    )


def overlaps(identifiers: Iterable[Identifier]) -> list[tuple[Identifier, Identifier]]:
    """Pairs with the same network, scheme and value that are valid at the same instant; the earlier one first."""
    found: list[tuple[Identifier, Identifier]] = []
    for _, same in groupby(sorted(identifiers, key=_order), key=lambda each: (each.network, each.scheme, each.value)):
        latest: Identifier | None = None
        for each in same:
            if latest is not None and (each.valid_from or _ALWAYS) < (latest.valid_until or _EVER):
                found.append((latest, each))
            if latest is None or (each.valid_until or _EVER) > (latest.valid_until or _EVER):
                latest = each
    return found


async def write_identifiers(
    connection: AsyncConnection, operator_id: UUID, plan: IdentifierPlan, now: datetime
) -> None:
    """Carry out a plan whose `standing` set has no overlaps; one statement for what goes and one for what comes.

    Purchases that were told with any of these identifiers are asked to be matched again, in the same transaction.
    """
    if plan.removed:
        await connection.exec_driver_sql(_REMOVE_IDENTIFIERS, (operator_id, *_columns(plan.removed)))
    if plan.added:
        ids = [uuid7(now) for _ in plan.added]
        await connection.exec_driver_sql(_ADD_IDENTIFIERS, (operator_id, ids, *_columns(plan.added)))
    moved = [f"{each.scheme}:{each.value}" for each in (*plan.removed, *plan.added)]
    await ask_for_rematch(connection, operator_id, moved, now)


def _order(identifier: Identifier) -> tuple[str, str, str, datetime, datetime, UUID]:
    begin, end = identifier.valid_from or _ALWAYS, identifier.valid_until or _EVER
    return identifier.network, identifier.scheme, identifier.value, begin, end, identifier.shop_id


def _columns(identifiers: Sequence[Identifier]) -> tuple[list[object], ...]:
    return (
        [each.network for each in identifiers],
        [each.scheme for each in identifiers],
        [each.value for each in identifiers],
        [each.shop_id for each in identifiers],
        [each.valid_from for each in identifiers],
        [each.valid_until for each in identifiers],
    )
