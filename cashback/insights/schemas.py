"""What the pages are made of: frozen values, ids as UUIDs, amounts as integers of their asset, times aware and UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from cashback.notifications.schemas import Told
from cashback.offers.schemas import Trail
from cashback.programmes.schemas import Asset
from issuers.events import TimeBasis


@dataclass(frozen=True, slots=True)
class BalanceView:
    """What a shopper holds of one asset. Pending is never part of available."""

    asset: Asset
    available: int
    """Below zero after a clawback that came when the money had left."""
    pending: int
    next_amount: int
    """The part of pending that becomes available first."""
    next_at: datetime | None
    """When; None while no pending purchase has cleared."""
    converted: int
    paid: int
    expired: int = 0
    """What was not used before its terms ended it."""
    in_transit: int = 0
    """Asked for and on its way; no longer available, not yet paid."""
    ending: int = 0
    """The part of available that expires first, as far as it is not used."""
    usable_until: datetime | None = None
    """The last instant at which it can be used; None while nothing that is available expires."""


@dataclass(frozen=True, slots=True)
class GoalView:
    """How far a shopper has come with an offer that several purchases reach together."""

    code: str
    names: Mapping[str, str]
    """By language; empty where the offer has no name."""
    trail: Trail
    percent: int


@dataclass(frozen=True, slots=True)
class ProgressView:
    """How far the next conversion of an asset is."""

    asset: Asset
    into: Asset
    threshold: int
    amount: int
    """What one conversion gives, in `into`."""
    have: int
    """Units towards the next conversion, 0 to threshold."""
    coming: int
    """Pending units, which may still be taken back."""
    missing: int
    converted_total: int
    """Units converted since the beginning."""
    converted_amount: int
    """What they gave, in `into`."""
    done_this_year: int
    yearly_limit: int | None
    coming_at: datetime | None = None
    """When the first of the pending units become available."""
    ending: int = 0
    """Units that expire first if they are not exchanged."""
    usable_until: datetime | None = None
    """The last instant before that."""

    @property
    def limit_reached(self) -> bool:
        """No conversion before the next calendar year."""
        return self.yearly_limit is not None and self.done_this_year >= self.yearly_limit

    @property
    def have_percent(self) -> int:
        """Whole percents of the way that are done."""
        return self.have * 100 // self.threshold

    @property
    def coming_percent(self) -> int:
        """Whole percents that pending units would add, never beyond the whole."""
        return min(self.coming * 100 // self.threshold, 100 - self.have_percent)


@dataclass(frozen=True, slots=True)
class CardView:
    """A linked card: never more of its number than the last four digits."""

    card_id: UUID
    scheme: str | None
    last_four: str | None
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where a purchase was made. The shop is None until an identifier of it is known."""

    shop: str | None
    centre: str | None
    floor: str | None
    category: str | None
    descriptor: str | None
    """What the card statement says."""
    identifiers: tuple[tuple[str, str], ...]
    """(scheme, value) as the source gave them, most precise first."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One offer held against one purchase: what it gave, or why it gave nothing."""

    offer_id: UUID
    offer_code: str
    names: Mapping[str, str]
    version: int
    live_from: datetime | None
    asset: Asset
    state: str
    """A reward's state, or `not_applied` for an offer that was held against the purchase and gave nothing."""
    amount: int
    pending: int
    available: int
    expired: int
    matures_at: datetime | None
    usable_until: datetime | None
    """The last instant at which what is left of it can be used; None: it does not expire, or that is not known yet."""
    hold_days: int
    """Days from clearing until the reward is available."""
    wanted: int | None
    """What a quota was asked for; None for an offer without a budget."""
    granted: int | None
    trail: Trail


@dataclass(frozen=True, slots=True)
class Timing:
    """When something was, as far as its source tells."""

    at: datetime
    """The earliest instant; days that were told without a zone are those of the place."""
    until: datetime | None
    """The latest; None where `at` is certain."""
    basis: TimeBasis


@dataclass(frozen=True, slots=True)
class Step:
    """One fact of a purchase's story. `kind` is a statement's kind."""

    kind: str
    at: datetime
    timing: Timing
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class PurchaseView:
    """A purchase with all that explains what it earned."""

    id: UUID
    shopper_id: UUID
    network: str
    state: str
    place: Place
    zone: ZoneInfo
    """The centre's, or the programme's while the shop is not known."""
    currency: str
    authorised_minor: int
    cleared_minor: int
    given_back_minor: int
    """Refunds that name this purchase and those that were assigned to it."""
    net_minor: int
    purchased_at: datetime
    """The earliest instant at which it can have been made."""
    timing: Timing
    cleared_at: datetime | None
    lapses_at: datetime | None
    """When an authorised purchase that has not cleared stops counting."""
    card: CardView | None
    judgements: tuple[Judgement, ...]
    steps: tuple[Step, ...]

    @property
    def gross_minor(self) -> int:
        """Before anything was given back: the collected amount, before that the authorised one."""
        return self.cleared_minor if self.cleared_at is not None else self.authorised_minor

    @property
    def shown_minor(self) -> int:
        """What a list shows: the net, or what it was about when nothing of it counts any more."""
        return self.net_minor or self.gross_minor or self.given_back_minor


@dataclass(frozen=True, slots=True)
class WalletView:
    """One shopper's wallet, one page of its purchases, newest first."""

    balances: tuple[BalanceView, ...]
    """Money first."""
    progress: tuple[ProgressView, ...]
    goals: tuple[GoalView, ...]
    """Offers that several purchases reach together, the furthest first."""
    cards: tuple[CardView, ...]
    inbox: tuple[Told, ...]
    """What the shopper was told lately, the newest first."""
    purchases: tuple[PurchaseView, ...]
    next_cursor: str | None
    stamp: str
    """Changes when anything in the wallet changes."""


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One line of the operator's live feed."""

    id: UUID
    purchased_at: datetime
    """The earliest instant at which it can have been made."""
    timing: Timing
    zone: ZoneInfo
    network: str
    state: str
    place: Place
    result: str
    """What came of it for the shopper: a member of `insights.feed.Result`."""
    amount_minor: int
    """The net; what was authorised where nothing counts any more."""
    currency: str
    last_four: str | None
    scheme: str | None
    judgements: tuple[Judgement, ...]
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class FeedFilters:
    """What the operator wants to see; the same value filters in SQL and in the stream."""

    result: str | None = None
    """A member of `insights.feed.Result`."""
    matched: bool | None = None
    shop: str = ""
    """Part of a shop's name or of a descriptor, in any case."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """The four figures over the feed, for the programme's day."""

    purchases_today: int
    matched_today: int
    rewards_today: tuple[tuple[Asset, int], ...]
    waiting: int
    parked: int
    conflicts: int
    last_told_at: datetime | None
    """When the newest evidence was recorded."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One statement as the source told it."""

    network: str
    kind: str
    fact_ref: str
    revision: int
    amount_minor: int
    currency: str
    timing: Timing
    time_basis: str
    final: bool
    recorded_at: datetime
    current: bool
    """False when a later revision of the same fact replaced it."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One transfer that the purchase caused."""

    id: UUID
    debit: str
    credit: str
    asset: Asset
    amount: int
    reason: str
    hold_days: int | None
    """Of the offer whose reward it moves; None for a transfer that belongs to no reward."""
    corrects: str | None
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class ShopMatch:
    """The identifier that led to the shop, and the source that told it."""

    network: str
    scheme: str
    value: str
    valid_from: datetime | None
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class ClaimFound:
    """The accepted claim that says where a purchase was made, and who accepted it."""

    id: UUID
    by: str
    """The actor, as the audit log names them."""
    by_itself: bool
    """Whether what was told decided it, and no person."""
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PlaceFound:
    """How the shop was decided, or why it was not, where no identifier of the programme did."""

    undecided: bool
    """What is told of the place was not looked at yet."""
    decision: str
    """accept, review, reject."""
    basis: str
    """memo, review, evidence, nothing."""
    why: str
    against: tuple[str, ...]
    """What contradicted what is remembered."""
    probability_ppm: int | None
    """By evidence, in millionths; None: evidence was not asked."""
    tier: str | None
    """The proof of place."""
    alias: str | None
    """State of what is believed of the identifier now; None: nothing."""
    explanation: tuple[str, ...]
    """What evidence said, line by line."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message of the inbox about the purchase's card. `state`: read, waiting, parked or conflict."""

    delivery_id: str
    event: str | None
    received_at: datetime
    state: str
    trouble: str | None
    """What a parked message could not be understood for."""


@dataclass(frozen=True, slots=True)
class TraceView:
    """Everything behind one row of the feed."""

    purchase: PurchaseView
    purchase_ref: str
    evidence: tuple[Evidence, ...]
    """Of every source that tells of it."""
    because: tuple[str, ...]
    """Codes of what made one purchase of what several sources tell; empty where one tells it."""
    match: ShopMatch | None
    claim: ClaimFound | None
    """Where no identifier of the programme led to the shop and a claim did."""
    place: PlaceFound | None
    postings: tuple[Posting, ...]
    deliveries: tuple[Delivery, ...]
    """The newest messages about this card, newest first; another purchase of the card may have caused some."""
    shopper_reference: str | None
    """The operator's own name for the shopper."""
