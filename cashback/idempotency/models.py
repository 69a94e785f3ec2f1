"""Tables of keyed requests: their answers, and who is worked on beyond a transaction."""

from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, PrimaryKeyConstraint, Text, Uuid

from cashback.db.metadata import table

idempotency = table(
    "idempotency",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="Of the caller and its key, which is kept nowhere"),
    Column("fingerprint", LargeBinary, nullable=False, comment="Keyed digest of the method, the address and the body"),
    Column("route", Text, nullable=False, comment="POST /v1/payments, without what its address names"),
    Column("status", Integer, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("answer", LargeBinary, nullable=False, comment="Sealed by the key of the month: it may hold a secret"),
    Column("answered_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "digest"),
    Index("ix_idempotency_answered_at", "operator_id", "answered_at"),
)

idempotency_holds = table(
    "idempotency_holds",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="As in idempotency"),
    Column("fingerprint", LargeBinary, nullable=False, comment="As in idempotency"),
    Column("holder", Uuid, nullable=False, comment="Whoever holds it: another one lets go of nothing"),
    Column("held_until", DateTime(timezone=True), nullable=False, comment="Then its process is taken for dead"),
    PrimaryKeyConstraint("operator_id", "digest"),
)
