"""The catalogue of refusals: what each family asks of the caller, and every code with its meaning."""

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from cashback.errors import ProductError, ScopeMissing
from cashback.web.developer.frame import frame_of

SEARCH_MAX = 80
SIGNATURE_CODES = ("missing_header", "malformed", "too_old", "too_new", "no_match", "bad_headers", "bad_secret")
"""Of the checker of our own messages; those of providers are their adapters' sentences."""


@dataclass(frozen=True, slots=True)
class Family:
    """One class of refusals."""

    code: str
    status: int


def families() -> list[Family]:
    """The families by status, as `cashback.errors` has them."""
    module = ProductError.__module__
    kinds = (each for each in _below(ProductError) if each.__module__ == module and each is not ScopeMissing)
    found = {each.code: Family(each.code, each.status) for each in kinds}
    return sorted(found.values(), key=lambda each: (each.status, each.code))


@dataclass(frozen=True, slots=True)
class Coded:
    """One code; `found`: what is searched for finds it."""

    code: str
    meaning: str
    found: bool


async def errors(request: Request) -> Response:
    """What a refusal looks like, the families, and all codes by status; `?q=` shows those that a search finds."""
    frame = await frame_of(request)
    asked = request.query_params.get("q", "").strip()[:SEARCH_MAX]
    meanings = [
        (status, [Coded(code, meaning, _finds(asked, f"{status} {code} {meaning}")) for code, meaning in sorted(codes)])
        for status, codes in sorted(
            (status, codes.items()) for status, codes in frame.integrator.bench.meanings.items()
        )
    ]
    return frame.page(
        "errors",
        "errors.html",
        asked=asked,
        families=families(),
        meanings=meanings,
        found=any(each.found for _, codes in meanings for each in codes),
        signature_codes=SIGNATURE_CODES,
    )


def _finds(asked: str, text: str) -> bool:
    return all(word in text.lower() for word in asked.lower().split())


def _below(kind: type[ProductError]) -> Iterator[type[ProductError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _below(each)
