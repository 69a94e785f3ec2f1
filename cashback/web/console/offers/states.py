"""Where an offer stands, in the words of the list: what members see of it, and what waits to be decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from cashback.offers.conditions.when import Dates
from cashback.offers.journal import History, MadeMove, Version
from cashback.offers.life import OPEN, STATUS_MOVES, DraftState, Move
from cashback.offers.life import Status as Life
from cashback.offers.terms import Terms
from cashback.web.statuses import Status

DRAFT = Status("console.offers.state.draft", "circle", "mute")
TO_APPROVE = Status("console.offers.state.to_approve", "hourglass", "warn")
BACK = Status("console.offers.state.back", "undo-2", "warn")
REJECTED = Status("console.offers.state.rejected", "ban", "mute")
CANCELLED = Status("console.offers.state.cancelled", "undo-2", "mute")
SCHEDULED = Status("console.offers.state.scheduled", "calendar-clock", "info")
LIVE = Status("console.offers.state.live", "circle-check", "pos")
PAUSED = Status("console.offers.state.paused", "pause", "warn")
ENDED = Status("console.offers.state.ended", "circle-minus", "mute")
OVER = Status("console.offers.state.over", "circle-minus", "mute")

TABS = ("draft", "to_approve", "scheduled", "live", "paused", "ended")
_CLOSING = frozenset({Move.PAUSE, Move.END, Move.STOP})
_OF_DRAFT = {DraftState.DRAFT: DRAFT, DraftState.SUBMITTED: TO_APPROVE, DraftState.CHANGES_REQUESTED: BACK}
_OF_LIFE = {
    Life.SCHEDULED: (SCHEDULED, "scheduled"),
    Life.LIVE: (LIVE, "live"),
    Life.CHANGING: (LIVE, "live"),
    Life.PAUSED: (PAUSED, "paused"),
    Life.ENDED: (ENDED, "ended"),
}


@dataclass(frozen=True, slots=True)
class Stand:
    """One offer at an instant."""

    history: History
    life: Life
    live: Version | None
    upcoming: Version | None
    last: Version | None
    draft: DraftState | None
    """Of a draft that is open."""
    days_over: bool = False
    """Whether it is live and gives nothing any more, as the last day that its terms name has passed."""

    @property
    def status(self) -> Status:
        """What it is first: to members, else as a draft."""
        if self.days_over:
            return OVER if self.upcoming is None else SCHEDULED
        if self.life is not Life.NEVER_LIVE:
            return _OF_LIFE[self.life][0]
        if self.draft is None:
            return CANCELLED if self.history.versions else REJECTED
        return _OF_DRAFT[self.draft]

    @property
    def waiting(self) -> Status | None:
        """What is to be decided or written beside what members see."""
        return None if self.draft is None or self.life is Life.NEVER_LIVE else _OF_DRAFT[self.draft]

    @property
    def tabs(self) -> frozenset[str]:
        """Under which states of the list it is found; a change of a live offer is found under both."""
        tabs = set() if self.life is Life.NEVER_LIVE else {self._tab}
        if self.draft is DraftState.SUBMITTED:
            tabs.add("to_approve")
        elif self.draft is not None:
            tabs.add("draft")
        elif not tabs:
            tabs.add("ended")
        return frozenset(tabs)

    @property
    def _tab(self) -> str:
        if self.days_over:
            return "ended" if self.upcoming is None else "scheduled"
        return _OF_LIFE[self.life][1]

    @property
    def terms(self) -> Terms:
        """What is live or to begin, else what is drafted, else what was."""
        version = self.live or self.upcoming
        if version is not None:
            return version.terms
        if self.history.draft:
            return self.history.draft[-1].terms
        return self.last.terms if self.last is not None else self.history.revisions[-1].terms

    @property
    def owner(self) -> str:
        """Who wrote it last."""
        if self.history.draft:
            return self.history.draft[-1].author
        written = [each.author for each in self.history.revisions]
        if written:
            return written[-1]
        return "" if self.last is None else self.last.author

    def may(self, move: Move) -> bool:
        """Whether what members see may be moved so."""
        return move in STATUS_MOVES[self.life]

    @property
    def stale(self) -> bool:
        """Whether what the open draft was written over is no longer what is live: it cannot be approved."""
        if not self.history.draft:
            return False
        return self.history.draft[-1].base_digest != (None if self.live is None else self.live.digest)

    @property
    def closed(self) -> MadeMove | None:
        """What took it from members: a pause, an end or a stop; None where it is not closed, or ended by itself."""
        if self.life not in (Life.PAUSED, Life.ENDED) or self.last is None:
            return None
        moves = [each for each in self.history.moves if each.version == self.last.version and each.move in _CLOSING]
        return moves[-1] if moves else None

    def did_last(self, move: Move) -> bool:
        """Whether nothing has happened since this was done."""
        history = self.history
        if move is Move.REVISE:
            return bool(history.revisions) and history.revisions[-1].revision == history.revision
        return bool(history.moves) and history.moves[-1].move is move and history.moves[-1].revision == history.revision


def stand(history: History, now: datetime, zone: tzinfo) -> Stand:
    """An offer at an instant; its days are those of a zone."""
    standing = history.standing(now)
    state = history.draft_state
    live = history.version(standing.live)
    days = None if live is None else days_of(live)
    return Stand(
        history,
        standing.status,
        live,
        history.version(standing.upcoming),
        history.version(standing.last),
        state if state in OPEN else None,
        days is not None and days.last_day is not None and days.last_day < now.astimezone(zone).date(),
    )


def days_of(version: Version) -> Dates | None:
    """The days that its terms name."""
    return next((each for each in version.terms.conditions if isinstance(each, Dates)), None)


def tally(stands: Sequence[Stand]) -> dict[str, int]:
    """How many offers stand under each state of the list."""
    return {tab: sum(1 for each in stands if tab in each.tabs) for tab in TABS}
