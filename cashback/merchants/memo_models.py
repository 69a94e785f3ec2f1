"""Tables of matching without an identifier: what evidence decided, what persons answered, what is believed of it.

Decisions and answers are append-only lessons; aliases are what follows from them, dated and never overwritten: a row
that is believed no more is closed and another one opened.
"""

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
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from cashback.db.metadata import table

match_settings = table(
    "match_settings",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False, comment="Purchases from then on may be matched by memory"),
    Column(
        "evidence_from",
        ARRAY(DateTime(timezone=True)),
        nullable=False,
        comment="Begins of the intervals of purchase time in which evidence decides",
    ),
    Column("evidence_until", ARRAY(DateTime(timezone=True)), nullable=False, comment="Their ends; null: still"),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id"),
    ForeignKeyConstraint(["operator_id"], ["operators.operator_id"]),
)

outlets = table(
    "outlets",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Text, nullable=False, comment="Of a shop of the programme: its code"),
    Column("member", Boolean, nullable=False, comment="False: outside the programme; it competes and never earns"),
    Column("entry", JSONB, nullable=False, comment="Names, place, trade: what evidence is held against"),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "id"),
)

outlet_brands = table(
    "outlet_brands",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("entry", JSONB, nullable=False, comment="Aliases, and whether the list of outlets is complete"),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "name"),
)

merchant_aliases = table(
    "merchant_aliases",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("network", Text, nullable=False),
    Column("scheme", Text, nullable=False, comment="Of the identifier; text: a feed without identifiers"),
    Column("value", Text, nullable=False),
    Column("fingerprint", Text, nullable=False, comment="When only one text under it is meant, else empty"),
    Column("state", Text, nullable=False),
    Column("shop_id", Uuid, comment="Null: leads to no single shop"),
    Column("origin", Text, nullable=False),
    Column("valid_from", DateTime(timezone=True), nullable=False),
    Column("valid_until", DateTime(timezone=True), comment="Half-open; null: still"),
    Column("why", Text, nullable=False),
    Column("first_seen", DateTime(timezone=True), nullable=False),
    Column("last_seen", DateTime(timezone=True), nullable=False),
    Column("accepts", Integer, nullable=False),
    Column("cards", Integer, nullable=False),
    Column("days", Integer, nullable=False),
    Column("cores", ARRAY(Text), nullable=False, comment="Names under which it was seen while it was learned"),
    Column("towns", ARRAY(Text), nullable=False),
    Column("answered_at", DateTime(timezone=True)),
    Column("opened_at", DateTime(timezone=True), nullable=False, comment="Believed from then on"),
    Column("closed_at", DateTime(timezone=True), comment="Until then; null: believed"),
    PrimaryKeyConstraint("operator_id", "id"),
    ForeignKeyConstraint(["operator_id", "shop_id"], ["shops.operator_id", "shops.id"]),
    CheckConstraint("valid_until IS NULL OR valid_from < valid_until", name="validity"),
    CheckConstraint(
        "state IN ('candidate', 'probation', 'confirmed', 'suspended', 'shared', 'not_ours')", name="state"
    ),
    Index(
        "ix_merchant_aliases_believed",
        "operator_id",
        "network",
        "scheme",
        "value",
        "fingerprint",
        "valid_from",
        unique=True,
        postgresql_where=text("closed_at IS NULL"),
    ),
)

match_answers = table(
    "match_answers",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("network", Text, nullable=False),
    Column("scheme", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("verdict", Text, nullable=False, comment="confirmed, not_ours, shared, skip"),
    Column("shop_id", Uuid),
    Column("origin", Text, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False, comment="The first purchase that it settles"),
    Column("probability_ppm", Integer, comment="What evidence gave the shop then, in millionths; null: not asked"),
    Column("answered_by", Text, nullable=False),
    Column("answered_at", DateTime(timezone=True), nullable=False),
    Column("purchases", Integer, nullable=False, comment="How many waited"),
    Column("waiting_minor", BigInteger, nullable=False, comment="For how much, in the programme's currency"),
    PrimaryKeyConstraint("operator_id", "id"),
    ForeignKeyConstraint(["operator_id", "shop_id"], ["shops.operator_id", "shops.id"]),
    CheckConstraint("(verdict = 'confirmed') = (shop_id IS NOT NULL)", name="shop"),
    Index("ix_match_answers_key", "operator_id", "network", "scheme", "value"),
)

match_lessons = table(
    "match_lessons",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("network", Text, nullable=False),
    Column("scheme", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("changes", Boolean, nullable=False, comment="Something else is to be believed of it"),
    PrimaryKeyConstraint("operator_id", "network", "scheme", "value", "fingerprint"),
)

match_decisions = table(
    "match_decisions",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("network", Text, nullable=False),
    Column("purchase_ref", Text, nullable=False),
    Column("sighting", LargeBinary, nullable=False, comment="First 16 bytes of the SHA-256 of what was looked at"),
    Column("catalogue", LargeBinary, nullable=False, comment="Of the outlets and the model that it was held against"),
    Column("names", ARRAY(Text), nullable=False, comment="Identifiers under which it was told, scheme:value"),
    Column("card_id", Uuid, nullable=False),
    Column("purchased_at", DateTime(timezone=True), nullable=False),
    Column("decision", Text, nullable=False),
    Column("shop", Text, comment="Code of the best shop of the programme, whatever was decided"),
    Column("probability_ppm", Integer, nullable=False, comment="That it was there, in millionths"),
    Column("tier", Text),
    Column("fingerprint", Text, nullable=False),
    Column("record", JSONB, nullable=False, comment="The whole outcome: candidates, evidence, thresholds, model"),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("shopper_id", "network", "purchase_ref", "sighting", "catalogue"),
    Index("ix_match_decisions_names", "names", postgresql_using="gin"),
    Index("ix_match_decisions_text", "operator_id", "network", "fingerprint"),
    CheckConstraint("probability_ppm BETWEEN 0 AND 1000000", name="probability"),
)

purchase_matches = table(
    "purchase_matches",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("network", Text, nullable=False),
    Column("purchase_ref", Text, nullable=False),
    Column("undecided", Boolean, nullable=False, comment="What is told of its place was not looked at yet"),
    Column("decision", Text, nullable=False, comment="accept, review, reject"),
    Column("basis", Text, nullable=False, comment="memo, review, evidence, nothing"),
    Column("why", Text, nullable=False),
    Column("against", ARRAY(Text), nullable=False, comment="What contradicted the alias"),
    Column("probability_ppm", Integer, comment="By evidence, in millionths; null: not asked"),
    Column("tier", Text),
    Column("scheme", Text, comment="With value and text: what a person is asked of; null: nothing can be learned"),
    Column("value", Text),
    Column("text", Text, nullable=False, comment="Fingerprint, when only that text under the identifier is asked of"),
    Column("fingerprint", Text, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("shopper_id", "network", "purchase_ref"),
    Index("ix_purchase_matches_undecided", "operator_id", postgresql_where=text("undecided")),
    Index(
        "ix_purchase_matches_review",
        "operator_id",
        "network",
        "scheme",
        "value",
        postgresql_where=text("decision = 'review'"),
    ),
    Index("ix_purchase_matches_text", "operator_id", "network", "fingerprint"),
)
