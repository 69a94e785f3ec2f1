"""Bring a database to the newest revision, in one call from the command line, the demo, replay and the tests."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from cashback.db.engine import APP_ROLE

MIGRATION_LOCK = 4_710_520_117
"""Key of the advisory lock that lets one process migrate while the others wait."""


def _configuration(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _ensure_app_role(connection: Connection) -> None:
    """Roles belong to the cluster, not to the database: another database may have made it already."""
    exists = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": APP_ROLE}).scalar()
    if not exists:
        connection.execute(text(f'CREATE ROLE "{APP_ROLE}" NOLOGIN'))


def _upgrade(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
    _ensure_app_role(connection)
    command.upgrade(_configuration(connection), "head")


async def migrate(engine: AsyncEngine) -> None:
    """Upgrade to the newest revision; `engine` must act as the owner of the tables."""
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)
