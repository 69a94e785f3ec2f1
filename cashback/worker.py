"""The worker: works every lane of every operator, and lets time pass. Any number of them may run, anywhere.

Two batches are worked side by side, so that one is decided in Python while the other is written by PostgreSQL. A worker
never dies of a failure: a passing one is tried again, another one is logged and the next round begins.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.auth.forgetting import forget_sign_in
from cashback.auth.mail import Sender, send_due
from cashback.books.sealed import SEALED
from cashback.books.service import BLOCK_ROWS_MAX, seal_next
from cashback.books.signing import sign
from cashback.clock import Clock
from cashback.collecting.calling import Collector
from cashback.collecting.rails import ChargeRails
from cashback.collecting.rounds import CHARGE_RAILS, collect_due
from cashback.courier.rounds import Courier, forget_messages
from cashback.db.engine import directory, transaction
from cashback.decisions.retention import upkeep
from cashback.erasure.service import sweep
from cashback.errors import NoProgramme
from cashback.feeds.polling import Clients, poll_due, spoken
from cashback.instalments.counted import keep_if_due as keep_book_if_due
from cashback.instalments.passing import pass_days
from cashback.instalments.storage import are_offered as plans_are_offered
from cashback.letters import write_letters
from cashback.live import Live, LocalLive
from cashback.payouts.paying import RAILS, pay_due
from cashback.payouts.rails import Rails
from cashback.pipeline import Road, pass_time, process_next, rematch, settle_claims
from cashback.placing import find_places
from cashback.runtime import COLLECTED_AFTER
from cashback.upkeep import (
    forget_raw_messages,
    forget_requests,
    keep_figures,
    keep_funders_day,
    prove_domains_again,
    watch_funds,
)
from cashback.wakeups import Wakeups
from cashback.welcoming.domains import DnsResolver, Resolver
from webhooks.egress import Egress

PUMPS = 2
"""Batches worked side by side in one process."""
IDLE_SECONDS = 0.05
"""How long a pump waits for a bell before it looks by itself."""
UPKEEP_SECONDS = 3600.0
"""How often raw messages that are old enough are forgotten, heads of chains are signed if this day's are not, and own
domains proved again whose day is over."""
SEAL_SECONDS = 2.0
"""How often what was written is sealed: a row has its seal within five seconds of its commit."""
TICK_SECONDS = 1.0
"""How often time is let pass."""
CLAIMS_SECONDS = 5.0
"""How often open claims are compared with what was told since: a look at 2,000 of them takes some 50 ms."""
FUNDS_SECONDS = 5.0
"""How often what prepaid funders have left is looked at."""
FIGURES_SECONDS = 30.0
"""How often the console's figures are brought up to date with what changed."""
POLL_SECONDS = 2.0
"""How often bank accounts that are due are looked for."""
PLANS_SECONDS = 60.0
"""How often plans are brought up to the day it is."""
DELIVER_SECONDS = 0.5
"""How often events are handed out, and endpoints looked for that have something due."""
MAIL_SECONDS = 5.0
"""How often letters are looked for that nobody has sent."""
MAIL_LEFT = timedelta(seconds=15)
"""A letter that waits for so long was left: the process that wrote it sends it at once."""
PAY_SECONDS = 2.0
"""How often payouts that are due are looked for."""
COLLECT_SECONDS = 2.0
"""How often instalments that are due are looked for, and charges that are stuck."""
OPERATORS_SECONDS = 2.0
"""How often the list of operators is read again."""
BACKOFF_MAX_SECONDS = 5.0

_log = structlog.get_logger(__name__)

_OPERATORS = "SELECT operator_id FROM operators ORDER BY operator_id"


class Worker:
    """Works until it is told to stop; a batch in progress is finished first."""

    def __init__(
        self,
        engine: AsyncEngine,
        road: Road,
        clock: Clock,
        wakeups: Wakeups,
        banks: Clients | None = None,
        egress: Egress | None = None,
        rails: Rails = RAILS,
        charge_rails: ChargeRails = CHARGE_RAILS,
        sender: Sender | None = None,
        live: Live | None = None,
        public_url: str = "",
        resolver: Resolver | None = None,
    ) -> None:
        """`banks` makes the clients of bank feeds, `egress` sends events, `rails` pay and `charge_rails` charge; else
        the real ones do.

        `sender` carries letters, and those that the process they were written in did not; without one they stay and
        none of notices are written, which lead to `public_url`. `live` is told whenever something changed that pages
        may show. `resolver` asks the DNS about own domains.
        """
        self._engine = engine
        self._road = road
        self._clock = clock
        self._wakeups = wakeups
        self._banks = banks or Clients()
        self._courier = Courier(engine, road.keyring, clock, (egress or Egress()).post)
        self._rails = rails
        self._collector = Collector(engine, road, charge_rails)
        self._sender = sender
        self._live = live or LocalLive()
        self._public_url = public_url
        self._resolver = resolver or DnsResolver()
        self._operators: list[UUID] = []

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        gc.set_threshold(*COLLECTED_AFTER)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._forever(stop, self._read_operators, OPERATORS_SECONDS))
            group.create_task(self._forever(stop, self._tick, TICK_SECONDS))
            group.create_task(self._forever(stop, self._place, TICK_SECONDS))
            group.create_task(self._forever(stop, self._forget, UPKEEP_SECONDS))
            group.create_task(self._forever(stop, self._prove_domains, UPKEEP_SECONDS))
            group.create_task(self._forever(stop, self._poll, POLL_SECONDS))
            group.create_task(self._forever(stop, self._settle_claims, CLAIMS_SECONDS))
            group.create_task(self._forever(stop, self._pay, PAY_SECONDS))
            group.create_task(self._forever(stop, self._pass_days, PLANS_SECONDS))
            group.create_task(self._forever(stop, self._collect, COLLECT_SECONDS))
            group.create_task(self._forever(stop, self._watch_funds, FUNDS_SECONDS))
            group.create_task(self._forever(stop, self._keep_figures, FIGURES_SECONDS))
            group.create_task(self._forever(stop, self._seal, SEAL_SECONDS))
            group.create_task(self._forever(stop, self._sign, UPKEEP_SECONDS))
            group.create_task(self._forever(stop, self._deliver, DELIVER_SECONDS))
            group.create_task(self._forever(stop, self._send_mail, MAIL_SECONDS))
            for _ in range(PUMPS):
                group.create_task(self._forever(stop, self._pump, 0))
        await self._courier.close()

    async def _forever(self, stop: asyncio.Event, step: Callable[[], Awaitable[None]], pause_seconds: float) -> None:
        backoff = 0.05
        while not stop.is_set():
            try:
                await step()
                backoff = 0.05
            except (DBAPIError, OSError) as error:
                _log.warning("worker.retrying", step=step.__name__, error=str(error)[:300], seconds=backoff)
                await asyncio.sleep(backoff)
                backoff = min(backoff * 2, BACKOFF_MAX_SECONDS)
            except Exception:
                _log.exception("worker.failed", step=step.__name__)
                await asyncio.sleep(TICK_SECONDS)
            if pause_seconds:
                await _pause(stop, pause_seconds)

    async def _read_operators(self) -> None:
        async with directory(self._engine) as connection:
            rows = await connection.exec_driver_sql(_OPERATORS)
            self._operators = [operator_id for (operator_id,) in rows]

    async def _pump(self) -> None:
        worked = 0
        for operator_id in self._operators:
            with suppress(NoProgramme):
                done = sum((await process_next(self._engine, self._road, operator_id, self._clock.now())).values())
                if done:
                    await self._live.tell(operator_id)
                worked += done
        if not worked:
            await self._wakeups.wait(IDLE_SECONDS)

    async def _tick(self) -> None:
        for operator_id in self._operators:
            with suppress(NoProgramme):
                while await pass_time(self._engine, self._road, operator_id, self._clock.now()):
                    await self._live.tell(operator_id)
                while await rematch(self._engine, self._road, operator_id, self._clock.now()):
                    await self._live.tell(operator_id)

    async def _settle_claims(self) -> None:
        await self._read_operators()
        for operator_id in self._operators:
            with suppress(NoProgramme):
                while await settle_claims(self._engine, self._road, operator_id, self._clock.now()):
                    await self._live.tell(operator_id)

    async def _pass_days(self) -> None:
        await self._read_operators()
        for operator_id in self._operators:
            changed = True
            while changed:
                async with transaction(self._engine, operator_id) as connection:
                    changed = bool(await pass_days(connection, operator_id, self._clock.now()))
            async with transaction(self._engine, operator_id) as connection:
                if await plans_are_offered(connection, operator_id):
                    await keep_book_if_due(connection, operator_id, self._clock.now())

    async def _watch_funds(self) -> None:
        for operator_id in self._operators:
            with suppress(NoProgramme):
                await keep_funders_day(self._engine, operator_id, self._clock.now())
                for account in await watch_funds(self._engine, self._road, operator_id, self._clock):
                    _log.info("worker.funding_changed", account=account)

    async def _keep_figures(self) -> None:
        await self._read_operators()
        for operator_id in self._operators:
            with suppress(NoProgramme):
                await keep_figures(self._engine, self._road, operator_id, self._clock.now())

    async def _deliver(self) -> None:
        await self._courier.begin_round(self._operators)

    async def _send_mail(self) -> None:
        if self._sender is None:
            return
        for operator_id in self._operators:
            now, master = self._clock.now(), self._road.keyring.master
            with suppress(NoProgramme):
                if await write_letters(self._engine, master, operator_id, self._public_url, now):
                    await send_due(self._engine, operator_id, master, self._sender, self._clock)
            await send_due(self._engine, operator_id, master, self._sender, self._clock, left=MAIL_LEFT)

    async def _poll(self) -> None:
        for operator_id in self._operators:
            tally = await poll_due(self._engine, self._road.keyring, operator_id, self._banks, self._clock.now())
            if tally.taken:
                _log.info("worker.polled", **spoken(tally))

    async def _pay(self) -> None:
        for operator_id in self._operators:
            with suppress(NoProgramme):
                paid = await pay_due(self._engine, self._road.keyring, operator_id, self._rails, self._clock.now())
                if paid:
                    await self._live.tell(operator_id)
                    _log.info("worker.paid", **paid)

    async def _collect(self) -> None:
        for operator_id in self._operators:
            with suppress(NoProgramme):
                collected = await collect_due(self._collector, operator_id, self._clock.now())
                if collected:
                    await self._live.tell(operator_id)
                    _log.info("worker.collected", **collected)

    async def _place(self) -> None:
        for operator_id in self._operators:
            with suppress(NoProgramme):
                while await find_places(
                    self._engine, self._road.snapshots, self._road.matchers, operator_id, self._clock.now()
                ):
                    pass

    async def _seal(self) -> None:
        for operator_id in self._operators:
            for sealed in SEALED:
                rows = BLOCK_ROWS_MAX
                # A block that is far from full was the last: what came meanwhile waits for more to come.
                while rows > BLOCK_ROWS_MAX // 2:
                    async with transaction(self._engine, operator_id) as connection:
                        rows = await seal_next(connection, operator_id, sealed, self._clock.now())

    async def _sign(self) -> None:
        await self._read_operators()
        for operator_id in self._operators:
            async with transaction(self._engine, operator_id) as connection:
                await sign(connection, operator_id, self._road.keyring.master, self._clock.now(), daily=True)

    async def _prove_domains(self) -> None:
        await self._read_operators()
        for operator_id in self._operators:
            for domain in await prove_domains_again(self._engine, self._resolver, operator_id, self._clock):
                _log.warning("worker.domain_lapsed", domain=domain)

    async def _forget(self) -> None:
        await self._read_operators()
        for operator_id in self._operators:
            await forget_raw_messages(self._engine, self._road, operator_id, self._clock.now())
            await forget_messages(self._engine, self._clock, operator_id)
            with suppress(NoProgramme):
                async with transaction(self._engine, operator_id) as connection:
                    snapshot = await self._road.snapshots.current(connection, operator_id)
                    await upkeep(connection, snapshot, self._clock.now())
            with suppress(NoProgramme):
                await sweep(self._engine, operator_id, self._clock.now())
            await forget_sign_in(self._engine, operator_id, self._clock.now())
            await forget_requests(self._engine, operator_id, self._clock.now())


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
