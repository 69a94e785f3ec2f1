"""What the read models find beyond the ordinary purchase: credits, corrections, messages, shops that became known."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from builders import NOW, Shopper, a_house, a_purchase, a_shopper, post
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import transaction
from cashback.errors import NotFound
from cashback.ids import uuid7
from cashback.insights.feed import changed, read_feed, read_pulse
from cashback.insights.house import House, Houses
from cashback.insights.schemas import FeedFilters, PurchaseView, TraceView, WalletView
from cashback.insights.trace import read_trace
from cashback.insights.wallet import read_purchase, read_stamp, read_wallet
from cashback.programmes.models import assets, programmes
from cashback.purchases.models import purchases, statements
from webhooks.messages import lane_of, subject_of
from webhooks.models import inbox_conflicts, inbox_messages, inbox_parked


async def wallet_of(shopper: Shopper) -> WalletView:
    async with transaction(shopper.house.engine, shopper.house.operator_id) as connection:
        house = await Houses().current(connection, shopper.house.operator_id)
        return await read_wallet(connection, house, shopper.shopper_id, NOW)


async def trace_of(shopper: Shopper, purchase_id: UUID) -> TraceView:
    async with transaction(shopper.house.engine, shopper.house.operator_id) as connection:
        house = await Houses().current(connection, shopper.house.operator_id)
        return await read_trace(connection, house, purchase_id)


async def purchase_row(shopper: Shopper, purchase_id: UUID) -> dict[str, Any]:
    async with transaction(shopper.house.engine, shopper.house.operator_id) as connection:
        row = (await connection.execute(select(purchases).where(purchases.c.id == purchase_id))).one()
        return dict(row._mapping)


async def a_credit(shopper: Shopper, *, minor: int, to: UUID | None, at: datetime) -> UUID:
    """A refund that named no purchase, and the purchase it was assigned to."""
    credit_id = await a_purchase(
        shopper, minor=minor, at=at, state="credit", cleared_after=None, descriptor="AVOIR MAISON"
    )
    target = None if to is None else (await purchase_row(shopper, to))["purchase_ref"]
    async with transaction(shopper.house.engine, shopper.house.operator_id) as connection:
        await connection.execute(update(purchases).where(purchases.c.id == credit_id).values(credit_to=target))
        if to is not None:
            await connection.execute(
                update(purchases)
                .where(purchases.c.id == to)
                .values(credited_minor=minor, net_minor=purchases.c.net_minor - minor, state="partly_refunded")
            )
    return credit_id


async def test_a_credit_belongs_to_the_purchase_it_was_assigned_to(engine: AsyncEngine) -> None:
    shopper = await a_shopper(await a_house(engine))
    bought = await a_purchase(shopper, minor=50_00, at=NOW - timedelta(days=5))
    await a_credit(shopper, minor=20_00, to=bought, at=NOW - timedelta(days=1))
    open_credit = await a_credit(shopper, minor=7_00, to=None, at=NOW - timedelta(hours=2))
    wallet = await wallet_of(shopper)
    assert [each.id for each in wallet.purchases] == [open_credit, bought]
    purchase = wallet.purchases[1]
    assert (purchase.given_back_minor, purchase.net_minor, purchase.gross_minor) == (20_00, 30_00, 50_00)
    assert [(step.kind, step.amount_minor) for step in purchase.steps] == [
        ("authorization", 50_00),
        ("clearing", 50_00),
        ("refund", 20_00),
    ]
    trace = await trace_of(shopper, bought)
    assert [each.amount_minor for each in trace.evidence] == [50_00, 50_00, 20_00]


async def test_a_corrected_statement_is_evidence_and_no_step(engine: AsyncEngine) -> None:
    shopper = await a_shopper(await a_house(engine))
    bought = await a_purchase(shopper, minor=50_00, at=NOW - timedelta(days=5))
    async with transaction(engine, shopper.house.operator_id) as connection:
        told = await connection.execute(select(statements).where(statements.c.shopper_id == shopper.shopper_id))
        clearing = next(dict(row._mapping) for row in told if row.kind == "clearing")
        corrected = clearing | {"revision": 5, "digest": b"later", "amount_minor": 48_00}
        await connection.execute(insert(statements).values(**corrected))
    trace = await trace_of(shopper, bought)
    assert [(each.kind, each.amount_minor, each.current) for each in trace.evidence] == [
        ("authorization", 50_00, True),
        ("clearing", 50_00, False),
        ("clearing", 48_00, True),
    ]
    assert [(step.kind, step.amount_minor) for step in trace.purchase.steps] == [
        ("authorization", 50_00),
        ("clearing", 48_00),
    ]


async def test_messages_about_the_card_are_found_with_their_fate(engine: AsyncEngine) -> None:
    shopper = await a_shopper(await a_house(engine))
    bought = await a_purchase(shopper)
    assert shopper.card_id is not None
    subject = subject_of("sandbox", f"card_{shopper.card_id.hex}")
    lane, connection_id = lane_of(subject, ""), uuid7(NOW)
    tenant = shopper.house.operator_id

    def message(name: str, minutes: int, **more: Any) -> dict[str, Any]:
        return {
            "tenant_id": tenant,
            "lane": lane,
            "connection_id": connection_id,
            "delivery_id": name,
            "event": "purchase",
            "digest": name.encode(),
            "subject": subject,
            "received_at": NOW - timedelta(minutes=minutes),
            "key_period": date(2026, 11, 1),
            "body": b"sealed",
            **more,
        }

    async with transaction(engine, tenant) as connection:
        stored = [message("first", 9, ordinal=1), message("second", 8, ordinal=2), message("third", 7, ordinal=3)]
        stored.append(message("stranger", 6, ordinal=4) | {"subject": b"another card....", "digest": b"x"})
        await connection.execute(insert(inbox_messages), stored)
        xid = (await connection.exec_driver_sql("SELECT pg_current_xact_id()::text")).scalar_one()
        await connection.exec_driver_sql(
            "INSERT INTO inbox_cursors (tenant_id, lane, xid, ordinal) VALUES ($1, $2, $3::text::xid8, 2)",
            (tenant, lane, xid),
        )
        parked = {"connection_id": connection_id, "delivery_id": "second", "code": "unreadable", "detail": "no amount"}
        await connection.execute(insert(inbox_parked).values(tenant_id=tenant, lane=lane, parked_at=NOW, **parked))
        await connection.execute(insert(inbox_conflicts).values(**message("first", 5)))
    trace = await trace_of(shopper, bought)
    assert [(each.delivery_id, each.state, each.trouble) for each in trace.deliveries] == [
        ("first", "conflict", None),
        ("third", "waiting", None),
        ("second", "parked", "no amount"),
        ("first", "read", None),
    ]
    async with transaction(engine, tenant) as connection:
        house = await Houses().current(connection, tenant)
        pulse = await read_pulse(connection, house, NOW)
    assert (pulse.waiting, pulse.parked, pulse.conflicts) == (2, 1, 1)


async def test_a_match_whose_identifier_is_gone_says_so(engine: AsyncEngine) -> None:
    shopper = await a_shopper(await a_house(engine))
    kept = await a_purchase(shopper)
    gone = await a_purchase(shopper, identifiers=["mid:12345678"], at=NOW - timedelta(hours=5))
    matched = (await trace_of(shopper, kept)).match
    assert matched is not None
    assert (matched.scheme, matched.value) == ("mid", "90000001")
    assert (await trace_of(shopper, gone)).match is None


async def test_another_shoppers_and_an_unknown_purchase_are_not_found(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    mine, theirs = await a_shopper(house), await a_shopper(house, reference="other")
    purchase_id = await a_purchase(theirs)
    async with transaction(engine, house.operator_id) as connection:
        read = await Houses().current(connection, house.operator_id)
        for shopper_id, wanted in ((mine.shopper_id, purchase_id), (theirs.shopper_id, uuid7(NOW))):
            with pytest.raises(NotFound):
                await read_purchase(connection, read, shopper_id, wanted)
        with pytest.raises(NotFound):
            await read_trace(connection, read, uuid7(NOW))
        with pytest.raises(NotFound):
            await read_wallet(connection, read, uuid7(NOW), NOW)


async def test_the_stamp_moves_with_every_change(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    shopper = await a_shopper(house)
    seen: list[str] = []

    async def stamp() -> None:
        async with transaction(engine, house.operator_id) as connection:
            seen.append(await read_stamp(connection, house.operator_id, shopper.shopper_id))

    await stamp()
    await a_purchase(shopper, shop=None)
    await stamp()
    async with transaction(engine, house.operator_id) as connection:
        await post(connection, shopper, "funder:operator", "shopper:available", "EUR", 1)
    await stamp()
    assert len(set(seen)) == 3
    await stamp()
    assert seen[3] == seen[2]


async def test_the_next_date_is_told_and_never_the_whole_for_a_part(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    shopper = await a_shopper(house)
    await a_purchase(shopper, minor=100_00, at=NOW - timedelta(days=5))
    await a_purchase(shopper, minor=60_00, at=NOW - timedelta(hours=2), cleared_after=None)
    euros = next(each for each in (await wallet_of(shopper)).balances if each.asset.code == "EUR")
    assert (euros.available, euros.pending, euros.next_amount) == (0, 8_00, 5_00)
    assert euros.next_at == NOW - timedelta(days=5) + timedelta(hours=20) + timedelta(days=14)


async def test_the_feed_is_newest_first_and_tells_only_what_changed(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    shopper = await a_shopper(house)
    first = await a_purchase(shopper, at=NOW - timedelta(minutes=9))

    async def look(after: UUID | None = None) -> list[Any]:
        async with transaction(engine, house.operator_id) as connection:
            read: House = await Houses().current(connection, house.operator_id)
            return await read_feed(connection, read, FeedFilters(), after=after)

    before = await look()
    second = await a_purchase(shopper, at=NOW - timedelta(minutes=1))
    async with transaction(engine, house.operator_id) as connection:
        await connection.execute(update(purchases).where(purchases.c.id == first).values(state="lapsed", net_minor=0))
    after = await look()
    assert [row.id for row in after] == [second, first]
    assert [row.id for row in changed(before, after)] == [first, second]
    assert changed(after, await look()) == []
    assert [row.id for row in await look(after=first)] == [second]


async def test_a_new_revision_is_read_and_an_old_one_is_kept(engine: AsyncEngine) -> None:
    house = await a_house(engine)
    houses = Houses()
    async with transaction(engine, house.operator_id) as connection:
        first = await houses.current(connection, house.operator_id)
        assert await houses.current(connection, house.operator_id) is first
        await connection.execute(update(assets).where(assets.c.code == "PTS").values(name_en="stars"))
        assert (await houses.current(connection, house.operator_id)).asset("PTS").name_en == "points"
        await connection.execute(update(programmes).values(revision=2))
        assert (await houses.current(connection, house.operator_id)).asset("PTS").name_en == "stars"
        assert first.asset("GONE").code == "GONE"
        assert first.asset("GIFTCARD:GBP").kind == "money"


async def test_an_operator_without_a_programme_is_told_what_to_do(engine: AsyncEngine) -> None:
    async with transaction(engine, uuid7(NOW)) as connection:
        with pytest.raises(NotFound, match="apply a programme file first"):
            await Houses().current(connection, uuid7(NOW))


async def test_what_was_lapsed_declined_or_not_linked_is_not_judged(engine: AsyncEngine) -> None:
    shopper = await a_shopper(await a_house(engine))
    for hours, state in enumerate(("lapsed", "declined", "not_linked", "reversed", "refunded")):
        await a_purchase(shopper, state=state, cleared_after=None, at=NOW - timedelta(hours=hours + 1))
    views: tuple[PurchaseView, ...] = (await wallet_of(shopper)).purchases
    assert [each.state for each in views] == ["lapsed", "declined", "not_linked", "reversed", "refunded"]
    assert all(each.judgements == () for each in views)
    assert [each.shown_minor for each in views] == [84_90, 0, 84_90, 84_90, 84_90]


def test_the_first_id_of_a_day_stands_before_every_id_of_that_day() -> None:
    from cashback.insights.feed import _first_id_at

    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    assert _first_id_at(midnight) < uuid7(midnight)
    assert uuid7(midnight - timedelta(milliseconds=1)) < _first_id_at(midnight)
