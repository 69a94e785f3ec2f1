"""What support does in an open file: adjust the wallet, unlink a card, repair a missing purchase; with a reason."""

from collections.abc import Awaitable, Callable
from datetime import date, time
from typing import Any
from uuid import UUID

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from cashback import pipeline
from cashback.actors import Scope
from cashback.adjustments import service as adjustments
from cashback.adjustments.schemas import Asked as Adjusting
from cashback.adjustments.schemas import Kind, Reason
from cashback.adjustments.schemas import State as Adjusted
from cashback.auth import session_store
from cashback.auth.sessions import Role
from cashback.claims import service as claims
from cashback.claims.pictures import PICTURE_MAX_BYTES
from cashback.claims.schemas import Asked as Claiming
from cashback.claims.schemas import ClaimState, Proof
from cashback.erasure import service as erasure
from cashback.errors import Invalid, NotFound, ProductError
from cashback.ids import parse, show
from cashback.insights import listings
from cashback.pipeline import Road
from cashback.web.console.counter.member_file import CARDS_MAX, page
from cashback.web.console.counter.members import asked_first, filing
from cashback.web.console.counter.sent import Sent, sent
from cashback.web.console.frame import Call, id_of
from cashback.web.shopper.frame import amount_of

VIEWS_MAX = 10
"""Of one purchase."""
Deed = Callable[[Call, UUID, Sent], Awaitable[Response]]


@asked_first
async def adjust(request: Request) -> Response:
    """Add to a wallet or take from it, within what the member may do alone; above that a second person decides."""

    async def act(call: Call, shopper_id: UUID, form: Sent) -> Response:
        adjustments.require_asker(call.actor)
        asset = call.programme.programme.assets.get(form.get("asset", ""))
        if asset is None:
            raise Invalid("asset: choose one", code="bad_asset")
        amount = amount_of(form.get("amount", ""), asset)
        asked = Adjusting(
            key=form.get("key", ""),
            kind=_chosen(Kind, form, "kind"),
            asset=asset.code,
            amount=-amount if form.get("way") == "take" else amount,
            reason=_chosen(Reason, form, "reason"),
            words=form.get("words", ""),
        )
        programme = call.programme.programme
        done = await adjustments.ask(call.connection, call.actor, programme, shopper_id, asked, call.now)
        told = "members-adjusted" if done.state is Adjusted.POSTED else "members-asked"
        return _back(call, shopper_id, "claims", told)

    return await _deed(request, "wallet", act)


@asked_first
async def unlink(request: Request) -> Response:
    """Unlink a card: purchases made until now finish, later ones never count."""
    card_id, form = id_of(request, "crd", "card"), await sent(request)
    async with filing(request) as (call, shopper_id, _):
        actor, web, now = call.need(Scope.SHOPPERS), call.web, call.now
        found = await listings.cards(
            call.connection, call.operator_id, shopper_id=shopper_id, linked=True, wanted=CARDS_MAX
        )
        card = next((each for each in found.rows if each.id == card_id), None)
        back = _back(call, shopper_id, "cards", "members-unlinked")
        if card is None or form.get("sure") != "yes":
            raise NotFound("there is no such card linked", code="card_not_linked")
    await pipeline.unlink_card(
        web.engine, _road(call), actor, shopper_id=shopper_id, network=card.network, token=card.token, now=now
    )
    return back


@asked_first
async def claim(request: Request) -> Response:
    """Claim the missing purchase for the member; what was told so far may answer it at once."""
    given = (await request.form()).get("picture")
    picture = (await given.read(PICTURE_MAX_BYTES + 1) or None) if isinstance(given, UploadFile) else None

    async def act(call: Call, shopper_id: UUID, form: Sent) -> Response:
        actor = call.need(Scope.SHOPPERS)
        currency = call.programme.programme.currency
        asked = Claiming(
            key=form.get("key", ""),
            shop=form.get("shop", ""),
            day=_day(form.get("day", "")),
            amount_minor=amount_of(form.get("amount", ""), call.programme.asset(currency)),
            currency=currency,
            told_time=_time(form.get("time", "")),
            last_four=form.get("last_four") or None,
            picture=picture,
        )
        keyring, snapshot = _road(call).keyring, call.programme.snapshot
        pointed = form.get("purchase")
        proof = Proof(_purchase(pointed), form.get("words", "")) if pointed else None
        made = await claims.make_claim(
            call.connection, snapshot, keyring, actor, shopper_id, asked, call.now, proof=proof
        )
        told = {ClaimState.ACCEPTED: "missing-accepted", ClaimState.COUNTED: "missing-counted"}
        return call.back_to(f"/claims/{made.ref}", done=told.get(made.state, "missing-claimed"))

    return await _deed(request, "missing", act, changing=True)


@asked_first
async def join(request: Request) -> Response:
    """Rule that several views are one purchase; the wallet follows."""
    chosen = [each for each in (await request.form()).getlist("purchase") if isinstance(each, str)]
    return await _rule(
        request, pipeline.join_purchases, lambda _: [_purchase(each) for each in chosen], "missing-joined"
    )


@asked_first
async def split(request: Request) -> Response:
    """Rule that a view is a purchase of its own; the wallet follows."""
    return await _rule(
        request, pipeline.split_purchase, lambda form: _purchase(form.get("purchase", "")), "missing-split"
    )


async def _rule(request: Request, command: Any, named: Callable[[Sent], Any], done: str) -> Response:
    """A ruling opens its own transaction, after the file's was read."""
    form = await sent(request)
    try:
        async with filing(request) as (call, shopper_id, _):
            actor, web, now = call.need(Scope.SHOPPERS), call.web, call.now
            await _check(call, shopper_id, named(form))
            back = _back(call, shopper_id, "purchases", done)
        await command(web.engine, _road(call), actor, named(form), reason=form.get("words", ""), now=now)
    except ProductError as refused:
        async with filing(request) as (call, shopper_id, opening):
            return await page(call, shopper_id, opening, part="missing", refused=refused, form=form)
    return back


async def _check(call: Call, shopper_id: UUID, purchases: Any) -> None:
    """NotFound for a purchase of somebody else: a file is opened for one member. Invalid for several of one source,
    which tells each purchase once."""
    named = purchases if isinstance(purchases, list) else [purchases]
    rows = [await listings.purchase(call.connection, call.operator_id, each) for each in named[:VIEWS_MAX]]
    if any(row.shopper != shopper_id for row in rows):
        raise NotFound("this member has no such purchase", code="unknown_purchase")
    networks = [row.network for row in rows]
    if len(set(networks)) < len(networks):
        raise Invalid("one source tells each purchase once: choose one of each", code="one_source")


@asked_first
async def erase(request: Request) -> Response:
    """Close the account for good: what is personal goes at once, the books stay."""
    form = await sent(request)
    try:
        async with filing(request) as (call, shopper_id, _):
            actor, web, now = call.need(Scope.SUPPORT), call.web, call.now
            back = call.back_to("/members", done="members-erased")
            if form.get("word", "").upper() != call.t("members.word"):
                raise Invalid(f"word: expected {call.t('members.word')}", code="erasure_word")
        give_up, seen = form.get("give_up") == "yes", form.get("seen", "")
        await erasure.erase(web.engine, _road(call), actor, shopper_id, now, give_up=give_up, seen=seen)
    except ProductError as refused:
        async with filing(request) as (call, shopper_id, opening):
            return await page(call, shopper_id, opening, part="closing", refused=refused, form=form)
    return back


@asked_first
async def sign_out(request: Request) -> Response:
    """End every session of the member: for who lost a phone, or thinks that somebody else is in their wallet."""

    async def act(call: Call, shopper_id: UUID, _: Sent) -> Response:
        actor = call.need(Scope.SUPPORT)
        await session_store.revoke_all(
            call.connection, actor, Role.SHOPPER, shopper_id, call.now, why="ended by the team"
        )
        return _back(call, shopper_id, "closing", "sessions_ended")

    return await _deed(request, "closing", act)


async def _deed(request: Request, part: str, act: Deed, *, changing: bool = False) -> Response:
    form = await sent(request)
    try:
        async with filing(request, changing=changing) as (call, shopper_id, _):
            return await act(call, shopper_id, form)
    except ProductError as refused:
        async with filing(request) as (call, shopper_id, opening):
            return await page(call, shopper_id, opening, part=part, refused=refused, form=form)


def _back(call: Call, shopper_id: UUID, part: str, done: str) -> Response:
    return call.back_to(f"/members/{show('shp', shopper_id)}/{part}", done=done)


def _road(call: Call) -> Road:
    if call.web.linking is None:
        raise NotFound("this process changes no cards and keeps no pictures")
    return call.web.linking.road


def _chosen(kinds: Any, form: Sent, name: str) -> Any:
    if form.get(name) not in set(kinds):
        raise Invalid(f"{name}: choose one", code=f"bad_{name}")
    return kinds(form[name])


def _purchase(text: str) -> UUID:
    try:
        return parse("pur", text)
    except ValueError:
        raise NotFound(f"there is no purchase {text[:64]!r}", code="unknown_purchase") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"day: expected a day such as 2026-11-21, got {text[:40]!r}", code="bad_day") from None


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(f"time: expected an hour such as 14:30, got {text[:40]!r}", code="bad_day") from None
