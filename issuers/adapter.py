"""The contract every provider's adapter fulfils: one class, no state but its settings."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable

import msgspec

from issuers.events import Acknowledgement, Capabilities, CardEvent, Envelope


class Delivery(msgspec.Struct, frozen=True):
    """One HTTP request of a provider, as it came over the wire."""

    body: bytes
    headers: Mapping[str, str]
    """Header names in lower case."""
    event: str | None = None
    """The last segment of the registered URL, where the provider puts the event's name there (Fidel)."""
    url: str = ""
    """The URL registered with the provider, which it may sign; never the one a proxy rewrote."""


class Adapter(Protocol):
    """Verify, open the envelope, parse. Pure: the same arguments give the same answer."""

    name: str
    """Registry key and the network of its cards: `fidel`, `stripe`, `sandbox`."""
    capabilities: Capabilities

    def verify(self, delivery: Delivery, secrets: tuple[bytes, ...], now: datetime) -> None:
        """Raise `SignatureRefused` or `TimestampExpired` unless one non-empty secret proves the exact bytes."""

    def envelope(self, delivery: Delivery) -> Envelope:
        """Open a verified message; never raises: what cannot be read gets a hash as its id and no card token."""

    def acknowledgement(self, delivery: Delivery) -> Acknowledgement:
        """The provider's own success status and body."""

    def parse(self, delivery: Delivery) -> tuple[CardEvent, ...]:
        """All the facts that a verified message states, possibly none; raises `Unreadable`."""

    def sign(self, body: bytes, *, secret: bytes, url: str, event: str | None, now: datetime) -> dict[str, str]:
        """The headers with which the provider would send these bytes; used by the simulator and in tests."""


@runtime_checkable
class SignsBody(Protocol):
    """An adapter whose provider puts the proof into the body itself."""

    def sign_body(self, body: bytes, *, secret: bytes) -> bytes:
        """The body as the provider would send it; `ValueError` for a secret that nothing can be signed with."""


@runtime_checkable
class AnswersHandshake(Protocol):
    """An adapter whose provider asks for something before it tells anything."""

    handshake_event: str
    """The last segment of the address at which it asks."""

    def handshake(self, delivery: Delivery, secrets: tuple[bytes, ...], now: datetime) -> Acknowledgement:
        """The answer; raises `SignatureRefused`, also when no secret is configured. Nothing of it is kept."""


def as_sent(adapter: Adapter, body: bytes, *, secret: bytes, url: str, event: str | None, now: datetime) -> Delivery:
    """A message as its provider would post it, proof and all; for the simulator and tests."""
    whole = adapter.sign_body(body, secret=secret) if isinstance(adapter, SignsBody) else body
    return Delivery(whole, adapter.sign(whole, secret=secret, url=url, event=event, now=now), event, url)
