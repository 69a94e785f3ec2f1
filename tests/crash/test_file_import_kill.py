"""Processes that import a clearing file and are killed by SIGKILL, again and again, until one gets to the end."""

import asyncio
import os
import random
import signal
from base64 import b64encode
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from commands import Command, run_command
from world import a_world

from cashback.db.engine import open_engine
from cashback.programmes.connections import open_connection
from issuers.registry import ADAPTERS
from webhooks.sealing import KeyRing

ROOT = Path(__file__).resolve().parents[2]
MASTER = bytes(range(32))
RECORDS = 4_000
PATIENCE_SECONDS = 60.0
PROGRAMME = """
programme: {code: world, name: World, zone: Europe/Paris, currency: EUR}
centres: [{code: centre, name: Centre, country: FR}]
assets: [{code: EUR, kind: money, name: {en: euros, fr: euros}}]
"""


def a_file() -> bytes:
    lines = []
    for number in range(RECORDS):
        line = bytearray(b"D" + b" " * 849)
        for at, text in (
            (21, f"card-{number % 97}"),
            (102, "20260915"),
            (451, "1500001"),
            (518, f"{100 + number:012d}"),
            (563, "1020"),
            (761, f"M{number:08d}"),
        ):
            line[at : at + len(text)] = text.encode()
        lines.append(bytes(line))
    frame = [kind + b"20260917120000" + b" " * 835 for kind in (b"H", b"T")]
    return b"\n".join((frame[0], *lines, frame[1])) + b"\n"


@pytest.mark.crash
async def test_a_killed_import_is_completed_and_every_record_is_stored_once(
    new_database: Callable[[], Awaitable[str]], tmp_path: Path
) -> None:
    url = await new_database()
    engine = open_engine(url, pool_size=4)
    world = await a_world(engine, PROGRAMME)
    keyring = KeyRing(MASTER)
    async with world.connection() as connection:
        await open_connection(
            connection,
            world.stage.actor,
            slug="mrs",
            provider="mastercard_mrs",
            registered_url="https://rewards.example/webhooks/mrs",
            secret=b"unused",
            providers=ADAPTERS,
            master=keyring.master,
            now=world.now,
        )
    file = tmp_path / "big.tgx2"
    file.write_bytes(a_file())
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "DATABASE_URL": url,
        "CASHBACK_MODE": "live",
        "CASHBACK_MASTER_KEY": b64encode(MASTER).decode(),
        "CASHBACK_SESSION_KEY": b64encode(bytes(range(32, 64))).decode(),
        "CASHBACK_PUBLIC_URL": "https://rewards.example",
        "CASHBACK_SMTP_URL": "smtps://mail.example",
        "CASHBACK_MAIL_FROM": "hello@rewards.example",
    }
    command = ["files", "import", "mrs", str(file)]
    command += ["--format", "tgx2-settled", "--currency", "EUR", "--zone", "Europe/Paris"]

    async def stored() -> int:
        return int((await world.rows("SELECT count(*) FROM inbox_messages"))[0][0])

    rng, ended, half = random.Random(47), 0, 0
    for round_ in range(40):
        process = Command(command, environment, ROOT)
        # Killed when it has stored so many more: wherever it then is.
        goal = await stored() + (rng.randrange(1, RECORDS // 3) if round_ else 1)
        while not process.ended() and await stored() < min(goal, RECORDS):  # noqa: ASYNC110 - another process's work
            await asyncio.sleep(0.005)
        if not process.ended() and await stored() < RECORDS:
            os.kill(process.pid, signal.SIGKILL)
            half += 1
        code, printed, complaint = await asyncio.to_thread(process.wait, PATIENCE_SECONDS)
        if code == 0:
            ended += 1
            break
        assert code == -signal.SIGKILL, printed + complaint
    assert (ended, half >= 1) == (1, True)
    assert await stored() == RECORDS
    _, printed, complaint = await asyncio.to_thread(run_command, command, environment, ROOT, PATIENCE_SECONDS)
    assert "nothing to do" in printed, complaint
    assert await stored() == RECORDS
    actions = await world.rows(
        "SELECT action, count(*) FROM audit_log WHERE action LIKE 'file.%' GROUP BY 1 ORDER BY 1"
    )
    assert actions == [("file.begun", 1), ("file.imported", 1)]
    await engine.dispose()
