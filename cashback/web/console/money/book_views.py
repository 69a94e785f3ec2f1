"""Plans, instalments and charges as the desk tells them."""

from datetime import date
from uuid import UUID

from cashback import money
from cashback.collecting.codes import class_of
from cashback.collecting.schemas import Collection
from cashback.collecting.schemas import State as ChargeState
from cashback.instalments.schemas import Instalment, InstalmentState, Plan, PlanState
from cashback.web.console.desk_days import noon_of
from cashback.web.console.frame import Call
from cashback.web.console.money.payouts import id_cell, member_cell
from cashback.web.console.tables import Cell, Column, Row, amount_cell, moment_cell, status_cell
from cashback.web.messages import MESSAGES, Translator
from cashback.web.statuses import Status

_PLANS = {
    PlanState.OPENING: Status("book.state.opening", "hourglass", "warn"),
    PlanState.ACTIVE: Status("book.state.active", "calendar-clock", "info"),
    PlanState.COMPLETED: Status("book.state.completed", "circle-check", "pos"),
    PlanState.WITHDRAWN: Status("book.state.withdrawn", "undo-2", "mute"),
    PlanState.REFUNDED: Status("book.state.refunded", "undo-2", "mute"),
    PlanState.CANCELLED: Status("book.state.cancelled", "ban", "mute"),
    PlanState.WRITTEN_OFF: Status("book.state.written_off", "triangle-alert", "neg"),
}
_LATE = Status("book.state.late", "triangle-alert", "neg")
PARTS = {
    "open": Status("book.part.open", "calendar-clock", "mute"),
    "late": Status("book.part.late", "triangle-alert", "neg"),
    "paid": Status("book.part.paid_state", "circle-check", "pos"),
    "void": Status("book.part.void", "ban", "mute"),
    "written_off": Status("book.part.written_off", "triangle-alert", "neg"),
}
CHARGES = {
    ChargeState.INTENDED: Status("charges.state.intended", "clock", "info"),
    ChargeState.CALLING: Status("charges.state.calling", "send", "info"),
    ChargeState.UNKNOWN: Status("charges.state.unknown", "search", "warn"),
    ChargeState.PROCESSING: Status("charges.state.processing", "clock", "info"),
    ChargeState.NEEDS_SHOPPER: Status("charges.state.needs_shopper", "user", "warn"),
    ChargeState.SUCCEEDED: Status("charges.state.succeeded", "circle-check", "pos"),
    ChargeState.FAILED: Status("charges.state.failed", "triangle-alert", "neg"),
    ChargeState.GIVEN_UP: Status("charges.state.given_up", "ban", "mute"),
}
CHARGE_COLUMNS = (
    Column("asked_at", "charges.col.asked", sorts=True),
    Column("plan", "charges.col.plan"),
    Column("kind", "charges.col.kind"),
    Column("amount", "charges.col.amount", number=True),
    Column("state", "charges.col.state"),
    Column("reason", "charges.col.why"),
    Column("ended_at", "charges.col.ended"),
)


def days_late(plan: Plan, today: date) -> int:
    """Days since the oldest open instalment fell due; 0 for none."""
    if plan.state is not PlanState.ACTIVE:
        return 0
    return max((max(0, (today - each.due_on).days) for each in plan.instalments if each.owed_minor), default=0)


def status_of(plan: Plan, today: date) -> Status:
    """Where a plan stands; an active one that is late says so."""
    return _LATE if days_late(plan, today) else _PLANS[plan.state]


def status_of_part(part: Instalment, plan: Plan, today: date) -> Status:
    """Where one instalment stands."""
    if part.state is InstalmentState.OPEN:
        return PARTS["late" if plan.state is PlanState.ACTIVE and part.due_on < today else "open"]
    return PARTS[part.state.value]


def reason_of(t: Translator, code: str | None) -> str:
    """Why a card refused: in words where the code has some, else the rail's own code."""
    if not code:
        return ""
    key = f"charges.reason.{code}"
    return t(key) if key in MESSAGES else code


def shop_name(call: Call, shop_id: UUID) -> str:
    """A shop by its id; the id's end where the programme has lost it."""
    shop = call.programme.snapshot.shops.shops.get(shop_id)
    return "–" if shop is None else shop.name


def plan_row(call: Call, plan: Plan, today: date) -> Row:
    """One line of the list of plans."""
    late = days_late(plan, today)
    due = next((each for each in plan.instalments if each.owed_minor), None)
    sub = call.t.count("book.days_late", late, call.formats.number(late)) if late else ""
    day = Cell("–", raw="")
    if due is not None:
        day = Cell(call.formats.day(noon_of(call, due.due_on), call.zone), sub=sub, raw=due.due_on.isoformat())
    return Row(
        (
            moment_cell(call, plan.accepted_at),
            member_cell(call, plan.shopper_id),
            Cell(shop_name(call, plan.shop_id)),
            amount_cell(call, plan.amount_minor, plan.currency, sub=call.t("book.in_parts", n=len(plan.instalments))),
            amount_cell(call, plan.owed_minor, plan.currency),
            day,
            status_cell(call, status_of(plan, today)),
        ),
        href=call.address(f"/book/{plan.ref}"),
    )


def charge_row(call: Call, charge: Collection) -> Row:
    """One line of a list of charges."""
    after = ""
    if charge.state is ChargeState.FAILED and charge.reason:
        after = call.t(f"charges.after.{class_of(charge.reason).value}")
    return Row(
        (
            moment_cell(call, charge.asked_at),
            id_cell("pln", charge.plan_id),
            Cell(call.t(f"charges.kind.{charge.kind.value}"), raw=charge.kind.value),
            Cell(
                call.formats.money(charge.amount_minor, charge.currency),
                raw=money.plain(charge.amount_minor, charge.currency),
            ),
            status_cell(call, CHARGES[charge.state]),
            Cell(reason_of(call.t, charge.reason), sub=after, raw=charge.reason or ""),
            moment_cell(call, charge.ended_at),
        )
    )
