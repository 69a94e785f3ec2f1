"""`cashback books` as people type it: seal, sign, keep the head, verify, a trial balance, the journal as a file."""

import json
from collections.abc import Awaitable, Callable, Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from test_command_line import Line, surroundings
from world import FIVE_PERCENT

from cashback.clock import SystemClock
from cashback.db.engine import open_engine, transaction
from cashback.ledger.chart import BANK, FUNDER
from cashback.ledger.service import Transfer, post
from cashback.programmes.operators import find_operator

AT = ("--operator", "quai")


@pytest.fixture(scope="module")
async def line(new_database: Callable[[], Awaitable[str]], tmp_path_factory: pytest.TempPathFactory) -> Line:
    """An operator with a programme, whose bank and funder have moved something twice. The last test alters it."""
    made = Line(tmp_path_factory.mktemp("books"), surroundings(await new_database()))
    made("operator", "quai", "Le Quai")
    made("apply", made.write("programme.yaml", FIVE_PERCENT), *AT)
    engine, now = open_engine(made.environment["DATABASE_URL"]), SystemClock().now()
    try:
        operator_id = await find_operator(engine, "quai")
        assert operator_id is not None
        async with transaction(engine, operator_id) as connection:
            topped_up = [
                Transfer(operator_id, f"top-up:{n}", BANK, FUNDER, "EUR", n * 100_00, "topped_up") for n in (1, 2)
            ]
            await post(connection, operator_id, topped_up, now)
    finally:
        await engine.dispose()
    return made


async def test_a_trial_balance_at_an_instant_and_now(line: Line) -> None:
    now = json.loads(line("books", "trial-balance", *AT, "--json")[0])
    assert (now["final"], now["assets"]) == (False, {"EUR": {"debits": 300_00, "credits": 300_00, "balance": 0}})
    assert [(each["account"], each["balance"]) for each in now["accounts"]] == [("bank", -300_00), (FUNDER, 300_00)]
    printed = line("books", "trial-balance", *AT)[0]
    assert [each.split() for each in printed.splitlines()[1:4]] == [
        ["EUR", "bank", "30000", "0", "-30000"],
        ["EUR", FUNDER, "0", "30000", "30000"],
        ["EUR", "30000", "30000", "0"],
    ]
    assert line("books", "trial-balance", *AT, "--at", "2026-01-01")[0].endswith(
        "at 2026-01-01T00:00:00+00:00: final\n"
    )


def bad_lines(line: Line) -> Iterator[tuple[tuple[str, ...], int, str]]:
    """What is typed wrongly, the exit code, and what the complaint says."""
    taken = line.write("taken.csv", "")
    yield ("trial-balance", "--at", "yesterday"), 2, "expected 2026-11-29 or 2026-11-29T18:00:00+01:00, got 'yesterday'"
    yield ("trial-balance", "--at", "2026-11-29T18:00"), 2, "has no offset"
    yield ("verify", "--public-key", "abc"), 1, "is no Ed25519 public key: expected 32 bytes in base64"
    yield ("verify", "--head", line.write("head.json", "{}")), 1, "expected what `cashback books head` prints"
    yield ("verify", "--head", line.write("one.json", '{"heads": [{}]}')), 1, "this is no signed head"
    yield ("export", "--format", "csv", "--out", taken), 1, "exists already; expected the name of a new file"
    span = ("--from", "2026-11-29", "--until", "2026-11-28")
    yield ("export", "--format", "csv", "--out", str(line.folder / "new.csv"), *span), 1, "nothing lies from"


async def test_what_is_typed_wrongly_is_said_and_writes_nothing(line: Line) -> None:
    for arguments, code, complaint in bad_lines(line):
        assert complaint in line("books", *arguments, *AT, code=code)[1]
    assert not (line.folder / "new.csv").exists()
    assert [each.name for each in line.folder.glob("*.part")] == []
    assert (line.folder / "taken.csv").read_text() == ""


@pytest.mark.parametrize(
    ("kind", "begins"), [("csv", b"posted_at,id,"), ("parquet", b"PAR1"), ("beancount", b"option ")]
)
async def test_the_journal_is_written_to_a_new_file(line: Line, kind: str, begins: bytes) -> None:
    file = line.folder / f"journal.{kind}"
    printed = line("books", "export", *AT, "--format", kind, "--out", str(file), "--from", "2026-01-01")[0]
    assert printed == f"2 transfers are in {file}\n"
    assert file.read_bytes().startswith(begins)
    assert [each.name for each in line.folder.glob("*.part")] == []


async def altered(line: Line) -> None:
    """Somebody changes an amount as the owner of the database."""
    owner: AsyncEngine = open_engine(line.environment["DATABASE_URL"], role=None, pool_size=1)
    try:
        async with owner.begin() as connection:
            await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            await connection.exec_driver_sql("UPDATE transfers SET amount = amount + 1 WHERE key = 'top-up:2'")
    finally:
        await owner.dispose()


async def test_books_are_sealed_signed_kept_and_verified(line: Line) -> None:
    assert "3 rows" not in line("books", "seal", *AT)[0].splitlines()[0]
    again = line("books", "seal", *AT)[0].splitlines()
    assert again == [f"{chain}: 0 rows sealed" for chain in ("transfers", "audit_log", "decision_log")]
    signed = line("books", "sign", *AT)[0].splitlines()
    assert [each.split(",")[0] for each in signed] == [
        "transfers: signed up to position 2",
        f"audit_log: signed up to position {json.loads(line('books', 'head', *AT)[0])['chains'][1]['position']}",
    ]
    assert line("books", "sign", *AT)[0] == "every head is signed already\n"
    kept = line("books", "head", *AT)[0]
    told = json.loads(kept)
    (key,) = told["public_keys"].values()
    assert [(each["chain"], each["unsealed"], each["behind_seconds"]) for each in told["chains"]] == [
        ("transfers", 0, 0),
        ("audit_log", 0, 0),
        ("decision_log", 0, 0),
    ]
    head = line.write("head.json", kept)
    checked = ("books", "verify", *AT, "--public-key", key, "--head", head)
    assert line(*checked)[0].endswith("all is as it was sealed\n")
    assert "every invariant holds" in line("audit", *AT, "--every-seal")[0]

    await altered(line)
    printed = line(*checked, code=2)[0]
    assert "BROKEN  transfers: altered at position 2: " in printed
    assert "top-up:2: amount was 20000, is 20001" in printed
    (fault,) = json.loads(line(*checked, "--json", code=2)[0])[0]["faults"]
    assert (fault["kind"], fault["position"], fault["what"]) == ("altered", 2, "amount was 20000, is 20001")
    assert "BROKEN  what was sealed stands as it was sealed" in line("audit", *AT, code=2)[0]
    assert "the stored balances say" not in line("books", "trial-balance", *AT)[0]
