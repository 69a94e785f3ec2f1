"""The outbox: told once, lost never whatever commits late, handed to who listens, kept as long as it is needed."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import fetch, transaction
from webhooks import endpoints, outbox
from webhooks.endpoints import BadEndpoint, checked_types
from webhooks.outbox import Message, message_id, read_id, show_id
from webhooks.sealing import SealingKey, Unsealable
from webhooks.signing import Secret, new_secret

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
MASTER = SealingKey(b"m" * 32)
WRITERS, EACH = 8, 40


def message(key: str, type_: str = "reward.earned", *, at: datetime = NOON, payload: str = "") -> Message:
    return Message(key, type_, "p", {"x": payload}, at)


async def add(
    engine: AsyncEngine,
    tenant: UUID,
    url: str = "https://crm.example/",
    *,
    types: Sequence[str] | None = None,
    secrets: Sequence[Secret] = (),
) -> UUID:
    endpoint_id = uuid4()
    async with transaction(engine, tenant) as connection:
        await endpoints.add(
            connection,
            tenant,
            endpoint_id,
            url=url,
            types=types,
            version="1",
            secrets=secrets or [new_secret()],
            master=MASTER,
            now=NOON,
        )
    return endpoint_id


async def tell(engine: AsyncEngine, tenant: UUID, *messages: Message, now: datetime = NOON) -> None:
    async with transaction(engine, tenant) as connection:
        await outbox.tell(connection, tenant, messages, now)


async def hand_out(engine: AsyncEngine, tenant: UUID, limit: int = 1000) -> int:
    async with transaction(engine, tenant) as connection:
        return await outbox.hand_out(connection, tenant, NOON, limit)


async def rows(engine: AsyncEngine, tenant: UUID, statement: str) -> list[tuple[object, ...]]:
    async with transaction(engine, tenant) as connection:
        return [tuple(row) for row in await fetch(connection, statement)]


async def test_a_message_is_stored_once_by_its_key_and_only_where_there_is_an_endpoint(engine: AsyncEngine) -> None:
    tenant = uuid4()
    await tell(engine, tenant, message("early"))
    await add(engine, tenant)
    await tell(engine, tenant, message("a"), message("b"), message("a", payload="other"))
    await tell(engine, tenant, message("a", at=NOON + timedelta(hours=1)))
    found = await rows(engine, tenant, "SELECT key, id FROM outbox_messages ORDER BY key")
    assert found == [("a", message_id(tenant, "a", NOON)), ("b", message_id(tenant, "b", NOON))]
    assert [await hand_out(engine, tenant), await hand_out(engine, tenant)] == [2, 0]
    assert await rows(engine, tenant, "SELECT count(*) FROM webhook_deliveries") == [(2,)]


async def test_what_commits_late_is_not_lost(engine: AsyncEngine) -> None:
    """Writers commit in another order than they began, while handing out goes on: by position some would be lost."""
    tenant = uuid4()
    await add(engine, tenant)
    chosen, writing = random.Random(3), True

    async def write(writer: int) -> None:
        for number in range(EACH):
            async with transaction(engine, tenant) as connection:
                await outbox.tell(connection, tenant, [message(f"{writer}-{number}")], NOON)
                await asyncio.sleep(chosen.random() / 200)

    async def hand() -> None:
        while writing:
            await hand_out(engine, tenant, 7)

    handing = [asyncio.create_task(hand()) for _ in range(2)]
    await asyncio.gather(*(write(each) for each in range(WRITERS)))
    writing = False
    await asyncio.gather(*handing)
    await hand_out(engine, tenant)
    lost = "SELECT count(*) FROM outbox_messages WHERE handed_at IS NULL"
    assert await rows(engine, tenant, lost) == [(0,)]
    assert await rows(engine, tenant, "SELECT count(*) FROM webhook_deliveries") == [(WRITERS * EACH,)]


async def test_one_process_at_a_time_hands_out(engine: AsyncEngine) -> None:
    """Two would each give places to what they see, and a later message might be sent first."""
    tenant = uuid4()
    await add(engine, tenant)
    await tell(engine, tenant, message("a"))
    async with transaction(engine, tenant) as connection:
        assert await outbox.hand_out(connection, tenant, NOON) == 1
        await tell(engine, tenant, message("b"))
        assert await hand_out(engine, tenant) == 0
    assert await hand_out(engine, tenant) == 1


async def test_what_is_handed_out_beside_a_disabling_waits_for_nobody(engine: AsyncEngine) -> None:
    tenant = uuid4()
    endpoint_id = await add(engine, tenant)
    await tell(engine, tenant, message("a"))

    async def disable() -> bool:
        async with transaction(engine, tenant) as connection:
            return await endpoints.disable(connection, tenant, endpoint_id, None, NOON)

    async with transaction(engine, tenant) as connection:
        assert await outbox.hand_out(connection, tenant, NOON) == 1
        disabling = asyncio.create_task(disable())
        done, _ = await asyncio.wait([disabling], timeout=0.2)
        assert not done
    assert await disabling
    assert await rows(engine, tenant, "SELECT state FROM webhook_deliveries") == [("dead",)]
    async with transaction(engine, tenant) as connection:
        await endpoints.enable(connection, tenant, endpoint_id, NOON)
    await tell(engine, tenant, message("b"))
    async with transaction(engine, tenant) as connection:
        assert await endpoints.disable(connection, tenant, endpoint_id, None, NOON)
        handing = asyncio.create_task(hand_out(engine, tenant))
        done, _ = await asyncio.wait([handing], timeout=0.2)
        assert not done
    assert await handing == 1
    assert await rows(engine, tenant, "SELECT count(*) FROM webhook_deliveries WHERE state = 'pending'") == [(0,)]


async def test_each_endpoint_gets_what_it_listens_to(engine: AsyncEngine) -> None:
    tenant = uuid4()
    listening = {
        await add(engine, tenant, "https://all.example/"): 4,
        await add(engine, tenant, "https://one.example/", types=["card.linked"]): 1,
        await add(engine, tenant, "https://group.example/", types=["reward.*", "card.unlinked"]): 3,
        await add(engine, tenant, "https://none.example/", types=["funding.low"]): 0,
    }
    kinds = ("reward.earned", "reward.changed", "card.linked", "card.unlinked")
    await tell(engine, tenant, *(message(each, each) for each in kinds))
    await hand_out(engine, tenant)
    found = dict(await rows(engine, tenant, "SELECT endpoint_id, count(*) FROM webhook_deliveries GROUP BY 1"))  # type: ignore[arg-type]
    assert {each: found.get(each, 0) for each in listening} == listening


async def test_another_tenant_hears_nothing(engine: AsyncEngine) -> None:
    ours, theirs = uuid4(), uuid4()
    await add(engine, ours)
    await add(engine, theirs)
    await tell(engine, ours, message("a"))
    await hand_out(engine, theirs)
    await hand_out(engine, ours)
    assert await rows(engine, theirs, "SELECT count(*) FROM webhook_deliveries") == [(0,)]
    assert await rows(engine, ours, "SELECT count(*) FROM webhook_deliveries") == [(1,)]


async def test_old_messages_are_forgotten_and_pending_ones_are_not(engine: AsyncEngine) -> None:
    tenant = uuid4()
    await add(engine, tenant)
    await tell(engine, tenant, message("old"), message("pending"))
    await hand_out(engine, tenant)
    await tell(engine, tenant, message("new"), now=NOON + timedelta(days=30))
    done = f"UPDATE webhook_deliveries SET state = 'delivered' WHERE message_id = '{message_id(tenant, 'old', NOON)}'"
    async with transaction(engine, tenant) as connection:
        await connection.exec_driver_sql(done)
        assert await outbox.forget(connection, tenant, NOON + timedelta(days=1)) == 1
        assert await outbox.forget(connection, tenant, NOON + timedelta(days=1)) == 0
    assert await rows(engine, tenant, "SELECT key FROM outbox_messages ORDER BY key") == [("new",), ("pending",)]
    assert await rows(engine, tenant, "SELECT count(*) FROM webhook_deliveries") == [(1,)]


@pytest.mark.parametrize("bad", [message(""), message("k" * 256), message("k", payload="x" * 20_000)])
async def test_what_is_too_long_is_not_told(engine: AsyncEngine, bad: Message) -> None:
    tenant = uuid4()
    await add(engine, tenant)
    with pytest.raises(ValueError, match="has"):
        await tell(engine, tenant, message("good"), bad)
    assert await rows(engine, tenant, "SELECT count(*) FROM outbox_messages") == [(0,)]


def test_ids_are_sorted_by_time_and_read_back() -> None:
    tenant = uuid4()
    made = [message_id(tenant, f"k{number}", NOON + timedelta(seconds=number)) for number in range(200)]
    assert made == sorted(set(made))
    assert {each.version for each in made} == {7}
    assert [read_id(show_id(each)) for each in made] == made
    assert "." not in show_id(made[0])
    for text in ("", "msg_", "msg_" + "0" * 31, "whe_" + "0" * 32, "msg_" + "z" * 32):
        with pytest.raises(ValueError, match="expected"):
            read_id(text)


async def test_an_address_is_taken_once_and_their_number_is_bounded(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = uuid4()
    monkeypatch.setattr(endpoints, "ENDPOINTS_MAX", 2)
    await add(engine, tenant)
    for url, code in (
        ("https://crm.example/", "endpoint_exists"),
        ("https://b.example/", ""),
        ("c", "too_many_endpoints"),
    ):
        if not code:
            await add(engine, tenant, url)
            continue
        with pytest.raises(BadEndpoint) as refusal:
            await add(engine, tenant, url)
        assert refusal.value.code == code
    assert await rows(engine, tenant, "SELECT count(*) FROM webhook_endpoints") == [(2,)]


async def test_secrets_rotate_with_an_overlap_and_are_sealed_for_their_row(engine: AsyncEngine) -> None:
    tenant, first, second, third = uuid4(), new_secret(), new_secret(), new_secret()
    pair = new_secret("v1a")
    endpoint_id = await add(engine, tenant, secrets=[first, pair])

    async def rotated(secret: Secret, hours: int, now: datetime) -> list[Secret]:
        async with transaction(engine, tenant) as connection:
            until = await endpoints.rotate(
                connection, tenant, endpoint_id, secret, overlap=timedelta(hours=hours), master=MASTER, now=now
            )
        ((sealed, told),) = await rows(engine, tenant, "SELECT secrets, overlap_until FROM webhook_endpoints")
        assert until == told == (now + timedelta(hours=hours) if hours else None)
        assert isinstance(sealed, bytes)
        assert first.key not in sealed
        with pytest.raises(Unsealable):
            endpoints.opened_secrets(MASTER, tenant, uuid4(), sealed)
        with pytest.raises(Unsealable):
            endpoints.opened_secrets(SealingKey(b"n" * 32), tenant, endpoint_id, sealed)
        return endpoints.opened_secrets(MASTER, tenant, endpoint_id, sealed)

    ending = NOON + timedelta(hours=24)
    assert await rotated(second, 24, NOON) == [second, Secret("v1", first.key, ending), pair]
    # A longer overlap does not lengthen one that was granted; what has ended is not kept.
    later = NOON + timedelta(hours=1)
    assert await rotated(third, 48, later) == [
        third,
        Secret("v1", second.key, later + timedelta(hours=48)),
        Secret("v1", first.key, ending),
        pair,
    ]
    many = [new_secret() for _ in range(4)]
    for secret in many:
        signing = await rotated(secret, 48, later)
    assert [each.key for each in signing] == [many[3].key, many[2].key, many[1].key, pair.key], "what is in force stays"
    assert await rotated(second, 0, NOON + timedelta(hours=80)) == [second, pair]
    async with transaction(engine, tenant) as connection:
        with pytest.raises(LookupError):
            await endpoints.rotate(connection, tenant, uuid4(), third, overlap=timedelta(0), master=MASTER, now=NOON)


@pytest.mark.parametrize(
    "types", [[], ["reward"], ["reward.eaten"], ["*"], ["reward.**"], ["x.*"], ["card.linked", ""]]
)
def test_types_that_nobody_tells_are_refused(types: list[str]) -> None:
    with pytest.raises(BadEndpoint):
        checked_types(types, ["reward.earned", "card.linked"])


def test_types_are_kept_in_order_each_once() -> None:
    known = ["reward.earned", "card.linked"]
    assert checked_types(["reward.*", "card.linked", "reward.*"], known) == ("card.linked", "reward.*")
    assert checked_types(None, known) is None
