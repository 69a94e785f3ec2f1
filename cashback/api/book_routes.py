"""The HTTP API of the books: a trial balance at any instant, and the heads of the chains that seal them."""

from typing import Any

from fastapi import APIRouter
from pydantic import AwareDatetime

from cashback.actors import Scope
from cashback.api.routes import AtDesk
from cashback.books.balance import present_balance, trial_balance
from cashback.books.reading import heads_of
from cashback.db.engine import transaction
from cashback.shoppers import service as shoppers

router = APIRouter(prefix="/v1/books")


@router.get("/trial-balance", summary="Read the trial balance at an instant")
async def read_trial_balance(desk: AtDesk, at: AwareDatetime | None = None) -> dict[str, Any]:
    """What had left and entered every account, in minor units of money and in units of everything else.

    `at` is now if left out; `final` says whether nothing can appear any more that was posted by then.
    """
    shoppers.require(desk.caller, Scope.BOOKS)
    now, operator_id = desk.now(), desk.caller.operator_id
    async with transaction(desk.engine, operator_id) as connection:
        if at is None or at >= now:
            return (await present_balance(connection, operator_id, now)).told()
        return (await trial_balance(connection, operator_id, at, now)).told()


@router.get("/head", summary="Read the heads of the chains that seal the books")
async def read_head(desk: AtDesk) -> dict[str, Any]:
    """Keep `heads` and `public_keys` elsewhere: with them a later change of anything sealed by then is found."""
    shoppers.require(desk.caller, Scope.BOOKS)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        return await heads_of(connection, desk.caller.operator_id, desk.now())
