"""Clearing files as a source: from the file on the disk to the audited wallet, once, whatever dies in between."""

import asyncio
import hashlib
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import msgspec
import pytest
from click.testing import CliRunner, Result
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of
from world import World, a_world

from cashback import file_import
from cashback.cli_files import RUN, files
from cashback.db.engine import open_engine
from cashback.errors import Conflict, Invalid, NotFound, ProductError
from cashback.file_import import Imported, ReadFile, import_file
from cashback.programmes.connections import Connection, close_connection, load_connections
from cashback.replay.script import Deliver, Link
from issuers.feed_place import FeedPlace
from issuers.mastercard_tgx2 import Trailer

FIXTURES = Path(__file__).resolve().parents[1] / "issuers" / "fixtures"
FOLDER = FIXTURES / "mastercard_mrs"
SETTLED = (FOLDER / "settled.tgx2").read_bytes()
REFUNDS = (FOLDER / "refunds.tgx2").read_bytes()
VISA = (FIXTURES / "visa" / "settlement.psv").read_bytes()
PARIS = FeedPlace("EUR", "Europe/Paris")
NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)
LINKED = datetime(2026, 9, 1, 12, tzinfo=UTC)
MRS = "mastercard_mrs"
CARD = "card-token-0002"
AUTHORIZED = f"{CARD}/MXXX0ABCD/2026-09-15"
PROGRAMME = """
programme: {code: world, name: World, zone: Europe/Paris, currency: EUR}
centres: [{code: centre, name: Centre, country: FR}]
assets: [{code: EUR, kind: money, name: {en: euros, fr: euros}}]
shops:
  - code: cafe
    name: Café
    centre: centre
    category: "5812"
    identifiers:
      - {network: mastercard_mrs, scheme: mid, value: "1500001"}
      - {network: visa, scheme: mid, value: "11112222"}
offers:
  - {code: five, reward: {kind: percent, asset: EUR, rate_bps: 500}, hold_days: 14}
"""


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    return await a_world(engine, PROGRAMME, at=NOON)


async def connected(world: World, provider: str = MRS) -> Connection:
    """An open connection of this world's operator."""
    connection_id = await world.stage._connection(provider)
    found = await load_connections(world.engine, world.stage.road.keyring.master)
    (opened,) = [each for each in found.values() if each.id == connection_id]
    return opened


def read(connection: Connection, data: bytes, kind: str = "tgx2-settled", name: str = "file.tgx2") -> ReadFile:
    place = PARIS if kind.startswith("tgx2") else None
    return file_import.read(connection, kind, name, data, place, Trailer())


async def imported(world: World, connection: Connection, file: ReadFile, **more: Any) -> Imported:
    stage = world.stage
    return await import_file(world.engine, stage.road.keyring, stage.actor, connection, file, world.now, **more)


async def link(world: World, provider: str = MRS, card: str = CARD) -> None:
    await world.stage.link(Link(shopper="anna", provider=provider, card=card, linked_at=LINKED))


async def begun(world: World) -> list[str]:
    rows = await world.rows("SELECT action FROM audit_log WHERE action LIKE 'file.%' ORDER BY action")
    return [action for (action,) in rows]


async def notify(world: World) -> None:
    """The notification of the authorization that the file's first record clears."""
    raw = b64encode((FOLDER / "authorization.xml").read_bytes()).decode()
    await world.stage.deliver(Deliver(provider=MRS, event="EUR.Europe.Paris", raw_base64=raw))


async def test_notification_clearing_file_and_refunds_end_in_one_purchase_and_the_wallet(world: World) -> None:
    await link(world)
    await notify(world)
    await world.drain()
    assert await world.purchases() == {AUTHORIZED: ("authorized", 42_50)}

    connection = await connected(world)
    assert await imported(world, connection, read(connection, SETTLED)) == Imported(stored=3, known=0)
    await world.drain()
    purchases = await world.purchases()
    assert purchases.pop(AUTHORIZED) == ("cleared", 42_50)
    assert list(purchases.values()) == [("cleared", 12_90)] * 2, "two coffees in one minute, without an id"
    # 5 % of 42.50, 12.90 and 12.90: 2.13, 0.65, 0.65.
    assert await world.wallet() == {"EUR": (3_43, 0, 0, 0)}
    await world.audit()

    assert await imported(world, connection, read(connection, REFUNDS, "tgx2-refunds")) == Imported(1, 0)
    await world.drain()
    nets = sorted(net for _, net in (await world.purchases()).values())
    assert sum(nets) == 42_50 + 12_90 + 12_90 - 10_00
    await world.audit()


async def test_the_order_of_notification_and_file_makes_no_difference(engine: AsyncEngine) -> None:
    ends = []
    for file_first in (True, False):
        world = await a_world(engine, PROGRAMME, at=NOON)
        connection = await connected(world)
        await link(world)
        if not file_first:
            await notify(world)
        await imported(world, connection, read(connection, SETTLED))
        if file_first:
            await world.drain()
            await notify(world)
        await world.drain()
        await world.audit()
        ends.append((await world.purchases(), await world.wallet()))
    assert ends[0] == ends[1]


async def test_a_file_that_came_before_its_card_was_linked_counts_from_the_link(world: World) -> None:
    connection = await connected(world)
    await imported(world, connection, read(connection, SETTLED))
    await world.drain()
    await link(world)
    await world.drain()
    assert await world.wallet() == {"EUR": (3_43, 0, 0, 0)}
    await world.audit()


async def test_the_same_file_again_does_nothing(world: World) -> None:
    await link(world)
    connection = await connected(world)
    await imported(world, connection, read(connection, SETTLED))
    await world.drain()
    before = await state_of(world.engine, world.operator_id)
    again = await imported(world, connection, read(connection, SETTLED, name="renamed.tgx2"))
    assert again == Imported(stored=0, known=3, earlier=NOON)
    await world.drain()
    assert await state_of(world.engine, world.operator_id) == before
    assert await begun(world) == ["file.begun", "file.imported"]


async def test_the_records_of_another_file_that_are_known_are_not_counted_again(world: World) -> None:
    """A file that was sent again with one line more, in another order."""
    await link(world)
    connection = await connected(world)
    await imported(world, connection, read(connection, SETTLED))
    header, first, second, third, trailer = SETTLED.splitlines()
    more = first.replace(b"MXXX0ABCD", b"MXXX0WXYZ").replace(b"000000004250", b"000000000100")
    longer = b"\n".join((header, more, third, second, first, trailer))
    assert await imported(world, connection, read(connection, longer)) == Imported(stored=1, known=3)
    await world.drain()
    assert sorted(net for _, net in (await world.purchases()).values()) == [1_00, 12_90, 12_90, 42_50]
    await world.audit()


class Died(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("after", [1, 2, 3])
async def test_an_import_that_died_half_way_is_completed_by_running_it_again(
    world: World, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(file_import, "BATCH_MAX", 1)
    await link(world)
    connection = await connected(world)
    file = read(connection, SETTLED)

    def die(stored: int) -> None:
        if stored == after:
            raise Died

    with pytest.raises(Died):
        await imported(world, connection, file, stored=die)
    await world.drain()
    assert len(await world.purchases()) == after
    assert await begun(world) == ["file.begun"]
    assert await imported(world, connection, file) == Imported(stored=3 - after, known=after)
    await world.drain()
    assert await world.wallet() == {"EUR": (3_43, 0, 0, 0)}
    assert await begun(world) == ["file.begun", "file.imported"]
    await world.audit()


async def test_two_imports_of_one_file_at_once_store_it_once(world: World) -> None:
    await link(world)
    connection = await connected(world)
    file = read(connection, SETTLED)
    outcomes = await asyncio.gather(*(imported(world, connection, file) for _ in range(4)))
    assert sum(each.stored for each in outcomes) == 3
    await world.drain()
    assert await world.wallet() == {"EUR": (3_43, 0, 0, 0)}
    assert (await begun(world)).count("file.imported") == 1
    await world.audit()


async def test_one_file_cannot_be_clearings_and_refunds(world: World) -> None:
    await link(world)
    connection = await connected(world)
    await imported(world, connection, read(connection, SETTLED))
    before = await state_of(world.engine, world.operator_id)
    with pytest.raises(Conflict, match="was imported as 'tgx2-settled") as caught:
        await imported(world, connection, read(connection, SETTLED, "tgx2-refunds"))
    assert caught.value.code == "file_imported_otherwise"
    assert await state_of(world.engine, world.operator_id) == before


async def test_a_file_for_another_network_or_a_closed_connection_is_refused(world: World) -> None:
    connection = await connected(world)
    with pytest.raises(Invalid, match="is of mastercard_mrs, which has no visa-settlement file"):
        read(connection, VISA, "visa-settlement")
    file = read(connection, SETTLED)
    async with world.connection() as writing:
        await close_connection(writing, world.stage.actor, slug=connection.slug, now=world.now)
    with pytest.raises(NotFound, match="no open connection"):
        await imported(world, connection, file)
    assert await world.rows("SELECT delivery_id FROM inbox_messages") == []


async def test_a_settlement_file_of_visas_and_its_message_are_one_clearing(world: World) -> None:
    card = "00000000-0000-4000-8000-0000000000c1"
    await link(world, "visa", card)
    connection = await connected(world, "visa")
    message = (FIXTURES / "visa" / "settle.json").read_bytes()
    await world.stage.deliver(Deliver(provider="visa", event=None, body=msgspec.Raw(message)))
    await imported(world, connection, read(connection, VISA, "visa-settlement", "visa.psv"))
    await world.drain()
    net = sum(net for _, net in (await world.purchases()).values())
    assert net == 42_50 - 10_00
    await world.audit()


async def test_the_records_lie_sealed_in_the_lane_of_their_card(world: World) -> None:
    connection = await connected(world)
    await imported(world, connection, read(connection, SETTLED))
    rows = await world.rows("SELECT lane, event, subject, body FROM inbox_messages")
    assert len({lane for lane, *_ in rows}) == 1
    assert {event for _, event, *_ in rows} == {"tgx2-settled.EUR.Europe.Paris"}
    assert all(subject is not None and CARD.encode() not in body for *_, subject, body in rows)


async def run(world: World, *arguments: str) -> Result:
    """The command in a thread of its own, as its process would run it."""
    url = world.engine.url.render_as_string(hide_password=False)
    keyring = world.stage.road.keyring

    async def ring() -> None: ...

    def on_connection(name: str, work: Any) -> Any:
        async def around() -> Any:
            engine = open_engine(url, pool_size=2)
            runtime = SimpleNamespace(
                engine=engine, clock=world.clock, keyring=keyring, wakeups=SimpleNamespace(ring=ring)
            )
            try:
                return await work(runtime, (await load_connections(engine, keyring.master))[name])
            except ProductError as error:
                raise click.ClickException(error.detail) from error
            finally:
                await engine.dispose()

        return asyncio.run(around())

    @click.group()
    @click.pass_context
    def main(context: click.Context) -> None:
        context.meta[RUN] = on_connection

    main.add_command(files)
    return await asyncio.to_thread(CliRunner().invoke, main, ["files", "import", *arguments])


class TestCommand:
    FULL = ("--format", "tgx2-settled", "--currency", "EUR", "--zone", "Europe/Paris")

    async def test_a_dry_run_tells_and_an_import_does(self, world: World, tmp_path: Path) -> None:
        await link(world)
        connection = await connected(world)
        file = tmp_path / "settled.tgx2"
        file.write_bytes(SETTLED)
        before = await state_of(world.engine, world.operator_id)
        told = await run(world, connection.slug, str(file), *self.FULL, "--dry-run")
        assert told.exit_code == 0, told.output
        assert told.output.splitlines() == [
            f"settled.tgx2: 3 records, sha256 {hashlib.sha256(SETTLED).hexdigest()}",
            "clearing: 68.30 EUR",
            "warning: the trailer: its count was not checked, its columns are not told",
            "warning: the trailer: its total was not checked, its columns are not told",
            "read as purchases, as --format tgx2-settled says: nothing in a TGX2 file tells it from one of refunds",
            "nothing was imported (--dry-run)",
        ]
        assert await state_of(world.engine, world.operator_id) == before
        done = await run(world, connection.slug, str(file), *self.FULL)
        assert done.output.splitlines()[-1] == "3 records are new, 0 were known"
        again = await run(world, connection.slug, str(file), *self.FULL)
        assert again.output.splitlines()[-1] == "this file was imported at 2026-09-20 12:00 UTC: nothing to do"
        await world.drain()
        assert await world.wallet() == {"EUR": (3_43, 0, 0, 0)}
        await world.audit()

    async def test_visas_file_needs_no_more_than_its_name(self, world: World, tmp_path: Path) -> None:
        connection = await connected(world, "visa")
        file = tmp_path / "visa.psv"
        file.write_bytes(VISA)
        done = await run(world, connection.slug, str(file))
        assert done.exit_code == 0, done.output
        assert done.output.splitlines()[1:] == [
            "clearing: 42.50 EUR",
            "refund: 10.00 EUR",
            "warning: the file has no trailer: nothing tells whether it is whole",
            "2 records are new, 0 were known",
        ]

    @pytest.mark.parametrize(
        ("provider", "data", "arguments", "says"),
        [
            (MRS, SETTLED, ("--currency", "EUR"), "--format: expected one of tgx2-settled, tgx2-refunds"),
            (MRS, SETTLED, ("--format", "tgx2-settled"), "tells no currency: name it by --currency"),
            (MRS, SETTLED, (*FULL[:2], "--currency", "EURO"), "expected the currency"),
            (MRS, SETTLED, (*FULL[:4], "--zone", "Europe/Atlantis"), "expected a zone such as Europe.Paris"),
            (MRS, SETTLED, ("--format", "visa-settlement"), "which has no visa-settlement file"),
            ("visa", VISA, ("--currency", "EUR"), "tells its currencies and times"),
            ("fidel", VISA, (), "is of fidel, whose files are not read"),
            (MRS, SETTLED, (*FULL, "--trailer-count", "840:20"), "expected START:LENGTH within 850 characters"),
            (MRS, SETTLED, (*FULL, "--trailer-count", "1"), "expected START:LENGTH"),
            (MRS, SETTLED, (*FULL, "--trailer-count", "1:8"), "the trailer's records: the file has 3"),
            (MRS, SETTLED, (*FULL, "--trailer-total", "1:8"), "the trailer's total: the file has 6830"),
            (MRS, SETTLED[:-100], FULL, "settled: the file was refused as a whole"),
            (MRS, SETTLED.replace(b"20260915", b"20261315"), FULL, "line 2: mastercard_mrs TGX2 record: date and time"),
            (MRS, b"", FULL, "expected records, got nothing"),
        ],
    )
    async def test_what_is_not_in_order_is_said_and_nothing_moves(
        self, world: World, tmp_path: Path, provider: str, data: bytes, arguments: tuple[str, ...], says: str
    ) -> None:
        connection = await connected(world, provider)
        before = await state_of(world.engine, world.operator_id)
        file = tmp_path / "settled"
        file.write_bytes(data)
        refused = await run(world, connection.slug, str(file), *arguments)
        assert refused.exit_code != 0
        assert says in " ".join(refused.output.split())
        assert await state_of(world.engine, world.operator_id) == before
