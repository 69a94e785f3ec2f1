"""Offers that can never give anything are refused with line, field and reason; what is perhaps not meant is told."""

from copy import deepcopy
from typing import Any

import pytest
from programme_texts import a_text

from cashback.programme_file.reading import UnreadableProgramme, parse, parse_with_warnings

CENTRE = {"kind": "centres", "centres": ["quais"]}
LONDON = {"kind": "centres", "centres": ["perth"]}
NOVEMBER = {"kind": "dates", "first_day": "2026-11-02", "last_day": "2026-11-06"}
"""Monday to Friday."""
EUR_5 = {"kind": "fixed", "asset": "EUR", "amount": "5.00"}


def offer(code: str, *conditions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"code": code, "conditions": list(conditions), "reward": EUR_5, **more}


def text_of(*offers: dict[str, Any]) -> str:
    """The small programme with a third shop in the other centre, and these offers."""
    books = {"code": "books", "name": "Books", "centre": "perth", "category": "5942", "floor": "2", "area": "arcade"}
    return a_text(**{"shops.2": books, "offers": [deepcopy(each) for each in offers]})


def told(text: str) -> list[tuple[str, str]]:
    with pytest.raises(UnreadableProgramme) as refused:
        parse(text, "mine.yaml")
    return [(each.where, each.message) for each in refused.value.problems]


@pytest.mark.parametrize(
    ("conditions", "where", "message"),
    [
        (
            [{"kind": "minimum_spend", "amount": "50.00"}, {"kind": "maximum_spend", "amount": "49.99"}],
            "conditions[1].amount",
            "the maximum 49.99 is below the minimum_spend 50.00: the offer can never match",
        ),
        (
            [CENTRE, {"kind": "shops", "shops": ["books"]}],
            "conditions[1].shops",
            "no shop of this file is in the centres named and one of the shops named: the offer can never match",
        ),
        (
            [{"kind": "shops", "shops": ["fnac"]}, {"kind": "categories", "categories": ["5812", "5651"]}],
            "conditions[1].categories",
            "no shop of this file is one of the shops named and of the categories named: the offer can never match",
        ),
        (
            [LONDON, {"kind": "floors", "floors": ["1"]}],
            "conditions[1].floors",
            "no shop of this file is in the centres named and on the floors named: the offer can never match",
        ),
        (
            [{"kind": "areas", "areas": ["arcade"]}, CENTRE],
            "conditions[1].centres",
            "no shop of this file is in the areas named and in the centres named: the offer can never match",
        ),
        (
            [LONDON, {"kind": "brands", "brands": ["Inditex"]}],
            "conditions[1].brands",
            "no shop of this file is in the centres named and of the brands named: the offer can never match",
        ),
        (
            [
                {"kind": "shops", "shops": ["fnac", "zara"]},
                {"kind": "categories", "categories": ["5942"]},
                {"kind": "brands", "brands": ["Inditex", "Books"]},
            ],
            "conditions[2].brands",
            "no shop of this file meets all of shops, categories, brands: the offer can never match",
        ),
        (
            [CENTRE, {"kind": "trail", "shops": 3}],
            "conditions[1].shops",
            "the offer has 2 shops: a trail of 3 is never completed",
        ),
        (
            [{"kind": "spend_across", "amount": "200.00", "shops": 2}, {"kind": "shops", "shops": ["fnac"]}],
            "conditions[0].shops",
            "the offer has 1 shop: 2 are never visited",
        ),
        (
            [NOVEMBER, {"kind": "weekdays", "weekdays": ["sat", "sun"]}],
            "conditions[1].weekdays",
            "no day from 2026-11-02 to 2026-11-06 is one of sat, sun: the offer can never match",
        ),
        (
            [
                NOVEMBER,
                {"kind": "weekdays", "weekdays": ["mon", "tue"]},
                {"kind": "not_on", "days": ["2026-11-02", "2026-11-03"]},
            ],
            "conditions[2].days",
            "every day from 2026-11-02 to 2026-11-06 that would count is left out: the offer can never match",
        ),
        (
            [
                {"kind": "dates", "first_day": "2027-03-28", "last_day": "2027-03-28"},
                {"kind": "hours", "ranges": [{"from": "02:00", "to": "03:00"}]},
                CENTRE,
            ],
            "conditions[1].ranges",
            "the clock reads none of these times from 2027-03-28 to 2027-03-28: the offer can never match",
        ),
        (
            [{"kind": "stamp_card", "every": 2, "one_a_day": True, "period": "day"}],
            "conditions[0].every",
            "1 day of one day counts, one stamp a day: 2 stamps are never reached",
        ),
        (
            [
                {"kind": "weekdays", "weekdays": ["mon", "tue", "wed", "thu", "fri"]},
                {"kind": "stamp_card", "every": 6, "one_a_day": True, "period": "week"},
            ],
            "conditions[1].every",
            "5 days of one week count, one stamp a day: 6 stamps are never reached",
        ),
        (
            [NOVEMBER, {"kind": "stamp_card", "every": 6, "one_a_day": True}],
            "conditions[1].every",
            "5 days of the offer count, one stamp a day: 6 stamps are never reached",
        ),
        (
            [
                {"kind": "dates", "first_day": "2026-11-02", "last_day": "2026-11-22"},
                {"kind": "streak", "weeks": 4},
            ],
            "conditions[1].weeks",
            "the offer has 3 weeks in a row: 4 are never reached",
        ),
        (
            [{"kind": "nth_purchase", "n": 2, "at": "shop"}, {"kind": "customer", "status": "new"}],
            "conditions[0].n",
            "who is new in the shop has no purchase number 2 in the shop: the offer can never match",
        ),
        (
            [{"kind": "customer", "status": "lapsed", "days": 60}, {"kind": "nth_purchase", "n": 1}],
            "conditions[1].n",
            "who bought in the shop before makes no first purchase in the programme: the offer can never match",
        ),
    ],
)
def test_an_offer_that_can_never_match_is_refused(conditions: list[dict[str, Any]], where: str, message: str) -> None:
    assert told(text_of(offer("a", *conditions))) == [(f"offers[0].{where}", message)]


@pytest.mark.parametrize(
    "conditions",
    [
        [{"kind": "minimum_spend", "amount": "50.00"}, {"kind": "maximum_spend", "amount": "50.00"}],
        [CENTRE, {"kind": "shops", "shops": ["books", "zara"]}],
        [CENTRE, {"kind": "trail", "shops": 2}],
        [{"kind": "dates", "first_day": "2001-01-01", "last_day": "2001-01-02"}],
        [NOVEMBER, {"kind": "weekdays", "weekdays": ["fri", "sat"]}],
        [{"kind": "weekdays", "weekdays": ["sat"]}, {"kind": "not_on", "days": ["2026-12-26"]}],
        [
            {"kind": "dates", "first_day": "2027-03-28", "last_day": "2027-03-29"},
            {"kind": "hours", "ranges": [{"from": "02:00", "to": "03:00"}]},
        ],
        [
            {"kind": "dates", "first_day": "2027-03-28", "last_day": "2027-03-28"},
            {"kind": "hours", "ranges": [{"from": "02:00", "to": "03:01"}]},
        ],
        [{"kind": "stamp_card", "every": 6}, NOVEMBER],
        [{"kind": "stamp_card", "every": 5, "one_a_day": True, "period": "month"}],
        [{"kind": "stamp_card", "every": 1000, "one_a_day": True}],
        [{"kind": "dates", "first_day": "2026-11-02", "last_day": "2026-11-23"}, {"kind": "streak", "weeks": 4}],
        [{"kind": "customer", "status": "new"}, {"kind": "nth_purchase", "n": 2, "at": "centre"}],
        [
            {"kind": "customer", "status": "lapsed", "days": 60, "at": "centre"},
            {"kind": "nth_purchase", "n": 1, "at": "shop"},
        ],
    ],
)
def test_what_may_match_is_taken(conditions: list[dict[str, Any]]) -> None:
    assert parse(text_of(offer("a", *conditions))).offers[0].code == "a"


def multiplier(code: str, of: str, *conditions: dict[str, Any], asset: str = "EUR") -> dict[str, Any]:
    reward = {"kind": "multiplier", "asset": asset, "of": of, "factor_bps": 20000}
    return {"code": code, "conditions": list(conditions), "reward": reward}


@pytest.mark.parametrize(
    ("double", "message"),
    [
        (multiplier("b", "basis"), "no offer of this file has the code 'basis'; did you mean base?"),
        (multiplier("b", "b"), "b is itself a multiplier; expected an offer that reckons from what was spent"),
        (multiplier("b", "base", asset="PTS"), "base gives EUR, a multiple of it cannot be PTS"),
        (
            multiplier("b", "base", LONDON),
            "no purchase meets the conditions of both this offer and base: the offer can never match",
        ),
        (
            multiplier("b", "base", {"kind": "channel", "channel": "online"}),
            "no purchase meets the conditions of both this offer and base: the offer can never match",
        ),
    ],
)
def test_a_multiplier_names_an_offer_that_it_can_multiply(double: dict[str, Any], message: str) -> None:
    base = offer("base", CENTRE, {"kind": "channel", "channel": "in_store"})
    assert told(text_of(base, double)) == [("offers[1].reward.of", message)]
    assert parse(text_of(base, multiplier("b", "base", {"kind": "tiers", "tiers": ["gold"]}))).offers[1].code == "b"


@pytest.mark.parametrize(
    ("reward", "at_most", "message"),
    [
        (EUR_5, "4.99", "one purchase gives at least 5.00 EUR, the limit refuses all above 4.99 EUR: it never gives"),
        (
            {"kind": "per_unit", "asset": "PTS", "units": 10, "per": "1.00"},
            9,
            "one purchase gives at least 10 PTS, the limit refuses all above 9 PTS: it never gives",
        ),
        (
            {"kind": "percent", "asset": "EUR", "rate_bps": 1000},
            "1.99",
            "one purchase gives at least 2.00 EUR, the limit refuses all above 1.99 EUR: it never gives",
        ),
        (
            {"kind": "scale", "asset": "EUR", "steps": [{"rate_bps": 100}], "minimum": "3.00"},
            "2.00",
            "one purchase gives at least 3.00 EUR, the limit refuses all above 2.00 EUR: it never gives",
        ),
    ],
)
def test_a_limit_that_refuses_leaves_room_for_one_purchase(reward: dict[str, Any], at_most: Any, message: str) -> None:
    limit = {"measure": "amount", "at_most": at_most, "per": "shopper", "period": "month", "over": "refuse"}
    tight = offer("a", reward=reward, limits=[limit])
    if reward["kind"] == "percent":
        tight["conditions"] = [{"kind": "minimum_spend", "amount": "20.00"}]
    assert told(text_of(tight)) == [("offers[0].limits[0].at_most", message)]
    assert parse(text_of({**tight, "limits": [{**limit, "over": "reduce"}]})).offers[0].limits


def test_a_scale_pays_the_currency_of_the_purchases() -> None:
    text = a_text(
        **{
            "assets.2": {"code": "GBP", "kind": "money", "name": {"en": "pounds", "fr": "livres"}},
            "offers.0.reward": {"kind": "scale", "asset": "GBP", "steps": [{"rate_bps": 100}]},
            "offers.0.budget": None,
        }
    )
    assert told(text) == [("offers[0].reward.asset", "a percentage of EUR pays EUR, not GBP")]


def test_the_line_and_the_file_are_named() -> None:
    text = text_of(offer("a", {"kind": "minimum_spend", "amount": "9.00"}, {"kind": "maximum_spend", "amount": "8.00"}))
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "8.00" in each)
    with pytest.raises(UnreadableProgramme) as refused:
        parse(text, "mine.yaml")
    assert refused.value.detail == (
        "mine.yaml: 1 problem, nothing was applied\n"
        f"  line {line}: offers[0].conditions[1].amount: "
        "the maximum 8.00 is below the minimum_spend 9.00: the offer can never match"
    )


def test_contradictions_are_not_looked_for_in_an_offer_of_which_something_is_wrong() -> None:
    unknown = offer("a", LONDON, {"kind": "shops", "shops": ["fnak"]})
    assert [where for where, _ in told(text_of(unknown, offer("b", LONDON, {"kind": "shops", "shops": ["fnac"]})))] == [
        "offers[0].conditions[1].shops[0]",
        "offers[1].conditions[1].shops",
    ]


def warned(*offers: dict[str, Any]) -> list[tuple[str, str]]:
    _, warnings = parse_with_warnings(text_of(*offers))
    assert all(each.line for each in warnings)
    return [(each.where, each.message) for each in warnings]


def rival(code: str, *conditions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return offer(code, *conditions, **{"group": "xmas", **more})


def test_rivals_that_nothing_ranks_are_told() -> None:
    assert warned(rival("a"), rival("b", CENTRE)) == [
        (
            "offers[1].group",
            "b and a exclude each other in the group xmas with equal priority 0: "
            "where both apply, the better one for the shopper is given",
        )
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (rival("a"), rival("b", priority=1)),
        (rival("a"), rival("b", group="spring")),
        (offer("a"), offer("b")),
        (rival("a", stacks_as="food"), rival("b", stacks_as="fashion")),
        (rival("a", CENTRE), rival("b", LONDON)),
        (rival("a", NOVEMBER), rival("b", {"kind": "dates", "first_day": "2026-11-07"})),
        (rival("a", {"kind": "weekdays", "weekdays": ["mon"]}), rival("b", {"kind": "weekdays", "weekdays": ["tue"]})),
        (rival("a", {"kind": "tiers", "tiers": ["gold"]}), rival("b", {"kind": "tiers", "tiers": ["silver"]})),
        (
            rival("a", {"kind": "hours", "ranges": [{"from": "22:00", "to": "02:00"}]}),
            rival("b", {"kind": "hours", "ranges": [{"from": "02:00", "to": "22:00"}]}),
        ),
        (
            rival("a", {"kind": "maximum_spend", "amount": "49.99"}),
            rival("b", {"kind": "minimum_spend", "amount": "50.00"}),
        ),
        (rival("a"), {**multiplier("b", "a"), "group": "xmas"}),
    ],
)
def test_offers_that_are_ranked_or_never_meet_are_no_rivals(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert warned(one, other) == []


def test_names_that_add_nothing_are_told() -> None:
    some = offer("a", CENTRE, {"kind": "shops", "shops": ["fnac", "books"]})
    nobody = offer("b", {"kind": "categories", "categories": ["5942", "7832"]})
    assert warned(some, nobody) == [
        ("offers[0].conditions[1].shops[1]", "books adds nothing: no shop of it is in the centres named"),
        ("offers[1].conditions[0].categories[1]", "no shop of this file has the category 7832"),
    ]


def test_a_category_that_no_shop_has_yet_is_told_and_taken() -> None:
    assert warned(offer("a", CENTRE, {"kind": "categories", "categories": ["7832"]})) == [
        ("offers[0].conditions[1].categories[0]", "no shop of this file has the category 7832")
    ]


LUNCH = {"kind": "hours", "ranges": [{"from": "11:30", "to": "14:30"}]}
ALL_DAY = {"kind": "hours", "ranges": [{"from": "00:00", "to": "12:00"}, {"from": "12:00", "to": "24:00"}]}
ONLY_DAYS = {"kind": "networks", "networks": ["mastercard"]}
HOURS_TOO = {"kind": "networks", "networks": ["mastercard", "fidel"]}


def test_hours_that_no_network_of_the_offer_tells_are_told() -> None:
    assert warned(offer("a", LUNCH, ONLY_DAYS)) == [
        (
            "offers[0].conditions[0].ranges",
            "only the day of a purchase is told by mastercard, so that none meets these hours: "
            "with unsure: yes it counts all the same",
        )
    ]


@pytest.mark.parametrize(
    "conditions",
    [(LUNCH,), (LUNCH, HOURS_TOO), ({**LUNCH, "unsure": "yes"}, ONLY_DAYS), (ALL_DAY, ONLY_DAYS), (ONLY_DAYS,)],
)
def test_hours_that_can_be_told_are_not(conditions: tuple[dict[str, Any], ...]) -> None:
    assert warned(offer("a", *conditions)) == []


@pytest.mark.parametrize(
    ("providers", "identified", "told"),
    [
        ([], "fidel", False),
        (["mastercard"], None, True),
        (["mastercard", "fidel"], None, False),
        (["mastercard"], "fidel", False),
        (["mastercard", "somebody"], None, False),
        ([], None, False),
    ],
)
def test_without_networks_of_its_own_an_offer_hears_every_source(
    providers: list[str], identified: str | None, told: bool
) -> None:
    shop: dict[str, Any] = {"code": "only", "name": "Only", "centre": "quais", "category": "5812"}
    if identified is not None:
        shop["identifiers"] = [{"network": identified, "scheme": "mid", "value": "1"}]
    _, warnings = parse_with_warnings(a_text(shops=[shop], offers=[offer("a", LUNCH)]), providers=providers)
    assert [each.where for each in warnings] == (["offers[0].conditions[0].ranges"] if told else [])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LUNCH, {"kind": "hours", "ranges": [{"from": "18:00", "to": "23:00"}]}),
        ({"kind": "weekdays", "weekdays": ["mon"]}, {"kind": "weekdays", "weekdays": ["tue"]}),
        (NOVEMBER, {"kind": "dates", "first_day": "2026-11-07"}),
    ],
)
def test_offers_that_both_favour_uncertain_times_are_rivals_after_all(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    """A purchase of which the day, or the hour, is not known meets both, as no certain one does."""
    yes = {"unsure": "yes"}
    assert warned(rival("a", one), rival("b", other)) == []
    assert warned(rival("a", {**one, **yes}), rival("b", other)) == []
    assert [where for where, _ in warned(rival("a", {**one, **yes}), rival("b", {**other, **yes}))] == [
        "offers[1].group"
    ]
