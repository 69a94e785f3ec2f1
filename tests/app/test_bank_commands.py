"""`cashback bank` as people type it: files in, differences out, explanations by name."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from test_command_line import Line, surroundings
from world import FIVE_PERCENT

STATEMENTS = Path(__file__).parents[1] / "iso20022" / "files"
STATEMENT = str(STATEMENTS / "first_bank.camt.053.001.02.xml")
BY_ADA = ("--operator", "quai", "--as", "ada")
SINCE = ("--since", "2026-11-01")
PLACE = "camt.053/0189/REL-2026-334"


@pytest.fixture
async def line(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> Line:
    made = Line(tmp_path, surroundings(await new_database()))
    made("operator", "quai", "Le Quai")
    made("apply", made.write("programme.yaml", FIVE_PERCENT), "--operator", "quai")
    return made


async def test_a_statement_is_imported_compared_and_explained(line: Line) -> None:
    assert line("bank", "files", *BY_ADA)[0] == "nothing was imported yet\n"
    assert line("bank", "differences", *BY_ADA)[0] == "nothing is expected and nothing was booked\n"
    tried = line("bank", "import", STATEMENT, *BY_ADA, "--dry-run")[0].splitlines()
    assert tried[0].startswith("first_bank.camt.053.001.02.xml: camt.053, 4 movements, 0 statuses, sha256 ")
    assert tried[1] == "nothing was imported (--dry-run)"
    assert line("bank", "import", STATEMENT, *BY_ADA)[0].endswith(
        "4 movements are new, 0 were known\n0 outcomes of payouts are new\n"
    )
    assert "nothing to do" in line("bank", "import", STATEMENT, *BY_ADA)[0]
    assert "camt.053  first_bank.camt.053.001.02.xml  4 movements" in line("bank", "files", *BY_ADA)[0]
    line("funding", "record", "operator", "199.99", *BY_ADA, "--key", "2026-000042")

    told = line("bank", "differences", *BY_ADA, *SINCE, code=2)[0].splitlines()
    assert told == [
        "2026-12-01  amount differs  +0.01 EUR  payment:2026-000042",
        f"2026-12-01  unknown to us  -30.00 EUR  {PLACE}/1.0",
        f"2026-12-01  unknown to us  +12.00 EUR  {PLACE}/2.1  AC04: The account is closed",
        f"2026-12-01  unknown to us  -0.60 EUR  {PLACE}/4.0",
        "3 unknown to us, 1 amount differs",
    ]
    for subject in ("payment:2026-000042", *(f"{PLACE}/{place}" for place in ("1.0", "2.1", "4.0"))):
        said = line("bank", "explain", subject, *BY_ADA, *SINCE, "--words", "seen with the bank")[0]
        assert said.endswith("  explained\n")
    told = line("bank", "differences", *BY_ADA, *SINCE)[0].splitlines()
    assert told[0] == "2026-12-01  amount differs  +0.01 EUR  payment:2026-000042  explained by person:ada"
    table = line("bank", "differences", *BY_ADA, *SINCE, "--csv")[0].splitlines()
    assert table[0].split(",")[:3] == ["finding", "kind", "ours"]
    assert table[1] == (
        f"amount,payment,2026-000042,{PLACE}/3.1,2026-12-01,EUR,19999,20000,1,reference,,seen with the bank"
    )
    assert len(table) == 5
    assert line("audit", "--operator", "quai")[0].endswith("every invariant holds\n")


async def test_what_is_typed_wrong_is_said(line: Line) -> None:
    broken = line.write("broken.xml", "<Document><BkToCstmrStmt>")
    refused = line("bank", "import", broken, *BY_ADA, code=1)[1]
    assert refused.startswith("Error: broken.xml: the file was refused as a whole\nline 1: expected XML to its end")
    assert line("bank", "files", *BY_ADA)[0] == "nothing was imported yet\n"
    nothing = line("bank", "explain", "payout:x", *BY_ADA, *SINCE, "--words", "why", code=1)[1]
    assert nothing == "Error: there is no difference 'payout:x' since 2026-11-01\n"
    assert "expected a day such as 2026-11-01" in line("bank", "differences", *BY_ADA, "--since", "May", code=2)[1]
