"""A plan follows its purchase: whatever the shop gave back shrinks what is owed, in the transaction that settles it.

As everywhere, the target is computed and the difference is posted: what a plan has taken over of refunds so far stands
in `refunded_minor`, so that following twice changes nothing. What was given back once stays given back: if its evidence
is taken away again, the shopper's debt does not grow, and the next refund counts from the most that ever was.

A purchase that was split after it was made is refunded by its shop to the card with which it was paid. The money has
reached the shopper and not who lends: the plan stands, and the shopper is told that it may be paid early.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import system
from cashback.instalments import moves, storage
from cashback.instalments.moves import Change, Posting, change
from cashback.instalments.reallocation import Shrunk, shrink
from cashback.instalments.schemas import Instalment, InstalmentState, Plan, PlanState, Way
from cashback.instalments.service import lent_by
from cashback.ledger.chart import OWED, PLAN_FEES, PLANS_LOST
from cashback.notifications import service as notifications
from cashback.notifications.schemas import Notice

_IN_THE_BOOKS = frozenset({PlanState.ACTIVE, PlanState.COMPLETED, PlanState.WRITTEN_OFF})


class GivenBack(NamedTuple):
    """A purchase as it stands: what was refunded of it in all, in minor units of its currency."""

    shopper_id: UUID
    purchase_id: UUID
    minor: int


async def follow(connection: AsyncConnection, operator_id: UUID, purchases: Sequence[GivenBack], now: datetime) -> None:
    """Bring the plans of these purchases up to what was given back of them. The caller holds the shoppers' locks."""
    given = {(each.shopper_id, each.purchase_id): each.minor for each in purchases}
    if not given:
        return
    plans = await storage.of_purchases(connection, given)
    told = [(plan, given[plan.shopper_id, plan.purchase_id]) for plan in plans if plan.purchase_id is not None]
    changes = [found for plan, minor in told if (found := refunded(plan, minor, now)) is not None]
    await moves.move(connection, system(operator_id, "instalments"), changes, now)
    early = [
        Notice(
            plan.shopper_id,
            f"plan:{plan.id.hex}:purchase_refunded:{minor}",
            "plan_purchase_refunded",
            {"asset": plan.currency, "amount": minor},
        )
        for plan, minor in told
        if plan.way is Way.AFTER_PURCHASE and minor and plan.owed_minor and plan.state is PlanState.ACTIVE
    ]
    await notifications.tell(connection, operator_id, early, now)


def refunded(plan: Plan, given_back_minor: int, now: datetime) -> Change | None:
    """What a purchase of which so much was given back in all makes of its plan; None: nothing. Pure."""
    target = max(plan.refunded_minor, min(plan.amount_minor, given_back_minor))
    refund = target - plan.refunded_minor
    if not refund or plan.way is Way.AFTER_PURCHASE or plan.state not in _IN_THE_BOOKS:
        return None
    shrunk = shrink(plan.instalments, refund, plan.refund_policy)
    parts, fees = list(shrunk.instalments), _Fees(0, 0, 0)
    if target == plan.amount_minor:
        parts, fees = _without_fees(parts)
    ends = plan.state is PlanState.ACTIVE and not any(each.state is InstalmentState.OPEN for each in parts)
    whole = PlanState.REFUNDED if plan.withdrawn_on is None else PlanState.WITHDRAWN
    state = whole if target == plan.amount_minor else PlanState.COMPLETED if ends else None
    back = shrunk.paid_minor + fees.paid_minor
    detail = {"refunded_minor": refund, "off_owed_minor": shrunk.owed_minor, "to_return_minor": back}
    return change(
        plan, "refunded", state=state, parts=parts, detail=detail, refunded_minor=target,
        excess_minor=plan.excess_minor + back, postings=_postings(plan, shrunk, fees),
        notices=[("plan_refunded", {"amount": refund})],
        closed_at=plan.closed_at if state is None else now,
    )  # fmt: skip


class _Fees(NamedTuple):
    """Fees that are owed no more, by where they stood."""

    owed_minor: int
    lost_minor: int
    paid_minor: int


def _postings(plan: Plan, shrunk: Shrunk, fees: _Fees) -> tuple[Posting, ...]:
    lender = lent_by(plan)
    return (
        Posting("refund", OWED, lender, shrunk.owed_minor + shrunk.paid_minor),
        Posting("refund_lost", PLANS_LOST, lender, shrunk.lost_minor),
        Posting("fees", OWED, PLAN_FEES, fees.owed_minor + fees.paid_minor),
        Posting("fees_lost", PLANS_LOST, PLAN_FEES, fees.lost_minor),
    )


def _without_fees(parts: Sequence[Instalment]) -> tuple[list[Instalment], _Fees]:
    """With the sale the credit ends: its fees go back, and what a delay would still cost is dropped."""
    after, owed, lost, paid = [], 0, 0, 0
    for each in parts:
        unpaid = each.fee_minor - each.paid_minor
        if each.state is InstalmentState.OPEN:
            owed += unpaid
        elif each.state is InstalmentState.WRITTEN_OFF:
            lost += unpaid
        paid += each.paid_minor
        state = InstalmentState.VOID if each.state is InstalmentState.OPEN else each.state
        after.append(replace(each, fee_minor=0, paid_minor=0, state=state, next_at=None))
    return after, _Fees(owed, lost, paid)
