"""Signing in by the operator's identity provider, over HTTP from end to end, and every token that is not good."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from entrance import ADA, MEMBERS, VERA, Browser, Entrance, an_entrance
from identity_provider import CLIENT_ID, SECRET, IdentityProvider
from joserfc.jwk import RSAKey
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import MASTER, words

from cashback.auth import members, vouching
from cashback.auth.oidc import Providers, check_issuer
from cashback.auth.roles import MemberRole
from cashback.auth.sessions import member_name
from cashback.db.engine import transaction
from cashback.errors import Invalid

LIVE, LEAVE = "/en/operator/overview", f"{MEMBERS}/oidc"


@dataclass(slots=True)
class House:
    """A centre whose members an identity provider vouches for."""

    entrance: Entrance
    idp: IdentityProvider

    async def through(self, browser: Browser) -> httpx.Response:
        """From our page to the provider's and back."""
        left = await browser.get(f"{LEAVE}{browser.query}")
        assert left.status_code == 303, left.text
        return await browser.get(self.idp.let_in(left.headers["location"]))


@pytest.fixture
async def vouched(engine: AsyncEngine) -> AsyncIterator[House]:
    idp = IdentityProvider()
    entrance = await an_entrance(engine, Providers(transport=httpx.ASGITransport(idp.application())))
    idp.now = entrance.site.clock.now().timestamp()
    async with transaction(engine, entrance.house.operator_id) as connection:
        await vouching.set_provider(
            connection,
            entrance.admin,
            MASTER,
            issuer=f"{idp.issuer}/",
            client_id=CLIENT_ID,
            secret=SECRET,
            label="Centre ID",
            loopback=False,
            now=entrance.site.clock.now(),
        )
    yield House(entrance, idp)
    await entrance.site.hub.close()


async def test_a_member_comes_in_by_the_provider_and_is_theirs_from_then_on(vouched: House) -> None:
    entrance = vouched.entrance
    async with entrance.browser() as browser:
        assert "Continue with Centre ID" in (await browser.get(f"{MEMBERS}{browser.query}")).text
        came = await vouched.through(browser)
        assert (came.status_code, came.headers["location"]) == (303, LIVE)
        assert (await browser.get(LIVE)).status_code == 200
    assert await entrance.log("session.opened") == [
        (member_name(entrance.ada), '{"role": "operator", "method": "oidc"}')
    ]
    vouched.idp.person["email"] = "married@centre.example"
    async with entrance.browser() as browser:
        assert (await vouched.through(browser)).status_code == 303, "by the subject, whatever the address is now"
    vouched.idp.person |= {"sub": "another", "email": ADA}
    async with entrance.browser() as browser:
        assert (await vouched.through(browser)).status_code == 401, "the address is bound to another subject"
        assert (await browser.ask_code(MEMBERS, ADA)).status_code == 303
    assert entrance.site.mailbox.letters == [], "whom the provider vouches for needs no code"


@pytest.mark.parametrize(
    ("person", "twist"),
    [
        ({"email": "stranger@centre.example"}, {}),
        ({"email_verified": False}, {}),
        ({"email_verified": "true"}, {}),
        ({"email": None}, {}),
        ({}, {"iss": "https://evil.example"}),
        ({}, {"aud": "another client"}),
        ({}, {"aud": [CLIENT_ID, "another"], "azp": "another"}),
        ({}, {"nonce": "another attempt"}),
        ({}, {"nonce": None}),
        ({}, {"exp": 1}),
        ({}, {"exp": None}),
        ({}, {"iat": 1}),
        ({}, {"sub": ""}),
        ({}, {"sub": None}),
    ],
    ids=str,
)
async def test_a_token_that_is_not_good_lets_nobody_in(
    vouched: House, person: dict[str, Any], twist: dict[str, Any]
) -> None:
    vouched.idp.person |= person
    vouched.idp.twist = twist
    async with vouched.entrance.browser() as browser:
        came = await vouched.through(browser)
        assert (came.status_code, "operator-cashback" in came.headers.get("set-cookie", "")) == (401, False)
        assert (await browser.get(LIVE)).status_code == 401
    assert await vouched.entrance.rows("SELECT issuer, joined_at FROM members") == [(None, None)]
    assert await vouched.entrance.rows("SELECT 1 FROM sessions") == []
    assert await vouched.entrance.log("sign_in.failed") == [("stranger", '{"role": "operator", "method": "oidc"}')]


async def test_a_token_that_somebody_else_signed_lets_nobody_in_and_a_new_key_is_fetched(vouched: House) -> None:
    vouched.idp.signs_with = RSAKey.generate_key(2048, {"kid": "one"})
    async with vouched.entrance.browser() as browser:
        assert (await vouched.through(browser)).status_code == 401
    vouched.idp.signs_with = None
    vouched.idp.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
    async with vouched.entrance.browser() as browser:
        assert (await vouched.through(browser)).status_code == 303


async def test_what_comes_back_counts_once_in_the_browser_that_left(vouched: House) -> None:
    async with vouched.entrance.browser() as mine, vouched.entrance.browser() as other:
        left = await mine.get(f"{LEAVE}{mine.query}")
        back = vouched.idp.let_in(left.headers["location"])
        assert (await other.get(back)).status_code == 401, "a browser that has no door"
        await other.get(f"{LEAVE}{other.query}")
        assert (await other.get(back)).status_code == 401, "the state of another browser"
        assert (await mine.get(back)).status_code == 303
        assert (await mine.get(back)).status_code == 401
        for address in ("/sign-in/oidc", "/sign-in/oidc?state=x&code=y", f"/sign-in/oidc?code=y&state={mine.query}"):
            assert (await mine.get(address)).status_code == 401
        assert (await mine.get(LIVE)).status_code == 200


async def test_the_browser_is_sent_with_proof_of_the_code_and_nothing_secret(vouched: House) -> None:
    async with vouched.entrance.browser() as browser:
        left = await browser.get(f"{LEAVE}{browser.query}")
    query = parse_qs(urlsplit(left.headers["location"]).query)
    assert query["redirect_uri"] == ["https://pages.test/sign-in/oidc"]
    assert set(query) == {
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
    }
    stored = str(await vouched.entrance.rows("SELECT t::text FROM sign_in_challenges t"))
    assert query["nonce"][0] not in stored
    assert query["state"][0] not in stored
    assert SECRET not in str(await vouched.entrance.rows("SELECT t::text FROM identity_providers t"))


async def test_a_provider_that_is_down_or_talks_nonsense_is_said_so(vouched: House) -> None:
    answers = iter([httpx.Response(503), httpx.Response(200, text="<html>"), httpx.Response(302), httpx.Response(404)])
    doors = vouched.entrance.site.app.routes[-1].app._app.state.web.doors
    object.__setattr__(doors, "providers", Providers(transport=httpx.MockTransport(lambda _: next(answers))))
    async with vouched.entrance.browser() as browser:
        said = [(await browser.get(f"{LEAVE}{browser.query}")).status_code for _ in range(4)]
    assert said == [503, 401, 401, 401]


async def test_a_removed_member_is_refused_like_a_stranger(vouched: House) -> None:
    entrance = vouched.entrance
    await entrance.invite(VERA, MemberRole.ADMIN)
    async with entrance.browser() as browser:
        assert (await vouched.through(browser)).status_code == 303
        async with transaction(entrance.engine, entrance.house.operator_id) as connection:
            await members.remove(connection, entrance.admin, entrance.ada, entrance.site.clock.now())
        assert (await browser.get(LIVE)).status_code == 401
        removed = await vouched.through(browser)
        vouched.idp.person |= {"sub": "stranger", "email": "stranger@nowhere.example"}
        stranger = await vouched.through(browser)
        assert (removed.status_code, words(removed.text)) == (401, words(stranger.text))


async def test_an_operator_without_a_provider_has_no_such_door(entrance: Entrance) -> None:
    async with entrance.browser() as browser:
        assert (await browser.get(f"{LEAVE}{browser.query}")).status_code == 404
        assert "/oidc" not in (await browser.get(f"{MEMBERS}{browser.query}")).text


@pytest.mark.parametrize(
    "issuer",
    [
        "http://login.example",
        "login.example",
        "https://",
        "https://a@login.example",
        "https://login.example?x",
        "ftp://x",
    ],
)
def test_an_issuer_is_an_https_address(issuer: str) -> None:
    with pytest.raises(Invalid, match="expected an https address"):
        check_issuer(issuer, loopback=False)
    assert check_issuer("http://127.0.0.1:9/", loopback=True) == "http://127.0.0.1:9"
