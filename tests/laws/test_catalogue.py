"""The catalogue: what every table declares of itself holds in the migrated database."""

import warnings

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Table, UniqueConstraint
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import APP_ROLE, open_engine
from cashback.migrations.schema import SCHEMA

TABLES = {table.name: table for metadata in SCHEMA for table in metadata.sorted_tables}


def unique_sets(table: Table) -> list[set[str]]:
    """The columns of the primary key, of every unique constraint and of every unique index."""
    keys = [{column.name for column in table.primary_key.columns}]
    keys += [
        {column.name for column in each.columns} for each in table.constraints if isinstance(each, UniqueConstraint)
    ]
    return keys + [{column.name for column in each.columns} for each in table.indexes if each.unique]


def test_every_table_says_what_it_is_when_the_data_is_sharded() -> None:
    assert {name: table.info.get("kind") for name, table in TABLES.items() if not table.info.get("kind")} == {}
    assert {str(table.info["kind"]) for table in TABLES.values()} == {"shopper", "routing", "reference"}


def test_the_tables_of_a_shopper_have_the_shopper_in_every_key() -> None:
    mine = [table for table in TABLES.values() if table.info["kind"] == "shopper"]
    assert {table.name for table in mine} >= {"statements", "purchases", "rewards", "grants", "transfers", "balances"}
    assert [table.name for table in mine for key in unique_sets(table) if "shopper_id" not in key] == []


def test_every_row_carries_its_operator_and_no_key_crosses_shards() -> None:
    for name, table in TABLES.items():
        tenant = table.columns[table.info["tenant"]]
        assert not tenant.nullable, name
        for key in table.foreign_keys:
            assert table.info["kind"] == TABLES[key.column.table.name].info["kind"] == "reference", name


def test_no_table_counts_with_a_global_sequence() -> None:
    assert [str(column) for table in TABLES.values() for column in table.columns if column.autoincrement is True] == []
    assert [str(column) for table in TABLES.values() for column in table.columns if column.identity is not None] == []


def differences(connection: Connection) -> list[object]:
    """What a migration would still have to do; the table of the migrations themselves is nobody's model."""
    options = {"target_metadata": list(SCHEMA), "compare_type": True}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Did not recognize type 'xid8'")
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), list(SCHEMA)))  # type: ignore[arg-type]


async def test_the_migrated_database_is_what_the_models_say(database_url: str) -> None:
    owner = open_engine(database_url, role=None, pool_size=1)
    try:
        async with owner.connect() as connection:
            assert await connection.run_sync(differences) == []
            await connection.exec_driver_sql("ALTER TABLE rewards ADD COLUMN forgotten text")
            assert len(await connection.run_sync(differences)) == 1
            await connection.rollback()
    finally:
        await owner.dispose()


async def test_every_table_is_under_forced_row_level_security_with_a_policy(engine: AsyncEngine) -> None:
    statement = """
        SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
            EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant' AND p.polcmd = '*'
                AND p.polwithcheck IS NOT NULL)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> 'alembic_version'"""
    async with engine.connect() as connection:
        rows = {name: (forced, policy) for name, forced, policy in await connection.exec_driver_sql(statement)}
    assert set(rows) == set(TABLES)
    assert {name: row for name, row in rows.items() if row != (True, True)} == {}


async def test_no_view_and_no_function_reads_past_the_policies(engine: AsyncEngine) -> None:
    views = "SELECT viewname FROM pg_views WHERE schemaname = 'public'"
    definers = """SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'public' AND p.prosecdef"""
    async with engine.connect() as connection:
        assert list(await connection.exec_driver_sql(views)) == []
        assert list(await connection.exec_driver_sql(definers)) == []


async def test_the_app_role_stands_under_the_policies(engine: AsyncEngine) -> None:
    statement = (
        "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolcanlogin FROM pg_roles WHERE rolname = $1"
    )
    async with engine.connect() as connection:
        assert (await connection.exec_driver_sql(statement, (APP_ROLE,))).one() == (False,) * 5
        assert (await connection.exec_driver_sql("SELECT current_user")).scalar() == APP_ROLE
