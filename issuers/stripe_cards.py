"""Stripe Issuing's cards: as other objects name them, and the card that is given in the place of another."""

from typing import Any, TypedDict

import msgspec

from issuers import reading
from issuers.events import CardEvent, EventKind, TimeBasis


class Card(msgspec.Struct):
    """An expanded card. Elsewhere Stripe writes its id alone."""

    id: str | None = None
    last4: str | None = None
    brand: str | None = None
    metadata: Any = None


class Reference(msgspec.Struct):
    """An expanded object of which only the id is read."""

    id: str | None = None


class _IssuedCard(msgspec.Struct):
    id: str
    created: int
    last4: str | None = None
    brand: str | None = None
    metadata: Any = None
    replacement_for: str | Reference | None = None


class _CardData(msgspec.Struct):
    object: _IssuedCard


class _CardEvent(msgspec.Struct):
    created: int
    data: _CardData


class CardFacts(TypedDict):
    """The fields of a `CardEvent` that an expanded card tells."""

    last_four: str | None
    card_scheme: str | None
    metadata: dict[str, str]


_CARD = reading.decoder(_CardEvent)


def replacement(body: bytes) -> tuple[CardEvent, ...]:
    """What `issuing_card.created` tells: a new card tells nothing of shoppers, but one that replaces another does."""
    stated = reading.read(_CARD, body, "stripe issuing_card.created").data.object
    old = stated.replacement_for
    replaced = reading.token(old.id if isinstance(old, Reference) else old)
    if replaced is None:
        return ()
    card = reading.required_token(stated.id, "stripe card: $.data.object.id")
    at = reading.unix_instant(stated.created, "stripe card: $.data.object.created")
    return (
        CardEvent(
            kind=EventKind.CARD_LINKED,
            card_token=card,
            fact_ref=f"{EventKind.CARD_LINKED.value}:{card}",
            revision=stated.created * 1_000_000,
            purchase_ref=card,
            occurred_at=at,
            occurred_until=at,
            time_basis=TimeBasis.INSTANT,
            replaces=replaced,
            **card_facts(Card(id=card, last4=stated.last4, brand=stated.brand, metadata=stated.metadata)),
        ),
    )


def card_id(card: str | Card) -> str:
    """The id of a card, expanded or not."""
    return reading.required_token(card if isinstance(card, str) else card.id, "stripe: $.data.object.card")


def card_facts(card: str | Card) -> CardFacts:
    """What an expanded card tells."""
    if isinstance(card, str):
        return {"last_four": None, "card_scheme": None, "metadata": {}}
    return {
        "last_four": card.last4,
        "card_scheme": card.brand.lower() if card.brand else None,
        "metadata": reading.string_values(card.metadata),
    }
