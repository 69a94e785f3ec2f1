"""Publishing offers: immutable versions, half-open intervals one after the other, refusals that write nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from offer_builders import some_terms
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor, Scope, system
from cashback.db.engine import transaction
from cashback.errors import Forbidden, Invalid
from cashback.ids import uuid7
from cashback.offers.service import Outcome, load_offered, load_versions, publish
from cashback.offers.terms import Terms

DAY = timedelta(days=1)
START = datetime(2026, 11, 1, tzinfo=UTC)
TEN, TWENTY = (some_terms({"kind": "minimum_spend", "amount": amount}) for amount in ("10.00", "20.00"))


@pytest.fixture
def actor() -> Actor:
    return Actor(operator_id=uuid7(START), name="person:ada", scopes=frozenset({Scope.PROGRAMME}))


async def published(
    connection: AsyncConnection, actor: Actor, offers: dict[str, Terms], at: datetime, **how: Any
) -> list[tuple[str, int, Outcome]]:
    done = await publish(connection, actor, offers, at, now=at, **how)
    return [(each.code, each.version, each.outcome) for each in done]


async def stored(connection: AsyncConnection, operator_id: UUID) -> list[tuple[Any, ...]]:
    versions = await load_versions(connection, operator_id)
    return [(each.code, each.version, each.terms, each.live_from, each.live_until) for each in versions]


async def test_a_change_ends_the_version_where_the_next_one_begins(engine: AsyncEngine, actor: Actor) -> None:
    async with transaction(engine, actor.operator_id) as connection:
        first = await published(connection, actor, {"b": TEN, "a": TWENTY}, START)
        again = await published(connection, actor, {"a": TWENTY, "b": TEN}, START + DAY)
        changed = await published(connection, actor, {"a": TWENTY, "b": TWENTY}, START + 2 * DAY)
        held = await stored(connection, actor.operator_id)
    assert first == [("a", 1, Outcome.CREATED), ("b", 1, Outcome.CREATED)]
    assert again == []
    assert changed == [("b", 2, Outcome.CHANGED)]
    assert held == [
        ("a", 1, TWENTY, START, None),
        ("b", 1, TEN, START, START + 2 * DAY),
        ("b", 2, TWENTY, START + 2 * DAY, None),
    ]


async def test_an_offer_left_out_ends_and_may_come_back_as_a_new_version(engine: AsyncEngine, actor: Actor) -> None:
    async with transaction(engine, actor.operator_id) as connection:
        await published(connection, actor, {"a": TEN, "b": TEN}, START)
        ended = await published(connection, actor, {"b": TEN}, START + DAY)
        offered = await load_offered(connection, actor.operator_id, START + DAY)
        twice = await published(connection, actor, {"b": TEN}, START + 2 * DAY)
        resumed = await published(connection, actor, {"a": TEN, "b": TEN}, START + 3 * DAY)
        held = await stored(connection, actor.operator_id)
    assert (ended, twice, resumed) == ([("a", 1, Outcome.ENDED)], [], [("a", 2, Outcome.RESUMED)])
    assert offered == {"b": TEN}
    assert held == [
        ("a", 1, TEN, START, START + DAY),
        ("a", 2, TEN, START + 3 * DAY, None),
        ("b", 1, TEN, START, None),
    ]


async def test_since_ever_concerns_only_the_first_version(engine: AsyncEngine, actor: Actor) -> None:
    async with transaction(engine, actor.operator_id) as connection:
        await published(connection, actor, {"a": TEN}, START, since_ever=True)
        await published(connection, actor, {"a": TWENTY}, START + DAY, since_ever=True)
        held = await stored(connection, actor.operator_id)
    assert held == [("a", 1, TEN, None, START + DAY), ("a", 2, TWENTY, START + DAY, None)]


async def test_two_changes_at_one_instant_leave_an_empty_version_between(engine: AsyncEngine, actor: Actor) -> None:
    async with transaction(engine, actor.operator_id) as connection:
        await published(connection, actor, {"a": TEN}, START)
        await published(connection, actor, {"a": TWENTY}, START)
        held = await stored(connection, actor.operator_id)
    assert held == [("a", 1, TEN, START, START), ("a", 2, TWENTY, START, None)]


@pytest.mark.parametrize("offers", [{"a": TWENTY}, {}])
async def test_no_version_begins_or_ends_before_the_one_it_follows(
    engine: AsyncEngine, actor: Actor, offers: dict[str, Terms]
) -> None:
    async with transaction(engine, actor.operator_id) as connection:
        await published(connection, actor, {"a": TEN}, START)
        with pytest.raises(Invalid, match="offer a cannot change from 2026-10-31") as refused:
            await published(connection, actor, offers, START - DAY)
        assert refused.value.code == "effective_from"
        assert await stored(connection, actor.operator_id) == [("a", 1, TEN, START, None)]


async def test_publishing_needs_the_scope(engine: AsyncEngine, actor: Actor) -> None:
    reader = Actor(operator_id=actor.operator_id, name="key:till", scopes=frozenset({Scope.READ}))
    async with transaction(engine, actor.operator_id) as connection:
        with pytest.raises(Forbidden, match="key:till"):
            await published(connection, reader, {"a": TEN}, START)
        assert await stored(connection, actor.operator_id) == []


async def test_versions_name_their_author_and_survive_the_database(engine: AsyncEngine, actor: Actor) -> None:
    rich = some_terms(
        {"kind": "shops", "shops": ["fnac"]},
        {"kind": "dates", "first_day": "2026-11-01"},
        reward={"kind": "percent", "asset": "EUR", "rate_bps": 500, "rounding": "down", "cap_per_purchase": "9.99"},
        name={"en": "Été", "fr": "L'été «\u00a05\u00a0%\u00a0»"},
        hold_days=14,
        budget="1000.00",
    )
    plain = some_terms(reward={"kind": "fixed", "asset": "EUR", "amount": "1.00"})
    async with transaction(engine, actor.operator_id) as connection:
        await published(connection, actor, {"rich": rich}, START)
        await published(connection, system(actor.operator_id, "demo"), {"rich": plain}, START + DAY)
        rows = await connection.exec_driver_sql(
            "SELECT author, digest FROM offer_versions WHERE operator_id = $1 ORDER BY version", (actor.operator_id,)
        )
        assert [tuple(row) for row in rows] == [("person:ada", rich.digest()), ("system:demo", plain.digest())]
        first, _ = await load_versions(connection, actor.operator_id)
    assert first.terms == rich
    assert first.terms.digest() == rich.digest()


async def test_an_offer_never_rewards_another_asset(engine: AsyncEngine, actor: Actor) -> None:
    money = some_terms(reward={"kind": "fixed", "asset": "EUR", "amount": "1.00"})
    async with transaction(engine, actor.operator_id) as connection:
        await published(connection, actor, {"a": TEN}, START)
        before = await stored(connection, actor.operator_id)
        with pytest.raises(Invalid, match="offer a rewards PTS and cannot reward EUR: make another offer"):
            await published(connection, actor, {"a": money}, START + DAY)
        assert await stored(connection, actor.operator_id) == before
