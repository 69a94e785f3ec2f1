"""Transfers go to the bank in one file, and what the bank answers moves them: carried out, refused, come back later."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from bank_files import notification, status_report
from lxml import etree
from paid_world import DEBTOR, IBAN, Paid, paid_world
from sqlalchemy.ext.asyncio import AsyncEngine
from world import day, refund

from cashback.errors import BooksBroken, Forbidden, Invalid
from cashback.payouts import outcomes, sepa_files, storage
from cashback.payouts.schemas import Payout, RailName, State

SPACE = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}


@pytest.fixture
async def paid(engine: AsyncEngine) -> Paid:
    """Anna has 40 EUR, Ben 20; both have accounts that have cooled."""
    made = await paid_world(engine)
    await made.open_rail(RailName.SEPA, DEBTOR)
    for name, euros in (("anna", 40), ("ben", 20)):
        await made.earn(euros, name)
        await made.account(shopper=name)
    made.world.clock.advance(timedelta(hours=25))
    return made


async def read(paid: Paid, data: bytes) -> tuple[int, int]:
    async with paid.world.connection() as connection:
        kept = await outcomes.read_file(connection, paid.person(), data, paid.now)
    await paid.pay()
    return kept


async def sent(paid: Paid, folder: Path) -> tuple[Payout, Payout, sepa_files.Batch]:
    anna, ben = await paid.request(15_00), await paid.request(20_00, "ben")
    return anna, ben, await paid.file(folder / "first.xml")


def in_file(file: Path) -> list[tuple[str, str, str]]:
    """End-to-end id, amount and account of every transfer."""
    tree = etree.parse(file)
    return [
        tuple(one.findtext(path, namespaces=SPACE) or "" for path in (".//p:EndToEndId", ".//p:InstdAmt", ".//p:IBAN"))  # type: ignore[misc]
        for one in tree.iterfind(".//p:CdtTrfTxInf", SPACE)
    ]


async def test_all_that_is_approved_goes_into_one_file(paid: Paid, tmp_path: Path) -> None:
    anna, ben, batch = await sent(paid, tmp_path)
    assert (batch.state, batch.payments, batch.total) == ("written", 2, 35_00)
    lines = in_file(tmp_path / "first.xml")
    assert sorted(lines) == sorted([(anna.id.hex, "15.00", IBAN), (ben.id.hex, "20.00", IBAN)])
    assert await paid.state(anna) == (State.SENT, None)
    with pytest.raises(Invalid) as refused:
        await paid.file(tmp_path / "second.xml")
    assert refused.value.code == "nothing_to_send"
    assert not (tmp_path / "second.xml").exists()
    await paid.audit()


async def test_a_file_is_made_again_byte_for_byte(paid: Paid, tmp_path: Path) -> None:
    _, _, batch = await sent(paid, tmp_path)
    keyring = paid.world.stage.road.keyring
    paid.world.clock.advance(timedelta(days=3))
    await sepa_files.make_again(paid.world.engine, keyring, paid.person(), batch.id, tmp_path / "again.xml")
    assert (tmp_path / "again.xml").read_bytes() == (tmp_path / "first.xml").read_bytes()
    with pytest.raises(Invalid) as refused:
        await sepa_files.make_again(paid.world.engine, keyring, paid.person(), batch.id, tmp_path / "again.xml")
    assert refused.value.code == "file_exists"


async def test_a_batch_that_was_changed_is_not_written(paid: Paid, tmp_path: Path) -> None:
    _, _, batch = await sent(paid, tmp_path)
    async with paid.world.connection() as connection:
        await connection.exec_driver_sql("UPDATE payouts SET amount = amount + 1 WHERE batch_id = $1", (batch.id,))
    keyring = paid.world.stage.road.keyring
    with pytest.raises(BooksBroken):
        await sepa_files.make_again(paid.world.engine, keyring, paid.person(), batch.id, tmp_path / "again.xml")
    assert os.listdir(tmp_path) == ["first.xml"]


async def test_the_bank_carries_one_out_and_refuses_the_other(paid: Paid, tmp_path: Path) -> None:
    anna, ben, batch = await sent(paid, tmp_path)
    report = status_report(batch.file_id, [(anna.id.hex, "ACSC", None), (ben.id.hex, "RJCT", "AC04")])
    assert await read(paid, report) == (2, 2)
    assert await paid.state(anna) == (State.PAID, None)
    assert await paid.state(ben) == (State.FAILED, "AC04")
    assert await paid.wallet() == (25_00, 0, 15_00)
    assert await paid.wallet("ben") == (20_00, 0, 0)
    assert (await paid.told("ben"))[-1] == "payout_failed"
    assert await read(paid, report) == (2, 0)
    assert await paid.wallet("ben") == (20_00, 0, 0)
    async with paid.world.connection() as connection:
        assert await storage.came_back(connection, anna.shopper_id) == {}
        assert await storage.came_back(connection, ben.shopper_id) == {ben.account_id: "AC04"}
    await paid.audit()


async def test_a_file_that_is_refused_whole_gives_everything_back(paid: Paid, tmp_path: Path) -> None:
    anna, ben, batch = await sent(paid, tmp_path)
    assert await read(paid, status_report(batch.file_id, [], group="RJCT")) == (2, 2)
    assert {(await paid.state(each))[0] for each in (anna, ben)} == {State.FAILED}
    assert await paid.wallet() == (40_00, 0, 0)
    await paid.audit()


async def test_a_debit_pays_and_a_return_days_later_gives_the_money_back_once(paid: Paid, tmp_path: Path) -> None:
    anna, ben, _ = await sent(paid, tmp_path)
    booked = notification([(anna.id.hex, "15.00", "DBIT", None), (ben.id.hex, "20.00", "DBIT", None)])
    assert await read(paid, booked) == (2, 2)
    assert await paid.wallet() == (25_00, 0, 15_00)
    paid.world.clock.advance(timedelta(days=4))
    returned = notification([(anna.id.hex, "15.00", "CRDT", "AC04")])
    assert await read(paid, returned) == (1, 1)
    assert await paid.state(anna) == (State.RETURNED, "AC04")
    assert await paid.wallet() == (40_00, 0, 0)
    assert (await paid.told())[-1] == "payout_returned"
    again = notification([(anna.id.hex, "15.00", "CRDT", "AC04"), (ben.id.hex, "20.00", "DBIT", None)])
    await read(paid, again)
    assert await paid.wallet() == (40_00, 0, 0)
    assert await paid.state(ben) == (State.PAID, None)
    await paid.audit()


async def test_a_return_that_is_read_before_its_debit_ends_the_same(paid: Paid, tmp_path: Path) -> None:
    anna, _, _ = await sent(paid, tmp_path)
    await read(paid, notification([(anna.id.hex, "15.00", "CRDT", "AC01")]))
    await read(paid, notification([(anna.id.hex, "15.00", "DBIT", None)]))
    assert await paid.state(anna) == (State.FAILED, "AC01")
    assert await paid.wallet() == (40_00, 0, 0)
    await paid.audit()


async def test_what_the_rules_have_come_to_forbid_stays_out_of_the_file(paid: Paid, tmp_path: Path) -> None:
    anna, ben = await paid.request(15_00), await paid.request(20_00, "ben")
    await paid.world.play(refund("r", 400_00, at=day(3), of="buy-anna-1", card="card-anna"), at=paid.now)
    batch = await paid.file(tmp_path / "file.xml")
    assert (batch.payments, batch.total) == (1, 20_00)
    assert await paid.state(anna) == (State.STOPPED, "overdrawn")
    assert (await paid.state(ben))[0] is State.SENT
    await paid.audit()


@pytest.mark.parametrize(
    "data", [b"", b"<a/>", b"no xml", status_report("f", [("x" * 32, "ACSC", None)])[:-40], b"\x00" * 100]
)
async def test_what_is_no_file_of_a_bank_is_refused_and_nothing_is_kept(paid: Paid, data: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        await read(paid, data)
    assert refused.value.code == "bad_file"
    assert await paid.world.rows("SELECT count(*) FROM payout_news") == [(0,)]


async def test_news_of_strangers_is_not_kept(paid: Paid, tmp_path: Path) -> None:
    _, _, batch = await sent(paid, tmp_path)
    report = status_report(batch.file_id, [("0" * 32, "ACSC", None), ("somebody-elses-name", "ACSC", None)])
    assert await read(paid, report) == (0, 0)


async def test_without_a_debtor_or_the_right_no_file_is_made(engine: AsyncEngine, tmp_path: Path) -> None:
    paid = await paid_world(engine)
    with pytest.raises(Invalid) as refused:
        await paid.file(tmp_path / "file.xml")
    assert refused.value.code == "rail_not_opened"
    keyring = paid.world.stage.road.keyring
    nobody = paid.person().__class__(paid.world.operator_id, "person:eve", frozenset())
    with pytest.raises(Forbidden):
        await sepa_files.make_file(paid.world.engine, keyring, nobody, tmp_path / "file.xml", paid.now)
    assert os.listdir(tmp_path) == []
