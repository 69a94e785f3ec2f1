"""Whoever follows a link where somebody else is signed in is asked first.

A link is a key that anybody may send to anybody. Without the question, one that a stranger sent would end the session
of the person who follows it, and what they do next, such as linking a card, would be done in the stranger's account.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from cashback.auth import members, session_store
from cashback.auth.addresses import open_addresses
from cashback.auth.roles import MemberRole
from cashback.auth.sessions import Entry, Session, member_name
from cashback.db.engine import transaction
from cashback.insights import listings
from cashback.web.context import Web, scene_of, session_if_any, web_of
from cashback.web.messages import Translator
from cashback.web.rendering import language_asked


def asks(request: Request, entry: Entry) -> bool:
    """Whether another person than the one whom the link means is signed in here.

    In a demonstration the links of its own start page change without asking: everybody is anybody there.
    """
    held = session_if_any(request, entry.role)
    if held is None or (web_of(request).demo and request.headers.get("sec-fetch-site") == "same-origin"):
        return False
    return _person(held.operator_id, held.subject_id, held.member_role) != _person(
        entry.operator_id, entry.shopper_id, entry.member_role
    )


async def question(request: Request, entry: Entry, *, home: str, fields: Mapping[str, str]) -> Response:
    """The page that says who is signed in and who would be, with a form of the session; nothing has happened yet.

    The link must still open something: it names a person, whom one that is used up tells to nobody any more.
    `fields` are what the form carries to the same address.
    """
    web, held, t = web_of(request), session_if_any(request, entry.role), Translator(language_asked(request))
    assert held is not None, "a question is asked of somebody who is signed in"
    now = await _named(web, t, held.operator_id, held.subject_id, held.member_role)
    would = await _named(web, t, entry.operator_id, entry.shopper_id, entry.member_role)
    values = {
        "now": now,
        "would": would,
        "home": home,
        "action": f"{request.url.path}?role={entry.role.value}",
        "fields": dict(fields),
        "token": held.csrf,
    }
    scene = scene_of(request, t("door.change"), None, "narrow", values)
    return web.pages.page("changing.html", scene)


async def end_elsewhere(web: Web, held: Session | None, entry: Entry, now: datetime) -> None:
    """End the session that a browser leaves for one of another operator; one of the same operator has ended with it."""
    if held is not None and held.operator_id != entry.operator_id:
        async with transaction(web.engine, held.operator_id) as connection:
            await session_store.revoke(connection, held.actor, held, now, why="replaced", session_id=held.id)


def _person(operator_id: UUID, subject_id: UUID | None, works_as: MemberRole | None) -> tuple[object, ...]:
    """What tells people apart: a shopper, a member, or a role of who came without a name."""
    return operator_id, subject_id, works_as


async def _named(
    web: Web, t: Translator, operator_id: UUID, subject_id: UUID | None, works_as: MemberRole | None
) -> Mapping[str, str]:
    """Somebody, and their centre, as this browser may read it."""
    tenant = await web.tenants.of(operator_id)
    centre = "" if tenant is None else tenant.name
    if subject_id is None:
        return {"centre": centre, "who": t(f"door.role.{works_as}")}
    async with transaction(web.engine, operator_id) as connection:
        if works_as is not None:
            name = member_name(subject_id)
            known = await members.names_of(connection, operator_id, web.doors.master, [name])
            return {"centre": centre, "who": known.get(name, t(f"door.role.{works_as}"))}
        addresses = await open_addresses(connection, operator_id, web.doors.master, [subject_id])
        row = await listings.shopper(connection, operator_id, subject_id)
    return {"centre": centre, "who": addresses.get(subject_id) or ("" if row is None else row.reference)}
