"""Signing in by the operator's identity provider, over HTTP from end to end, and every token that is not good."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from html import escape
from socket import AF_INET, SOCK_STREAM
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from uuid import UUID

import httpx
import pytest
from builders import a_house
from entrance import ADA, MEMBERS, VERA, Browser, Entrance, an_entrance
from identity_provider import CLIENT_ID, SECRET, IdentityProvider
from joserfc.jwk import RSAKey
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import MASTER, words

from cashback.actors import system
from cashback.auth import members, vouching
from cashback.auth.oidc import Client, Providers, check_issuer
from cashback.auth.roles import MemberRole
from cashback.auth.sessions import member_name
from cashback.db.engine import transaction
from cashback.errors import Invalid, Unauthorised
from webhooks.egress import Egress

LIVE, LEAVE = "/en/operator/overview", f"{MEMBERS}/oidc"


@dataclass(slots=True)
class House:
    """A centre whose members an identity provider vouches for."""

    entrance: Entrance
    idp: IdentityProvider

    @property
    def callback(self) -> str:
        return f"/sign-in/oidc/{self.entrance.slug}"

    async def through(self, browser: Browser) -> httpx.Response:
        """From our page to the provider's and back."""
        return await browser.get(self.idp.let_in(to_provider(await leave(browser))))


async def leave(browser: Browser) -> httpx.Response:
    """Press the button of our page."""
    return await browser.submit(f"{LEAVE}{browser.query}", f"{MEMBERS}{browser.query}")


def to_provider(left: httpx.Response) -> str:
    """Where the page after the button leads."""
    assert left.status_code == 200, left.text
    wait, _, address = left.headers["refresh"].partition("; url=")
    assert (wait, escape(address) in left.text) == ("0", True)
    return address


async def vouches(entrance: Entrance, idp: IdentityProvider, operator_id: UUID, secret: str = SECRET) -> None:
    async with transaction(entrance.engine, operator_id) as connection:
        await vouching.set_provider(
            connection,
            system(operator_id, "tests"),
            MASTER,
            issuer=f"{idp.issuer}/",
            client_id=CLIENT_ID,
            secret=secret,
            label="Centre ID",
            egress=Egress(),
            now=entrance.site.clock.now(),
        )


@pytest.fixture
async def vouched(engine: AsyncEngine) -> AsyncIterator[House]:
    idp = IdentityProvider()
    entrance = await an_entrance(engine, Providers(transport=httpx.ASGITransport(idp.application())))
    idp.now = entrance.site.clock.now().timestamp()
    await vouches(entrance, idp, entrance.house.operator_id)
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
        back = vouched.idp.let_in(to_provider(await leave(mine)))
        assert (await other.get(back)).status_code == 401, "a browser that has no door"
        await leave(other)
        assert (await other.get(back)).status_code == 401, "the state of another browser"
        assert (await mine.get(back)).status_code == 303
        assert (await mine.get(back)).status_code == 401
        for query in ("", "?state=x&code=y", f"?code=y&state={mine.query}"):
            assert (await mine.get(f"{vouched.callback}{query}")).status_code == 401
        assert (await mine.get(LIVE)).status_code == 200


async def test_the_browser_is_sent_with_proof_of_the_code_and_nothing_secret(vouched: House) -> None:
    async with vouched.entrance.browser() as browser:
        left = to_provider(await leave(browser))
    query = parse_qs(urlsplit(left).query)
    assert query["redirect_uri"] == [f"https://pages.test{vouched.callback}"]
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
        said = [(await leave(browser)).status_code for _ in range(4)]
    assert said == [503, 401, 401, 401]


@pytest.mark.parametrize(
    "published",
    [
        {},
        {"keys": None},
        {"keys": []},
        {"keys": [1]},
        {"keys": [{"kty": "RSA"}]},
        {"keys": [{"kty": "RSA", "n": 1, "e": 1}]},
    ],
    ids=str,
)
async def test_a_provider_that_publishes_no_keys_lets_nobody_in(vouched: House, published: dict[str, Any]) -> None:
    issuer = vouched.idp.issuer
    places = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/keys",
    }

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=published if request.url.path.endswith("/keys") else places)

    doors = vouched.entrance.site.app.routes[-1].app._app.state.web.doors
    object.__setattr__(doors, "providers", Providers(transport=httpx.MockTransport(answer)))
    async with vouched.entrance.browser() as browser:
        assert (await leave(browser)).status_code == 401


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
        assert (await leave(browser)).status_code == 404
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
        check_issuer(issuer, Egress())
    assert check_issuer("http://127.0.0.1:9/", Egress(loopback=True)) == "http://127.0.0.1:9"


async def test_nothing_is_asked_of_an_address_inside_the_network() -> None:
    way = Egress(resolver=lambda host, port, *_, **__: [(AF_INET, SOCK_STREAM, 6, "", ("10.0.0.7", port))])
    for issuer in ("https://login.inside.example", "https://127.0.0.1"):
        client = Client(issuer, CLIENT_ID, SECRET, "https://pages.test/sign-in/oidc/x")
        with pytest.raises(Unauthorised, match="not one that may be reached"):
            await Providers(transport=way.transport()).leave(client, "state", language="en")
    await way.aclose()


class TwoHouses(httpx.AsyncBaseTransport):
    """The network, with an honest provider and that of an operator who is after another's people."""

    def __init__(self, *providers: IdentityProvider) -> None:
        self._doors = {urlsplit(each.issuer).hostname: httpx.ASGITransport(each.application()) for each in providers}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._doors[request.url.host].handle_async_request(request)


async def test_a_provider_of_another_operator_gets_no_code_of_this_one(vouched: House) -> None:
    """Ada follows a link to the sign-in of an operator whose provider sends her on to her own, with a code challenge
    of the attacker's; her code must reach nobody but her own provider, in an attempt that she began."""
    honest, evil, entrance = vouched.idp, IdentityProvider(issuer="https://evil.example"), vouched.entrance
    other = await a_house(entrance.engine)
    await vouches(entrance, evil, other.operator_id, secret="theirs")
    doors = entrance.site.app.routes[-1].app._app.state.web.doors
    object.__setattr__(doors, "providers", Providers(transport=TwoHouses(honest, evil)))
    there = f"{MEMBERS}/oidc?centre=o{other.operator_id.hex}"
    async with entrance.browser() as attacker, entrance.browser() as ada:
        mine = dict(parse_qsl(urlsplit(to_provider(await leave(attacker))).query))
        linked = await ada.get(there)
        assert (linked.status_code, linked.headers["location"]) == (303, there.replace("/oidc", ""))
        began = await ada.submit(there, there.replace("/oidc", ""))
        hers = dict(parse_qsl(urlsplit(to_provider(began)).query))
        assert hers["redirect_uri"] != mine["redirect_uri"]
        forward = {**mine, "state": hers["state"]}
        back = honest.let_in(f"{honest.issuer}/authorize?{urlencode(forward)}")
        code = parse_qs(urlsplit(back).query)["code"][0]
        assert (await ada.get(back)).status_code == 401
        elsewhere = f"/sign-in/oidc/o{other.operator_id.hex}?{urlencode({'code': code, 'state': hers['state']})}"
        assert (await ada.get(f"{elsewhere}&{urlencode({'iss': honest.issuer})}")).status_code == 401
        assert evil.heard == []
        assert (await attacker.get(LIVE)).status_code == 401


@pytest.mark.parametrize(
    ("names_itself", "added", "status"),
    [(True, {}, 303), (False, {}, 303), (True, {"iss": None}, 401), (False, {"iss": "https://evil.example"}, 401)],
)
async def test_an_answer_names_its_provider_where_that_says_so(
    vouched: House, names_itself: bool, added: dict[str, str | None], status: int
) -> None:
    vouched.idp.names_itself = names_itself
    async with vouched.entrance.browser() as browser:
        back = urlsplit(vouched.idp.let_in(to_provider(await leave(browser))))
        told = {**dict(parse_qsl(back.query)), **added}
        query = urlencode({name: text for name, text in told.items() if text is not None})
        assert (await browser.get(f"{back.path}?{query}")).status_code == status
    assert bool(vouched.idp.heard) is (status == 303)
