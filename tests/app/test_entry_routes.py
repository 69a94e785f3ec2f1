"""Single sign-on over HTTP: links of the product and of the operator's own system, used once; what is refused."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from app_desk import DEMO, Desk, assert_problem
from world import SHOPPER

from cashback.auth import tickets
from cashback.auth.tickets import Target, Ticket
from cashback.ids import show
from cashback.settings import read_settings

AUDIENCE = read_settings(DEMO).public_url
HERE = AUDIENCE


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def crm_token(desk: Desk, made: dict[str, Any], /, *, head: dict[str, Any] | None = None, **claims: Any) -> str:
    """What an operator's own system writes, with nothing but a standard library."""
    now = int(desk.world.now.timestamp())
    key = base64.urlsafe_b64decode(made["secret"].removeprefix("ssosec_") + "==")
    header = {"alg": "HS256", "typ": "JWT", "kid": made["id"], **(head or {})}
    body = {
        "iss": show("opr", desk.operator_id),
        "aud": AUDIENCE,
        "sub": SHOPPER,
        "jti": "0123456789abcdef",
        "iat": now,
        "exp": now + 300,
        **claims,
    }
    body = {name: value for name, value in body.items() if value is not None}
    signed = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(body).encode())}"
    return f"{signed}.{b64(hmac.digest(key, signed.encode(), hashlib.sha256))}"


@pytest.fixture
async def known(desk: Desk) -> Desk:
    """Anna is known, and has linked nothing."""
    await desk.ask("PUT", f"/v1/shoppers/{SHOPPER}", json={"locale": "fr"})
    return desk


def browser(desk: Desk) -> httpx.AsyncClient:
    """One without cookies."""
    return httpx.AsyncClient(transport=desk.client._transport, base_url=HERE)


async def test_a_link_lets_the_shopper_in_once_in_their_language(known: Desk) -> None:
    made = await known.ask("POST", f"/v1/shoppers/{SHOPPER}/sso-links", json={})
    assert made.status_code == 201, made.text
    url = made.json()["url"]
    mine, other = browser(known), browser(known)
    looked = await other.head(url)
    assert (looked.status_code, "set-cookie" in looked.headers) == (200, False), "a look uses nothing up"
    entered = await mine.get(url)
    assert (entered.status_code, entered.headers["location"]) == (303, "/fr/wallet")
    assert (await mine.get("/fr/wallet")).status_code == 200
    assert (await mine.get(url)).status_code == 303
    assert (await other.get(url)).status_code == 401
    assert (await other.get("/fr/wallet")).status_code == 401
    english = await known.ask("POST", f"/v1/shoppers/{SHOPPER}/sso-links", json={"locale": "en"})
    assert (await other.get(english.json()["url"])).headers["location"] == "/en/wallet"
    entry = (await known.ask("POST", f"/v1/wallets/{SHOPPER}/entry-links")).json()
    assert (await browser(known).get(entry["url"])).status_code == 303
    lines = "SELECT actor, subject, detail->>'link', detail->>'leads_to' FROM audit_log WHERE action = $1 ORDER BY id"
    made_lines, opened = [await known.world.rows(lines, each) for each in ("link.made", "session.opened")]
    assert [row[0].split(":")[0] for row in made_lines] == ["key"] * 3
    assert {row[3] for row in made_lines} == {"wallet"}
    assert {row[2] for row in made_lines} == {row[2] for row in opened}
    assert not [row for row in made_lines if row[2] in (url, entry["url"])], "the name of a link is no part of it"
    stranger = (await known.ask("POST", "/v1/sso-secrets")).json()
    await known.ask("PUT", "/v1/shoppers/mallory", json={"locale": "fr"})
    token = crm_token(known, stranger, sub="mallory")
    asked = await mine.get("/sso", params={"token": token})
    assert (asked.status_code, "mallory" in asked.text) == (200, True)
    form = {"csrf": asked.text.split('name="csrf" value="')[1].split('"')[0], "token": token}
    headers = {"origin": HERE, "host": HERE.split("://")[1]}
    agreed = await mine.post("/sso?role=shopper", data=form, headers=headers)
    assert (agreed.status_code, (await mine.get("/sso", params={"token": token})).status_code) == (303, 303)
    signed = await known.world.rows("SELECT detail->>'secret' FROM audit_log WHERE detail ? 'secret'")
    assert signed == [(stranger["id"],)]
    late = await known.ask("POST", f"/v1/shoppers/{SHOPPER}/sso-links", json={})
    known.world.clock.move_to(known.world.now + timedelta(minutes=10))
    refused = await browser(known).get(late.json()["url"])
    assert (refused.status_code, "too old" in refused.text) == (401, True)
    await known.world.audit()


async def test_an_operators_own_system_signs_links(known: Desk) -> None:
    first = (await known.ask("POST", "/v1/sso-secrets")).json()
    second = (await known.ask("POST", "/v1/sso-secrets")).json()
    listed = (await known.ask("GET", "/v1/sso-secrets")).json()["data"]
    assert {each["id"] for each in listed} == {first["id"], second["id"]}
    assert all(each["secret"] is None for each in listed)
    for number, made in enumerate((first, second)):
        mine = browser(known)
        token = crm_token(known, made, jti=f"a-nonce-of-the-crm-{number}", locale="en")
        assert (await mine.get("/sso", params={"token": token})).headers["location"] == "/en/wallet"
        assert (await mine.get("/en/wallet")).status_code == 200
        assert (await browser(known).get("/sso", params={"token": token})).status_code == 401
    ended = await known.ask("POST", f"/v1/sso-secrets/{first['id']}/end", json={"overlap_seconds": 60})
    assert ended.json()["ends_at"] is not None
    overlapping = crm_token(known, first, jti="while-it-overlaps-1")
    assert (await browser(known).get("/sso", params={"token": overlapping})).status_code == 303
    known.world.clock.move_to(known.world.now + timedelta(seconds=60))
    for made, status in ((first, 401), (second, 303)):
        token = crm_token(known, made, jti=f"after-{made['id']}")
        assert (await browser(known).get("/sso", params={"token": token})).status_code == status
    assert_problem(await known.ask("POST", f"/v1/sso-secrets/{first['id']}/end", json={}), 404, "unknown_secret")
    for _ in range(3):
        assert (await known.ask("POST", "/v1/sso-secrets")).status_code == 201
    assert_problem(await known.ask("POST", "/v1/sso-secrets"), 409, "too_many_secrets")


async def test_one_name_of_a_link_is_used_once_whoever_signed_it_and_whatever_for(known: Desk) -> None:
    made = (await known.ask("POST", "/v1/sso-secrets")).json()
    assert (await browser(known).get("/sso", params={"token": crm_token(known, made)})).status_code == 303
    again = crm_token(known, made, exp=int(known.world.now.timestamp()) + 200)
    refused = await browser(known).get("/sso", params={"token": again})
    assert (refused.status_code, "used already" in refused.text) == (401, True)
    french = await browser(known).get("/sso", params={"token": again}, headers={"accept-language": "fr"})
    assert "Ce lien a déjà servi" in french.text
    await known.ask("PUT", "/v1/shoppers/mallory", json={"locale": "en"})
    mallory = browser(known)
    await mallory.get("/sso", params={"token": crm_token(known, made, sub="mallory", jti="a-nonce-of-mallorys")})
    told = await mallory.get("/sso", params={"token": again})
    assert (told.status_code, "used already" in told.text, SHOPPER in told.text) == (401, True, False)


FORGED: dict[str, dict[str, Any]] = {
    "no algorithm": {"head": {"alg": "none"}},
    "another algorithm": {"head": {"alg": "HS512"}},
    "an unknown key": {"head": {"kid": "sso_00000000000000000000000000"}},
    "our own key's name": {"head": {"kid": "cashback"}},
    "a header that must be understood": {"head": {"crit": ["exp"]}},
    "another audience": {"aud": "https://elsewhere.example"},
    "another operator": {"iss": show("opr", UUID(int=7))},
    "no operator": {"iss": "somebody"},
    "an unknown shopper": {"sub": "nobody"},
    "no name": {"jti": None},
    "a short name": {"jti": "short"},
    "no end": {"exp": None},
    "an end of text": {"exp": "tomorrow"},
    "a long life": {"exp": 4_000_000_000},
    "a beginning in the future": {"iat": 4_000_000_000, "exp": 4_000_000_300},
    "over": {"iat": 1_000_000_000, "exp": 1_000_000_300},
    "an end before its beginning": {"exp": 1},
    "a target that is none": {"target": "admin"},
    "a frame": {"target": "embed", "origin": "https://crm.example"},
    "a wallet with a site": {"origin": "https://crm.example"},
    "a claim more": {"role": "operator"},
    "another language": {"locale": "de"},
}


TOLD = {
    "another algorithm": "could not read",
    "an unknown key": "signature is wrong",
    "our own key's name": "signature is wrong",
    "another operator": "signature is wrong",
    "a long life": "times are wrong",
    "a beginning in the future": "times are wrong",
    "over": "too old",
    "an end before its beginning": "times are wrong",
}
"""What the page says; of all others that the link could not be read."""


MAKER = {
    "another audience": "aud is not the address",
    "an unknown shopper": "sub names no shopper",
    "no name": "the claim jti",
    "a short name": "the claim jti",
    "an end of text": "the claim exp",
    "no end": "the claim exp",
    "a long life": "exp is not within 600 seconds",
    "an end before its beginning": "exp is not within 600 seconds",
    "a beginning in the future": "iat lies more than a minute",
    "a target that is none": "the claim target",
    "a frame": "target is of another page",
    "a wallet with a site": "origin stands with the target embed",
    "a claim more": "the claim role",
    "another language": "the claim locale",
}
"""What the page says to whoever made the link, of one whose signature is proven; of all others nothing."""


@pytest.mark.parametrize("forgery", FORGED)
async def test_a_link_that_is_no_good_lets_nobody_in_and_moves_nothing(known: Desk, forgery: str) -> None:
    made = (await known.ask("POST", "/v1/sso-secrets")).json()
    before = await known.state()
    answer = await browser(known).get("/sso", params={"token": crm_token(known, made, **FORGED[forgery])})
    assert answer.status_code == 401
    assert TOLD.get(forgery, "could not read") in answer.text
    assert MAKER.get(forgery, "") in answer.text
    assert ("For whoever made this link" in answer.text) is (forgery in MAKER)
    assert "set-cookie" not in answer.headers
    assert await known.state() == before
    assert (await browser(known).get("/sso", params={"token": crm_token(known, made)})).status_code == 303


async def test_ten_thousand_altered_links_are_refused(known: Desk) -> None:
    key, now = bytes(range(32)), known.world.now.replace(microsecond=0)
    good = Ticket(known.operator_id, SHOPPER, Target.WALLET, "0123456789abcdef", now, now + timedelta(minutes=5))
    token = tickets.sign(good, key=key, key_name="cashback", audience=AUDIENCE)
    altered = {token[:place] for place in range(len(token))}
    letters = "ABCdef019-_."
    altered |= {token[:at] + letter + token[at + 1 :] for at in range(len(token)) for letter in letters}
    others = (hashlib.sha256(f"{number}".encode()).digest() for number in range(10_000 - len(altered)))
    altered |= {tickets.sign(good, key=each, key_name="cashback", audience=AUDIENCE) for each in others}
    altered.discard(token)
    assert len(altered) >= 9_000
    accepted = []
    for each in altered:
        try:
            accepted.append(tickets.read(each).prove((key,), audience=AUDIENCE, now=now))
        except tickets.Refused:
            continue
    assert accepted == []
    assert tickets.read(token).prove((key,), audience=AUDIENCE, now=now) == good
    for late in (timedelta(minutes=5), timedelta(days=1)):
        with pytest.raises(tickets.Refused, match="expired"):
            tickets.read(token).prove((key,), audience=AUDIENCE, now=now + late)
    ahead = replace(good, issued_at=now + timedelta(minutes=2), expires_at=now + timedelta(minutes=3))
    with pytest.raises(tickets.Refused, match="not_yet"):
        tickets.read(tickets.sign(ahead, key=key, key_name="cashback", audience=AUDIENCE)).prove(
            (key,), audience=AUDIENCE, now=now
        )


NO_SITES = (
    "https://crm.example/",
    "https://CRM.example",
    "http://crm.example",
    "https://*",
    "*",
    "https://a b",
    "null",
    "",
    "https://crm.example; script-src *",
    "https://crm.example\nx",
    "https://user@crm.example",
    "javascript:alert(1)",
)


@pytest.mark.parametrize("origin", NO_SITES)
async def test_a_site_is_written_as_browsers_write_it_or_refused(desk: Desk, origin: str) -> None:
    assert (await desk.ask("PUT", "/v1/embed-origins", json={"origins": ["https://crm.example"]})).status_code == 200
    before = await desk.state()
    assert_problem(await desk.ask("PUT", "/v1/embed-origins", json={"origins": [origin]}), 422, "bad_origin")
    assert await desk.state() == before
    assert (await desk.ask("GET", "/v1/embed-origins")).json() == {"origins": ["https://crm.example"]}


async def test_the_port_that_a_site_has_by_itself_is_never_said(known: Desk) -> None:
    told = {"origins": ["https://crm.example:443", "https://crm.example", "https://crm.example:8443"]}
    kept = ["https://crm.example", "https://crm.example:8443"]
    assert (await known.ask("PUT", "/v1/embed-origins", json=told)).json() == {"origins": kept}
    made = await known.ask("POST", f"/v1/shoppers/{SHOPPER}/embed-links", json={"origin": "https://crm.example:443"})
    page = await browser(known).get(made.json()["url"])
    assert (page.status_code, "frame-ancestors https://crm.example" in page.headers["content-security-policy"]) == (
        200, True,
    )  # fmt: skip
