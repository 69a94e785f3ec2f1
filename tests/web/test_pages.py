"""What the pages say and to whom, asked over HTTP without a browser."""

import re
from datetime import timedelta

import pytest
from builders import NOW, a_house, a_purchase, a_shopper, converted, post
from centre_lac import FIVE_PERCENT
from sqlalchemy.ext.asyncio import AsyncEngine
from story import FIRST, Story
from web_site import SIGNER, Site, a_site, csrf_in, entry_of_operator, entry_of_shopper, words

from cashback.auth.sessions import Role, cookie_name
from cashback.db.engine import transaction
from cashback.ids import show
from cashback.notifications.schemas import Notice
from cashback.notifications.service import tell
from cashback.web.security import CONTENT_SECURITY_POLICY

OWN_FORM = {"origin": "http://pages.test"}


async def test_the_wallet_in_french(site: Site, story: Story) -> None:
    async with site.shopper(story.camille) as browser:
        answer = await browser.get("/fr/wallet")
    said = words(answer.text)
    assert answer.status_code == 200
    assert answer.headers["content-language"] == "fr"
    assert '<html lang="fr">' in answer.text
    assert "Disponible 17,80 €" in said
    assert "En attente 6,25 € dont 2,00 € le 27 nov." in said
    assert "50 sur 100 points" in said
    assert "Encore 50 pour 10,00 €" in said
    assert "Déjà convertis100 points → 10,00 €" in said
    assert "Taux du 12 nov. : 5 %" in said
    assert "24,00 € ont été remboursés : 40,00 € comptent" in said
    assert "Achat minimum de 30,00 € : vous avez dépensé 18,50 €" in said


async def test_the_wallet_in_english(site: Site, story: Story) -> None:
    async with site.shopper(story.camille) as browser:
        answer = await browser.get("/en/wallet")
    said = words(answer.text)
    assert '<html lang="en">' in answer.text
    assert "Available €17.80" in said
    assert "Pending €6.25 €2.00 of it on 27 Nov" in said
    assert "50 of 100 points" in said
    assert "50 more for €10.00" in said
    assert "Rate on 12 Nov: 5%" in said
    assert "Minimum spend €30.00: you spent €18.50" in said


async def test_what_the_shopper_was_told_and_what_is_on_its_way_stand_in_the_wallet(
    engine: AsyncEngine, site: Site
) -> None:
    shopper = await a_shopper(await a_house(engine))
    async with site.shopper(shopper) as browser:
        first = await browser.get("/en/wallet")
        seen = re.search(r"seen=([0-9a-f-]+)", first.text)
        assert seen is not None
        assert "Messages" not in words(first.text)
        async with transaction(engine, shopper.house.operator_id) as connection:
            await post(connection, shopper, "funder:operator", "shopper:in_transit", "EUR", 12_00)
            params = {"asset": "EUR", "amount": 5_00}
            notice = Notice(shopper.shopper_id, "adjustment:1", "adjustment_posted", params)
            await tell(connection, shopper.house.operator_id, [notice], NOW)
        english = words((await browser.get(f"/en/wallet?seen={seen[1]}")).text)
        french = words((await browser.get("/fr/wallet")).text)
    assert "On its way to you €12.00" in english
    assert "Messages €5.00 were added to your wallet by the centre's team21 Nov" in english
    assert "Messages 5,00 € ont été ajoutés à votre cagnotte par l'équipe du centre21 nov." in french


async def test_pending_is_never_part_of_available(site: Site, story: Story) -> None:
    async with site.shopper(story.camille) as browser:
        said = words((await browser.get("/en/wallet")).text)
    assert "€24.05" not in said


async def test_a_negative_balance_is_explained(site: Site, story: Story) -> None:
    async with site.shopper(story.noah) as browser:
        said = words((await browser.get("/en/wallet")).text)
    assert "−€3.20" in said
    assert "€3.20 will be taken from your next rewards" in said


async def test_empty_states_teach_the_next_step(site: Site, story: Story) -> None:
    async with site.shopper(story.lea) as browser:
        said = words((await browser.get("/fr/wallet")).text)
    assert "Aucune carte reliée" in said
    assert "Pas encore d’achat" in said
    assert "au plus tard sous 72 heures" in said


async def test_older_purchases_are_on_the_next_page_and_none_twice(site: Site, story: Story) -> None:
    async with site.shopper(story.camille) as browser:
        first = (await browser.get("/fr/wallet")).text
        older = re.search(r'href="(/fr/wallet\?before=[^"#]+)', first)
        assert older is not None
        second = (await browser.get(older[1])).text
    ids = [re.findall(r'<li class="purchase" id="(pur_\w+)"', page) for page in (first, second)]
    assert [len(each) for each in ids] == [20, 3]
    assert not set(ids[0]) & set(ids[1])
    assert "pager-next" not in second
    assert "hx-trigger" not in second


async def test_a_wallet_that_did_not_change_answers_204_to_its_poll(site: Site, story: Story) -> None:
    async with site.shopper(story.camille) as browser:
        page = (await browser.get("/fr/wallet")).text
        poll = re.search(r'hx-get="([^"]+)"', page)
        assert poll is not None
        same = await browser.get(poll[1], headers={"HX-Request": "true"})
        other = await browser.get("/fr/wallet?seen=0-0-0", headers={"HX-Request": "true"})
    assert (same.status_code, same.content) == (204, b"")
    assert other.status_code == 200
    assert other.text.lstrip().startswith('<div id="wallet"')
    assert "<html" not in other.text


async def test_the_page_and_the_fragment_of_a_purchase_say_the_same(site: Site, story: Story) -> None:
    address = f"/en/wallet/purchases/{show('pur', story.why_nothing)}"
    async with site.shopper(story.camille) as browser:
        page = await browser.get(address)
        fragment = await browser.get(address, headers={"HX-Request": "true"})
    assert "<html" in page.text
    told, alone = words(fragment.text).strip(), "Open on its own page"
    assert told.endswith(alone)
    assert told.removesuffix(alone).strip() in words(page.text)
    assert alone not in words(page.text)
    assert "Minimum spend €30.00: you spent €18.50" in told


async def test_what_a_reward_would_have_been_is_not_promised(site: Site, story: Story) -> None:
    address = f"/en/wallet/purchases/{show('pur', story.why_nothing)}"
    async with site.shopper(story.camille) as browser:
        assert "€0.93" not in words((await browser.get(address)).text)


async def test_a_shop_named_like_a_script_is_text(engine: AsyncEngine, site: Site) -> None:
    evil = "<script>alert(1)</script>"
    house = await a_house(engine, shop_names={"sport-cime": evil}, name=evil, created_at=FIRST)
    shopper = await a_shopper(house, reference=f'"><img src=x>{evil}')
    purchase_id = await a_purchase(shopper, shop="sport-cime", descriptor=f"'><svg onload=x>{evil}")
    async with site.shopper(shopper) as browser:
        wallet = (await browser.get("/fr/wallet")).text
    async with site.operator(house) as browser:
        live = (await browser.get("/fr/operator/live")).text
        trace = (await browser.get(f"/fr/operator/purchases/{show('pur', purchase_id)}")).text
    start = (await site.client().get("/fr")).text
    for page in (wallet, live, trace, start):
        assert "<script>alert" not in page
        assert "<svg onload" not in page
        assert "<img src=x>" not in page
        assert "&lt;script&gt;alert(1)" in page


async def test_lost_to_a_better_offer_names_it(engine: AsyncEngine, site: Site) -> None:
    ten_percent = FIVE_PERCENT | {
        "name": {"en": "10% on Mondays", "fr": "10 % le lundi"},
        "reward": {"kind": "percent", "asset": "EUR", "rate_bps": 1000},
    }
    house = await a_house(engine, offered={"five": FIVE_PERCENT, "ten": ten_percent})
    shopper = await a_shopper(house)
    purchase_id = await a_purchase(shopper, minor=50_00)
    async with site.shopper(shopper) as browser:
        said = words((await browser.get(f"/en/wallet/purchases/{show('pur', purchase_id)}")).text)
    assert "10% of €50.00: €5.00" in said
    assert "Another offer gave more: 10% on Mondays, €5.00" in said


async def test_the_limit_of_a_year_is_told(engine: AsyncEngine, site: Site) -> None:
    house = await a_house(engine, yearly_limit=1)
    shopper = await a_shopper(house)
    for day in range(30, 42):
        await a_purchase(shopper, at=NOW - timedelta(days=day))
    await converted(shopper)
    async with site.shopper(shopper) as browser:
        said = words((await browser.get("/en/wallet")).text)
    assert "1 of 1 this year" in said
    assert "You reached this year’s limit of 1" in said


# -- who may see what


async def test_every_page_asks_for_a_session(site: Site, story: Story) -> None:
    purchase = show("pur", story.why_nothing)
    for path in ("wallet", f"wallet/purchases/{purchase}", "operator/live", f"operator/purchases/{purchase}"):
        answer = await site.client().get(f"/fr/{path}")
        assert answer.status_code == 401, path
        assert "Votre session est terminée" in answer.text


async def test_roles_do_not_mix(site: Site, story: Story) -> None:
    async with site.shopper(story.camille) as browser:
        for path in ("operator/live", "operator/live/stream?heard=0", "operator/live/rows?heard=0"):
            answer = await browser.get(f"/en/{path}")
            assert answer.status_code == 403, path
            assert "This page is not for you" in answer.text
    async with site.operator(story.house) as browser:
        assert (await browser.get("/en/wallet")).status_code == 403


async def test_a_shopper_never_sees_anothers_purchase(site: Site, story: Story) -> None:
    async with site.shopper(story.noah) as browser:
        for headers in ({}, {"HX-Request": "true"}):
            address = f"/en/wallet/purchases/{show('pur', story.why_nothing)}"
            answer = await browser.get(address, headers=headers)
            assert answer.status_code == 404
            assert "Atelier" not in answer.text
            assert "There is nothing here" in answer.text


async def test_an_operator_never_sees_another_operators_purchase(engine: AsyncEngine, site: Site, story: Story) -> None:
    other = await a_house(engine, name="Centre Nord")
    async with site.operator(other) as browser:
        assert (await browser.get(f"/en/operator/purchases/{show('pur', story.why_nothing)}")).status_code == 404
        said = words((await browser.get("/en/operator/live")).text)
    assert "No purchase yet" in said
    assert "Atelier Coton" not in said


async def test_a_link_of_another_key_or_an_old_one_opens_nothing(site: Site, story: Story) -> None:
    old = SIGNER.entry_token(
        role=Role.SHOPPER,
        operator_id=story.house.operator_id,
        shopper_id=story.camille.shopper_id,
        now=NOW - timedelta(minutes=10),
    )
    for token in (old, entry_of_shopper(story.camille) + "x", "", "é"):
        answer = await site.client().get("/enter", params={"t": token})
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers


async def test_the_cookie_is_out_of_reach_of_scripts_and_bound_to_https(engine: AsyncEngine, story: Story) -> None:
    secure = a_site(engine, demo=False, secure=True)
    answer = await secure.client().get("/enter", params={"t": entry_of_shopper(story.camille), "l": "en"})
    cookie = answer.headers["set-cookie"].lower()
    assert answer.headers["location"] == "/en/wallet"
    assert cookie.startswith("__host-shopper-cashback=")
    assert "; secure" in cookie
    assert "; httponly" in cookie
    assert "; samesite=lax" in cookie
    assert "; path=/" in cookie
    assert "domain" not in cookie
    assert answer.headers["strict-transport-security"].startswith("max-age=")


async def test_leaving_needs_a_form_of_our_own(site: Site, story: Story) -> None:
    async with site.shopper(story.camille) as browser:
        form = {"csrf": csrf_in((await browser.get("/fr/wallet")).text)}
        foreign = await browser.post("/leave?role=shopper", headers={"sec-fetch-site": "cross-site"}, data=form)
        assert foreign.status_code == 403
        for asked in ("", "?role=", "?role=admin", "?role=operator"):
            unclear = await browser.post(f"/leave{asked}", headers=OWN_FORM, data=form)
            assert (unclear.status_code, "set-cookie" in unclear.headers) == (401, False)
        assert (await browser.get("/fr/wallet")).status_code == 200
        left = await browser.post("/leave?role=shopper", headers=OWN_FORM, data=form)
        assert left.status_code == 303
        assert (await browser.get("/fr/wallet")).status_code == 401


async def test_wallet_and_console_are_open_side_by_side_and_left_one_by_one(site: Site, story: Story) -> None:
    pages = {"shopper": "/en/wallet", "operator": "/en/operator/live"}
    for left, stays in (("shopper", "operator"), ("operator", "shopper")):
        async with site.shopper(story.camille) as browser:
            await browser.get("/enter", params={"t": entry_of_operator(story.house)})
            for role, path in pages.items():
                page = await browser.get(path)
                assert page.status_code == 200
                assert re.findall(r'action="(/leave[^"]*)"', page.text) == [f"/leave?role={role}"]
            assert "/leave" not in (await browser.get("/en")).text
            form = {"csrf": csrf_in((await browser.get(pages[left])).text)}
            await browser.post(f"/leave?role={left}", headers=OWN_FORM, data=form)
            assert (await browser.get(pages[left])).status_code == 403
            assert (await browser.get(pages[stays])).status_code == 200


async def test_a_link_of_the_demonstrations_own_page_changes_who_looks_without_asking(site: Site, story: Story) -> None:
    async with site.shopper(story.camille) as browser:
        link = {"t": entry_of_shopper(story.noah)}
        assert (await browser.get("/enter", params=link, headers={"sec-fetch-site": "cross-site"})).status_code == 200
        await browser.get("/enter", params=link, headers={"sec-fetch-site": "same-origin"})
        assert "−€3.20" in words((await browser.get("/en/wallet")).text)
        assert len(browser.cookies) == 1


async def test_a_session_in_the_cookie_of_another_role_opens_nothing(site: Site, story: Story) -> None:
    async with site.shopper(story.camille) as browser:
        shopper = browser.cookies[cookie_name(role=Role.SHOPPER, secure=False)]
    async with site.operator(story.house) as browser:
        operator = browser.cookies[cookie_name(role=Role.OPERATOR, secure=False)]
    for role, token in ((Role.OPERATOR, shopper), (Role.SHOPPER, operator)):
        async with site.client() as browser:
            browser.cookies.set(cookie_name(role=role, secure=False), token)
            for path in ("operator/live", "operator/live/stream?heard=0", "operator/live/rows?heard=0", "wallet"):
                assert (await browser.get(f"/en/{path}")).status_code == 401, (role, path)


async def test_an_ended_session_asks_for_a_new_link_even_beside_another_role(site: Site, story: Story) -> None:
    async with site.operator(story.house) as browser:
        ended = browser.cookies[cookie_name(role=Role.OPERATOR, secure=False)]
        form = {"csrf": csrf_in((await browser.get("/en/operator/live")).text)}
        await browser.post("/leave?role=operator", headers=OWN_FORM, data=form)
    async with site.shopper(story.camille) as browser:
        browser.cookies.set(cookie_name(role=Role.OPERATOR, secure=False), ended)
        assert (await browser.get("/en/operator/live")).status_code == 401
        assert (await browser.get("/en/wallet")).status_code == 200


async def test_role_links_exist_in_demo_mode_only(engine: AsyncEngine, site: Site, story: Story) -> None:
    demo = (await site.client().get("/", headers={"accept-language": "en"})).text
    assert "/enter?t=" in demo
    assert "Centre Lac" in demo
    live = a_site(engine, demo=False)
    closed = await live.client().get("/", headers={"accept-language": "en"})
    assert closed.status_code == 200
    assert "/enter" not in closed.text
    assert "Centre Lac" not in closed.text
    assert "Open your wallet from your centre" in closed.text


# -- headers and errors


async def test_every_answer_carries_the_strict_policy(site: Site, story: Story) -> None:
    async with site.shopper(story.camille) as browser:
        answers = [await browser.get(path) for path in ("/fr/wallet", "/nowhere", "/static/app.css", "/")]
    for answer in answers:
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answers[0].headers["cache-control"] == "no-store"
    assert "unsafe" not in CONTENT_SECURITY_POLICY


async def test_a_surprise_is_a_page_with_a_reference_and_the_headers(
    engine: AsyncEngine, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = a_site(engine)

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    async with site.shopper(story.camille) as browser:
        monkeypatch.setattr("cashback.web.shopper.wallet.read_wallet", broken)
        answer = await browser.get("/en/wallet")
    assert answer.status_code == 500
    assert "No money moved" in answer.text
    assert re.search(r"Reference [0-9a-f]{8}", answer.text)
    assert "secret detail" not in answer.text
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


async def test_errors_answer_htmx_with_a_fragment_and_programs_with_a_problem(site: Site) -> None:
    fragment = await site.client().get("/fr/wallet", headers={"HX-Request": "true"})
    assert fragment.status_code == 401
    assert "<html" not in fragment.text
    assert 'role="alert"' in fragment.text
    problem = await site.client().get("/v1/nothing")
    assert problem.status_code == 404
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["status"] == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/fr/wallet?before=nonsense", 422),
        ("/fr/wallet?before=99999999999999999999999.pur_00000000000000000000000000", 422),
        ("/fr/wallet/purchases/shp_00000000000000000000000000", 422),
        ("/fr/wallet/purchases/pur_00000000000000000000000000", 404),
        ("/de/wallet", 404),
        ("/fr/nothing", 404),
        ("/static/../app.py", 404),
        ("/static/nothing.css", 404),
    ],
)
async def test_addresses_that_are_not_ours(site: Site, story: Story, path: str, status: int) -> None:
    async with site.shopper(story.camille) as browser:
        assert (await browser.get(path)).status_code == status


async def test_files_with_a_fingerprint_are_kept_for_ever(site: Site) -> None:
    start = (await site.client().get("/fr")).text
    address = re.search(r'href="(/static/app\.css\?v=\w+)"', start)
    assert address is not None
    async with site.client() as browser:
        kept = await browser.get(address[1], headers={"accept-encoding": "gzip"})
        plain = await browser.get("/static/app.css", headers={"accept-encoding": "identity"})
        same = await browser.get(address[1], headers={"if-none-match": kept.headers["etag"]})
    assert "immutable" in kept.headers["cache-control"]
    assert "immutable" not in plain.headers["cache-control"]
    assert kept.headers["content-encoding"] == "gzip"
    assert kept.text == plain.text
    assert (same.status_code, same.content) == (304, b"")
