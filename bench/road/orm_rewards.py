"""The second half of the ORM baseline: from purchases to entitlements, rewards, transfers and balances."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bench.road.orm_models import (
    Balance,
    GrantOf,
    MaturedYear,
    Posted,
    Quota,
    RewardOf,
)
from cashback.ids import uuid7
from cashback.ledger.chart import BALANCE_COLUMN
from cashback.ledger.service import Transfer
from cashback.offers.entitlements import entitlements, is_available
from cashback.offers.limits import TOTAL
from cashback.offers.schemas import Entitlement, Grant, History
from cashback.rewards.explain import Reasons
from cashback.rewards.plan import RewardRow, YearRow, conversion_plan, reward_transfers
from cashback.rewards.quotas import allocate
from cashback.rewards.snapshot import Snapshot
from cashback.rewards.standings import Standing

_REWARDED = (
    "shopper_id", "purchase_id", "offer_id", "id", "offer_version", "asset", "pending", "available", "matures_at",
    "revision", "trail", "updated_at", "wanted",
)  # fmt: skip


async def owed(
    session: AsyncSession, snapshot: Snapshot, standings: Sequence[Standing], now: datetime
) -> list[Entitlement]:
    """What the purchases entitle to; quotas are locked, asked and moved."""
    spends = [each.spend() for each in standings]
    ids = [each.id for each in standings]
    owners = {each.id: each.folded.key.shopper_id for each in standings}
    rows = {
        (each.purchase_id, each.offer_id): each
        for each in await session.scalars(
            select(GrantOf).where(GrantOf.shopper_id.in_(owners.values()), GrantOf.purchase_id.in_(ids))
        )
    }
    held = {key: Grant(each.wanted, each.granted) for key, each in rows.items()}
    budgeted = {key[1] for key in held}
    budgeted |= {
        offer.offer_id for each in spends if each.counts for offer in snapshot.book.candidates(each) if offer.budgeted
    }
    if not budgeted:
        return entitlements(spends, snapshot.book, {})
    limits = {
        each.offer_id: each
        for each in await session.scalars(
            select(Quota)
            .where(Quota.operator_id == snapshot.operator_id, Quota.offer_id.in_(budgeted))
            .order_by(Quota.offer_id)
            .with_for_update()
        )
    }
    allocation = allocate(
        lambda at, may_ask: entitlements(spends, snapshot.book, at, may_ask=may_ask),
        held,
        {(offer_id, TOTAL): each.cap - each.granted for offer_id, each in limits.items()},
    )
    for (purchase_id, offer_id), grant in allocation.grants.items():
        why = "granted" if grant.granted == grant.wanted else "reduced" if grant.granted else "refused"
        row = rows.get((purchase_id, offer_id))
        if row is None:
            row = GrantOf(
                operator_id=snapshot.operator_id,
                shopper_id=owners[purchase_id],
                purchase_id=purchase_id,
                offer_id=offer_id,
            )
            session.add(row)
        row.wanted, row.granted, row.why, row.updated_at = grant.wanted, grant.granted, why, now
    for (offer_id, _), taken in allocation.taken.items():
        limits[offer_id].granted += taken
    return allocation.entitlements


async def reward(
    session: AsyncSession,
    snapshot: Snapshot,
    standing: Standing,
    due: dict[UUID, Entitlement],
    matured: dict[str, dict[int, int]],
    now: datetime,
) -> list[Transfer]:
    owner = standing.folded.key.shopper_id
    rows = {
        each.offer_id: each
        for each in await session.scalars(
            select(RewardOf).where(RewardOf.shopper_id == owner, RewardOf.purchase_id == standing.id)
        )
    }
    posted: list[Transfer] = []
    for offer_id in due.keys() | rows.keys():
        entitlement, row = due.get(offer_id), rows.get(offer_id)
        if row is None and (entitlement is None or entitlement.amount == 0):
            continue
        before = _reward_row(row, standing, entitlement, now)
        after = _target(snapshot, standing, before, entitlement, now)
        if after.says_the_same(before):
            continue
        if row is None:
            row = RewardOf(operator_id=snapshot.operator_id)
            session.add(row)
        for name in _REWARDED:
            setattr(row, name, getattr(after, name))
        row.state, row.amount = after.state, after.amount
        posted += reward_transfers(before, after)
        if snapshot.programme.assets[after.asset].conversion is not None:
            years = matured.setdefault(after.asset, {})
            for sign, each in ((-1, before), (1, after)):
                if each.available and each.matures_at is not None:
                    year = each.matures_at.astimezone(snapshot.programme.zone).year
                    years[year] = years.get(year, 0) + sign * each.available
    return posted


def _reward_row(row: RewardOf | None, standing: Standing, entitlement: Entitlement | None, now: datetime) -> RewardRow:
    if row is not None:
        return RewardRow(**{name: getattr(row, name) for name in _REWARDED})
    assert entitlement is not None
    return RewardRow(
        shopper_id=standing.folded.key.shopper_id,
        purchase_id=standing.id,
        offer_id=entitlement.offer_id,
        id=uuid7(now),
        offer_version=entitlement.version,
        asset=entitlement.asset,
        pending=0,
        available=0,
        matures_at=None,
        revision=0,
        trail=[],
        updated_at=now,
    )


def _target(
    snapshot: Snapshot, standing: Standing, before: RewardRow, entitlement: Entitlement | None, now: datetime
) -> RewardRow:
    amount, trail, matures_at, version = 0, before.trail, before.matures_at, before.offer_version
    if entitlement is not None:
        amount, trail = entitlement.amount, entitlement.trail
        matures_at, version = entitlement.matures_at, entitlement.version
    elif before.amount:
        history = History(before.shopper_id, [standing.spend()])
        trail = Reasons(snapshot, {standing.id: standing}, {before.shopper_id: history}, {}).why_not(before)
    available = is_available(matures_at, max(now, before.updated_at))
    return RewardRow(
        shopper_id=before.shopper_id,
        purchase_id=before.purchase_id,
        offer_id=before.offer_id,
        id=before.id,
        offer_version=version,
        asset=before.asset,
        pending=0 if available else amount,
        available=amount if available else 0,
        matures_at=matures_at,
        revision=before.revision + 1,
        trail=trail,
        updated_at=now,
        wanted=0 if entitlement is None else entitlement.wanted,
    )


async def convert(
    session: AsyncSession, snapshot: Snapshot, owner: UUID, asset: str, more: dict[int, int], now: datetime
) -> list[Transfer]:
    rule = snapshot.programme.assets[asset].conversion
    assert rule is not None
    rows = {
        each.year: each
        for each in await session.scalars(
            select(MaturedYear).where(MaturedYear.shopper_id == owner, MaturedYear.asset == asset)
        )
    }
    for year, units in more.items():
        if year not in rows:
            rows[year] = MaturedYear(
                operator_id=snapshot.operator_id, shopper_id=owner, asset=asset, year=year, matured=0, converted=0,
                revision=0,
            )  # fmt: skip
            session.add(rows[year])
        rows[year].matured += units
    held = {year: YearRow(owner, asset, year, row.matured, row.converted, row.revision) for year, row in rows.items()}
    this_year = now.astimezone(snapshot.programme.zone).year
    changed, posted, _ = conversion_plan(held, rule, owner, asset, this_year)
    for each in changed:
        rows[each.year].converted, rows[each.year].revision = each.converted, each.revision
    return posted


async def post(session: AsyncSession, operator_id: UUID, posted: Sequence[Transfer], now: datetime) -> None:
    for each in posted:
        session.add(
            Posted(
                operator_id=operator_id,
                shopper_id=each.shopper_id,
                key=each.key,
                digest=each.digest(),
                id=uuid7(now),
                debit=each.debit,
                credit=each.credit,
                asset=each.asset,
                amount=each.amount,
                reason=each.reason,
                purchase_id=each.purchase_id,
                corrects=each.corrects,
                posted_at=now,
            )
        )
    for asset in sorted({each.asset for each in posted}):
        moves = [each for each in posted if each.asset == asset]
        owner = moves[0].shopper_id
        balance = await session.get(Balance, (owner, asset), with_for_update=True)
        if balance is None:
            balance = Balance(
                operator_id=operator_id, shopper_id=owner, asset=asset, pending=0, available=0, converted=0, paid=0,
                version=0,
            )  # fmt: skip
            session.add(balance)
        balance.version += len(moves)
        for each in moves:
            for account, sign in ((each.debit, -1), (each.credit, 1)):
                if account in BALANCE_COLUMN:
                    name = BALANCE_COLUMN[account]
                    setattr(balance, name, getattr(balance, name) + sign * each.amount)
