"""Members, shoppers' addresses and the audit log over HTTP."""

from datetime import timedelta

from app_desk import Desk, assert_problem, opened_desk
from probe_values import NO_MEMBER
from sqlalchemy.ext.asyncio import AsyncEngine
from world import SHOPPER

from cashback.actors import Actor, Scope, system
from cashback.auth.keys import actor_of_key, create_key, list_keys, revoke_key, revoke_keys
from cashback.auth.roles import SCOPES, MemberRole
from cashback.ids import show

ADA = {"email": "Ada@centre.example", "name": "Ada  Martin", "role": "admin"}
VERA = {"email": "vera@centre.example", "name": "Vera", "role": "support"}


async def test_a_team_is_invited_changed_and_removed(desk: Desk) -> None:
    ada = (await desk.ask("POST", "/v1/members", json=ADA)).json()
    desk.world.clock.advance(timedelta(seconds=1))
    made = await desk.ask("POST", "/v1/members", json=VERA)
    vera = made.json()
    assert (made.status_code, vera["actor"]) == (201, f"member:{vera['member']}")
    listed = (await desk.ask("GET", "/v1/members")).json()["data"]
    assert [(each["member"], each["name"], each["email"], each["role"], each["passkeys"]) for each in listed] == [
        (ada["member"], "Ada Martin", "ada@centre.example", "admin", 0),
        (vera["member"], "Vera", "vera@centre.example", "support", 0),
    ]
    assert {each["joined_at"] for each in listed} == {None}
    path = f"/v1/members/{vera['member']}"
    assert (await desk.ask("POST", f"{path}/role", json={"role": "finance"})).json() == {"changed": True}
    assert (await desk.ask("POST", f"{path}/role", json={"role": "finance"})).json() == {"changed": False}
    assert (await desk.ask("POST", f"{path}/reset")).json() == {"reset": True}
    assert (await desk.ask("POST", f"{path}/remove")).json() == {"removed": True, "keys_made": 0, "keys": []}
    assert_problem(await desk.ask("POST", f"{path}/remove"), 404, "unknown_member")
    assert_problem(await desk.ask("POST", f"/v1/members/{ada['member']}/remove"), 409, "last_admin")
    assert_problem(await desk.ask("POST", "/v1/members", json=ADA), 409, "member_exists")
    assert_problem(await desk.ask("POST", "/v1/members", json={**VERA, "role": "owner"}), 422, "invalid")
    assert_problem(await desk.ask("POST", "/v1/members/key_1/role", json={"role": "viewer"}), 422, "invalid")
    assert_problem(await desk.ask("POST", f"/v1/members/{NO_MEMBER}/reset"), 404, "unknown_member")
    await desk.world.audit()


async def test_a_key_ends_with_who_made_it_and_by_who_could_have_made_it(desk: Desk) -> None:
    team = [(await desk.ask("POST", "/v1/members", json=each)).json() for each in (ADA, VERA)]
    made = {}
    for member, labels in zip(team, (("till",), ("erp", "crm")), strict=True):
        for label in labels:
            maker = Actor(desk.operator_id, member["actor"], SCOPES[MemberRole.ADMIN])
            async with desk.world.connection() as connection:
                made[label] = await create_key(
                    connection, maker, label=label, scopes=[Scope.READ, Scope.MONEY], now=desk.world.now
                )
    listed = {each["label"]: each["id"] for each in (await desk.ask("GET", "/v1/api-keys")).json()["data"]}
    editor = await desk.key_with(*SCOPES[MemberRole.EDITOR], label="an editor's")
    refused = await desk.ask("POST", f"/v1/api-keys/{listed['till']}/revoke", key=editor)
    assert_problem(refused, 403, "scope_missing")
    assert "'money'" in refused.json()["detail"]
    ended = await desk.ask("POST", f"/v1/members/{team[1]['member']}/remove", json={"revoke_keys": True})
    keys = ended.json()["keys"]
    assert {(each["key"], each["label"], each["revoked"]) for each in keys} == {
        (listed[label], label, True) for label in ("erp", "crm")
    }
    opens = {label: (await desk.ask("GET", "/v1/programme", key=key)).status_code for label, key in made.items()}
    assert opens == {"till": 200, "erp": 401, "crm": 401}
    await desk.ask("POST", "/v1/members", json=VERA)
    left = await desk.ask("POST", f"/v1/members/{team[0]['member']}/role", json={"role": "viewer"})
    assert left.status_code == 409, "the last admin"
    assert (await desk.ask("POST", f"/v1/api-keys/{listed['till']}/revoke")).json() == {"changed": True}


async def test_what_was_made_through_the_keys_of_who_leaves_ends_with_them_and_nothing_else(desk: Desk) -> None:
    """A key made by a key, a key replaced through itself; not what another key of the same label made before."""
    vera = (await desk.ask("POST", "/v1/members", json=VERA)).json()
    opens: dict[str, str] = {}
    maker = Actor(desk.operator_id, vera["actor"], SCOPES[MemberRole.ADMIN])
    admin = system(desk.operator_id, "tests")

    async def make(label: str, by: str | Actor) -> str:
        desk.world.clock.advance(timedelta(minutes=1))
        now = desk.world.now
        actor = by if isinstance(by, Actor) else await actor_of_key(desk.world.engine, by, now)
        async with desk.world.connection() as connection:
            return await create_key(connection, actor, label=label, scopes=[Scope.READ, Scope.KEYS], now=now)

    opens["made by her namesake"] = await make("her namesake's", await make("ci", admin))
    async with desk.world.connection() as connection:
        assert await revoke_keys(connection, admin, label="ci", now=desk.world.now) == 1
    first = await make("ci", maker)
    opens["second"] = await make("second", first)
    opens["third"] = await make("third", opens["second"])
    async with desk.world.connection() as connection:
        (second,) = [each for each in await list_keys(connection, admin) if each.label == "second"]
        assert await revoke_key(connection, admin, second.id, now=desk.world.now)
        (held,) = [each for each in await list_keys(connection, admin) if each.label == "ci" and not each.revoked_at]
    desk.world.clock.advance(timedelta(minutes=1))
    rotated = await desk.ask("POST", f"/v1/api-keys/{show('key', held.id)}/rotate", key=first, json={})
    opens["ci"] = rotated.json()["key"]
    opens["through what replaced it"] = await make("fourth", opens["ci"])
    team_only = await desk.key_with(*(SCOPES[MemberRole.ADMIN] - {Scope.KEYS}), label="people")
    path = f"/v1/members/{vera['member']}/remove"
    assert_problem(await desk.ask("POST", path, key=team_only, json={"revoke_keys": True}), 403, "scope_missing")
    ended = (await desk.ask("POST", path, json={"revoke_keys": True})).json()
    assert [each["label"] for each in ended["keys"]] == ["ci", "third", "ci", "fourth"]
    codes = {label: (await desk.ask("GET", "/v1/programme", key=key)).status_code for label, key in opens.items()}
    assert codes.pop("made by her namesake") == 200
    assert set(codes.values()) == {401}
    await desk.world.audit()


async def test_who_may_not_see_keys_is_told_how_many_a_member_made(desk: Desk) -> None:
    await desk.ask("POST", "/v1/members", json=ADA)
    vera = (await desk.ask("POST", "/v1/members", json=VERA)).json()
    async with desk.world.connection() as connection:
        maker = Actor(desk.operator_id, vera["actor"], SCOPES[MemberRole.ADMIN])
        await create_key(connection, maker, label="erp", scopes=[Scope.READ], now=desk.world.now)
    people = await desk.key_with(*(SCOPES[MemberRole.ADMIN] - {Scope.KEYS}), label="people")
    left = await desk.ask("POST", f"/v1/members/{vera['member']}/remove", key=people)
    assert left.json() == {"removed": True, "keys_made": 1, "keys": []}


async def test_a_shoppers_address_is_told_changed_and_one_persons_alone(desk: Desk) -> None:
    await desk.world.link()
    await desk.ask("POST", "/v1/shoppers", json={"references": ["bea"]})
    path, told = f"/v1/shoppers/{SHOPPER}/email", {"email": "anna@shoppers.example"}
    assert (await desk.ask("PUT", path, json=told)).json() == {"changed": True}
    assert (await desk.ask("PUT", path, json=told)).json() == {"changed": False}
    before = await desk.state()
    assert_problem(await desk.ask("PUT", "/v1/shoppers/bea/email", json=told), 409, "address_taken")
    refused = await desk.ask("PUT", path, json={"email": "anna at home"})
    assert_problem(refused, 422, "bad_address")
    assert "home" not in refused.text
    assert await desk.state() == before
    assert (await desk.ask("PUT", path, json={"email": "anna@elsewhere.example"})).json() == {"changed": True}
    assert (await desk.ask("PUT", "/v1/shoppers/bea/email", json=told)).json() == {"changed": True}
    await desk.world.audit()


async def test_the_audit_log_is_read_page_by_page_and_filtered(desk: Desk) -> None:
    for number in range(5):
        desk.world.clock.advance(timedelta(seconds=1))
        body = {"email": f"m{number}@centre.example", "name": "M", "role": "viewer"}
        assert (await desk.ask("POST", "/v1/members", json=body)).status_code == 201
    seen, cursor = [], None
    while True:
        query = {"limit": "2", "action": "member.", **({"cursor": cursor} if cursor else {})}
        page = (await desk.ask("GET", "/v1/audit-log", params=query)).json()
        seen += page["data"]
        cursor = page["next_cursor"]
        assert page["has_more"] == (cursor is not None)
        if cursor is None:
            break
    assert len(seen) == len({each["id"] for each in seen}) == 5
    assert [each["at"] for each in seen] == sorted((each["at"] for each in seen), reverse=True)
    assert {(each["actor"], each["action"]) for each in seen} == {("key:all", "member.invited")}
    one = (await desk.ask("GET", "/v1/audit-log", params={"subject": seen[2]["subject"]})).json()["data"]
    assert one == [seen[2]]
    assert (await desk.ask("GET", "/v1/audit-log", params={"actor": "member:nobody"})).json()["data"] == []
    assert_problem(await desk.ask("GET", "/v1/audit-log", params={"cursor": "aud_1"}), 422, "bad_cursor")
    assert_problem(await desk.ask("GET", "/v1/audit-log", params={"limit": "0"}), 422, "invalid")
    assert_problem(await desk.ask("GET", "/v1/audit-log", params={"actor": "a\0"}), 422, "invalid")


async def test_another_operators_log_and_people_are_not_there(desk: Desk, engine: AsyncEngine) -> None:
    made = (await desk.ask("POST", "/v1/members", json=ADA)).json()
    line = (await desk.ask("GET", "/v1/audit-log", params={"action": "member."})).json()["data"][0]
    async with opened_desk(engine) as stranger:
        assert (await stranger.ask("GET", "/v1/members")).json() == {"data": [], "has_more": False, "next_cursor": None}
        log = (await stranger.ask("GET", "/v1/audit-log", params={"subject": made["member"]})).json()
        assert log["data"] == []
        older = (await stranger.ask("GET", "/v1/audit-log", params={"cursor": line["id"]})).json()["data"]
        assert line["id"] not in {each["id"] for each in older}
        assert_problem(await stranger.ask("POST", f"/v1/members/{made['member']}/remove"), 404, "unknown_member")
    assert len((await desk.ask("GET", "/v1/members")).json()["data"]) == 1


async def test_a_key_manages_no_one_who_may_more_than_the_key(desk: Desk) -> None:
    ada = (await desk.ask("POST", "/v1/members", json=ADA)).json()["member"]
    key = await desk.key_with(Scope.TEAM, Scope.READ, label="clerk")
    before = await desk.state()
    for method, path, body in (
        ("POST", "/v1/members", VERA),
        ("POST", f"/v1/members/{ada}/reset", None),
        ("POST", f"/v1/members/{ada}/role", {"role": "admin"}),
    ):
        assert_problem(await desk.ask(method, path, key=key, json=body), 403, "role_too_high")
    assert await desk.state() == before
    viewer = {**VERA, "role": "viewer"}
    assert (await desk.ask("POST", "/v1/members", key=key, json=viewer)).status_code == 201


async def test_the_served_application_lets_a_member_in_and_shows_the_code_in_the_demonstrations_log(
    desk: Desk, logs: list[dict[str, object]]
) -> None:
    (slug,) = (await desk.world.rows("SELECT slug FROM operators"))[0]
    await desk.ask("POST", "/v1/members", json=ADA)
    base, own = f"/en/operator/sign-in?centre={slug}", {"origin": "http://inside"}
    page = (await desk.client.get(base)).text
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    form = {"csrf": csrf, "centre": slug, "address": "ada@centre.example"}
    asked = await desk.client.post("/en/operator/sign-in", data=form, headers=own)
    assert asked.status_code == 303
    shown: list[str] = []
    while not shown:
        await desk.world.rows("SELECT pg_sleep(0.01)")
        shown = [str(line["subject"]) for line in logs if line["event"] == "mail.shown"]
    entered = await desk.client.post(asked.headers["location"], data={"csrf": csrf, "code": shown[0][:8]}, headers=own)
    assert entered.headers["location"] == "/en/operator/overview"
    assert (await desk.client.get("/en/operator/overview")).status_code == 200
    member = (await desk.world.rows("SELECT id FROM members"))[0][0]
    log = (await desk.ask("GET", "/v1/audit-log", params={"action": "session."})).json()["data"]
    assert [each["actor"] for each in log] == [f"member:{show('mem', member)}"]
