"""Answers that a shopper got when they asked for instalments, and whether people looked at them again."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cashback.decisions import own_reviews, storage
from cashback.decisions.schemas import Decided, Review, ReviewState
from cashback.paging import Cut, listing
from cashback.web.shopper.frame import Visit
from cashback.web.statuses import Status

SHOWN = 20
_OUTCOMES = {
    "eligible": Status("score.outcome.eligible", "circle-check", "pos"),
    "counter_offer": Status("score.outcome.counter_offer", "arrow-right", "info"),
    "insufficient_history": Status("score.outcome.insufficient_history", "hourglass", "mute"),
    "refused": Status("score.outcome.refused", "ban", "mute"),
}
_REVIEWS = {
    ReviewState.OPEN: "answer.contested",
    ReviewState.WAITING: "answer.contested",
    ReviewState.UPHELD: "answer.upheld",
    ReviewState.OVERTURNED: "answer.overturned",
}


@dataclass(frozen=True, slots=True)
class AnswerView:
    """One answer."""

    decided: Decided
    shop: str
    status: Status
    review: Review | None
    contested: str
    """A key of the messages; empty where nobody looked again."""


async def answers_of(visit: Visit) -> tuple[list[AnswerView], Cut]:
    """A page of them, the newest first, and whether there are more."""
    asked, place = visit.paging(SHOWN), listing("answers", shopper=visit.shopper_id)
    after = asked.after(place, datetime, UUID)
    read = await storage.of_shopper(visit.connection, visit.shopper_id, asked.wanted, after)
    found, cut = asked.cut(place, read, lambda each: (each.decided_at, each.id))
    reviews = await own_reviews.of_decisions(visit.connection, visit.shopper_id, [each.id for each in found])
    shops = visit.snapshot.shops.shops
    return [
        AnswerView(
            decided=each,
            shop=shops[each.shop_id].name if each.shop_id in shops else "",
            status=_OUTCOMES[each.outcome],
            review=(review := reviews.get(each.id)),
            contested="" if review is None else _REVIEWS[review.state],
        )
        for each in found
    ], cut
