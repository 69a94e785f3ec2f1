"""Post the difference: bring rewards, grants, conversions and the ledger to what purchases entitle to now.

The one road of every change of a reward: clearing, refund, late authorization, maturity, lapse, a shop that becomes
known, a card linked late. Read everything, decide purely, write everything, for the whole batch at once.

The caller holds the programme's shared lock and the locks of the shoppers concerned, in that order; quotas are locked
here, last.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.errors import BooksBroken
from cashback.ids import uuid7
from cashback.ledger import service as ledger
from cashback.ledger.chart import AVAILABLE, FUNDER, WRITE_OFF
from cashback.ledger.service import Transfer
from cashback.offers.entitlements import entitlements, is_available
from cashback.offers.schemas import Entitlement, Grant, Spend
from cashback.programmes.schemas import Clawback
from cashback.purchases import service as purchases
from cashback.purchases.schemas import PurchaseKey
from cashback.purchases.service import PurchaseWrite
from cashback.rewards import storage
from cashback.rewards.explain import why_taken_back
from cashback.rewards.plan import RewardRow, YearRow, conversion_plan, reward_transfers
from cashback.rewards.quotas import Allocation, allocate
from cashback.rewards.refold import Standing, refold
from cashback.rewards.snapshot import Snapshot
from cashback.rewards.storage import GrantKey

CLOSES_AFTER = timedelta(days=400)
"""A purchase closes then, or when the last of its reward is no longer pending: its reward is frozen, a later correction
is an adjustment by a person."""

Convertible = tuple[UUID, str]
"""A shopper and an asset that converts at a threshold."""


@dataclass(slots=True)
class Difference:
    """What one batch changes: rewards as they will stand, and the transfers that bring them there."""

    rewards: list[RewardRow] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    matured: defaultdict[Convertible, defaultdict[int, int]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )
    """By shopper and convertible asset: how much more, or less, matured in each year."""


async def settle(
    connection: AsyncConnection,
    snapshot: Snapshot,
    touched: Iterable[PurchaseKey],
    now: datetime,
    *,
    convertible: Iterable[Convertible] = (),
) -> int:
    """Settle the purchases touched, and the conversions of `convertible`; answers how many transfers were posted.

    Purchases that no budget limits are settled first: a quota is locked as late and as briefly as can be, because every
    other batch that needs it waits until this one has committed.
    """
    standings = await refold(connection, snapshot, touched, now)
    known = [(each.folded.key.shopper_id, each.id) for each in standings if each.stored is not None]
    held = await storage.rewards_of(connection, known)
    unripe = {purchase_id for (purchase_id, _), row in held.items() if row.pending}
    frozen = {each.id for each in standings if now - each.folded.purchased_at >= CLOSES_AFTER} - unripe
    held = {key: row for key, row in held.items() if key[0] not in frozen}
    history = [each.spend() for each in standings if each.id not in frozen]
    limits = await _limits(connection, snapshot, history, known)
    free = [each for each in standings if each.id not in limits.purchases]
    owed = entitlements((each for each in history if each.purchase_id not in limits.purchases), snapshot.book, {})
    posted = await _post(connection, snapshot, free, held, Allocation(owed, {}), convertible, now)
    if limits.purchases:
        limited = [each for each in standings if each.id in limits.purchases]
        allocation = await _allocate(connection, snapshot, history, limits)
        posted += await _post(connection, snapshot, limited, held, allocation, (), now)
    return posted


@dataclass(slots=True)
class Limits:
    """The purchases of a batch for which an offer with a budget is, or was, in play."""

    purchases: set[UUID] = field(default_factory=set)
    offers: set[UUID] = field(default_factory=set)
    grants: dict[GrantKey, Grant] = field(default_factory=dict)


async def _limits(
    connection: AsyncConnection, snapshot: Snapshot, history: Iterable[Spend], known: Sequence[tuple[UUID, UUID]]
) -> Limits:
    limits = Limits()
    if not snapshot.budgeted:
        return limits
    grants = await storage.grants_of(connection, known)
    granted = {purchase_id for purchase_id, _ in grants}
    for spend in history:
        asks = {
            offer.offer_id
            for offer in (snapshot.book.candidates(spend) if spend.counts else ())
            if offer.budgeted and offer.matches(spend)
        }
        if asks or spend.purchase_id in granted:
            limits.purchases.add(spend.purchase_id)
            limits.offers |= asks
    limits.grants = {key: grant for key, grant in grants.items() if key[0] in limits.purchases}
    limits.offers |= {offer_id for _, offer_id in limits.grants}
    return limits


async def _allocate(
    connection: AsyncConnection, snapshot: Snapshot, history: Iterable[Spend], limits: Limits
) -> Allocation:
    """Lock the quotas in play and let the purchases ask, in the order of their own time."""
    asking = sorted(
        (spend for spend in history if spend.purchase_id in limits.purchases),
        key=lambda each: (each.purchased_at, each.purchase_id),
    )
    left = await storage.lock_quotas(connection, snapshot.operator_id, limits.offers)

    def choose(at: Mapping[GrantKey, Grant], may_ask: bool) -> list[Entitlement]:
        return entitlements(asking, snapshot.book, at, may_ask=may_ask)

    return allocate(choose, limits.grants, left)


async def _post(
    connection: AsyncConnection,
    snapshot: Snapshot,
    standings: Sequence[Standing],
    held: Mapping[GrantKey, RewardRow],
    allocation: Allocation,
    convertible: Iterable[Convertible],
    now: datetime,
) -> int:
    """Store purchases and post what they are owed less what is posted; answers how many transfers."""
    operator_id = snapshot.operator_id
    by_id = {each.id: each for each in standings}
    rewards = {key: row for key, row in held.items() if key[0] in by_id}
    difference = _difference(snapshot, allocation.entitlements, rewards, by_id, now)
    years = await _convert(connection, snapshot, difference, convertible, now)
    due = _due(standings, allocation.entitlements, now)
    await purchases.write(connection, operator_id, [_write(each, due[each.id]) for each in standings], now)
    await storage.write_rewards(connection, operator_id, difference.rewards, now)
    shopper_of = {each.id: each.folded.key.shopper_id for each in standings}
    await storage.write_grants(connection, operator_id, allocation.grants, shopper_of, now)
    await storage.move_quotas(connection, operator_id, allocation.taken)
    await storage.write_years(connection, operator_id, years)
    balances = await ledger.post(connection, operator_id, difference.transfers, now)
    await ledger.post(connection, operator_id, _forgiven(snapshot, difference.transfers, balances), now)
    return len(difference.transfers)


def _difference(
    snapshot: Snapshot,
    owed: Iterable[Entitlement],
    held: Mapping[GrantKey, RewardRow],
    standings: Mapping[UUID, Standing],
    now: datetime,
) -> Difference:
    difference = Difference()
    by_key = {(each.purchase_id, each.offer_id): each for each in owed}
    for key in by_key.keys() | held.keys():
        entitlement, row = by_key.get(key), held.get(key)
        if row is None:
            assert entitlement is not None
            if entitlement.amount == 0:
                continue
            row = _unopened(entitlement, standings[key[0]].folded.key.shopper_id, now)
        target = _target(row, entitlement, now)
        if entitlement is None and row.amount:
            target = replace(target, trail=why_taken_back(snapshot, standings[key[0]], key[1]))
        if target.says_the_same(row):
            continue
        difference.rewards.append(target)
        difference.transfers.extend(reward_transfers(row, target))
        _count_matured(snapshot, difference, row, target)
    return difference


def _unopened(entitlement: Entitlement, shopper_id: UUID, now: datetime) -> RewardRow:
    return RewardRow(
        shopper_id=shopper_id,
        purchase_id=entitlement.purchase_id,
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


def _target(row: RewardRow, entitlement: Entitlement | None, now: datetime) -> RewardRow:
    """The reward as it should stand, one revision on."""
    if entitlement is None:
        return replace(row, pending=0, available=0, revision=row.revision + 1, updated_at=now)
    if entitlement.asset != row.asset:
        raise BooksBroken(f"offer {row.offer_id} changed its asset from {row.asset} to {entitlement.asset}")
    # Another process may have decided with a clock slightly ahead: what matured there stays matured.
    matured = is_available(entitlement.matures_at, max(now, row.updated_at))
    return RewardRow(
        shopper_id=row.shopper_id,
        purchase_id=row.purchase_id,
        offer_id=row.offer_id,
        id=row.id,
        offer_version=entitlement.version,
        asset=row.asset,
        pending=0 if matured else entitlement.amount,
        available=entitlement.amount if matured else 0,
        matures_at=entitlement.matures_at,
        revision=row.revision + 1,
        trail=entitlement.trail,
        updated_at=now,
    )


def _count_matured(snapshot: Snapshot, difference: Difference, row: RewardRow, target: RewardRow) -> None:
    if snapshot.programme.assets[target.asset].conversion is None:
        return
    years = difference.matured[target.shopper_id, target.asset]
    for sign, each in ((-1, row), (1, target)):
        if each.available and each.matures_at is not None:
            years[_year(snapshot, each.matures_at)] += sign * each.available


async def _convert(
    connection: AsyncConnection,
    snapshot: Snapshot,
    difference: Difference,
    convertible: Iterable[Convertible],
    now: datetime,
) -> list[tuple[YearRow, datetime | None]]:
    """Add what matured to the years, and convert what reaches the threshold, or undo what no longer does."""
    pairs = sorted(difference.matured.keys() | set(convertible))
    stored = await storage.years_of(connection, pairs)
    this_year = _year(snapshot, now)
    writes: list[tuple[YearRow, datetime | None]] = []
    for pair in pairs:
        rule = snapshot.programme.assets[pair[1]].conversion
        if rule is None:
            continue
        rows = dict(stored[pair])
        for year, more in difference.matured[pair].items():
            row = rows.get(year) or YearRow(*pair, year, 0, 0, 0)
            rows[year] = replace(row, matured=row.matured + more)
        changed, transfers, carried = conversion_plan(rows, rule, *pair, this_year)
        rows.update({each.year: each for each in changed})
        due_at = _new_year(snapshot, this_year + 1) if carried >= rule.threshold else None
        newest = max(rows, default=this_year)
        writes.extend((row, due_at if year == newest else None) for year, row in rows.items())
        difference.transfers.extend(transfers)
    return writes


def _year(snapshot: Snapshot, instant: datetime) -> int:
    return instant.astimezone(snapshot.programme.zone).year


def _new_year(snapshot: Snapshot, year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=snapshot.programme.zone).astimezone(UTC)


def _due(standings: Iterable[Standing], owed: Iterable[Entitlement], now: datetime) -> dict[UUID, datetime | None]:
    """For each purchase, when time alone next changes what is owed."""
    instants: defaultdict[UUID, list[datetime]] = defaultdict(list)
    for entitlement in owed:
        if entitlement.amount and entitlement.matures_at is not None:
            instants[entitlement.purchase_id].append(entitlement.matures_at)
    due: dict[UUID, datetime | None] = {}
    for standing in standings:
        moments = [each for each in instants.get(standing.id, ()) if each > now]
        # A purchase that only joined for its credits was not folded anew: its lapse may be overdue and must stay due.
        if standing.folded.lapses_at is not None:
            moments.append(standing.folded.lapses_at)
        due[standing.id] = min(moments, default=None)
    return due


def _write(standing: Standing, due_at: datetime | None) -> PurchaseWrite:
    return PurchaseWrite(
        id=standing.id,
        folded=standing.folded,
        shop_id=None if standing.shop is None else standing.shop.id,
        credit_to=standing.credit_to,
        due_at=due_at,
    )


def _forgiven(
    snapshot: Snapshot, posted: Iterable[Transfer], available: Mapping[tuple[UUID, str], int]
) -> list[Transfer]:
    """For assets that forgive: lift what a clawback took below zero back to zero."""
    last = {
        (each.shopper_id, each.asset): each
        for each in posted
        if each.debit == AVAILABLE
        and each.credit == FUNDER
        and snapshot.programme.assets[each.asset].clawback is Clawback.FORGIVE
    }
    return [
        Transfer(
            shopper_id=shopper_id,
            key=f"forgiven:{each.key}",
            debit=WRITE_OFF,
            credit=AVAILABLE,
            asset=asset,
            amount=-available[shopper_id, asset],
            reason="forgiven",
            purchase_id=each.purchase_id,
            corrects=each.key,
        )
        for (shopper_id, asset), each in last.items()
        if available[shopper_id, asset] < 0
    ]
