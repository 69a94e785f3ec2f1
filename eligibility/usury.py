"""The usury guard: the highest TAEG that may be asked on a day for an amount, from a dated table that somebody keeps
up to date.

A quarter the table does not know has no rate, and a plan that costs anything is then refused: nothing is guessed
forward.
"""

from dataclasses import dataclass
from datetime import date

from eligibility.canonical import decode, digest, encode
from eligibility.errors import TableRefused, Unreadable
from eligibility.reading import read


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracket:
    """Amounts up to this one, inclusive, in minor units, and the rate that may not be exceeded."""

    up_to_minor: int
    rate_bps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """Rates of the contracts concluded from `begin` until the day before `end`. `mark`: where the figures were read."""

    begin: date
    end: date
    mark: str
    brackets: tuple[Bracket, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    format: int
    id: str
    law: str
    currency: str
    quarters: tuple[Quarter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsuryTable:
    """Dated rates of one currency. `sha256` is of the canonical bytes."""

    id: str
    currency: str
    quarters: tuple[Quarter, ...]
    sha256: str

    def rate_bps(self, amount_minor: int, concluded_on: date) -> int | None:
        """The rate that may not be exceeded, or None if the table does not know that day or that amount."""
        for quarter in self.quarters:
            if quarter.begin <= concluded_on < quarter.end:
                return next((each.rate_bps for each in quarter.brackets if amount_minor <= each.up_to_minor), None)
        return None


def load_usury(data: bytes) -> UsuryTable:
    """A table from its JSON.

    Raises TableRefused: malformed, quarters that overlap or run backwards, brackets out of order, a rate of zero or
    less.
    """
    try:
        value = decode(data)
        written = read(_Written, value, "usury")
    except Unreadable as error:
        raise TableRefused(error.code, error.detail) from error
    last = date.min
    for quarter in written.quarters:
        if not last <= quarter.begin < quarter.end:
            raise TableRefused("quarters", f"expected quarters in order without overlap, found {quarter.begin}")
        bounds = [each.up_to_minor for each in quarter.brackets]
        if not bounds or bounds != sorted(set(bounds)) or min(each.rate_bps for each in quarter.brackets) <= 0:
            raise TableRefused("brackets", f"{quarter.begin}: expected rising amounts, each with a rate above zero")
        last = quarter.end
    return UsuryTable(id=written.id, currency=written.currency, quarters=written.quarters, sha256=digest(encode(value)))
