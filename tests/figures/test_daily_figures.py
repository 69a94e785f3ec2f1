"""Figures that are kept beside their rows: what a story of purchases leaves in them, and that counting again agrees."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from world import FIVE_PERCENT, World, a_world, authorization, clearing, day, purchase, refund

from cashback.figures.daily import begin_anew, count, differing
from cashback.figures.overview import Overview, read_overview
from cashback.figures.service import (
    as_of,
    keep,
    read_cohorts,
    read_days,
    read_fifths,
    read_groups,
    read_held,
    read_people,
    read_sources,
    read_steps,
    read_weeks,
)
from cashback.offers.holdout import PROGRAMME, held_out
from cashback.programmes.schemas import Programme
from cashback.programmes.service import load_programme

PARIS = ZoneInfo("Europe/Paris")
EVERYTHING = (date(2025, 12, 1), date(2026, 12, 31))


async def programme_of(world: World) -> Programme:
    async with world.connection() as connection:
        return await load_programme(connection, world.operator_id)


async def kept(world: World, programme: Programme | None = None) -> Programme:
    """The worker's round at the clock's instant; figures then equal the rows."""
    programme = programme or await programme_of(world)
    async with world.connection() as connection:
        await keep(connection, programme, world.now)
    await agree(world, programme)
    return programme


async def agree(world: World, programme: Programme) -> None:
    days = [row[0] for row in await world.rows("SELECT DISTINCT day FROM daily_figures WHERE figure <> 'told'")]
    bought = await world.rows("SELECT DISTINCT (purchased_at AT TIME ZONE $1)::date FROM purchases", programme.zone.key)
    async with world.connection() as connection:
        every = sorted({*days, *(row[0] for row in bought)})
        assert await differing(connection, world.operator_id, programme.zone, every) == []


async def totals(world: World) -> dict[str, int]:
    async with world.connection() as connection:
        days = await read_days(connection, world.operator_id, *EVERYTHING)
    return {figure: days.total(figure) for figure, _ in days.by_day}


async def overview(world: World, programme: Programme, period: int) -> Overview:
    async with world.connection() as connection:
        return await read_overview(connection, programme, period, world.now)


async def test_a_purchase_a_refund_and_one_without_a_shop(engine: AsyncEngine) -> None:
    world = await a_world(engine, FIVE_PERCENT)
    await world.link()
    await world.play(
        *purchase("a", 100_00, at=day(1)), authorization("n", 7_00, at=day(1), mid="9999"), at=day(2, hour=12)
    )
    programme = await kept(world)
    first = await totals(world)
    assert first == {"joined": 1, "recognised": 1, "unplaced": 1, "sales": 100_00, "given": 5_00}

    await world.play(refund("r", 40_00, of="a", at=day(4)), at=day(5))
    await kept(world, programme)
    assert await totals(world) == first | {"sales": 60_00, "taken_back": 2_00}
    async with world.connection() as connection:
        days = await read_days(connection, world.operator_id, *EVERYTHING)
        sources = await read_sources(connection, world.operator_id)
        steps = await read_steps(connection, world.operator_id)
        fresh = await as_of(connection, world.operator_id)
    # Sales stand on the day of the purchase, what was given and taken back on the day of its posting.
    local = [each.astimezone(PARIS).date() for each in (day(1), day(5))]
    assert {when for when, amount in days.by_day["sales", "EUR"].items() if amount} == {local[0]}
    assert days.by_day["taken_back", "EUR"] == {local[1]: 2_00}
    assert sources == {"sandbox": day(5).replace(microsecond=0)}
    assert steps == {"joined": 1, "linked": 1, "bought": 1, "rewarded": 1, "returned": 0}
    assert fresh.counted_at == world.now

    await world.pass_to(day(30))
    await kept(world, programme)
    assert (await totals(world))["confirmed"] == 3_00
    await world.audit()


async def test_a_late_authorization_moves_a_purchase_to_its_true_day(engine: AsyncEngine) -> None:
    world = await a_world(engine, FIVE_PERCENT)
    await world.link()
    await world.play(clearing("late", 50_00, at=day(6)), at=day(6, hour=18))
    programme = await kept(world)
    await world.play(authorization("late", 50_00, at=day(3)), at=day(7))
    await kept(world, programme)
    async with world.connection() as connection:
        days = await read_days(connection, world.operator_id, *EVERYTHING)
    assert days.by_day["sales", "EUR"] == {day(3).astimezone(PARIS).date(): 50_00}
    await world.audit()


async def test_only_what_changed_is_counted_again_and_anew_is_the_same(engine: AsyncEngine) -> None:
    world = await a_world(engine, FIVE_PERCENT)
    await world.link()
    for number in range(1, 6):
        await world.play(*purchase(f"p{number}", number * 10_00, at=day(number)), at=day(number + 1, hour=12))
    programme = await kept(world)
    told = await world.rows("SELECT figure, day, unit, amount FROM daily_figures ORDER BY 1, 2, 3")
    world.clock.move_to(world.now + timedelta(hours=2))
    async with world.connection() as connection:
        # What changed just before the last round is looked at once more, for whoever committed late; then no more.
        assert [await count(connection, programme, world.now) for _ in range(2)] == [2, 0]
    await world.play(refund("r", 5_00, of="p2", at=world.now), at=world.now + timedelta(minutes=1))
    async with world.connection() as connection:
        assert await count(connection, programme, world.now) == 2  # the day of the purchase, and that of its clearing
        await begin_anew(connection, programme)
        assert (await as_of(connection, world.operator_id)).counted_at is None
        await keep(connection, programme, world.now)
    again = await world.rows("SELECT figure, day, unit, amount FROM daily_figures ORDER BY 1, 2, 3")
    assert {row for row in told if row[0] == "recognised"} == {row for row in again if row[0] == "recognised"}
    await agree(world, programme)


async def test_a_figure_that_is_wrong_is_found(engine: AsyncEngine) -> None:
    world = await a_world(engine, FIVE_PERCENT)
    await world.link()
    await world.play(*purchase("a", at=day(1)), at=day(3))
    programme = await kept(world)
    await world.rows("UPDATE daily_figures SET amount = amount + 1 WHERE figure = 'sales' RETURNING 1")
    async with world.connection() as connection:
        wrong = await differing(connection, world.operator_id, PARIS, [day(1).astimezone(PARIS).date()])
    assert [(row.figure, row.kept - row.counted) for row in wrong] == [("sales", 1)]
    await world.rows("UPDATE programmes SET zone = 'Asia/Tokyo' RETURNING 1")
    # In another zone everything is counted anew, and the fault is gone with it.
    assert (await kept(world)).zone.key == "Asia/Tokyo" != programme.zone.key


async def test_groups_windows_and_cohorts(engine: AsyncEngine) -> None:
    """Twelve members, a half held out; two buy in the last week, one of them in the week before too."""
    world = await a_world(engine, FIVE_PERCENT)
    await world.rows("UPDATE programmes SET holdout_bps = 5000 RETURNING 1")
    ids = {}
    for number in range(12):
        ids[f"m{number}"] = await world.link(f"card-{number}", f"m{number}")
    held = {name for name, each in ids.items() if held_out(world.operator_id, PROGRAMME, 5000, each)}
    await world.play(
        *purchase("a", 100_00, at=day(12), card="card-0"),
        *purchase("b", 40_00, at=day(20), card="card-0"),
        *purchase("c", 60_00, at=day(21), card="card-1"),
        at=day(24),
    )
    programme = await kept(world)
    last = day(24).astimezone(PARIS).date() - timedelta(days=1)
    async with world.connection() as connection:
        people = [await read_people(connection, world.operator_id, last, period) for period in (7, 28)]
        before = await read_people(connection, world.operator_id, last - timedelta(days=7), 7)
        offered, out = await read_groups(connection, world.operator_id, last, 7)
        weeks = await read_weeks(connection, world.operator_id, last + timedelta(days=1))
        cohorts = await read_cohorts(connection, world.operator_id, last, 2)
    assert people == [(2, 12), (2, 12)]
    assert before == (1, 12)
    assert (out.members, offered.members) == (len(held), 12 - len(held))
    assert offered.spend + out.spend == 100_00
    assert offered.squares + out.squares == 40_00**2 + 60_00**2
    assert offered.buyers + out.buyers == 2
    assert len(weeks) == 12
    assert all(week.last.isoweekday() == 7 for week in weeks)
    assert [(each.joined, list(each.active)) for each in cohorts] == [(12, [2])]
    seen = await overview(world, programme, 7)
    assert (seen.this.sales, seen.before.sales, seen.this.active, seen.before.active) == (100_00, 100_00, 2, 1)
    assert (seen.this.recognised, seen.before.recognised) == (2, 1)
    await world.audit()


@pytest.mark.parametrize(("at", "measured"), [(timedelta(minutes=59), False), (timedelta(minutes=61), True)])
async def test_measures_are_taken_once_an_hour(engine: AsyncEngine, at: timedelta, measured: bool) -> None:
    world = await a_world(engine, FIVE_PERCENT)
    await world.link()
    world.clock.move_to(datetime(2026, 11, 20, 9, tzinfo=PARIS))
    programme = await kept(world)
    begun = world.now
    world.clock.move_to(begun + at)
    await kept(world, programme)
    async with world.connection() as connection:
        fresh = await as_of(connection, world.operator_id)
    assert (fresh.measured_at == world.now) is measured
    assert fresh.counted_at == world.now


async def test_what_members_hold_is_the_sum_of_the_days(engine: AsyncEngine) -> None:
    world = await a_world(engine, FIVE_PERCENT)
    await world.link()
    await world.play(*purchase("a", 100_00, at=day(1)), at=day(3))
    await world.play(*purchase("b", 40_00, at=day(10)), refund("r", 20_00, of="a", at=day(11)), at=day(20))
    await world.pay(1_00)
    await kept(world)
    wallet = await world.wallet()
    async with world.connection() as connection:
        held = await read_held(connection, world.operator_id, "EUR")
    assert held == wallet["EUR"][:2] == (2_00, 3_00)
    await world.audit()


async def test_buyers_in_fifths(engine: AsyncEngine) -> None:
    """Five buyers, the later the more often: each stands alone on the diagonal."""
    world = await a_world(engine, FIVE_PERCENT)
    told = []
    for number in range(1, 6):
        await world.link(f"card-{number}", f"m{number}")
        for time in range(number):
            told += purchase(f"p{number}.{time}", 10_00, at=day(number, hour=time), card=f"card-{number}")
    await world.play(*told, at=day(9))
    await kept(world)
    async with world.connection() as connection:
        found = await read_fifths(connection, world.operator_id, day(8).astimezone(PARIS).date())
    assert found == {(number, number): (1, number * 10_00) for number in range(1, 6)}
