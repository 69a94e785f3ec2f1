"""The issuers: Lithic's whole object at every change, Stripe's authorizations and transactions. Precise instants.

Lithic tells what was paid in the shop's currency beside what the account is charged; Stripe's adapter reads what is
charged. Of a force post both know only when it was collected.
"""

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from cashback.simulator.chaos.people import CURRENCY, TOWN, Shop, Shopper, an_id
from cashback.simulator.chaos.rates import Disturbance
from cashback.simulator.chaos.telling import Sent, encoded, seconds, zulu
from cashback.simulator.chaos.truth import Purchase, Refund
from cashback.simulator.dialects import descriptor

EXPIRES_AFTER = timedelta(days=8)
_SCALE = 10**14


class Issuer:
    """The bank that issued the card speaks the dialect of its processor."""

    def tell(self, rng: random.Random, purchase: Purchase) -> Iterator[Sent]:
        """Every change within seconds."""
        if Disturbance.ISSUER_SILENT in purchase.disturbances:
            return
        yield from _lithic(rng, purchase) if purchase.shopper.issuer == "lithic" else _stripe(rng, purchase)


def new_cards(rng: random.Random, people: Iterable[Shopper]) -> Iterator[Sent]:
    """What Stripe tells of the cards that it gives in the place of others; Lithic's are linked by command."""
    for each in people:
        for old, card in zip(each.cards, each.cards[1:], strict=False):
            if each.issuer == "stripe":
                body = {
                    "id": card.issuer_token,
                    "object": "issuing.card",
                    "created": int(card.since.timestamp()),
                    "last4": card.last_four,
                    "brand": "Visa",
                    "replacement_for": old.issuer_token,
                    "replacement_reason": "lost",
                }
                yield _stripe_event(rng, (), "issuing_card.created", body, card.since)


def _lithic(rng: random.Random, purchase: Purchase) -> Iterator[Sent]:
    token = an_id(rng)
    purchase.views.append(("lithic", token))
    # The issuer's clock is a little behind the terminal's.
    lag = seconds(rng, 0, 3)
    steps = [("AUTHORIZATION", at + lag, amount) for at, amount in purchase.authorised]
    steps += [("CLEARING", at, amount) for at, amount in purchase.settled]
    if not purchase.settled:
        steps.append(("AUTHORIZATION_EXPIRY", purchase.at + EXPIRES_AFTER, purchase.authorised_minor))
    elsewhere: list[Refund] = []
    for refund in purchase.refunds:
        if refund.untold_by == "issuer":
            continue
        if refund.linked:
            steps.append(("RETURN", refund.at, refund.amount_minor))
        else:
            elsewhere.append(refund)
    told_refunds = [each for each in purchase.refunds if each.untold_by != "issuer" and each.linked]
    events: list[dict[str, Any]] = []
    for kind, at, amount in sorted(steps, key=lambda each: each[1]):
        event = _event(rng, purchase, kind, at, amount)
        events.append(event)
        if kind == "RETURN":
            told_refunds.pop(0).views.append(("lithic", event["token"]))
        yield _object(rng, purchase, token, events, at)
    for refund in elsewhere:
        event = _event(rng, purchase, "RETURN", refund.at, refund.amount_minor)
        refund.views.append(("lithic", event["token"]))
        yield _object(rng, purchase, an_id(rng), [event], refund.at)


def _event(rng: random.Random, purchase: Purchase, kind: str, at: datetime, amount_minor: int) -> dict[str, Any]:
    charged = {"amount": purchase.shopper.billed(amount_minor), "currency": purchase.shopper.billed_in}
    return {
        "token": an_id(rng),
        "type": kind,
        "result": "APPROVED",
        "created": zulu(at),
        "amounts": {"cardholder": charged, "merchant": {"amount": amount_minor, "currency": CURRENCY}},
    }


def _object(rng: random.Random, purchase: Purchase, token: str, events: list[dict[str, Any]], at: datetime) -> Sent:
    first, last = events[0], events[-1]
    status = {"AUTHORIZATION": "PENDING", "AUTHORIZATION_EXPIRY": "EXPIRED"}.get(last["type"], "SETTLED")
    shop = purchase.shop
    body = {
        "event_type": "card_transaction.updated",
        "token": token,
        "card_token": purchase.shopper.card_at(at).issuer_token,
        "created": first["created"],
        "updated": zulu(at),
        "status": status,
        "network": "VISA",
        "merchant": {
            "acceptor_id": shop.mid_at(purchase.at),
            "city": TOWN,
            "country": "FRA",
            "descriptor": descriptor(shop.name),
            "mcc": shop.category,
        },
        "pos": {
            "entry_mode": {"card": "PRESENT", "cardholder": "PRESENT", "pan": "CONTACTLESS"},
            "terminal": {"acceptor_terminal_id": None},
        },
        "token_info": {"wallet_type": "APPLE_PAY"} if purchase.by_device else None,
        "events": events,
    }
    return Sent(at + seconds(rng, 0, 5), "lithic", None, encoded(body), (purchase,))


def _stripe(rng: random.Random, purchase: Purchase) -> Iterator[Sent]:
    authorization = f"iauth_{_token(rng)}" if purchase.authorised else None
    captures: list[dict[str, Any]] = []
    held = 0
    for number, (at, amount) in enumerate(purchase.authorised):
        held += amount
        kind = "issuing_authorization.updated" if number else "issuing_authorization.created"
        body = _authorization(purchase, authorization, held, "pending", captures)
        yield _stripe_event(rng, (purchase,), kind, body, at)
    for at, amount in purchase.settled:
        capture = _transaction(rng, purchase, "capture", amount, authorization, at)
        captures.append(capture)
        yield _stripe_event(rng, (purchase,), "issuing_transaction.created", capture, at)
    purchase.views.append(("stripe", authorization or captures[0]["id"]))
    if authorization is not None:
        status = "closed" if captures else "expired"
        at = purchase.settled[-1][0] if captures else purchase.at + EXPIRES_AFTER
        body = _authorization(purchase, authorization, held, status, captures)
        yield _stripe_event(rng, (purchase,), "issuing_authorization.updated", body, at + timedelta(seconds=1))
    for refund in purchase.refunds:
        if refund.untold_by == "issuer":
            continue
        of = authorization if refund.linked else None
        body = _transaction(rng, purchase, "refund", refund.amount_minor, of, refund.at)
        refund.views.append(("stripe", body["id"]))
        yield _stripe_event(rng, (purchase,), "issuing_transaction.created", body, refund.at)


def _stripe_event(rng: random.Random, of: tuple[Purchase, ...], kind: str, body: dict[str, Any], at: datetime) -> Sent:
    event = {
        "id": f"evt_{_token(rng)}",
        "object": "event",
        "created": int(at.timestamp()),
        "livemode": False,
        "type": kind,
        "data": {"object": body},
    }
    return Sent(at + seconds(rng, 1, 10), "stripe", None, encoded(event), of)


def _authorization(
    purchase: Purchase, authorization: str | None, held_minor: int, status: str, captures: list[dict[str, Any]]
) -> dict[str, Any]:
    shopper = purchase.shopper
    return {
        "id": authorization,
        "object": "issuing.authorization",
        "amount": shopper.billed(held_minor),
        "currency": shopper.billed_in.lower(),
        "merchant_amount": held_minor,
        "merchant_currency": CURRENCY.lower(),
        "created": int(purchase.at.timestamp()),
        "approved": True,
        "authorization_method": "contactless",
        "status": status,
        "card": {"id": shopper.card_at(purchase.at).issuer_token, "last4": shopper.card_at(purchase.at).last_four},
        "merchant_data": _merchant(purchase.shop, purchase.at),
        "transactions": captures,
    }


def _transaction(
    rng: random.Random, purchase: Purchase, kind: str, amount_minor: int, authorization: str | None, at: datetime
) -> dict[str, Any]:
    sign = -1 if kind == "capture" else 1
    return {
        "id": f"ipi_{_token(rng)}",
        "object": "issuing.transaction",
        "amount": sign * purchase.shopper.billed(amount_minor),
        "currency": purchase.shopper.billed_in.lower(),
        "merchant_amount": sign * amount_minor,
        "merchant_currency": CURRENCY.lower(),
        "created": int(at.timestamp()),
        "type": kind,
        "card": purchase.shopper.card_at(at).issuer_token,
        "authorization": authorization,
        "merchant_data": _merchant(purchase.shop, purchase.at),
    }


def _merchant(shop: Shop, at: datetime) -> dict[str, Any]:
    return {
        "category_code": shop.category,
        "city": TOWN,
        "country": "FR",
        "name": descriptor(shop.name),
        "network_id": shop.mid_at(at),
    }


def _token(rng: random.Random) -> str:
    return f"{rng.randrange(_SCALE, 10 * _SCALE):015d}"
