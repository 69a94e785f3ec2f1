"""Lists of codes as terms hold them: at least one, each once."""

from collections import Counter
from typing import Annotated

from pydantic import AfterValidator, Field

from cashback.offers.amounts import Code

CODES_MAX = 5_000


def some_and_different(codes: tuple[str, ...]) -> tuple[str, ...]:
    """The library's own minimum length would be reported a second time whenever the only code is refused."""
    if not codes:
        raise ValueError("expected at least one")
    twice = sorted(code for code, times in Counter(codes).items() if times > 1)
    if twice:
        raise ValueError(f"each may be named once, {', '.join(twice)} is repeated")
    return codes


LIST = Field(max_length=CODES_MAX, json_schema_extra={"minItems": 1})
Codes = Annotated[tuple[Code, ...], LIST, AfterValidator(some_and_different)]
Category = Annotated[str, Field(pattern=r"^[0-9]{4}$")]
Categories = Annotated[tuple[Category, ...], LIST, AfterValidator(some_and_different)]
Name = Annotated[str, Field(pattern=r"^\S(.{0,62}\S)?$")]
Names = Annotated[tuple[Name, ...], LIST, AfterValidator(some_and_different)]
