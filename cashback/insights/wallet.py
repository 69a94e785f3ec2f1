"""A shopper's wallet, read in a handful of statements whatever its length. Reads one shopper and never another."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.errors import Invalid, NotFound
from cashback.ids import parse, show
from cashback.insights.house import House
from cashback.insights.reading import PURCHASE_COLUMNS, card_of, purchase_views
from cashback.insights.schemas import BalanceView, GoalView, ProgressView, PurchaseView, WalletView
from cashback.notifications.service import inbox
from cashback.offers.explanation import goals
from cashback.programmes.schemas import AssetKind
from cashback.rewards.history import whole_histories
from cashback.rewards.storage import grants_of_shoppers

PAGE = 20
"""Purchases on one page."""
TOLD_SHOWN = 5
"""Notices that are shown."""
GOALS_SHOWN = 4
"""Offers under way that are shown, the furthest first."""

_BALANCES = """
SELECT b.asset, b.pending, b.available, b.converted, b.paid, b.expired, b.in_transit, e.amount AS ending,
    e.ends_at - interval '1 microsecond' AS usable_until
FROM balances b LEFT JOIN lot_ends e ON e.shopper_id = b.shopper_id AND e.asset = b.asset WHERE b.shopper_id = $1
"""

_COMING = """
SELECT asset, matures_at, sum(pending)::bigint AS pending FROM rewards
WHERE shopper_id = $1 AND pending > 0 GROUP BY asset, matures_at ORDER BY asset, matures_at NULLS LAST
"""

_CONVERTED_IN_YEAR = "SELECT asset, converted FROM matured_years WHERE shopper_id = $1 AND year = $2"

_LINKED_CARDS = """
SELECT card_id, scheme, last_four, linked_at FROM cards
WHERE operator_id = $1 AND shopper_id = $2 AND unlinked_at IS NULL AND network NOT IN ('receipt', 'checkout')
ORDER BY linked_at, card_id
"""

_FROM_PURCHASES = """
FROM purchases p LEFT JOIN shops s ON s.operator_id = p.operator_id AND s.id = p.shop_id
WHERE p.shopper_id = $1"""

_ALL_OR_UNREWARDED = """
    AND (NOT $5::boolean OR NOT EXISTS (
        SELECT 1 FROM rewards r WHERE r.shopper_id = p.shopper_id AND r.purchase_id = p.id AND r.amount > 0))
"""

_PAGE = f"""
SELECT {PURCHASE_COLUMNS} {_FROM_PURCHASES} AND p.state NOT IN ('superseded', 'witness') AND p.credit_to IS NULL
    AND ($2::timestamptz IS NULL OR (p.purchased_at, p.id) < ($2, $3::uuid))
    {_ALL_OR_UNREWARDED}
ORDER BY p.purchased_at DESC, p.id DESC LIMIT $4
"""

_ONE = f"SELECT {PURCHASE_COLUMNS} {_FROM_PURCHASES} AND p.id = $2"

_STAMPS = """
SELECT w.shopper_id, (SELECT coalesce(sum(version), 0)::bigint FROM balances WHERE shopper_id = w.shopper_id) AS moved,
    (SELECT max(updated_at) FROM purchases WHERE shopper_id = w.shopper_id) AS told,
    (SELECT count(*) FROM cards WHERE operator_id = $1 AND shopper_id = w.shopper_id AND unlinked_at IS NULL
        AND network NOT IN ('receipt', 'checkout')) AS cards,
    (SELECT count(*) FROM notices WHERE shopper_id = w.shopper_id) AS notices
FROM unnest($2::uuid[]) AS w (shopper_id)
"""


_UNREAD = "SELECT count(*) FROM notices WHERE shopper_id = $1 AND read_at IS NULL"


async def read_unread(connection: AsyncConnection, shopper_id: UUID) -> int:
    """How much of what a shopper was told they have not seen yet."""
    return int((await connection.exec_driver_sql(_UNREAD, (shopper_id,))).scalar_one())


async def read_wallet(
    connection: AsyncConnection,
    house: House,
    shopper_id: UUID,
    now: datetime,
    *,
    before: str | None = None,
    unrewarded: bool = False,
) -> WalletView:
    """Balances, progress, cards and the page of purchases after the cursor `before`: all, or those without a reward.

    Raises NotFound for an unknown shopper and Invalid for a cursor that is not one of ours.
    """
    operator_id = house.programme.operator_id
    found = await connection.exec_driver_sql("SELECT 1 FROM shoppers WHERE shopper_id = $1", (shopper_id,))
    if found.first() is None:
        raise NotFound(f"there is no shopper {show('shp', shopper_id)}")
    balances = await _balances(connection, house, shopper_id)
    year = now.astimezone(house.programme.zone).year
    cards = await connection.exec_driver_sql(_LINKED_CARDS, (operator_id, shopper_id))
    at, last_id = (None, None) if before is None else _read_cursor(before)
    rows = list(await connection.exec_driver_sql(_PAGE, (shopper_id, at, last_id, PAGE + 1, unrewarded)))
    page = rows[:PAGE]
    return WalletView(
        balances=balances,
        progress=await _progress(connection, house, shopper_id, balances, year),
        goals=await _goals(connection, house, shopper_id, now),
        cards=tuple(card_of(row) for row in cards),
        inbox=tuple(await inbox(connection, shopper_id, TOLD_SHOWN)),
        purchases=await purchase_views(connection, house, shopper_id, page),
        next_cursor=_cursor(page[-1].purchased_at, page[-1].id) if len(rows) > PAGE else None,
        stamp=await read_stamp(connection, operator_id, shopper_id),
    )


async def read_purchase(connection: AsyncConnection, house: House, shopper_id: UUID, purchase_id: UUID) -> PurchaseView:
    """One purchase of this shopper; NotFound when it is another's or none."""
    rows = await connection.exec_driver_sql(_ONE, (shopper_id, purchase_id))
    views = await purchase_views(connection, house, shopper_id, rows)
    if not views:
        raise NotFound(f"there is no purchase {show('pur', purchase_id)} in this wallet")
    return views[0]


async def read_stamp(connection: AsyncConnection, operator_id: UUID, shopper_id: UUID) -> str:
    """A short text that changes when anything in the wallet changes; one cheap statement, for pages that poll."""
    return (await read_stamps(connection, operator_id, [shopper_id]))[shopper_id]


async def read_stamps(connection: AsyncConnection, operator_id: UUID, shopper_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The same of many wallets, for a process that watches them: one statement."""
    rows = await connection.exec_driver_sql(_STAMPS, (operator_id, list(shopper_ids)))
    stamps = {}
    for row in rows:
        told = 0 if row.told is None else _microseconds(row.told)
        stamps[row.shopper_id] = f"{row.moved:x}-{told:x}-{row.cards:x}-{row.notices:x}"
    return stamps


async def _balances(connection: AsyncConnection, house: House, shopper_id: UUID) -> tuple[BalanceView, ...]:
    coming: defaultdict[str, list[tuple[datetime | None, int]]] = defaultdict(list)
    for row in await connection.exec_driver_sql(_COMING, (shopper_id,)):
        coming[row.asset].append((row.matures_at, row.pending))
    views = []
    for row in await connection.exec_driver_sql(_BALANCES, (shopper_id,)):
        next_at, next_amount = coming[row.asset][0] if coming[row.asset] else (None, 0)
        views.append(
            BalanceView(
                asset=house.asset(row.asset),
                available=row.available,
                pending=row.pending,
                next_amount=next_amount,
                next_at=next_at,
                converted=row.converted,
                paid=row.paid,
                expired=row.expired,
                in_transit=row.in_transit,
                ending=row.ending or 0,
                usable_until=row.usable_until,
            )
        )
    return _with_what_can_be_earned(house, views)


def _with_what_can_be_earned(house: House, views: list[BalanceView]) -> tuple[BalanceView, ...]:
    """Money first; an asset that converts, and the one it becomes, are shown from the first day at zero."""
    held = {view.asset.code for view in views}
    promised: list[str] = []
    for asset in house.programme.assets.values():
        if asset.conversion is not None:
            promised += [asset.code, asset.conversion.into]
    if not any(house.asset(code).kind is AssetKind.MONEY for code in (*held, *promised)):
        promised += [asset.code for asset in house.programme.assets.values() if asset.kind is AssetKind.MONEY]
    empty = [code for code in dict.fromkeys(promised) if code not in held]
    zeros = [BalanceView(house.asset(code), 0, 0, 0, None, 0, 0) for code in empty]
    order = list(AssetKind)
    return tuple(sorted([*views, *zeros], key=lambda view: (order.index(view.asset.kind), view.asset.code)))


async def _progress(
    connection: AsyncConnection, house: House, shopper_id: UUID, balances: tuple[BalanceView, ...], year: int
) -> tuple[ProgressView, ...]:
    rows = await connection.exec_driver_sql(_CONVERTED_IN_YEAR, (shopper_id, year))
    this_year: Mapping[str, int] = {row.asset: row.converted for row in rows}
    views = []
    for balance in balances:
        rule = balance.asset.conversion
        if rule is None:
            continue
        have = min(max(balance.available, 0), rule.threshold)
        views.append(
            ProgressView(
                asset=balance.asset,
                into=house.asset(rule.into),
                threshold=rule.threshold,
                amount=rule.amount,
                have=have,
                coming=balance.pending,
                missing=rule.threshold - have,
                converted_total=balance.converted,
                converted_amount=balance.converted // rule.threshold * rule.amount,
                done_this_year=this_year.get(balance.asset.code, 0) // rule.threshold,
                yearly_limit=rule.yearly_limit,
                coming_at=balance.next_at,
                ending=balance.ending,
                usable_until=balance.usable_until,
            )
        )
    return tuple(views)


async def _goals(connection: AsyncConnection, house: House, shopper_id: UUID, now: datetime) -> tuple[GoalView, ...]:
    """Read only where an offer counts over several purchases."""
    snapshot = house.snapshot
    if not any(offer.tallies and offer.live(now) for offer in house.book.offers):
        return ()
    histories = await whole_histories(connection, snapshot, [shopper_id])
    grants = await grants_of_shoppers(connection, [shopper_id]) if snapshot.budgeted else {}
    return tuple(
        GoalView(goal.offer.code, house.offer(goal.offer.offer_id, goal.offer.version).names, goal.trail, goal.percent)
        for goal in goals(histories[shopper_id], house.book, grants, now)[:GOALS_SHOWN]
    )


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)


def _cursor(at: datetime, purchase_id: UUID) -> str:
    return f"{_microseconds(at)}.{show('pur', purchase_id)}"


def _read_cursor(text: str) -> tuple[datetime, UUID]:
    micros, _, shown = text.partition(".")
    try:
        return _EPOCH + timedelta(microseconds=int(micros)), parse("pur", shown)
    except (ValueError, OverflowError):
        raise Invalid(f"'before' must be a cursor of this page, such as 0.pur_…, got {text[:64]!r}") from None
