"""Life is possible, whatever the seed: amounts, order, opening hours; and the same seed gives the same life."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from players import PARIS, a_card, a_cast, a_shop

from cashback.simulator.habits import HABITS
from cashback.simulator.life import (
    OPENS,
    TRUE_TO_LIFE,
    WATCHED,
    Deed,
    Happening,
    Pace,
    Regular,
    a_purchase,
    history,
    link,
    returned,
    story,
)

AT = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
seeds = st.integers(0, 2**32)
paces = st.sampled_from([TRUE_TO_LIFE, WATCHED])
categories = st.sampled_from(sorted(HABITS))


def facts_of(told: list[Happening]) -> dict[str, Happening]:
    return {each.fact: each for each in told}


def stories(count: int, *, category: str = "5621") -> list[list[Happening]]:
    rng = random.Random(7)
    return [story(rng, a_card(), a_shop(category=category), AT, WATCHED) for _ in range(count)]


@given(seed=seeds, pace=paces, category=categories)
def test_a_story_is_possible(seed: int, pace: Pace, category: str) -> None:
    told = story(random.Random(seed), a_card(), a_shop(category=category), AT, pace)
    facts = facts_of(told).values()
    amounts = Counter({deed: sum(each.amount_minor for each in facts if each.deed is deed) for deed in Deed})
    assert amounts[Deed.REFUND] <= amounts[Deed.CLEAR]
    assert amounts[Deed.REVERSE] in (0, amounts[Deed.AUTHORIZE])
    assert not (amounts[Deed.DECLINE] and len(facts) > 1)
    assert {each.purchase for each in told} == {told[0].purchase}
    assert {each.purchased_at for each in told} == {AT}
    for each in told:
        assert each.amount_minor > 0
        assert AT <= each.occurred_at <= each.told_at
        assert each.occurred_at.microsecond == 0


@given(seed=seeds, pace=paces)
def test_told_again_is_the_same_fact(seed: int, pace: Pace) -> None:
    told = story(random.Random(seed), a_card(), a_shop(), AT, pace)
    assert [each.told_at for each in told] == sorted(each.told_at for each in told)
    first = facts_of(told)
    assert [replace(each, told_at=AT) for each in told] == [replace(first[each.fact], told_at=AT) for each in told]


@given(seed=seeds)
def test_the_same_seed_gives_the_same_life(seed: int) -> None:
    assert a_purchase(random.Random(seed), a_cast(), AT) == a_purchase(random.Random(seed), a_cast(), AT)


def test_everything_that_can_happen_does() -> None:
    lives = stories(3_000)
    deeds = [Counter(each.deed for each in facts_of(told).values()) for told in lives]
    assert {deed for each in deeds for deed in each} == set(Deed) - {Deed.LINK}
    assert any(each[Deed.REFUND] == 2 for each in deeds)
    assert any(sum(each.values()) == 1 and each[Deed.AUTHORIZE] for each in deeds), "one that will lapse"
    assert any(len(told) > len(facts_of(told)) for told in lives), "one that is told again"
    assert any(told[0].deed is Deed.CLEAR for told in lives), "one whose authorization comes late"
    refunds = [each for told in lives for each in told if each.deed is Deed.REFUND]
    assert {each.names_purchase for each in refunds} == {True, False}


@pytest.mark.parametrize(("category", "rises"), [("5812", True), ("5411", False)])
def test_restaurants_are_tipped_and_baskets_shrink(category: str, rises: bool) -> None:
    changes = set()
    for told in stories(400, category=category):
        by_deed = {each.deed: each.amount_minor for each in told}
        if Deed.CLEAR in by_deed:
            changes.add(
                (by_deed[Deed.CLEAR] > by_deed[Deed.AUTHORIZE]) - (by_deed[Deed.CLEAR] < by_deed[Deed.AUTHORIZE])
            )
    assert changes == ({-1, 0, 1} if rises else {-1, 0})


def test_the_favourite_is_played_more_often() -> None:
    cards = [a_card(token=f"card-{number}") for number in range(50)]
    cast = replace(a_cast(*cards), favourites=(cards[0],))
    rng = random.Random(3)
    played = Counter(a_purchase(rng, cast, AT)[0].card.token for _ in range(1_000))
    assert played.most_common(1)[0][0] == "card-0"
    assert 60 <= played["card-0"] <= 180


def test_a_past_keeps_opening_hours_and_begins_with_the_link() -> None:
    begin, end = AT - timedelta(days=60), AT
    late = Regular((a_card(token="late"),), AT - timedelta(days=10), 2.0)
    early = Regular((a_card(token="early"),), begin, 0.5)
    told = list(history(random.Random(5), a_cast(), [early, late], begin, end))
    assert len({each.purchase for each in told}) > 40
    for each in told:
        assert each.purchased_at is not None
        assert OPENS <= each.purchased_at.astimezone(PARIS).hour <= 23
        assert begin <= each.purchased_at < end
        assert each.card.token == "early" or each.purchased_at >= late.since
    assert told == list(history(random.Random(5), a_cast(), [early, late], begin, end))
    assert max(each.told_at for each in told) > end, "what is told later is not lost"


def test_what_is_brought_back_gives_everything_back() -> None:
    told = returned(random.Random(1), a_card(), a_shop(), AT, amount_minor=449_00, after=timedelta(days=80))
    assert [each.deed for each in told] == [Deed.AUTHORIZE, Deed.CLEAR, Deed.REFUND]
    assert {each.amount_minor for each in told} == {449_00}
    assert [each.occurred_at - AT for each in told] == [timedelta(0), timedelta(days=2), timedelta(days=80)]


def test_a_link_is_told_after_it_was_made() -> None:
    made = link(random.Random(1), a_card(), AT + timedelta(microseconds=5))
    assert (made.occurred_at, made.told_at) == (AT, AT + timedelta(seconds=1))


def test_a_busy_kind_of_shop_is_visited_more() -> None:
    cast, rng = a_cast(), random.Random(1)
    visits = Counter(cast.a_shop(rng).code for _ in range(2_000))
    assert visits["atelier"] < visits["sablier"] + visits["inconnu"]
    assert set(visits) == {"sablier", "atelier", "inconnu"}
