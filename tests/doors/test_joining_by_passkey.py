"""Joining by a passkey alone: everything agreed to first, one browser, one challenge, one account."""

import json

import httpx
from authenticator import PRESENT, Authenticator
from builders import NOW
from entrance import OWN, Browser, Entrance
from web_site import csrf_in

from cashback.actors import system
from cashback.db.engine import transaction
from cashback.welcoming import pages
from cashback.welcoming.pages import Welcome

JOIN = "/en/sign-in/join"
AGREED = {"age": "yes", "terms": "yes", "poster": ""}


async def receive_strangers(entrance: Entrance) -> None:
    async with transaction(entrance.engine, entrance.house.operator_id) as connection:
        actor = system(entrance.house.operator_id, "tests")
        await pages.save(connection, actor, Welcome(True, 18, "Be kind.", "Soyez aimable."), NOW)


async def post(browser: Browser, step: str, body: str) -> httpx.Response:
    address = f"{JOIN}?centre={browser.entrance.slug}"
    csrf = csrf_in((await browser.client.get(address)).text)
    headers = {**OWN, "x-csrf-token": csrf, "content-type": "application/json"}
    return await browser.client.post(f"{JOIN}{step}?centre={browser.entrance.slug}", content=body, headers=headers)


async def test_a_passkey_opens_an_account_without_an_address_and_signs_in_later(entrance: Entrance) -> None:
    await receive_strangers(entrance)
    device = Authenticator()
    before = len(await entrance.rows("SELECT 1 FROM shoppers"))
    async with entrance.browser() as browser:
        options = (await post(browser, "/passkey/options", json.dumps(AGREED))).json()
        assert options["user"]["name"] == "Centre Lac"
        assert options["authenticatorSelection"]["userVerification"] == "required"
        joined = await post(browser, "/passkey", device.create(options))
        assert joined.json() == {"to": "/en/wallet/cards/link"}
        assert (await browser.client.get("/en/wallet/cards/link")).status_code == 200
        assert (await post(browser, "/passkey", device.create(options))).status_code == 422
    async with entrance.browser() as browser:
        entered = await browser.answer(device.get(await browser.challenge("/en/sign-in")), "/en/sign-in")
        assert entered.json() == {"to": "/en/wallet"}
    assert len(await entrance.rows("SELECT 1 FROM shoppers")) == before + 1
    assert len(await entrance.log("consent.given")) == 2


async def test_what_is_not_agreed_to_or_not_verified_opens_nothing(entrance: Entrance) -> None:
    await receive_strangers(entrance)
    before = len(await entrance.rows("SELECT 1 FROM shoppers"))
    async with entrance.browser() as mine, entrance.browser() as other:
        for missing in ("{}", json.dumps(AGREED | {"terms": ""}), "[]", "{"):
            assert (await post(mine, "/passkey/options", missing)).status_code == 422
        options = (await post(mine, "/passkey/options", json.dumps(AGREED))).json()
        assert (await post(other, "/passkey", Authenticator().create(options))).status_code == 422
        assert (await post(mine, "/passkey", Authenticator().create(options, flags=PRESENT))).status_code == 422
        elsewhere = Authenticator(origin="https://elsewhere.test", domain="elsewhere.test")
        options = (await post(mine, "/passkey/options", json.dumps(AGREED))).json()
        assert (await post(mine, "/passkey", elsewhere.create(options))).status_code == 422
    assert len(await entrance.rows("SELECT 1 FROM shoppers")) == before
    assert await entrance.rows("SELECT 1 FROM passkeys") == []
