"""Whoever types `--help` learns what a command does and what each of its options is for."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from cashback.cli import main


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command and group under this one, with the words that name it."""
    yield path, command
    if isinstance(command, click.Group):
        for name, each in sorted(command.commands.items()):
            yield from commands(each, (*path, name))


EVERY = dict(commands(main))


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_command_and_option_says_what_it_is_for(path: tuple[str, ...]) -> None:
    command = EVERY[path]
    assert (command.help or "").strip(), "expected a sentence on the command"
    options = [each for each in command.params if isinstance(each, click.Option) and not each.hidden]
    assert [each.opts[0] for each in options if not (each.help or "").strip()] == []


def test_every_command_of_the_product_is_looked_at() -> None:
    assert {("simulate", "chaos"), ("merchants", "review", "judge"), ("connect",)} <= EVERY.keys()


def test_simulate_tells_its_three_uses() -> None:
    said = CliRunner().invoke(main, ["simulate", "--help"]).output
    for use in ("--shop CODE --amount 42.50", "--chaos N --out DIR", "simulate score DIR"):
        assert use in said
