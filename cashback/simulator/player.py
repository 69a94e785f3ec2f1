"""Plays the networks: signs each letter when it is due, posts it, and tries again as a provider does.

The signature is made over the registered URL, the request goes to the address where the product really listens. A
letter that could not be delivered when the play is stopped goes back into the agenda.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx
import structlog

from cashback.clock import Clock
from cashback.simulator.agenda import Agenda
from cashback.simulator.cast import Cast
from cashback.simulator.dialects import Letter, letters
from cashback.simulator.life import a_purchase
from issuers.adapter import as_sent
from issuers.registry import adapter

ATTEMPTS_MAX = 8
"""Providers give up after hours or days; a player that is watched gives up within a minute or two."""
BACKOFF_SECONDS = 0.5
BACKOFF_MAX_SECONDS = 15.0
RETRY_AFTER_MAX_SECONDS = 30
IN_FLIGHT_MAX = 16
POST_SECONDS_MAX = 20.0
"""How long Fidel waits for an answer."""
LOOK_SECONDS = 0.2
"""How long the player rests at most between two looks at the clock."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """What a network knows of the product: where to post, and the secret it signs with."""

    registered_url: str
    secret: bytes


@dataclass(slots=True)
class Tally:
    """What became of the letters."""

    delivered: int = 0
    tried_again: int = 0
    refused: int = 0
    """Answered with a refusal, which is not tried again."""
    given_up: int = 0
    purchases: int = 0


class Player:
    """Posts letters over HTTP. `client` has the product's address as its base URL; `rest` waits so many seconds."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        lines: Mapping[str, Line],
        clock: Clock,
        rest: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._lines = lines
        self._clock = clock
        self._rest = rest
        self.tally = Tally()

    async def deliver(self, letter: Letter) -> bool:
        """Post one letter until it is accepted, refused, or tried often enough; answers whether it was accepted."""
        for attempt in range(ATTEMPTS_MAX):
            pause = min(BACKOFF_SECONDS * 2**attempt, BACKOFF_MAX_SECONDS)
            try:
                answer = await self._post(letter)
            except httpx.TransportError:
                pass
            else:
                if answer.is_success:
                    self.tally.delivered += 1
                    return True
                if not _may_succeed_later(answer.status_code):
                    self.tally.refused += 1
                    _log.warning(
                        "simulator.refused",
                        network=letter.network,
                        webhook=letter.event,
                        status=answer.status_code,
                        answer=answer.text[:300],
                    )
                    return False
                pause = _retry_after(answer) or pause
            if attempt == ATTEMPTS_MAX - 1:
                break
            self.tally.tried_again += 1
            await self._rest(pause * random.uniform(1, 1.2))  # noqa: S311 - spreads the retries
        self.tally.given_up += 1
        return False

    async def play(self, agenda: Agenda, cast: Cast, rng: random.Random, *, purchases_per_second: float) -> None:
        """Make purchases at random moments and send every letter when it is due, until cancelled.

        At most one purchase is begun in `LOOK_SECONDS`.
        """
        sending: dict[asyncio.Task[bool], Letter] = {}
        next_purchase_at = self._clock.now()
        try:
            while True:
                now = self._clock.now()
                if now >= next_purchase_at:
                    # What was missed while the machine slept is not made up for.
                    next_purchase_at = now + timedelta(seconds=rng.expovariate(purchases_per_second))
                    if not agenda.full:
                        agenda.add(letter for happening in a_purchase(rng, cast, now) for letter in letters(happening))
                        self.tally.purchases += 1
                while len(sending) < IN_FLIGHT_MAX and (letter := agenda.take_due(now)) is not None:
                    sending[asyncio.create_task(self.deliver(letter))] = letter
                await _until_one_is_done(sending)
                for task in [task for task in sending if task.done()]:
                    del sending[task]
                    task.result()
        finally:
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)
            agenda.add(letter for task, letter in sending.items() if task.cancelled())

    async def _post(self, letter: Letter) -> httpx.Response:
        line, suffix = self._lines[letter.network], f"/{letter.event}" if letter.event else ""
        sent = as_sent(
            adapter(letter.network),
            letter.body,
            secret=line.secret,
            url=line.registered_url + suffix,
            event=letter.event or None,
            now=self._clock.now(),
        )
        path = urlsplit(line.registered_url).path + suffix
        return await self._client.post(path, content=sent.body, headers=sent.headers, timeout=POST_SECONDS_MAX)


def _may_succeed_later(status: int) -> bool:
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in (
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
    )


def _retry_after(answer: httpx.Response) -> int | None:
    """The seconds the product asks for; a date, which it never sends, counts as none."""
    asked = answer.headers.get("retry-after", "")
    return min(int(asked), RETRY_AFTER_MAX_SECONDS) if asked.isascii() and asked.isdigit() else None


async def _until_one_is_done(tasks: Iterable[asyncio.Task[bool]]) -> None:
    """Wait for any of the tasks, for `LOOK_SECONDS` at most."""
    waited_for = set(tasks)
    if waited_for:
        await asyncio.wait(waited_for, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    else:
        await asyncio.sleep(LOOK_SECONDS)
