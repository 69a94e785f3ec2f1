"""Small sums over purchases and rewards of offers, so that no page adds up everything: never the truth."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Integer, PrimaryKeyConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from cashback.db.metadata import table

offer_days = table(
    "offer_days",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("offer_id", Uuid, nullable=False),
    Column("day", Date, nullable=False, comment="Local day of the programme on which the purchases were made"),
    Column("purchases", Integer, nullable=False, comment="That it rewards"),
    Column("shoppers", Integer, nullable=False, comment="Who made them"),
    Column("newcomers", Integer, nullable=False, comment="Of these purchases, first ones of a shopper in their shop"),
    Column("held_out", Integer, nullable=False, comment="Purchases of shoppers who were held out of it"),
    Column("net_minor", BigInteger, nullable=False, comment="What was spent, in the programme's currency"),
    Column("amount", BigInteger, nullable=False, comment="What was given, in the reward's asset"),
    Column("shops", JSONB, nullable=False, comment="By id in hex: [purchases, spent, given]"),
    PrimaryKeyConstraint("operator_id", "offer_id", "day"),
)

offer_days_counted = table(
    "offer_days_counted",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("day", Date, nullable=False),
    Column("counted_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "day"),
)
"""Which days `offer_days` holds, and as of when."""

offer_effects = table(
    "offer_effects",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("offer_id", Uuid, nullable=False),
    Column("as_of", DateTime(timezone=True), nullable=False),
    Column("since", DateTime(timezone=True), nullable=False, comment="Purchases made from then on"),
    Column("until", DateTime(timezone=True), nullable=False, comment="And before then"),
    Column("arms", JSONB, nullable=False, comment="Sums of who may receive it and of who is held out"),
    PrimaryKeyConstraint("operator_id", "offer_id"),
)
