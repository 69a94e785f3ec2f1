"""The part `payout`: a hundred thousand wallets that have reached their threshold go into one file for the bank.

Two copies of one database:

* the product, in one process that reports its own peak of memory: payouts are asked for in sets, judged, taken from
  their lots, collected into a batch, written as pain.001.001.09 that is checked against the schema, and marked as sent;
  then the bank's report on all of them is read and applied;
* the floor: one statement of the database's owner that writes the rows of asking and sending, without locks, policies,
  digests, rules, lots, notices or a file.

As a program, `python -m bench.payout URL OPERATOR`, this is the process that is measured.
"""

import asyncio
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import schwifty
import uvloop
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.server import Bench
from cashback.actors import Actor, Scope, system
from cashback.clock import SystemClock
from cashback.db.engine import open_engine, transaction
from cashback.ids import uuid7
from cashback.ledger.chart import AVAILABLE, FUNDER
from cashback.ledger.service import Transfer, post
from cashback.payouts.automatic import request_reached
from cashback.payouts.opening import open_rail
from cashback.payouts.outcomes import apply_news, read_file
from cashback.payouts.schemas import RailName
from cashback.payouts.sepa_files import make_file
from cashback.programme_file.reading import parse
from cashback.programme_file.service import apply
from cashback.programmes.operators import open_operator
from cashback.shoppers.service import open_shoppers
from webhooks.sealing import KeyRing, context

PAYOUTS = 100_000
SET = 5_000
MASTER = b"b" * 32
DEBTOR = {"name": "Bench SAS", "iban": "FR7630006000011234567890189", "bic": "AGRIFRPP"}
PROGRAMME = """
programme: {code: bench, name: Bench, zone: Europe/Paris, currency: EUR}
centres: [{code: centre, name: Centre, country: FR}]
assets: [{code: EUR, kind: money, name: {en: euros, fr: euros}}]
payouts: {cooling_hours: 0, assets: [{asset: EUR, minimum: "10.00", automatic_at: "10.00", rails: sepa}]}
"""

_ACCOUNTS = """
INSERT INTO payout_accounts (operator_id, shopper_id, id, rail, sealed, fingerprint, last_four, added_by, added_at,
    usable_at)
SELECT $1, t.*, 'bench', $7, $7
FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::bytea[], $5::bytea[], $6::text[]) AS t
"""
_FLOOR = """
WITH asked AS (
    INSERT INTO payouts (operator_id, shopper_id, id, key, digest, asset, amount, rail, account_id, state, requested_by,
        requested_at, moves)
    SELECT b.operator_id, b.shopper_id, gen_random_uuid(), gen_random_uuid()::text, uuid_send(b.shopper_id), b.asset,
        b.available, 'sepa', a.id, 'sent', 'bench', $1, 4
    FROM balances b JOIN payout_accounts a ON a.shopper_id = b.shopper_id WHERE b.available >= 1000 RETURNING *
), moved AS (
    INSERT INTO payout_moves (operator_id, shopper_id, payout_id, number, to_state, by, at)
    SELECT operator_id, shopper_id, id, number, 'sent', 'bench', $1
    FROM asked CROSS JOIN generate_series(0, 3) AS number
), logged AS (
    INSERT INTO audit_log (operator_id, id, at, actor, action, subject, detail)
    SELECT operator_id, gen_random_uuid(), $1, 'bench', 'payout', id::text, '{}'
    FROM asked CROSS JOIN generate_series(0, 3) AS number
), posted AS (
    INSERT INTO transfers (operator_id, shopper_id, key, digest, id, debit, credit, asset, amount, reason, posted_at)
    SELECT operator_id, shopper_id, 'payout:' || id, uuid_send(id), gen_random_uuid(), 'shopper:available',
        'shopper:in_transit', asset, amount, 'payout', $1 FROM asked
)
UPDATE balances b SET available = b.available - a.amount, in_transit = b.in_transit + a.amount, version = b.version + 1
FROM asked a WHERE b.shopper_id = a.shopper_id AND b.asset = a.asset
"""

Figures = dict[str, float]


async def measure(bench: Bench, payouts: int = PAYOUTS) -> Figures:
    """Payouts a second from wallet to file, from approved to file, and from report to wallet; the floor; the peak."""
    full = await bench.create()
    operator_id = await _fill(bench, full, payouts)
    floor = await bench.create(full)
    await bench.settle()
    connection = await asyncpg.connect(bench.dsn(floor))
    try:
        begin = time.monotonic()
        await connection.execute(_FLOOR, SystemClock().now())
        floor_per_s = payouts / (time.monotonic() - begin)
    finally:
        await connection.close()
    await bench.drop(floor)
    await bench.settle()
    command = (sys.executable, "-m", "bench.payout", bench.url(full), str(operator_id))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    answer, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"bench.payout ended with {process.returncode}: see its message above")
    await bench.drop(full)
    told: Figures = json.loads(answer)
    if told["payments"] != payouts or told["paid"] != payouts:
        raise RuntimeError(f"of {payouts} payouts {told['payments']:.0f} were in the file and {told['paid']:.0f} paid")
    return {
        "payout.per_s": payouts / (told["asking_s"] + told["file_s"]),
        "payout.ratio": payouts / (told["asking_s"] + told["file_s"]) / floor_per_s,
        "payout.file_per_s": payouts / told["file_s"],
        "payout.outcome_per_s": payouts / told["outcome_s"],
        "payout.floor_per_s": floor_per_s,
        "payout.payouts": payouts,
        "payout.peak_mb": told["peak_mb"],
    }


async def _fill(bench: Bench, database: str, payouts: int) -> UUID:
    """Shoppers with ten euros and an account each; answers the operator."""
    engine, now, master = open_engine(bench.url(database), pool_size=2), SystemClock().now(), KeyRing(MASTER).master
    try:
        operator_id = await open_operator(engine, slug="bench", name="Bench", now=now)
        async with transaction(engine, operator_id) as connection:
            await apply(connection, system(operator_id, "bench"), parse(PROGRAMME), now)
            await open_rail(connection, system(operator_id, "bench"), master, RailName.SEPA, DEBTOR, now)
        for start in range(0, payouts, SET):
            numbers = range(start, min(start + SET, payouts))
            async with transaction(engine, operator_id) as connection:
                names = [f"s{number}" for number in numbers]
                opened = await open_shoppers(connection, system(operator_id, "bench"), names, locale="en", now=now)
                ids = [opened[name] for name in names]
                gifts = [Transfer(each, "gift", FUNDER, AVAILABLE, "EUR", 10_00, "goodwill") for each in ids]
                await post(connection, operator_id, gifts, now)
                accounts = [uuid7(now) for _ in ids]
                ibans = [str(schwifty.IBAN.generate("DE", "37040044", f"{number:010d}")) for number in numbers]
                sealed = master.seal_each(
                    (
                        json.dumps({"holder": f"Shopper {number}", "iban": iban}).encode(),
                        context(operator_id.bytes, b"payout_accounts", b"sealed", shopper.bytes, account.bytes),
                    )
                    for number, iban, shopper, account in zip(numbers, ibans, ids, accounts, strict=True)
                )
                columns = (ids, accounts, ["sepa"] * len(ids), sealed, [each[-4:] for each in ibans], now)
                await connection.exec_driver_sql(_ACCOUNTS, (operator_id, *columns))
        await bench.administer("ANALYZE", database=database)
    finally:
        await engine.dispose()
    return operator_id


def _report(file_id: str, ids: list[UUID]) -> bytes:
    """The bank has carried out all of them."""
    space = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"
    each = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{one.hex}</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts>" for one in ids
    )
    return (
        f'<Document xmlns="{space}"><CstmrPmtStsRpt><GrpHdr><MsgId>R</MsgId></GrpHdr><OrgnlGrpInfAndSts>'
        f"<OrgnlMsgId>{file_id}</OrgnlMsgId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>{file_id}</OrgnlPmtInfId>{each}"
        "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    ).encode()


async def _work(url: str, operator_id: UUID) -> None:
    engine, keyring, now = open_engine(url, pool_size=2), KeyRing(MASTER), SystemClock().now()
    actor = Actor(operator_id, "person:bench", frozenset({Scope.MONEY}))
    begin = time.monotonic()
    while await request_reached(engine, operator_id, now):
        pass
    asking = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        batch = await make_file(engine, keyring, actor, Path(folder) / f"{uuid4()}.xml", now)
    made = time.monotonic()
    report = _report(batch.file_id, [row[0] for row in await _rows(engine, operator_id, "SELECT id FROM payouts")])
    told = time.monotonic()
    async with transaction(engine, operator_id) as connection:
        await read_file(connection, actor, report, now)
    while await apply_news(engine, operator_id, now):
        pass
    ended = time.monotonic()
    paid = await _rows(engine, operator_id, "SELECT count(*) FROM payouts WHERE state = 'paid'")
    await engine.dispose()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {"asking_s": asking - begin, "file_s": made - asking, "outcome_s": ended - told, "peak_mb": peak}
    print(json.dumps({**figures, "payments": batch.payments, "paid": paid[0][0]}), flush=True)


async def _rows(engine: AsyncEngine, operator_id: UUID, statement: str) -> list[tuple[object, ...]]:
    async with transaction(engine, operator_id) as connection:
        return [tuple(row) for row in await connection.exec_driver_sql(statement)]


if __name__ == "__main__":
    uvloop.run(_work(sys.argv[1], UUID(sys.argv[2])))
