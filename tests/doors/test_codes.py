"""Signing in by a code: one browser, ten minutes, once; guessing is counted; nobody learns whose address is known."""

from datetime import timedelta
from fractions import Fraction

import pytest
from authenticator import Authenticator
from entrance import ADA, ANNA, MEMBERS, SHOPPERS, Entrance
from starlette.requests import Request
from web_site import MASTER

from cashback.auth.addresses import tell_address
from cashback.auth.codes import CODES_SHORT, DAY, DIGITS, DIGITS_LATER, GAP, LIFETIME, TRIES_MAX, earliest
from cashback.auth.members import BOOTSTRAP
from cashback.db.engine import transaction
from cashback.ids import show
from cashback.limits import Rate, network_of
from cashback.web.guard import client_address

WRONG = "This code is not right"


async def test_a_shopper_signs_in_by_a_code_and_sees_the_wallet(entrance: Entrance) -> None:
    async with entrance.browser() as browser:
        asked = await browser.ask_code(SHOPPERS, f"  {ANNA.upper()} ")
        assert (asked.status_code, asked.headers["location"]) == (303, f"{SHOPPERS}/code{browser.query}")
        (letter,) = entrance.site.mailbox.letters
        assert letter.to == ANNA
        assert letter.subject.endswith("is your code for Centre Lac")
        entered = await browser.enter_code(SHOPPERS, browser.code())
        assert (entered.status_code, entered.headers["location"]) == (303, "/en/wallet")
        assert (await browser.get("/en/wallet")).status_code == 200
        assert (await browser.get("/en/operator/live")).status_code == 403
    who = f"shopper:{show('shp', entrance.anna.shopper_id)}"
    assert await entrance.log("session.opened") == [(who, '{"role": "shopper", "method": "code"}')]
    assert await entrance.rows("SELECT length(sealed), error FROM outgoing_mail") == [(0, None)]


async def test_a_code_serves_once_in_its_browser_and_for_ten_minutes(entrance: Entrance) -> None:
    async with entrance.browser() as mine, entrance.browser() as other:
        await mine.ask_code(SHOPPERS, ANNA)
        code = mine.code()
        assert WRONG in (await other.enter_code(SHOPPERS, code)).text
        assert (await mine.enter_code(SHOPPERS, code)).status_code == 303
        assert WRONG in (await mine.enter_code(SHOPPERS, code)).text
        await other.ask_code(SHOPPERS, ANNA)
        entrance.site.clock.advance(LIFETIME)
        late = await other.enter_code(SHOPPERS, other.code())
        assert (late.status_code, WRONG in late.text) == (401, True)
        assert (await other.get("/en/wallet")).status_code == 401


async def test_a_new_code_ends_the_one_before(entrance: Entrance) -> None:
    async with entrance.browser() as browser:
        await browser.ask_code(SHOPPERS, ANNA)
        first = browser.code()
        await browser.ask_code(SHOPPERS, ANNA)
        assert WRONG in (await browser.enter_code(SHOPPERS, first)).text
        assert (await browser.enter_code(SHOPPERS, browser.code())).status_code == 303


@pytest.mark.parametrize("base", [SHOPPERS, MEMBERS])
async def test_an_unknown_address_is_answered_alike_and_costs_the_same_rows(entrance: Entrance, base: str) -> None:
    known = ANNA if base == SHOPPERS else ADA
    told = []
    for address in (known, "nobody@nowhere.example"):
        async with entrance.browser() as browser:
            asked = await browser.ask_code(base, address)
            page = await browser.get(f"{base}/code{browser.query}")
            wrong = await browser.enter_code(base, "00000000")
            forms = [page.text.replace(await browser.token(base + browser.query), "")]
            told.append((asked.status_code, asked.headers["location"], asked.text, forms, wrong.status_code))
    assert told[0] == told[1]
    assert [letter.to for letter in entrance.site.mailbox.letters] == [known]
    assert (await entrance.rows("SELECT count(*) FROM sign_in_codes"))[0][0] == 2
    assert (await entrance.rows("SELECT count(*) FROM outgoing_mail WHERE ended_at IS NOT NULL"))[0][0] == 2
    assert await entrance.rows("SELECT count(*) FROM sign_in_code_counts GROUP BY codes") == [(2,)]


async def test_the_code_of_nobody_lets_nobody_in(entrance: Entrance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cashback.auth.codes.secrets.randbelow", lambda _: 12345678)
    async with entrance.browser() as browser:
        await browser.ask_code(SHOPPERS, "nobody@nowhere.example")
        assert WRONG in (await browser.enter_code(SHOPPERS, "12345678")).text
        assert (await browser.get("/en/wallet")).status_code == 401
    assert await entrance.rows("SELECT 1 FROM sessions") == []


async def test_guessing_spends_the_code_and_locks_nobody_else_out(entrance: Entrance) -> None:
    async with entrance.browser("198.51.100.7") as guesser, entrance.browser("203.0.113.7") as anna:
        await anna.ask_code(SHOPPERS, ANNA)
        code = anna.code()
        for _ in range(5):
            await guesser.ask_code(SHOPPERS, ANNA)
            right = guesser.code()
            wrong = f"{(int(right) + 1) % 10**8:08d}"
            for _ in range(TRIES_MAX):
                assert (await guesser.enter_code(SHOPPERS, wrong)).status_code == 401
            spent = await guesser.enter_code(SHOPPERS, right)
            assert (spent.status_code, WRONG in spent.text) == (401, True), "five tries were all it had"
        assert (await guesser.ask_code(SHOPPERS, ANNA)).status_code == 429
        assert (await anna.enter_code(SHOPPERS, code)).status_code == 303
        assert (await anna.sign_in(SHOPPERS, ANNA)).status_code == 303
    failed = await entrance.log("sign_in.failed")
    assert ({actor for actor, _ in failed}, len(failed)) == ({"stranger"}, 5 * TRIES_MAX)
    assert not any("anna" in str(line) for line in await entrance.rows("SELECT a::text FROM audit_log a"))


async def test_codes_are_longer_once_many_were_asked_for_and_short_again_a_day_later(entrance: Entrance) -> None:
    async with entrance.browser() as browser:
        for count, digits in ((CODES_SHORT - 1, DIGITS), (CODES_SHORT, DIGITS_LATER)):
            await browser.ask_code(SHOPPERS, ANNA)
            await entrance.rows("UPDATE sign_in_code_counts SET codes = $1 RETURNING 1", count)
            entrance.site.clock.advance(GAP)
            await browser.ask_code(SHOPPERS, ANNA)
            code = browser.code(digits)
            assert (await browser.enter_code(SHOPPERS, code)).status_code == 303
        entrance.site.clock.advance(DAY)
        assert (await browser.sign_in(SHOPPERS, ANNA)).status_code == 303
    assert await entrance.rows("SELECT codes FROM sign_in_code_counts") == [(1,)]


async def test_an_address_is_sent_few_letters_once_many_were_and_the_code_before_still_lets_in(
    entrance: Entrance,
) -> None:
    async with entrance.browser() as browser:
        await browser.ask_code(SHOPPERS, ANNA)
        code = browser.code()
        for count, wait in ((CODES_SHORT, "60"), (CODES_SHORT + 1, "180"), (10_000, "86400")):
            await entrance.rows("UPDATE sign_in_code_counts SET codes = $1 RETURNING 1", count)
            async with entrance.browser(f"203.0.113.{count % 256}") as elsewhere:
                for each in (browser, elsewhere):
                    refused = await each.ask_code(SHOPPERS, ANNA)
                    assert (refused.status_code, refused.headers["retry-after"]) == (429, wait)
        assert len(entrance.site.mailbox.letters) == 1
        assert await entrance.rows("SELECT codes FROM sign_in_code_counts") == [(10_000,)], "what is refused is no code"
        assert (await browser.enter_code(SHOPPERS, code)).status_code == 303


def test_a_guess_of_a_day_succeeds_less_often_than_once_in_a_hundred_thousand() -> None:
    """However many networks guess: as many codes as an address gets, each tried as often as it may be."""
    most = max(codes for codes in range(1_000) if earliest(codes) < DAY)
    assert most == 78
    a_day = TRIES_MAX * (Fraction(CODES_SHORT, 10**DIGITS) + Fraction(most - CODES_SHORT, 10**DIGITS_LATER))
    assert 2 * a_day < Fraction(1, 100_000), "any 24 hours touch two counted days"


async def test_one_network_may_ask_for_so_many_codes_of_an_address_and_for_so_much(
    entrance: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cashback.web.sign_in.BY_ADDRESS", Rate(30, timedelta(minutes=10)))
    async with entrance.browser("2001:db8:1:1::1") as browser, entrance.browser("2001:db8:1:1::2") as beside:
        answers = [(await each.ask_code(SHOPPERS, ANNA)).status_code for each in (browser, beside) for _ in range(3)]
        assert answers == [303] * 5 + [429], "one line has all the addresses of a network of IPv6"
        assert len(entrance.site.mailbox.letters) == 5
        others = [
            (await browser.ask_code(SHOPPERS, f"guess{number}@nowhere.example")).status_code for number in range(26)
        ]
        assert (others[0], others[-1]) == (303, 429)
    async with entrance.browser("2001:db8:1:2::1") as elsewhere:
        assert (await elsewhere.ask_code(SHOPPERS, ANNA)).status_code == 303


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:1::7", "2001:db8:1:1::/64"),
        ("2001:0DB8:1:1:ffff::7%eth0", "2001:db8:1:1::/64"),
        ("[2001:db8:1:1::7]", "2001:db8:1:1::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("unknown", "unknown"),
    ],
)
def test_a_limit_counts_a_network(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("proxies", "told", "address"),
    [
        (0, ["203.0.113.7"], "127.0.0.1"),
        (1, [], "127.0.0.1"),
        (1, ["203.0.113.7"], "203.0.113.7"),
        (1, ["1.1.1.1, 203.0.113.7"], "203.0.113.7"),
        (2, ["1.1.1.1, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
        (2, ["1.1.1.1", "203.0.113.7, 10.0.0.2"], "203.0.113.7"),
        (2, ["203.0.113.7"], "127.0.0.1"),
    ],
)
def test_whom_the_outermost_proxy_of_ours_saw_is_who_asks(
    entrance: Entrance, proxies: int, told: list[str], address: str
) -> None:
    web = entrance.site.app.routes[-1].app._app.state.web  # type: ignore[attr-defined]
    object.__setattr__(web.doors, "proxies", proxies)
    headers = [(b"x-forwarded-for", each.encode()) for each in told]
    app = entrance.site.app.routes[-1].app._app  # type: ignore[attr-defined]
    scope = {"type": "http", "app": app, "headers": headers, "client": ("127.0.0.1", 5), "path": "/"}
    assert client_address(Request(scope)) == address


@pytest.mark.parametrize(
    "address", ["", "anna", "anna@", "@x.example", "a@b", "a b@c.example", "a@b..example", "é@x.fr"]
)
async def test_what_is_no_address_is_said_so_and_nothing_is_written(entrance: Entrance, address: str) -> None:
    async with entrance.browser() as browser:
        answer = await browser.ask_code(SHOPPERS, address)
        assert (answer.status_code, "This is no e-mail address" in answer.text) == (422, True)
    assert await entrance.rows("SELECT 1 FROM sign_in_codes") == []


@pytest.mark.parametrize("code", ["", "1234567", "123456789", "abcdefgh", "１２３４５６７８", "1234 567x"])
async def test_what_is_no_code_costs_no_try(entrance: Entrance, code: str) -> None:
    async with entrance.browser() as browser:
        await browser.ask_code(SHOPPERS, ANNA)
        answer = await browser.enter_code(SHOPPERS, code)
        assert (answer.status_code, "A code has eight digits" in answer.text) == (422, True)
        spaced = f"{browser.code()[:4]} {browser.code()[4:]}"
        assert await entrance.rows("SELECT tries FROM sign_in_codes") == [(0,)]
        assert (await browser.enter_code(SHOPPERS, spaced)).status_code == 303


async def test_a_code_is_kept_as_a_keyed_hash_and_an_address_sealed(entrance: Entrance) -> None:
    async with entrance.browser() as browser:
        await browser.ask_code(SHOPPERS, ANNA)
        code = browser.code()
    names = ("sign_in_codes", "outgoing_mail", "shopper_addresses", "members", "audit_log", "sessions")
    stored = "".join([str(await entrance.rows(f"SELECT t::text FROM {name} t")) for name in names])
    for secret in (code, code.encode().hex(), ANNA, ANNA.encode().hex(), ADA, ADA.encode().hex()):
        assert secret not in stored


async def test_a_member_begins_by_a_code_and_ends_with_a_passkey(entrance: Entrance) -> None:
    async with entrance.browser() as browser:
        first = await browser.sign_in(MEMBERS, ADA)
        assert (first.status_code, first.headers["location"]) == (303, "/en/operator/profile")
        page = await browser.get("/en/operator/profile")
        assert "You have no passkey yet" in page.text
        assert ADA in page.text
        assert (await browser.add_passkey(Authenticator())).status_code == 200
        await entrance.site.postbox.settle()
        letter = entrance.site.mailbox.letters[-1]
        assert (letter.to, letter.subject) == (ADA, "Centre Lac: your way in has changed")
        assert "A passkey was added" in letter.text
    async with entrance.browser() as browser:
        sent = len(entrance.site.mailbox.letters)
        assert (await browser.ask_code(MEMBERS, ADA)).status_code == 303
        assert len(entrance.site.mailbox.letters) == sent, "who has a passkey needs no code"


async def test_both_addresses_are_told_that_one_took_the_others_place(entrance: Entrance) -> None:
    async with transaction(entrance.engine, entrance.house.operator_id) as connection:
        told = (connection, entrance.admin, MASTER, entrance.anna.shopper_id)
        for address in (ANNA, "anna@elsewhere.example", "anna@elsewhere.example"):
            await tell_address(*told, address, entrance.site.clock.now())
    entrance.site.postbox.send_soon(entrance.house.operator_id)
    await entrance.site.postbox.settle()
    sent = {letter.to: letter.text for letter in entrance.site.mailbox.letters}
    assert set(sent) == {ANNA, "anna@elsewhere.example"}
    assert not [text for text in sent.values() if "@" in text], "no address is told to the other one"


async def test_an_invitation_is_over_after_seven_days(entrance: Entrance) -> None:
    entrance.site.clock.advance(BOOTSTRAP)
    async with entrance.browser() as browser:
        assert (await browser.ask_code(MEMBERS, ADA)).status_code == 303
    assert entrance.site.mailbox.letters == []


async def test_doors_of_shoppers_and_members_and_of_centres_are_apart(entrance: Entrance) -> None:
    async with entrance.browser() as browser:
        await browser.ask_code(MEMBERS, ANNA)
        await browser.ask_code(SHOPPERS, ADA)
        assert entrance.site.mailbox.letters == []
        await browser.ask_code(SHOPPERS, ANNA)
        assert WRONG in (await browser.enter_code(MEMBERS, browser.code())).text
        page = f"{SHOPPERS}{browser.query}"
        missing = await browser.submit(SHOPPERS, page, centre="no-such-centre", address=ANNA)
        assert (missing.status_code, "No centre has this code" in missing.text) == (404, True)
        assert (await browser.get(f"{SHOPPERS}/code?centre=no-such-centre")).status_code == 404


async def test_without_scripts_every_step_is_a_form_and_says_no_secret(entrance: Entrance) -> None:
    async with entrance.browser() as browser:
        asked = await browser.get("/fr/sign-in")
        cookie = asked.headers["set-cookie"].lower()
        assert "Code de votre centre" in asked.text
        page = await browser.get(f"/fr/sign-in{browser.query}")
        assert "Recevoir un code" in page.text
        assert 'data-passkey="get"' in page.text
        assert "set-cookie" not in page.headers
        assert cookie.startswith("__host-door-cashback=")
        for part in ("httponly", "secure", "samesite=lax", "path=/"):
            assert part in cookie
        assert "domain" not in cookie
