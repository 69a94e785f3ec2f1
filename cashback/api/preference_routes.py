"""The HTTP API of what a shopper is told of, and how: read, and changed for them, by the rules of their own page."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Scope
from cashback.api.routes import AtDesk
from cashback.api.taken import Taken
from cashback.db.engine import transaction
from cashback.ids import show
from cashback.notifications import preferences
from cashback.notifications.topics import MUST, Channel, Topic, is_wanted
from cashback.shoppers.service import require

router = APIRouter(prefix="/v1")


class WaysBody(Taken):
    """By which ways one topic comes; a way that is left out stays as it is."""

    inbox: Annotated[bool | None, Field(description="In the app")] = None
    mail: Annotated[bool | None, Field(description="By e-mail")] = None


class PreferencesBody(Taken):
    """What somebody wants to be told of; topics that are left out stay as they are."""

    topics: Annotated[dict[Topic, WaysBody], Field(examples=[{"rewards": {"inbox": True, "mail": False}}])]


class TopicAnswer(BaseModel):
    """One topic: whether it comes whatever is chosen, and by which ways it comes."""

    topic: Topic
    must: Annotated[bool, Field(description="The law, or the safety of money, asks for it: it has no switch")]
    inbox: bool
    mail: bool


class PreferencesAnswer(BaseModel):
    """What somebody is told of."""

    shopper: Annotated[str, Field(examples=["shp_00000000000000000000000000"])]
    topics: list[TopicAnswer]


@router.get("/shoppers/{reference}/preferences", summary="What a shopper is told of")
async def shown(reference: str, desk: AtDesk) -> PreferencesAnswer:
    """Each topic with the ways it comes by, as chosen or as it comes unasked."""
    require(desk.caller, Scope.READ)
    shopper_id = await desk.shopper(reference)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        return await _told(connection, shopper_id)


@router.put("/shoppers/{reference}/preferences", summary="Change what a shopper is told of")
async def choose(reference: str, body: PreferencesBody, desk: AtDesk) -> PreferencesAnswer:
    """For a shopper who asked for it: that it was changed for them is written down. What must be told is refused."""
    require(desk.caller, Scope.SHOPPERS)
    shopper_id = await desk.shopper(reference)
    choices = {
        (topic, channel): wanted
        for topic, ways in body.topics.items()
        for channel, wanted in _ways(ways).items()
        if wanted is not None
    }
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        await preferences.choose(connection, desk.caller, shopper_id, choices, desk.now())
        return await _told(connection, shopper_id)


def _ways(body: WaysBody) -> Mapping[Channel, bool | None]:
    return {Channel.INBOX: body.inbox, Channel.MAIL: body.mail}


async def _told(connection: AsyncConnection, shopper_id: UUID) -> PreferencesAnswer:
    chosen = (await preferences.read(connection, [shopper_id])).get(shopper_id, {})
    return PreferencesAnswer(
        shopper=show("shp", shopper_id),
        topics=[
            TopicAnswer(
                topic=topic,
                must=topic in MUST,
                inbox=is_wanted(topic, Channel.INBOX, chosen),
                mail=is_wanted(topic, Channel.MAIL, chosen),
            )
            for topic in Topic
        ],
    )
