"""Kard: rewards on the transactions that the issuer itself sends there. What Kard tells back, as `CardEvent`.

Format: a third-party copy of the vendor's API of 2024-10-01 (github.com/api-evangelist/kard), the signature and the
pattern of many settlements from the vendor's github.com/kard-financial/kard-postman. What a reader must know:

* Kard knows users, not cards: the card token is the issuer's own id of the user, and all its cards share it.
* Only transactions that matched one of Kard's offers are told. A rejected one was not refused by the bank: it earns
  nothing at Kard. It is kept as OTHER, for nothing says whether it was approved or settled.
* One authorization may have many settlements, all under one `transactionId` and one time, so each settlement is named
  by its notification. The older webhook has no such id: there transaction, time and amount name it.
* A clawback has no amount and no time. It takes back Kard's reward, not the purchase, and states nothing here.
* Amounts are cents without a currency: the currency is a setting of the adapter.
* `purchaseChannel` lists the channels of the offer, not that of the purchase.
* The signature covers the raw body and nothing else: no URL, no time. An old message verifies for ever; only its id
  keeps it from counting twice.
"""

import hashlib
import hmac
from binascii import b2a_base64
from datetime import datetime

import msgspec

from issuers import proof, reading
from issuers.adapter import Delivery
from issuers.currencies import bounded_minor, currency_code, exponent
from issuers.errors import SignatureRefused, Unreadable
from issuers.events import Acknowledgement, Capabilities, CardEvent, Envelope, EventKind, MerchantEvidence

SIGNATURE_HEADER = "notify-signature"

_REWARDS = {
    "earnedRewardApproved": EventKind.AUTHORIZATION,
    "earnedRewardSettled": EventKind.CLEARING,
    "earnedRewardRejected": EventKind.OTHER,
    # With commissions and an amount, but silent about approved or settled, and told beside the two above.
    "validTransaction": EventKind.OTHER,
}
_LEGACY_STATUSES = {"APPROVED": EventKind.AUTHORIZATION, "SETTLED": EventKind.CLEARING}
_NAMED_BY_A_PLACEMENT = frozenset(("pushNotificationPlacementFile", "emailNotificationPlacementFile"))
"""Their `data.id` is that of the placement, the same every week."""

_CAPABILITIES = Capabilities(
    authorizations=True,
    clearings=True,
    links_refunds=False,
    precise_time=True,
    identifier_schemes=("kard_offer", "kard_merchant"),
    pan_like_fields=(
        "data.id",
        "data.attributes.transactionId",
        "data.attributes.cardProductId",
        "data.relationships.user.data.id",
        "data.relationships.offer.data.id",
        "data.relationships.transaction.data.id",
        "data.relationships.audit.data.id",
        "meta.issuerId",
        "user.referringPartnerUserId",
        "reward.merchantId",
        "transaction.issuerTransactionId",
    ),
)


class _Resource(msgspec.Struct):
    id: str | None = None


class _Relationship(msgspec.Struct):
    data: _Resource | None = None


class _Relationships(msgspec.Struct):
    user: _Relationship | None = None
    offer: _Relationship | None = None
    transaction: _Relationship | None = None


class _Attributes(msgspec.Struct, rename="camel"):
    name: str | None = None
    transaction_id: str | None = None
    transaction_timestamp: str | None = None
    transaction_amount_in_cents: int | None = None


class _Notification(msgspec.Struct):
    id: str | None = None
    attributes: _Attributes | None = None
    relationships: _Relationships | None = None


class _Message(msgspec.Struct):
    data: _Notification


class _LegacyUser(msgspec.Struct, rename="camel"):
    referring_partner_user_id: str | None = None


class _LegacyCard(msgspec.Struct):
    last4: str | None = None
    network: str | None = None


class _LegacyReward(msgspec.Struct, rename="camel"):
    merchant_id: str | None = None
    name: str | None = None


class _LegacyTransaction(msgspec.Struct, rename="camel"):
    issuer_transaction_id: str | None = None
    status: str | None = None
    transaction_amount_in_cents: int | None = None
    transaction_time_stamp: str | None = None


class _LegacyMessage(msgspec.Struct):
    transaction: _LegacyTransaction
    user: _LegacyUser
    card: _LegacyCard | None = None
    reward: _LegacyReward | None = None


class _HeadData(msgspec.Struct):
    type: str


class _Head(msgspec.Struct):
    data: _HeadData | None = None


class _LaneData(msgspec.Struct):
    id: str | None = None
    type: str | None = None
    relationships: _Relationships | None = None


class _Lane(msgspec.Struct):
    data: _LaneData | None = None
    user: _LegacyUser | None = None


_HEAD = reading.decoder(_Head)
_LANE = reading.decoder(_Lane)
_MESSAGE = reading.decoder(_Message)
_LEGACY = reading.decoder(_LegacyMessage)

_ACKNOWLEDGEMENT = Acknowledgement(status=200)


class KardAdapter:
    """Kard's dialect. See the module for what it takes for granted."""

    name = "kard"
    capabilities = _CAPABILITIES

    def __init__(self, currency: str = "USD") -> None:
        """`currency`: what this issuer's cents are of, an ISO 4217 code with two decimals. Raises `ValueError` else."""
        try:
            has_cents = exponent(currency) == 2
        except Unreadable as error:
            raise ValueError(error.detail) from error
        if not has_cents:
            raise ValueError(f"currency: expected one that has cents, got {currency!r}")
        self._currency = currency_code(currency)

    def verify(self, delivery: Delivery, secrets: tuple[bytes, ...], now: datetime) -> None:  # noqa: ARG002, no time
        """Check `notify-signature` over the raw body."""
        usable = proof.usable_secrets(secrets)
        given = proof.header(delivery, SIGNATURE_HEADER).encode("utf-8", "replace")
        if not any(hmac.compare_digest(_signature(delivery.body, secret), given) for secret in usable):
            raise SignatureRefused(f"header {SIGNATURE_HEADER} does not fit the body: expected base64 of its HMAC")

    def envelope(self, delivery: Delivery) -> Envelope:
        """The notification's id, which Kard offers as idempotency key; a hash of the body where there is none."""
        digest = hashlib.sha256(delivery.body).digest()
        try:
            lane = _LANE.decode(delivery.body)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return Envelope(digest.hex(), digest, None)
        data = lane.data or _LaneData()
        delivery_id = None if data.type in _NAMED_BY_A_PLACEMENT else reading.token(data.id)
        user = _id(data.relationships.user if data.relationships else None)
        if user is None and lane.user is not None:
            user = reading.token(lane.user.referring_partner_user_id)
        return Envelope(delivery_id or digest.hex(), digest, user)

    def acknowledgement(self, delivery: Delivery) -> Acknowledgement:  # noqa: ARG002, the contract's
        """Kard expects a 200 and ignores the body."""
        return _ACKNOWLEDGEMENT

    def parse(self, delivery: Delivery) -> tuple[CardEvent, ...]:
        """The transaction that a reward notification tells of; none of a clawback, an audit, a file or a failure."""
        data = reading.read(_HEAD, delivery.body, "kard notification").data
        if data is None:
            return self._legacy(delivery.body)
        kind = _REWARDS.get(data.type)
        if kind is None:
            return ()
        where = f"kard {data.type}"
        told = reading.read(_MESSAGE, delivery.body, where).data
        attributes = told.attributes or _Attributes()
        if kind is EventKind.OTHER and not attributes.transaction_timestamp:
            return ()
        links = told.relationships or _Relationships()
        transaction = reading.required_token(
            attributes.transaction_id or _id(links.transaction), f"{where}: $.data.attributes.transactionId"
        )
        # Approvals of one transaction are one fact; its settlements and what is only kept are one each.
        subject = transaction
        if kind is not EventKind.AUTHORIZATION:
            subject = reading.required_token(told.id, f"{where}: $.data.id")
        happened_at, happened_until, basis = reading.merchant_time(
            attributes.transaction_timestamp, None, f"{where}: $.data.attributes.transactionTimestamp"
        )
        return (
            CardEvent(
                kind=kind,
                card_token=reading.required_token(_id(links.user), f"{where}: $.data.relationships.user.data.id"),
                fact_ref=f"{kind.value}:{subject}",
                revision=0,
                purchase_ref=transaction,
                occurred_at=happened_at,
                occurred_until=happened_until,
                time_basis=basis,
                purchase_at=happened_at,
                amount_minor=_cents(attributes.transaction_amount_in_cents, where),
                currency=self._currency,
                merchant=MerchantEvidence(
                    identifiers=reading.identifiers(("kard_offer", _id(links.offer))), descriptor=attributes.name
                ),
            ),
        )

    def sign(
        self,
        body: bytes,
        *,
        secret: bytes,
        url: str,  # noqa: ARG002, the contract's
        event: str | None,  # noqa: ARG002, the contract's
        now: datetime,  # noqa: ARG002, no time is signed
    ) -> dict[str, str]:
        """The header of a delivery."""
        return {"content-type": "application/json", SIGNATURE_HEADER: _signature(body, secret).decode()}

    def _legacy(self, body: bytes) -> tuple[CardEvent, ...]:
        """The earned reward webhook of the API before 2024-10-01."""
        where = "kard earned reward"
        message = reading.read(_LEGACY, body, where)
        told = message.transaction
        kind = _LEGACY_STATUSES.get(told.status or "")
        if kind is None:
            return ()
        transaction = reading.required_token(told.issuer_transaction_id, f"{where}: $.transaction.issuerTransactionId")
        happened_at, happened_until, basis = reading.merchant_time(
            told.transaction_time_stamp, None, f"{where}: $.transaction.transactionTimeStamp"
        )
        cents = _cents(told.transaction_amount_in_cents, where)
        subject = transaction
        if kind is EventKind.CLEARING:
            subject = f"{transaction}/{proof.microseconds(happened_at)}/{cents}"
        card, reward = message.card or _LegacyCard(), message.reward or _LegacyReward()
        return (
            CardEvent(
                kind=kind,
                card_token=reading.required_token(
                    message.user.referring_partner_user_id, f"{where}: $.user.referringPartnerUserId"
                ),
                fact_ref=f"{kind.value}:{subject}",
                revision=0,
                purchase_ref=transaction,
                occurred_at=happened_at,
                occurred_until=happened_until,
                time_basis=basis,
                purchase_at=happened_at,
                amount_minor=cents,
                currency=self._currency,
                merchant=MerchantEvidence(
                    identifiers=reading.identifiers(("kard_merchant", reward.merchant_id)), descriptor=reward.name
                ),
                last_four=card.last4,
                card_scheme=card.network.lower() if card.network else None,
            ),
        )


def _id(link: _Relationship | None) -> str | None:
    return reading.token(link.data.id) if link and link.data else None


def _cents(amount: int | None, where: str) -> int:
    if amount is None or amount < 0:
        raise Unreadable(f"{where}: transactionAmountInCents: expected cents from zero up, got {str(amount)[:32]}")
    return bounded_minor(amount)


def _signature(body: bytes, secret: bytes) -> bytes:
    return b2a_base64(proof.hmac_key(secret).digest(body), newline=False)
