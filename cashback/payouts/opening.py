"""What the operator pays with on each rail: the debtor of its files, its key at a provider. Sealed, never shown."""

import re
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.db.engine import fetch
from cashback.errors import Forbidden, Invalid
from cashback.iso20022.errors import AccountRefused
from cashback.iso20022.iban import read_bic, read_iban
from cashback.payouts import storage
from cashback.payouts.schemas import RailName, Reason
from cashback.programmes import audit_log
from cashback.programmes.operators import is_live
from issuers.feed_client import checked_base_url
from webhooks.sealing import SealingKey, context

NEEDED: Mapping[RailName, frozenset[str]] = {
    RailName.SEPA: frozenset({"name", "iban"}),
    RailName.STRIPE: frozenset({"api_key"}),
}
"""What must be told of each rail that is opened; a gift card needs no more than codes in stock."""
OPTIONAL: Mapping[RailName, frozenset[str]] = {
    RailName.SEPA: frozenset({"bic"}),
    RailName.STRIPE: frozenset({"base_url"}),
}
_NAME_MAX = 70
_API_KEY = re.compile(r"(sk|rk)_(live|test)_[A-Za-z0-9_]{6,250}")

_OPEN = """
INSERT INTO payout_rails (operator_id, rail, sealed, opened_by, opened_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (operator_id, rail) DO UPDATE
SET sealed = excluded.sealed, opened_by = excluded.opened_by, opened_at = excluded.opened_at
"""
_SEALED = "SELECT rail, sealed FROM payout_rails WHERE operator_id = $1"


async def open_rail(
    connection: AsyncConnection,
    actor: Actor,
    master: SealingKey,
    rail: RailName,
    told: Mapping[str, str],
    now: datetime,
) -> None:
    """Say what the operator pays with on a rail; again replaces it. Raises Invalid, never naming account or key."""
    for scope in (Scope.MONEY, Scope.PROGRAMME):
        if not actor.may(scope):
            raise Forbidden(f"{actor.name} lacks the scope {scope.value!r}", code="scope_missing")
    given = _checked(rail, told)
    if rail is RailName.STRIPE:
        await _check_mode(connection, actor, given["api_key"])
    sealed = master.seal(msgspec.json.encode(given), _place(actor.operator_id, rail))
    await connection.exec_driver_sql(_OPEN, (actor.operator_id, rail.value, sealed, actor.name, now))
    await storage.wake(connection, actor.operator_id, Reason.RAIL_NOT_OPENED, now)
    await audit_log.record(connection, actor, "payout_rail.opened", rail.value, {}, now)


async def credentials(
    connection: AsyncConnection, operator_id: UUID, master: SealingKey
) -> dict[RailName, dict[str, str]]:
    """What the operator pays with, by rail. Secret: for sending alone."""
    return {
        RailName(rail): msgspec.json.decode(
            master.open(sealed, _place(operator_id, RailName(rail))), type=dict[str, str]
        )
        for rail, sealed in await fetch(connection, _SEALED, (operator_id,))
    }


def _checked(rail: RailName, told: Mapping[str, str]) -> dict[str, str]:
    if rail not in NEEDED:
        why = (
            "no network's client is here"
            if rail is RailName.STATEMENT_CREDIT
            else "it needs nothing but codes in stock"
        )
        raise Invalid(f"{rail} is not opened, {why}: expected one of {', '.join(NEEDED)}", code="rail_not_opened")
    given = {name: value.strip() for name, value in told.items() if value.strip()}
    known = NEEDED[rail] | OPTIONAL[rail]
    if missing := sorted(NEEDED[rail] - given.keys()):
        raise Invalid(f"{rail}: expected {', '.join(missing)}", code="rail_incomplete")
    if unknown := sorted(given.keys() - known):
        raise Invalid(f"{rail}: {unknown[0][:40]!r} is not known; expected {', '.join(sorted(known))}")
    if rail is RailName.SEPA:
        return _debtor(given)
    if not _API_KEY.fullmatch(given["api_key"]):
        raise Invalid("api_key: expected a secret or restricted key of Stripe, such as sk_live_…", code="bad_api_key")
    if "base_url" in given:
        try:
            given["base_url"] = checked_base_url(given["base_url"])
        except ValueError as error:
            raise Invalid(str(error), code="bad_base_url") from error
    return given


async def _check_mode(connection: AsyncConnection, actor: Actor, api_key: str) -> None:
    """A live operator never pays by a test key, nor a test operator by a live one, which would move real money."""
    mode = "live" if await is_live(connection, actor.operator_id) else "test"
    if not api_key[2:].startswith(f"_{mode}_"):
        raise Invalid(
            f"api_key: this operator is in {mode} mode; expected a key such as sk_{mode}_…", code="other_mode"
        )


def _debtor(given: dict[str, str]) -> dict[str, str]:
    try:
        given["iban"] = read_iban(given["iban"]).iban
        if "bic" in given:
            given["bic"] = read_bic(given["bic"])
    except AccountRefused as refused:
        raise Invalid(refused.problems[0], code=refused.reason) from None
    if len(given["name"]) > _NAME_MAX:
        raise Invalid(f"name: expected at most {_NAME_MAX} characters", code="bad_name")
    return given


def _place(operator_id: UUID, rail: RailName) -> bytes:
    return context(operator_id.bytes, b"payout_rails", b"sealed", rail.encode())
