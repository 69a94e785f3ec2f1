"""The offers that run now, as one shopper stands with them: for whom, activated or not, how far they have come."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.offers.compiled import CompiledOffer
from cashback.offers.conditions.who import Activated
from cashback.offers.explanation import goals
from cashback.offers.kinds import Person, PersonalKind, Surroundings, Visits
from cashback.offers.schemas import SOMEBODY, FactKind, Facts, Spend, Trail
from cashback.offers.walk import Walk
from cashback.rewards import storage
from cashback.rewards.history import whole_histories
from cashback.rewards.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Running:
    """One offer that runs, and one shopper."""

    offer: CompiledOffer
    who: Trail
    """What must be said of the shopper, each with whether it is; what depends on a place is told by its purchases."""
    progress: Trail
    """How far they have come with what several purchases reach together."""
    activated_since: datetime | None
    """When an offer that needs it was activated; an activation that has expired is told in `who`."""


async def running_offers(
    connection: AsyncConnection, snapshot: Snapshot, shopper_id: UUID, now: datetime
) -> list[Running]:
    """In the order of the codes, by the clock of the programme.

    Offers that the shopper does not receive, because they are held out of them, are left out.
    """
    history = (await whole_histories(connection, snapshot, [shopper_id]))[shopper_id]
    grants = await storage.grants_of_shoppers(connection, [shopper_id]) if snapshot.budgeted else {}
    at = _imagined(snapshot, now)
    come = {goal.offer.code: goal.trail for goal in goals(history, snapshot.book, grants, now)}
    walk = Walk(snapshot.book, history)
    return [
        Running(
            offer,
            _who(offer, at, history.facts, snapshot.book.around),
            come.get(offer.code, []),
            history.facts.since(FactKind.ACTIVATION, offer.code, now) if _needs_activation(offer) else None,
        )
        for offer in snapshot.book.offers
        if offer.live(now) and offer.opens <= now < offer.closes and not walk.receives_not(offer)
    ]


def _needs_activation(offer: CompiledOffer) -> bool:
    return any(isinstance(each, Activated) for each in offer.terms.conditions)


def _who(offer: CompiledOffer, at: Spend, facts: Facts, around: Surroundings) -> Trail:
    person = Person(facts, Visits())
    trail: Trail = []
    for each in offer.terms.conditions:
        if isinstance(each, Activated):
            trail.append(each.for_offer(offer.code, around)[1](at, person))
        elif isinstance(each, PersonalKind) and each.looks_back() is None:
            trail.append(each.personal_explainer(around)(at, person))
    return trail


def _imagined(snapshot: Snapshot, now: datetime) -> Spend:
    """A moment, at no place; nothing of it is counted."""
    return Spend(
        purchase_id=SOMEBODY,
        ref="",
        counts=False,
        net_minor=0,
        gross_minor=0,
        currency=snapshot.programme.currency,
        purchased_at=now,
        cleared_at=None,
        network="",
        card_id=SOMEBODY,
        channel=None,
        shop_id=None,
        centre_id=None,
        category=None,
        brand=None,
        floor=None,
        area=None,
    )
