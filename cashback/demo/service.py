"""Runs the demonstration: database, past, product, shoppers; and ends them in the opposite order."""

import asyncio
import contextlib
import fcntl
import random
import shlex
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import httpx
import uvloop
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.clock import SystemClock
from cashback.db.embedded import EmbeddedPostgres
from cashback.db.engine import open_engine, transaction
from cashback.demo import children
from cashback.demo.children import Child
from cashback.demo.database import address_of, being_filled, database_name, exists, upgrade
from cashback.demo.keys import Keys, keep_keys, write_privately
from cashback.demo.screen import Screen
from cashback.demo.seeding import SLUG, Plan, seed
from cashback.errors import Conflict, Invalid, NotFound
from cashback.insights.doors import ShopperDoor, read_shopper_doors
from cashback.insights.house import Houses
from cashback.programmes.connections import load_connections
from cashback.programmes.operators import find_operator
from cashback.settings import driver_url
from cashback.simulator.agenda import Agenda
from cashback.simulator.cast import Cast, load_cast
from cashback.simulator.player import Line, Player, Tally
from webhooks.sealing import KeyRing

PURCHASES_PER_SECOND = 1.5
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
PORTS_TRIED = 20
READY_SECONDS = 60.0
WATCH_SECONDS = 0.5
DATABASE_WATCH_SECONDS = 5.0
TITLE = "Les Terrasses du Canal, a demonstration"


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that was decided before the product starts."""

    folder: Path
    url: str
    """Of the product, as browsers and networks reach it."""
    port: int
    environment: Mapping[str, str]
    """Settings of the product's processes."""
    database_url: str
    keys: Keys
    screen: Screen

    @property
    def agenda_path(self) -> Path:
        """Where letters wait between two runs."""
        return self.folder / f"unsent-{self.keys.fingerprint}.jsonl"


def demonstrate(folder: Path, port: int, environment: Mapping[str, str], plan: Plan | None = None) -> None:
    """Run until Ctrl-C or SIGTERM. `plan` says how much past the first start makes; later starts keep what is there.

    Must be called from the main thread, which the embedded database is tied to. Raises ProductError, with a sentence,
    when something cannot be started or has ended by itself.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    screen = Screen()
    with _terminable(), _alone(folder):
        try:
            _run(folder, port, environment, plan or Plan(), screen)
        except (KeyboardInterrupt, asyncio.CancelledError):
            screen.still()
            screen.blank()
            screen.line("stopped", f"the data stays in {_shown(folder)}")


def _run(folder: Path, port: int, environment: Mapping[str, str], plan: Plan, screen: Screen) -> None:
    screen.title(TITLE)
    keys = keep_keys(folder / "keys")
    with contextlib.ExitStack() as stack:
        server: EmbeddedPostgres | None = None
        given = environment.get("DATABASE_URL")
        if given:
            server_url = driver_url(given)
            screen.line("database", "on the server of DATABASE_URL")
        else:
            began = time.monotonic()
            server = stack.enter_context(EmbeddedPostgres(folder / "postgres"))
            server_url = server.url()
            screen.line("database", f"PostgreSQL in {_shown(folder / 'postgres')}, {time.monotonic() - began:.1f} s")
        chosen = _free_port(port)
        if chosen != port:
            screen.trouble(
                f"port {port} is taken, so this is {chosen} (choose one: make run ARGS='--port {port + 80}')"
            )
        url = f"http://127.0.0.1:{chosen}"
        database_url = address_of(server_url, database_name(keys.fingerprint))
        settings = _settings(environment, keys, database_url, url)
        stage = Stage(folder, url, chosen, {**environment, **settings}, database_url, keys, screen)
        write_privately(folder / "environment", "".join(f"{k}={shlex.quote(v)}\n" for k, v in settings.items()))
        uvloop.run(_perform(stage, server, server_url, plan))


async def _perform(stage: Stage, server: EmbeddedPostgres | None, server_url: str, plan: Plan) -> None:
    """From here on a signal cancels this task; what is open then is closed on the way out."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def stop() -> None:
        # Once only: a second Ctrl-C must not interrupt what closes things.
        for each in STOP_SIGNALS:
            loop.add_signal_handler(each, lambda: None)
        task.cancel()

    for each in STOP_SIGNALS:
        loop.add_signal_handler(each, stop)
    name = database_name(stage.keys.fingerprint)
    if await exists(server_url, name):
        await upgrade(server_url, name)
    else:
        await _fill(stage, server_url, name, plan)
    engine = open_engine(stage.database_url, pool_size=2)
    try:
        async with _product(stage) as processes:
            await _play(stage, engine, processes, server)
    finally:
        await engine.dispose()


async def _fill(stage: Stage, server_url: str, name: str, plan: Plan) -> None:
    began = time.monotonic()
    now = SystemClock().now()
    try:
        async with being_filled(server_url, name) as (engine, owner):
            with stage.screen.days("history", plan.days) as days:
                seeded = await seed(engine, owner, KeyRing(stage.keys.master), plan, now, stage.url, days.told)
            Agenda(seeded.unsent).save(stage.agenda_path)
    except asyncio.CancelledError:
        stage.screen.line("history", "not finished; the next start begins it afresh")
        raise
    size = f"{plan.shoppers:,} shoppers, {plan.days} days, {seeded.purchases:,} purchases"
    stage.screen.line("history", f"{size}, {time.monotonic() - began:.0f} s")


@asynccontextmanager
async def _product(stage: Stage) -> AsyncIterator[list[Child]]:
    """The server and the worker, ready; ended when the block ends."""
    logs = stage.folder / "logs"
    processes: list[Child] = []
    try:
        arguments = ["serve", "--port", str(stage.port)]
        processes.append(children.start("server", arguments, stage.environment, logs / "server.log"))
        processes.append(children.start("worker", ["worker"], stage.environment, logs / "worker.log"))
        await _ready(stage.url, processes)
        yield processes
    finally:
        stage.screen.still()
        children.end(processes)


async def _ready(url: str, processes: list[Child]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        while True:
            for child in processes:
                child.check()
            with contextlib.suppress(httpx.TransportError):
                if (await client.get("/healthz", timeout=5)).is_success:
                    return
            if time.monotonic() > deadline:
                raise NotFound(f"the server does not answer on {url} after {READY_SECONDS:.0f} s; see its log")
            await asyncio.sleep(0.1)


async def _play(stage: Stage, engine: AsyncEngine, processes: list[Child], server: EmbeddedPostgres | None) -> None:
    """Say where to look, then play until cancelled; what is not sent yet is kept for the next start."""
    clock = SystemClock()
    cast, first, lines = await _scene(engine, stage.keys, clock)
    _invite(stage, first)
    agenda = Agenda.load(stage.agenda_path)
    async with httpx.AsyncClient(base_url=stage.url, trust_env=False) as client:
        player = Player(client, lines, clock)
        rng = random.Random()  # noqa: S311 - a game of chance, not a secret
        playing = asyncio.create_task(player.play(agenda, cast, rng, purchases_per_second=PURCHASES_PER_SECOND))
        try:
            await _watch(playing, processes, server, player.tally, stage.screen)
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
            agenda.save(stage.agenda_path)


async def _watch(
    playing: asyncio.Task[None], processes: list[Child], server: EmbeddedPostgres | None, tally: Tally, screen: Screen
) -> None:
    """Raise when anything has ended by itself; a database that was killed is started again."""
    looked_at = time.monotonic()
    while not playing.done():
        for child in processes:
            child.check()
        if server is not None and time.monotonic() - looked_at > DATABASE_WATCH_SECONDS:
            server.start()
            looked_at = time.monotonic()
        screen.playing(tally)
        await asyncio.sleep(WATCH_SECONDS)
    playing.result()


async def _scene(engine: AsyncEngine, keys: Keys, clock: SystemClock) -> tuple[Cast, ShopperDoor, dict[str, Line]]:
    """Who plays, whose wallet is shown first, and what the networks know of us."""
    operator_id = await find_operator(engine, SLUG)
    if operator_id is None:
        raise NotFound(f"the demonstration's database has no operator {SLUG!r}; make reset, and begin afresh")
    async with transaction(engine, operator_id) as connection:
        doors = await read_shopper_doors(connection, await Houses().current(connection, operator_id))
        first = doors[0]
        # Who has bought nothing yet goes on like that: the start page shows such a wallet too.
        resting = [door.shopper_id for door in doors if not door.purchases]
        cast = await load_cast(connection, operator_id, clock.now(), favourite=first.shopper_id, resting=resting)
    connections = (await load_connections(engine, KeyRing(keys.master).master)).values()
    lines = {each.provider: Line(each.registered_url, each.secrets[0]) for each in connections}
    return cast, first, lines


def _invite(stage: Stage, first: ShopperDoor) -> None:
    screen, folder = stage.screen, shlex.quote(_shown(stage.folder))
    screen.blank()
    screen.line("open", f"[bold]{stage.url}/[/bold]")
    screen.line("", f"a shopper's wallet: begin with {first.name}, whose cards are used every few seconds")
    screen.line("", "the operator's console: every purchase live, and why it earned what it earned")
    screen.line("webhooks", "signed by two card networks, posted to this address; some late, repeated, out of order")
    screen.line("prove", f"set -a; . {folder}/environment; .venv/bin/cashback audit --operator {SLUG}")
    screen.line("stop", f"Ctrl-C; the data stays in {_shown(stage.folder)}")
    screen.blank()


def _settings(environment: Mapping[str, str], keys: Keys, database_url: str, url: str) -> dict[str, str]:
    settings = {
        "CASHBACK_MODE": "demo",
        "CASHBACK_ROLE_LINKS": "1",
        "CASHBACK_LOOPBACK_WEBHOOKS": environment.get("CASHBACK_LOOPBACK_WEBHOOKS", "1"),
        "CASHBACK_PUBLIC_URL": url,
        "DATABASE_URL": database_url,
        "OWNER_DATABASE_URL": database_url,
        **keys.texts,
    }
    redis = environment.get("REDIS_URL")
    return settings | {"REDIS_URL": redis} if redis else settings


def _free_port(port: int) -> int:
    """The port, or the next one that nobody listens on."""
    for candidate in range(port, min(port + PORTS_TRIED, 65_536)):
        with socket.socket() as probe:
            # As the server binds it: connections of an earlier run that linger are no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return candidate
    raise Invalid(f"ports {port} to {port + PORTS_TRIED - 1} are taken; choose another: make run ARGS='--port 8500'")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One demonstration in a folder at a time."""
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                f"a demonstration is already running in {_shown(folder)}; stop it, or choose another: "
                "make run ARGS='--folder /tmp/another --port 8010'"
            ) from None
        yield


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM ends the demonstration as Ctrl-C does, also before the event loop runs."""

    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _shown(path: Path) -> str:
    """The path as short as it can be said from here."""
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)
