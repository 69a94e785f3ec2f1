"""What single sign-on needs: secrets that an operator signs with, where pages may be framed, links that were used."""

from sqlalchemy import CheckConstraint, Column, DateTime, Index, LargeBinary, PrimaryKeyConstraint, Text, Uuid

from cashback.db.metadata import table

sso_secrets = table(
    "sso_secrets",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False, comment="Names it in the header of what it signs"),
    Column("sealed", LargeBinary, nullable=False, comment="32 random bytes, sealed for this row"),
    Column("made_by", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), comment="From then on it proves nothing; null: it goes on"),
    PrimaryKeyConstraint("operator_id", "id"),
)

embed_origins = table(
    "embed_origins",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("origin", Text, nullable=False, comment="As browsers write it: https://crm.example"),
    Column("added_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "origin"),
    CheckConstraint("origin = lower(origin)", name="origin"),
)

sso_nonces = table(
    "sso_nonces",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the name of a link that was used"),
    Column("expires_at", DateTime(timezone=True), nullable=False, comment="When the link ends by itself"),
    PrimaryKeyConstraint("operator_id", "digest"),
    Index("ix_sso_nonces_expires_at", "operator_id", "expires_at"),
)
