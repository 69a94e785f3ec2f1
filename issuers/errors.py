"""Refusals of the dialects, as one short tree.

IssuerError
├── SignatureRefused     the bytes are not proven to come from the provider   (HTTP 401, or what the provider documents)
│   └── TimestampExpired the proof is genuine but outside its window          (HTTP 401)
├── Unreadable           verified, but not what the provider documents        (kept and parked, acknowledged)
├── ProviderUnavailable  a call to the provider failed; try again
└── ProviderRefused      the provider answered no; trying the same again will not help
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


class TimestampExpired(SignatureRefused):
    """The signature is outside the provider's window, in the past or in the future."""

    code = "timestamp_expired"


class Unreadable(IssuerError):
    """A verified message whose content is not what its provider documents: what, where and what was expected."""

    code = "unreadable"


class ProviderUnavailable(IssuerError):
    """The provider did not answer or answered with a passing failure."""

    code = "provider_unavailable"


class ProviderRefused(IssuerError):
    """The provider understood the call and refused it: a wrong key, a card in a state that does not allow it."""

    code = "provider_refused"
