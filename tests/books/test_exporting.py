"""The journal for others: three formats that hold the same, and a beancount file that a stranger's checker accepts."""

import csv
import io
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest
from arro3.io import read_parquet
from hypothesis import given
from hypothesis import strategies as st
from ledgers import seal_all
from sqlalchemy.ext.asyncio import AsyncEngine
from world import CENTRE, World, a_world, day, purchase, refund

from cashback.books.export import Span, export_beancount, export_csv, export_parquet
from cashback.books.names import account_name, commodity_name
from cashback.errors import Invalid
from cashback.ids import uuid7
from cashback.ledger.chart import ACCOUNTS, BANK, COMMISSION, VAT
from cashback.ledger.service import Transfer, post

BEAN_CHECK = Path(sys.executable).with_name("bean-check")
PROGRAMME = (
    CENTRE
    + """
assets:
  - {code: PTS, kind: points, name: {en: points, fr: points}, conversion: {threshold: 20, into: EUR, amount: "2.00"}}
  - {code: "TICKET:spring-draw", kind: ticket, name: {en: ticket, fr: ticket}}
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
offers:
  - {code: points, reward: {kind: fixed, asset: PTS, amount: 10}}
  - {code: draw, reward: {kind: fixed, asset: "TICKET:spring-draw", amount: 1}}
  - {code: five, reward: {kind: percent, asset: EUR, rate_bps: 500}, hold_days: 14}
"""
)
EVER = Span(None, None)


@pytest.fixture(scope="module")
async def story(engine: AsyncEngine) -> World:
    """Points that became euros, a draw ticket, a refund, a payment, and the house's own transfers with funders."""
    made = await a_world(engine, PROGRAMME)
    await made.link()
    await made.play(*purchase("p1", 40_00, at=day(1)), *purchase("p2", 31_01, at=day(2)), at=day(4))
    await made.pass_to(day(20))
    await made.pay(1_23)
    await made.play(refund("r1", 10_00, at=day(22), of="p2"), at=day(23))
    funder, brand = f"funder:shop:{uuid7(day(1)).hex}", 'funder:brand:Chez "Zoé" \\ Cie'
    house = made.operator_id
    async with made.connection() as connection:
        moved = [
            Transfer(house, 'top-up:"1"', BANK, funder, "EUR", 1_000_00, "topped_up"),
            Transfer(house, "commission:1", funder, COMMISSION, "EUR", 10_00, "commission"),
            Transfer(house, "vat:1", funder, VAT, "EUR", 2_00, "vat"),
            Transfer(house, "top-up:2", BANK, brand, "EUR", 5, "topped_up", corrects="top-up:\\"),
        ]
        await post(connection, house, moved, made.now)
    return made


async def written(world: World, kind: str, span: Span = EVER) -> tuple[int, bytes]:
    out = io.BytesIO()
    async with world.connection() as connection:
        if kind == "beancount":
            rows = await export_beancount(connection, world.operator_id, span, out, world.now)
        else:
            rows = await (export_csv if kind == "csv" else export_parquet)(connection, world.operator_id, span, out)
    return rows, out.getvalue()


def checked(text: bytes, folder: Path) -> tuple[int, str]:
    """What `bean-check` says of a file."""
    file = folder / "journal.beancount"
    file.write_bytes(text)
    done = subprocess.run([str(BEAN_CHECK), "--no-cache", str(file)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


async def test_csv_and_parquet_hold_every_transfer_as_it_is(story: World) -> None:
    await seal_all(story)
    rows = await story.rows(
        "SELECT posted_at, id::text, shopper_id::text, key, debit, credit, asset, amount, reason, purchase_id::text, "
        'corrects FROM transfers ORDER BY posted_at, shopper_id, key COLLATE "C"'
    )
    count, text = await written(story, "csv")
    header, *lines = list(csv.reader(io.StringIO(text.decode())))
    assert header[:4] == ["posted_at", "id", "shopper_id", "key"]
    assert count == len(lines) == len(rows)
    typed = [
        (datetime.fromisoformat(line[0]), *line[1:7], int(line[7]), line[8], line[9] or None, line[10] or None)
        for line in lines
    ]
    assert typed == rows
    count, parquet = await written(story, "parquet")
    table = read_parquet(io.BytesIO(parquet)).read_all()
    assert count == len(rows)
    assert table.column_names == header
    assert list(zip(*(column.to_pylist() for column in table.columns), strict=True)) == rows
    await story.audit()


@pytest.mark.parametrize(
    ("since", "until"), [(None, None), (None, day(10)), (day(10), None), (day(4.5), day(22)), (day(23), day(23.5))]
)
async def test_a_checker_of_strangers_proves_the_beancount_file(
    story: World, tmp_path: Path, since: datetime | None, until: datetime | None
) -> None:
    rows, text = await written(story, "beancount", Span(since, until))
    assert checked(text, tmp_path) == (0, "")
    assert text.count(b"\n  transfer: ") == rows > 0
    assert text.count(b" balance ") >= 4
    found = await story.rows("SELECT count(*) FROM transfers WHERE posted_at >= $1", since or day(0))
    assert until is not None or rows == found[0][0]


@pytest.mark.parametrize(
    ("line", "other"),
    [
        ("  Liabilities:Shoppers:Pending  -2.00 EUR", "  Liabilities:Shoppers:Pending  -2.01 EUR"),
        ("balance Assets:Bank  1", "balance Assets:Bank  2"),
    ],
)
async def test_the_checker_does_not_accept_another_figure(story: World, tmp_path: Path, line: str, other: str) -> None:
    _, text = await written(story, "beancount")
    assert line.encode() in text
    code, said = checked(text.replace(line.encode(), other.encode(), 1), tmp_path)
    assert code == 1
    assert "alance" in said


async def test_a_journal_without_transfers_is_a_file_too(world: World, tmp_path: Path) -> None:
    assert (await written(world, "csv"))[0] == 0
    rows, text = await written(world, "beancount")
    assert (rows, checked(text, tmp_path)) == (0, (0, ""))
    rows, parquet = await written(world, "parquet")
    assert (rows, read_parquet(io.BytesIO(parquet)).read_all().num_rows) == (0, 0)


def test_a_span_that_holds_nothing_is_refused() -> None:
    with pytest.raises(Invalid, match="nothing lies from") as refused:
        Span(day(2), day(2))
    assert refused.value.code == "no_span"


@pytest.mark.parametrize(
    ("asset", "commodity"),
    [
        ("EUR", "EUR"),
        ("PTS", "PTS"),
        ("PARKMIN", "PARKMIN"),
        ("GIFT:CUP", "GIFT.CUP"),
        ("GIFT.CUP", "GIFT.CUP.2F1FF50B"),
        ("9x", "U9X.49C45E82"),
        ("TICKET:spring-draw", "TICKET.SPRINGDR.6609D2D2"),
    ],
)
def test_assets_have_names_that_a_beancount_file_takes(asset: str, commodity: str) -> None:
    assert commodity_name(asset) == commodity


@given(st.lists(st.text(min_size=1, max_size=30), min_size=2, max_size=6, unique=True))
def test_names_stay_different(names: list[str]) -> None:
    assert len({commodity_name(name) for name in names}) == len(names)
    accounts = [*ACCOUNTS, *(f"funder:brand:{name}" for name in names), *names, f"funder:shop:{UUID(int=1).hex}"]
    accounts.append(f"payable:shop:{UUID(int=1).hex}")
    named = [account_name(each) for each in accounts]
    assert len(set(named)) == len(set(accounts))
    for each in named:
        root, *parts = each.split(":")
        assert root in {"Assets", "Liabilities", "Equity", "Income", "Expenses"}
        assert parts
        assert all(part[0].isupper() and part.replace("-", "").isalnum() and part.isascii() for part in parts)
