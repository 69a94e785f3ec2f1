"""Gather what must be decided together: the purchases touched, and every other view that may be one with them.

Views are followed along `recognition.near` until nothing new is reached, so that what is recognised depends on the set
of statements and not on which of them came last. Of nearly all purchases there is one view, and then one query finds
that out for the whole batch.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.merchants.places import Asked, Located, PurchaseRef, locate
from cashback.merchants.schemas import Shop
from cashback.purchases import service as purchases
from cashback.purchases import statements as evidence
from cashback.purchases import witnesses
from cashback.purchases.fold import facts, fold, group_of, superseded
from cashback.purchases.recognition import Rulings, View, near
from cashback.purchases.schemas import Folded, LinkInterval, PurchaseKey, Statement
from cashback.purchases.service import PurchaseRow
from cashback.purchases.views import stored_views, view_of
from cashback.rewards.snapshot import Snapshot
from cashback.rewards.standings import Standing
from cashback.shoppers import service as shoppers
from cashback.shoppers.schemas import CardLink
from issuers.events import EventKind

_WHOLE = {EventKind.AUTHORIZATION, EventKind.CLEARING}


@dataclass(slots=True)
class Gathered:
    """What is known of the purchases reached so far."""

    snapshot: Snapshot
    now: datetime
    standings: dict[PurchaseKey, Standing] = field(default_factory=dict)
    facts: dict[PurchaseKey, list[Statement]] = field(default_factory=dict)
    stored: dict[PurchaseKey, PurchaseRow] = field(default_factory=dict)
    links: defaultdict[UUID, list[LinkInterval]] = field(default_factory=lambda: defaultdict(list))
    cards: defaultdict[UUID, list[CardLink]] = field(default_factory=lambda: defaultdict(list))
    """All links of each card, past and present."""
    told_by: defaultdict[UUID, set[str]] = field(default_factory=lambda: defaultdict(set))
    """The sources of which each shopper has, or had, a card or an account."""
    rulings: dict[UUID, Rulings] = field(default_factory=dict)
    several: set[UUID] = field(default_factory=set)
    """Shoppers of whom some purchases may have several views."""

    async def read(self, connection: AsyncConnection, touched: Iterable[PurchaseKey]) -> list[PurchaseKey]:
        """Read these purchases and fold them; answers those that were not read before."""
        statements = await evidence.statements_of(connection, touched)
        keys = (set(touched) | {key for each in statements for key in _keys(each)}) - self.standings.keys()
        await self._read_links(connection, {key.shopper_id for key in keys} - self.told_by.keys())
        rows = await purchases.purchases_of(connection, keys)
        self.stored |= rows
        folds = self._fold_all(keys, statements)
        asked = [Asked(place_ref(key), each.merchant, each.purchased_at) for key, each in folds.items()]
        places = await locate(connection, self.snapshot.operator_id, self.snapshot.shops, asked)
        for key, folded in folds.items():
            self.standings[key] = self._standing(folded, rows.get(key), places[place_ref(key)])
        return sorted(keys & self.standings.keys(), key=lambda each: (each.shopper_id, each.network, each.ref))

    async def reached(self, connection: AsyncConnection, keys: Sequence[PurchaseKey]) -> set[PurchaseKey]:
        """The purchases that may be one with these, or were when they were stored, and have not been read yet."""
        asked: defaultdict[UUID, list[tuple[View, bool]]] = defaultdict(list)
        for key in keys:
            view, several = self.standings[key].view, len(self.told_by[key.shopper_id]) > 1
            # A single source tells two purchases, but for a clearing without the authorization that it belongs to.
            if view is not None and (several or not view.settled_minor or not view.asked_minor):
                asked[key.shopper_id].append((view, several))
        rows = await witnesses.neighbours(connection, [each for told in asked.values() for each in told])
        near_by = {
            key: row
            for key, row in rows.items()
            if any(near(view, each) for each in stored_views(row) for view, _ in asked[key.shopper_id])
        }
        stored = [self.stored[key] for key in keys if key in self.stored]
        grouped = await witnesses.groups_of(connection, (*stored, *near_by.values()))
        fresh = (near_by.keys() | grouped.keys()) - self.standings.keys()
        self.several |= {key.shopper_id for key in near_by} | {key.shopper_id for key in grouped}
        return fresh

    def views(self) -> dict[UUID, list[View]]:
        """The views read, by shopper."""
        found: defaultdict[UUID, list[View]] = defaultdict(list)
        for each in self.standings.values():
            if each.view is not None:
                found[each.folded.key.shopper_id].append(each.view)
        return found

    def ambiguous(self) -> set[UUID]:
        """Shoppers of whom what was read alone may hold several views of one purchase."""
        return {
            shopper_id
            for shopper_id, views in self.views().items()
            if len(views) > 1 and (len(self.told_by[shopper_id]) > 1 or any(not each.asked_minor for each in views))
        }

    async def _read_links(self, connection: AsyncConnection, shopper_ids: set[UUID]) -> None:
        if not shopper_ids:
            return
        told: Sequence[CardLink] = await shoppers.links_of_shoppers(connection, self.snapshot.operator_id, shopper_ids)
        for each in told:
            self.links[each.shopper_id].append(
                LinkInterval(each.card_id, each.shopper_id, each.linked_at, each.unlinked_at)
            )
            self.told_by[each.shopper_id].add(each.network)
            self.cards[each.card_id].append(each)

    def _standing(self, folded: Folded, row: PurchaseRow | None, place: Located) -> Standing:
        key = folded.key
        told = self.facts.get(key, [])
        # Told whole by a single source, it can have no other view: this is nearly every purchase.
        whole = len(told) == 2 and {each.kind for each in told} == _WHOLE and len(self.told_by[key.shopper_id]) == 1
        view = None if whole else self._view(folded, told, place.shop)
        new_id = row.id if row else purchases.new_id(self.now)
        return Standing(new_id, folded, place.shop, row, view=view, match=place.match)

    def _view(self, folded: Folded, told: Sequence[Statement], shop: Shop | None) -> View | None:
        return view_of(
            folded,
            told,
            shop_id=None if shop is None else shop.id,
            called=() if shop is None else (shop.name, shop.brand),
            last_four=self._ending(folded),
        )

    def _ending(self, folded: Folded) -> str | None:
        """The last four digits that the card had when the purchase was made: a card that is replaced gets others."""
        links = sorted(self.cards[folded.card_id], key=lambda each: each.linked_at)
        begun = [each for each in links if each.linked_at <= folded.purchased_at] or links[:1]
        return begun[-1].last_four if begun else None

    def _fold_all(self, keys: Iterable[PurchaseKey], statements: Iterable[Statement]) -> dict[PurchaseKey, Folded]:
        by_source: defaultdict[tuple[UUID, str], list[Statement]] = defaultdict(list)
        for each in statements:
            by_source[each.shopper_id, each.network].append(each)
        members: defaultdict[PurchaseKey, list[Statement]] = defaultdict(list)
        for (shopper_id, network), told in by_source.items():
            groups = group_of(told)
            for fact_ref, each in facts(told).items():
                members[PurchaseKey(shopper_id, network, groups[fact_ref])].append(each)
        folds: dict[PurchaseKey, Folded] = {}
        for key in sorted(keys, key=lambda each: (each.shopper_id, each.network, each.ref)):
            if key in members:
                self.facts[key] = members[key]
                folds[key] = fold(key, members[key], self.links[key.shopper_id], self.now)
            elif key in self.stored:
                folds[key] = superseded(self.stored[key].folded)
        return folds


async def gather(
    connection: AsyncConnection, snapshot: Snapshot, touched: Iterable[PurchaseKey], now: datetime, *, ruled: bool
) -> Gathered:
    """Read the purchases touched, and those that may be one with them; `ruled` says that a person ruled on them."""
    gathered = Gathered(snapshot, now)
    keys: Iterable[PurchaseKey] = set(touched)
    if ruled:
        gathered.several |= {key.shopper_id for key in keys}
    while keys:
        keys = await gathered.reached(connection, await gathered.read(connection, keys))
    gathered.several |= gathered.ambiguous()
    if gathered.several:
        gathered.rulings = await witnesses.rulings_of(connection, gathered.several)
    return gathered


def place_ref(key: PurchaseKey) -> PurchaseRef:
    """How the matching of places names a purchase."""
    return key.shopper_id, key.network, key.ref


def _keys(statement: Statement) -> tuple[PurchaseKey, PurchaseKey]:
    return (
        PurchaseKey(statement.shopper_id, statement.network, statement.group_ref),
        PurchaseKey(statement.shopper_id, statement.network, statement.purchase_ref),
    )
