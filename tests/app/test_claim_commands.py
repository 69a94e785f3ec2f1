"""`cashback claims` as people type it: what waits, the evidence with the picture, answers by name."""

from base64 import b64decode
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from app_desk import LIVE
from test_command_line import Line, surroundings
from world import CARD, FIVE_PERCENT, PARIS, SHOPPER

from cashback.actors import system
from cashback.claims.schemas import Asked
from cashback.claims.service import make_claim
from cashback.clock import SystemClock
from cashback.db.engine import open_engine, transaction
from cashback.pipeline import Road, link_card
from cashback.programmes.operators import find_operator
from cashback.shoppers.service import open_shoppers
from webhooks.sealing import KeyRing

PNG = b"\x89PNG\r\n\x1a\n a receipt"
NO_CLAIM = "clm_00000000000000000000000000"


@pytest.fixture
async def line(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> Line:
    return Line(tmp_path, surroundings(await new_database()))


async def claimed(line: Line) -> list[str]:
    """Anna claims two purchases of ten days ago, one with a picture; answers their ids."""
    engine, now = open_engine(line.environment["DATABASE_URL"]), SystemClock().now()
    try:
        operator_id = await find_operator(engine, "quai")
        assert operator_id is not None
        actor = system(operator_id, "tests")
        road = Road(KeyRing(b64decode(LIVE["CASHBACK_MASTER_KEY"])))
        async with transaction(engine, operator_id) as connection:
            opened = await open_shoppers(connection, actor, [SHOPPER], locale="fr", now=now)
        who, linked_at = opened[SHOPPER], now - timedelta(days=20)
        card = {"network": "sandbox", "token": CARD, "last_four": None, "scheme": None}
        await link_card(engine, road, actor, shopper_id=who, linked_at=linked_at, now=now, **card)
        bought = (now - timedelta(days=10)).astimezone(PARIS).date()
        made = []
        for ago, amount, picture in ((2, 20_00, PNG), (1, 5_05, None)):
            asked = Asked(f"key-{amount}", "cafe", bought, amount, "EUR", picture=picture)
            async with transaction(engine, operator_id) as connection:
                snapshot = await road.snapshots.current(connection, operator_id)
                at = now - timedelta(seconds=ago)
                made.append((await make_claim(connection, snapshot, road.keyring, actor, who, asked, at)).ref)
    finally:
        await engine.dispose()
    return made


async def test_claims_are_looked_at_and_answered(line: Line) -> None:
    line("operator", "quai", "Le Quai")
    line("apply", line.write("programme.yaml", FIVE_PERCENT), "--operator", "quai")

    def claims(*arguments: str, person: str = "ada", code: int = 0) -> str:
        printed, complaint = line("claims", *arguments, "--operator", "quai", "--as", person, code=code)
        return complaint if code else printed

    assert claims("list") == "no claim waits\n"
    first, second = await claimed(line)
    waiting = claims("list").splitlines()
    assert [each.split()[0] for each in waiting] == [first, second, "waiting:"]
    assert waiting[0].endswith("20.00 EUR  image/png  0 near")
    assert waiting[2] == "waiting: 25.05 EUR in 2"
    file = line.folder / "receipt.png"
    shown = claims("show", first, "--picture", str(file)).splitlines()
    assert shown[1:] == ["  waits for an answer", "  no purchase is near it", f"the picture is in {file}"]
    assert file.read_bytes() == PNG
    assert "the picture cannot be written" in claims("show", first, "--picture", str(file), code=1)
    accepted = f"claim {first} is accepted: a person has looked at it\n"
    assert claims("accept", first, "--words", "clear receipt") == accepted
    assert f"claim {first} is accepted since" in claims("accept", first, "--words", "twice", person="bob", code=1)
    refused = claims("refuse", second, "--reason", "no_proof", "--words", "no receipt", person="bob")
    assert refused == f"claim {second} is refused: nothing proves it\n"
    assert claims("show", second).splitlines()[1:3] == [
        "  refused: nothing proves it, by person:bob",
        "  “no receipt”",
    ]
    assert claims("list") == "no claim waits\n"
    taken = claims("withdraw", first, "--reason", "different", "--words", "another shop")
    assert taken == f"claim {first} is taken back: the picture shows something else\n"
    assert line("audit", "--operator", "quai")[0].endswith("every invariant holds\n")


async def test_what_is_typed_wrong_is_said(line: Line) -> None:
    line("operator", "quai", "Le Quai")
    line("apply", line.write("programme.yaml", FIVE_PERCENT), "--operator", "quai")
    who = ("--operator", "quai", "--as", "ada")
    assert line("claims", "show", NO_CLAIM, *who, code=1)[1] == f"Error: there is no claim {NO_CLAIM}\n"
    assert "expected an id such as clm_" in line("claims", "show", "nonsense", *who, code=2)[1]
    mapped = line("claims", "map", NO_CLAIM, "sandbox", "mid:1", *who, code=1)[1]
    assert mapped == f"Error: there is no claim {NO_CLAIM}\n"
    nobody = line("claims", "list", "--operator", "quai", "--as", "a b", code=2)[1]
    assert "expected letters, digits, dots, dashes or an address, got 'a b'" in nobody
    assert "'paid'" in line("claims", "refuse", NO_CLAIM, *who, "--words", "x", "--reason", "paid", code=2)[1]
