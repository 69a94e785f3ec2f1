"""Lists of codes as terms hold them: at least one, each once."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field

from cashback.offers.amounts import Code
from cashback.offers.kinds import TrailEntry
from cashback.offers.wording import LISTED_AT_MOST

CODES_MAX = 5_000


Listed = TypeVar("Listed", bound=str | date)


def some_and_different(codes: tuple[Listed, ...]) -> tuple[Listed, ...]:
    """The library's own minimum length would be reported a second time whenever the only code is refused."""
    if not codes:
        raise ValueError("expected at least one")
    twice = sorted(str(code) for code, times in Counter(codes).items() if times > 1)
    if twice:
        raise ValueError(f"each may be named once, {', '.join(twice)} is repeated")
    return codes


def wanted_of(kind: str, values: Sequence[str]) -> TrailEntry:
    """The head of a trail entry, `{"kind", "wanted", "wanted_count"}`; only the first few values are listed."""
    return {"kind": kind, "wanted": list(values[:LISTED_AT_MOST]), "wanted_count": len(values)}


LIST = Field(max_length=CODES_MAX, json_schema_extra={"minItems": 1})
Codes = Annotated[tuple[Code, ...], LIST, AfterValidator(some_and_different)]
Category = Annotated[str, Field(pattern=r"^[0-9]{4}$")]
Categories = Annotated[tuple[Category, ...], LIST, AfterValidator(some_and_different)]
Name = Annotated[str, Field(pattern=r"^\S(.{0,62}\S)?$")]
Names = Annotated[tuple[Name, ...], LIST, AfterValidator(some_and_different)]
BrandName = Annotated[str, Field(min_length=1, max_length=120)]
BrandNames = Annotated[tuple[BrandName, ...], LIST, AfterValidator(some_and_different)]
PartName = Annotated[str, Field(min_length=1, max_length=64)]
PartNames = Annotated[tuple[PartName, ...], LIST, AfterValidator(some_and_different)]
