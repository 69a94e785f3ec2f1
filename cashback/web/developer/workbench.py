"""What the portal works with beside what every page has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from cashback.pipeline import Road
from webhooks.egress import Egress
from webhooks.sealing import KeyRing


@dataclass(frozen=True, slots=True)
class Workbench:
    """One per process."""

    road: Road
    egress: Egress
    public_url: str
    document: Callable[[], dict[str, Any]]
    """The OpenAPI document of the API that is served beside the pages."""
    meanings: Mapping[int, Mapping[str, str]]
    """The cause of each code of a refusal, by status."""
    remedies: Mapping[int, Mapping[str, str]]
    """What to do about it, of those that the API answers."""
    client: Callable[[], httpx.AsyncClient]
    """Comes in by the front door, as a provider does."""
    connections_changed: Callable[[], None]
    """To be called when a connection was opened here."""

    @property
    def keyring(self) -> KeyRing:
        """The keys that seal secrets."""
        return self.road.keyring
