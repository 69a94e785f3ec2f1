"""Operators are strangers to one another, and the app role cannot rewrite what is append-only.

Every table is probed, so that a table added without its policy is found here: another operator sees no row of it,
changes none, removes none and cannot write one in the first operator's name; without an operator there is nothing.
"""

import pytest
from rows_by_hand import BY_HAND
from sqlalchemy import Table, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from world import FIVE_PERCENT, World, a_world, day, purchase, refund

from cashback.db.engine import directory, open_engine, transaction
from cashback.migrations.schema import SCHEMA

TABLES = {table.name: table for metadata in SCHEMA for table in metadata.sorted_tables}
APPEND_ONLY = (
    "transfers",
    "statements",
    "audit_log",
    "inbox_messages",
    "inbox_conflicts",
    "offer_revisions",
    "offer_moves",
    "rulings",
    "claimed_pictures",
    "lot_uses",
    "payout_moves",
    "payout_approvals",
    "plan_moves",
    "charge_moves",
    "match_answers",
    "match_decisions",
    "bank_files",
    "bank_entries",
    "bank_statuses",
    "bank_notes",
    "seals",
    "seal_signatures",
    "signing_keys",
    "settlements",
    "settlement_lines",
    "settled_transfers",
    "invoices",
    "settlement_files",
    "decision_log",
    "decision_forgettings",
    "credit_tables",
    "refund_percentiles",
    "theme_logos",
    "themes",
    "erasures",
)
FILLED = sorted(
    TABLES.keys()
    - {
        "account_totals",
        "account_totals_cursors",
        "seal_signatures",
        "seals",
        "signing_keys",
        "offer_revisions",
        "shopper_facts",
        "api_keys",
        "idempotency",
        "idempotency_holds",
        "bank_accounts",
        "bank_connections",
        "bank_entries",
        "bank_files",
        "bank_notes",
        "bank_rows",
        "bank_statuses",
        "rematches",
        "rulings",
        "inbox_conflicts",
        "inbox_parked",
        "inbox_unclaimed",
        "matured_years",
        "charge_moves",
        "charge_news",
        "charge_rails",
        "collections",
        "lender_calls",
        "lender_contracts",
        "instalment_counts",
        "instalment_settings",
        "instalments",
        "mandates",
        "paybacks",
        "plan_moves",
        "plans",
        "payout_rails",
        "payout_accounts",
        "payouts",
        "payout_moves",
        "payout_approvals",
        "payout_news",
        "payout_batches",
        "payout_days",
        "gift_codes",
        "claims",
        "claim_pictures",
        "claimed_pictures",
        "match_settings",
        "match_answers",
        "match_decisions",
        "match_lessons",
        "merchant_aliases",
        "outlet_brands",
        "outlets",
        "purchase_matches",
        "adjustments",
        "adjustment_limits",
        "funders",
        "funder_days",
        "funding_pauses",
        "notices",
        "lot_uses",
        "lot_ends",
        "sellers",
        "settlements",
        "settlement_lines",
        "settled_transfers",
        "invoices",
        "invoice_counters",
        "settlement_files",
        "card_facts",
        "credit_rules",
        "credit_tables",
        "decision_forgettings",
        "decision_log",
        "decision_records",
        "decision_reviews",
        "decision_subjects",
        "decisions",
        "declared_means",
        "ficp_consultations",
        "lost_disputes",
        "refund_percentiles",
        "outbox_messages",
        "webhook_endpoints",
        "webhook_deliveries",
        "webhook_attempts",
        "sso_secrets",
        "embed_origins",
        "sso_nonces",
        "api_requests",
        "daily_figures",
        "figure_cursors",
        "offer_trials",
        "offer_days",
        "offer_days_counted",
        "offer_effects",
        "outbox_streams",
        "members",
        "identity_providers",
        "shopper_addresses",
        "sign_in_codes",
        "sign_in_code_counts",
        "sign_in_challenges",
        "passkeys",
        "sessions",
        "outgoing_mail",
        "theme_logos",
        "themes",
        "welcome_pages",
        "centre_pages",
        "posters",
        "visit_counts",
        "operator_domains",
        "notice_preferences",
        "erasures",
        "shop_imports",
    }
)
"""Tables that an ordinary day fills; the others are filled by hand below."""


@pytest.fixture(scope="module")
async def anna(engine: AsyncEngine) -> World:
    """An operator with at least one row in every table."""
    world = await a_world(engine, FIVE_PERCENT.replace("hold_days: 14", 'budget: "90.00"'))
    await world.link()
    await world.play(*purchase("p", at=day(1)), refund("r", 5_00, at=day(2)), at=day(5))
    await world.say("segment", "families")
    async with world.connection() as connection:
        for statement in BY_HAND:
            await connection.exec_driver_sql(statement.format(o=world.operator_id))
    return world


@pytest.fixture(scope="module")
async def stranger(engine: AsyncEngine) -> World:
    """Another operator of the same house."""
    return await a_world(engine)


def tenant_of(table: Table) -> str:
    return str(table.info["tenant"])


async def count(connection: AsyncConnection, table: Table, world: World) -> int:
    statement = text(f"SELECT count(*) FROM {table.name} WHERE {tenant_of(table)} = :operator")
    return int((await connection.execute(statement, {"operator": world.operator_id})).scalar_one())


def test_the_list_of_what_an_ordinary_day_fills_is_complete() -> None:
    assert len(FILLED) + len(BY_HAND) == len(TABLES)


@pytest.mark.parametrize("name", TABLES)
async def test_another_operator_sees_nothing_and_changes_nothing(
    engine: AsyncEngine, anna: World, stranger: World, name: str
) -> None:
    table = TABLES[name]
    async with anna.connection() as connection:
        mine = await count(connection, table, anna)
        assert mine > 0
    async with stranger.connection() as connection:
        assert await count(connection, table, anna) == 0
    column = tenant_of(table)
    for change in (
        f"UPDATE {name} SET {column} = {column} WHERE {column} = '{anna.operator_id}'",
        f"DELETE FROM {name} WHERE {column} = '{anna.operator_id}'",
    ):
        if name in APPEND_ONLY:
            with pytest.raises(DBAPIError, match="permission denied"):
                async with stranger.connection() as connection:
                    await connection.exec_driver_sql(change)
        else:
            async with stranger.connection() as connection:
                assert (await connection.exec_driver_sql(change)).rowcount == 0
    async with anna.connection() as connection:
        assert await count(connection, table, anna) == mine


@pytest.mark.parametrize("name", TABLES)
async def test_nobody_writes_in_another_operators_name(anna: World, stranger: World, name: str) -> None:
    table = TABLES[name]
    async with anna.connection() as connection:
        before = await count(connection, table, anna)
        row = dict((await connection.execute(table.select().limit(1))).mappings().one())
    # The transaction's own number is PostgreSQL's to give.
    row.pop("xid" if name == "inbox_messages" else "", None)
    with pytest.raises(DBAPIError, match="row-level security"):
        async with stranger.connection() as connection:
            await connection.execute(table.insert().values(row))
    async with anna.connection() as connection:
        assert await count(connection, table, anna) == before


@pytest.mark.parametrize("name", TABLES)
async def test_without_an_operator_there_is_nothing(engine: AsyncEngine, anna: World, name: str) -> None:
    async with engine.begin() as connection:
        assert (await connection.exec_driver_sql(f"SELECT count(*) FROM {name}")).scalar() == 0


async def test_the_directory_opens_a_few_tables_for_reading_alone(engine: AsyncEngine, anna: World) -> None:
    opened = set()
    for name, table in TABLES.items():
        async with directory(engine) as connection:
            if await count(connection, table, anna):
                opened.add(name)
            if name not in APPEND_ONLY:
                changed = await connection.exec_driver_sql(f"DELETE FROM {name}")
                assert changed.rowcount == 0
    strangers_find = {"centres", "welcome_pages", "centre_pages", "operator_domains"}
    assert opened == {"operators", "connections", "api_keys", "sessions"} | strangers_find


async def test_an_operator_does_not_stay_on_a_pooled_connection(engine: AsyncEngine, anna: World) -> None:
    for _ in range(30):
        async with transaction(engine, anna.operator_id) as connection:
            assert (await connection.exec_driver_sql("SELECT count(*) FROM shoppers")).scalar() == 1
        async with engine.begin() as connection:
            assert (await connection.exec_driver_sql("SELECT count(*) FROM shoppers")).scalar() == 0


@pytest.mark.parametrize("name", APPEND_ONLY)
@pytest.mark.parametrize("change", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0}"])
async def test_the_app_role_cannot_rewrite_what_is_append_only(anna: World, name: str, change: str) -> None:
    table = TABLES[name]
    async with anna.connection() as connection:
        before = await count(connection, table, anna)
    with pytest.raises(DBAPIError, match="permission denied"):
        async with anna.connection() as connection:
            await connection.exec_driver_sql(change.format(name, tenant_of(table)))
    async with anna.connection() as connection:
        assert await count(connection, table, anna) == before


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE mine (id int)", "ALTER TABLE transfers DISABLE ROW LEVEL SECURITY"]
)
async def test_the_app_role_defines_nothing(anna: World, statement: str) -> None:
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
        async with anna.connection() as connection:
            await connection.exec_driver_sql(statement)


@pytest.mark.parametrize("name", ["transfers", "statements", "audit_log", "offer_revisions", "offer_moves", "seals"])
async def test_not_even_the_owner_rewrites_the_books_by_accident(anna: World, database_url: str, name: str) -> None:
    owner = open_engine(database_url, role=None, pool_size=1)
    try:
        for change in (f"UPDATE {name} SET operator_id = operator_id", f"DELETE FROM {name}", f"TRUNCATE {name}"):
            with pytest.raises(DBAPIError, match="append-only"):
                async with owner.begin() as connection:
                    await connection.exec_driver_sql(change)
    finally:
        await owner.dispose()
