"""The people of an operator: what a change of them ends, who may change whom, and that one admin always stays."""

import asyncio
from typing import Any

import pytest
from authenticator import Authenticator
from entrance import ADA, MEMBERS, VERA, Entrance, an_entrance
from web_site import MASTER

from cashback.actors import Actor, Scope
from cashback.auth import members
from cashback.auth.roles import SCOPES, MemberRole
from cashback.auth.sessions import member_name
from cashback.db.engine import transaction
from cashback.errors import Conflict, Forbidden, Invalid, NotFound, ProductError
from cashback.ids import show

LIVE = "/en/operator/live"


async def changed(entrance: Entrance, change: Any, *arguments: Any, by: Actor | None = None) -> Any:
    async with transaction(entrance.engine, entrance.house.operator_id) as connection:
        return await change(connection, by or entrance.admin, *arguments, entrance.site.clock.now())


async def refused(entrance: Entrance, change: Any, *arguments: Any, by: Actor | None = None) -> ProductError:
    """The refusal, after which everybody is who they were."""
    look = "SELECT m::text FROM members m ORDER BY id"
    before = await entrance.rows(look), await entrance.rows("SELECT count(*) FROM audit_log")
    with pytest.raises(ProductError) as error:
        await changed(entrance, change, *arguments, by=by)
    assert (await entrance.rows(look), await entrance.rows("SELECT count(*) FROM audit_log")) == before
    return error.value


async def test_a_removed_member_is_out_at_once_and_forgotten(entrance: Entrance) -> None:
    vera, device = await entrance.invite(VERA, MemberRole.SUPPORT), Authenticator()
    async with entrance.browser() as phone, entrance.browser() as desk:
        await phone.sign_in(MEMBERS, VERA)
        await phone.add_passkey(device)
        assert (await desk.answer(device.get(await desk.challenge()))).status_code == 200
        assert [(await each.get(LIVE)).status_code for each in (phone, desk)] == [200, 200]
        asked = await desk.challenge()
        await changed(entrance, members.remove, vera)
        assert [(await each.get(LIVE)).status_code for each in (phone, desk)] == [401, 401]
        assert (await desk.answer(device.get(asked))).status_code == 401
        assert (await desk.answer(device.get(await desk.challenge()))).status_code == 401
        sent = len(entrance.site.mailbox.letters)
        assert (await phone.ask_code(MEMBERS, VERA)).status_code == 303
        assert len(entrance.site.mailbox.letters) == sent
    assert await entrance.rows("SELECT length(sealed), fingerprint FROM members WHERE id = $1", vera) == [(0, None)]
    assert await entrance.rows("SELECT 1 FROM passkeys") == []
    assert [why for _, why in await entrance.log("session.revoked")] == ['{"why": "removed"}'] * 2
    opened = [actor for actor, _ in await entrance.log("session.opened")]
    assert opened == [member_name(vera)] * 2, "what they did stays told"
    again = await entrance.invite(VERA, MemberRole.VIEWER)
    assert again != vera


async def test_a_code_that_was_sent_before_the_removal_lets_nobody_in(entrance: Entrance) -> None:
    vera = await entrance.invite(VERA, MemberRole.SUPPORT)
    async with entrance.browser() as browser:
        await browser.ask_code(MEMBERS, VERA)
        await changed(entrance, members.remove, vera)
        assert (await browser.enter_code(MEMBERS, browser.code())).status_code == 401
        assert (await browser.get(LIVE)).status_code == 401
    assert await entrance.rows("SELECT 1 FROM sessions") == []


async def test_another_role_ends_the_sessions_of_the_one_before(entrance: Entrance) -> None:
    vera = await entrance.invite(VERA, MemberRole.SUPPORT)
    async with entrance.browser() as browser, entrance.browser() as ada:
        await browser.sign_in(MEMBERS, VERA)
        await ada.sign_in(MEMBERS, ADA)
        assert await changed(entrance, members.change_role, vera, MemberRole.SUPPORT) is False
        assert (await browser.get(LIVE)).status_code == 200
        assert await changed(entrance, members.change_role, vera, MemberRole.VIEWER) is True
        assert (await browser.get(LIVE)).status_code == 401
        assert (await ada.get(LIVE)).status_code == 200
        await browser.sign_in(MEMBERS, VERA)
        assert "You work as: viewer" in (await browser.get("/en/operator/profile")).text
    assert await entrance.log("member.role_changed") == [("system:tests", '{"to": "viewer", "from": "support"}')]


async def test_who_lost_a_passkey_begins_anew(entrance: Entrance) -> None:
    device = Authenticator()
    async with entrance.browser() as browser:
        await browser.sign_in(MEMBERS, ADA)
        await browser.add_passkey(device)
        await changed(entrance, members.reset, entrance.ada)
        assert (await browser.get(LIVE)).status_code == 401
        assert (await browser.answer(device.get(await browser.challenge()))).status_code == 401
        assert (await browser.sign_in(MEMBERS, ADA)).status_code == 303
        assert (await browser.get(LIVE)).status_code == 200


async def test_the_last_admin_stays(entrance: Entrance) -> None:
    for change, arguments in ((members.remove, ()), (members.change_role, (MemberRole.VIEWER,))):
        error = await refused(entrance, change, entrance.ada, *arguments)
        assert (type(error), error.code) == (Conflict, "last_admin")
    other = await entrance.invite(VERA, MemberRole.ADMIN)
    await changed(entrance, members.remove, entrance.ada)
    assert (await refused(entrance, members.remove, other)).code == "last_admin"


async def test_of_two_admins_who_remove_each_other_one_stays(entrance: Entrance) -> None:
    for _ in range(5):
        rows = await entrance.rows("SELECT id FROM members WHERE role = 'admin' AND removed_at IS NULL")
        (kept,) = [row[0] for row in rows]
        other = await entrance.invite(VERA, MemberRole.ADMIN)
        done = await asyncio.gather(
            changed(entrance, members.remove, kept), changed(entrance, members.remove, other), return_exceptions=True
        )
        assert sorted(type(each).__name__ for each in done) == ["Conflict", "KeysLeft"]
        (left,) = await entrance.rows("SELECT id FROM members WHERE role = 'admin' AND removed_at IS NULL")
        if left[0] == other:
            await changed(entrance, members.remove, await entrance.invite("x@centre.example", MemberRole.VIEWER))
            renamed = await entrance.invite("next@centre.example", MemberRole.ADMIN)
            await changed(entrance, members.remove, other)
            assert renamed != other


@pytest.mark.parametrize("role", [role for role in MemberRole if role is not MemberRole.ADMIN])
async def test_nobody_but_an_admin_changes_people(entrance: Entrance, role: MemberRole) -> None:
    vera = Actor(entrance.house.operator_id, "member:vera", SCOPES[role])
    for change, arguments in (
        (members.remove, (entrance.ada,)),
        (members.reset, (entrance.ada,)),
        (members.change_role, (entrance.ada, MemberRole.ADMIN)),
    ):
        error = await refused(entrance, change, *arguments, by=vera)
        assert (type(error), error.code) == (Forbidden, "scope_missing")


async def test_who_manages_people_gives_no_more_than_they_have(entrance: Entrance) -> None:
    clerk = Actor(entrance.house.operator_id, "key:clerk", frozenset({Scope.TEAM, Scope.READ}))
    viewer = await entrance.invite(VERA, MemberRole.VIEWER)
    for change, arguments in (
        (members.change_role, (viewer, MemberRole.FINANCE)),
        (members.remove, (entrance.ada,)),
        (members.reset, (entrance.ada,)),
    ):
        if change is not members.change_role:
            await entrance.invite(f"{change.__name__}@centre.example", MemberRole.ADMIN)
        error = await refused(entrance, change, *arguments, by=clerk)
        assert (type(error), error.code) == (Forbidden, "role_too_high")
    await changed(entrance, members.remove, viewer, by=clerk)


@pytest.mark.parametrize(
    ("address", "name", "error", "code"),
    [
        (ADA, "Ada", Conflict, "member_exists"),
        (f" {ADA.upper()}", "Ada", Conflict, "member_exists"),
        ("ada", "Ada", Invalid, "bad_address"),
        (VERA, " ", Invalid, "bad_name"),
        (VERA, "x" * 81, Invalid, "bad_name"),
        (VERA, "a\u202eb", Invalid, "bad_name"),
    ],
)
async def test_who_cannot_be_invited(
    entrance: Entrance, address: str, name: str, error: type[Exception], code: str
) -> None:
    async def invite(connection: Any, actor: Actor, now: Any) -> None:
        await members.invite(connection, actor, MASTER, address=address, name=name, role=MemberRole.VIEWER, now=now)

    found = await refused(entrance, invite)
    assert (type(found), found.code) == (error, code)


async def test_a_member_of_another_operator_is_not_there(entrance: Entrance) -> None:
    elsewhere = await an_entrance(entrance.engine)
    await elsewhere.invite(VERA, MemberRole.ADMIN)
    for change, arguments in ((members.remove, ()), (members.reset, ()), (members.change_role, (MemberRole.ADMIN,))):
        error = await refused(entrance, change, elsewhere.ada, *arguments)
        assert (type(error), error.code) == (NotFound, "unknown_member")
    async with transaction(entrance.engine, entrance.house.operator_id) as connection:
        found = await members.list_members(connection, entrance.admin, MASTER)
    assert [(show("mem", each.id), each.address) for each in found] == [(show("mem", entrance.ada), ADA)]
    async with entrance.browser() as browser:
        assert (await browser.ask_code(MEMBERS, VERA)).status_code == 303
    assert entrance.site.mailbox.letters == []
    await elsewhere.site.hub.close()
