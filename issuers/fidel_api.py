"""Fidel over HTTP: look a card up, unlink it. Linking is done by Fidel's own web and mobile kits, so that no card
number ever comes near this code.

Format: `GET` and `DELETE https://api.fidel.uk/v1/cards/{id}`, headers `Fidel-Key` (secret key) and `Fidel-Version`
(reference.fidel.uk; a version is a date). A look-up answers `{"items": [card]}`, a removal has an empty body.
"""

from typing import Self

import httpx
import msgspec

from issuers import reading
from issuers.errors import ProviderUnavailable, Unreadable
from issuers.provider_cards import TIMEOUT_SECONDS, ProviderCard, checked_card_id, failure

BASE_URL = "https://api.fidel.uk/v1"
VERSION = "2024-11-25"


class _Card(msgspec.Struct, rename="camel"):
    id: str
    last_numbers: str | None = None
    scheme: str | None = None


class _Cards(msgspec.Struct):
    items: list[_Card]


_CARDS = reading.decoder(_Cards)


class FidelApi:
    """A client for one account. Close it, or use it as an async context manager."""

    def __init__(
        self,
        api_key: str,
        *,
        base_url: str = BASE_URL,
        version: str = VERSION,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers={"Fidel-Key": api_key, "Fidel-Version": version},
            timeout=TIMEOUT_SECONDS,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def card(self, card_id: str) -> ProviderCard | None:
        """The card, or None when Fidel does not know it. Raises `ProviderUnavailable` or `ProviderRefused`."""
        response = await self._call("GET", card_id)
        if response is None:
            return None
        try:
            found = reading.read(_CARDS, response.content, "fidel: answer to a look-up").items
        except Unreadable as error:
            raise ProviderUnavailable(error.detail) from error
        if not found:
            return None
        card = found[0]
        return ProviderCard(
            token=card.id,
            last_four=card.last_numbers,
            scheme=card.scheme.lower() if card.scheme else None,
            active=True,
        )

    async def unlink(self, card_id: str) -> bool:
        """Stop Fidel from watching the card. True when it was removed now, False when it was already gone."""
        return await self._call("DELETE", card_id) is not None

    async def _call(self, method: str, card_id: str) -> httpx.Response | None:
        path = f"/cards/{checked_card_id(card_id)}"
        try:
            response = await self._http.request(method, path)
        except httpx.HTTPError as error:
            raise failure("fidel", f"{method} {path}", None) from error
        if response.status_code == 404:
            return None
        if not response.is_success:
            raise failure("fidel", f"{method} {path}", response.status_code)
        return response
