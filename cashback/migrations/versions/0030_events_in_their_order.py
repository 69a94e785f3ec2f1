"""The order in which events were told, which deliveries are under way, and endpoints that were removed.

Revision ID: 0030
Revises: 0029

Locks: ACCESS EXCLUSIVE on `outbox_messages`, `webhook_deliveries` and `webhook_endpoints` while indexes are built; no
row is written. Messages that were handed out before keep no place in the stream: who reads it begins anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _order_messages()
    _order_deliveries()
    op.add_column(
        "webhook_endpoints",
        sa.Column(
            "overlap_until", sa.DateTime(timezone=True), comment="Until when a secret that was replaced signs too"
        ),
    )
    op.alter_column(
        "webhook_endpoints",
        "secrets",
        comment="Sealed for this row by the master key; empty when removed",
        existing_comment="Sealed for this row by the master key",
    )
    op.alter_column(
        "webhook_endpoints", "state", comment="enabled, disabled, removed", existing_comment="enabled, disabled"
    )
    op.drop_constraint("uq_webhook_endpoints_tenant_id_url", "webhook_endpoints", type_="unique")
    op.create_index(
        "uq_webhook_endpoints_url",
        "webhook_endpoints",
        ["tenant_id", "url"],
        unique=True,
        postgresql_where=sa.text("state <> 'removed'"),
    )


def _order_messages() -> None:
    op.drop_index("ix_outbox_messages_stream", table_name="outbox_messages")
    op.drop_index("ix_outbox_messages_waiting", table_name="outbox_messages")
    op.drop_column("outbox_messages", "xid")
    op.add_column(
        "outbox_messages",
        sa.Column(
            "ordinal",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="In the order of telling: the database's microsecond",
        ),
    )
    op.add_column(
        "outbox_messages",
        sa.Column("position", sa.BigInteger(), comment="Where it stands in a stream; given when it is handed out"),
    )
    op.create_index(
        "ix_outbox_messages_stream",
        "outbox_messages",
        ["tenant_id", "position"],
        postgresql_where=sa.text("position IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_messages_waiting",
        "outbox_messages",
        ["tenant_id", "ordinal"],
        postgresql_where=sa.text("handed_at IS NULL"),
    )


def _order_deliveries() -> None:
    op.add_column(
        "webhook_deliveries",
        sa.Column("ordinal", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="Of the message"),
    )
    op.add_column(
        "webhook_deliveries",
        sa.Column("taken_at", sa.DateTime(timezone=True), comment="Since when it is under way; null: it is not"),
    )
    op.drop_index("ix_webhook_deliveries_due", table_name="webhook_deliveries")
    op.create_index(
        "ix_webhook_deliveries_due",
        "webhook_deliveries",
        ["tenant_id", "endpoint_id", "due_at", "ordinal", "message_id"],
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_webhook_deliveries_taken",
        "webhook_deliveries",
        ["tenant_id", "endpoint_id"],
        postgresql_where=sa.text("taken_at IS NOT NULL"),
    )
