"""How often the API may be asked: by each key, and how often an address may guess one.

What is left is told as `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers, as structured fields).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cashback.actors import Actor
from cashback.api.problems import Problem, TurnedAway, waiting_seconds
from cashback.limits import Decision, Rate, RateLimiter

PERIOD = timedelta(minutes=1)
GUESSES = Rate(60, PERIOD)
"""Requests of one address without a key that is known."""


@dataclass(frozen=True, slots=True)
class Rates:
    """The buckets of one installation."""

    limiter: RateLimiter
    by_key: Rate

    async def count_guess(self, address: str, now: datetime) -> None:
        """One more request without a known key. TurnedAway (429) when there were too many.

        A known key is never held up by it: strangers may share its address, behind a proxy or at a provider.
        """
        decision = await self.limiter.allow(f"api:guess:{address}", 1, GUESSES, now)
        if not decision.allowed:
            raise _too_many("guesses", decision, "too many requests without a key that is known")

    async def take(self, caller: Actor, now: datetime) -> Mapping[str, str]:
        """Count one request; the headers that say what is left. TurnedAway (429) when nothing is.

        Where a known key comes from is not counted: behind a proxy it would hold up everybody else's.
        """
        name = f"api:key:{caller.operator_id}:{caller.name}"
        decision = await self.limiter.allow(name, 1, self.by_key, now)
        if not decision.allowed:
            raise _too_many("key", decision, "too many requests with this key")
        return _told("key", decision)


def _told(policy: str, decision: Decision) -> dict[str, str]:
    seconds = math.ceil(decision.reset.total_seconds())
    return {
        "ratelimit-policy": f'"{policy}";q={decision.limit};w={int(PERIOD.total_seconds())}',
        "ratelimit": f'"{policy}";r={decision.remaining};t={seconds}',
    }


def _too_many(policy: str, decision: Decision, detail: str) -> TurnedAway:
    wait = waiting_seconds(decision.retry_after)
    problem = Problem(429, "too_many", f"{detail}: ask again in {wait} s")
    return TurnedAway(problem, {**_told(policy, decision), "retry-after": str(wait)})
