"""The group that does not receive an offer: its share, that it never changes, and what its members are told."""

from math import sqrt
from re import fullmatch
from typing import Any
from uuid import UUID

import pytest
from offer_builders import (
    FIXED,
    PARIS,
    ZONES,
    a_history,
    a_purchase,
    an_offer,
    some_terms,
)

from cashback.offers.amounts import CODE_PATTERN
from cashback.offers.entitlements import judge
from cashback.offers.explanation import Verdict, explain
from cashback.offers.holdout import PROGRAMME, held_out
from cashback.offers.matcher import OfferBook

OPERATOR = UUID(int=7)
SHOPPERS = [UUID(int=number * 2**70 + 5) for number in range(20_000)]


def members(name: str, share_bps: int, operator: UUID = OPERATOR) -> set[UUID]:
    return {each for each in SHOPPERS if held_out(operator, name, share_bps, each)}


@pytest.mark.parametrize("share_bps", [1, 50, 500, 1000, 5000, 9999])
def test_the_share_is_that_of_the_terms(share_bps: int) -> None:
    share = share_bps / 10_000
    error = sqrt(share * (1 - share) / len(SHOPPERS))
    assert abs(len(members("spring", share_bps)) / len(SHOPPERS) - share) <= 4 * error


def test_nobody_of_no_share_and_everybody_of_all() -> None:
    assert members("spring", 0) == set()
    assert len(members("spring", 10_000)) == len(SHOPPERS)


def test_a_group_that_grows_keeps_its_members() -> None:
    assert members("spring", 500) < members("spring", 1000)


def test_groups_of_two_offers_and_of_two_operators_are_independent() -> None:
    share, error = 0.1 * 0.1, sqrt(0.01 * 0.99 / len(SHOPPERS))
    spring = members("spring", 1000)
    for other in (members("autumn", 1000), members(PROGRAMME, 1000), members("spring", 1000, UUID(int=8))):
        assert abs(len(spring & other) / len(SHOPPERS) - share) <= 4 * error


def test_no_offer_can_be_called_like_the_group_of_the_programme() -> None:
    assert fullmatch(CODE_PATTERN, "programme")
    assert not fullmatch(CODE_PATTERN, PROGRAMME)


PINNED = [280, 4187, 5489, 5844, 6586, 7598]


def test_who_belongs_to_it_never_changes() -> None:
    """Pinned: another answer here would move rewards that were paid."""
    assert [each.int >> 70 for each in sorted(members("spring", 10))][:6] == PINNED


def a_book_of(*offers: Any, holdout_bps: int = 0) -> OfferBook:
    versions = [an_offer(terms, code) for code, terms in offers]
    return OfferBook.compile(versions, ZONES, PARIS, "EUR", operator_id=OPERATOR, holdout_bps=holdout_bps)


IN = next(iter(sorted(members("spring", 500) - members(PROGRAMME, 500))))
OUT_OF_ALL = next(iter(sorted(members(PROGRAMME, 500) - members("spring", 500))))
NEITHER = next(each for each in SHOPPERS if each not in members("spring", 500) | members(PROGRAMME, 500))
SPRING = some_terms(reward={**FIXED, "amount": 30}, holdout_bps=500)


@pytest.mark.parametrize(
    ("shopper", "programme_bps", "owed", "out"),
    [
        (NEITHER, 500, {"spring": 30}, set()),
        (IN, 500, {"plain": 10}, {"spring"}),
        (OUT_OF_ALL, 0, {"spring": 30}, set()),
        (OUT_OF_ALL, 500, {}, {"spring", "plain"}),
    ],
)
def test_who_is_held_out_of_an_offer_gets_the_next_best_and_of_the_programme_nothing(
    shopper: UUID, programme_bps: int, owed: dict[str, int], out: set[str]
) -> None:
    book = a_book_of(("spring", SPRING), ("plain", some_terms()), holdout_bps=programme_bps)
    codes = {offer.offer_id: offer.code for offer in book.offers}
    history = a_history([a_purchase()], shopper=shopper)
    found = judge([history], book, {}).owed
    assert {codes[each.offer_id]: each.amount for each in found if each.amount} == owed
    held = [each for each in found if each.held_out]
    assert {codes[each.offer_id] for each in held} == out
    for each in held:
        assert (each.amount, each.asks, each.trail[-1]) == (0, 0, {"kind": "holdout", "ok": False})
        assert each.wanted == (30 if codes[each.offer_id] == "spring" else 10)
    told = explain(history, {UUID(int=1)}, book, {}, may_ask=True)[UUID(int=1)]
    assert {each.offer.code for each in told if each.verdict is Verdict.HELD_OUT} == out


def test_who_would_not_have_got_it_anyway_is_not_counted_among_the_held_out() -> None:
    book = a_book_of(("spring", some_terms({"kind": "minimum_spend", "amount": "60.00"}, holdout_bps=500)))
    assert judge([a_history([a_purchase()], shopper=IN)], book, {}).owed == []


def test_a_shopper_held_out_of_a_stamp_card_would_have_got_its_fifth_stamp() -> None:
    card = some_terms({"kind": "stamp_card", "every": 2}, holdout_bps=500)
    history = a_history([a_purchase(number=n) for n in (1, 2, 3)], shopper=IN)
    assert [each.purchase_id.int for each in judge([history], a_book_of(("spring", card)), {}).owed] == [2]


def test_a_multiple_is_held_out_with_what_it_would_have_added() -> None:
    double = some_terms(
        reward={"kind": "multiplier", "asset": "PTS", "of": "base", "factor_bps": 20_000}, holdout_bps=500
    )
    book = a_book_of(("base", some_terms()), ("spring", double))
    found = judge([a_history([a_purchase()], shopper=IN)], book, {}).owed
    assert [(each.amount, each.wanted, each.held_out) for each in found] == [(10, 10, False), (0, 10, True)]
