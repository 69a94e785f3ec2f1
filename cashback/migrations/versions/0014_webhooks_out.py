"""Webhooks out: the outbox, endpoints, deliveries and their attempts.

Revision ID: 0014
Revises: 0013

Locks: none but on tables that are new.
"""

import sqlalchemy as sa
from alembic import op

from cashback.migrations.isolation import isolate

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox_messages",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="Names what happened: told again it is the same message"),
        sa.Column("id", sa.Uuid(), nullable=False, comment="In the header webhook-id, the same at every attempt"),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column(
            "partition",
            sa.Text(),
            nullable=False,
            comment="Messages of one are tried in their order, as far as possible",
        ),
        sa.Column("data", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="When it happened"),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "handed_at", sa.DateTime(timezone=True), comment="When endpoints got their deliveries; null: not yet"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "key", name=op.f("pk_outbox_messages")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_outbox_messages_tenant_id_id")),
    )
    op.create_index(
        "ix_outbox_messages_waiting",
        "outbox_messages",
        ["tenant_id", "told_at"],
        postgresql_where=sa.text("handed_at IS NULL"),
    )
    op.create_index("ix_outbox_messages_told_at", "outbox_messages", ["told_at"], postgresql_using="brin")
    _create_endpoints()
    _create_deliveries()
    for table in ("outbox_messages", "webhook_endpoints", "webhook_deliveries", "webhook_attempts"):
        isolate(table, "tenant_id")


def _create_endpoints() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", sa.ARRAY(sa.Text()), comment="What it listens to, also as group.*; null: everything"),
        sa.Column("version", sa.Text(), nullable=False, comment="Of the payloads"),
        sa.Column("secrets", sa.LargeBinary(), nullable=False, comment="Sealed for this row by the master key"),
        sa.Column("state", sa.Text(), nullable=False, comment="enabled, disabled"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, comment="When it came into this state"),
        sa.Column("why", sa.Text(), comment="Why it is disabled: gone, failing, or a person's words"),
        sa.Column(
            "failures", sa.Integer(), nullable=False, server_default=sa.text("0"), comment="Since the last success"
        ),
        sa.Column("failing_since", sa.DateTime(timezone=True), comment="The first failure since the last success"),
        sa.Column(
            "held_until",
            sa.DateTime(timezone=True),
            comment="Nothing is tried before: it asked so, or it keeps failing",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_webhook_endpoints")),
        sa.UniqueConstraint("tenant_id", "url", name=op.f("uq_webhook_endpoints_tenant_id_url")),
    )


def _create_deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="pending, delivered, dead"),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default=sa.text("0"), comment="Ever begun"),
        sa.Column(
            "step",
            sa.Integer(),
            nullable=False,
            server_default=sa.text("0"),
            comment="Attempts since it was last replayed",
        ),
        sa.Column(
            "due_at", sa.DateTime(timezone=True), nullable=False, comment="Of one under way: when it is tried anew"
        ),
        sa.Column("code", sa.Integer(), comment="The last answer"),
        sa.Column("error", sa.Text(), comment="Why there was no answer, or why nothing is tried any more"),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "endpoint_id", "message_id", name=op.f("pk_webhook_deliveries")),
    )
    op.create_index(
        "ix_webhook_deliveries_due",
        "webhook_deliveries",
        ["tenant_id", "endpoint_id", "due_at", "message_id"],
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "webhook_attempts",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column(
            "number",
            sa.Integer(),
            nullable=False,
            comment="From 1; one that is missing was never recorded: its process died",
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Integer(), comment="HTTP status; null: no answer"),
        sa.Column("error", sa.Text()),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False, comment="The beginning of the answer"),
        sa.Column("next_at", sa.DateTime(timezone=True), comment="When it is tried again; null: it is not"),
        sa.PrimaryKeyConstraint("tenant_id", "endpoint_id", "message_id", "number", name=op.f("pk_webhook_attempts")),
    )
    op.create_index("ix_webhook_attempts_at", "webhook_attempts", ["tenant_id", "endpoint_id", "at"])
