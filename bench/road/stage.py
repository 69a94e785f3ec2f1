"""Sets the stage of one measurement in one database: the operator, the programme, shoppers with cards, the inbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from bench.road.load import REFERENCE_PREFIX, Told, reference, token
from bench.road.oracle import Wallets
from bench.road.programme import OFFERS, Offer, programme
from bench.server import Bench
from cashback.actors import Actor, system
from cashback.audit import audit
from cashback.clock import SystemClock
from cashback.db.engine import fetch, open_engine, transaction
from cashback.ids import uuid7
from cashback.pipeline import Road, rematch
from cashback.programme_file.service import apply
from cashback.programmes.connections import open_connection
from cashback.programmes.operators import OperatorMode, open_operator
from cashback.shoppers.service import open_shoppers
from issuers.adapter import Delivery
from issuers.registry import ADAPTERS, adapter
from webhooks import inbox
from webhooks.messages import LANES, NewMessage, subject_of
from webhooks.sealing import KeyRing

NETWORK = "sandbox"
MASTER_KEY = bytes(range(32))
APPENDED_AT_ONCE = 500
_WALLETS = """
SELECT r.reference, b.asset, b.pending, b.available, b.converted
FROM balances b JOIN shopper_references r ON r.operator_id = b.operator_id AND r.shopper_id = b.shopper_id
WHERE (b.pending <> 0 OR b.available <> 0 OR b.converted <> 0) AND r.reference LIKE $1
"""

LINKED_BEFORE = timedelta(days=1200)

_LINK_ALL = """
INSERT INTO cards (operator_id, network, token, linked_at, shopper_id, card_id, last_four, scheme)
SELECT $1, $2, t.token, $3, t.shopper_id, t.card_id, '0000', 'visa'
FROM unnest($4::text[], $5::uuid[], $6::uuid[]) AS t (token, shopper_id, card_id)
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """One operator in one database."""

    database: str
    operator_id: UUID
    connection_id: UUID


async def set_stage(bench: Bench, shoppers: range, present: datetime, offers: Sequence[Offer] = OFFERS) -> Stage:
    """A database with the programme in force and every shopper's card linked, nothing told yet."""
    database = await bench.create()
    engine = open_engine(bench.url(database), pool_size=2)
    try:
        operator_id = await open_operator(engine, slug="bench", name="Bench", now=present, mode=OperatorMode.TEST)
        actor = system(operator_id, "bench")
        async with transaction(engine, operator_id) as connection:
            await apply(connection, actor, programme(offers), present, since_ever=True)
            connection_id = await open_connection(
                connection,
                actor,
                slug="bench",
                provider=NETWORK,
                registered_url="https://bench.invalid/webhooks/bench",
                secret=b"whsec_YmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmVuY2g=",
                providers=ADAPTERS.keys(),
                master=KeyRing(MASTER_KEY).master,
                now=present,
            )
        # Shops that have just become known are asked for among purchases of the past: better now than while measuring.
        while await rematch(engine, Road(KeyRing(MASTER_KEY)), operator_id, present):
            pass
        # An operator that has been at work has a cursor in every lane; only the first batches ever wait for one.
        for lane in range(LANES):
            async with transaction(engine, operator_id) as connection:
                await inbox.lock_cursor(connection, operator_id, lane, wait=True)
        await _open_all(engine, actor, shoppers, present)
    finally:
        await engine.dispose()
    return Stage(database, operator_id, connection_id)


async def _open_all(engine: AsyncEngine, actor: Actor, shoppers: range, present: datetime) -> None:
    async with transaction(engine, actor.operator_id) as connection:
        names = [reference(shopper) for shopper in shoppers]
        ids = await open_shoppers(connection, actor, names, locale="en", now=present)
        columns = (
            [token(shopper) for shopper in shoppers],
            [ids[name] for name in names],
            [uuid7(present) for _ in names],
        )
        await connection.exec_driver_sql(_LINK_ALL, (actor.operator_id, NETWORK, present - LINKED_BEFORE, *columns))


def received(stage: Stage, told: Told, at: datetime) -> NewMessage:
    """A message as the receiver appends it."""
    envelope = adapter(NETWORK).envelope(Delivery(body=told.body, headers={}, event=None))
    return NewMessage(
        connection_id=stage.connection_id,
        delivery_id=envelope.delivery_id,
        event=None,
        digest=envelope.content_digest,
        subject=subject_of(NETWORK, told.token),
        received_at=at,
        body=told.body,
    )


async def append_all(bench: Bench, stage: Stage, told: Sequence[Told], at: datetime) -> None:
    """Append messages to the inbox log, many at once, and let the statistics of every table follow."""
    engine = open_engine(bench.url(stage.database), pool_size=2)
    keyring = KeyRing(MASTER_KEY)
    try:
        for start in range(0, len(told), APPENDED_AT_ONCE):
            part = [received(stage, each, at) for each in told[start : start + APPENDED_AT_ONCE]]
            async with transaction(engine, stage.operator_id) as connection:
                await inbox.append(connection, stage.operator_id, part, keyring)
    finally:
        await engine.dispose()
    await bench.administer("VACUUM ANALYZE", database=stage.database)


async def copy_of(bench: Bench, stage: Stage) -> Stage:
    """The same stage in another database, for another run."""
    return Stage(await bench.create(stage.database), stage.operator_id, stage.connection_id)


async def stored_wallets(bench: Bench, stage: Stage) -> Wallets:
    """The wallets of the stage's shoppers as the database holds them; what is all zero is left out."""
    engine = open_engine(bench.url(stage.database), pool_size=1)
    try:
        async with transaction(engine, stage.operator_id) as connection:
            rows = await fetch(connection, _WALLETS, (f"{REFERENCE_PREFIX}%",))
    finally:
        await engine.dispose()
    return {(int(row[0].removeprefix(REFERENCE_PREFIX)), row[1]): (row[2], row[3], row[4]) for row in rows}


async def audited(bench: Bench, stage: Stage) -> None:
    """Let the product audit its books; RuntimeError names what it found."""
    engine = open_engine(bench.url(stage.database), pool_size=1)
    try:
        async with transaction(engine, stage.operator_id) as connection:
            report = await audit(connection, stage.operator_id, SystemClock().now())
    finally:
        await engine.dispose()
    if not report.clean:
        raise RuntimeError(f"the audit found {report.breaches[0].invariant}: {report.breaches[0].row}")
