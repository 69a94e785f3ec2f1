"""The card network, in Fidel's dialect: the terminal's own clock in local minutes, the shop by location and MID.

Fidel documents one clearing for a purchase. Of a purchase that is collected in parts it is taken to tell the sum so far
at every part, under the purchase's id. It links a refund only where the whole amount is given back.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from cashback.simulator.chaos.people import CURRENCY, TOWN, ZONE, an_id
from cashback.simulator.chaos.rates import Disturbance
from cashback.simulator.chaos.telling import Sent, encoded, major, seconds, zulu
from cashback.simulator.chaos.truth import Purchase, Refund

NETWORK = "fidel"
RUNS_AT = 12
"""Hour of the day in UTC at which clearings are told."""
_ACCOUNT = "00000000-0000-4000-8000-00000000c4a0"
_PROGRAMME = "00000000-0000-4000-8000-00000000c4a1"


class CardNetwork:
    """Sees what is not routed over CB."""

    def tell(self, rng: random.Random, purchase: Purchase) -> Iterator[Sent]:
        """Authorizations within two minutes, clearings with the run of the day, refunds twice."""
        if Disturbance.CB_ROUTED in purchase.disturbances:
            return
        ref = an_id(rng)
        purchase.views.append((NETWORK, ref))
        total = 0
        for at, amount in purchase.authorised:
            total += amount
            body = _transaction(purchase, ref, total, stated_at=at)
            yield _sent(purchase, at + seconds(rng, 1, 120), "transaction.auth", body)
        total = 0
        for at, amount in purchase.settled:
            total += amount
            body = _transaction(purchase, ref, total, stated_at=at, cleared=True)
            yield _sent(purchase, _next_run(at) + seconds(rng, 0, 900), "transaction.clearing", body)
        for refund in purchase.refunds:
            if refund.untold_by != "network":
                yield from _refund(rng, purchase, ref, refund)


def _refund(rng: random.Random, purchase: Purchase, of: str, refund: Refund) -> Iterator[Sent]:
    ref = an_id(rng)
    refund.views.append((NETWORK, ref))
    body = _transaction(purchase, ref, -refund.amount_minor, stated_at=refund.at, cleared=True, made_at=refund.at)
    if refund.linked and refund.full:
        body["originalTransactionId"] = of
    told_at = _next_run(refund.at) + seconds(rng, 0, 900)
    for event in ("transaction.clearing", "transaction.refund"):
        yield _sent(purchase, told_at, event, body)


def _sent(purchase: Purchase, at: datetime, event: str, body: dict[str, Any]) -> Sent:
    return Sent(at, NETWORK, event, encoded(body), (purchase,))


def _next_run(at: datetime) -> datetime:
    run = at.astimezone(UTC).replace(hour=RUNS_AT, minute=0, second=0, microsecond=0)
    return run if run > at else run + timedelta(days=1)


def _transaction(
    purchase: Purchase,
    ref: str,
    amount_minor: int,
    *,
    stated_at: datetime,
    cleared: bool = False,
    made_at: datetime | None = None,
) -> dict[str, Any]:
    shop, shopper = purchase.shop, purchase.shopper
    at = made_at or purchase.at
    mid = shop.mid_at(at)
    known = mid == shop.mid
    if cleared and Disturbance.CLEARING_MID in purchase.disturbances:
        mid = mid.zfill(15) if len(mid) < 15 else mid.lstrip("0")
    card = shopper.card_at(stated_at)
    last_four = shopper.device_last_four if purchase.by_device else card.last_four
    local = (at + shop.terminal_skew).astimezone(ZONE).replace(tzinfo=None, second=0)
    return {
        "id": ref,
        "accountId": _ACCOUNT,
        "programId": _PROGRAMME,
        "datetime": local.isoformat(timespec="seconds"),
        "created": zulu(stated_at if cleared and not purchase.authorised else at),
        "updated": zulu(stated_at),
        "offer": None,
        "auth": made_at is None,
        "cardPresent": True,
        "cleared": cleared,
        "amount": major(amount_minor),
        "currency": CURRENCY,
        "wallet": None,
        "card": {"id": card.network_token, "lastNumbers": last_four, "scheme": "visa", "metadata": None},
        "brand": {"id": shop.location, "name": shop.name, "logoURL": None, "metadata": None},
        "merchantCategoryCode": shop.category,
        "location": {
            # Of a contract it was not told of, the network knows no location.
            "id": shop.location if known else None,
            "address": None,
            "city": TOWN,
            "postcode": None,
            "countryCode": "FRA",
            "timezone": ZONE.key,
            "geolocation": None,
            "metadata": None,
        },
        "identifiers": {"MID": mid, "visaAuthCode": None, "mastercardAuthCode": None, "amexApprovalCode": None},
    }
