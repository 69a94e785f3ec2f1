"""The reference: every operation of the API that is served here, with samples that can be copied and run."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from cashback.db.engine import transaction
from cashback.errors import NotFound
from cashback.events.catalogue import VERSIONS
from cashback.insights.examples import read_examples
from cashback.web.developer.frame import Frame, frame_of
from cashback.web.developer.guides import GUIDES
from cashback.web.developer.openapi import Reference, read_document, read_events
from cashback.web.developer.seeking import finds, text_of

SEARCH_MAX = 80
CHANGES = (
    ("2026-11-30", "dev.change.document"),
    ("2026-11-29", "dev.change.portal"),
    ("2026-11-29", "dev.change.first"),
)
"""What changed for integrators, the newest first: day and words."""


async def index(request: Request) -> Response:
    """All operations by subject; `?q=` shows those that a search finds."""
    frame = await frame_of(request)
    asked = request.query_params.get("q", "").strip()[:SEARCH_MAX]
    read = reference_of(frame)
    texts = {each.anchor: text_of(each) for each in read.operations}
    guides = [(each.slug, each.text(frame.t), finds(asked, each.text(frame.t))) for each in GUIDES]
    return frame.page(
        "reference",
        "reference.html",
        reference=read,
        texts=texts,
        guides=guides,
        found={anchor for anchor, text in texts.items() if finds(asked, text)},
        asked=asked,
        changes=CHANGES,
        versions=VERSIONS,
    )


async def group(request: Request) -> Response:
    """The operations of one subject, each with an anchor."""
    frame = await frame_of(request)
    bench, operator_id = frame.integrator.bench, frame.integrator.session.operator_id
    async with transaction(frame.web.engine, operator_id) as connection:
        known = await read_examples(connection, operator_id)
    read = read_document(
        bench.document(),
        bench.public_url,
        known=known,
        sandbox=frame.integrator.sandbox,
        only=request.path_params["group"],
    )
    if not read.groups:
        raise NotFound("the API has no such subject")
    return frame.page("reference", "operations.html", reference=read, group=read.groups[0], known=sorted(known))


async def event_types(request: Request) -> Response:
    """The catalogue of events, and how to follow them."""
    frame = await frame_of(request)
    types = read_events(frame.integrator.bench.document())
    return frame.page("reference", "events.html", types=types, versions=VERSIONS)


def reference_of(frame: Frame) -> Reference:
    """Read once for each process: the document does not change while it is served."""
    bench = frame.integrator.bench
    return _read(bench.document, bench.public_url)


@lru_cache(maxsize=2)
def _read(document: Callable[[], dict[str, Any]], public_url: str) -> Reference:
    return read_document(document(), public_url)
