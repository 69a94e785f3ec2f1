"""Drift as tables: what is proposed, what is not yet, and what a person must decide."""

from datetime import date, timedelta

import pytest

from cashback.merchants.memo.drift import Activity, Drift, find_drifts

TODAY = date(2026, 11, 30)


def days(
    name: str,
    first: int,
    last: int,
    *,
    shop: str | None = None,
    text: str = "ZARA 12",
    town: str = "LYON",
    count: int = 1,
    network: str = "visa",
) -> list[Activity]:
    """One row a day, from so many days ago to so many days ago."""
    return [
        Activity(network, name, TODAY - timedelta(days=ago), count, text, town, shop)
        for ago in range(first, last - 1, -1)
    ]


KNOWN = days("mid:old", 60, 20, shop="zara")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ([], 0),
        (days("mid:new", 19, 1), 1),
        (days("mid:new", 22, 1), 1),
        (days("mid:new", 30, 1), 0),
        (days("mid:new", 19, 18), 0),
        (days("mid:new", 19, 1, text="PRESSING ROYAL"), 0),
        (days("mid:new", 19, 1, text="ZARA12 LYON"), 1),
        (days("mid:new", 19, 1, town="PARIS"), 0),
        (days("mid:new", 19, 1, town=""), 1),
        (days("mid:new", 19, 1, text=""), 0),
        (days("mid:new", 19, 1, shop="fnac"), 0),
        (days("mid:new", 19, 1, network="amex"), 0),
        (days("terminal:new/1", 19, 1), 0),
        (days("mid:old", 2, 2, shop="zara") + days("mid:new", 19, 1), 0),
    ],
    ids=[
        "silence alone", "appeared after", "terminals one by one", "long there before", "seen twice", "another name",
        "the name otherwise", "another town", "no town", "no name", "it is another shop's", "another network",
        "another scheme", "not silent",
    ],
)  # fmt: skip
def test_what_is_proposed(more: list[Activity], expected: int) -> None:
    found = find_drifts([*KNOWN, *more], TODAY)
    assert len(found) == expected
    for each in found:
        assert (each.shop, each.silent, each.appeared, each.ambiguous) == ("zara", "mid:old", "mid:new", False)


def test_a_proposal_says_since_when_and_how_much() -> None:
    (drift,) = find_drifts([*KNOWN, *days("mid:new", 19, 1, count=2)], TODAY)
    assert drift == Drift(
        shop="zara",
        network="visa",
        silent="mid:old",
        silent_since=TODAY - timedelta(days=19),
        expected=pytest.approx(19.0),  # type: ignore[arg-type]
        appeared="mid:new",
        first_seen=TODAY - timedelta(days=19),
        purchases=38,
        descriptor="ZARA 12",
        ambiguous=False,
    )


def test_the_pace_decides_when_silence_is_surprising() -> None:
    slow = [each for number, each in enumerate(KNOWN) if number % 8 == 0]
    assert find_drifts([*slow, *days("mid:new", 19, 1)], TODAY) == ()
    young = days("mid:old", 30, 20, shop="zara", count=5)
    assert find_drifts([*young, *days("mid:new", 19, 1)], TODAY) == ()


def test_two_that_fit_are_for_a_person_to_decide() -> None:
    two_new = find_drifts([*KNOWN, *days("mid:new", 19, 1), *days("mid:other", 19, 1, count=2)], TODAY)
    assert [(each.appeared, each.ambiguous) for each in two_new] == [("mid:other", True), ("mid:new", True)]
    two_old = find_drifts(
        [*KNOWN, *days("mid:old-2", 60, 20, shop="zara-2"), *days("mid:new", 19, 1)],
        TODAY,
    )
    assert [(each.shop, each.ambiguous) for each in two_old] == [("zara", True), ("zara-2", True)]


def test_the_order_of_the_rows_changes_nothing() -> None:
    rows = [*KNOWN, *days("mid:new", 19, 1), *days("mid:other", 19, 1, text="PRESSING")]
    assert find_drifts(rows[::-1], TODAY) == find_drifts(rows, TODAY)
