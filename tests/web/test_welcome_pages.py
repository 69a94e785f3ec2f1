"""Strangers: the centres they find, a poster's page, joining by a code or a passkey, an operator's own domain."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
from builders import NOW, House, a_house, a_shopper
from console_site import rows_of, text_of
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import Site, a_site, csrf_in, words

from cashback.actors import system
from cashback.audit import audit
from cashback.branding import service as branding
from cashback.branding.colours import read_colour
from cashback.branding.palette import Chosen
from cashback.branding.schemas import Draft
from cashback.db.engine import fetch, transaction
from cashback.errors import NotFound
from cashback.welcoming import domains, pages, posters
from cashback.welcoming.pages import Welcome

TERMS = Welcome(True, 16, "Be kind.", "Soyez aimable.")
SAME_SITE = {"sec-fetch-site": "same-origin"}


async def open_welcome(house: House, *, poster: str = "north") -> None:
    actor = system(house.operator_id, "tests")
    async with transaction(house.engine, house.operator_id) as connection:
        await pages.save(connection, actor, TERMS, NOW)
        await posters.make(connection, actor, code=poster, centre="", label="North door", now=NOW)


async def rows(house: House, statement: str) -> list[Any]:
    async with transaction(house.engine, house.operator_id) as connection:
        return [tuple(row) for row in await fetch(connection, statement)]


def slug(house: House) -> str:
    return f"o{house.operator_id.hex}"


@pytest.fixture
async def house(engine: AsyncEngine) -> House:
    made = await a_house(engine)
    await open_welcome(made)
    return made


async def ask_to_join(browser: httpx.AsyncClient, house: House, form: Mapping[str, str]) -> httpx.Response:
    address = f"/en/sign-in/join?centre={slug(house)}&s=north"
    csrf = csrf_in((await browser.get(address)).text)
    return await browser.post(address, data={"csrf": csrf, "poster": "north", **form}, headers=SAME_SITE)


async def enter_code(site: Site, browser: httpx.AsyncClient, code_page: str) -> httpx.Response:
    await site.postbox.settle()
    found = re.search(r"[0-9]{8}", site.mailbox.letters[-1].text)
    assert found is not None
    csrf = csrf_in((await browser.get(code_page)).text)
    return await browser.post(code_page, data={"csrf": csrf, "code": found[0]}, headers=SAME_SITE)


AGREED = {"age": "yes", "terms": "yes", "address": "mia@example.org"}


async def test_from_a_poster_to_a_first_card_and_nobody_joins_twice(site: Site, house: House) -> None:
    async with site.client() as browser:
        scanned = await browser.get(f"/c/{slug(house)}?s=north", headers={"accept-language": "fr-FR,fr;q=0.9"})
        assert scanned.headers["location"] == f"/fr/c/{slug(house)}?s=north"
        landing = (await browser.get(scanned.headers["location"])).text
        assert "5 % de vos achats chez Centre Lac vous reviennent" in words(landing).replace("\u00a0", " ").replace(
            "\u202f", " "
        )
        assert f"/fr/sign-in/join?centre={slug(house)}&amp;s=north" in landing
        form = words((await browser.get(f"/fr/sign-in/join?centre={slug(house)}&s=north")).text)
        assert "J’ai 16 ans ou plus" in form
        answer = await ask_to_join(browser, house, AGREED)
        assert answer.headers["location"] == f"/en/sign-in/code?centre={slug(house)}&joining=1"
        assert await rows(house, "SELECT 1 FROM shoppers") == []
        joined = await enter_code(site, browser, answer.headers["location"])
        assert joined.headers["location"] == "/en/wallet/cards/link"
        assert (await browser.get("/en/wallet/cards/link")).status_code == 200
        mine = words((await browser.get("/en/wallet/me")).text)
        assert "I am 16 years old or older" in mine
        assert "I accept the terms of Centre Lac (version " in mine
    async with site.client() as browser:
        answer = await ask_to_join(browser, house, AGREED | {"address": "MIA@example.org"})
        again = await enter_code(site, browser, answer.headers["location"])
        assert again.headers["location"] == "/en/wallet"
    assert len(await rows(house, "SELECT 1 FROM shoppers")) == 1
    assert len(await rows(house, "SELECT 1 FROM audit_log WHERE action = 'consent.given'")) == 2
    counted = await rows(house, "SELECT step, visits FROM visit_counts WHERE poster = 'north' ORDER BY step")
    assert counted == [("asked", 2), ("joined", 1), ("seen", 1)]
    assert await rows(house, "SELECT DISTINCT detail->>'poster' FROM audit_log WHERE action = 'shopper.joined'") == [
        ("north",)
    ]
    assert b"mia@example.org" not in b"".join(
        bytes(row[0]) for row in await rows(house, "SELECT sealed FROM shopper_addresses")
    )
    async with transaction(house.engine, house.operator_id) as connection:
        assert (await audit(connection, house.operator_id, NOW)).breaches == []


async def test_two_codes_of_one_address_open_one_account(site: Site, house: House) -> None:
    async with site.client() as phone, site.client() as tablet:
        first = await ask_to_join(phone, house, AGREED)
        await site.postbox.settle()
        second = await ask_to_join(tablet, house, AGREED)
        assert (await enter_code(site, tablet, second.headers["location"])).status_code == 303
        site.mailbox.letters.pop()
        entered = await enter_code(site, phone, first.headers["location"])
        assert entered.headers["location"] == "/en/wallet"
    assert len(await rows(house, "SELECT 1 FROM shoppers")) == 1


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"address": "mia@example.org", "age": "yes"}, "Tick the box about the terms"),
        ({"address": "mia@example.org", "terms": "yes"}, "Tick the box about your age"),
        ({"address": "mia", "age": "yes"}, "2 things to mend"),
        ({"address": "mia", "age": "yes", "terms": "yes"}, "This is no e-mail address"),
    ],
)
async def test_what_is_missing_is_said_and_nothing_is_sent(
    site: Site, house: House, form: dict[str, str], said: str
) -> None:
    async with site.client() as browser:
        answer = await ask_to_join(browser, house, form)
        assert answer.status_code == 422
        assert said in words(answer.text)
        assert f'name="address" value="{form["address"]}"' in answer.text
        assert answer.text.count(" checked") == len(form) - 1
        await site.postbox.settle()
    assert site.mailbox.letters == []
    assert await rows(house, "SELECT 1 FROM sign_in_codes") == []


async def test_a_wrong_code_opens_no_account(site: Site, house: House) -> None:
    async with site.client() as browser:
        answer = await ask_to_join(browser, house, AGREED)
        page = answer.headers["location"]
        csrf = csrf_in((await browser.get(page)).text)
        wrong = await browser.post(page, data={"csrf": csrf, "code": "00000000"}, headers=SAME_SITE)
        assert wrong.status_code == 401
        assert "opens your account" in words(wrong.text)
    assert await rows(house, "SELECT 1 FROM shoppers") == []


async def test_who_does_not_receive_strangers_is_not_found(site: Site, engine: AsyncEngine) -> None:
    closed = await a_house(engine, name="Halle Close")
    async with site.client() as browser:
        for path in (f"/en/c/{slug(closed)}", f"/en/c/{slug(closed)}/terms", f"/en/sign-in/join?centre={slug(closed)}"):
            assert (await browser.get(path)).status_code == 404
        assert "Halle Close" not in (await browser.get("/en/welcome?q=halle")).text
        assert (await browser.get("/en/c/nobody")).status_code == 404
        assert "Join" not in words((await browser.get(f"/en/sign-in?centre={slug(closed)}")).text)


async def test_centres_are_found_by_a_part_of_their_name_and_only_that_page_may_ask_where_one_is(
    site: Site, engine: AsyncEngine
) -> None:
    house = await a_house(engine)
    await open_welcome(house)
    async with transaction(engine, house.operator_id) as connection:
        centre = (await pages.places(connection, house.operator_id))[0]
        placed = pages.Place(centre.centre_id, "", "", "Évian-les-Bains", 46_40000, 6_59000)
        await pages.save_places(connection, system(house.operator_id, "tests"), [placed], NOW)
    async with site.client() as browser:
        found = await browser.get("/en/welcome?q=evian")
        assert f'href="/en/c/{slug(house)}.lac"' in found.text
        assert 'data-latitude="4640000"' in found.text
        assert "geolocation=(self)" in found.headers["permissions-policy"]
        assert "No centre of this name" in words((await browser.get("/en/welcome?q=atlantis")).text)
        landing = await browser.get(f"/en/c/{slug(house)}.lac")
        assert landing.status_code == 200
        assert "geolocation=()" in landing.headers["permissions-policy"]
        assert (await browser.get(f"/en/c/{slug(house)}.nowhere")).status_code == 404


async def test_a_poster_that_nobody_made_counts_as_none(site: Site, house: House) -> None:
    async with site.client() as browser:
        await browser.get(f"/en/c/{slug(house)}?s=made-up")
        await browser.head(f"/en/c/{slug(house)}?s=north")
    assert await rows(house, "SELECT poster, step, visits FROM visit_counts") == [("", "seen", 1)]


class Dns:
    """Answers what a test says."""

    def __init__(self) -> None:
        self.said: dict[str, list[str]] = {}

    async def texts(self, name: str) -> list[str]:
        if name not in self.said:
            raise domains.Unresolved("timeout")
        return self.said[name]


@pytest.fixture
async def dns() -> Dns:
    return Dns()


@pytest.fixture
async def resolved(engine: AsyncEngine, dns: Dns) -> AsyncIterator[Site]:
    made = a_site(engine, demo=False, resolver=dns)
    yield made
    await made.hubs.close()


async def test_a_domain_is_served_once_its_dns_proves_it(resolved: Site, dns: Dns, house: House) -> None:
    domain = f"rewards-{house.operator_id.hex[:8]}.example"
    own = httpx.AsyncClient(transport=httpx.ASGITransport(app=resolved.app), base_url=f"https://{domain}")
    async with resolved.operator(house) as member, own as browser:
        csrf = csrf_in((await member.get("/en/operator/profile")).text)

        async def post(path: str) -> httpx.Response:
            form = {"csrf": csrf, "domain": domain}
            return await member.post(f"/en/operator/welcome{path}", data=form, headers=SAME_SITE)

        assert (await post("/domains")).headers["location"].endswith("done=domain_told")
        page = text_of((await member.get("/en/operator/welcome")).text)
        token = re.search(r"cashback-verification=[0-9a-f]{32}", page)
        assert token is not None
        record = f"_cashback.{domain}"
        for said, shown in (
            (None, "DNS did not answer"),
            ([], "Record not found"),
            (["cashback-verification=x"], "Another value"),
        ):
            dns.said = {} if said is None else {record: said}
            assert (await post("/domains/check")).headers["location"].endswith("done=domain_looked")
            assert shown in text_of((await member.get("/en/operator/welcome")).text)
            assert (await browser.get("/en")).status_code == 200
        dns.said = {record: ["v=spf1 -all", token[0]]}
        assert (await post("/domains/check")).headers["location"].endswith("done=domain_served")
        assert (await browser.get("/fr")).headers["location"] == "/fr/welcome"
        assert (await browser.get("/fr/welcome")).headers["location"] == f"/fr/c/{slug(house)}.lac"
        assert (await browser.get("/fr/c/lac")).status_code == 200
        assert "Centre Lac" in words((await browser.get("/en/sign-in")).text)
        poster = await member.get("/en/operator/posters/north")
        assert f"https://{domain}/c/{slug(house)}?s=north" in poster.text
        assert (await post("/domains/remove")).headers["location"].endswith("done=domain_removed")
        assert (await browser.get("/fr")).status_code == 200
    told = await rows(house, "SELECT DISTINCT action FROM audit_log WHERE action LIKE 'domain.%' ORDER BY action")
    assert told == [("domain.checked",), ("domain.removed",), ("domain.told",)]


async def test_under_an_own_domain_there_is_one_operator(
    resolved: Site, dns: Dns, house: House, engine: AsyncEngine
) -> None:
    other, domain = await a_house(engine, name="Halle Nord"), f"lac-{house.operator_id.hex[:8]}.example"
    await open_welcome(other)
    actor = system(house.operator_id, "tests")
    async with transaction(engine, house.operator_id) as connection:
        draft = Draft("Lac & Co", Chosen(read_colour("#1a4fd8")), 8)
        await branding.publish(connection, actor, draft, seen=0, now=NOW)
        await domains.tell(connection, actor, domain, NOW)
        await domains.checked(connection, actor, await domains.find(connection, actor, domain), "proved", NOW)
    own = httpx.AsyncClient(transport=httpx.ASGITransport(app=resolved.app), base_url=f"https://{domain}")
    async with own as browser:
        assert f"/theme/{slug(house)}/1.css" in (await browser.get("/en/sign-in")).text
        assert f"/theme/{slug(house)}/1.css" in (await browser.get("/en/nothing-here")).text
        for path in (f"/en/c/{slug(other)}", f"/en/sign-in/join?centre={slug(other)}", f"/en/c/{slug(other)}.lac"):
            assert (await browser.get(path)).status_code == 404
        async with resolved.shopper(await a_shopper(other)) as elsewhere:
            browser.cookies = elsewhere.cookies
            cookies = "; ".join(f"{each.name}={each.value}" for each in elsewhere.cookies.jar)
        refused = await browser.get("/en/wallet", headers={"cookie": cookies})
        assert refused.status_code == 401
        assert "Halle Nord" not in refused.text
    async with transaction(engine, other.operator_id) as connection:
        theirs = system(other.operator_id, "tests")
        await domains.tell(connection, theirs, domain, NOW)
        with pytest.raises(Exception, match="served for another operator"):
            await domains.checked(connection, theirs, await domains.find(connection, theirs, domain), "proved", NOW)


async def test_what_was_looked_for_before_a_domain_was_told_anew_proves_none(house: House, engine: AsyncEngine) -> None:
    actor, domain = system(house.operator_id, "tests"), f"anew-{house.operator_id.hex[:8]}.example"
    async with transaction(engine, house.operator_id) as connection:
        await domains.tell(connection, actor, domain, NOW)
        looked_for = await domains.find(connection, actor, domain)
        await domains.remove(connection, actor, domain, NOW)
        await domains.tell(connection, actor, domain, NOW)
        with pytest.raises(NotFound):
            await domains.checked(connection, actor, looked_for, "proved", NOW)
        again = await domains.find(connection, actor, domain)
        assert (again.served, again.found, again.token != looked_for.token) == (False, "", True)


async def test_the_console_opens_the_page_and_makes_posters(site: Site, engine: AsyncEngine) -> None:
    house = await a_house(engine)
    async with site.operator(house) as member:
        csrf = csrf_in((await member.get("/en/operator/profile")).text)

        async def post(path: str, form: dict[str, Any]) -> httpx.Response:
            return await member.post(f"/en/operator{path}", data={"csrf": csrf, **form}, headers=SAME_SITE)

        terms = {"minimum_age": "16", "terms_en": "Be kind.", "terms_fr": "Soyez aimable."}
        for wrong, said in (
            ({"terms_fr": ""}, "Write the terms in both languages"),
            ({"minimum_age": "12"}, "The least age is from 13 to 25"),
            ({"minimum_age": "old"}, "The least age is from 13 to 25"),
        ):
            refused = await post("/welcome", {**terms, "open": "yes", **wrong})
            assert refused.status_code == 422
            assert said in text_of(refused.text)
            assert "Be kind." in refused.text
        assert await rows(house, "SELECT 1 FROM welcome_pages") == []
        assert (await post("/welcome", {**terms, "open": "yes"})).status_code == 303
        kept = await rows(house, "SELECT detail->>'terms_en' FROM audit_log WHERE action = 'welcome.saved'")
        assert kept == [("Be kind.",)]
        centre = re.search(r'name="centre" value="(ctr_\w+)"', (await member.get("/en/operator/welcome")).text)
        assert centre is not None
        place = {"centre": centre[1], "town": "Évian", "latitude": "46,4", "longitude": "6.59"}
        assert (await post("/welcome/places", {**place, "latitude": "north"})).status_code == 422
        assert (await post("/welcome/places", {**place, "longitude": ""})).status_code == 422
        assert await rows(house, "SELECT 1 FROM centre_pages") == []
        assert (await post("/welcome/places", place)).status_code == 303
        assert await rows(house, "SELECT latitude_e5, longitude_e5 FROM centre_pages") == [(4640000, 659000)]
        made = await post("/posters", {"label": "North door", "code": "north", "centre": "lac"})
        assert made.headers["location"] == "/en/operator/posters/north?done=poster_made"
        for wrong, said in (
            ({"code": "north"}, "Another poster has this code"),
            ({"code": "North door"}, "small letters"),
            ({"code": "n2", "label": ""}, "Say where it hangs"),
            ({"code": "n2", "centre": "atlantis"}, "Choose a centre of the list"),
        ):
            refused = await post("/posters", {"label": "Again", "centre": "", **wrong})
            assert said in text_of(refused.text), wrong
        assert len(await rows(house, "SELECT 1 FROM posters")) == 1
        for kind, begins in (("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF")):
            file = await member.get(f"/en/operator/posters/north/qr.{kind}")
            assert file.content.startswith(begins)
            assert f'filename="qr-north.{kind}"' in file.headers["content-disposition"]
        assert (await member.get("/en/operator/posters/north/qr.exe")).status_code == 404
        async with site.client() as stranger:
            await stranger.get(f"/en/c/{slug(house)}.lac?s=north")
        listed = (await member.get("/en/operator/posters")).text
        assert rows_of(listed)[0][:6] == ["North door", "north", "lac", "1", "0", "0"]
        told = (await member.get("/en/operator/posters?format=csv")).text
        assert "North door,north,lac,1,0,0," in told
