"""Marqeta, an issuer processor: batches of transaction messages in, `CardEvent`s out.

Format: marqeta.com/docs (event types, transactions, signature verification) and two public sandbox messages of 2019.
What a reader must know:

* Notifications come in an envelope, `{"transactions": [...]}` or `{"cardtransitions": [...]}`, at most ten at a time
  and perhaps about several cards. Every message is a transaction of its own and names the one before it.
* `preceding_related_transaction_token` of a clearing, a reversal, an incremental authorization and an advice is the
  token of the authorization: that token names the purchase. A clearing without one is a force post, its own purchase.
* An incremental authorization adds to the hold. An advice replaces it: it restates the fact of the authorization it
  names. A reversal tells the amount given back, an expiry too.
* `pindebit` is purchase and clearing in one message, and its reversal gives money back that was collected: a refund.
* `refund.authorization` announces a refund, and the clearing that follows names the announcement, not the purchase.
* Cash from a machine, money transfers and disputes are no purchases and no refunds of a shop.
* `amount` is in major units of `currency_code`, the currency of the card. `user_transaction_time` is when the shopper
  paid, `created_time` when this message was made; both are UTC.
* A success has a state other than DECLINED and ERROR and, if it answers somebody, one of three response codes.
"""

import hashlib
import hmac
from base64 import b64encode
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from issuers import proof, reading
from issuers.adapter import Delivery
from issuers.countries import alpha_2
from issuers.currencies import currency_code, minor_units
from issuers.errors import SignatureRefused, Unreadable
from issuers.events import (
    Acknowledgement,
    Capabilities,
    CardEvent,
    Channel,
    Envelope,
    EventKind,
    MerchantEvidence,
    TimeBasis,
)

SIGNATURE_HEADER = "x-marqeta-signature"
AUTHORIZATION_HEADER = "authorization"
_SHA1_HEX = 40

_KINDS = {
    "authorization": EventKind.AUTHORIZATION,
    "authorization.advice": EventKind.AUTHORIZATION,
    "authorization.cashback": EventKind.AUTHORIZATION,
    "authorization.incremental": EventKind.AUTHORIZATION,
    "authorization.standin": EventKind.AUTHORIZATION,
    "pindebit.authorization": EventKind.AUTHORIZATION,
    "authorization.reversal": EventKind.REVERSAL,
    "authorization.reversal.issuerexpiration": EventKind.REVERSAL,
    "pindebit.authorization.reversal": EventKind.REVERSAL,
    "pindebit.authorization.reversal.issuerexpiration": EventKind.REVERSAL,
    "authorization.clearing": EventKind.CLEARING,
    "authorization.clearing.cashback": EventKind.CLEARING,
    "pindebit": EventKind.CLEARING,
    "pindebit.cashback": EventKind.CLEARING,
    "pindebit.authorization.clearing": EventKind.CLEARING,
    "refund": EventKind.REFUND,
    "refund.authorization.clearing": EventKind.REFUND,
    "pindebit.refund": EventKind.REFUND,
    "pindebit.reversal": EventKind.REFUND,
}
_SINGLE_MESSAGES = frozenset({"pindebit", "pindebit.cashback"})
_BEGINNINGS = _SINGLE_MESSAGES | {"authorization", "authorization.cashback", "pindebit.authorization"}
"""Types that begin a purchase, whatever transaction they name."""
_FAILED_STATES = frozenset({"DECLINED", "ERROR"})
_SUCCESS_CODES = frozenset({"0000", "0002", "1830"})

_IDENTIFIERS = (
    "token",
    "identifier",
    "user_token",
    "acting_user_token",
    "card_token",
    "card_product_token",
    "business_token",
    "preceding_related_transaction_token",
    "original_transaction_token",
    "incremental_authorization_transaction_tokens",
    "acquirer",
    "acquirer_reference_data",
    "acquirer_reference_id",
    "network_reference_id",
    "network_transaction_lifecycle_id",
    "card_acceptor.mid",
    "card_acceptor.network_mid",
    "pos.terminal_id",
)
_CAPABILITIES = Capabilities(
    authorizations=True,
    clearings=True,
    links_refunds=False,
    precise_time=True,
    identifier_schemes=("terminal", "mid", "network_mid"),
    pan_like_fields=(
        *(f"transactions.{field}" for field in _IDENTIFIERS),
        *(f"cardtransitions.{field}" for field in ("token", "card_token", "user_token", "card_product_token")),
    ),
)


class _Response(msgspec.Struct):
    code: str | None = None


class _Card(msgspec.Struct):
    last_four: str | None = None
    metadata: Any = None


class _Acceptor(msgspec.Struct):
    mid: str | None = None
    network_mid: str | None = None
    mcc: str | None = None
    name: str | None = None
    city: str | None = None
    country: str | None = None
    country_code: str | None = None


class _Pos(msgspec.Struct):
    terminal_id: str | None = None
    card_presence: bool | None = None
    card_holder_presence: bool | None = None


class _TransactionMetadata(msgspec.Struct):
    payment_channel: str | None = None


class _Message(msgspec.Struct):
    """The fields of a transaction that this dialect reads."""

    type: str
    token: str
    state: str | None = None
    card_token: str | None = None
    amount: Decimal | None = None
    currency_code: str | None = None
    created_time: str | None = None
    user_transaction_time: str | None = None
    preceding_related_transaction_token: str | None = None
    original_transaction_token: str | None = None
    is_final_clearing: bool | None = None
    multi_clearing_sequence_number: int | str | None = None
    multi_clearing_sequence_count: int | str | None = None
    response: _Response | None = None
    network: str | None = None
    card: _Card | None = None
    card_acceptor: _Acceptor | None = None
    pos: _Pos | None = None
    transaction_metadata: _TransactionMetadata | None = None


class _Transition(msgspec.Struct):
    """A card's change of state."""

    token: str | None = None
    state: str | None = None
    card_token: str | None = None
    created_time: str | None = None


class _Batch(msgspec.Struct):
    transactions: list[_Message] | None = None
    cardtransitions: list[_Transition] | None = None


class _OfCard(msgspec.Struct):
    card_token: str | None = None


class _Lane(msgspec.Struct):
    transactions: list[_OfCard] | None = None
    cardtransitions: list[_OfCard] | None = None


_BATCH = reading.decoder(_Batch)
_LANE = reading.decoder(_Lane)

_ACKNOWLEDGEMENT = Acknowledgement(status=200)


class MarqetaAdapter:
    """Marqeta's dialect. A secret of a connection is `<user>:<password> <signing secret>`, as set at the webhook."""

    name = "marqeta"
    capabilities = _CAPABILITIES

    def verify(self, delivery: Delivery, secrets: tuple[bytes, ...], now: datetime) -> None:  # noqa: ARG002
        """Check the Basic credentials and `x-marqeta-signature` (hex HMAC-SHA256 or -SHA1) over the raw body.

        Both must belong to one secret. Marqeta signs no time, so `now` decides nothing.
        """
        usable = [parts for parts in map(_parts, proof.usable_secrets(secrets)) if parts is not None]
        given = proof.header(delivery, SIGNATURE_HEADER).encode("utf-8", "replace")
        basic = _credentials(proof.header(delivery, AUTHORIZATION_HEADER))
        sign = _sha1 if len(given) == _SHA1_HEX else _sha256
        for credentials, key in usable:
            signed = hmac.compare_digest(sign(delivery.body, key), given)
            known = hmac.compare_digest(b64encode(credentials), basic)
            if signed and known:
                return
        raise SignatureRefused(
            f"headers {AUTHORIZATION_HEADER} and {SIGNATURE_HEADER}: expected Basic credentials and the hex HMAC of "
            "the body, both of one secret of this connection, <user>:<password> <signing secret>"
        )

    def envelope(self, delivery: Delivery) -> Envelope:
        """A batch has no id of its own: the id is a hash of the body. Its lane is that of the first card named."""
        digest = hashlib.sha256(delivery.body)
        return Envelope(digest.hexdigest(), digest.digest(), _card_token(delivery.body))

    def acknowledgement(self, delivery: Delivery) -> Acknowledgement:  # noqa: ARG002, the contract's
        """Any 2xx ends Marqeta's retries."""
        return _ACKNOWLEDGEMENT

    def parse(self, delivery: Delivery) -> tuple[CardEvent, ...]:
        """The facts of all messages of a batch, or `Unreadable` for all; none for envelopes of other kinds."""
        batch = reading.read(_BATCH, delivery.body, "marqeta batch")
        facts = [_transaction(message, f"$.transactions[{at}]") for at, message in enumerate(batch.transactions or ())]
        cards = [
            _transition(change, f"$.cardtransitions[{at}]") for at, change in enumerate(batch.cardtransitions or ())
        ]
        return tuple(event for event in (*facts, *cards) if event is not None)

    def sign(
        self,
        body: bytes,
        *,
        secret: bytes,
        url: str,  # noqa: ARG002, the contract's
        event: str | None,  # noqa: ARG002, the contract's
        now: datetime,  # noqa: ARG002, the contract's
    ) -> dict[str, str]:
        """The two headers of a delivery, with HMAC-SHA256; `ValueError` when the secret lacks one of its parts."""
        parts = _parts(secret)
        if parts is None:
            raise ValueError("secret: expected <user>:<password> <signing secret>, none of them empty")
        credentials, key = parts
        return {
            "content-type": "application/json",
            AUTHORIZATION_HEADER: "Basic " + b64encode(credentials).decode(),
            SIGNATURE_HEADER: _sha256(body, key).decode(),
        }


def _parts(secret: bytes) -> tuple[bytes, bytes] | None:
    """Credentials and signing secret; None, and so nothing proven, when one of the three is missing."""
    credentials, _, key = secret.rpartition(b" ")
    user, _, password = credentials.partition(b":")
    return (credentials, key) if user.strip() and password.strip() and key.strip() else None


def _credentials(header: str) -> bytes:
    scheme, _, encoded = header.partition(" ")
    return encoded.strip().encode("utf-8", "replace") if scheme.lower() == "basic" else b""


def _sha256(body: bytes, key: bytes) -> bytes:
    return proof.hmac_key(key).digest(body).hex().encode()


def _sha1(body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, body, "sha1").hex().encode()


def _card_token(body: bytes) -> str | None:
    try:
        lane = _LANE.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None
    named = (*(lane.transactions or ()), *(lane.cardtransitions or ()))
    return next((each.card_token for each in named if reading.token(each.card_token)), None)


def _transaction(message: _Message, where: str) -> CardEvent | None:
    kind = _kind(message)
    if kind is EventKind.OTHER:
        return _of_card(EventKind.OTHER, message, where)
    where = f"marqeta {message.type}: {where}"
    if message.amount is None or message.currency_code is None:
        raise Unreadable(f"{where}: expected amount and currency_code, one of them is missing")
    currency = currency_code(message.currency_code)
    minor = minor_units(message.amount, currency)
    if minor < 0:
        raise Unreadable(f"{where}.amount: expected zero or more, as the type gives the sign, got {message.amount}")
    token = reading.required_token(message.token, f"{where}.token")
    before = _before(message)
    told_at = reading.instant(message.created_time, f"{where}.created_time")
    paid_at = reading.instant(message.user_transaction_time or message.created_time, f"{where}.user_transaction_time")
    restates = kind is EventKind.AUTHORIZATION and message.type == "authorization.advice" and before is not None
    refund = kind is EventKind.REFUND
    happened_at = paid_at if kind in (EventKind.AUTHORIZATION, EventKind.DECLINE) else told_at
    card = message.card or _Card()
    return CardEvent(
        kind=kind,
        card_token=reading.required_token(message.card_token, f"{where}.card_token"),
        fact_ref=f"{kind.value}:{before if restates else token}",
        # What corrects comes after what it corrects, within one second of a clock of whole seconds too.
        revision=proof.microseconds(told_at) + (1 if restates else 0),
        purchase_ref=token if refund else before or token,
        occurred_at=happened_at,
        occurred_until=happened_at,
        time_basis=TimeBasis.INSTANT,
        purchase_at=None if refund else paid_at,
        amount_minor=minor,
        currency=currency,
        final=kind is EventKind.CLEARING and _is_final(message),
        refund_of=before if refund else None,
        merchant=_merchant(message),
        last_four=card.last_four,
        card_scheme=message.network.lower() if message.network else None,
        metadata=reading.string_values(card.metadata),
    )


def _kind(message: _Message) -> EventKind:
    kind = _KINDS.get(message.type, EventKind.OTHER)
    answered = kind is EventKind.AUTHORIZATION or message.type in _SINGLE_MESSAGES
    code = message.response.code if message.response else None
    if message.state in _FAILED_STATES or (answered and code and code not in _SUCCESS_CODES):
        return EventKind.DECLINE if answered else EventKind.OTHER
    return kind


def _before(message: _Message) -> str | None:
    """The authorization that a message follows, or the purchase that a refund names."""
    if message.type in _BEGINNINGS:
        return None
    original = reading.token(message.original_transaction_token)
    # The clearing of a refund follows the refund's own authorization, which is not the purchase.
    if message.type == "refund.authorization.clearing":
        return original
    return original or reading.token(message.preceding_related_transaction_token)


def _is_final(message: _Message) -> bool:
    if message.type in _SINGLE_MESSAGES:
        return True
    if message.is_final_clearing is not None:
        return message.is_final_clearing
    count, number = message.multi_clearing_sequence_count, message.multi_clearing_sequence_number
    return count is not None and str(count) == str(number)


def _merchant(message: _Message) -> MerchantEvidence:
    told = message.card_acceptor or _Acceptor()
    pos = message.pos or _Pos()
    # A merchant that is not known makes no terminal known.
    terminal = f"{told.mid}/{pos.terminal_id}" if told.mid not in (None, "", "0") and pos.terminal_id else None
    return MerchantEvidence(
        identifiers=reading.identifiers(("terminal", terminal), ("mid", told.mid), ("network_mid", told.network_mid)),
        descriptor=told.name,
        category_code=told.mcc,
        city=told.city,
        country=alpha_2(told.country or told.country_code),
        channel=_channel(pos, message.transaction_metadata),
    )


def _channel(pos: _Pos, metadata: _TransactionMetadata | None) -> Channel | None:
    """In store where card and cardholder were both there; online where it says so and the card was not there."""
    if pos.card_presence and pos.card_holder_presence:
        return Channel.IN_STORE
    if metadata and metadata.payment_channel == "ECOMMERCE" and not pos.card_presence:
        return Channel.ONLINE
    return None


def _transition(change: _Transition, where: str) -> CardEvent | None:
    """A terminated card is gone for good. Any other state may come back, so it is only kept."""
    kind = EventKind.CARD_UNLINKED if change.state == "TERMINATED" else EventKind.OTHER
    return _of_card(kind, change, where)


def _of_card(kind: EventKind, told: _Message | _Transition, where: str) -> CardEvent | None:
    """What moves no money of a purchase; nothing where it concerns no card."""
    card, token = reading.token(told.card_token), reading.token(told.token)
    if not card or not token or told.created_time is None:
        return None
    told_at = reading.instant(told.created_time, f"marqeta message: {where}.created_time")
    return CardEvent(
        kind=kind,
        card_token=card,
        fact_ref=f"{kind.value}:{token}",
        revision=proof.microseconds(told_at),
        purchase_ref=card if kind is EventKind.CARD_UNLINKED else token,
        occurred_at=told_at,
        occurred_until=told_at,
        time_basis=TimeBasis.INSTANT,
    )
