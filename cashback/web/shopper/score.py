"""The shopping score: its value, what counts and what does not, what would raise it, and how it stood before."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from cashback.decisions.shown import score_of_shopper
from cashback.web.shopper.frame import Visit, visiting

SCORE_MAX = 1_000
REASONS_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Block:
    """One bar: what it is, the points it gives, of how many."""

    text: str
    points: int
    maximum: int


@dataclass(frozen=True, slots=True)
class Before:
    """The score at an earlier decision."""

    ref: str
    at: datetime
    value: int | None
    outcome: str


@dataclass(frozen=True, slots=True)
class ScoreView:
    """A score in one language; without a value, what is missing to have one."""

    value: int | None
    band: str
    blocks: tuple[Block, ...]
    reasons: tuple[str, ...]
    improvements: tuple[str, ...]
    """What to do, each with by how many points it raises the score."""
    missing: tuple[str, ...]
    looked_at: tuple[str, ...]
    not_looked_at: str
    statement: str
    history: tuple[Before, ...]


async def score_of(visit: Visit) -> ScoreView:
    """The score of whoever visits."""
    told = await score_of_shopper(visit.connection, visit.snapshot, visit.shopper_id, visit.now)
    language = visit.t.language

    def said(each: dict[str, Any]) -> str:
        text = str(each[f"text_{language}"])
        return text[0].upper() + text[1:]

    return ScoreView(
        value=told["value"],
        band=told["band"],
        blocks=tuple(Block(said(each), each["points"], each["maximum"]) for each in told["blocks"]),
        reasons=tuple(said(each) for each in told["top_reasons"][:REASONS_SHOWN]),
        improvements=tuple(said(each) for each in told["improvements"]),
        missing=tuple(said(each) for each in told["missing"]),
        looked_at=tuple(said(each) for each in told["looked_at"]),
        not_looked_at=told["not_looked_at"][language],
        statement=told["statement"][language],
        history=tuple(
            Before(each["decision_id"], datetime.fromisoformat(each["decided_at"]), each["value"], each["outcome"])
            for each in told["history"]
        ),
    )


async def score(request: Request) -> Response:
    """The page."""
    async with visiting(request) as visit:
        return visit.page("score.html", visit.t("score.title"), score=await score_of(visit), most=SCORE_MAX)
