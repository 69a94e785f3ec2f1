"""A card as its provider knows it, never its number; and how a provider's HTTP answer becomes an error of ours."""

import re
from dataclasses import dataclass

from issuers.errors import IssuerError, ProviderRefused, ProviderUnavailable

TIMEOUT_SECONDS = 15.0
_CARD_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


@dataclass(frozen=True, slots=True)
class ProviderCard:
    """What a look-up tells. `active` is false when the provider no longer reports its purchases."""

    token: str
    last_four: str | None
    scheme: str | None
    active: bool


def checked_card_id(card_id: str) -> str:
    """The id, fit to stand in a path. `ValueError` else: an empty or crafted id would address another resource."""
    if not _CARD_ID.fullmatch(card_id):
        raise ValueError(f"card id: expected 1 to 64 letters, digits, dashes or underscores, got {card_id[:64]!r}")
    return card_id


def failure(provider: str, call: str, status: int | None) -> IssuerError:
    """The error for an HTTP status that is not a success; None is no answer at all."""
    if status is None:
        return ProviderUnavailable(f"{provider}: {call}: no answer")
    # 408, 409 (another call holds the object) and 429 pass; so do the provider's own failures and unreadable successes.
    if status in (408, 409, 429) or status >= 500 or status < 400:
        return ProviderUnavailable(f"{provider}: {call}: answered {status}")
    return ProviderRefused(f"{provider}: {call}: answered {status}, expected a success")
