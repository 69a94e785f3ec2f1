"""The page in another site's frame: a card is linked once, after both consents, for that site alone."""

import asyncio
import html
import json
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from app_desk import DEMO, Desk
from test_entry_routes import crm_token
from world import SHOPPER

from cashback.actors import system
from cashback.programmes.connections import open_connection
from cashback.settings import read_settings
from cashback.web import embed
from issuers.registry import ADAPTERS
from issuers.sandbox_cards import SANDBOX_CARDS

SITE = "https://crm.example"
HERE = read_settings(DEMO).public_url
AGREED = {"purchases": "yes", "programme": "yes"}


async def linked_up(desk: Desk) -> Desk:
    """Anna and Bea are known, the site is registered, and the sandbox network is connected."""
    for reference in (SHOPPER, "bea"):
        await desk.ask("PUT", f"/v1/shoppers/{reference}", json={"locale": "fr"})
    await desk.ask("PUT", "/v1/embed-origins", json={"origins": [SITE]})
    async with desk.world.connection() as connection:
        await open_connection(
            connection,
            system(desk.operator_id, "tests"),
            slug=f"sandbox-{desk.operator_id.hex[-12:]}",
            provider="sandbox",
            registered_url="https://rewards.example/webhooks/sandbox",
            secret=b"a secret of the sandbox network!",
            providers=ADAPTERS,
            master=desk.world.stage.road.keyring.master,
            now=desk.world.now,
        )
    return desk


@pytest.fixture
async def site(desk: Desk) -> Desk:
    return await linked_up(desk)


async def opened(desk: Desk, reference: str = SHOPPER, **body: Any) -> str:
    """The address of a frame, as the operator's site gets it."""
    made = await desk.ask("POST", f"/v1/shoppers/{reference}/embed-links", json={"origin": SITE, **body})
    assert made.status_code == 201, made.text
    url: str = made.json()["url"]
    return url


def browser(desk: Desk) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=desk.client._transport, base_url=HERE)


async def send(desk: Desk, url: str, *, language: str = "fr", **fields: str) -> httpx.Response:
    """The form of the page at this address, sent as a browser does that runs no script."""
    form = {"token": url.partition("token=")[2], **fields}
    headers = {"sec-fetch-site": "same-origin"}
    return await browser(desk).post(f"/{language}/embed/link", data=form, headers=headers)


def turned_away(page: httpx.Response, reason: str) -> bool:
    """Whether a refusal is shown inside the frame of the site, which is told why; there is no form in it."""
    assert page.status_code == 401
    told = json.loads(html.unescape(re.search(r'data-told="([^"]*)"', page.text)[1]))
    assert (f"frame-ancestors {SITE}" in page.headers["content-security-policy"], "<form" in page.text) == (True, False)
    return bool(told == {"type": "link.refused", "reason": reason} and f'data-origin="{SITE}"' in page.text)


def unframed(page: httpx.Response) -> bool:
    return page.status_code == 401 and "frame-ancestors 'none'" in page.headers["content-security-policy"]


async def test_a_card_is_linked_in_a_frame_without_a_script(site: Desk) -> None:
    url = await opened(site)
    page = await browser(site).get(url)
    assert page.status_code == 200
    assert f"frame-ancestors {SITE};" in page.headers["content-security-policy"] + ";"
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "set-cookie" not in page.headers
    assert page.text.count('type="checkbox"') == 2
    assert "checked" not in page.text
    assert 'name="number"' not in page.text
    for missing in AGREED:
        half = {name: value for name, value in AGREED.items() if name != missing}
        again = await send(site, url, card="visa", **half)
        assert again.status_code == 422
        assert 'role="alert"' in again.text
    assert (await send(site, url, **AGREED)).status_code == 422
    assert (await send(site, url, card="4242424242424242", **AGREED)).status_code == 422
    assert (await site.ask("GET", "/v1/cards")).json()["data"] == []

    done = await send(site, url, card="visa", **AGREED)
    assert done.status_code == 200, done.text
    told = json.loads(html.unescape(re.search(r'data-told="([^"]*)"', done.text)[1]))
    (card,) = (await site.ask("GET", "/v1/cards")).json()["data"]
    assert told == {"type": "card.linked", "card": card["id"], "last_four": "4242", "scheme": "visa"}
    assert (card["reference"], card["last_four"], card["network"]) == (SHOPPER, "4242", "sandbox")
    consents = await site.world.rows(
        "SELECT actor, detail ->> 'consent', detail ->> 'words' FROM audit_log WHERE action = 'consent.given'"
    )
    assert {each[1] for each in consents} == {"purchases", "programme"}
    assert all(each[0].startswith("shopper:shp_") and "World" in each[2] + "World" for each in consents)
    for again in (await browser(site).get(url), await send(site, url, card="mastercard", **AGREED)):
        assert turned_away(again, "used")
        assert "Une carte a déjà été liée ici" in again.text
    assert len((await site.ask("GET", "/v1/cards")).json()["data"]) == 1
    await site.world.audit()


async def test_a_card_of_somebody_else_is_refused_and_the_link_still_works(site: Desk) -> None:
    await send(site, await opened(site), card="visa", **AGREED)
    (card,) = (await site.ask("GET", "/v1/cards")).json()["data"]
    await site.ask("POST", f"/v1/cards/{card['id']}/unlink")
    await site.ask("POST", "/v1/cards", json={"shopper": "bea", "network": "sandbox", "token": card["token"]})
    url = await opened(site)
    assert (await send(site, url, card="visa", **AGREED)).status_code == 409
    assert (await send(site, url, card="refused", **AGREED)).status_code == 422
    assert (await send(site, url, card="cb", **AGREED)).status_code == 200
    await site.world.audit()


async def test_a_link_that_failed_in_our_house_may_be_used_again(site: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise OSError("the database went away")

    url = await opened(site)
    with monkeypatch.context() as patched:
        patched.setattr(embed, "link_card", broken)
        assert (await send(site, url, card="visa", **AGREED)).status_code >= 500
    assert (await send(site, url, card="visa", **AGREED)).status_code == 200


async def test_the_same_link_at_once_links_once(site: Desk) -> None:
    url = await opened(site)
    codes = [each.code for each in SANDBOX_CARDS if each.code != "refused"] * 3
    answers = await asyncio.gather(*(send(site, url, card=code, **AGREED) for code in codes))
    assert sorted(each.status_code for each in answers) == [200, *[401] * 8]
    assert len((await site.ask("GET", "/v1/cards")).json()["data"]) == 1


async def test_a_frame_is_of_one_registered_site_and_of_one_shopper(site: Desk) -> None:
    unknown = await site.ask("POST", f"/v1/shoppers/{SHOPPER}/embed-links", json={"origin": "https://other.example"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "bad_origin")
    url = await opened(site)
    await site.ask("PUT", "/v1/embed-origins", json={"origins": ["https://other.example"]})
    wallet = await site.ask("POST", f"/v1/shoppers/{SHOPPER}/sso-links", json={})
    before = await site.state()
    assert unframed(await browser(site).get(url))
    assert unframed(await send(site, url, card="visa", **AGREED))
    assert unframed(await browser(site).get("/fr/embed/link", params={"token": "x"}))
    token = wallet.json()["url"].partition("token=")[2]
    assert (await browser(site).get("/fr/embed/link", params={"token": token})).status_code == 401
    assert (await browser(site).get("/sso", params={"token": url.partition("token=")[2]})).status_code == 401
    foreign = await browser(site).post(
        "/fr/embed/link", data={"token": token}, headers={"sec-fetch-site": "cross-site"}
    )
    assert foreign.status_code == 403
    assert await site.state() == before
    site.world.clock.move_to(site.world.now + timedelta(minutes=11))
    await site.ask("PUT", "/v1/embed-origins", json={"origins": [SITE]})
    assert turned_away(await browser(site).get(url), "expired")
    assert turned_away(await send(site, url, card="visa", **AGREED), "expired")
    assert unframed(await browser(site).get(url[:-1] + ("A" if url[-1] != "A" else "B")))


async def test_an_operators_own_system_may_sign_the_frame_too(site: Desk) -> None:
    made = (await site.ask("POST", "/v1/sso-secrets")).json()
    token = crm_token(site, made, target="embed", origin=SITE)
    assert (await send(site, f"x?token={token}", language="en", card="cb", **AGREED)).status_code == 200
    elsewhere = crm_token(site, made, target="embed", origin="https://other.example", jti="another-nonce-1234")
    assert unframed(await send(site, f"x?token={elsewhere}", card="visa", **AGREED))
    for number, (claim, reason) in enumerate((({"sub": "nobody"}, "refused"), ({"iat": 4_000_000_000}, "clock"))):
        wrong = crm_token(
            site, made, **{"target": "embed", "origin": SITE, "exp": 4_000_000_300, "jti": f"a-wrong-claim-{number:05}"}
            | ({"exp": None} if "sub" in claim else {}) | claim,
        )  # fmt: skip
        assert turned_away(await browser(site).get("/en/embed/link", params={"token": wrong}), reason)
    forged = crm_token(site, {**made, "secret": "ssosec_" + "A" * 43}, target="embed", origin=SITE)
    assert unframed(await browser(site).get("/en/embed/link", params={"token": forged}))


async def test_without_the_network_the_page_says_so(site: Desk) -> None:
    await site.world.rows("UPDATE connections SET active = false RETURNING 1")
    url = await opened(site, locale="en")
    page = await browser(site).get(url)
    assert page.status_code == 200
    assert "No card can be linked here" in page.text
    assert (await send(site, url, card="visa", **AGREED)).status_code == 422
    assert (await site.ask("GET", "/v1/cards")).json()["data"] == []
