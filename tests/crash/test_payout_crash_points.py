"""A payout worker that ends at any of its statements, or with its rail's answer lost: paid once, one end, whole books.

Each payout is worked by a worker that ends at another statement than the one before; then another worker finds it as it
was left. The rail remembers every call: none may repeat what was carried out, whatever was recorded of it. In a short
run the ways to end share the statements, so that each statement ends a worker once; with `CRASH_ROUNDS` each does.
"""

import os
from asyncio import CancelledError
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from crash_house import Crash, Fault, dies, failing, is_cancelled, loses_its_connection
from paid_world import DEBTOR, PAYING, Paid, paid_world
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.payouts import outcomes, sepa_files
from cashback.payouts.fake_rail import FakeRail
from cashback.payouts.rails import Payment, Submitted
from cashback.payouts.schemas import Payout, RailName, State
from issuers.events import CardEvent, EventKind, TimeBasis

pytestmark = pytest.mark.crash

STATEMENTS_MAX = 90
ENDS: dict[str, tuple[Fault, bool]] = {
    "before": (dies, False),
    "after": (dies, True),
    "cancelled": (is_cancelled, False),
    "cut": (loses_its_connection, False),
}
PLACES = list(range(1, STATEMENTS_MAX))


def places_of(end: str) -> list[int]:
    """The statements at which workers end in this way."""
    if int(os.environ.get("CRASH_ROUNDS", "20")) > 20:
        return PLACES
    return PLACES[list(ENDS).index(end) :: len(ENDS)]


UNLIMITED = PAYING[: PAYING.index("payouts:")] + (
    'payouts: {cooling_hours: 0, assets: [{asset: EUR, minimum: "1.00", rails: [stripe, sepa]}]}\n'
)


class DyingRail(FakeRail):
    """A rail whose caller dies when it has carried the payment out, as often as it is told to."""

    deaths = 0

    async def submit(self, payment: Payment, idempotency_key: str) -> Submitted:
        assert idempotency_key not in self.paid, "what was carried out is called again"
        answer = await super().submit(payment, idempotency_key)
        if self.deaths:
            self.deaths -= 1
            raise Crash
        return answer


async def a_paid_world(engine: AsyncEngine, rail: RailName) -> Paid:
    paid = await paid_world(engine, UNLIMITED)
    paid.rail = DyingRail()
    await paid.earn(900)
    if rail is RailName.STRIPE:
        await paid.stripe_account()
    else:
        await paid.open_rail(RailName.SEPA, DEBTOR)
        await paid.account()
    return paid


async def ends_at(monkeypatch: pytest.MonkeyPatch, end: str, place: int, step: Callable[[], Awaitable[object]]) -> bool:
    """Run a step that ends at a place; whether it passed untouched because it has fewer statements."""
    fault, after = ENDS[end]
    with failing(monkeypatch, fault, at=place, after=after) as done:
        try:
            await step()
        except (Crash, CancelledError, DBAPIError, ExceptionGroup):
            assert len(done) >= place
            return False
    return len(done) < place


async def recovered(paid: Paid, payout: Payout, state: State) -> None:
    """Another worker, later, until the payout stands where it should."""
    for _ in range(4):
        if (await paid.state(payout))[0] is state:
            return
        paid.world.clock.advance(timedelta(minutes=11))
        await paid.pay()


def told(payout: Payout, paid: Paid, outcome: str) -> CardEvent:
    return CardEvent(
        kind=EventKind.PAYOUT_NEWS,
        card_token=payout.id.hex,
        fact_ref=f"payout_news:{payout.id.hex}:{outcome}",
        revision=0,
        purchase_ref="po_1",
        occurred_at=paid.now,
        occurred_until=paid.now,
        time_basis=TimeBasis.INSTANT,
        metadata={"payout": payout.id.hex, "outcome": outcome, "reason": "account_closed"},
    )


@pytest.mark.parametrize("end", ENDS)
async def test_a_call_that_ends_anywhere_is_made_once(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    paid = await a_paid_world(engine, RailName.STRIPE)
    for place in places_of(end):
        payout = await paid.request(2_00, key=f"k{place}")
        passed = await ends_at(monkeypatch, end, place, paid.pay)
        await recovered(paid, payout, State.SENT)
        assert await paid.state(payout) == (State.SENT, None)
        if passed:
            break
    else:
        raise AssertionError(f"the worker did not pass in {STATEMENTS_MAX} attempts")
    assert place > 20
    count = places_of(end).index(place) + 1
    assert len(paid.rail.paid) == count
    assert await paid.wallet() == (900_00 - 2_00 * count, 2_00 * count, 0)
    await paid.audit()


async def test_a_worker_that_dies_when_its_rail_has_acted_leaves_a_payout_that_is_looked_up(
    engine: AsyncEngine,
) -> None:
    paid = await a_paid_world(engine, RailName.STRIPE)
    payouts = [await paid.request(2_00, key=f"k{number}") for number in range(5)]
    assert isinstance(paid.rail, DyingRail)
    paid.rail.deaths = 3
    with pytest.raises(Crash):
        await paid.pay()
    assert {(await paid.state(each))[0] for each in payouts} == {State.SENDING}
    paid.world.clock.advance(timedelta(minutes=11))
    await paid.pay()
    assert {await paid.state(each) for each in payouts} == {(State.SENT, None)}
    assert len(paid.rail.paid) == 5
    await paid.audit()


@pytest.mark.parametrize("end", ENDS)
async def test_news_that_ends_anywhere_moves_the_money_once(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """Each payout is told to be paid and to have failed: the money is fetched back, and given back, once."""
    paid = await a_paid_world(engine, RailName.STRIPE)
    for place in places_of(end):
        payout = await paid.request(2_00, key=f"k{place}")
        await paid.pay()
        for outcome in ("paid", "failed"):
            async with paid.world.connection() as connection:
                await outcomes.take_news(connection, paid.world.operator_id, [told(payout, paid, outcome)], paid.now)
            if outcome == "paid" and place % 2:
                await paid.pay()
        passed = await ends_at(monkeypatch, end, place, paid.pay)
        await recovered(paid, payout, State.FAILED)
        assert await paid.state(payout) == (State.FAILED, "account_closed")
        assert await paid.wallet() == (900_00, 0, 0)
        if passed:
            break
    else:
        raise AssertionError(f"the worker did not pass in {STATEMENTS_MAX} attempts")
    assert place > 20
    assert len(paid.rail.taken_back) == places_of(end).index(place) + 1
    await paid.audit()


@pytest.mark.parametrize("end", ENDS)
async def test_a_file_whose_making_ends_anywhere_is_one_file(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, end: str
) -> None:
    paid = await a_paid_world(engine, RailName.SEPA)
    keyring, engine_ = paid.world.stage.road.keyring, paid.world.engine
    for place in places_of(end):
        payout = await paid.request(2_00, key=f"k{place}", rail=RailName.SEPA)
        first, second, third = (tmp_path / f"{place}-{name}.xml" for name in ("first", "second", "third"))

        async def make(out: Path = first) -> object:
            return await sepa_files.make_file(engine_, keyring, paid.person(), out, paid.now)

        passed = await ends_at(monkeypatch, end, place, make)
        paid.world.clock.advance(timedelta(days=1))
        if (await paid.state(payout))[0] is not State.SENT:
            if await _is_written(paid, payout):
                await sepa_files.finish(engine_, paid.person(), paid.now)
            else:
                await paid.file(second)
        assert (await paid.state(payout))[0] is State.SENT
        batch_id = (await paid.stored(payout)).batch_id
        assert batch_id is not None
        await sepa_files.make_again(engine_, keyring, paid.person(), batch_id, third)
        made = {each.read_bytes() for each in (first, second, third) if each.exists()}
        assert len(made) == 1
        if passed:
            break
    else:
        raise AssertionError(f"the file was not made in {STATEMENTS_MAX} attempts")
    assert place > 15
    count = places_of(end).index(place) + 1
    assert await paid.world.rows("SELECT count(*), sum(payments)::bigint FROM payout_batches") == [(count, count)]
    await paid.audit()


async def _is_written(paid: Paid, payout: Payout) -> bool:
    found = await paid.world.rows(
        "SELECT b.state FROM payouts p JOIN payout_batches b ON b.id = p.batch_id WHERE p.id = $1", payout.id
    )
    return found == [("written",)]
