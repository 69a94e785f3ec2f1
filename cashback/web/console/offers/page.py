"""One offer: what it says, where it stands, what may be done, what came of it, and what happened to it."""

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Scope
from cashback.auth.roles import SCOPES, Page
from cashback.errors import ProductError
from cashback.offers.commands import scopes_for, unknown_offer
from cashback.offers.journal import find_history
from cashback.offers.life import DraftState, Move
from cashback.offers.life import Status as Life
from cashback.offers.wording import Language
from cashback.web.console.frame import Call, calling
from cashback.web.console.offers.cost import asking, cost_of
from cashback.web.console.offers.judged import Told, in_words
from cashback.web.console.offers.results import results_of
from cashback.web.console.offers.states import Stand, stand
from cashback.web.console.offers.story import story_of
from cashback.web.console.offers.table import name_of, period_of
from cashback.web.console.people import people_of
from cashback.web.forms import Fields

MOVES = (Move.PAUSE, Move.RESUME, Move.CANCEL, Move.END, Move.STOP)
_TOLD = {f"offer_{each.value}": each for each in Move} | {"offer_save": Move.REVISE}
"""What the address may say was done, and which move that is."""


async def offer(request: Request) -> Response:
    """The page of one offer; for htmx its results alone, while they are measured."""
    async with calling(request, Page.OFFERS) as call:
        return await offer_page(call, request.path_params["code"])


async def stand_of(call: Call, code: str) -> Stand:
    """Where an offer stands; NotFound for a code that was never used."""
    history = await find_history(call.connection, call.operator_id, code)
    if history is None:
        raise unknown_offer(code)
    return stand(history, call.now, call.zone)


async def offer_page(
    call: Call, code: str, *, refused: ProductError | None = None, typed: Fields | None = None
) -> Response:
    """`typed` is what a form that was refused held."""
    found = await stand_of(call, code)
    results = await results_of(call, found)
    version = found.live or found.upcoming or (found.last if found.closed else None)
    words = in_words(call, code, found.terms, None if version is None else version.live_until)
    draft = found.history.draft[-1] if found.history.draft else None
    drafted: Mapping[Language, Told] | None = None
    if draft is not None and found.last is not None:
        drafted = in_words(call, code, draft.terms)
    people = await people_of(call, [found.owner])
    possible = [each for each in MOVES if found.may(each)]
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
        closed=await _closed(call, found),
        results=results,
        story=await story_of(call, found.history),
        moves=[each for each in possible if _may(call, each)],
        stopped_by=_roles_for(call, Move.STOP) if Move.STOP in possible and not _may(call, Move.STOP) else "",
        paused_by=_roles_for(call, Move.PAUSE) if _stops_only(call, possible) else "",
        submits=draft is not None and found.draft is DraftState.DRAFT and call.may(Scope.PROGRAMME),
        waits=found.draft is DraftState.SUBMITTED,
        edits=call.may(Scope.PROGRAMME),
        changes=call.may(Scope.PROGRAMME) and found.life is not Life.ENDED,
        answers=call.may(Scope.APPROVAL),
        done=_done(call, found),
        reason="" if typed is None else (typed.get("reason") or [""])[-1],
        oob=False,
    )


def _may(call: Call, move: Move) -> bool:
    return any(call.may(each) for each in scopes_for(move))


def _stops_only(call: Call, possible: Sequence[Move]) -> bool:
    return Move.PAUSE in possible and _may(call, Move.STOP) and not _may(call, Move.PAUSE)


def _roles_for(call: Call, move: Move) -> str:
    """The roles that may do this, for those who see that it should be done and may not."""
    roles = [role for role, scopes in SCOPES.items() if scopes.intersection(scopes_for(move))]
    return call.formats.tongue.joined([call.t(f"door.role.{each.value}") for each in roles], "or")


def _done(call: Call, found: Stand) -> str | None:
    """What the address says was done, as long as nothing happened since: a page that is loaded again tells no past."""
    move = _TOLD.get(call.request.query_params.get("done", ""))
    return call.done if move is not None and found.did_last(move) else None


async def _closed(call: Call, found: Stand) -> str:
    """Since when, by whom and why members do not see it any more; empty while they do, or never did."""
    move = found.closed
    if move is None:
        ends = None if found.last is None or found.life is not Life.ENDED else found.last.live_until
        return "" if ends is None else call.t("console.offers.closed.over", day=call.formats.moment(ends, call.zone))
    who = (await people_of(call, [move.actor]))(move.actor)
    when = call.formats.moment(move.at, call.zone)
    return call.t(f"console.offers.closed.{move.move.value}", who=who, when=when)
