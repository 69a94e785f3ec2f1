"""Every route of the pages that changes something, against forms without a token, with another's, from elsewhere."""

import re

from entrance import ADA, ANNA, MEMBERS, OWN, SHOPPERS, VERA, Browser, Entrance
from starlette.routing import Route
from stored import state_of

from cashback.auth.roles import MemberRole
from cashback.web.app import routes
from cashback.web.guard import BODY_MAX_BYTES

BY_TICKET = {"/{locale}/embed/link"}
"""A frame on another site has no cookies: what lets its form act is a ticket in it, tried by the tests of that page."""
ALL = {each.path for each in routes() if isinstance(each, Route) and "POST" in (each.methods or ())}
POSTS = sorted(ALL - BY_TICKET)
FILLED = {"locale": "en", "id": "ses_00000000000000000000000000"}
OF_A_ROLE = {"/leave", "/enter", "/sso"}
OF_MEMBERS = {"operator", "developer"}
FIELDS = {"centre": "x", "address": ANNA, "code": "12345678"}


def address_of(path: str, browser: Browser) -> str:
    filled = re.sub(r"\{(\w+)\}", lambda name: FILLED.get(name[1], FILLED["id"]), path)
    if path in OF_A_ROLE:
        return f"{path}?role=shopper"
    return filled + (browser.query if "sign-in" in path else "")


def test_there_are_routes_that_change_something() -> None:
    assert {"/leave", "/{locale}/sign-in", "/{locale}/operator/sign-in/passkey"} <= set(POSTS)
    assert len(POSTS) >= 18
    assert ALL >= BY_TICKET


async def test_a_form_that_is_not_ones_own_is_refused_and_nothing_moves(entrance: Entrance) -> None:
    await entrance.invite(VERA, MemberRole.ADMIN)
    async with entrance.browser() as mine, entrance.browser() as other:
        for browser, member in ((mine, ADA), (other, VERA)):
            await browser.sign_in(SHOPPERS, ANNA)
            await browser.sign_in(MEMBERS, member)
        pages = ("/en/operator/profile", "/en/wallet/profile", f"{SHOPPERS}{mine.query}")
        tokens = {page: (await mine.token(page), await other.token(page)) for page in pages}
        assert len({token for pair in tokens.values() for token in pair}) == 6
        before = await state_of(entrance.engine, entrance.house.operator_id)
        for path in POSTS:
            page = pages[2 if "sign-in" in path else 0 if set(path.split("/")) & OF_MEMBERS else 1]
            target, (own, others) = address_of(path, mine), tokens[page]
            tries = {
                "no token": ({}, OWN),
                "an empty one": ({"csrf": ""}, OWN),
                "another session's": ({"csrf": others}, OWN),
                "another page's": ({"csrf": tokens[pages[pages.index(page) - 1]][0]}, OWN),
                "another's in the header": ({"csrf": own}, {**OWN, "x-csrf-token": others}),
                "from another site": ({"csrf": own}, {**OWN, "sec-fetch-site": "cross-site"}),
                "from a sibling": ({"csrf": own}, {**OWN, "sec-fetch-site": "same-site"}),
                "of another origin": ({"csrf": own}, {**OWN, "origin": "https://evil.example"}),
                "of no origin": ({"csrf": own}, {"host": "pages.test"}),
            }
            for name, (fields, headers) in tries.items():
                answer = await mine.client.post(target, data={**FIELDS, **fields}, headers=headers)
                assert (answer.status_code, "set-cookie" in answer.headers) == (403, False), (path, name)
            huge = await mine.client.post(target, data={"csrf": own, "code": "x" * BODY_MAX_BYTES}, headers=OWN)
            assert huge.status_code == 422, path
        assert await state_of(entrance.engine, entrance.house.operator_id) == before
        assert (await mine.get("/en/wallet")).status_code == 200
        assert (await mine.get("/en/operator/live")).status_code == 200


async def test_a_form_of_nobody_is_refused(entrance: Entrance) -> None:
    async with entrance.browser() as browser:
        door = await browser.token(f"{SHOPPERS}{browser.query}")
        for path in POSTS:
            if "sign-in" not in path:
                answer = await browser.client.post(address_of(path, browser), data={"csrf": door}, headers=OWN)
                assert answer.status_code == 401, path


async def test_who_is_signed_in_may_sign_in_again_and_leave(entrance: Entrance) -> None:
    async with entrance.browser() as browser:
        await browser.sign_in(MEMBERS, ADA)
        assert (await browser.sign_in(MEMBERS, ADA)).status_code == 303
        left = await browser.submit("/leave?role=operator", "/en/operator/live")
        assert (left.status_code, left.headers["location"]) == (303, "/")
        assert (await browser.get("/en/operator/live")).status_code == 401
    assert sorted(why for _, why in await entrance.log("session.revoked")) == ['{"why": "left"}', '{"why": "replaced"}']
