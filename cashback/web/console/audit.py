"""The audit log: who saw or changed what, found by who, what, object and time; and one line in full."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Scope
from cashback.auth import members
from cashback.auth.roles import Page
from cashback.auth.sessions import member_name
from cashback.errors import NotFound
from cashback.ids import show
from cashback.paging import Cut
from cashback.programmes import audit_log
from cashback.programmes.audit_log import Sought
from cashback.web.console.audit_speech import DID, AuditWords, words_of
from cashback.web.console.desk_days import since_of, until_of
from cashback.web.console.frame import Call, calling, id_of
from cashback.web.console.tables import Ask, Cell, Column, Filter, Row, Table, list_page
from cashback.web.messages import MESSAGES

GROUPS: Mapping[str, tuple[str, ...]] = {
    "access": (
        "session.",
        "sign_in.",
        "passkey.",
        "member.",
        "api_key.",
        "sso.",
        "embed.",
        "identity_provider.",
        "link.",
        "read.",
    ),
    "money": ("payout", "payment.", "gift", "adjustment.", "fund", "seller.", "settlement.", "bank."),
    "programme": (
        "programme.",
        "offer.",
        "shops.",
        "identifiers.",
        "outlets.",
        "match",
        "drift.",
        "theme.",
        "domain.",
        "poster.",
        "welcome.",
    ),
    "members": ("claim.", "purchase.", "shopper.", "card.", "account.", "consent.", "fact", "dispute.", "preferences."),
    "credit": (
        "means.",
        "quote.",
        "plan.",
        "decision_review.",
        "credit_rule.",
        "mandate.",
        "charge_rail.",
        "collection.",
        "payback.",
        "contract.",
        "decisions.",
    ),
    "technical": ("connection.", "endpoint.", "feed.", "file."),
}
"""How actions begin, by what people call them together."""
_ACTIONS = tuple(key.removeprefix(DID) for key in MESSAGES if key.startswith(DID))
BRIEF_MAX = 3
_BRIEF = frozenset({
    "by",
    "role", "from", "to", "amount", "amount_minor", "words", "why", "reason", "period", "payment", "mode", "rail",
    "kind",
})  # fmt: skip
"""What of the details stands in the list beside the deed."""
TABLE = Table(
    "audit-log",
    (
        Column("at", "audit.col.at"),
        Column("who", "audit.col.who"),
        Column("what", "audit.col.what"),
        Column("subject", "audit.col.subject"),
    ),
    (
        Filter("who", "audit.filter.who"),
        Filter("what", "audit.filter.what", tuple((name, f"audit.group.{name}") for name in GROUPS)),
        Filter("subject", "audit.filter.subject"),
        Filter("since", "audit.filter.since", kind="date"),
        Filter("until", "audit.filter.until", kind="date"),
    ),
    sort="-at",
    icon="book-open",
    empty="audit.none",
)


async def audit(request: Request) -> Response:
    """The log, the newest first."""
    async with calling(request, Page.TEAM) as call:
        call.need(Scope.TEAM)
        return await list_page(call, "audit", TABLE, _read, call.t("console.nav.audit"), lead=call.t("audit.lead"))


async def line(request: Request) -> Response:
    """One line with all that was written down."""
    async with calling(request, Page.TEAM) as call:
        found = await audit_log.one(call.connection, call.need(Scope.TEAM), id_of(request, "aud"))
        if found is None:
            raise NotFound("there is no such line", code="unknown_line")
        words = await words_of(call, [found])
        return call.page(
            "audit",
            "audit_line.html",
            words.sentence(found.action),
            line=found,
            ref=show("aud", found.id),
            who=words.people(found.actor),
            thing=words.thing(found),
            facts=words.facts(found.detail),
            place=words.place(found),
        )


async def _read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
    group = ask.get("what")
    sought = Sought(
        by=await _actor(call, ask.get("who") or ""),
        subject=ask.get("subject") or "",
        actions=tuple(each for each in _ACTIONS if each.startswith(GROUPS[group])) if group else (),
        since=since_of(call, ask),
        until=until_of(call, ask),
    )
    (before,) = ask.after(UUID) or (None,)
    found = await audit_log.find(call.connection, call.actor, sought, before=before, limit=ask.paging.wanted)
    shown, cut = ask.cut(found, lambda each: (each.id,))
    words = await words_of(call, shown)
    rows = [
        Row(
            (
                Cell(call.formats.moment(each.at, call.zone), raw=each.at.astimezone(call.zone).isoformat()),
                Cell(words.people(each.actor), raw=each.actor),
                Cell(words.sentence(each.action), sub=_brief(words, each.detail), raw=each.action),
                Cell(words.thing(each), href=words.place(each), raw=each.subject),
            ),
            href=call.address(f"/audit/{show('aud', each.id)}"),
        )
        for each in shown
    ]
    return rows, cut


async def _actor(call: Call, text: str) -> str:
    """Whom a search means: an actor as the log names it, else the member whose name holds the text."""
    if not text or ":" in text:
        return text
    everybody = await members.list_members(call.connection, call.actor, call.web.doors.master)
    wanted = text.casefold()
    return next((member_name(each.id) for each in everybody if wanted in each.name.casefold()), text)


def _brief(words: AuditWords, detail: Mapping[str, Any]) -> str:
    told = {name: value for name, value in detail.items() if name in _BRIEF or (name == "asset" and "amount" in detail)}
    return " · ".join(value for _, value in words.facts(told)[:BRIEF_MAX])
