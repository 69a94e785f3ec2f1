"""Views for recognition: from a fold with its facts, or from a stored row."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from cashback.purchases.assignment import Refunds
from cashback.purchases.merging import only_cleared
from cashback.purchases.recognition import CLEARS_WITHIN, View, exchanged_about
from cashback.purchases.schemas import Folded, PurchaseKey, PurchaseState, Statement, Told, ToldView
from cashback.purchases.service import PurchaseRow
from issuers.events import EventKind, TimeBasis
from issuers.registry import capabilities_of

_NOT_A_PURCHASE = frozenset({PurchaseState.DECLINED, PurchaseState.CREDIT, PurchaseState.SUPERSEDED})
_MOMENTS = frozenset({TimeBasis.INSTANT, TimeBasis.MERCHANT_LOCAL, TimeBasis.ASSUMED_UTC})


@lru_cache
def authority(network: str) -> tuple[int, ...]:
    """How much a source is believed: a card above an account, both above the shopper's word; then by what it can tell.

    Sources that tell a purchase as it is made come first, so that it seldom moves from one to another.
    """
    able = capabilities_of(network)
    told = (
        not able.claimed,
        not able.accounts,
        able.precise_time,
        able.clearings,
        bool(able.identifier_schemes),
        able.authorizations,
        able.links_refunds,
    )
    return tuple(int(each) for each in told)


def view_of(
    folded: Folded,
    facts: Sequence[Statement],
    *,
    shop_id: UUID | None = None,
    called: Iterable[str] = (),
    last_four: str | None = None,
) -> View | None:
    """The view of a fold of these facts; None where there is no purchase that another source could tell too.

    `called` is what the matched shop is called, `last_four` how its card ends.
    """
    if folded.state in _NOT_A_PURCHASE:
        return None
    since, until = _interval(folded)
    asked = sum(each.amount_minor for each in facts if each.kind is EventKind.AUTHORIZATION)
    settled = tuple(sorted(each.amount_minor for each in facts if each.kind is EventKind.CLEARING))
    if not settled and folded.cleared_at is not None:
        settled = (folded.cleared_minor,)
    merchant = folded.merchant
    names = [merchant.get("descriptor"), *called]
    return View(
        key=folded.key,
        card_id=folded.card_id,
        currency=folded.currency,
        asked_minor=asked,
        settled_minor=settled,
        since=since,
        until=until,
        basis=folded.time_basis,
        shop_id=shop_id,
        identifiers=frozenset(merchant["identifiers"]),
        names=tuple(name for name in names if name),
        city=merchant.get("city"),
        last_four=merchant.get("card") or last_four,
        others=_others(facts),
        authority=authority(folded.key.network),
    )


def stored_views(row: PurchaseRow) -> list[View]:
    """The views that a stored row stands for, as much of them as `recognition.near` looks at; its own first."""
    folded = row.folded
    if row.told is None and folded.state in _NOT_A_PURCHASE:
        return []
    told = _untold(folded).views if row.told is None else row.told.views
    return [
        View(
            key=PurchaseKey(folded.key.shopper_id, each.network, folded.key.ref),
            card_id=each.card_id,
            currency=each.currency,
            asked_minor=each.asked_minor,
            settled_minor=each.settled_minor,
            since=each.since,
            until=each.until,
            basis=each.basis,
            others=each.others,
        )
        for each in told
    ]


def told_of(
    folded: Folded, views: Sequence[View], because: Collection[str] = (), refunds: Refunds | None = None
) -> Told | None:
    """What to store beside a fold: its own view and those it stands for; None where the fold says it all."""
    settled = () if folded.cleared_at is None else (folded.cleared_minor,)
    own = views[0]
    as_folded = (own.asked_minor, own.settled_minor) == (folded.authorised_minor, settled) and not own.others
    if as_folded and not because:
        return None
    return _told(
        [
            ToldView(
                network=each.key.network,
                card_id=each.card_id,
                currency=each.currency,
                asked_minor=each.asked_minor,
                settled_minor=each.settled_minor,
                since=each.since,
                until=each.until,
                basis=each.basis,
                others=dict(each.others),
            )
            for each in views
        ],
        because,
        refunds or {},
    )


def _untold(folded: Folded) -> Told:
    since, until = _interval(folded)
    settled = () if folded.cleared_at is None else (folded.cleared_minor,)
    own = ToldView(
        network=folded.key.network,
        card_id=folded.card_id,
        currency=folded.currency,
        asked_minor=folded.authorised_minor,
        settled_minor=settled,
        since=since,
        until=until,
        basis=folded.time_basis,
    )
    return _told([own], (), {})


def _told(views: Sequence[ToldView], because: Collection[str], refunds: Refunds) -> Told:
    amounts: dict[str, list[int]] = {}
    for each in views:
        told = (each.asked_minor, sum(each.settled_minor), *each.settled_minor)
        amounts.setdefault(each.currency, []).extend(amount for amount in told if amount)
        for currency, minor in each.others.items():
            amounts.setdefault(currency, []).extend(exchanged_about(minor))
    return Told(
        views=tuple(views),
        amounts={currency: (min(some), max(some)) for currency, some in amounts.items() if some},
        because=tuple(sorted(because)),
        refunds={source: sorted(given.elements()) for source, given in refunds.items()},
    )


def _others(facts: Sequence[Statement]) -> dict[str, int]:
    """The whole amount in another currency: of what was collected, before that of what was authorised."""
    for kind in (EventKind.CLEARING, EventKind.AUTHORIZATION):
        told = [each.merchant.get("other") for each in facts if each.kind is kind]
        if told:
            currencies = {each[0] for each in told if each}
            whole = len(currencies) == 1 and all(told)
            return {currencies.pop(): sum(each[1] for each in told if each)} if whole else {}
    return {}


def _interval(folded: Folded) -> tuple[datetime, datetime]:
    if only_cleared(folded) and folded.time_basis in _MOMENTS:
        return folded.purchased_at - CLEARS_WITHIN, folded.purchased_until
    return folded.purchased_at, folded.purchased_until
