"""The commands as an operator types them: real processes on a database of their own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from app_desk import LIVE
from commands import run_command
from world import FIVE_PERCENT, SHOPPER, START, authorization, clearing, day, lines

from cashback.db.engine import open_engine

ROOT = Path(__file__).resolve().parents[2]
MRS = ROOT / "tests" / "issuers" / "fixtures" / "mastercard_mrs"
VISA = str(ROOT / "tests" / "issuers" / "fixtures" / "visa" / "settlement.psv")
PATIENCE_SECONDS = 120
RIVAL = """  - {code: six, group: one, reward: {kind: percent, asset: EUR, rate_bps: 600}}
  - {code: seven, group: one, reward: {kind: percent, asset: EUR, rate_bps: 700}}
"""
RIVALS_SAID = (
    "offers[2].group: seven and six exclude each other in the group one with equal priority 0: "
    "where both apply, the better one for the shopper is given"
)
SIX_PERCENT = FIVE_PERCENT.replace("rate_bps: 500", "rate_bps: 600")


@dataclass(frozen=True, slots=True)
class Line:
    """The command line with its surroundings."""

    folder: Path
    environment: dict[str, str]

    def __call__(self, *arguments: str, code: int = 0, **environment: str) -> tuple[str, str]:
        """Run one command; answers what it printed and what it complained of."""
        ended, printed, complaint = run_command(arguments, {**self.environment, **environment}, ROOT, PATIENCE_SECONDS)
        assert ended == code, f"{arguments} ended with {ended}:\n{printed}\n{complaint}"
        return printed, complaint

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start one that runs until it is told to stop."""
        return subprocess.Popen(
            [sys.executable, "-m", "cashback.cli", *arguments],
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def write(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text)
        return str(path)


def surroundings(url: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "PATH") if name in os.environ}
    return {**kept, **LIVE, "DATABASE_URL": url}


@pytest.fixture
async def line(new_database: Callable[[], Awaitable[str]], tmp_path: Path) -> Line:
    return Line(tmp_path, surroundings(await new_database()))


async def test_from_an_operator_to_an_audit(line: Line) -> None:
    assert line("migrate")[0] == "the database is at the newest revision\n"
    key = line("operator", "quai", "Le Quai", "--test")[0]
    assert re.fullmatch(r"ck_test_[a-z2-7]{52}\n", key)
    assert line("operator", "quai", "Another", code=1)[1] == "Error: there is an operator 'quai' already\n"
    printed = line("connect", "quai", "sandbox", "quai-sandbox", CASHBACK_PROVIDER_SECRET="whsec_c2VjcmV0")[0]
    assert printed == "register this address with sandbox: https://rewards.example/webhooks/quai-sandbox\n"
    refused = line("connect", "elsewhere", "sandbox", "x", code=1, CASHBACK_PROVIDER_SECRET="whsec_c2VjcmV0")[1]
    assert refused == "Error: there is no operator 'elsewhere'; create it with: cashback operator elsewhere NAME\n"

    file = line.write("programme.yaml", FIVE_PERCENT)
    tried = line("apply", file, "--operator", "quai", "--dry-run")[0].splitlines()
    assert tried[-1] == "nothing was applied (--dry-run)"
    assert line("apply", file, "--operator", "quai")[0].splitlines() == tried[:-1]
    changed = line("apply", line.write("programme.yaml", SIX_PERCENT), "--operator", "quai")[0].splitlines()
    assert len(changed) == 1
    assert "five" in changed[0]
    broken = line("apply", line.write("broken.yaml", "programme: {code: x"), "--operator", "quai", code=1)[1]
    assert broken.startswith(f"Error: {line.folder / 'broken.yaml'}")
    assert line("apply", file, "--operator", "quai")[0] == "no change\n"
    rivals = line.write("rivals.yaml", SIX_PERCENT + RIVAL)
    printed, complained = line("apply", rivals, "--operator", "quai", "--dry-run")
    assert printed == "+ offer seven: new\n+ offer six: new\nnothing was applied (--dry-run)\n"
    assert complained == f"warning: {rivals}: line {(SIX_PERCENT + RIVAL).count(chr(10))}: {RIVALS_SAID}\n"

    printed = line("audit", "--operator", "quai")[0]
    first, *waiting, last = printed.splitlines()
    assert (first, last) == ("0 transfers, 0 purchases, 0 wait for the worker", "every invariant holds")
    assert len(waiting) == 1, "without a worker nothing seals the audit log"
    assert re.fullmatch(r"\d+ rows have no seal yet, the oldest since .*", waiting[0])
    await break_the_books(line.environment["DATABASE_URL"])
    printed = line("audit", "--operator", "quai", code=2)[0]
    assert "BROKEN  a stored balance equals the sum of its transfers\n" in printed
    assert "every invariant holds" not in printed


async def test_connecting_says_what_is_expected_and_what_to_register(line: Line) -> None:
    line("migrate")
    line("operator", "quai", "Le Quai")
    unfit = line("connect", "quai", "mastercard_mrs", "mrs", code=1, CASHBACK_PROVIDER_SECRET="whsec_abc")[1]
    assert unfit.startswith("Error: mastercard_mrs: secret: expected the signer's common name, then the certificates")
    unfit = line("connect", "quai", "berlin_group", "bank", code=1, CASHBACK_PROVIDER_SECRET="whsec_abc")[1]
    assert unfit.startswith("Error: berlin_group: secret: expected none")
    secret = {"CASHBACK_PROVIDER_SECRET": "amex-1:0123456789abcdef"}
    assert line("connect", "quai", "amex", "amex", **secret)[0].splitlines() == [
        "register with amex:",
        "  https://rewards.example/webhooks/amex/authorize  (where Amex asks for a token)",
        "  https://rewards.example/webhooks/amex  (where Amex tells of purchases)",
    ]
    assert line("connect", "quai", "berlin_group", "bank")[0] == (
        "nothing is registered with berlin_group: it is asked\n"
    )
    unfit = line("rotate", "quai", "amex", code=1, CASHBACK_PROVIDER_SECRET="short")[1]
    assert unfit.startswith("Error: amex: secret: expected <client id>:<client secret of at least 16 characters>")
    assert line("rotate", "quai", "amex", **secret)[0] == "both secrets prove a webhook\n"
    nobody = line("rotate", "quai", "none", code=1, CASHBACK_PROVIDER_SECRET="short")[1]
    assert nobody == "Error: no open connection of quai is called 'none'\n"


async def test_a_clearing_file_is_imported_once(line: Line) -> None:
    line("migrate")
    line("operator", "quai", "Le Quai")
    secret = b"signing.ws.example.com\n" + (MRS / "first-authority.pem").read_bytes()
    line("connect", "quai", "mastercard_mrs", "quai-mrs", CASHBACK_PROVIDER_SECRET=secret.decode())
    file = str(MRS / "settled.tgx2")
    how = ("--format", "tgx2-settled", "--currency", "EUR", "--zone", "Europe/Paris")
    tried = line("files", "import", "quai-mrs", file, *how, "--dry-run")[0].splitlines()
    assert tried[1] == "clearing: 68.30 EUR"
    assert tried[-1] == "nothing was imported (--dry-run)"
    assert line("files", "import", "quai-mrs", file, *how)[0].splitlines()[-1] == "3 records are new, 0 were known"
    again = line("files", "import", "quai-mrs", file, *how)[0].splitlines()[-1]
    assert re.fullmatch(r"this file was imported at [-0-9]+ [:0-9]+ UTC: nothing to do", again)
    assert tried[-2] == (
        "read as purchases, as --format tgx2-settled says: nothing in a TGX2 file tells it from one of refunds"
    )
    wrong = line("files", "import", "quai-mrs", VISA, *how, "--dry-run", code=1)[1].splitlines()
    assert wrong[1] == "it is no tgx2-settled file: by its first line it is visa-settlement"
    wrong = line("files", "import", "quai-mrs", VISA, "--format", "visa-settlement", "--dry-run", code=1)[1]
    assert wrong == (
        "Error: connection 'quai-mrs' is of mastercard_mrs, which has no visa-settlement file: "
        "expected tgx2-settled or tgx2-refunds\n"
    )
    nobody = line("files", "import", "quai", file, *how, code=1)[1]
    assert nobody == "Error: no open connection is called 'quai'\n"


async def break_the_books(url: str) -> None:
    """Somebody with the owner's rights writes a balance by hand."""
    engine = open_engine(url, role=None, pool_size=1)
    async with engine.begin() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO balances (operator_id, shopper_id, asset, pending, available, converted, paid, version) "
            "SELECT operator_id, gen_random_uuid(), 'EUR', 100, 0, 0, 0, 0 FROM operators"
        )
    await engine.dispose()


def test_a_database_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    line = Line(tmp_path, surroundings("postgresql://nobody@127.0.0.1:1/nothing"))
    for command in (("migrate",), ("audit", "--operator", "quai")):
        complaint = line(*command, code=1)[1]
        assert complaint.startswith("Error: the database cannot be used: ")
        assert complaint.count("\n") == 1


async def test_a_replay_tells_every_wallet_with_its_reasons(line: Line, server_url: str) -> None:
    programme = line.write("programme.yaml", FIVE_PERCENT)
    card = {"provider": "sandbox", "card": "card-1"}
    told = [authorization("p-1", 30_00, at=day(1)), clearing("p-1", 20_00, at=day(2))]
    told.append(authorization("p-2", 30_00, at=day(3), mid="9999"))
    steps = [{"at": START.isoformat(), "link": {"shopper": SHOPPER, **card}}]
    steps += [
        {"at": each["occurred_at"], "deliver": {"provider": "sandbox", "body": {"id": f"evt-{number}", **each}}}
        for number, each in enumerate(told)
    ]
    events = line.write("events.ndjson", "\n".join(lines(*steps, {"at": day(20).isoformat()})))
    databases = await names_of_databases(server_url)
    answer = json.loads(line("replay", programme, events, "--json", DATABASE_URL=server_url)[0])
    assert answer["wallets"] == {SHOPPER: {"EUR": {"pending": 0, "available": 1_00, "converted": 0, "paid": 0}}}
    (earned, other) = sorted(answer["purchases"], key=lambda each: each["purchased_at"])
    assert (earned["shopper"], earned["shop"], earned["state"], earned["net_minor"]) == (
        SHOPPER,
        "cafe",
        "cleared",
        20_00,
    )
    (reward,) = earned["rewards"]
    assert (reward["offer"], reward["version"], reward["asset"], reward["amount"], reward["state"]) == (
        "five",
        1,
        "EUR",
        1_00,
        "available",
    )
    assert (other["shop"], other["rewards"], len(answer["unmatched"])) == (None, [], 1)

    spoken = line("replay", programme, events, DATABASE_URL=server_url)[0]
    assert f"  {SHOPPER}  EUR  available €1.00\n" in spoken
    assert "      five v1: €1.00 available\n" in spoken
    assert [entry["en"] for entry in reward["why"] if f"          ✓ {entry['en']}\n" not in spoken] == []
    assert "unmatched  1\n" in spoken
    assert spoken.endswith("audit: clean\n")
    assert await names_of_databases(server_url) == databases


async def names_of_databases(server_url: str) -> list[str]:
    engine = open_engine(server_url, role=None, pool_size=1)
    async with engine.connect() as connection:
        rows = await connection.exec_driver_sql("SELECT datname FROM pg_database WHERE datname LIKE 'replay%'")
        found = sorted(rows.scalars())
    await engine.dispose()
    return found


@pytest.mark.parametrize(
    ("events", "complaint"),
    [
        ("", "Error: the events file has no line: nothing to replay\n"),
        ("not JSON\n", "Error: line 1: not JSON: "),
        ('{"at": "2026-11-02T00:00:00Z"}\n{"at": "2026-11-01T00:00:00Z"}\n', "Error: line 2: "),
    ],
)
def test_a_script_that_cannot_be_read_names_its_line(
    server_url: str, tmp_path: Path, events: str, complaint: str
) -> None:
    line = Line(tmp_path, surroundings(server_url))
    printed = line("replay", line.write("p.yaml", FIVE_PERCENT), line.write("e.ndjson", events), code=1)
    assert printed[0] == ""
    assert printed[1].startswith(complaint)


@pytest.mark.parametrize(
    ("arguments", "says"), [(("worker",), "working"), (("serve", "--port", "{port}"), "serving on")]
)
def test_a_process_that_is_told_to_stop_ends_by_itself(line: Line, arguments: tuple[str, ...], says: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = line.start(*(argument.format(port=port) for argument in arguments))
    try:
        assert process.stderr is not None
        assert says in process.stderr.readline()
        if says == "serving on":
            await_listening(process, port)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) in (0, -signal.SIGTERM)
    finally:
        process.kill()
        process.communicate()


def await_listening(process: "subprocess.Popen[str]", port: int) -> None:
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            continue
        return
    raise AssertionError("the server ended by itself")
