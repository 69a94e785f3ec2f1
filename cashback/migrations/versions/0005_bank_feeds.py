"""Bank feeds: the connections that are asked, the accounts that shoppers linked, what was told of each row.

Revision ID: 0005
Revises: 0004

Locks: creates three tables and touches no other.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cashback.migrations.isolation import isolate

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bank_connections",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False, comment="Of the provider's interface"),
        sa.Column("credentials", sa.LargeBinary(), nullable=False, comment="The operator's own, sealed for this row"),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "connection_id", name=op.f("pk_bank_connections")),
    )
    op.create_table("bank_accounts", *_account_columns())
    op.create_index(
        "ix_bank_accounts_due",
        "bank_accounts",
        ["operator_id", "next_poll_at"],
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index(
        "ix_bank_accounts_item",
        "bank_accounts",
        ["operator_id", "connection_id", "item"],
        postgresql_where=sa.text("item IS NOT NULL"),
    )
    op.create_table(
        "bank_rows",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False, comment="The name of a row within its feed"),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False, comment="The page that showed it last"),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "stated",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What was last stated of it; no name and no label",
        ),
        sa.PrimaryKeyConstraint("operator_id", "connection_id", "account", "ref", name=op.f("pk_bank_rows")),
    )
    op.create_index("ix_bank_rows_seen_at", "bank_rows", ["operator_id", "seen_at"])
    for table in ("bank_connections", "bank_accounts", "bank_rows"):
        isolate(table)


def _account_columns() -> list[sa.Column[object] | sa.Constraint]:
    instant = sa.DateTime(timezone=True)
    return [
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column(
            "account", sa.Text(), nullable=False, comment="The provider's id of the account; the token of its card"
        ),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("access", sa.LargeBinary(), nullable=False, comment="What opens the account, sealed for this row"),
        sa.Column("item", sa.Text(), comment="What the provider's webhooks name; null: it sends none"),
        sa.Column("zone", sa.Text(), nullable=False, comment="The bank's days are days there"),
        sa.Column("state", sa.Text(), nullable=False, comment="active, needs_consent, ended"),
        sa.Column("consent_until", instant, comment="Null: not told"),
        sa.Column("linked_at", instant, nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False, comment="Where the next call goes on; empty: begins"),
        sa.Column("list_cursor", sa.Text(), nullable=False, comment="Where the list began that the cursor continues"),
        sa.Column("page", sa.BigInteger(), nullable=False, comment="The number of the last page"),
        sa.Column(
            "list_page", sa.BigInteger(), nullable=False, comment="The number of the first page of the present list"
        ),
        sa.Column(
            "listed_page",
            sa.BigInteger(),
            nullable=False,
            comment="The same of the list before, the last complete one",
        ),
        sa.Column("listed_at", instant, comment="When a list was last read to its end"),
        sa.Column("calls", sa.ARRAY(instant), nullable=False, comment="Unattended calls of the last 24 hours"),
        sa.Column(
            "turn", sa.BigInteger(), nullable=False, comment="Counts calls; an answer to an earlier turn is dropped"
        ),
        sa.Column("next_poll_at", instant, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False, comment="Calls in a row that failed"),
        sa.Column("last_error", sa.Text(), comment="A sentence; null: the last call succeeded and was read whole"),
        sa.PrimaryKeyConstraint("operator_id", "connection_id", "account", name=op.f("pk_bank_accounts")),
        sa.CheckConstraint("state IN ('active', 'needs_consent', 'ended')", name=op.f("ck_bank_accounts_state")),
        sa.CheckConstraint("listed_page <= list_page AND list_page <= page + 1", name=op.f("ck_bank_accounts_pages")),
    ]
