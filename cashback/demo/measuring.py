"""Who of the demonstration's shoppers is held out of every offer, and how much less they come for it.

Chance alone would hold out the favourite once in five demonstrations. So the ids are drawn until the product's own hash
says of each person what the demonstration wants; the product decides as it always does.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from cashback.ids import uuid7
from cashback.money import BPS
from cashback.offers.holdout import PROGRAMME, held_out
from cashback.simulator.life import Regular

SHOWN_FIRST = 3
"""The first ones have stories that need rewards."""
FEWER_VISITS = 0.72
"""Of a member who receives no offer, against the same member with them: invented, and large enough to be seen."""


def is_held(position: int, people: int, share_bps: int) -> bool:
    """Whether the person at this place is held out: every fifth where a fifth is, never the first ones or the last."""
    if share_bps <= 0 or position < SHOWN_FIRST or position == people - 1:
        return False
    return position % (BPS // share_bps) == BPS // share_bps - 1


def shopper_ids(operator_id: UUID, share_bps: int, people: Sequence[Regular]) -> dict[str, UUID]:
    """An id for everybody, by name, in the group in which they are wanted."""
    found = {}
    for position, each in enumerate(people):
        wanted = is_held(position, len(people), share_bps)
        shopper_id = uuid7(each.since)
        while held_out(operator_id, PROGRAMME, share_bps, shopper_id) is not wanted:
            shopper_id = uuid7(each.since)
        found[each.cards[0].shopper] = shopper_id
    return found


def measured(people: Sequence[Regular], share_bps: int) -> list[Regular]:
    """The same people with the habits of their group."""
    return [
        replace(each, visits_a_day=each.visits_a_day * FEWER_VISITS) if is_held(place, len(people), share_bps) else each
        for place, each in enumerate(people)
    ]
