"""What a call to Stripe that did not succeed means for the money, whatever was called."""

from enum import StrEnum

import stripe

from issuers.errors import IssuerError

NETWORK_RETRIES = 2
TIMEOUT_SECONDS = 20


class Failure(StrEnum):
    """What a failed call means for the money."""

    REFUSED = "refused"
    """Stripe said no: nothing moved, and the same call will not succeed."""
    NOT_TAKEN = "not_taken"
    """Stripe did not begin: nothing moved, and the same call may succeed later."""
    UNKNOWN = "unknown"
    """It may have moved."""


class StripeCallFailed(IssuerError):
    """A call that did not succeed, and what that means. `reason` is Stripe's own code where it gave one."""

    code = "stripe_call_failed"

    def __init__(self, failure: Failure, reason: str) -> None:
        super().__init__(f"stripe: {failure}: {reason}")
        self.failure = failure
        self.reason = reason


def failed(error: stripe.StripeError) -> StripeCallFailed:
    """What an error of the SDK says of the money."""
    status = error.http_status
    reason = (error.code or type(error).__name__)[:100]
    if status == 429 or isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return StripeCallFailed(Failure.NOT_TAKEN, reason)
    # 409 is another request of this key under way; 400 of the same key with other content says nothing of the first.
    refused = status is not None and 400 <= status < 500 and status != 409
    if refused and not isinstance(error, stripe.IdempotencyError):
        return StripeCallFailed(Failure.REFUSED, reason)
    return StripeCallFailed(Failure.UNKNOWN, reason)
