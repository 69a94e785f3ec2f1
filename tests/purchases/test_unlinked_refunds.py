"""Refunds that name no purchase: where each belongs, independent of arrival."""

from itertools import permutations
from uuid import UUID

import pytest
from msgspec.structs import replace
from statements import a_credit, a_purchase

from cashback.purchases.assignment import REFUND_WINDOW, assign
from cashback.purchases.schemas import Folded, PurchaseState

ELSEWHERE = ("mid:2",)
OTHER_CARD = UUID(int=9)


def assigned(purchases: list[Folded], credits: list[Folded], shops: dict[str, UUID] | None = None) -> dict[str, str]:
    known = {each.key: (shops or {}).get(each.key.ref) for each in (*purchases, *credits)}
    found = assign([*purchases, *credits], credits, known)
    return {credit.ref: purchase.ref for credit, purchase in found.items()}


@pytest.mark.parametrize(
    ("purchases", "expected"),
    [
        ([a_purchase("p", 20_00)], {"r": "p"}),
        ([a_purchase("p", 19_99)], {}),
        ([a_purchase("p", 50_00)], {"r": "p"}),
        ([a_purchase("big", 50_00, day=4), a_purchase("same", 20_00, day=1)], {"r": "same"}),
        ([a_purchase("early", 20_00, day=1), a_purchase("late", 20_00, day=2)], {"r": "late"}),
        ([a_purchase("a", 20_00), a_purchase("b", 20_00)], {"r": "b"}),
        ([a_purchase("p", 20_00, day=5.001)], {}),
        ([a_purchase("p", 20_00, day=5)], {"r": "p"}),
        ([a_purchase("p", 20_00, day=5 - REFUND_WINDOW.days)], {"r": "p"}),
        ([a_purchase("p", 20_00, day=4.999 - REFUND_WINDOW.days)], {}),
        ([a_purchase("p", 20_00, card_id=OTHER_CARD)], {}),
        ([a_purchase("p", 20_00, currency="GBP")], {}),
        ([a_purchase("p", 20_00, network="fidel")], {"r": "p"}),
        ([a_purchase("p", 20_00, network="fidel", card_id=OTHER_CARD)], {"r": "p"}),
        ([a_purchase("p", 20_00, network="fidel", identifiers=ELSEWHERE)], {}),
        ([a_purchase("p", 20_00, identifiers=ELSEWHERE)], {}),
        ([a_purchase("p", 20_00, identifiers=("mid:2", "mid:1"))], {"r": "p"}),
        ([a_purchase("p", 20_00, refunded=1)], {}),
        ([a_purchase("p", 20_00, state=PurchaseState.NOT_LINKED)], {"r": "p"}),
        *(
            ([a_purchase("p", 20_00, state=state)], {})
            for state in (
                PurchaseState.LAPSED,
                PurchaseState.REVERSED,
                PurchaseState.DECLINED,
                PurchaseState.SUPERSEDED,
                PurchaseState.WITNESS,
                PurchaseState.CREDIT,
            )
        ),
    ],
)
def test_where_a_refund_of_20_on_the_fifth_day_belongs(purchases: list[Folded], expected: dict[str, str]) -> None:
    assert assigned(purchases, [a_credit("r", 20_00, day=5)]) == expected


def test_the_matched_shop_decides_where_both_are_known() -> None:
    shop, other = UUID(int=5), UUID(int=6)
    credit = a_credit("r", identifiers=ELSEWHERE)
    assert assigned([a_purchase("p")], [credit], {"p": shop, "r": shop}) == {"r": "p"}
    assert assigned([a_purchase("p")], [a_credit("r")], {"p": shop, "r": other}) == {}
    assert assigned([a_purchase("p")], [credit], {"p": shop}) == {}


def test_two_identical_coffees_and_one_refund_leave_one_coffee() -> None:
    assert assigned([a_purchase("one", 450), a_purchase("two", 450, day=1)], [a_credit("r", 450)]) == {"r": "two"}


def test_what_was_given_back_once_is_not_given_back_again() -> None:
    credits = [a_credit("first", 15_00, day=5), a_credit("second", 10_00, day=6), a_credit("third", 5_00, day=7)]
    assert assigned([a_purchase("p", 20_00)], credits) == {"first": "p", "third": "p"}


def test_the_order_of_arrival_changes_nothing() -> None:
    purchases = [a_purchase("a", 20_00), a_purchase("b", 20_00, day=1), a_purchase("c", 35_00, day=2)]
    credits = [a_credit("x", 20_00, day=3), a_credit("y", 20_00, day=4), a_credit("z", 30_00, day=4)]
    answers = {
        tuple(sorted(assigned(list(some), list(others)).items()))
        for some in permutations(purchases)
        for others in permutations(credits)
    }
    assert answers == {(("x", "b"), ("y", "a"), ("z", "c"))}


def test_names_decide_only_where_the_refund_has_no_shop() -> None:
    """What the database gives as candidates and what is judged here are the same set."""
    shop = UUID(int=5)
    of_bank = a_purchase("b", 30_00, day=2, network="sandbox_bank", identifiers=("label:GRAND BAZAR PARIS",))
    named = replace(of_bank, merchant={**of_bank.merchant, "descriptor": "GRAND BAZAR PARIS"})
    credit = a_credit("r", 6_00)
    told = replace(credit, merchant={**credit.merchant, "descriptor": "GRAND BAZAR"})
    assert assigned([named], [told]) == {"r": "b"}
    assert assigned([named], [told], {"r": shop}) == {}
