"""What happened to an offer, line by line: drafts, moves, who and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from cashback.offers.journal import History
from cashback.offers.life import DEEDS
from cashback.web.console.frame import Call
from cashback.web.console.people import people_of

SHOWN_MAX = 60


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of the story."""

    revision: int
    what: str
    who: str
    when: str
    reason: str
    changes: Sequence[str]


async def story_of(call: Call, history: History) -> list[Deed]:
    """The newest first."""
    people = await people_of(
        call, [*(each.author for each in history.revisions), *(each.actor for each in history.moves)]
    )
    moment, zone, t = call.formats.moment, call.zone, call.t
    told = [
        Deed(
            each.revision,
            t("console.offers.did.drafted"),
            people(each.author),
            moment(each.written_at, zone),
            "",
            each.changes,
        )
        for each in history.revisions
    ]
    told += [
        Deed(
            each.revision,
            t(f"console.offers.did.{DEEDS[each.move]}"),
            people(each.actor),
            moment(each.at, zone),
            each.reason or "",
            (),
        )
        for each in history.moves
    ]
    return sorted(told, key=lambda each: -each.revision)[:SHOWN_MAX]
