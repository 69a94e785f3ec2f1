"""The HTTP API of what people rule on purchases: these are one, this is another. The wallet follows by itself."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from cashback.actors import Scope
from cashback.api.routes import AtDesk
from cashback.api.taken import Taken
from cashback.errors import NotFound
from cashback.ids import parse
from cashback.pipeline import join_purchases, split_purchase
from cashback.purchases.witnesses import REASON_MAX
from cashback.shoppers import service as shoppers

JOINED_MAX = 20

router = APIRouter(prefix="/v1/purchases")

_Reason = Annotated[str, Field(min_length=1, max_length=REASON_MAX, description="Why, in words that others will read.")]
_PurchaseId = Annotated[str, Field(min_length=1, max_length=64, examples=["pur_01j9z3"])]


class JoinBody(Taken):
    """Views of one shopper that are one purchase."""

    purchases: Annotated[list[_PurchaseId], Field(min_length=2, max_length=JOINED_MAX)]
    reason: _Reason


class SplitBody(Taken):
    """Why a view is another purchase than what it was recognised as."""

    reason: _Reason


@router.post("/join", summary="Rule that purchases are one")
async def join(body: JoinBody, desk: AtDesk) -> dict[str, list[str]]:
    """One of them stands for all and earns once; what the others earned is taken back in the same transaction."""
    shoppers.require(desk.caller, Scope.SHOPPERS)
    ids = [_read(each) for each in body.purchases]
    await join_purchases(desk.engine, desk.road, desk.caller, ids, reason=body.reason, now=desk.now())
    return {"joined": body.purchases}


@router.post("/{purchase}/split", summary="Rule that a purchase is another one")
async def split(purchase: str, body: SplitBody, desk: AtDesk) -> dict[str, str]:
    """It stands by itself again, and earns what it earns, whatever more is told."""
    shoppers.require(desk.caller, Scope.SHOPPERS)
    purchase_id = _read(purchase)
    await split_purchase(desk.engine, desk.road, desk.caller, purchase_id, reason=body.reason, now=desk.now())
    return {"split": purchase}


def _read(purchase: str) -> UUID:
    try:
        return parse("pur", purchase)
    except ValueError:
        raise NotFound(f"there is no purchase {purchase[:64]!r}", code="unknown_purchase") from None
