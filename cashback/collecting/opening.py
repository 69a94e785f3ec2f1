"""What the operator charges cards with on each rail: its key at a processor. Sealed, never shown."""

import re
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.collecting.schemas import RailName
from cashback.db.engine import fetch
from cashback.errors import Forbidden, Invalid
from cashback.programmes import audit_log
from cashback.programmes.operators import is_live
from issuers.feed_client import checked_base_url
from webhooks.sealing import SealingKey, context

NEEDED: Mapping[RailName, frozenset[str]] = {RailName.STRIPE: frozenset({"api_key"}), RailName.SANDBOX: frozenset()}
OPTIONAL: Mapping[RailName, frozenset[str]] = {
    RailName.STRIPE: frozenset({"base_url"}),
    RailName.SANDBOX: frozenset(),
}
_API_KEY = re.compile(r"(sk|rk)_(live|test)_[A-Za-z0-9_]{6,250}")

_OPEN = """
INSERT INTO charge_rails (operator_id, rail, sealed, opened_by, opened_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (operator_id, rail) DO UPDATE
SET sealed = excluded.sealed, opened_by = excluded.opened_by, opened_at = excluded.opened_at
"""
_SEALED = "SELECT rail, sealed FROM charge_rails WHERE operator_id = $1 AND rail <> 'lender'"
SIMULATED_LENDER = "sandbox:"
"""The address of a partner that is a simulation."""
_LENDER = "lender"
"""The partner who lends stands among what is opened, and charges no card."""
_SEALED_LENDER = "SELECT sealed FROM charge_rails WHERE operator_id = $1 AND rail = 'lender'"


async def open_rail(
    connection: AsyncConnection,
    actor: Actor,
    master: SealingKey,
    rail: RailName,
    told: Mapping[str, str],
    now: datetime,
) -> None:
    """Say what the operator charges with on a rail; again replaces it. Raises Invalid, never naming the key."""
    for scope in (Scope.MONEY, Scope.PROGRAMME):
        if not actor.may(scope):
            raise Forbidden(f"{actor.name} lacks the scope {scope.value!r}", code="scope_missing")
    if rail is RailName.SANDBOX:
        await _refuse_live(connection, actor)
    given = _checked(rail, told)
    await _check_mode(connection, actor, rail, given)
    sealed = master.seal(msgspec.json.encode(given), _place(actor.operator_id, rail))
    await connection.exec_driver_sql(_OPEN, (actor.operator_id, rail.value, sealed, actor.name, now))
    await audit_log.record(connection, actor, "charge_rail.opened", rail.value, {}, now)


async def credentials(
    connection: AsyncConnection, operator_id: UUID, master: SealingKey
) -> dict[RailName, dict[str, str]]:
    """What the operator charges with, by rail. Secret: for calling alone."""
    return {
        RailName(rail): msgspec.json.decode(
            master.open(sealed, _place(operator_id, RailName(rail))), type=dict[str, str]
        )
        for rail, sealed in await fetch(connection, _SEALED, (operator_id,))
    }


async def open_lender(
    connection: AsyncConnection, actor: Actor, master: SealingKey, told: Mapping[str, str], now: datetime
) -> None:
    """Say who the partner is that lends, by `url`, `token` and, for information sheets, `name`; again replaces it.

    The address `sandbox:` is a simulation that lends to nobody, for a test operator. Raises Invalid.
    """
    for scope in (Scope.MONEY, Scope.PROGRAMME):
        if not actor.may(scope):
            raise Forbidden(f"{actor.name} lacks the scope {scope.value!r}", code="scope_missing")
    given = {name: value.strip() for name, value in told.items() if value.strip()}
    if given.keys() - {"name"} != {"url", "token"}:
        raise Invalid("lender: expected url and token", code="rail_incomplete")
    if given["url"] == SIMULATED_LENDER:
        await _refuse_live(connection, actor)
    else:
        given["url"] = _checked_url(given["url"])
    sealed = master.seal(msgspec.json.encode(given), _place(actor.operator_id, _LENDER))
    await connection.exec_driver_sql(_OPEN, (actor.operator_id, _LENDER, sealed, actor.name, now))
    await audit_log.record(connection, actor, "charge_rail.opened", _LENDER, {}, now)


async def lender_credentials(
    connection: AsyncConnection, operator_id: UUID, master: SealingKey
) -> dict[str, str] | None:
    """Where the partner is reached; None: there is none. Secret: for calling alone."""
    sealed = (await connection.exec_driver_sql(_SEALED_LENDER, (operator_id,))).scalar()
    if sealed is None:
        return None
    return msgspec.json.decode(master.open(sealed, _place(operator_id, _LENDER)), type=dict[str, str])


async def _refuse_live(connection: AsyncConnection, actor: Actor) -> None:
    if await is_live(connection, actor.operator_id):
        raise Invalid("a simulation is for test operators alone (cashback operators twin)", code="test_mode_only")


def _checked_url(url: str) -> str:
    try:
        return checked_base_url(url)
    except ValueError as error:
        raise Invalid(str(error), code="bad_base_url") from error


def _checked(rail: RailName, told: Mapping[str, str]) -> dict[str, str]:
    given = {name: value.strip() for name, value in told.items() if value.strip()}
    known = NEEDED[rail] | OPTIONAL[rail]
    if missing := sorted(NEEDED[rail] - given.keys()):
        raise Invalid(f"{rail}: expected {', '.join(missing)}", code="rail_incomplete")
    if unknown := sorted(given.keys() - known):
        expected = ", ".join(sorted(known)) or "nothing"
        raise Invalid(f"{rail}: {unknown[0][:40]!r} is not known; expected {expected}", code="rail_unknown")
    if "api_key" in given and not _API_KEY.fullmatch(given["api_key"]):
        raise Invalid("api_key: expected a secret or restricted key of Stripe, such as sk_live_…", code="bad_api_key")
    if "base_url" in given:
        given["base_url"] = _checked_url(given["base_url"])
    return given


async def _check_mode(connection: AsyncConnection, actor: Actor, rail: RailName, given: Mapping[str, str]) -> None:
    """A live operator never charges by a test key or a simulation, nor a test operator by a live key."""
    live = await is_live(connection, actor.operator_id)
    if rail is RailName.SANDBOX:
        if live:
            raise Invalid(
                "sandbox charges nobody: only a test operator may open it (cashback operators twin)",
                code="test_mode_only",
            )
        return
    mode = "live" if live else "test"
    if not given["api_key"][2:].startswith(f"_{mode}_"):
        raise Invalid(
            f"api_key: this operator is in {mode} mode; expected a key such as sk_{mode}_…", code="other_mode"
        )


def _place(operator_id: UUID, rail: str) -> bytes:
    return context(operator_id.bytes, b"charge_rails", b"sealed", rail.encode())
