"""The stream that the memo is measured on: reproducible, as misleading as it says, and played the same way twice."""

import pytest
from plain_evidence import PlainMatcher

from bench.match.corpus import split_of
from bench.match.remembering import Player
from bench.match.stream import Purchase, Trouble, make_stream
from bench.match.streaming import HELD_OUT, known_shops, quality
from bench.match.texts import CLEAN
from bench.match.world import Plan, World, make_world
from cashback.merchants.evidence import Catalogue

ROWS = 1_500


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(Plan(77, shops=400))


@pytest.fixture(scope="module")
def stream(world: World) -> list[Purchase]:
    return make_stream(world, CLEAN, Trouble(), 77, ROWS, HELD_OUT)


def test_the_same_seed_makes_the_same_stream(world: World, stream: list[Purchase]) -> None:
    assert make_stream(world, CLEAN, Trouble(), 77, ROWS, HELD_OUT) == stream
    assert make_stream(world, CLEAN, Trouble(), 78, ROWS, HELD_OUT) != stream
    assert [each.at for each in stream] == sorted(each.at for each in stream)
    assert {split_of(each.row.brand) for each in stream} <= HELD_OUT


def test_identifiers_mislead_as_often_as_they_should(stream: list[Purchase]) -> None:
    shared = [each for each in stream if each.shared]
    assert 0.03 < len(shared) / len(stream) < 0.12
    places: dict[str, set[str]] = {}
    for each in shared:
        places.setdefault(each.names[1], set()).add(each.row.mid)
    assert max(len(each) for each in places.values()) > 1
    told: dict[str, set[str]] = {}
    for each in stream:
        told.setdefault(each.row.mid, set()).add(each.names[1])
    moved = sum(len(names) > 1 for names in told.values())
    assert moved > 0
    assert any(len(each.names) == 4 for each in stream)


def test_a_stream_is_played_the_same_way_twice_and_memory_finds_more(world: World, stream: list[Purchase]) -> None:
    entries, brands = world.catalogue()
    matcher = PlainMatcher(Catalogue.compile(entries, brands))
    outcomes = matcher.match_many([each.row.sighting for each in stream])
    shops = known_shops(entries)
    first, second = (Player(shops, 5, reviewer_error=0.03).play(stream, outcomes) for _ in range(2))
    assert first == second
    figures = quality([first])
    assert figures["recall"] > figures["recall_first"]
    assert sum(each.answers for each in first) > 0
    assert sum(each.purchases for each in first) == len(stream)
