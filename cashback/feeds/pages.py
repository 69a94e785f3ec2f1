"""Records one answer: the page into the inbox log, its rows into memory, the cursor forward; in one transaction."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.feeds.schemas import Recorded, Turn
from issuers import bank_pages
from issuers.bank_pages import Page, Progress, Reading, Remembered
from issuers.card_numbers import mask_card_numbers
from issuers.errors import Unreadable
from issuers.feed_client import FEEDS
from issuers.registry import adapter
from webhooks import inbox
from webhooks.messages import NewMessage, Receipt, subject_of
from webhooks.sealing import KeyRing

_ANSWER = "answer."


async def record(
    connection: AsyncConnection,
    keyring: KeyRing,
    turn: Turn,
    answer: bytes,
    now: datetime,
    poll_again_at: datetime,
) -> Recorded | None:
    """Record an answer of a turn. None for a turn that is over: its answer changes nothing.

    Raises `Unreadable` when the answer does not tell where to go on: then nothing is stored. Rows that cannot be read
    are no such case: their page is stored, and the road parks it.
    """
    feed = FEEDS[turn.network].adapter
    key = (turn.operator_id, turn.connection_id, turn.account)
    rows = await fetch(connection, _LOCK_TURN, (*key, turn.number))
    if not rows:
        return None
    account = rows[0]
    fields = adapter(turn.network).capabilities.pan_like_fields
    declared = [name.removeprefix(_ANSWER) for name in fields if name.startswith(_ANSWER)]
    # Before anything is derived from it: the digest of a row with a card number in it would let the number be guessed.
    answer = mask_card_numbers(answer, pan_like_fields=declared)
    progress, names = feed.progress(answer), feed.names(answer)
    # What a complete list still shows, and what earlier pages of this list have shown; else only what the page names.
    shown_since = account.listed_page if feed.lists_all else account.page + 1
    before = await fetch(connection, _REMEMBERED, (*key, list(names), shown_since))
    page = Page(
        bank_page=turn.network,
        account=turn.account,
        number=account.page + 1,
        first=account.list_page,
        pulled_at=now,
        zone=account.zone,
        before={ref: msgspec.json.decode(stated, type=Remembered) for ref, stated in before},
        answer=msgspec.Raw(answer),
    )
    try:
        reading: Reading | None = feed.read_page(page)
    except Unreadable:
        reading = None
    told = reading is None or reading.told
    if told:
        await _append(connection, keyring, turn, page, now)
    if reading is not None:
        await _remember(connection, key, reading, now)
    unread = None if reading is None or not reading.unread else reading.unread[0][:500]
    await _move(connection, key, account, turn, progress, now, poll_again_at, unread)
    return Recorded(told, progress.more)


async def _append(connection: AsyncConnection, keyring: KeyRing, turn: Turn, page: Page, now: datetime) -> None:
    body = bank_pages.encoded(page)
    envelope = bank_pages.envelope(body, turn.network)
    assert envelope is not None, "a page that was just written is one"
    message = NewMessage(
        connection_id=turn.connection_id,
        delivery_id=envelope.delivery_id,
        event=None,
        digest=envelope.content_digest,
        subject=subject_of(turn.network, turn.account),
        received_at=now,
        body=body,
    )
    receipts = await inbox.append(connection, turn.operator_id, [message], keyring)
    assert receipts == [Receipt.STORED], "the number of a page is given away once, under the lock of its account"


async def _remember(connection: AsyncConnection, key: tuple[Any, ...], reading: Reading, now: datetime) -> None:
    if not reading.after:
        return
    rows = list(reading.after.items())
    columns = (
        [ref for ref, _ in rows],
        [each.pending for _, each in rows],
        [each.gone for _, each in rows],
        [each.seen for _, each in rows],
        [msgspec.json.encode(each).decode() for _, each in rows],
    )
    await connection.exec_driver_sql(_REMEMBER, (*key, *columns, now))


async def _move(
    connection: AsyncConnection,
    key: tuple[Any, ...],
    account: Any,
    turn: Turn,
    progress: Progress,
    now: datetime,
    poll_again_at: datetime,
    unread: str | None,
) -> None:
    lists_all = FEEDS[turn.network].adapter.lists_all
    number = account.page + 1
    if progress.more:
        moved = (progress.cursor, account.list_cursor, account.list_page, account.listed_page, account.listed_at, now)
    else:
        # A list by days begins anew each time; a cursor of changes goes on where it ended.
        following = "" if lists_all else progress.cursor
        # Made due meanwhile, by news of the provider or by a person: then it is due.
        due = poll_again_at if account.next_poll_at == turn.due_again_at else min(account.next_poll_at, poll_again_at)
        moved = (following, following, number + 1, account.list_page, now, due)
    await connection.exec_driver_sql(_MOVE, (*key, number, *moved, unread))


_LOCK_TURN = """
SELECT zone, page, list_page, listed_page, listed_at, list_cursor, next_poll_at FROM bank_accounts
WHERE operator_id = $1 AND connection_id = $2 AND account = $3 AND turn = $4 AND state = 'active' FOR UPDATE
"""

_REMEMBERED = """
SELECT ref, stated::text FROM bank_rows
WHERE operator_id = $1 AND connection_id = $2 AND account = $3
    AND (ref = ANY($4::text[]) OR (NOT gone AND seen >= $5))
"""

_REMEMBER = """
INSERT INTO bank_rows (operator_id, connection_id, account, ref, pending, gone, seen, stated, seen_at)
SELECT $1, $2, $3, t.*, $9 FROM unnest($4::text[], $5::bool[], $6::bool[], $7::bigint[], $8::jsonb[]) AS t
ON CONFLICT (operator_id, connection_id, account, ref) DO UPDATE SET pending = EXCLUDED.pending, gone = EXCLUDED.gone,
    seen = EXCLUDED.seen, stated = EXCLUDED.stated, seen_at = EXCLUDED.seen_at
"""

_MOVE = """
UPDATE bank_accounts SET page = $4, cursor = $5, list_cursor = $6, list_page = $7, listed_page = $8, listed_at = $9,
    next_poll_at = $10, failures = 0, last_error = $11
WHERE operator_id = $1 AND connection_id = $2 AND account = $3
"""
