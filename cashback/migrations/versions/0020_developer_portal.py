"""The developer portal: who made and used a key, and the log of requests.

Revision ID: 0020
Revises: 0019

Locks: ACCESS EXCLUSIVE on `api_keys` and `outbox_messages` for a moment; defaults are reckoned once, so no row is
written. The index is built while telling waits; the outbox holds thirty days.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import UserDefinedType

from cashback.migrations.isolation import isolate

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


class _Xid8(UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


def upgrade() -> None:
    _know_keys()
    _log_requests()
    _stream_events()


def _know_keys() -> None:
    for column in (
        sa.Column("created_by", sa.Text(), nullable=False, server_default=sa.text("''"), comment="Who made it"),
        sa.Column(
            "hint",
            sa.Text(),
            nullable=False,
            server_default=sa.text("''"),
            comment="How it begins and its last four letters",
        ),
        sa.Column("replaces", sa.Uuid(), comment="The key in whose place it was made"),
        sa.Column("last_used_at", sa.DateTime(timezone=True), comment="To the minute"),
        sa.Column("refused_at", sa.DateTime(timezone=True), comment="Presented last after it was revoked"),
    ):
        op.add_column("api_keys", column)
    op.alter_column("api_keys", "revoked_at", comment="From then on it opens nothing; may lie ahead")


def _log_requests() -> None:
    op.create_table(
        "api_requests",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False, comment="UUIDv7 of the arrival; shown as X-Request-Id"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.Uuid()),
        sa.Column("key_label", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False, comment="Without what names a shopper"),
        sa.Column("query", sa.Text(), nullable=False, comment="Redacted"),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), comment="Of a refusal"),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.Text()),
        sa.Column("asked", sa.Text(), comment="Redacted body, 4 KB at most"),
        sa.Column("answered", sa.Text(), comment="Redacted body, 4 KB at most"),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_api_requests")),
    )
    op.create_index("ix_api_requests_at", "api_requests", ["at"], postgresql_using="brin")
    isolate("api_requests")


def _stream_events() -> None:
    op.add_column(
        "outbox_messages",
        sa.Column(
            "xid", _Xid8(), server_default=sa.text("pg_current_xact_id()"), comment="Where it stands in a stream"
        ),
    )
    op.create_index("ix_outbox_messages_stream", "outbox_messages", ["tenant_id", "xid", "id"])
    op.create_table(
        "outbox_streams",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False, comment="When a stream was first read"),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_outbox_streams")),
    )
    isolate("outbox_streams", "tenant_id")
