"""Sessions live in the database: single-use links, new at sign-in, ended by time, by hand, everywhere at once."""

import asyncio
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from builders import a_house, a_purchase, a_shopper
from entrance import ADA, ANNA, MEMBERS, OWN, SHOPPERS, VERA, Entrance
from web_site import csrf_in, entry_of_operator, entry_of_shopper

from cashback.auth.forgetting import ENDED_SESSIONS, forget_sign_in
from cashback.auth.roles import OPENED_BY, MemberRole, Page
from cashback.auth.session_store import LIFETIMES, SEEN_EVERY
from cashback.auth.sessions import Role, cookie_name, member_name
from cashback.ids import show

LIVE, WALLET = "/en/operator/live", "/en/wallet"
ON_SHOPPER, ON_OPERATOR = (cookie_name(role=role, secure=True) for role in (Role.SHOPPER, Role.OPERATOR))


async def test_a_link_opens_one_session_and_its_own_browser_may_follow_it_again(entrance: Entrance) -> None:
    token = entry_of_shopper(entrance.anna)
    async with entrance.browser() as mine, entrance.browser() as thief:
        assert (await mine.get(f"/enter?t={token}")).status_code == 303
        cookie = mine.client.cookies[ON_SHOPPER]
        stolen = await thief.get(f"/enter?t={token}")
        assert (stolen.status_code, "set-cookie" in stolen.headers) == (401, False)
        again = await mine.get(f"/enter?t={token}&l=en")
        assert (again.status_code, again.headers["location"], "set-cookie" in again.headers) == (303, WALLET, False)
        assert mine.client.cookies[ON_SHOPPER] == cookie
    assert len(await entrance.rows("SELECT 1 FROM sessions")) == 1


async def test_a_link_of_somebody_else_asks_before_it_ends_a_session(entrance: Entrance) -> None:
    mallory = await a_shopper(entrance.house, reference="mallory", linked=False)
    link = f"/enter?t={entry_of_shopper(mallory)}&l=en"
    async with entrance.browser() as anna:
        await anna.sign_in(SHOPPERS, ANNA)
        cookie = anna.client.cookies[ON_SHOPPER]
        asked = await anna.get(link)
        assert (asked.status_code, "set-cookie" in asked.headers) == (200, False)
        assert (ANNA in asked.text, "mallory" in asked.text) == (True, True)
        assert anna.client.cookies[ON_SHOPPER] == cookie
        form = {"t": link.split("t=")[1].split("&")[0], "l": "en"}
        for token, headers in ((csrf_in(asked.text), {"sec-fetch-site": "cross-site"}), ("x", OWN)):
            forged = await anna.client.post("/enter?role=shopper", data={"csrf": token, **form}, headers=headers)
            assert forged.status_code == 403
        assert await entrance.rows("SELECT subject_id, revoked_at FROM sessions") == [(entrance.anna.shopper_id, None)]
        agreed = await anna.client.post("/enter?role=shopper", data={"csrf": csrf_in(asked.text), **form}, headers=OWN)
        assert (agreed.status_code, agreed.headers["location"]) == (303, WALLET)
        assert await entrance.rows("SELECT subject_id FROM sessions WHERE revoked_at IS NULL") == [
            (mallory.shopper_id,)
        ]
        assert (await anna.get(link)).status_code == 303, "the link that let this browser in"
        own = f"/enter?t={entry_of_shopper(mallory)}"
        assert (await anna.get(own)).status_code == 303, "the same person again"


async def test_a_link_that_was_used_tells_nobody_whose_it_was(entrance: Entrance) -> None:
    mallory = await a_shopper(entrance.house, reference="mallory", linked=False)
    other = await a_house(entrance.engine, name="Centre Port")
    stranger = await a_shopper(other, reference="stranger", linked=False)
    link = f"/enter?t={entry_of_shopper(entrance.anna)}&l=en"
    async with entrance.browser() as anna:
        assert (await anna.get(link)).status_code == 303
    for somebody in (mallory, stranger):
        async with entrance.browser() as browser:
            assert (await browser.get(f"/enter?t={entry_of_shopper(somebody)}")).status_code == 303
            told = await browser.get(link)
            assert (told.status_code, "used already" in told.text, ANNA in told.text) == (401, True, False)
            assert (await browser.get(WALLET)).status_code == 200


async def test_a_link_to_another_console_asks_and_ends_the_session_it_leaves(entrance: Entrance) -> None:
    there = await a_house(entrance.engine)
    async with entrance.browser() as ada:
        await ada.sign_in(MEMBERS, ADA)
        assert "Some Body" in (await ada.get(f"/enter?t={entry_of_operator(entrance.house)}")).text
        token = entry_of_operator(there)
        asked = await ada.get(f"/enter?t={token}")
        assert (asked.status_code, (await ada.get(LIVE)).status_code) == (200, 200)
        form = {"csrf": csrf_in(asked.text), "t": token}
        assert (await ada.client.post("/enter?role=operator", data=form, headers=OWN)).status_code == 303
    assert await entrance.rows("SELECT revoked_why FROM sessions") == [("replaced",)]


async def test_a_link_that_many_follow_at_once_opens_one_session(entrance: Entrance) -> None:
    token = entry_of_operator(entrance.house)

    async def follow() -> int:
        async with entrance.browser() as browser:
            return (await browser.get(f"/enter?t={token}")).status_code

    answers = await asyncio.gather(*(follow() for _ in range(8)))
    assert sorted(answers) == [303] + [401] * 7
    assert len(await entrance.rows("SELECT 1 FROM sessions")) == 1


async def test_a_cookie_that_was_planted_before_the_sign_in_is_worth_nothing(entrance: Entrance) -> None:
    async with entrance.browser() as attacker, entrance.browser() as victim:
        await attacker.sign_in(SHOPPERS, ANNA)
        planted = attacker.client.cookies[ON_SHOPPER]
        victim.client.cookies.set(ON_SHOPPER, planted, domain="pages.test", path="/")
        await victim.sign_in(SHOPPERS, ANNA)
        renewed = {cookie.value for cookie in victim.client.cookies.jar if cookie.name == ON_SHOPPER}
        assert planted not in renewed
        assert (await attacker.get(WALLET)).status_code == 401, "the session it replaced has ended"
        made_up = "A" * len(planted)
        victim.client.cookies.clear()
        victim.client.cookies.set(ON_SHOPPER, made_up, domain="pages.test", path="/")
        await victim.sign_in(SHOPPERS, ANNA)
        assert made_up not in {cookie.value for cookie in victim.client.cookies.jar}


async def test_a_revoked_session_is_dead_at_once_and_the_others_live(entrance: Entrance) -> None:
    async with entrance.browser() as phone, entrance.browser() as desk, entrance.browser() as lost:
        for browser in (phone, desk, lost):
            await browser.sign_in(SHOPPERS, ANNA)
        page = (await desk.get("/en/wallet/profile")).text
        assert page.count("/revoke") == 3
        assert "this one" in page
        ids = [show("ses", row[0]) for row in await entrance.rows("SELECT id FROM sessions ORDER BY opened_at, id")]
        mine = {each for each in ids if f"/sessions/{each}/revoke" not in page}
        assert len(mine) == 1
        victims = [each for each in ids if each not in mine]
        await desk.submit(f"/en/wallet/profile/sessions/{victims[0]}/revoke", "/en/wallet/profile")
        alive = [(await browser.get(WALLET)).status_code for browser in (phone, lost, desk)]
        assert sorted(alive) == [200, 200, 401]
        assert alive[2] == 200
        await desk.submit("/en/wallet/profile/sessions/revoke-others", "/en/wallet/profile")
        assert [(await browser.get(WALLET)).status_code for browser in (phone, lost, desk)] == [401, 401, 200]


async def test_nobody_ends_the_session_of_somebody_else(entrance: Entrance) -> None:
    await entrance.invite(VERA, MemberRole.VIEWER)
    async with entrance.browser() as ada, entrance.browser() as vera, entrance.browser() as guest:
        await ada.sign_in(MEMBERS, ADA)
        await vera.sign_in(MEMBERS, VERA)
        await guest.get(f"/enter?t={entry_of_operator(entrance.house)}")
        rows = await entrance.rows("SELECT id FROM sessions WHERE subject_id = $1", entrance.ada)
        revoke = f"/en/operator/profile/sessions/{show('ses', rows[0][0])}/revoke"
        unknown = f"/en/operator/profile/sessions/{show('ses', uuid4())}/revoke"
        csrf = csrf_in((await guest.get(LIVE)).text)
        for browser, token in ((vera, await vera.token("/en/operator/profile")), (guest, csrf)):
            told = [await browser.client.post(path, data={"csrf": token}, headers=OWN) for path in (revoke, unknown)]
            assert [each.status_code for each in told] == [404, 404]
            others = "/en/operator/profile/sessions/revoke-others"
            assert (await browser.client.post(others, data={"csrf": token}, headers=OWN)).status_code == 303
        assert (await ada.get(LIVE)).status_code == 200
        assert "came by a link" in (await guest.get("/en/operator/profile")).text
        assert (await guest.get(LIVE)).status_code == 200


async def test_an_admin_sees_and_ends_sessions_of_a_member_and_of_a_link(entrance: Entrance) -> None:
    vera = show("mem", await entrance.invite(VERA, MemberRole.VIEWER))
    async with entrance.browser() as ada, entrance.browser() as desk, entrance.browser() as guest:
        await ada.sign_in(MEMBERS, ADA)
        await desk.sign_in(MEMBERS, VERA)
        await guest.get(f"/enter?t={entry_of_operator(entrance.house, MemberRole.SUPPORT)}")
        ended = []
        for page, form, browser in (
            (f"/en/operator/team/{vera}", f"/en/operator/team/{vera}/sessions", desk),
            ("/en/operator/team", "/en/operator/team/links", guest),
        ):
            assert (await browser.get(LIVE)).status_code == 200
            (session,) = re.findall(r'name="session" value="(ses_\w+)"', (await ada.get(page)).text)
            assert (await ada.submit(form, page, session=show("ses", uuid4()))).status_code == 404
            assert (await ada.submit(form, page, session=session)).status_code == 303
            assert (await browser.get(LIVE)).status_code == 401
            assert session not in (await ada.get(page)).text
            ended.append(session)
        assert (await ada.get(LIVE)).status_code == 200
    revoked = "SELECT actor, subject, detail->>'why' FROM audit_log WHERE action = 'session.revoked'"
    assert set(await entrance.rows(revoked)) == {
        (member_name(entrance.ada), each, "ended by the team") for each in ended
    }


@pytest.mark.parametrize(("base", "address", "page"), [(SHOPPERS, ANNA, WALLET), (MEMBERS, ADA, LIVE)])
async def test_a_session_ends_unused_and_at_the_latest(entrance: Entrance, base: str, address: str, page: str) -> None:
    lifetime = LIFETIMES[Role.SHOPPER if base == SHOPPERS else Role.OPERATOR]
    async with entrance.browser() as used, entrance.browser() as left:
        await used.sign_in(base, address)
        await left.sign_in(base, address)
        step, passed = lifetime.idle - timedelta(minutes=2), timedelta(0)
        while passed + step < lifetime.absolute:
            entrance.site.clock.advance(step)
            passed += step
            assert (await used.get(page)).status_code == 200
        assert (await left.get(page)).status_code == 401
        entrance.site.clock.advance(lifetime.absolute - passed)
        assert (await used.get(page)).status_code == 401


async def test_being_seen_is_written_once_a_minute(entrance: Entrance) -> None:
    async with entrance.browser() as browser:
        await browser.sign_in(SHOPPERS, ANNA)
        (first,) = await entrance.rows("SELECT seen_at FROM sessions")
        entrance.site.clock.advance(SEEN_EVERY - timedelta(seconds=1))
        await browser.get(WALLET)
        assert await entrance.rows("SELECT seen_at FROM sessions") == [first]
        entrance.site.clock.advance(timedelta(seconds=1))
        await browser.get(WALLET)
        assert await entrance.rows("SELECT seen_at FROM sessions") == [(first[0] + SEEN_EVERY,)]


async def test_what_is_over_is_forgotten_in_time_and_what_is_not_stays(entrance: Entrance) -> None:
    async with entrance.browser() as browser:
        await browser.sign_in(SHOPPERS, ANNA)
        now, operator_id = entrance.site.clock.now(), entrance.house.operator_id
        assert await forget_sign_in(entrance.engine, operator_id, now + timedelta(hours=23)) == 0
        assert await forget_sign_in(entrance.engine, operator_id, now + timedelta(hours=25)) == 3, "code, count, letter"
        assert (await browser.get(WALLET)).status_code == 200
    over = now + LIFETIMES[Role.SHOPPER].absolute + ENDED_SESSIONS
    assert await forget_sign_in(entrance.engine, operator_id, over + timedelta(seconds=1)) == 1


@pytest.mark.parametrize("role", MemberRole)
async def test_a_role_opens_its_pages_and_a_trace_is_written_down(entrance: Entrance, role: MemberRole) -> None:
    purchase_id = await a_purchase(entrance.anna)
    member_id = await entrance.invite(VERA, role)
    trace = f"/en/operator/purchases/{show('pur', purchase_id)}"
    async with entrance.browser() as browser:
        await browser.sign_in(MEMBERS, VERA)
        assert (await browser.get(LIVE)).status_code == 200
        seen = await browser.get(f"{trace}?why=asked+by+phone")
        assert seen.status_code == (200 if role in OPENED_BY[Page.TRACE] else 403)
        told = f"You work as {role.value}; this page is for finance, support or admin."
        assert (told in seen.text) is (role not in OPENED_BY[Page.TRACE])
    viewed = await entrance.log("purchase.viewed")
    allowed = [(member_name(member_id), '{"why": "asked by phone"}')]
    assert viewed == (allowed if role in OPENED_BY[Page.TRACE] else [])


async def test_a_token_is_kept_as_its_hash_and_never_logged(entrance: Entrance) -> None:
    async with entrance.browser() as browser:
        await browser.sign_in(MEMBERS, ADA)
        token = browser.client.cookies[ON_OPERATOR]
        page = (await browser.get("/en/operator/profile")).text
    stored = str(await entrance.rows("SELECT t::text FROM sessions t UNION ALL SELECT a::text FROM audit_log a"))
    assert token not in stored + page
    assert len(token) == 43
