"""Routes that try rules: an offer on the purchases of the past, a purchase that was never made. They write nothing."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AwareDatetime, Field

from cashback.api.routes import AtDesk, Reference
from cashback.api.taken import Taken
from cashback.backtest.service import ONE_AT_A_TIME, Question, backtest
from cashback.backtest.simulation import Imagined, simulate
from cashback.errors import TryAgain
from cashback.offers.schemas import FactKind

FACTS_MAX = 50
Offer = Annotated[
    dict[str, Any] | str, Field(description="One entry of a programme file's `offers`, as an object or as YAML text.")
]
router = APIRouter(prefix="/v1")


class BacktestBody(Taken):
    """An offer and the local days to try it on."""

    offer: Offer
    first: Annotated[date, Field(alias="from", description="First local day.")]
    until: Annotated[date, Field(alias="to", description="Excluded.")]
    seed: Annotated[int, Field(ge=0, description="The same seed gives the same range.")] = 1


class FactBody(Taken):
    """Something said of the shopper at the time of the purchase."""

    kind: FactKind
    value: Annotated[str, Field(min_length=1, max_length=64)]


class SimulationBody(Taken):
    """A purchase that was never made."""

    shop: Annotated[str, Field(max_length=64, examples=["cafe"])]
    amount: Annotated[str, Field(max_length=20, examples=["42.50"], description="In the programme's currency.")]
    at: AwareDatetime | None = None
    shopper: Reference | None = None
    facts: Annotated[list[FactBody], Field(max_length=FACTS_MAX)] = []  # noqa: RUF012 - copied for each body
    card: Annotated[str | None, Field(max_length=200, description="The token of a card of the shopper.")] = None
    network: Annotated[str | None, Field(max_length=40)] = None
    channel: Annotated[str | None, Field(pattern="^(in_store|online)$")] = None
    offer: Offer | None = None


@router.post("/backtests", summary="Try an offer on the purchases of the past")
async def run_backtest(body: BacktestBody, desk: AtDesk) -> dict[str, Any]:
    """Answers when all purchases are judged: about half a minute for a million. TryAgain while another one runs."""
    if ONE_AT_A_TIME.locked():
        raise TryAgain("another backtest is running here: try again when it is done", code="backtest_running")
    async with ONE_AT_A_TIME:
        question = Question(body.offer, body.first, body.until, body.seed, source="offer")
        return await backtest(desk.engine, desk.caller, question, desk.now())


@router.post("/simulations", summary="What a purchase would bring")
async def run_simulation(body: SimulationBody, desk: AtDesk) -> dict[str, Any]:
    """Every offer with its verdict and its reasons, for a real shopper or an imagined one."""
    imagined = Imagined(
        shop=body.shop,
        amount=body.amount,
        at=body.at,
        shopper=body.shopper,
        facts=[(each.kind, each.value) for each in body.facts],
        card=body.card,
        network=body.network,
        channel=body.channel,
        offer=body.offer,
        source="offer",
    )
    return await simulate(desk.engine, desk.caller, imagined, desk.now())
