"""The audit of payouts is able to fail: each invariant is broken by hand, as the owner, and named by the report."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from paid_world import DEBTOR, Paid, paid_world
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.audit import audit
from cashback.audit.payouts import INVARIANTS
from cashback.db.engine import open_engine
from cashback.payouts.rails import Done
from cashback.payouts.schemas import RailName

BROKEN: dict[str, str] = {
    "what is in transit is the sum of the open payouts": (
        "UPDATE balances SET in_transit = in_transit + 1 WHERE asset = 'EUR'"
    ),
    "a payout's transfers lead where its state says": "UPDATE payouts SET state = 'returned' WHERE state = 'paid'",
    "a payout is paid once": ("UPDATE transfers SET credit = 'shopper:paid' WHERE key LIKE 'payout:%'"),
    "the moves of a payout follow each other and end where it stands": (
        "UPDATE payout_moves SET to_state = 'held' WHERE to_state = 'approved'"
    ),
    "a day has counted exactly the payouts that count against it": (
        "UPDATE payout_days SET taken = taken + 1 WHERE true"
    ),
    "a gift card was given for a paid payout of its value": "UPDATE gift_codes SET face = face + 1 WHERE true",
    "a file holds the payouts that it was closed with": "UPDATE payout_batches SET total = total + 1 WHERE true",
}


@pytest.fixture
async def paid(engine: AsyncEngine, tmp_path_factory: pytest.TempPathFactory) -> Paid:
    """Anna was paid by a call, by a gift card and in a file, and one payout of hers waits."""
    made = await paid_world(engine)
    await made.earn(80)
    await made.open_rail(RailName.SEPA, DEBTOR)
    await made.account()
    await made.stripe_account()
    await made.stock("GIFT-0001,EUR,10.00,")
    made.rail.next_answers.append(Done("po_1"))
    await made.request(15_00, key="k1", rail=RailName.STRIPE)
    await made.request(10_00, key="k2", rail=RailName.GIFT_CARD)
    await made.request(20_00, key="k3", rail=RailName.SEPA)
    await made.pay()
    await made.file(tmp_path_factory.mktemp("files") / "file.xml")
    await made.request(30_00, key="k4", rail=RailName.SEPA)
    assert await made.wallet() == (5_00, 50_00, 25_00)
    made.world.clock.advance(timedelta(minutes=1))
    await made.audit()
    return made


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[AsyncEngine]:
    """The owner of the database, whom no policy stops."""
    opened = open_engine(database_url, role=None, pool_size=1)
    yield opened
    await opened.dispose()


@pytest.mark.parametrize("invariant", BROKEN)
async def test_a_broken_invariant_is_named(paid: Paid, owner: AsyncEngine, invariant: str) -> None:
    operator_id = paid.world.operator_id
    async with owner.connect() as connection:
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        await connection.exec_driver_sql("SELECT set_config('app.tenant', $1, true)", (str(operator_id),))
        statement = f"{BROKEN[invariant]} AND operator_id = '{operator_id}'"
        assert (await connection.exec_driver_sql(statement)).rowcount > 0
        await connection.exec_driver_sql("SET LOCAL ROLE cashback_app")
        report = await audit(connection, operator_id, paid.now)
        await connection.rollback()
    named = {each.invariant: each.row for each in report.breaches}
    assert named.get(invariant)
    await paid.audit()


def test_every_invariant_was_broken() -> None:
    assert set(INVARIANTS) == set(BROKEN)
