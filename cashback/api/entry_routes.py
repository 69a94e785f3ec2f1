"""The HTTP API of ways into the pages: single sign-on links, secrets to sign one's own with, framed pages."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from cashback.actors import Scope
from cashback.api.paging import Asked, Listed
from cashback.api.routes import AtDesk, Desk
from cashback.api.shapes import Issuer
from cashback.api.taken import Locale, Taken
from cashback.auth import sso
from cashback.auth.sso import SingleSignOn
from cashback.auth.tickets import Target, plain_origin
from cashback.db.engine import transaction
from cashback.errors import Invalid, NotFound
from cashback.ids import parse, show
from cashback.insights import listings
from cashback.paging import listing
from cashback.settings import Mode
from cashback.shoppers.service import require

router = APIRouter(prefix="/v1")

_Locale = Annotated[Locale | None, Field(description="The shopper's own if left out")]


class SsoLinkBody(Taken):
    """Where the link leads."""

    target: Literal["wallet"] = "wallet"
    locale: _Locale = None


class EmbedLinkBody(Taken):
    """Which site frames the page."""

    origin: Annotated[str, Field(min_length=1, max_length=255, examples=["https://crm.example"])]
    locale: _Locale = None


class OriginsBody(Taken):
    """All sites that may frame the page that links a card; none, if the list is empty."""

    origins: Annotated[list[Annotated[str, Field(max_length=255)]], Field(max_length=sso.ORIGINS_MAX)]


class SecretEndBody(Taken):
    """How long the secret goes on proving."""

    overlap_seconds: Annotated[int, Field(ge=0, le=30 * 86_400)] = 86_400


class LinkOut(BaseModel):
    """An address to send the shopper to; it works once, and not after `expires_at`."""

    url: str
    expires_at: datetime


class SecretOut(BaseModel):
    """A secret in force; `secret` is told when it is made and never again."""

    id: str
    iss: Issuer
    made_by: str
    made_at: datetime
    ends_at: datetime | None
    secret: str | None = None


class OriginsOut(BaseModel):
    """The sites that may frame the page that links a card."""

    origins: list[str]


def sign_on_of(desk: Desk) -> SingleSignOn:
    """What makes and opens tickets in this process."""
    settings = desk.runtime.settings
    return SingleSignOn(
        session_key=settings.session_key, master=desk.runtime.keyring.master, public_url=settings.public_url
    )


@router.post("/shoppers/{reference}/sso-links", status_code=201, summary="A link that lets the shopper in, once")
async def sso_link(reference: str, body: SsoLinkBody, desk: AtDesk) -> LinkOut:
    """For the operator's own application to send the shopper to, at once: it holds for ten minutes and works once."""
    require(desk.caller, Scope.SHOPPERS)
    shopper_id, name, locale = await _named(desk, reference)
    now = desk.now()
    token, ticket = sign_on_of(desk).link(
        desk.caller.operator_id, name, Target(body.target), locale=body.locale or locale, now=now
    )
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        await sso.note_made(connection, desk.caller, shopper_id, ticket.digest, "wallet", now)
    return LinkOut(url=f"{desk.runtime.settings.public_url}/sso?token={token}", expires_at=ticket.expires_at)


@router.post("/shoppers/{reference}/embed-links", status_code=201, summary="A page for a frame, that links a card")
async def embed_link(reference: str, body: EmbedLinkBody, desk: AtDesk) -> LinkOut:
    """For the `src` of an iframe on that site, and on no other. It links one card and holds for ten minutes."""
    require(desk.caller, Scope.SHOPPERS)
    shopper_id, name, own = await _named(desk, reference)
    origin, locale, now = plain_origin(body.origin), body.locale or own, desk.now()
    token, ticket = sign_on_of(desk).link(
        desk.caller.operator_id, name, Target.EMBED, origin=origin, locale=locale, now=now
    )
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        if origin not in await sso.origins(connection, desk.caller.operator_id):
            raise Invalid(f"origin {body.origin[:64]!r} is not registered: PUT /v1/embed-origins", code="bad_origin")
        await sso.note_made(connection, desk.caller, shopper_id, ticket.digest, origin, now)
    url = f"{desk.runtime.settings.public_url}/{locale}/embed/link?token={token}"
    return LinkOut(url=url, expires_at=ticket.expires_at)


@router.get("/embed-origins", summary="The sites that may frame the page that links a card")
async def origins(desk: AtDesk) -> OriginsOut:
    """In alphabetical order."""
    require(desk.caller, Scope.READ)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        return OriginsOut(origins=await sso.origins(connection, desk.caller.operator_id))


@router.put("/embed-origins", summary="Say which sites may frame the page that links a card")
async def set_origins(body: OriginsBody, desk: AtDesk) -> OriginsOut:
    """These and no others, from now on: a page that is open elsewhere links nothing any more."""
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        demo = desk.runtime.settings.mode is Mode.DEMO
        set_now = await sso.set_origins(connection, desk.caller, body.origins, loopback=demo, now=desk.now())
        return OriginsOut(origins=set_now)


@router.post("/sso-secrets", status_code=201, summary="A secret to sign links with")
async def make_secret(desk: AtDesk) -> SecretOut:
    """For a system that signs its own links. `secret` is shown this once: who holds it can come in as any shopper."""
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        now = desk.now()
        secret_id, secret = await sign_on_of(desk).make_secret(connection, desk.caller, now)
    made_by = desk.caller.name
    return SecretOut(
        id=show("sso", secret_id), iss=_issuer(desk), made_by=made_by, made_at=now, ends_at=None, secret=secret
    )


@router.get("/sso-secrets", summary="The secrets in force")
async def secrets(desk: AtDesk, paging: Asked) -> Listed[SecretOut]:
    """The oldest first; what they are is not shown."""
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        found = await sso.secrets(connection, desk.caller, desk.now())
    place = listing("sso-secrets")
    shown, cut = paging.cut_whole(place, found, lambda each: (each.made_at, each.id), datetime, UUID)
    told = [
        SecretOut(
            id=show("sso", each.id), iss=_issuer(desk), made_by=each.made_by, made_at=each.made_at, ends_at=each.ends_at
        )
        for each in shown
    ]
    return Listed(data=told, has_more=cut.more, next_cursor=cut.cursor)


@router.post("/sso-secrets/{secret}/end", summary="End a secret")
async def end_secret(secret: str, body: SecretEndBody, desk: AtDesk) -> SecretOut:
    """Once the overlap is over, nothing that it signed lets anybody in."""
    require(desk.caller, Scope.SHOPPERS)
    now = desk.now()
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        held = {each.id: each for each in await sso.secrets(connection, desk.caller, now)}
        secret_id = _id(secret)
        ends_at = await sso.end_secret(connection, desk.caller, secret_id, timedelta(seconds=body.overlap_seconds), now)
    was = held[secret_id]
    return SecretOut(id=secret, iss=_issuer(desk), made_by=was.made_by, made_at=was.made_at, ends_at=ends_at)


async def _named(desk: Desk, reference: str) -> tuple[UUID, str, Literal["en", "fr"]]:
    """A shopper, their id as a link of ours names them, and their language."""
    shopper_id = await desk.shopper(reference)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        row = await listings.shopper(connection, desk.caller.operator_id, shopper_id)
    assert row is not None
    return shopper_id, show("shp", shopper_id), "fr" if row.locale == "fr" else "en"


def _issuer(desk: Desk) -> str:
    return show("opr", desk.caller.operator_id)


def _id(text: str) -> UUID:
    try:
        return parse("sso", text)
    except ValueError:
        raise NotFound(f"there is no secret {text[:64]!r} in force", code="unknown_secret") from None
