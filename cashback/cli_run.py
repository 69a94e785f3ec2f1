"""What the groups of commands have in common: how their work is run, for which operator, and who says so."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from uuid import UUID

import click

from cashback.actors import Actor, Scope
from cashback.runtime import Runtime

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")


class Run(Protocol):
    """Runs work for the operator of a slug on a runtime that is opened for it; set by `cashback.cli`."""

    def __call__(self, slug: str, work: Callable[[Runtime, UUID], Awaitable[Any]]) -> Any:
        """What the work answers; what the product refuses becomes one sentence and exit code 1."""


def person(_: click.Context, __: click.Parameter, name: str) -> str:
    """The callback of an option that names a person: in small letters, as an account is called."""
    login = name.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise click.BadParameter(f"expected letters, digits, dots, dashes or an address, got {name[:64]!r}")
    return login


def acting(operator_id: UUID, login: str, *scopes: Scope) -> Actor:
    """The person who types, with what the command needs."""
    return Actor(operator_id, f"person:{login}", frozenset(scopes))


of_operator = click.option("--operator", "slug", required=True, help="Slug of the operator")
by_person = click.option("--as", "person", required=True, callback=person, help="Who says so")
