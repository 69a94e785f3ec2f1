"""Offers at the desk over HTTP: from a draft to the end, by two people; what it gave; what is refused."""

import html
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from builders import NOW, PARIS, House, a_house, a_purchase, a_shopper
from centre_lac import FIVE_PERCENT
from console_site import Console, a_console, rows_of, text_of
from offers_site import desk_of, someone
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of

from cashback.audit import audit
from cashback.auth.roles import MemberRole
from cashback.db.engine import fetch, transaction
from cashback.figures.offer_days import DAYS_AT_ONCE, FRESH_DAYS, MOVING_DAYS, count_due, due
from cashback.web.console.offers.states import TABS

BOOKS = {
    "name.en": "Books",
    "name.fr": "Livres",
    "c.0.kind": "categories",
    "c.0.categories": "5942",
    "r.kind": "percent",
    "r.asset": "EUR",
    "r.rate_bps": "10",
    "budget": "500",
    "revision": "0",
    "comment": "For the autumn",
}


@dataclass(slots=True)
class Desk:
    """Two people of one operator: who writes and who approves."""

    house: House
    writer: Console
    approver: Console
    engine: AsyncEngine

    async def revision(self, code: str) -> str:
        async with transaction(self.engine, self.house.operator_id) as connection:
            rows = await fetch(
                connection,
                "SELECT max(revision) FROM (SELECT offer_id, revision FROM offer_revisions UNION ALL "
                "SELECT offer_id, revision FROM offer_moves) AS each JOIN offers o ON o.id = offer_id "
                "WHERE o.code = $1",
                (code,),
            )
        return str(rows[0][0] or 0)

    async def move(self, who: Console, code: str, name: str, **fields: str) -> Any:
        """A form of an offer's page, as of the revision in force."""
        return await who.post(f"/offers/{code}/{name}", {"revision": await self.revision(code), **fields})

    async def states(self) -> dict[str, str]:
        """Of every offer of the list its state, as the list says it."""
        rows = rows_of((await self.writer.get("/offers")).text)
        return {row[0].rsplit(" ", 1)[1]: row[1] for row in rows}


@pytest.fixture(scope="module")
async def served(engine: AsyncEngine) -> AsyncIterator[Console]:
    async with a_console(engine, await a_house(engine)) as opened:
        yield opened


@pytest.fixture
async def desk(served: Console, engine: AsyncEngine) -> AsyncIterator[Desk]:
    house = await a_house(engine)
    async with (
        someone(served, house, MemberRole.EDITOR) as writer,
        someone(served, house, MemberRole.APPROVER) as other,
    ):
        yield Desk(house, writer, other, engine)


def said(page: str) -> str:
    return html.unescape(text_of(page))


async def test_an_offer_is_written_approved_paused_resumed_and_ended(desk: Desk) -> None:
    sent = await desk.writer.post("/offer-new", {**BOOKS, "do": "submit"})
    assert sent.headers["location"] == "/en/operator/offers/books?done=offer_submit"
    assert (await desk.states())["books"] == "To approve"
    await desk_of(desk.writer).trials.settled()
    page = said((await desk.approver.get("/offers/books/approval")).text)
    for words in ("For the autumn", "Members get 10% of the purchase", "Would have cost", "What is new", "€500.00"):
        assert words in page, words
    assert "changed" not in page.partition("What is new")[2].partition("Your answer")[0], "nothing was there before"
    approved = await desk.move(desk.approver, "books", "approve", reason="Go")
    assert approved.headers["location"] == "/en/operator/offers/books?done=offer_approve"
    assert (await desk.states())["books"] == "Live"
    assert "already" in said((await desk.approver.get("/offers/books/approval")).text)
    for name, state in (("pause", "Paused"), ("resume", "Live"), ("end", "Ended")):
        moved = await desk.move(desk.writer, "books", name, reason="Stock-taking")
        assert moved.status_code == 303, moved.text
        assert (await desk.states())["books"] == state
    story = said((await desk.writer.get("/offers/books")).text)
    order = ["Ended", "Resumed", "Paused", "Approved", "Sent for approval", "Draft written"]
    places = [story.index(each, story.index("History")) for each in order]
    assert places == sorted(places)
    assert "Stock-taking" in story
    copy = (await desk.writer.get("/offer-new?from=books")).text
    assert 'value="Books (copy)"' in copy
    async with transaction(desk.engine, desk.house.operator_id) as connection:
        assert (await audit(connection, desk.house.operator_id, NOW)).breaches == []


async def test_an_offer_that_is_to_begin_stands_as_scheduled_and_may_be_cancelled(desk: Desk) -> None:
    await desk.writer.post("/offer-new", {**BOOKS, "do": "submit"})
    begins, ends = "2026-12-01T08:00", "2026-12-24T20:00"
    wrong = await desk.move(desk.approver, "books", "approve", starts_at=ends, ends_at=begins, reason="typed")
    assert wrong.status_code == 422
    assert "The end lies before the beginning" in said(wrong.text)
    assert f'value="{ends}"' in wrong.text
    assert ">typed</textarea>" in wrong.text
    assert (await desk.move(desk.approver, "books", "approve", starts_at=begins, ends_at=ends)).status_code == 303
    assert (await desk.states())["books"] == "Scheduled"
    async with transaction(desk.engine, desk.house.operator_id) as connection:
        ((begun,),) = await fetch(
            connection,
            "SELECT v.live_from FROM offer_versions v JOIN offers o ON o.id = v.offer_id WHERE o.code = 'books'",
        )
    assert begun.astimezone(PARIS).isoformat() == "2026-12-01T08:00:00+01:00"
    assert (await desk.move(desk.writer, "books", "cancel")).status_code == 303
    assert (await desk.states())["books"] == "Cancelled"


async def test_what_may_not_be_done_is_refused_and_moves_nothing(
    served: Console, desk: Desk, engine: AsyncEngine
) -> None:
    await desk.writer.post("/offer-new", {**BOOKS, "do": "submit"})
    await desk_of(desk.writer).trials.settled()
    operator_id = desk.house.operator_id
    async with someone(served, desk.house, MemberRole.ADMIN) as admin:
        before = await books_of(engine, operator_id)
        refused = {
            "an approver writes nothing": (await desk.move(desk.approver, "ten-points", "pause")).status_code,
            "a writer approves nothing": (await desk.move(desk.writer, "books", "approve")).status_code,
            "a rejection says why": (await desk.move(desk.approver, "books", "reject")).status_code,
            "a stop says why": (await desk.move(desk.writer, "ten-points", "stop")).status_code,
            "a live offer is not resumed": (await desk.move(desk.writer, "ten-points", "resume")).status_code,
            "nobody knows it": (await desk.writer.post("/offers/nothing/pause", {"revision": "1"})).status_code,
            "no such move": (await desk.writer.post("/offers/books/sing", {"revision": "2"})).status_code,
            "a page of long ago": (await desk.approver.post("/offers/books/approve", {"revision": "1"})).status_code,
        }
        assert await books_of(engine, operator_id) == before
        assert list(refused.values()) == [403, 403, 422, 422, 409, 404, 404, 409], refused
        await admin.post("/offer-new", {**BOOKS, "name.en": "Own", "code": "own", "do": "submit"})
        await desk_of(admin).trials.settled()
        own = await admin.get("/offers/own/approval")
        assert "You had a hand in this" in said(own.text)
        assert "formaction" not in own.text
        before = await books_of(engine, operator_id)
        mine = await desk.move(admin, "own", "approve")
        assert mine.status_code == 403
        assert "You had a hand in this" in said(mine.text)
        assert await books_of(engine, operator_id) == before
    stopped = await desk.move(desk.writer, "ten-points", "stop", reason="pays twice")
    assert stopped.status_code == 303
    late = await desk.approver.post("/offers/books/approve", {"revision": "1"})
    assert "Somebody changed this offer since" in said(late.text)


async def books_of(engine: AsyncEngine, operator_id: UUID) -> dict[str, str]:
    """Everything but what pages measure beside themselves."""
    return {name: digest for name, digest in (await state_of(engine, operator_id)).items() if name != "offer_effects"}


async def test_a_change_of_a_live_offer_is_read_before_and_after(desk: Desk) -> None:
    edit = {**BOOKS, "name.en": "Five", "name.fr": "Cinq", "c.0.categories": "5651", "hold_days": "14"}
    await desk.writer.post("/offers/five-percent/edit", {**edit, "do": "submit"})
    assert (await desk.states())["five-percent"] == "Live also: To approve"
    page = (await desk.approver.get("/offers/five-percent/approval")).text
    rows = [row for row in page.partition("<tbody>")[2].split("</tr>") if "is-changed" in row]
    told = [said(row) for row in rows]
    gives = next(row for row in told if row.startswith("Gives"))
    assert "5% of the purchase, at most €15.00 per purchase" in gives
    assert "10% of the purchase" in gives
    assert not any(row.startswith("Wait") for row in told), "what stays is not marked"
    sent_back = await desk.move(desk.approver, "five-percent", "request-changes", reason="Too generous")
    assert sent_back.status_code == 303
    assert (await desk.states())["five-percent"] == "Live also: Changes requested"
    assert "Too generous" in said((await desk.writer.get("/offers/five-percent")).text)


async def test_who_approves_may_stop_and_what_is_stopped_is_told_as_past(served: Console, desk: Desk) -> None:
    await desk.writer.post("/offers/five-percent/edit", {**BOOKS, "do": "submit"})
    async with someone(served, desk.house, MemberRole.VIEWER) as viewer:
        seen = said((await viewer.get("/offers/five-percent")).text)
        assert "ask somebody who may: editor, approver or admin" in seen
        assert "Emergency stop" not in seen
        assert (await desk.move(viewer, "five-percent", "stop", reason="x")).status_code == 403
    page = (await desk.approver.get("/offers/five-percent?done=offer_approve")).text
    assert "Emergency stop" in page
    assert "Pause" not in said(page).partition("History")[0], "who approves stops and does no more"
    assert "pausing and ending are for editor or admin" in said(page)
    assert "A change waits for approval" in page
    assert "The offer is approved" not in page, "it was not the last thing that happened"
    stopped = await desk.move(desk.approver, "five-percent", "stop", reason="pays twice")
    assert stopped.headers["location"] == "/en/operator/offers/five-percent?done=offer_stop"
    now = said((await desk.approver.get("/offers/five-percent?done=offer_stop")).text)
    for words in ("The offer is stopped", "stopped it on", "pays twice", "What it said", "cannot be approved any more"):
        assert words in now, words
    assert "A change waits for approval" not in now
    assert "What members see" not in now
    answer = (await desk.approver.get("/offers/five-percent/approval")).text
    assert "What is live has changed since" in answer
    assert 'formaction="/en/operator/offers/five-percent/reject"' in answer
    assert "Approve</button>" not in answer
    french = said((await desk.writer.get("/offers/five-percent", language="fr")).text)
    assert "Les membres ne la voient plus" in french


NEXT_VERSION = """
WITH closed AS (UPDATE offer_versions SET live_until = $2 WHERE operator_id = $1 RETURNING *)
INSERT INTO offer_versions (operator_id, offer_id, version, terms, digest, live_from, author, created_at)
SELECT operator_id, offer_id, 2, terms #- '{conditions,0,last_day}', digest, $2, author, created_at FROM closed
RETURNING 1
"""


@pytest.mark.parametrize(("last", "told"), [("2026-11-20", "Its days are over"), ("2026-11-21", "Live")])
async def test_a_live_offer_whose_days_have_passed_says_so(
    served: Console, engine: AsyncEngine, last: str, told: str
) -> None:
    dates = {"kind": "dates", "first_day": "2026-10-01", "last_day": last}
    house = await a_house(engine, offered={"autumn": FIVE_PERCENT | {"conditions": [dates]}})
    async with someone(served, house, MemberRole.EDITOR) as writer:
        ((_, state, *_rest),) = rows_of((await writer.get("/offers")).text)
        assert state == told
        tab = "ended" if told != "Live" else "live"
        found = {each: rows_of((await writer.get(f"/offers?state={each}")).text) for each in ("ended", "live")}
        assert {each for each, rows in found.items() if rows} == {tab}
        async with transaction(engine, house.operator_id) as connection:
            await fetch(connection, NEXT_VERSION, (house.operator_id, NOW + timedelta(days=9)))
        ((_, state, *_rest),) = rows_of((await writer.get("/offers")).text)
        assert state == ("Live" if told == "Live" else "Scheduled"), "what comes next is told"


async def test_the_list_filters_sorts_and_exports_what_it_shows(desk: Desk) -> None:
    await desk.writer.post("/offer-new", {**BOOKS, "do": "save"})
    found = {tab: rows_of((await desk.writer.get(f"/offers?state={tab}")).text) for tab in TABS}
    assert {tab: len(rows) for tab, rows in found.items() if rows} == {"draft": 1, "live": 2}
    assert len(rows_of((await desk.writer.get("/offers?q=POINTS")).text)) == 1
    names = [row[0] for row in rows_of((await desk.writer.get("/offers?sort=-offer")).text)]
    assert names == sorted(names, reverse=True)
    file = (await desk.writer.get("/offers?format=csv&state=draft")).text.lstrip("\ufeff").splitlines()
    assert file[0].startswith("offer,state,gives,period,budget,given,purchases")
    assert [line.split(",")[:2] for line in file[1:]] == [["Books", "Draft"]]
    assert (await desk.writer.get("/offers?state=asleep")).status_code == 422
    french = said((await desk.writer.get("/offers", language="fr")).text)
    assert "Brouillon" in french
    assert "10 points par achat" in french


async def test_no_offer_at_all_shows_three_templates_that_can_be_read(served: Console, engine: AsyncEngine) -> None:
    async with someone(served, await a_house(engine, offered={}), MemberRole.EDITOR) as console:
        page = (await console.get("/offers")).text
        templates = ("percent", "visits", "weekday")
        assert [f"template={each}" in page for each in templates] == [True, True, True]
        for each in templates:
            for language in ("en", "fr"):
                shown = said((await console.get(f"/offer-new?template={each}", language=language)).text)
                assert "Members get" in shown, (each, language)
                assert "Les membres reçoivent" in shown, (each, language)


async def test_what_an_offer_gave_is_counted_by_day_and_again_after_a_refund(desk: Desk, engine: AsyncEngine) -> None:
    shoppers = [await a_shopper(desk.house, reference=f"s{n}") for n in range(3)]
    random, operator_id = Random(7), desk.house.operator_id
    for n in range(12):
        at = NOW - timedelta(days=n % 5, hours=2)
        shop = random.choice(["maison-lumiere", "atelier-coton", "sport-cime"])
        await a_purchase(shoppers[n % 3], minor=random.randrange(20_00, 90_00), shop=shop, at=at)
    async with transaction(engine, operator_id) as connection:
        assert await count_due(connection, operator_id, PARIS, NOW) == 5
        assert await count_due(connection, operator_id, PARIS, NOW) == 0
    assert await counted(engine, desk.house) == await given(engine, desk.house)
    await a_purchase(shoppers[0], minor=200_00, refunded_minor=150_00, at=NOW - timedelta(days=4, hours=3))
    async with transaction(engine, operator_id) as connection:
        assert await count_due(connection, operator_id, PARIS, NOW + timedelta(minutes=6)) == FRESH_DAYS
        assert await count_due(connection, operator_id, PARIS, NOW + timedelta(hours=25)) == 6
    (euro, points) = await given(engine, desk.house)
    assert await counted(engine, desk.house) == [euro, points]
    page = said((await desk.writer.get("/offers/five-percent")).text)
    assert f"€{euro[2] / 100:.2f}" in page
    for name in ("days", "shops"):
        file = (await desk.writer.get(f"/offers/five-percent/{name}.csv")).text.lstrip("\ufeff").splitlines()
        rows = [line.split(",") for line in file[1:]]
        assert sum(int(row[-3]) for row in rows) == euro[1]
        assert sum(round(float(row[-1]) * 100) for row in rows) == euro[2]
    await desk_of(desk.writer).measures.settled()
    measured = await desk.writer.get("/offers/five-percent", headers={"hx-request": "true"})
    assert "This offer has no hold-out of its own" in said(measured.text)
    assert "hx-trigger" not in measured.text


async def test_an_effect_is_told_with_its_interval_and_what_it_brought(desk: Desk, engine: AsyncEngine) -> None:
    reached = {"members": 1_000, "spent": 57_000_00, "buyers": 600, "purchases": 900, "earners": 450}
    held = {"members": 400, "spent": 20_000_00, "buyers": 220, "purchases": 300, "earners": 0}
    arms = {
        "reached": {**reached, "squares": 1_000 * (5_700**2 + 2_000**2)},
        "held": {**held, "squares": 400 * (5_000**2 + 2_000**2)},
        "activated": None,
    }
    shopper = await a_shopper(desk.house)
    await a_purchase(shopper, minor=84_00)
    async with transaction(engine, desk.house.operator_id) as connection:
        await count_due(connection, desk.house.operator_id, PARIS, NOW)
        (offer_id,) = [each for each, code in desk.house.offer_codes.items() if code == "five-percent"]
        await connection.exec_driver_sql(
            "INSERT INTO offer_effects (operator_id, offer_id, as_of, since, until, arms) VALUES "
            "($1, $2, $3, $4, $3, $5::jsonb)",
            (desk.house.operator_id, offer_id, NOW, NOW - timedelta(days=30), json.dumps(arms)),
        )
    page = said((await desk.writer.get("/offers/five-percent")).text)
    assert "+14% spend per member against the hold-out (95% interval +" in page
    assert "That is €7,000.00 more sales (from €" in page
    assert "more sales for each €1.00 given" in page
    assert "1,000 members may receive it, 400 are held out." in page
    assert "Bought in its shops 600 60%" in page
    assert "Earned by it 450 75%" in page
    french = said((await desk.writer.get("/offers/five-percent", language="fr")).text)
    assert "+14 % de dépense par membre face au groupe témoin" in french


async def counted(engine: AsyncEngine, house: House) -> list[tuple[str, int, int, int]]:
    """What the days hold: asset, purchases, given, spent; and of the shops the same sums."""
    async with transaction(engine, house.operator_id) as connection:
        rows = await fetch(connection, "SELECT offer_id, purchases, amount, net_minor, shops::text FROM offer_days")
    sums: dict[str, list[int]] = {}
    for offer_id, *figures, shops in rows:
        code = house.offer_codes[offer_id]
        of_shops = [sum(each[n] for each in json.loads(shops).values()) for n in (0, 2, 1)]
        assert of_shops == figures
        sums[code] = [a + b for a, b in zip(sums.get(code, [0, 0, 0]), figures, strict=True)]
    return [(code, *figures) for code, figures in sorted(sums.items())]  # type: ignore[misc]


async def given(engine: AsyncEngine, house: House) -> list[tuple[str, int, int, int]]:
    """The same from the rewards themselves."""
    async with transaction(engine, house.operator_id) as connection:
        rows = await fetch(
            connection,
            "SELECT r.offer_id, count(*), sum(r.amount)::bigint, sum(p.net_minor)::bigint FROM rewards r "
            "JOIN purchases p ON p.shopper_id = r.shopper_id AND p.id = r.purchase_id WHERE r.amount > 0 GROUP BY 1",
        )
    return sorted((house.offer_codes[offer_id], *figures) for offer_id, *figures in rows)


def test_days_are_counted_again_while_they_may_move() -> None:
    today, first = NOW.date(), NOW.date() - timedelta(days=200)
    assert len(due(first, today, {}, NOW)) == DAYS_AT_ONCE
    assert due(first, today, {}, NOW)[0] == today
    fresh = {today - timedelta(days=n): NOW for n in range(201)}
    assert due(first, today, fresh, NOW) == []
    later = due(first, today, fresh, NOW + timedelta(minutes=5))
    assert later == [today - timedelta(days=n) for n in range(FRESH_DAYS)]
    old = {day: NOW - timedelta(days=2) for day in fresh}
    wanted, now = set[Any](), NOW
    while found := due(first, today, old, now):
        wanted |= set(found)
        old |= dict.fromkeys(found, now)
    assert wanted == {today - timedelta(days=n) for n in range(MOVING_DAYS)}


async def test_budgets_say_what_is_left_and_when_it_ends(desk: Desk, engine: AsyncEngine) -> None:
    assert "No offer has a budget" in said((await desk.writer.get("/offer-budgets")).text)
    await desk.writer.post("/offer-new", {**BOOKS, "do": "submit"})
    await desk.move(desk.approver, "books", "approve")
    async with transaction(engine, desk.house.operator_id) as connection:
        await connection.exec_driver_sql(
            "UPDATE quotas SET granted = 45000 WHERE operator_id = $1", (desk.house.operator_id,)
        )
    ((name, state, budget, used, left, share, *_),) = rows_of((await desk.writer.get("/offer-budgets")).text)
    told = "Soon used up 80% or more of it is given"
    assert (state, budget, used, left, share) == (told, "€500.00", "€450.00", "€50.00", "90%")
    assert name.startswith("Books")
    below = {**BOOKS, "revision": await desk.revision("books"), "budget": "300", "do": "check"}
    aside = await desk.writer.post("/offers/books/edit", below, headers={"hx-request": "true"})
    assert "€450.00 are given already: the budget cannot be less" in said(aside.text)
    file = (await desk.writer.get("/offer-budgets?format=csv")).text.lstrip("\ufeff").splitlines()
    assert file[1].split(",")[:6] == ["Books", "Soon used up", "50000", "45000", "5000", "90"]
