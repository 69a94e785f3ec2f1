"""What waits for somebody, as lines that lead to where it is done.

A line whose page this member does not open is told all the same: who sees it may tell the one who does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cashback.auth.roles import OPENED_BY, MemberRole, Page
from cashback.insights.desk import MOST, Budget, Waiting
from cashback.web.console.frame import Call

SILENT_AFTER = timedelta(hours=24)
_FORGOTTEN_AFTER = timedelta(days=30)
"""A source that has told nothing for so long was taken out of use."""
_PLACES: Mapping[str, tuple[str, Page, str]] = {
    "matches": ("/matches", Page.SHOPS, "warn"),
    "claims": ("/claims", Page.CLAIMS, "warn"),
    "decisions": ("/decisions", Page.DECISIONS, "warn"),
    "approvals": ("/offers?state=to_approve", Page.OFFERS, "warn"),
    "payouts": ("/payouts", Page.MONEY, "warn"),
    "unknown_payouts": ("/payouts", Page.MONEY, "neg"),
    "adjustments": ("/members", Page.MEMBERS, "warn"),
    "funders": ("/funders", Page.MONEY, "neg"),
    "domains": ("/welcome#domains-title", Page.THEME, "neg"),
    "parked": ("/live", Page.LIVE, "neg"),
    "conflicts": ("/live", Page.LIVE, "neg"),
}


@dataclass(frozen=True, slots=True)
class Alert:
    """One line; `number` is empty where the text says all."""

    text: str
    number: str
    href: str
    tone: str
    whose: str = ""
    """Who opens its page, where this member does not."""


def alerts_of(
    call: Call, waiting: Sequence[Waiting], budgets: Sequence[Budget], sources: Mapping[str, datetime]
) -> list[Alert]:
    """The gravest first."""
    alerts = []
    for each in waiting:
        path, page, tone = _PLACES[each.kind]
        number = call.formats.number(each.number)
        told = call.t("overview.or_more", n=number) if each.number >= MOST else number
        href = _href(call, path, page)
        whose = "" if href else call.t("overview.whose", roles=_roles(call, page))
        alerts.append(Alert(call.t(f"overview.alert.{each.kind}"), told, href, tone, whose))
    if nearly := sum(each.nearly_used for each in budgets):
        href = _href(call, "/offers", Page.OFFERS)
        alerts.append(Alert(call.t("overview.alert.budgets"), call.formats.number(nearly), href, "warn"))
    for network, told_at in sorted(sources.items()):
        if SILENT_AFTER < call.now - told_at < _FORGOTTEN_AFTER:
            moment = call.formats.moment(told_at, call.zone)
            text = call.t("overview.alert.silent", network=network, moment=moment)
            alerts.append(Alert(text, "", _href(call, "/live", Page.LIVE), "neg"))
    return sorted(alerts, key=lambda alert: alert.tone != "neg")


def _roles(call: Call, page: Page) -> str:
    roles = [each for each in MemberRole if each in OPENED_BY[page]]
    return call.formats.tongue.joined([call.t(f"door.role.{each.value}") for each in roles], "or")


def _href(call: Call, path: str, page: Page) -> str:
    return call.address(path) if call.session.member_role in OPENED_BY[page] else ""
