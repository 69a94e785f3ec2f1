"""`cashback keys` as people type it: list, replace, revoke."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from test_command_line import Line, surroundings


@pytest.fixture
async def line(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> Line:
    return Line(tmp_path, {**surroundings(await new_database()), "CASHBACK_MODE": "demo"})


def test_keys_are_listed_replaced_and_revoked(line: Line) -> None:
    first = line("operator", "centre", "Centre")[0].strip()
    told = ("--operator", "centre", "--as", "tom")
    (listed,) = line("keys", "list", *told)[0].splitlines()
    key = listed.split()[0]
    assert first not in listed
    assert first[-4:] in listed
    assert listed.endswith("never used  in force")
    second = line("keys", "rotate", key, *told, "--overlap-hours", "2")[0].strip()
    assert second.startswith(first[: first.rindex("_")])
    newest, oldest = line("keys", "list", *told)[0].splitlines()
    assert [newest.endswith("in force"), "until " in oldest] == [True, True]
    assert line("keys", "revoke", key, *told)[0].strip() == "revoked"
    assert line("keys", "revoke", key, *told)[0].strip() == "it opened nothing already"
    assert "replaced already" in line("keys", "rotate", key, *told, code=1)[1]
    assert "there is no key" in line("keys", "revoke", "key_nonsense", *told, code=1)[1]
