"""Looking at places beside the road: safe to repeat, beside itself, and after it was cut off between any two steps."""

import asyncio
from collections.abc import Sequence

import pytest
from plain_evidence import PlainMatcher
from sqlalchemy.ext.asyncio import AsyncEngine
from world import FIVE_PERCENT, World, a_world, authorization, day

from cashback import placing
from cashback.actors import Actor, Scope
from cashback.errors import Forbidden, Invalid
from cashback.insights.house import Houses
from cashback.insights.trace import read_trace
from cashback.merchants.evidence import Catalogue, EvidenceMatcher, Outcome, Sighting
from cashback.merchants.outlets import load_entries
from cashback.merchants.settings import MatchSettings, load_settings, turn_on, with_evidence, without_evidence
from cashback.pipeline import process_next
from cashback.placing import Matchers, find_places
from cashback.rewards.snapshot import load_snapshot

Intervals = tuple[tuple[int, int | None], ...]
PROGRAMME = FIVE_PERCENT.replace("hold_days: 14", "hold_days: 0")


async def learning_world(engine: AsyncEngine, matchers: Matchers | None = None) -> World:
    world = await a_world(engine, PROGRAMME)
    world.stage.road.matchers = matchers or Matchers(make=PlainMatcher)
    async with world.connection() as connection:
        await turn_on(connection, world.stage.actor, since=day(-9), evidence_since=day(-9), now=world.now)
    for number in range(4):
        await world.link(f"card-{number}", f"shopper-{number}", at=day(-9))
    return world


async def tell(world: World, count: int = 4, text: str = "CAFÉ CENTRE") -> None:
    world.clock.move_to(day(5))
    for number in range(count):
        body = authorization(
            f"p{number}", 20_00, at=day(number % 4 + 0.01 * number), mid="7777", card=f"card-{number % 4}", final=True
        )
        body["merchant"] |= {"descriptor": text, "mcc": "5812"}
        await world.tell(body)


async def road_alone(world: World) -> None:
    while sum((await process_next(world.engine, world.stage.road, world.operator_id, world.now)).values()):
        pass


async def step(world: World) -> int:
    road = world.stage.road
    return await find_places(world.engine, road.snapshots, road.matchers, world.operator_id, world.now)


async def paid(world: World) -> list[tuple[int, ...]]:
    return [(await world.wallet(f"shopper-{number}")).get("EUR", ()) for number in range(4)]


async def test_workers_side_by_side_record_once_and_pay_once(engine: AsyncEngine) -> None:
    world = await learning_world(engine)
    await tell(world, 24)
    await road_alone(world)
    assert await paid(world) == [()] * 4
    await asyncio.gather(*(step(world) for _ in range(4)), road_alone(world))
    await world.drain()
    assert await paid(world) == [(0, 6_00, 0, 0)] * 4
    assert await world.rows("SELECT count(*) FROM match_decisions") == [(24,)]
    assert await world.rows("SELECT state, count(*) FROM merchant_aliases WHERE closed_at IS NULL GROUP BY 1") == [
        ("confirmed", 1)
    ]
    assert await step(world) == 0
    await world.audit()


async def test_what_was_recorded_and_not_learned_is_learned_later(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await learning_world(engine)
    await tell(world)
    await road_alone(world)

    async def killed(*_: object) -> int:
        raise ConnectionError("killed")

    with monkeypatch.context() as cut:
        cut.setattr(placing, "_learn", killed)
        with pytest.raises(ConnectionError):
            await step(world)
    assert await paid(world) == [(0, 1_00, 0, 0)] * 4
    assert await world.rows("SELECT 1 FROM merchant_aliases") == []
    await world.drain()
    assert await world.rows("SELECT state FROM merchant_aliases WHERE closed_at IS NULL") == [("probation",)]
    await world.audit()


async def test_what_was_looked_at_and_not_recorded_is_looked_at_again(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await learning_world(engine)
    await tell(world)
    await road_alone(world)

    async def killed(*_: object, **__: object) -> None:
        raise ConnectionError("killed")

    with monkeypatch.context() as cut:
        cut.setattr(placing, "settle", killed)
        with pytest.raises(ConnectionError):
            await step(world)
    assert await world.rows("SELECT 1 FROM match_decisions UNION ALL SELECT 1 FROM match_lessons") == []
    assert (await world.report()).waiting == 4
    await world.drain()
    assert await paid(world) == [(0, 1_00, 0, 0)] * 4
    await world.audit()


class Choking(PlainMatcher):
    """Cannot read one descriptor."""

    def match_many(self, sightings: Sequence[Sighting]) -> list[Outcome]:
        """Raises if that one is among them."""
        if any("POISON" in (each.descriptor or "") for each in sightings):
            raise ZeroDivisionError
        return super().match_many(sightings)


async def test_a_descriptor_that_cannot_be_read_waits_and_the_others_go_through(engine: AsyncEngine) -> None:
    world = await learning_world(engine, Matchers(make=Choking))
    await tell(world, 3)
    body = authorization("bad", 20_00, at=day(1), mid="6666", card="card-3", final=True)
    body["merchant"]["descriptor"] = "POISON"
    await world.play(body, at=day(5))
    assert await paid(world) == [(0, 1_00, 0, 0)] * 3 + [()]
    assert await world.rows("SELECT decision, undecided FROM purchase_matches WHERE purchase_ref = 'bad'") == [
        ("review", False)
    ]
    await world.audit()


async def test_known_identifiers_read_nothing_of_places(engine: AsyncEngine) -> None:
    made: list[EvidenceMatcher] = []

    def make(catalogue: Catalogue) -> EvidenceMatcher:
        made.append(PlainMatcher(catalogue))
        return made[-1]

    world = await learning_world(engine, Matchers(make=make))
    await world.play(authorization("p", 20_00, at=day(1), mid="1001", card="card-0", final=True), at=day(1))
    assert made == []
    assert await world.rows("SELECT 1 FROM purchase_matches UNION ALL SELECT 1 FROM match_decisions") == []
    assert (await world.wallet("shopper-0"))["EUR"] == (0, 1_00, 0, 0)
    await world.audit()


async def test_the_trace_says_how_a_place_was_found(engine: AsyncEngine) -> None:
    world = await learning_world(engine)
    await tell(world, 1)
    body = authorization("other", 20_00, at=day(1), mid="6666", card="card-3", final=True)
    body["merchant"]["descriptor"] = "CAFÉ"
    await world.play(body, at=day(5))
    ids = dict(await world.rows("SELECT purchase_ref, id FROM purchases"))
    async with world.connection() as connection:
        house = await Houses().current(connection, world.operator_id)
        found = await read_trace(connection, house, ids["p0"])
        asked = await read_trace(connection, house, ids["other"])
    assert found.match is None
    assert found.place is not None
    assert (found.place.basis, found.place.tier, found.place.probability_ppm, found.place.alias) == (
        "evidence",
        "B",
        999_000,
        "candidate",
    )
    assert found.place.explanation[0] == "Accepted: cafe, probability 0.999."
    assert asked.place is not None
    assert (asked.place.decision, asked.place.basis, asked.place.why) == ("review", "nothing", "no_place")


async def test_settings_are_refused_where_they_cannot_be(engine: AsyncEngine) -> None:
    world = await a_world(engine, PROGRAMME)
    async with world.connection() as connection:
        with pytest.raises(Invalid, match="expected not before"):
            await turn_on(connection, world.stage.actor, since=day(1), evidence_since=day(0), now=world.now)
        assert await load_settings(connection, world.operator_id) is None
        await turn_on(connection, world.stage.actor, since=day(1), evidence_since=None, now=world.now)
        settings = await load_settings(connection, world.operator_id)
    assert settings == MatchSettings(day(1), ())
    assert not settings.looks_at(day(0.9))
    assert settings.looks_at(day(1))
    assert not settings.asks_evidence(day(9))


async def test_evidence_that_ends_takes_nothing_back_and_memory_never_begins_later(engine: AsyncEngine) -> None:
    world = await learning_world(engine)
    await tell(world, 1)
    await world.drain()
    assert (await paid(world))[0] == (0, 1_00, 0, 0)
    async with world.connection() as connection:
        settings = await turn_on(connection, world.stage.actor, since=day(-9), evidence_since=None, now=world.now)
        with pytest.raises(Invalid, match="expected not after"):
            await turn_on(connection, world.stage.actor, since=day(-8), evidence_since=None, now=world.now)
    assert settings.evidence == ((day(-9), day(5)),)
    late = authorization("late", 20_00, at=day(6), mid="8888", card="card-1", final=True)
    late["merchant"]["descriptor"] = "CAFÉ CENTRE"
    await world.play(late, at=day(6))
    assert await paid(world) == [(0, 1_00, 0, 0), (), (), ()]
    await world.audit()
    async with world.connection() as connection:
        settings = await turn_on(connection, world.stage.actor, since=day(-9), evidence_since=day(5), now=world.now)
    assert settings.evidence == ((day(-9), None),)
    await world.drain()
    assert await paid(world) == [(0, 1_00, 0, 0), (0, 1_00, 0, 0), (), ()]
    await world.audit()


@pytest.mark.parametrize(
    ("held", "since", "expected"),
    [
        ((), 3, ((3, None),)),
        (((1, 5),), 7, ((1, 5), (7, None))),
        (((1, 5),), 5, ((1, None),)),
        (((1, 5), (7, None)), 6, ((1, 5), (6, None))),
        (((1, 5), (7, None)), 0, ((0, None),)),
        (((1, None),), 9, ((1, None),)),
    ],
)
def test_intervals_of_evidence(held: Intervals, since: int, expected: Intervals) -> None:
    found = with_evidence([(day(a), None if b is None else day(b)) for a, b in held], day(since))
    assert found == tuple((day(a), None if b is None else day(b)) for a, b in expected)
    ended = without_evidence(found, day(8))
    assert all(end is not None and end <= day(8) for _, end in ended)


async def test_shops_of_the_programme_are_members_and_what_left_it_is_a_rival(engine: AsyncEngine) -> None:
    world = await a_world(engine, PROGRAMME)
    async with world.connection() as connection:
        snapshot = await load_snapshot(connection, world.operator_id)
        shops = snapshot.shops.shops.values()
        await connection.exec_driver_sql(
            "INSERT INTO outlets (operator_id, id, member, entry, changed_at) VALUES ($1, 'gone', true, $2::jsonb, $3)",
            (world.operator_id, '{"id": "gone", "name": "Gone", "member": true}', world.now),
        )
        entries = await load_entries(connection, world.operator_id, shops, snapshot.programme.centres)
    told = {each.id: (each.member, each.name, each.centre, each.category_codes) for each in entries.outlets}
    assert told == {
        "books": (True, "Books", "Centre", ("5942",)),
        "cafe": (True, "Café", "Centre", ("5812",)),
        "gone": (False, "Gone", "", ()),
    }
    assert entries.digest("one") != entries.digest("two")


async def test_a_reader_may_not_turn_it_on(engine: AsyncEngine) -> None:
    world = await a_world(engine, PROGRAMME)
    reader = Actor(world.operator_id, "key:reader", frozenset({Scope.READ}))
    async with world.connection() as connection:
        with pytest.raises(Forbidden):
            await turn_on(connection, reader, since=day(1), evidence_since=None, now=world.now)
        assert await load_settings(connection, world.operator_id) is None
