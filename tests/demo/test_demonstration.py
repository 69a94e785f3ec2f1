"""The demonstration as a stranger starts it: one process, a page, Ctrl-C, and the data is still there."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import httpx
import pytest

WAIT_SECONDS = 120


class Demonstration:
    """A running demonstration and what it has printed."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.output = folder / "output.txt"
        # Never the server of DATABASE_URL: what a demonstration makes there is meant to stay.
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        arguments = ["demo", "--folder", str(folder / "demo"), "--port", str(port), "--shoppers", "5", "--days", "3"]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cashback.cli", *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
            )

    def said(self) -> str:
        return self.output.read_text()

    def until_open(self) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not re.search(r"^  open ", self.said(), re.MULTILINE):
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def end(self, kind: signal.Signals) -> int:
        self.process.send_signal(kind)
        return self.process.wait(WAIT_SECONDS)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cashback-demo-", ignore_cleanup_errors=True) as made:
        yield Path(made)


@contextmanager
def running(folder: Path, port: int) -> Iterator[Demonstration]:
    made = Demonstration(folder, port)
    try:
        made.until_open()
        yield made
    finally:
        if made.process.poll() is None:
            made.end(signal.SIGTERM)


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def first_wallet(url: str) -> str:
    """The page behind the first role link of the start page."""
    with httpx.Client(base_url=url, follow_redirects=True, trust_env=False) as client:
        start = client.get("/")
        assert start.status_code == 200
        link = re.search(r'href="(/enter\?[^"]+)"', start.text)
        assert link is not None
        wallet = client.get(unescape(link[1]))
        assert (wallet.status_code, wallet.url.path) == (200, "/en/wallet")
        return wallet.text


def children_of(pid: int) -> dict[str, int]:
    found = {}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        words = Path(f"/proc/{child}/cmdline").read_text().split("\0")
        found |= {name: int(child) for name in ("serve", "worker") if name in words}
    return found


def purchases_in(folder: Path) -> int:
    settings = dict(line.split("=", 1) for line in (folder / "demo" / "environment").read_text().splitlines())
    environment = {**os.environ, **{name: value.strip("'") for name, value in settings.items()}}
    audit = subprocess.run(
        [sys.executable, "-m", "cashback.cli", "audit", "--operator", "terrasses-du-canal"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert audit.returncode == 0, audit.stdout + audit.stderr
    counted = re.search(r"(\d+) purchases", audit.stdout)
    assert counted is not None
    return int(counted[1])


def test_it_begins_afresh_when_interrupted_serves_stops_and_keeps_what_it_has(folder: Path) -> None:
    port = a_free_port()
    interrupted = Demonstration(folder, port)
    deadline = time.monotonic() + WAIT_SECONDS
    while "history    day" not in interrupted.said():
        assert interrupted.process.poll() is None, interrupted.said()
        assert time.monotonic() < deadline, interrupted.said()
        time.sleep(0.02)
    interrupted.process.kill()
    interrupted.process.wait(WAIT_SECONDS)

    with running(folder, port) as first:
        assert "history" in first.said()
        assert "Camille Laurent" in first.said()
        assert "Purchases" in first_wallet(first.url)
        purchases = purchases_in(folder)
        assert purchases > 0
        assert first.end(signal.SIGINT) == 0
    assert "stopped" in first.said()
    assert "Traceback" not in first.said()
    with pytest.raises(httpx.ConnectError):
        httpx.get(first.url, trust_env=False)

    with running(folder, port) as again:
        assert "history" not in again.said()
        assert purchases_in(folder) >= purchases
        assert "Purchases" in first_wallet(again.url)
        second = Demonstration(folder, port)
        assert second.process.wait(WAIT_SECONDS) == 1
        assert "already running" in second.said()
        if sys.platform == "linux":
            os.kill(children_of(again.process.pid)["worker"], signal.SIGKILL)
            assert again.process.wait(WAIT_SECONDS) == 1
    if sys.platform == "linux":
        assert "the worker was ended by signal 9" in again.said() + second.said()
    assert "Traceback" not in again.said()
    with pytest.raises(httpx.ConnectError):
        httpx.get(again.url, trust_env=False)
