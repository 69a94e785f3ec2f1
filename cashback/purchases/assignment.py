"""Refunds that name no purchase: which purchase does each belong to?

Pure and independent of arrival: refunds are taken in order of their own time, and each goes to one purchase of the
same card, currency and place, made before it within `REFUND_WINDOW`, that still has at least as much to give back. A
purchase of exactly the refunded amount comes first, then the latest. What finds no purchase waits as an open credit and
is looked at again whenever a purchase of that card changes.

Where several sources tell of one purchase each of them may tell of its refund. What is left to give back is therefore
counted source by source, and of equal refunds there are as many as the source that tells most of them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from cashback.purchases.names import alike
from cashback.purchases.schemas import Folded, PurchaseKey, PurchaseState

REFUND_WINDOW = timedelta(days=120)
"""Longest time between a purchase and an unlinked refund of it: shops' return windows reach 100 days."""


CONVERTED_PERCENT = 1
"""How far two sources may tell one refund apart where one of them converts it."""

Refunds = Mapping[str, Counter[int]]
"""By source, how often each amount was given back."""


def assign(
    purchases: Sequence[Folded],
    credits: Iterable[Folded],
    shops: Mapping[PurchaseKey, UUID | None],
    linked: Mapping[PurchaseKey, Refunds] | None = None,
) -> dict[PurchaseKey, PurchaseKey]:
    """Credit to purchase, for every credit that finds one.

    `shops` gives the matched shop of each, if any; `linked` the refunds that name a purchase told by several sources.
    """
    known = linked or {}
    taken: Counter[tuple[str, PurchaseKey]] = Counter()
    assigned: dict[PurchaseKey, PurchaseKey] = {}
    for credit in sorted(credits, key=lambda each: (each.purchased_at, each.key.network, each.key.ref)):
        amount, source = credit.refunded_minor, credit.key.network
        candidates = [
            purchase
            for purchase in purchases
            if _refundable(purchase, source, known) - taken[source, purchase.key] >= amount
            and may_belong(credit, purchase, shops)
        ]
        if not candidates:
            continue
        best = max(
            candidates,
            key=lambda each: (each.gross_minor == amount, each.purchased_at, each.key.network, each.key.ref),
        )
        taken[source, best.key] += amount
        assigned[credit.key] = best.key
    return assigned


def credited(purchase: Folded, credits: Iterable[Folded], linked: Refunds | None) -> int:
    """How much the credits assigned to a purchase give back beyond the refunds that name it."""
    named = {purchase.key.network: Counter([purchase.refunded_minor])} if linked is None else linked
    told = {source: Counter(amounts) for source, amounts in named.items()}
    for each in credits:
        told.setdefault(each.key.network, Counter())[each.refunded_minor] += 1
    return refunded_of(told) - purchase.refunded_minor


def refunded_of(refunds: Refunds) -> int:
    """What was given back in all, where several sources may tell of one refund, perhaps by way of another currency."""
    told = sorted((amount, source) for source, given in refunds.items() for amount in given.elements() if amount)
    found: list[tuple[int, int, set[str]]] = []
    for amount, source in told:
        for place, (least, most, sources) in enumerate(found):
            if source not in sources and amount * 100 <= least * (100 + CONVERTED_PERCENT):
                found[place] = (least, max(most, amount), sources | {source})
                break
        else:
            found.append((amount, amount, {source}))
    return sum(most for _, most, _ in found)


def may_belong(credit: Folded, purchase: Folded, shops: Mapping[PurchaseKey, UUID | None]) -> bool:
    """Whether a refund could be of this purchase, as far as its amount is not looked at."""
    if purchase.state in (PurchaseState.CREDIT, PurchaseState.WITNESS) or purchase.currency != credit.currency:
        return False
    if purchase.key.network == credit.key.network and purchase.card_id != credit.card_id:
        return False
    if not purchase.purchased_at <= credit.purchased_until <= purchase.purchased_at + REFUND_WINDOW:
        return False
    shop, other = shops.get(credit.key), shops.get(purchase.key)
    if shop is not None and other is not None:
        return shop == other
    if not _named(credit).isdisjoint(_named(purchase)):
        return True
    if shop is not None or (credit.merchant["identifiers"] and purchase.key.network == credit.key.network):
        return False
    return bool(alike(_called(credit), _called(purchase), filter(None, (credit.merchant.get("city"),))))


def _named(purchase: Folded) -> set[str]:
    return set(purchase.merchant.get("identifiers_told", purchase.merchant["identifiers"]))


def _called(purchase: Folded) -> list[str]:
    told = purchase.merchant.get("descriptors_told") or [purchase.merchant.get("descriptor")]
    return [each for each in told if each]


def _refundable(purchase: Folded, source: str, linked: Mapping[PurchaseKey, Refunds]) -> int:
    """How much of a purchase a source may still tell refunds of."""
    if not purchase.may_be_refunded:
        return 0
    if purchase.key in linked:
        return purchase.gross_minor - sum(
            amount * times for amount, times in linked[purchase.key].get(source, Counter[int]()).items()
        )
    return purchase.refundable_minor if purchase.key.network == source else purchase.gross_minor
