"""Where a purchase stands, in one word with one icon. A colour only repeats what the word says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cashback.insights.schemas import Judgement, Place
from cashback.purchases.schemas import PurchaseState


@dataclass(frozen=True, slots=True)
class Status:
    """`word` is a key of the messages, `icon` a symbol of the sprite, `tone` a class of the style sheet."""

    word: str
    icon: str
    tone: str


PENDING = Status("status.pending", "clock", "warn")
PARTLY_PENDING = Status("status.partly_pending", "clock", "warn")
AVAILABLE = Status("status.available", "circle-check", "pos")
EARNED = (PENDING, PARTLY_PENDING, AVAILABLE)
MATCHING = Status("status.matching", "search", "info")
NOTHING = Status("status.nothing", "circle-minus", "mute")
EXPIRED = Status("status.expired", "hourglass", "mute")
TAKEN_BACK = Status("status.taken_back", "undo-2", "mute")

CLOSED = {
    PurchaseState.REFUNDED: Status("status.refunded", "undo-2", "mute"),
    PurchaseState.REVERSED: Status("status.reversed", "undo-2", "mute"),
    PurchaseState.LAPSED: Status("status.lapsed", "hourglass", "mute"),
    PurchaseState.DECLINED: Status("status.declined", "ban", "mute"),
    PurchaseState.CREDIT: Status("status.credit", "undo-2", "mute"),
    PurchaseState.NOT_LINKED: Status("status.not_linked", "link-2-off", "mute"),
    PurchaseState.SUPERSEDED: Status("status.superseded", "git-merge", "mute"),
    PurchaseState.WITNESS: Status("status.witness", "git-merge", "mute"),
}

_JUDGED = {
    "pending": PENDING,
    "available": AVAILABLE,
    "expired": EXPIRED,
    "clawed_back": TAKEN_BACK,
    "held_out": Status("status.held_out", "circle-minus", "mute"),
    "not_applied": Status("status.not_applied", "circle-minus", "mute"),
}


class Judged(Protocol):
    """A purchase of the wallet or a row of the feed."""

    @property
    def state(self) -> str:
        """The purchase's state."""

    @property
    def place(self) -> Place:
        """Where it was made."""

    @property
    def judgements(self) -> Sequence[Judgement]:
        """What the offers gave."""


def of_purchase(purchase: Judged) -> Status:
    """What a shopper wants to know of a purchase first."""
    closed = CLOSED.get(PurchaseState(purchase.state))
    if closed is not None:
        return closed
    pending = any(each.pending > 0 for each in purchase.judgements)
    available = any(each.available > 0 for each in purchase.judgements)
    if pending or available:
        return PARTLY_PENDING if pending and available else PENDING if pending else AVAILABLE
    if any(each.expired > 0 for each in purchase.judgements):
        return EXPIRED
    return MATCHING if purchase.place.shop is None else NOTHING


def of_judgement(judgement: Judgement) -> Status:
    """How one offer ended for one purchase."""
    return _JUDGED.get(judgement.state, NOTHING)


_CATEGORY_ICONS = (
    (5300, 5399, "shopping-bag"),
    (5411, 5411, "shopping-basket"),
    (5441, 5462, "croissant"),
    (5611, 5659, "shirt"),
    (5661, 5661, "footprints"),
    (5691, 5699, "shirt"),
    (5712, 5719, "sofa"),
    (5732, 5735, "cpu"),
    (5811, 5814, "utensils"),
    (5912, 5912, "pill"),
    (5940, 5941, "dumbbell"),
    (5942, 5943, "book-open"),
    (5944, 5944, "gem"),
    (5945, 5945, "gift"),
    (5977, 5977, "sparkles"),
    (7230, 7230, "scissors"),
    (7832, 7832, "film"),
)
"""Ranges of merchant category codes (ISO 18245) and the symbol that says them."""


def icon_of_category(category: str | None) -> str:
    """The symbol of a merchant category; a shopping bag where none is known."""
    if category is not None and category.isdigit():
        for first, last, icon in _CATEGORY_ICONS:
            if first <= int(category) <= last:
                return icon
    return "shopping-bag"
