"""Months are settled: each transfer once, totals equal to the ledger, corrections in the month they are known."""

import asyncio
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import pytest
from settling import (
    BRAND,
    OPERATOR,
    PROGRAMME,
    a_centre,
    document,
    issue,
    owed,
    paid_in,
    preview,
    shop_account,
    tell_seller,
    told,
    told_lines,
    treasurer,
)
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of
from world import World, a_world, purchase, refund

from cashback.actors import Scope
from cashback.errors import Conflict, ProductError, TryAgain
from cashback.funding.schemas import Mode, Payment
from cashback.ledger import service as ledger
from cashback.ledger.chart import PENDING
from cashback.ledger.service import Transfer
from cashback.settlement import service
from cashback.settlement.schemas import InvoiceKind, Settlement


def at(month: int, number: int, hour: int = 10) -> datetime:
    return datetime(2026, month, number, hour, tzinfo=UTC)


async def an_october(engine: AsyncEngine) -> World:
    """The café sold for 123.40, the bookshop twice; the brand had paid 50 euros in. It is the third of November."""
    world = await a_centre(engine)
    await paid_in(world, BRAND, 50_00, "t1")
    bought = [*purchase("p1", 123_40, at=at(10, 3)), *purchase("p2", 10_01, at=at(10, 4), mid="1002")]
    await world.play(*bought, at=at(10, 6))
    await world.play(*purchase("p3", 60_00, at=at(10, 7), mid="1002"), at=at(10, 9))
    world.clock.move_to(at(11, 3))
    return world


async def late(world: World, amount: int, when: datetime) -> None:
    """A transfer of the café that says it was posted at an instant, and is committed only now."""
    credit = Transfer(
        await world.stage.shopper("anna"), "late", await shop_account(world, "cafe"), PENDING, "EUR", amount, "goodwill"
    )
    async with world.connection() as connection:
        await ledger.post(connection, world.operator_id, [credit], when)


async def assert_equal_to_the_ledger(world: World, settlements: dict[str, Settlement]) -> None:
    for account, settlement in settlements.items():
        if account != OPERATOR:
            assert settlement.closing_minor == await owed(world, account)


async def test_a_month_of_four_funders_and_the_month_that_corrects_it(engine: AsyncEngine) -> None:
    world = await an_october(engine)
    cafe, books = await shop_account(world, "cafe"), await shop_account(world, "books")
    seen = await preview(world, "2026-10")
    assert await world.rows("SELECT count(*) FROM settlements") == [(0,)]
    october = await issue(world, "2026-10")
    assert {name: told_lines(each) for name, each in seen.items()} == {
        name: told_lines(each) for name, each in october.items()
    }
    assert told_lines(october[cafe]) == [
        ("reward", "earned", "EUR", 7_40, 7_40, None),
        ("commission", "commission", "", 0, 1_11, None),
        ("vat", "vat", "", 0, 22, None),
    ]
    assert told_lines(october[BRAND]) == [
        ("reward", "earned", "EUR", 3_70, 3_70, None),
        ("payment", "top_up", "EUR", -50_00, -50_00, None),
        ("commission", "commission", "", 0, 56, None),
    ]
    assert told_lines(october[books]) == [
        ("reward", "earned", "PARKMIN", 120, 0, None),
        ("reward", "earned", "PTS", 140, 4_66, None),
        ("commission", "commission", "", 0, 23, None),
        ("vat", "vat", "", 0, 5, None),
    ]
    assert told_lines(october[OPERATOR]) == [
        ("reward", "earned", "EUR", 1_24, 1_24, None),
        ("reward", "converted", "EUR", 3_33, 3_33, None),
    ]
    invoices = {name: each.invoice for name, each in october.items()}
    brand, shop = invoices[BRAND], invoices[cafe]
    assert brand is not None
    assert shop is not None
    assert invoices[OPERATOR] is None
    assert (brand.number, brand.gross_minor, brand.paid_minor, brand.due_on) == ("2026-000001", 4_26, 4_26, None)
    assert (shop.number in ("2026-000002", "2026-000003"), shop.gross_minor, shop.paid_minor) == (True, 8_73, 0)
    assert (shop.issued_on, shop.due_on) == (date(2026, 11, 3), date(2026, 12, 3))
    await assert_equal_to_the_ledger(world, october)
    # The points were sold to the bookshop: it holds none, and the operator redeems them.
    assert (await owed(world, books, "PTS"), await owed(world, OPERATOR, "PTS")) == (0, 140)
    await world.audit()

    await paid_in(world, cafe, 8_73, "i1", Payment.INVOICE)
    await world.play(refund("r1", 123_40, at=at(11, 5), of="p1"), at=at(11, 6))
    world.clock.move_to(at(12, 2))
    november = await issue(world, "2026-11")
    assert set(november) == {BRAND, cafe, OPERATOR}
    assert told_lines(november[cafe]) == [
        ("payment", "invoice_paid", "EUR", -8_73, -8_73, None),
        ("clawback", "clawed_back", "EUR", -7_40, -7_40, "2026-10"),
        ("commission", "commission", "", 0, -1_11, "2026-10"),
        ("vat", "vat", "", 0, -22, None),
    ]
    given_back = november[cafe].invoice
    assert given_back is not None
    assert (given_back.number, given_back.kind) == ("CN-2026-000002", InvoiceKind.CREDIT_NOTE)
    assert (given_back.net_minor, given_back.vat_minor, given_back.gross_minor) == (8_51, 22, 8_73)
    assert given_back.corrects == ((shop.number, date(2026, 11, 3)),)
    assert (november[cafe].opening_minor, november[cafe].closing_minor) == (8_73, -8_73)
    assert november[BRAND].closing_minor == -50_00
    assert told_lines(november[OPERATOR]) == [
        ("transfer", "units", "EUR", -4_66, -4_66, None),
        ("transfer", "units", "PTS", 140, 0, None),
        ("clawback", "clawed_back", "EUR", -1_24, -1_24, "2026-10"),
    ]
    await assert_equal_to_the_ledger(world, november)
    await world.audit()


async def test_what_commits_late_is_in_the_next_one(engine: AsyncEngine) -> None:
    world = await an_october(engine)
    cafe = await shop_account(world, "cafe")
    october = await issue(world, "2026-10")
    _, body, _ = await document(world, october[cafe].id)
    await late(world, 2_00, at(10, 30))
    assert await issue(world, "2026-10") == {}
    world.clock.move_to(at(12, 2))
    (line,) = (await issue(world, "2026-11", [cafe]))[cafe].lines
    assert (line.reason, line.value_minor, line.late) == ("goodwill", 2_00, 1)
    assert (await document(world, october[cafe].id))[1] == body
    await assert_equal_to_the_ledger(world, await preview(world, "2026-12"))


async def test_issuing_again_and_at_once_issues_once(engine: AsyncEngine) -> None:
    world = await an_october(engine)
    both = await asyncio.gather(issue(world, "2026-10"), issue(world, "2026-10"))
    assert sorted(len(each) for each in both) == [0, 4]
    state = await state_of(world.engine, world.operator_id)
    assert await issue(world, "2026-10") == {}
    assert await state_of(world.engine, world.operator_id) == state
    numbers = await world.rows("SELECT number, sequence FROM invoices ORDER BY sequence")
    assert numbers == [("2026-000001", 1), ("2026-000002", 2), ("2026-000003", 3)]
    await world.audit()


async def test_a_crash_before_the_commit_leaves_no_gap(engine: AsyncEngine) -> None:
    world = await an_october(engine)
    state = await state_of(world.engine, world.operator_id)
    async with world.engine.connect() as connection:
        await connection.exec_driver_sql("SELECT set_config('app.tenant', $1, true)", (str(world.operator_id),))
        snapshot = await world.stage.road.snapshots.current(connection, world.operator_id)
        assert len(await service.issue(connection, snapshot, treasurer(world), "2026-10", None, world.now)) == 4
        await connection.rollback()
    assert await state_of(world.engine, world.operator_id) == state
    assert {each.invoice.number for each in (await issue(world, "2026-10")).values() if each.invoice is not None} == {
        "2026-000001",
        "2026-000002",
        "2026-000003",
    }
    await world.audit()


async def test_a_funder_may_be_settled_alone_and_by_days(engine: AsyncEngine) -> None:
    world = await an_october(engine)
    cafe = await shop_account(world, "cafe")
    assert set(await issue(world, "2026-10-01..2026-10-07", [cafe])) == {cafe}
    whole = await issue(world, "2026-10", [BRAND])
    assert set(whole) == {BRAND}
    state = await state_of(world.engine, world.operator_id)
    with pytest.raises(ProductError) as refused:
        await issue(world, "2026-10")
    assert refused.value.code == "period_overlaps"
    assert await state_of(world.engine, world.operator_id) == state
    rest = await issue(world, "2026-10-08..2026-10-31")
    assert set(rest) == {OPERATOR, await shop_account(world, "books")}
    await world.audit()


async def test_the_share_that_moves_to_another_shop_is_given_back_and_charged(engine: AsyncEngine) -> None:
    """Who paid for a reward is found to be another shop: one funder gets the cost back, the other one bears it."""
    world = await an_october(engine)
    cafe, books = await shop_account(world, "cafe"), await shop_account(world, "books")
    await issue(world, "2026-10")
    reward = Transfer(await world.stage.shopper("anna"), "x", cafe, books, "EUR", 1_00, "funding_moved")
    ((key,),) = await world.rows("SELECT key FROM transfers WHERE debit = $1 AND reason = 'earned'", cafe)
    moved = Transfer(reward.shopper_id, f"{key[:40]}9:0", books, cafe, "EUR", 1_00, "funding_moved", corrects=key[:39])
    async with world.connection() as connection:
        await ledger.post(connection, world.operator_id, [moved], world.now)
    world.clock.move_to(at(12, 2))
    november = await issue(world, "2026-11", [cafe, books])
    assert told_lines(november[cafe])[0] == ("clawback", "funding_moved", "EUR", -1_00, -1_00, "2026-10")
    assert told_lines(november[books])[0] == ("reward", "funding_moved", "EUR", 1_00, 1_00, None)
    await assert_equal_to_the_ledger(world, november)


async def test_a_prepaid_funder_whose_money_does_not_reach_owes_the_rest(engine: AsyncEngine) -> None:
    world = await an_october(engine)
    cafe = await shop_account(world, "cafe")
    await told(world, cafe, "Café Lune SARL", mode=Mode.PREPAID)
    async with world.connection() as connection:
        shop = Transfer(world.operator_id, "funding:t2", "bank", cafe, "EUR", 5_00, "top_up")
        await ledger.post(connection, world.operator_id, [shop], at(10, 20))
    invoice = (await issue(world, "2026-10"))[cafe].invoice
    assert invoice is not None
    assert (invoice.gross_minor, invoice.paid_minor, invoice.due_minor) == (8_73, 5_00, 3_73)
    assert invoice.due_on == date(2026, 12, 3)
    await world.audit()


async def test_numbers_begin_again_each_year_and_never_go_back_in_time(engine: AsyncEngine) -> None:
    world = await an_october(engine)
    cafe = await shop_account(world, "cafe")
    world.clock.move_to(datetime(2027, 1, 1, 0, 30, tzinfo=UTC))
    first = (await issue(world, "2026-10", [cafe]))[cafe].invoice
    assert first is not None
    assert (first.number, first.issued_on) == ("2027-000001", date(2027, 1, 1))
    await late(world, 2_00, at(11, 30))
    async with world.connection() as connection:
        snapshot = await world.stage.road.snapshots.current(connection, world.operator_id)
        with pytest.raises(TryAgain) as refused:
            await service.issue(connection, snapshot, treasurer(world), "2026-11", [cafe], at(12, 31))
    assert refused.value.code == "clock"


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_is_posted_when_each_side_is_settled_once(engine: AsyncEngine, seed: int) -> None:
    """Credits and takings-back of any time, committed in any order between settlements that are cut anywhere."""
    chance = Random(seed)
    world = await a_centre(engine)
    anna = await world.stage.shopper("anna")
    accounts = [await shop_account(world, "cafe"), await shop_account(world, "books"), BRAND, OPERATOR]
    cuts = ["2026-10-01..2026-10-12", "2026-10-13..2026-10-31", "2026-11"]
    number = 0
    for day, period in zip((at(10, 14), at(11, 2), at(12, 3)), cuts, strict=True):
        credits = []
        for _ in range(chance.randint(1, 8)):
            number += 1
            account, amount = chance.choice(accounts), chance.randint(1, 20_00)
            ends = (account, PENDING) if number % 3 else (PENDING, account)
            credits.append(Transfer(anna, f"x{number}", *ends, "EUR", amount if number % 3 else 1, "goodwill"))
        for each in [Transfer(anna, f"floor{period}", OPERATOR, PENDING, "EUR", 10, "goodwill"), *credits]:
            async with world.connection() as connection:
                await ledger.post(connection, world.operator_id, [each], at(10, 1 + chance.randint(0, 12)))
        world.clock.move_to(day)
        chosen = chance.sample(accounts, 2)
        await asyncio.gather(issue(world, period, chosen[:1]), issue(world, period, chosen[1:]))
        await issue(world, period)
        await world.audit()
    open_sides = """SELECT count(*) FROM (SELECT shopper_id, key, 'debit' AS side, debit AS account FROM transfers
        UNION ALL SELECT shopper_id, key, 'credit', credit FROM transfers) AS t
        WHERE account LIKE 'funder:%' AND NOT EXISTS (SELECT 1 FROM settled_transfers h
            WHERE h.shopper_id = t.shopper_id AND h.key = t.key AND h.side = t.side)"""
    assert await world.rows(open_sides) == [(0,)]
    closed = "SELECT DISTINCT ON (account) account, closing_minor FROM settlements ORDER BY account, until DESC"
    for account, closing in await world.rows(closed):
        assert closing == await owed(world, account)


REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "period_not_over": ("2026-11", {}),
    "unknown_period": ("2026-13", {}),
    "scope_missing": ("2026-10", {"actor": Scope.READ}),
}


@pytest.mark.parametrize("code", REFUSED)
async def test_a_refusal_moves_nothing(engine: AsyncEngine, code: str) -> None:
    world = await an_october(engine)
    period, more = REFUSED[code]
    state = await state_of(world.engine, world.operator_id)
    with pytest.raises(ProductError) as refused:
        await issue(world, period, actor=treasurer(world, more["actor"]) if more else None)
    assert refused.value.code == code
    assert await state_of(world.engine, world.operator_id) == state
    await world.audit()


async def test_nothing_is_issued_over_books_that_differ(engine: AsyncEngine) -> None:
    world = await an_october(engine)
    async with world.connection() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO account_totals (operator_id, account, asset, debits, credits) VALUES ($1, $2, 'EUR', 100, 0)",
            (world.operator_id, BRAND),
        )
    state = await state_of(world.engine, world.operator_id)
    with pytest.raises(Conflict, match="differ") as refused:
        await issue(world, "2026-10")
    assert refused.value.code == "ledger_differs"
    assert await state_of(world.engine, world.operator_id) == state
    async with world.connection() as connection:
        await connection.exec_driver_sql("DELETE FROM account_totals WHERE operator_id = $1", (world.operator_id,))
    assert await issue(world, "2026-10")
    await world.audit()


async def test_nobody_is_invoiced_before_both_sides_are_known(engine: AsyncEngine) -> None:
    world = await a_world(engine, PROGRAMME, at=at(10, 1))
    await world.link(at=at(10, 1))
    await world.play(*purchase("p1", 100_00, at=at(10, 3)), at=at(10, 6))
    world.clock.move_to(at(11, 3))
    cafe = await shop_account(world, "cafe")
    state = await state_of(world.engine, world.operator_id)
    with pytest.raises(ProductError) as refused:
        await issue(world, "2026-10")
    assert refused.value.code == "no_seller"
    assert await state_of(world.engine, world.operator_id) == state
    await tell_seller(world)
    with pytest.raises(ProductError) as refused:
        await issue(world, "2026-10", [cafe])
    assert refused.value.code == "funder_untold"
    with pytest.raises(ProductError) as refused:
        await told(world, cafe, "Café Lune SARL", registration="552100555")
    assert (refused.value.code, "SIREN" in refused.value.detail) == ("registration", True)
    assert await world.rows("SELECT count(*) FROM settlements") == [(0,)]
    alone = await issue(world, "2026-10", [OPERATOR])
    assert alone[OPERATOR].invoice is None
    await world.audit()
