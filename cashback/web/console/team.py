"""The team: who works here, as what, how they sign in; inviting, changing, removing, ending sessions."""

from collections.abc import Sequence
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Scope
from cashback.auth import members, session_store
from cashback.auth.members import BOOTSTRAP, Member
from cashback.auth.roles import SCOPES, MemberRole, Page
from cashback.auth.sessions import Role, member_name
from cashback.errors import Invalid, NotFound, ProductError
from cashback.ids import parse, show
from cashback.paging import Cut
from cashback.web.console.frame import Call, calling, id_of, tried
from cashback.web.console.people import people_of
from cashback.web.console.tables import Ask, Cell, Column, Filter, Row, Table, list_page, moment_cell
from cashback.web.forms import Fields, form_of, one
from issuers.card_numbers import mask_text

ENDED = "ended by the team"
TABLE = Table(
    "team",
    (
        Column("name", "team.col.name", sorts=True),
        Column("role", "team.col.role"),
        Column("signs_in_by", "team.col.means"),
        Column("joined_at", "team.col.joined"),
        Column("invited_by", "team.col.invited"),
    ),
    (
        Filter("role", "team.filter.role", tuple((each.value, f"door.role.{each.value}") for each in MemberRole)),
        Filter("name", "team.filter.name"),
    ),
    sort="name",
    icon="user",
    empty="team.none",
)


async def team(request: Request) -> Response:
    """Everybody, and the form to invite one more."""
    async with calling(request, Page.TEAM) as call:
        return await _list(call)


async def invite(request: Request) -> Response:
    """Let somebody sign in."""
    fields = await form_of(request)

    async def do(call: Call) -> Response:
        name = one(fields, "name")
        if mask_text(name) != name:
            raise Invalid("name: this looks like a card number; nothing was stored", code="card_number")
        made = await members.invite(
            call.connection,
            call.need(Scope.TEAM),
            call.web.doors.master,
            address=one(fields, "address", 300),
            name=name,
            role=_role(fields),
            now=call.now,
        )
        return call.back_to(f"/team/{show('mem', made)}", done="member_invited")

    return await tried(request, Page.TEAM, do, lambda call, refused: _list(call, refused=refused, typed=fields))


async def member(request: Request) -> Response:
    """One of them."""
    async with calling(request, Page.TEAM) as call:
        return await _page(call, id_of(request, "mem"))


async def act(request: Request) -> Response:
    """Change the role, end the sessions, let begin anew, or remove: the address says which."""
    fields, member_id, action = await form_of(request), id_of(request, "mem"), request.path_params["action"]

    async def do(call: Call) -> Response:
        done = await _act(call, member_id, action, fields)
        away = action == "remove"
        return call.back_to("/team" if away else f"/team/{show('mem', member_id)}", done=done)

    return await tried(request, Page.TEAM, do, lambda call, refused: _page(call, member_id, refused=refused))


async def end_link(request: Request) -> Response:
    """End the session of somebody who came by a link, as a role alone."""
    fields = await form_of(request)

    async def do(call: Call) -> Response:
        await session_store.end(
            call.connection,
            call.need(Scope.TEAM),
            Role.OPERATOR,
            None,
            _session(one(fields, "session")),
            call.now,
            why=ENDED,
        )
        return call.back_to("/team", done="session_ended")

    return await tried(request, Page.TEAM, do, lambda call, refused: _list(call, refused=refused))


async def _act(call: Call, member_id: UUID, action: str, fields: Fields) -> str:
    actor = call.need(Scope.TEAM)
    if action == "role":
        await members.change_role(call.connection, actor, member_id, _role(fields), call.now)
        return "member_changed"
    if action == "sessions":
        await _find(call, member_id)
        one_of_them = one(fields, "session")
        if one_of_them:
            await session_store.end(
                call.connection, actor, Role.OPERATOR, member_id, _session(one_of_them), call.now, why=ENDED
            )
            return "session_ended"
        await session_store.revoke_all(call.connection, actor, Role.OPERATOR, member_id, call.now, why=ENDED)
        return "sessions_ended"
    if action == "reset":
        await members.reset(call.connection, actor, member_id, call.now)
        return "member_reset"
    if action == "remove":
        if one(fields, "sure") != "yes":
            raise Invalid("sure: the box was not ticked", code="not_sure")
        ends = one(fields, "revoke_keys") == "yes"
        await members.remove(call.connection, actor, member_id, call.now, revoke_keys=ends)
        return "member_removed"
    raise NotFound("there is no such action", code="not_found")


async def _list(call: Call, *, refused: ProductError | None = None, typed: Fields | None = None) -> Response:
    typed = typed or {}
    return await list_page(
        call,
        "team",
        TABLE,
        _read,
        call.t("console.nav.team"),
        template="team.html",
        refused=refused,
        roles=[each for each in MemberRole if not (_scopes_above(call, each))],
        every=list(MemberRole),
        came_by_link=await session_store.of_links(call.connection, call.operator_id, call.now),
        own=call.session.id,
        typed={name: one(typed, name, 300) for name in ("address", "name", "role")},
    )


async def _page(call: Call, member_id: UUID, *, refused: ProductError | None = None) -> Response:
    found, everybody = await _find(call, member_id)
    people = await people_of(call, [found.invited_by])
    admins = [each for each in everybody if each.role is MemberRole.ADMIN]
    return call.page(
        "team",
        "member.html",
        found.name,
        refused=refused,
        member=found,
        ref=show("mem", found.id),
        actor_name=member_name(found.id),
        means=_means(call, found),
        invited_by=people(found.invited_by),
        sessions=await session_store.of_person(call.connection, call.operator_id, Role.OPERATOR, found.id, call.now),
        keys=await members.keys_left(call.connection, call.need(Scope.TEAM), found.id, call.now),
        roles=[each for each in MemberRole if not _scopes_above(call, each)],
        last_admin=[each.id for each in admins] == [found.id],
        me=call.session.subject_id == found.id,
    )


async def _find(call: Call, member_id: UUID) -> tuple[Member, list[Member]]:
    everybody = await members.list_members(call.connection, call.need(Scope.TEAM), call.web.doors.master)
    found = next((each for each in everybody if each.id == member_id), None)
    if found is None:
        raise NotFound("there is no such member", code="unknown_member")
    return found, everybody


async def _read(call: Call, ask: Ask) -> tuple[Sequence[Row], Cut]:
    everybody = await members.list_members(call.connection, call.need(Scope.TEAM), call.web.doors.master)
    text = (ask.get("name") or "").casefold()
    wanted = [
        each
        for each in everybody
        if ask.get("role") in (None, each.role.value)
        and (text in each.name.casefold() or text in each.address.casefold())
    ]
    people = await people_of(call, [each.invited_by for each in wanted])
    shown, cut = ask.cut_whole(wanted, lambda each: (each.name.casefold(), each.address), str, str)
    rows = [
        Row(
            (
                Cell(each.name, sub=each.address),
                Cell(call.t(f"door.role.{each.role.value}"), raw=each.role.value),
                Cell(_means(call, each)),
                moment_cell(call, each.joined_at) if each.joined_at else Cell(call.t("team.not_joined"), raw=""),
                Cell(people(each.invited_by), raw=each.invited_by),
            ),
            href=call.address(f"/team/{show('mem', each.id)}"),
        )
        for each in shown
    ]
    return rows, cut


def _means(call: Call, each: Member) -> str:
    """How somebody signs in."""
    told = []
    if each.passkeys:
        told.append(call.t.count("team.passkeys", each.passkeys))
    if each.vouched:
        told.append(call.t("team.vouched"))
    if not told:
        until = each.invited_at + BOOTSTRAP
        over = until <= call.now
        return call.t("team.locked_out") if over else call.t("team.code_until", day=call.formats.day(until, call.zone))
    return call.formats.together(told)


def _session(text: str) -> UUID:
    try:
        return parse("ses", text)
    except ValueError:
        raise NotFound("there is no such session", code="unknown_session") from None


def _role(fields: Fields) -> MemberRole:
    try:
        return MemberRole(one(fields, "role"))
    except ValueError:
        raise Invalid(f"role: expected one of {', '.join(MemberRole)}", code="bad_role") from None


def _scopes_above(call: Call, role: MemberRole) -> bool:
    """Whether a role may do something that the reader may not."""
    return any(not call.may(scope) for scope in SCOPES[role])
