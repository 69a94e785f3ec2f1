"""A plan in instalments that began some days ago and of which nobody pays any more, for the sandbox alone.

Its days lie in the past, its transfers are of now: nothing is posted into a time that was sealed.
"""

from datetime import date, timedelta
from uuid import UUID

from cashback import checkout
from cashback.db.engine import transaction
from cashback.errors import Conflict, Invalid
from cashback.ids import uuid7
from cashback.instalments import service as plans
from cashback.instalments import settings as plan_settings
from cashback.instalments.passing import pass_days
from cashback.instalments.schemas import Accepted, Lender, Part, Way
from cashback.shoppers import service as shoppers
from cashback.simulator.cast import Card
from cashback.simulator.dialects import CURRENCY
from cashback.web.developer.frame import Frame
from cashback.web.developer.sandbox import require_sandbox
from eligibility.regime import Regime
from eligibility.schedule import Terms, schedule

TERMS = Terms(id="3x24", count=3, every_days=24, fee_fixed_minor=0)
LATE_AFTER_DAYS = 25
"""The second part is due a day earlier: a plan that began later is not late yet."""
AMOUNT_MIN_MINOR = 30_00


async def begin_late(frame: Frame, card: Card, shop: str, amount_minor: int, days: int) -> None:
    """A plan of three parts that the card's shopper accepted at the checkout so many days ago, the first one paid.

    `shop` is a code. Invalid for days in which nothing would be late or an amount that makes no plan; Conflict where
    the operator offers no plans.
    """
    require_sandbox(frame)
    if days < LATE_AFTER_DAYS:
        raise Invalid(f"when: expected at least {LATE_AFTER_DAYS} days ago, so that a part is late", code="not_late")
    if amount_minor < AMOUNT_MIN_MINOR:
        raise Invalid("amount: expected at least 30.00 for a plan of three parts", code="bad_amount")
    actor, operator_id, now = frame.integrator.actor, frame.integrator.session.operator_id, frame.now
    shopper_id = UUID(card.shopper)
    async with transaction(frame.web.engine, operator_id) as connection:
        settings = await plan_settings.load(connection, operator_id)
        if settings is None:
            raise Conflict("this operator offers no plans: tell how they are run first", code="instalments_not_offered")
        snapshot = await frame.integrator.bench.road.snapshots.current(connection, operator_id)
        begun = (now.astimezone(snapshot.programme.zone) - timedelta(days=days)).date()
        accepted = _accepted(shopper_id, snapshot.shops.by_code[shop].id, amount_minor, begun, uuid7(now))
        await shoppers.lock(connection, [shopper_id])
        plan = await plans.open_plan(connection, actor, accepted, settings, now)
        active = await plans.activate(connection, actor, plan, now)
        await checkout.enter_sale(connection, snapshot, actor, active, now)
    async with transaction(frame.web.engine, operator_id) as connection:
        await pass_days(connection, operator_id, now)


def _accepted(shopper_id: UUID, shop_id: UUID, amount_minor: int, begun: date, name: UUID) -> Accepted:
    return Accepted(
        shopper_id=shopper_id,
        key=f"simulator-{name.hex}",
        decision_id=name,
        way=Way.CHECKOUT,
        lender=Lender.MERCHANT,
        shop_id=shop_id,
        order_ref=f"simulator-{name.hex[-8:]}",
        purchase_id=None,
        mandate_id=None,
        currency=CURRENCY,
        parts=tuple(
            Part(due_on=each.due_on, principal_minor=each.principal_minor, fee_minor=each.fee_minor)
            for each in schedule(amount_minor, TERMS, begun)
        ),
        terms={"id": TERMS.id, "count": TERMS.count},
        regime=Regime.EXEMPT_50D.value,
        is_credit=False,
        taeg_bps=0,
        concluded_on=begun,
    )
