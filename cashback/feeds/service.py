"""Accounts of bank feeds: open a connection to ask, link, end, list, and make due. Never calls a provider.

Every function takes the caller's connection and never commits. What opens an account or a connection is sealed by the
master key for its own row.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.db.engine import fetch
from cashback.errors import Conflict, Invalid, NotFound, ScopeMissing
from cashback.feeds.schemas import Account, AccountState, NewAccount
from cashback.programmes import audit_log
from issuers.card_numbers import mask_text
from issuers.events import CardEvent, EventKind
from issuers.feed_client import FEEDS, checked_base_url
from webhooks.sealing import SealingKey, context

CALLS_WINDOW = timedelta(hours=24, minutes=15)
"""A day, and what a round may last: a call is written down at the beginning of the round in which it is made."""
CONSENT_WARNED = timedelta(days=7)
"""How long before its end a consent is shown as ending."""
ROWS_KEPT = timedelta(days=400)
"""As long as a purchase is open; after that its row is no longer remembered."""
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
SECRET_MAX = 2000
"""Characters of one part of an access: tokens of banks that are JSON Web Tokens have some 1,500."""


async def open_feed(
    connection: AsyncConnection,
    actor: Actor,
    *,
    slug: str,
    base_url: str | None,
    credentials: Mapping[str, str],
    master: SealingKey,
    now: datetime,
) -> str:
    """Say where the provider of a connection is asked and with which credentials; again replaces them.

    Without an address the provider's own is taken, and answered; each bank of the Berlin Group must be told.
    """
    _require(actor, Scope.PROGRAMME)
    connection_id, network = await connection_of(connection, actor.operator_id, slug)
    feed = FEEDS[network]
    asked_at = base_url or feed.base_url
    if asked_at is None:
        raise Invalid(f"{network}: each bank has an address of its own; say it", code="base_url_missing")
    try:
        address = checked_base_url(asked_at)
    except ValueError as error:
        raise Invalid(str(error), code="bad_base_url") from error
    given = _checked("credentials", credentials, feed.credentials, feed.optional)
    sealed = master.seal(msgspec.json.encode(given), connection_place(actor.operator_id, connection_id))
    await connection.exec_driver_sql(_OPEN, (actor.operator_id, connection_id, address, sealed, now))
    await audit_log.record(connection, actor, "feed.opened", f"connection:{slug}", {"url": address}, now)
    return address


async def add_account(
    connection: AsyncConnection,
    actor: Actor,
    new: NewAccount,
    *,
    slug: str,
    shopper_id: UUID,
    linked_at: datetime,
    master: SealingKey,
    now: datetime,
) -> None:
    """Ask an account from now on. One that is known gets the new access and is asked again; its pages go on counting.

    The caller links the account as the shopper's card; until then it is not asked.
    """
    _require(actor, Scope.SHOPPERS)
    connection_id, network = await connection_of(connection, actor.operator_id, slug)
    feed = FEEDS[network]
    if not await fetch(connection, _OPENED, (actor.operator_id, connection_id)):
        raise Invalid(f"connection {slug!r} is not asked yet: open its feed first", code="feed_not_opened")
    if not new.account.isprintable() or not 1 <= len(new.account) <= 200 or mask_text(new.account) != new.account:
        raise Invalid("account: expected 1 to 200 printable characters that are no card number", code="bad_account")
    if is_iban(new.account):
        raise Invalid("account: expected the provider's id of it, got an IBAN, which is never kept", code="bad_account")
    try:
        ZoneInfo(new.zone)
    except (ValueError, OSError, KeyError) as error:
        raise Invalid(f"zone {new.zone[:40]!r}: expected an IANA zone such as Europe/Paris", code="bad_zone") from error
    if new.consent_until is not None and new.consent_until <= now:
        raise Invalid(f"consent_until {new.consent_until.isoformat()}: expected a time to come", code="consent_ended")
    access = _checked("access", new.access, feed.access, feed.optional)
    place = account_place(actor.operator_id, connection_id, new.account)
    row = (
        actor.operator_id,
        connection_id,
        new.account,
        network,
        shopper_id,
        master.seal(msgspec.json.encode(access), place),
        feed.item(access),
        new.zone,
        new.consent_until,
        linked_at,
        now,
    )
    if (await connection.exec_driver_sql(_ADD, row)).rowcount != 1:
        raise Conflict("this account is another shopper's; it must be unlinked there first", code="card_linked")


async def end_account(connection: AsyncConnection, actor: Actor, *, slug: str, account: str) -> UUID:
    """Ask no more; what opened the account is destroyed. Answers the shopper."""
    _require(actor, Scope.SHOPPERS)
    connection_id, _ = await connection_of(connection, actor.operator_id, slug)
    rows = await fetch(connection, _END, (actor.operator_id, connection_id, account))
    if not rows:
        raise NotFound(f"connection {slug!r} has no such account", code="unknown_account")
    return UUID(str(rows[0][0]))


async def accounts(connection: AsyncConnection, operator_id: UUID, now: datetime) -> list[Account]:
    """All accounts that have not ended, those that need somebody first."""
    rows = await fetch(connection, _ACCOUNTS, (operator_id, now - CALLS_WINDOW))
    return [Account(*(*row[:4], AccountState(row[4]), *row[5:])) for row in rows]


def warning(account: Account, now: datetime) -> str | None:
    """What a person should know of an account's consent, or None."""
    if account.state is AccountState.NEEDS_CONSENT:
        return account.last_error or "the shopper must consent again"
    if account.consent_until is None or account.consent_until > now + CONSENT_WARNED:
        return None
    days = max(0, (account.consent_until - now).days)
    return f"the consent ends in {days} days; the shopper must renew it at their bank"


async def credentials_of(
    connection: AsyncConnection, operator_id: UUID, slug: str, master: SealingKey, *, network: str
) -> tuple[str, dict[str, str]]:
    """Where the provider of a connection of this network is asked, and the operator's credentials, in the clear."""
    connection_id, provider = await connection_of(connection, operator_id, slug)
    rows = await fetch(connection, _OPENED, (operator_id, connection_id))
    if provider != network or not rows:
        raise Invalid(f"connection {slug!r}: expected an opened feed of {network}", code="feed_not_opened")
    opened = master.open(rows[0].credentials, connection_place(operator_id, connection_id))
    return rows[0].base_url, msgspec.json.decode(opened, type=dict[str, str])


async def make_due(connection: AsyncConnection, operator_id: UUID, slug: str, account: str, now: datetime) -> None:
    """Ask an account at once, as far as its calls of the day allow."""
    connection_id, _ = await connection_of(connection, operator_id, slug)
    if (await connection.exec_driver_sql(_MAKE_DUE, (operator_id, connection_id, account, now))).rowcount != 1:
        raise NotFound(f"connection {slug!r} has no such account that is asked", code="unknown_account")


async def take_news(
    connection: AsyncConnection, operator_id: UUID, told: Iterable[tuple[UUID, CardEvent]], now: datetime
) -> None:
    """Providers say that something is new: their accounts are due at once, unless the last call failed and waits.

    News that a login was repaired lets an account be asked that needed its shopper.
    """
    rows: dict[tuple[UUID, str], tuple[bool, datetime | None]] = {}
    for connection_id, event in told:
        if event.kind is EventKind.FEED_NEWS:
            until = event.metadata.get("consent_until")
            repaired, known = rows.get((connection_id, event.card_token), (False, None))
            until_at = datetime.fromisoformat(until) if until else known
            rows[connection_id, event.card_token] = (repaired or "repaired" in event.metadata, until_at)
    if rows:
        columns = ([key[0] for key in rows], [key[1] for key in rows])
        await connection.exec_driver_sql(
            _NEWS,
            (operator_id, *columns, [each[0] for each in rows.values()], [each[1] for each in rows.values()], now),
        )


async def forget_rows(connection: AsyncConnection, operator_id: UUID, now: datetime) -> int:
    """Forget rows that no page has shown for `ROWS_KEPT`; answers how many."""
    return (await connection.exec_driver_sql(_FORGET, (operator_id, now - ROWS_KEPT))).rowcount


def connection_place(operator_id: UUID, connection_id: UUID) -> bytes:
    """What the credentials of a connection are sealed for."""
    return context(operator_id.bytes, b"bank_connections", b"credentials", connection_id.bytes)


def account_place(operator_id: UUID, connection_id: UUID, account: str) -> bytes:
    """What the access of an account is sealed for."""
    return context(operator_id.bytes, b"bank_accounts", b"access", connection_id.bytes, account.encode())


async def connection_of(connection: AsyncConnection, operator_id: UUID, slug: str) -> tuple[UUID, str]:
    """The id and the network of an open connection that is a bank feed; NotFound or Invalid else."""
    rows: Sequence[tuple[UUID, str]] = await fetch(connection, _CONNECTION, (operator_id, slug))
    if not rows:
        raise NotFound(f"no open connection is called {slug[:64]!r}", code="unknown_connection")
    connection_id, provider = rows[0]
    if provider not in FEEDS:
        raise Invalid(f"connection {slug!r}: {provider} is no bank feed; expected one of {', '.join(sorted(FEEDS))}")
    return connection_id, provider


def _checked(what: str, given: Mapping[str, str], needed: frozenset[str], optional: frozenset[str]) -> dict[str, str]:
    told = {name: value for name, value in given.items() if value.strip()}
    if missing := sorted(needed - told.keys()):
        raise Invalid(f"{what}: expected {', '.join(missing)}", code="access_missing")
    if unknown := sorted(told.keys() - needed - optional):
        raise Invalid(f"{what}: {unknown[0][:40]!r} is not known; expected {', '.join(sorted(needed | optional))}")
    for name, value in told.items():
        if len(value) > SECRET_MAX or not value.isprintable():
            raise Invalid(f"{what}: {name}: expected 1 to {SECRET_MAX} printable characters")
    return told


def _require(actor: Actor, scope: Scope) -> None:
    if not actor.may(scope):
        raise ScopeMissing(f"{actor.name} lacks the scope {scope.value!r}", scope=scope)


_CONNECTION = "SELECT id, provider FROM connections WHERE operator_id = $1 AND slug = $2 AND active"

_OPENED = "SELECT base_url, credentials FROM bank_connections WHERE operator_id = $1 AND connection_id = $2"

_OPEN = """
INSERT INTO bank_connections (operator_id, connection_id, base_url, credentials, opened_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (operator_id, connection_id) DO UPDATE SET
    base_url = EXCLUDED.base_url, credentials = EXCLUDED.credentials, opened_at = EXCLUDED.opened_at
"""

_ADD = """
INSERT INTO bank_accounts AS a (operator_id, connection_id, account, network, shopper_id, access, item, zone, state,
    consent_until, linked_at, cursor, list_cursor, page, list_page, listed_page, calls, turn, next_poll_at, failures)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'active', $9, $10, '', '', 0, 1, 0, '{}', 0, $11, 0)
ON CONFLICT (operator_id, connection_id, account) DO UPDATE SET
    shopper_id = EXCLUDED.shopper_id, access = EXCLUDED.access, item = EXCLUDED.item, zone = EXCLUDED.zone,
    state = 'active', consent_until = EXCLUDED.consent_until, next_poll_at = EXCLUDED.next_poll_at, failures = 0,
    last_error = NULL, linked_at = CASE WHEN a.state = 'ended' THEN EXCLUDED.linked_at
        ELSE least(a.linked_at, EXCLUDED.linked_at) END
WHERE a.shopper_id = EXCLUDED.shopper_id OR a.state = 'ended'
"""

_END = """
UPDATE bank_accounts SET state = 'ended', access = '', last_error = NULL
WHERE operator_id = $1 AND connection_id = $2 AND account = $3
RETURNING shopper_id
"""

_ACCOUNTS = """
SELECT c.slug, a.network, a.account, a.shopper_id, a.state, a.consent_until, a.next_poll_at, a.listed_at,
    (SELECT count(*) FROM unnest(a.calls) AS at WHERE at > $2)::int, a.last_error
FROM bank_accounts a JOIN connections c ON c.operator_id = a.operator_id AND c.id = a.connection_id
WHERE a.operator_id = $1 AND a.state <> 'ended'
ORDER BY a.state = 'active', a.consent_until, c.slug, a.account
"""

_MAKE_DUE = """
UPDATE bank_accounts SET next_poll_at = least(next_poll_at, $4)
WHERE operator_id = $1 AND connection_id = $2 AND account = $3 AND state = 'active'
"""

# Locked in order: two batches with news of one login wait for each other and never deadlock.
_NEWS = """
WITH told AS (
    SELECT * FROM unnest($2::uuid[], $3::text[], $4::bool[], $5::timestamptz[])
        AS t (connection_id, item, repaired, consent_until)
), mine AS (
    SELECT a.connection_id, a.account, t.repaired, t.consent_until
    FROM bank_accounts a JOIN told t ON t.connection_id = a.connection_id AND t.item = a.item
    WHERE a.operator_id = $1 AND a.state <> 'ended' ORDER BY a.connection_id, a.account FOR UPDATE OF a
)
UPDATE bank_accounts a SET
    next_poll_at = CASE WHEN a.failures = 0 OR m.repaired THEN least(a.next_poll_at, $6) ELSE a.next_poll_at END,
    state = CASE WHEN m.repaired THEN 'active' ELSE a.state END,
    last_error = CASE WHEN m.repaired THEN NULL ELSE a.last_error END,
    failures = CASE WHEN m.repaired THEN 0 ELSE a.failures END,
    consent_until = CASE WHEN m.repaired THEN m.consent_until ELSE coalesce(m.consent_until, a.consent_until) END
FROM mine m
WHERE a.operator_id = $1 AND a.connection_id = m.connection_id AND a.account = m.account
"""

_FORGET = "DELETE FROM bank_rows WHERE operator_id = $1 AND seen_at < $2"
"""Rows still in a list are shown again before they are that old."""


def is_iban(text: str) -> bool:
    """Whether a text is an international bank account number (ISO 13616), however it is spaced."""
    plain = "".join(text.split()).upper()
    if not _IBAN.fullmatch(plain):
        return False
    return int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])) % 97 == 1
