"""Lines that say something of a shopper or activate an offer: what they do, and how bad ones are refused."""

import json
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from world import CENTRE, clearing, day

from cashback.errors import Invalid
from cashback.replay.script import read_script
from cashback.replay.service import replay_on
from cashback.replay.spoken import spoken_replay

PROGRAMME = (
    CENTRE
    + """
assets: [{code: PTS, kind: points, name: {en: points, fr: points}}]
offers:
  - {code: base, reward: {kind: per_unit, asset: PTS, units: 1, per: "1.00"}, group: points, stacks_as: base}
  - code: gold
    conditions: [{kind: tiers, tiers: [gold]}]
    reward: {kind: multiplier, asset: PTS, of: base, factor_bps: 20000}
  - code: fortnight
    conditions: [{kind: activated, valid_days: 14}, {kind: minimum_spend, amount: "15.00"}]
    reward: {kind: fixed, asset: PTS, amount: 100}
    group: points
    stacks_as: fortnight
  - code: large
    conditions: [{kind: minimum_spend, amount: "100.00"}, {kind: tiers, tiers: [silver]}]
    reward: {kind: fixed, asset: PTS, amount: 500}
    group: points
    priority: -1
  - code: first
    conditions: [{kind: nth_purchase, n: 1}]
    reward: {kind: fixed, asset: PTS, amount: 3}
    group: points
    priority: 1
    stacks_as: first
    limits: [{measure: times, at_most: 1, per: shopper}]
"""
)


def line(number: float, **what: Any) -> str:
    return json.dumps({"at": day(number).isoformat(), **what})


def bought(number: float, ref: str, amount: int = 20_00) -> str:
    body = {"id": f"evt-{ref}", **clearing(ref, amount, at=day(number))}
    return line(number, deliver={"provider": "sandbox", "body": body})


LINKED = line(0, link={"shopper": "anna", "provider": "sandbox", "card": "card-1"})


def say(number: float, value: str = "gold", kind: str = "tier", **more: Any) -> str:
    times = {name: each.isoformat() for name, each in more.items()}
    return line(number, say={"shopper": "anna", "kind": kind, "value": value, **times})


async def points(engine: AsyncEngine, *lines: str) -> dict[str, dict[str, int]]:
    """By purchase: what each offer gave."""
    answer = await replay_on(engine, PROGRAMME, [LINKED, *lines], source="programme")
    assert answer["ledger"]["audit"] == "clean"
    return {
        each["reference"]: {reward["offer"]: reward["amount"] for reward in each["rewards"]}
        for each in answer["purchases"]
    }


async def test_a_fact_holds_from_its_line_on_or_from_since_until_until(engine: AsyncEngine) -> None:
    purchases = [bought(number, f"p{number}") for number in (1, 3, 5)]
    first = {"base": 20, "first": 3}
    assert await points(engine, purchases[0], say(2), *purchases[1:]) == {
        "p1": first,
        "p3": {"base": 20, "gold": 20},
        "p5": {"base": 20, "gold": 20},
    }
    assert await points(engine, *purchases, say(6, since=day(2), until=day(5))) == {
        "p1": first,
        "p3": {"base": 20, "gold": 20},
        "p5": {"base": 20},
    }


async def test_a_fact_told_again_gets_another_end(engine: AsyncEngine) -> None:
    told = (say(1), bought(3, "p3"), say(4, since=day(1), until=day(2)))
    assert (await points(engine, *told))["p3"] == {"base": 20, "gold": 0, "first": 3}


async def test_an_activation_holds_from_its_line_on(engine: AsyncEngine) -> None:
    active = line(2, activate={"shopper": "anna", "offer": "fortnight"})
    given = await points(engine, bought(1, "p1"), active, active, bought(2, "p2"), bought(15.9, "p3"), bought(16, "p4"))
    assert [each.get("fortnight", 0) for each in given.values()] == [0, 100, 100, 0]


async def test_who_is_only_spoken_of_has_a_wallet(engine: AsyncEngine) -> None:
    answer = await replay_on(engine, PROGRAMME, [say(0)], source="programme")
    assert answer["wallets"] == {"anna": {}}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            line(1, say={"shopper": "anna", "kind": "colour", "value": "red"}),
            "Invalid enum value 'colour' - at `$.say.kind`; expected one of segment, tier, tag, referral, birth_month",
        ),
        (line(1, say={"shopper": "anna", "kind": "tier"}), "Object missing required field `value` - at `$.say`"),
        (
            line(1, say={"shopper": "anna", "kind": "tier", "value": "gold", "from": 1}),
            "Object contains unknown field `from` - at `$.say`",
        ),
        (
            line(1, say={"shopper": "", "kind": "tier", "value": "gold"}),
            "Expected `str` of length >= 1 - at `$.say.shopper`",
        ),
        (
            line(1, say={"shopper": "anna", "kind": "tier", "value": "gold", "since": "2026-11-01"}),
            "Invalid RFC3339 encoded datetime - at `$.say.since`",
        ),
        (
            line(1, say={"shopper": "anna", "kind": "activation", "value": "fortnight"}),
            'say: an offer is activated by a line of its own: expected "activate"',
        ),
        (
            say(1, until=day(1)),
            f"say: until {day(1).isoformat()} is not after {day(1).isoformat()}, from when on the fact holds",
        ),
        (
            say(3, since=day(2), until=day(1)),
            f"say: until {day(1).isoformat()} is not after {day(2).isoformat()}, from when on the fact holds",
        ),
        (line(1, activate={"shopper": "anna"}), "Object missing required field `offer` - at `$.activate`"),
        (
            line(1, activate={"shopper": "anna", "offer": "a"}, say={"shopper": "anna", "kind": "tier", "value": "x"}),
            "expected one of link, unlink, deliver, pay, say, activate",
        ),
    ],
)
def test_a_line_that_is_not_well_formed_is_refused_with_its_number(text: str, complaint: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_script([LINKED, "", text])
    assert (refused.value.detail, refused.value.code) == (f"line 3: {complaint}", "unreadable_line")


@pytest.mark.parametrize(
    ("text", "complaint", "code"),
    [
        (say(1, "13", "birth_month"), "a birth month is 01 to 12, got '13'", "fact_value"),
        (say(1, " gold"), "the tier ' gold' needs 1 to 64 printable characters, no space around", "fact_value"),
        (
            line(1, activate={"shopper": "anna", "offer": "fortnigth"}),
            "no offer 'fortnigth' runs now; did you mean fortnight?",
            "unknown_offer",
        ),
        (
            line(1, activate={"shopper": "anna", "offer": "x"}),
            "no offer 'x' runs now; expected one of base, first, fortnight, gold, large",
            "unknown_offer",
        ),
        (
            line(1, activate={"shopper": "anna", "offer": "base"}),
            "offer base needs no activation: it counts by itself",
            "no_activation",
        ),
    ],
)
async def test_what_only_the_programme_knows_is_refused_with_the_number_of_its_line(
    engine: AsyncEngine, text: str, complaint: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await replay_on(engine, PROGRAMME, [LINKED, "", text], source="programme")
    assert (refused.value.detail, refused.value.code) == (f"line 3: {complaint}", code)


async def test_the_answer_tells_what_came_of_each_offer_and_how_much_was_missing(engine: AsyncEngine) -> None:
    answer = await replay_on(engine, PROGRAMME, [LINKED, bought(1, "p1"), bought(2, "p2", 12_00)], source="programme")
    first, second = answer["purchases"]
    assert [(each["offer"], each["verdict"], each["missed"]) for each in first["why"]] == [
        ("base", "rewarded", 0),
        ("first", "rewarded", 0),
        ("fortnight", "not_met", 1),
        ("gold", "not_met", 1),
        ("large", "not_met", 2),
    ]
    assert [(each["offer"], each["verdict"], each["missed"]) for each in second["why"]] == [
        ("base", "rewarded", 0),
        ("first", "not_met", 1),
        ("fortnight", "not_met", 2),
        ("gold", "not_met", 1),
        ("large", "not_met", 2),
    ]


async def test_near_misses_come_first_with_what_is_missing_and_far_ones_say_only_that(engine: AsyncEngine) -> None:
    answer = await replay_on(engine, PROGRAMME, [LINKED, bought(1, "p1")], source="programme")
    text = spoken_replay(answer).replace("\u00a0", " ")
    assert (
        "      fortnight v1: no reward, one condition short\n"
        "          ✗ You had not activated the offer when you bought\n"
        "          ✓ Minimum spend €15.00: you spent €20.00\n"
        "          – 100 PTS per purchase\n"
        "      gold v1: no reward, one condition short\n"
        "          ✗ For tier gold only: you had none\n"
        "          – 20 PTS of the offer base, times 2: 20 PTS more\n"
        "      large v1: no reward, 2 conditions short\n"
        "          ✗ Minimum spend €100.00: you spent €20.00\n"
        "          ✗ For tier silver only: you had none\n"
        "\nunmatched"
    ) in text


async def test_the_other_reasons_for_no_reward_have_their_words(engine: AsyncEngine) -> None:
    changed = PROGRAMME.replace("nth_purchase, n: 1", 'minimum_spend, amount: "1.00"')
    for before, after in (
        ("stacks_as: fortnight", "stacks_as: base"),
        ("conditions: [{kind: activated, valid_days: 14}, ", "conditions: ["),
        ("priority: -1", "holdout_bps: 9999"),
        ('conditions: [{kind: minimum_spend, amount: "100.00"}, {kind: tiers, tiers: [silver]}]', "conditions: []"),
    ):
        assert before in changed
        changed = changed.replace(before, after)
    answer = await replay_on(engine, changed, [LINKED, bought(1, "p1"), bought(2, "p2")], source="programme")
    text = spoken_replay(answer)
    assert "base v1: no reward, fortnight gave more\n" in text
    assert "first v1: no reward, a limit or the budget was used up\n" in text
    assert "large v1: no reward, held out, to measure the offer by\n" in text
