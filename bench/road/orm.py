"""The same work as the road's, done as an ORM is commonly used: one event, one session, one transaction.

Written to be right and not to be slow: mapped classes on the same tables, the same locks in the same order, unique keys
and upserts behind them, reads by key, one flush at the end. The pure functions (parse, fold, entitlements, quotas,
conversion) are the product's own; everything that touches the database is here. Of what the road does it leaves out
only what its load never has: cards that are linked by a message.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from bench.road.orm_models import (
    Card,
    PurchaseRow,
    Shopper,
    StatementRow,
)
from bench.road.orm_rewards import convert, owed, post, reward
from cashback.ids import uuid7
from cashback.ledger.service import Transfer
from cashback.offers.schemas import Entitlement
from cashback.pipeline import Road
from cashback.purchases.assignment import assign
from cashback.purchases.fold import facts, fold, group_of, superseded
from cashback.purchases.schemas import Folded, LinkInterval, PurchaseKey, PurchaseState, Statement
from cashback.rewards.snapshot import Snapshot
from cashback.rewards.standings import Standing
from cashback.shoppers.schemas import CardLink
from cashback.told import Told, whose
from issuers.adapter import Delivery
from issuers.events import EventKind
from issuers.registry import adapter
from webhooks import inbox

_FOLDED = (
    "card_id", "authorised_minor", "cleared_minor", "refunded_minor", "credited_minor", "net_minor", "currency",
    "purchased_at", "purchased_until", "time_basis", "cleared_at", "place_key", "merchant",
)  # fmt: skip
_STATED = (
    "shopper_id", "network", "fact_ref", "digest", "revision", "purchase_ref", "group_ref", "card_id", "amount_minor",
    "currency", "occurred_at", "occurred_until", "time_basis", "purchase_at", "final", "merchant",
)  # fmt: skip


async def process_one(engine: AsyncEngine, road: Road, operator_id: UUID, lane: int, now: datetime) -> int:
    """Process the next message of a lane in one transaction; answers 0 when none waits."""
    async with AsyncSession(engine, expire_on_commit=False, autoflush=False) as session, session.begin():
        await session.execute(text("SELECT set_config('app.tenant', :tenant, true)"), {"tenant": str(operator_id)})
        connection = await session.connection()
        cursor = await inbox.lock_cursor(connection, operator_id, lane, wait=False)
        messages = [] if cursor is None else await inbox.read_after(connection, operator_id, [cursor], road.keyring, 1)
        if cursor is None or not messages:
            return 0
        snapshot = await road.snapshots.current(connection, operator_id)
        (message,) = messages
        assert message.body is not None
        (event,) = adapter("sandbox").parse(Delivery(body=message.body, headers={}, event=message.event))
        links = await _links(session, operator_id, event.card_token)
        stated, _ = whose([Told(message, "sandbox", event)], {("sandbox", event.card_token): links}, {})
        for each in stated:
            await session.execute(
                select(Shopper.shopper_id).where(Shopper.shopper_id == each.shopper_id).with_for_update(key_share=True)
            )
            await _follow(session, snapshot, each, now)
        await session.flush()
        await inbox.advance(connection, [(cursor, message)], now)
        return 1


async def _links(session: AsyncSession, operator_id: UUID, token: str) -> list[CardLink]:
    found = await session.scalars(
        select(Card).where(Card.operator_id == operator_id, Card.network == "sandbox", Card.token == token)
    )
    return [
        CardLink(each.network, each.token, each.shopper_id, each.card_id, each.linked_at, each.unlinked_at)
        for each in found
    ]


async def _follow(session: AsyncSession, snapshot: Snapshot, stated: Statement, now: datetime) -> None:
    """Record one statement and bring everything that follows from it up to date."""
    values = {name: getattr(stated, name) for name in _STATED}
    recorded = await session.execute(
        insert(StatementRow)
        .values(operator_id=snapshot.operator_id, kind=stated.kind.value, recorded_at=now, **values)
        .on_conflict_do_nothing()
        .returning(StatementRow.fact_ref)
    )
    if recorded.scalar_one_or_none() is None:
        return
    rows: dict[PurchaseKey, PurchaseRow] = {}
    standings = await _refold(session, snapshot, stated, rows, now)
    due = await owed(session, snapshot, standings, now)
    posted: list[Transfer] = []
    matured: dict[str, dict[int, int]] = {}
    for standing in standings:
        mine = {each.offer_id: each for each in due if each.purchase_id == standing.id}
        posted += await reward(session, snapshot, standing, mine, matured, now)
        _store_purchase(session, snapshot, standing, rows, mine.values(), now)
    for asset, years in matured.items():
        posted += await convert(session, snapshot, stated.shopper_id, asset, years, now)
    await post(session, snapshot.operator_id, posted, now)


async def _refold(
    session: AsyncSession,
    snapshot: Snapshot,
    stated: Statement,
    rows: dict[PurchaseKey, PurchaseRow],
    now: datetime,
) -> list[Standing]:
    """The purchases that the statement changes; `rows` receives those that are stored."""
    owner = stated.shopper_id
    told = await _statements(session, owner, {stated.group_ref, stated.purchase_ref})
    links = [
        LinkInterval(each.card_id, each.shopper_id, each.linked_at, each.unlinked_at)
        for each in await session.scalars(
            select(Card).where(Card.operator_id == snapshot.operator_id, Card.shopper_id == owner)
        )
    ]
    groups = group_of(told)
    members: dict[str, list[Statement]] = {}
    for fact_ref, each in facts(told).items():
        members.setdefault(groups[fact_ref], []).append(each)
    standings: dict[str, Standing] = {}
    for ref in sorted({stated.group_ref, stated.purchase_ref, *members}):
        row = await session.get(PurchaseRow, (owner, stated.network, ref))
        key = PurchaseKey(owner, stated.network, ref)
        if row is not None:
            rows[key] = row
        if ref in members:
            folded = fold(key, members[ref], links, now)
        elif row is not None:
            folded = superseded(_folded(row))
        else:
            continue
        standings[ref] = _standing(snapshot, folded, row, now)
    await _assign_credits(session, snapshot, stated, standings, rows, now)
    return list(standings.values())


async def _statements(session: AsyncSession, owner: UUID, refs: set[str]) -> list[Statement]:
    rows = await session.scalars(
        select(StatementRow).where(
            StatementRow.shopper_id == owner, StatementRow.network == "sandbox", StatementRow.group_ref.in_(refs)
        )
    )
    return [Statement(kind=EventKind(each.kind), **{name: getattr(each, name) for name in _STATED}) for each in rows]


def _standing(snapshot: Snapshot, folded: Folded, row: PurchaseRow | None, now: datetime) -> Standing:
    shop = snapshot.shops.match(folded.key.network, folded.merchant["identifiers"], folded.purchased_at)
    return Standing(uuid7(now) if row is None else row.id, folded, shop, None, None if row is None else row.credit_to)


def _folded(row: PurchaseRow) -> Folded:
    return Folded(
        key=PurchaseKey(row.shopper_id, row.network, row.purchase_ref),
        state=PurchaseState(row.state),
        **{name: getattr(row, name) for name in _FOLDED},
    )


async def _assign_credits(
    session: AsyncSession,
    snapshot: Snapshot,
    stated: Statement,
    standings: dict[str, Standing],
    rows: dict[PurchaseKey, PurchaseRow],
    now: datetime,
) -> None:
    on_card = (PurchaseRow.shopper_id == stated.shopper_id, PurchaseRow.card_id == stated.card_id)
    waiting = await session.scalar(
        select(func.count()).select_from(PurchaseRow).where(*on_card, PurchaseRow.state == "credit")
    )
    if not waiting and not any(each.folded.state is PurchaseState.CREDIT for each in standings.values()):
        return
    joined = dict(standings)
    for row in await session.scalars(select(PurchaseRow).where(*on_card)):
        rows[PurchaseKey(row.shopper_id, row.network, row.purchase_ref)] = row
        if row.purchase_ref not in joined:
            joined[row.purchase_ref] = _standing(snapshot, _folded(row), row, now)
    folds = {each.folded.key: each for each in joined.values()}
    credits = [key for key, each in folds.items() if each.folded.state is PurchaseState.CREDIT]
    shops = {key: None if each.shop is None else each.shop.id for key, each in folds.items()}
    assigned = assign([each.folded for each in folds.values()], [folds[key].folded for key in credits], shops)
    for key, each in folds.items():
        if key in credits:
            to = assigned[key].ref if key in assigned else None
            changed = to != each.credit_to
            each.credit_to = to
        else:
            credited = sum(folds[credit].folded.refunded_minor for credit, to in assigned.items() if to == key)
            changed = credited != each.folded.credited_minor
            each.folded = each.folded.with_credits(credited)
        if changed:
            standings[key.ref] = each


def _store_purchase(
    session: AsyncSession,
    snapshot: Snapshot,
    standing: Standing,
    rows: dict[PurchaseKey, PurchaseRow],
    owed: Iterable[Entitlement],
    now: datetime,
) -> None:
    folded = standing.folded
    row = rows.get(folded.key)
    if row is None:
        row = PurchaseRow(
            operator_id=snapshot.operator_id,
            shopper_id=folded.key.shopper_id,
            network=folded.key.network,
            purchase_ref=folded.key.ref,
            id=standing.id,
        )
        session.add(row)
    for name in _FOLDED:
        setattr(row, name, getattr(folded, name))
    moments = [each.matures_at for each in owed if each.amount and each.matures_at is not None]
    moments = [each for each in moments if each > now] + ([folded.lapses_at] if folded.lapses_at is not None else [])
    row.state, row.credit_to, row.updated_at = folded.state.value, standing.credit_to, now
    row.shop_id = None if standing.shop is None else standing.shop.id
    row.due_at = min(moments, default=None)
