"""Applying a programme file: what it writes, that twice is once, what it refuses, and that a refusal moves nothing."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from programme_texts import a_file
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.actors import Actor, Scope
from cashback.db.engine import transaction
from cashback.errors import Forbidden, Invalid, NotFound
from cashback.ids import uuid7
from cashback.merchants.csv_file import import_identifiers
from cashback.merchants.service import load_identifiers, load_shops
from cashback.offers.service import load_versions
from cashback.programme_file.document import ProgrammeFile
from cashback.programme_file.reading import parse
from cashback.programme_file.service import Applied, apply, dump, read_current
from cashback.programmes.schemas import AssetKind, Clawback, Conversion
from cashback.programmes.service import bump_revision, load_programme, lock_revision_shared

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
TABLES = ("programmes", "centres", "assets", "shops", "merchant_identifiers", "offers", "offer_versions", "quotas")


@pytest.fixture
async def actor(engine: AsyncEngine) -> Actor:
    """Someone who may change the programme of a new operator."""
    operator_id = uuid7(NOW)
    async with transaction(engine, operator_id) as connection:
        await connection.exec_driver_sql(
            "INSERT INTO operators (operator_id, slug, name, created_at) VALUES ($1, $2, $2, $3)",
            (operator_id, operator_id.hex, NOW),
        )
    return Actor(operator_id=operator_id, name="person:ada", scopes=frozenset({Scope.PROGRAMME}))


async def applied(engine: AsyncEngine, actor: Actor, file: ProgrammeFile, at: datetime = NOW, **how: Any) -> Applied:
    async with transaction(engine, actor.operator_id) as connection:
        return await apply(connection, actor, file, at, **how)


async def rows(engine: AsyncEngine, operator_id: UUID) -> Mapping[str, list[str]]:
    """Everything that applying could have written, as text."""
    held = {}
    async with transaction(engine, operator_id) as connection:
        for table in (*TABLES, "audit_log"):
            found = await connection.exec_driver_sql(f"SELECT t::text AS row FROM {table} t ORDER BY 1")
            held[table] = [row.row for row in found]
    return held


async def grant(engine: AsyncEngine, actor: Actor, amount: int) -> None:
    """As if purchases had taken this much of the only budget."""
    async with transaction(engine, actor.operator_id) as connection:
        await connection.exec_driver_sql(
            "UPDATE quotas SET granted = $2 WHERE operator_id = $1", (actor.operator_id, amount)
        )


async def test_the_whole_programme_is_written(engine: AsyncEngine, actor: Actor) -> None:
    done = await applied(engine, actor, a_file())
    assert (done.revision, done.moved) == (1, True)
    async with transaction(engine, actor.operator_id) as connection:
        programme = await load_programme(connection, actor.operator_id)
        shops = await load_shops(connection, actor.operator_id)
        identifiers = await load_identifiers(connection, actor.operator_id)
        versions = await load_versions(connection, actor.operator_id)
        quotas = await connection.exec_driver_sql("SELECT offer_id, asset, cap, granted FROM quotas")
        assert [tuple(row) for row in quotas] == [(versions[0].offer_id, "EUR", 100_00, 0)]
    assert (programme.code, programme.zone.key, programme.currency) == ("quais", "Europe/Paris", "EUR")
    zones = {centre.code: centre.zone.key for centre in programme.centres.values()}
    assert zones == {"perth": "Europe/London", "quais": "Europe/Paris"}
    points = programme.assets["PTS"]
    assert (points.kind, points.clawback, points.name_fr) == (AssetKind.POINTS, Clawback.DEBT, "points")
    assert points.conversion == Conversion(threshold=100, into="EUR", amount=10_00, yearly_limit=5)
    assert [(shop.code, shop.name, shop.brand, shop.floor) for shop in shops] == [
        ("fnac", "Fnac", "Fnac", "1"),
        ("zara", "Zara", "Inditex", ""),
    ]
    assert [(each.network, each.scheme, each.value, each.valid_from, each.valid_until) for each in identifiers] == [
        ("sandbox", "mid", "00123", None, None),
        ("stripe", "network_id", "9", datetime(2026, 6, 30, 22, tzinfo=UTC), None),
    ]
    assert {each.shop_id for each in identifiers} == {shops[0].id}
    assert [(each.code, each.version, each.live_from, each.live_until) for each in versions] == [
        ("cashback", 1, NOW, None),
        ("points", 1, NOW, None),
    ]


async def test_the_same_file_again_changes_nothing(engine: AsyncEngine, actor: Actor) -> None:
    await applied(engine, actor, a_file())
    before = await rows(engine, actor.operator_id)
    again = await applied(engine, actor, a_file(), LATER)
    assert again == Applied(changes=(), revision=1)
    assert not again.moved
    assert await rows(engine, actor.operator_id) == before


async def test_the_running_programme_is_written_out_and_read_back(engine: AsyncEngine, actor: Actor) -> None:
    await applied(engine, actor, a_file())
    async with transaction(engine, actor.operator_id) as connection:
        current = await read_current(connection, actor.operator_id, NOW)
    assert current is not None
    assert parse(dump(current)) == current
    assert (await applied(engine, actor, parse(dump(current)), LATER)).changes == ()


async def test_since_ever_lets_the_first_versions_judge_old_purchases(engine: AsyncEngine, actor: Actor) -> None:
    await applied(engine, actor, a_file(), since_ever=True)
    await applied(engine, actor, a_file(**{"offers.0.hold_days": 30}), LATER, since_ever=True)
    async with transaction(engine, actor.operator_id) as connection:
        versions = await load_versions(connection, actor.operator_id)
    assert [(each.code, each.version, each.live_from, each.live_until) for each in versions] == [
        ("cashback", 1, None, LATER),
        ("cashback", 2, LATER, None),
        ("points", 1, None, None),
    ]


CHANGED = {
    "programme.name": "Quais",
    "centres.0.name": "Quais de Seine",
    "assets.1.name": {"en": "points", "fr": "étoiles"},
    "shops.1.category": "5661",
    "shops.0.identifiers.0.valid_until": "2027-01-01",
    "shops.2": {"code": "lush", "name": "Lush", "centre": "perth", "category": "5977"},
    "offers.0.reward.rate_bps": 800,
    "offers.0.budget": "250.00",
    "offers.1": {"code": "draw", "reward": {"kind": "fixed", "asset": "PTS", "amount": 1}},
}
LINES = [
    "~ programme quais: name 'Les Quais' → 'Quais'",
    "~ centre quais: name 'Les Quais' → 'Quais de Seine'",
    "~ asset PTS: name.fr 'points' → 'étoiles'",
    "+ shop lush: Lush",
    "~ shop zara: category '5651' → '5661'",
    "+ identifier fnac: sandbox mid 00123 until 2026-12-31T23:00:00+00:00",
    "- identifier fnac: sandbox mid 00123",
    "~ offer cashback: budget '100.00' → '250.00'",
    "~ offer cashback: reward.rate_bps '500' → '800'",
    "+ offer draw: new",
    "- offer points: ends",
]


async def test_a_change_is_told_applied_and_audited(engine: AsyncEngine, actor: Actor) -> None:
    await applied(engine, actor, a_file())
    async with transaction(engine, actor.operator_id) as connection:
        ids = {shop.code: shop.id for shop in await load_shops(connection, actor.operator_id)}
    done = await applied(engine, actor, a_file(**CHANGED), LATER)
    assert [str(change) for change in done.changes] == LINES
    assert done.revision == 2
    assert (await applied(engine, actor, a_file(**CHANGED), LATER)).changes == ()
    async with transaction(engine, actor.operator_id) as connection:
        shops = {shop.code: shop for shop in await load_shops(connection, actor.operator_id)}
        versions = await load_versions(connection, actor.operator_id)
        cap = (await connection.exec_driver_sql("SELECT cap FROM quotas")).scalar_one()
        audited = await connection.exec_driver_sql(
            """SELECT at, actor, action, subject, detail ->> 'revision', detail ->> 'count',
                ARRAY(SELECT jsonb_array_elements_text(detail -> 'changes')) FROM audit_log ORDER BY at"""
        )
        _, second = audited.all()
    assert {code: shops[code].id for code in ids} == ids, "a shop keeps its id"
    assert (shops["zara"].category, cap) == ("5661", 250_00)
    assert [(each.code, each.version, each.live_from, each.live_until) for each in versions] == [
        ("cashback", 1, NOW, LATER),
        ("cashback", 2, LATER, None),
        ("draw", 1, LATER, None),
        ("points", 1, NOW, LATER),
    ]
    assert tuple(second) == (LATER, "person:ada", "programme.applied", "quais", "2", str(len(LINES)), LINES)


async def test_what_the_file_leaves_out_stays_but_offers_end(engine: AsyncEngine, actor: Actor) -> None:
    await applied(engine, actor, a_file())
    before = await rows(engine, actor.operator_id)
    less = await applied(engine, actor, a_file(**{"shops.1": None, "centres.1": None}), LATER)
    assert [(change.sign, change.what, change.code) for change in less.changes] == [
        ("=", "centre", "perth"),
        ("=", "shop", "zara"),
    ]
    assert (less.moved, less.revision) == (False, 1)
    assert await rows(engine, actor.operator_id) == before


async def test_a_shop_that_lists_no_identifiers_keeps_those_imported(engine: AsyncEngine, actor: Actor) -> None:
    await applied(engine, actor, a_file())
    data = b"shop,network,scheme,value,valid_from,valid_until\nzara,sandbox,mid,777,,\n"
    async with transaction(engine, actor.operator_id) as connection:
        await import_identifiers(connection, actor, data, NOW)
    assert (await applied(engine, actor, a_file(), LATER)).changes == ()
    emptied = await applied(engine, actor, a_file(**{"shops.1.identifiers": []}), LATER)
    assert [str(change) for change in emptied.changes] == ["- identifier zara: sandbox mid 777"]
    assert emptied.revision == 3


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        (
            {"programme.code": "quays"},
            "programme_fixed",
            "programme.code is quais and never changes, the file says quays",
        ),
        (
            {"programme.zone": "UTC", "centres.0.zone": "Europe/Paris"},
            "programme_fixed",
            "programme.zone is Europe/Paris",
        ),
        ({"centres.1.zone": "Europe/Paris"}, "programme_fixed", "the zone of centre perth is Europe/London and never"),
        (
            {"assets.1.kind": "gift", "assets.1.clawback": "debt"},
            "programme_fixed",
            "the kind of asset PTS never changes",
        ),
        ({"assets.1.conversion.threshold": 50}, "programme_fixed", "the conversion of asset PTS never changes"),
        ({"assets.1.conversion": None}, "programme_fixed", "the conversion of asset PTS never changes"),
        (
            {"offers.0.budget": "39.99"},
            "budget",
            "the budget of offer cashback cannot be 39.99 EUR: 40.00 EUR are already",
        ),
        (
            {"offers.0.reward": {"kind": "fixed", "asset": "PTS", "amount": 1}, "offers.0.budget": 9000},
            "offer_asset",
            "offer cashback rewards EUR and cannot reward PTS: make another offer",
        ),
        (
            {"shops.1.identifiers": [{"network": "sandbox", "scheme": "mid", "value": "00123"}], "shops.0": None},
            "identifier_taken",
            "sandbox mid '00123' would name Fnac and Zara at the same time",
        ),
    ],
)
async def test_refusals_write_nothing_even_when_the_transaction_goes_on(
    engine: AsyncEngine, actor: Actor, changes: dict[str, Any], code: str, words: str
) -> None:
    await applied(engine, actor, a_file())
    await grant(engine, actor, 40_00)
    before = await rows(engine, actor.operator_id)
    async with transaction(engine, actor.operator_id) as connection:
        with pytest.raises(Invalid) as refused:
            await apply(connection, actor, a_file(**{"programme.name": "Other", **changes}), LATER)
    assert refused.value.code == code
    assert words in refused.value.detail
    assert await rows(engine, actor.operator_id) == before


async def test_a_programme_never_changes_its_currency(engine: AsyncEngine, actor: Actor) -> None:
    await applied(engine, actor, a_file(offers=[]))
    before = await rows(engine, actor.operator_id)
    with pytest.raises(Invalid, match=r"programme\.currency is EUR and never changes, the file says GBP"):
        await applied(engine, actor, a_file(offers=[], **{"programme.currency": "GBP"}), LATER)
    assert await rows(engine, actor.operator_id) == before


async def test_a_budget_may_go_down_to_what_is_granted_and_be_taken_away(engine: AsyncEngine, actor: Actor) -> None:
    await applied(engine, actor, a_file())
    await grant(engine, actor, 40_00)
    await applied(engine, actor, a_file(**{"offers.0.budget": "40.00"}), LATER)
    await applied(engine, actor, a_file(**{"offers.0.budget": None}), LATER)
    async with transaction(engine, actor.operator_id) as connection:
        quotas = await connection.exec_driver_sql("SELECT cap, granted FROM quotas")
        assert [tuple(row) for row in quotas] == [(40_00, 40_00)], "purchases of the versions before still count in it"
        versions = await load_versions(connection, actor.operator_id)
    assert [each.terms.budget for each in versions if each.code == "cashback"] == [100_00, 40_00, None]


async def test_applying_needs_the_scope_and_an_operator(engine: AsyncEngine, actor: Actor) -> None:
    reader = Actor(operator_id=actor.operator_id, name="key:till", scopes=frozenset({Scope.READ, Scope.MONEY}))
    with pytest.raises(Forbidden, match="key:till may not change the programme"):
        await applied(engine, reader, a_file())
    stranger = Actor(operator_id=uuid7(NOW), name="person:eve", scopes=actor.scopes)
    with pytest.raises(NotFound) as unknown:
        await applied(engine, stranger, a_file())
    assert unknown.value.code == "unknown_operator"
    for operator_id in (actor.operator_id, stranger.operator_id):
        assert not any((await rows(engine, operator_id)).values())


async def test_before_the_first_file_there_is_no_programme(engine: AsyncEngine, actor: Actor) -> None:
    async with transaction(engine, actor.operator_id) as connection:
        assert await read_current(connection, actor.operator_id, NOW) is None
        for ask in (load_programme, lock_revision_shared, bump_revision):
            with pytest.raises(NotFound) as refused:
                await ask(connection, actor.operator_id)
            assert refused.value.code == "no_programme"


async def test_two_operators_have_two_programmes(engine: AsyncEngine, actor: Actor) -> None:
    await applied(engine, actor, a_file())
    before = await rows(engine, actor.operator_id)
    other = Actor(operator_id=uuid7(NOW), name="person:bob", scopes=actor.scopes)
    async with transaction(engine, other.operator_id) as connection:
        await connection.exec_driver_sql(
            "INSERT INTO operators (operator_id, slug, name, created_at) VALUES ($1, $2, $2, $3)",
            (other.operator_id, other.operator_id.hex, NOW),
        )
    await applied(engine, other, a_file(**{"programme.name": "Another", "offers": []}))
    assert await rows(engine, actor.operator_id) == before


async def test_files_applied_at_once_follow_each_other(engine: AsyncEngine, actor: Actor) -> None:
    files = [a_file(**{"offers.0.hold_days": days}) for days in range(8)]
    done = await asyncio.gather(*(applied(engine, actor, file) for file in files))
    assert sorted(each.revision for each in done) == list(range(1, 9))
    async with transaction(engine, actor.operator_id) as connection:
        versions = [each for each in await load_versions(connection, actor.operator_id) if each.code == "cashback"]
    assert [each.version for each in versions] == list(range(1, 9))
    assert [each.live_until for each in versions] == [NOW] * 7 + [None]


async def test_a_deciding_transaction_keeps_the_revision_in_force(engine: AsyncEngine, actor: Actor) -> None:
    await applied(engine, actor, a_file())
    async with transaction(engine, actor.operator_id) as deciding:
        assert await lock_revision_shared(deciding, actor.operator_id) == 1
        async with transaction(engine, actor.operator_id) as another:
            assert await lock_revision_shared(another, actor.operator_id) == 1
        changing = asyncio.create_task(applied(engine, actor, a_file(**{"offers.0.hold_days": 3}), LATER))
        finished, _ = await asyncio.wait({changing}, timeout=0.2)
        assert not finished
        assert await lock_revision_shared(deciding, actor.operator_id) == 1
    assert (await changing).revision == 2
