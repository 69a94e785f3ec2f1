"""Tables of the operator's house: small, read into memory, replicated to every shard."""

from sqlalchemy import (
    BigInteger,
    Boolean,
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

from cashback.db.metadata import place_column, table

operators = table(
    "operators",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("slug", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("mode", Text, nullable=False, server_default="live", comment="live, test"),
    Column("twin_of", Uuid, comment="Of a test operator: the live one it is tried for"),
    PrimaryKeyConstraint("operator_id"),
    UniqueConstraint("slug"),
    UniqueConstraint("twin_of"),
    ForeignKeyConstraint(["twin_of"], ["operators.operator_id"]),
    CheckConstraint("mode IN ('live', 'test')", name="mode"),
    CheckConstraint("twin_of IS NULL OR mode = 'test'", name="twin"),
)

programmes = table(
    "programmes",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("zone", Text, nullable=False, comment="IANA zone in which calendar years and days are counted"),
    Column("currency", Text, nullable=False),
    Column("revision", BigInteger, nullable=False, server_default=text("0")),
    Column("holdout_bps", Integer, nullable=False, server_default=text("0"), comment="Shoppers who receive no offer"),
    Column("document", JSONB, nullable=False, comment="The programme file as last applied"),
    Column("applied_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("operator_id"),
    ForeignKeyConstraint(["operator_id"], ["operators.operator_id"]),
)

centres = table(
    "centres",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("country", Text, nullable=False),
    PrimaryKeyConstraint("operator_id", "id"),
    UniqueConstraint("operator_id", "code"),
)

assets = table(
    "assets",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("code", Text, nullable=False, comment="EUR, PTS, TICKET:spring"),
    Column("kind", Text, nullable=False, comment="money, points, ticket, minutes, gift"),
    Column("name_en", Text, nullable=False),
    Column("name_fr", Text, nullable=False),
    Column("clawback", Text, nullable=False, comment="After use: debt or forgive"),
    Column("conversion", JSONB, comment="threshold, into, amount, yearly limit; null: never converted"),
    PrimaryKeyConstraint("operator_id", "code"),
    CheckConstraint("kind IN ('money', 'points', 'ticket', 'minutes', 'gift', 'perk')", name="kind"),
    CheckConstraint("clawback IN ('debt', 'forgive')", name="clawback"),
)

connections = table(
    "connections",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("slug", Text, nullable=False, comment="The segment of the webhook's URL; unique over all operators"),
    Column("provider", Text, nullable=False, comment="Key of the adapter registry"),
    Column("registered_url", Text, nullable=False, comment="As registered with the provider, without the event"),
    Column("secrets", LargeBinary, nullable=False, comment="Sealed list of secrets; two while rotating"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "id"),
    UniqueConstraint("slug"),
)

audit_log = table(
    "audit_log",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False, comment="programme.applied, card.linked, payment.recorded"),
    Column("subject", Text, nullable=False, comment="Id of what was acted upon"),
    Column("detail", JSONB, nullable=False),
    place_column(),
    PrimaryKeyConstraint("operator_id", "id"),
    Index("ix_audit_log_place", "operator_id", "place"),
    Index("ix_audit_log_actor", "operator_id", "actor", "id"),
    Index("ix_audit_log_action", "operator_id", "action", "id"),
    Index("ix_audit_log_subject", "operator_id", "subject", "id"),
)

api_keys = table(
    "api_keys",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("label", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of a 256-bit random key"),
    Column("scopes", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True), comment="From then on it opens nothing; may lie ahead"),
    Column("created_by", Text, nullable=False, server_default=text("''"), comment="Who made it"),
    Column("hint", Text, nullable=False, server_default=text("''"), comment="How it begins and its last four letters"),
    Column("replaces", Uuid, comment="The key in whose place it was made"),
    Column("family", Uuid, nullable=False, comment="The first of those that replaced each other"),
    Column("last_used_at", DateTime(timezone=True), comment="To the minute"),
    Column("refused_at", DateTime(timezone=True), comment="Presented last after it was revoked"),
    PrimaryKeyConstraint("operator_id", "id"),
    UniqueConstraint("digest"),
)
