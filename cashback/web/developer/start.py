"""Five steps to the first event, with the own key filled in; each ticks itself when it is done."""

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cashback.actors import Scope
from cashback.auth.keys import create_key, free_label
from cashback.db.engine import transaction
from cashback.errors import ProductError
from cashback.ids import show
from cashback.insights.examples import TEST_SHOPPER
from cashback.insights.first_steps import FirstSteps, read_first_steps
from cashback.simulator.scenarios import Scenario
from cashback.web.developer.frame import Frame, frame_of
from cashback.web.developer.sandbox import NETWORKS, open_sandbox, send
from cashback.web.forms import form_of

FIRST_SCOPES = (Scope.READ, Scope.SHOPPERS, Scope.WEBHOOKS)
FIRST_LABEL = "first steps"
FIRST_AMOUNT_MINOR = 48_00


async def start(request: Request) -> Response:
    """The steps; for htmx the ticks alone, 204 while none was added."""
    return await _page(await frame_of(request))


async def ticks(request: Request) -> Response:
    """The list of steps done, for a page that asks again; 204 while it is as it was."""
    frame = await frame_of(request)
    operator_id = frame.integrator.session.operator_id
    async with transaction(frame.web.engine, operator_id) as connection:
        steps = await _steps(connection, frame)
    told = _told(steps.done)
    if request.query_params.get("seen") == told:
        return Response(status_code=204)
    sent = request.query_params.get("sent") == "1"
    return frame.page("start", "_ticks.html", steps=steps, told=told, sent=sent)


async def make_key(request: Request) -> Response:
    """Make a key for the samples of this page; the answer shows it this once."""
    frame = await frame_of(request)
    await form_of(request)
    actor = frame.integrator.actor
    async with transaction(frame.web.engine, actor.operator_id) as connection:
        label = await free_label(connection, actor.operator_id, FIRST_LABEL, frame.now)
        made = await create_key(connection, actor, label=label, scopes=FIRST_SCOPES, now=frame.now)
    return await _page(frame, made=made)


async def send_test(request: Request) -> Response:
    """Send a purchase to the own connection, signed as its network does."""
    frame = await frame_of(request)
    await form_of(request)
    try:
        await send(frame, Scenario.CLEAR, "", 0, FIRST_AMOUNT_MINOR, frame.now)
    except ProductError as error:
        return await _page(frame, error=error)
    return RedirectResponse(f"/{frame.t.language}/developer/start?sent=1#step-5", status_code=303)


async def _page(frame: Frame, *, made: str | None = None, error: ProductError | None = None) -> Response:
    operator_id = frame.integrator.session.operator_id
    box = await open_sandbox(frame) if frame.integrator.sandbox else None
    async with transaction(frame.web.engine, operator_id) as connection:
        steps = await _steps(connection, frame)
    return frame.page(
        "start",
        "start.html",
        status=200 if error is None else error.status,
        steps=steps,
        told=_told(steps.done),
        made=made,
        error=error,
        playable=box is not None and bool(box.cast.cards) and bool(box.cast.shops),
        sent=frame.request.query_params.get("sent") == "1",
        shopper=TEST_SHOPPER,
        shopper_id=None if steps.shopper is None else show("shp", steps.shopper),
    )


async def _steps(connection: AsyncConnection, frame: Frame) -> FirstSteps:
    actor = frame.integrator.actor
    return await read_first_steps(connection, actor.operator_id, NETWORKS, actor.name, TEST_SHOPPER)


def _told(done: tuple[bool, ...]) -> str:
    return "".join("1" if each else "0" for each in done)
