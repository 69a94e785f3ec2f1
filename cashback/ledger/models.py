"""One transfer moves a positive integer of one asset between two accounts, so every row balances by construction."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    Uuid,
    text,
)

from cashback.db.metadata import place_column, table

transfers = table(
    "transfers",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False, comment="Or the operator's own id: what concerns no shopper"),
    Column("key", Text, nullable=False, comment="Idempotency key; the same key moves money once"),
    Column("digest", LargeBinary, nullable=False, comment="First 16 bytes of the SHA-256 of the content"),
    Column("id", Uuid, nullable=False),
    Column("debit", Text, nullable=False, comment="Account the amount leaves"),
    Column("credit", Text, nullable=False, comment="Account the amount enters"),
    Column("asset", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("purchase_id", Uuid),
    Column("corrects", Text, comment="Key of the transfer that this one takes back"),
    Column("posted_at", DateTime(timezone=True), nullable=False),
    place_column(),
    PrimaryKeyConstraint("shopper_id", "key"),
    Index("ix_transfers_place", "operator_id", "place"),
    Index("ix_transfers_posted_at", "posted_at", postgresql_using="brin"),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("debit <> credit", name="accounts"),
)

balances = table(
    "balances",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("asset", Text, nullable=False),
    Column("pending", BigInteger, nullable=False, server_default=text("0")),
    Column("available", BigInteger, nullable=False, server_default=text("0")),
    Column("converted", BigInteger, nullable=False, server_default=text("0")),
    Column("paid", BigInteger, nullable=False, server_default=text("0")),
    Column("in_transit", BigInteger, nullable=False, server_default=text("0")),
    Column("expired", BigInteger, nullable=False, server_default=text("0")),
    Column("version", BigInteger, nullable=False, server_default=text("0"), comment="Transfers counted in"),
    PrimaryKeyConstraint("shopper_id", "asset"),
    CheckConstraint(
        "pending >= 0 AND converted >= 0 AND paid >= 0 AND in_transit >= 0 AND expired >= 0", name="floors"
    ),
)

account_totals = table(
    "account_totals",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("account", Text, nullable=False),
    Column("asset", Text, nullable=False),
    Column("debits", BigInteger, nullable=False, comment="What has left the account"),
    Column("credits", BigInteger, nullable=False, comment="What has entered it"),
    PrimaryKeyConstraint("operator_id", "account", "asset"),
)

account_totals_cursors = table(
    "account_totals_cursors",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("place", BigInteger, nullable=False, comment="Transfers up to this place are counted in"),
    Column("shopper_id", Uuid, comment="And in that place up to this key; null: all of it"),
    Column("key", Text),
    PrimaryKeyConstraint("operator_id"),
    CheckConstraint("(shopper_id IS NULL) = (key IS NULL)", name="key"),
)
