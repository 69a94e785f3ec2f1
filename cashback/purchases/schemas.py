"""Statements as told, and purchases as folded. Amounts are minor units of `currency`; times are aware UTC.

Structs and not dataclasses: the road makes several of them for every message, and a frozen dataclass takes four to ten
times as long to make.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from issuers.events import EventKind, TimeBasis

LAPSES_AFTER = timedelta(days=31)
"""Hotels, airlines and car hire may clear this late (card scheme rules); after that an authorization is void."""

_A_DAY = timedelta(days=1)


class PurchaseState(StrEnum):
    """Where a purchase stands, by all that is known of it."""

    AUTHORIZED = "authorized"
    """The bank agreed; the shop has not collected yet."""
    CLEARED = "cleared"
    """The shop collected; nothing was given back."""
    PARTLY_REFUNDED = "partly_refunded"
    """Part of it was given back."""
    REFUNDED = "refunded"
    """All of it was given back."""
    REVERSED = "reversed"
    """The authorization was withdrawn before anything cleared."""
    LAPSED = "lapsed"
    """Authorised, and not cleared in time; revives if the clearing still comes."""
    DECLINED = "declined"
    """The bank refused; there was no purchase."""
    CREDIT = "credit"
    """A refund that names no purchase; assigned to one, or waiting for it."""
    NOT_LINKED = "not_linked"
    """Made before the card was linked or after it was unlinked; never counts."""
    SUPERSEDED = "superseded"
    """Its evidence turned out to belong to another purchase; kept, with a target of zero."""
    WITNESS = "witness"
    """Another source's view of a purchase that is recognised as the same; kept, with a target of zero."""

    def may_earn(self) -> bool:
        """Whether a purchase in this state is spend that offers look at."""
        return self in _EARNING


_EARNING = frozenset({PurchaseState.AUTHORIZED, PurchaseState.CLEARED, PurchaseState.PARTLY_REFUNDED})
_LAPSING = _EARNING | {PurchaseState.REFUNDED, PurchaseState.NOT_LINKED}


class PurchaseKey(Struct, frozen=True):
    """Names a purchase by its source: one shopper, one network, the source's own reference."""

    shopper_id: UUID
    network: str
    ref: str


class Statement(Struct, frozen=True):
    """One statement of one fact, as kept for ever."""

    shopper_id: UUID
    network: str
    fact_ref: str
    digest: bytes
    revision: int
    kind: EventKind
    purchase_ref: str
    group_ref: str
    card_id: UUID
    amount_minor: int
    currency: str
    occurred_at: datetime
    occurred_until: datetime
    time_basis: str
    purchase_at: datetime | None
    final: bool
    merchant: Mapping[str, Any]
    """`identifiers` as `scheme:value`, most precise first; `descriptor`, `mcc`, `city`, `country`."""

    def made(self) -> tuple[datetime, datetime]:
        """From the earliest to the latest instant at which the purchase can have been made, by this statement."""
        if self.purchase_at is None:
            return self.occurred_at, max(self.occurred_at, self.occurred_until)
        if self.purchase_at == self.occurred_at:
            return self.purchase_at, max(self.purchase_at, self.occurred_until)
        return self.purchase_at, self.purchase_at + (_A_DAY if self.time_basis == TimeBasis.DATE else timedelta())


class LinkInterval(Struct, frozen=True):
    """One stretch of time over which a card was linked to one shopper; half-open."""

    card_id: UUID
    shopper_id: UUID
    linked_at: datetime
    unlinked_at: datetime | None

    def covers(self, instant: datetime) -> bool:
        """Whether a purchase made then counts."""
        return self.linked_at <= instant and (self.unlinked_at is None or instant < self.unlinked_at)


class ToldView(Struct, frozen=True, array_like=True):
    """What one source says of a purchase, as far as it decides what may be the same purchase."""

    network: str
    asked_minor: int
    settled_minor: tuple[int, ...]
    since: datetime
    until: datetime
    basis: TimeBasis
    card_id: UUID
    currency: str
    others: dict[str, int] = {}


class Told(Struct, frozen=True, omit_defaults=True):
    """What a row cannot tell by itself: its own source's view, where the row holds what several say together."""

    views: tuple[ToldView, ...]
    """The row's own view first; on the row that stands for all, those of its witnesses behind it."""
    amounts: dict[str, tuple[int, int]]
    """By currency the smallest and the largest amount that any of these views tells, in minor units."""
    because: tuple[str, ...] = ()
    """Codes of what joined the views: `same_amount`, `same_place` …"""
    refunds: dict[str, list[int]] = {}
    """On the row that stands for all: by source, the refunds that name the purchase."""


class Folded(Struct, frozen=True):
    """A purchase as its evidence describes it."""

    key: PurchaseKey
    card_id: UUID
    state: PurchaseState
    authorised_minor: int
    cleared_minor: int
    refunded_minor: int
    credited_minor: int
    net_minor: int
    currency: str
    purchased_at: datetime
    cleared_at: datetime | None
    place_key: str
    merchant: Mapping[str, Any]
    purchased_until: datetime
    """The latest instant at which it can have been made; equal to `purchased_at` where the source is precise."""
    time_basis: TimeBasis
    """What `purchased_at` was derived from."""

    @property
    def lapses_at(self) -> datetime | None:
        """When a purchase that was authorised and has not cleared becomes void, whatever was given back meanwhile."""
        if self.cleared_at is None and self.state in _LAPSING:
            return self.purchased_at + LAPSES_AFTER
        return None

    @property
    def gross_minor(self) -> int:
        """What was spent before anything was given back: the cleared amount, before that the authorised one."""
        return self.cleared_minor if self.cleared_at is not None else self.authorised_minor

    @property
    def refundable_minor(self) -> int:
        """How much an unlinked refund could still belong to."""
        return max(0, self.gross_minor - self.refunded_minor) if self.may_be_refunded else 0

    @property
    def may_be_refunded(self) -> bool:
        """Whether a refund could belong to it at all."""
        return self.state not in _NEVER_REFUNDED

    def with_credits(self, credited_minor: int) -> "Folded":
        """The same purchase with that much of unlinked refunds assigned to it."""
        if credited_minor == self.credited_minor or self.state in _NEVER_REFUNDED:
            return self
        state, net = standing(self.state, self.gross_minor, self.refunded_minor + credited_minor, self.cleared_at)
        return replace(self, credited_minor=credited_minor, net_minor=net, state=state)


_NEVER_REFUNDED = frozenset(
    {
        PurchaseState.LAPSED,
        PurchaseState.DECLINED,
        PurchaseState.CREDIT,
        PurchaseState.SUPERSEDED,
        PurchaseState.WITNESS,
        PurchaseState.REVERSED,
    }
)


def standing(
    state: PurchaseState, gross_minor: int, given_back_minor: int, cleared_at: datetime | None
) -> tuple[PurchaseState, int]:
    """State and net of a purchase that counts; a purchase outside its link keeps that state, whatever was refunded."""
    net = max(0, gross_minor - given_back_minor)
    if state is PurchaseState.NOT_LINKED:
        return state, net
    if given_back_minor == 0:
        return (PurchaseState.CLEARED if cleared_at is not None else PurchaseState.AUTHORIZED), net
    return (PurchaseState.PARTLY_REFUNDED if net else PurchaseState.REFUNDED), net


def key_columns(keys: Iterable[PurchaseKey]) -> tuple[list[UUID], list[str], list[str]]:
    """Keys as columns, for a statement over `unnest`."""
    listed = list(keys)
    return [each.shopper_id for each in listed], [each.network for each in listed], [each.ref for each in listed]
