"""What a shopper is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell one shopper. The same key is told once, however often it is said."""

    shopper_id: UUID
    key: str
    kind: str
    """One of `notifications.words.KINDS`."""
    params: Mapping[str, str | int] = field(default_factory=dict)
    """The figures of its sentence. `asset` and `amount` (minor units, or units) are said as `{amount}`; `day` is an ISO
    date, said as one."""


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as it stands in the inbox."""

    notice: Notice
    told_at: datetime
    read_at: datetime | None
