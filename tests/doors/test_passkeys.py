"""Passkeys: added within a fresh session, used once for each challenge, by one origin, one party and one browser."""

import json
from datetime import timedelta

import pytest
from authenticator import PRESENT, Authenticator, decoded, encoded
from entrance import ADA, ANNA, MEMBERS, SHOPPERS, Entrance, an_entrance

from cashback.auth.challenges import LIFETIME
from cashback.auth.passkeys import PASSKEYS_MAX, Party, party_of
from cashback.ids import show
from cashback.web.profile import FRESH

PROFILE = "/en/operator/profile"


async def ada_with_passkey(entrance: Entrance, device: Authenticator) -> None:
    async with entrance.browser() as browser:
        await browser.sign_in(MEMBERS, ADA)
        added = await browser.add_passkey(device)
        assert (added.status_code, added.json()) == (200, {"to": PROFILE})


@pytest.mark.parametrize("counts", [False, True], ids=["synced", "counting"])
async def test_a_passkey_signs_in_without_saying_who_one_is(entrance: Entrance, counts: bool) -> None:
    device = Authenticator(counts=counts)
    await ada_with_passkey(entrance, device)
    for _ in range(2):
        async with entrance.browser() as browser:
            options = await browser.challenge()
            assert options.get("allowCredentials", []) == []
            entered = await browser.answer(device.get(options))
            assert (entered.status_code, entered.json()) == (200, {"to": "/en/operator/overview"})
            assert (await browser.get("/en/operator/overview")).status_code == 200
    assert sorted(method for _, method in await entrance.log("session.opened")) == [
        '{"role": "operator", "method": "code"}',
        *['{"role": "operator", "method": "passkey"}'] * 2,
    ]
    assert len(await entrance.log("passkey.added")) == 1


async def test_a_shopper_has_passkeys_too_and_they_open_no_console(entrance: Entrance) -> None:
    device = Authenticator()
    async with entrance.browser() as browser:
        await browser.sign_in(SHOPPERS, ANNA)
        assert (await browser.add_passkey(device, "/en/wallet/profile")).status_code == 200
    async with entrance.browser() as browser:
        refused = await browser.answer(device.get(await browser.challenge(MEMBERS)), MEMBERS)
        assert refused.status_code == 401
        entered = await browser.answer(device.get(await browser.challenge(SHOPPERS)), SHOPPERS)
        assert entered.json() == {"to": "/en/wallet"}


async def test_a_replayed_answer_lets_nobody_in(entrance: Entrance) -> None:
    device = Authenticator()
    await ada_with_passkey(entrance, device)
    async with entrance.browser() as browser:
        answer = device.get(await browser.challenge())
        assert (await browser.answer(answer)).status_code == 200
        assert (await browser.answer(answer)).status_code == 401
    async with entrance.browser() as thief:
        await thief.challenge()
        assert (await thief.answer(answer)).status_code == 401
        assert (await thief.get("/en/operator/overview")).status_code == 401


async def test_a_challenge_of_another_browser_or_an_old_one_is_none(entrance: Entrance) -> None:
    device = Authenticator()
    await ada_with_passkey(entrance, device)
    async with entrance.browser() as mine, entrance.browser() as other:
        asked = await mine.challenge()
        await other.challenge()
        assert (await other.answer(device.get(asked))).status_code == 401
        entrance.site.clock.advance(LIFETIME)
        assert (await mine.answer(device.get(asked))).status_code == 401
    assert await entrance.rows("SELECT used_at FROM passkeys") == [(None,)]


@pytest.mark.parametrize(
    "twist",
    [
        {"origin": "https://pages.test.evil.example"},
        {"origin": "http://pages.test"},
        {"domain": "evil.example"},
    ],
    ids=str,
)
async def test_another_origin_or_another_party_is_refused(entrance: Entrance, twist: dict[str, str]) -> None:
    device = Authenticator()
    await ada_with_passkey(entrance, device)
    for name, value in twist.items():
        setattr(device, name, value)
    async with entrance.browser() as browser:
        asked = await browser.challenge()
        assert (await browser.answer(device.get(asked))).status_code == 401
        device.origin, device.domain = "https://pages.test", "pages.test"
        assert (await browser.answer(device.get(asked))).status_code == 401, "the challenge was used up"
        assert (await browser.answer(device.get(await browser.challenge()))).status_code == 200
    assert len(await entrance.log("sign_in.failed")) == 2


async def test_a_forged_signature_an_unknown_key_and_no_verification_are_refused_alike(entrance: Entrance) -> None:
    device, stranger = Authenticator(), Authenticator()
    await ada_with_passkey(entrance, device)
    said = []
    async with entrance.browser() as browser:
        forged = json.loads(device.get(await browser.challenge()))
        signature = bytearray(decoded(forged["response"]["signature"]))
        signature[-1] ^= 1
        forged["response"]["signature"] = encoded(bytes(signature))
        said.append(await browser.answer(json.dumps(forged)))
        said.append(await browser.answer(stranger.get(await browser.challenge())))
        stranger.credential_id = device.credential_id
        said.append(await browser.answer(stranger.get(await browser.challenge())))
        said.append(await browser.answer(device.get(await browser.challenge(), flags=PRESENT)))
        assert [each.status_code for each in said] == [401] * 4
        assert len({each.text for each in said}) == 1
        for nonsense in ("", "{}", "[]", "null", '{"id": "x"}', "x" * 20_000, '{"id":"a","rawId":"a","response":{}}'):
            assert (await browser.answer(nonsense)).status_code == 422, nonsense[:20]
    assert len(await entrance.rows("SELECT 1 FROM sessions")) == 1


async def test_a_counter_that_goes_back_is_a_copied_key(entrance: Entrance) -> None:
    device = Authenticator(counts=True)
    await ada_with_passkey(entrance, device)
    async with entrance.browser() as browser:
        assert (await browser.answer(device.get(await browser.challenge()))).status_code == 200
    device._used = 0
    async with entrance.browser() as thief:
        assert (await thief.answer(device.get(await thief.challenge()))).status_code == 401


async def test_the_passkey_of_one_centre_opens_no_other_and_the_answer_does_not_tell(entrance: Entrance) -> None:
    device = Authenticator()
    await ada_with_passkey(entrance, device)
    elsewhere = await an_entrance(entrance.engine)
    async with elsewhere.browser() as browser:
        known = await browser.answer(device.get(await browser.challenge()))
        unknown = await browser.answer(Authenticator().get(await browser.challenge()))
        assert (known.status_code, known.text) == (401, unknown.text)
    assert await elsewhere.rows("SELECT 1 FROM sessions") == []
    await elsewhere.site.hub.close()


async def test_a_passkey_is_added_only_within_half_an_hour_and_never_by_another_session(entrance: Entrance) -> None:
    device = Authenticator()
    async with entrance.browser() as mine, entrance.browser() as anna:
        await mine.sign_in(MEMBERS, ADA)
        await anna.sign_in(SHOPPERS, ANNA)
        options = (await mine.json(f"{PROFILE}/passkeys/options", PROFILE)).json()
        answer = device.create(options)
        other = await anna.json("/en/wallet/profile/passkeys", "/en/wallet/profile", answer)
        assert other.status_code == 422
        entrance.site.clock.advance(LIFETIME)
        assert (await mine.json(f"{PROFILE}/passkeys", PROFILE, answer)).status_code == 422
        entrance.site.clock.advance(FRESH)
        assert (await mine.json(f"{PROFILE}/passkeys/options", PROFILE)).status_code == 403
        assert "sign in again first" in (await mine.get(PROFILE)).text
    assert await entrance.rows("SELECT 1 FROM passkeys") == []


async def test_one_is_kept_once_ten_at_most_and_removed_by_its_owner_alone(entrance: Entrance) -> None:
    device = Authenticator()
    async with entrance.browser() as ada, entrance.browser() as anna:
        await ada.sign_in(MEMBERS, ADA)
        await anna.sign_in(SHOPPERS, ANNA)
        assert (await ada.add_passkey(device)).status_code == 200
        assert (await ada.add_passkey(device)).status_code == 409
        for _ in range(PASSKEYS_MAX - 1):
            assert (await ada.add_passkey(Authenticator())).status_code == 200
        full = await ada.json(f"{PROFILE}/passkeys/options", PROFILE)
        assert full.status_code == 409
        ((passkey_id,),) = await entrance.rows("SELECT id FROM passkeys WHERE credential_id = $1", device.credential_id)
        remove = f"{PROFILE}/passkeys/{show('psk', passkey_id)}/remove"
        assert remove in (await ada.get(PROFILE)).text
        foreign = remove.replace("/en/operator/", "/en/wallet/")
        assert (await anna.submit(foreign, "/en/wallet/profile")).status_code == 404
        assert len(await entrance.rows("SELECT 1 FROM passkeys")) == PASSKEYS_MAX
        assert (await ada.submit(remove, PROFILE)).status_code == 303
        assert len(await entrance.rows("SELECT 1 FROM passkeys")) == PASSKEYS_MAX - 1
    async with entrance.browser() as browser:
        assert (await browser.answer(device.get(await browser.challenge()))).status_code == 401


async def test_who_removed_a_passkey_while_it_answered_is_not_let_in(entrance: Entrance) -> None:
    device = Authenticator()
    await ada_with_passkey(entrance, device)
    async with entrance.browser() as browser:
        answer = device.get(await browser.challenge())
        await entrance.rows("DELETE FROM passkeys RETURNING id")
        assert (await browser.answer(answer)).status_code == 401


@pytest.mark.parametrize(
    ("address", "party"),
    [
        ("https://rewards.example", Party("rewards.example", "https://rewards.example")),
        ("https://rewards.example:8443", Party("rewards.example", "https://rewards.example:8443")),
        ("http://localhost:8000", Party("localhost", "http://localhost:8000")),
        ("http://127.0.0.1:8000", None),
        ("https://[::1]:8000", None),
        ("http://rewards.example", None),
    ],
)
def test_browsers_know_passkeys_under_a_name_and_https(address: str, party: Party | None) -> None:
    assert party_of(address) == party


async def test_where_browsers_know_none_the_pages_say_so(entrance: Entrance) -> None:
    object.__setattr__(entrance.site.app.routes[-1].app._app.state.web.doors, "public_url", "http://127.0.0.1:1")
    async with entrance.browser() as browser:
        assert "data-passkey" not in (await browser.get(f"{MEMBERS}{browser.query}")).text
        signed_in = await browser.sign_in(MEMBERS, ADA)
        assert signed_in.headers["location"] == "/en/operator/overview"
        assert "Browsers make passkeys only at an address with a name and https" in (await browser.get(PROFILE)).text
        assert (await browser.json(f"{PROFILE}/passkeys/options", PROFILE)).status_code == 404
    assert timedelta(0) < LIFETIME
