"""What is said of a shopper, read as of the instant of a purchase: segments, tiers, tags, birthdays, activations."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from offer_builders import NOON, SUR, a_purchase, entry_of, paris, some_terms, which

from cashback.offers.schemas import Fact, FactKind, Facts

TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("kind", "fact"),
    [("segments", FactKind.SEGMENT), ("tiers", FactKind.TIER), ("tags", FactKind.TAG)],
)
@pytest.mark.parametrize(
    ("since", "until", "value", "ok"),
    [
        (NOON, None, "gold", True),  # begins exactly at the purchase
        (NOON + TICK, None, "gold", False),
        (NOON - DAY, NOON, "gold", False),  # ends exactly at the purchase
        (NOON - DAY, NOON + TICK, "gold", True),
        (NOON - DAY, None, "Gold", False),
        (NOON - DAY, None, "silver", True),
        (NOON - DAY, None, "bronze", False),
    ],
)
def test_one_of_the_values_holds_at_the_instant_of_the_purchase(
    kind: str, fact: FactKind, since: datetime, until: datetime | None, value: str, ok: bool
) -> None:
    terms, facts = some_terms({"kind": kind, kind: ["gold", "silver"]}), [Fact(fact, value, since, until)]
    assert which(terms, [a_purchase()], facts) == ([1] if ok else [])
    if kind != "segments":  # an offer for segments of others is not even looked at
        entry = entry_of(terms, [a_purchase()], 1, facts)
        assert (entry["kind"], entry["ok"], entry["wanted"]) == (kind, ok, ["gold", "silver"])
        assert entry["got"] == ([value] if ok or value != "gold" else [])


def test_of_another_kind_a_value_says_nothing() -> None:
    facts = [Fact(FactKind.TAG, "gold", NOON), Fact(FactKind.SEGMENT, "gold", NOON)]
    assert which(some_terms({"kind": "tiers", "tiers": ["gold"]}), [a_purchase()], facts) == []


def test_each_purchase_is_judged_by_what_was_so_at_its_own_time() -> None:
    facts = [
        Fact(FactKind.TIER, "gold", NOON - DAY, NOON),
        Fact(FactKind.TIER, "silver", NOON, NOON + DAY),
        Fact(FactKind.TIER, "gold", NOON + DAY),
    ]
    spends = [
        a_purchase(at=NOON + hours * timedelta(hours=12), number=number)
        for number, hours in enumerate((-1, 0, 1, 2), 1)
    ]
    assert which(some_terms({"kind": "tiers", "tiers": ["gold"]}), spends, facts) == [1, 4]


def test_a_shopper_in_two_segments_of_one_offer_is_rewarded_once() -> None:
    facts = [Fact(FactKind.SEGMENT, each, NOON - DAY) for each in ("runners", "parents", "others")]
    terms = some_terms({"kind": "segments", "segments": ["parents", "runners"]})
    assert which(terms, [a_purchase()], facts) == [1]
    assert entry_of(terms, [a_purchase()], 1, facts)["got"] == ["others", "parents", "runners"]


INSTANTS = st.integers(-5, 5).map(lambda hours: NOON + timedelta(hours=hours))
INTERVALS = st.lists(st.tuples(st.sampled_from("abc"), INSTANTS, st.none() | st.integers(1, 6)), max_size=6)


@given(INTERVALS, INSTANTS, st.sampled_from(list(FactKind)))
def test_of_a_single_valued_kind_the_one_that_began_last_holds(
    said: list[tuple[str, datetime, int | None]], at: datetime, kind: FactKind
) -> None:
    facts = [
        Fact(kind, value, since, None if hours is None else since + timedelta(hours=hours))
        for value, since, hours in said
    ]
    holding = [each for each in facts if each.since <= at and (each.until is None or each.until > at)]
    held = Facts(facts).values(kind, at)
    if kind in (FactKind.TIER, FactKind.BIRTH_MONTH):
        last = max((each.since for each in holding), default=None)
        assert held == sorted({each.value for each in holding if each.since == last})[-1:]
    else:
        assert held == sorted({each.value for each in holding})
    assert Facts(reversed(facts)).values(kind, at) == held
    for value in "abc":
        assert Facts(facts).any_of(kind, frozenset(value), at) is (value in held)
        assert Facts(facts).since(kind, value, at) == max(
            (each.since for each in holding if each.value == value), default=None
        )


BIRTHDAY = some_terms({"kind": "birthday_month"})


@pytest.mark.parametrize(
    ("month", "at", "ok"),
    [
        ("11", paris("2026-10-31 23:59:59"), False),
        ("11", paris("2026-11-01 00:00:00"), True),
        ("11", paris("2026-11-30 23:59:59"), True),
        ("11", paris("2026-12-01 00:00:00"), False),
        ("02", paris("2028-02-29 23:59:59"), True),
        ("02", paris("2028-03-01 00:00:00"), False),
        ("03", paris("2026-03-29 01:59:59"), True),
        ("12", paris("2026-12-31 23:59:59"), True),
        ("01", paris("2027-01-01 00:00:00"), True),
        ("10", paris("2026-10-31 23:59:59"), True),
    ],
)
def test_the_month_of_a_birthday_is_that_of_the_centre(month: str, at: datetime, ok: bool) -> None:
    facts = [Fact(FactKind.BIRTH_MONTH, month, NOON - 900 * DAY)]
    assert which(BIRTHDAY, [a_purchase(at=at)], facts) == ([1] if ok else [])
    assert entry_of(BIRTHDAY, [a_purchase(at=at)], 1, facts) == {"kind": "birthday_month", "ok": ok}


def test_in_santiago_november_begins_three_hours_after_utc() -> None:
    facts = [Fact(FactKind.BIRTH_MONTH, "11", NOON - 900 * DAY)]
    midnight = datetime.fromisoformat("2026-11-01T03:00:00Z")
    spends = [a_purchase(at=midnight - TICK, centre=SUR, number=1), a_purchase(at=midnight, centre=SUR, number=2)]
    assert which(BIRTHDAY, spends, facts) == [2]


def test_a_month_that_is_not_known_is_said_to_be_so_and_the_month_itself_never() -> None:
    assert entry_of(BIRTHDAY, [a_purchase()], 1) == {"kind": "birthday_month", "ok": False, "reason": "unknown"}
    told_later = [Fact(FactKind.BIRTH_MONTH, "11", NOON + TICK)]
    assert entry_of(BIRTHDAY, [a_purchase()], 1, told_later)["reason"] == "unknown"


def activated(at: datetime, code: str = "offer", until: datetime | None = None) -> Fact:
    return Fact(FactKind.ACTIVATION, code, at, until)


@pytest.mark.parametrize(
    ("valid_days", "facts", "ok", "reason"),
    [
        (None, [], False, None),
        (None, [activated(NOON)], True, None),
        (None, [activated(NOON + TICK)], False, None),
        (None, [activated(NOON - 3000 * DAY)], True, None),
        (None, [activated(NOON, "another")], False, None),
        (None, [activated(NOON - DAY, until=NOON)], False, None),
        (7, [activated(NOON - 7 * DAY + TICK)], True, None),
        (7, [activated(NOON - 7 * DAY)], False, "expired"),
        (7, [activated(NOON - 30 * DAY), activated(NOON - DAY)], True, None),  # activated again
        (7, [activated(NOON - 30 * DAY), activated(NOON + DAY)], False, "expired"),
    ],
)
def test_activated(valid_days: int | None, facts: list[Fact], ok: bool, reason: str | None) -> None:
    terms = some_terms({"kind": "activated", "valid_days": valid_days})
    assert which(terms, [a_purchase()], facts) == ([1] if ok else [])
    entry = entry_of(terms, [a_purchase()], 1, facts)
    assert (entry["ok"], entry.get("reason"), entry["valid_days"]) == (ok, reason, valid_days)


@pytest.mark.parametrize(
    ("within_days", "joined", "ok", "reason"),
    [
        (None, None, False, None),
        (None, NOON, True, None),
        (None, NOON + TICK, False, None),
        (None, NOON - 3000 * DAY, True, None),
        (30, NOON - 30 * DAY + TICK, True, None),
        (30, NOON - 30 * DAY, False, "late"),
    ],
)
def test_referred(within_days: int | None, joined: datetime | None, ok: bool, reason: str | None) -> None:
    terms = some_terms({"kind": "referred", "within_days": within_days})
    facts = [] if joined is None else [Fact(FactKind.REFERRAL, "ben", joined)]
    assert which(terms, [a_purchase()], facts) == ([1] if ok else [])
    entry = entry_of(terms, [a_purchase()], 1, facts)
    assert (entry["ok"], entry.get("reason"), entry["within_days"]) == (ok, reason, within_days)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"kind": "segments", "segments": []}, "at least one"),
        ({"kind": "tiers", "tiers": ["gold", "gold"]}, "gold is repeated"),
        ({"kind": "tags", "tags": [" vip"]}, "pattern"),
        ({"kind": "activated", "valid_days": 0}, "greater than 0"),
        ({"kind": "activated", "places": 0}, "greater than 0"),
        ({"kind": "referred", "within_days": 0}, "greater than 0"),
    ],
)
def test_what_could_never_hold_is_refused(document: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        some_terms(document)
