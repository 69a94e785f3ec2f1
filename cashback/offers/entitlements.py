"""What a shopper is owed: a pure function of purchases, facts, the offer versions of their time, grants.

No I/O, no clock, no counter. The engine posts what this says minus what is posted, and nothing else changes a reward.

Purchases of one shopper are walked through in the order of their own time, because some offers look at others: the nth,
a sum over a month, a limit. Which one arrived first makes no difference.

Some offers have quotas, limits shared by all shoppers. What they gave to a purchase is a `Grant` and an *input* here:
an offer is worth what was granted, plus what may still be asked for an amount that has grown since. A refusal is final.
The caller asks the quotas for what the answer `asks`, and calls again with the grants it got.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cashback.offers.competition import Outcome, by_priority, choose
from cashback.offers.compiled import CompiledOffer
from cashback.offers.matcher import OfferBook
from cashback.offers.schemas import SOMEBODY, Draw, Entitlement, History, Spend, Trail
from cashback.offers.uncertainty import same_period, unsure
from cashback.offers.walk import Bid, Grants, HeldOut, Met, Walk


@dataclass(slots=True)
class Judged:
    """What is owed, and for which purchases that was asked: of those, what is not owed is owed no more."""

    owed: list[Entitlement] = field(default_factory=list)
    purchases: set[UUID] = field(default_factory=set)
    draws: dict[UUID, list[tuple[CompiledOffer, Draw]]] = field(default_factory=dict)
    """By shopper: the quotas that any of their offers may be drawn from, chosen or not."""

    def may_draw(self, shopper_id: UUID, spend: Spend, met: Met) -> None:
        """Remember the quotas of every offer that applies: when one is used up, another may be chosen."""
        found = [(bid.offer, draw) for bid in met.bids for draw in bid.draws]
        found += [(offer, draw) for offer, _ in met.multipliers if offer.budgeted for draw in offer.draws(spend)]
        if found:
            self.draws.setdefault(shopper_id, []).extend(found)


def entitlements(
    spends: Iterable[Spend], book: OfferBook, grants: Grants, *, may_ask: bool = True
) -> list[Entitlement]:
    """Everything that is owed to one shopper of whom nothing but these purchases is known."""
    return judge([History(SOMEBODY, list(spends))], book, grants, may_ask=may_ask).owed


def judge(
    histories: Iterable[History],
    book: OfferBook,
    grants: Grants,
    *,
    may_ask: bool = True,
    touched: Container[UUID] | None = None,
    reasons: bool = True,
) -> Judged:
    """What is owed for the purchases touched (all, without a set), and for every other that may depend on them.

    `may_ask=False` counts only what was already granted; `reasons=False` leaves the trails empty, for sums over many.
    """
    judged = Judged()
    for history in histories:
        walk = Walk(book, history)
        spends = sorted(history.spends, key=in_order) if book.remembers else history.spends
        for spend in spends:
            frozen = history.frozen.get(spend.purchase_id)
            asked = frozen is None and (touched is None or spend.purchase_id in touched)
            if not spend.counts or spend.net_minor <= 0:
                if asked:
                    judged.purchases.add(spend.purchase_id)
                walk.use_all(frozen or {}, spend)
                continue
            if asked or book.remembers:
                met = walk.meet(spend, grants, may_ask=may_ask)
                if frozen is not None:
                    walk.use_all(frozen, spend)
                elif asked or met.remembers:
                    judged.purchases.add(spend.purchase_id)
                    if book.budgeted:
                        judged.may_draw(history.shopper_id, spend, met)
                    judged.owed += _owed(walk, spend, met, grants, may_ask=may_ask, reasons=reasons)
            if book.remembers:
                walk.pass_by(spend)
    return judged


def in_order(spend: Spend) -> tuple[datetime, str]:
    """The order in which purchases of one shopper are looked at, whatever arrived first."""
    return spend.purchased_at, spend.ref


def is_available(matures_at: datetime | None, now: datetime) -> bool:
    """Pending becomes available at the end of the hold; what has not cleared has no end of hold."""
    return matures_at is not None and matures_at <= now


def compete(walk: Walk, spend: Spend, met: Met, grants: Grants, *, may_ask: bool) -> Outcome:
    """The offers chosen for a purchase, those that multiply another among them, and to whom the others lost."""
    outcome = choose(met.bids, walk.book.worth)
    if not met.multipliers:
        return outcome
    bases = {bid.offer.code: bid for bid in outcome.chosen}
    multiples: list[Bid] = []
    for offer, tallies in met.multipliers:
        base = bases.get(offer.multiplies or "")
        if base is None or base.amount <= 0 or base.offer.asset != offer.asset:
            continue
        if walk.receives_not(offer):
            met.held_out.append(HeldOut(offer, base.amount, tallies, offer.reckon(base.amount)))
        elif (bid := walk.bid(offer, spend, base.amount, tallies, grants, may_ask=may_ask)) is not None:
            multiples.append(bid)
    more = choose(multiples, walk.book.worth)
    return Outcome(outcome.bids + more.bids, outcome.chosen + more.chosen, outcome.lost_to | more.lost_to)


def _owed(walk: Walk, spend: Spend, met: Met, grants: Grants, *, may_ask: bool, reasons: bool) -> list[Entitlement]:
    owed: list[Entitlement] = []
    if met.bids or met.multipliers:
        outcome = compete(walk, spend, met, grants, may_ask=may_ask)
        beaten: dict[int, list[Bid]] = {}
        if outcome.lost_to and reasons:
            for bid in outcome.bids:
                rival = outcome.lost_to.get(id(bid))
                if rival is not None:
                    beaten.setdefault(id(rival), []).append(bid)
        for bid in outcome.chosen:
            if bid.amount > 0 or bid.offer.budgeted:
                trail = _trail(walk, spend, bid, beaten.get(id(bid), ())) if reasons else []
                owed.append(_entitlement(walk, spend, bid, trail))
        for bid in outcome.chosen:
            if bid.amount > 0:
                walk.use(bid.offer.offer_id, spend, bid.amount)
    for out in met.held_out:
        trail = [*walk.trail_of(out, spend), {"kind": "holdout", "ok": False}] if reasons else []
        bid = Bid(out.offer, out.base, out.tallies, out.wanted, 0, None, (), 0, 0, 0)
        owed.append(_entitlement(walk, spend, bid, trail, held_out=True))
    return owed


def _entitlement(walk: Walk, spend: Spend, bid: Bid, trail: Trail, *, held_out: bool = False) -> Entitlement:
    offer = bid.offer
    return Entitlement(
        shopper_id=walk.history.shopper_id,
        purchase_id=spend.purchase_id,
        offer_id=offer.offer_id,
        version=offer.version,
        asset=offer.asset,
        amount=bid.amount,
        wanted=bid.wanted,
        within=bid.within,
        asks=bid.asks,
        draws=bid.draws,
        matures_at=None if spend.cleared_at is None else spend.cleared_at + offer.hold,
        trail=trail,
        held_out=held_out,
        funders=() if offer.paid_by is None else offer.paid_by(spend),
        expires_days=offer.terms.expires_after_days,
        notice_days=offer.terms.notice_days,
    )


def _trail(walk: Walk, spend: Spend, bid: Bid, beaten: Iterable[Bid]) -> Trail:
    trail = [*walk.trail_of(bid, spend), *shortfalls(walk, spend, bid)]
    for each in beaten:
        trail.append(
            {
                "kind": "beats",
                "ok": True,
                "offer": each.offer.code,
                "amount": each.promised,
                "asset": each.offer.asset,
                **({"reason": "priority"} if by_priority(bid, each) else {}),
            }
        )
    return trail


def shortfalls(walk: Walk, spend: Spend, bid: Bid) -> Trail:
    """What limits and quotas left of the reward, where they left less than the terms promise."""
    entries: Trail = []
    asset = bid.offer.asset
    zone = walk.book.around.zone(spend.centre_id)
    if bid.cut is not None:
        limit, used = bid.cut
        entry = {
            "kind": "limit",
            "ok": bid.within > 0,
            "measure": limit.measure.value,
            "per": limit.per.value,
            "period": limit.period.value,
            "at_most": limit.at_most,
            "used": used,
            "wanted": bid.wanted,
            "granted": bid.within,
            "asset": asset,
        }
        sure = same_period(limit.period, spend, zone) and bid.offer.order_sure(spend, walk.person)
        entries.append(entry if sure else unsure(entry, spend, zone))
    if bid.offer.budgeted and bid.amount < bid.within:
        entry = {"kind": "budget", "ok": bid.amount > 0, "wanted": bid.within, "granted": bid.amount, "asset": asset}
        sure = all(same_period(each.period, spend, zone) for each in bid.offer.shared)
        entries.append(entry if sure else unsure(entry, spend, zone))
    return entries
