"""`cashback merchants import` as people type it: tried first, then done, and refused whole."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from test_command_line import Line, surroundings
from world import FIVE_PERCENT

HEADER = "shop,network,scheme,value,valid_from,valid_until\n"


@pytest.fixture
async def line(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> Line:
    return Line(tmp_path, surroundings(await new_database()))


async def test_identifiers_are_tried_then_imported(line: Line) -> None:
    line("operator", "quai", "Le Quai")
    line("apply", line.write("programme.yaml", FIVE_PERCENT), "--operator", "quai")
    file = line.write("identifiers.csv", HEADER + "cafe,sandbox,mid,4711,2026-01-01,\ncafe,fidel,mid,4712,,\n")
    command = ("merchants", "import", file, "--operator", "quai")
    added = "2 rows: 2 identifiers added, 0 removed\n"
    for _ in range(2):
        assert line(*command, "--dry-run")[0] == added + "nothing was imported (--dry-run)\n"
    assert line(*command)[0] == added
    assert line(*command)[0] == "2 rows: 0 identifiers added, 0 removed\n"


async def test_a_file_with_a_problem_is_refused_whole(line: Line) -> None:
    line("operator", "quai", "Le Quai")
    line("apply", line.write("programme.yaml", FIVE_PERCENT), "--operator", "quai")
    bad = line.write("bad.csv", HEADER + "cafe,sandbox,mid,4711,,\nnowhere,sandbox,mid,4712,,\n")
    refused = line("merchants", "import", bad, "--operator", "quai", code=1)[1]
    assert "nothing was imported" in refused
    assert "line 3: shop: no shop has the code 'nowhere'" in refused
    good = line.write("good.csv", HEADER + "cafe,sandbox,mid,4711,,\n")
    assert line("merchants", "import", good, "--operator", "quai")[0] == "1 rows: 1 identifiers added, 0 removed\n"
