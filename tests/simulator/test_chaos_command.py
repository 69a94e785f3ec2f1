"""`cashback simulate` at the command line: a world that is made, refused, played and scored."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cashback.cli_chaos import simulations
from cashback.cli_rules import simulate
from cashback.simulator.chaos.files import EVENTS, TRUTH, WORLD


def run(*arguments: str) -> Result:
    """One command; none of these asks for an operator."""

    def nobody(_slug: str, _work: Any) -> Any:
        raise AssertionError("no operator was asked for")

    return CliRunner().invoke(simulations(simulate), list(arguments), obj=nobody)


def test_a_world_is_made_and_what_stands_in_its_place_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "world"
    made = run("--chaos", "100", "--seed", "4", "--out", str(folder), "--without", "tip", "--without", "fuel")
    assert made.exit_code == 0, made.output
    assert len((folder / TRUTH).read_text().splitlines()) == 100
    assert json.loads((folder / WORLD).read_text())["rates"].keys() >= {"duplicate", "twins"}
    assert "tip" not in (folder / TRUTH).read_text()
    before = (folder / EVENTS).read_bytes()
    again = run("--chaos=100", "--seed", "5", "--out", str(folder))
    assert (again.exit_code, "already holds programme.yaml" in again.output) == (1, True)
    assert (folder / EVENTS).read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--chaos", "99", "--out", "x"), 2, "99 is not in the range 100<=x<=200000"),
        (("--chaos", "100"), 2, "Missing option '--out'"),
        (("--chaos", "100", "--out", "x", "--without", "rain"), 1, "no disturbance is called 'rain'"),
        (("--shop", "cafe"), 2, "Missing option '--operator'"),
        (("score", "nowhere"), 2, "Directory 'nowhere' does not exist"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: tuple[str, ...], code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = run(*arguments)
    assert (refused.exit_code, said in refused.output) == (code, True), refused.output
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_world_is_not_scored(tmp_path: Path) -> None:
    refused = run("score", str(tmp_path))
    assert (refused.exit_code, "programme.yaml is missing" in refused.output) == (1, True), refused.output


def test_what_was_played_needs_its_operator(tmp_path: Path) -> None:
    refused = run("score", str(tmp_path), "--played")
    assert (refused.exit_code, "--played needs --operator" in refused.output) == (2, True)


def test_a_world_is_played_and_scored(server_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", server_url)
    folder = tmp_path / "world"
    assert run("--chaos", "100", "--out", str(folder)).exit_code == 0
    said = run("score", str(folder), "--json", "--examples", "1")
    assert said.exit_code in (0, 2), said.output
    report = json.loads(said.stdout)
    assert (report["purchases"], report["unexplained"], report["audit"]) == (100, 0, [])
    assert len(report["examples"]) <= 1
    assert said.exit_code == (2 if report["earned_twice"] else 0)
