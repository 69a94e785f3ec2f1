"""The console's shops and the import of a file: what is shown, what it does, who may, and what a refusal leaves."""

import csv
import io
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from builders import House, a_house, a_purchase, a_shopper
from counter_site import Counter, at_the_counter
from sqlalchemy.ext.asyncio import AsyncEngine
from stored import state_of
from web_site import words

from cashback.auth.roles import MemberRole
from cashback.merchants.imports import service
from cashback.merchants.imports.checking import Check, check


@pytest.fixture
async def house(engine: AsyncEngine) -> House:
    return await a_house(engine)


@pytest.fixture
async def counter(engine: AsyncEngine, house: House) -> AsyncIterator[Counter]:
    async with at_the_counter(engine, house) as opened:
        yield opened


def a_file(rows: list[str], *, encoding: str = "utf-8") -> dict[str, Any]:
    return {"file": ("boutiques.csv", "\r\n".join(rows).encode(encoding), "text/csv")}


def two_hundred() -> list[str]:
    """200 shops as a spreadsheet in French writes them, three of them faulty."""
    rows = ["Code boutique;Nom;Étage;Code MCC;Réseau;Type;Identifiant"]
    rows += [f"lot-{n:03d};Boutique n° {n}, côté été;Niveau {n % 3};5651;sandbox;mid;7{n:07d}" for n in range(200)]
    rows[17] = rows[17].replace(";5651;", ";565;")
    rows[80] = rows[80].replace(";sandbox;", ";sandbx;")
    rows[150] = rows[150].replace("70000149", "90000001")
    return rows


async def uploaded(counter: Counter, rows: list[str], encoding: str = "utf-8") -> str:
    answer = await counter.post("/shop-imports", files=a_file(rows, encoding=encoding))
    assert answer.status_code == 303, words(answer.text)
    return answer.headers["location"].removeprefix("/en/operator")


def counted(page: str) -> list[int]:
    """New, changed, unchanged, faulty."""
    return [int(each) for each in re.findall(r'class="stat-value">(\d+)<', page)]


async def test_shops_are_listed_filtered_sorted_and_exported_as_they_are_shown(counter: Counter) -> None:
    camille = await a_shopper(counter.house)
    await a_purchase(camille, shop="sport-cime")
    page = (await counter.get("/shops")).text
    assert page.index("Atelier Coton") < page.index("Sport Cime")
    assert "100%of the newest: 1" in words(page)
    silent = words((await counter.get("/shops?state=never")).text)
    assert "Sport Cime" not in silent
    assert "Marché Frais" in silent
    newest = (await counter.get("/shops?sort=-last_seen")).text
    assert newest.index("Sport Cime") < newest.index("Atelier Coton")
    found = (await counter.get("/shops?q=90000005")).text
    assert "Librairie du Lac" in found
    assert "Sport Cime" not in found
    exported = await counter.get("/shops?state=seen&format=csv")
    rows = list(csv.DictReader(io.StringIO(exported.text.removeprefix("\ufeff"))))
    assert [(row["shop"], row["identifiers"], row["quality"]) for row in rows] == [("Sport Cime", "1", "100%")]


async def test_an_identifier_is_given_its_purchases_earn_and_it_ends(counter: Counter) -> None:
    camille = await a_shopper(counter.house)
    await a_purchase(camille, minor=50_00, shop=None, identifiers=("mid:77777777",))
    told = {"kind": "sandbox:mid", "value": "77777777"}
    page = await counter.done("/shops/maison-lumiere/identifiers", told)
    assert "The identifier leads here" in words(page)
    assert await counter.rows("SELECT amount FROM rewards WHERE asset = 'EUR'") == []
    await counter.work()
    assert await counter.rows("SELECT amount FROM rewards WHERE asset = 'EUR'") == [(2_50,)]
    exported = (await counter.get("/shops/maison-lumiere?format=csv")).text
    (row,) = csv.DictReader(io.StringIO(exported.removeprefix("\ufeff")))
    assert (row["amount"], row["found_by"], row["result"]) == ("50.00", "An identifier you gave", "Earned")
    page = (await counter.get("/shops/maison-lumiere")).text
    assert "seen with 1 of the last 100 purchases" in words(page)
    before = await state_of(counter.runtime.engine, counter.house.operator_id)
    taken = await counter.post("/shops/sport-cime/identifiers", told)
    assert taken.status_code == 409
    assert "leads to another shop at that time already" in words(taken.text)
    assert 'value="77777777"' in taken.text
    assert await state_of(counter.runtime.engine, counter.house.operator_id) == before
    key = "sandbox|mid|77777777||"
    page = await counter.done("/shops/maison-lumiere/identifiers/end", {"key": key, "until": "2026-11-30"})
    assert "ended on 30 Nov" in words(page)
    assert (await counter.post("/shops/maison-lumiere/identifiers/end", {"key": key})).status_code == 404
    await counter.work()
    assert await counter.rows("SELECT amount FROM rewards WHERE asset = 'EUR'") == [(2_50,)]
    assert await counter.breaches() == []


async def test_two_hundred_shops_with_three_faulty_rows_are_found_mended_and_applied(counter: Counter) -> None:
    path = await uploaded(counter, two_hundred(), "cp1252")
    page = (await counter.get(path)).text
    assert counted(page) == [197, 0, 0, 3]
    text = words(page)
    assert "200 rows, read as windows-1252, cells separated by: semicolon" in text
    assert "“565” is no trade code that exists: expected four digits from the list of codes (MCC)." in text
    assert "Did you mean 5651 family clothing, 5655 sportswear or" in text
    assert 'href="/en/operator/trades"' in page
    assert "no network is called “sandbx”; did you mean sandbox?" in text
    assert "it leads to Maison Lumière at the same time" in text
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen is not None
    before = await state_of(counter.runtime.engine, counter.house.operator_id)
    refused = await counter.post(f"{path}/apply", {"extent": "all", "seen": seen[1]})
    assert refused.status_code == 422
    assert "Some rows are faulty" in words(refused.text)
    assert (await counter.post(f"{path}/apply", {"seen": seen[1]})).status_code == 422
    assert (await counter.post(f"{path}/apply", {"extent": "all", "seen": "other"})).status_code == 409
    assert await state_of(counter.runtime.engine, counter.house.operator_id) == before
    faulty = (await counter.get(f"{path}/errors.csv")).text.removeprefix("\ufeff")
    assert [row["line"] for row in csv.DictReader(io.StringIO(faulty), delimiter=";")] == ["18", "81", "151"]
    page = await counter.done(f"{path}/apply", {"extent": "valid", "seen": seen[1]})
    assert counted(page) == [0, 0, 197, 3]
    assert "New shops: 197" in words(page)
    mended = {"cell.18.category": "5651", "cell.81.network": "sandbox", "cell.151.value": "70000149"}
    page = await counter.done(f"{path}/mend", mended)
    assert counted(page) == [3, 0, 197, 0]
    assert "typed here" not in page
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen is not None
    once = {"extent": "all", "seen": seen[1]}
    assert counted(await counter.done(f"{path}/apply", once)) == [0, 0, 200, 0]
    after = await state_of(counter.runtime.engine, counter.house.operator_id)
    assert counted(await counter.done(f"{path}/apply", once)) == [0, 0, 200, 0]
    assert await state_of(counter.runtime.engine, counter.house.operator_id) == after
    assert (await counter.rows("SELECT count(*) FROM shops"))[0][0] == 208
    assert (await counter.rows("SELECT count(*) FROM merchant_identifiers"))[0][0] == 208
    again = (await counter.get(await uploaded(counter, two_hundred(), "cp1252"))).text
    assert counted(again) == [0, 0, 197, 3]
    acts = await counter.rows("SELECT action FROM audit_log WHERE action LIKE 'shops.%' ORDER BY id")
    assert sorted(each[0] for each in acts) == ["shops.imported", "shops.imported", "shops.uploaded", "shops.uploaded"]
    assert await counter.breaches() == []


async def test_columns_are_told_where_they_are_not_understood(counter: Counter) -> None:
    path = await uploaded(counter, ["Wo,Was", "sport-cime,Sport auf dem Gipfel", "nowhere,Nichts"])
    page = (await counter.get(path)).text
    assert "No column says which shop a row is about" in words(page)
    assert (await counter.post(f"{path}/columns", {"column0": "name", "column1": "name"})).status_code == 422
    told = {"column0": "shop", "column1": "name", "encoding": "utf-8", "separator": ","}
    page = await counter.done(f"{path}/columns", told)
    assert counted(page) == [0, 1, 0, 1]
    assert "Name: Sport Cime → Sport auf dem Gipfel" in words(page)
    exported = (await counter.get(f"{path}?state=changed&format=csv")).text
    assert "Sport auf dem Gipfel" in exported
    assert "nowhere" not in exported
    assert "The file is gone" in words(await counter.done(f"{path}/discard"))
    assert (await counter.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (b"", "The file is empty"),
        (b"shop,name\n", "at least one row"),
        (b"PK\x03\x04\x00\x00 a workbook\n\x00", "This is no CSV file"),
        (b"shop,name\na,4539 1488 0343 6467\n", "looks like a card number"),
        (b'shop,name\na,"never closed\n', "This is no CSV file"),
    ],
)
async def test_what_is_no_table_is_refused_and_not_kept(counter: Counter, file: bytes, said: str) -> None:
    before = await state_of(counter.runtime.engine, counter.house.operator_id)
    answer = await counter.post("/shop-imports", files={"file": ("x.csv", file, "text/csv")})
    assert answer.status_code == 422
    assert said in words(answer.text)
    assert await state_of(counter.runtime.engine, counter.house.operator_id) == before


async def test_the_template_shows_a_row_that_is_refused_when_it_is_left_in(counter: Counter) -> None:
    template = (await counter.get("/shop-imports/template.csv", "fr")).text.removeprefix("\ufeff")
    path = await uploaded(counter, [*template.split("\r\n")[:2], "lush;Lush;;5977;0"])
    page = (await counter.get(path)).text
    assert counted(page) == [1, 0, 0, 1]
    assert "this is the example of the template" in words(page)


async def test_the_trades_are_listed_by_group_and_as_a_file(counter: Counter) -> None:
    page = words((await counter.get("/trades?group=fashion", "fr")).text)
    assert "5651 family clothing mode pour toute la famille mode" in page
    assert "supermarchés" not in page
    assert "5462" in words((await counter.get("/trades?q=boulang", "fr")).text)
    rows = {
        row["code"]: row
        for row in csv.DictReader(io.StringIO((await counter.get("/trades?format=csv")).text.removeprefix("\ufeff")))
    }
    assert (rows["5651"]["fr"], rows["5651"]["group"], rows["5651"]["shops"]) == (
        "mode pour toute la famille",
        "fashion",
        "1",
    )
    assert "3501-3999" in rows


async def test_pages_of_a_preview_are_of_one_check_until_the_programme_changes(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks: list[int] = []

    def counting(*given: Any) -> Check:
        checks.append(len(given))
        return check(*given)

    monkeypatch.setattr(service, "check", counting)
    path = await uploaded(counter, two_hundred(), "cp1252")
    for address in (path, f"{path}?state=new", f"{path}?state=faulty&sort=-line", f"{path}/errors.csv"):
        assert (await counter.get(address)).status_code == 200
    assert len(checks) == 1
    await counter.done("/shops/maison-lumiere/identifiers", {"kind": "sandbox:mid", "value": "70000000"})
    assert counted((await counter.get(path)).text) == [196, 0, 0, 4]
    assert len(checks) == 2


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_the_pages_open_in_both_languages(counter: Counter, language: str) -> None:
    path = await uploaded(counter, two_hundred(), "cp1252")
    for address in ("/shops", "/shops/sport-cime", "/shop-imports", path, "/trades", "/shop-imports/template.csv"):
        answer = await counter.get(address, language)
        assert answer.status_code == 200, address
        assert "style=" not in answer.text


async def test_who_may_not_change_the_programme_looks_and_changes_nothing(engine: AsyncEngine, house: House) -> None:
    async with at_the_counter(engine, house, MemberRole.VIEWER) as viewer:
        page = (await viewer.get("/shops")).text
        assert "Sport Cime" in page
        assert "shop-imports" not in page
        before = await state_of(engine, house.operator_id)
        assert (await viewer.get("/shop-imports")).status_code == 403
        assert (await viewer.post("/shop-imports", files=a_file(two_hundred()))).status_code == 403
        told = {"kind": "sandbox:mid", "value": "77777777"}
        assert (await viewer.post("/shops/sport-cime/identifiers", told)).status_code == 403
        assert await state_of(engine, house.operator_id) == before
