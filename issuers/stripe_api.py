"""Stripe Issuing over HTTP with the vendor's SDK: look a card up, deactivate it.

There is no unlinking at an issuer: its own cards are always seen. Deactivating stops the card itself from paying,
which only the issuer may want; a shopper who leaves the programme is a matter of the product, not of this call.
"""

from typing import Self

import stripe

from issuers.provider_cards import TIMEOUT_SECONDS, ProviderCard, checked_card_id, failure

NETWORK_RETRIES = 2


class StripeIssuingApi:
    """A client for one account. `base_url` points the SDK elsewhere than to Stripe. Close it after use."""

    def __init__(self, api_key: str, *, base_url: str | None = None, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._http = stripe.HTTPXClient(timeout=timeout_seconds)
        self._stripe = stripe.StripeClient(
            api_key,
            http_client=self._http,
            base_addresses={"api": base_url} if base_url else {},
            max_network_retries=NETWORK_RETRIES,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._http.close_async()  # type: ignore[no-untyped-call]  # the SDK leaves it without annotations

    async def card(self, card_id: str) -> ProviderCard | None:
        """The card, or None when Stripe does not know it. Raises `ProviderUnavailable` or `ProviderRefused`."""
        try:
            found = await self._stripe.v1.issuing.cards.retrieve_async(checked_card_id(card_id))
        except stripe.StripeError as error:
            if error.http_status == 404:
                return None
            raise failure("stripe", f"retrieve issuing card {card_id}", error.http_status) from error
        return ProviderCard(
            token=found.id, last_four=found.last4, scheme=found.brand.lower(), active=found.status == "active"
        )

    async def deactivate(self, card_id: str, *, idempotency_key: str) -> bool:
        """Set the card inactive. True when done, now or by an earlier call with the key; False without a card."""
        try:
            await self._stripe.v1.issuing.cards.update_async(
                checked_card_id(card_id), {"status": "inactive"}, {"idempotency_key": idempotency_key}
            )
        except stripe.StripeError as error:
            if error.http_status == 404:
                return False
            raise failure("stripe", f"deactivate issuing card {card_id}", error.http_status) from error
        return True
