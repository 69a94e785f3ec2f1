"""The money desk over HTTP: what each screen shows, what its forms do, and what a refusal leaves as it was."""

import csv
import html
import io
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import unquote

import pytest
from builders import NOW
from console_site import rows_of, text_of
from money_site import LISTS, Desk, a_money_desk, fill, ids_in, somebody
from shopper_site import a_plan
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of
from web_site import Words

from cashback.actors import Scope
from cashback.audit import audit
from cashback.auth.keys import actor_of_key, create_key
from cashback.auth.roles import MemberRole
from cashback.db.engine import transaction
from cashback.errors import Unauthorised
from cashback.funding import outlook
from cashback.instalments import counted, giving_up, service
from cashback.payouts import commands, outcomes
from cashback.web.console.money.routes import MONEY_ROUTES

WORDS = {"words": "Looked at it"}
BY_HAND = {"what is left of lots is what is available"}
"""What rows that were written by hand break once they are used: the members' first rewards have no lots."""
FORMS = [route.path for route in MONEY_ROUTES if "POST" in (route.methods or ())]


@pytest.fixture(scope="module")
async def desk(engine: AsyncEngine) -> AsyncIterator[Desk]:
    """One house for the module: a test looks at what it made itself, by its id."""
    async with a_money_desk(engine) as opened:
        opened.known["breaches"] = await broken(opened)
        yield opened


async def broken(desk: Desk) -> set[str]:
    """The invariants that do not hold; rows that were written by hand break some from the beginning."""
    async with transaction(desk.engine, desk.house.operator_id) as connection:
        return {each.invariant for each in (await audit(connection, desk.house.operator_id, NOW)).breaches}


async def assert_clean(desk: Desk) -> None:
    assert await broken(desk) - BY_HAND == desk.known["breaches"] - BY_HAND


async def refused(desk: Desk, path: str, form: dict[str, str], status: int, says: str) -> str:
    """Post a form that is refused: it says why, and nothing moved."""
    before = await state_of(desk.engine, desk.house.operator_id)
    answer = await desk.console.post(path, form)
    assert answer.status_code == status, text_of(answer.text)
    assert says in text_of(answer.text)
    assert await state_of(desk.engine, desk.house.operator_id) == before
    return answer.text


async def done(desk: Desk, path: str, form: dict[str, str] | None = None, **more: object) -> str:
    """Post a form that is carried out; the address it leads to, below the operator."""
    answer = await desk.console.post(path, form, **more)
    assert answer.status_code == 303, text_of(answer.text)
    return str(answer.headers["location"]).removeprefix("/en/operator")


async def test_every_screen_opens_in_both_languages_and_a_list_exports_what_it_shows(desk: Desk) -> None:
    pages = await fill(desk)
    for name, path in pages.items():
        for language in ("en", "fr"):
            answer = await desk.console.get(path, language=language)
            assert answer.status_code == 200, (name, text_of(answer.text))
            assert [each for each in Words(answer.text).attributes if each[1] == "style"] == []
    for name in LISTS:
        shown = rows_of((await desk.console.get(pages[name])).text)
        file = await desk.console.get(pages[name], params={"format": "csv"})
        assert file.headers["content-type"] == "text/csv; charset=utf-8", name
        told = list(csv.reader(io.StringIO(file.text.removeprefix("\ufeff"))))
        assert len(told) - 1 == len(shown), name
        assert all(len(row) == len(told[0]) for row in told), name
    await assert_clean(desk)


async def test_a_payout_above_the_limit_goes_with_a_second_persons_yes(desk: Desk) -> None:
    payout = await desk.payout(20_00, "large")
    here = f"/payouts/{payout.ref}"
    await desk.agreed(payout)
    listed = text_of((await desk.console.get("/payouts?state=decide")).text)
    assert "Above the limit: two people must agree" in listed
    page = text_of((await desk.console.get(here)).text)
    assert "One more person is needed" in page
    kept = await refused(desk, f"{here}/approve", {"words": "  "}, 422, "Say why in words: 1 to 500 characters")
    assert "Agree" in text_of(kept)
    assert await done(desk, f"{here}/approve", WORDS) == f"{here}?done=payout_agreed"
    assert "Make the file for the bank" in text_of((await desk.console.get(here)).text)
    await refused(desk, f"{here}/approve", WORDS, 409, "Somebody or something has moved it meanwhile")
    assert await done(desk, f"{here}/stop", WORDS) == f"{here}?done=payout_stopped"
    assert (await desk.rows("SELECT state FROM payouts WHERE id = $1", payout.id))[0][0] == "stopped"
    here = f"/payouts/{(await desk.payout(20_00, 'own')).ref}"
    await done(desk, f"{here}/approve", WORDS)
    assert "another person must agree" in text_of((await desk.console.get(here)).text)
    page = await refused(desk, f"{here}/approve", {"words": "Once more"}, 403, "another person must")
    assert "Once more" in page
    await assert_clean(desk)


async def test_a_file_is_taken_once_and_again_only_for_a_reason(desk: Desk) -> None:
    await desk.payout(6_00, "to-file")
    assert "transfers are ready" in text_of((await desk.console.get("/payouts/files")).text)
    made = (await done(desk, "/payouts/files/new", {"day": ""})).partition("?")[0]
    first = await desk.console.post(f"{made}/download")
    assert first.headers["content-type"] == "application/xml"
    assert b"Camille Exemple" in first.content
    await refused(desk, f"{made}/download", {}, 409, "This file was taken before")
    again = await desk.console.post(f"{made}/download", {"words": "The upload broke off"})
    assert again.content == first.content
    lines = await desk.rows(
        "SELECT detail ->> 'words' FROM audit_log WHERE action = 'payouts.file_fetched' ORDER BY id"
    )
    assert {row[0] for row in lines} == {None, "The upload broke off"}
    await refused(desk, "/payouts/files/new", {"day": ""}, 422, "No transfer is ready")
    await refused(desk, "/payouts/files/new", {"day": "soon"}, 422, "Not done")
    await assert_clean(desk)


async def test_the_bank_answers_and_a_difference_is_explained(desk: Desk) -> None:
    payout = await desk.payout(6_00, "at-the-bank")
    await desk.file()
    entry = (
        '<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        "<BookgDt><Dt>2026-11-21</Dt></BookgDt><NtryDtls>{details}</NtryDtls></Ntry>"
    )
    ref = f"<TxDtls><Refs><EndToEndId>{payout.id.hex}</EndToEndId></Refs></TxDtls>"
    lines = entry.format(amount="6.00", side="DBIT", details=ref) + entry.format(amount="9.90", side="CRDT", details="")
    account = "<Acct><Id><IBAN>FR7630006000011234567890189</IBAN></Id></Acct>"
    data = f"<Document><BkToCstmrStmt><Stmt><Id>S1</Id>{account}{lines}</Stmt></BkToCstmrStmt></Document>".encode()
    files = {"file": ("releve.xml", data, "text/xml")}
    assert await done(desk, "/bank/import", files=files) == "/bank?done=bank_imported"
    assert await done(desk, "/bank/import", files=files) == "/bank?done=bank_known"
    broken = await desk.console.post("/bank/import", files={"file": ("x.xml", b"<Document>", "text/xml")})
    assert broken.status_code == 422
    assert "refused as a whole" in text_of(broken.text)
    assert await outcomes.apply_news(desk.engine, desk.house.operator_id, NOW)
    assert (await desk.rows("SELECT state FROM payouts WHERE id = $1", payout.id))[0][0] == "paid"
    page = (await desk.console.get("/bank")).text
    assert [row[1] for row in rows_of(page) if row[4] == "€9.90"] == ["Unknown to us"]
    subject = next(each for each in re.findall(r"subject=([^&\"]+)&", html.unescape(page)) if "camt" in each)
    form = {"subject": unquote(subject), "since": "2026-10-01"}
    shown = text_of((await desk.console.get("/bank/difference", params=form)).text)
    assert "Somebody paid or was paid outside the programme" in shown
    await refused(desk, "/bank/explain", {**form, "words": ""}, 422, "an explanation has 1 to 500")
    assert await done(desk, "/bank/explain", {**form, **WORDS}) == "/bank?done=bank_explained"
    assert [row[4] for row in rows_of((await desk.console.get("/bank?show=explained")).text)] == ["€9.90"]
    assert "€9.90" not in {row[4] for row in rows_of((await desk.console.get("/bank?show=open")).text)}


async def test_a_month_is_looked_at_blocked_where_the_books_differ_and_issued(desk: Desk) -> None:
    chosen_where = await desk.console.get("/settlement/preview")
    assert (chosen_where.status_code, chosen_where.headers["location"]) == (303, "/en/operator/settlement")
    first = text_of((await desk.console.get("/settlement/preview?period=2026-10")).text)
    assert "Every movement of the period is being counted" in first
    rows = await desk.console.get("/settlement/preview?period=2026-10&now=1", headers={"hx-request": "true"})
    assert "<html" not in rows.text
    assert "Agrees with the ledger to the cent" in text_of(rows.text)
    add = "INSERT INTO account_totals (operator_id, account, asset, debits, credits) VALUES ($1, $2, 'EUR', 100, 0)"
    await desk.rows(f"{add} RETURNING 1", desk.house.operator_id, "funder:operator")
    await refused(desk, "/settlement/issue", {"period": "2026-10"}, 409, "Totals differ from the ledger")
    await desk.rows("DELETE FROM account_totals RETURNING 1")
    await refused(desk, "/settlement/issue", {"period": "2026-11"}, 409, "This period is not over")
    assert await done(desk, "/settlement/issue", {"period": "2026-10"}) == "/settlement?done=settlement_issued"
    page = (await desk.console.get("/settlement")).text
    assert rows_of(page)[0][:2] == ["October 2026", "The centre itself"]
    (ref,) = ids_in(page, "stl")
    assert (await desk.console.get(f"/settlement/{ref}/pdf")).content.startswith(b"%PDF")
    assert (await desk.console.get(f"/settlement/{ref}/csv")).text.startswith("settlement,funder,period")
    assert "purchase" in (await desk.console.get(f"/settlement/{ref}/movements")).text
    await assert_clean(desk)


async def test_who_invoices_is_told_and_what_was_typed_is_kept(desk: Desk) -> None:
    told = {
        "name": "Centre Lac SAS",
        "country": "FR",
        "registration": "732829321",
        "address": "1 rue du Lac",
        "penalty": "0",
    }
    page = await refused(desk, "/settlement/seller", told, 422, "expected a SIREN")
    assert 'value="732829321"' in page
    assert await done(desk, "/settlement/seller", {**told, "registration": "732829320"}) == (
        "/settlement/seller?done=seller_told"
    )
    assert "Nobody has said who invoices" not in text_of((await desk.console.get("/settlement")).text)


async def test_a_funder_pays_before_is_not_lowered_under_what_is_committed_and_is_paused(desk: Desk) -> None:
    here = "/funders/shop:maison-lumiere"
    facts = {"name": "Maison Lumière", "mode": "prepaid", "language": "fr", "country": "FR", "alert": "50"}
    page = await refused(desk, f"{here}/save", {**facts, "registration": "123"}, 422, "neither a SIREN nor a SIRET")
    assert 'value="123"' in page
    assert await done(desk, f"{here}/save", facts) == f"{here}?done=funder_saved"
    form = {"payment": "top_up", "amount": "100,00", "key": "k1"}
    await done(desk, f"{here}/pay", form)
    await done(desk, f"{here}/pay", form)
    assert "€100.00" in text_of((await desk.console.get(here)).text)
    await refused(desk, f"{here}/pay", {**form, "payment": "paid_back", "amount": "100.01"}, 422, "committed to live")
    await refused(desk, f"{here}/pay", {**form, "amount": "many"}, 422, "Not done")
    await done(desk, f"{here}/pay", {"payment": "paid_back", "amount": "60.00", "key": "k2"})
    (row,) = rows_of((await desk.console.get("/funders?state=alert")).text)
    assert row[0].startswith("Maison Lumière")
    assert row[-1] == "Below its alert an alert is set at €50.00"
    assert rows_of((await desk.console.get("/funders?state=low")).text) == []
    await refused(desk, f"{here}/pause", {"words": ""}, 422, "a pause has its reason")
    await done(desk, f"{here}/pause", {"words": "Closed for works"})
    assert "Closed for works" in text_of((await desk.console.get(here)).text)
    await done(desk, f"{here}/pause", {"paused": "no"})
    assert (await desk.rows("SELECT count(*) FROM funding_pauses WHERE until IS NULL"))[0][0] == 0
    assert (await desk.console.get("/funders/shop:nowhere")).status_code == 404
    await assert_clean(desk)


async def test_spending_is_the_difference_of_two_days_less_what_was_paid_in(desk: Desk) -> None:
    operator_id = desk.house.operator_id
    async with transaction(desk.engine, operator_id) as connection:
        await outlook.keep_day(connection, operator_id, NOW.date().replace(day=1))
        assert not await outlook.keep_day(connection, operator_id, NOW.date().replace(day=1))
    before = text_of((await desk.console.get("/funders/operator")).text)
    spent = re.search(r"Spent in 28 days €([0-9.]+)", before)
    assert spent is not None
    made = await desk.adjustment(desk.person("ada"), 30_00)
    await done(desk, f"/adjustments/{made}/decide", {"verdict": "approve", **WORDS})
    await done(desk, "/funders/operator/pay", {"payment": "top_up", "amount": "500", "key": "k9"})
    after = text_of((await desk.console.get("/funders/operator")).text)
    assert f"Spent in 28 days €{float(spent[1]) + 30:.2f}" in after
    assert "a day on average since 1 Nov" in after
    assert "rounded down to the cent" in after


async def test_an_adjustment_is_decided_by_a_second_person(desk: Desk) -> None:
    here = f"/adjustments/{await desk.adjustment()}"
    assert "+€25.00" in {row[2] for row in rows_of((await desk.console.get("/adjustments?state=waiting")).text)}
    await refused(desk, f"{here}/decide", {"verdict": "approve", "words": ""}, 422, "in words")
    assert await done(desk, f"{here}/decide", {"verdict": "refuse", **WORDS}) == f"{here}?done=adjustment_refused"
    own = f"/adjustments/{await desk.adjustment(desk.person('x'), 32_00)}"
    assert await done(desk, f"{own}/decide", {"verdict": "approve", **WORDS}) == f"{own}?done=adjustment_posted"
    await refused(desk, f"{own}/decide", {"verdict": "refuse", **WORDS}, 409, "Somebody has decided it meanwhile")
    await assert_clean(desk)


async def test_the_book_shows_a_plan_which_two_people_write_off(desk: Desk) -> None:
    plan = await a_plan(desk.shopper)
    here = f"/book/{plan.ref}"
    page = text_of((await desk.console.get("/book")).text)
    assert "Exposure €" in page
    assert rows_of((await desk.console.get("/book?late=any")).text) == []
    assert plan.ref in (await desk.console.get("/book?state=active&shop=Maison")).text
    assert await done(desk, f"{here}/write-off", WORDS) == f"{here}?done=write_off_asked"
    assert "somebody else has to agree" in text_of((await desk.console.get(here)).text)
    await refused(desk, f"{here}/write-off", WORDS, 403, "another person must")
    async with transaction(desk.engine, desk.house.operator_id) as connection:
        found = await service.locked(connection, desk.house.operator_id, plan.id)
        await giving_up.write_off(connection, desk.person("ada"), found, "Agreed", NOW)
    assert "Written off" in text_of((await desk.console.get(here)).text)
    viewed = await desk.rows("SELECT count(*) FROM audit_log WHERE action = 'plan.viewed' AND subject = $1", plan.ref)
    assert viewed[0][0] == 2
    await assert_clean(desk)


async def test_the_book_is_counted_once_a_minute_and_says_when(desk: Desk) -> None:
    operator_id = desk.house.operator_id
    live = text_of((await desk.console.get("/book")).text)
    async with transaction(desk.engine, operator_id) as connection:
        assert await counted.keep_if_due(connection, operator_id, NOW)
        assert not await counted.keep_if_due(connection, operator_id, NOW + timedelta(seconds=59))
        kept = await counted.read(connection, operator_id, NOW + timedelta(hours=1))
        assert kept == await counted.count(connection, operator_id, NOW)
    assert text_of((await desk.console.get("/book")).text) == live
    assert "Counted 21 Nov 14:30" in live


async def test_what_was_collected_is_passed_on_once(desk: Desk) -> None:
    await a_plan(desk.shopper)
    async with transaction(desk.engine, desk.house.operator_id) as connection:
        await counted.keep(connection, desk.house.operator_id, NOW)
    page = (await desk.console.get("/book")).text
    form = {
        name: page.partition(f'name="{name}" value="')[2].partition('"')[0]
        for name in ("account", "currency", "minor", "key")
    }
    await done(desk, "/book/remit", form)
    await done(desk, "/book/remit", form)
    assert "Nothing is to be passed on" in text_of((await desk.console.get("/book")).text)
    await refused(desk, "/book/remit", {**form, "key": "other"}, 422, "are to be passed on")
    await assert_clean(desk)


async def test_a_contested_decision_is_overturned_by_two_people_in_words_the_member_reads(desk: Desk) -> None:
    here = f"/decisions/{await desk.contested()}"
    page = text_of((await desk.console.get(here)).text)
    assert "I have a new job." in page
    assert "Income a month €1,450.00" in page
    assert await done(desk, f"{here}/assign") == f"{here}?done=review_assigned"
    form = {"verdict": "uphold", "uphold_reason": "correct", "words": ""}
    await refused(desk, f"{here}/answer", form, 422, "Say what was checked")
    await refused(desk, f"{here}/answer", {**form, "uphold_reason": "x", **WORDS}, 422, "Not done")
    kept = await refused(
        desk, f"{here}/answer",
        {"verdict": "overturn", "overturn_reason": "wrong_data", "plan": "9x", "words": "Your new contract counts"},
        422, "has no plan",
    )  # fmt: skip
    assert "Your new contract counts" in kept
    assert await done(desk, f"{here}/answer", {**form, **WORDS}) == f"{here}?done=review_upheld"
    assert rows_of((await desk.console.get("/decisions?show=answered")).text)[0][5] == "Stands"
    await refused(desk, f"{here}/answer", {**form, **WORDS}, 409, "Somebody has answered it meanwhile")
    await assert_clean(desk)


async def test_the_team_is_invited_changed_and_removed_but_for_the_last_admin(desk: Desk) -> None:
    form = {"name": "Ada Martin", "address": "ada@lac.example", "role": "finance"}
    page = await refused(desk, "/team/invite", {**form, "address": "ada"}, 422, "address")
    assert 'value="Ada Martin"' in page
    ada = (await done(desk, "/team/invite", form)).partition("?")[0]
    await refused(desk, "/team/invite", form, 409, "in the team already")
    assert "code by e-mail, until 28 Nov" in text_of((await desk.console.get(ada)).text)
    assert await done(desk, f"{ada}/role", {"role": "admin"}) == f"{ada}?done=member_changed"
    assert "The last admin" in text_of((await desk.console.get(ada)).text)
    await refused(desk, f"{ada}/role", {"role": "viewer"}, 409, "This is the last admin")
    await refused(desk, f"{ada}/remove", {"sure": "yes"}, 409, "This is the last admin")
    other, lea = await desk.member("lea", MemberRole.VIEWER)
    await refused(desk, f"/team/{other}/remove", {}, 422, "Tick the box")
    await done(desk, f"/team/{other}/sessions")
    await done(desk, f"/team/{other}/reset")
    async with transaction(desk.engine, desk.house.operator_id) as connection:
        key = await create_key(connection, lea, label="till of lea", scopes=[Scope.READ], now=NOW)
    shown = (await desk.console.get(f"/team/{other}")).text
    assert re.search(r'till of lea.*name="revoke_keys" value="yes" checked', shown, re.DOTALL)
    form = {"sure": "yes", "revoke_keys": "yes"}
    assert await done(desk, f"/team/{other}/remove", form) == "/team?done=member_removed"
    with pytest.raises(Unauthorised):
        await actor_of_key(desk.engine, key, NOW)
    assert other not in (await desk.console.get("/team")).text


async def test_the_log_is_found_by_who_what_object_and_day(desk: Desk) -> None:
    _, zoe = await desk.member("zoe", MemberRole.FINANCE)
    payout = await desk.payout(20_00, "seen")
    async with transaction(desk.engine, desk.house.operator_id) as connection:
        await commands.approve(connection, zoe, payout.id, words="Seen by me", now=NOW)
    by_name = rows_of((await desk.console.get("/audit", params={"who": "zoe"})).text)
    assert [row[1] for row in by_name] == ["Zoe"]
    assert by_name[0][2] == "Agreed to a payout Seen by me"
    of_payout = rows_of((await desk.console.get("/audit", params={"subject": payout.ref})).text)
    assert {row[2].partition(" €")[0] for row in of_payout} >= {"Asked for a payout Bank transfer"} or len(
        of_payout
    ) == 3
    money = rows_of((await desk.console.get("/audit", params={"what": "money"})).text)
    access = rows_of((await desk.console.get("/audit", params={"what": "access"})).text)
    assert money
    assert access
    assert not {row[2] for row in money} & {row[2] for row in access}
    assert rows_of((await desk.console.get("/audit", params={"until": "2026-01-01"})).text) == []
    assert (await desk.console.get("/audit", params={"since": "today"})).status_code == 422
    line = ids_in((await desk.console.get("/audit", params={"who": "zoe"})).text, "aud")[0]
    page = text_of((await desk.console.get(f"/audit/{line}")).text)
    assert "In words Seen by me" in page


async def test_a_role_opens_its_own_screens_and_no_other(desk: Desk) -> None:
    parts = ("payouts", "payouts/files", "adjustments", "settlement", "funders", "bank", "book")
    for role in [each for each in MemberRole if each is not MemberRole.ADMIN]:
        money, reviews = role is MemberRole.FINANCE, role in (MemberRole.APPROVER, MemberRole.SUPPORT)
        async with somebody(desk, role) as (browser, csrf):
            for part in parts:
                found = await browser.get(f"/en/operator/{part}")
                assert found.status_code == (200 if money else 403), (role, part)
            assert (await browser.get("/en/operator/decisions")).status_code == (200 if reviews else 403)
            assert {(await browser.get(f"/en/operator/{part}")).status_code for part in ("team", "audit")} == {403}
            if not money:
                before = await state_of(desk.engine, desk.house.operator_id)
                form, headers = {"csrf": csrf, "amount": "1"}, {"sec-fetch-site": "same-origin"}
                answer = await browser.post("/en/operator/funders/operator/pay", data=form, headers=headers)
                assert answer.status_code == 403
                assert await state_of(desk.engine, desk.house.operator_id) == before


async def test_a_form_of_another_session_moves_nothing(desk: Desk) -> None:
    before = await state_of(desk.engine, desk.house.operator_id)
    assert len(FORMS) == 20
    for path in FORMS:
        filled = path.format(locale="en", id="pyt_00000000000000000000000000", name="operator", action="remove")
        headers = {"sec-fetch-site": "same-origin"}
        answer = await desk.console.browser.post(filled, data={"csrf": "no", **WORDS}, headers=headers)
        assert answer.status_code == 403, path
    assert await state_of(desk.engine, desk.house.operator_id) == before
