"""One shopper's purchases walked through in the order of their time: what offers bid for each, within the limits.

Everything that a purchase depends on beside itself is kept here: what the shopper bought before, how far each count has
come, and what each limit has already let through.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import Struct

from cashback.offers.compiled import CompiledOffer
from cashback.offers.holdout import PROGRAMME, held_out
from cashback.offers.kinds import Person, Tally, Visits
from cashback.offers.limits import Limit, Measure, Over
from cashback.offers.matcher import OfferBook
from cashback.offers.schemas import Draw, Grant, History, Spend, Trail

Grants = Mapping[tuple[UUID, UUID], Grant]
"""By purchase and offer."""


class Bid(Struct, gc=False):
    """An offer that applies to a purchase, and what it is worth to the shopper."""

    offer: CompiledOffer
    base: int
    """What the reward is reckoned from."""
    tallies: Sequence[Tally]
    wanted: int
    within: int
    """What is left of it within the shopper's limits."""
    cut: tuple[Limit, int] | None
    """The limit that left less, and what it had already let through."""
    draws: tuple[Draw, ...]
    amount: int
    asks: int
    promised: int
    """What a trail says it would have given: a quota that was never asked is not counted as empty."""


class HeldOut(Struct, gc=False):
    """An offer that would have applied, of a shopper who does not receive it."""

    offer: CompiledOffer
    base: int
    tallies: Sequence[Tally]
    wanted: int


class Met(Struct, gc=False):
    """What offers make of one purchase, before they compete."""

    bids: list[Bid]
    held_out: list[HeldOut]
    multipliers: list[tuple[CompiledOffer, Sequence[Tally]]]
    remembers: bool
    """Whether an offer was asked whose answer depends on other purchases."""


class Walk:
    """The state of one shopper between two of their purchases."""

    __slots__ = ("_held_out", "_none", "_tallies", "_used", "book", "history", "person")

    def __init__(self, book: OfferBook, history: History) -> None:
        self.book = book
        self.history = history
        self.person = Person(history.facts, Visits(book.looks_back), history.spends)
        self._tallies: dict[int, list[Tally]] = {}
        self._used: dict[tuple[object, ...], int] = {}
        self._held_out: dict[str, bool] = {}
        self._none = book.holdout_bps > 0 and held_out(
            book.operator_id, PROGRAMME, book.holdout_bps, history.shopper_id
        )

    def meet(self, spend: Spend, grants: Grants, *, may_ask: bool) -> Met:
        """Every offer whose conditions the purchase and its shopper meet. Counts the purchase where it counts."""
        met = Met([], [], [], remembers=False)
        remembers = False
        for offer in self.book.matching(spend, self.person.facts):
            remembers = remembers or offer.remembers
            if offer.personal_tests and not offer.fits(spend, self.person):
                continue
            base = spend.net_minor
            if offer.plain and not self._none:
                wanted = offer.reckon(base)
                if wanted > 0:
                    met.bids.append(Bid(offer, base, (), wanted, wanted, None, (), wanted, 0, wanted))
                continue
            tallies: Sequence[Tally] = ()
            if offer.tallies:
                tallies = self.tallies(offer)
                # Each counts the purchase, whatever the others say of it.
                seen = [tally.see(spend) for tally in tallies]
                if not all(seen) or not offer.live(spend.purchased_at):
                    continue
                base = max(tally.reckoned(spend) for tally in tallies)
            if offer.multiplies is not None:
                met.multipliers.append((offer, tallies))
            elif (self._none or offer.holdout_bps) and self.receives_not(offer):
                met.held_out.append(HeldOut(offer, base, tallies, offer.reckon(base)))
            elif (bid := self.bid(offer, spend, base, tallies, grants, may_ask=may_ask)) is not None:
                met.bids.append(bid)
        met.remembers = remembers
        return met

    def bid(
        self, offer: CompiledOffer, spend: Spend, base: int, tallies: Sequence[Tally], grants: Grants, *, may_ask: bool
    ) -> Bid | None:
        """What an offer that applies is worth; None when it gives nothing for this base."""
        wanted = offer.reckon(base)
        if wanted <= 0:
            return None
        within, cut = self._within(offer, spend, wanted) if offer.limits else (wanted, None)
        if not offer.budgeted:
            return Bid(offer, base, tallies, wanted, within, cut, (), within, 0, within)
        draws = offer.draws(spend)
        buckets = tuple([each.bucket for each in draws])
        grant = grants.get((spend.purchase_id, offer.offer_id))
        held = grant if grant is not None and grant.buckets == buckets else Grant(0, 0, buckets)
        asks = max(0, within - held.wanted) if may_ask else 0
        amount = min(held.granted, within) + asks
        return Bid(offer, base, tallies, wanted, within, cut, draws, amount, asks, within if grant is None else amount)

    def tallies(self, offer: CompiledOffer) -> list[Tally]:
        """The counts of one version of an offer."""
        held = self._tallies.get(id(offer))
        if held is None:
            held = self._tallies[id(offer)] = [make() for make in offer.tallies]
        return held

    def receives_not(self, offer: CompiledOffer) -> bool:
        """Whether the shopper is held out of this offer, or of all."""
        if self._none or not offer.holdout_bps:
            return self._none
        out = self._held_out.get(offer.code)
        if out is None:
            out = self._held_out[offer.code] = offer.holds_out(self.book.operator_id, self.history.shopper_id)
        return out

    def pass_by(self, spend: Spend) -> None:
        """The purchase is behind: it is one of those bought before from now on."""
        if self.book.looks_back:
            self.person.visits.add(spend)

    def use(self, offer_id: UUID, spend: Spend, amount: int) -> None:
        """Count what a reward takes of the shopper's limits, of whichever version of the offer they are."""
        for count in self.book.counts.get(offer_id, ()):
            key = (offer_id, *count.key(spend, self.book.around))
            self._used[key] = self._used.get(key, 0) + (1 if count.measure is Measure.TIMES else amount)

    def use_all(self, given: Mapping[UUID, int], spend: Spend) -> None:
        """Count what several offers gave to one purchase."""
        for offer_id, amount in given.items():
            self.use(offer_id, spend, amount)

    def _within(self, offer: CompiledOffer, spend: Spend, wanted: int) -> tuple[int, tuple[Limit, int] | None]:
        within = wanted
        cut: tuple[Limit, int] | None = None
        for limit, count in offer.limits:
            used = self._used.get((offer.offer_id, *count.key(spend, self.book.around)), 0)
            left = max(0, limit.at_most - used)
            if limit.measure is Measure.TIMES:
                allowed = wanted if left else 0
            else:
                allowed = left if left >= wanted or limit.over is Over.REDUCE else 0
            if allowed < within:
                within, cut = allowed, (limit, used)
        return within, cut

    def trail_of(self, bid: "Bid | HeldOut", spend: Spend) -> Trail:
        """Every condition with its figures, and the reward, as they stand while the purchase is met."""
        return bid.offer.trail(spend, self.person, bid.tallies, bid.base)
