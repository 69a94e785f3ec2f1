"""`cashback collections` and `cashback mandates` as people type them."""

import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from charged_world import LENDING
from test_command_line import ROOT, Line, surroundings


@pytest.fixture
async def line(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> Line:
    return Line(tmp_path, surroundings(await new_database()))


def typed(line: Line, *arguments: str, told: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "cashback.cli", *arguments],
        env=line.environment, cwd=ROOT, capture_output=True, text=True, input=told, timeout=120,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


async def test_rails_are_opened_and_an_empty_house_says_so(line: Line) -> None:
    line("operator", "quai", "Le Quai", "--test")
    line("apply", line.write("programme.yaml", LENDING), "--operator", "quai")
    who = ("--operator", "quai", "--as", "ada")
    told = typed(line, "collections", "rail", "sandbox", *who, told="{}")
    assert told == "sandbox is open: a simulation, no credit is granted\n"
    wrong = typed(line, "collections", "rail", "stripe", *who, told='{"api_key": "pk_live_0123456789"}', code=1)
    assert "expected a secret or restricted key of Stripe" in wrong
    assert "pk_live" not in wrong
    assert line("collections", "list", "--operator", "quai")[0] == "there is no collection\n"
    assert line("collections", "run", "--operator", "quai")[0] == "nothing is due\n"
    nobody = line("collections", "show", "col_00000000000000000000000000", "--operator", "quai", code=1)[1]
    assert "there is no collection col_" in nobody
    assert "there is no mandate" in line("mandates", "end", "man_00000000000000000000000000", *who, code=1)[1]
    assert "there is no shopper" in line("mandates", "list", "anna", "--operator", "quai", code=1)[1]
