"""What is ruled out without asking is ruled out rightly: matching is the candidates whose tests all hold."""

from collections.abc import Iterable
from datetime import timedelta
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from offer_builders import CENTRES, NOON, Spot, a_book, a_purchase, an_offer, some_terms

from cashback.offers import marks as marking
from cashback.offers import postings
from cashback.offers.compiled import CompiledOffer, OfferVersion
from cashback.offers.kinds import SINCE_EVER, Person, Visits
from cashback.offers.matcher import OfferBook
from cashback.offers.schemas import Fact, FactKind, Facts, Spend
from issuers.events import TimeBasis

UNSURE = st.sampled_from([{}, {}, {"unsure": "yes"}])
CONDITIONS = (
    st.builds(lambda minor: {"kind": "minimum_spend", "amount": f"{minor}.00"}, st.integers(1, 40)),
    st.builds(
        lambda days, more: {"kind": "weekdays", "weekdays": days, **more},
        st.lists(st.sampled_from(["mon", "wed", "sat", "sun"]), min_size=1, unique=True),
        UNSURE,
    ),
    st.builds(
        lambda begin, end, more: {"kind": "hours", "ranges": [{"from": begin, "to": end}], **more},
        st.sampled_from(["00:00", "08:30", "17:00"]),
        st.sampled_from(["09:15", "18:00", "24:00", "02:20"]),
        UNSURE,
    ),
    st.builds(
        lambda first, days, more: {
            "kind": "dates",
            "first_day": (NOON.date() + timedelta(days=first)).isoformat(),
            "last_day": (NOON.date() + timedelta(days=first + days)).isoformat(),
            **more,
        },
        st.integers(-2, 8),
        st.integers(0, 4),
        UNSURE,
    ),
    st.builds(
        lambda names: {"kind": "segments", "segments": names},
        st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, unique=True),
    ),
    st.builds(
        lambda names: {"kind": "tiers", "tiers": names},
        st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, unique=True),
    ),
    st.builds(
        lambda names: {"kind": "tags", "tags": names},
        st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, unique=True),
    ),
    st.builds(lambda centre: {"kind": "centres", "centres": [centre.code]}, st.sampled_from(CENTRES)),
)


@st.composite
def _offers(draw: st.DrawFn) -> list[OfferVersion]:
    chosen = [[draw(each) for each in CONDITIONS if draw(st.booleans())] for _ in range(draw(st.integers(1, 8)))]
    return [an_offer(some_terms(*conditions), f"offer-{n}") for n, conditions in enumerate(chosen)]


UNCERTAIN = st.one_of(
    st.none(),
    st.tuples(st.just(TimeBasis.ASSUMED_UTC), st.just(0)),
    st.tuples(st.just(TimeBasis.MERCHANT_LOCAL), st.just(60)),
    st.tuples(st.just(TimeBasis.DATE), st.integers(1, 4).map(lambda days: days * 24 * 60)),
)


def _a_spend(minor: int, minutes: int, centre: Spot | None, uncertain: tuple[TimeBasis, int] | None) -> Spend:
    at = NOON + timedelta(minutes=minutes)
    if uncertain is None:
        return a_purchase(minor * 100, at=at, centre=centre)
    basis, length = uncertain
    until = at + timedelta(minutes=length)
    return a_purchase(minor * 100, at=at, centre=centre, purchased_until=until, time_basis=basis)


SPENDS = st.builds(
    _a_spend, st.integers(1, 60), st.integers(0, 9 * 24 * 60), st.sampled_from([*CENTRES, None]), UNCERTAIN
)


FACTS = st.lists(
    st.builds(
        lambda kind, value, since, days: Fact(
            kind, value, NOON + timedelta(days=since), NOON + timedelta(days=since + days)
        ),
        st.sampled_from([FactKind.SEGMENT, FactKind.TIER, FactKind.TAG]),
        st.sampled_from(["a", "b", "c"]),
        st.integers(-2, 8),
        st.integers(1, 5),
    ),
    max_size=6,
).map(Facts)


@pytest.mark.parametrize("few", [0, 64])
@pytest.mark.parametrize("marks", [0, 1, 1_024])
@given(
    offers=_offers(),
    spends=st.lists(SPENDS, min_size=1, max_size=4),
    people=st.lists(FACTS, min_size=1, max_size=3),
    later=_offers(),
)
@settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_matching_is_the_candidates_that_match(
    few: int,
    marks: int,
    offers: list[OfferVersion],
    spends: list[Spend],
    people: list[Facts],
    later: list[OfferVersion],
) -> None:
    """One by one and in columns; a bit for every value, for some, for none; people in turns; offers that come later."""
    with mock.patch.object(postings, "FEW", few), mock.patch.object(marking, "MARKS_MAX", marks):
        book = a_book(offers)
        as_tests_say(book, spends, people)
        more = [*book.offers, *(CompiledOffer(each, book.around, SINCE_EVER) for each in later)]
        as_tests_say(OfferBook(more, book.around), spends, people)
        as_tests_say(book, spends, people)


def as_tests_say(book: OfferBook, spends: list[Spend], people: list[Facts]) -> None:
    """For every purchase and person, what the index finds is what the candidates' own tests say."""
    for spend in spends:
        found = [offer for offer in book.candidates(spend) if offer.matches(spend)]
        assert codes(found) == codes(offer for offer in book.offers if offer.matches(spend))
        assert codes(book.matching(spend)) == codes(found)
        for facts in people:
            mine = [offer for offer in found if offer.concerns(facts, spend.purchased_at)]
            person = Person(facts, Visits())
            assert codes(each for each in book.matching(spend, facts) if each.fits(spend, person)) == codes(mine)


def codes(offers: Iterable[CompiledOffer]) -> list[str]:
    return sorted(offer.code for offer in offers)
