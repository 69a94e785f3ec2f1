"""Whether a payout may go: what stops it, what it waits for, and against which day it counts.

`judge` is pure. `approve_by_rules` reads for a set of payouts, judges, and takes the caps of the day last: their
rows are locked in one order, after the shoppers, so a cap is never exceeded, however many ask at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.payouts import accounts, gifts, storage
from cashback.payouts.moves import Move, to
from cashback.payouts.policy import AssetPayouts, PayoutPolicy
from cashback.payouts.schemas import IN_FILES, WITHOUT_ACCOUNT, Account, Payout, RailName, Reason, State
from cashback.programmes.schemas import Programme

EYES = 2
"""People who must agree above the limit."""
LOOK_AGAIN = timedelta(minutes=15)
"""How often a payout is looked at that waits for an operator; importing codes and opening a rail wake it at once."""
_RAILS = "SELECT rail FROM payout_rails WHERE operator_id = $1"


@dataclass(frozen=True, slots=True)
class Scene:
    """What judging looks at, read for a set of payouts."""

    policy: PayoutPolicy | None
    zone: ZoneInfo
    available: Mapping[tuple[UUID, str], int]
    accounts: Mapping[UUID, Account]
    yes: Mapping[UUID, frozenset[str]]
    rails: frozenset[RailName]
    """Those that the operator has opened."""
    stock: Mapping[tuple[str, int], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a payout belongs now, and why; `again_at` is when that may change by itself."""

    state: State
    reason: Reason | None = None
    again_at: datetime | None = None


async def set_scene(
    connection: AsyncConnection,
    programme: Programme,
    policy: PayoutPolicy | None,
    payouts: Sequence[Payout],
    now: datetime,
) -> Scene:
    """Read what judging these payouts needs: one query for each kind of thing."""
    operator_id = programme.operator_id
    opened = {RailName(row[0]) for row in await fetch(connection, _RAILS, (operator_id,))}
    gifted = any(each.rail is RailName.GIFT_CARD for each in payouts)
    return Scene(
        policy=policy,
        zone=programme.zone,
        available=await storage.available(connection, payouts),
        accounts=await accounts.by_id(connection, [each.account_id for each in payouts if each.account_id]),
        yes=await storage.approvals(connection, payouts),
        rails=frozenset(opened | {RailName.GIFT_CARD}),
        stock=await gifts.stock(connection, operator_id, now.astimezone(programme.zone).date()) if gifted else {},
    )


def judge(scene: Scene, payout: Payout, now: datetime) -> Verdict:
    """Where a payout that was not sent belongs, caps aside. What forbids it counts before what it waits for."""
    terms = None if scene.policy is None else scene.policy.of(payout.asset)
    if terms is None or payout.rail not in terms.rails:
        return Verdict(State.STOPPED, Reason.RAIL_NOT_ALLOWED)
    if scene.available.get((payout.shopper_id, payout.asset), 0) < 0:
        # A refund took back what is on its way here: what is owed is paid from it first.
        return Verdict(State.STOPPED, Reason.OVERDRAWN)
    account = scene.accounts.get(payout.account_id) if payout.account_id else None
    if payout.rail not in WITHOUT_ACCOUNT and (account is None or account.removed_at is not None):
        return Verdict(State.STOPPED, Reason.ACCOUNT_REMOVED)
    if terms.approval_above is not None and payout.amount > terms.approval_above:
        agreed = scene.yes.get(payout.id, frozenset())
        if payout.requested_by.startswith("person:"):
            agreed |= {payout.requested_by}
        if len(agreed) < EYES:
            return Verdict(State.WAITING_APPROVAL, Reason.ABOVE_LIMIT)
    if account is not None and account.usable_at > now:
        return Verdict(State.HELD, Reason.ACCOUNT_COOLING, account.usable_at)
    if payout.rail not in scene.rails:
        return Verdict(State.HELD, Reason.RAIL_NOT_OPENED, now + LOOK_AGAIN)
    if payout.rail is RailName.GIFT_CARD and not scene.stock.get((payout.asset, payout.amount)):
        return Verdict(State.HELD, Reason.OUT_OF_STOCK, now + LOOK_AGAIN)
    return Verdict(State.APPROVED)


async def approve_by_rules(
    connection: AsyncConnection,
    programme: Programme,
    policy: PayoutPolicy | None,
    payouts: Sequence[Payout],
    now: datetime,
) -> tuple[list[Move], list[tuple[Payout, datetime]]]:
    """The moves that the rules ask of unsent payouts, and when those are looked at again that stay where they are.

    Counts what is approved against the day. The caller holds the shoppers' locks and makes the moves at once.
    """
    scene = await set_scene(connection, programme, policy, payouts, now)
    verdicts = {each.id: judge(scene, each, now) for each in payouts}
    may_go = [each for each in payouts if verdicts[each.id].state is State.APPROVED and each.counted_on is None]
    counted = await _within_caps(connection, programme, scene, may_go, verdicts, now) if may_go else frozenset()
    today = now.astimezone(programme.zone).date()
    moves: list[Move] = []
    stays: list[tuple[Payout, datetime]] = []
    for each in payouts:
        verdict = verdicts[each.id]
        # What was put off by its rail stays approved, whatever the reason was.
        unchanged = verdict.state is each.state and (each.state is State.APPROVED or verdict.reason == each.reason)
        if unchanged:
            if verdict.again_at is not None:
                stays.append((each, verdict.again_at))
            continue
        next_at = verdict.again_at
        if verdict.state is State.APPROVED and each.rail not in IN_FILES:
            next_at = now
        step = to(each, verdict.state, reason=verdict.reason, next_at=next_at)
        moves.append(replace(step, after=replace(step.after, counted_on=today)) if each.id in counted else step)
    return moves, stays


async def _within_caps(
    connection: AsyncConnection,
    programme: Programme,
    scene: Scene,
    may_go: Sequence[Payout],
    verdicts: dict[UUID, Verdict],
    now: datetime,
) -> frozenset[UUID]:
    """Which of these the caps of the day admit, in the order of their requests; the verdicts of the others change."""
    today = now.astimezone(scene.zone).date()
    tomorrow = datetime.combine(today + timedelta(days=1), time(0), tzinfo=scene.zone)
    operator_id = programme.operator_id
    of_shoppers = await storage.taken_of_day(connection, operator_id, today, {each.shopper_id for each in may_go})
    of_operator = await storage.lock_days(connection, operator_id, {each.asset for each in may_go}, today)
    taken: dict[str, int] = {}
    admitted: set[UUID] = set()
    for each in sorted(may_go, key=lambda one: (one.requested_at, one.id)):
        terms = scene.policy.of(each.asset) if scene.policy is not None else None
        assert terms is not None
        mine = of_shoppers.get((each.shopper_id, each.asset), 0) + each.amount
        all_of_them = of_operator[each.asset] + taken.get(each.asset, 0) + each.amount
        reason = _above(terms, mine, all_of_them)
        if reason is not None:
            verdicts[each.id] = Verdict(State.HELD, reason, tomorrow)
            continue
        of_shoppers[each.shopper_id, each.asset] = mine
        taken[each.asset] = taken.get(each.asset, 0) + each.amount
        admitted.add(each.id)
    if taken:
        await storage.take_of_day(connection, operator_id, today, taken)
    return frozenset(admitted)


def _above(terms: AssetPayouts, mine: int, all_of_them: int) -> Reason | None:
    if terms.daily_cap_shopper is not None and mine > terms.daily_cap_shopper:
        return Reason.DAILY_CAP_SHOPPER
    if terms.daily_cap_operator is not None and all_of_them > terms.daily_cap_operator:
        return Reason.DAILY_CAP_OPERATOR
    return None


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The day of an instant in the programme's zone."""
    return at.astimezone(zone).date()
