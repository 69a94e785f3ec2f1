"""Refusals over HTTP, as problem documents: RFC 9457, with the stable `code` of the refusal as an extension member."""

from dataclasses import dataclass

import msgspec

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:cashback:problem:"

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal: its HTTP status, its code for machines and a sentence for the person who integrates."""

    status: int
    code: str
    detail: str

    @property
    def title(self) -> str:
        """The same short text for every occurrence of a code, as RFC 9457 section 3.1.3 wants it."""
        return self.code.replace("_", " ").capitalize()

    def document(self) -> bytes:
        """The body to send as `MEDIA_TYPE`."""
        return _encoder.encode(
            {
                "type": TYPE_PREFIX + self.code,
                "title": self.title,
                "status": self.status,
                "detail": self.detail,
                "code": self.code,
            }
        )
