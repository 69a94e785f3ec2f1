"""`cashback score` and `cashback review-decisions` over a database: rules by two people, replay, reviews, upkeep."""

import json
from base64 import b64decode
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from app_desk import LIVE
from test_command_line import Line, surroundings
from world import CARD, FIVE_PERCENT, SHOPPER

from cashback.actors import system
from cashback.clock import SystemClock
from cashback.db.engine import open_engine, transaction
from cashback.decisions import asking, reviewing
from cashback.decisions.schemas import Asked
from cashback.ids import show
from cashback.pipeline import Road, link_card
from cashback.programmes.operators import find_operator
from cashback.shoppers import card_facts
from cashback.shoppers.card_facts import CardFacts
from cashback.shoppers.service import open_shoppers
from eligibility import encode, shipped_bytes
from webhooks.sealing import KeyRing

AT = ("--operator", "quai")
ADA, BOB = ("--as", "ada"), ("--as", "bob")


@pytest.fixture
async def line(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> Line:
    made = Line(tmp_path, surroundings(await new_database()))
    made("operator", "quai", "Le Quai")
    made("apply", made.write("programme.yaml", FIVE_PERCENT), *AT)
    return made


def policy(name: str, **figures: Any) -> str:
    return encode(json.loads(shipped_bytes("policy")) | {"id": name} | figures).decode()


async def refused_and_contested(line: Line) -> tuple[str, str]:
    """A shopper with a prepaid card is refused, and contests it; answers the decision and the review."""
    engine, now = open_engine(line.environment["DATABASE_URL"]), SystemClock().now()
    try:
        operator_id = await find_operator(engine, "quai")
        assert operator_id is not None
        actor, road = system(operator_id, "tests"), Road(KeyRing(b64decode(LIVE["CASHBACK_MASTER_KEY"])))
        async with transaction(engine, operator_id) as connection:
            who = (await open_shoppers(connection, actor, [SHOPPER], locale="fr", now=now))[SHOPPER]
        card = {"network": "sandbox", "token": CARD, "last_four": None, "scheme": None}
        linked_at = now - timedelta(days=20)
        await link_card(engine, road, actor, shopper_id=who, linked_at=linked_at, now=now, **card)
        asked = Asked(key="k", amount_minor=90_00, currency="EUR", shop="cafe", plans=("2x",), of_age=True)
        async with transaction(engine, operator_id) as connection:
            snapshot, master = await road.snapshots.current(connection, operator_id), road.keyring.master
            card_id = await card_facts.card_of(connection, operator_id, who, "sandbox", CARD)
            facts = CardFacts(
                card_id=card_id,
                prepaid=True,
                expires_on=date(2039, 1, 31),
                strong_authentication=True,
                source="tests",
                told_at=now,
            )
            await card_facts.tell(connection, actor, who, facts)
            answered = await asking.ask(connection, snapshot, master, actor, who, asked, now)
            review = await reviewing.contest(connection, master, actor, answered.decided.id, "It is debit.", now)
        return answered.decided.ref, show("rev", review.id)
    finally:
        await engine.dispose()


async def test_rules_are_loaded_listed_shown_and_approved_by_another(line: Line) -> None:
    assert line("score", "policy", "list", *AT)[0] == "what is shipped holds\n"
    assert line("score", "challenger", "list", *AT)[0] == "none runs\n"
    assert json.loads(line("score", "policy", "show", *AT)[0])["id"] == "policy-fr-1"
    narrow = line.write("narrow.json", policy("narrow", cap_start_minor=200_00))
    wide = line.write("wide.json", policy("wide", cap_start_minor=500_00))
    said = ("--words", "after the committee")
    assert "live  narrow" in line("score", "policy", "load", narrow, *AT, *ADA, *said)[0]
    waiting = line("score", "policy", "load", wide, *AT, *ADA, *said)[0]
    assert "waiting  wide" in waiting
    assert "widens: cap_start_minor" in waiting
    rules = waiting.split()[0]
    assert "second person" in line("score", "policy", "approve", rules, *AT, *ADA, *said, code=1)[1]
    assert "live  wide" in line("score", "policy", "approve", rules, *AT, *BOB, *said)[0]
    assert json.loads(line("score", "policy", "show", *AT)[0])["id"] == "wide"
    card = line.write("card.json", shipped_bytes("card").decode())
    assert "live" in line("score", "challenger", "load", card, *AT, *ADA, *said)[0]
    assert "live  none" in line("score", "challenger", "stop", *AT, *ADA, *said)[0]
    broken = line.write("broken.json", policy("broken", cuts=[]))
    assert "falling scores" in line("score", "policy", "load", broken, *AT, *ADA, *said, code=1)[1]


async def test_stored_decisions_replay_are_watched_and_answered_by_people(line: Line) -> None:
    decision, review = await refused_and_contested(line)
    same = "1 decided again, every byte the same\n"
    assert line("score", "replay", decision, *AT)[0] == same
    assert line("score", "replay", "--all", *AT)[0] == same
    assert line("score", "replay", "--sample", "5", *AT)[0] == same
    assert "expected a decision" in line("score", "replay", *AT, code=2)[1]
    assert review in line("review-decisions", "list", *AT, *ADA)[0]
    assert "It is debit." in line("review-decisions", "show", review, *AT, *ADA)[0]
    assert "with bob" in line("review-decisions", "assign", review, *AT, *ADA, "--to", "bob")[0]
    answer = ("--reason", "correct", "--words", "the issuer says prepaid")
    assert "upheld" in line("review-decisions", "uphold", review, *AT, *BOB, *answer)[0]
    assert line("review-decisions", "list", *AT, *ADA)[0] == "no decision is contested\n"
    overturn = ("--plan", "2x", "--reason", "policy", "--words", "w")
    assert "upheld already" in line("review-decisions", "overturn", review, *AT, *BOB, *overturn, code=1)[1]
    assert json.loads(line("review-decisions", "figures", *AT, *ADA)[0])["states"] == {"upheld": 1}
    watched = json.loads(line("score", "monitor", *AT)[0])
    assert (watched["decisions"], watched["reasons"]["card_prepaid"]) == (1, 1)
    assert line("score", "upkeep", *AT)[0].splitlines()[-1] == "usual refunds: computed"
    assert line("score", "upkeep", *AT)[0].splitlines()[-1] == "usual refunds: still good"
    assert "breaches" not in line("audit", *AT)[0]
