"""Plans as their shopper sees them: where one stands, what falls due when, what may be done with it."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from cashback.collecting import opening as charging
from cashback.collecting import storage as collecting
from cashback.collecting.lending import Contract, contract_of
from cashback.collecting.partners import ficp_of
from cashback.collecting.schemas import Collection, Mandate, RailName, State
from cashback.errors import NotFound
from cashback.instalments import service as plans
from cashback.instalments import storage
from cashback.instalments.days import day_of
from cashback.instalments.schemas import Instalment, InstalmentState, Lender, Plan, PlanState, Way
from cashback.shoppers.card_facts import Face, to_charge
from cashback.web.shopper.frame import Visit, id_of
from cashback.web.statuses import Status

_PLANS = {
    PlanState.OPENING: Status("plan.state.opening", "hourglass", "warn"),
    PlanState.ACTIVE: Status("plan.state.active", "calendar-clock", "info"),
    PlanState.COMPLETED: Status("plan.state.completed", "circle-check", "pos"),
    PlanState.WITHDRAWN: Status("plan.state.withdrawn", "undo-2", "mute"),
    PlanState.REFUNDED: Status("plan.state.refunded", "undo-2", "mute"),
    PlanState.CANCELLED: Status("plan.state.cancelled", "ban", "mute"),
    PlanState.WRITTEN_OFF: Status("plan.state.written_off", "triangle-alert", "neg"),
}
_WITHDRAWING = Status("plan.state.withdrawing", "undo-2", "warn")
_LATE = Status("due.late", "triangle-alert", "neg")
_TODAY = Status("due.today", "clock", "warn")
_AHEAD = Status("due.ahead", "calendar-clock", "mute")
_PAID = Status("due.paid", "circle-check", "pos")
_VOID = Status("due.void", "ban", "mute")
_LOST = Status("due.written_off", "triangle-alert", "neg")
_TOLD = frozenset({"activated", "collected", "refunded", "returned", "moved", "paused", "withdrawing", "refused"})
"""Moves of a plan that its page tells beside the instalments."""
_AMOUNTS = ("collected_minor", "refunded_minor", "returned_minor", "amount_minor", "owed_minor", "fee_minor")


@dataclass(frozen=True, slots=True)
class Due:
    """One instalment and how it stands."""

    part: Instalment
    status: Status
    at: datetime
    """Its day, at noon of the programme's zone."""
    moved: bool
    retry_at: datetime | None
    """When a refused one is tried again."""


@dataclass(frozen=True, slots=True)
class Told:
    """What happened to a plan beside payments."""

    what: str
    amount_minor: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class PlanView:
    """One plan."""

    plan: Plan
    shop: str
    status: Status
    dues: tuple[Due, ...]
    next_due: Due | None
    withdraw_days: int | None
    """Whole days left to withdraw, 0 on the last one; None where it cannot be withdrawn from."""
    may_pause: bool
    may_move: bool
    may_pay: bool
    collection: Collection | None
    """A charge that is under way."""
    mandate: Mandate | None
    contract: Contract | None
    """Where the lender's contract stands."""
    told: tuple[Told, ...]
    lender: str
    """Who lends: the partner's name or the shop's; empty where only the list is asked for."""
    card: Face | None
    """What it is charged to; None where that is asked for with the first payment."""

    @property
    def withdrawing(self) -> bool:
        """Whether its shopper has withdrawn, and what was lent is still to come back."""
        return self.plan.state is PlanState.ACTIVE and self.plan.withdrawn_on is not None

    @property
    def may_refuse(self) -> bool:
        """Whether it can still be left without anything having been paid."""
        return self.plan.state is PlanState.OPENING

    @property
    def after_purchase(self) -> bool:
        """Whether it splits what was bought before."""
        return self.plan.way is Way.AFTER_PURCHASE

    @property
    def paid_minor(self) -> int:
        """What its shopper has paid of it."""
        return self.plan.kept_minor

    @property
    def last_due(self) -> Due | None:
        """The last instalment that is still owed."""
        return next((each for each in reversed(self.dues) if each.part.owed_minor), None)

    @property
    def contract_state(self) -> str:
        """Where the contract stands; empty without one."""
        return "" if self.contract is None else self.contract.stands

    @property
    def moves_by_itself(self) -> bool:
        """Whether the next thing is done by somebody else: the page looks again by itself."""
        if self.collection is not None:
            return not self.waits_for_shopper
        return self.needs_contract and self.contract_state not in ("offered", "signed")

    @property
    def stand(self) -> str:
        """Changes with all that can change while its shopper waits."""
        charge = "" if self.collection is None else self.collection.state.value
        return f"{self.plan.moves}-{self.contract_state}-{charge}"

    @property
    def needs_contract(self) -> bool:
        """Whether the partner's contract comes before the first payment."""
        return self.plan.lender is Lender.PARTNER and self.plan.state is PlanState.OPENING

    @property
    def may_begin(self) -> bool:
        """Whether the first payment can be asked for."""
        opening = self.plan.state is PlanState.OPENING and self.collection is None
        return opening and (not self.needs_contract or self.contract_state == "signed")

    @property
    def waits_for_shopper(self) -> bool:
        """Whether a charge is to be confirmed."""
        return self.collection is not None and self.collection.state is State.NEEDS_SHOPPER

    @property
    def simulated(self) -> bool:
        """Whether the card behind it is a simulation."""
        return self.mandate is not None and self.mandate.rail is RailName.SANDBOX


async def plans_of(visit: Visit) -> list[PlanView]:
    """All plans of whoever visits, the newest first, without what only a page of its own tells."""
    found = await storage.of_shoppers(visit.connection, [visit.shopper_id])
    return [_view(visit, each) for each in found]


async def plan_of(visit: Visit, plan: Plan | None = None) -> PlanView:
    """The plan of the address; NotFound for another's."""
    found = plan or await own_plan(visit)
    mandates = {}
    if found.mandate_id is not None:
        mandates = await collecting.mandates_by_id(visit.connection, visit.operator_id, [found.mandate_id])
    return _view(
        visit,
        found,
        collection=await collecting.under_way(visit.connection, visit.shopper_id, found.id),
        mandate=next(iter(mandates.values()), None),
        contract=await contract_of(visit.connection, found),
        lender=await _lender(visit, found),
        card=await card_to_charge(visit),
        told=tuple(
            Told(what, _amount(detail), at)
            for _, what, _, detail, _, at in await storage.moves_of(visit.connection, found)
            if what in _TOLD
        ),
    )


async def card_to_charge(visit: Visit) -> Face | None:
    """The linked card that a simulation charges; None where a card is given to a processor with the first payment."""
    opened = await charging.credentials(visit.connection, visit.operator_id, visit.web.doors.master)
    if set(opened) != {RailName.SANDBOX}:
        return None
    return await to_charge(visit.connection, visit.operator_id, visit.shopper_id)


async def _lender(visit: Visit, plan: Plan) -> str:
    if plan.lender is Lender.PARTNER:
        return (await ficp_of(visit.connection, visit.operator_id, visit.web.doors.master)).lender
    shop = visit.snapshot.shops.shops.get(plan.shop_id)
    return "" if shop is None else shop.name


async def own_plan(visit: Visit, *, locked: bool = False) -> Plan:
    """The plan of the address, under its shopper's lock if it is to be changed."""
    read = plans.locked if locked else plans.find
    plan = await read(visit.connection, visit.operator_id, id_of(visit.request, "pln"))
    if plan.shopper_id != visit.shopper_id:
        raise NotFound("there is no such plan", code="unknown_plan")
    return plan


def _amount(detail: dict[str, object]) -> int | None:
    for name in _AMOUNTS:
        value = detail.get(name)
        if isinstance(value, int):
            return value
    return None


def _view(
    visit: Visit,
    plan: Plan,
    *,
    collection: Collection | None = None,
    mandate: Mandate | None = None,
    contract: Contract | None = None,
    told: tuple[Told, ...] = (),
    lender: str = "",
    card: Face | None = None,
) -> PlanView:
    zone = visit.house.programme.zone
    today = day_of(visit.now, zone)
    shop = visit.snapshot.shops.shops.get(plan.shop_id)
    dues = tuple(_due(each, plan, today, zone) for each in plan.instalments)
    free = plan.state is PlanState.ACTIVE and plan.withdrawn_on is None
    left = None if plan.withdraw_until is None else (plan.withdraw_until - today).days
    charged = None if mandate is None or mandate.last_four is None else Face(mandate.scheme or "", mandate.last_four)
    return PlanView(
        plan=plan,
        shop="" if shop is None else shop.name,
        status=_WITHDRAWING if plan.state is PlanState.ACTIVE and plan.withdrawn_on else _PLANS[plan.state],
        dues=dues,
        next_due=next((each for each in dues if each.part.owed_minor), None),
        withdraw_days=left if free and left is not None and left >= 0 else None,
        may_pause=free and plan.pauses == 0,
        may_move=free and plan.shifts == 0 and any(each.part.owed_minor and each.part.due_on > today for each in dues),
        may_pay=plan.state in (PlanState.ACTIVE, PlanState.WRITTEN_OFF) and collection is None,
        collection=collection,
        mandate=mandate,
        contract=contract,
        told=told,
        lender=lender,
        card=charged or card,
    )


def _due(part: Instalment, plan: Plan, today: date, zone: ZoneInfo) -> Due:
    if part.state is InstalmentState.PAID:
        status = _PAID
    elif part.state is InstalmentState.VOID:
        status = _VOID
    elif part.state is InstalmentState.WRITTEN_OFF:
        status = _LOST
    elif part.late_since is not None or (part.due_on < today and plan.state is PlanState.ACTIVE):
        status = _LATE
    else:
        status = _TODAY if part.due_on == today else _AHEAD
    return Due(
        part=part,
        status=status,
        at=datetime.combine(part.due_on, time(12), zone),
        moved=part.due_on != part.planned_on,
        retry_at=part.next_at if part.failures and part.owed_minor else None,
    )
