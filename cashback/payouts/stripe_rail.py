"""The rail of Stripe: a transfer to the shopper's connected account, then a payout from there to their bank.

Two calls, each with a key made of the payout's own, so that either may be repeated within a day. Any attempt but the
first looks for what the ones before have left, and goes on from there. The connected accounts must be set to manual
payouts: else Stripe pays out what lies there by its own schedule.
"""

from collections.abc import Mapping

from cashback.payouts.rails import (
    Accepted,
    Done,
    LookedUp,
    NotThere,
    Payment,
    Postponed,
    Recalled,
    Refused,
    Stranded,
    Submitted,
    TakenBack,
    Unknown,
)
from issuers.stripe_calls import Failure, StripeCallFailed
from issuers.stripe_payouts_api import FoundPayout, StripePayoutsApi

_TAKEN_BACK = "taken_back"


class StripeRail:
    """Pays over Stripe Connect with the operator's own key."""

    def __init__(self, api: StripePayoutsApi) -> None:
        self._api = api

    @classmethod
    def opened(cls, credentials: Mapping[str, str]) -> "StripeRail":
        """Of what the operator told: its key, and where Stripe is asked if not at its own address."""
        return cls(StripePayoutsApi(credentials["api_key"], base_url=credentials.get("base_url")))

    async def submit(self, payment: Payment, idempotency_key: str) -> Submitted:
        """Transfer, then pay out; what was done by an earlier attempt is not done again."""
        account, payout = payment.account.get("account", ""), payment.payout_id.hex
        again = payment.attempt > 1
        try:
            found = await self._api.find_transfer(idempotency_key) if again else None
            if found is not None and found.reversed:
                return Refused(_TAKEN_BACK)
            if found is None:
                await self._api.transfer(
                    amount_minor=payment.amount_minor,
                    currency=payment.currency,
                    account=account,
                    payout=payout,
                    group=idempotency_key,
                    key=f"{idempotency_key}:transfer",
                )
        except StripeCallFailed as error:
            if error.failure is Failure.REFUSED:
                return Refused(error.reason)
            nothing_moved = error.failure is Failure.NOT_TAKEN and not again
            return Postponed(error.reason) if nothing_moved else Unknown(error.reason)
        try:
            made = await self._api.find_payout(account=account, payout=payout) if again else None
            made = made or await self._api.payout(
                amount_minor=payment.amount_minor,
                currency=payment.currency,
                account=account,
                payout=payout,
                key=f"{idempotency_key}:payout",
            )
        except StripeCallFailed as error:
            return Stranded(error.reason) if error.failure is Failure.REFUSED else Unknown(error.reason)
        return _standing(made)

    async def look_up(self, payment: Payment, idempotency_key: str) -> LookedUp:
        """The transfer by its group, the payout by our id in its metadata."""
        try:
            found = await self._api.find_transfer(idempotency_key)
            if found is None:
                return NotThere()
            made = await self._api.find_payout(account=payment.account.get("account", ""), payout=payment.payout_id.hex)
        except StripeCallFailed as error:
            return Unknown(error.reason)
        if found.reversed:
            return Refused(_TAKEN_BACK)
        return NotThere() if made is None else _standing(made)

    async def take_back(self, payment: Payment, idempotency_key: str) -> Recalled:  # noqa: ARG002, the contract's
        """Reverse the transfer, unless it was reversed before or never made."""
        try:
            found = await self._api.find_transfer(idempotency_key)
            if found is not None and not found.reversed:
                await self._api.reverse(found.id, key=f"{idempotency_key}:reversal")
        except StripeCallFailed as error:
            return Unknown(error.reason) if error.failure is Failure.UNKNOWN else Postponed(error.reason)
        return TakenBack()

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._api.aclose()


def _standing(payout: FoundPayout) -> Accepted | Done | Stranded:
    if payout.status == "paid":
        return Done(payout.id)
    if payout.status in ("failed", "canceled"):
        return Stranded(payout.failure_code or payout.status, payout.id)
    return Accepted(payout.id)
