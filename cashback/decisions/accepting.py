"""Accepting a quote: what was decided is judged again, now and under the shopper's lock, and then the plan is opened.

Between quote and acceptance minutes pass, and another checkout may have taken what was left of a limit. So nothing
that was read for the quote decides: the shopper is locked, everything is gathered again, and the same function judges
the one plan that is accepted. Of two that race for the last of a limit, the second finds what the first has taken.

Never commits. What is refused here is a decision too and is kept: `Turned` is a value, and the caller commits.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.clock import zulu
from cashback.decisions import ficp, storage
from cashback.decisions.again import case_again
from cashback.decisions.asking import Case, find, judge, lock, require_asker
from cashback.decisions.asking import read as read_decision
from cashback.decisions.people import overruled
from cashback.decisions.schemas import Answered, Decided
from cashback.errors import Conflict, Invalid
from cashback.instalments import service as plans
from cashback.instalments import settings as plan_settings
from cashback.instalments.schemas import Accepted, Lender, Part, Plan, Way
from cashback.programmes import audit_log
from cashback.rewards.snapshot import Snapshot
from eligibility import Ficp, Quote, Terms, decide, quote_plan, read_application
from webhooks.sealing import SealingKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Which quote a shopper accepts. `counter`: the kind of a counter-offer to that plan, accepted in its place."""

    key: str
    decision_id: UUID
    plan: str
    counter: str | None = None
    order_ref: str | None = None
    """At the checkout: the provider's own name for the sale."""
    mandate_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A plan was opened."""

    plan: Plan
    decided: Decided


@dataclass(frozen=True, slots=True)
class Turned:
    """It may not be opened any more: the decision that says why."""

    answered: Answered


async def accept(
    connection: AsyncConnection,
    snapshot: Snapshot,
    master: SealingKey,
    actor: Actor,
    acceptance: Acceptance,
    now: datetime,
) -> Opened | Turned:
    """Open the plan of a quote, or say why it may not be opened any more; the same key again answers the same plan.

    Raises NotFound: no such decision; Invalid: a plan that was not open in it; Conflict: the quote has expired, was
    used, or its purchase is paid in instalments already.
    """
    decided = await find(connection, actor, acceptance.decision_id)
    require_asker(actor, decided.shopper_id)
    await lock(connection, decided.shopper_id)
    decided = await find(connection, actor, acceptance.decision_id)
    if decided.used_key == acceptance.key and decided.plan_id is not None:
        if decided.used_plan != _name(acceptance):
            raise Conflict("the key came again with another plan", code="idempotency_key")
        return Opened(await plans.find(connection, actor.operator_id, decided.plan_id), decided)
    if decided.used_at is not None:
        raise Conflict(f"{decided.ref} was accepted before: a quote opens one plan", code="quote_used")
    if now >= decided.expires_at:
        raise Conflict(f"{decided.ref} expired at {zulu(decided.expires_at)}: ask again", code="quote_expired")
    answered = await read_decision(connection, actor.operator_id, decided)
    value = msgspec.json.decode(answered.record)
    terms, amount = _quoted(value, decided, acceptance)
    told, key = read_application(value["application"]), f"accepted:{acceptance.key}"
    case = await case_again(connection, snapshot, master, actor, decided, told, terms, amount, key, now)
    hours = case.force.conduct.ficp_valid_hours
    consulted = await ficp.newest(connection, actor.operator_id, case.shopper_id, valid_hours=hours, now=now)
    if not _still(case, consulted, overruled(value), now):
        return Turned(await judge(connection, actor, case, consulted, now, earlier_id=decided.id))
    return await _open(connection, actor, case, decided, terms, acceptance, now)


def _still(case: Case, consulted: Ficp | None, overturned: frozenset[str], now: datetime) -> bool:
    """Whether the plan is open as of now. What people have overruled stands against it no more; anything else does."""
    (answer,) = decide(case.force.rulebook, case.application(UUID(int=0), consulted, now)).plans
    return answer.eligible or bool(overturned and {each.code for each in answer.reasons} <= overturned)


def _quoted(value: dict[str, Any], decided: Decided, acceptance: Acceptance) -> tuple[Terms, int]:
    """The terms and the amount that were open in a record. Raises Invalid: they were not."""
    written = next((each for each in value["plans"] if each["id"] == acceptance.plan), None)
    if written is None:
        known = ", ".join(each["id"] for each in value["plans"])
        raise Invalid(f"{decided.ref} has no plan {acceptance.plan[:40]!r}, expected one of {known}", code="no_quote")
    application = read_application(value["application"])
    if acceptance.counter is None:
        if not written["eligible"]:
            raise Invalid(f"plan {acceptance.plan!r} was not open in {decided.ref}", code="no_quote")
        return next(each for each in application.plans if each.id == acceptance.plan), decided.amount_minor
    offer = next((each for each in written["counter_offers"] if each["kind"] == acceptance.counter), None)
    if offer is None:
        kinds = ", ".join(each["kind"] for each in written["counter_offers"]) or "none"
        raise Invalid(
            f"{decided.ref} made no counter-offer {acceptance.counter[:40]!r} to plan {acceptance.plan!r};"
            f" it made: {kinds}",
            code="no_quote",
        )
    alone = value["application"] | {"plans": [offer["terms"]]}
    return read_application(alone).plans[0], offer["amount_minor"]


async def _open(
    connection: AsyncConnection,
    actor: Actor,
    case: Case,
    decided: Decided,
    terms: Terms,
    acceptance: Acceptance,
    now: datetime,
) -> Opened:
    figures = case.force.rulebook.policy.figures
    application = case.application(decided.id, None, now)
    quote = quote_plan(application, terms, insignificant_charges_bps=figures.insignificant_charges_bps)
    settings = await plan_settings.in_force(connection, actor.operator_id)
    plan = await plans.open_plan(connection, actor, _accepted(case, decided, terms, quote, acceptance), settings, now)
    name = _name(acceptance)
    if not await storage.use(connection, decided, key=acceptance.key, plan=name, plan_id=plan.id, now=now):
        raise Conflict(f"{decided.ref} was accepted before: a quote opens one plan", code="quote_used")
    await audit_log.record(connection, actor, "quote.accepted", decided.ref, {"plan": name, "opened": plan.ref}, now)
    used = replace(decided, used_at=now, used_key=acceptance.key, used_plan=name, plan_id=plan.id)
    return Opened(plan, used)


def _accepted(case: Case, decided: Decided, terms: Terms, quote: Quote, acceptance: Acceptance) -> Accepted:
    return Accepted(
        shopper_id=case.shopper_id,
        key=acceptance.key,
        decision_id=decided.id,
        way=Way.CHECKOUT if decided.purchase_id is None else Way.AFTER_PURCHASE,
        lender=Lender(terms.lender.value),
        shop_id=case.shop.id,
        order_ref=acceptance.order_ref,
        purchase_id=decided.purchase_id,
        mandate_id=acceptance.mandate_id,
        currency=decided.currency,
        parts=tuple(
            Part(due_on=each.due_on, principal_minor=each.principal_minor, fee_minor=each.fee_minor)
            for each in quote.dues
        ),
        terms={
            "id": terms.id,
            "count": terms.count,
            "every_days": terms.every_days,
            "first_share_bps": terms.first_share_bps,
            "fee_bps": terms.fee_bps,
            "fee_fixed_minor": terms.fee_fixed_minor,
        },
        regime=quote.law.regime.value,
        is_credit=quote.law.regime.is_credit,
        taeg_bps=quote.taeg_bps,
        concluded_on=case.purchase.made_on,
    )


def _name(acceptance: Acceptance) -> str:
    return acceptance.plan if acceptance.counter is None else f"{acceptance.plan}:{acceptance.counter}"
