"""The HTTP API of an offer's life: read it, write a draft, ask for approval, approve, schedule, pause, end, stop.

Each command names in `expected_revision` the revision that its caller has read; anything that happened since is a 409.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, Field

from cashback.actors import Scope
from cashback.api.paging import Asked
from cashback.api.routes import AtDesk, Desk
from cashback.api.taken import Taken
from cashback.clock import zulu, zulu_or_none
from cashback.db.engine import transaction
from cashback.offers import drafts
from cashback.offers.amounts import CODE_PATTERN
from cashback.offers.changes import difference, in_file_units
from cashback.offers.commands import REASON_MAX, Done, unknown_offer
from cashback.offers.journal import History, Version, find_history, list_histories
from cashback.offers.life import Standing
from cashback.paging import listing
from cashback.programme_file.budgets import save_budgets
from cashback.programme_file.reading import offer_from
from cashback.programme_file.service import read_current
from cashback.programme_file.yaml_text import Tree
from cashback.programmes.service import no_programme
from cashback.shoppers.service import require

router = APIRouter(prefix="/v1/offers")


OfferCode = Annotated[str, Path(pattern=CODE_PATTERN)]
Reason = Annotated[str, Field(min_length=1, max_length=REASON_MAX)]


class _Seen(Taken):
    expected_revision: Annotated[int, Field(ge=0, description="The offer's `revision` as it was read")]


class DraftBody(_Seen):
    """The whole terms, as a programme file writes an offer without its code; 0 is the revision of a new code."""

    terms: dict[str, Any]


class SeenBody(_Seen):
    """A command that needs nothing else."""


class PauseBody(_Seen):
    """Why, if it should be remembered."""

    reason: Reason | None = None


class ReasonBody(_Seen):
    """Why, in a sentence for the author and for later."""

    reason: Reason


class ApproveBody(_Seen):
    """When the version begins (now if left out or past) and ends (open if left out)."""

    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None


class StopBody(Taken):
    """Why. Nothing needs to have been read before."""

    reason: Reason
    expected_revision: Annotated[int | None, Field(ge=0)] = None


@router.get("", summary="Offers with their status")
async def offers(desk: AtDesk, paging: Asked) -> dict[str, Any]:
    """One page in the order of the codes: status, live version, next scheduled version, open draft."""
    require(desk.caller, Scope.READ)
    place = listing("offers")
    (last,) = paging.after(place, str) or ("",)
    now = desk.now()
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await list_histories(connection, desk.caller.operator_id, after=last, limit=paging.wanted)
    shown, cut = paging.cut(place, found, lambda each: (each.code,))
    return cut.told([_summary(each, each.standing(now)) for each in shown])


@router.get("/{code}", summary="Everything of one offer")
async def offer(code: OfferCode, desk: AtDesk) -> dict[str, Any]:
    """Its versions with their intervals and differences, the revisions of its open draft, and every move."""
    require(desk.caller, Scope.READ)
    now = desk.now()
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        history = await find_history(connection, desk.caller.operator_id, code)
    if history is None:
        raise unknown_offer(code)
    standing = history.standing(now)
    return {
        **_summary(history, standing),
        "versions": [_version(history, place) for place in range(len(history.versions))],
        "revisions": _revisions(history, history.version(standing.live)),
        "moves": [
            {
                "revision": each.revision,
                "move": each.move.value,
                "version": each.version,
                "reason": each.reason,
                "actor": each.actor,
                "at": zulu(each.at),
            }
            for each in history.moves
        ],
    }


@router.put("/{code}/draft", summary="Write a revision of a draft")
async def draft(code: OfferCode, body: DraftBody, desk: AtDesk) -> dict[str, Any]:
    """Keep the terms as the newest revision; answers the difference to the one before and to what is live."""
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        now = desk.now()
        current = await read_current(connection, desk.caller.operator_id, now)
        if current is None:
            raise no_programme()
        entry = offer_from(Tree({**body.terms, "code": code}), current, "the terms")
        done = await drafts.revise(
            connection, desk.caller, code, entry.terms(), expected_revision=body.expected_revision, now=now
        )
    return {"revision": done.revision, "changes": done.changes, "changes_to_live": done.changes_to_live}


@router.post("/{code}/submit", summary="Ask for approval")
async def submit(code: OfferCode, body: SeenBody, desk: AtDesk) -> dict[str, Any]:
    """Ask another person to approve the newest revision."""
    return await _moved(desk, drafts.submit, code, body)


@router.post("/{code}/approve", summary="Approve a draft that somebody else wrote")
async def approve(code: OfferCode, body: ApproveBody, desk: AtDesk) -> dict[str, Any]:
    """Make the submitted draft a version, now or from a later instant on."""
    return await _moved(desk, partial(drafts.approve, save_budgets=save_budgets), code, body)


@router.post("/{code}/request-changes", summary="Send a draft back")
async def request_changes(code: OfferCode, body: ReasonBody, desk: AtDesk) -> dict[str, Any]:
    """Send the submitted draft back to its author."""
    return await _moved(desk, drafts.request_changes, code, body)


@router.post("/{code}/reject", summary="Close a draft without a version")
async def reject(code: OfferCode, body: ReasonBody, desk: AtDesk) -> dict[str, Any]:
    """Close the submitted draft; nothing comes of it."""
    return await _moved(desk, drafts.reject, code, body)


@router.post("/{code}/pause", summary="Pause a live offer")
async def pause(code: OfferCode, body: PauseBody, desk: AtDesk) -> dict[str, Any]:
    """Purchases from now on do not earn by it until it is resumed."""
    return await _moved(desk, drafts.pause, code, body)


@router.post("/{code}/resume", summary="Resume a paused offer")
async def resume(code: OfferCode, body: SeenBody, desk: AtDesk) -> dict[str, Any]:
    """Go on with the same terms, as a new version."""
    return await _moved(desk, drafts.resume, code, body)


@router.post("/{code}/end", summary="End an offer")
async def end(code: OfferCode, body: PauseBody, desk: AtDesk) -> dict[str, Any]:
    """Close it for good; what was promised until now stands."""
    return await _moved(desk, drafts.end, code, body)


@router.post("/{code}/cancel", summary="Cancel a scheduled version")
async def cancel(code: OfferCode, body: SeenBody, desk: AtDesk) -> dict[str, Any]:
    """Withdraw the version that is to begin; the one that it was to replace stays live."""
    return await _moved(desk, drafts.cancel, code, body)


@router.post("/{code}/stop", summary="Emergency stop")
async def stop(code: OfferCode, body: StopBody, desk: AtDesk) -> dict[str, Any]:
    """Close what is live and cancel what is to come, at once."""
    return await _moved(desk, drafts.stop, code, body)


async def _moved(desk: Desk, move: Callable[..., Awaitable[Done]], code: str, body: BaseModel) -> dict[str, Any]:
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        done = await move(connection, desk.caller, code, **body.model_dump(), now=desk.now())
    return {"revision": done.revision, "version": done.version, "live_from": zulu_or_none(done.live_from)}


def _summary(history: History, standing: Standing) -> dict[str, Any]:
    upcoming = history.version(standing.upcoming)
    newest = history.draft[-1] if history.draft else None
    return {
        "code": history.code,
        "revision": history.revision,
        "status": standing.status.value,
        "live_version": standing.live,
        "next_version": None
        if upcoming is None
        else {"version": upcoming.version, "live_from": zulu_or_none(upcoming.live_from)},
        "draft": None
        if newest is None or history.draft_state is None
        else {"state": history.draft_state.value, "revision": newest.revision, "author": newest.author},
    }


def _version(history: History, place: int) -> dict[str, Any]:
    each = history.versions[place]
    before = history.versions[place - 1].terms if place else None
    return {
        "version": each.version,
        "live_from": zulu_or_none(each.live_from),
        "live_until": zulu_or_none(each.live_until),
        "author": each.author,
        "created_at": zulu(each.created_at),
        "digest": each.digest.hex(),
        "terms": in_file_units(each.terms),
        "changes": difference(before, each.terms),
    }


def _revisions(history: History, live: Version | None) -> list[dict[str, Any]]:
    """Of every draft; what the open one would change is told against what is live at this instant."""
    opened = {each.revision for each in history.draft}
    return [
        {
            "revision": each.revision,
            "draft": each.draft,
            "open": each.revision in opened,
            "author": each.author,
            "written_at": zulu(each.written_at),
            "digest": each.digest.hex(),
            "base_version": each.base_version,
            "terms": in_file_units(each.terms),
            "changes": each.changes,
            "changes_to_live": difference(None if live is None else live.terms, each.terms)
            if each.revision in opened
            else each.changes_to_live,
        }
        for each in history.revisions
    ]
