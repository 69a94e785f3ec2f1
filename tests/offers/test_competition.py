"""Offers of one group exclude each other: who wins, who stacks, who steps back because nothing is left."""

from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from offer_builders import NOON, a_book, a_purchase, an_offer, earned, looked_at, some_terms

from cashback.offers.entitlements import entitlements
from cashback.offers.explanation import Verdict
from cashback.offers.schemas import Grant


def fixed(amount: int, asset: str = "PTS", **more: Any) -> Any:
    return some_terms(reward={"kind": "fixed", "asset": asset, "amount": amount}, **more)


def won(offers: dict[str, Any]) -> list[str]:
    """The codes that reward one purchase, in whatever order the offers are given."""
    orders = list(permutations(offers.items()))[:24]
    outcomes = {
        tuple(
            sorted(code for _, code in earned(a_book(an_offer(terms, code) for code, terms in order), [a_purchase()]))
        )
        for order in orders
    }
    (outcome,) = outcomes
    return list(outcome)


@pytest.mark.parametrize(
    ("offers", "winners"),
    [
        # without a group: one of each asset
        ({"a": fixed(10), "b": fixed(20), "c": fixed(1, "PARKMIN")}, ["b", "c"]),
        # equal ones: the code decides
        ({"b": fixed(10), "a": fixed(10)}, ["a"]),
        # priority before value, negative ones too
        ({"a": fixed(10, priority=1), "b": fixed(20)}, ["a"]),
        ({"a": fixed(90, priority=-1), "b": fixed(20)}, ["b"]),
        # a group of one's own stands beside the asset
        ({"a": fixed(10, group="mine"), "b": fixed(20)}, ["a", "b"]),
        # one group over two assets: an asset without a worth is worth nothing
        ({"a": fixed(900, group="g"), "b": fixed(1, "EUR", group="g")}, ["b"]),
        ({"a": fixed(9, group="g"), "b": fixed(8, "PARKMIN", group="g")}, ["a"]),
        # what stacks as different things stands side by side
        ({"a": fixed(9, group="g", stacks_as="x"), "b": fixed(8, group="g", stacks_as="y")}, ["a", "b"]),
        ({"a": fixed(9, group="g", stacks_as="x"), "b": fixed(8, group="g", stacks_as="x")}, ["a"]),
        ({"a": fixed(9, group="g", stacks_as="x"), "b": fixed(8, group="g")}, ["a"]),
        ({"a": fixed(7, group="g", stacks_as="x"), "b": fixed(8, group="g")}, ["b"]),
        (
            {
                "a": fixed(9, group="g", stacks_as="x"),
                "b": fixed(8, group="g", stacks_as="y"),
                "c": fixed(7, group="g", stacks_as="y"),
                "d": fixed(6, group="g", stacks_as="z"),
            },
            ["a", "b", "d"],
        ),
        # the name of a group is no asset and no other group
        ({"a": fixed(9, group="PTS"), "b": fixed(8)}, ["a", "b"]),
    ],
)
def test_who_wins(offers: dict[str, Any], winners: list[str]) -> None:
    assert won(offers) == winners


@pytest.mark.parametrize(
    ("points", "cents", "winner"),
    [(100, 9_99, "points"), (100, 10_01, "money"), (100, 10_00, "money"), (99, 9_90, "money"), (99, 9_91, "money")],
)
def test_points_are_worth_what_they_become(points: int, cents: int, winner: str) -> None:
    """A hundred points become 10.00; of equal ones that with more units is chosen."""
    reward = {"kind": "fixed", "asset": "EUR", "amount": f"{cents // 100}.{cents % 100:02}"}
    money = some_terms(reward=reward, group="g")
    offers = [an_offer(fixed(points, group="g"), "points"), an_offer(money, "money")]
    book = a_book(offers, worth={"EUR": (1, 1), "PTS": (10_00, 100)})
    assert {code for _, code in earned(book, [a_purchase()])} == {winner}


def test_an_offer_whose_limit_is_used_up_beats_nobody() -> None:
    once = fixed(50, priority=9, limits=[{"measure": "times", "at_most": 1, "per": "shopper"}])
    book = a_book([an_offer(once, "once"), an_offer(fixed(10), "always")])
    bought = [a_purchase(number=1), a_purchase(number=2)]
    assert earned(book, bought) == {(1, "once"): 50, (2, "always"): 10}
    assert looked_at(book, bought, 2, code="once").verdict is Verdict.USED_UP
    lost = looked_at(book, bought, 1, code="always")
    assert (lost.verdict, lost.wanted, lost.amount) == (Verdict.LOST, 10, 0)
    assert lost.trail[-1] == {"kind": "lost_to", "ok": False, "offer": "once", "amount": 50, "asset": "PTS"}


def test_who_wins_by_priority_alone_is_not_said_to_give_more() -> None:
    offers = [an_offer(fixed(5, priority=9), "ranked"), an_offer(fixed(10), "larger"), an_offer(fixed(1), "smaller")]
    book = a_book(offers)
    (owed,) = entitlements([a_purchase(number=1)], book, {})
    beaten = {entry["offer"]: entry.get("reason") for entry in owed.trail if entry["kind"] == "beats"}
    assert beaten == {"larger": "priority", "smaller": None}
    lost = looked_at(book, [a_purchase(number=1)], 1, code="larger").trail[-1]
    assert lost == {
        "kind": "lost_to", "ok": False, "offer": "ranked", "amount": 5, "asset": "PTS", "reason": "priority"
    }  # fmt: skip


def test_an_offer_is_compared_by_what_its_limit_left() -> None:
    almost = fixed(50, limits=[{"measure": "amount", "at_most": 55, "per": "shopper"}])
    book = a_book([an_offer(almost, "almost"), an_offer(fixed(10), "always")])
    assert earned(book, [a_purchase(number=1), a_purchase(number=2)]) == {(1, "almost"): 50, (2, "always"): 10}


def test_an_offer_that_its_quota_refused_beats_nobody_and_is_explained() -> None:
    book = a_book([an_offer(fixed(50, budget=100), "budgeted"), an_offer(fixed(10), "always")])
    offer_id = next(offer.offer_id for offer in book.offers if offer.code == "budgeted")
    grants = {(UUID(int=1), offer_id): Grant(50, 0), (UUID(int=2), offer_id): Grant(50, 20)}
    bought = [a_purchase(number=1), a_purchase(number=2, at=NOON)]
    assert earned(book, bought, grants=grants) == {(1, "always"): 10, (2, "budgeted"): 20}
    refused = looked_at(book, bought, 1, code="budgeted", grants=grants)
    assert refused.verdict is Verdict.USED_UP
    assert refused.trail[-1] == {"kind": "budget", "ok": False, "wanted": 50, "granted": 0, "asset": "PTS"}


@pytest.mark.parametrize(
    ("more", "words"),
    [({"stacks_as": "x"}, "expected a group"), ({"priority": 1001}, "1000"), ({"group": "a b"}, "pattern")],
)
def test_what_means_nothing_is_refused(more: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        fixed(1, **more)
