"""A partner who lends: what its messages have news of. The dialect is ours; a partner speaks it, or has its own module.

Signed after Standard Webhooks. Body, one JSON object: `id`, `created_at` (ISO 8601 with offset), `plan` (our id of it,
32 hexadecimal digits), `event` (a word). As of every message about money it is a reason to look, never a proof.
"""

import hashlib
import re
from datetime import UTC, datetime

import msgspec

from issuers import reading, standard_webhooks
from issuers.adapter import Delivery
from issuers.errors import Unreadable
from issuers.events import Acknowledgement, Capabilities, CardEvent, Envelope, EventKind, TimeBasis

_ID = re.compile(r"[0-9a-f]{32}")
_CAPABILITIES = Capabilities(
    authorizations=False,
    clearings=False,
    links_refunds=False,
    precise_time=True,
    identifier_schemes=(),
    pan_like_fields=("id", "plan"),
)


class _Message(msgspec.Struct):
    id: str
    created_at: datetime
    plan: str
    event: str


_MESSAGE = reading.decoder(_Message)


class LenderAdapter:
    """The dialect of a partner who lends."""

    name = "lender"
    capabilities = _CAPABILITIES

    def verify(self, delivery: Delivery, secrets: tuple[bytes, ...], now: datetime) -> None:
        """Standard Webhooks."""
        standard_webhooks.verify(delivery, secrets, now)

    def envelope(self, delivery: Delivery) -> Envelope:
        """The message's own id; the lane of its plan."""
        digest = hashlib.sha256(delivery.body).digest()
        try:
            told = _MESSAGE.decode(delivery.body)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return Envelope(digest.hex(), digest, None)
        return Envelope(reading.token(told.id) or digest.hex(), digest, told.plan if _ID.fullmatch(told.plan) else None)

    def parse(self, delivery: Delivery) -> tuple[CardEvent, ...]:
        """Of which contract there is news."""
        told = reading.read(_MESSAGE, delivery.body, "lender message")
        if not _ID.fullmatch(told.plan):
            raise Unreadable("lender message: $.plan: expected 32 hexadecimal digits")
        if told.created_at.tzinfo is None:
            raise Unreadable("lender message: $.created_at: expected a time with its offset")
        at = told.created_at.astimezone(UTC)
        return (
            CardEvent(
                kind=EventKind.CHARGE_NEWS,
                card_token=told.plan,
                fact_ref=f"charge_news:{reading.required_token(told.id, 'lender message: $.id')}",
                revision=int(at.timestamp()) * 1_000_000,
                purchase_ref=told.plan,
                occurred_at=at,
                occurred_until=at,
                time_basis=TimeBasis.INSTANT,
                metadata={"about": "contract", "subject": told.plan, "event": told.event[:100]},
            ),
        )

    def acknowledgement(self, delivery: Delivery) -> Acknowledgement:  # noqa: ARG002, the contract's
        """Any 2xx."""
        return Acknowledgement()

    def sign(
        self,
        body: bytes,
        *,
        secret: bytes,
        url: str,  # noqa: ARG002, the contract's
        event: str | None,  # noqa: ARG002, the contract's
        now: datetime,
    ) -> dict[str, str]:
        """The headers of a delivery."""
        try:
            message_id = str(msgspec.json.decode(body)["id"])
        except (msgspec.MsgspecError, KeyError, TypeError):
            message_id = hashlib.sha256(body).hexdigest()
        return standard_webhooks.sign(body, secret=secret, message_id=message_id, now=now)
