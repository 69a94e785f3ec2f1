"""Pages of lists: a cursor names the place where a page ended.

The cursor holds the sort key of the last row that was looked at, so that what is inserted meanwhile neither moves a row
to another page nor shows one twice. It is opaque and not signed: it says nothing but where to go on, row-level security
keeps it inside the operator, and it is read as strictly as a body. It holds for the list and the filters that it was
given for, and for no other.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from cashback.errors import Invalid

_BIGGEST = 2**63

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cut:
    """What of the rows found is shown, and where the next page begins."""

    more: bool
    cursor: str | None

    def told(self, data: Sequence[Any]) -> dict[str, Any]:
        """The page with its rows as they are shown."""
        return {"data": list(data), "has_more": self.more, "next_cursor": self.cursor}


@dataclass(frozen=True, slots=True)
class Paging:
    """How much of a list is asked for, and from where on."""

    limit: int
    cursor: str | None

    @property
    def wanted(self) -> int:
        """How many rows are to be read: one more than is shown tells whether there is another page."""
        return self.limit + 1

    def after(self, listing: str, *kinds: Any) -> tuple[Any, ...] | None:
        """The key of the last row of the page before, of these types; None for the first page. Invalid otherwise."""
        if self.cursor is None:
            return None
        try:
            raw = base64.b64decode(self.cursor.encode("ascii") + b"=" * (-len(self.cursor) % 4), b"-_", validate=True)
            named, *key = msgspec.json.decode(raw, type=tuple.__class_getitem__((str, *kinds)))
        except (UnicodeEncodeError, binascii.Error, msgspec.MsgspecError, ValueError, RecursionError):
            raise _bad("expected `next_cursor` of the page before, as it was given") from None
        if named != listing:
            raise _bad("it was given for another list or for other filters; begin again without a cursor")
        if any(not _fits(each) for each in key):
            raise _bad("expected `next_cursor` of the page before, as it was given")
        return tuple(key)

    def cut(
        self,
        listing: str,
        found: Sequence[T],
        key: Callable[[T], tuple[Any, ...]],
        *,
        stopped_at: tuple[Any, ...] | None = None,
    ) -> tuple[Sequence[T], Cut]:
        """The rows to show of those found, `wanted` at most.

        `stopped_at`: where a search ended that looks at so many rows and no further.
        """
        if len(found) > self.limit:
            shown = found[: self.limit]
            return shown, Cut(True, _cursor(listing, key(shown[-1])))
        if stopped_at is not None:
            return found, Cut(True, _cursor(listing, stopped_at))
        return found, Cut(False, None)

    def cut_whole(
        self, listing: str, whole: Sequence[T], key: Callable[[T], tuple[Any, ...]], *kinds: Any, down: bool = False
    ) -> tuple[Sequence[T], Cut]:
        """The same of a short list that was read whole; `down`: the greatest key first."""
        after = self.after(listing, *kinds)
        ordered = sorted(whole, key=key, reverse=down)
        if after is not None:
            ordered = [each for each in ordered if (key(each) < after if down else key(each) > after)]
        return self.cut(listing, ordered[: self.wanted], key)


def listing(name: str, **filters: object) -> str:
    """Names a list under its filters, for its cursors."""
    told = repr([name, *sorted((each, str(value)) for each, value in filters.items() if value is not None)])
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _cursor(listing: str, key: tuple[Any, ...]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([listing, *key])).rstrip(b"=").decode()


def _fits(value: Any) -> bool:
    """Whether PostgreSQL takes it: a text without a zero character, a number of 64 bits, an instant with its zone."""
    if isinstance(value, str):
        return "\x00" not in value
    if isinstance(value, int):
        return -_BIGGEST <= value < _BIGGEST
    return getattr(value, "tzinfo", True) is not None


def _bad(why: str) -> Invalid:
    return Invalid(f"cursor: {why}", code="bad_cursor")
