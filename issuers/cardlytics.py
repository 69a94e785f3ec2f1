"""Cardlytics: what its publisher webhooks say of redeemed offers, verified by a token over the body's MD5.

Format: docs.cardlytics.com and platform.cardlytics.com (ads v2: rtm, notifications-webhook, objects and enumerations;
poweredby: authentication), read in 2026 and in a third-party copy of them. What a reader must know:

* `authorization: Bearer <JWT>`, HS256, `sub` is the hex MD5 of the body and `exp` lies at most 60 minutes ahead.
  Nothing else is signed. MD5 is broken for whoever may choose both bodies; only the sender may.
* A real-time message is about redemptions, not purchases. `REDEMPTION_CONFIRMED` is the one that tells of money: the
  transaction `transactionId` has cleared for `redeemingTransactionAmount`. `amount` is Cardlytics' own reward, which is
  not ours and is not read. Several offers redeemed by one transaction state one clearing.
* `REDEMPTION_PENDING` and `REDEMPTION_ACCUMULATING_PENDING` may follow an authorization or a clearing, and do not say
  which; a transaction may get another id when it clears. They are kept as OTHER, so that nothing counts twice.
* **No message names a currency.** Cardlytics works in USD and GBP. The operator says which by registering the address
  with it as the last segment, `.../USD` or `.../GBP`; without, there is no amount that could count and a
  confirmation is kept as OTHER too.
* `redemptionDate` is when the redemption was processed, a day or an instant. The time of the purchase is not told.
* No message names a shop. The offer that Cardlytics matched, `adId`, is all there is: identifier scheme `ad`.
* A transaction id of "0" stands for a redemption that was forced by hand, without a transaction.
* The other webhook, of notifications (`transactionIdentifier`, `transactionType`), tells neither amount nor time, so it
  states no fact.
"""

import hashlib
import hmac
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from issuers import hs256, proof, reading
from issuers.adapter import Delivery
from issuers.currencies import minor_units
from issuers.errors import SignatureRefused, TimestampExpired, Unreadable
from issuers.events import (
    Acknowledgement,
    Capabilities,
    CardEvent,
    Envelope,
    EventKind,
    MerchantEvidence,
    TimeBasis,
)

SCHEME = "Bearer"
LIFETIME_SECONDS = 3600
"""The longest life of a token. It may seem longer by `proof.WINDOW_SECONDS`, which two clocks may differ."""
CURRENCIES = ("USD", "GBP")
CONFIRMED = "REDEMPTION_CONFIRMED"
_REDEMPTION_EVENTS = (CONFIRMED, "REDEMPTION_PENDING", "REDEMPTION_ACCUMULATING_PENDING")
_DAY = timedelta(days=1) - proof.MICROSECOND

_CAPABILITIES = Capabilities(
    authorizations=False,
    clearings=True,
    links_refunds=False,
    precise_time=False,
    identifier_schemes=("ad",),
    pan_like_fields=(
        "eventId",
        "redemptions.redemptionId",
        "redemptions.adId",
        "redemptions.sourceCustomerId",
        "redemptions.sourceAccountId",
        "redemptions.transactionId",
        "transactionIdentifier",
        "externalAccountIdentifier",
        "sourceCustomerID",
    ),
)


class _Redemption(msgspec.Struct, rename="camel"):
    redemption_id: str | None = None
    ad_id: str | None = None
    source_account_id: str | None = None
    transaction_id: str | None = None
    redemption_date: str | None = None
    redeeming_transaction_amount: Decimal | None = None


class _Message(msgspec.Struct, rename="camel"):
    event: str
    event_id: str
    event_timestamp: str
    redemptions: list[_Redemption]


class _Head(msgspec.Struct):
    event: Any = None


_HEAD = reading.decoder(_Head)
_MESSAGE = reading.decoder(_Message)
_ANYTHING = reading.decoder(Any)
_CANONICAL = msgspec.json.Encoder(order="deterministic")

_ACKNOWLEDGEMENT = Acknowledgement(status=200)


class CardlyticsAdapter:
    """Cardlytics' dialect. See the module for what it takes for granted."""

    name = "cardlytics"
    capabilities = _CAPABILITIES

    def verify(self, delivery: Delivery, secrets: tuple[bytes, ...], now: datetime) -> None:
        """Check the token: signed with a secret, `sub` the MD5 of these bytes, `exp` neither past nor far off."""
        usable = proof.usable_secrets(secrets)
        claims = hs256.proven(hs256.presented(delivery, SCHEME), usable)
        given = (claims.sub or "").lower().encode("utf-8", "replace")
        if not hmac.compare_digest(_body_digest(delivery.body).encode(), given):
            raise SignatureRefused("the token: expected its sub to be the hex MD5 of the body")
        left_us = hs256.microseconds(claims.exp, "exp") - proof.microseconds(now)
        if left_us < 0:
            raise TimestampExpired(f"the token expired {-left_us // 1_000_000} s ago")
        if left_us > (LIFETIME_SECONDS + proof.WINDOW_SECONDS) * 1_000_000:
            raise TimestampExpired(
                f"the token expires {left_us // 1_000_000} s ahead: expected at most {LIFETIME_SECONDS} s"
            )

    def envelope(self, delivery: Delivery) -> Envelope:
        """A real-time message's own `eventId`, else a hash of event name and body.

        `notificationTimestamp`, when a message was sent, is another one in each delivery: not in the digest.
        """
        event = (delivery.event or "").encode("utf-8", "replace")
        content, event_id, card = delivery.body, None, None
        try:
            message = _ANYTHING.decode(delivery.body)
            if isinstance(message, dict):
                message.pop("notificationTimestamp", None)
                content = _CANONICAL.encode(message)
                event_id, card = message.get("eventId"), _card_token(message)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            pass
        hashed = hashlib.sha256(b"%b\n%b" % (event, content))
        kept = reading.token(event_id) if isinstance(event_id, str) else None
        return Envelope(kept or hashed.hexdigest(), hashed.digest(), card)

    def acknowledgement(self, delivery: Delivery) -> Acknowledgement:  # noqa: ARG002, the contract's
        """200 is understood and acknowledged; no body is expected."""
        return _ACKNOWLEDGEMENT

    def parse(self, delivery: Delivery) -> tuple[CardEvent, ...]:
        """One fact for each redemption of a real-time message; none for a notification and for every other event."""
        event = reading.read(_HEAD, delivery.body, "cardlytics message").event
        if event not in _REDEMPTION_EVENTS:
            return ()
        message = reading.read(_MESSAGE, delivery.body, f"cardlytics {event}")
        told_at = reading.instant(message.event_timestamp, f"cardlytics {event}: $.eventTimestamp")
        currency = _currency(delivery.event) if event == CONFIRMED else None
        facts = (_fact(message, index, told_at, currency) for index in range(len(message.redemptions)))
        return tuple(fact for fact in facts if fact is not None)

    def sign(
        self,
        body: bytes,
        *,
        secret: bytes,
        url: str,  # noqa: ARG002, the contract's
        event: str | None,  # noqa: ARG002, the contract's
        now: datetime,
    ) -> dict[str, str]:
        """The token of a delivery, good for an hour; neither URL nor event name is signed."""
        expires_at = proof.microseconds(now) // 1_000_000 + LIFETIME_SECONDS
        token = hs256.encoded({"sub": _body_digest(body), "exp": expires_at}, secret)
        return {"content-type": "application/json", hs256.AUTHORIZATION_HEADER: f"{SCHEME} {token}"}


def _body_digest(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def _currency(segment: str | None) -> str | None:
    """The currency that the operator put into the registered address, if it is one that Cardlytics works in."""
    code = (segment or "").upper()
    return code if code in CURRENCIES else None


def _card_token(message: dict[str, Any]) -> str | None:
    """The account of the first redemption that names one, else that of a notification."""
    told = message.get("redemptions")
    accounts = (
        [each.get("sourceAccountId") for each in told if isinstance(each, dict)] if isinstance(told, list) else []
    )
    for account in (*accounts, message.get("externalAccountIdentifier")):
        kept = reading.token(account) if isinstance(account, str) else None
        if kept is not None:
            return kept
    return None


def _fact(message: _Message, index: int, told_at: datetime, currency: str | None) -> CardEvent | None:
    """The clearing that a redemption proves, else what is kept of it; None where it names no account."""
    told = message.redemptions[index]
    where = f"cardlytics {message.event}: $.redemptions[{index}]"
    transaction = reading.token(told.transaction_id) if told.transaction_id != "0" else None
    redemption = reading.token(told.redemption_id) or reading.required_token(message.event_id, "cardlytics: $.eventId")
    cleared = None if currency is None or transaction is None else _cleared_minor(told, currency, where)
    if cleared is None and reading.token(told.source_account_id) is None:
        return None
    kind = EventKind.OTHER if cleared is None else EventKind.CLEARING
    happened_at, happened_until, basis = _redeemed(told.redemption_date, told_at, f"{where}.redemptionDate")
    return CardEvent(
        kind=kind,
        card_token=reading.required_token(told.source_account_id, f"{where}.sourceAccountId"),
        fact_ref=f"{kind.value}:{redemption if cleared is None else transaction}",
        revision=proof.microseconds(told_at),
        purchase_ref=transaction or redemption,
        occurred_at=happened_at,
        occurred_until=happened_until,
        time_basis=basis,
        amount_minor=cleared or 0,
        currency="XXX" if cleared is None or currency is None else currency,
        merchant=MerchantEvidence(identifiers=reading.identifiers(("ad", told.ad_id))),
    )


def _cleared_minor(told: _Redemption, currency: str, where: str) -> int | None:
    """What the transaction cleared for. None where that is not above zero: no meaning of it is documented."""
    if told.redeeming_transaction_amount is None:
        raise Unreadable(f"{where}.redeemingTransactionAmount: expected an amount in major units, got none")
    minor = minor_units(told.redeeming_transaction_amount, currency)
    return minor if minor > 0 else None


def _redeemed(text: str | None, told_at: datetime, where: str) -> tuple[datetime, datetime, TimeBasis]:
    """When a redemption was processed: an instant, a whole day in UTC, or the event's own time where it is left out."""
    if not text:
        return told_at, told_at, TimeBasis.INSTANT
    if ":" in text:
        return reading.merchant_time(text, None, where)
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Unreadable(f"{where}: expected an ISO 8601 date, got {text[:40]!r}") from error
    begins_at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return begins_at, begins_at + _DAY, TimeBasis.DATE
