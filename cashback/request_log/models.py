"""The table of the request log: one row for each answered request that carried a known key."""

from sqlalchemy import Column, DateTime, Integer, PrimaryKeyConstraint, Text, Uuid
from sqlalchemy.schema import Index

from cashback.db.metadata import table

api_requests = table(
    "api_requests",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False, comment="UUIDv7 of the arrival; shown as X-Request-Id"),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("key_id", Uuid),
    Column("key_label", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("path", Text, nullable=False, comment="Without what names a shopper"),
    Column("query", Text, nullable=False, comment="Redacted"),
    Column("status", Integer, nullable=False),
    Column("code", Text, comment="Of a refusal"),
    Column("milliseconds", Integer, nullable=False),
    Column("idempotency_key", Text),
    Column("asked", Text, comment="Redacted body, 4 KB at most"),
    Column("answered", Text, comment="Redacted body, 4 KB at most"),
    PrimaryKeyConstraint("operator_id", "id"),
    Index("ix_api_requests_at", "at", postgresql_using="brin"),
)
