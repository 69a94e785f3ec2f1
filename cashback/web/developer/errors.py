"""The catalogue of refusals: families by what the caller should do, and the codes that operations document."""

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from cashback.errors import ProductError
from cashback.web.developer.frame import frame_of
from cashback.web.developer.reference import reference_of

SIGNATURE_CODES = ("missing_header", "malformed", "too_old", "too_new", "no_match")
"""Of the checker of our own messages; those of providers are their adapters' sentences."""


@dataclass(frozen=True, slots=True)
class Family:
    """One class of refusals."""

    code: str
    status: int


def families() -> list[Family]:
    """The families by status, as `cashback.errors` has them."""
    found = {
        each.code: Family(each.code, each.status)
        for each in _below(ProductError)
        if each.__module__ == ProductError.__module__
    }
    return sorted(found.values(), key=lambda each: (each.status, each.code))


async def errors(request: Request) -> Response:
    """What a refusal looks like, the families, and the codes by operation."""
    frame = await frame_of(request)
    documented: dict[str, set[str]] = {}
    for operation in reference_of(frame).operations:
        for answer in operation.answers:
            for code in answer.codes:
                documented.setdefault(f"{answer.status} {code}", set()).add(f"{operation.method} {operation.path}")
    return frame.page(
        "errors",
        "errors.html",
        families=families(),
        documented=sorted((code, len(where)) for code, where in documented.items()),
        signature_codes=SIGNATURE_CODES,
    )


def _below(kind: type[ProductError]) -> Iterator[type[ProductError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _below(each)
