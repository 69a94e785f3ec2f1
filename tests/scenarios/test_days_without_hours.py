"""A network that tells only the day of a purchase, from its webhook to the wallet, west and east of Greenwich.

The day is the centre's own, whatever UTC calls it; what the hour would decide, the offer's own word decides.
"""

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from stories import Ending, Story

from cashback.replay.service import replay_on

REDEEMED = json.loads(
    (
        Path(__file__).resolve().parents[1] / "issuers" / "fixtures" / "cardlytics" / "rtm.redemption-confirmed.json"
    ).read_text()
)
LINKED, TOLD = datetime(2026, 9, 1, 12, tzinfo=UTC), datetime(2026, 9, 30, 12, tzinfo=UTC)
PROGRAMME = """
programme: {{code: one-shop, name: One Shop, zone: {zone}, currency: USD}}
centres: [{{code: centre, name: Centre, country: US}}]
assets:
  - {{code: USD, kind: money, name: {{en: cashback, fr: cashback}}}}
  - {{code: PTS, kind: points, name: {{en: points, fr: points}}}}
shops:
  - code: shop
    name: Shop
    centre: centre
    category: "5812"
    identifiers: [{{network: cardlytics, scheme: ad, value: a1}}]
offers:
  - code: lunch
    conditions: [{{kind: hours, ranges: [{{from: "11:30", to: "14:30"}}]}}]
    reward: {{kind: percent, asset: USD, rate_bps: 1000}}
    group: day
    stacks_as: lunch
  - code: dinner
    conditions: [{{kind: hours, ranges: [{{from: "18:00", to: "23:00"}}], unsure: yes}}]
    reward: {{kind: fixed, asset: PTS, amount: 7}}
    group: day
    stacks_as: dinner
  - code: wednesday
    conditions: [{{kind: weekdays, weekdays: [wed]}}, {{kind: dates, first_day: 2026-09-16, last_day: 2026-09-16}}]
    reward: {{kind: percent, asset: USD, rate_bps: 500}}
    group: day
    stacks_as: wednesday
  - code: once-a-day
    conditions: []
    reward: {{kind: fixed, asset: PTS, amount: 10}}
    limits: [{{measure: times, at_most: 1, per: shopper, period: day}}]
    group: day
    stacks_as: daily
"""


def bought(on: str, transaction: str) -> dict[str, Any]:
    """A purchase of 24.00 of which only the day is told."""
    (redemption,) = REDEEMED["redemptions"]
    told = {**redemption, "redemptionDate": on, "transactionId": transaction, "redemptionId": f"r-{transaction}"}
    return {**REDEEMED, "eventId": f"event-{transaction}", "redemptions": [told]}


async def played(engine: AsyncEngine, zone: str, bodies: list[dict[str, Any]]) -> Ending:
    story = Story()
    story.link(LINKED, card="acct-1", provider="cardlytics")
    for place, body in enumerate((*bodies, *bodies)):  # every webhook is delivered twice
        story.deliver(TOLD + timedelta(minutes=place), "cardlytics", body, "USD")
    answer = await replay_on(engine, PROGRAMME.format(zone=zone), story.lines, source="days")
    assert (answer["ledger"]["audit"], answer["inbox"]["parked"], answer["inbox"]["conflicts"]) == ("clean", [], [])
    return Ending(answer)


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/Los_Angeles", "Pacific/Kiritimati", "UTC"])
async def test_the_day_decides_and_the_hour_is_said_to_be_unknown(engine: AsyncEngine, zone: str) -> None:
    ending = await played(engine, zone, [bought("2026-09-16", "tx-1")])
    assert ending.stands("tx-1") == ("cleared", 24_00, {"dinner": 7, "once-a-day": 10, "wednesday": 1_20})
    assert ending.verdict("tx-1", "lunch") == ("not_met", 1)
    assert ending.why_not("tx-1", "lunch") == [
        "Between 11:30 and 14:30: bought on 16 Sept 2026, the hour is not known; a receipt would tell it"
    ]
    assert ending.why("tx-1", "dinner")[0] == (
        "Between 18:00 and 23:00: bought on 16 Sept 2026, the hour is not known, and counted in your favour"
    )
    assert ending.why("tx-1", "wednesday")[:2] == [
        "Bought on Wednesday",
        "Bought on 16 Sept 2026, from 16 Sept 2026 to 16 Sept 2026",
    ]
    assert ending.wallet() == {"PTS": (0, 17, 0, 0), "USD": (0, 1_20, 0, 0)}


def standing(ending: Ending, ref: str) -> dict[str, int]:
    """What a purchase earned in the end; a reward that moved to another leaves nothing."""
    return {offer: amount for offer, amount in ending.stands(ref)[2].items() if amount}


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/Los_Angeles"])
async def test_any_order_of_days_ends_the_same(engine: AsyncEngine, zone: str) -> None:
    """Two purchases of one day are one day of the limit, in the order of their references; the day after is another."""
    told = [bought("2026-09-16", "tx-1"), bought("2026-09-16", "tx-2"), bought("2026-09-17", "tx-3")]
    endings = [await played(engine, zone, list(each)) for each in permutations(told)]
    for ending in endings:
        assert ending.wallet() == {"PTS": (0, 41, 0, 0), "USD": (0, 2_40, 0, 0)}
        assert standing(ending, "tx-1") == {"dinner": 7, "once-a-day": 10, "wednesday": 1_20}
        assert standing(ending, "tx-2") == {"dinner": 7, "wednesday": 1_20}
        assert standing(ending, "tx-3") == {"dinner": 7, "once-a-day": 10}
        assert ending.why_not("tx-2", "once-a-day") == [
            "At most once a day: already reached (bought on 16 Sept 2026, the hour is not known: "
            "the earliest moment counts)"
        ]
