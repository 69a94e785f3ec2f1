"""Whose statement: which of the shoppers who ever linked a card does a message of that card concern? Pure.

Nearly always there is one. When a card went from one shopper to another, a later message is given to whoever had the
card when its purchase began, so that no purchase is earned twice. Whether a purchase counts is not decided here but by
the fold, on the purchase's own time: for that it needs the authorization of a purchase made shortly before the link,
because its clearing alone would look like a purchase made after it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from cashback.purchases.schemas import LAPSES_AFTER
from issuers.events import CardEvent, EventKind


class Link(Protocol):
    """One stretch of time over which a card was linked to one shopper; half-open."""

    @property
    def shopper_id(self) -> UUID: ...
    @property
    def card_id(self) -> UUID: ...
    @property
    def linked_at(self) -> datetime: ...
    @property
    def unlinked_at(self) -> datetime | None: ...


@dataclass(slots=True)
class Known:
    """What is known of a purchase by whoever has evidence of it."""

    begun_at: datetime | None = None
    """When it was made, once its authorization was told."""
    holders: set[UUID] = field(default_factory=set)
    """Shoppers who have any evidence of it."""

    def learn(self, event: CardEvent) -> None:
        """An authorization tells when the purchase began."""
        if event.kind is EventKind.AUTHORIZATION:
            moment = event.purchase_at or event.occurred_at
            self.begun_at = min(self.begun_at or moment, moment)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who keeps a statement, and whether its message must be read again if somebody else links the card."""

    cards: Mapping[UUID, UUID]
    """Shopper to card."""
    waits: bool


def claim(event: CardEvent, links: Sequence[Link], known: Known) -> Claim:
    """Judge one event by all links of its card, past and present, and by what is known of its purchase."""
    at = event.occurred_at
    if event.kind in (EventKind.AUTHORIZATION, EventKind.DECLINE):
        moment = event.purchase_at or at
        taken = [each for each in links if _covers(each, moment)]
        if not taken and event.kind is EventKind.AUTHORIZATION:
            taken = [each for each in links if moment < each.linked_at <= moment + LAPSES_AFTER]
        waits = not taken
        taken += [each for each in links if each.shopper_id in known.holders]
        return Claim({each.shopper_id: each.card_id for each in taken}, waits)
    begun = [each for each in links if each.linked_at <= at]
    made_at = known.begun_at or event.purchase_at
    taken = [] if made_at is None else [each for each in begun if _covers(each, made_at)]
    if taken:
        return Claim({each.shopper_id: each.card_id for each in taken}, waits=False)
    waits = not any(each.unlinked_at is None or (made_at is None and _covers(each, at)) for each in begun)
    return Claim({each.shopper_id: each.card_id for each in begun}, waits)


def _covers(link: Link, at: datetime) -> bool:
    return link.linked_at <= at and (link.unlinked_at is None or at < link.unlinked_at)
