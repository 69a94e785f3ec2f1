"""What strangers stumbled over in the shopper's app: each page says before what it will do, and after what it did."""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import httpx
import pytest
from builders import NOW, House, a_purchase, a_shopper
from shopper_site import IBAN, App, a_lending_house, a_plan, a_regular, an_app
from sqlalchemy.ext.asyncio import AsyncEngine
from web_site import words

from cashback.audit import audit
from cashback.db.engine import transaction
from cashback.ids import show
from cashback.instalments.easing import days_open
from cashback.settlement.schemas import Seller
from cashback.settlement.storage import put_seller
from cashback.web.shopper import answers, inbox

MEANS = {"of_age": "yes", "country": "FR", "income": "2500", "expenses": "900", "instalments": "0"}
EMPTY = {"of_age": "yes", "country": "FR", "income": "", "expenses": "", "instalments": ""}
BY_HAND = {
    "a year holds what its rewards made available",
    "the reward posted equals the entitlement",
}
HTMX = {"hx-request": "true"}


@pytest.fixture(scope="module")
async def lending(engine: AsyncEngine) -> House:
    return await a_lending_house(engine)


@pytest.fixture(scope="module")
async def app(engine: AsyncEngine, lending: House) -> AsyncIterator[App]:
    shopper = await a_regular(lending, "lectrice", last_four="9280", scheme="mastercard")
    async with an_app(engine, lending, shopper) as made:
        yield made


def said(answer: httpx.Response) -> str:
    return words(answer.text)


async def purchase_of(app: App) -> str:
    (found, *_) = re.findall(r"payments/split/(pur_\w+)", (await app.get("/payments")).text)
    return str(found)


async def answered(app: App, key: str, told: Mapping[str, str] = MEANS) -> str:
    asked = await app.post(f"/payments/split/{await purchase_of(app)}", {"key": key, **told})
    assert asked.status_code == 303, said(asked)
    return asked.headers["location"].removeprefix("/en/wallet")


async def accepted(app: App, key: str) -> str:
    decision = await answered(app, key)
    page = await app.get(decision)
    plan = re.findall(r'name="plan" value="(\w+)"', page.text)[0]
    opened = await app.post(f"{decision}/accept", {"plan": plan, "key": key, "read": "yes"})
    assert opened.status_code == 303, said(opened)
    return opened.headers["location"].removeprefix("/en/wallet").partition("?")[0]


async def test_a_declaration_stands_until_another_one_is_made(app: App) -> None:
    decision = await answered(app, "m1")
    declared = "SELECT declared_at FROM declared_means WHERE shopper_id = $1"
    before = await app.rows(declared, app.shopper.shopper_id)
    form = said(await app.get(f"/payments/split/{await purchase_of(app)}"))
    assert "you declared €2,500.00 earned, €900.00 spent and €0.00 of instalments elsewhere" in form
    assert form.count("€ a month") == 3
    assert await answered(app, "m2", EMPTY) != decision
    assert await app.rows(declared, app.shopper.shopper_id) == before
    moved = await app.post(f"/payments/split/{await purchase_of(app)}", {"key": "m3", **EMPTY, "country": "BE"})
    assert moved.status_code == 422
    assert "give the three amounts again" in said(moved)
    assert await app.rows(declared, app.shopper.shopper_id) == before


async def test_before_accepting_the_card_the_money_and_the_law_are_told(app: App) -> None:
    page = said(await app.get(await answered(app, "b1", EMPTY)))
    assert "It is charged to Mastercard" in page
    assert "9280" in page
    assert "You have paid Maison Lumière already: a real lender would now pay €220.00 to you" in page
    assert "A credit: you can withdraw for 14 days" in page
    assert "Nothing is charged before" in page


async def test_a_contract_is_read_signed_once_and_the_plan_withdrawn_from(app: App) -> None:
    bought = await purchase_of(app)
    here = await accepted(app, "c1")
    await a_purchase(app.shopper, minor=160_00)
    page = await app.get(here)
    assert "Sandbox Lender looks at your request" in said(page)
    assert (await app.get(f"{here}/contract")).status_code == 404
    await app.work()
    offered = await app.get(here)
    assert f'{here}/contract"' in offered.text
    contract = await app.get(f"{here}/contract", "fr")
    assert contract.content.startswith(b"%PDF-1.")
    assert (await app.post(f"{here}/sign", {"read": "yes"})).status_code == 303
    signed = await app.get(here)
    assert "You have signed" in said(signed)
    assert "Sign the contract" not in said(signed)
    (again,) = re.findall(rf'hx-get="/en/wallet({here}\?seen=[^"]+)"', signed.text)
    assert (await app.browser.get(f"/en/wallet{again}", headers=HTMX)).status_code == 204
    await app.work()
    fragment = await app.browser.get(f"/en/wallet{again}", headers=HTMX)
    assert fragment.status_code == 200
    assert "<html" not in fragment.text
    assert "Pay the first instalment" in said(fragment)
    await app.post(f"{here}/begin")
    assert "It is taken from Mastercard" in said(await app.get(here))
    await app.post(f"{here}/begin")
    begun = said(await app.get(here))
    assert "Under way" in begun
    assert "First instalment paid:" in begun
    assert "paid on" in begun
    assert here in (await app.get(f"/purchases/{bought}")).text
    assert "One payment in instalments a day" in said(await app.get("/payments"))
    preview = said(await app.get(f"{here}/withdraw"))
    for told in (
        "back to Sandbox Lender, by",
        "charged by itself",
        "is not asked for again",
        "you keep what you bought",
    ):
        assert told in preview, told
    assert (await app.post(f"{here}/withdraw")).status_code == 303
    over = said(await app.get(here))
    assert "Withdrawn, to be paid back" in over
    assert "are to be paid back by" in over
    assert "Move a day" not in over
    home = said(await app.get(""))
    assert "Pay what is left" in home
    assert "Pay or move it" not in home
    await audited(app)


async def test_paying_ahead_is_one_sentence_and_a_bank_that_asks_is_shown_at_once(app: App) -> None:
    plan = await a_plan(app.shopper, 240_00, began=False)
    here = f"/payments/{plan.ref}"
    await app.post(f"{here}/begin")
    await app.post(f"{here}/begin")
    preview = said(await app.get(f"{here}/pay"))
    assert "Your bank may ask you to confirm" in preview
    assert "no card is charged" in preview
    paid = await app.post(f"{here}/pay", {"number": "2"})
    page = await app.get(paid.headers["location"].removeprefix("/en/wallet"))
    assert said(page).count("Simulation") == 1
    assert "within seconds" not in said(page)
    assert 'hx-trigger="every 2s"' in page.text
    await app.work()
    done = await app.get(here)
    assert "Your bank asks you to confirm €80.00" in said(done)
    await app.post(f"{here}/begin")
    done = await app.get(here)
    assert "Paid: €80.00" in said(done)
    assert 'hx-trigger="every 2s"' not in done.text
    await audited(app)


async def test_a_plan_is_refused_before_anything_was_paid(engine: AsyncEngine, lending: House) -> None:
    async with an_app(engine, lending, await a_regular(lending, "prudente")) as app:
        here = await accepted(app, "r1")
        await app.work()
        assert "I do not want this plan" in said(await app.get(here))
        assert "Nothing was charged, you owe nothing" in said(await app.get(f"{here}/withdraw"))
        refused = await app.post(f"{here}/withdraw")
        assert refused.headers["location"].endswith("?done=refuse")
        page = said(await app.get(here))
        assert "It never began: nothing is owed" in page
        assert "Withdraw" not in page.replace("withdraw", "")
        assert await app.rows("SELECT 1 FROM collections WHERE shopper_id = $1", app.shopper.shopper_id) == []
        await audited(app)


async def test_a_consent_says_for_which_card_and_when_it_was_taken_back(engine: AsyncEngine, lending: House) -> None:
    fresh = await a_shopper(lending, reference="consentante", linked=False)
    async with an_app(engine, lending, fresh) as app:
        await app.post("/cards/link", {"card": "visa", "purchases": "yes", "programme": "yes"})
        given = said(await app.get("/me", "fr"))
        assert "J’accepte que Centre Lac voie mes achats" in given
        assert given.count("4242 · Donné le 21 nov.") == 2
        assert "retiré le" not in given
        (card, *_) = re.findall(r"cards/(crd_\w+)/unlink", (await app.get("/me")).text)
        assert (await app.post(f"/cards/{card}/unlink")).status_code == 303
        page = await app.get("/me")
        assert said(page).count("withdrawn on 21 Nov") == 2
        assert "/unlink" not in page.text


async def test_an_answer_that_is_contested_stays_within_reach(app: App) -> None:
    bought = await a_purchase(app.shopper, minor=900_00, at=NOW - timedelta(hours=5))
    asked = await app.post(f"/payments/split/{show('pur', bought)}", {"key": "q1", **MEANS})
    here = asked.headers["location"].removeprefix("/en/wallet")
    assert (await app.post(f"{here}/contest", {"words": "My rent fell in May"})).status_code == 303
    assert "You wrote: My rent fell in May" in said(await app.get(here))
    payments = await app.get("/payments")
    assert here in payments.text
    assert "a person looks at it again" in said(payments)
    assert here in (await app.get("/score")).text
    assert "You asked that a person look again at €900.00 in instalments" in said(await app.get("/inbox"))


async def test_the_file_of_what_is_kept_has_plans_answers_declarations_and_own_words(app: App) -> None:
    kept = (await app.post("/me/export")).json()
    assert {
        "plans",
        "instalments",
        "plan_moves",
        "cards_charged",
        "payout_accounts",
        "consents",
        "score",
    } <= kept.keys()
    assert kept["declarations"][0]["income_minor"] == 2_500_00
    (review,) = [each for each in kept["reviews"] if each["words"]]
    assert review["words"] == "My rent fell in May"
    contested = next(each for each in kept["answers"] if each["id"] == review["decision"])
    assert contested["record"]["application"]["purchase"]["amount_minor"] == 900_00
    assert {"last_four", "scheme"} <= kept["cards_charged"][0].keys()
    assert "sealed" not in str(kept)


async def test_a_gift_that_is_sold_out_cannot_be_chosen_and_the_bank_comes_first(app: App) -> None:
    page = await app.get("/cash-out")
    assert 'name="way"' not in page.text
    assert "Gift card: Sold out" in said(page)
    assert "before 24 hours have passed" in said(page)
    await app.post("/cash-out/accounts", {"iban": IBAN, "holder": "Camille Exemple"})
    page = await app.get("/cash-out")
    (chosen,) = re.findall(r'name="way" value="(\w+)" required checked', page.text)
    assert chosen.startswith("pac_")
    assert 'value="gift_card" required disabled' in page.text
    assert "There around 25 Nov 2026" in said(page), said(page)


async def test_a_message_leads_to_its_plan_and_is_read_once_it_was_opened(app: App) -> None:
    plan = await a_plan(app.shopper, 120_00)
    ((key,),) = await app.rows("SELECT key FROM notices WHERE key LIKE $1", f"plan:{plan.id.hex}%")
    page = await app.get("/inbox")
    (opened,) = re.findall(rf"/inbox/open\?key=(plan%3A{plan.id.hex}[^\"]+)", page.text)
    answer = await app.get(f"/inbox/open?key={opened}")
    assert answer.headers["location"] == f"/en/wallet/payments/{plan.ref}"
    unread = "SELECT 1 FROM notices WHERE key = $1 AND read_at IS NULL"
    assert await app.rows(unread, key) == []
    assert (await app.get("/inbox/open?key=nothing")).status_code == 404


async def test_the_rules_stand_in_plain_words_and_are_read_before_a_card_is_linked(app: App) -> None:
    assert "/en/wallet/terms" in (await app.get("/cards/link")).text
    for language, told in (("en", "Your card is never charged for it"), ("fr", "Votre carte n’est jamais débitée")):
        page = await app.get("/terms", language)
        assert page.status_code == 200
        assert told in said(page)
    assert "/en/wallet/offers/books" in (await app.get("/terms")).text
    assert "The welcome desk of Centre Lac" in said(await app.get("/terms"))


async def broken(app: App) -> set[str]:
    async with transaction(app.runtime.engine, app.house.operator_id) as connection:
        report = await audit(connection, app.house.operator_id, app.runtime.clock.now())
    return {each.invariant for each in report.breaches}


async def audited(app: App) -> None:
    """The purchases of this house were written by hand, beside the road: nothing else is out of order."""
    assert await broken(app) <= BY_HAND


async def test_every_mistake_of_a_form_is_named_above_it_and_at_its_field(app: App) -> None:
    before = await app.rows("SELECT (SELECT count(*) FROM claims), (SELECT count(*) FROM payouts)")
    bought = await a_purchase(app.shopper, minor=210_00, at=NOW - timedelta(hours=7))
    await app.post("/cash-out/accounts", {"iban": IBAN, "holder": "Camille Exemple"})
    form = {"key": "w1", "shop": "nowhere", "day": "2027-01-01", "amount": "much", "last_four": "12"}
    for path, told, fields in (
        ("/claims", form, ("shop", "day", "amount", "last_four")),
        ("/cash-out", {"key": "w2", "amount": "much"}, ("amount", "way")),
        ("/cash-out/accounts", {"iban": "FR00"}, ("iban", "holder")),
        ("/cards/link", {"programme": "yes"}, ("card", "purchases")),
        (f"/payments/split/{show('pur', bought)}", {"key": "w3", "income": "x"}, ("of_age", "country", "expenses")),
    ):
        answer = await app.post(path, told)
        assert answer.status_code == 422, path
        for name in fields:
            assert f'href="#field-{name}"' in answer.text, (path, name)
            assert f'id="field-{name}" aria-invalid="true"' in answer.text, (path, name)
            assert f'id="wrong-{name}"' in answer.text, (path, name)
        assert re.search(r"\d things to mend", said(answer)), path
    assert await app.rows("SELECT (SELECT count(*) FROM claims), (SELECT count(*) FROM payouts)") == before


async def test_the_days_to_which_an_instalment_moves_are_named_before_one_is_chosen(app: App) -> None:
    plan = await a_plan(app.shopper, 90_00)
    page = await app.get(f"/payments/{plan.ref}/move")
    second = plan.numbered(2).due_on
    days = days_open(plan, NOW.date())
    assert days[2] == (second - timedelta(days=14), second + timedelta(days=14))
    assert days[3][1] < plan.numbered(3).due_on + timedelta(days=14), "the law of this plan ends before"
    for first, last in days.values():
        assert f"from {first.day} {first:%b %Y} to {last.day} {last:%b %Y}" in said(page)
    assert f'min="{days[2][0]}" max="{days[3][1]}"' in page.text
    one = await app.get(f"/payments/{plan.ref}/move?number=2&day={second + timedelta(days=3)}")
    assert f'max="{second + timedelta(days=14)}"' in one.text
    await app.post(f"/payments/{plan.ref}/move", {"number": "2", "day": str(second + timedelta(days=14))})
    assert "No instalment can be moved" in said(await app.get(f"/payments/{plan.ref}/move"))


async def test_a_claim_says_when_it_is_answered_and_is_cancelled_and_made_again(app: App) -> None:
    jpeg = b"\xff\xd8\xff" + b"receipt of the third"
    form = {"shop": "librairie-du-lac", "day": "2026-11-19", "amount": "31,40"}
    sent = {"files": {"picture": ("receipt.jpg", jpeg, "image/jpeg")}}
    assert (await app.post("/claims", form | {"key": "x1"}, **sent)).status_code == 303
    page = await app.get("/claims")
    assert "from 4 days after the purchase" in said(page)
    assert "A person looks at it from 23 Nov 2026" in said(page)
    again = await app.post("/claims", form | {"key": "x2", "amount": "31,41"}, **sent)
    assert "picture" in said(again)
    assert again.status_code == 422
    (claim,) = re.findall(r"claims/(clm_\w+)/cancel", page.text)
    assert (await app.post(f"/claims/{claim}/cancel")).status_code == 303
    assert "Cancelled" in said(await app.get("/claims"))
    late = await app.post(f"/claims/{claim}/cancel")
    assert late.status_code == 409
    assert "answered meanwhile" in said(late)
    for key in ("x3", "x4"):
        assert (await app.post("/claims", form | {"key": key}, **sent)).status_code == 303
        (claim,) = re.findall(r"claims/(clm_\w+)/cancel", (await app.get("/claims")).text)
        assert (await app.post(f"/claims/{claim}/cancel")).status_code == 303
    stranger = await a_shopper(app.house, reference="indiscrete")
    async with an_app(app.runtime.engine, app.house, stranger) as other:
        assert (await other.post(f"/claims/{claim}/cancel")).status_code == 404
        assert (await other.post("/claims", form | {"key": "y1"}, **sent)).status_code == 422
    assert "a claim is evidence exactly if it was accepted" not in str(await broken(app))


async def test_whom_to_ask_and_whose_hour_it_is_stand_on_every_page(app: App) -> None:
    for path in ("", "/offers", "/payments", "/inbox", "/me", "/profile", "/claims"):
        page = await app.get(path, "fr")
        assert 'href="/fr/wallet/terms#contact"' in page.text, path
        assert 'data-zone="Europe/Paris" data-zone-name="heure d’Europe centrale"' in page.text, path
    seller = Seller(
        "Centre Lac SAS",
        ("1 rue du Lac", "69000 Lyon"),
        "FR",
        email="factures@lac.example",
        members_email="bonjour@lac.example",
    )
    async with transaction(app.runtime.engine, app.house.operator_id) as connection:
        await put_seller(connection, app.house.operator_id, seller, NOW)
    page = await app.get("/offers")
    assert "mailto:bonjour@lac.example" in page.text
    assert "Centre Lac SAS" in said(page)


async def test_one_s_own_doors_say_how_one_signs_in_without_a_passkey(app: App) -> None:
    page = said(await app.get("/profile"))
    assert "How you sign in" in page
    assert "A link of your centre" in page
    assert "remove its passkey above" in page


async def test_a_list_that_is_cut_leads_to_its_rest(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "SHOWN", 2)
    monkeypatch.setattr(answers, "SHOWN", 1)
    (older,) = re.findall(r'href="/en/wallet(/payments\?before=[^"#]+)#answers"', (await app.get("/payments")).text)
    assert '<details class="card block" id="answers" open>' in (await app.get(older)).text
    first = await app.get("/inbox")
    (older,) = re.findall(r'href="/en/wallet(/inbox\?before=[^"]+)"', first.text)
    second = await app.get(older)
    assert second.status_code == 200
    keys = re.compile(r"/inbox/open\?key=([^\"]+)")
    assert not set(keys.findall(first.text)) & set(keys.findall(second.text))
    assert (await app.get("/inbox?before=nonsense")).status_code == 422


async def test_the_sheet_says_that_it_stands_in_for_a_contract(app: App) -> None:
    ((decision, *_), *_) = await app.rows(
        "SELECT id FROM decisions WHERE shopper_id = $1 AND outcome = 'eligible'", app.shopper.shopper_id
    )
    sheet = f"/payments/decisions/{show('dec', decision)}/sheet/3x"
    assert "not the contract" not in said(await app.get(sheet))
    assert "not the contract" in said(await app.get(f"{sheet}?contract=none"))
