"""Asks the accounts that are due, one page a call, and puts what is told into the inbox log.

A call is three steps, and a process may die between any two. *Take*: in a transaction the account is locked, its calls
of the last 24 hours are counted, and one more is written down before it is made. *Ask*: over the network, in no
transaction. *Record*: in a transaction the page is appended to the inbox log, its rows are remembered and the cursor
moves, all together or not at all. A call that was never recorded has cost one of the day's calls and is made again
from the same cursor when its turn has lapsed. An answer that comes after that is dropped: another turn has begun.
"""

import asyncio
import ipaddress
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.db.engine import fetch, transaction
from cashback.errors import Invalid
from cashback.feeds import pages
from cashback.feeds.schemas import Tally, Turn
from cashback.feeds.service import CALLS_WINDOW, account_place, connection_place
from cashback.ids import uuid7
from issuers.errors import ConsentNeeded, CursorLost, IssuerError, ProviderRefused, TooManyCalls, Unreadable
from issuers.feed_client import FEEDS, FeedClient
from issuers.pull import Ask
from webhooks.sealing import KeyRing, SealingKey, Unsealable

POLL_EVERY = CALLS_WINDOW / 4
"""Four lists a day: what a bank allows without its customer."""
TURN_LAPSES = timedelta(minutes=10)
"""A call ends within the client's time limits, far sooner than this."""
BACKOFF_FIRST = timedelta(minutes=5)
BACKOFF_MAX = POLL_EVERY
FAILURES_COUNTED_MAX = 1000
SIDE_BY_SIDE = 4
"""Calls one worker has under way for one operator."""
ROUND_MAX = 16
"""Accounts one round deals with: within a minute at the worst, so that a worker that is told to stop does."""
LIST_PAGES_MAX = 200
"""Pages that are read of one list while its shopper waits."""
FIRST_DAY_OVERLAP = timedelta(days=14)
"""How far a list reaches back before the last complete one: banks book and enter rows late."""
HISTORY_MAX = timedelta(days=89)
"""Beyond 90 days a bank wants its customer to authenticate anew."""

_log = structlog.get_logger(__name__)


class Clients:
    """Makes clients of connections; `transport` stands for the network in tests."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._transport = transport

    def opened(self, turn: Turn) -> FeedClient:
        """A client for one call, to be closed by the caller."""
        return FEEDS[turn.network].open_client(turn.base_url, turn.credentials, transport=self._transport)


async def poll_due(
    engine: AsyncEngine, keyring: KeyRing, operator_id: UUID, clients: Clients, now: datetime, *, limit: int = ROUND_MAX
) -> Tally:
    """Ask every account of an operator that is due at `now`, at most `limit` calls; answers what came of it.

    Any number of processes may do so at once: an account is one process's at a time.
    """
    tally = Tally()

    async def one_after_another() -> None:
        while tally.taken < limit and await _poll_one(engine, keyring, operator_id, clients, now, tally):
            pass

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(SIDE_BY_SIDE, limit)):
                group.create_task(one_after_another())
    except ExceptionGroup as failures:
        # Callers tell a database that is away from a surprise by the failure itself.
        raise failures.exceptions[0] from failures
    return tally


async def poll_account(
    engine: AsyncEngine,
    keyring: KeyRing,
    operator_id: UUID,
    clients: Clients,
    now: datetime,
    *,
    connection_id: UUID,
    account: str,
    psu_ip: str,
) -> Tally:
    """Ask one account while its shopper waits at this address: such calls are not counted. Reads the list to its end.

    The tally is empty when the account is not asked at all: ended, in need of consent, or its card unlinked. Raises
    Invalid for what is no IP address.
    """
    try:
        ipaddress.ip_address(psu_ip)
    except ValueError as error:
        raise Invalid(f"psu_ip {psu_ip[:48]!r}: expected an IP address", code="bad_address") from error
    tally = Tally()
    named = (connection_id, account)
    while tally.taken < LIST_PAGES_MAX:
        async with transaction(engine, operator_id) as connection:
            turn = await _take(connection, keyring.master, operator_id, now, tally, named=named)
        if turn is None:
            return tally
        more = await _ask_and_record(engine, keyring, clients, turn, now, tally, psu_ip=psu_ip)
        if not more:
            return tally
    return tally


async def _poll_one(
    engine: AsyncEngine, keyring: KeyRing, operator_id: UUID, clients: Clients, now: datetime, tally: Tally
) -> bool:
    before = tally.taken
    async with transaction(engine, operator_id) as connection:
        turn = await _take(connection, keyring.master, operator_id, now, tally)
    if turn is None:
        return tally.taken > before
    await _ask_and_record(engine, keyring, clients, turn, now, tally)
    return True


async def _take(
    connection: AsyncConnection,
    master: SealingKey,
    operator_id: UUID,
    now: datetime,
    tally: Tally,
    *,
    named: tuple[UUID, str] | None = None,
) -> Turn | None:
    """Lock the account that has been due longest, or the one named, and write its next call down."""
    rows = await fetch(connection, _DUE if named is None else _NAMED, (operator_id, *(named or (now,))))
    if not rows:
        return None
    row = rows[0]
    key = (operator_id, row.connection_id, row.account)
    if row.consent_until is not None and row.consent_until <= now:
        sentence = f"the consent ended on {row.consent_until:%Y-%m-%d}: the shopper must give it again at their bank"
        await connection.exec_driver_sql(_STOP, (*key, sentence))
        tally.stopped += 1
        return None
    calls = [at for at in row.calls if at > now - CALLS_WINDOW]
    if named is None:
        allowed = FEEDS[row.network].adapter.calls_per_day
        if len(calls) >= allowed:
            await connection.exec_driver_sql(_PUT_OFF, (*key, sorted(calls)[-allowed] + CALLS_WINDOW))
            tally.put_off += 1
            return None
        calls.append(now)
    lapses_at = now + TURN_LAPSES
    await connection.exec_driver_sql(_TAKE, (*key, row.turn + 1, calls, lapses_at))
    try:
        credentials = master.open(row.credentials, connection_place(operator_id, row.connection_id))
        access = master.open(row.access, account_place(operator_id, row.connection_id, row.account))
    except Unsealable:
        # The turn stands, so that the account is not looked at in every round while its key is missing.
        sentence = "what opens the account does not open itself: is the master key another one?"
        await _failed(connection, key, row.turn + 1, row.failures, now + BACKOFF_MAX, sentence)
        tally.failed += 1
        return None
    return Turn(
        operator_id=operator_id,
        connection_id=row.connection_id,
        account=row.account,
        network=row.network,
        number=row.turn + 1,
        due_again_at=lapses_at,
        base_url=row.base_url,
        credentials=msgspec.json.decode(credentials, type=dict[str, str]),
        access=msgspec.json.decode(access, type=dict[str, str]),
        cursor=row.cursor,
        linked_at=row.linked_at,
        listed_at=row.listed_at,
    )


async def _ask_and_record(
    engine: AsyncEngine,
    keyring: KeyRing,
    clients: Clients,
    turn: Turn,
    now: datetime,
    tally: Tally,
    *,
    psu_ip: str | None = None,
) -> bool:
    """Make the call and record how it ended; answers whether the list goes on."""
    try:
        answer = await _ask(clients, turn, now, psu_ip)
        async with transaction(engine, turn.operator_id) as connection:
            recorded = await pages.record(connection, keyring, turn, answer, now, now + POLL_EVERY)
    except IssuerError as error:
        failure = error
    else:
        # Counted when it is committed, not before.
        tally.pages += recorded is not None and recorded.told
        tally.unchanged += recorded is not None and not recorded.told
        return recorded is not None and recorded.more
    async with transaction(engine, turn.operator_id) as connection:
        await _record_failure(connection, turn, failure, now, tally)
    return False


async def _ask(clients: Clients, turn: Turn, now: datetime, psu_ip: str | None) -> bytes:
    since = max(turn.linked_at or now, now - HISTORY_MAX)
    if turn.listed_at is not None:
        since = max(since, turn.listed_at - FIRST_DAY_OVERLAP)
    try:
        client = clients.opened(turn)
    except (OSError, ValueError, KeyError) as error:
        # One connection's missing certificate must not keep the others from being asked.
        raise ProviderRefused(f"{turn.network}: no call could be made: {type(error).__name__}: {error}") from error
    try:
        return await client.pull(
            Ask(
                account=turn.account,
                access=turn.access,
                cursor=turn.cursor,
                since=since.date(),
                request_id=uuid7(now),
                psu_ip=psu_ip,
            )
        )
    finally:
        await client.aclose()


async def _record_failure(
    connection: AsyncConnection, turn: Turn, error: IssuerError, now: datetime, tally: Tally
) -> None:
    key = (turn.operator_id, turn.connection_id, turn.account)
    _log.warning("feed.failed", network=turn.network, code=error.code, detail=error.detail)
    rows = await fetch(connection, _LOCK_TURN, (*key, turn.number))
    if not rows:
        return
    failures = rows[0][0]
    if isinstance(error, ConsentNeeded):
        await connection.exec_driver_sql(_STOP, (*key, error.detail))
        tally.stopped += 1
        return
    wait = min(BACKOFF_FIRST * 2 ** min(failures, 16), BACKOFF_MAX)
    if isinstance(error, TooManyCalls):
        wait = max(wait, timedelta(seconds=error.retry_after_seconds or 0))
    elif isinstance(error, ProviderRefused | Unreadable):
        wait = BACKOFF_MAX
    elif isinstance(error, CursorLost):
        await connection.exec_driver_sql(_BEGIN_AGAIN, key)
    await _failed(connection, key, turn.number, failures, now + wait, error.detail)
    tally.failed += 1


async def _failed(
    connection: AsyncConnection,
    key: tuple[UUID, Any, Any],
    turn: int,
    failures: int,
    again_at: datetime,
    sentence: str,
) -> None:
    count = min(failures + 1, FAILURES_COUNTED_MAX)
    await connection.exec_driver_sql(_FAILED, (*key, turn, count, again_at, sentence[:500]))


def spoken(tally: Tally) -> Mapping[str, int]:
    """A round in the words of its log line."""
    return {name: getattr(tally, name) for name in ("pages", "unchanged", "put_off", "failed", "stopped")}


_COLUMNS = """a.connection_id, a.account, a.network, a.turn, a.calls, a.cursor, a.linked_at, a.listed_at,
    a.consent_until, a.failures, a.access, b.base_url, b.credentials"""

# A card that was unlinked by another way (a command, the API) is not asked about any more.
_ASKED = """FROM bank_accounts a
    JOIN bank_connections b ON b.operator_id = a.operator_id AND b.connection_id = a.connection_id
    JOIN connections n ON n.operator_id = a.operator_id AND n.id = a.connection_id AND n.active
    WHERE a.operator_id = $1 AND a.state = 'active' AND EXISTS (
        SELECT 1 FROM cards c WHERE c.operator_id = a.operator_id AND c.network = a.network AND c.token = a.account
            AND c.shopper_id = a.shopper_id AND c.unlinked_at IS NULL)"""

_DUE = f"""
SELECT {_COLUMNS} {_ASKED} AND a.next_poll_at <= $2
ORDER BY a.next_poll_at LIMIT 1 FOR UPDATE OF a SKIP LOCKED
"""

_NAMED = f"""
SELECT {_COLUMNS} {_ASKED} AND a.connection_id = $2 AND a.account = $3 FOR UPDATE OF a
"""

_MINE = "WHERE operator_id = $1 AND connection_id = $2 AND account = $3"

_TAKE = f"UPDATE bank_accounts SET turn = $4, calls = $5, next_poll_at = $6 {_MINE}"  # noqa: S608 - built from constants

_PUT_OFF = f"UPDATE bank_accounts SET next_poll_at = $4 {_MINE}"  # noqa: S608 - built from constants

_STOP = f"UPDATE bank_accounts SET state = 'needs_consent', last_error = $4 {_MINE}"  # noqa: S608 - built from constants

_LOCK_TURN = f"SELECT failures FROM bank_accounts {_MINE} AND turn = $4 FOR UPDATE"  # noqa: S608 - built from constants

_BEGIN_AGAIN = f"UPDATE bank_accounts SET cursor = list_cursor, list_page = page + 1 {_MINE}"  # noqa: S608 - built from constants

_FAILED = f"""
UPDATE bank_accounts SET failures = $5, next_poll_at = $6, last_error = $7 {_MINE} AND turn = $4
"""  # noqa: S608 - built from constants
