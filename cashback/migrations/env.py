"""Runs the migrations over a connection that the caller opened; see `cashback.migrations.run`."""

from alembic import context

from cashback.migrations.schema import SCHEMA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=list(SCHEMA), compare_server_default=False)
with context.begin_transaction():
    context.run_migrations()
