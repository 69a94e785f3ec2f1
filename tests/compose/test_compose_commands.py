"""The very commands of docker-compose.yml, run as plain processes in live mode against a server with its roles.

Only what an engine would provide is replaced: the names of the containers by addresses on this machine, and the port.
"""

import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import yaml

from cashback.db.embedded import EmbeddedPostgres, temporary_postgres
from issuers.registry import ADAPTERS

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
PUBLIC_URL = "https://rewards.example"
SECRET = b"whsec_" + base64.b64encode(b"a secret of the compose tests")
PATIENCE_SECONDS = 120.0
FILLED = {
    "CASHBACK_APP_PASSWORD": "app-secret",
    "CASHBACK_MAIL_FROM": "hello@rewards.example",
    "CASHBACK_MASTER_KEY": base64.b64encode(bytes(range(32))).decode(),
    "CASHBACK_OWNER_PASSWORD": "owner-secret",
    "CASHBACK_PUBLIC_URL": PUBLIC_URL,
    "CASHBACK_SESSION_KEY": base64.b64encode(bytes(range(32, 64))).decode(),
    "CASHBACK_SMTP_URL": "smtps://mail.example",
}
PROGRAMME = """
programme: {code: quai, name: Quai, zone: Europe/Paris, currency: EUR}
centres: [{code: quai, name: Quai, country: FR}]
assets: [{code: EUR, kind: money, name: {en: euros, fr: euros}}]
shops:
  - {code: cafe, name: Café, centre: quai, category: "5812",
     identifiers: [{network: sandbox, scheme: mid, value: "1001"}]}
offers: [{code: five, reward: {kind: percent, asset: EUR, rate_bps: 500}, hold_days: 0}]
"""


class Deployment:
    """The services of the file, each as the process that its container would run."""

    def __init__(self, server: EmbeddedPostgres, folder: Path, port: int) -> None:
        self.server, self.folder, self.port = server, folder, port

    def environment(self, service: str) -> dict[str, str]:
        written: dict[str, str] = SERVICES[service]["environment"]
        filled = {
            name: re.sub(r"\$\{(\w+)[^}]*\}", lambda found: FILLED[found[1]], each) for name, each in written.items()
        }
        here = {
            name: each.replace("@postgres:5432/", f"@127.0.0.1:{self.server.port}/") for name, each in filled.items()
        }
        # Nothing listens there: what Redis carries may be lost, so the product works without it.
        here["REDIS_URL"] = os.environ.get("REDIS_URL") or "redis://127.0.0.1:1/0"
        return {**here, "HOME": "/nonexistent", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    def command(self, service: str) -> list[str]:
        return [word.replace("8000", str(self.port)) for word in SERVICES[service]["command"]]

    def run(self, service: str, *command: str, code: int = 0, **more: str) -> str:
        """Run a service's own command, or another one in its surroundings, to the end."""
        line = list(command) or self.command(service)
        environment = {**self.environment(service), **more}
        done = subprocess.run(line, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
        assert done.returncode == code, f"{line}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    @contextmanager
    def running(self, service: str) -> Iterator[None]:
        """A service that runs while the block lasts; at its end it is told to stop as an engine would, and stops."""
        log = self.folder / f"{service}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                self.command(service), env=self.environment(service), cwd=ROOT, stdout=output, stderr=output
            )
        try:
            yield
            assert process.poll() is None, log.read_text()
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_SECONDS) in (0, -signal.SIGTERM), log.read_text()
        finally:
            process.kill()
            process.wait()

    def healthy(self) -> bool:
        """Whether the health check of the app's container passes."""
        check = [word.replace("8000", str(self.port)) for word in SERVICES["app"]["healthcheck"]["test"][1:]]
        return subprocess.run(check, env=self.environment("app"), capture_output=True, timeout=30).returncode == 0

    def ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        request = Request(f"http://127.0.0.1:{self.port}{path}", body, headers, method=method)
        with urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="cashback-compose-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = stack.enter_context(temporary_postgres(fsync=False))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        over_socket = {
            "PATH": f"{server.bin_dir}:{os.environ['PATH']}",
            "PGHOST": str(server.home / "sock"),
            "PGPORT": str(server.port),
            "PGUSER": "postgres",
            **FILLED,
        }
        subprocess.run(["psql", "-XAtqc", "CREATE DATABASE cashback"], env=over_socket, check=True)
        script = COMPOSE["configs"]["roles"]["content"].replace("$$", "$")
        subprocess.run(["/bin/sh", "-eu", "-c", script], env=over_socket, check=True, capture_output=True)
        yield Deployment(server, folder, port)


def test_the_services_of_the_file_serve_a_purchase_to_its_end(deployment: Deployment) -> None:
    assert not deployment.healthy()
    assert deployment.run("migrate") == "the database is at the newest revision\n"
    assert deployment.run("migrate") == "the database is at the newest revision\n"
    with deployment.running("app"), deployment.running("worker"):
        until(deployment.healthy)
        key = deployment.run("app", "cashback", "operator", "quai", "Quai", "--test").strip()
        deployment.run(
            "app", "cashback", "connect", "quai", "sandbox", "quai", CASHBACK_PROVIDER_SECRET=SECRET.decode()
        )
        file = deployment.folder / "programme.yaml"
        file.write_text(PROGRAMME)
        deployment.run("app", "cashback", "apply", str(file), "--operator", "quai")
        bearer = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        opened = deployment.ask("POST", "/v1/shoppers", json.dumps({"references": ["anna"]}).encode(), bearer)
        card = json.dumps({"shopper": "anna", "network": "sandbox", "token": "card-1"}).encode()
        linked = deployment.ask("POST", "/v1/cards", card, bearer)
        assert (opened[0], linked[0]) == (201, 201)
        assert deliver(deployment) == (202, b'{"received":true}')
        paid = {"EUR": {"pending": 0, "available": 1_00, "converted": 0, "in_transit": 0, "paid": 0, "expired": 0}}
        until(lambda: json.loads(deployment.ask("GET", "/v1/wallets/anna", None, bearer)[1]) == paid)
        assert "every invariant holds" in deployment.run("app", "cashback", "audit", "--operator", "quai")


def deliver(deployment: Deployment) -> tuple[int, bytes]:
    """A clearing of 20.00, signed for the address that the provider knows."""
    now = datetime.now(UTC)
    told = {
        "id": "evt-1", "type": "clearing", "created_at": now.isoformat(), "card": {"token": "card-1"},
        "purchase": "p-1", "fact": "p-1", "amount_minor": 20_00, "currency": "EUR", "occurred_at": now.isoformat(),
        "merchant": {"mid": "1001"},
    }  # fmt: skip
    body = json.dumps(told).encode()
    signed = ADAPTERS["sandbox"].sign(body, secret=SECRET, url=f"{PUBLIC_URL}/webhooks/quai", event=None, now=now)
    return deployment.ask("POST", "/webhooks/quai", body, signed)


def test_the_app_role_cannot_migrate_and_the_app_does_not_start_with_a_missing_secret(deployment: Deployment) -> None:
    app_only = deployment.environment("app")["DATABASE_URL"]
    deployment.run("migrate", code=1, OWNER_DATABASE_URL=app_only)
    deployment.run("app", code=1, CASHBACK_MASTER_KEY="")
    deployment.run("worker", code=1, CASHBACK_PUBLIC_URL="http://rewards.example")
    deployment.run("app", code=1, CASHBACK_ROLE_LINKS="1")


def until(happens: Any) -> None:
    """Wait for something to happen; its own patience makes it fail."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.1)
