"""Values of the bank feeds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class AccountState(StrEnum):
    """Whether an account is asked."""

    ACTIVE = "active"
    """It is asked when it is due."""
    NEEDS_CONSENT = "needs_consent"
    """The shopper must consent or log in again; until then it is left alone."""
    ENDED = "ended"
    """The shopper unlinked it."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account that a shopper has opened to the operator at their bank."""

    account: str
    """The provider's id of the account."""
    access: Mapping[str, str] = field(repr=False)
    """What opens it: the provider's tokens."""
    zone: str = "Europe/Paris"
    """The bank's days are days there (IANA)."""
    consent_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A linked account as it stands, for people: nothing that opens it."""

    connection: str
    network: str
    account: str
    shopper_id: UUID
    state: AccountState
    consent_until: datetime | None
    next_poll_at: datetime
    listed_at: datetime | None
    calls: int
    """Unattended calls in the last 24 hours."""
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to make one call: taken and committed before the call, so that no crash can give it away twice."""

    operator_id: UUID
    connection_id: UUID
    account: str
    network: str
    number: int
    """An answer is only recorded while this is still the account's latest turn."""
    due_again_at: datetime
    """When somebody else may try, should this call never end."""
    base_url: str
    credentials: Mapping[str, str] = field(repr=False)
    access: Mapping[str, str] = field(repr=False)
    cursor: str = ""
    linked_at: datetime | None = None
    listed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of an answer."""

    told: bool
    """It told something and is in the inbox log."""
    more: bool
    """The list goes on."""


@dataclass(slots=True)
class Tally:
    """What a round of polling came to."""

    pages: int = 0
    """Answers that told something and are in the inbox log."""
    unchanged: int = 0
    """Answers that told nothing new."""
    put_off: int = 0
    """Accounts whose calls of the day are used up."""
    failed: int = 0
    """Calls without a usable answer."""
    stopped: int = 0
    """Accounts whose shopper must consent again."""

    @property
    def taken(self) -> int:
        """Accounts that were dealt with."""
        return self.pages + self.unchanged + self.put_off + self.failed + self.stopped
