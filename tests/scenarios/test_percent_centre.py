"""A centre with percent cashback: minimum, cap, hold, budget, several assets; and what networks do to a purchase."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from stories import Story
from world import authorization, clearing, refund

NOON = datetime(2026, 11, 3, 11, 0, tzinfo=UTC)
DAY = timedelta(days=1)
CAFE, BEAUTY, SHOES, FASHION, OVEN = "0033100001", "0033100002", "0033100003", "0033100004", "0033100007"
CENTRE = "percent-centre"
FIDEL_BEAUTY = "7e0b7a64-2f0d-4f0b-8c61-000000000002"


def a_story() -> Story:
    story = Story()
    story.link(NOON)
    return story


@pytest.mark.parametrize(
    ("amount", "mid", "rewards"),
    [
        (14_99, BEAUTY, {}),
        (15_00, BEAUTY, {"welcome-back": 45}),
        (15_17, BEAUTY, {"welcome-back": 46}),
        (199_99, BEAUTY, {"welcome-back": 6_00}),
        (200_01, BEAUTY, {"welcome-back": 6_00}),
        (39_99, FASHION, {"welcome-back": 1_20}),
        (40_00, FASHION, {"fashion-week": 3_20}),
        (40_19, SHOES, {"fashion-week": 3_21}),
        (900_00, FASHION, {"fashion-week": 12_00}),
        (12_00, CAFE, {"free-parking": 60}),
        (20_00, OVEN, {"welcome-back": 60, "free-parking": 60}),
        (11_99, CAFE, {}),
    ],
)
async def test_what_one_purchase_earns(engine: AsyncEngine, amount: int, mid: str, rewards: dict[str, int]) -> None:
    story = a_story()
    story.buy(NOON, "p", amount, mid=mid)
    ending = await story.replay(engine, CENTRE)
    assert ending.stands("p") == ("cleared", amount, rewards)


async def test_from_purchase_to_available(engine: AsyncEngine) -> None:
    story = a_story()
    story.tell(NOON, authorization("p", 50_00, at=NOON, mid=BEAUTY))
    assert (await story.replay(engine, CENTRE)).wallet() == {"EUR": (1_50, 0, 0, 0)}
    story.tell(NOON + DAY, clearing("p", 57_50, at=NOON + DAY, mid=BEAUTY))
    story.add(NOON + 15 * DAY - timedelta(seconds=1))
    ending = await story.replay(engine, CENTRE)
    assert ending.wallet() == {"EUR": (1_73, 0, 0, 0)}
    assert ending.purchase("p")["rewards"][0]["matures_at"] == (NOON + 15 * DAY).isoformat()
    story.add(NOON + 15 * DAY)
    assert (await story.replay(engine, CENTRE)).wallet() == {"EUR": (0, 1_73, 0, 0)}


async def test_the_spring_draw_counts_full_steps_up_to_five(engine: AsyncEngine) -> None:
    story = a_story()
    spring = datetime(2027, 3, 19, 23, 0, tzinfo=UTC)
    story.buy(spring - timedelta(seconds=1), "winter", 30_00, mid=BEAUTY)
    story.buy(spring, "first", 39_99, mid=BEAUTY)
    story.buy(spring + DAY, "large", 500_00, mid=BEAUTY)
    ending = await story.replay(engine, CENTRE)
    assert ending.wallet()["TICKET:spring"] == (0, 6, 0, 0)
    assert "spring-draw" not in ending.stands("winter")[2]


async def test_a_budget_ends_and_the_last_winner_takes_what_is_left(engine: AsyncEngine) -> None:
    story = a_story()
    for number in range(4):
        story.buy(NOON + number * DAY, f"p{number}", 100_00, mid=BEAUTY)
    ending = await story.replay(engine, CENTRE, ('budget: "20000.00"', 'budget: "7.50"'))
    assert [ending.stands(f"p{number}")[2] for number in range(4)] == [
        {"welcome-back": 3_00},
        {"welcome-back": 3_00},
        {"welcome-back": 1_50},
        {},
    ]
    assert ending.wallet() == {"EUR": (7_50, 0, 0, 0)}


async def test_refund_before_the_purchase_twice_and_above_it(engine: AsyncEngine) -> None:
    story = a_story()
    story.tell(NOON, refund("r1", 30_00, at=NOON + DAY, of="p", mid=BEAUTY))
    assert (await story.replay(engine, CENTRE)).wallet() == {}
    story.buy(NOON, "p", 100_00, mid=BEAUTY)
    assert (await story.replay(engine, CENTRE)).stands("p") == ("partly_refunded", 70_00, {"welcome-back": 2_10})
    story.tell(NOON + DAY, refund("r1", 30_00, at=NOON + DAY, of="p", mid=BEAUTY))
    assert (await story.replay(engine, CENTRE)).stands("p") == ("partly_refunded", 70_00, {"welcome-back": 2_10})
    story.tell(NOON + DAY, refund("r2", 90_00, at=NOON + DAY, of="p", mid=BEAUTY))
    ending = await story.replay(engine, CENTRE)
    assert ending.stands("p") == ("refunded", 0, {"welcome-back": 0})
    assert ending.wallet() == {}


async def test_two_identical_coffees_and_one_refund(engine: AsyncEngine) -> None:
    story = a_story()
    story.buy(NOON, "first", 12_00, mid=CAFE)
    story.buy(NOON + timedelta(minutes=1), "second", 12_00, mid=CAFE)
    story.tell(NOON + DAY, refund("r", 12_00, at=NOON + DAY, mid=CAFE))
    ending = await story.replay(engine, CENTRE)
    assert ending.stands("first") == ("cleared", 12_00, {"free-parking": 60})
    assert ending.stands("second") == ("refunded", 0, {"free-parking": 0})
    assert ending.purchase("r")["credit_to"] == "second"
    assert ending.wallet() == {"PARKMIN": (0, 60, 0, 0)}


def fidel(transaction_id: str, amount: float, updated: datetime, **more: Any) -> dict[str, Any]:
    return {
        "id": transaction_id,
        "amount": amount,
        "currency": "EUR",
        "datetime": "2026-11-03T12:00:00",
        "created": NOON.isoformat(),
        "updated": updated.isoformat(),
        "card": {"id": "fidel-card"},
        "location": {"id": FIDEL_BEAUTY, "timezone": "Europe/Paris"},
        **more,
    }


async def test_fidels_doubled_refund_counts_once(engine: AsyncEngine) -> None:
    story = Story()
    story.link(NOON - DAY, card="fidel-card", provider="fidel")
    story.deliver(NOON, "fidel", fidel("t1", 80.00, NOON, auth=True), "transaction.auth")
    story.deliver(NOON + DAY, "fidel", fidel("t1", 80.00, NOON + DAY, cleared=True), "transaction.clearing")
    assert (await story.replay(engine, CENTRE)).stands("t1") == ("cleared", 80_00, {"welcome-back": 2_40})
    back = fidel("t2", -20.00, NOON + 2 * DAY, originalTransactionId="t1")
    for name in ("transaction.refund", "transaction.clearing", "transaction.refund.qualified", "transaction.refund"):
        story.deliver(NOON + 2 * DAY, "fidel", back, name)
    ending = await story.replay(engine, CENTRE)
    assert ending.stands("t1") == ("partly_refunded", 60_00, {"welcome-back": 1_80})
    assert ending.wallet() == {"EUR": (1_80, 0, 0, 0)}


async def test_fidels_refund_first_told_without_its_purchase(engine: AsyncEngine) -> None:
    story = Story()
    story.link(NOON - DAY, card="fidel-card", provider="fidel")
    story.deliver(NOON, "fidel", fidel("t1", 80.00, NOON, cleared=True), "transaction.clearing")
    story.deliver(NOON, "fidel", fidel("t3", 80.00, NOON, cleared=True), "transaction.clearing")
    story.deliver(NOON + DAY, "fidel", fidel("t2", -80.00, NOON + DAY), "transaction.clearing")
    ending = await story.replay(engine, CENTRE)
    assert ending.purchase("t2")["credit_to"] == "t3"
    linked = fidel("t2", -80.00, NOON + DAY, originalTransactionId="t1")
    story.deliver(NOON + DAY, "fidel", linked, "transaction.refund")
    ending = await story.replay(engine, CENTRE)
    assert ending.stands("t1") == ("refunded", 0, {"welcome-back": 0})
    assert ending.stands("t3") == ("cleared", 80_00, {"welcome-back": 2_40})
    assert ending.wallet() == {"EUR": (2_40, 0, 0, 0)}


def stripe(number: int, kind: str, **fields: Any) -> dict[str, Any]:
    common = {
        "currency": "eur",
        "card": "ic_1",
        "merchant_data": {"network_id": "331000010002", "name": "BRUME BEAUTE", "category_code": "cosmetic_stores"},
    }
    return {"id": f"evt_{number}", "type": kind, "created": fields["created"], "data": {"object": common | fields}}


def capture(number: int, amount: int, at: datetime) -> dict[str, Any]:
    return stripe(
        10 + number,
        "issuing_transaction.created",
        id=f"ipi_{number}",
        type="capture",
        amount=-amount,
        authorization="iauth_1",
        created=int(at.timestamp()),
    )


async def test_stripes_partial_captures_add_up(engine: AsyncEngine) -> None:
    story = Story()
    story.link(NOON - DAY, card="ic_1", provider="stripe")
    authorised = {"id": "iauth_1", "amount": 90_00, "approved": True, "created": int(NOON.timestamp())}
    story.deliver(NOON, "stripe", stripe(1, "issuing_authorization.created", status="pending", **authorised))
    assert (await story.replay(engine, CENTRE)).wallet() == {"EUR": (2_70, 0, 0, 0)}
    story.deliver(NOON + DAY, "stripe", capture(1, 30_00, NOON + DAY))
    assert (await story.replay(engine, CENTRE)).stands("iauth_1") == ("cleared", 30_00, {"welcome-back": 90})
    story.deliver(NOON + 2 * DAY, "stripe", capture(2, 45_00, NOON + 2 * DAY))
    story.deliver(NOON + 2 * DAY, "stripe", capture(2, 45_00, NOON + 2 * DAY))
    ending = await story.replay(engine, CENTRE)
    assert ending.stands("iauth_1") == ("cleared", 75_00, {"welcome-back": 2_25})
    assert ending.wallet() == {"EUR": (2_25, 0, 0, 0)}
    story.add(NOON + 16 * DAY)
    assert (await story.replay(engine, CENTRE)).wallet() == {"EUR": (0, 2_25, 0, 0)}


async def test_stripes_reversed_authorization_is_no_purchase(engine: AsyncEngine) -> None:
    story = Story()
    story.link(NOON - DAY, card="ic_1", provider="stripe")
    authorised = {"id": "iauth_1", "approved": True, "created": int(NOON.timestamp())}
    story.deliver(
        NOON, "stripe", stripe(1, "issuing_authorization.created", status="pending", amount=90_00, **authorised)
    )
    later = stripe(2, "issuing_authorization.updated", status="reversed", amount=0, **authorised)
    story.deliver(NOON + DAY, "stripe", {**later, "created": later["created"] + 86400})
    ending = await story.replay(engine, CENTRE)
    assert ending.stands("iauth_1") == ("reversed", 0, {"welcome-back": 0})
    assert ending.wallet() == {}
