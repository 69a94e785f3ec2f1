"""`cashback payouts` and `cashback gifts` as people type them."""

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from bank_files import status_report
from paid_world import DEBTOR, IBAN, PAYING
from test_command_line import ROOT, Line, surroundings

from cashback.actors import system
from cashback.clock import SystemClock
from cashback.db.engine import open_engine, transaction
from cashback.ids import parse
from cashback.ledger.chart import AVAILABLE, FUNDER
from cashback.ledger.service import Transfer, post
from cashback.programmes.operators import find_operator
from cashback.shoppers.service import open_shoppers

HASTY = PAYING.replace("payouts:\n", "payouts:\n  cooling_hours: 0\n")


@pytest.fixture
async def line(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> Line:
    return Line(tmp_path, surroundings(await new_database()))


async def rich(line: Line) -> None:
    """Anna has 80 EUR, by a transfer from nowhere: these commands do not look at purchases."""
    engine, now = open_engine(line.environment["DATABASE_URL"]), SystemClock().now()
    try:
        operator_id = await find_operator(engine, "quai")
        assert operator_id is not None
        async with transaction(engine, operator_id) as connection:
            opened = await open_shoppers(connection, system(operator_id, "t"), ["anna"], locale="fr", now=now)
            gift = Transfer(opened["anna"], "gift", FUNDER, AVAILABLE, "EUR", 80_00, "goodwill")
            await post(connection, operator_id, [gift], now)
    finally:
        await engine.dispose()


def typed(line: Line, *arguments: str, told: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "cashback.cli", *arguments],
        env=line.environment, cwd=ROOT, capture_output=True, text=True, input=told, timeout=60,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


async def test_money_goes_out_in_a_file_and_comes_back(line: Line, tmp_path: Path) -> None:
    line("operator", "quai", "Le Quai")
    line("apply", line.write("programme.yaml", HASTY), "--operator", "quai")
    await rich(line)
    who = ("--operator", "quai", "--as", "ada")
    assert line("payouts", "list", "--operator", "quai")[0] == "there is no payout\n"
    assert typed(line, "payouts", "rail", "sepa", *who, told=json.dumps(DEBTOR)) == "sepa is open\n"
    account = json.dumps({"iban": IBAN, "holder": "Anna Exemple"})
    assert "ends in 2606 and is usable from" in typed(line, "payouts", "account", "anna", "sepa", *who, told=account)
    wrong = typed(line, "payouts", "account", "anna", "sepa", *who, told="IBAN", code=1)
    assert "expected one line of JSON" in wrong
    asked = line("payouts", "request", "anna", "EUR", "60.00", "--key", "k", *who)[0]
    payout = asked.split()[0]
    assert asked.rstrip().endswith("60.00 EUR  sepa  waiting_approval: above_limit")
    assert "another person must" in line("payouts", "approve", payout, "--words", "fine", *who, code=1)[1]
    bob = ("--operator", "quai", "--as", "bob")
    assert line("payouts", "approve", payout, "--words", "seen", *bob)[0].rstrip().endswith("sepa  approved")
    out = tmp_path / "file.xml"
    made = line("payouts", "file", str(out), *who)[0]
    assert f"{out}: 1 transfers, 60.00 EUR, to be carried out on " in made
    batch = made.split()[-1]
    again = tmp_path / "again.xml"
    line("payouts", "file", str(again), "--batch", batch, *who)
    assert again.read_bytes() == out.read_bytes()
    assert "no transfer waits" in line("payouts", "file", str(tmp_path / "x.xml"), *who, code=1)[1]
    report = tmp_path / "report.xml"
    report.write_bytes(status_report(parse("bat", batch).hex, [(parse("pyt", payout).hex, "RJCT", "AC04")]))
    assert (
        line("payouts", "read", str(report), *who)[0]
        == f"{report}: tells of 1 of our payouts, 1 told for the first time\n"
    )
    shown = line("payouts", "show", payout, "--operator", "quai")[0].splitlines()
    assert shown[0].endswith("sepa  failed: AC04")
    assert [each.split()[2] for each in shown[1:]] == [
        "requested,", "waiting_approval", "approved,", "sending,", "sent,", "failed",
    ]  # fmt: skip
    assert (
        line("payouts", "list", "--state", "failed", "--operator", "quai")[0].splitlines()[1] == "failed: 1, 60.00 EUR"
    )


async def test_gift_cards_are_imported_once(line: Line) -> None:
    line("operator", "quai", "Le Quai")
    line("apply", line.write("programme.yaml", HASTY), "--operator", "quai")
    who = ("--operator", "quai", "--as", "ada")
    codes = line.write("codes.csv", "code,asset,amount,expires_on\nG-0001,EUR,10.00,\nG-0002,EUR,10.00,2031-01-01\n")
    assert line("gifts", "import", codes, *who)[0] == f"{codes}: 2 codes are new, 0 were in stock before\n"
    assert line("gifts", "import", codes, *who)[0] == f"{codes}: 0 codes are new, 2 were in stock before\n"
    assert line("gifts", "stock", "--operator", "quai")[0] == "2 of 10.00 EUR\n"
    bad = line.write("bad.csv", "code,asset,amount,expires_on\nG-0003,USD,10.00,\nG-4,EUR,0,\n")
    complaint = line("gifts", "import", bad, *who, code=1)[1]
    assert "line 2: asset 'USD': expected one of EUR" in complaint
    assert "line 3: code: expected 4 to 200" in complaint
    assert "G-0003" not in complaint
