"""Offers, their immutable versions, and what led to them: revisions of drafts, and every move in an offer's life.

A version is live over a half-open interval. Revisions and moves are append-only and share one count per offer.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from cashback.db.metadata import table

offers = table(
    "offers",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("code", Text, nullable=False),
    PrimaryKeyConstraint("operator_id", "id"),
    UniqueConstraint("operator_id", "code"),
)

offer_versions = table(
    "offer_versions",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("offer_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("terms", JSONB, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the canonical terms"),
    Column("live_from", DateTime(timezone=True), comment="Null: since ever"),
    Column("live_until", DateTime(timezone=True), comment="Half-open; null: still live"),
    Column("author", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "offer_id", "version"),
    ForeignKeyConstraint(["operator_id", "offer_id"], ["offers.operator_id", "offers.id"]),
    CheckConstraint("live_from IS NULL OR live_until IS NULL OR live_from <= live_until", name="interval"),
)

offer_revisions = table(
    "offer_revisions",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("offer_id", Uuid, nullable=False),
    Column("revision", Integer, nullable=False, comment="Counted per offer, together with its moves"),
    Column("draft", Integer, nullable=False, comment="The revision with which its draft began"),
    Column("terms", JSONB, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the canonical terms"),
    Column("base_version", Integer, comment="The version that was live when it was written; null: none"),
    Column("base_digest", LargeBinary, comment="Digest of that version's terms"),
    Column("changes", JSONB, nullable=False, comment="Lines: the difference to the revision before"),
    Column("changes_to_live", JSONB, nullable=False, comment="Lines: the difference to the version that was live"),
    Column("author", Text, nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "offer_id", "revision"),
    ForeignKeyConstraint(["operator_id", "offer_id"], ["offers.operator_id", "offers.id"]),
    CheckConstraint("(base_version IS NULL) = (base_digest IS NULL)", name="base"),
)

offer_moves = table(
    "offer_moves",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("offer_id", Uuid, nullable=False),
    Column("revision", Integer, nullable=False, comment="Counted per offer, together with the revisions of drafts"),
    Column("move", Text, nullable=False, comment="submit, approve, pause, publish: what was done"),
    Column("version", Integer, comment="The version that was opened, closed or cancelled; null: a move of a draft"),
    Column("replaced", Integer, comment="The version whose interval ends where the opened one begins"),
    Column("planned_until", DateTime(timezone=True), comment="The end that the closed interval had before"),
    Column("reason", Text, comment="In the words of the person"),
    Column("actor", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "offer_id", "revision"),
    ForeignKeyConstraint(["operator_id", "offer_id"], ["offers.operator_id", "offers.id"]),
)

funding_pauses = table(
    "funding_pauses",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("funder", Text, nullable=False, comment="As terms lead to it: operator, shop:…, brand:…"),
    Column("since", DateTime(timezone=True), nullable=False, comment="Purchases made from then on promise nothing"),
    Column("until", DateTime(timezone=True), comment="Excluded; null: still"),
    Column("why", Text, nullable=False, comment="empty: what it paid in is used up; or in the words of a person"),
    Column("actor", Text, nullable=False),
    PrimaryKeyConstraint("operator_id", "funder", "since"),
    CheckConstraint("until IS NULL OR since < until", name="interval"),
    Index("uq_funding_pauses_open", "operator_id", "funder", unique=True, postgresql_where=text("until IS NULL")),
)
