"""What is done to an offer from its page: submitted, approved, sent back, paused, resumed, ended, cancelled, stopped.

Each form names the revision that its page showed; what happened since is refused and told. The rules are those of the
API's routes: the same commands decide.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from cashback.auth.roles import Page
from cashback.errors import Invalid, NotFound
from cashback.offers import drafts
from cashback.offers.commands import REASON_MAX, Done
from cashback.programme_file.budgets import save_budgets
from cashback.web.console.frame import Call, tried
from cashback.web.console.offers.approval import approval_page
from cashback.web.console.offers.page import offer_page
from cashback.web.forms import Fields, form_of, one

Command = Callable[..., Awaitable[Done]]

WITH_REASON: Mapping[str, Command] = {"pause": drafts.pause, "end": drafts.end, "stop": drafts.stop}
WITHOUT: Mapping[str, Command] = {"resume": drafts.resume, "cancel": drafts.cancel}
ANSWERS = ("approve", "request-changes", "reject")


async def move(request: Request) -> Response:
    """One of the moves; refused, the offer's page says why."""
    fields, name = await form_of(request), request.path_params["move"]
    code = request.path_params["code"]
    shown = approval_page if name in ANSWERS else offer_page

    async def do(call: Call) -> Response:
        await _moved(call, code, name, fields)
        return call.back_to(f"/offers/{code}", done=f"offer_{name.replace('-', '_')}")

    return await tried(request, Page.OFFERS, do, lambda call, refused: shown(call, code, refused=refused, typed=fields))


async def _moved(call: Call, code: str, name: str, fields: Fields) -> None:
    reason = one(fields, "reason", REASON_MAX) or None
    seen: dict[str, Any] = {"expected_revision": _revision(fields), "now": call.now}
    if name in WITH_REASON:
        await WITH_REASON[name](call.connection, call.actor, code, reason=reason, **seen)
    elif name in WITHOUT:
        await WITHOUT[name](call.connection, call.actor, code, **seen)
    elif name == "submit":
        await drafts.submit(call.connection, call.actor, code, comment=reason, **seen)
    elif name == "approve":
        begins, ends = (_instant(call, fields, each) for each in ("starts_at", "ends_at"))
        approve = partial(drafts.approve, save_budgets=save_budgets, starts_at=begins, ends_at=ends, comment=reason)
        await approve(call.connection, call.actor, code, **seen)
    elif name in ("request-changes", "reject"):
        command = drafts.reject if name == "reject" else drafts.request_changes
        await command(call.connection, call.actor, code, reason=reason or "", **seen)
    else:
        raise NotFound("there is nothing under this address", code="not_found")


def _instant(call: Call, fields: Fields, name: str) -> datetime | None:
    """A local time of the programme as the browser writes it; None where it is left empty."""
    text = one(fields, name, 40)
    if not text:
        return None
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(
            f"{name}: expected a day and a time such as 2026-12-01T08:00, got {text!r}", code="bad_time"
        ) from None
    return local.replace(tzinfo=call.zone).astimezone(UTC)


def _revision(fields: Fields) -> int:
    text = one(fields, "revision", 10)
    if not text.isdigit():
        raise Invalid("revision: expected the number that the page carried", code="bad_form")
    return int(text)
