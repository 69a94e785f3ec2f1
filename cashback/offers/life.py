"""The life of an offer: its states, the moves between them as tables, and what an offer is at an instant. Pure.

A draft has a state of its own, told by what was done to it last. What shoppers see has a status, which is derived from
the intervals of the versions and the move that closed the last one; neither is stored a second time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Move(StrEnum):
    """Everything that can be done in the life of an offer."""

    REVISE = "revise"
    """Write a revision of its draft; the first one opens the draft."""
    SUBMIT = "submit"
    """Ask for approval of the newest revision."""
    REQUEST_CHANGES = "request_changes"
    """Send the draft back with a reason."""
    REJECT = "reject"
    """Close the draft with a reason; nothing comes of it."""
    APPROVE = "approve"
    """Make the draft a version that begins now or at a later instant."""
    PUBLISH = "publish"
    """Make a version directly, by applying a programme file."""
    PAUSE = "pause"
    """Close the live interval, to go on later with the same terms."""
    RESUME = "resume"
    """Go on with the terms that were paused, as a new version."""
    END = "end"
    """Close the live interval for good, or leave a paused offer closed."""
    CANCEL = "cancel"
    """Withdraw a version that has not begun; the version it was to replace stays live."""
    STOP = "stop"
    """Emergency: close what is live and cancel what is to come, at once."""


DEEDS: Mapping[Move, str] = {
    Move.REVISE: "drafted",
    Move.SUBMIT: "submitted",
    Move.REQUEST_CHANGES: "changes_requested",
    Move.REJECT: "rejected",
    Move.APPROVE: "approved",
    Move.PUBLISH: "published",
    Move.PAUSE: "paused",
    Move.RESUME: "resumed",
    Move.END: "ended",
    Move.CANCEL: "cancelled",
    Move.STOP: "stopped",
}
"""What the audit log calls a move that was made."""


class DraftState(StrEnum):
    """Where a draft stands."""

    DRAFT = "draft"
    """Being written."""
    SUBMITTED = "submitted"
    """Waits for another person's approval."""
    CHANGES_REQUESTED = "changes_requested"
    """Sent back; a new revision makes it a draft again."""
    APPROVED = "approved"
    """Became a version; closed."""
    REJECTED = "rejected"
    """Nothing came of it; closed."""


OPEN = frozenset({DraftState.DRAFT, DraftState.SUBMITTED, DraftState.CHANGES_REQUESTED})

DRAFT_MOVES: Mapping[DraftState | None, Mapping[Move, DraftState]] = {
    None: {Move.REVISE: DraftState.DRAFT},
    DraftState.DRAFT: {Move.REVISE: DraftState.DRAFT, Move.SUBMIT: DraftState.SUBMITTED},
    DraftState.SUBMITTED: {
        Move.REVISE: DraftState.DRAFT,
        Move.APPROVE: DraftState.APPROVED,
        Move.REQUEST_CHANGES: DraftState.CHANGES_REQUESTED,
        Move.REJECT: DraftState.REJECTED,
    },
    DraftState.CHANGES_REQUESTED: {Move.REVISE: DraftState.DRAFT},
    DraftState.APPROVED: {Move.REVISE: DraftState.DRAFT},
    DraftState.REJECTED: {Move.REVISE: DraftState.DRAFT},
}
"""From each state of a draft (None: there was none), what may be done to it and where it stands then."""

OF_DRAFTS = frozenset(move for moves in DRAFT_MOVES.values() for move in moves)


class Status(StrEnum):
    """What an offer is to shoppers at an instant."""

    NEVER_LIVE = "never_live"
    """No version of it ever was or is to be."""
    SCHEDULED = "scheduled"
    """Nothing is live; a version is to begin."""
    LIVE = "live"
    """Purchases earn by it."""
    CHANGING = "changing"
    """Live, and its next version is to begin at a known instant."""
    PAUSED = "paused"
    """Closed, to be resumed with the same terms."""
    ENDED = "ended"
    """Closed; only a newly approved version or a programme file brings it back."""


STATUS_MOVES: Mapping[Status, frozenset[Move]] = {
    Status.NEVER_LIVE: frozenset({Move.APPROVE}),
    Status.SCHEDULED: frozenset({Move.CANCEL, Move.STOP}),
    Status.LIVE: frozenset({Move.APPROVE, Move.PAUSE, Move.END, Move.STOP}),
    Status.CHANGING: frozenset({Move.CANCEL, Move.STOP}),
    Status.PAUSED: frozenset({Move.APPROVE, Move.RESUME, Move.END}),
    Status.ENDED: frozenset({Move.APPROVE}),
}
"""What may move the intervals of an offer in each status. Approving also needs a draft that was submitted."""

_CLOSING = frozenset({Move.PAUSE, Move.END, Move.STOP})


class Interval(Protocol):
    """A version, as far as its life is concerned."""

    @property
    def version(self) -> int:
        """Counted from 1."""

    @property
    def live_from(self) -> datetime | None:
        """None: since ever."""

    @property
    def live_until(self) -> datetime | None:
        """Excluded; None: open."""


class Moved(Protocol):
    """A recorded move, as far as the status is concerned."""

    @property
    def move(self) -> Move:
        """What was done."""

    @property
    def version(self) -> int | None:
        """To which version; None for a move of a draft."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What an offer is at an instant."""

    status: Status
    live: int | None
    """The version by which purchases of this instant are judged."""
    upcoming: int | None
    """The next version that is to begin."""
    last: int | None
    """The newest version that was not cancelled."""


def is_live(version: Interval, at: datetime) -> bool:
    """Whether purchases of an instant are judged by this version."""
    begun = version.live_from is None or version.live_from <= at
    return begun and (version.live_until is None or at < version.live_until)


def is_upcoming(version: Interval, at: datetime) -> bool:
    """Whether this version is to begin after an instant; an empty interval never begins."""
    return version.live_from is not None and at < version.live_from and version.live_from != version.live_until


def standing(versions: Sequence[Interval], moves: Sequence[Moved], at: datetime) -> Standing:
    """What an offer is at an instant, from its versions and moves, each in the order in which they were made."""
    cancelled = {each.version for each in moves if each.move is Move.CANCEL}
    kept = [each for each in versions if each.version not in cancelled]
    live = next((each.version for each in kept if is_live(each, at)), None)
    upcoming = next((each.version for each in kept if is_upcoming(each, at)), None)
    last = kept[-1].version if kept else None
    if live is not None:
        status = Status.LIVE if upcoming is None else Status.CHANGING
    elif upcoming is not None:
        status = Status.SCHEDULED
    elif last is None:
        status = Status.NEVER_LIVE
    else:
        closing = [each.move for each in moves if each.version == last and each.move in _CLOSING]
        status = Status.PAUSED if closing and closing[-1] is Move.PAUSE else Status.ENDED
    return Standing(status, live, upcoming, last)


def draft_state(moves: Iterable[Move]) -> DraftState | None:
    """Where the newest draft stands after all moves of an offer in their order; None if there never was one."""
    state: DraftState | None = None
    for move in moves:
        if move in OF_DRAFTS:
            state = DRAFT_MOVES[state][move]
    return state
