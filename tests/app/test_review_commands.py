"""`cashback merchants review`, `drift`, `learning`, `outlets`, `aliases` as people type them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from test_command_line import Line, surroundings
from world import FIVE_PERCENT, World, a_world, authorization, day

from cashback.db.engine import directory, open_engine

PROGRAMME = FIVE_PERCENT.replace("hold_days: 14", "hold_days: 0")
SHOPS = """id,name,brand,member,city,postcode,outlets_complete
cafe,Café,Café,yes,Lyon,69003,yes
books,Books,Books,yes,Lyon,69003,no
rival,Café Bellecour,Café,no,Lyon,69002,yes
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """A world and its command line."""

    world: World
    line: Line
    slug: str

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """One command of the group; answers what it printed, or its complaint."""
        printed, complaint = self.line("merchants", *arguments, "--operator", self.slug, code=code)
        return complaint if code else printed


@pytest.fixture
async def desk(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> AsyncIterator[Desk]:
    url = await new_database()
    engine = open_engine(url, pool_size=4)
    world = await a_world(engine, PROGRAMME)
    async with directory(engine) as connection:
        slug = (await connection.exec_driver_sql("SELECT slug FROM operators")).scalar_one()
    yield Desk(world, Line(tmp_path, surroundings(url)), slug)
    await engine.dispose()


async def test_a_question_is_answered_and_paid(desk: Desk) -> None:
    world = desk.world
    await world.link(at=day(-1))
    assert desk("learning") == "off: the identifiers of the programme decide alone\n"
    assert desk("review", "list") == "nothing waits for a person\n"
    assert desk("learning", "--since", "2026-10-01") == (
        "by memory since 2026-10-01 00:00 UTC, by evidence since never\n"
    )
    body = authorization("first", 20_00, at=day(1), mid="7777", final=True)
    body["merchant"] |= {"descriptor": "PRESSING ROYAL", "city": "LYON"}
    await world.play(body, at=day(1))
    listed = desk("review", "list").splitlines()
    assert listed[:3] == [
        "sandbox mid:7777",
        "  1 purchases on 1 cards, 20.00 EUR, 2026-11-02 to 2026-11-02",
        "  seen as PRESSING ROYAL in LYON",
    ]
    said = ("review", "answer", "sandbox", "mid:7777", "--as", "Ada")
    assert "expected one of --shop CODE, --not-ours" in desk(*said, code=2)
    assert desk(*said, "--shop", "caffe", code=1) == "Error: no shop has the code 'caffe'; did you mean cafe?\n"
    assert "expected scheme:value" in desk("review", "answer", "sandbox", "7777", "--as", "ada", "--skip", code=2)
    assert desk(*said, "--shop", "cafe").splitlines()[0] == "1 purchases waited; the worker matches them again"
    await world.drain()
    assert await world.wallet() == {"EUR": (0, 1_00, 0, 0)}
    (line,) = desk("aliases", "--shop", "cafe").splitlines()
    assert line.startswith("sandbox mid:7777: confirmed cafe by review, from 2026-11-02")
    assert await world.rows("SELECT answered_by FROM match_answers") == [("person:ada",)]
    assert desk("aliases", "--shop", "books") == "nothing is believed yet\n"
    await world.audit()


async def test_outlets_are_replaced_whole_or_not_at_all(desk: Desk) -> None:
    file = desk.line.write("shops.csv", SHOPS)
    assert desk("outlets", file, "--dry-run").splitlines() == [
        "2 shops, 1 outlets outside, 1 complete brands",
        "nothing was stored (--dry-run)",
    ]
    assert await desk.world.rows("SELECT 1 FROM outlets") == []
    desk("outlets", file)
    stored = "SELECT id, member FROM outlets ORDER BY id"
    assert await desk.world.rows(stored) == [("books", True), ("cafe", True), ("rival", False)]
    assert "brands" in desk("outlets", file)
    other = desk.line.write(
        "other.csv",
        SHOPS.replace("rival,Café Bellecour", "stand,Café Gare").replace("Books,yes,Lyon", "Books,yes,Bron"),
    )
    said = "1 changed (outlet books); 1 gone (outlet rival); 1 new"
    assert desk("outlets", other, code=1) == (
        f"Error: outlets are stored already: {said}; nothing was stored, say --replace\n"
    )
    assert desk("outlets", other, "--dry-run").splitlines()[0] == said
    assert await desk.world.rows(stored) == [("books", True), ("cafe", True), ("rival", False)]
    assert desk("outlets", other, "--replace").splitlines()[0] == said
    assert await desk.world.rows(stored) == [("books", True), ("cafe", True), ("stand", False)]
    desk("outlets", file, "--replace")
    strange = desk.line.write("strange.csv", SHOPS.replace("cafe,", "bar,"))
    assert desk("outlets", strange, code=1) == "Error: members: no shop has the code 'bar'; nothing was stored\n"
    assert await desk.world.rows(stored) == [("books", True), ("cafe", True), ("rival", False)]


async def test_shops_are_listed_by_the_codes_that_other_commands_take(desk: Desk) -> None:
    assert desk("shops").splitlines() == ["books  centre  5942  Books", "cafe  centre  5812  Café"]
    assert desk("shops", "--centre", "centre") == desk("shops")
    assert "expected one of centre, got 'mall'" in desk("shops", "--centre", "mall", code=2)


async def test_a_sample_is_asked_for_where_the_queue_is(desk: Desk) -> None:
    assert desk("review", "--sample", "3", "--as", "ada") == "nothing was accepted without a person yet\n"
    world = desk.world
    await world.link(at=day(-1))
    desk("outlets", desk.line.write("shops.csv", SHOPS))
    desk("learning", "--evidence-since", "2026-10-01")
    body = authorization("first", 20_00, at=day(1), mid="7777", final=True)
    body["merchant"] |= {"descriptor": "CAFE", "city": "LYON 3", "mcc": "5812"}
    await world.play(body, at=day(1))
    drawn = desk("review", "--sample", "3", "--as", "ada").splitlines()
    assert drawn[0].startswith("1 of 1 automatic accepts, drawn 20")
    assert drawn[1] == "1 wait to be judged:"
    ref = drawn[2].split()[0]
    assert "  2026-11-02  20.00 EUR  cafe by evidence 0.9" in drawn[2]
    assert drawn[2].endswith(", proof E  'CAFE' in LYON 3")
    assert "expected one of --shop CODE" in desk("review", "judge", ref, "--as", "ada", code=2)
    assert desk("review", "judge", ref, "--as", "ada", "--shop", "cafe") == "it was right\n"
    assert desk("review", "sample", "--sample", "3", "--as", "ada").splitlines()[1:] == [
        "precision 1.0000, between 0.0250 and 1.0000 (95 %): 1 of 1 judged were right",
        "0 wait to be judged",
    ]
    await world.drain()
    await world.audit()


async def test_drift_is_listed_and_accepted(desk: Desk) -> None:
    assert desk("drift", "list").startswith("no known identifier fell silent")
    complaint = desk("drift", "accept", "sandbox", "mid:1", "--as", "ada", code=1)
    assert complaint == "Error: sandbox mid:1: no drift is proposed\n"
