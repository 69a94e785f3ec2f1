"""The product as an operator runs it, to be killed: PostgreSQL with full durability, one server, one worker."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cashback.db.embedded import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]
OPERATOR = "crash"
READY_SECONDS = 60.0
UNDER_WAY_SECONDS = 0.1
"""An answer that comes so soon after a kill was on its way already, and tells of no recovery."""
VICTIMS = ("worker",) * 3 + ("server",) * 3 + ("postgres",) * 3 + ("backend",)
"""Whom ten kills strike."""


@dataclass(slots=True)
class Recovery:
    """How long it took until the part that was killed did its work again."""

    victim: str
    killed_at: float
    works_again: Callable[[], bool]
    seconds: float | None = None


@dataclass(slots=True)
class Stack:
    """Everything that runs, with the means to kill it and to start it again."""

    folder: Path
    postgres: EmbeddedPostgres
    port: int
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    recoveries: list[Recovery] = field(default_factory=list)

    @classmethod
    def start(cls, folder: Path) -> "Stack":
        """Start the database with fsync on, and migrate it."""
        stack = cls(folder, EmbeddedPostgres(folder / "postgres").start(), _free_port())
        stack.command("migrate")
        return stack

    def command(self, *arguments: str, secret: str = "", expect: int = 0) -> str:
        """Run one command of the command line to its end, and answer what it printed."""
        done = subprocess.run(
            _line(*arguments), env=self._environment(secret), cwd=ROOT, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == expect, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def launch(self, *victims: str) -> None:
        """Start the server, the worker, or both."""
        arguments = {"server": ("serve", "--port", str(self.port)), "worker": ("worker",)}
        for victim in victims:
            with self._log(victim).open("ab") as log:
                self.processes[victim] = subprocess.Popen(
                    _line(*arguments[victim]),
                    env=self._environment(),
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )

    def kill(self, victim: str, rng: random.Random, acknowledged_after: Callable[[float], bool]) -> None:
        """SIGKILL one part and start it again; when it works again is seen by `watch`."""
        killed_at = time.monotonic()
        if victim in self.processes:
            process = self.processes[victim]
            process.kill()
            process.wait()
            begin = self._log(victim).stat().st_size
            self.launch(victim)
        elif victim == "postgres":
            os.kill(self.postgres.pid, signal.SIGKILL)
            before = self.postgres.url()
            self.postgres.start()  # waits until nothing of the killed server is left
            assert self.postgres.url() == before, "another program took the database's port; run the test again"
        else:
            backends = self._backends()
            if not backends:
                return
            os.kill(rng.choice(backends), signal.SIGKILL)
        if victim == "worker":
            again: Callable[[], bool] = lambda: b"working" in self._log(victim).read_bytes()[begin:]  # noqa: E731
        else:
            again = lambda: acknowledged_after(killed_at + UNDER_WAY_SECONDS)  # noqa: E731
        self.recoveries.append(Recovery(victim, killed_at, again))

    def watch(self) -> None:
        """Note the time of every part that has begun to work again."""
        for each in self.recoveries:
            if each.seconds is None and each.works_again():
                each.seconds = time.monotonic() - each.killed_at

    def stop(self) -> None:
        """End everything that runs."""
        for process in self.processes.values():
            process.kill()
            process.wait()
        self.postgres.stop()

    def errors(self, victim: str) -> str:
        """The end of what a process wrote."""
        return self._log(victim).read_text(errors="replace")[-4_000:]

    def await_listening(self) -> None:
        """Wait until the server accepts connections."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            assert self.processes["server"].poll() is None, self.errors("server")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"the server does not listen after {READY_SECONDS:.0f} s:\n{self.errors('server')}")

    def _log(self, victim: str) -> Path:
        return self.folder / f"{victim}.log"

    def _environment(self, secret: str = "") -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            **kept,
            "CASHBACK_MODE": "demo",
            "CASHBACK_PROVIDER_SECRET": secret,
            "CASHBACK_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "DATABASE_URL": self.postgres.url(),
        }

    def _backends(self) -> list[int]:
        """Processes of the database that serve a client."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and _parent(entry) == self.postgres.pid:
                    title = (entry / "cmdline").read_bytes()
                    if title.startswith(b"postgres: postgres "):
                        found.append(int(entry.name))
            except OSError:
                continue
        return found


def _parent(process: Path) -> int:
    return int((process / "stat").read_text().rpartition(")")[2].split()[1])


def _line(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cashback.cli", *arguments]


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def summary(recoveries: list[Recovery]) -> str:
    """The recovery times, for a person."""
    lines = []
    for victim in dict.fromkeys(VICTIMS):
        seconds = sorted(each.seconds for each in recoveries if each.victim == victim and each.seconds is not None)
        if seconds:
            lines.append(
                f"{victim} killed {len(seconds)} times, back after {seconds[len(seconds) // 2]:.1f} s, "
                f"at most {seconds[-1]:.1f} s"
            )
    return "\n".join(lines)
