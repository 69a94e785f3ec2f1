"""What a backtest tells of small worlds, to the cent, and the law: it tells what the road would have posted."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from world import CENTRE, START, World, a_world, clearing, day

from cashback.actors import Actor, Scope
from cashback.backtest import service
from cashback.backtest.service import Question, backtest
from cashback.errors import Forbidden, Invalid

ASSETS = """
assets:
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
  - {code: PTS, kind: points, name: {en: points, fr: points}}
offers:
"""
TWO = "  - {code: two, reward: {kind: percent, asset: EUR, rate_bps: 200}}\n"
POINTS = "  - {code: club, reward: {kind: fixed, asset: PTS, amount: 10}}\n"
CENTRE_WITH = CENTRE + ASSETS
MONTH = (date(2026, 11, 1), date(2026, 12, 1))


def programme(*offers: str) -> str:
    text = CENTRE_WITH + "".join(offers)
    return text.replace("offers:\n", "offers: []\n") if not offers else text


async def shop(world: World, *bought: tuple[str, float, int, str]) -> None:
    """Each shopper buys so many days after the start, so much, in the shop of this identifier."""
    linked: set[str] = set()
    for number, (shopper, after, amount, mid) in enumerate(bought):
        if shopper not in linked:
            await world.link(f"card-{shopper}", shopper, at=START - timedelta(days=30))
            linked.add(shopper)
        at = day(after)
        await world.play(clearing(f"p{number}", amount, at=at, card=f"card-{shopper}", mid=mid), at=at)


def told(answer: dict[str, Any]) -> tuple[int, int, int]:
    return answer["rewarded"]["purchases"], answer["rewarded"]["shoppers"], answer["cost"]["total"]


async def ask(world: World, offer: str, first: date = MONTH[0], until: date = MONTH[1], **more: Any) -> dict[str, Any]:
    return await backtest(world.engine, world.stage.actor, Question(offer, first, until, **more), world.now)


BOUGHT = [
    ("anna", 1, 40_00, "1001"),
    ("bert", 2, 100_00, "1002"),
    ("anna", 3, 20_00, "1002"),
    ("cleo", 4, 9_99, "1001"),
    ("bert", 5, 60_00, "1001"),
    ("anna", 36, 500_00, "1001"),
]


async def test_reach_cost_days_and_shops_of_an_offer_for_one_shop(engine: AsyncEngine) -> None:
    world = await a_world(engine, programme(TWO, POINTS))
    await shop(world, *BOUGHT)
    offer = """
code: cafe
conditions: [{kind: shops, shops: [cafe]}, {kind: minimum_spend, amount: "10.00"}]
reward: {kind: percent, asset: EUR, rate_bps: 1000}
funding: [{funder: shop, share_bps: 3333}, {funder: brand, share_bps: 3333}, {funder: operator, share_bps: 3334}]
commission_bps: 1000
"""
    answer = await ask(world, offer)
    assert answer["considered"] == {"purchases": 5, "shoppers": 3}
    assert answer["rewarded"] == {
        "purchases": 2,
        "shoppers": 2,
        "shops": 1,
        "net_minor": 100_00,
        "purchases_bps": 4000,
        "shoppers_bps": 6667,
    }
    assert answer["cost"] == {
        "total": 10_00,
        "funders": {"shop": 3_33, "brand": 3_33, "operator": 3_34},
        "commission": 67,
        "by_day": [
            {"day": "2026-11-02", "amount": 4_00, "purchases": 1},
            {"day": "2026-11-06", "amount": 6_00, "purchases": 1},
        ],
        "by_shop": [{"shop": "cafe", "amount": 10_00, "purchases": 2}],
    }
    assert answer["overlap"] == [
        {"offer": "club", "asset": "PTS", "both": 2, "new_wins": 0, "new_loses": 0, "side_by_side": 2, "difference": 0},
        {"offer": "two", "asset": "EUR", "both": 2, "new_wins": 2, "new_loses": 0, "side_by_side": 0,
         "difference": -2_00},
    ]  # fmt: skip
    assert answer["net_change"] == {"EUR": 8_00}
    assert answer["budget"] is None
    assert answer["range"]["p5"] <= 10_00 <= answer["range"]["p95"]


async def test_the_day_a_budget_ends_and_what_was_wanted_after_it(engine: AsyncEngine) -> None:
    world = await a_world(engine, programme(TWO))
    await shop(world, *BOUGHT)
    answer = await ask(world, '{code: ten, budget: "15.00", reward: {kind: percent, asset: EUR, rate_bps: 1000}}')
    assert answer["cost"]["total"] == 15_00
    assert [(each["day"], each["amount"]) for each in answer["cost"]["by_day"]] == [
        ("2026-11-02", 4_00),
        ("2026-11-03", 10_00),
        ("2026-11-04", 1_00),
    ]
    assert answer["budget"] == {
        "amount": 15_00,
        "left": 0,
        "ends_on": "2026-11-04",
        "refused_purchases": 2,
        "wanted_after": 8_00,
    }
    # Three purchases leave the two per cent of before, two of them get it back when the budget is gone.
    assert answer["net_change"] == {"EUR": 15_00 - 80 - 2_00 - 40}


async def test_held_out_shoppers_cost_nothing_and_are_told(engine: AsyncEngine) -> None:
    world = await a_world(engine, programme(TWO))
    await shop(world, *[(f"s{number}", 1, 10_00, "1001") for number in range(12)])
    offer = "{code: ten, holdout_bps: 5000, reward: {kind: percent, asset: EUR, rate_bps: 1000}}"
    answer = await ask(world, offer)
    out = answer["held_out"]["shoppers"]
    assert 0 < out < 12
    assert answer["held_out"]["wanted"] == out * 1_00
    assert told(answer) == (12 - out, 12 - out, (12 - out) * 1_00)


async def test_an_offer_that_loses_costs_nothing(engine: AsyncEngine) -> None:
    world = await a_world(engine, programme(TWO))
    await shop(world, *BOUGHT)
    answer = await ask(world, "{code: one, reward: {kind: percent, asset: EUR, rate_bps: 100}}")
    assert told(answer) == (0, 0, 0)
    assert answer["overlap"][0] | {"offer": "two"} == {
        "offer": "two", "asset": "EUR", "both": 5, "new_wins": 0, "new_loses": 5, "side_by_side": 0, "difference": 0,
    }  # fmt: skip
    assert answer["range"] == {"p5": 0, "p50": 0, "p95": 0, "resamples": 1000, "seed": 1}


async def test_other_terms_of_an_offer_that_runs(engine: AsyncEngine) -> None:
    world = await a_world(engine, programme(TWO))
    await shop(world, *BOUGHT)
    answer = await ask(world, "{code: two, reward: {kind: percent, asset: EUR, rate_bps: 300}}")
    assert answer["replaces"]
    assert answer["cost"]["total"] == 1_20 + 3_00 + 60 + 30 + 1_80
    assert answer["net_change"] == {"EUR": 40 + 1_00 + 20 + 10 + 60}


async def test_the_same_seed_gives_the_same_range(engine: AsyncEngine) -> None:
    world = await a_world(engine, programme())
    await shop(world, *BOUGHT)
    offer = "{code: ten, reward: {kind: percent, asset: EUR, rate_bps: 1000}}"
    first, again, other = [(await ask(world, offer, seed=seed))["range"] for seed in (7, 7, 8)]
    assert first == again != other
    assert first["p5"] < 23_00 < first["p95"]


async def test_errors_name_line_and_field(engine: AsyncEngine) -> None:
    world = await a_world(engine, programme(TWO))
    offer = (
        "code: ten\nconditions:\n  - {kind: shops, shops: [caffe]}\nreward: {kind: percent, asset: EUR, rate_bps: x}\n"
    )
    with pytest.raises(Invalid) as refused:
        await ask(world, offer, source="ten.yaml")
    assert "ten.yaml: 1 problem, nothing was applied" in refused.value.detail
    assert "line 4: reward.rate_bps" in refused.value.detail
    with pytest.raises(Invalid, match=r"line 3: conditions\[0\]\.shops\[0\].*did you mean cafe\?"):
        await ask(world, offer.replace("x}", "5}"))
    with pytest.raises(Invalid, match="expected a later end"):
        await ask(world, TWO, MONTH[1], MONTH[0])


async def test_whoever_may_only_read_is_refused(engine: AsyncEngine) -> None:
    world = await a_world(engine, programme(TWO))
    reader = Actor(world.operator_id, "key:reader", frozenset({Scope.READ}))
    with pytest.raises(Forbidden):
        await backtest(engine, reader, Question(TWO, *MONTH), world.now)


async def test_helping_processes_find_the_same(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await a_world(engine, programme(TWO, POINTS))
    await shop(world, *BOUGHT)
    offer = '{code: ten, budget: "15.00", reward: {kind: percent, asset: EUR, rate_bps: 1000}}'
    alone = await ask(world, offer)
    monkeypatch.setattr(service, "ALONE_MAX", 0)
    monkeypatch.setattr(service, "AT_ONCE", 1)
    told: list[tuple[int, int]] = []
    question = Question(offer, *MONTH)
    helped = await backtest(
        engine, world.stage.actor, question, world.now, progress=lambda done, total: told.append((done, total))
    )
    assert helped == alone
    first_pass = told[: told.index((3, 3)) + 1]
    assert first_pass == sorted(first_pass), "it only goes forward, and to the end"


LAWS = {
    "plain": ("{code: new, reward: {kind: percent, asset: EUR, rate_bps: 700}}", [TWO]),
    "budget": ('{code: new, budget: "30.00", reward: {kind: percent, asset: EUR, rate_bps: 700}}', [TWO]),
    "budget that leaves a rest": (
        '{code: new, budget: "11.00", reward: {kind: fixed, asset: EUR, amount: "2.50"}}', [TWO],
    ),
    "per shopper and month": (
        '{code: new, limits: [{measure: amount, at_most: "6.00", per: shopper, period: month}],'
        " reward: {kind: percent, asset: EUR, rate_bps: 700}}",
        [TWO],
    ),
    "once a day for all": (
        "{code: new, limits: [{measure: times, at_most: 1, per: offer, period: day}],"
        " reward: {kind: percent, asset: EUR, rate_bps: 700}}",
        [TWO],
    ),
    "all or nothing at each shop": (
        '{code: new, limits: [{measure: amount, at_most: "9.00", per: shop, period: life, over: refuse}],'
        " reward: {kind: percent, asset: EUR, rate_bps: 700}}",
        [TWO],
    ),
    "beside a live budget": (
        '{code: new, conditions: [{kind: shops, shops: [cafe]}], budget: "12.00",'
        " reward: {kind: percent, asset: EUR, rate_bps: 900}}",
        ['  - {code: live, budget: "20.00", reward: {kind: percent, asset: EUR, rate_bps: 500}}\n', TWO],
    ),
    "beside a live budget that is large": (
        '{code: new, conditions: [{kind: shops, shops: [cafe]}], budget: "12.00",'
        " reward: {kind: percent, asset: EUR, rate_bps: 900}}",
        ['  - {code: live, budget: "2000.00", reward: {kind: percent, asset: EUR, rate_bps: 500}}\n', TWO],
    ),
    "limits of both": (
        '{code: new, limits: [{measure: times, at_most: 2, per: shopper, period: week}], budget: "40.00",'
        " reward: {kind: percent, asset: EUR, rate_bps: 900}}",
        [
            '  - {code: live, limits: [{measure: amount, at_most: "3.00", per: shopper, period: month}],'
            " reward: {kind: percent, asset: EUR, rate_bps: 500}}\n",
            TWO,
        ],
    ),
    "every second": (
        "{code: new, conditions: [{kind: stamp_card, every: 2}],"
        ' reward: {kind: fixed, asset: EUR, amount: "4.00"}}',
        [TWO, POINTS],
    ),
    "a multiple": ("{code: new, reward: {kind: multiplier, of: two, asset: EUR, factor_bps: 30000}}", [TWO]),
}  # fmt: skip


@pytest.mark.parametrize("law", LAWS)
async def test_a_backtest_tells_what_the_road_posts(engine: AsyncEngine, law: str) -> None:
    offer, live = LAWS[law]
    shoppers = ("anna", "bert", "cleo", "dora")
    bought = [
        (shoppers[number * 7 % 4], number * 0.55, 5_00 + number * 37_11 % 90_00, "1001" if number % 3 else "1002")
        for number in range(40)
    ]
    ran = await a_world(engine, programme(*live))
    await shop(ran, *bought)
    tried = await a_world(engine, programme(*live, f"  - {offer}\n"))
    await shop(tried, *bought)
    answer = await ask(ran, offer)
    before, after = await posted(ran), await posted(tried)
    assert answer["cost"]["total"] == after["new"] > 0
    assert {each["offer"]: each["difference"] for each in answer["overlap"] if each["difference"]} == {
        code: after[code] - before[code] for code in before if after[code] != before[code]
    }
    await tried.audit()


async def posted(world: World) -> Counter[str]:
    rows = await world.rows(
        """SELECT o.code, sum(r.amount)::bigint FROM rewards r
        JOIN offers o ON o.operator_id = r.operator_id AND o.id = r.offer_id GROUP BY o.code"""
    )
    return Counter(dict(rows))  # type: ignore[arg-type]


LUNCH = "{code: lunch, conditions: [{kind: hours, ranges: [{from: '11:30', to: '14:30'}]%s}], %s}"
TENTH = "reward: {kind: percent, asset: EUR, rate_bps: 1000}"


@pytest.mark.parametrize(("unsure", "cost"), [("", 0), (", unsure: 'yes'", 10_00)])
async def test_purchases_whose_hour_is_not_known_are_counted_and_told(
    engine: AsyncEngine, unsure: str, cost: int
) -> None:
    world = await a_world(engine, programme(TWO))
    await shop(world, *BOUGHT)
    before = await ask(world, LUNCH % (unsure, TENTH))
    assert "time_undecided" not in {each["code"] for each in before["notes"]}
    async with world.connection() as connection:
        # As a source tells it that knows the day of the second purchase and not its hour.
        changed = await connection.exec_driver_sql(
            """UPDATE purchases SET purchased_at = date_trunc('day', purchased_at, 'UTC'), time_basis = 'date',
            purchased_until = date_trunc('day', purchased_at, 'UTC') + interval '1 day' WHERE purchase_ref = 'p1'"""
        )
        assert changed.rowcount == 1
    after = await ask(world, LUNCH % (unsure, TENTH))
    (note,) = (each["text"] for each in after["notes"] if each["code"] == "time_undecided")
    assert note.startswith("Of 1 of the purchases at places of the offer the time is not told precisely enough")
    others = before["cost"]["total"] - sum(
        each["amount"] for each in before["cost"]["by_day"] if each["day"] == day(2).date().isoformat()
    )
    assert after["cost"]["total"] == others + cost
    assert after["considered"] == before["considered"]
