"""The lender's side of plans that a partner lends: a contract, and what is told to the partner, in its order.

What is to be told follows from the plan and from what was told before, as everywhere: the difference is written down,
committed, and then told with a key of its own. The partner honours a key for ever, so that a call whose answer was lost
is made again as it was. A plan that splits a purchase exists only through a signed contract: without one its first
payment is not asked for, and nothing of it stands on the operator's balance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope, system
from cashback.collecting import opening
from cashback.collecting.calling import Collector
from cashback.collecting.lenders import (
    Done,
    LenderAnswer,
    LenderRail,
    Offered,
    OpenLender,
    Pending,
    Proposal,
    Refused,
    Unreached,
)
from cashback.collecting.sandbox_lender import partner
from cashback.db.engine import fetch, transaction
from cashback.errors import Conflict, Forbidden
from cashback.events import service as events
from cashback.events.service import event
from cashback.ids import show
from cashback.instalments import service as plans
from cashback.instalments import storage as plan_storage
from cashback.instalments.schemas import Lender, Plan, PlanState, Way
from cashback.programmes import audit_log
from cashback.shoppers import service as shoppers

ROUND_MAX = 100
ASK_AGAIN = timedelta(minutes=1)
LOOK_AGAIN = timedelta(minutes=15)
BACKOFF_MAX = timedelta(hours=6)

_log = structlog.get_logger(__name__)

_NEW = """
SELECT p.id FROM plans p JOIN shoppers s ON s.shopper_id = p.shopper_id
WHERE p.operator_id = $1 AND p.lender = 'partner' AND p.state = 'opening' AND NOT EXISTS (
    SELECT 1 FROM lender_contracts l WHERE l.shopper_id = p.shopper_id AND l.plan_id = p.id)
ORDER BY p.id LIMIT $2 FOR NO KEY UPDATE OF s SKIP LOCKED
"""
_OPEN = """
SELECT p.id FROM lender_contracts l
JOIN plans p ON p.shopper_id = l.shopper_id AND p.id = l.plan_id
JOIN shoppers s ON s.shopper_id = l.shopper_id
LEFT JOIN LATERAL (SELECT coalesce(sum(CASE c.what WHEN 'report' THEN c.amount_minor ELSE -c.amount_minor END)
    FILTER (WHERE c.what IN ('report', 'refund')), 0) AS told FROM lender_calls c
    WHERE c.shopper_id = l.shopper_id AND c.plan_id = l.plan_id) AS c ON true
LEFT JOIN LATERAL (SELECT sum(i.paid_minor) AS kept FROM instalments i
    WHERE i.shopper_id = l.shopper_id AND i.plan_id = l.plan_id) AS i ON true
WHERE l.operator_id = $1 AND (
    (p.state NOT IN ('opening', 'cancelled') AND l.state IN ('signed', 'funded')
        AND (c.told <> i.kept OR NOT EXISTS (SELECT 1 FROM lender_calls f WHERE f.shopper_id = l.shopper_id
            AND f.plan_id = l.plan_id AND f.what = 'fund')))
    OR (p.state IN ('cancelled', 'withdrawn', 'refunded') AND l.state NOT IN ('refused', 'ended')
        AND NOT EXISTS (SELECT 1 FROM lender_calls w WHERE w.shopper_id = l.shopper_id AND w.plan_id = l.plan_id
            AND w.what = 'withdraw')))
ORDER BY p.id LIMIT $2 FOR NO KEY UPDATE OF s SKIP LOCKED
"""
_CONTRACTS = """
SELECT shopper_id, plan_id, state, lender_ref, calls FROM lender_contracts
WHERE operator_id = $1 AND plan_id = ANY($2::uuid[])
"""
_TOLD = """
SELECT plan_id, what, coalesce(amount_minor, 0) FROM lender_calls WHERE operator_id = $1 AND plan_id = ANY($2::uuid[])
"""
_BEGIN = """
INSERT INTO lender_contracts (operator_id, shopper_id, plan_id, state, changed_at) VALUES ($1, $2, $3, 'proposed', $4)
"""
_ASK = """
INSERT INTO lender_calls (operator_id, shopper_id, plan_id, number, what, amount_minor, detail, state, next_at,
    asked_at)
VALUES ($1, $2, $3, $4, $5, $6, '{}', 'intended', $7, $7)
"""
_COUNT = "UPDATE lender_contracts SET calls = $3 WHERE shopper_id = $1 AND plan_id = $2"
# In their order: a call of a plan waits for the one before it.
_DUE = """
SELECT c.shopper_id, c.plan_id, c.number, c.what, c.amount_minor, c.attempt, c.asked_at FROM lender_calls c
JOIN shoppers s ON s.shopper_id = c.shopper_id
WHERE c.operator_id = $1 AND c.next_at <= $2 AND c.ended_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM lender_calls e WHERE e.shopper_id = c.shopper_id AND e.plan_id = c.plan_id AND e.number < c.number
        AND e.ended_at IS NULL)
ORDER BY c.next_at, c.plan_id LIMIT $3 FOR NO KEY UPDATE OF s SKIP LOCKED
"""
_CLAIM = """
UPDATE lender_calls c SET state = 'calling', attempt = c.attempt + 1, next_at = $4
FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS t (shopper_id, plan_id, number)
WHERE c.shopper_id = t.shopper_id AND c.plan_id = t.plan_id AND c.number = t.number AND c.ended_at IS NULL
"""
_LATER = """
UPDATE lender_calls SET state = 'intended', reason = $4, next_at = $5
WHERE shopper_id = $1 AND plan_id = $2 AND number = $3 AND ended_at IS NULL
"""
_END = """
UPDATE lender_calls SET state = $4, reason = $5, next_at = NULL, ended_at = $6
WHERE shopper_id = $1 AND plan_id = $2 AND number = $3 AND ended_at IS NULL
"""
_MOVE = """
UPDATE lender_contracts SET state = $3, lender_ref = coalesce($4, lender_ref), reason = $5, ficp = coalesce($6, ficp),
    ficp_at = coalesce($7, ficp_at), changed_at = $8
WHERE shopper_id = $1 AND plan_id = $2
"""
_NEWS_DUE = """
UPDATE lender_calls SET next_at = $3 WHERE operator_id = $1 AND plan_id = ANY($2::uuid[]) AND ended_at IS NULL
"""
_STATE = """
SELECT l.state, l.lender_ref, l.reason, EXISTS (SELECT 1 FROM lender_calls c WHERE c.shopper_id = l.shopper_id
    AND c.plan_id = l.plan_id AND c.what = 'sign') AS signing
FROM lender_contracts l WHERE l.shopper_id = $1 AND l.plan_id = $2
"""


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to tell the partner, as the claim left it."""

    plan: Plan
    number: int
    what: str
    amount_minor: int
    ref: str | None
    asked_at: datetime

    @property
    def key(self) -> str:
        """The same for every attempt, for ever."""
        return f"plan-{self.plan.id.hex}-{self.number}"


@dataclass(frozen=True, slots=True)
class Contract:
    """Where the partner's contract of a plan stands."""

    state: str
    ref: str | None
    reason: str | None
    """Why the partner refused."""
    signing: bool
    """The shopper has signed it here."""

    @property
    def stands(self) -> str:
        """Where it stands, one of `CONTRACT_STATES`."""
        return "signing" if self.state == "offered" and self.signing else self.state


async def contract_of(connection: AsyncConnection, plan: Plan) -> Contract | None:
    """The contract of a plan; None: it was never proposed."""
    rows = await fetch(connection, _STATE, (plan.shopper_id, plan.id))
    return Contract(*rows[0]) if rows else None


async def contract_state(connection: AsyncConnection, plan: Plan) -> str | None:
    """Where the lender's contract of a plan stands, one of `CONTRACT_STATES`; None: it has and will have none."""
    found = await contract_of(connection, plan)
    if found is None:
        return "proposed" if plan.lender is Lender.PARTNER and plan.state is PlanState.OPENING else None
    return found.stands


async def contract_link(
    collector: Collector, operator_id: UUID, plan: Plan, opened_by: OpenLender = partner
) -> str | None:
    """Where the partner lets its contract be read, as it says now: such links are made for one visit. None: it gives
    none, or cannot be reached."""
    async with transaction(collector.engine, operator_id) as connection:
        contract = await contract_of(connection, plan)
        told = await opening.lender_credentials(connection, operator_id, collector.road.keyring.master)
    if contract is None or contract.ref is None or told is None:
        return None
    rail = opened_by(told)
    try:
        answer = await rail.look(contract.ref)
    finally:
        await rail.aclose()
    link = answer.link if isinstance(answer, Offered) else None
    return link if link is not None and link.startswith("https://") else None


async def sign(connection: AsyncConnection, actor: Actor, plan: Plan, now: datetime) -> None:
    """The shopper has read and signed the partner's contract; the partner is told. Signed again it changes nothing.

    Forbidden without the scope `money`, Conflict for a contract that is not on offer. The caller holds the shopper.
    """
    if not actor.may(Scope.MONEY) and actor.shopper_id != plan.shopper_id:
        raise Forbidden(f"{actor.name} lacks the scope {Scope.MONEY.value!r}", code="scope_missing")
    state = await contract_state(connection, plan)
    if state in ("signing", "signed", "funded"):
        return
    if state != "offered" or plan.state is not PlanState.OPENING:
        raise Conflict(_not_offered(plan, state), code="not_offered")
    await _ask(connection, actor, plan, [("sign", None)], now)
    await audit_log.record(connection, actor, "contract.signed_by_shopper", plan.ref, {}, now)


def _not_offered(plan: Plan, state: str | None) -> str:
    if plan.lender is not Lender.PARTNER:
        return f"plan {plan.ref} is lent by no partner: it has no contract to sign"
    if plan.state is not PlanState.OPENING:
        return f"plan {plan.ref} is {plan.state}: nothing is to be signed any more"
    if state == "proposed":
        return f"the contract of plan {plan.ref} is being made: it is offered within seconds, then it can be signed"
    return f"the contract of plan {plan.ref} is {state}: nothing is to be signed"


async def lend_due(collector: Collector, operator_id: UUID, now: datetime, opened_by: OpenLender = partner) -> int:
    """Write down what partners are to be told, and tell it; answers how much was told."""
    actor = system(operator_id, "lending")
    async with transaction(collector.engine, operator_id) as connection:
        await _propose_new(connection, actor, now)
        await _follow(connection, actor, now)
    async with transaction(collector.engine, operator_id) as connection:
        due = await _claim(connection, actor, now)
        told = await opening.lender_credentials(connection, operator_id, collector.road.keyring.master) if due else None
    if not due:
        return 0
    rail = None if told is None else opened_by(told)
    try:
        for each in due:
            answer = Unreached("lender_not_opened") if rail is None else await _tell(rail, each)
            async with transaction(collector.engine, operator_id) as connection:
                await shoppers.lock(connection, [each.plan.shopper_id])
                await _record(connection, actor, each, answer, now)
    finally:
        if rail is not None:
            await rail.aclose()
    return len(due)


async def news(connection: AsyncConnection, operator_id: UUID, plan_ids: Sequence[UUID], now: datetime) -> None:
    """The partner has news of contracts: what waits for it is asked next."""
    owners = await plan_storage.owners(connection, operator_id, plan_ids)
    await shoppers.lock(connection, owners.values())
    await connection.exec_driver_sql(_NEWS_DUE, (operator_id, list(owners), now))


async def _propose_new(connection: AsyncConnection, actor: Actor, now: datetime) -> None:
    ids = [row[0] for row in await fetch(connection, _NEW, (actor.operator_id, ROUND_MAX))]
    for plan in (await plan_storage.plans_of(connection, actor.operator_id, ids)).values():
        await connection.exec_driver_sql(_BEGIN, (actor.operator_id, plan.shopper_id, plan.id, now))
        await _ask(connection, actor, plan, [("propose", None)], now)


async def _follow(connection: AsyncConnection, actor: Actor, now: datetime) -> None:
    """What the partner does not know yet of plans that it lends: that it is to pay, what came in, what went back."""
    ids = [row[0] for row in await fetch(connection, _OPEN, (actor.operator_id, ROUND_MAX))]
    if not ids:
        return
    told: dict[UUID, list[tuple[str, int]]] = {each: [] for each in ids}
    for plan_id, what, amount in await fetch(connection, _TOLD, (actor.operator_id, ids)):
        told[plan_id].append((what, amount))
    for plan in (await plan_storage.plans_of(connection, actor.operator_id, ids)).values():
        asked = _owing(plan, told[plan.id])
        await _ask(connection, actor, plan, asked, now)


def _owing(plan: Plan, told: Sequence[tuple[str, int]]) -> list[tuple[str, int | None]]:
    """What is to be told of a plan, given what was. Pure."""
    asked: list[tuple[str, int | None]] = []
    known = {what for what, _ in told}
    if plan.state not in (PlanState.OPENING, PlanState.CANCELLED):
        if "fund" not in known:
            asked.append(("fund", None))
        reported = sum(amount if what == "report" else -amount for what, amount in told if what in ("report", "refund"))
        difference = plan.kept_minor - reported
        if difference:
            asked.append(("report" if difference > 0 else "refund", abs(difference)))
    ended = plan.state in (PlanState.CANCELLED, PlanState.WITHDRAWN, PlanState.REFUNDED)
    if ended and "withdraw" not in known:
        asked.append(("withdraw", None))
    return asked


async def _ask(
    connection: AsyncConnection, actor: Actor, plan: Plan, asked: Sequence[tuple[str, int | None]], now: datetime
) -> None:
    if not asked:
        return
    row = (await fetch(connection, _CONTRACTS, (actor.operator_id, [plan.id])))[0]
    for number, (what, amount) in enumerate(asked, start=row.calls + 1):
        await connection.exec_driver_sql(_ASK, (actor.operator_id, plan.shopper_id, plan.id, number, what, amount, now))
    await connection.exec_driver_sql(_COUNT, (plan.shopper_id, plan.id, row.calls + len(asked)))


async def _claim(connection: AsyncConnection, actor: Actor, now: datetime) -> list[Told]:
    rows = await fetch(connection, _DUE, (actor.operator_id, now, ROUND_MAX))
    ids = [row.plan_id for row in rows]
    found = await plan_storage.plans_of(connection, actor.operator_id, ids)
    refs = {row.plan_id: row.lender_ref for row in await fetch(connection, _CONTRACTS, (actor.operator_id, ids))}
    claimed = ([row.shopper_id for row in rows], ids, [row.number for row in rows])
    await connection.exec_driver_sql(_CLAIM, (*claimed, now + ASK_AGAIN))
    return [
        Told(found[row.plan_id], row.number, row.what, row.amount_minor or 0, refs[row.plan_id], row.asked_at)
        for row in rows
    ]


async def _tell(rail: LenderRail, told: Told) -> LenderAnswer:
    try:
        if told.what == "propose":
            return await rail.look(told.ref) if told.ref else await rail.propose(_proposal(told), told.key)
        if told.ref is None:
            return Done("")  # The partner was never asked: there is nothing to take back.
        match told.what:
            case "sign":
                return await rail.sign(told.ref, told.key)
            case "fund":
                return await rail.fund(told.ref, told.key)
            case "report":
                return await rail.report(told.ref, told.amount_minor, told.key)
            case "refund":
                return await rail.refund(told.ref, told.amount_minor, told.key)
        return await rail.withdraw(told.ref, told.key)
    except Exception as error:
        # Whatever it was, the partner may have carried it out: the same call is made again with the same key.
        _log.exception("lender.failed", plan=told.plan.ref, what=told.what)
        return Unreached(type(error).__name__)


def _proposal(told: Told) -> Proposal:
    plan = told.plan
    return Proposal(
        plan_id=plan.id,
        shopper=show("shp", plan.shopper_id),
        amount_minor=plan.amount_minor,
        fee_minor=plan.fee_minor,
        currency=plan.currency,
        instalments=[(each.due_on, each.principal_minor + each.fee_minor) for each in plan.instalments],
        proposed_at=told.asked_at,
    )


async def _record(connection: AsyncConnection, actor: Actor, told: Told, answer: LenderAnswer, now: datetime) -> None:
    plan = await plans.find(connection, actor.operator_id, told.plan.id)
    key = (plan.shopper_id, plan.id)
    match answer:
        case Unreached(reason):
            later = now + min(max(ASK_AGAIN, now - told.asked_at), BACKOFF_MAX)
            await connection.exec_driver_sql(_LATER, (*key, told.number, reason, later))
        case Pending(ref):
            await connection.exec_driver_sql(_LATER, (*key, told.number, "pending", now + LOOK_AGAIN))
            if told.ref is None:
                await connection.exec_driver_sql(_MOVE, (*key, "proposed", ref, None, None, None, now))
        case Offered(ref, ficp, consulted_at):
            await connection.exec_driver_sql(_END, (*key, told.number, "done", None, now))
            await connection.exec_driver_sql(_MOVE, (*key, "offered", ref, None, ficp.value, consulted_at, now))
            await _announce(connection, actor, plan, "offered", now)
        case Refused(reason, ref):
            await connection.exec_driver_sql(_END, (*key, told.number, "refused", reason, now))
            await connection.exec_driver_sql(_MOVE, (*key, "refused", ref, reason, None, None, now))
            if plan.state is PlanState.OPENING:
                await plans.cancel(connection, actor, plan, "lender_refused", now)
        case Done(ref):
            await connection.exec_driver_sql(_END, (*key, told.number, "done", None, now))
            await _done(connection, actor, told.what, plan, ref, now)


async def _done(connection: AsyncConnection, actor: Actor, what: str, plan: Plan, ref: str, now: datetime) -> None:
    after = {"sign": "signed", "propose": "signed", "fund": "funded", "withdraw": "ended"}.get(what)
    if after is not None:
        moved = (plan.shopper_id, plan.id, after, ref or None, None, None, None, now)
        await connection.exec_driver_sql(_MOVE, moved)
        detail = msgspec.to_builtins({"state": after})
        await audit_log.record(connection, actor, f"contract.{after}", plan.ref, detail, now)
    if after == "signed":
        await _announce(connection, actor, plan, after, now)
    paid = plan.lender is Lender.PARTNER and plan.way is Way.CHECKOUT
    if what == "fund" and paid and plan.state not in (PlanState.OPENING, PlanState.CANCELLED):
        await plans.lender_paid(connection, actor, plan, now)


async def _announce(connection: AsyncConnection, actor: Actor, plan: Plan, what: str, now: datetime) -> None:
    told = event(
        f"plan.contract_{what}", plan.id.hex, now, of=plan.shopper_id,
        plan=plan.ref, shopper=show("shp", plan.shopper_id), currency=plan.currency, contract=what,
    )  # fmt: skip
    await events.tell(connection, actor.operator_id, [told], now)
