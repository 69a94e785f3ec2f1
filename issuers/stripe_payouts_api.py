"""Stripe Connect over HTTP with the vendor's SDK: move money to a connected account, pay it out there, find both.

Formats: docs.stripe.com/api (transfers, transfer reversals, payouts) and docs.stripe.com/api/idempotent_requests. What
a reader must know:

* The SDK repeats a request by itself only when it is told to, and then under the key of that request; after a crash
  that key would be gone, so every writing call bears a key of the caller's. Keys may be forgotten after 24 hours.
* Stripe saves the first answer under a key, a 500 too. 409 says that a request of the same key is being worked on, 429
  that nothing was begun.
* A payout is found by its metadata, on the account that it leaves; a transfer by its `transfer_group`.
* A transfer is taken back by a reversal, never by a payout in the other direction.
"""

from dataclasses import dataclass
from typing import Self

import stripe
from stripe.params import PayoutListParams

from issuers.stripe_calls import NETWORK_RETRIES, TIMEOUT_SECONDS, Failure, StripeCallFailed, failed
from issuers.stripe_payouts import METADATA_KEY

PAGE = 100
PAGES_MAX = 50
"""Pages of payouts of one account that are looked through: a shopper has few in the days that matter."""


@dataclass(frozen=True, slots=True)
class FoundTransfer:
    """A transfer to a connected account."""

    id: str
    reversed: bool
    """All of it was taken back."""


@dataclass(frozen=True, slots=True)
class FoundPayout:
    """A payout from a connected account."""

    id: str
    status: str
    """pending, in_transit, paid, failed, canceled."""
    failure_code: str | None


class StripePayoutsApi:
    """A client for one platform account. `base_url` points the SDK elsewhere than to Stripe. Close it after use."""

    def __init__(
        self,
        api_key: str,
        *,
        base_url: str | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        network_retries: int = NETWORK_RETRIES,
    ) -> None:
        self._http = stripe.HTTPXClient(timeout=timeout_seconds)
        self._stripe = stripe.StripeClient(
            api_key,
            http_client=self._http,
            base_addresses={"api": base_url} if base_url else {},
            max_network_retries=network_retries,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._http.close_async()  # type: ignore[no-untyped-call]  # the SDK leaves it without annotations

    async def transfer(
        self, *, amount_minor: int, currency: str, account: str, payout: str, group: str, key: str
    ) -> str:
        """Move an amount to a connected account; answers the transfer's id. Raises `StripeCallFailed`."""
        try:
            made = await self._stripe.v1.transfers.create_async(
                {
                    "amount": amount_minor,
                    "currency": currency.lower(),
                    "destination": account,
                    "transfer_group": group,
                    "metadata": {METADATA_KEY: payout},
                },
                {"idempotency_key": key},
            )
        except stripe.StripeError as error:
            raise failed(error) from error
        return made.id

    async def payout(self, *, amount_minor: int, currency: str, account: str, payout: str, key: str) -> FoundPayout:
        """Pay an amount out of a connected account to its bank. Raises `StripeCallFailed`."""
        try:
            made = await self._stripe.v1.payouts.create_async(
                {"amount": amount_minor, "currency": currency.lower(), "metadata": {METADATA_KEY: payout}},
                {"idempotency_key": key, "stripe_account": account},
            )
        except stripe.StripeError as error:
            raise failed(error) from error
        return _found(made)

    async def find_transfer(self, group: str) -> FoundTransfer | None:
        """The transfer of a group, or None. Raises `StripeCallFailed`."""
        try:
            listed = await self._stripe.v1.transfers.list_async({"transfer_group": group, "limit": 2})
        except stripe.StripeError as error:
            raise failed(error) from error
        if not listed.data:
            return None
        return FoundTransfer(listed.data[0].id, bool(listed.data[0].reversed))

    async def find_payout(self, *, account: str, payout: str) -> FoundPayout | None:
        """The payout that carries our id, newest first; None if the account has none. Raises `StripeCallFailed`."""
        page: PayoutListParams = {"limit": PAGE}
        for _ in range(PAGES_MAX):
            try:
                listed = await self._stripe.v1.payouts.list_async(page, {"stripe_account": account})
            except stripe.StripeError as error:
                raise failed(error) from error
            for each in listed.data:
                if (
                    each.metadata is not None
                    and METADATA_KEY in each.metadata
                    and each.metadata[METADATA_KEY] == payout
                ):
                    return _found(each)
            if not listed.has_more:
                return None
            page = {"limit": PAGE, "starting_after": listed.data[-1].id}
        raise StripeCallFailed(Failure.UNKNOWN, "too_many_payouts")

    async def reverse(self, transfer: str, *, key: str) -> None:
        """Take all of a transfer back. Raises `StripeCallFailed`."""
        try:
            await self._stripe.v1.transfers.reversals.create_async(transfer, {}, {"idempotency_key": key})
        except stripe.StripeError as error:
            raise failed(error) from error


def _found(payout: stripe.Payout) -> FoundPayout:
    return FoundPayout(payout.id, payout.status, payout.failure_code)
