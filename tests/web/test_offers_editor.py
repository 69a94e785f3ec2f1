"""The editor of an offer over HTTP: what is typed comes back, is judged, is tried on the past, and becomes a draft."""

import html
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from itertools import product
from typing import Any

import pytest
from builders import NOW, a_house, a_purchase, a_shopper
from centre_lac import FIVE_PERCENT
from console_site import Console, a_console, text_of
from hypothesis import given
from hypothesis import strategies as st
from offer_of_every_kind import offers_of_every_kind
from offers_site import desk_of, someone
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of

from cashback.actors import system
from cashback.audit import audit
from cashback.auth.roles import MemberRole
from cashback.backtest.service import Question, backtest
from cashback.db.engine import fetch, transaction
from cashback.offers.amounts import FileUnits
from cashback.offers.changes import difference
from cashback.offers.terms import Terms
from cashback.trades import codes_of
from cashback.web.console.offers.typed import Typed, document_of, read_number, slug, typed_from, typed_of
from cashback.web.rendering import LANGUAGES

HTMX = {"hx-request": "true"}
FORM = {
    "name.en": "Books in autumn",
    "name.fr": "Livres d'automne",
    "c.0.kind": "minimum_spend",
    "c.0.field": "amount",
    "c.0.operator": "minimum_spend",
    "c.0.amount": "30",
    "r.kind": "percent",
    "r.asset": "EUR",
    "r.rate_bps": "5",
    "r.cap_per_purchase": "1,500.00",
    "hold_days": "14",
    "holdout": "10",
    "revision": "0",
}


@pytest.fixture(scope="module")
async def served(engine: AsyncEngine) -> AsyncIterator[Console]:
    async with a_console(engine, await a_house(engine)) as opened:
        yield opened


@pytest.fixture
async def console(served: Console, engine: AsyncEngine) -> AsyncIterator[Console]:
    async with someone(served, await a_house(engine)) as opened:
        yield opened


class Form(HTMLParser):
    """What a browser would send of the editor on a page, button apart."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self._select: str | None = None
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._inside = given.get("id") == "editor"
        name, value = given.get("name"), given.get("value") or ""
        if not self._inside and given.get("form") != "editor":
            return
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self.fields.append((self._select, value))
        elif tag == "input" and name and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self.fields.append((name, value))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = None

    @property
    def sent(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, value in self.fields:
            found.setdefault(name, []).append(value)
        return found


def first_of(form: Form, name: str) -> str:
    return form.sent[name][0]


def marked(page: str, name: str) -> str:
    """What stands at a field's place for what is wrong with it."""
    found = re.search(rf'id="e-{re.escape(name.replace(".", "-"))}">(.*?)</p>', page, re.S)
    assert found is not None, f"{name} has no place for its problems"
    return html.unescape(text_of(found[1]))


async def test_every_field_that_is_drawn_is_read_back(console: Console) -> None:
    """The contract of names: an offer drawn, sent as a browser sends it, is the same offer to the last digit."""
    for offer, language in product(offers_of_every_kind(), LANGUAGES):
        terms = Terms.model_validate({k: v for k, v in offer.items() if k != "code"}, context=FileUnits("EUR"))
        sent = {"revision": "0", "do": "edit", **as_fields(typed_from(offer["code"], terms, language))}
        page = await console.browser.post(
            f"/{language}/operator/offer-new",
            data={"csrf": console.csrf, **sent},
            headers={"sec-fetch-site": "same-origin"},
        )
        assert page.status_code == 200
        document = document_of(typed_of(Form(page.text).sent), "EUR").document
        assert document.pop("code") == offer["code"]
        read = Terms.model_validate(document, context=FileUnits("EUR"))
        assert difference(terms, read) == (), (offer["reward"]["kind"], language)


def as_fields(typed: Any) -> dict[str, list[str]]:
    """The fields of something typed, by the names of the contract."""
    fields: dict[str, list[str]] = {name: [value] for name, value in typed.single.items()}
    for row in typed.conditions:
        fields[f"c.{row.n}.kind"] = [row.kind]
        fields.update({f"c.{row.n}.{name}": list(values) for name, values in row.values.items()})
    for row in typed.limits:
        fields.update({f"l.{row.n}.{name}": list(values) for name, values in row.values.items()})
    fields.update({f"r.{name}": list(values) for name, values in typed.reward.items()})
    fields.update({f"d.{name}": list(values) for name, values in typed.days.items()})
    return fields


async def test_rows_come_go_and_change_without_losing_what_was_typed(console: Console) -> None:
    page = (await console.post("/offer-new", {**FORM, "do": "add", "new": "categories"})).text
    form = Form(page)
    assert (first_of(form, "c.0.amount"), first_of(form, "c.1.kind")) == ("30", "categories")
    assert "bookshops" in page
    changed = {**FORM, "c.0.field": "weekday", "do": "edit"}
    assert first_of(Form((await console.post("/offer-new", changed)).text), "c.0.kind") == "weekdays"
    turned = Form((await console.post("/offer-new", {**FORM, "c.0.operator": "maximum_spend", "do": "edit"})).text)
    assert (first_of(turned, "c.0.kind"), first_of(turned, "c.0.amount")) == ("maximum_spend", "30")
    left = Form((await console.post("/offer-new", {**FORM, "do": "remove.0"})).text)
    assert not any(name.startswith("c.") for name in left.sent)
    limited = Form((await console.post("/offer-new", {**FORM, "do": "limit.add"})).text)
    assert first_of(limited, "l.0.at_most") == "1"
    picked = {**FORM, "c.1.kind": "shops", "c.1.field": "shop", "c.1.shops_new": "sport cime", "do": "edit"}
    assert first_of(Form((await console.post("/offer-new", picked)).text), "c.1.shops") == "sport-cime"


async def test_a_check_answers_the_sentence_or_what_is_wrong_where(console: Console, engine: AsyncEngine) -> None:
    before = await state_of(engine, console.house.operator_id)
    bad = {**FORM, "r.rate_bps": "abc", "c.0.amount": "-4", "f.shop": "40", "name.fr": "", "hold_days": "9999"}
    page = await console.post("/offer-new", {**bad, "do": "check"}, headers=HTMX)
    assert page.status_code == 200
    assert "<html" not in page.text
    said = {name: mended(page.text, name) for name in ("r.rate_bps", "c.0.amount", "f.operator", "hold_days")}
    assert said == {
        "r.rate_bps": "Expected a percentage with at most two decimals, such as 2.5",
        "c.0.amount": "Expected more than 0",
        "f.operator": "The shares do not add up to 100%",
        "hold_days": "Expected 365 or less",
    }
    assert mended(page.text, "name.fr") == "", "an empty field is not blamed while one types"
    good = await console.post("/offer-new", {**FORM, "do": "check"}, headers=HTMX)
    text = html.unescape(text_of(good.text))
    assert "Members get 5% of the purchase, at most €1,500.00 per purchase when the purchase is at least €30.00" in text
    assert "Les membres reçoivent 5 % de l'achat" in text
    assert "5% back on fashion and home" in text, "the rival is named"
    await desk_of(console).trials.settled()
    after = await state_of(engine, console.house.operator_id)
    assert {name for name in after if after[name] != before[name]} <= {"offer_trials"}


async def test_members_read_on_which_days_it_counts(console: Console) -> None:
    days = {"c.1.kind": "weekdays", "c.1.field": "weekday", "c.1.weekdays": ["fri", "sat", "sun"]}
    page = await console.post("/offer-new", {**FORM, **days, "do": "check"}, headers=HTMX)
    text = html.unescape(text_of(page.text))
    assert "Open Friday to Sunday" in text
    assert "Valable du vendredi au dimanche" in text or "Valable vendredi, samedi et dimanche" in text, text


async def test_the_days_on_which_it_runs_are_fields_of_every_offer(console: Console) -> None:
    page = (await console.get("/offer-new")).text
    assert all(f'name="d.{each}" value="" autocomplete="off"' in page for each in ("first_day", "last_day"))
    assert "by the clock of the centre (Europe/Paris)" in text_of(page)
    assert '<option value="dates"' not in page, "days are asked for once"
    turned = Form((await console.post("/offer-new", {**FORM, "c.0.field": "day", "do": "edit"})).text)
    assert first_of(turned, "c.0.kind") == "not_on"
    days = {"d.first_day": "2026-12-01", "d.last_day": "2026-12-24"}
    told = html.unescape(
        text_of((await console.post("/offer-new", {**FORM, **days, "do": "check"}, headers=HTMX)).text)
    )
    assert "from 1 Dec 2026 to 24 Dec 2026" in told
    assert "du 1er déc. 2026 au 24 déc. 2026" in told
    wrong = {**FORM, **days, "d.last_day": "2026-11-30", "do": "check"}
    assert "before" in mended((await console.post("/offer-new", wrong, headers=HTMX)).text, "d.last_day")
    typed = {**FORM, "d.first_day": "soon", "do": "check"}
    said = mended((await console.post("/offer-new", typed, headers=HTMX)).text, "d.first_day")
    assert said == "Expected a day such as 2026-12-24"
    await console.post("/offer-new", {**FORM, **days, "do": "save"})
    form = Form((await console.get("/offers/books-in-autumn/edit")).text)
    assert (first_of(form, "d.first_day"), first_of(form, "d.last_day")) == ("2026-12-01", "2026-12-24")


async def test_a_group_of_trades_is_chosen_whole_and_stored_as_its_codes(console: Console, engine: AsyncEngine) -> None:
    added = {**FORM, "c.1.kind": "categories", "c.1.field": "category", "do": "group.1.fashion"}
    page = (await console.post("/offer-new", added)).text
    chosen = Form(page).sent["c.1.categories"]
    assert set(chosen) == set(codes_of("fashion"))
    text = html.unescape(text_of(page))
    assert "the shop is one of fashion" in text
    assert "la boutique est de la catégorie mode" in text
    assert "accessories and lingerie" in text, "a code that no shop has is named"
    again = {**added, "c.1.categories": [*chosen, "5942"]}
    assert Form((await console.post("/offer-new", again)).text).sent["c.1.categories"] == ["5942"]
    await console.post("/offer-new", {**again, "do": "save"})
    async with transaction(engine, console.house.operator_id) as connection:
        ((stored,),) = await fetch(connection, "SELECT terms->'conditions'->1->>'categories' FROM offer_revisions")
    assert set(json.loads(stored)) == {*codes_of("fashion"), "5942"}


def mended(page: str, name: str) -> str:
    found = re.search(rf'hx-swap-oob="innerHTML:#e-{re.escape(name.replace(".", "-"))}">(.*?)</div>', page, re.S)
    assert found is not None, name
    return html.unescape(text_of(found[1]))


async def test_a_refused_draft_keeps_every_word_and_moves_nothing(console: Console, engine: AsyncEngine) -> None:
    before = await state_of(engine, console.house.operator_id)
    bad = {**FORM, "r.rate_bps": "5.123", "name.fr": "", "comment": "for Bob", "do": "submit"}
    page = await console.post("/offer-new", bad)
    assert page.status_code == 422
    form = Form(page.text)
    assert [first_of(form, each) for each in ("r.rate_bps", "c.0.amount", "comment", "name.en")] == [
        "5.123",
        "30",
        "for Bob",
        "Books in autumn",
    ]
    assert marked(page.text, "r.rate_bps") == "Expected a percentage with at most two decimals, such as 2.5"
    assert marked(page.text, "name.fr") == "This is needed"
    assert "data-dirty" in page.text
    assert await state_of(engine, console.house.operator_id) == before


async def test_a_code_that_is_taken_is_said_and_a_draft_follows_what_others_wrote(console: Console) -> None:
    taken = await console.post("/offer-new", {**FORM, "code": "ten-points", "do": "save"})
    assert (taken.status_code, marked(taken.text, "code")) == (422, "The code ten-points is taken: choose another")
    saved = await console.post("/offer-new", {**FORM, "do": "save"})
    assert saved.headers["location"] == "/en/operator/offers/books-in-autumn?done=offer_save"
    form = Form((await console.get("/offers/books-in-autumn/edit")).text)
    assert (first_of(form, "revision"), first_of(form, "r.cap_per_purchase")) == ("1", "1500.00")
    french = Form((await console.get("/offers/books-in-autumn/edit", language="fr")).text)
    assert first_of(french, "r.cap_per_purchase") == "1500,00"
    await console.post("/offers/books-in-autumn/edit", {**FORM, "revision": "1", "r.rate_bps": "6", "do": "save"})
    late = await console.post(
        "/offers/books-in-autumn/edit", {**FORM, "revision": "1", "r.rate_bps": "7", "do": "save"}
    )
    assert late.status_code == 409
    assert "Somebody changed this offer since you opened the page" in text_of(late.text)
    assert first_of(Form(late.text), "r.rate_bps") == "7"


async def test_what_it_would_have_cost_is_the_backtest_itself(console: Console, engine: AsyncEngine) -> None:
    shopper = await a_shopper(console.house)
    for days, minor in ((2, 84_90), (9, 45_00), (12, 12_00)):
        await a_purchase(shopper, minor=minor, shop="librairie-du-lac", at=NOW - timedelta(days=days))
    page = await console.post("/offer-new", {**FORM, "holdout": "", "do": "replay"})
    found = re.search(r"offer-trials/([0-9a-f]{64})", page.text)
    assert found is not None, "a trial under way is asked about"
    assert "Purchases are being tried" in page.text
    await desk_of(console).trials.settled()
    done = await console.get(f"/offer-trials/{found[1]}", headers=HTMX)
    assert "hx-trigger" not in done.text
    today = NOW.date()
    asked = {"code": "books-in-autumn", "conditions": [{"kind": "minimum_spend", "amount": "30"}]}
    reward = {"kind": "percent", "asset": "EUR", "rate_bps": 500, "cap_per_purchase": "1500.00"}
    question = Question(
        {**asked, "reward": reward, "hold_days": 14}, today - timedelta(days=29), today + timedelta(days=1)
    )
    answer = await backtest(engine, system(console.house.operator_id, "tests"), question, NOW)
    assert answer["cost"]["total"] == 4_25 + 2_25
    text = html.unescape(text_of(done.text))
    assert "Would have cost €6.50" in text
    assert f"Purchases that would earn {answer['rewarded']['purchases']} " in text
    assert "The purchases of the 30 days from 23 Oct 2026 to 21 Nov 2026 were put through the rules again" in text
    assert "in 90 of 100 cases" in text
    assert "Members are taken to buy what they bought" in text
    assert "More than without it" not in text, "it takes the place of nothing"
    again = await console.post("/offer-new", {**FORM, "holdout": "", "do": "edit"})
    assert "Would have cost" in again.text
    other = await console.get("/offer-trials/" + "00" * 32)
    assert other.status_code == 200
    assert (await console.get("/offer-trials/zz")).status_code == 404
    async with transaction(engine, console.house.operator_id) as connection:
        assert (await audit(connection, console.house.operator_id, NOW)).breaches == []


async def test_a_cost_says_what_of_it_other_offers_would_have_given(served: Console, engine: AsyncEngine) -> None:
    house = await a_house(engine, offered={"five": FIVE_PERCENT})
    shopper = await a_shopper(house)
    await a_purchase(shopper, minor=100_00, at=NOW - timedelta(days=2))
    async with someone(served, house) as writer:
        better = {**FORM, "holdout": "", "r.rate_bps": "8", "do": "replay"}
        page = await writer.post("/offer-new", better)
        (trial,) = set(re.findall(r"offer-trials/([0-9a-f]{64})", page.text))
        await desk_of(writer).trials.settled()
        text = html.unescape(text_of((await writer.get(f"/offer-trials/{trial}", headers=HTMX)).text))
    assert "Would have cost €8.00" in text
    assert "More than without it, all offers together +€3.00" in text
    assert "€5.00 of its cost would have been given by other offers anyway" in text


async def test_only_who_writes_the_programme_opens_the_editor(served: Console, engine: AsyncEngine) -> None:
    house = await a_house(engine)
    async with someone(served, house, MemberRole.APPROVER) as console:
        before = await state_of(engine, house.operator_id)
        answers = [
            await console.get("/offer-new"),
            await console.get("/offers/ten-points/edit"),
            await console.post("/offer-new", {**FORM, "do": "save"}),
            await console.post("/offer-new", {**FORM, "do": "replay"}),
            await console.post("/offers/ten-points/edit", {**FORM, "do": "submit"}),
        ]
        assert {each.status_code for each in answers} == {403}
        assert "Create an offer" not in (await console.get("/offers")).text
        assert await state_of(engine, house.operator_id) == before


NUMBERS = (
    ("30", "30"), ("30.50", "30.50"), ("30,5", "30.5"), ("1,500.00", "1500.00"), ("1 500,00", "1500.00"),
    ("1\u202f500", "1500"), ("1,500", "1500"), ("0,5", "0.5"), ("-3", "-3"), ("1.500,25", "1500.25"), ("", None),
    ("abc", None), ("1e5", "1E+5"), ("NaN", None), ("1,2,3", None), ("5 %", None),
)  # fmt: skip


@pytest.mark.parametrize(("typed", "read"), NUMBERS)
def test_a_number_is_read_as_either_language_writes_it(typed: str, read: str | None) -> None:
    found = read_number(typed)
    assert found == (None if read is None else Decimal(read))


@given(st.decimals(min_value=0, max_value=10**9, places=2), st.sampled_from(["en", "fr"]))
def test_what_a_language_writes_it_reads(number: Decimal, language: str) -> None:
    written = f"{number:,.2f}" if language == "en" else f"{number:,.2f}".replace(",", "\u202f").replace(".", ",")
    assert read_number(written) == number


def test_a_code_is_made_of_a_name() -> None:
    assert [slug(each) for each in ("5 % on shoes", "Été à Lac", "--")] == ["5-on-shoes", "t-lac", ""]


async def test_other_operators_trials_are_not_there(served: Console, console: Console, engine: AsyncEngine) -> None:
    page = await console.post("/offer-new", {**FORM, "do": "replay"})
    found = re.search(r"offer-trials/([0-9a-f]{64})", page.text)
    assert found is not None
    await desk_of(console).trials.settled()
    async with someone(served, await a_house(engine)) as stranger:
        answer = await stranger.get(f"/offer-trials/{found[1]}")
        assert "Would have cost" not in answer.text
    async with transaction(engine, console.house.operator_id) as connection:
        ((state,),) = await fetch(connection, "SELECT state FROM offer_trials")
    assert state == "done"


@pytest.mark.parametrize("at", ["9" * 30, "9" * 5_000, "-1", "x", ""])
def test_a_place_that_is_none_puts_the_days_last(at: str) -> None:
    assert Typed(days={"first_day": ["2026-11-21"], "at": [at]}).places == ["d."]
