"""Tables of the doors: people of operators, how they and shoppers sign in, their sessions, mail that tells codes.

Addresses are sealed by the master key for their row and found by a keyed fingerprint; codes, tokens and challenges are
kept as hashes.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
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

members = table(
    "members",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("sealed", LargeBinary, nullable=False, comment="Name and address, by the master key; emptied on removal"),
    Column("fingerprint", LargeBinary, comment="Keyed, of the address; null once removed"),
    Column("role", Text, nullable=False),
    Column("issuer", Text, comment="Of the identity provider that vouched first"),
    Column("subject", Text, comment="Who they are to that provider"),
    Column("invited_by", Text, nullable=False),
    Column("invited_at", DateTime(timezone=True), nullable=False),
    Column("joined_at", DateTime(timezone=True), comment="The first sign-in"),
    Column("removed_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("operator_id", "id"),
    Index("uq_members_address", "operator_id", "fingerprint", unique=True),
    Index("uq_members_subject", "operator_id", "issuer", "subject", unique=True),
    CheckConstraint("role IN ('viewer', 'editor', 'approver', 'finance', 'support', 'admin')", name="role"),
    CheckConstraint("(removed_at IS NULL) = (fingerprint IS NOT NULL)", name="removed"),
)

shopper_addresses = table(
    "shopper_addresses",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False, comment="Keyed, of the address"),
    Column("shopper_id", Uuid, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("told_by", Text, nullable=False),
    Column("told_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "fingerprint"),
    UniqueConstraint("operator_id", "shopper_id"),
)

identity_providers = table(
    "identity_providers",
    "reference",
    Column("operator_id", Uuid, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False, comment="The client's secret, by the master key"),
    Column("label", Text, nullable=False, comment="How people call it"),
    Column("told_by", Text, nullable=False),
    Column("told_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id"),
)

sign_in_codes = table(
    "sign_in_codes",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("door", LargeBinary, nullable=False, comment="Hash of the browser's token: the code holds there alone"),
    Column("role", Text, nullable=False, comment="shopper, operator"),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("subject_id", Uuid, comment="The shopper or member; null: the address is nobody's, and nothing was sent"),
    Column("digest", LargeBinary, nullable=False, comment="Keyed, of the code"),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    Column("joining", LargeBinary, comment="Of somebody who joins: address and consents, by the master key"),
    PrimaryKeyConstraint("operator_id", "id"),
    Index("ix_sign_in_codes_door", "operator_id", "door"),
)

sign_in_code_counts = table(
    "sign_in_code_counts",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("role", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("codes", Integer, nullable=False, comment="Asked for since then, whoever asked and whosoever it is"),
    Column("since", DateTime(timezone=True), nullable=False, comment="Begins anew after a day"),
    PrimaryKeyConstraint("operator_id", "role", "fingerprint"),
)

sign_in_challenges = table(
    "sign_in_challenges",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the challenge, or of the state"),
    Column("purpose", Text, nullable=False, comment="passkey_sign_in, passkey_add, oidc"),
    Column("holder", LargeBinary, nullable=False, comment="The browser or the session that it was given to"),
    Column("sealed", LargeBinary, comment="What must be remembered until the answer, by the master key"),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("operator_id", "digest"),
)

passkeys = table(
    "passkeys",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("credential_id", LargeBinary, nullable=False),
    Column("role", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False, comment="The shopper or member"),
    Column("public_key", LargeBinary, nullable=False, comment="COSE"),
    Column("sign_count", BigInteger, nullable=False),
    Column("backed_up", Boolean, nullable=False),
    Column("label", Text, nullable=False, comment="The device it was added on"),
    Column("added_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("operator_id", "id"),
    UniqueConstraint("operator_id", "credential_id"),
    Index("ix_passkeys_subject", "operator_id", "role", "subject_id"),
)

sessions = table(
    "sessions",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of a 256-bit random token"),
    Column("role", Text, nullable=False, comment="shopper, operator"),
    Column("subject_id", Uuid, comment="The shopper or member; null: came by a link as a role alone"),
    Column("member_role", Text, comment="Of an operator's session, as it was when it was opened"),
    Column("method", Text, nullable=False, comment="link, code, passkey, oidc"),
    Column(
        "link", LargeBinary, comment="Hash of the entry link that opened it: no other session is opened by that one"
    ),
    Column("device", Text, nullable=False, comment="The browser and the system, as the browser says"),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False, comment="At most a minute behind"),
    Column("idle_seconds", Integer, nullable=False, comment="It ends when nothing was seen for so long"),
    Column("expires_at", DateTime(timezone=True), nullable=False, comment="It ends then at the latest"),
    Column("revoked_at", DateTime(timezone=True)),
    Column("revoked_why", Text),
    PrimaryKeyConstraint("operator_id", "id"),
    UniqueConstraint("digest"),
    UniqueConstraint("operator_id", "link"),
    Index("ix_sessions_subject", "operator_id", "role", "subject_id"),
    CheckConstraint("role IN ('shopper', 'operator')", name="role"),
    CheckConstraint("(role = 'operator') = (member_role IS NOT NULL)", name="member_role"),
    CheckConstraint("role = 'operator' OR subject_id IS NOT NULL", name="subject"),
)

outgoing_mail = table(
    "outgoing_mail",
    "routing",
    Column("operator_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("sealed", LargeBinary, nullable=False, comment="To whom and what, by the master key; emptied once it left"),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, comment="After that nobody would need it"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("ended_at", DateTime(timezone=True), comment="It left, or was given up"),
    Column("error", Text, comment="The kind of the last failure"),
    PrimaryKeyConstraint("operator_id", "id"),
    Index("ix_outgoing_mail_due", "operator_id", "due_at", postgresql_where=text("ended_at IS NULL")),
)
