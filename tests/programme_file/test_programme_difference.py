"""The difference of two files: nothing between equals, one readable line per change, in the order of the sections."""

from copy import deepcopy
from typing import Any

import pytest
from programme_texts import a_file

from cashback.programme_file.difference import difference


def lines(before: dict[str, Any] | None, after: dict[str, Any]) -> list[str]:
    return [str(change) for change in difference(None if before is None else a_file(**before), a_file(**after))]


def test_a_first_file_is_all_new() -> None:
    assert lines(None, {}) == [
        "+ programme quais: Les Quais",
        "+ centre perth: Perth",
        "+ centre quais: Les Quais",
        "+ asset EUR: euros",
        "+ asset PTS: points",
        "+ shop fnac: Fnac",
        "+ shop zara: Zara",
        "+ identifier fnac: sandbox mid 00123",
        "+ identifier fnac: stripe network_id 9 from 2026-06-30T22:00:00+00:00",
        "+ offer cashback: new",
        "+ offer points: new",
    ]


@pytest.mark.parametrize(
    "written_otherwise",
    [
        {},
        {"centres.0.zone": "Europe/Paris"},
        {"shops.0.brand": "Fnac"},
        {"shops.1.floor": ""},
        {"assets.0.clawback": "debt"},
        {"offers.0.budget": "100"},
        {"offers.0.reward.rounding": "half_up"},
        {"offers.1.hold_days": 0},
        {"offers.0.currency": "EUR"},
        {"shops.0.identifiers.1.valid_from": "2026-06-30T22:00:00Z"},
    ],
)
def test_the_same_meaning_written_otherwise_is_no_change(written_otherwise: dict[str, Any]) -> None:
    assert lines({}, written_otherwise) == []
    assert lines(written_otherwise, {}) == []


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        (
            {"offers.0.conditions.0.amount": "25.00"},
            ["~ offer cashback: conditions.minimum_spend.amount '20.00' → '25.00'"],
        ),
        (
            {"offers.0.conditions": []},
            [
                "~ offer cashback: conditions.minimum_spend.amount '20.00' → not set",
                "~ offer cashback: conditions.minimum_spend.kind 'minimum_spend' → not set",
            ],
        ),
        ({"offers.0.reward.cap_per_purchase": None}, ["~ offer cashback: reward.cap_per_purchase '10.00' → not set"]),
        ({"offers.1.hold_days": 7}, ["~ offer points: hold_days not set → '7'"]),
        ({"offers.1": None}, ["- offer points: ends"]),
        (
            {"shops.0.centre": "perth"},
            [
                "~ shop fnac: centre 'quais' → 'perth'",
                "+ identifier fnac: stripe network_id 9 from 2026-06-30T23:00:00+00:00",
                "- identifier fnac: stripe network_id 9 from 2026-06-30T22:00:00+00:00",
            ],
        ),
        ({"shops.1": None}, ["= shop zara: is not in the file; purchases refer to it, so it stays"]),
    ],
)
def test_a_change_is_one_line_that_a_person_understands(changes: dict[str, Any], wanted: list[str]) -> None:
    assert lines({}, changes) == wanted


RICH: dict[str, Any] = {
    "offers.0.limits": [
        {"measure": "amount", "at_most": "20.00", "per": "shopper", "period": "month"},
        {"measure": "times", "at_most": 3, "per": "shop", "period": "day", "over": "refuse"},
    ],
    "offers.0.funding": [{"funder": "operator", "share_bps": 4000}, {"funder": "brand", "share_bps": 6000}],
    "offers.0.conditions": [
        {"kind": "hours", "ranges": [{"from": "11:30", "to": "14:30"}, {"from": "18:00", "to": "21:00"}]},
        {"kind": "stamp_card", "every": 5, "one_a_day": True},
    ],
    "offers.0.reward": {
        "kind": "scale",
        "asset": "EUR",
        "steps": [{"rate_bps": 500}, {"from_amount": "50.00", "rate_bps": 800}],
    },
}


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, []),
        (
            {"offers.0.limits.0.at_most": "25.00"},
            ["limits[amount per shopper, month].at_most '20.00' → '25.00'"],
        ),
        ({"offers.0.limits.1.over": "reduce"}, ["limits[times per shop, day].over 'refuse' → not set"]),
        (
            {"offers.0.limits.1.period": "week"},
            [
                "limits[times per shop, day].at_most '3' → not set",
                "limits[times per shop, day].over 'refuse' → not set",
                "limits[times per shop, week].at_most not set → '3'",
                "limits[times per shop, week].over not set → 'refuse'",
            ],
        ),
        (
            {"offers.0.limits": [RICH["offers.0.limits"][1]]},
            ["limits[amount per shopper, month].at_most '20.00' → not set"],
        ),
        (
            {"offers.0.funding.0.share_bps": 5000, "offers.0.funding.1.share_bps": 5000},
            ["funding[brand].share_bps '6000' → '5000'", "funding[operator].share_bps '4000' → '5000'"],
        ),
        ({"offers.0.reward.steps.1.rate_bps": 900}, ["reward.steps[from 50.00].rate_bps '800' → '900'"]),
        ({"offers.0.reward.steps.0.rate_bps": 400}, ["reward.steps[from 0].rate_bps '500' → '400'"]),
        (
            {"offers.0.reward.steps.1.from_amount": "60.00"},
            ["reward.steps[from 50.00].rate_bps '800' → not set", "reward.steps[from 60.00].rate_bps not set → '800'"],
        ),
        (
            {"offers.0.conditions.0.ranges.1.to": "22:00"},
            ["conditions.hours.ranges[from 18:00].to '21:00' → '22:00'"],
        ),
        ({"offers.0.conditions.1.one_a_day": False}, ["conditions.stamp_card.one_a_day 'true' → not set"]),
    ],
)
def test_entries_of_lists_are_named_by_what_they_are_not_by_their_place(
    changes: dict[str, Any], wanted: list[str]
) -> None:
    assert lines(deepcopy(RICH), deepcopy(RICH | changes)) == [f"~ offer cashback: {detail}" for detail in wanted]
