"""The contract every provider's adapter fulfils: one class, no state but its settings."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

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
