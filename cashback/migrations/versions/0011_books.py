"""Books that prove themselves: places of rows, blocks of seals, signatures of their head, and totals of accounts.

Revision ID: 0011
Revises: 0010

Locks: `transfers` and `audit_log` get a column with a constant (no rewrite) and an index, which is built while nothing
can be written to them: about a second for a million rows.
"""

import sqlalchemy as sa
from alembic import op

from cashback.migrations.isolation import isolate, refuse_changes

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In a cluster that a dump was restored into, transaction ids begin anew: then this constant is raised above all
    # that is stored (docs/books.md), and places go on rising.
    op.execute(
        "CREATE FUNCTION place_offset() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 0::bigint'"
    )
    for table in ("transfers", "audit_log"):
        comment = "Number of the transaction that wrote it"
        zero = sa.text("0")
        op.add_column(table, sa.Column("place", sa.BigInteger(), nullable=False, server_default=zero, comment=comment))
        op.execute(
            f"ALTER TABLE {table} ALTER COLUMN place SET DEFAULT pg_current_xact_id()::text::bigint + place_offset()"
        )
        op.create_index(f"ix_{table}_place", table, ["operator_id", "place"])
    op.create_index("ix_transfers_posted_at", "transfers", ["posted_at"], postgresql_using="brin")
    _create_seals()
    _create_totals()


def _create_seals() -> None:
    op.create_table(
        "seals",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False, comment="The table whose rows it seals"),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="From 1, without a gap"),
        sa.Column("first_position", sa.BigInteger(), nullable=False, comment="Of its first row, from 1, without a gap"),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("after_place", sa.BigInteger(), nullable=False, comment="It holds the rows behind this place"),
        sa.Column("after_key", sa.ARRAY(sa.Text()), comment="And behind this key in it; null: behind all of it"),
        sa.Column("through_place", sa.BigInteger(), nullable=False, comment="Up to and with this place"),
        sa.Column("through_key", sa.ARRAY(sa.Text()), comment="Up to and with this key in it; null: all of it"),
        sa.Column("columns", sa.ARRAY(sa.Text()), nullable=False, comment="What was sealed of each row"),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="SHA-256 of the rows"),
        sa.Column("previous", sa.LargeBinary(), nullable=False, comment="Hash of the block before"),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of all the columns above and sealed_at"),
        sa.Column("copy", sa.LargeBinary(), nullable=False, comment="The rows as they were sealed, zlib"),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("rows >= 0 AND first_position > 0", name=op.f("ck_seals_rows")),
        sa.PrimaryKeyConstraint("operator_id", "chain", "number", name=op.f("pk_seals")),
    )
    op.execute("ALTER TABLE seals ALTER COLUMN copy SET STORAGE EXTERNAL")
    op.create_table(
        "signing_keys",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False, comment="Ed25519, 32 bytes"),
        sa.Column("private_key", sa.LargeBinary(), nullable=False, comment="Sealed for this row by the master key"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_signing_keys")),
    )
    op.create_table(
        "seal_signatures",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="Of the block whose hash is signed"),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="Of the last row of that block"),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False, comment="Ed25519, 64 bytes"),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "chain", "number", name=op.f("pk_seal_signatures")),
    )
    for table in ("seals", "signing_keys", "seal_signatures"):
        isolate(table, rights="SELECT, INSERT")
        refuse_changes(table)


def _create_totals() -> None:
    op.create_table(
        "account_totals",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("debits", sa.BigInteger(), nullable=False, comment="What has left the account"),
        sa.Column("credits", sa.BigInteger(), nullable=False, comment="What has entered it"),
        sa.PrimaryKeyConstraint("operator_id", "account", "asset", name=op.f("pk_account_totals")),
    )
    op.create_table(
        "account_totals_cursors",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False, comment="Transfers up to this place are counted in"),
        sa.Column("shopper_id", sa.Uuid(), comment="And in that place up to this key; null: all of it"),
        sa.Column("key", sa.Text()),
        sa.CheckConstraint("(shopper_id IS NULL) = (key IS NULL)", name=op.f("ck_account_totals_cursors_key")),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("pk_account_totals_cursors")),
    )
    for table in ("account_totals", "account_totals_cursors"):
        isolate(table)
