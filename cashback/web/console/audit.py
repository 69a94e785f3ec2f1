"""The audit log: who saw or changed what, found by who, what, object and time; and one line in full."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Scope
from cashback.auth import members
from cashback.auth.roles import Page
from cashback.auth.sessions import member_name
from cashback.errors import NotFound
from cashback.funding.service import named
from cashback.ids import show
from cashback.ledger.chart import FUNDER_PREFIX
from cashback.paging import Cut
from cashback.programmes import audit_log
from cashback.programmes.audit_log import Line, Sought
from cashback.web.console.desk_days import since_of, until_of
from cashback.web.console.frame import Call, calling, id_of
from cashback.web.console.funders import address_of
from cashback.web.console.people import people_of
from cashback.web.console.settlement_views import funder_name
from cashback.web.console.tables import Ask, Cell, Column, Filter, Row, Table, list_page
from cashback.web.messages import MESSAGES

GROUPS: Mapping[str, tuple[str, ...]] = {
    "access": ("session.", "sign_in.", "passkey.", "member.", "api_key.", "sso.", "embed.", "identity_provider."),
    "money": ("payout", "payment.", "gift", "adjustment.", "fund", "seller.", "settlement.", "bank."),
    "programme": ("programme.", "offer.", "identifiers.", "outlets.", "match", "theme."),
    "members": ("claim.", "purchase.", "shopper.", "card.", "account.", "consent.", "fact"),
    "credit": (
        "means.",
        "quote.",
        "plan.",
        "decision_review.",
        "credit_rule.",
        "mandate.",
        "charge_rail.",
        "collection.",
    ),
    "technical": ("connection.", "endpoint.", "feed."),
}
"""How actions begin, by what people call them together."""
_DID = "audit.did."
_ACTIONS = tuple(key.removeprefix(_DID) for key in MESSAGES if key.startswith(_DID))
_PLACES = {
    "pyt": "/payouts/",
    "bat": "/payouts/files/",
    "stl": "/settlement/",
    "pln": "/book/",
    "rev": "/decisions/",
    "mem": "/team/",
    "adj": "/adjustments/",
    "shp": "/members/",
}
"""Where the page of a thing is, by the prefix of its id."""
BRIEF_MAX = 3
_BRIEF = frozenset({
    "role", "from", "to", "amount", "amount_minor", "words", "why", "reason", "period", "payment", "mode", "rail",
    "kind",
})  # fmt: skip
"""What of the details stands in the list beside the deed."""
_SAID_AS = {
    "role": ("door.role.",),
    "from": ("door.role.",),
    "to": ("door.role.",),
    "rail": ("payouts.rail.",),
    "reason": ("payouts.why.", "adjustments.reason.", "reviews.reason.", "charges.reason."),
    "kind": ("adjustments.kind.",),
    "payment": ("funders.pay.",),
    "mode": ("settlement.mode.",),
}
"""Under which beginnings of keys the codes of a detail have words."""
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
        people = await people_of(call, [found.actor])
        return call.page(
            "audit",
            "audit_line.html",
            _sentence(call, found.action),
            line=found,
            ref=show("aud", found.id),
            who=people(found.actor),
            facts=_facts(call, found.detail),
            place=_place(call, found.subject),
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
    people = await people_of(call, [each.actor for each in shown])
    rows = [
        Row(
            (
                Cell(call.formats.moment(each.at, call.zone), raw=each.at.astimezone(call.zone).isoformat()),
                Cell(people(each.actor), raw=each.actor),
                Cell(_sentence(call, each.action), sub=_brief(call, each.detail), raw=each.action),
                Cell(_subject(call, each), href=_place(call, each.subject), raw=each.subject),
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


def _sentence(call: Call, action: str) -> str:
    """What was done, in words; an action that has none is said by its code."""
    key = f"{_DID}{action}"
    return call.t(key) if key in MESSAGES else action


def _brief(call: Call, detail: Mapping[str, Any]) -> str:
    told = {name: value for name, value in detail.items() if name in _BRIEF or (name == "asset" and "amount" in detail)}
    return " · ".join(value for _, value in _facts(call, told)[:BRIEF_MAX])


def _facts(call: Call, detail: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The details with their names, amounts and instants as people read them."""
    facts = []
    for name, value in detail.items():
        if value in (None, "", [], {}) or (name == "asset" and "amount" in detail):
            continue
        key = f"audit.key.{name}"
        facts.append((call.t(key) if key in MESSAGES else name.replace("_", " "), _told(call, detail, name, value)))
    return facts


def _told(call: Call, detail: Mapping[str, Any], name: str, value: Any) -> str:
    if name == "amount" and isinstance(value, int) and isinstance(detail.get("asset"), str) and call.house:
        return call.formats.amount(value, call.house.asset(detail["asset"]))
    if name.endswith("_minor") and str(value).lstrip("-").isdigit() and call.house:
        return call.formats.money(int(value), call.house.programme.currency)
    if isinstance(value, str):
        for begin in _SAID_AS.get(name, ()):
            if f"{begin}{value}" in MESSAGES:
                return call.t(f"{begin}{value}")
        if name.endswith("_at"):
            try:
                return call.formats.moment(datetime.fromisoformat(value), call.zone)
            except ValueError:
                return value
        return value
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return str(value)


def _subject(call: Call, line: Line) -> str:
    """What a line is about: a funder by its name, a thing by the end of its id."""
    if line.subject.startswith(FUNDER_PREFIX) and call.house:
        return funder_name(call, named(line.subject, call.house.snapshot.shops.shops))
    kind, _, rest = line.subject.partition("_")
    shortened = kind in _PLACES or len(line.subject) > len("shp_") + 20
    return f"{kind} …{rest[-6:]}" if shortened and rest else line.subject


def _place(call: Call, subject: str) -> str:
    """The page of what a line is about; empty where there is none."""
    if subject.startswith(FUNDER_PREFIX) and call.house:
        return address_of(call, named(subject, call.house.snapshot.shops.shops))
    prefix = subject.partition("_")[0]
    return call.address(f"{_PLACES[prefix]}{subject}") if prefix in _PLACES else ""
