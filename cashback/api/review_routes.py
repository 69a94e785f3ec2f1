"""The HTTP API of places that wait for people: the questions of matching, one an identifier, and their answers."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from cashback.actors import Scope
from cashback.api.paging import Asked, Listed
from cashback.api.routes import AtDesk
from cashback.api.taken import Taken
from cashback.db.engine import transaction
from cashback.merchants.memo.aliases import Key
from cashback.merchants.reviewing import Question, Verdict, answer, list_questions
from cashback.paging import listing
from cashback.shoppers.service import require

QUESTIONS_MAX = 1_000
"""Those behind them wait until these are answered."""

router = APIRouter(prefix="/v1/match-questions")


class ProposalOut(BaseModel):
    """A shop that evidence finds possible."""

    shop: str
    probability: float


class QuestionOut(BaseModel):
    """An identifier whose purchases wait for a person."""

    network: str
    identifier: str
    text: str
    purchases: int
    cards: int
    waiting_minor: int
    first_seen: AwareDatetime
    last_seen: AwareDatetime
    texts: list[str]
    towns: list[str]
    whys: list[str]
    against: list[str]
    proposals: list[ProposalOut]


class MatchAnswerBody(Taken):
    """What a person says of one question."""

    network: Annotated[str, Field(min_length=1, max_length=40)]
    identifier: Annotated[str, Field(min_length=3, max_length=200, pattern="^[^:]+:.+$", examples=["mid:11112222"])]
    text: Annotated[str, Field(max_length=400, description="As the question has it")] = ""
    verdict: Verdict
    shop: Annotated[str | None, Field(max_length=64, description="Its code, with the verdict shop")] = None
    since: Annotated[AwareDatetime | None, Field(description="The earliest purchase that waits if left out")] = None


class MatchAnsweredOut(BaseModel):
    """What an answer did; the purchases are matched again by a worker."""

    purchases: int
    waiting_minor: int
    learned: int


@router.get("", summary="Places that no identifier names, the most money first")
async def questions(desk: AtDesk, paging: Asked) -> Listed[QuestionOut]:
    """What was seen of each, and the shops that evidence proposes."""
    require(desk.caller, Scope.READ)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await list_questions(connection, desk.caller.operator_id, QUESTIONS_MAX)
    shown, cut = paging.cut_whole(listing("match-questions"), found, _rank, int, int, str, str, str, str)
    return Listed(data=[_shown(each) for each in shown], has_more=cut.more, next_cursor=cut.cursor)


@router.post("/answers", status_code=201, summary="Answer for an identifier")
async def answered(body: MatchAnswerBody, desk: AtDesk) -> MatchAnsweredOut:
    """It settles all purchases that wait, and teaches: what is told with it next is known."""
    scheme, _, value = body.identifier.partition(":")
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        done = await answer(
            connection,
            desk.caller,
            Key(body.network, scheme, value, body.text),
            body.verdict,
            shop=body.shop,
            since=body.since,
            now=desk.now(),
        )
    return MatchAnsweredOut(purchases=done.purchases, waiting_minor=done.waiting_minor, learned=len(done.aliases))


def _rank(each: Question) -> tuple[int, int, str, str, str, str]:
    key = each.key
    return -each.waiting_minor, -each.purchases, key.network, key.scheme, key.value, key.fingerprint


def _shown(each: Question) -> QuestionOut:
    return QuestionOut(
        network=each.key.network,
        identifier=each.key.name,
        text=each.key.fingerprint,
        purchases=each.purchases,
        cards=each.cards,
        waiting_minor=each.waiting_minor,
        first_seen=each.first_seen,
        last_seen=each.last_seen,
        texts=list(each.texts),
        towns=list(each.towns),
        whys=list(each.whys),
        against=list(each.against),
        proposals=[ProposalOut(shop=one.shop, probability=one.probability) for one in each.proposals],
    )
