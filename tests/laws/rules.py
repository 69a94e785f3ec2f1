"""Strategies: one shopper's purchases, what is said of them, and programmes of offers that look at all of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from offer_builders import SHOPS, SUR, TOWN, a_book, a_purchase, an_offer, some_terms

from cashback.offers.compiled import OfferVersion
from cashback.offers.matcher import OfferBook
from cashback.offers.schemas import Fact, FactKind, Grant, History, Spend
from cashback.offers.terms import Terms

BEGIN = datetime(2026, 12, 24, 12, tzinfo=UTC)
"""Days, a week, a month and a year turn soon after."""
WORTH = {"EUR": (1, 1), "PTS": (1, 10)}
AMOUNTS = st.sampled_from([1, 99, 9_99, 10_00, 20_00, 33_33, 50_00, 99_99, 100_00, 250_00])
PERIODS = st.sampled_from(["day", "week", "month", "year", "life"])
INSTANTS = st.integers(0, 12 * 24 * 4).map(lambda quarters: BEGIN + timedelta(minutes=15 * quarters))


@st.composite
def spends(draw: st.DrawFn, number: int) -> Spend:
    gross = draw(AMOUNTS)
    return a_purchase(
        draw(st.sampled_from([gross, gross, gross, gross // 2, 0])),
        gross=gross,
        at=draw(INSTANTS),
        number=number,
        card=draw(st.integers(1, 2)),
        shop=draw(st.sampled_from(SHOPS)),
        centre=draw(st.sampled_from([TOWN, SUR])),
        brand=draw(st.sampled_from(["fnac", "zara"])),
        currency=draw(st.sampled_from(["EUR", "EUR", "EUR", "EUR", "EUR", "GBP"])),
        cleared_at=BEGIN,
    )


@st.composite
def bought(draw: st.DrawFn, *, at_most: int = 10) -> list[Spend]:
    return [draw(spends(number)) for number in range(1, draw(st.integers(1, at_most)) + 1)]


FACTS = st.lists(
    st.builds(
        lambda kind_value, since, hours: Fact(
            *kind_value, since, None if hours is None else since + timedelta(hours=hours)
        ),
        st.sampled_from(
            [
                (FactKind.TIER, "gold"),
                (FactKind.TIER, "silver"),
                (FactKind.SEGMENT, "runners"),
                (FactKind.ACTIVATION, "o0"),
                (FactKind.BIRTH_MONTH, "12"),
            ]
        ),
        INSTANTS,
        st.none() | st.integers(1, 200),
    ),
    max_size=4,
)

BY_ITSELF: list[dict[str, Any]] = [
    {"kind": "minimum_spend", "amount": "10.00"},
    {"kind": "maximum_spend", "amount": "99.99"},
    {"kind": "shops", "shops": ["fnac", "zara"]},
]
OF_PEOPLE: list[dict[str, Any]] = [
    {"kind": "tiers", "tiers": ["gold"]},
    {"kind": "segments", "segments": ["runners"]},
    {"kind": "activated", "valid_days": 5},
    {"kind": "birthday_month"},
]
OF_HISTORY: list[dict[str, Any]] = [
    {"kind": "nth_purchase", "n": 2},
    {"kind": "customer", "status": "new", "at": "brand"},
    {"kind": "customer", "status": "lapsed", "days": 2},
    {"kind": "spend_across", "amount": "60.00", "period": "week", "repeats": "each"},
    {"kind": "spend_across", "amount": "60.00", "period": "month", "repeats": "onwards", "reckons": "sum"},
    {"kind": "trail", "shops": 2, "period": "year"},
    {"kind": "stamp_card", "every": 2, "one_a_day": True},
    {"kind": "streak", "weeks": 2},
]
REWARDS: list[dict[str, Any]] = [
    {"kind": "fixed", "asset": "PTS", "amount": 10},
    {"kind": "per_unit", "asset": "PTS", "units": 3, "per": "7.00", "cap_per_purchase": 40},
    {"kind": "percent", "asset": "EUR", "rate_bps": 333},
    {"kind": "percent", "asset": "EUR", "rate_bps": 500, "rounding": "down", "minimum": "0.50"},
    {"kind": "scale", "asset": "EUR", "steps": [{"rate_bps": 500}, {"from_amount": "20.00", "rate_bps": 900}]},
    {
        "kind": "scale", "asset": "EUR", "applies": "whole",
        "steps": [{"from_amount": "10.00", "rate_bps": 500}, {"from_amount": "50.00", "rate_bps": 900}],
    },
]  # fmt: skip


@st.composite
def limits(draw: st.DrawFn, *, per: tuple[str, ...] = ("shopper", "card", "shopper_and_shop")) -> dict[str, Any]:
    measure = draw(st.sampled_from(["times", "amount"]))
    return {
        "measure": measure,
        "at_most": draw(st.integers(1, 3) if measure == "times" else st.integers(1, 60)),
        "per": draw(st.sampled_from(per)),
        "period": draw(PERIODS),
        "over": draw(st.sampled_from(["reduce", "refuse"])),
    }


SHARED = ("shop", "offer")


@st.composite
def some_offer(
    draw: st.DrawFn,
    *,
    conditions: list[dict[str, Any]] = BY_ITSELF + OF_PEOPLE + OF_HISTORY,
    per: tuple[str, ...] = ("shopper", "card", "shopper_and_shop", *SHARED),
    group: st.SearchStrategy[str | None] = st.sampled_from([None, "g", "h"]),  # noqa: B008 - a constant
    limited: bool = True,
) -> Terms:
    """`at_most` of a limit on money is written in whole units of it: 1.00 to 60.00."""
    kinds = draw(st.lists(st.sampled_from(conditions), max_size=2, unique_by=lambda each: each["kind"]))
    found = draw(st.lists(limits(per=per), max_size=3)) if limited else []
    unique = {(each["measure"], each["per"], each["period"]): each for each in found}
    name = draw(group)
    return some_terms(
        *kinds,
        reward=draw(st.sampled_from(REWARDS)),
        limits=list(unique.values()),
        group=name,
        stacks_as=None if name is None else draw(st.sampled_from([None, "x", "y"])),
        priority=draw(st.sampled_from([0, 0, 1])),
        budget=draw(st.sampled_from([None, None, 500])) if set(per) & set(SHARED) else None,
    )


@st.composite
def programmes(draw: st.DrawFn, *, multiples: bool = True, **more: Any) -> list[OfferVersion]:
    """Up to four offers, some with two versions, and perhaps a multiple of the first one."""
    versions: list[OfferVersion] = []
    for number in range(draw(st.integers(1, 4))):
        terms, code = draw(some_offer(**more)), f"o{number}"
        change = draw(st.none() | INSTANTS)
        versions.append(an_offer(terms, code, live_until=change))
        if change is not None:
            later = draw(some_offer(**more)).model_copy(update={"reward": terms.reward})
            versions.append(an_offer(later, code, version=2, live_from=change))
    asset = versions[0].terms.reward.asset
    if multiples and draw(st.booleans()):
        reward = {"kind": "multiplier", "asset": asset, "of": "o0", "factor_bps": 15_000}
        found = draw(st.lists(limits(), max_size=1))
        versions.append(an_offer(some_terms(reward=reward, limits=found), "double"))
    return versions


def book_of(versions: list[OfferVersion], **more: Any) -> OfferBook:
    return a_book(versions, worth=WORTH, **more)


@st.composite
def grants(draw: st.DrawFn, book: OfferBook, history: History) -> dict[tuple[UUID, UUID], Grant]:
    """What quotas may have given, of the buckets that each purchase draws from, or of others."""
    found: dict[tuple[UUID, UUID], Grant] = {}
    for spend in history.spends:
        for offer in book.offers:
            if offer.budgeted and offer.live(spend.purchased_at) and draw(st.booleans()):
                wanted = draw(st.integers(0, 60))
                buckets = tuple(each.bucket for each in offer.draws(spend))
                if draw(st.integers(0, 5)) == 0:
                    buckets = ("of another version",)
                found[spend.purchase_id, offer.offer_id] = Grant(wanted, draw(st.integers(0, wanted)), buckets)
    return found
