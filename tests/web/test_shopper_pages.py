"""The shopper's app over HTTP: what its pages say, what its forms do, and that a refusal moves nothing."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from builders import NOW, House, a_purchase, a_shopper
from shopper_site import IBAN, App, a_lending_house, a_plan, a_regular, an_app
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import words

from cashback.db.engine import transaction
from cashback.ids import show
from cashback.notifications.schemas import Notice
from cashback.notifications.service import tell

PAGES = (
    "", "/cash-out", "/offers", "/offers/five-percent", "/offers/books", "/offers/fifth-visit", "/offers/ten-points",
    "/score", "/payments", "/inbox", "/me", "/cards/link", "/claims", "/profile",
)  # fmt: skip


@pytest.fixture(scope="module")
async def lending(engine: AsyncEngine) -> House:
    return await a_lending_house(engine)


@pytest.fixture(scope="module")
async def app(engine: AsyncEngine, lending: House) -> AsyncIterator[App]:
    async with an_app(engine, lending, await a_regular(lending)) as made:
        yield made


def said(answer: httpx.Response) -> str:
    return words(answer.text)


def key_in(answer: httpx.Response) -> str:
    found = re.search(r'name="key" value="([^"]+)"', answer.text)
    assert found is not None
    return found[1]


def way_of(page: httpx.Response, way: str) -> str:
    """The field of one way to be paid."""
    found = re.search(rf'<input type="radio" name="way" value="{way}"[^>]*>', page.text)
    assert found is not None
    return found[0]


async def test_every_page_opens_in_both_languages(app: App) -> None:
    for path in PAGES:
        for language in ("fr", "en"):
            answer = await app.get(path, language)
            assert answer.status_code == 200, (path, answer.text[-500:])
            assert answer.text.count('aria-current="page"') == 1, path


async def test_the_wallet_leads_to_cash_out_and_to_the_score(app: App) -> None:
    page = said(await app.get("", "fr"))
    assert "Virer sur mon compte" in page
    assert "Score shopping" in page


async def test_a_payout_waits_for_its_account_is_taken_back_and_sent_twice_is_one(app: App) -> None:
    added = await app.post("/cash-out/accounts", {"iban": IBAN, "holder": "Camille Exemple"})
    assert added.headers["location"] == "/en/wallet/cash-out?done=account_added#accounts"
    page = await app.get("/cash-out")
    assert "ending in 2606" in said(page)
    (way,) = re.findall(r'name="way" value="(pac_\w+)"', page.text)
    form = {"key": key_in(page), "amount": "6.50", "way": way}
    asked = await app.post("/cash-out", form)
    assert "Nothing has been sent yet" in said(asked)
    assert "around 24 Nov" in said(asked) or "around 25 Nov" in said(asked), said(asked)
    assert await app.rows("SELECT 1 FROM payouts WHERE shopper_id = $1", app.shopper.shopper_id) == []
    form["confirmed"] = "yes"
    assert (await app.post("/cash-out", form)).status_code == 303
    assert (await app.post("/cash-out", form)).status_code == 303
    page = await app.get("/cash-out")
    assert said(page).count("€6.50Waiting") == 1
    assert "the account is new, and waits for your safety" in said(page)
    assert "It goes on by itself on 22 Nov" in said(page)
    assert "checked" in way_of(page, way)
    # The bank's answer as the page finds it; then the payout is as it was, and so are the books.
    (held,) = await app.rows("SELECT reason FROM payouts WHERE shopper_id = $1", app.shopper.shopper_id)
    await app.rows(
        "UPDATE payouts SET state = 'failed', reason = 'AC04' WHERE shopper_id = $1 RETURNING id",
        app.shopper.shopper_id,
    )
    back = await app.get("/cash-out")
    assert "The last payout to this account came back: the account is closed" in said(back)
    assert "checked" not in way_of(back, way)
    await app.rows(
        "UPDATE payouts SET state = 'held', reason = $2 WHERE shopper_id = $1 RETURNING id",
        app.shopper.shopper_id,
        *held,
    )
    (payout,) = re.findall(r"cash-out/(pyt_\w+)/cancel", page.text)
    assert (await app.post(f"/cash-out/{payout}/cancel")).status_code == 303
    again = await app.post(f"/cash-out/{payout}/code")
    assert again.status_code == 409
    assert "Taken back" in said(await app.get("/cash-out"))


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("lots", "Type an amount such as 12.50"),
        ("1.00", "less than the least that is paid out"),
        ("101.00", "more than is paid out in a day"),
        ("99.00", "less than that available"),
    ],
)
async def test_a_refused_payout_says_why_keeps_what_was_typed_and_moves_nothing(app: App, typed: str, why: str) -> None:
    before = await app.rows("SELECT count(*) FROM transfers")
    answer = await app.post("/cash-out", {"key": f"k-{typed}", "amount": typed, "way": "gift_card"})
    assert answer.status_code == 422
    assert why in said(answer)
    assert f'value="{typed}"' in answer.text
    assert await app.rows("SELECT count(*) FROM transfers") == before


async def test_an_account_with_a_typing_error_is_not_kept(app: App) -> None:
    answer = await app.post("/cash-out/accounts", {"iban": IBAN[:-1] + "7", "holder": "C"})
    assert answer.status_code == 422
    assert "This IBAN has a typing error" in said(answer)


async def test_an_offer_says_its_five_facts_with_an_example_and_is_activated_once(app: App) -> None:
    page = said(await app.get("/offers/books"))
    for fact in ("Any amount", "up to €8.00 per purchase", "Librairie du Lac", "No end date", "Activate, then pay"):
        assert fact in page
    assert "A purchase of €60.008% of €60.00: €4.80" in page
    assert "capped at €8.00" in page
    assert "At most once a month" in page
    assert (await app.post("/offers/books/activate")).status_code == 303
    assert "Activated" in said(await app.get("/offers/books"))
    assert "Activate this offer" not in said(await app.get("/offers/books"))
    refused = await app.post("/offers/ten-points/activate")
    assert refused.status_code == 422
    assert "This offer counts by itself" in said(refused)
    assert (await app.get("/offers/nothing")).status_code == 404


async def test_offers_are_narrowed_by_floor_and_by_what_is_under_way(app: App) -> None:
    everything = said(await app.get("/offers"))
    assert "Stamp" in everything
    assert "Fifth visit" not in said(await app.get("/offers?floor=Niveau+1"))
    assert "8% on books" not in said(await app.get("/offers?show=progress"))
    assert "Nothing fits this filter" in said(await app.get("/offers?show=ending"))


async def test_the_score_says_what_counts_and_what_is_not_looked_at(app: App) -> None:
    page = said(await app.get("/score", "fr"))
    assert "sur 1000" in page
    assert "Ce qui le ferait monter" in page
    assert "ne sont pas pris en compte" in page


async def test_a_new_shopper_is_told_what_is_missing(engine: AsyncEngine, lending: House) -> None:
    fresh = await a_shopper(lending, reference="nouvelle", linked=False)
    async with an_app(engine, lending, fresh) as app:
        assert "Not enough purchases yet" in said(await app.get("/score"))
        assert "5.00 is the least that is paid out at once" in said(await app.get("/cash-out"))
        assert "Nothing is due" in said(await app.get("/payments"))
        assert "Nothing yet" in said(await app.get("/inbox"))
        linked = await app.post("/cards/link", {"card": "visa", "purchases": "yes", "programme": "yes"})
        assert linked.headers["location"] == "/en/wallet/me?done=linked"
        page = await app.get("/me")
        assert "I agree that Centre Lac sees my purchases" in said(page)
        assert len(await app.rows("SELECT 1 FROM card_facts WHERE shopper_id = $1", fresh.shopper_id)) == 1
        (card, *_) = re.findall(r"cards/(crd_\w+)/unlink", page.text)
        assert (await app.post(f"/cards/{card}/unlink")).status_code == 303
        assert "No card linked" in said(await app.get("/me"))
        assert (await app.post(f"/cards/{card}/unlink")).status_code == 404


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"card": "visa", "purchases": "yes"}, "Both boxes are needed"),
        ({"purchases": "yes", "programme": "yes"}, "Choose a card first"),
        ({"card": "refused", "purchases": "yes", "programme": "yes"}, "does not take part"),
    ],
)
async def test_a_card_that_is_not_linked_leaves_no_trace(app: App, form: dict[str, str], why: str) -> None:
    before = await app.rows("SELECT (SELECT count(*) FROM cards), (SELECT count(*) FROM audit_log)")
    answer = await app.post("/cards/link", form)
    assert answer.status_code == 422
    assert why in said(answer)
    assert await app.rows("SELECT (SELECT count(*) FROM cards), (SELECT count(*) FROM audit_log)") == before


async def test_a_plan_is_previewed_moved_paused_and_withdrawn_from(app: App) -> None:
    plan = await a_plan(app.shopper)
    here = f"/payments/{plan.ref}"
    assert "14 days left" in said(await app.get(here))
    preview = said(await app.get(f"{here}/move?number=2&day=2026-12-20"))
    assert "was 15 Dec 2026" in preview
    assert "was 15 Dec 2026" not in said(await app.get(here))
    bad = await app.post(f"{here}/move", {"number": "2", "day": "2027-03-01"})
    assert bad.status_code == 422
    assert "Choose another day" in said(bad)
    assert (await app.post(f"{here}/move", {"number": "2", "day": "2026-12-20"})).status_code == 303
    assert "A day was moved" in said(await app.get(here))
    assert (await app.post(f"{here}/pause")).status_code == 303
    again = await app.post(f"{here}/pause")
    assert again.status_code == 409
    assert "once is all" in said(again)
    assert "The sale is undone" in said(await app.get(f"{here}/withdraw"))
    assert (await app.post(f"{here}/withdraw")).status_code == 303
    assert "Withdrawn" in said(await app.get(here))
    unpaid = await app.post(f"{here}/pay")
    assert unpaid.status_code == 409


async def test_a_first_payment_is_confirmed_and_the_rest_paid_early(app: App) -> None:
    plan = await a_plan(app.shopper, 240_00, began=False)
    here = f"/payments/{plan.ref}"
    assert "Pay the first instalment" in said(await app.get(here))
    assert (await app.post(f"{here}/begin")).status_code == 303
    assert "Your bank asks you to confirm €80.00" in said(await app.get(here))
    assert (await app.post(f"{here}/begin")).status_code == 303
    assert "Under way" in said(await app.get(here))
    assert "€160.00" in said(await app.get(f"{here}/pay"))
    assert (await app.post(f"{here}/pay", {"number": "all"})).status_code == 303
    assert "is being paid in the simulation" in said(await app.get(here))
    assert (await app.post(f"{here}/pay", {"number": "all"})).status_code == 409


async def test_a_purchase_is_split_after_an_answer_and_its_sheet(engine: AsyncEngine, lending: House) -> None:
    async with an_app(engine, lending, await a_regular(lending, "fidele")) as app:
        page = await app.get("/payments")
        (purchase, *_) = re.findall(r"payments/split/(pur_\w+)", page.text)
        form = await app.get(f"/payments/split/{purchase}")
        half = await app.post(
            f"/payments/split/{purchase}", {"key": "s0", "of_age": "yes", "country": "FR", "income": "2500"}
        )
        assert half.status_code == 422
        told = {"of_age": "yes", "country": "FR", "income": "2500", "expenses": "900", "instalments": "0"}
        asked = await app.post(f"/payments/split/{purchase}", {"key": key_in(form), **told})
        assert asked.status_code == 303, said(asked)
        decision = asked.headers["location"].removeprefix("/en/wallet")
        answer = await app.get(decision)
        assert answer.status_code == 200
        open_plans = re.findall(r'name="plan" value="(\w+)"', answer.text)
        assert open_plans, said(answer)
        assert "Total you pay" in said(await app.get(f"{decision}/sheet/{open_plans[0]}"))
        assert (await app.get(f"{decision}/sheet/{open_plans[0]}.pdf")).content.startswith(b"%PDF-1.")
        unread = await app.post(f"{decision}/accept", {"plan": open_plans[0], "key": "a1"})
        assert unread.status_code == 422
        assert "Read it first" in said(unread)
        accepted = await app.post(f"{decision}/accept", {"plan": open_plans[0], "key": "a1", "read": "yes"})
        assert accepted.status_code == 303, said(accepted)
        plan = accepted.headers["location"].removeprefix("/en/wallet")
        assert "Sandbox Lender looks at your request" in said(await app.get(plan))
        here = plan.partition("?")[0]
        assert (await app.post(f"{here}/sign", {"read": "yes"})).status_code == 409
        await app.work()
        assert "Sign the contract" in said(await app.get(here))
        assert (await app.post(f"{here}/sign")).status_code == 422
        assert (await app.post(f"{here}/sign", {"read": "yes"})).status_code == 303
        await app.work()
        assert (await app.post(f"{here}/begin")).status_code == 303
        assert (await app.post(f"{here}/begin")).status_code == 303
        page = said(await app.get(here))
        assert "Under way" in page
        assert "Simulation: no credit is granted" in page


async def test_a_refusal_says_why_and_a_person_may_be_asked(engine: AsyncEngine, lending: House) -> None:
    newcomer = await a_shopper(lending, reference="arrivant", linked=False)
    async with an_app(engine, lending, newcomer) as app:
        await app.post("/cards/link", {"card": "cb", "purchases": "yes", "programme": "yes"})
        (card,) = await app.rows("SELECT card_id FROM cards WHERE shopper_id = $1", newcomer.shopper_id)
        newcomer.card_id = card[0]
        bought = await a_purchase(newcomer, minor=120_00)
        form = {"key": "n1", "of_age": "yes", "country": "FR"}
        asked = await app.post(f"/payments/split/{show('pur', bought)}", form)
        assert asked.status_code == 303, said(asked)
        here = asked.headers["location"].removeprefix("/en/wallet")
        page = said(await app.get(here))
        assert "Too little is known of your purchases yet" in page or "Not this time" in page
        assert "Ask for a person to look at it" in page
        assert (await app.post(f"{here}/accept", {"plan": "3x", "key": "n2", "read": "yes"})).status_code == 422
        assert await app.rows("SELECT 1 FROM plans WHERE shopper_id = $1", newcomer.shopper_id) == []
        assert (await app.post(f"{here}/contest", {"words": "Please look again"})).status_code == 303
        assert "Asked for; nobody has answered yet" in said(await app.get(here))


async def test_what_was_told_is_read_and_marked(app: App) -> None:
    async with transaction(app.runtime.engine, app.house.operator_id) as connection:
        notice = Notice(app.shopper.shopper_id, "t:1", "payout_paid", {"asset": "EUR", "amount": 5_00})
        await tell(connection, app.house.operator_id, [notice], NOW)
    page = await app.get("/inbox")
    assert "€5.00 have been paid to you" in said(page)
    assert "tab-badge" in page.text
    assert (await app.post("/inbox/read")).status_code == 303
    assert "tab-badge" not in (await app.get("/inbox")).text


async def test_a_missing_purchase_is_claimed_once(app: App) -> None:
    page = await app.get("/claims")
    day = (NOW - timedelta(days=10)).date().isoformat()
    form = {"key": key_in(page), "shop": "sport-cime", "day": day, "amount": "33.00"}
    picture = {"picture": ("ticket.png", b"\x89PNG\r\n\x1a\n" + b"0" * 100_000, "image/png")}
    assert (await app.post("/claims", form, files=picture)).status_code == 303
    assert "Waits for an answer" in said(await app.get("/claims"))
    again = await app.post("/claims", {**form, "key": "another"})
    assert again.status_code == 422
    assert "claimed this purchase before" in said(again)
    text = await app.post("/claims", {**form, "key": "t", "amount": "12.00"}, files={"picture": ("a.txt", b"hello")})
    assert "no JPEG, PNG, WEBP or PDF" in said(text)
    assert len(await app.rows("SELECT 1 FROM claims WHERE shopper_id = $1", app.shopper.shopper_id)) == 1


async def test_everything_that_is_kept_comes_as_one_file(app: App) -> None:
    answer = await app.post("/me/export")
    assert answer.headers["content-disposition"].startswith('attachment; filename="my-data-2026-')
    assert {"shopper", "purchases", "movements", "notices"} <= answer.json().keys()


async def test_nothing_of_another_shopper_is_seen_or_moved(engine: AsyncEngine, app: App) -> None:
    plan = await a_plan(app.shopper)
    other = await a_shopper(app.house, reference="autre")
    bought = await a_purchase(app.shopper, minor=99_00)
    async with an_app(engine, app.house, other) as stranger:
        for path in (f"/payments/{plan.ref}", f"/payments/{plan.ref}/pay", f"/payments/split/{show('pur', bought)}"):
            assert (await stranger.get(path)).status_code == 404, path
        for path in ("pause", "withdraw", "pay", "sign", "begin"):
            assert (await stranger.post(f"/payments/{plan.ref}/{path}", {"read": "yes"})).status_code == 404, path
        assert (await stranger.post(f"/cards/{show('crd', app.shopper.card_id)}/unlink")).status_code == 404
        foreign = await stranger.browser.post("/en/wallet/inbox/read", data={"csrf": "x"})
        assert foreign.status_code == 403
