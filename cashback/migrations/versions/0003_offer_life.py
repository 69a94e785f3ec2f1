"""The life of an offer: revisions of drafts, moves, and intervals of versions that never overlap.

Revision ID: 0003
Revises: 0002

Locks: creates two tables; the trigger on offer_versions takes a short lock on that small table.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from cashback.migrations.isolation import isolate, refuse_changes

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "offer_revisions",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False, comment="Counted per offer, together with its moves"),
        sa.Column("draft", sa.Integer(), nullable=False, comment="The revision with which its draft began"),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the canonical terms"),
        sa.Column("base_version", sa.Integer(), comment="The version that was live when it was written; null: none"),
        sa.Column("base_digest", sa.LargeBinary(), comment="Digest of that version's terms"),
        sa.Column(
            "changes",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Lines: the difference to the revision before",
        ),
        sa.Column(
            "changes_to_live",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Lines: the difference to the version that was live",
        ),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(base_version IS NULL) = (base_digest IS NULL)", name=op.f("ck_offer_revisions_base")),
        sa.ForeignKeyConstraint(
            ["operator_id", "offer_id"],
            ["offers.operator_id", "offers.id"],
            name=op.f("fk_offer_revisions_operator_id_offer_id"),
        ),
        sa.PrimaryKeyConstraint("operator_id", "offer_id", "revision", name=op.f("pk_offer_revisions")),
    )
    op.create_table(
        "offer_moves",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column(
            "revision",
            sa.Integer(),
            nullable=False,
            comment="Counted per offer, together with the revisions of drafts",
        ),
        sa.Column("move", sa.Text(), nullable=False, comment="submit, approve, pause, publish: what was done"),
        sa.Column(
            "version",
            sa.Integer(),
            comment="The version that was opened, closed or cancelled; null: a move of a draft",
        ),
        sa.Column("replaced", sa.Integer(), comment="The version whose interval ends where the opened one begins"),
        sa.Column("planned_until", sa.DateTime(timezone=True), comment="The end that the closed interval had before"),
        sa.Column("reason", sa.Text(), comment="In the words of the person"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id", "offer_id"],
            ["offers.operator_id", "offers.id"],
            name=op.f("fk_offer_moves_operator_id_offer_id"),
        ),
        sa.PrimaryKeyConstraint("operator_id", "offer_id", "revision", name=op.f("pk_offer_moves")),
    )
    for table in ("offer_revisions", "offer_moves"):
        isolate(table, rights="SELECT, INSERT")
        refuse_changes(table)
    _refuse_overlaps()


def _refuse_overlaps() -> None:
    """Two versions of one offer never judge one purchase.

    A trigger, because an exclusion constraint over a uuid wants an extension that not every server has. Writers hold
    the programme's lock, so none can overlook another.
    """
    op.execute(
        """CREATE FUNCTION refuse_overlap_of_offer_versions() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT 1 FROM offer_versions v
                WHERE v.operator_id = NEW.operator_id AND v.offer_id = NEW.offer_id AND v.version <> NEW.version
                    AND tstzrange(v.live_from, v.live_until) && tstzrange(NEW.live_from, NEW.live_until)
            ) THEN
                RAISE EXCEPTION 'version % of offer % would be live together with another version',
                    NEW.version, NEW.offer_id USING ERRCODE = 'exclusion_violation';
            END IF;
            RETURN NEW;
        END $$"""
    )
    op.execute(
        """CREATE TRIGGER no_overlap BEFORE INSERT OR UPDATE ON offer_versions
        FOR EACH ROW EXECUTE FUNCTION refuse_overlap_of_offer_versions()"""
    )
