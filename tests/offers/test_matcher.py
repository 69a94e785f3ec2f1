"""The book of offers: what the index finds, when a version judges, and that the trail and the decision never disagree.

The property at the end holds the rest: for any offers and any purchase, what the index and the tests let through is
what a scan of all live versions lets through, is what has every entry of its trail `ok`.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from offer_builders import (
    CENTRES,
    FNAC,
    LUSH,
    NOON,
    PARIS,
    SHOPS,
    TOWN,
    ZARA,
    ZONES,
    a_book,
    a_purchase,
    an_offer,
    some_terms,
)

from cashback.errors import Invalid
from cashback.offers import postings
from cashback.offers.compiled import CompiledOffer, OfferVersion
from cashback.offers.explanation import Verdict, explain
from cashback.offers.marks import WHOEVER
from cashback.offers.matcher import OfferBook
from cashback.offers.schemas import SOMEBODY, History, Spend, Trail

FOR_SHOPS = {"kind": "shops", "shops": ["fnac", "zara"]}
FOR_CENTRE = {"kind": "centres", "centres": ["quais"]}
FOR_BOOKS = {"kind": "categories", "categories": ["5942"]}
FROM_TEN = {"kind": "minimum_spend", "amount": "10.00"}


def explained(book: OfferBook, spend: Spend) -> list[tuple[CompiledOffer, Trail, bool]]:
    """Each version live at the purchase that concerns its shop, with its trail and whether it matches."""
    found = explain(History(SOMEBODY, [spend]), {spend.purchase_id}, book, {}, may_ask=True)[spend.purchase_id]
    return [(each.offer, each.trail, each.verdict is not Verdict.NOT_MET) for each in found]


def codes(book: OfferBook, spend: Spend) -> list[str]:
    return [offer.code for offer in book.candidates(spend)]


def test_the_index_finds_by_shop_else_centre_else_category_else_everywhere() -> None:
    book = a_book(
        [
            an_offer(some_terms(FOR_SHOPS, FOR_CENTRE, FOR_BOOKS), "a-shop"),
            an_offer(some_terms(FOR_CENTRE, FOR_BOOKS), "b-centre"),
            an_offer(some_terms(FOR_BOOKS), "c-category"),
            an_offer(some_terms(FROM_TEN), "d-everywhere"),
        ]
    )
    assert [offer.keys and offer.keys.dimension for offer in book.offers] == ["shop", "centre", "category", None]
    assert codes(book, a_purchase()) == ["a-shop", "b-centre", "c-category", "d-everywhere"]
    assert codes(book, a_purchase(shop=LUSH)) == ["b-centre", "c-category", "d-everywhere"]
    assert codes(book, a_purchase(shop=LUSH, centre=TOWN)) == ["c-category", "d-everywhere"]
    assert codes(book, a_purchase(shop=LUSH, centre=TOWN, category="5812")) == ["d-everywhere"]
    assert codes(book, a_purchase(shop=ZARA, centre=None, category=None)) == ["a-shop", "d-everywhere"]


def test_a_purchase_of_an_unknown_shop_has_no_candidates() -> None:
    book = a_book([an_offer(some_terms())])
    assert codes(book, a_purchase(shop=None)) == []
    assert explained(book, a_purchase(shop=None)) == []


@pytest.mark.parametrize(
    ("live_from", "live_until", "found"),
    [
        (None, None, True),
        (NOON, None, True),
        (NOON + timedelta(microseconds=1), None, False),
        (None, NOON, False),
        (None, NOON + timedelta(microseconds=1), True),
        (NOON, NOON, False),
        (NOON - timedelta(days=400), NOON + timedelta(days=400), True),
        (NOON + timedelta(days=1), None, False),
        (None, NOON - timedelta(days=1), False),
    ],
)
def test_a_version_judges_purchases_of_its_half_open_interval(
    live_from: datetime | None, live_until: datetime | None, found: bool
) -> None:
    book = a_book([an_offer(some_terms(), live_from=live_from, live_until=live_until)])
    assert codes(book, a_purchase()) == (["offer"] if found else [])
    assert codes(book, a_purchase(at=NOON.astimezone(timezone(timedelta(hours=14))))) == (["offer"] if found else [])
    assert [offer.live(NOON) for offer in book.offers] == [found]


def test_two_versions_follow_each_other_within_one_day() -> None:
    book = a_book(
        [
            an_offer(some_terms(FROM_TEN), version=1, live_until=NOON),
            an_offer(some_terms(), version=2, live_from=NOON),
        ]
    )
    before, after = a_purchase(at=NOON - timedelta(seconds=1)), a_purchase(at=NOON)
    assert [offer.version for offer in book.candidates(before)] == [1]
    assert [offer.version for offer in book.candidates(after)] == [2]
    assert [offer.version for offer in book.candidates(before)] == [1], "remembering a day remembers both"


def test_an_offer_for_certain_days_is_no_candidate_on_others_but_is_explained() -> None:
    spring = some_terms({"kind": "dates", "first_day": "2026-03-20", "last_day": "2026-06-20"})
    book = a_book([an_offer(spring, "spring")])
    assert codes(book, a_purchase()) == []
    ((offer, trail, passed),) = explained(book, a_purchase())
    assert (offer.code, passed) == ("spring", False)
    assert [entry["ok"] for entry in trail] == [False, True]


def test_a_compiled_offer_carries_what_its_terms_say() -> None:
    terms = some_terms(
        FROM_TEN,
        reward={"kind": "percent", "asset": "EUR", "rate_bps": 500, "cap_per_purchase": "2.00"},
        hold_days=14,
        budget="100.00",
    )
    (offer,) = a_book([an_offer(terms, version=7)]).offers
    assert (offer.code, offer.version, offer.asset, offer.budgeted) == ("offer", 7, "EUR", True)
    assert offer.hold == timedelta(days=14)
    assert offer.matches(a_purchase(10_00))
    assert not offer.matches(a_purchase(9_99))
    assert (offer.reckon(a_purchase(10_00).net_minor), offer.reckon(a_purchase(90_00).net_minor)) == (50, 2_00)


@pytest.mark.parametrize("spend", [a_purchase(0), a_purchase(currency="USD")])
def test_nothing_spent_and_foreign_money_match_no_offer(spend: Spend) -> None:
    (offer,) = a_book([an_offer(some_terms())]).offers
    assert not offer.matches(spend)


def test_near_misses_are_explained_with_their_figures() -> None:
    book = a_book([an_offer(some_terms(FOR_SHOPS, {"kind": "minimum_spend", "amount": "30.00"}), "near")])
    ((_, trail, passed),) = explained(book, a_purchase(26_80))
    assert not passed
    assert [(entry["kind"], entry["ok"]) for entry in trail] == [
        ("shops", True),
        ("minimum_spend", False),
        ("fixed", True),
    ]
    assert trail[1]["missing_minor"] == 3_20


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: a_book([an_offer(some_terms(FOR_SHOPS))], shops=[FNAC]),
            "names shops or centres that are not given: zara",
        ),
        (lambda: a_book([an_offer(some_terms(currency="GBP"))]), "counts GBP, its programme EUR"),
    ],
)
def test_a_version_that_could_silently_never_match_is_refused(make: Callable[[], OfferBook], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        make()


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postings, "STRETCHES_KEPT", 3)
    days = [NOON + timedelta(days=day) for day in range(10)]
    offers = a_book([an_offer(some_terms(), f"day-{day}", live_from=day) for day in days]).offers
    columns = postings.Columns(offers, [0] * len(offers))
    for number, day in enumerate(days, 1):
        found: list[CompiledOffer] = []
        columns.matching(a_purchase(at=day), 0, WHOEVER, found)
        assert len(found) == number
    assert len(columns._stretches) <= 3


def test_the_last_day_of_the_calendar_is_a_day() -> None:
    book = a_book([an_offer(some_terms())])
    assert codes(book, a_purchase(at=datetime(9999, 12, 31, 23, 59, tzinfo=UTC))) == ["offer"]


MOMENTS = st.integers(0, 16 * 24 * 60).map(
    lambda minutes: datetime(2026, 10, 20, tzinfo=UTC) + timedelta(minutes=minutes)
)
DAYS = st.dates(date(2026, 10, 20), date(2026, 11, 5))
AMOUNTS = st.integers(1, 60_00)


@st.composite
def _conditions(draw: st.DrawFn) -> list[dict[str, Any]]:
    first, last = sorted((draw(DAYS), draw(DAYS)))
    minimum = draw(AMOUNTS)
    some = {
        "shops": st.lists(st.sampled_from([shop.code for shop in SHOPS]), min_size=1, unique=True),
        "centres": st.lists(st.sampled_from([centre.code for centre in CENTRES]), min_size=1, unique=True),
        "categories": st.lists(st.sampled_from(["5942", "5812", "5411"]), min_size=1, unique=True),
    }
    kinds = draw(st.sets(st.sampled_from([*some, "dates", "minimum_spend"])))
    documents: list[dict[str, Any]] = [{"kind": kind, kind: draw(some[kind])} for kind in some if kind in kinds]
    if "dates" in kinds:
        documents.append({"kind": "dates", "first_day": first.isoformat(), "last_day": last.isoformat()})
    if "minimum_spend" in kinds:
        documents.append({"kind": "minimum_spend", "amount": f"{minimum // 100}.{minimum % 100:02}"})
    return documents


@st.composite
def _rewards(draw: st.DrawFn) -> dict[str, Any]:
    cap = draw(st.none() | st.integers(1, 50))
    return draw(
        st.sampled_from(
            [
                {"kind": "fixed", "asset": "PTS", "amount": 10, "cap_per_purchase": cap},
                {"kind": "per_unit", "asset": "PTS", "units": 3, "per": "7.00", "cap_per_purchase": cap},
                {"kind": "percent", "asset": "EUR", "rate_bps": 333, "cap_per_purchase": cap},
            ]
        )
    )


@st.composite
def _versions(draw: st.DrawFn) -> list[OfferVersion]:
    versions = []
    for number in range(draw(st.integers(0, 6))):
        begin, end = sorted((draw(MOMENTS), draw(MOMENTS)))
        live_from, live_until = draw(st.sampled_from([(None, None), (begin, None), (None, end), (begin, end)]))
        terms = some_terms(*draw(_conditions()), reward=draw(_rewards()))
        versions.append(OfferVersion(UUID(int=number + 1), f"o{number}", 1, terms, live_from, live_until))
    return versions


SPENDS = st.builds(
    a_purchase,
    st.integers(0, 60_00),
    currency=st.sampled_from(["EUR", "EUR", "EUR", "GBP"]),
    at=MOMENTS,
    shop=st.sampled_from(SHOPS),
    centre=st.sampled_from([*CENTRES, None]),
    category=st.sampled_from(["5942", "5812", None]),
)


@given(versions=_versions(), spends=st.lists(SPENDS, min_size=1, max_size=5))
@settings(deadline=None, max_examples=300)
def test_index_and_matcher_equal_a_full_scan_and_the_trail(versions: list[OfferVersion], spends: list[Spend]) -> None:
    book = OfferBook.compile(versions, ZONES, PARIS, "EUR", shops=SHOPS, centres=CENTRES)
    for spend in spends:
        found = sorted(offer.code for offer in book.candidates(spend) if offer.matches(spend))
        live = [offer for offer in book.offers if offer.live(spend.purchased_at)]
        assert found == [offer.code for offer in live if offer.matches(spend)]
        assert found == [offer.code for offer in live if all(entry["ok"] for entry in offer.trail(spend))]
        looked_at = explained(book, spend)
        assert found == sorted(offer.code for offer, _, passed in looked_at if passed)
        for offer, trail, passed in looked_at:
            conditions = [entry for entry in trail if entry["kind"] != "lost_to"]
            assert passed is all(entry["ok"] for entry in conditions)
            if passed:
                assert conditions[-1]["amount"] == offer.reckon(spend.net_minor) >= 0
