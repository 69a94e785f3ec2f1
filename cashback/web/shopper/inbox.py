"""The inbox: what the shopper was told, day by day, each with where to look."""

from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response

from cashback.notifications import service as notifications
from cashback.notifications.schemas import Told
from cashback.web.shopper.frame import back_to, visiting

SHOWN = 60

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
    """The page. Looking at it marks nothing: that is a button."""
    async with visiting(request) as visit:
        found = await notifications.inbox(visit.connection, visit.shopper_id, SHOWN)
        zone = visit.house.programme.zone
        days = groupby(found, lambda each: each.told_at.astimezone(zone).date())
        return visit.page(
            "inbox.html",
            visit.t("inbox.page"),
            days=[[(each, *lead_of(each)) for each in group] for _, group in days],
        )


async def mark_read(request: Request) -> Response:
    """Everything told until now has been seen."""
    async with visiting(request) as visit:
        await notifications.mark_read(visit.connection, visit.shopper_id, visit.now)
    return back_to(request, "/inbox")


def lead_of(told: Told) -> tuple[str, str]:
    """Where a message leads below the wallet, and its icon."""
    kind = told.notice.kind
    return next(((path, icon) for begin, path, icon in _LEADS if kind.startswith(begin)), ("", "info"))
