"""A claim beside the purchases that others told: what agrees, what does not, and what that decides by itself. Pure.

A claim is one more view of a purchase, a day wide and believed least. Recognition says how much it is like another one
(`purchases.recognition`); here follows what becomes of the claim.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from cashback.claims.schemas import Answer, Claim, ClaimState, Reason
from cashback.merchants.schemas import Shop
from cashback.purchases.names import alike
from cashback.purchases.recognition import Likeness, View, likeness
from cashback.purchases.schemas import Folded, PurchaseState
from cashback.purchases.service import PurchaseRow
from cashback.purchases.views import authority, view_of
from issuers.events import TimeBasis
from issuers.registry import capabilities_of

_TOLD_IN_FULL = frozenset({PurchaseState.REFUNDED, PurchaseState.NOT_LINKED})
_SAME_AMOUNT, _PART_OF_AMOUNT, _NEAR_AMOUNT = 2, 1, 0
_SAME_DAY = 1


@dataclass(frozen=True, slots=True)
class Beside:
    """One purchase near a claim in time and amount."""

    row: PurchaseRow
    shop: Shop | None
    earned: bool
    """Whether a reward stands for it."""
    codes: tuple[str, ...]
    """What agrees and what does not: `same_amount`, `other_day` …"""
    alike: Likeness | None
    """None where money, time or the shops say that they are two purchases."""

    @property
    def folded(self) -> Folded:
        """The purchase as its evidence describes it."""
        return self.row.folded


def view_of_claim(claim: Claim, card_id: UUID, shop: Shop) -> View:
    """The claim as recognition sees it."""
    return View(
        key=claim.key,
        card_id=card_id,
        currency=claim.currency,
        asked_minor=0,
        settled_minor=(claim.amount_minor,),
        since=claim.since,
        until=claim.until,
        basis=TimeBasis.DATE,
        shop_id=claim.shop_id,
        identifiers=frozenset({f"shop:{shop.code}"}),
        names=(shop.name, shop.brand),
        last_four=claim.last_four,
        authority=authority(claim.key.network),
    )


def beside(
    claim: Claim,
    rows: Iterable[PurchaseRow],
    shops: Mapping[UUID, Shop],
    endings: Mapping[UUID, str | None],
    earned: frozenset[UUID],
) -> list[Beside]:
    """Each of these stored purchases beside the claim; `endings` are last digits by card, `earned` purchase ids."""
    mine = view_of_claim(claim, claim.id, shops[claim.shop_id])
    found: list[Beside] = []
    for row in rows:
        shop = None if row.shop_id is None else shops.get(row.shop_id)
        theirs = _view(row, shop, endings)
        if theirs is not None:
            codes = tuple(_codes(mine, theirs))
            found.append(Beside(row, shop, row.id in earned, codes, likeness(mine, theirs)))
    return found


def decide(claims: Sequence[tuple[Claim, Sequence[Beside]]]) -> list[Answer]:
    """What the purchases near them decide of all open claims of one shopper; those that a person must look at are left.

    A purchase that was told without its shop is proof of one claim alone: where two claims or two purchases would fit,
    nobody but a person can say which.
    """
    answers: list[Answer] = []
    proofs: list[tuple[Claim, UUID]] = []
    for claim, near in claims:
        counted = [each for each in near if _is_counted(claim, each)]
        if counted:
            best = max(counted, key=lambda each: (each.alike or (), each.row.id))
            answers.append(Answer(claim, ClaimState.COUNTED, _why(best), purchase_id=best.row.id))
            continue
        fitting = [each for each in near if _fits(each)]
        proofs += [(claim, each.row.id) for each in fitting]
    for claim, purchase_id in proofs:
        same_claim = [each for each in proofs if each[0] is claim]
        same_purchase = [each for each in proofs if each[1] == purchase_id]
        if len(same_claim) == len(same_purchase) == 1 and _proves(claim, claims, purchase_id):
            answers.append(Answer(claim, ClaimState.ACCEPTED, Reason.PROVEN, purchase_id=purchase_id))
    return answers


def passed_over(near: Iterable[Beside]) -> list[PurchaseRow]:
    """Purchases of another amount that the claim would be one with, had nobody looked: a tip makes such a difference.

    Whoever accepts a claim as a purchase that nobody told has seen them, and says that it is another one.
    """
    return [
        each.row
        for each in near
        if each.alike is not None and each.alike.suffices() and each.alike.amount == _NEAR_AMOUNT
    ]


def _view(row: PurchaseRow, shop: Shop | None, endings: Mapping[UUID, str | None]) -> View | None:
    folded = row.folded
    called = [*(folded.merchant.get("descriptors") or ()), *(() if shop is None else (shop.name, shop.brand))]
    view = view_of(
        folded,
        (),
        shop_id=None if shop is None else shop.id,
        called=called,
        last_four=endings.get(folded.card_id),
    )
    return None if view is None else replace(view, asked_minor=folded.authorised_minor)


def _is_counted(claim: Claim, each: Beside) -> bool:
    """Whether others told this very purchase, with this very shop."""
    folded = each.folded
    return (
        each.alike is not None
        and each.alike.suffices()
        and each.alike.amount >= _PART_OF_AMOUNT
        and each.shop is not None
        and each.shop.id == claim.shop_id
        and (folded.state.may_earn() or folded.state in _TOLD_IN_FULL)
        and not capabilities_of(folded.key.network).claimed
    )


def _fits(each: Beside) -> bool:
    """Whether this may be the purchase as far as money, time and card go: its shop is not known."""
    return (
        each.alike is not None
        and each.shop is None
        and each.alike.amount == _SAME_AMOUNT
        and each.alike.card >= 0
        and each.folded.state.may_earn()
    )


def _proves(claim: Claim, claims: Sequence[tuple[Claim, Sequence[Beside]]], purchase_id: UUID) -> bool:
    """Whether nothing contradicts: the day told by both, and a name that is alike or not told."""
    ((each,),) = [[one for one in near if one.row.id == purchase_id] for held, near in claims if held is claim]
    folded = each.folded
    same_day = _within(folded.purchased_at, folded.purchased_until, claim.since, claim.until)
    return each.alike is not None and each.alike.time >= _SAME_DAY and each.alike.place >= 0 and same_day


def _why(best: Beside) -> Reason:
    if best.folded.state is PurchaseState.NOT_LINKED:
        return Reason.NOT_LINKED
    if best.folded.state is PurchaseState.REFUNDED:
        return Reason.GIVEN_BACK
    return Reason.EARNED if best.earned else Reason.EARNED_NOTHING


def _codes(mine: View, theirs: View) -> Iterable[str]:
    """One code each for amount, day, place and card; a place or a card that one side does not tell has its own."""
    if mine.amounts() & theirs.amounts():
        yield "same_amount"
    else:
        yield "part_of_amount" if mine.collected_minor in theirs.settled_minor else "near_amount"
    within = _within(theirs.since, theirs.until, mine.since, mine.until)
    wide = theirs.until - theirs.since > mine.until - mine.since
    yield ("days_around" if wide else "same_day") if within else "other_day"
    if theirs.shop_id is not None:
        yield "same_place" if theirs.shop_id == mine.shop_id else "other_shop"
    else:
        called = alike(mine.names, theirs.names, filter(None, (theirs.city,)))
        yield "place_not_told" if called is None else "name_alike" if called else "other_name"
    if mine.last_four is None or theirs.last_four is None:
        yield "card_not_told"
    else:
        yield "same_card_ending" if mine.last_four == theirs.last_four else "other_card_ending"


def _within(since: datetime, until: datetime, begin: datetime, end: datetime) -> bool:
    """Whether an interval, or the instant it has shrunk to, has anything in common with a half-open day."""
    return since < end and (begin <= since or begin < until)
