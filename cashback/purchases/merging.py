"""From the views of several sources to the one purchase they tell: of each field the view that knows it best. Pure.

What was collected is believed from the most authoritative source that told a clearing, else what was authorised from
the most authoritative of all. The time is the narrowest interval that any of them tells. A refund that several sources
tell is one refund: of equal amounts there are as many as the source that tells most of them.

What the shopper claims says where it was made. How much, when, whether it was collected and whether it counts is
believed from others as soon as others tell it, so that a claim never makes more of a purchase than there is.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from cashback.purchases.assignment import Refunds, refunded_of
from cashback.purchases.fold import superseded
from cashback.purchases.recognition import CLEARS_WITHIN, ZONES_DIFFER
from cashback.purchases.schemas import (
    LAPSES_AFTER,
    Folded,
    LinkInterval,
    PurchaseKey,
    PurchaseState,
    Statement,
    standing,
)
from issuers.events import EventKind, TimeBasis
from issuers.registry import capabilities_of


def merge(
    views: Sequence[Folded],
    told: Mapping[PurchaseKey, Sequence[Statement]],
    links: Sequence[LinkInterval],
    now: datetime,
) -> Folded:
    """The purchase of these views, the most authoritative first; `told` are the facts of each."""
    first = views[0]
    believed = [each for each in views if not capabilities_of(each.key.network).claimed] or views
    collected = [each for each in believed if each.cleared_at is not None]
    base = collected[0] if collected else first
    when = min(believed, key=uncertainty)
    refunded = refunded_of(refunds_by_source(told[each.key] for each in views))
    gross = base.gross_minor
    if collected:
        state, net = standing(PurchaseState.CLEARED, gross, refunded, base.cleared_at)
    elif base.authorised_minor == 0:
        state, net = PurchaseState.REVERSED, 0
    elif now >= when.purchased_at + LAPSES_AFTER:
        state, net = PurchaseState.LAPSED, 0
    else:
        state, net = standing(PurchaseState.AUTHORIZED, gross, refunded, None)
    if (state.may_earn() or state is PurchaseState.REFUNDED) and not _linked(believed, when.purchased_at, links):
        state = PurchaseState.NOT_LINKED
    return replace(
        first,
        state=state,
        authorised_minor=next((each.authorised_minor for each in believed if each.authorised_minor), 0),
        cleared_minor=base.cleared_minor,
        refunded_minor=refunded,
        net_minor=net,
        currency=base.currency,
        purchased_at=when.purchased_at,
        purchased_until=when.purchased_until,
        time_basis=when.time_basis,
        cleared_at=base.cleared_at,
        merchant=_merchant(views),
    )


def witness(view: Folded) -> Folded:
    """What stands of a view that is recognised as a purchase of another source: nothing that could earn."""
    return replace(superseded(view), state=PurchaseState.WITNESS)


def uncertainty(view: Folded) -> timedelta:
    """How long the interval is in which the purchase can have been made."""
    if view.time_basis is TimeBasis.ASSUMED_UTC:
        return 2 * ZONES_DIFFER
    told = view.purchased_until - view.purchased_at
    return max(told, CLEARS_WITHIN) if only_cleared(view) else told


def only_cleared(view: Folded) -> bool:
    """Whether all that is known of its time is when it was collected."""
    return view.authorised_minor == 0 and view.cleared_at == view.purchased_at


def refunds_by_source(facts: Iterable[Sequence[Statement]]) -> Refunds:
    """What each source says was given back, refund by refund."""
    found: dict[str, Counter[int]] = {}
    for statements in facts:
        for each in statements:
            if each.kind is EventKind.REFUND:
                found.setdefault(each.network, Counter())[each.amount_minor] += 1
    return found


def _linked(views: Sequence[Folded], made_at: datetime, links: Sequence[LinkInterval]) -> bool:
    """Whether any card or account that told of the purchase was linked when it was made."""
    cards = {each.card_id for each in views}
    return any(link.card_id in cards and link.covers(made_at) for link in links)


def _merchant(views: Sequence[Folded]) -> dict[str, object]:
    """The evidence of the view that stands, as it was told, and beside it what the others call the place."""
    own = views[0].merchant
    named = list(dict.fromkeys(name for each in views for name in each.merchant["identifiers"]))
    called = list(dict.fromkeys(filter(None, (each.merchant.get("descriptor") for each in views))))
    channels = [each.merchant["channel"] for each in views if "channel" in each.merchant]
    beside = {"channel_told": channels[0]} if channels and "channel" not in own else {}
    return {**own, "identifiers_told": named, "descriptors_told": called, **beside}
