"""One offer: what it says, where it stands, what may be done, what came of it, and what happened to it."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Scope
from cashback.auth.roles import Page
from cashback.errors import ProductError
from cashback.offers.commands import unknown_offer
from cashback.offers.journal import find_history
from cashback.offers.life import DraftState, Move
from cashback.offers.wording import Language
from cashback.web.console.frame import Call, calling
from cashback.web.console.offers import name_of, period_of
from cashback.web.console.offers_cost import asking, cost_of
from cashback.web.console.offers_judged import Told, in_words
from cashback.web.console.offers_results import results_of
from cashback.web.console.offers_states import Stand, stand
from cashback.web.console.offers_story import story_of
from cashback.web.console.people import people_of
from cashback.web.forms import Fields

MOVES = (Move.PAUSE, Move.RESUME, Move.CANCEL, Move.END, Move.STOP)


async def offer(request: Request) -> Response:
    """The page of one offer; for htmx its results alone, while they are measured."""
    async with calling(request, Page.OFFERS) as call:
        return await offer_page(call, request.path_params["code"])


async def stand_of(call: Call, code: str) -> Stand:
    """Where an offer stands; NotFound for a code that was never used."""
    history = await find_history(call.connection, call.operator_id, code)
    if history is None:
        raise unknown_offer(code)
    return stand(history, call.now)


async def offer_page(
    call: Call, code: str, *, refused: ProductError | None = None, typed: Fields | None = None
) -> Response:
    """`typed` is what a form that was refused held."""
    found = await stand_of(call, code)
    results = await results_of(call, found)
    version = found.live or found.upcoming
    words = in_words(call, code, found.terms, None if version is None else version.live_until)
    draft = found.history.draft[-1] if found.history.draft else None
    drafted: Mapping[Language, Told] | None = None
    if draft is not None and found.last is not None:
        drafted = in_words(call, code, draft.terms)
    people = await people_of(call, [found.owner])
    return call.page(
        "offers",
        "offers/offer.html",
        name_of(found, call),
        fragment="offers/_results.html",
        refused=refused,
        offer=found,
        words=words,
        drafted=drafted,
        cost=await cost_of(call, asking(call, code, (draft or found).terms)),
        owner=people(found.owner),
        period=period_of(found, call),
        results=results,
        story=await story_of(call, found.history),
        moves=[each for each in MOVES if found.may(each)] if call.may(Scope.PROGRAMME) else [],
        submits=draft is not None and found.draft is DraftState.DRAFT and call.may(Scope.PROGRAMME),
        waits=found.draft is DraftState.SUBMITTED,
        edits=call.may(Scope.PROGRAMME),
        reason="" if typed is None else (typed.get("reason") or [""])[-1],
        oob=False,
    )
