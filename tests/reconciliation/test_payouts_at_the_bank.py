"""Transfers beside a bank: they leave by a file, the bank books, refuses and returns them, and no cent is lost."""

from datetime import timedelta
from pathlib import Path

import pytest
from bank_files import status_report
from paid_world import DEBTOR, Paid, paid_world
from sqlalchemy.ext.asyncio import AsyncEngine
from told_by_a_bank import Line, bring, differing, statement

from cashback.payouts import outcomes
from cashback.payouts.schemas import Payout, RailName, State
from cashback.payouts.sepa_files import Batch
from cashback.reconciliation.schemas import Finding


def ordered(batch: Batch, amount: str) -> Line:
    return Line(amount, "DBIT", f"<Btch><PmtInfId>{batch.file_id}</PmtInfId></Btch>")


def single(payout: Payout, amount: str, side: str = "DBIT", reason: str = "") -> Line:
    back = f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>" if reason else ""
    name = f"<Refs><EndToEndId>{payout.id.hex}</EndToEndId></Refs>"
    return Line(amount, side, f'<TxDtls>{name}<Amt Ccy="EUR">{amount}</Amt>{back}</TxDtls>')


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


async def sent(paid: Paid, folder: Path) -> tuple[Payout, Payout, Batch]:
    anna, ben = await paid.request(15_00), await paid.request(20_00, "ben")
    return anna, ben, await paid.file(folder / "first.xml")


async def outcome(paid: Paid, data: bytes) -> None:
    async with paid.world.connection() as connection:
        await outcomes.read_file(connection, paid.person(), data, paid.now)
    await paid.pay()


async def test_a_file_that_the_bank_carried_out_agrees_once_we_know_it(paid: Paid, tmp_path: Path) -> None:
    anna, ben, batch = await sent(paid, tmp_path)
    assert await differing(paid.world) == []
    late = paid.now + timedelta(days=10)
    assert await differing(paid.world, late) == sorted([
        (Finding.MISSING, 15_00, f"payout:{anna.ref}"),
        (Finding.MISSING, 20_00, f"payout:{ben.ref}"),
    ])  # fmt: skip
    await bring(paid.world, ordered(batch, "35.00"))
    assert {finding for finding, _, _ in await differing(paid.world, late)} == {Finding.UNRECORDED}
    await outcome(paid, status_report(batch.file_id, [], group="ACSC"))
    assert await paid.state(anna) == (State.PAID, None)
    assert await differing(paid.world, late) == []
    await paid.audit()


async def test_what_the_bank_refused_or_returned_is_a_difference_until_we_know_it(paid: Paid, tmp_path: Path) -> None:
    anna, ben, batch = await sent(paid, tmp_path)
    report = status_report(batch.file_id, [(ben.id.hex, "RJCT", "AC04"), (anna.id.hex, "ACSC", None)])
    await bring(paid.world, data=report)
    assert await differing(paid.world) == [(Finding.REJECTED, 20_00, f"payout:{ben.ref}")]
    await outcome(paid, report)
    await bring(paid.world, ordered(batch, "15.00"))
    assert await differing(paid.world) == []
    await bring(paid.world, single(anna, "15.00", "CRDT", "MD07"))
    assert await differing(paid.world) == [(Finding.RETURNED, 15_00, f"payout:{anna.ref}")]
    await outcome(paid, statement("S2", [single(anna, "15.00", "CRDT", "MD07")]))
    assert await paid.state(anna) == (State.RETURNED, "MD07")
    assert await differing(paid.world) == []
    assert await paid.wallet() == (40_00, 0, 0)
    await paid.audit()


async def test_a_file_that_the_bank_refused_as_a_whole_is_one_answer_for_each(paid: Paid, tmp_path: Path) -> None:
    anna, ben, batch = await sent(paid, tmp_path)
    report = status_report(batch.file_id, [], group="RJCT")
    await bring(paid.world, data=report)
    assert [finding for finding, _, _ in await differing(paid.world)] == [Finding.REJECTED, Finding.REJECTED]
    await outcome(paid, report)
    assert {(await paid.state(each))[0] for each in (anna, ben)} == {State.FAILED}
    assert await differing(paid.world) == []
    await paid.audit()


async def test_a_cent_and_a_second_file_are_found(paid: Paid, tmp_path: Path) -> None:
    anna, ben, batch = await sent(paid, tmp_path)
    await outcome(paid, status_report(batch.file_id, [], group="ACSC"))
    await bring(paid.world, single(anna, "15.01"), single(ben, "20.00"))
    await bring(paid.world, single(ben, "20.00"))
    assert await differing(paid.world) == sorted([
        (Finding.AMOUNT, -1, f"payout:{anna.ref}"),
        (Finding.TWICE, -20_00, f"payout:{ben.ref}"),
    ])  # fmt: skip
