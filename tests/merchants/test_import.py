"""Identifiers by CSV: everything or nothing, each problem with its line, one shop per identifier at any instant."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor, Scope
from cashback.db.engine import transaction
from cashback.errors import Forbidden, NotFound
from cashback.ids import uuid7
from cashback.merchants import csv_file
from cashback.merchants.csv_file import Imported, UnreadableFile, import_identifiers, read
from cashback.merchants.schemas import Identifier, Shop
from cashback.merchants.service import load_identifiers, load_shops, overlaps, save_shops
from cashback.programmes.schemas import Centre
from cashback.programmes.service import load_programme, save_centres, save_programme

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HEADER = "shop,network,scheme,value,valid_from,valid_until\n"
PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
async def actor(engine: AsyncEngine) -> Actor:
    """An operator with two shops in Paris and one in Perth."""
    operator_id = uuid7(NOW)
    quais = Centre(uuid7(NOW), "quais", "Les Quais", PARIS, "FR")
    perth = Centre(uuid7(NOW), "perth", "Perth", ZoneInfo("Europe/London"), "GB")
    shops = [
        Shop(uuid7(NOW), code, code.title(), code, "5942", "", "", centre.id)
        for code, centre in (("fnac", quais), ("zara", quais), ("tay", perth))
    ]
    async with transaction(engine, operator_id) as connection:
        await connection.exec_driver_sql(
            "INSERT INTO operators (operator_id, slug, name, created_at) VALUES ($1, $2, $2, $3)",
            (operator_id, operator_id.hex, NOW),
        )
        await save_programme(
            connection,
            operator_id,
            code="p",
            name="P",
            zone="Europe/Paris",
            currency="EUR",
            holdout_bps=0,
            document={},
            now=NOW,
        )
        await save_centres(connection, operator_id, [quais, perth])
        await save_shops(connection, operator_id, shops)
    return Actor(operator_id=operator_id, name="person:ada", scopes=frozenset({Scope.PROGRAMME}))


Run = Callable[[str | bytes], Awaitable[Imported]]


@pytest.fixture
def run(engine: AsyncEngine, actor: Actor) -> Run:
    """Imports one file in a transaction of its own."""

    async def imported(text: str | bytes) -> Imported:
        data = text.encode() if isinstance(text, str) else text
        async with transaction(engine, actor.operator_id) as connection:
            return await import_identifiers(connection, actor, data, NOW)

    return imported


async def standing(connection: AsyncConnection, operator_id: UUID) -> list[tuple[str, str, str, str, str]]:
    names = {shop.id: shop.code for shop in await load_shops(connection, operator_id)}
    return [
        (
            names[each.shop_id],
            each.network,
            f"{each.scheme}:{each.value}",
            each.valid_from.isoformat() if each.valid_from else "",
            each.valid_until.isoformat() if each.valid_until else "",
        )
        for each in await load_identifiers(connection, operator_id)
    ]


async def state(engine: AsyncEngine, operator_id: UUID) -> tuple[list[tuple[str, str, str, str, str]], int, int]:
    """Identifiers, revision, lines of the audit log."""
    async with transaction(engine, operator_id) as connection:
        audited = await connection.exec_driver_sql(
            "SELECT count(*) FROM audit_log WHERE operator_id = $1 AND action = 'identifiers.imported'", (operator_id,)
        )
        programme = await load_programme(connection, operator_id)
        return await standing(connection, operator_id), programme.revision, int(audited.scalar_one())


GOOD = HEADER + "fnac,sandbox,mid,00123,,\nzara,sandbox,mid,777,2026-07-01,2027-01-01\ntay,fidel,mid,777,2026-07-01,\n"
GOOD_ROWS = [
    ("tay", "fidel", "mid:777", "2026-06-30T23:00:00+00:00", ""),
    ("fnac", "sandbox", "mid:00123", "", ""),
    ("zara", "sandbox", "mid:777", "2026-06-30T22:00:00+00:00", "2026-12-31T23:00:00+00:00"),
]


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.replace(",", ";"),
        GOOD.encode("utf-8-sig"),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\n\n") + ",,,,,\n",
        GOOD.replace("fnac,", '"fnac", '),
    ],
)
async def test_dates_are_midnights_of_the_centre(
    engine: AsyncEngine, actor: Actor, run: Run, text: str | bytes
) -> None:
    assert await run(text) == Imported(rows=3, added=3, removed=0)
    assert await state(engine, actor.operator_id) == (GOOD_ROWS, 1, 1)


async def test_the_same_file_again_changes_nothing(engine: AsyncEngine, actor: Actor, run: Run) -> None:
    await run(GOOD)
    assert await run(GOOD) == Imported(rows=3, added=0, removed=0)
    assert await state(engine, actor.operator_id) == (GOOD_ROWS, 1, 1)


async def test_rows_replace_what_was_stored_of_the_same_identifier_and_shop(
    engine: AsyncEngine, actor: Actor, run: Run
) -> None:
    await run(GOOD)
    moved = HEADER + "zara,sandbox,mid,777,2026-07-01,2026-12-01\nfnac,sandbox,mid,777,2026-12-01T08:00:00+01:00,\n"
    assert await run(moved) == Imported(rows=2, added=2, removed=1)
    rows, revision, audited = await state(engine, actor.operator_id)
    assert rows == [
        *GOOD_ROWS[:2],
        ("zara", "sandbox", "mid:777", "2026-06-30T22:00:00+00:00", "2026-11-30T23:00:00+00:00"),
        ("fnac", "sandbox", "mid:777", "2026-12-01T07:00:00+00:00", ""),
    ]
    assert (revision, audited) == (2, 2)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["line 1: expected the header shop,network,scheme,value,valid_from,valid_until, got ''"]),
        (
            "shop,mid\nfnac,1\n",
            ["line 1: expected the header shop,network,scheme,value,valid_from,valid_until, got 'shop,mid'"],
        ),
        (HEADER + "fnac,sandbox,mid,1\n", ["line 2: expected 6 cells, got 4"]),
        (HEADER + "fnac,sandbox,mid,,,\n", ["line 2: value: expected 1 to 128 characters, got 0"]),
        (HEADER + "fnac,sandbox,mid," + "9" * 129 + ",,\n", ["line 2: value: expected 1 to 128 characters, got 129"]),
        (
            HEADER + "fnac,sandbox,mid,1,,\nnobody,sandbox,mid,2,,\nfnac,,mid,3,soon,\n",
            ["line 3: shop: no shop has the code 'nobody'", "line 4: network: expected 1 to 128 characters, got 0"],
        ),
        (
            HEADER + "fnac,sandbax,mid,1,,\nfnac,sandbox,mid,2,,\nfnac,fidel,location,3,,\n",
            [
                "line 2: network: no network is called 'sandbax'; did you mean sandbox?",
                "line 4: scheme: fidel has no scheme 'location'; did you mean fidel_location?",
            ],
        ),
        (
            HEADER + "nobody,visca,mid,1,,\n",
            [
                "line 2: shop: no shop has the code 'nobody'",
                "line 2: network: no network is called 'visca'; did you mean visa?",
            ],
        ),
        (HEADER + "fnac,sandbox,mid,1,soon,\n", ["line 2: valid_from: expected a date such as 2026-11-21, got 'soon'"]),
        (
            HEADER + "fnac,sandbox,mid,1,,2026-11-21T10:00:00\n",
            ["line 2: valid_until: expected an offset, such as 2026-11-21T10:00:00+01:00, got '2026-11-21T10:00:00'"],
        ),
        (
            HEADER + "fnac,sandbox,mid,1,2026-02-01,2026-02-01\n",
            ["line 2: valid_until 2026-02-01 is not after valid_from 2026-02-01"],
        ),
        (HEADER + 'fnac,sandbox,mid,"1,,\n', ["line 2: unexpected end of data"]),
        (HEADER.encode() + b"fnac,sandbox,mid,caf\xe9,,\n", ["line 2: expected UTF-8, byte 69 is not"]),
        (HEADER + "fnac,sandbox,mid,1,,\nfnac,sandbox,mid,1,,\n", ["line 3: the same row is repeated"]),
        (
            HEADER + "fnac,sandbox,mid,1,,\nzara,sandbox,mid,1,2026-01-01,\n",
            ["line 2 and 3: sandbox mid '1' would name Fnac and Zara at the same time"],
        ),
        (
            HEADER + "fnac,sandbox,mid,777,2026-12-31,\n",
            ["line 2: sandbox mid '777' would name Fnac and Zara at the same time, one of them stored before"],
        ),
    ],
)
async def test_a_file_is_refused_as_a_whole_with_its_lines(
    engine: AsyncEngine, actor: Actor, run: Run, text: str | bytes, problems: list[str]
) -> None:
    await run(GOOD)
    with pytest.raises(UnreadableFile) as refused:
        await run(text)
    assert list(refused.value.problems) == problems
    assert refused.value.code == "identifiers_file"
    assert await state(engine, actor.operator_id) == (GOOD_ROWS, 1, 1)


async def test_a_file_with_many_problems_shows_the_first_and_counts_the_rest(run: Run) -> None:
    with pytest.raises(UnreadableFile) as refused:
        await run(HEADER + "nobody,sandbox,mid,1,,\n" * 50)
    assert len(refused.value.problems) == 50
    assert refused.value.detail.endswith("line 21: shop: no shop has the code 'nobody'\nand 30 more")


async def test_importing_needs_the_scope(engine: AsyncEngine, actor: Actor) -> None:
    reader = Actor(operator_id=actor.operator_id, name="key:till", scopes=frozenset({Scope.READ, Scope.MONEY}))
    async with transaction(engine, actor.operator_id) as connection:
        with pytest.raises(Forbidden):
            await import_identifiers(connection, reader, GOOD.encode(), NOW)
    assert await state(engine, actor.operator_id) == ([], 0, 0)


async def test_an_operator_without_a_programme_has_no_shops_to_name(engine: AsyncEngine) -> None:
    stranger = Actor(operator_id=uuid7(NOW), name="person:eve", scopes=frozenset({Scope.PROGRAMME}))
    async with transaction(engine, stranger.operator_id) as connection:
        with pytest.raises(NotFound):
            await import_identifiers(connection, stranger, GOOD.encode(), NOW)
        assert await load_identifiers(connection, stranger.operator_id) == []


def test_a_file_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "BYTES_MAX", 10)
    with pytest.raises(UnreadableFile, match="expected at most 10"):
        read(GOOD.encode(), [], {})
    monkeypatch.setattr(csv_file, "BYTES_MAX", 10_000)
    monkeypatch.setattr(csv_file, "ROWS_MAX", 2)
    with pytest.raises(UnreadableFile, match="expected at most 2 lines"):
        read(GOOD.encode(), [], {})


def an_identifier(shop: int, begin: int | None, end: int | None) -> Identifier:
    at = [None if day is None else datetime(2026, 1, day, tzinfo=UTC) for day in (begin, end)]
    return Identifier("sandbox", "mid", "1", UUID(int=shop), at[0], at[1])


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        ((1, 5), (5, 9), False),
        ((1, 6), (5, 9), True),
        ((None, 5), (5, None), False),
        ((None, None), (5, 6), True),
        ((1, None), (None, 1), False),
        ((None, 2), (1, None), True),
    ],
)
def test_validity_is_half_open(
    first: tuple[int | None, int | None], second: tuple[int | None, int | None], overlap: bool
) -> None:
    pair = an_identifier(1, *first), an_identifier(2, *second)
    assert bool(overlaps(pair)) is overlap
    assert bool(overlaps(reversed(pair))) is overlap


def test_a_long_validity_overlaps_all_that_follow() -> None:
    long, short, late = an_identifier(1, 1, 30), an_identifier(2, 2, 3), an_identifier(3, 10, 12)
    assert overlaps([late, short, long]) == [(long, short), (long, late)]
