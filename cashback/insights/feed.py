"""The operator's live feed: the newest purchases as told, and the figures over them. Reads sets, never row by row."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.insights.house import House
from cashback.insights.reading import PURCHASE_COLUMNS, judgements, place_of, read_rewards, timing_of_purchase, zone_of
from cashback.insights.schemas import FeedFilters, FeedRow, Pulse
from cashback.rewards.explain import Considered, considered
from webhooks import inbox

FEED_ROWS = 50
"""Rows on the page; the browser keeps as many."""
FEED_WINDOW = 2_000
"""How far back filters look: the newest purchases by arrival."""
SHOP_TEXT_MAX = 80


class Result(StrEnum):
    """What came of a purchase for the shopper."""

    PENDING = "pending"
    """A reward waits for the clearing or for the end of the return period."""
    AVAILABLE = "available"
    """A reward is in the wallet."""
    EXPIRED = "expired"
    """A reward was in the wallet and not used in time."""
    NOTHING = "nothing"
    """It counts, and no offer gave anything; an unmatched purchase too."""
    CLOSED = "closed"
    """It does not count: refunded, reversed, lapsed, declined, outside the link, replaced."""


_FEED = f"""
SELECT {PURCHASE_COLUMNS}, c.scheme, c.last_four, o.result
FROM (SELECT * FROM purchases WHERE operator_id = $1 AND state <> 'witness' ORDER BY id DESC LIMIT $2) p
LEFT JOIN shops s ON s.operator_id = p.operator_id AND s.id = p.shop_id
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN p.state NOT IN ('authorized', 'cleared', 'partly_refunded') THEN 'closed'
        WHEN bool_or(r.pending > 0) THEN 'pending'
        WHEN bool_or(r.available > 0) THEN 'available'
        WHEN bool_or(r.expired > 0) THEN 'expired'
        ELSE 'nothing' END AS result
    FROM rewards r WHERE r.shopper_id = p.shopper_id AND r.purchase_id = p.id) o
LEFT JOIN LATERAL (
    SELECT c.scheme, c.last_four FROM cards c
    WHERE c.operator_id = p.operator_id AND c.shopper_id = p.shopper_id AND c.card_id = p.card_id
    ORDER BY c.linked_at DESC LIMIT 1) c ON true
WHERE ($3::text IS NULL OR o.result = $3)
    AND ($4::bool IS NULL OR (p.shop_id IS NOT NULL) = $4)
    AND ($5 = '' OR strpos(lower(concat_ws(' ', s.name, p.merchant ->> 'descriptor')), lower($5)) > 0)
ORDER BY p.id DESC LIMIT $6
"""  # noqa: S608 - built from constants

_TODAY = """
SELECT count(*) AS told, count(*) FILTER (WHERE shop_id IS NOT NULL) AS matched, max(updated_at) AS last_told_at
FROM purchases WHERE operator_id = $1 AND id >= $2 AND state NOT IN ('superseded', 'witness', 'credit')
"""

_REWARDED_TODAY = """
SELECT r.asset, sum(r.amount)::bigint AS amount
FROM purchases p JOIN rewards r ON r.shopper_id = p.shopper_id AND r.purchase_id = p.id
WHERE p.operator_id = $1 AND p.id >= $2 AND r.amount > 0 GROUP BY r.asset
"""

_LAST_TOLD = """
SELECT updated_at FROM purchases WHERE operator_id = $1 ORDER BY id DESC LIMIT 1
"""

_TROUBLES = """
SELECT (SELECT count(*) FROM inbox_parked WHERE tenant_id = $1 AND resolved_at IS NULL) AS parked,
    (SELECT count(*) FROM inbox_conflicts WHERE tenant_id = $1) AS conflicts
"""


async def read_feed(
    connection: AsyncConnection,
    house: House,
    filters: FeedFilters,
    *,
    after: UUID | None = None,
    limit: int = FEED_ROWS,
) -> list[FeedRow]:
    """The newest purchases first, of the last `FEED_WINDOW` that arrived; only those newer than `after` if given."""
    operator_id = house.programme.operator_id
    rows = list(
        await connection.exec_driver_sql(
            _FEED, (operator_id, FEED_WINDOW, filters.result, filters.matched, filters.shop, limit)
        )
    )
    fresh = rows if after is None else [row for row in rows if row.id > after]
    rewards = await read_rewards(connection, house, fresh)
    looked_at = await considered(connection, house.snapshot, [(row.shopper_id, row.id) for row in fresh])
    return [_row(row, house, rewards.get(row.id, []), looked_at.get(row.id, [])) for row in fresh]


async def read_pulse(connection: AsyncConnection, house: House, now: datetime) -> Pulse:
    """The figures of the programme's day so far, and how the inbox stands."""
    operator_id = house.programme.operator_id
    midnight = now.astimezone(house.programme.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    first = _first_id_at(midnight)
    today = (await connection.exec_driver_sql(_TODAY, (operator_id, first))).one()
    rewarded = await connection.exec_driver_sql(_REWARDED_TODAY, (operator_id, first))
    last = (await connection.exec_driver_sql(_LAST_TOLD, (operator_id,))).scalar()
    troubles = (await connection.exec_driver_sql(_TROUBLES, (operator_id,))).one()
    depth = await inbox.depth(connection, operator_id)
    return Pulse(
        purchases_today=today.told,
        matched_today=today.matched,
        rewards_today=tuple(
            sorted(
                ((house.asset(row.asset), row.amount) for row in rewarded),
                key=lambda each: (each[0].kind != "money", each[0].code),
            )
        ),
        waiting=depth.waiting,
        parked=troubles.parked,
        conflicts=troubles.conflicts,
        last_told_at=last,
    )


def accepts(filters: FeedFilters, row: FeedRow) -> bool:
    """Whether a row belongs on a page with these filters: what `read_feed` asks of SQL, for rows that are streamed."""
    if filters.result is not None and row.result != filters.result:
        return False
    if filters.matched is not None and (row.place.shop is not None) != filters.matched:
        return False
    text = " ".join(each for each in (row.place.shop, row.place.descriptor) if each is not None)
    return filters.shop.lower() in text.lower()


def changed(before: Sequence[FeedRow], now: Sequence[FeedRow]) -> list[FeedRow]:
    """Rows that are new or tell something else than before, oldest first, ready to be put on top one by one."""
    held = {row.id: row for row in before}
    return [row for row in reversed(now) if held.get(row.id) != row]


def _row(row: Any, house: House, rewarded: list[Any], looked_at: list[Considered]) -> FeedRow:
    zone = zone_of(row, house)
    timing = timing_of_purchase(row, zone)
    return FeedRow(
        id=row.id,
        purchased_at=timing.at,
        timing=timing,
        zone=zone,
        network=row.network,
        state=row.state,
        place=place_of(row, house),
        result=row.result,
        amount_minor=row.net_minor or row.cleared_minor or row.authorised_minor or row.given_back_minor,
        currency=row.currency,
        last_four=row.last_four,
        scheme=row.scheme,
        judgements=judgements(row, house, rewarded, looked_at),
        updated_at=row.updated_at,
    )


def _first_id_at(instant: datetime) -> UUID:
    """The smallest UUIDv7 of an instant: its milliseconds and zeros (RFC 9562, section 5.7)."""
    return UUID(int=int(instant.timestamp() * 1000) << 80)
