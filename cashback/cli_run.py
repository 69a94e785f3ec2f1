"""What the groups of commands have in common: how their work is run, for which operator, and who says so."""

import re
from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol
from uuid import UUID

import click

from cashback import money
from cashback.actors import Actor, Scope
from cashback.programmes.schemas import currency_of
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


def minor(text: str, currency: str) -> int:
    """Minor units of an amount as people write it: `100.00`."""
    try:
        return money.minor(Decimal(text), currency)
    except (InvalidOperation, ValueError) as error:
        raise click.ClickException(f"{text!r} is not an amount of {currency}, expected digits such as 12.50") from error


def units(text: str, asset: str) -> int:
    """Units of an asset as people write them: money in major units, everything else as it is counted."""
    currency = currency_of(asset)
    if currency is not None:
        return minor(text, currency)
    if not re.fullmatch(r"-?[0-9]{1,13}", text):
        raise click.ClickException(f"{text!r} is not a number of {asset}, expected digits such as 100")
    return int(text)


def acting(operator_id: UUID, login: str, *scopes: Scope) -> Actor:
    """The person who types, with what the command needs."""
    return Actor(operator_id, f"person:{login}", frozenset(scopes))


of_operator = click.option("--operator", "slug", required=True, help="Slug of the operator")
by_person = click.option("--as", "person", required=True, callback=person, help="Who says so")
