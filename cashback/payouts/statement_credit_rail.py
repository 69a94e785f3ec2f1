"""The rail of statement credits: one call to the network of the shopper's card, found again by its key."""

from cashback.payouts.rails import (
    Accepted,
    Done,
    LookedUp,
    NotThere,
    Payment,
    Postponed,
    Recalled,
    Refused,
    Submitted,
    TakenBack,
    Unknown,
)
from issuers.errors import IssuerError, ProviderRefused, TooManyCalls
from issuers.statement_credits import Credit, CreditState, StatementCredits


class StatementCreditRail:
    """Pays by crediting the statement of a linked card."""

    def __init__(self, network: StatementCredits) -> None:
        self._network = network

    async def submit(self, payment: Payment, idempotency_key: str) -> Submitted:
        """One credit per key."""
        card = payment.account.get("card", "")
        try:
            made = await self._network.credit(
                card, amount_minor=payment.amount_minor, currency=payment.currency, key=idempotency_key
            )
        except TooManyCalls as error:
            return Postponed(error.code)
        except ProviderRefused as error:
            return Refused(error.code)
        except IssuerError as error:
            return Unknown(error.code)
        return _standing(made)

    async def look_up(self, payment: Payment, idempotency_key: str) -> LookedUp:  # noqa: ARG002, the contract's
        """The credit of the key."""
        try:
            found = await self._network.find(idempotency_key)
        except IssuerError as error:
            return Unknown(error.code)
        return NotThere() if found is None else _standing(found)

    async def take_back(self, payment: Payment, idempotency_key: str) -> Recalled:  # noqa: ARG002, the contract's
        """A credit that failed stays nowhere: there is nothing to fetch back."""
        return TakenBack()

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._network.aclose()


def _standing(credit: Credit) -> Accepted | Done | Refused:
    if credit.state is CreditState.REFUSED:
        return Refused(credit.reason or "refused")
    return Done(credit.ref) if credit.state is CreditState.POSTED else Accepted(credit.ref)
