"""Funders: the operator itself, shops and brands that share in the cost of offers."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Integer,
    PrimaryKeyConstraint,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from cashback.db.metadata import table

funders = table(
    "funders",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("account", Text, nullable=False, comment="Of the ledger: funder:operator, funder:shop:…, funder:brand:…"),
    Column("name", Text, nullable=False, comment="As it stands on an invoice"),
    Column("mode", Text, nullable=False, comment="prepaid: rewards draw on what it paid in; postpaid: it is invoiced"),
    Column("language", Text, nullable=False, server_default=text("'fr'")),
    Column("address", ARRAY(Text), nullable=False, server_default=text("'{}'"), comment="Lines, the country left out"),
    Column("country", Text, nullable=False, server_default=text("'FR'")),
    Column("registration", Text, comment="Where it is registered: a SIREN in France"),
    Column("vat_number", Text),
    Column("vat_bps", Integer, nullable=False, server_default=text("2000"), comment="On the operator's commission"),
    Column(
        "payment_days", Integer, nullable=False, server_default=text("30"), comment="From an invoice until it is due"
    ),
    Column(
        "alert_minor", BigInteger, nullable=False, server_default=text("0"), comment="Of what was paid in: warn below"
    ),
    Column("low_since", DateTime(timezone=True), comment="Since when less than that is left"),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "account"),
    CheckConstraint("mode IN ('prepaid', 'postpaid')", name="mode"),
    CheckConstraint("language IN ('en', 'fr')", name="language"),
    CheckConstraint(
        "vat_bps BETWEEN 0 AND 10000 AND payment_days BETWEEN 0 AND 365 AND alert_minor >= 0", name="figures"
    ),
)

funder_days = table(
    "funder_days",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("day", Date, nullable=False, comment="In the programme's zone"),
    Column("account", Text, nullable=False),
    Column("asset", Text, nullable=False),
    Column("balance", BigInteger, nullable=False, comment="What stood on it when the day was first looked at"),
    PrimaryKeyConstraint("operator_id", "day", "account", "asset"),
)
"""One row a day and account, from which what was spent since a day follows without reading its transfers."""
