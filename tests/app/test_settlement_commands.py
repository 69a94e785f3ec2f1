"""`cashback settlement` as people type it: tell who invoices, look, issue, list, export."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import facturx
import pytest
from test_command_line import Line, surroundings
from world import FIVE_PERCENT, SHOPPER

from cashback.actors import system
from cashback.clock import SystemClock
from cashback.db.engine import fetch, open_engine, transaction
from cashback.ledger import service as ledger
from cashback.ledger.service import Transfer
from cashback.programmes.operators import find_operator
from cashback.shoppers.service import open_shoppers

SELLER = """
name: Le Quai SAS
address: [12 quai Rambaud, 69002 Lyon]
registration: 732829320
vat_number: FR44732829320
iban: FR76 3000 6000 0112 3456 7890 189
penalty_bps: 1215
"""


@pytest.fixture
async def line(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> Line:
    return Line(tmp_path, surroundings(await new_database()))


async def credited(line: Line) -> datetime:
    """The café gave Anna 12.34 euros forty days ago; answers when."""
    engine, now = open_engine(line.environment["DATABASE_URL"]), SystemClock().now()
    try:
        operator_id = await find_operator(engine, "quai")
        assert operator_id is not None
        async with transaction(engine, operator_id) as connection:
            opened = await open_shoppers(connection, system(operator_id, "tests"), [SHOPPER], locale="fr", now=now)
            ((shop,),) = await fetch(connection, "SELECT id FROM shops WHERE code = 'cafe'")
            given = Transfer(
                opened[SHOPPER], "given", f"funder:shop:{shop.hex}", "shopper:pending", "EUR", 12_34, "goodwill"
            )
            await ledger.post(connection, operator_id, [given], now - timedelta(days=40))
    finally:
        await engine.dispose()
    return now - timedelta(days=40)


async def test_a_month_is_issued_and_exported(line: Line) -> None:
    line("operator", "quai", "Le Quai")
    line("apply", line.write("programme.yaml", FIVE_PERCENT), "--operator", "quai")
    given = await credited(line)
    month, who = f"{given:%Y-%m}", ("--operator", "quai", "--as", "ada")
    said = line("settlement", "seller", line.write("seller.yaml", SELLER), *who)[0]
    assert said == "Le Quai SAS invoices from now on\n"
    seen = line("settlement", "preview", *who, "--period", month)[0]
    figures = "rewards 12.34, commission 0.00, VAT 0.00, total 12.34, owed after 12.34 EUR\n"
    assert seen == f"{month}  shop:cafe  no invoice  {figures}"
    refused = line("settlement", "issue", *who, "--period", month, code=1)[1]
    assert "cannot be invoiced: its address and registration are not known" in refused
    told = ("--name", "Café SARL", "--mode", "postpaid", "--address", "3 place des Terreaux")
    line("funding", "set", "shop:cafe", *who, *told, "--registration", "552100554")
    issued = line("settlement", "issue", *who, "--period", month)[0]
    settlement, _, rest = issued.partition("  ")
    year = SystemClock().now().year
    assert rest == f"{month}  shop:cafe  {year}-000001  {figures}"
    assert line("settlement", "issue", *who, "--period", month)[0] == f"nothing is left to be issued in {month}\n"
    assert line("settlement", "list", "--operator", "quai", "--funder", "shop:cafe")[0] == issued
    folder = line.folder / "out"
    folder.mkdir()
    written = line("settlement", "export", settlement, *who, "--to", str(folder))[0].splitlines()
    name = f"{month}_shop-cafe_{year}-000001"
    assert [Path(each).name for each in written] == [f"{name}.pdf", f"{name}.csv", f"{name}_movements.csv"]
    with (folder / f"{name}.pdf").open("rb") as file:
        assert b"12.34" in facturx.get_facturx_xml_from_pdf(file)[1]
    assert "12.34" in (folder / f"{name}.csv").read_text()
    assert "given" in (folder / f"{name}_movements.csv").read_text()
    assert "cannot be written" in line("settlement", "export", settlement, *who, "--to", str(folder), code=1)[1]
    assert line("audit", "--operator", "quai")[0].endswith("every invariant holds\n")


async def test_what_is_typed_wrong_is_said(line: Line) -> None:
    line("operator", "quai", "Le Quai")
    line("apply", line.write("programme.yaml", FIVE_PERCENT), "--operator", "quai")
    who = ("--operator", "quai", "--as", "ada")
    assert line("settlement", "list", "--operator", "quai")[0] == "nothing was issued\n"
    assert line("settlement", "preview", *who, "--period", "2026-10")[0] == "nothing is open in 2026-10\n"
    assert "expected a month such as 2026-11" in line("settlement", "preview", *who, "--period", "May", code=1)[1]
    assert "is not over" in line("settlement", "issue", *who, "--period", "2199-01", code=1)[1]
    assert "expected an id such as stl_" in line("settlement", "export", "x", *who, "--to", str(line.folder), code=2)[1]
    wrong = line.write("wrong.yaml", SELLER.replace("732829320", "732829321"))
    assert "vat_number: " in line("settlement", "seller", wrong, *who, code=1)[1]
    for text, said in (("- a\n", "expected names with their values"), ("name: [", "wrong.yaml: "), ("a: b\n", ": ")):
        assert said in line("settlement", "seller", line.write("wrong.yaml", text), *who, code=1)[1]
