"""For any mix of the conditions of place and time, and any purchase around the nights on which clocks change:

* what the index and the tests let through is what a scan of all versions lets through;
* each entry of a trail is `ok` exactly when its test holds, is plain JSON, and is read aloud in both languages;
* a day and a time are those that the clock of the centre shows, reckoned here without the product's own functions.
"""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from offer_builders import AROUND, CENTRES, PARIS, SHOPS, ZONES, a_purchase, some_terms

from cashback.offers.compiled import OfferVersion
from cashback.offers.matcher import OfferBook
from cashback.offers.schemas import Spend
from cashback.offers.sentences import read_aloud
from cashback.offers.terms import Terms
from issuers.events import TimeBasis

BRANDS, FLOORS, AREAS = ("Zara", "Lush", "Fnac Darty"), ("-1", "0", "1"), ("food court", "east wing")
NETWORKS = ("fidel", "stripe", "sandbox")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CHANGES = (  # in UTC: Paris and London in spring and autumn, Santiago in both
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 9, 6, 4, tzinfo=UTC),
    datetime(2026, 4, 5, 3, tzinfo=UTC),
)
MOMENTS = st.builds(
    lambda change, seconds: change + timedelta(seconds=seconds),
    st.sampled_from(CHANGES),
    st.integers(-172_800, 172_800),
)


def some(values: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, unique=True)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def _ranges(draw: st.DrawFn) -> list[dict[str, str]]:
    """Ranges between some edges of the day, each second gap open; perhaps one that passes midnight."""
    edges = sorted(draw(st.sets(st.integers(0, 24 * 60 - 1), min_size=2, max_size=6)))
    edges = edges[: len(edges) // 2 * 2]
    if draw(st.booleans()):
        edges = [*edges[1:], edges[0]]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [{"from": clock(begin), "to": clock(end)} for begin, end in pairs]


LEFT_OUT = st.lists(
    st.sampled_from(CHANGES).flatmap(
        lambda at: st.integers(-2, 2).map(lambda n: (at.date() + timedelta(n)).isoformat())
    ),
    min_size=1,
    unique=True,
)
UNSURE = st.sampled_from(["no", "yes"])
CONDITIONS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "brands": st.fixed_dictionaries({"brands": some(BRANDS)}),
    "floors": st.fixed_dictionaries({"floors": some(FLOORS)}),
    "areas": st.fixed_dictionaries({"areas": some(AREAS)}),
    "networks": st.fixed_dictionaries({"networks": some(NETWORKS)}),
    "channel": st.fixed_dictionaries({"channel": st.sampled_from(["in_store", "online"])}),
    "weekdays": st.fixed_dictionaries({"weekdays": some(DAYS), "unsure": UNSURE}),
    "hours": st.fixed_dictionaries({"ranges": _ranges(), "unsure": UNSURE}),
    "not_on": st.fixed_dictionaries({"days": LEFT_OUT, "unsure": UNSURE}),
    "centres": st.fixed_dictionaries({"centres": some(tuple(each.code for each in CENTRES))}),
    "shops": st.fixed_dictionaries({"shops": some(tuple(each.code for each in SHOPS))}),
}


@st.composite
def _terms(draw: st.DrawFn) -> Terms:
    kinds = draw(st.lists(st.sampled_from(sorted(CONDITIONS)), max_size=4, unique=True))
    return some_terms(*({"kind": kind, **draw(CONDITIONS[kind])} for kind in kinds))


CERTAIN = st.builds(
    a_purchase,
    at=MOMENTS,
    shop=st.sampled_from(SHOPS),
    centre=st.sampled_from([*CENTRES, None]),
    brand=st.sampled_from([*BRANDS, None]),
    floor=st.sampled_from([*FLOORS, None]),
    area=st.sampled_from([*AREAS, None]),
    network=st.sampled_from(NETWORKS),
    channel=st.sampled_from(["in_store", "online", None]),
)
UNCERTAIN = st.builds(
    lambda spend, basis, hours: replace(
        spend, purchased_until=spend.purchased_at + timedelta(hours=hours), time_basis=basis
    ),
    CERTAIN,
    st.sampled_from([TimeBasis.DATE, TimeBasis.MERCHANT_LOCAL, TimeBasis.ASSUMED_UTC]),
    st.integers(0, 72),
)
SPENDS = CERTAIN | UNCERTAIN


@given(several=st.lists(_terms(), max_size=6), spends=st.lists(SPENDS, min_size=1, max_size=5))
@settings(deadline=None, max_examples=200)
def test_index_and_matcher_equal_a_full_scan(several: list[Terms], spends: list[Spend]) -> None:
    versions = [OfferVersion(UUID(int=n + 1), f"o{n}", 1, terms, None, None) for n, terms in enumerate(several)]
    book = OfferBook.compile(versions, ZONES, PARIS, "EUR", shops=SHOPS, centres=CENTRES)
    for spend in (*spends, *reversed(spends)):  # again, from what is remembered
        scanned = [each.code for each in book.offers if each.matches(spend)]
        assert sorted(each.code for each in book.candidates(spend) if each.matches(spend)) == scanned
        assert [each.code for each in book.concerned(spend) if each.matches(spend)] == scanned


@given(terms=_terms(), spend=SPENDS)
@settings(deadline=None, max_examples=300)
def test_every_entry_of_a_trail_says_what_its_test_decides(terms: Terms, spend: Spend) -> None:
    for condition in terms.conditions:
        entry = condition.explainer(AROUND)(spend)
        assert entry["ok"] is condition.test(AROUND)(spend)
        assert json.loads(json.dumps(entry)) == entry
        for language in ("en", "fr"):
            assert not read_aloud(entry, language).startswith(("Decided by a rule", "Décidé par une règle"))


@given(ranges=_ranges(), weekdays=some(DAYS), days=LEFT_OUT, spend=CERTAIN)
@settings(deadline=None, max_examples=300)
def test_days_and_times_are_those_of_the_clock_in_the_centre(
    ranges: list[dict[str, str]], weekdays: list[str], days: list[str], spend: Spend
) -> None:
    zone: ZoneInfo = PARIS if spend.centre_id is None else ZONES[spend.centre_id]
    reads = spend.purchased_at.astimezone(zone)
    time, day = f"{reads:%H:%M}", date(reads.year, reads.month, reads.day)
    within = [
        each["from"] <= time < each["to"] if each["from"] < each["to"] else not each["to"] <= time < each["from"]
        for each in ranges
    ]
    expected = {
        "hours": any(within),
        "weekdays": f"{day:%a}".lower() in weekdays,
        "not_on": day.isoformat() not in days,
    }
    terms = some_terms(
        {"kind": "hours", "ranges": ranges},
        {"kind": "weekdays", "weekdays": weekdays},
        {"kind": "not_on", "days": days},
    )
    assert {each.kind: each.test(AROUND)(spend) for each in terms.conditions} == expected
