"""Whose statement: one card, links of two shoppers, and every kind of message at every moment."""

from datetime import timedelta
from uuid import UUID

import pytest
from statements import DAY, NOON

from cashback.purchases.claims import Known, claim
from cashback.purchases.schemas import LinkInterval
from issuers.events import CardEvent, EventKind, TimeBasis

ANNA, BEN = UUID(int=1), UUID(int=2)
NAMES = {ANNA: "anna", BEN: "ben"}
AUTH, CLEAR, REFUND, DECLINE = EventKind.AUTHORIZATION, EventKind.CLEARING, EventKind.REFUND, EventKind.DECLINE


def a_link(shopper_id: UUID, begin: float, end: float | None = None) -> LinkInterval:
    return LinkInterval(UUID(int=9), shopper_id, NOON + begin * DAY, None if end is None else NOON + end * DAY)


def an_event(kind: EventKind, day: float, made_on: float | None = None) -> CardEvent:
    at = NOON + day * DAY
    return CardEvent(
        kind=kind,
        card_token="card",
        fact_ref="fact",
        revision=0,
        purchase_ref="p",
        occurred_at=at,
        occurred_until=at,
        time_basis=TimeBasis.INSTANT,
        purchase_at=None if made_on is None else NOON + made_on * DAY,
    )


def known(begun_on: float | None = None, *holders: UUID) -> Known:
    return Known(None if begun_on is None else NOON + begun_on * DAY, set(holders))


OPEN = [a_link(ANNA, 0)]
ENDED = [a_link(ANNA, 0, 4)]
HANDED_OVER = [a_link(ANNA, 0, 4), a_link(BEN, 5)]
AGAIN = [a_link(ANNA, 0, 4), a_link(ANNA, 6)]


@pytest.mark.parametrize(
    ("event", "links", "before", "keepers", "waits"),
    [
        (an_event(AUTH, 1), [], known(), "", True),
        (an_event(AUTH, 0), OPEN, known(), "anna", False),
        (an_event(AUTH, -31), OPEN, known(), "anna", False),
        (an_event(AUTH, -31.1), OPEN, known(), "", True),
        (an_event(DECLINE, -1), OPEN, known(), "", True),
        (an_event(DECLINE, 1), OPEN, known(), "anna", False),
        (an_event(CLEAR, -1), OPEN, known(), "", True),
        (an_event(CLEAR, 3), OPEN, known(), "anna", False),
        (an_event(CLEAR, 3, made_on=-2), OPEN, known(), "anna", False),
        (an_event(REFUND, 3), OPEN, known(), "anna", False),
        (an_event(AUTH, 3.9), ENDED, known(), "anna", False),
        (an_event(AUTH, 4), ENDED, known(), "", True),
        (an_event(AUTH, 4), ENDED, known(None, ANNA), "anna", True),
        (an_event(CLEAR, 3), ENDED, known(), "anna", False),
        (an_event(CLEAR, 6), ENDED, known(), "anna", True),
        (an_event(CLEAR, 6), ENDED, known(3, ANNA), "anna", False),
        (an_event(CLEAR, 6), ENDED, known(5), "anna", True),
        (an_event(CLEAR, 6, made_on=3), ENDED, known(), "anna", False),
        (an_event(AUTH, 3), HANDED_OVER, known(), "anna", False),
        (an_event(AUTH, 3), HANDED_OVER, known(None, BEN), "anna ben", False),
        (an_event(AUTH, 4.5), HANDED_OVER, known(), "ben", False),
        (an_event(AUTH, 6), HANDED_OVER, known(), "ben", False),
        (an_event(CLEAR, 7), HANDED_OVER, known(), "anna ben", False),
        (an_event(CLEAR, 7), HANDED_OVER, known(3, ANNA), "anna", False),
        (an_event(CLEAR, 7), HANDED_OVER, known(6, BEN), "ben", False),
        (an_event(CLEAR, 7, made_on=3), HANDED_OVER, known(), "anna", False),
        (an_event(REFUND, 9), HANDED_OVER, known(3, ANNA), "anna", False),
        (an_event(AUTH, 5), AGAIN, known(), "anna", False),
        (an_event(CLEAR, 5), AGAIN, known(), "anna", True),
    ],
)
def test_who_keeps_a_statement_and_whether_it_waits(
    event: CardEvent, links: list[LinkInterval], before: Known, keepers: str, waits: bool
) -> None:
    claimed = claim(event, links, before)
    assert " ".join(sorted(NAMES[shopper_id] for shopper_id in claimed.cards)) == keepers
    assert claimed.waits is waits


def test_an_authorization_tells_when_the_purchase_began_whichever_came_first() -> None:
    learned = Known()
    for event in (an_event(CLEAR, 1), an_event(AUTH, 3), an_event(AUTH, 5, made_on=2), an_event(REFUND, 0)):
        learned.learn(event)
    assert learned.begun_at == NOON + timedelta(days=2)
