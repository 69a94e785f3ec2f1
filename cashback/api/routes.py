"""The HTTP API of the first day: open shoppers, link and unlink cards, read wallets, apply programmes, record payments.

Each route makes an `Actor` of its API key, opens one transaction and calls one service. A 2xx is sent after the commit.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import AwareDatetime, Field
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cashback.actors import Actor, Scope
from cashback.api.once import RequiredKey
from cashback.api.paging import Asked
from cashback.api.reads import PEOPLE
from cashback.api.taken import Locale, Taken
from cashback.auth import sso
from cashback.auth.keys import actor_of_key, bearer_of
from cashback.auth.sessions import LINK_LIFETIME_MAX, Role, Signer
from cashback.clock import zulu, zulu_or_none
from cashback.db.engine import fetch, transaction
from cashback.errors import Conflict, Invalid, NotFound
from cashback.ids import show
from cashback.merchants.csv_file import import_identifiers
from cashback.notifications.service import inbox
from cashback.notifications.words import said
from cashback.offers.wording import Tongue
from cashback.paging import listing
from cashback.payouts.service import record_payment
from cashback.pipeline import Road, link_card, unlink_card
from cashback.programme_file.reading import parse_with_warnings
from cashback.programme_file.service import apply
from cashback.programmes.connections import MADE_UP, providers_of
from cashback.programmes.service import load_programme
from cashback.runtime import Runtime
from cashback.shoppers import service as shoppers
from issuers.card_numbers import mask_text
from issuers.registry import ADAPTERS

DOCUMENT_MAX_BYTES = 4 * 1024 * 1024
"""A programme file of several thousand shops is below 1 MB."""

_STANDS = ("pending", "available", "converted", "in_transit", "paid", "expired")
_BALANCES = f"SELECT asset, {', '.join(_STANDS)} FROM balances WHERE shopper_id = $1 ORDER BY asset"  # noqa: S608 - fixed


Reference = Annotated[str, Field(min_length=1, max_length=200, examples=["customer-1042"])]


class ShoppersBody(Taken):
    """Shoppers to open, by the operator's own references; no name, no address."""

    references: Annotated[list[Reference], Field(min_length=1, max_length=500)]
    locale: Annotated[Locale, Field(examples=["fr"])] = "en"


class CardBody(Taken):
    """A card at its provider."""

    shopper: Reference
    network: Annotated[str, Field(examples=["fidel"])]
    token: Annotated[str, Field(min_length=1, max_length=200, description="The provider's id, never a card number")]


class LinkBody(CardBody):
    """A card to link; purchases count from `linked_at` on, which is now if left out."""

    linked_at: AwareDatetime | None = None
    last_four: Annotated[str | None, Field(pattern=r"^[0-9]{4}$")] = None
    scheme: Annotated[str | None, Field(max_length=20)] = None


class PaymentBody(Taken):
    """What the operator paid by its own means: minor units of the asset's currency, or units."""

    shopper: Reference
    asset: Annotated[str, Field(examples=["EUR"])]
    amount: Annotated[int, Field(gt=0)]


@dataclass(frozen=True, slots=True)
class Desk:
    """What a route works with: the process's parts, and who asks."""

    runtime: Runtime
    road: Road
    caller: Actor
    people: list[UUID] = field(default_factory=list)
    """The shoppers whose names were looked up: whose data is read, the audit log tells."""

    @property
    def engine(self) -> AsyncEngine:
        """The database."""
        return self.runtime.engine

    def now(self) -> datetime:
        """The instant of this request."""
        return self.runtime.clock.now()

    async def shopper(self, name: str) -> UUID:
        """The caller's shopper of this id (`shp_…`), else of this reference; or NotFound."""
        async with transaction(self.engine, self.caller.operator_id) as connection:
            return await self.shopper_in(connection, name)

    async def shopper_in(self, connection: AsyncConnection, name: str) -> UUID:
        """The same in a transaction of the caller's operator: what is only read needs one and no more."""
        found = await shoppers.find(connection, self.caller.operator_id, [name])
        if name not in found:
            raise NotFound(f"there is no shopper {name[:64]!r}", code="unknown_shopper")
        self.people.append(found[name])
        return found[name]


async def _open_desk(request: Request, authorization: Annotated[str, Header()] = "") -> Desk:
    runtime: Runtime = request.app.state.runtime
    known: Actor | None = getattr(request.state, "caller", None)
    caller = known or await actor_of_key(runtime.engine, bearer_of(authorization), runtime.clock.now())
    desk = Desk(runtime, request.app.state.road, caller)
    setattr(request.state, PEOPLE, desk.people)
    return desk


AtDesk = Annotated[Desk, Depends(_open_desk)]
router = APIRouter(prefix="/v1")


@router.post("/shoppers", status_code=201, summary="Open shoppers")
async def open_shoppers(body: ShoppersBody, desk: AtDesk) -> dict[str, str]:
    """Open the shoppers that do not exist yet; answers the ids of all."""
    for reference in body.references:
        refuse_card_number(reference, "a reference", "the operator's own name of a shopper")
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        opened = await shoppers.open_shoppers(
            connection, desk.caller, body.references, locale=body.locale, now=desk.now()
        )
    return {reference: show("shp", shopper_id) for reference, shopper_id in opened.items()}


@router.post("/cards", status_code=201, summary="Link a card")
async def link(body: LinkBody, desk: AtDesk) -> dict[str, str]:
    """Link a card; what its provider already told of it since `linked_at` earns at once.

    A card that is linked already answers when it was. The operator has a connection to the network: nothing would ever
    be told of the card otherwise.
    """
    shoppers.require(desk.caller, Scope.SHOPPERS)
    now = desk.now()
    _check_card(body)
    linked_at = body.linked_at or now
    if linked_at > now + timedelta(minutes=5):
        raise Invalid(f"linked_at {linked_at.isoformat()} lies in the future")
    shopper_id = await desk.shopper(body.shopper)
    await _require_connection(desk, body.network)
    await link_card(
        desk.engine,
        desk.road,
        desk.caller,
        shopper_id=shopper_id,
        network=body.network,
        token=body.token,
        linked_at=linked_at,
        last_four=body.last_four,
        scheme=body.scheme,
        now=now,
    )
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        pair = (body.network, body.token)
        links = (await shoppers.links_of_tokens(connection, desk.caller.operator_id, [pair])).get(pair, [])
    held = max((each for each in links if each.shopper_id == shopper_id), key=lambda each: each.linked_at)
    return {
        "shopper": show("shp", shopper_id),
        "card": show("crd", held.card_id),
        "linked_at": zulu(held.linked_at),
    }


@router.post("/cards/unlink", summary="Unlink a card")
async def unlink(body: CardBody, desk: AtDesk) -> dict[str, str]:
    """Unlink a card: purchases made until now finish, later ones never count."""
    shoppers.require(desk.caller, Scope.SHOPPERS)
    now = desk.now()
    _check_card(body)
    shopper_id = await desk.shopper(body.shopper)
    await unlink_card(
        desk.engine, desk.road, desk.caller, shopper_id=shopper_id, network=body.network, token=body.token, now=now
    )
    return {"shopper": show("shp", shopper_id), "unlinked_at": zulu(now)}


@router.get("/wallets/{reference}", summary="Read a wallet")
async def wallet(reference: str, desk: AtDesk) -> dict[str, dict[str, int]]:
    """Balances by asset, in minor units of its currency or in units."""
    shoppers.require(desk.caller, Scope.READ)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        rows = await fetch(connection, _BALANCES, (await desk.shopper_in(connection, reference),))
    return {row[0]: dict(zip(_STANDS, row[1:], strict=True)) for row in rows}


@router.get("/shoppers/{reference}/notices", summary="What a shopper was told")
async def notices(reference: str, desk: AtDesk, paging: Asked) -> dict[str, Any]:
    """The newest first, each as a sentence in English and in French."""
    shoppers.require(desk.caller, Scope.READ)
    shopper_id = await desk.shopper(reference)
    place = listing("notices", shopper=shopper_id)
    after = paging.after(place, datetime, str)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        assets = (await load_programme(connection, desk.caller.operator_id)).assets.values()
        found = await inbox(connection, shopper_id, paging.wanted, after)
    english = Tongue("en", {each.code: each.name_en for each in assets})
    french = Tongue("fr", {each.code: each.name_fr for each in assets})
    shown, cut = paging.cut(place, found, lambda each: (each.told_at, each.notice.key))
    return cut.told(
        [
            {
                "kind": each.notice.kind,
                "told_at": zulu(each.told_at),
                "read_at": zulu_or_none(each.read_at),
                "params": dict(each.notice.params),
                "en": said(each.notice, english),
                "fr": said(each.notice, french),
            }
            for each in shown
        ]
    )


@router.post("/wallets/{reference}/entry-links", status_code=201, summary="A link that lets the shopper in")
async def entry_link(reference: str, desk: AtDesk) -> dict[str, str]:
    """A short-lived address that opens the shopper's wallet, for the operator's own application to show."""
    shoppers.require(desk.caller, Scope.SHOPPERS)
    shopper_id = await desk.shopper(reference)
    now, signer = desk.now(), Signer(desk.runtime.settings.session_key)
    token = signer.entry_token(role=Role.SHOPPER, operator_id=desk.caller.operator_id, shopper_id=shopper_id, now=now)
    expires_at = now + LINK_LIFETIME_MAX
    entry = signer.read_entry(token, now)
    assert entry is not None, "a link that was just made holds"
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        await sso.note_made(connection, desk.caller, shopper_id, entry.mark, "wallet", now)
    return {"url": f"{desk.runtime.settings.public_url}/enter?t={token}", "expires_at": zulu(expires_at)}


@router.post("/payments", status_code=201, summary="Record a payment made outside the product")
async def pay(body: PaymentBody, desk: AtDesk, idempotency_key: RequiredKey) -> dict[str, bool]:
    """Record it once per idempotency key; `replayed` says that this key had already done exactly that."""
    shoppers.require(desk.caller, Scope.MONEY)
    shopper_id = await desk.shopper(body.shopper)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        paid = await record_payment(
            connection,
            desk.caller,
            await load_programme(connection, desk.caller.operator_id),
            shopper_id=shopper_id,
            asset=body.asset,
            amount=body.amount,
            key=idempotency_key,
            now=desk.now(),
        )
    return {"replayed": not paid}


@router.put("/programme", summary="Apply a programme file (YAML)")
async def programme(
    request: Request, desk: AtDesk, dry_run: Annotated[bool, Query(description="Only show the difference")] = False
) -> dict[str, Any]:
    """Apply the programme file in the body; answers the difference line by line, and what is perhaps not meant."""
    text = (await read_document(request)).decode("utf-8", "replace")
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        providers = await providers_of(connection, desk.caller.operator_id)
    file, warnings = await asyncio.to_thread(parse_with_warnings, text, "the request's body", providers)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        applied = await apply(connection, desk.caller, file, desk.now())
        if dry_run:
            await connection.rollback()
    return {
        "applied": not dry_run,
        "changes": [str(change) for change in applied.changes],
        "warnings": [str(warning) for warning in warnings],
    }


@router.post("/identifiers", summary="Import merchant identifiers (CSV)")
async def identifiers(request: Request, desk: AtDesk) -> dict[str, int]:
    """Import the CSV in the body, all or nothing; purchases told with these identifiers are matched again."""
    data = await read_document(request)
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        imported = await import_identifiers(connection, desk.caller, data, desk.now())
    return {"rows": imported.rows, "added": imported.added, "removed": imported.removed}


async def _require_connection(desk: Desk, network: str) -> None:
    async with transaction(desk.engine, desk.caller.operator_id) as connection:
        connected = await providers_of(connection, desk.caller.operator_id)
    if network not in connected and not (desk.caller.test and network in MADE_UP):
        raise Conflict(
            f"network {network!r} has no connection here, so nothing would be told of the card; connected: "
            f"{', '.join(sorted(connected)) or 'none'}. Open one with `cashback connect`, or in the sandbox of the "
            "developer portal, then link the card",
            code="not_connected",
        )


def _check_card(card: CardBody) -> None:
    if card.network not in ADAPTERS:
        raise Invalid(f"network {card.network[:40]!r} is not known; expected one of {', '.join(sorted(ADAPTERS))}")
    refuse_card_number(card.token, "token", "the provider's opaque id")


def refuse_card_number(text: str, place: str, expected: str) -> None:
    """Refuse a text that may be a card number before anything of it is kept."""
    if mask_text(text) != text:
        raise Invalid(f"{place} looks like a card number; expected {expected}. Nothing was stored", code="card_number")


async def read_document(request: Request, most: int = DOCUMENT_MAX_BYTES) -> bytes:
    """The body, read no further than it may be long; Invalid beyond."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > most:
            raise Invalid(f"the document is larger than {most} bytes", code="too_large")
    return bytes(data)
