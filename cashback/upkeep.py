"""What the product does for itself beside the road: forget in time, read parked messages again, watch funds, count,
prove own domains again."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.claims.pictures import forget_pictures
from cashback.clock import Clock
from cashback.db.engine import transaction
from cashback.errors import Conflict, NotFound
from cashback.feeds.service import forget_rows
from cashback.figures.daily import lock
from cashback.figures.offer_days import count_due
from cashback.figures.service import keep
from cashback.funding import outlook
from cashback.funding import service as funding
from cashback.idempotency.service import forget_answers
from cashback.pipeline import Road, process_alone
from cashback.programmes.service import load_programme, lock_programme
from cashback.request_log import service as request_log
from cashback.welcoming import domains
from cashback.welcoming.domains import Resolver
from webhooks import aside, inbox
from webhooks.sealing import purge_keys

RAW_MESSAGES_KEPT = timedelta(days=90)
"""After that the key of their month is destroyed, and with it every copy of the messages, backups included."""
PARKED_MAX = 500


async def forget_raw_messages(engine: AsyncEngine, road: Road, operator_id: UUID, now: datetime) -> int:
    """Destroy the keys of months whose messages and pictures are all older than `RAW_MESSAGES_KEPT`; answers how many.

    Rows of bank feeds that are no longer shown and answers of the API are forgotten with them, in their own time.
    """
    async with transaction(engine, operator_id) as connection:
        await forget_rows(connection, operator_id, now)
        await forget_answers(connection, operator_id, now)
        before = (now - RAW_MESSAGES_KEPT).date()
        await forget_pictures(connection, operator_id, before)
        return await purge_keys(connection, operator_id, before, road.keyring)


async def prove_domains_again(engine: AsyncEngine, resolver: Resolver, operator_id: UUID, clock: Clock) -> list[str]:
    """Ask the DNS about served domains once a day, in no transaction; answers those that are served no more."""
    async with transaction(engine, operator_id) as connection:
        due = await domains.due(connection, operator_id, clock.now())
    lapsed: list[str] = []
    for each in due:
        found = await domains.look(resolver, each)
        with suppress(NotFound, Conflict):  # removed meanwhile, or served for somebody else
            async with transaction(engine, operator_id) as connection:
                if not await domains.looked_again(connection, operator_id, each, found, clock.now()):
                    lapsed.append(each.name)
    return lapsed


async def forget_requests(engine: AsyncEngine, operator_id: UUID, now: datetime) -> None:
    """Delete what is older than the request log keeps, in sets."""
    forgotten = 1
    while forgotten:
        async with transaction(engine, operator_id) as connection:
            forgotten = await request_log.forget(connection, operator_id, now)


async def keep_funders_day(engine: AsyncEngine, operator_id: UUID, now: datetime) -> bool:
    """Write down what funders have as a day of the programme's zone begins; False if that was done."""
    async with transaction(engine, operator_id) as connection:
        programme = await load_programme(connection, operator_id)
        return await outlook.keep_day(connection, operator_id, now.astimezone(programme.zone).date())


async def watch_funds(engine: AsyncEngine, road: Road, operator_id: UUID, clock: Clock) -> list[str]:
    """Look at what prepaid funders have left, and pause, resume or mark them; answers whom something changed of.

    Reading what the programme says and changing it are two transactions: see `funding.service.apply`. The time of the
    change is read once the programme is held: what other batches promised while this one waited was bought before.
    """
    async with transaction(engine, operator_id) as connection:
        if not await funding.any_prepaid(connection, operator_id):
            return []
        snapshot = await road.snapshots.current(connection, operator_id)
        change = funding.looked_at(await funding.standings(connection, snapshot))
    if not change:
        return []
    async with transaction(engine, operator_id) as connection:
        await lock_programme(connection, operator_id)
        return await funding.apply(connection, operator_id, change, clock.now())


async def keep_figures(engine: AsyncEngine, road: Road, operator_id: UUID, now: datetime) -> None:
    """Bring the console's figures up to date with what changed; NoProgramme before there is one."""
    async with transaction(engine, operator_id) as connection:
        snapshot = await road.snapshots.current(connection, operator_id)
        await keep(connection, snapshot.programme, now)
    async with transaction(engine, operator_id) as connection:
        await lock(connection, snapshot.programme)
        await count_due(connection, operator_id, snapshot.programme.zone, now)


async def retry_parked(engine: AsyncEngine, road: Road, operator_id: UUID, now: datetime) -> tuple[int, int]:
    """Read parked messages again, after a parser was repaired; answers how many went through and how many stay."""
    async with transaction(engine, operator_id) as connection:
        waiting = await aside.parked(connection, operator_id, road.keyring, PARKED_MAX)
    for each in waiting:
        async with transaction(engine, operator_id) as connection:
            await inbox.lock_cursor(connection, operator_id, each.message.lane, wait=True)
            # Resolved first: a message that still cannot be read is parked anew by the road itself.
            await aside.resolve_parked(connection, operator_id, [each.message], now)
            await process_alone(connection, road, operator_id, each.message, now)
    async with transaction(engine, operator_id) as connection:
        left = len(await aside.parked(connection, operator_id, road.keyring, PARKED_MAX))
    return max(0, len(waiting) - left), left
