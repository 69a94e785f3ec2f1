"""Settlements over HTTP: who invoices, a look before, issuing once, and what can be read and downloaded."""

import csv
from collections.abc import AsyncIterator
from hashlib import sha256
from io import BytesIO, StringIO
from typing import Any

import facturx
import pytest
from app_desk import EVERY_SCOPE, Desk, application, assert_problem
from settling import BRAND, SELLER, a_centre, paid_in
from sqlalchemy.ext.asyncio import AsyncEngine
from world import day, purchase

PERIOD = {"period": "2026-11-01..2026-11-15"}


@pytest.fixture
async def october(engine: AsyncEngine) -> AsyncIterator[Desk]:
    """The café sold for 123.40 on the second day of November; it is the sixteenth."""
    world = await a_centre(engine, at=day(0))
    await paid_in(world, BRAND, 50_00, "t1")
    await world.play(*purchase("p1", 123_40, at=day(1)), at=day(3))
    world.clock.move_to(day(15))
    async with application(engine, world.clock, world.stage.road.keyring) as client:
        desk = Desk(world, client, "")
        desk.key = await desk.key_with(*EVERY_SCOPE, label="all")
        yield desk


async def issued(desk: Desk, **more: Any) -> dict[str, dict[str, Any]]:
    answer = await desk.ask("POST", "/v1/settlements", json={**PERIOD, **more})
    assert answer.status_code == 201, answer.text
    return {each["funder"]: each for each in answer.json()["settlements"]}


async def test_a_period_is_looked_at_issued_and_read(october: Desk) -> None:
    seen = (await october.ask("POST", "/v1/settlements/preview", json=PERIOD)).json()["settlements"]
    assert {each["funder"]: (each["id"], each["gross_minor"]) for each in seen} == {
        "brand:Lune": (None, 4_26),
        "operator": (None, 1_24),
        "shop:cafe": (None, 8_73),
    }
    assert (await october.ask("GET", "/v1/settlements")).json()["data"] == []
    made = await issued(october)
    assert {name: each["gross_minor"] for name, each in made.items()} == {
        each["funder"]: each["gross_minor"] for each in seen
    }
    assert made["operator"]["invoice"] is None
    assert made["brand:Lune"]["invoice"]["due_minor"] == 0
    assert await issued(october) == {}
    listed = (await october.ask("GET", "/v1/settlements?funder=shop:cafe&period=2026-11-01..2026-11-15")).json()
    assert listed["data"] == [made["shop:cafe"]]
    first = (await october.ask("GET", "/v1/settlements?limit=2")).json()
    rest = (await october.ask("GET", f"/v1/settlements?limit=2&cursor={first['next_cursor']}")).json()
    assert sorted(each["funder"] for each in (*first["data"], *rest["data"])) == ["brand:Lune", "operator", "shop:cafe"]
    assert (first["has_more"], rest["has_more"]) == (True, False)
    one = (await october.ask("GET", f"/v1/settlements/{made['shop:cafe']['id']}")).json()
    assert [(each["kind"], each["value_minor"]) for each in one["lines"]] == [
        ("reward", 7_40),
        ("commission", 1_11),
        ("vat", 22),
    ]
    await october.world.audit()


async def test_files_are_downloaded_and_stay(october: Desk) -> None:
    cafe = (await issued(october, funders=["shop:cafe"]))["shop:cafe"]
    pdf = await october.ask("GET", f"/v1/settlements/{cafe['id']}.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    name = f"2026-11-01..2026-11-15_shop-cafe_{cafe['invoice']['number']}"
    assert pdf.headers["content-disposition"] == f'attachment; filename="{name}.pdf"'
    assert pdf.headers["etag"] == f'"{sha256(pdf.content).hexdigest()}"'
    assert facturx.get_facturx_xml_from_pdf(BytesIO(pdf.content))[0] == "factur-x.xml"
    await october.ask("PUT", "/v1/seller", json={**SELLER, "name": "Another name"})
    assert (await october.ask("GET", f"/v1/settlements/{cafe['id']}.pdf")).content == pdf.content
    text = (await october.ask("GET", f"/v1/settlements/{cafe['id']}.csv")).text
    rows = list(csv.DictReader(StringIO(text)))
    assert [(each["kind"], each["value"], each["currency"]) for each in rows] == [
        ("reward", "7.40", "EUR"),
        ("commission", "1.11", "EUR"),
        ("vat", "0.22", "EUR"),
    ]
    assert rows[0]["description"] == "Récompenses · Dix pour cent"
    text = (await october.ask("GET", f"/v1/settlements/{cafe['id']}/movements.csv")).text
    moved = list(csv.DictReader(StringIO(text)))
    assert sorted((each["reason"], each["units"]) for each in moved) == [
        ("commission", "1.11"),
        ("earned", "7.40"),
        ("vat", "0.22"),
    ]
    shopper_id = await october.world.stage.shopper("anna")
    assert shopper_id.hex not in text.replace("-", "")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"period": "2026-11"}, 409, "period_not_over"),
        ({"period": "november"}, 422, "unknown_period"),
        ({**PERIOD, "funders": ["shop:cinema"]}, 422, "unknown_funder"),
        ({**PERIOD, "funders": []}, 422, "invalid"),
        ({**PERIOD, "numbers": 7}, 422, "invalid"),
        ({}, 422, "invalid"),
    ],
)
async def test_a_refusal_moves_nothing(october: Desk, body: dict[str, Any], status: int, code: str) -> None:
    before = await october.state()
    assert_problem(await october.ask("POST", "/v1/settlements", json=body), status, code)
    assert await october.state() == before


async def test_a_wrong_seller_is_refused(october: Desk) -> None:
    before = await october.state()
    wrong = await october.ask("PUT", "/v1/seller", json={**SELLER, "iban": "FR7630006000011234567890188"})
    assert_problem(wrong, 422, "invalid")
    card = await october.ask("PUT", "/v1/seller", json={**SELLER, "register": "4242424242424242"})
    assert_problem(card, 422, "invalid")
    number = await october.ask("PUT", "/v1/seller", json={**SELLER, "name": "4242424242424242"})
    assert_problem(number, 422, "card_number")
    assert await october.state() == before
