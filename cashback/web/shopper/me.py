"""What is one's own: linked cards, what was agreed to and when, everything that is kept as a file, signing in."""

from dataclasses import replace
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Actor, Scope
from cashback.errors import NotFound, ProductError
from cashback.insights.consents import Consent, read_consents
from cashback.insights.listings import cards
from cashback.insights.whole import everything_of
from cashback.pipeline import unlink_card
from cashback.web.messages import MESSAGES, Translator
from cashback.web.shopper.frame import Visit, back_to, id_of, visiting

CARDS_MAX = 100


def for_oneself(visit: Visit) -> Actor:
    """The shopper, who may link and unlink their own cards."""
    return replace(visit.actor, scopes=frozenset({Scope.SHOPPERS}))


async def me(request: Request) -> Response:
    """The page."""
    async with visiting(request) as visit:
        return await _page(visit)


async def unlink(request: Request) -> Response:
    """Unlink a card: purchases made until now finish, later ones never count."""
    card_id = id_of(request, "crd")
    async with visiting(request) as visit:
        linked = await _linked(visit)
        card = next((each for each in linked if each.id == card_id), None)
        web, actor, shopper_id, now = visit.web, for_oneself(visit), visit.shopper_id, visit.now
    if card is None:
        raise NotFound("there is no such card", code="card_not_linked")
    assert web.linking is not None, "the application serves these pages only with what links cards"
    try:
        await unlink_card(
            web.engine, web.linking.road, actor, shopper_id=shopper_id, network=card.network, token=card.token, now=now
        )
    except ProductError as refused:
        async with visiting(request) as visit:
            return await _page(visit, refused=refused)
    return back_to(request, "/me?done=unlinked")


async def export(request: Request) -> Response:
    """Everything that is kept, as one file."""
    async with visiting(request) as visit:
        master = visit.web.doors.master
        told = await everything_of(visit.connection, master, visit.snapshot, visit.actor, visit.shopper_id, visit.now)
        day = visit.now.astimezone(visit.house.programme.zone).date().isoformat()
    headers = {"content-disposition": f'attachment; filename="my-data-{day}.json"'}
    return Response(msgspec.json.format(msgspec.json.encode(told)), media_type="application/json", headers=headers)


async def _page(visit: Visit, *, refused: ProductError | None = None) -> Response:
    done = visit.request.query_params.get("done", "")
    return visit.page(
        "me.html",
        visit.t("me.title"),
        status=200 if refused is None else refused.status,
        cards=await _linked(visit),
        consents=await _consents(visit),
        refused=refused,
        done=done if refused is None and f"me.done.{done}" in MESSAGES else "",
    )


async def _consents(visit: Visit) -> list[tuple[Consent, str]]:
    """Each consent with its words in the page's language, where they are still the words that were agreed to."""
    name = visit.house.programme.name
    return [
        (each, _words_now(each, visit, name))
        for each in await read_consents(visit.connection, visit.operator_id, visit.shopper_id)
    ]


def _words_now(consent: Consent, visit: Visit, programme: str) -> str:
    key = f"link.consent.{consent.name}"
    if key not in MESSAGES or consent.language not in ("en", "fr"):
        return consent.words
    now = Translator("fr" if consent.language == "fr" else "en")(key, name=programme)
    return visit.t(key, name=programme) if now == consent.words else consent.words


async def _linked(visit: Visit) -> list[Any]:
    found = await cards(visit.connection, visit.operator_id, shopper_id=visit.shopper_id, linked=True, wanted=CARDS_MAX)
    return list(found.rows)
