"""Payments in instalments: the calendar, one plan, and what its shopper may do with it, each with a preview first."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from cashback import checkout
from cashback.actors import Actor, Scope
from cashback.collecting import asking, beginning, withdrawing
from cashback.collecting.calling import Collector
from cashback.collecting.rounds import CHARGE_RAILS
from cashback.collecting.sandbox_rail import DEFAULT
from cashback.collecting.schemas import RailName
from cashback.decisions import rulebooks
from cashback.errors import Invalid, NotFound, ProductError
from cashback.insights.splitting import read_splittable
from cashback.instalments import easing, storage
from cashback.instalments.days import day_of
from cashback.instalments.schemas import OPEN_PLANS, Plan, PlanState
from cashback.web.messages import MESSAGES
from cashback.web.shopper.answers import answers_of
from cashback.web.shopper.frame import Form, Visit, back_to, form_of, id_of, visiting
from cashback.web.shopper.plan_views import PlanView, own_plan, plan_of, plans_of
from cashback.web.shopper.split import foreseen

SPLIT_WITHIN = timedelta(days=30)
"""How old a purchase may be that is offered to be split."""
ALL = "all"
"""What the form says to pay everything that is left."""

_Work = Callable[[AsyncConnection, Plan], Awaitable[Plan]]


@dataclass(frozen=True, slots=True)
class Deed:
    """Something a shopper may do with a plan: what it is called, and how it is done."""

    word: str
    do: Callable[[Visit, Plan, Form], Awaitable[Plan]]


async def payments(request: Request) -> Response:
    """The calendar: what falls due month by month, every plan, and purchases that may be split."""
    async with visiting(request) as visit:
        found = await plans_of(visit)
        offered = await storage.are_offered(visit.connection, visit.operator_id)
        splittable, certain, least = [], [], 0
        if offered:
            force = await rulebooks.in_force(visit.connection, visit.operator_id, visit.now)
            least = force.rulebook.policy.figures.amount_min_minor
            splittable = await read_splittable(
                visit.connection,
                visit.shopper_id,
                visit.house.programme.currency,
                since=visit.now - SPLIT_WITHIN,
                least_minor=least,
            )
            if splittable:
                certain = await foreseen(visit, splittable[0].id, splittable[0].amount_minor)
        dues = sorted(
            (
                (due, view)
                for view in found
                if view.plan.state in OPEN_PLANS
                for due in view.dues
                if due.part.owed_minor
            ),
            key=lambda pair: (pair[0].part.due_on, pair[1].plan.id),
        )
        answers, cut = await answers_of(visit)
        months = groupby(dues, lambda pair: (pair[0].part.due_on.year, pair[0].part.due_on.month))
        return visit.page(
            "payments.html",
            visit.t("pay.title"),
            months=[list(group) for _, group in months],
            plans=found,
            splittable=splittable,
            foreseen=certain,
            least=visit.formats.money(least, visit.house.programme.currency),
            offered=offered,
            answers=answers,
            cut=cut,
            paged="before" in request.query_params,
        )


async def plan(request: Request) -> Response:
    """One plan. A page that looks again with the stand it knows gets 204 while nothing has changed."""
    async with visiting(request) as visit:
        return await plan_page(visit, seen=request.query_params.get("seen"))


async def preview(request: Request) -> Response:
    """What a deed would change, before it is done: it is done and taken back."""
    deed = _deed(request)
    form = {name: value.replace("\0", "") for name, value in request.query_params.items()}
    after: PlanView | None = None
    refused: ProductError | None = None
    async with visiting(request, changing=True) as visit:
        before = await plan_of(visit)
        if deed.word != "move" or form.get("day"):
            nested = await visit.connection.begin_nested()
            try:
                after = await plan_of(visit, await deed.do(visit, await own_plan(visit, locked=True), form))
            except ProductError as error:
                refused = error
            finally:
                await nested.rollback()
        return _preview_page(visit, deed, before, after, form, refused)


async def act(request: Request) -> Response:
    """Do it. Whoever withdraws is charged no more: a payment under way is cancelled at its rail, in no transaction."""
    deed, form = _deed(request), await form_of(request)
    done, withdraws = deed.word, deed.word == "withdraw"
    try:
        async with visiting(request, changing=True) as visit:
            held, collector, actor = await own_plan(visit, locked=True), _collector(visit), visit.actor
            if not withdraws:
                await deed.do(visit, held, form)
        if withdraws:
            after = await withdrawing.withdraw(collector, actor, held.id, visit.now)
            done = "refuse" if after.state is PlanState.CANCELLED else done
    except NotFound:
        raise
    except ProductError as refused:
        async with visiting(request) as visit:
            return await plan_page(visit, refused=refused)
    return back_to(request, f"/payments/{request.path_params['id']}?done={done}")


async def begin(request: Request) -> Response:
    """Ask for the first payment, or confirm it. The processor is called in no transaction."""
    async with visiting(request) as visit:
        view, paying = await plan_of(visit), _paying(visit)
        collector, web = _collector(visit), visit.web
    try:
        if view.waits_for_shopper:
            await beginning.confirm(collector, paying, view.plan.id, web.clock.now())
        else:
            simulated = RailName.SANDBOX in await collector.credentials(paying.operator_id)
            await beginning.begin_first(
                collector, paying, view.plan.id, web.clock.now(), card=DEFAULT if simulated else None
            )
    except ProductError as refused:
        async with visiting(request) as visit:
            return await plan_page(visit, refused=refused)
    return back_to(request, f"/payments/{request.path_params['id']}")


async def plan_page(visit: Visit, *, refused: ProductError | None = None, seen: str | None = None) -> Response:
    """The page of the plan of the address."""
    view = await plan_of(visit)
    if seen is not None and seen == view.stand:
        return Response(status_code=204)
    done = visit.request.query_params.get("done", "")
    simulation = visit.web.demo or view.simulated
    played = f"{done}_simulated" if simulation and done == "pay" else done
    return visit.page(
        "plan.html",
        visit.t("plan.title", shop=view.shop),
        status=200 if refused is None else refused.status,
        fragment="_plan.html",
        view=view,
        refused=refused,
        done=played if refused is None and f"plan.done.{played}" in MESSAGES else "",
        simulation=simulation and played == done,
        played=simulation,
    )


def _preview_page(
    visit: Visit, deed: Deed, before: PlanView, after: PlanView | None, form: Form, refused: ProductError | None
) -> Response:
    days = easing.days_open(before.plan, day_of(visit.now, visit.house.programme.zone)) if deed.word == "move" else {}
    chosen = {days[number] for number in _numbers_asked(form) if number in days} or set(days.values())
    numbers = _numbers(form)
    owed = [each for each in before.dues if each.part.owed_minor]
    return visit.page(
        "plan_preview.html",
        visit.t("plan.refuse" if deed.word == "withdraw" and before.may_refuse else f"plan.do.{deed.word}"),
        deed=deed.word,
        view=before,
        after=after,
        form=form,
        refused=refused,
        movable=[(each, *days[each.part.number]) for each in before.dues if each.part.number in days],
        earliest=min((first for first, _ in chosen), default=None),
        latest=max((last for _, last in chosen), default=None),
        played=visit.web.demo or before.simulated,
        amount=sum(each.part.owed_minor for each in owed if numbers is None or each.part.number in numbers),
    )


async def _pay(visit: Visit, plan: Plan, form: Form) -> Plan:
    await asking.ask(visit.connection, visit.actor, plan, _numbers(form), visit.now)
    return plan


async def _move(visit: Visit, plan: Plan, form: Form) -> Plan:
    try:
        number, day = int(form.get("number", "")), date.fromisoformat(form.get("day", ""))
        plan.numbered(number)
    except (ValueError, LookupError):
        raise Invalid("day: expected an instalment and a day such as 2026-12-24", code="day") from None
    return await easing.move_day(visit.connection, visit.actor, plan, number, day, visit.now)


async def _pause(visit: Visit, plan: Plan, form: Form) -> Plan:  # noqa: ARG001 - as every deed
    return await easing.pause(visit.connection, visit.actor, plan, visit.now)


async def _withdraw(visit: Visit, plan: Plan, form: Form) -> Plan:  # noqa: ARG001 - as every deed
    return await checkout.withdraw(visit.connection, visit.snapshot, visit.actor, plan, visit.now)


DEEDS = {
    "pay": Deed("pay", _pay),
    "move": Deed("move", _move),
    "pause": Deed("pause", _pause),
    "withdraw": Deed("withdraw", _withdraw),
}


def _deed(request: Request) -> Deed:
    id_of(request, "pln")
    deed = DEEDS.get(request.path_params["deed"])
    if deed is None:
        raise NotFound("there is nothing under this address")
    return deed


def _numbers(form: Form) -> list[int] | None:
    """Which instalments are to be paid; None: all that is left."""
    text = form.get("number", ALL)
    if text == ALL:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 2):
        raise Invalid(f"number: expected an instalment, got {text[:20]!r}", code="instalments")
    return [int(text)]


def _numbers_asked(form: Form) -> list[int]:
    """The instalment of a form that shows which days there are; none where it is no number."""
    text = form.get("number", "")
    return [int(text)] if text.isascii() and text.isdigit() and len(text) <= 2 else []


def _paying(visit: Visit) -> Actor:
    """The shopper, who may charge their own card for their own plan and nothing else."""
    return replace(visit.actor, scopes=frozenset({Scope.MONEY}))


def _collector(visit: Visit) -> Collector:
    linking = visit.web.linking
    assert linking is not None, "the application serves these pages only with what charges cards"
    return Collector(visit.web.engine, linking.road, CHARGE_RAILS)
