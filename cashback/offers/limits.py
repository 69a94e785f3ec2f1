"""Limits: how often and how much an offer gives, to whom, in which period.

A limit of one shopper is part of the pure function: it counts what the shopper's other purchases were granted, in the
order of their time. A limit across shoppers is a quota: it is asked for a grant, and the grant is an input.
"""

from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from cashback.offers.amounts import AMOUNT_MAX
from cashback.offers.kinds import Surroundings
from cashback.offers.periods import Period
from cashback.offers.schemas import Draw, Grant, Spend
from cashback.offers.words import Word

LIMITS_MAX = 12
TOTAL = "total"
"""The bucket of an offer's budget."""


class Measure(Word):
    """What is counted."""

    TIMES = "times"
    """Purchases that were rewarded."""
    AMOUNT = "amount"
    """What they were given, in the reward's asset."""


class Per(Word):
    """For whom it is counted."""

    SHOPPER = "shopper"
    CARD = "card"
    SHOPPER_AND_SHOP = "shopper_and_shop"
    """Each shopper at each shop."""
    SHOP = "shop"
    """All shoppers together, at each shop."""
    OFFER = "offer"
    """All shoppers together."""

    @property
    def shared(self) -> bool:
        """Whether shoppers share it: then it is a quota."""
        return self in (Per.SHOP, Per.OFFER)


class Over(Word):
    """What happens to a reward of which only a part is left."""

    REDUCE = "reduce"
    """The part is given."""
    REFUSE = "refuse"
    """Nothing is given."""


class Limit(BaseModel):
    """At most so many times, or so much, for each of these in each period of the centre's clock."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measure: Measure
    at_most: Annotated[
        int,
        Field(gt=0, le=AMOUNT_MAX),
        WithJsonSchema(
            {
                "type": ["string", "integer"],
                "pattern": r"^[0-9]+(\.[0-9]+)?$",
                "description": "Times, or units of the reward's asset (money in major units); more than zero.",
            }
        ),
    ]
    per: Per
    period: Period = Period.LIFE
    over: Over = Over.REDUCE

    @property
    def code(self) -> str:
        """Names what is counted, the same in every version of an offer."""
        return f"{self.measure}:{self.per}:{self.period}"


class Count(NamedTuple):
    """One thing that an offer's rewards to a shopper are counted by."""

    measure: Measure
    per: Per
    period: Period

    def key(self, spend: Spend, around: Surroundings) -> tuple[object, ...]:
        """What purchases that are counted together share."""
        who: UUID | None = None
        if self.per is Per.CARD:
            who = spend.card_id
        elif self.per is Per.SHOPPER_AND_SHOP:
            who = spend.shop_id
        return self.measure, self.per, who, self.period.key(spend.purchased_at, around.zone(spend.centre_id))


def count_of(limit: Limit) -> Count:
    """What a limit counts."""
    return Count(limit.measure, limit.per, limit.period)


def draw(limit: Limit, spend: Spend, around: Surroundings) -> Draw:
    """The quota that a shared limit is for one purchase."""
    period = limit.period.key(spend.purchased_at, around.zone(spend.centre_id))
    shop = "" if limit.per is Per.OFFER or spend.shop_id is None else spend.shop_id.hex
    times = limit.measure is Measure.TIMES
    return Draw(f"{limit.code}:{shop}:{period}", limit.at_most, times, whole=limit.over is Over.REFUSE)


def drawn(grant: Grant) -> dict[str, int]:
    """How much a grant takes of each of its quotas: what was granted, or one of those that count times."""
    once = 1 if grant.granted else 0
    return {bucket: once if bucket.startswith(f"{Measure.TIMES}:") else grant.granted for bucket in grant.buckets}
