"""From a quote that is accepted to the plan that it becomes. Pure."""

import hashlib
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec

from cashback.actors import Actor
from cashback.errors import Invalid
from cashback.ids import uuid7
from cashback.instalments.days import day_of
from cashback.instalments.schemas import Accepted, Instalment, InstalmentState, Lender, Plan, PlanState, Settings, Way

WITHDRAW_DAYS = 14
"""L. 312-19: of consumer credit, counted from its acceptance."""


def opening(actor: Actor, accepted: Accepted, digest: bytes, settings: Settings, zone: ZoneInfo, now: datetime) -> Plan:
    """The plan as it is stored first: waiting for its first payment."""
    parts = tuple(
        Instalment(
            number,
            part.due_on,
            part.principal_minor,
            part.due_on,
            part.principal_minor,
            part.fee_minor,
            0,
            InstalmentState.OPEN,
            None,
            None,
            0,
            None,
        )
        for number, part in enumerate(accepted.parts, start=1)
    )
    return Plan(
        shopper_id=accepted.shopper_id,
        id=uuid7(now),
        key=accepted.key,
        digest=digest,
        decision_id=accepted.decision_id,
        way=accepted.way,
        lender=accepted.lender,
        shop_id=accepted.shop_id,
        order_ref=accepted.order_ref,
        purchase_id=accepted.purchase_id,
        mandate_id=accepted.mandate_id,
        currency=accepted.currency,
        amount_minor=sum(each.principal_minor for each in accepted.parts),
        fee_minor=sum(each.fee_minor for each in accepted.parts),
        refunded_minor=0,
        excess_minor=0,
        returned_minor=0,
        remitted_minor=0,
        terms=accepted.terms,
        regime=accepted.regime,
        taeg_bps=accepted.taeg_bps,
        refund_policy=settings.refund_policy,
        state=PlanState.OPENING,
        reason=None,
        concluded_on=accepted.concluded_on,
        accepted_by=actor.name,
        accepted_at=now,
        lapses_at=now + timedelta(minutes=settings.opening_minutes),
        funded_at=None,
        withdraw_until=day_of(now, zone) + timedelta(days=WITHDRAW_DAYS) if accepted.is_credit else None,
        withdrawn_on=None,
        paused_until=None,
        pauses=0,
        shifts=0,
        closed_at=None,
        moves=1,
        instalments=parts,
    )


def check(accepted: Accepted, currency: str) -> None:
    """Invalid, with what was expected, for parts that are no schedule and for a way that is not open."""
    days = [each.due_on for each in accepted.parts]
    if not 2 <= len(days) <= 12 or any(later <= day for day, later in pairwise(days)):
        raise Invalid("expected 2 to 12 instalments on days that follow each other", code="schedule")
    if days[0] != accepted.concluded_on:
        raise Invalid("the first instalment is paid on the day of the contract", code="schedule")
    if any(each.principal_minor <= 0 for each in accepted.parts) or any(each.fee_minor for each in accepted.parts[1:]):
        raise Invalid("expected some principal in each instalment, and the fee in the first alone", code="schedule")
    if accepted.parts[0].fee_minor < 0:
        raise Invalid("expected a fee of zero or more", code="schedule")
    if accepted.currency != currency:
        raise Invalid(f"plans are in {currency} here, got {accepted.currency}", code="currency")
    split = accepted.way is Way.AFTER_PURCHASE
    if split and (accepted.lender is not Lender.PARTNER or accepted.purchase_id is None):
        raise Invalid("a purchase is split afterwards by a partner who lends, and by nobody else", code="never_ours")
    if not split and (accepted.purchase_id is not None or not accepted.order_ref):
        raise Invalid(
            "order_ref: expected your own name of the sale, of 1 to 200 characters; it may be left out only where a "
            "purchase that was made is split",
            code="order_missing",
        )


def digest_of(accepted: Accepted) -> bytes:
    """32 bytes that differ when anything that is accepted differs."""
    return hashlib.sha256(msgspec.json.encode(asdict(accepted), order="deterministic")).digest()
