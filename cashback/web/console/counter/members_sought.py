"""A question for a member, as it is typed: read, answered, and written into the audit log with whom it found."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from cashback.auth.addresses import fingerprint, read_address
from cashback.errors import Invalid
from cashback.ids import parse_or_none, show
from cashback.insights import search
from cashback.insights.members import CardSeen, Listed
from cashback.insights.seeking import Sought, seek
from cashback.programmes import audit_log
from cashback.web.console.frame import Call
from cashback.web.rendering import scheme_name
from cashback.web.shopper.frame import amount_of

NAMED_MAX = 20
"""Members whom one line of the log names; it counts the others."""
SEARCHED = "shopper.searched"


def read(call: Call, text: str, *, day: date | None = None, amount: str = "") -> Sought:
    """What is asked: an id, an e-mail address, the last four digits of a card, else the beginning of a reference.

    A day and an amount of a purchase narrow it, in the text or beside it. Invalid for an amount that is none.
    """
    asked = search.wanted(text)
    # Four digits among other words may be of a reference, a day or an amount standing alone is of a purchase.
    named = text if asked.last_four else asked.rest
    told = amount or asked.amount
    currency = call.programme.programme.currency
    minor = amount_of(told, call.programme.asset(currency)) if told else None
    bought = _bought(call, Sought(amount_minor=minor), day or asked.day)
    if (shopper_id := parse_or_none("shp", named)) is not None:
        return replace(bought, shopper_id=shopper_id)
    if (purchase_id := parse_or_none("pur", named)) is not None:
        return replace(bought, purchase_id=purchase_id)
    try:
        address = read_address(named)
    except Invalid:
        if asked.rest:
            return replace(bought, reference=named)
        return replace(bought, reference=asked.last_four, last_four=asked.last_four)
    return replace(bought, mark=fingerprint(call.web.doors.master, call.operator_id, address))


async def find(call: Call, sought: Sought, *, by_the_way: bool = False) -> list[UUID]:
    """Who may be meant. Who asked, by what and whom it found is written down; what was typed is not.

    `by_the_way`: of a search over everything, which asks for no member unless it finds one. Each page of an answer is
    asked for anew and has its line: a cursor is not signed, so that one comes proves no line before.
    """
    found = await seek(call.connection, call.operator_id, sought)
    if by_the_way and not found:
        return found
    detail = {"by": sought.by.value, "found": len(found), "members": [show("shp", each) for each in found[:NAMED_MAX]]}
    await audit_log.record(call.connection, call.actor, SEARCHED, show("opr", call.operator_id), detail, call.now)
    return found


def cards_told(call: Call, cards: Sequence[CardSeen]) -> tuple[str, str]:
    """Cards by scheme and ending, and since when the first of them is linked."""
    if not cards:
        return "–", ""
    names = [f"{scheme_name(each.scheme) or call.t('cards.unnamed')} •• {each.last_four or '–'}" for each in cards]
    first, formats = cards[0], call.formats
    linked = call.t("members.linked", when=formats.day(first.linked_at, call.zone))
    if first.unlinked_at is not None:
        linked += " · " + call.t("members.unlinked", when=formats.day(first.unlinked_at, call.zone))
    return ", ".join(names), linked


def cards_shown(row: Listed, sought: Sought | None) -> Sequence[CardSeen]:
    """What of a member's cards a list tells: those that end as it was asked, else those that are linked."""
    if sought is not None and sought.last_four:
        asked = [each for each in row.cards if each.last_four == sought.last_four]
        if asked:
            return asked
    return [each for each in row.cards if each.unlinked_at is None]


def _bought(call: Call, sought: Sought, day: date | None) -> Sought:
    if day is None:
        return sought
    zone = call.zone
    until = datetime.combine(day + timedelta(days=1), time(0), zone)
    return replace(sought, since=datetime.combine(day, time(0), zone), until=until)
