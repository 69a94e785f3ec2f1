"""The simulator: scenarios that send signed webhooks to the own connection, and what they did, side by side."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback import money
from cashback.db.engine import transaction
from cashback.errors import Invalid, ProductError
from cashback.ids import parse, show
from cashback.insights.effects import read_effects
from cashback.simulator.cast import Card
from cashback.simulator.dialects import CURRENCY
from cashback.simulator.player import Tally
from cashback.simulator.scenarios import LATE, Scenario
from cashback.web.developer.errors import SIMULATOR_CODES
from cashback.web.developer.frame import Frame, frame_of
from cashback.web.developer.late_plan import begin_late
from cashback.web.developer.sandbox import card_key, chosen_of, counts_from, open_sandbox, prepare, send
from cashback.web.forms import form_of, one

CARDS_SHOWN = 30
AMOUNT_MAX_MINOR = 1_000_000
LATE_INSTALMENT = "late_instalment"
"""Beside the scenarios of networks: a plan of which nobody pays any more."""
TYPED = ("scenario", "card", "shop", "amount", "days")
DAYS_AGO = (0, 1, 15, 35, 75)
"""The simulator's clock: when it happened. A hold of two weeks, a month, all parts of a plan have passed since."""
REASONS = ("before", "declined", "unlinked")
"""Why there may be nothing to see: nothing was run, the bank refused, the card was not linked yet."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def simulator(request: Request) -> Response:
    """The form, and both sides."""
    return await _page(await frame_of(request))


async def effects(request: Request) -> Response:
    """Both sides alone; 204 while nothing has changed since `seen`."""
    frame = await frame_of(request)
    since, operator_id = _since(frame), frame.integrator.session.operator_id
    async with transaction(frame.web.engine, operator_id) as connection:
        found = await read_effects(connection, operator_id, since, _of(frame))
    query = request.query_params
    if query.get("seen") == found.stamp:
        return Response(status_code=204)
    of, why = query.get("of", ""), _why(query.get("why", ""))
    return frame.page("simulator", "_effects.html", effects=found, since=_stamp(since), of=of, why=why)


async def run(request: Request) -> Response:
    """Send a scenario; then the page tells what it did, under an address that can be opened again."""
    frame, fields = await frame_of(request), await form_of(request)
    asked = one(fields, "scenario")
    if asked not in (*Scenario, LATE_INSTALMENT):
        raise Invalid(f"scenario: expected one of {', '.join(Scenario)}, {LATE_INSTALMENT}", code="bad_scenario")
    try:
        amount, shop, days = _amount(one(fields, "amount")), _place(fields, "shop"), _days(fields)
        if asked == LATE_INSTALMENT:
            tally, card = Tally(), await _late(frame, one(fields, "card"), shop, amount, days)
        else:
            at = frame.now - timedelta(days=days)
            tally, card = await send(frame, Scenario(asked), one(fields, "card"), shop, amount, at)
    except ProductError as error:
        return await _page(frame, error=error, typed={name: one(fields, name) for name in TYPED})
    told = {
        "since": _stamp(frame.now),
        "scenario": asked,
        "days": days,
        "card": card_key(card),
        # A burst is of many shoppers; what came of it is looked for among all.
        "of": "" if asked == Scenario.BURST else show("shp", UUID(card.shopper)),
        "why": await _unseen(frame, asked, card, days),
        "shop": shop,
        "amount": one(fields, "amount"),
        "sent": tally.delivered,
        "refused": tally.refused + tally.given_up,
    }
    return RedirectResponse(f"/{frame.t.language}/developer/simulator?{urlencode(told)}", status_code=303)


async def _unseen(frame: Frame, scenario: str, card: Card, days: int) -> str:
    """Why nothing will come of what was sent, if nothing will."""
    if scenario == Scenario.DECLINE:
        return "declined"
    if scenario in (Scenario.BURST, LATE_INSTALMENT):
        return ""
    at = frame.now - timedelta(days=days) - (LATE if scenario == Scenario.LATE else timedelta(0))
    counts = await counts_from(frame, card)
    return "unlinked" if counts is None or counts > at else ""


async def _late(frame: Frame, card: str, shop: int, amount_minor: int, days: int) -> Card:
    """Begin a plan that is late by now; the card whose shopper has it."""
    chosen, box = await chosen_of(frame, card)
    await begin_late(frame, chosen, box.cast.shops[shop % len(box.cast.shops)].code, amount_minor, days)
    return chosen


async def open_card(request: Request) -> Response:
    """Open the test shopper, its card and the connection, where they are missing."""
    frame, fields = await frame_of(request), await form_of(request)
    try:
        await prepare(frame)
    except ProductError as error:
        return await _page(frame, error=error)
    back = "start" if one(fields, "back") == "start" else "simulator"
    return RedirectResponse(f"/{frame.t.language}/developer/{back}", status_code=303)


async def _page(frame: Frame, *, error: ProductError | None = None, typed: Mapping[str, str] | None = None) -> Response:
    query = frame.request.query_params if typed is None else typed
    if not frame.integrator.sandbox:
        status = 200 if error is None else error.status
        return frame.page("simulator", "simulator.html", status=status, box=None, error=error, explained=None)
    since, operator_id = _since(frame), frame.integrator.session.operator_id
    box = await open_sandbox(frame)
    of, why = query.get("of", ""), _why(query.get("why", ""))
    if "since" not in query and not of:
        # Nothing was run yet: both sides wait for what the first card's shopper will do.
        of, why = show("shp", UUID(box.cast.cards[0].shopper)) if box.cast.cards else "", "before"
    async with transaction(frame.web.engine, operator_id) as connection:
        found = await read_effects(connection, operator_id, since, _shopper(of))
    return frame.page(
        "simulator",
        "simulator.html",
        status=200 if error is None else error.status,
        box=box,
        cards=box.cast.cards[:CARDS_SHOWN],
        scenarios=[*(each.value for each in Scenario), LATE_INSTALMENT],
        ages=DAYS_AGO,
        chosen={name: query.get(name, "") for name in TYPED},
        sent=query.get("sent", "") if query.get("sent", "").isdigit() else "",
        refused=query.get("refused", "") if query.get("refused", "").isdigit() else "0",
        error=error,
        effects=found,
        since=_stamp(since),
        of=of,
        why=why,
        explained=None if error is None or error.code not in SIMULATOR_CODES else f"dev.sim.err.{error.code}",
        card_key=card_key,
        currency=CURRENCY,
    )


def _amount(text: str) -> int:
    try:
        amount = money.minor(Decimal(text.replace(",", ".")), CURRENCY)
    except (InvalidOperation, ValueError) as error:
        raise Invalid(f"amount: expected digits such as 24.90, got {text[:40]!r}", code="bad_amount") from error
    if not 1 <= amount <= AMOUNT_MAX_MINOR:
        raise Invalid("amount: expected 0.01 to 10000.00", code="bad_amount")
    return amount


def _place(fields: dict[str, list[str]], name: str) -> int:
    text = one(fields, name) or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise Invalid(f"{name}: expected a place in the list, got {text[:40]!r}", code="bad_place")
    return int(text)


def _days(fields: dict[str, list[str]]) -> int:
    text = one(fields, "days") or "0"
    if text not in {str(each) for each in DAYS_AGO}:
        raise Invalid(f"when: expected one of {DAYS_AGO} days ago, got {text[:40]!r}", code="bad_days")
    return int(text)


def _why(text: str) -> str:
    return text if text in REASONS else ""


def _of(frame: Frame) -> UUID | None:
    """The shopper whose effects are shown; None for everybody's."""
    return _shopper(frame.request.query_params.get("of", ""))


def _shopper(text: str) -> UUID | None:
    try:
        return parse("shp", text) if text else None
    except ValueError as error:
        raise Invalid(f"of: {error}") from None


def _since(frame: Frame) -> datetime:
    text = frame.request.query_params.get("since", "")
    if text.isascii() and text.isdigit() and len(text) <= 14:
        return _EPOCH + timedelta(milliseconds=int(text))
    return frame.now + timedelta(milliseconds=1)


def _stamp(at: datetime) -> str:
    return str((at - _EPOCH) // timedelta(milliseconds=1))
