"""Refusals of the dialects, as one short tree.

IssuerError
├── SignatureRefused     the bytes are not proven to come from the provider   (HTTP 401, or what the provider documents)
│   ├── UnknownKey       signed by a key that must be fetched first           (HTTP 401)
│   └── TimestampExpired the proof is genuine but outside its window          (HTTP 401)
├── Unreadable           verified, but not what the provider documents        (kept and parked, acknowledged)
├── ProviderUnavailable  a call to the provider failed; try again
│   ├── TooManyCalls     it was asked too often; try again later, perhaps after a time that it names
│   └── CursorLost       a list of pages cannot be continued; begin it again
└── ProviderRefused      the provider answered no; trying the same again will not help
    └── ConsentNeeded    only the person whose account it is can make it answer again
"""


class IssuerError(Exception):
    """Base of all. `code` is stable, `detail` is a sentence for the person who integrates."""

    code = "issuer_error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class SignatureRefused(IssuerError):
    """Missing, malformed or wrong signature, or no secret to check it with."""

    code = "signature_refused"

    def __init__(self, detail: str, *, status: int = 401) -> None:
        super().__init__(detail)
        self.status = status
        """The HTTP status that the provider expects for it."""


class UnknownKey(SignatureRefused):
    """Signed by a key that this connection does not have. Whoever can may fetch `key_id` from the provider."""

    def __init__(self, detail: str, key_id: str) -> None:
        super().__init__(detail)
        self.key_id = key_id


class TimestampExpired(SignatureRefused):
    """The signature is outside the provider's window, in the past or in the future."""

    code = "timestamp_expired"


class Unreadable(IssuerError):
    """A verified message whose content is not what its provider documents: what, where and what was expected."""

    code = "unreadable"


class ProviderUnavailable(IssuerError):
    """The provider did not answer or answered with a passing failure."""

    code = "provider_unavailable"


class TooManyCalls(ProviderUnavailable):
    """The provider's limit of calls is reached. `retry_after_seconds` is what it asked for, if it said."""

    code = "too_many_calls"

    def __init__(self, detail: str, retry_after_seconds: int | None = None) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class CursorLost(ProviderUnavailable):
    """The provider cannot go on from the page it was asked for; the list must be begun again."""

    code = "cursor_lost"


class ProviderRefused(IssuerError):
    """The provider understood the call and refused it: a wrong key, a card in a state that does not allow it."""

    code = "provider_refused"


class ConsentNeeded(ProviderRefused):
    """The person's consent or login at their bank ended; `detail` says what they must do."""

    code = "consent_needed"
