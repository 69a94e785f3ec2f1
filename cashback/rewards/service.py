"""Post the difference: bring rewards, grants, conversions and the ledger to what purchases entitle to now.

The one road of every change of a reward: clearing, refund, late authorization, maturity, lapse, a shop that becomes
known, a card linked late, a fact that is told. Read everything, decide purely, write everything, for the whole batch at
once.

The caller holds the programme's shared lock and the locks of the shoppers concerned, in that order; quotas are locked
here, last.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.events import service as events
from cashback.instalments.following import follow
from cashback.ledger import service as ledger
from cashback.ledger.chart import AVAILABLE, FUNDER_PREFIX, WRITE_OFF
from cashback.ledger.service import Transfer
from cashback.merchants import places
from cashback.offers.entitlements import Judged, judge
from cashback.offers.schemas import Entitlement, Grant
from cashback.offers.uncertainty import ZONES_REACH
from cashback.programmes.schemas import Clawback
from cashback.purchases import service as purchases
from cashback.purchases.schemas import LAPSES_AFTER, PurchaseKey
from cashback.purchases.service import PurchaseWrite
from cashback.rewards import lot_storage, storage
from cashback.rewards.aging import Stands, age
from cashback.rewards.announcing import announced
from cashback.rewards.converting import convert
from cashback.rewards.difference import Convertible, Difference, difference
from cashback.rewards.explain import Reasons
from cashback.rewards.gathering import place_ref
from cashback.rewards.history import looked_at_whole
from cashback.rewards.plan import RewardRow
from cashback.rewards.quotas import Allocation, GrantKey, QuotaKey, allocate, unsettled
from cashback.rewards.refold import refold
from cashback.rewards.scene import Scene, set_scene
from cashback.rewards.snapshot import Snapshot
from cashback.rewards.standings import Standing, given_back


async def settle(
    connection: AsyncConnection,
    snapshot: Snapshot,
    touched: Iterable[PurchaseKey],
    now: datetime,
    *,
    convertible: Iterable[Convertible] = (),
    corrected: bool = False,
    ruled: bool = False,
) -> int:
    """Settle the purchases touched, and the conversions of `convertible`; answers how many transfers were posted.

    `corrected` says that their shops may look otherwise than when they were settled last: what they counted for then
    cannot be seen in them any more, so everything of their shoppers is looked at again.

    Shoppers whom no quota concerns are settled first: a quota is locked as late and as briefly as can be, because every
    other batch that needs it waits until this one has committed.
    """
    standings = await refold(connection, snapshot, touched, now, ruled=ruled)
    whole = looked_at_whole(snapshot, standings, corrected=corrected)
    scene = await set_scene(connection, snapshot, standings, whole, now)
    judged = _judge(snapshot, scene, scene.grants, may_ask=True)
    limited = unsettled(scene.grants, judged.owed, judged.purchases)
    if not limited:
        return await _post(connection, snapshot, scene, Allocation(judged.owed, {}), judged.purchases, convertible, now)
    shopper_of = {each.purchase_id: each.shopper_id for each in judged.owed}
    shopper_of |= {each.id: each.folded.key.shopper_id for each in standings}
    shopper_of |= {each.purchase_id: each.shopper_id for each in scene.rewards.values()}
    waiting = {shopper_of[purchase_id] for purchase_id in limited}
    free = scene.of(scene.histories.by_shopper.keys() - waiting)
    owed = [each for each in judged.owed if each.shopper_id not in waiting]
    posted = await _post(connection, snapshot, free, Allocation(owed, {}), judged.purchases, convertible, now)
    rest = scene.of(waiting)
    allocation = await _allocate(connection, snapshot, rest, judged)
    return posted + await _post(connection, snapshot, rest, allocation, judged.purchases, (), now)


def _judge(snapshot: Snapshot, scene: Scene, grants: Mapping[GrantKey, Grant], *, may_ask: bool) -> Judged:
    return judge(scene.histories.by_shopper.values(), snapshot.book, grants, may_ask=may_ask, touched=scene.touched)


async def _allocate(connection: AsyncConnection, snapshot: Snapshot, scene: Scene, judged: Judged) -> Allocation:
    """Lock the quotas in play and let the purchases ask, in the order of their own time."""
    mine = {spend.purchase_id for each in scene.histories.by_shopper.values() for spend in each.spends}
    mine &= judged.purchases
    grants = {key: grant for key, grant in scene.grants.items() if key[0] in mine}
    drawn: dict[QuotaKey, storage.OpenQuota] = {}
    found = [each for shopper_id in scene.histories.by_shopper for each in judged.draws.get(shopper_id, ())]
    for offer, draw in sorted(found, key=lambda each: each[0].version):  # the newest terms say what a cap is
        drawn[offer.offer_id, draw.bucket] = storage.OpenQuota(offer.asset, draw.cap)
    held = {(offer_id, bucket) for (_, offer_id), grant in grants.items() for bucket in grant.buckets}
    left = await storage.lock_quotas(connection, snapshot.operator_id, drawn, held)
    order = {each.purchase_id: (each.purchased_at, each.ref) for each in scene.spends.values()}

    def choose(at: Mapping[GrantKey, Grant], may_ask: bool) -> list[Entitlement]:
        owed = _judge(snapshot, scene, at, may_ask=may_ask).owed
        return sorted(owed, key=lambda each: order[each.purchase_id])

    return allocate(choose, grants, left)


async def _post(
    connection: AsyncConnection,
    snapshot: Snapshot,
    scene: Scene,
    allocation: Allocation,
    judged: set[UUID],
    convertible: Iterable[Convertible],
    now: datetime,
) -> int:
    """Store purchases and post what they are owed less what is posted; answers how many transfers."""
    operator_id = snapshot.operator_id
    owed = allocation.entitlements
    held = {key: row for key, row in scene.rewards.items() if key[0] in judged}
    reasons = Reasons(snapshot, scene.standings, scene.histories.by_shopper, scene.grants | allocation.grants)
    found = difference(snapshot.programme, owed, held, reasons.why_not, now)
    aged = await _age(connection, snapshot, found, convertible, now)
    found.move()
    years = await convert(connection, snapshot.programme, found, convertible, now, aged)
    standings = list(scene.standings.values())
    due = _due(owed, now)
    writes = [_write(each, _next_due(due.get(each.id, ()), each.folded.lapses_at)) for each in standings]
    await purchases.write(connection, operator_id, writes, now)
    matches = [(place_ref(each.folded.key), each.match) for each in standings if each.match is not None]
    await places.keep(connection, operator_id, matches, now)
    await purchases.reschedule(connection, operator_id, _rescheduled(scene, found.rewards, due), now)
    await storage.write_rewards(connection, operator_id, found.rewards, now)
    await lot_storage.write_aged(connection, found.aged, now)
    shopper_of = {each.purchase_id: each.shopper_id for each in owed}
    shopper_of |= {each.purchase_id: each.shopper_id for each in scene.rewards.values()}
    shopper_of |= {each.id: each.folded.key.shopper_id for each in standings}
    await storage.write_grants(connection, operator_id, allocation.grants, shopper_of, now)
    await storage.move_quotas(connection, operator_id, allocation.taken, now)
    await storage.write_years(connection, operator_id, years)
    balances = await ledger.post(connection, operator_id, found.transfers, now)
    await ledger.post(connection, operator_id, _forgiven(snapshot, found.transfers, balances), now)
    if snapshot.lends:
        await follow(connection, operator_id, given_back(standings), now)
    if snapshot.listened:
        await events.tell(connection, operator_id, announced(found, standings, now), now)
    return len(found.transfers)


async def _age(
    connection: AsyncConnection,
    snapshot: Snapshot,
    found: Difference,
    convertible: Iterable[Convertible],
    now: datetime,
) -> Stands:
    if not snapshot.expiring:
        return {}
    shoppers = {row.shopper_id for row in found.rewards} | {shopper_id for shopper_id, _ in convertible}
    return await age(connection, snapshot.programme, found, shoppers, now)


def _due(owed: Iterable[Entitlement], now: datetime) -> dict[UUID, list[datetime]]:
    """For each purchase, the instants at which something that is owed for it becomes available."""
    instants: defaultdict[UUID, list[datetime]] = defaultdict(list)
    for entitlement in owed:
        if entitlement.amount and entitlement.matures_at is not None and entitlement.matures_at > now:
            instants[entitlement.purchase_id].append(entitlement.matures_at)
    return instants


def _next_due(instants: Iterable[datetime], lapses_at: datetime | None) -> datetime | None:
    """When time alone next changes what is owed. A purchase that only joined for its credits was not folded anew: its
    lapse may be overdue and must stay due."""
    return min((*instants, *(() if lapses_at is None else (lapses_at,))), default=None)


def _rescheduled(
    scene: Scene, rewards: Iterable[RewardRow], due: Mapping[UUID, Sequence[datetime]]
) -> list[tuple[UUID, UUID, datetime | None]]:
    """Purchases that were not touched and whose rewards changed all the same: shopper, purchase, when due next."""
    changed = {row.purchase_id: row.shopper_id for row in rewards if row.purchase_id not in scene.standings}
    moved = []
    for purchase_id, shopper_id in changed.items():
        spend = scene.spends[purchase_id]
        lapses_at = spend.purchased_at + LAPSES_AFTER if spend.cleared_at is None else None
        if lapses_at is not None and spend.purchased_until is not None:
            # It lapses by the stored time, which its centre's calendar may have moved; folded early it is due again.
            lapses_at -= ZONES_REACH
        moved.append((shopper_id, purchase_id, _next_due(due.get(purchase_id, ()), lapses_at)))
    return moved


def _write(standing: Standing, due_at: datetime | None) -> PurchaseWrite:
    return PurchaseWrite(
        id=standing.id,
        folded=standing.folded,
        shop_id=None if standing.shop is None else standing.shop.id,
        credit_to=standing.credit_to,
        due_at=due_at,
        witness_of=standing.witness_of,
        told=standing.told(),
    )


def _forgiven(
    snapshot: Snapshot, posted: Iterable[Transfer], available: Mapping[tuple[UUID, str], int]
) -> list[Transfer]:
    """For assets that forgive: lift what a clawback took below zero back to zero."""
    last = {
        (each.shopper_id, each.asset): each
        for each in posted
        if each.debit == AVAILABLE
        and each.credit.startswith(FUNDER_PREFIX)
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
