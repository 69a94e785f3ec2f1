"""How each network says what happened: the event's name and the bytes of the body, unsigned.

The inverse of the adapters in `issuers`, written from the same formats. A test reads every letter back through them.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid5

import msgspec

from cashback.simulator.cast import Card, Shop
from cashback.simulator.life import Deed, Happening

CURRENCY = "EUR"
"""What every invented purchase is paid in."""
DESCRIPTOR_MAX = 22
"""Characters of a merchant's name on a card statement (ISO 8583, field 43)."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_SANDBOX_TYPES: Mapping[Deed, str] = MappingProxyType(
    {
        Deed.LINK: "card.linked",
        Deed.AUTHORIZE: "authorization",
        Deed.DECLINE: "decline",
        Deed.REVERSE: "reversal",
        Deed.CLEAR: "clearing",
        Deed.REFUND: "refund",
    }
)
_FIDEL_EVENTS: Mapping[Deed, tuple[str, ...]] = MappingProxyType(
    {
        Deed.LINK: ("card.linked",),
        Deed.AUTHORIZE: ("transaction.auth",),
        Deed.CLEAR: ("transaction.clearing",),
        # Fidel fires both for one refund, with the same body.
        Deed.REFUND: ("transaction.clearing", "transaction.refund"),
    }
)
"""Fidel tells neither declines nor reversals: a purchase that was given up is one that never clears."""


@dataclass(frozen=True, slots=True, order=True)
class Letter:
    """One webhook, not signed yet: a network signs at the moment it sends."""

    due_at: datetime
    network: str
    event: str
    """Where the network puts the event's name in the address; empty where it does not."""
    body: bytes


def letters(happening: Happening) -> tuple[Letter, ...]:
    """What the card's network sends of a happening; nothing where its dialect has no word for it."""
    card = happening.card
    if card.network == "fidel":
        events = _FIDEL_EVENTS.get(happening.deed, ())
        body = _ENCODER.encode(_fidel(happening))
    else:
        events = ("",)
        body = _ENCODER.encode(_sandbox(happening))
    return tuple(Letter(happening.told_at, card.network, event, body) for event in events)


def descriptor(name: str) -> str:
    """A shop's name as terminals send it: capitals without accents, cut short."""
    plain = unicodedata.normalize("NFKD", name.replace("’", "'")).encode("ascii", "ignore").decode()
    return plain.upper()[:DESCRIPTOR_MAX].rstrip()


def _sandbox(happening: Happening) -> dict[str, Any]:
    card, at = happening.card, happening.occurred_at
    message: dict[str, Any] = {
        "id": f"evt_{happening.fact}",
        "type": _SANDBOX_TYPES[happening.deed],
        "created_at": at,
        "card": {"token": card.token, "last_four": card.last_four, "scheme": card.scheme},
    }
    if happening.deed is Deed.LINK:
        message["card"]["metadata"] = {"shopper": card.shopper}
        return message
    assert happening.shop is not None
    refund = happening.deed is Deed.REFUND
    message |= {
        "purchase": happening.fact if refund else happening.purchase,
        "fact": happening.fact,
        "amount_minor": happening.amount_minor,
        "currency": CURRENCY,
        "occurred_at": at,
        "merchant": {
            "mid": happening.shop.called_by(card.network),
            "descriptor": descriptor(happening.shop.name),
            "mcc": happening.shop.category,
            "country": "FR",
        },
    }
    if refund and happening.names_purchase:
        message["refund_of"] = happening.purchase
    if happening.deed in (Deed.CLEAR, Deed.REVERSE):
        message["purchase_at"] = happening.purchased_at
    if happening.deed is Deed.CLEAR:
        message["final"] = True
    return message


def _fidel(happening: Happening) -> dict[str, Any]:
    if happening.deed is Deed.LINK:
        return _fidel_card(happening)
    assert happening.shop is not None
    assert happening.purchased_at is not None
    card, shop, refund = happening.card, happening.shop, happening.deed is Deed.REFUND
    amount = Decimal(happening.amount_minor).scaleb(-2)
    # The purchase's own time stays in `datetime` and `created`; a refund is a transaction with times of its own.
    made_at = happening.occurred_at if refund else happening.purchased_at
    message: dict[str, Any] = {
        "id": happening.fact if refund else happening.purchase,
        "accountId": str(uuid5(UUID(int=0), "account")),
        "programId": str(uuid5(UUID(int=0), "programme")),
        "datetime": made_at.astimezone(shop.zone).replace(tzinfo=None).isoformat(timespec="seconds"),
        "created": _zulu(made_at),
        "updated": _zulu(happening.occurred_at),
        "offer": None,
        "auth": not refund,
        "cardPresent": True,
        "cleared": happening.deed is not Deed.AUTHORIZE,
        "amount": -amount if refund else amount,
        "currency": CURRENCY,
        "wallet": None,
        "card": _fidel_card_within(card),
        "brand": {"id": str(uuid5(UUID(int=0), shop.code)), "name": shop.name, "logoURL": None, "metadata": None},
        "location": _fidel_location(shop),
        "identifiers": {"MID": None, "visaAuthCode": None, "mastercardAuthCode": None, "amexApprovalCode": None},
    }
    if refund and happening.names_purchase:
        message["originalTransactionId"] = happening.purchase
    return message


def _fidel_card(happening: Happening) -> dict[str, Any]:
    card, at = happening.card, _zulu(happening.occurred_at)
    return {
        "id": card.token,
        "accountId": str(uuid5(UUID(int=0), "account")),
        "programId": str(uuid5(UUID(int=0), "programme")),
        "countryCode": "FRA",
        "created": at,
        "updated": at,
        "lastNumbers": card.last_four,
        "live": False,
        "scheme": card.scheme,
        "type": card.scheme,
        "metadata": {"shopper": card.shopper},
    }


def _fidel_card_within(card: Card) -> dict[str, Any]:
    return {"id": card.token, "lastNumbers": card.last_four, "scheme": card.scheme, "metadata": None}


def _fidel_location(shop: Shop) -> dict[str, Any]:
    return {
        "id": shop.called_by("fidel"),
        "address": None,
        "city": None,
        "postcode": None,
        "countryCode": "FRA",
        "timezone": shop.zone.key,
        "geolocation": None,
        "metadata": None,
    }


def _zulu(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
