"""The player behaves as a provider: signs what was registered, obeys Retry-After, gives up, forgets nothing."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from players import a_card, a_cast

from cashback.clock import HeldClock, SystemClock
from cashback.simulator.agenda import Agenda
from cashback.simulator.dialects import Letter
from cashback.simulator.player import ATTEMPTS_MAX, Line, Player, Tally
from issuers.adapter import Delivery
from issuers.registry import adapter

AT = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
SECRET = b"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
LINES = {
    "sandbox": Line("http://127.0.0.1:8000/webhooks/sandbox", SECRET),
    "fidel": Line("http://127.0.0.1:8000/webhooks/fidel", b"fidel-secret"),
}
LETTER = Letter(AT, "fidel", "transaction.auth", b'{"id": "t1"}')

Answer = Callable[[httpx.Request], httpx.Response]


class Bench:
    """A player whose posts are answered here, and whose rests are written down instead of taken."""

    def __init__(self, answer: Answer) -> None:
        self.requests: list[httpx.Request] = []
        self.rests: list[float] = []
        self._answer = answer
        client = httpx.AsyncClient(transport=httpx.MockTransport(self._hear), base_url="http://127.0.0.1:9999")
        self.player = Player(client, LINES, HeldClock(AT), self._rest)

    def _hear(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer(request)

    async def _rest(self, seconds: float) -> None:
        self.rests.append(seconds)


def answers(*statuses: int, **headers: str) -> Answer:
    """These statuses, one after the other, the last one for ever."""
    left = list(statuses)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(left.pop(0) if len(left) > 1 else left[0], headers=named)


async def test_the_registered_address_is_signed_and_the_real_one_is_called() -> None:
    bench = Bench(answers(200))
    assert await bench.player.deliver(LETTER)
    (request,) = bench.requests
    assert str(request.url) == "http://127.0.0.1:9999/webhooks/fidel/transaction.auth"
    registered = "http://127.0.0.1:8000/webhooks/fidel/transaction.auth"
    delivery = Delivery(request.content, dict(request.headers), "transaction.auth", registered)
    adapter("fidel").verify(delivery, (b"fidel-secret",), AT)
    assert bench.player.tally == Tally(delivered=1)


async def test_a_network_without_event_names_posts_to_the_bare_address() -> None:
    bench = Bench(answers(202))
    assert await bench.player.deliver(Letter(AT, "sandbox", "", b'{"id": "evt_1"}'))
    assert bench.requests[0].url.path == "/webhooks/sandbox"


async def test_busy_is_tried_again_after_what_was_asked_for() -> None:
    bench = Bench(answers(503, 503, 202, retry_after="7"))
    assert await bench.player.deliver(LETTER)
    assert len(bench.requests) == 3
    assert all(7 <= seconds <= 8.4 for seconds in bench.rests)
    assert bench.player.tally == Tally(delivered=1, tried_again=2)


@pytest.mark.parametrize("asked", ["soon", "", "Wed, 21 Oct 2026 07:28:00 GMT", "0"])
async def test_an_answer_that_asks_for_nothing_usable_is_tried_again_soon(asked: str) -> None:
    bench = Bench(answers(500, 202, retry_after=asked))
    assert await bench.player.deliver(LETTER)
    assert 0.5 <= bench.rests[0] <= 0.6


@pytest.mark.parametrize("status", [400, 401, 404, 413, 422])
async def test_a_refusal_is_not_tried_again(status: int) -> None:
    bench = Bench(answers(status))
    assert not await bench.player.deliver(LETTER)
    assert len(bench.requests) == 1
    assert bench.player.tally == Tally(refused=1)


async def test_a_server_that_is_away_is_tried_ever_more_seldom_and_then_given_up() -> None:
    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    bench = Bench(away)
    assert not await bench.player.deliver(LETTER)
    assert len(bench.requests) == ATTEMPTS_MAX
    for least, rest in zip([0.5, 1, 2, 4, 8, 15, 15], bench.rests, strict=True):
        assert least <= rest <= least * 1.2
    assert bench.player.tally == Tally(tried_again=ATTEMPTS_MAX - 1, given_up=1)


async def test_what_was_not_delivered_when_the_play_stops_is_kept() -> None:
    reached = asyncio.Event()

    async def never(_: httpx.Request) -> httpx.Response:
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError("the event is never set")

    client = httpx.AsyncClient(transport=httpx.MockTransport(never), base_url="http://127.0.0.1:9999")
    player = Player(client, LINES, HeldClock(AT))
    later = Letter(AT + timedelta(hours=1), "sandbox", "", b"{}")
    agenda = Agenda([LETTER, later])
    playing = asyncio.create_task(player.play(agenda, a_cast(a_card()), random.Random(1), purchases_per_second=0.001))
    await reached.wait()
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    kept = [agenda.take_due(AT + timedelta(days=60)) for _ in range(len(agenda))]
    assert LETTER in kept
    assert later in kept
    assert player.tally.delivered == 0


async def test_playing_makes_purchases_and_sends_them() -> None:
    heard = asyncio.Event()

    def hear(_: httpx.Request) -> httpx.Response:
        heard.set()
        return httpx.Response(202)

    client = httpx.AsyncClient(transport=httpx.MockTransport(hear), base_url="http://127.0.0.1:9999")
    player, agenda = Player(client, LINES, SystemClock()), Agenda()
    playing = asyncio.create_task(player.play(agenda, a_cast(), random.Random(1), purchases_per_second=1_000))
    await heard.wait()
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    assert player.tally.purchases > 0
    assert len(agenda) > 0, "clearings are due later"
