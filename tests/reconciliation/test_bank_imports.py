"""A bank's files imported into the books of an operator, compared, and explained."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from world import World, a_world

from cashback.actors import Actor, Scope, system
from cashback.errors import Conflict, Forbidden, Invalid, NotFound, ProductError
from cashback.ledger import service as ledger
from cashback.ledger.chart import BANK
from cashback.ledger.service import Transfer
from cashback.reconciliation import service
from cashback.reconciliation.schemas import Finding
from cashback.reconciliation.service import Differences, Imported

FILES = Path(__file__).parents[1] / "iso20022" / "files"
SINCE = date(2026, 11, 1)
LATER = datetime.fromisoformat("2026-12-20T09:00:00+00:00")
STATEMENT, NOTICE = "first_bank.camt.053.001.02.xml", "first_bank.camt.054.001.02.xml"
REPORT = "first_bank.pain.002.001.03.xml"


async def bring(world: World, name: str, data: bytes | None = None, *, actor: Actor | None = None) -> Imported:
    by = actor or system(world.operator_id, "tests")
    file = service.read(world.operator_id, name, (FILES / name).read_bytes() if data is None else data)
    async with world.connection() as connection:
        return await service.import_file(connection, by, file, world.now)


async def paid_in(
    world: World, key: str, minor: int, *, account: str = "funder:brand:Lune", away: bool = False
) -> None:
    ends = (account, BANK) if away else (BANK, account)
    async with world.connection() as connection:
        posted = Transfer(world.operator_id, f"funding:{key}", *ends, "EUR", minor, "top_up")
        await ledger.post(connection, world.operator_id, [posted], world.now)


async def looked_at(world: World, **more: Any) -> Differences:
    async with world.connection() as connection:
        return await service.differences(connection, system(world.operator_id, "tests"), SINCE, LATER, **more)


def said(found: Differences) -> list[tuple[Finding, int, str]]:
    return [(each.line.finding, each.line.difference_minor, each.subject) for each in found.open]


async def kept(world: World) -> list[tuple[Any, ...]]:
    return await world.rows(
        "SELECT (SELECT count(*) FROM bank_files), (SELECT count(*) FROM bank_entries), "
        "(SELECT count(*) FROM bank_statuses), (SELECT count(*) FROM audit_log WHERE action LIKE 'bank.%')"
    )


async def test_a_statement_is_kept_once_however_often_it_comes(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    assert await bring(world, STATEMENT) == Imported(new=4, known=0, statuses=0)
    again = await bring(world, STATEMENT)
    assert (again.new, again.known, again.earlier) == (0, 4, world.now)
    world.clock.advance(timedelta(minutes=1))
    copy = (FILES / STATEMENT).read_bytes().replace(b"RELEVE-20261201", b"RELEVE-COPY")
    assert await bring(world, STATEMENT, copy) == Imported(new=0, known=4, statuses=0)
    world.clock.advance(timedelta(minutes=1))
    assert await bring(world, REPORT) == Imported(new=0, known=0, statuses=4)
    assert await kept(world) == [(3, 4, 4, 3)]
    async with world.connection() as connection:
        listed = await service.files(connection, system(world.operator_id, "tests"))
    assert [(each.source, each.movements, each.statuses, each.first_on) for each in listed] == [
        ("pain.002", 0, 4, None),
        ("camt.053", 4, 0, date(2026, 12, 1)),
        ("camt.053", 4, 0, date(2026, 12, 1)),
    ]
    await world.audit()


async def test_nothing_of_the_other_side_is_kept(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    for name in sorted(path.name for path in FILES.iterdir()):
        await bring(world, name)
    for table in ("bank_files", "bank_entries", "bank_statuses", "audit_log"):
        rows = str(await world.rows(f"SELECT t::text FROM {table} t"))
        assert not any(word in rows for word in ("Exemple", "Beispiel", "EXEMPLE", "FR7630006", "FR142004", "DE893704"))


async def test_what_was_told_otherwise_before_is_a_conflict_and_nothing_is_kept(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    await bring(world, STATEMENT)
    before = await kept(world)
    other = (FILES / STATEMENT).read_bytes().replace(b"2026-000042", b"2026-000043")
    with pytest.raises(Conflict, match=r"camt.053 REL-2026-334, entry 3.1: first_bank.* told it otherwise"):
        await bring(world, STATEMENT, other)
    assert await kept(world) == before


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("cut.xml", (FILES / STATEMENT).read_bytes()[:2_000], "cut.xml: the file was refused as a whole\nline "),
        ("empty", b"", "expected balance transactions of Stripe, got none|columns"),
        ("mt940.txt", b":20:STARTUMSE\n:25:1234\n", "expected a list in JSON"),
        ("feed.xml", b"<rss/>", "expected a statement or a notification"),
    ],
)
async def test_what_is_no_file_of_a_bank_is_refused_and_nothing_is_kept(
    engine: AsyncEngine, name: str, data: bytes, said: str
) -> None:
    world = await a_world(engine)
    with pytest.raises(Invalid, match=said):
        await bring(world, name, data)
    assert await kept(world) == [(0, 0, 0, 0)]


async def test_only_who_handles_money_brings_looks_and_explains(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    reader = Actor(world.operator_id, "key:reader", frozenset({Scope.READ, Scope.PROGRAMME}))
    refusals: list[ProductError] = []
    with pytest.raises(Forbidden) as refused:
        await bring(world, STATEMENT, actor=reader)
    refusals.append(refused.value)
    async with world.connection() as connection:
        for call in (
            service.files(connection, reader),
            service.differences(connection, reader, SINCE, LATER),
            service.explain(connection, reader, "x", "why", SINCE, LATER),
        ):
            with pytest.raises(Forbidden) as refused:
                await call
            refusals.append(refused.value)
    assert {each.code for each in refusals} == {"scope_missing"}
    assert await kept(world) == [(0, 0, 0, 0)]


async def test_what_people_recorded_is_compared_with_the_statement_to_the_cent(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    await bring(world, STATEMENT)
    await paid_in(world, "2026-000042", 199_99)
    await paid_in(world, "back-1", 7_00, away=True)
    found = await looked_at(world)
    place = "camt.053/0189/REL-2026-334"
    assert sorted(said(found)) == [
        (Finding.AMOUNT, 1, "payment:2026-000042"),
        (Finding.MISSING, 7_00, "payment:back-1"),
        (Finding.UNKNOWN, -30_00, f"{place}/1.0"),
        (Finding.UNKNOWN, -60, f"{place}/4.0"),
        (Finding.UNKNOWN, 12_00, f"{place}/2.1"),
    ]
    await world.audit()


async def test_a_payment_that_agrees_and_one_that_is_not_due_are_no_difference(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    await bring(world, STATEMENT)
    before = said(await looked_at(world))
    world.clock.advance(timedelta(days=45))
    await paid_in(world, "2026-000042", 200_00)
    await paid_in(world, "later", 1_00)
    found = await looked_at(world)
    assert found.counts["waiting"] == 1
    assert found.counts["matched"] == 1
    assert sorted(said(found)) == sorted(each for each in before if each[2] != "camt.053/0189/REL-2026-334/3.1")


async def test_an_explained_difference_is_open_again_when_it_changes_by_a_cent(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    await bring(world, STATEMENT)
    await paid_in(world, "2026-000042", 199_99)
    by = Actor(world.operator_id, "person:ada", frozenset({Scope.MONEY}))

    async def explain(subject: str, words: str) -> None:
        async with world.connection() as connection:
            await service.explain(connection, by, subject, words, SINCE, LATER)

    await explain("payment:2026-000042", "one cent too much, kept by agreement")
    found = await looked_at(world)
    assert [(each.subject, each.note.words if each.note else None) for each in found.explained] == [
        ("payment:2026-000042", "one cent too much, kept by agreement")
    ]
    assert "payment:2026-000042" not in [subject for _, _, subject in said(found)]
    await paid_in(world, "2026-000042/2", 1_00)
    more = (FILES / STATEMENT).read_bytes().replace(b"REL-2026-334", b"REL-2026-335").replace(b"200.00", b"200.01")
    await bring(world, "more.xml", more.replace(b"1181.40", b"1181.41"))
    changed = await looked_at(world)
    assert changed.explained == ()
    for subject, words, error in (
        ("payment:nothing", "why", NotFound),
        ("payment:2026-000042", "  ", Invalid),
        ("payment:2026-000042", "x" * 501, Invalid),
    ):
        with pytest.raises(error):
            await explain(subject, words)
    assert len(await world.rows("SELECT 1 FROM bank_notes")) == 1


async def test_a_notification_and_the_statement_after_it_count_once(engine: AsyncEngine) -> None:
    world = await a_world(engine)
    await bring(world, NOTICE)
    place = "camt.054/0189/AVIS-1/1"
    assert sorted(said(await looked_at(world))) == [
        (Finding.CHARGE, -1_50, f"{place}.3"),
        (Finding.UNKNOWN, 10_00, f"{place}.1"),
        (Finding.UNKNOWN, 21_50, f"{place}.2"),
    ]
    total = sum(minor for _, minor, _ in said(await looked_at(world)))
    statement = (FILES / STATEMENT).read_bytes().replace(b"FR7630006000011234567890189", b"30006000011234567890189")
    await bring(world, "same_account.xml", statement)
    assert total == 30_00
    assert all(place not in subject for _, _, subject in said(await looked_at(world)))
