"""Where shoppers are paid to: added with a waiting time and a notice, sealed at rest, shown by the last four.

What a rail needs (IBAN and holder, the id of a connected account) is sealed by the master key for its own row and
opened only where a payout is sent. Never commits.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.clock import zulu
from cashback.db.engine import fetch
from cashback.errors import Conflict, Forbidden, Invalid, NotFound
from cashback.ids import show, uuid7
from cashback.iso20022.errors import AccountRefused
from cashback.iso20022.iban import read_iban
from cashback.notifications import service as notifications
from cashback.notifications.schemas import Notice
from cashback.payouts.policy import load_policy
from cashback.payouts.schemas import WITHOUT_ACCOUNT, Account, RailName
from cashback.programmes import audit_log
from cashback.programmes.service import lock_revision_shared
from cashback.shoppers import service as shoppers
from issuers.card_numbers import mask_text
from webhooks.sealing import SealingKey, context

ACCOUNTS_MAX = 10
"""Of one shopper, at the same time."""
HOLDER_MAX = 70
_CONNECTED = re.compile(r"acct_[A-Za-z0-9]{6,64}")
_CARD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{3,199}")

FIELDS: Mapping[RailName, tuple[str, ...]] = {
    RailName.SEPA: ("iban", "holder"),
    RailName.STRIPE: ("account",),
    RailName.STATEMENT_CREDIT: ("network", "card"),
}
"""What must be told of an account on each rail."""

_COLUMNS = "shopper_id, id, rail, last_four, added_at, usable_at, removed_at"
_OF_SHOPPERS = f"""
SELECT {_COLUMNS} FROM payout_accounts WHERE shopper_id = ANY($1::uuid[]) AND removed_at IS NULL ORDER BY added_at, id
"""  # noqa: S608 - built from constants
_BY_ID = f"SELECT {_COLUMNS} FROM payout_accounts WHERE id = ANY($1::uuid[])"  # noqa: S608 - built from constants
_SAME = f"""
SELECT {_COLUMNS} FROM payout_accounts WHERE shopper_id = $1 AND rail = $2 AND fingerprint = $3 AND removed_at IS NULL
"""  # noqa: S608 - built from constants
_ADD = """
INSERT INTO payout_accounts (operator_id, shopper_id, id, rail, sealed, fingerprint, last_four, added_by, added_at,
    usable_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_REMOVE = """
UPDATE payout_accounts SET removed_at = $3, sealed = ''::bytea
WHERE shopper_id = $1 AND id = $2 AND removed_at IS NULL
"""
_SENDING = """
SELECT 1 FROM payouts WHERE shopper_id = $1 AND account_id = $2
    AND state IN ('sending', 'unknown', 'sent', 'recalling') LIMIT 1
"""
_SEALED = "SELECT id, shopper_id, sealed FROM payout_accounts WHERE id = ANY($1::uuid[]) AND removed_at IS NULL"


async def add(
    connection: AsyncConnection,
    actor: Actor,
    master: SealingKey,
    shopper_id: UUID,
    rail: RailName,
    told: Mapping[str, str],
    now: datetime,
) -> Account:
    """Keep an account of a shopper, usable once it has cooled, and tell the shopper of it. The same again is a no-op.

    Raises Invalid, never naming the account itself, for what cannot be one.
    """
    _may(actor, shopper_id)
    given = _checked(rail, told)
    await lock_revision_shared(connection, actor.operator_id)
    policy = await load_policy(connection, actor.operator_id)
    if policy is None or not any(rail in each.rails for each in policy.assets):
        raise Invalid(f"this programme pays nothing out by {rail}", code="rail_not_allowed")
    if not await shoppers.lock(connection, [shopper_id]):
        raise NotFound("there is no such shopper", code="unknown_shopper")
    plain = msgspec.json.encode(given, order="sorted")
    mark = master.fingerprint(plain, context(actor.operator_id.bytes, b"payout_accounts", rail.encode()))
    same = await fetch(connection, _SAME, (shopper_id, rail.value, mark))
    if same:
        return _account(same[0])
    if len(await of_shoppers(connection, [shopper_id])) >= ACCOUNTS_MAX:
        raise Invalid(f"a shopper has at most {ACCOUNTS_MAX} accounts: remove one first", code="too_many_accounts")
    account_id = uuid7(now)
    usable_at = now + timedelta(hours=policy.cooling_hours)
    last_four = given[FIELDS[rail][0] if rail is not RailName.STATEMENT_CREDIT else "card"][-4:]
    sealed = master.seal(plain, _place(actor.operator_id, shopper_id, account_id))
    row = (actor.operator_id, shopper_id, account_id, rail.value, sealed, mark, last_four, actor.name, now, usable_at)
    await connection.exec_driver_sql(_ADD, row)
    detail = {"shopper": show("shp", shopper_id), "rail": rail.value, "last_four": last_four}
    await audit_log.record(connection, actor, "payout_account.added", show("pac", account_id), detail, now)
    params = {"last_four": last_four, "usable_at": zulu(usable_at)}
    notice = Notice(shopper_id, f"payout_account:{account_id.hex}", "payout_account_added", params)
    await notifications.tell(connection, actor.operator_id, [notice], now)
    return Account(shopper_id, account_id, rail, last_four, now, usable_at, None)


async def remove(connection: AsyncConnection, actor: Actor, shopper_id: UUID, account_id: UUID, now: datetime) -> None:
    """Forget an account: what opens it is destroyed. Conflict while a payout is on its way there."""
    _may(actor, shopper_id)
    await shoppers.lock(connection, [shopper_id])
    if await fetch(connection, _SENDING, (shopper_id, account_id)):
        raise Conflict("a payout is on its way to this account: wait for its end", code="account_in_use")
    if (await connection.exec_driver_sql(_REMOVE, (shopper_id, account_id, now))).rowcount != 1:
        raise NotFound(f"this shopper has no account {show('pac', account_id)}", code="unknown_account")
    detail = {"shopper": show("shp", shopper_id)}
    await audit_log.record(connection, actor, "payout_account.removed", show("pac", account_id), detail, now)
    notice = Notice(shopper_id, f"payout_account_removed:{account_id.hex}", "payout_account_removed", {})
    await notifications.tell(connection, actor.operator_id, [notice], now)


async def of_shoppers(connection: AsyncConnection, shopper_ids: Iterable[UUID]) -> list[Account]:
    """The accounts of these shoppers, oldest first."""
    return [_account(row) for row in await fetch(connection, _OF_SHOPPERS, (list(shopper_ids),))]


async def by_id(connection: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, Account]:
    """Accounts by their ids, the removed ones too."""
    return {row[1]: _account(row) for row in await fetch(connection, _BY_ID, (list(ids),))}


async def opened(
    connection: AsyncConnection, operator_id: UUID, master: SealingKey, ids: Iterable[UUID]
) -> dict[UUID, dict[str, str]]:
    """What rails need to know of these accounts. Personal data: for sending alone, never for showing."""
    rows = await fetch(connection, _SEALED, (list(ids),))
    return {
        row[0]: msgspec.json.decode(master.open(row[2], _place(operator_id, row[1], row[0])), type=dict[str, str])
        for row in rows
    }


def chosen(accounts: Sequence[Account], rails: Sequence[RailName]) -> tuple[RailName, UUID | None] | None:
    """The first of these rails that a shopper with these accounts can be paid by, and the newest account on it."""
    for rail in rails:
        if rail in WITHOUT_ACCOUNT:
            return rail, None
        mine = [each for each in accounts if each.rail is rail]
        if mine:
            return rail, mine[-1].id
    return None


def read_account_iban(text: str) -> str:
    """An IBAN as it is kept; Invalid says what is wrong with it."""
    try:
        return read_iban(text).iban
    except AccountRefused as refused:
        raise Invalid(refused.problems[0], code=refused.reason) from None


def _checked(rail: RailName, told: Mapping[str, str]) -> dict[str, str]:
    if rail in WITHOUT_ACCOUNT:
        raise Invalid(f"{rail} needs no account", code="no_account_needed")
    fields = FIELDS[rail]
    given = {name: " ".join(value.split()) for name, value in told.items() if value.strip()}
    if set(given) != set(fields):
        raise Invalid(f"an account for {rail} is told by {' and '.join(fields)}", code="bad_account")
    if rail is RailName.SEPA:
        given["iban"] = read_account_iban(given["iban"])
        if len(given["holder"]) > HOLDER_MAX or mask_text(given["holder"]) != given["holder"]:
            raise Invalid(f"holder: expected a name of at most {HOLDER_MAX} characters", code="bad_account")
    elif rail is RailName.STRIPE and not _CONNECTED.fullmatch(given["account"]):
        raise Invalid("account: expected the id of a connected account, such as acct_1AbCdEf", code="bad_account")
    elif rail is RailName.STATEMENT_CREDIT and (
        not _CARD.fullmatch(given["card"]) or mask_text(given["card"]) != given["card"]
    ):
        raise Invalid("card: expected the network's opaque id of a card, never its number", code="bad_account")
    return given


def _may(actor: Actor, shopper_id: UUID) -> None:
    if actor.shopper_id != shopper_id and not actor.may(Scope.MONEY):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.MONEY.value!r}", code="scope_missing")


def _place(operator_id: UUID, shopper_id: UUID, account_id: UUID) -> bytes:
    return context(operator_id.bytes, b"payout_accounts", b"sealed", shopper_id.bytes, account_id.bytes)


def _account(row: Sequence[object]) -> Account:
    shopper_id, account_id, rail, *rest = row
    return Account(shopper_id, account_id, RailName(str(rail)), *rest)  # type: ignore[arg-type]
