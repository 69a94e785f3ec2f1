"""What needs one instant takes the earliest, and its trail says so where another instant would have changed it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from offer_builders import (
    FNAC,
    LUSH,
    SANTIAGO,
    SUR,
    ZARA,
    a_book,
    a_history,
    a_purchase,
    an_offer,
    earned,
    entry_of,
    looked_at,
    paris,
    some_terms,
    which,
)
from uncertain_purchases import between, on_a_day, without_a_zone

from cashback.offers.entitlements import judge
from cashback.offers.explanation import goals
from cashback.offers.schemas import Fact, FactKind, Spend
from cashback.offers.sentences import read_aloud
from issuers.events import TimeBasis

THREE_DAYS = {"first": "2026-11-18T00:00+01:00", "last": "2026-11-20T23:59+01:00", "basis": "date"}
LUNCH = {"kind": "hours", "ranges": [{"from": "11:30", "to": "14:30"}]}
FIRST = {"kind": "nth_purchase", "n": 1}


def the_days(**more: Any) -> Spend:
    """Made between Wednesday the 18th and Friday the 20th."""
    return on_a_day("2026-11-18", until="2026-11-20", **more)


def noon(day: int, **more: Any) -> Spend:
    return a_purchase(at=paris(f"2026-11-{day:02} 12:00:00"), **more)


def fact(kind: str, value: str, since: str, until: str | None = None) -> Fact:
    return Fact(FactKind(kind), value, paris(since), None if until is None else paris(until))


def trail(condition: dict[str, Any], spends: Iterable[Spend], facts: Iterable[Fact] = ()) -> dict[str, Any]:
    """What is said of the first purchase."""
    return entry_of(some_terms(condition), spends, 1, facts)


GOLD = {"kind": "tiers", "tiers": ["gold"]}
BEGINS_BEFORE = fact("tier", "gold", "2026-11-17 09:00:00")
BEGINS_WITHIN = fact("tier", "gold", "2026-11-19 09:00:00")
ENDS_WITHIN = fact("tier", "gold", "2026-11-01 09:00:00", "2026-11-19 09:00:00")
BIRTHDAY = {"kind": "birthday_month"}


@pytest.mark.parametrize(
    ("condition", "spend", "facts", "ok", "sure"),
    [
        (GOLD, the_days(), [BEGINS_BEFORE], True, True),
        (GOLD, the_days(), [], False, True),
        (GOLD, the_days(), [BEGINS_WITHIN], False, False),
        (GOLD, the_days(), [ENDS_WITHIN], True, False),
        (GOLD, the_days(), [BEGINS_BEFORE, fact("tag", "vip", "2026-11-19 09:00:00")], True, True),
        (GOLD, the_days(), [BEGINS_BEFORE, fact("tier", "silver", "2026-11-19 09:00:00")], True, False),
        (GOLD, noon(19), [BEGINS_WITHIN], True, True),
        (BIRTHDAY, the_days(), [fact("birth_month", "11", "2026-01-01 00:00:00")], True, True),
        (
            BIRTHDAY,
            on_a_day("2026-10-30", until="2026-11-02"),
            [fact("birth_month", "11", "2026-01-01 00:00:00")],
            False,
            False,
        ),
        ({"kind": "activated"}, the_days(), [fact("activation", "offer", "2026-11-19 09:00:00")], False, False),
        ({"kind": "activated"}, the_days(), [fact("activation", "offer", "2026-11-18 00:00:00")], True, True),
        (
            {"kind": "activated", "valid_days": 3},
            the_days(),
            [fact("activation", "offer", "2026-11-16 09:00:00")],
            True,
            False,
        ),
        (
            {"kind": "referred", "within_days": 3},
            the_days(),
            [fact("referral", "x", "2026-11-16 09:00:00")],
            True,
            False,
        ),
        (
            {"kind": "referred", "within_days": 9},
            the_days(),
            [fact("referral", "x", "2026-11-16 09:00:00")],
            True,
            True,
        ),
    ],
)
def test_facts_are_those_of_the_earliest_instant(
    condition: dict[str, Any], spend: Spend, facts: list[Fact], ok: bool, sure: bool
) -> None:
    entry = trail(condition, [spend], facts)
    assert entry["ok"] is ok
    if sure:
        assert entry.keys() & {"sure", "made"} == set()
    else:
        assert (entry["sure"], entry["made"]) == (False, entry["made"])
        assert entry["made"]["basis"] == "date"


def test_a_time_without_its_zone_is_taken_as_it_was_read() -> None:
    spend = without_a_zone("2026-11-20T12:00")
    since = Fact(FactKind.TIER, "gold", datetime(2026, 11, 20, 10, tzinfo=UTC))
    entry = trail(GOLD, [spend], [since])
    assert (entry["ok"], entry["sure"]) == (True, False)
    assert entry["made"] == {
        "first": "2026-11-19T23:00+01:00",
        "last": "2026-11-21T02:59+01:00",
        "basis": "assumed_utc",
        "read": "2026-11-20T12:00",
    }


@pytest.mark.parametrize(
    ("others", "sure"),
    [
        ([], True),
        ([noon(17, number=2)], True),
        ([noon(21, number=2)], True),
        ([noon(19, number=2)], False),
        ([noon(19, number=2, shop=None)], True),
        ([noon(19, number=2, minor=0)], True),
        ([on_a_day("2026-11-20", until="2026-11-25", number=2)], False),
        ([on_a_day("2026-11-21", until="2026-11-25", number=2)], True),
    ],
)
def test_which_purchase_came_first(others: list[Spend], sure: bool) -> None:
    terms = {**FIRST, "at": "centre"}
    others = [each if each.shop_id else Spend(**{**_fields(each), "counts": False}) for each in others]
    entry = trail(terms, [the_days(), *others])
    assert (entry.get("sure", True)) is sure


def _fields(spend: Spend) -> dict[str, Any]:
    return {name: getattr(spend, name) for name in spend.__struct_fields__}


def test_a_certain_purchase_may_not_know_its_place_either() -> None:
    spends = [noon(19), the_days(number=2)]
    terms = some_terms({**FIRST, "at": "shop"})
    assert which(terms, spends) == [2]  # the earliest instant of the other one lies before
    entry = entry_of(terms, spends, 1)
    assert (entry["ok"], entry["sure"], "made" in entry) == (False, False, False)
    assert read_aloud(entry, "en") == (
        "Only your first purchase in this shop: this was number 2 "
        "(it is not known which purchase came first: the earliest moment of each counts)"
    )
    elsewhere = [noon(19), the_days(number=2, shop=LUSH)]
    assert "sure" not in entry_of(terms, elsewhere, 1)


@pytest.mark.parametrize(
    ("days", "before", "ok", "sure"),
    [
        (30, noon(1, number=2), False, True),
        (18, noon(1, number=2), False, False),  # 17 days before the 18th, 19 before the 20th
        (17, noon(1, number=2), True, True),
        (17, on_a_day("2026-11-01", until="2026-11-03", number=2), True, False),
        (10, on_a_day("2026-11-01", until="2026-11-03", number=2), True, True),
    ],
)
def test_days_without_a_purchase(days: int, before: Spend, ok: bool, sure: bool) -> None:
    condition = {"kind": "customer", "status": "lapsed", "days": days, "at": "shop"}
    entry = trail(condition, [the_days(), before])
    assert (entry["ok"], entry.get("sure", True)) == (ok, sure)


WEEKEND = on_a_day("2026-11-22", until="2026-11-23")
"""Sunday or Monday: in the 47th week or in the 48th."""
MONTH_END = on_a_day("2026-10-30", until="2026-11-01")


@pytest.mark.parametrize(
    ("condition", "spend", "sure"),
    [
        ({"kind": "streak", "weeks": 2}, WEEKEND, False),
        ({"kind": "streak", "weeks": 2}, the_days(), True),
        ({"kind": "stamp_card", "every": 2}, WEEKEND, True),
        ({"kind": "stamp_card", "every": 2, "one_a_day": True}, WEEKEND, False),
        ({"kind": "stamp_card", "every": 2, "period": "month"}, MONTH_END, False),
        ({"kind": "spend_across", "amount": "100.00"}, MONTH_END, False),
        ({"kind": "spend_across", "amount": "100.00"}, the_days(), True),
        ({"kind": "spend_across", "amount": "100.00", "period": "day"}, the_days(), False),
        ({"kind": "trail", "shops": 2, "period": "year"}, on_a_day("2026-12-31", until="2027-01-01"), False),
        ({"kind": "trail", "shops": 2, "period": "life"}, on_a_day("2026-12-31", until="2027-01-01"), True),
    ],
)
def test_periods_are_those_of_the_earliest_instant(condition: dict[str, Any], spend: Spend, sure: bool) -> None:
    assert trail(condition, [spend]).get("sure", True) is sure


def test_a_count_says_when_the_order_decides_which_purchase_earns() -> None:
    """Only purchases that meet the other conditions of the offer are counted."""
    terms = some_terms({"kind": "stamp_card", "every": 2}, {"kind": "shops", "shops": ["fnac", "zara"]})
    spends = [the_days(), noon(19, number=2, shop=ZARA)]
    assert which(terms, spends) == [2]
    assert [entry_of(terms, spends, number)["sure"] for number in (1, 2)] == [False, False]
    assert "sure" not in entry_of(terms, [the_days(), noon(19, number=2, shop=LUSH)], 1)
    assert [
        goal.percent
        for goal in goals(a_history([the_days()]), a_book([an_offer(terms)]), {}, paris("2026-11-25 12:00:00"))
    ] == [50]


def test_a_limit_of_a_period_is_that_of_the_earliest_day() -> None:
    limits = [{"measure": "times", "at_most": 1, "per": "shopper", "period": "month"}]
    book = a_book([an_offer(some_terms(limits=limits))])
    october, unsure = a_purchase(at=paris("2026-10-05 12:00:00"), number=2), on_a_day("2026-10-30", until="2026-11-01")
    spends = [october, unsure]
    assert earned(book, spends) == {(2, "offer"): 10}
    entry = looked_at(book, spends, 1).trail[-1]
    assert (entry["kind"], entry["ok"], entry["sure"]) == ("limit", False, False)
    assert read_aloud(entry, "en") == (
        "At most once a month: already reached "
        "(bought between 30 Oct 2026 and 1 Nov 2026, the day is not known: the earliest moment counts)"
    )
    assert read_aloud(entry, "fr") == (
        "Au plus une fois par mois\u00a0: déjà atteint "
        "(achat entre le 30 oct. 2026 et le 1er nov. 2026, le jour n'est pas connu\u00a0: "
        "le premier moment possible compte)"
    )
    within = [october, on_a_day("2026-10-20", until="2026-10-22")]
    assert "sure" not in looked_at(book, within, 1).trail[-1]
    other_month = [a_purchase(at=paris("2026-11-05 12:00:00"), number=2), unsure]
    assert earned(book, other_month) == {(1, "offer"): 10, (2, "offer"): 10}


def test_an_offer_that_changed_about_that_time_is_judged_as_of_the_earliest_instant_and_says_so() -> None:
    change = paris("2026-11-19 00:00:00")
    old, new = some_terms(), some_terms(reward={"kind": "fixed", "asset": "PTS", "amount": 99})
    versions = [an_offer(old, live_until=change), an_offer(new, version=2, live_from=change)]
    book = a_book(versions)
    assert earned(book, [the_days()]) == {(1, "offer"): 10}
    entry = looked_at(book, [the_days()], 1).trail[-1]
    assert entry == {"kind": "live", "ok": True, "sure": False, "made": THREE_DAYS}
    assert read_aloud(entry, "fr").startswith(
        "L'offre a commencé, changé ou pris fin vers ce moment-là (achat entre le 18"
    )
    for certain in (noon(18), on_a_day("2026-11-18"), on_a_day("2026-11-19")):
        assert all("sure" not in each for each in looked_at(book, [certain], 1).trail)
    assert earned(book, [on_a_day("2026-11-19")]) == {(1, "offer"): 99}


def test_hours_that_are_not_known_give_nothing_unless_the_offer_says_yes() -> None:
    unknown, lunch = on_a_day("2026-11-20"), noon(20, number=2)
    assert which(some_terms(LUNCH), [unknown, lunch]) == [2]
    assert which(some_terms({**LUNCH, "unsure": "yes"}), [unknown, lunch]) == [1, 2]
    (owed,) = judge([a_history([unknown])], a_book([an_offer(some_terms({**LUNCH, "unsure": "yes"}))]), {}).owed
    assert (owed.trail[0]["ok"], owed.trail[0]["sure"], owed.trail[0]["got"]) == (True, False, None)


def sentences(condition: dict[str, Any], spend: Spend) -> tuple[str, str]:
    entry = trail(condition, [spend])
    return read_aloud(entry, "en"), read_aloud(entry, "fr")


FRIDAY = on_a_day("2026-11-20")
TWICE = between(paris("2026-10-25 02:30:00"), paris("2026-10-25 02:30:00") + timedelta(hours=1))
NO_ZONE = without_a_zone("2026-11-20T12:05")


@pytest.mark.parametrize(
    ("condition", "spend", "english", "french"),
    [
        (
            LUNCH,
            FRIDAY,
            "Between 11:30 and 14:30: bought on 20 Nov 2026, the hour is not known; a receipt would tell it",
            "Entre 11:30 et 14:30\u00a0: achat le 20 nov. 2026, l'heure n'est pas connue\u00a0; un ticket le dirait",
        ),
        (
            {**LUNCH, "unsure": "yes"},
            FRIDAY,
            "Between 11:30 and 14:30: bought on 20 Nov 2026, the hour is not known, and counted in your favour",
            "Entre 11:30 et 14:30\u00a0: achat le 20 nov. 2026, l'heure n'est pas connue, compté en votre faveur",
        ),
        (
            {"kind": "hours", "ranges": [{"from": "00:00", "to": "24:00"}]},
            FRIDAY,
            "Between midnight and midnight: bought on 20 Nov 2026, the hour is not known, but surely then",
            "Entre minuit et minuit\u00a0: achat le 20 nov. 2026, l'heure n'est pas connue, "
            "mais à coup sûr à ce moment-là",
        ),
        (
            {"kind": "hours", "ranges": [{"from": "03:00", "to": "04:00"}]},
            TWICE,
            "Between 03:00 and 04:00: bought on 25 Oct 2026 about 02:30, in the hour that clocks repeat, "
            "but surely not then",
            "Entre 03:00 et 04:00\u00a0: achat le 25 oct. 2026 vers 02:30, dans l'heure répétée du changement d'heure, "
            "mais à coup sûr pas à ce moment-là",
        ),
        (
            {"kind": "hours", "ranges": [{"from": "11:30", "to": "14:30"}]},
            a_purchase(
                at=paris("2026-11-20 14:00:00"),
                purchased_until=paris("2026-11-20 16:00:00"),
                time_basis=TimeBasis.DATE,
            ),
            "Between 11:30 and 14:30: bought on 20 Nov 2026 between 14:00 and 15:59; a receipt would tell it",
            "Entre 11:30 et 14:30\u00a0: achat le 20 nov. 2026 entre 14:00 et 15:59\u00a0; un ticket le dirait",
        ),
        (
            {"kind": "hours", "ranges": [{"from": "11:30", "to": "14:30"}]},
            on_a_day("2026-09-06", zone=SANTIAGO, centre=SUR),
            "Between 11:30 and 14:30: bought on 6 Sept 2026, the hour is not known; a receipt would tell it",
            "Entre 11:30 et 14:30\u00a0: achat le 6 sept. 2026, l'heure n'est pas connue\u00a0; un ticket le dirait",
        ),
        (
            {"kind": "weekdays", "weekdays": ["fri"]},
            NO_ZONE,
            "Open Friday: bought on 20 Nov 2026 at 12:05 in a time zone that is not known; a receipt would tell it",
            "Valable le vendredi\u00a0: achat le 20 nov. 2026 à 12:05, dans un fuseau horaire inconnu\u00a0; "
            "un ticket le dirait",
        ),
        (
            {"kind": "weekdays", "weekdays": ["fri"]},
            FRIDAY,
            "Bought on Friday",
            "Achat un vendredi",
        ),
        (
            {"kind": "dates", "first_day": "2026-11-20"},
            the_days(),
            "Valid from 20 Nov 2026: bought between 18 Nov 2026 and 20 Nov 2026, the day is not known; "
            "a receipt would tell it",
            "Valable à partir du 20 nov. 2026\u00a0: achat entre le 18 nov. 2026 et le 20 nov. 2026, "
            "le jour n'est pas connu\u00a0; un ticket le dirait",
        ),
        (
            {"kind": "dates", "first_day": "2026-11-20"},
            FRIDAY,
            "Bought on 20 Nov 2026, from 20 Nov 2026",
            "Achat du 20 nov. 2026, à partir du 20 nov. 2026",
        ),
        (
            {"kind": "not_on", "days": ["2026-11-19"]},
            the_days(),
            "Every day except 19 Nov 2026: bought between 18 Nov 2026 and 20 Nov 2026, the day is not known; "
            "a receipt would tell it",
            "Tous les jours sauf le 19 nov. 2026\u00a0: achat entre le 18 nov. 2026 et le 20 nov. 2026, "
            "le jour n'est pas connu\u00a0; un ticket le dirait",
        ),
        (
            GOLD,
            the_days(),
            "For tier gold only: you had none",
            "Réservé au niveau gold\u00a0: vous n'en aviez pas",
        ),
    ],
)
def test_what_people_read(condition: dict[str, Any], spend: Spend, english: str, french: str) -> None:
    assert sentences(condition, spend) == (english, french)


def test_a_fact_read_as_utc_says_so() -> None:
    since = Fact(FactKind.TIER, "gold", datetime(2026, 11, 20, 10, tzinfo=UTC))
    assert read_aloud(trail(GOLD, [NO_ZONE], [since]), "en") == (
        "Your tier: gold (bought on 20 Nov 2026 at 12:05 in a time zone that is not known: read as UTC)"
    )


def test_bases_are_those_of_sources() -> None:
    assert the_days().time_basis is TimeBasis.DATE
    assert a_purchase(shop=FNAC).time_basis is TimeBasis.INSTANT
