"""The inbox: what the shopper was told, day by day, each with where to look."""

from datetime import datetime
from itertools import groupby
from urllib.parse import quote
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from cashback.collecting import storage as collecting
from cashback.errors import NotFound
from cashback.ids import show
from cashback.notifications import service as notifications
from cashback.notifications.schemas import Told
from cashback.paging import listing
from cashback.web.shopper.frame import Visit, back_to, visiting

SHOWN = 60
KEY_MAX = 300

_LEADS = (
    ("payout", "/cash-out", "landmark"),
    ("plan", "/payments", "calendar-clock"),
    ("instalment", "/payments", "calendar-clock"),
    ("payment", "/payments", "calendar-clock"),
    ("card", "/payments", "credit-card"),
    ("review", "/payments", "user"),
    ("claim", "/claims", "receipt"),
    ("reward", "", "hourglass"),
    ("adjustment", "", "coins"),
    ("debt", "", "coins"),
)
"""By how a kind begins: the page below the wallet, and the icon."""


async def inbox(request: Request) -> Response:
    """The page. Looking at it marks nothing: opening a message does, or the button for all."""
    async with visiting(request) as visit:
        asked, place = visit.paging(SHOWN), listing("inbox", shopper=visit.shopper_id)
        read = await notifications.inbox(
            visit.connection, visit.shopper_id, asked.wanted, asked.after(place, datetime, str)
        )
        found, cut = asked.cut(place, read, lambda each: (each.told_at, each.notice.key))
        zone = visit.house.programme.zone
        days = groupby(found, lambda each: each.told_at.astimezone(zone).date())
        return visit.page(
            "inbox.html",
            visit.t("inbox.page"),
            cut=cut,
            paged=asked.cursor is not None,
            days=[[(each, quote(each.notice.key, safe=""), lead_of(each)[1]) for each in group] for _, group in days],
        )


async def mark_read(request: Request) -> Response:
    """Everything told until now has been seen."""
    async with visiting(request) as visit:
        await notifications.mark_read(visit.connection, visit.shopper_id, visit.now)
    return back_to(request, "/inbox")


async def open_one(request: Request) -> Response:
    """One message: it has been read now, and leads to what it is about."""
    key = request.query_params.get("key", "")[:KEY_MAX]
    async with visiting(request) as visit:
        told = await notifications.read_one(visit.connection, visit.shopper_id, key, visit.now)
        if told is None:
            raise NotFound("there is no such message")
        path = await _about(visit, told)
    return back_to(request, path)


def lead_of(told: Told) -> tuple[str, str]:
    """Where messages of this kind lead below the wallet, and their icon."""
    kind = told.notice.kind
    return next(((path, icon) for begin, path, icon in _LEADS if kind.startswith(begin)), ("", "info"))


async def _about(visit: Visit, told: Told) -> str:
    """The very plan or answer that a message is about, where it names one; else the page of its kind."""
    decision = told.notice.params.get("decision")
    if isinstance(decision, str):
        return f"/payments/decisions/{decision}"
    what, _, rest = told.notice.key.partition(":")
    try:
        named = UUID(hex=rest.partition(":")[0])
    except ValueError:
        return lead_of(told)[0]
    plan_id: UUID | None = named if what in ("plan", "instalment") else None
    if what == "collection":
        found = (await collecting.by_id(visit.connection, visit.operator_id, [named])).get(named)
        plan_id = None if found is None else found.plan_id
    elif what == "payback":
        back = (await collecting.paybacks_by_id(visit.connection, visit.operator_id, [named])).get(named)
        plan_id = None if back is None else back.plan_id
    return lead_of(told)[0] if plan_id is None else f"/payments/{show('pln', plan_id)}"
