"""Every purchase folded again from its statements, every reward judged again, and both compared with what is stored."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.audit.report import Breach, Report
from cashback.db.engine import fetch
from cashback.merchants.places import undecided
from cashback.merchants.rematching import request_of, waiting
from cashback.offers.entitlements import is_available, judge
from cashback.offers.schemas import Entitlement
from cashback.purchases.schemas import PurchaseKey
from cashback.purchases.service import PurchaseRow
from cashback.rewards.gathering import place_ref
from cashback.rewards.plan import RewardRow
from cashback.rewards.refold import refold
from cashback.rewards.scene import set_scene
from cashback.rewards.snapshot import Snapshot
from cashback.rewards.standings import Standing

PAGE = 500
"""Purchases derived again at a time."""

_PAGE = """
SELECT shopper_id, network, purchase_ref FROM purchases
WHERE operator_id = $1 AND (shopper_id, network, purchase_ref) > ($2, $3, $4)
    AND shopper_id NOT IN (SELECT shopper_id FROM erasures WHERE operator_id = $1)
ORDER BY shopper_id, network, purchase_ref LIMIT $5
"""


async def derive_all(
    connection: AsyncConnection, snapshot: Snapshot, operator_id: UUID, report: Report, now: datetime
) -> None:
    """Derive the purchases and rewards of one operator, page by page; those of erased shoppers stand still."""
    async for keys in _pages(connection, operator_id):
        await _derive(connection, snapshot, keys, report, now)


async def _pages(connection: AsyncConnection, operator_id: UUID) -> AsyncIterator[list[PurchaseKey]]:
    after: tuple[UUID, str, str] = (UUID(int=0), "", "")
    while True:
        rows = await fetch(connection, _PAGE, (operator_id, *after, PAGE))
        keys = [PurchaseKey(*row) for row in rows]
        if not keys:
            return
        yield keys
        after = (keys[-1].shopper_id, keys[-1].network, keys[-1].ref)


async def _derive(
    connection: AsyncConnection, snapshot: Snapshot, keys: Sequence[PurchaseKey], report: Report, now: datetime
) -> None:
    """Fold these purchases from scratch, say what they entitle to, and compare both with what is stored."""
    asked = set(keys)
    standings = [each for each in await refold(connection, snapshot, keys, now) if each.folded.key in asked]
    report.purchases += len(standings)
    whole = {each.folded.key.shopper_id for each in standings} if snapshot.book.remembers else set()
    scene = await set_scene(connection, snapshot, standings, whole, now)
    judged = judge(
        scene.histories.by_shopper.values(), snapshot.book, scene.grants, may_ask=False, touched=scene.touched
    )
    owed: defaultdict[UUID, dict[UUID, Entitlement]] = defaultdict(dict)
    for each in judged.owed:
        if each.amount:
            owed[each.purchase_id][each.offer_id] = each
    posted: defaultdict[UUID, dict[UUID, RewardRow]] = defaultdict(dict)
    for (purchase_id, offer_id), row in scene.rewards.items():
        posted[purchase_id][offer_id] = row
    asked_for = await waiting(connection, snapshot.operator_id)
    codes = {each.id: request_of(each.code) for each in snapshot.shops.shops.values()} if asked_for else {}
    unplaced = await undecided(connection, snapshot.operator_id)
    late = [each for each in standings if _waits(each, asked_for, codes, now) or place_ref(each.folded.key) in unplaced]
    report.waiting += len(late)
    passed_over = {each.id for each in late}
    # Where purchases depend on each other, one that waits may still change the others of its shopper.
    unsure = {each.folded.key.shopper_id for each in late} if snapshot.book.remembers else set()
    for standing in standings:
        stored = standing.stored
        if stored is None:
            report.breaches.append(Breach("every statement belongs to a stored purchase", str(standing.folded.key)))
        elif standing.id in scene.touched and standing.id not in passed_over:
            _compare_fold(standing, stored, report)
            if standing.folded.key.shopper_id not in unsure:
                _compare_rewards(standing.id, owed[standing.id], posted[standing.id], report, now)


def _waits(standing: Standing, asked_for: set[str], codes: Mapping[UUID, str], now: datetime) -> bool:
    """Whether the worker has still to settle it: its time has come, or its shop has become known or was corrected."""
    stored = standing.stored
    return stored is not None and (
        (stored.due_at is not None and stored.due_at <= now)
        or not asked_for.isdisjoint(standing.folded.merchant["identifiers"])
        or (stored.shop_id is not None and codes.get(stored.shop_id) in asked_for)
    )


def _compare_fold(standing: Standing, stored: PurchaseRow, report: Report) -> None:
    same: Callable[[Any], tuple[Any, ...]] = lambda each: (  # noqa: E731 - one expression, used twice below
        each.state, each.authorised_minor, each.cleared_minor, each.refunded_minor, each.credited_minor,
        each.net_minor, each.purchased_at, each.cleared_at,
    )  # fmt: skip
    shop_id = None if standing.shop is None else standing.shop.id
    held, found = (stored.shop_id, stored.witness_of), (shop_id, standing.witness_of)
    if same(stored.folded) != same(standing.folded) or held != found:
        report.breaches.append(
            Breach(
                "a purchase equals the fold of its statements",
                f"{standing.id}: {same(stored.folded)}, shop and purchase {held}, not {same(standing.folded)}, {found}",
            )
        )


def _compare_rewards(
    purchase_id: UUID,
    owed: Mapping[UUID, Entitlement],
    posted: Mapping[UUID, RewardRow],
    report: Report,
    now: datetime,
) -> None:
    for offer_id in owed.keys() | posted.keys():
        entitlement, row = owed.get(offer_id), posted.get(offer_id)
        matured = entitlement is not None and is_available(entitlement.matures_at, now)
        expected = (0, 0) if entitlement is None else (0, entitlement.amount) if matured else (entitlement.amount, 0)
        held = (0, 0) if row is None else (row.pending, row.matured)
        if held != expected:
            report.breaches.append(
                Breach(
                    "the reward posted equals the entitlement",
                    f"purchase {purchase_id}, offer {offer_id}: pending and matured {held}, not {expected}",
                )
            )
