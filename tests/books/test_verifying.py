"""Verification: whatever is changed behind the product's back is found, and named with its position.

The changes are made as the owner of the database with every trigger off, as a script at the prompt or half a restored
backup would; the app role could do none of them.
"""

import json
import random
from collections.abc import Sequence
from datetime import timedelta

import pytest
from ledgers import as_owner, order_of_chain, post_goodwill, seal_all, verified
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from world import World, a_world, day, purchase

from cashback.books.reading import heads_of
from cashback.books.sealed import AUDIT_LOG, TRANSFERS, Sealed
from cashback.books.service import seal_next
from cashback.books.signing import SignedHead, read_heads, read_public_key, sign, signed_heads
from cashback.books.verify import Fault, Verified, verify
from cashback.db.engine import fetch
from webhooks.sealing import SealingKey

ROWS = 3_000
SIZES = (1, 500, 499, 700, 300, 1_000)
MASTER = SealingKey(bytes(range(32)))

COLUMNS = {
    "amount": "amount + 1",
    "reason": "reason || ' '",
    "debit": "'funder:shop:' || repeat('0', 32)",
    "credit": "'shopper:pending'",
    "asset": "'EUX'",
    "digest": "set_byte(digest, 7, get_byte(digest, 7) # 1)",
    "id": "gen_random_uuid()",
    "purchase_id": "gen_random_uuid()",
    "corrects": "''",
    "posted_at": "posted_at + interval '1 microsecond'",
    "operator_id": "gen_random_uuid()",
}
"""Every column but the key and the place, and how it is changed."""


async def faults(connection: AsyncConnection, world: World, sealed: Sealed = TRANSFERS, **how: object) -> list[Fault]:
    found = await verify(connection, world.operator_id, sealed, **how)  # type: ignore[arg-type]
    return found.faults


@pytest.fixture(scope="module")
async def ledger(engine: AsyncEngine) -> World:
    """Sealed transfers of transactions of many sizes, in blocks of 700. What is changed in it is undone each time."""
    world = await a_world(engine)
    await world.link()
    await post_goodwill(world, await world.stage.shopper("anna"), SIZES)
    assert await seal_all(world, rows_max=700, chains=[TRANSFERS]) == ROWS
    await seal_all(world)
    found = await verified(world)
    assert (found.faults, found.rows, found.position, found.blocks) == ([], ROWS, ROWS, 6)
    return world


def changing(column: str, keys: Sequence[str]) -> str:
    listed = ", ".join(f"'{key}'" for key in keys)
    return f"UPDATE transfers SET {column} = {COLUMNS[column]} WHERE operator_id = '{{o}}' AND key IN ({listed})"


def inserting(key: str, place: str) -> str:
    """A copy of rows under another key."""
    columns = "operator_id, shopper_id, digest, id, debit, credit, asset, amount, reason, posted_at"
    return (
        f"INSERT INTO transfers ({columns}, key, place) SELECT {columns}, {key}, {place} FROM transfers "
        "WHERE operator_id = '{o}'"
    )


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_thousand_changed_rows_are_named_with_position_and_column(
    ledger: World, owner: AsyncEngine, seed: int
) -> None:
    positions, chance = await order_of_chain(ledger), random.Random(seed)
    keys = chance.sample(sorted(positions), 1_050)
    kinds = [*COLUMNS, "missing", "inserted", "moved"]
    of: dict[str, list[str]] = {kind: keys[n :: len(kinds)] for n, kind in enumerate(kinds)}
    # A row that stays in its block has another place there; one that leaves it is missed in one, too much in another.
    of["moved"] = [key for key in of["moved"] if positions[key] > 501]
    assert sum(map(len, of.values())) >= 1_000
    listed = {kind: ", ".join(f"'{key}'" for key in of[kind]) for kind in kinds}
    statements = [changing(column, of[column]) for column in COLUMNS]
    statements += [
        f"DELETE FROM transfers WHERE operator_id = '{{o}}' AND key IN ({listed['missing']})",
        f"{inserting('key || chr(120)', 'place')} AND key IN ({listed['inserted']})",
        "UPDATE transfers SET place = (SELECT min(place) FROM transfers) - 1"
        f" WHERE operator_id = '{{o}}' AND key IN ({listed['moved']})",
    ]
    async with as_owner(owner, ledger, statements) as connection:
        found = await faults(connection, ledger)
    named = {(each.kind, each.key.split()[-1], each.position): each.what for each in found}
    # A row that is given to another operator is gone for this one.
    for kind in (*COLUMNS.keys() - {"operator_id"}, "missing", "operator_id"):
        for key in of[kind]:
            what = named.pop(("missing" if kind in ("missing", "operator_id") else "altered", key, positions[key]))
            assert kind in ("missing", "operator_id") or what.startswith(f"{kind} was ")
    for key in of["inserted"]:
        # It was put in behind the row whose key its own begins with, or where that one was before it was taken out.
        assert named.pop(("inserted", f"{key}x", positions[key])) == "behind this position"
    for key in of["moved"]:
        assert named.pop(("moved", key, positions[key])).startswith("to place ")
        assert named.pop(("inserted", key, 0)) == "behind this position"
    assert named == {}
    await ledger.audit()


async def test_two_rows_that_change_places_are_both_named(ledger: World, owner: AsyncEngine) -> None:
    positions = await order_of_chain(ledger)
    first, last = "goodwill:00000", "goodwill:02999"
    swap = f"""
        UPDATE transfers t SET place = o.place FROM transfers o
        WHERE t.operator_id = '{{o}}' AND o.operator_id = '{{o}}'
            AND (t.key, o.key) IN (('{first}', '{last}'), ('{last}', '{first}'))
    """
    async with as_owner(owner, ledger, [swap]) as connection:
        found = await faults(connection, ledger)
    moved = {(each.key.split()[-1], each.position) for each in found if each.kind == "moved"}
    assert moved == {(first, positions[first]), (last, positions[last])}


async def test_two_rows_that_exchange_what_they_hold_are_both_named(ledger: World, owner: AsyncEngine) -> None:
    positions = await order_of_chain(ledger)
    one, other = "goodwill:00007", "goodwill:00008"
    swap = f"UPDATE transfers SET amount = 215 - amount WHERE operator_id = '{{o}}' AND key IN ('{one}', '{other}')"
    async with as_owner(owner, ledger, [swap]) as connection:
        found = await faults(connection, ledger)
    assert [(each.kind, each.position, each.what) for each in found] == [
        ("altered", positions[one], "amount was 107, is 108"),
        ("altered", positions[other], "amount was 108, is 107"),
    ]


async def test_another_key_is_a_row_taken_out_and_a_row_put_in(ledger: World, owner: AsyncEngine) -> None:
    position = (await order_of_chain(ledger))["goodwill:01000"]
    rename = "UPDATE transfers SET key = 'goodwill:01000b' WHERE operator_id = '{o}' AND key = 'goodwill:01000'"
    async with as_owner(owner, ledger, [rename]) as connection:
        found = await faults(connection, ledger)
    assert [(each.kind, each.key.split()[-1], each.position) for each in found] == [
        ("missing", "goodwill:01000", position),
        ("inserted", "goodwill:01000b", position - 1),
    ]


@pytest.mark.parametrize("place", ["-5", "pg_current_xact_id()::text::bigint + 1000000"])
async def test_a_row_of_no_transaction_is_found(ledger: World, owner: AsyncEngine, place: str) -> None:
    insert = f"{inserting('chr(120)', place)} AND key = 'goodwill:00003'"
    async with as_owner(owner, ledger, [insert]) as connection:
        (found,) = await faults(connection, ledger)
    assert (found.kind, found.key.split()[-1], found.position) == ("inserted", "x", None)
    assert "of no transaction of this database" in found.what


async def test_every_changed_line_of_the_audit_log_is_named(world: World, owner: AsyncEngine) -> None:
    await world.play(*purchase("p1", at=day(1)), at=day(2))
    await world.unlink()
    await seal_all(world)
    logged = {str(key): position for key, position in await world.rows(
        "SELECT id, row_number() OVER (ORDER BY place, id) FROM audit_log"
    )}  # fmt: skip
    assert len(logged) >= 3
    change = "UPDATE audit_log SET detail = detail || '{\"by\": \"nobody\"}' WHERE operator_id = '{o}'"
    async with as_owner(owner, world, [change]) as connection:
        found = await faults(connection, world, AUDIT_LOG)
        assert await faults(connection, world, TRANSFERS) == []
    assert {each.key: each.position for each in found} == logged
    assert all(each.kind == "altered" and '"by": "nobody"' in each.what for each in found)


def links(found: Sequence[Fault]) -> list[tuple[str, int | None]]:
    return [(each.kind, each.position) for each in found]


@pytest.mark.parametrize(
    ("statement", "kinds"),
    [
        ("UPDATE seals SET content = previous WHERE number = 3", {"link"}),
        ("UPDATE seals SET hash = content WHERE number = 3", {"link"}),
        ("UPDATE seals SET previous = content WHERE number = 3", {"link"}),
        ("UPDATE seals SET sealed_at = sealed_at - interval '1 day' WHERE number = 3", {"link"}),
        ("UPDATE seals SET rows = rows + 1 WHERE number = 3", {"link"}),
        ("UPDATE seals SET through_place = through_place + 1 WHERE number = 3", {"link", "inserted"}),
        ("UPDATE seals SET columns = columns[1:12] WHERE number = 3", {"link"}),
        ("DELETE FROM seals WHERE number = 3", {"link"}),
        ("DELETE FROM seals WHERE number = 1", {"link"}),
    ],
)
async def test_a_chain_that_is_changed_itself_is_found(
    ledger: World, owner: AsyncEngine, statement: str, kinds: set[str]
) -> None:
    guarded = f"{statement} AND operator_id = '{{o}}' AND chain = 'transfers'"
    async with as_owner(owner, ledger, [guarded]) as connection:
        found = await faults(connection, ledger)
    assert {each.kind for each in found} >= kinds - {"inserted"}
    assert found[0].kind == "link"


async def test_rows_whose_copy_is_damaged_are_said_to_be_beyond_comparing(ledger: World, owner: AsyncEngine) -> None:
    damage = "UPDATE seals SET copy = decode('00', 'hex') WHERE operator_id = '{o}' AND chain = 'transfers'"
    alter = "UPDATE transfers SET amount = amount + 1 WHERE operator_id = '{o}' AND key = 'goodwill:00002'"
    async with as_owner(owner, ledger, [damage, alter]) as connection:
        found = await faults(connection, ledger)
    assert links(found) == [("copy", first) for first in (1, 502, 1001, 1701, 2001, 2701)]
    assert "block 1 has no true copy of its rows 1 to 501" in found[0].what


async def test_who_writes_the_whole_chain_anew_is_found_by_what_was_signed(ledger: World, owner: AsyncEngine) -> None:
    async with ledger.connection() as connection:
        await sign(connection, ledger.operator_id, MASTER, ledger.now)
        told = json.dumps(await heads_of(connection, ledger.operator_id, ledger.now))
        (kept,) = await signed_heads(connection, ledger.operator_id, "transfers")
    assert kept in read_heads(told)
    forge = [
        "UPDATE transfers SET amount = amount + 1 WHERE operator_id = '{o}' AND key = 'goodwill:00002'",
        "DELETE FROM seals WHERE operator_id = '{o}'",
        "DELETE FROM account_totals WHERE operator_id = '{o}'",
        "DELETE FROM account_totals_cursors WHERE operator_id = '{o}'",
    ]
    async with as_owner(owner, ledger, forge) as connection:
        while await seal_next(connection, ledger.operator_id, TRANSFERS, ledger.now, rows_max=700):
            pass
        by_stored = await faults(connection, ledger)
        await connection.exec_driver_sql("RESET ROLE")
        await connection.exec_driver_sql(f"DELETE FROM seal_signatures WHERE operator_id = '{ledger.operator_id}'")
        await connection.exec_driver_sql("SET LOCAL ROLE cashback_app")
        by_nothing = await faults(connection, ledger)
        by_kept = await faults(connection, ledger, kept=read_heads(told))
    assert links(by_stored) == [("signature", ROWS)]
    assert "is not the one whose head was signed" in by_stored[0].what
    # Nothing inside the database can tell it from a true one: that is what a head kept elsewhere is for.
    assert by_nothing == []
    assert links(by_kept) == [("signature", ROWS)]


async def test_a_tail_that_was_cut_off_is_found_by_a_head(ledger: World, owner: AsyncEngine) -> None:
    async with ledger.connection() as connection:
        await sign(connection, ledger.operator_id, MASTER, ledger.now)
        kept = await signed_heads(connection, ledger.operator_id, "transfers")
    place = "(SELECT max(after_place) FROM seals WHERE operator_id = '{o}' AND chain = 'transfers')"
    cut = [
        f"DELETE FROM transfers WHERE operator_id = '{{o}}' AND place > {place}",
        "DELETE FROM seals WHERE operator_id = '{o}' AND chain = 'transfers' AND number = 6",
    ]
    async with as_owner(owner, ledger, cut) as connection:
        found = await faults(connection, ledger)
        assert links(found) == [("tail", ROWS)]
        assert "the chain ends at position" in found[0].what
        assert links(await faults(connection, ledger, kept=kept)) == [("tail", ROWS)] * 2


async def test_a_signature_is_believed_only_of_the_key_that_is_known(ledger: World, owner: AsyncEngine) -> None:
    async with ledger.connection() as connection:
        await sign(connection, ledger.operator_id, MASTER, ledger.now)
        told = await heads_of(connection, ledger.operator_id, ledger.now)
    (key,) = (read_public_key(each) for each in told["public_keys"].values())
    stranger = bytes(32)
    async with ledger.connection() as connection:
        assert await faults(connection, ledger, keys=[key]) == []
        assert links(await faults(connection, ledger, keys=[stranger])) == [("signature", ROWS)]
        assert await faults(connection, ledger, keys=[stranger, key]) == []
    forged = "UPDATE seal_signatures SET signed_at = signed_at - interval '1 day' WHERE operator_id = '{o}'"
    async with as_owner(owner, ledger, [forged]) as connection:
        assert links(await faults(connection, ledger)) == [("signature", ROWS)]


async def test_verification_may_begin_anywhere(ledger: World, owner: AsyncEngine) -> None:
    early = "UPDATE transfers SET amount = amount + 1 WHERE operator_id = '{o}' AND key = 'goodwill:00000'"
    async with as_owner(owner, ledger, [early]) as connection:
        assert links(await faults(connection, ledger)) == [("altered", 1)]
        whole: Verified = await verify(connection, ledger.operator_id, TRANSFERS, since=1_500)
        assert (whole.faults, whole.position) == ([], ROWS)
        assert 0 < whole.rows < ROWS
        beyond: Verified = await verify(connection, ledger.operator_id, TRANSFERS, since=ROWS * 2)
        assert beyond.faults == []


async def test_heads_are_signed_once_a_day_and_by_one_key(world: World) -> None:
    async def signed(*, daily: bool = True) -> list[SignedHead]:
        async with world.connection() as connection:
            return await sign(connection, world.operator_id, MASTER, world.now, daily=daily)

    assert await signed() == []
    await seal_all(world)
    (first,) = await signed()
    assert (first.chain, await signed(daily=False)) == ("audit_log", [])
    await world.unlink()
    await seal_all(world)
    assert await signed() == []
    world.clock.advance(timedelta(days=1))
    (second,) = await signed()
    assert (second.key_id, second.number) == (first.key_id, 2)
    async with world.connection() as connection:
        stored = await fetch(connection, "SELECT id, public_key FROM signing_keys")
    assert [(each.id, second.signed_by(each.public_key)) for each in stored] == [(first.key_id, True)]
    await world.audit()
