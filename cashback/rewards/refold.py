"""Bring purchases up to their evidence: read all statements, fold, match the shop, assign unlinked refunds.

Reads for the whole batch, then decides without reading. Which statements belong to which purchase, and which refund to
which purchase, depends only on the set of statements, never on the order in which they came.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.purchases import service as purchases
from cashback.purchases.assignment import assign, credited, may_belong
from cashback.purchases.merging import merge, refunds_by_source, witness
from cashback.purchases.recognition import Group, recognise
from cashback.purchases.schemas import Folded, PurchaseKey, PurchaseState
from cashback.purchases.service import PurchaseRow
from cashback.rewards.gathering import Gathered, gather
from cashback.rewards.snapshot import Snapshot
from cashback.rewards.standings import Standing

Place = tuple[Folded, UUID | None]
"""A purchase and its shop."""


async def refold(
    connection: AsyncConnection,
    snapshot: Snapshot,
    touched: Iterable[PurchaseKey],
    now: datetime,
    *,
    ruled: bool = False,
) -> list[Standing]:
    """The purchases touched, every other view that is or was one with them, and every other that an unlinked refund now
    leaves or joins. `ruled` says that a person has ruled on them."""
    gathered = await gather(connection, snapshot, touched, now, ruled=ruled)
    _recognise(gathered)
    await _assign_credits(connection, snapshot, gathered.standings)
    return list(gathered.standings.values())


def _recognise(gathered: Gathered) -> None:
    """Make one purchase of the views that tell one; the others become its witnesses, worth nothing themselves."""
    views = gathered.views()
    for shopper_id in gathered.several:
        for group in recognise(views.get(shopper_id, ()), gathered.rulings.get(shopper_id)):
            if len(group.views) > 1:
                _join(gathered, group)


def _join(gathered: Gathered, group: Group) -> None:
    members = [gathered.standings[each.key] for each in group.views]
    first = members[0]
    folds, links = [each.folded for each in members], gathered.links[first.folded.key.shopper_id]
    first.linked = refunds_by_source(gathered.facts[each.key] for each in group.views)
    first.folded = merge(folds, gathered.facts, links, gathered.now)
    first.shop = next((each.shop for each in members if each.shop is not None), None)
    first.witnesses, first.because = group.views[1:], group.because
    for each in members[1:]:
        each.folded, each.shop = witness(each.folded), None
        each.witness_of, each.because = first.id, group.because


async def _assign_credits(
    connection: AsyncConnection, snapshot: Snapshot, standings: dict[PurchaseKey, Standing]
) -> None:
    """Assign anew the unlinked refunds that what is touched may change; what changes elsewhere joins `standings`.

    A refund is concerned if something touched, as it was or as it is, may be its purchase or is the refund itself, and
    so is every other refund that may belong to one of the purchases it may belong to.
    """
    on_file = await purchases.credits_of(connection, {key.shopper_id for key in standings})
    credits = {key: _joined(snapshot, row) for key, row in on_file.items() if key not in standings}
    credits |= {key: each for key, each in standings.items() if each.folded.state is PurchaseState.CREDIT}
    if not credits and standings.keys().isdisjoint(on_file):
        return
    changed = [place for each in standings.values() for place in _places(each)]
    asked = [place for place in changed if place[0].state is PurchaseState.CREDIT]
    concerned = {key: each for key, each in credits.items() if key in standings}
    joined: dict[PurchaseKey, Standing] = {}
    while asked or changed:
        reached = _reached({key: each for key, each in credits.items() if key not in concerned}, changed)
        concerned |= reached
        asked += [_places(each)[0] for each in reached.values()]
        rows = await purchases.candidates_of(connection, asked) if asked else {}
        fresh = {key: _joined(snapshot, row) for key, row in rows.items() if key not in standings and key not in joined}
        joined |= fresh
        asked, changed = [], [_places(each)[0] for each in fresh.values()]
    before = {key: each.folded for key, each in joined.items()}
    owners = {each.folded.key.shopper_id for each in (*joined.values(), *concerned.values())}
    _assign([each for each in {**standings, **joined, **concerned}.values() if each.folded.key.shopper_id in owners])
    standings |= {key: each for key, each in joined.items() if each.folded is not before[key]}
    standings |= concerned


def _joined(snapshot: Snapshot, row: PurchaseRow) -> Standing:
    shop = None if row.shop_id is None else snapshot.shops.shops.get(row.shop_id)
    joined = Standing(row.id, row.folded, shop, row, witness_of=row.witness_of)
    joined.keep_told()
    return joined


def _places(standing: Standing) -> list[Place]:
    """The purchase with its shop as it is, and as it is stored where that may differ."""
    places = [(standing.folded, None if standing.shop is None else standing.shop.id)]
    if standing.stored is not None and standing.stored.folded is not standing.folded:
        places.append((standing.stored.folded, standing.stored.shop_id))
    return places


def _reached(credits: Mapping[PurchaseKey, Standing], changed: Iterable[Place]) -> dict[PurchaseKey, Standing]:
    """The refunds that may belong to one of these purchases."""
    if not credits:
        return {}
    of_shopper: defaultdict[UUID, list[Place]] = defaultdict(list)
    for place in changed:
        of_shopper[place[0].key.shopper_id].append(place)
    return {
        key: each
        for key, each in credits.items()
        for folded, shop_id in _places(each)
        if any(
            may_belong(folded, purchase, {key: shop_id, purchase.key: other})
            for purchase, other in of_shopper[key.shopper_id]
        )
    }


def _assign(standings: Iterable[Standing]) -> None:
    by_shopper: defaultdict[UUID, list[Standing]] = defaultdict(list)
    for each in standings:
        by_shopper[each.folded.key.shopper_id].append(each)
    for mine in by_shopper.values():
        _assign_to_purchases(mine)


def _assign_to_purchases(standings: list[Standing]) -> None:
    known = {each.folded.key: each for each in standings}
    credits = [each.folded for each in standings if each.folded.state is PurchaseState.CREDIT]
    shops = {each.folded.key: None if each.shop is None else each.shop.id for each in standings}
    linked = {each.folded.key: each.linked for each in standings if each.linked is not None}
    assigned = assign([each.folded for each in standings], credits, shops, linked)
    given: defaultdict[PurchaseKey, list[Folded]] = defaultdict(list)
    for credit, purchase in assigned.items():
        given[purchase].append(known[credit].folded)
    for key, each in known.items():
        if each.folded.state is PurchaseState.CREDIT:
            to = assigned.get(key)
            each.credit_to = None if to is None else to.ref
            each.witness_of = None if to is None or to.network == key.network else known[to].id
        else:
            each.folded = each.folded.with_credits(credited(each.folded, given[key], each.linked))
