"""The events file: one JSON object a line, each at an instant, in order. Errors name the line and what was expected."""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from cashback.errors import Invalid
from cashback.offers.schemas import FactKind

Reference = Annotated[str, Meta(min_length=1, max_length=200)]
Instant = Annotated[datetime, Meta(tz=True)]
_NOTHING = Raw(b"")


class Link(Struct, frozen=True, forbid_unknown_fields=True):
    """A shopper links a card; `linked_at` is the line's own instant if left out."""

    shopper: Reference
    provider: Reference
    card: Reference
    linked_at: Instant | None = None
    last_four: Annotated[str, Meta(pattern="^[0-9]{4}$")] | None = None


class Unlink(Struct, frozen=True, forbid_unknown_fields=True):
    """A shopper unlinks a card."""

    shopper: Reference
    provider: Reference
    card: Reference


class Deliver(Struct, frozen=True, forbid_unknown_fields=True):
    """A provider's webhook arrives: its JSON body as written here, or its exact bytes in base64."""

    provider: Reference
    event: str | None = None
    body: Raw = _NOTHING
    raw_base64: str | None = None

    def content(self) -> bytes:
        """The bytes that the provider sent; ValueError unless exactly one of the two was given."""
        body = bytes(self.body)
        if bool(body) == (self.raw_base64 is not None):
            raise ValueError("deliver: expected either body or raw_base64")
        if self.raw_base64 is None:
            return body
        try:
            return base64.b64decode(self.raw_base64, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError("deliver.raw_base64 is not base64") from error


class Pay(Struct, frozen=True, forbid_unknown_fields=True):
    """The operator hands over money or a gift outside the product: minor units of the asset's currency, or units."""

    shopper: Reference
    asset: Reference
    amount: Annotated[int, Meta(gt=0)]


class Say(Struct, frozen=True, forbid_unknown_fields=True):
    """Something is said of a shopper, from `since` (the line's own instant if left out) until `until`, or for good."""

    shopper: Reference
    kind: FactKind
    value: Reference
    since: Instant | None = None
    until: Instant | None = None

    def check(self, at: datetime) -> None:
        """ValueError for what is no fact: an activation, or one that ends before it begins."""
        if self.kind is FactKind.ACTIVATION:
            raise ValueError('say: an offer is activated by a line of its own: expected "activate"')
        begins = self.since or at
        if self.until is not None and self.until <= begins:
            raise ValueError(
                f"say: until {self.until.isoformat()} is not after {begins.isoformat()}, from when on the fact holds"
            )


class Activate(Struct, frozen=True, forbid_unknown_fields=True):
    """A shopper activates an offer."""

    shopper: Reference
    offer: Reference


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """One line: an instant, and at most one thing that happens at it."""

    at: Instant
    link: Link | None = None
    unlink: Unlink | None = None
    deliver: Deliver | None = None
    pay: Pay | None = None
    say: Say | None = None
    activate: Activate | None = None

    def happenings(self) -> int:
        """How many things happen at it."""
        parts = (self.link, self.unlink, self.deliver, self.pay, self.say, self.activate)
        return sum(each is not None for each in parts)


@dataclass(frozen=True, slots=True)
class Step:
    """A line with its number."""

    number: int
    line: Line


_decoder = msgspec.json.Decoder(Line)
_MALFORMED = "JSON is malformed: "
"""How the decoder begins when the text is no JSON at all."""
_NO_SUCH_FACT = "Invalid enum value "
_FACTS = ", ".join(kind for kind in FactKind if kind is not FactKind.ACTIVATION)
_CUT_SHORT = "Input data was truncated"


def read_script(lines: Iterable[str]) -> list[Step]:
    """All steps; raises Invalid with the number of the first line that cannot be read, or that goes back in time."""
    steps: list[Step] = []
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        try:
            line = _decoder.decode(text)
            if line.happenings() > 1:
                raise ValueError("expected one of link, unlink, deliver, pay, say, activate")
            if line.deliver is not None:
                line.deliver.content()
            if line.say is not None:
                line.say.check(line.at)
        except (msgspec.MsgspecError, ValueError) as error:
            raise Invalid(f"line {number}: {_said(error)}", code="unreadable_line") from error
        if steps and line.at < steps[-1].line.at:
            raise Invalid(
                f"line {number}: {line.at.isoformat()} lies before {steps[-1].line.at.isoformat()} of line "
                f"{steps[-1].number}; lines follow the clock (of a late message the body tells the earlier time)",
                code="clock_went_back",
            )
        steps.append(Step(number, line))
    return steps


def _said(error: Exception) -> str:
    """What is wrong with the line: its text, or else what the text says."""
    said = str(error)
    if said == _CUT_SHORT:
        return "not JSON: the line ends before its object does"
    if said.startswith(_NO_SUCH_FACT):
        return f"{said}; expected one of {_FACTS}"
    return f"not JSON: {said.removeprefix(_MALFORMED)}" if said.startswith(_MALFORMED) else said
