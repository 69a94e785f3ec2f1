"""What somebody wants to be told of: a switch for each subject and way, and what comes whatever is chosen, with why."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from cashback.auth.addresses import address_of
from cashback.notifications import preferences
from cashback.notifications.topics import MUST, Channel, Topic, is_wanted
from cashback.web.shopper.frame import Visit, back_to, form_of, visiting

FREE = tuple(topic for topic in Topic if topic not in MUST)


@dataclass(frozen=True, slots=True)
class Row:
    """One subject: how it comes by each way, and whether that may be changed."""

    topic: Topic
    must: bool
    wanted: dict[Channel, bool]


async def shown(request: Request) -> Response:
    """The page."""
    async with visiting(request) as visit:
        return await _page(visit)


async def save(request: Request) -> Response:
    """Keep every switch of the form. One that is not ticked is not sent, so the whole form counts as what is wanted."""
    form = await form_of(request)
    async with visiting(request) as visit:
        choices = {
            (topic, channel): bool(form.get(f"{topic.value}.{channel.value}")) for topic in FREE for channel in Channel
        }
        await preferences.choose(visit.connection, visit.actor, visit.shopper_id, choices, visit.now)
    return back_to(request, "/preferences?done=saved")


async def _page(visit: Visit) -> Response:
    chosen = (await preferences.read(visit.connection, [visit.shopper_id])).get(visit.shopper_id, {})
    rows = [
        Row(topic, topic in MUST, {channel: is_wanted(topic, channel, chosen) for channel in Channel})
        for topic in Topic
    ]
    return visit.page(
        "preferences.html",
        visit.t("prefs.title"),
        free=[row for row in rows if not row.must],
        must=[row for row in rows if row.must],
        channels=tuple(Channel),
        address=await address_of(visit.connection, visit.session, visit.web.doors.master),
        done=visit.request.query_params.get("done") == "saved",
    )
