"""The catalogue of refusals: what each family asks of the caller, and every code with its meaning."""

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from cashback.errors import ProductError
from cashback.web.developer.frame import frame_of

SIGNATURE_CODES = ("missing_header", "malformed", "too_old", "too_new", "no_match")
"""Of the checker of our own messages; those of providers are their adapters' sentences."""


@dataclass(frozen=True, slots=True)
class Family:
    """One class of refusals."""

    code: str
    status: int


def families() -> list[Family]:
    """The families by status, as `cashback.errors` has them."""
    module = ProductError.__module__
    found = {each.code: Family(each.code, each.status) for each in _below(ProductError) if each.__module__ == module}
    return sorted(found.values(), key=lambda each: (each.status, each.code))


async def errors(request: Request) -> Response:
    """What a refusal looks like, the families, and all codes by status."""
    frame = await frame_of(request)
    meanings = [(status, sorted(codes.items())) for status, codes in sorted(frame.integrator.bench.meanings.items())]
    return frame.page("errors", "errors.html", families=families(), meanings=meanings, signature_codes=SIGNATURE_CODES)


def _below(kind: type[ProductError]) -> Iterator[type[ProductError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _below(each)
