"""Accounts that shoppers are paid to, payouts with every move, the files and codes they travel by, and their limits."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from cashback.db.metadata import table

payout_rails = table(
    "payout_rails",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("rail", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False, comment="What the operator pays with, sealed for this row"),
    Column("opened_by", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "rail"),
)

payout_accounts = table(
    "payout_accounts",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("rail", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False, comment="IBAN and holder, or the rail's id; sealed for this row"),
    Column("fingerprint", LargeBinary, nullable=False, comment="Keyed; the same account has the same"),
    Column("last_four", Text, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("added_at", DateTime(timezone=True), nullable=False),
    Column("usable_at", DateTime(timezone=True), nullable=False),
    Column("removed_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("shopper_id", "id"),
    Index(
        "uq_payout_accounts_once",
        "shopper_id",
        "rail",
        "fingerprint",
        unique=True,
        postgresql_where=text("removed_at IS NULL"),
    ),
    CheckConstraint("usable_at >= added_at", name="cooling"),
    CheckConstraint("length(last_four) <= 4", name="last_four"),
)

payouts = table(
    "payouts",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("key", Text, nullable=False, comment="The idempotency key it was asked for with"),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of all that was asked with that key"),
    Column("asset", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("rail", Text, nullable=False),
    Column("account_id", Uuid, comment="Null: the rail needs none"),
    Column("state", Text, nullable=False),
    Column("reason", Text, comment="Code of why it stands there"),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("next_at", DateTime(timezone=True), comment="When the worker looks at it; null: never by itself"),
    Column("attempt", Integer, nullable=False, server_default=text("0"), comment="How often it was sent"),
    Column("first_sent_at", DateTime(timezone=True)),
    Column("rail_ref", Text, comment="The rail's own id of it"),
    Column("batch_id", Uuid, comment="The file that carries it"),
    Column("counted_on", Date, comment="The day against whose caps it counts"),
    Column("moves", Integer, nullable=False, server_default=text("1")),
    PrimaryKeyConstraint("shopper_id", "id"),
    UniqueConstraint("shopper_id", "key"),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint(
        "state IN ('requested', 'held', 'waiting_approval', 'approved', 'sending', 'unknown', 'sent', 'recalling', "
        "'paid', 'failed', 'returned', 'cancelled', 'stopped')",
        name="state",
    ),
    Index("ix_payouts_due", "operator_id", "next_at", postgresql_where=text("next_at IS NOT NULL")),
    Index("ix_payouts_state", "operator_id", "state", "requested_at", "id"),
    Index("ix_payouts_id", "operator_id", "id"),
    Index("ix_payouts_batch", "operator_id", "batch_id", "id", postgresql_where=text("batch_id IS NOT NULL")),
)

payout_moves = table(
    "payout_moves",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("payout_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("from_state", Text, comment="Null: it was asked for"),
    Column("to_state", Text, nullable=False),
    Column("reason", Text),
    Column("by", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("shopper_id", "payout_id", "number"),
)

payout_approvals = table(
    "payout_approvals",
    "shopper",
    Column("operator_id", Uuid, nullable=False),
    Column("shopper_id", Uuid, nullable=False),
    Column("payout_id", Uuid, nullable=False),
    Column("approver", Text, nullable=False),
    Column("verdict", Text, nullable=False, comment="yes or no"),
    Column("words", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("shopper_id", "payout_id", "approver"),
    CheckConstraint("verdict IN ('yes', 'no')", name="verdict"),
)

payout_news = table(
    "payout_news",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("payout_id", Uuid, nullable=False),
    Column("source", Text, nullable=False, comment="Names the message that told it"),
    Column("outcome", Text, nullable=False, comment="taken, paid or failed"),
    Column("reason", Text),
    Column("rail_ref", Text),
    Column("told_at", DateTime(timezone=True), nullable=False),
    Column("read_at", DateTime(timezone=True), nullable=False),
    Column("applied_at", DateTime(timezone=True), comment="Null: the worker has not looked at it yet"),
    PrimaryKeyConstraint("operator_id", "payout_id", "source"),
    CheckConstraint("outcome IN ('taken', 'paid', 'failed')", name="outcome"),
    Index("ix_payout_news_waiting", "operator_id", "read_at", postgresql_where=text("applied_at IS NULL")),
)

payout_batches = table(
    "payout_batches",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("rail", Text, nullable=False),
    Column("state", Text, nullable=False, comment="open: collects; closed: complete; written: its file was made"),
    Column("made_by", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("execution_on", Date, nullable=False),
    Column("debtor", LargeBinary, nullable=False, comment="Who pays, as of its making; sealed for this row"),
    Column("payments", BigInteger, nullable=False, server_default=text("0")),
    Column("total", BigInteger, nullable=False, server_default=text("0"), comment="Minor units"),
    Column("digest", LargeBinary, comment="SHA-256 of the file; null: not written"),
    Column("fetched_by", Text, comment="Who first took the file to bring it to the bank"),
    Column("fetched_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("operator_id", "id"),
    CheckConstraint("state IN ('open', 'closed', 'written')", name="state"),
    CheckConstraint("(state = 'written') = (digest IS NOT NULL)", name="digest"),
    CheckConstraint("(fetched_by IS NULL) = (fetched_at IS NULL)", name="fetched"),
    Index(
        "uq_payout_batches_unfinished", "operator_id", "rail", unique=True, postgresql_where=text("state <> 'written'")
    ),
)

payout_days = table(
    "payout_days",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("asset", Text, nullable=False),
    Column("day", Date, nullable=False, comment="In the programme's zone"),
    Column("taken", BigInteger, nullable=False, comment="Minor units approved on that day"),
    PrimaryKeyConstraint("operator_id", "asset", "day"),
    CheckConstraint("taken >= 0", name="taken"),
)

gift_codes = table(
    "gift_codes",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False, comment="Keyed; a code is in stock once"),
    Column("sealed", LargeBinary, nullable=False, comment="The code, sealed for this row"),
    Column("asset", Text, nullable=False),
    Column("face", BigInteger, nullable=False, comment="Minor units"),
    Column("expires_on", Date, comment="The last day on which it can be used; null: none"),
    Column("imported_at", DateTime(timezone=True), nullable=False),
    Column("payout_id", Uuid, comment="To whom it was given; null: in stock"),
    Column("given_at", DateTime(timezone=True)),
    Column("revealed_at", DateTime(timezone=True), comment="When its shopper first saw it"),
    PrimaryKeyConstraint("operator_id", "id"),
    UniqueConstraint("operator_id", "fingerprint"),
    CheckConstraint("face > 0", name="face"),
    CheckConstraint("(payout_id IS NULL) = (given_at IS NULL)", name="given"),
    CheckConstraint("revealed_at IS NULL OR given_at IS NOT NULL", name="revealed"),
    Index(
        "ix_gift_codes_stock", "operator_id", "asset", "face", "expires_on", postgresql_where=text("payout_id IS NULL")
    ),
    Index(
        "uq_gift_codes_payout", "operator_id", "payout_id", unique=True, postgresql_where=text("payout_id IS NOT NULL")
    ),
)
