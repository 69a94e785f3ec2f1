"""What is ruled out without asking is ruled out rightly: matching is the candidates whose tests all hold."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from offer_builders import CENTRES, NOON, a_book, a_purchase, an_offer, some_terms

from cashback.offers.compiled import OfferVersion
from cashback.offers.schemas import Spend

CONDITIONS = (
    st.builds(lambda minor: {"kind": "minimum_spend", "amount": f"{minor}.00"}, st.integers(1, 40)),
    st.builds(
        lambda days: {"kind": "weekdays", "weekdays": days},
        st.lists(st.sampled_from(["mon", "wed", "sat", "sun"]), min_size=1, unique=True),
    ),
    st.builds(
        lambda begin, end: {"kind": "hours", "ranges": [{"from": begin, "to": end}]},
        st.sampled_from(["00:00", "08:30", "17:00"]),
        st.sampled_from(["09:15", "18:00", "24:00", "02:20"]),
    ),
    st.builds(lambda centre: {"kind": "centres", "centres": [centre.code]}, st.sampled_from(CENTRES)),
)


@st.composite
def _offers(draw: st.DrawFn) -> list[OfferVersion]:
    chosen = [[draw(each) for each in CONDITIONS if draw(st.booleans())] for _ in range(draw(st.integers(1, 8)))]
    return [an_offer(some_terms(*conditions), f"offer-{n}") for n, conditions in enumerate(chosen)]


SPENDS = st.builds(
    lambda minor, minutes, centre: a_purchase(minor * 100, at=NOON + timedelta(minutes=minutes), centre=centre),
    st.integers(1, 60),
    st.integers(0, 9 * 24 * 60),
    st.sampled_from([*CENTRES, None]),
)


@given(offers=_offers(), spends=st.lists(SPENDS, min_size=1, max_size=6))
@settings(deadline=None, max_examples=300)
def test_matching_is_the_candidates_that_match(offers: list[OfferVersion], spends: list[Spend]) -> None:
    book = a_book(offers)
    for spend in spends:
        expected = [offer.code for offer in book.candidates(spend) if offer.matches(spend)]
        assert sorted(offer.code for offer in book.matching(spend)) == sorted(expected)
