"""What giving something back may do to rewards, purely: laws where they hold, and the cases in which they do not.

A refund lowers the net of a purchase and leaves its gross as it was.

* It never raises the reward of its own purchase, for one offer that looks at no other purchase and has no limit that
  refuses; a limit that refuses lets a smaller reward pass where it stopped a larger one.
* It never raises the sum that a shopper gets from one offer of a percentage, limited in amounts that are reduced, if
  the limits lie one within the other (a day within a month, for the same whom); counted across each other, by card and
  by shop, they do not.
* What is counted in times, or looks at history, makes room for a later and perhaps larger reward.
"""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lives import EXAMPLES, LAW
from offer_builders import FNAC, NOON, ZARA, a_book, a_history, a_purchase, an_offer, some_terms
from rules import BY_ITSELF, FACTS, OF_PEOPLE, book_of, bought, some_offer, spends

from cashback.offers.entitlements import judge
from cashback.offers.matcher import OfferBook
from cashback.offers.schemas import Fact, Spend

MANY = settings(LAW, max_examples=EXAMPLES * 8)


def net_of(spend: Spend, net_minor: int) -> Spend:
    fields = {name: getattr(spend, name) for name in spend.__struct_fields__}
    return Spend(**{**fields, "net_minor": net_minor})


def rewards(book: OfferBook, bought: list[Spend], facts: Any = ()) -> dict[int, int]:
    owed = judge([a_history(bought, facts)], book, {}).owed
    return {each.purchase_id.int: each.amount for each in owed if each.amount}


@MANY
@given(spends(1), FACTS, some_offer(conditions=BY_ITSELF + OF_PEOPLE, limited=False), st.integers(0, 1_000))
def test_a_refund_never_raises_the_reward_of_its_purchase(
    spend: Spend, facts: list[Fact], terms: Any, share: int
) -> None:
    book = book_of([an_offer(terms, "o0")])
    less = net_of(spend, spend.net_minor * share // 1_000)
    assert rewards(book, [less], facts).get(1, 0) <= rewards(book, [spend], facts).get(1, 0)


NESTED = [
    (),
    (("shopper", "life"),),
    (("shopper", "day"), ("shopper", "month"), ("shopper", "year"), ("shopper", "life")),
    (("card", "day"), ("card", "month"), ("shopper", "life")),
    (("shopper_and_shop", "week"), ("shopper_and_shop", "life"), ("shopper", "life")),
]
"""Limits of which each lies within the next. A week lies in no month."""
PERCENTAGES = [
    {"kind": "percent", "asset": "EUR", "rate_bps": 333},
    {"kind": "percent", "asset": "EUR", "rate_bps": 500, "rounding": "down", "cap_per_purchase": "3.00"},
    {"kind": "scale", "asset": "EUR", "steps": [{"rate_bps": 500}, {"from_amount": "20.00", "rate_bps": 900}]},
]


@st.composite
def nested(draw: st.DrawFn) -> Any:
    limits = [
        {"measure": "amount", "at_most": draw(st.integers(1, 12)), "per": per, "period": period}
        for per, period in draw(st.sampled_from(NESTED))
    ]
    conditions = draw(st.lists(st.sampled_from(BY_ITSELF), max_size=1))
    return some_terms(*conditions, reward=draw(st.sampled_from(PERCENTAGES)), limits=limits)


@MANY
@given(bought(), nested(), st.data())
def test_a_refund_never_raises_the_sum_of_a_percentage_within_nested_limits(
    spends: list[Spend], terms: Any, data: st.DataObject
) -> None:
    book = book_of([an_offer(terms)])
    given_back = data.draw(st.integers(0, len(spends) - 1))
    one = spends[given_back]
    less = net_of(one, data.draw(st.integers(0, one.net_minor)))
    after = [*spends[:given_back], less, *spends[given_back + 1 :]]
    assert sum(rewards(book, after).values()) <= sum(rewards(book, spends).values())


def limit(at_most: Any, per: str = "shopper", measure: str = "amount", over: str = "reduce") -> dict[str, Any]:
    return {"measure": measure, "at_most": at_most, "per": per, "over": over}


CROSSED = [limit("5.00", "card"), limit("5.00", "shopper_and_shop")]
TEN_PERCENT = {"kind": "percent", "asset": "EUR", "rate_bps": 1000}
A, B, C = (
    a_purchase(50_00, number=1, card=1, shop=FNAC),
    a_purchase(60_00, number=2, card=1, shop=ZARA, at=NOON + timedelta(hours=1)),
    a_purchase(60_00, number=3, card=2, shop=FNAC, at=NOON + timedelta(hours=2)),
)
ROOM_FOR_MORE: list[tuple[dict[str, Any], list[Spend], dict[int, int], dict[int, int]]] = [
    # a limit that refuses: 5.00 are too much for what is left, 4.00 are not
    ({"limits": [limit("4.00", over="refuse")]}, [A], {}, {1: 4_00}),
    # and what a smaller reward leaves may be enough for a larger one
    ({"limits": [limit("6.00", over="refuse")]}, [A, B], {1: 5_00}, {1: 4_00}),
    # in times: the turn goes to the next, whose reward is larger
    ({"limits": [limit(1, measure="times")]}, [A, B], {1: 5_00}, {1: 4_00}),
    # across each other, a card and a shop: one purchase took of both
    ({"limits": CROSSED}, [A, B, C], {1: 5_00}, {1: 4_00, 2: 1_00, 3: 1_00}),
]


@pytest.mark.parametrize(("more", "before", "owed", "owed_after"), ROOM_FOR_MORE)
def test_what_a_refund_makes_room_for(
    more: dict[str, Any], before: list[Spend], owed: dict[int, int], owed_after: dict[int, int]
) -> None:
    book = a_book([an_offer(some_terms(reward=TEN_PERCENT, **more))])
    assert rewards(book, before) == owed
    assert rewards(book, [net_of(before[0], 40_00), *before[1:]]) == owed_after


def test_refunded_in_full_a_purchase_hands_its_turn_to_a_larger_one() -> None:
    gone = net_of(A, 0)
    for limits in ([limit(1, measure="times")], [limit("6.00", over="refuse")]):
        book = a_book([an_offer(some_terms(reward=TEN_PERCENT, limits=limits))])
        assert sum(rewards(book, [A, B]).values()) == 5_00
        assert rewards(book, [gone, B]) == {2: 6_00}
    book = a_book([an_offer(some_terms(reward=TEN_PERCENT, limits=CROSSED))])
    assert rewards(book, [A, B, C]) == {1: 5_00}
    assert rewards(book, [gone, B, C]) == {2: 5_00, 3: 5_00}


def test_with_conditions_on_history_a_refund_may_move_a_reward_to_a_larger_purchase() -> None:
    first = a_book([an_offer(some_terms({"kind": "nth_purchase", "n": 1}, reward=TEN_PERCENT))])
    assert rewards(first, [A, B]) == {1: 5_00}
    assert rewards(first, [net_of(A, 0), B]) == {2: 6_00}
