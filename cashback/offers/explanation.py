"""Why, and why not: every offer that could concern a purchase, with each condition and its figures.

The same walk that decides is walked again up to the purchase, so an explanation can never disagree with the engine.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from cashback.offers.competition import Outcome, by_priority
from cashback.offers.compiled import CompiledOffer
from cashback.offers.entitlements import compete, in_order, shortfalls
from cashback.offers.kinds import TrailEntry
from cashback.offers.matcher import OfferBook
from cashback.offers.schemas import History, Spend, Trail
from cashback.offers.walk import Bid, Grants, Met, Walk


class Verdict(StrEnum):
    """What came of one offer for one purchase."""

    REWARDED = "rewarded"
    NOT_MET = "not_met"
    """A condition does not hold."""
    TOO_LITTLE = "too_little"
    """Every condition holds, and the reward comes to nothing."""
    LOST = "lost"
    """Another offer of its group was chosen."""
    USED_UP = "used_up"
    """A limit or a quota had nothing left."""
    HELD_OUT = "held_out"
    """The shopper belongs to the group that does not receive it."""


@dataclass(frozen=True, slots=True)
class Considered:
    """One offer looked at for one purchase."""

    offer: CompiledOffer
    verdict: Verdict
    wanted: int
    amount: int
    trail: Trail

    @property
    def missed(self) -> int:
        """How many conditions do not hold: offers with one are near misses."""
        return sum(1 for entry in self.trail if not entry["ok"])


def explain(
    history: History, purchases: Collection[UUID], book: OfferBook, grants: Grants, *, may_ask: bool = False
) -> dict[UUID, list[Considered]]:
    """Every offer live at the time of these purchases that concerns their place, by purchase, rewarded ones first.

    With `may_ask` quotas are taken to grant what they have not been asked for yet.
    """
    walk = Walk(book, history)
    found: dict[UUID, list[Considered]] = {}
    for spend in sorted(history.spends, key=in_order):
        frozen = history.frozen.get(spend.purchase_id)
        if not spend.counts:
            walk.use_all(frozen or {}, spend)
            continue
        met = walk.meet(spend, grants, may_ask=may_ask) if spend.net_minor > 0 else Met([], [], [], remembers=False)
        outcome = compete(walk, spend, met, grants, may_ask=may_ask)
        if spend.purchase_id in purchases:
            found[spend.purchase_id] = sorted(_considered(walk, spend, met, outcome), key=_most_telling)
        given = {bid.offer.offer_id: bid.amount for bid in outcome.chosen if bid.amount > 0}
        walk.use_all(given if frozen is None else frozen, spend)
        if spend.net_minor > 0:
            walk.pass_by(spend)
    return found


def _considered(walk: Walk, spend: Spend, met: Met, outcome: Outcome) -> Iterator[Considered]:
    bids: dict[int, Bid] = {id(bid.offer): bid for bid in outcome.bids}
    out = {id(each.offer): each for each in met.held_out}
    for offer in walk.book.concerned(spend):
        bid, held = bids.get(id(offer)), out.get(id(offer))
        if held is not None:
            trail = [*walk.trail_of(held, spend), {"kind": "holdout", "ok": False}]
            yield Considered(offer, Verdict.HELD_OUT, held.wanted, 0, trail)
        elif bid is None:
            trail = _unmet(walk, offer, spend, outcome.chosen)
            verdict = Verdict.TOO_LITTLE if all(entry["ok"] for entry in trail) else Verdict.NOT_MET
            yield Considered(offer, verdict, 0, 0, trail)
        else:
            yield _of_bid(walk, spend, bid, outcome)


def _of_bid(walk: Walk, spend: Spend, bid: Bid, outcome: Outcome) -> Considered:
    trail = [*walk.trail_of(bid, spend), *shortfalls(walk, spend, bid)]
    winner = outcome.lost_to.get(id(bid))
    if bid.amount <= 0:
        return Considered(bid.offer, Verdict.USED_UP, bid.wanted, 0, trail)
    if winner is None:
        return Considered(bid.offer, Verdict.REWARDED, bid.wanted, bid.amount, trail)
    lost = {"kind": "lost_to", "ok": False, "offer": winner.offer.code, "amount": winner.amount}
    lost |= {"asset": winner.offer.asset, **({"reason": "priority"} if by_priority(winner, bid) else {})}
    return Considered(bid.offer, Verdict.LOST, bid.wanted, 0, [*trail, lost])


def _unmet(walk: Walk, offer: CompiledOffer, spend: Spend, chosen: Sequence[Bid]) -> Trail:
    """The conditions with their figures; a multiple is reckoned from what its offer gave, perhaps nothing."""
    base = None
    if offer.multiplies is not None:
        base = sum(bid.amount for bid in chosen if bid.offer.code == offer.multiplies)
    tallies = walk.tallies(offer) if offer.tallies else ()
    return offer.trail(spend, walk.person, tallies, base)


def _most_telling(considered: Considered) -> tuple[bool, int, str]:
    return considered.verdict is not Verdict.REWARDED, considered.missed, considered.offer.code


@dataclass(frozen=True, slots=True)
class Goal:
    """An offer that several purchases reach together, and how far a shopper has come with it."""

    offer: CompiledOffer
    trail: Trail
    """One entry per count, each with what is missing."""

    @property
    def percent(self) -> int:
        """How far the count that is furthest behind has come, 0 to 100, rounded down."""
        return min(percent_of(entry) for entry in self.trail)


def goals(history: History, book: OfferBook, grants: Grants, at: datetime) -> list[Goal]:
    """How far the shopper has come at an instant with offers that run then; the furthest first.

    Offers for a group that the shopper is not in are left out, and those that have given in this period what they give.
    """
    walk = Walk(book, history)
    for spend in sorted(history.spends, key=in_order):
        if not spend.counts or spend.net_minor <= 0 or spend.purchased_at > at:
            continue
        met = walk.meet(spend, grants, may_ask=False)
        for bid in compete(walk, spend, met, grants, may_ask=False).chosen:
            if bid.amount > 0:
                walk.use(bid.offer.offer_id, spend, bid.amount)
        walk.pass_by(spend)
    zone = book.around.default_zone
    found = [
        Goal(offer, [tally.entry(at, zone) for tally in walk.tallies(offer)])
        for offer in book.offers
        if offer.tallies
        and offer.live(at)
        and offer.opens <= at < offer.closes
        and offer.concerns(history.facts, at)
        and not walk.receives_not(offer)
    ]
    under_way = [each for each in found if not any(entry.get("reason") == "already" for entry in each.trail)]
    return sorted(under_way, key=lambda goal: (-goal.percent, goal.offer.code))


def percent_of(entry: TrailEntry) -> int:
    """How far one count has come, 0 to 100, rounded down."""
    unit = "_minor" if "wanted_minor" in entry else ""
    wanted, missing = int(entry[f"wanted{unit}"]), int(entry[f"missing{unit}"])
    shops = 100 if not entry.get("shops") else 100 * min(entry["shops_got"], entry["shops"]) // entry["shops"]
    return min(shops, 100 * max(0, wanted - missing) // wanted)
