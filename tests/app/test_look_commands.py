"""`cashback theme` and `cashback domains` as people type them."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from test_command_line import Line, surroundings

OF = ("--operator", "quai")
BY = (*OF, "--as", "root")
DOMAIN = "rewards.quai.example"


@pytest.fixture
async def line(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> Line:
    made = Line(tmp_path, surroundings(await new_database()))
    made("operator", "quai", "Le Quai")
    return made


async def test_a_draft_is_changed_published_and_gone_back_from(line: Line, tmp_path: Path) -> None:
    draft = tmp_path / "look.json"
    shown, _ = line("theme", "show", *OF, "--draft", str(draft))
    assert shown.startswith("nothing was published")
    assert json.loads(draft.read_text())["seen"] == 0
    assert "cannot be written" in line("theme", "show", *OF, "--draft", str(draft), code=1)[1]
    changed, _ = line("theme", "set", str(draft), "--brand", "#0b5c78", "--brand-ink", "#88ddff")
    assert "cannot be read, the nearest is #" in changed
    assert "cannot be read" in line("theme", "publish", str(draft), *BY, code=1)[1]
    assert "expected a colour" in line("theme", "set", str(draft), "--brand", "blue", code=1)[1]
    line("theme", "set", str(draft), "--brand-ink", "reckoned", "--radius", "8")
    assert line("theme", "publish", str(draft), *BY)[0] == "version 1 is in force\n"
    assert "published meanwhile" in line("theme", "publish", str(draft), *BY, code=1)[1]
    again = tmp_path / "again.json"
    line("theme", "show", *OF, "--draft", str(again))
    line("theme", "set", str(again), "--name", "Quai Nord")
    line("theme", "set", str(again), "--name", "reckoned")
    assert json.loads(again.read_text())["name"] == "reckoned"
    line("theme", "publish", str(again), *BY)
    assert line("theme", "back", "1", *BY)[0] == "version 3 is in force, as version 1\n"
    shown, _ = line("theme", "show", *OF)
    assert [each.split()[1] for each in shown.splitlines() if each.startswith("version")] == ["3", "2", "1"]
    assert "radius 8" in shown


async def test_a_domain_is_added_listed_and_removed(line: Line) -> None:
    assert line("domains", "list", *OF)[0] == "no domain was told\n"
    added, _ = line("domains", "add", DOMAIN, *BY)
    record, kind, proof = added.splitlines()[1].split()
    assert (record, kind, proof[:22]) == (f"_cashback.{DOMAIN}", "TXT", "cashback-verification=")
    assert line("domains", "list", *OF)[0] == added
    assert added.startswith(f"{DOMAIN}  not served  not looked at yet")
    assert "was not told" in line("domains", "verify", "other.example", *BY, code=1)[1]
    assert line("domains", "remove", DOMAIN, *BY)[0] == f"{DOMAIN} is served no more\n"
    assert "was not told" in line("domains", "remove", DOMAIN, *BY, code=1)[1]
