"""The HTTP API of what is said of shoppers: tell facts, end them, activate offers, read how a shopper stands.

A fact told late moves the rewards of purchases made since as if it had been told in time, in the same transaction.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Scope
from cashback.api.paging import Asked
from cashback.api.routes import AtDesk, Desk, Reference, refuse_card_number
from cashback.api.taken import Taken
from cashback.clock import zulu, zulu_or_none
from cashback.db.engine import transaction
from cashback.errors import NotFound
from cashback.ids import show
from cashback.offers.kinds import FOR_EVER
from cashback.offers.schemas import Fact, FactKind
from cashback.offers.sentences import read_aloud
from cashback.paging import listing
from cashback.programmes.schemas import Programme
from cashback.rewards.facts import Said, facts_of
from cashback.rewards.running import Running, running_offers
from cashback.rewards.telling import activate, retract, tell
from cashback.shoppers import service as shoppers

FACTS_MAX = 500

router = APIRouter(prefix="/v1")


class FactBody(Taken):
    """One fact: it holds from `since`, which is now if left out, until (not including) `until`, or for good."""

    shopper: Reference
    kind: FactKind
    value: Annotated[str, Field(min_length=1, max_length=200, examples=["gold"])]
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class FactsBody(Taken):
    """Facts to tell, all or none."""

    facts: Annotated[list[FactBody], Field(min_length=1, max_length=FACTS_MAX)]


class EndBody(Taken):
    """A fact that holds at an instant, which is now if left out, and no longer from then on."""

    shopper: Reference
    kind: FactKind
    value: Annotated[str, Field(min_length=1, max_length=200)]
    at: AwareDatetime | None = None


class ActivationBody(Taken):
    """A shopper and the offer they activate."""

    shopper: Reference
    offer: Annotated[str, Field(min_length=1, max_length=64)]


@router.post("/facts", status_code=201, summary="Tell facts of shoppers")
async def tell_facts(body: FactsBody, desk: AtDesk) -> dict[str, int]:
    """Keep them and settle what was bought since; told again from the same instant, a fact gets the new end."""
    shoppers.require(desk.caller, Scope.SHOPPERS)
    for each in body.facts:
        refuse_card_number(each.value, "a value", "a word such as the name of a segment")
    now = desk.now()
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        known = await _known(connection, desk, {each.shopper for each in body.facts})
        said = [
            Said(known[each.shopper], Fact(each.kind, each.value, each.since or now, each.until)) for each in body.facts
        ]
        posted = await tell(connection, snapshot, desk.caller, said, now)
    return {"told": len(body.facts), "transfers": posted}


@router.post("/facts/end", summary="End a fact")
async def end_fact(body: EndBody, desk: AtDesk) -> dict[str, Any]:
    """End it at an instant: purchases made before are still judged by it, those since are settled again."""
    shoppers.require(desk.caller, Scope.SHOPPERS)
    now = desk.now()
    at = body.at or now
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        shopper_id = (await _known(connection, desk, {body.shopper}))[body.shopper]
        posted = await retract(connection, snapshot, desk.caller, shopper_id, body.kind, body.value, at, now)
    return {"ended_at": zulu(at), "transfers": posted}


@router.post("/activations", status_code=201, summary="Activate an offer for a shopper")
async def activate_offer(body: ActivationBody, desk: AtDesk) -> dict[str, Any]:
    """Purchases count from now on; `already_active` says that it was active and nothing moved."""
    shoppers.require(desk.caller, Scope.SHOPPERS)
    now = desk.now()
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        shopper_id = (await _known(connection, desk, {body.shopper}))[body.shopper]
        new = await activate(connection, snapshot, desk.caller, shopper_id, body.offer, now)
    return {"shopper": show("shp", shopper_id), "offer": body.offer, "already_active": not new}


@router.get("/shoppers/{reference}/facts", summary="Read what is said of a shopper")
async def facts(reference: str, desk: AtDesk, paging: Asked) -> dict[str, Any]:
    """Every fact that was told, past ones too, in the order in which they began."""
    shoppers.require(desk.caller, Scope.READ)
    now = desk.now()
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        shopper_id = await desk.shopper_in(connection, reference)
        held = (await facts_of(connection, [shopper_id])).get(shopper_id)
    every = () if held is None else held.every()
    place = listing("facts", shopper=shopper_id)
    shown, cut = paging.cut_whole(place, every, lambda each: (each.since, each.kind, each.value), datetime, str, str)
    return cut.told(
        [
            {
                "kind": each.kind.value,
                "value": each.value,
                "since": zulu(each.since),
                "until": zulu_or_none(each.until),
                "holds": each.holds(now),
            }
            for each in shown
        ]
    )


@router.get("/shoppers/{reference}/offers", summary="Read the offers that run now, and how far a shopper is")
async def offers(reference: str, desk: AtDesk, paging: Asked) -> dict[str, Any]:
    """What the shopper may be shown: those they are held out of, to measure by, are left out."""
    shoppers.require(desk.caller, Scope.READ)
    now = desk.now()
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        snapshot = await desk.road.snapshots.current(connection, desk.caller.operator_id)
        shopper_id = await desk.shopper_in(connection, reference)
        found = await running_offers(connection, snapshot, shopper_id, now)
    place = listing("running", shopper=shopper_id)
    shown, cut = paging.cut_whole(place, found, lambda each: (each.offer.code, each.offer.version), str, int)
    return cut.told([_running(each, snapshot.programme) for each in shown])


async def _known(connection: AsyncConnection, desk: Desk, references: set[str]) -> dict[str, UUID]:
    found = await shoppers.find(connection, desk.caller.operator_id, sorted(references))
    missing = sorted(references - found.keys())
    if missing:
        raise NotFound(f"there is no shopper {missing[0][:64]!r}", code="unknown_shopper")
    return found


def _running(running: Running, programme: Programme) -> dict[str, Any]:
    offer, terms = running.offer, running.offer.terms
    return {
        "offer": offer.code,
        "version": offer.version,
        "name": None if terms.name is None else terms.name.model_dump(),
        "promise": None if terms.promise is None else terms.promise.model_dump(),
        "asset": offer.asset,
        "until": _end(offer.closes),
        "activated_since": zulu_or_none(running.activated_since),
        "for_shopper": all(entry["ok"] for entry in running.who),
        "who": [_said(entry, programme) for entry in running.who],
        "progress": [_said(entry, programme) for entry in running.progress],
    }


def _end(closes: datetime) -> str | None:
    return None if closes == FOR_EVER else zulu(closes)


def _said(entry: Mapping[str, Any], programme: Programme) -> dict[str, Any]:
    """The figures with the sentence in both languages; assets by their names."""
    english = {each.code: each.name_en for each in programme.assets.values()}
    french = {each.code: each.name_fr for each in programme.assets.values()}
    figures = dict(entry)
    return {**figures, "en": read_aloud(figures, "en", english), "fr": read_aloud(figures, "fr", french)}
