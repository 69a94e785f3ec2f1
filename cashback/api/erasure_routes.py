"""The HTTP API of erasure: what it would meet, and the deed (GDPR, article 17)."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from cashback.actors import Scope
from cashback.api.routes import AtDesk, Desk
from cashback.api.taken import Taken
from cashback.clock import zulu
from cashback.db.engine import transaction
from cashback.erasure import service
from cashback.erasure.schemas import Held
from cashback.errors import NotFound
from cashback.ids import parse
from cashback.shoppers.service import require

router = APIRouter(prefix="/v1")


class ErasureBody(Taken):
    """What the person agreed to."""

    give_up: Annotated[
        bool, Field(description="Pending rewards and the balance are given up; without it nothing may be left")
    ] = False


@router.get("/shoppers/{reference}/erasure", summary="What erasing a shopper would meet")
async def outlook(reference: str, desk: AtDesk) -> dict[str, Any]:
    """What stands in the way, by its code, and what would be given up, by asset."""
    require(desk.caller, Scope.SUPPORT)
    shopper_id = await desk.shopper(reference)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await service.look_ahead(connection, desk.caller, shopper_id)
    return {"obstacles": [each.value for each in found.obstacles], "held": _told(found.held)}


@router.post("/shoppers/{reference}/erasure", summary="Erase a shopper")
async def erase(reference: str, body: ErasureBody, desk: AtDesk) -> dict[str, Any]:
    """At once and for good: what is personal goes, the books stay under an id that leads to nobody.

    By the id (`shp_…`) it may be told again and answers the same erasure; the reference is nobody's any more.
    """
    require(desk.caller, Scope.SUPPORT)
    shopper_id = await _shopper(desk, reference)
    done = await service.erase(desk.engine, desk.road, desk.caller, shopper_id, desk.now(), give_up=body.give_up)
    return {"shopper": done.ref, "erased_at": zulu(done.erased_at), "given_up": _told(done.given_up)}


async def _shopper(desk: Desk, reference: str) -> UUID:
    """The caller's shopper, or whoever had this id and was erased."""
    try:
        return await desk.shopper(reference)
    except NotFound:
        try:
            shopper_id = parse("shp", reference)
        except ValueError:
            shopper_id = None
        if shopper_id is not None:
            async with transaction(desk.engine, desk.caller.operator_id) as connection:
                if await service.done(connection, desk.caller.operator_id, shopper_id) is not None:
                    return shopper_id
        raise


def _told(held: Mapping[str, Held]) -> dict[str, dict[str, int]]:
    return {asset: asdict(each) for asset, each in sorted(held.items())}
