"""`cashback purchases` as people type it: what is joined, parted and refused, by whom."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from test_command_line import Line, surroundings
from world import FIVE_PERCENT

NONE, ANOTHER = "pur_00000000000000000000000000", "pur_00000000000000000000000001"


@pytest.fixture
async def line(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> Line:
    return Line(tmp_path, surroundings(await new_database()))


async def test_what_cannot_be_joined_or_parted_is_said(line: Line) -> None:
    line("operator", "quai", "Le Quai")
    line("apply", line.write("programme.yaml", FIVE_PERCENT), "--operator", "quai")
    said = ("--operator", "quai", "--as", "Ada", "--reason", "typed late")
    _, refused = line("purchases", "join", NONE, ANOTHER, *said, code=1)
    assert refused == f"Error: there is no purchase {NONE}, {ANOTHER}\n"
    assert line("purchases", "split", NONE, *said, code=1)[1] == f"Error: there is no purchase {NONE}\n"
    assert "expected an id such as pur_" in line("purchases", "split", "nonsense", *said, code=2)[1]
    assert "Missing option '--as'" in line("purchases", "split", NONE, "--operator", "quai", "--reason", "x", code=2)[1]
    assert line("audit", "--operator", "quai")[0].endswith("every invariant holds\n")
