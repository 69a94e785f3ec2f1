"""The doors: people of operators, passkeys, codes, sessions, and the mail that tells codes.

Revision ID: 0017
Revises: 0016

Locks: none but on tables that are new.
"""

import sqlalchemy as sa
from alembic import op

from cashback.migrations.isolation import isolate

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES = (
    "members",
    "identity_providers",
    "shopper_addresses",
    "sign_in_codes",
    "sign_in_failures",
    "sign_in_challenges",
    "passkeys",
    "sessions",
    "outgoing_mail",
)


def upgrade() -> None:
    _create_people()
    _create_sign_in()
    _create_sessions()
    for table in TABLES:
        isolate(table)
    # A session is looked up by its token before the operator is known, like an API key.
    op.execute("CREATE POLICY directory ON sessions FOR SELECT USING (current_setting('app.directory', true) = 'on')")


def _create_people() -> None:
    op.create_table(
        "members",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "sealed",
            sa.LargeBinary(),
            nullable=False,
            comment="Name and address, by the master key; emptied on removal",
        ),
        sa.Column("fingerprint", sa.LargeBinary(), comment="Keyed, of the address; null once removed"),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), comment="Of the identity provider that vouched first"),
        sa.Column("subject", sa.Text(), comment="Who they are to that provider"),
        sa.Column("invited_by", sa.Text(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), comment="The first sign-in"),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "role IN ('viewer', 'editor', 'approver', 'finance', 'support', 'admin')", name=op.f("ck_members_role")
        ),
        sa.CheckConstraint("(removed_at IS NULL) = (fingerprint IS NOT NULL)", name=op.f("ck_members_removed")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_members")),
    )
    op.create_index("uq_members_address", "members", ["operator_id", "fingerprint"], unique=True)
    op.create_index("uq_members_subject", "members", ["operator_id", "issuer", "subject"], unique=True)
    op.create_table(
        "identity_providers",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False, comment="The client's secret, by the master key"),
        sa.Column("label", sa.Text(), nullable=False, comment="How people call it"),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("pk_identity_providers")),
    )
    op.create_table(
        "shopper_addresses",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False, comment="Keyed, of the address"),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "fingerprint", name=op.f("pk_shopper_addresses")),
        sa.UniqueConstraint("operator_id", "shopper_id", name=op.f("uq_shopper_addresses_operator_id_shopper_id")),
    )


def _create_sign_in() -> None:
    op.create_table(
        "sign_in_codes",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "door", sa.LargeBinary(), nullable=False, comment="Hash of the browser's token: the code holds there alone"
        ),
        sa.Column("role", sa.Text(), nullable=False, comment="shopper, operator"),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column(
            "subject_id",
            sa.Uuid(),
            comment="The shopper or member; null: the address is nobody's, and nothing was sent",
        ),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="Keyed, of the code"),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_sign_in_codes")),
    )
    op.create_index("ix_sign_in_codes_door", "sign_in_codes", ["operator_id", "door"], unique=False)
    op.create_table(
        "sign_in_failures",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False, comment="Since the last success"),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("operator_id", "role", "fingerprint", name=op.f("pk_sign_in_failures")),
    )

    op.create_table(
        "sign_in_challenges",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the challenge, or of the state"),
        sa.Column("purpose", sa.Text(), nullable=False, comment="passkey_sign_in, passkey_add, oidc"),
        sa.Column(
            "holder", sa.LargeBinary(), nullable=False, comment="The browser or the session that it was given to"
        ),
        sa.Column("sealed", sa.LargeBinary(), comment="What must be remembered until the answer, by the master key"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "digest", name=op.f("pk_sign_in_challenges")),
    )


def _create_sessions() -> None:
    op.create_table(
        "passkeys",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False, comment="The shopper or member"),
        sa.Column("public_key", sa.LargeBinary(), nullable=False, comment="COSE"),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False, comment="The device it was added on"),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("operator_id", "credential_id", name=op.f("uq_passkeys_operator_id_credential_id")),
    )
    op.create_index("ix_passkeys_subject", "passkeys", ["operator_id", "role", "subject_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of a 256-bit random token"),
        sa.Column("role", sa.Text(), nullable=False, comment="shopper, operator"),
        sa.Column("subject_id", sa.Uuid(), comment="The shopper or member; null: came by a link as a role alone"),
        sa.Column("member_role", sa.Text(), comment="Of an operator's session, as it was when it was opened"),
        sa.Column("method", sa.Text(), nullable=False, comment="link, code, passkey, oidc"),
        sa.Column(
            "link",
            sa.LargeBinary(),
            comment="Hash of the entry link that opened it: no other session is opened by that one",
        ),
        sa.Column("device", sa.Text(), nullable=False, comment="The browser and the system, as the browser says"),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="At most a minute behind"),
        sa.Column("idle_seconds", sa.Integer(), nullable=False, comment="It ends when nothing was seen for so long"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="It ends then at the latest"),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_why", sa.Text()),
        sa.CheckConstraint("(role = 'operator') = (member_role IS NOT NULL)", name=op.f("ck_sessions_member_role")),
        sa.CheckConstraint("role = 'operator' OR subject_id IS NOT NULL", name=op.f("ck_sessions_subject")),
        sa.CheckConstraint("role IN ('shopper', 'operator')", name=op.f("ck_sessions_role")),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("digest", name=op.f("uq_sessions_digest")),
        sa.UniqueConstraint("operator_id", "link", name=op.f("uq_sessions_operator_id_link")),
    )
    op.create_index("ix_sessions_subject", "sessions", ["operator_id", "role", "subject_id"], unique=False)
    op.create_table(
        "outgoing_mail",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "sealed",
            sa.LargeBinary(),
            nullable=False,
            comment="To whom and what, by the master key; emptied once it left",
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="After that nobody would need it"),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), comment="It left, or was given up"),
        sa.Column("error", sa.Text(), comment="The kind of the last failure"),
        sa.PrimaryKeyConstraint("operator_id", "id", name=op.f("pk_outgoing_mail")),
    )
    op.create_index(
        "ix_outgoing_mail_due",
        "outgoing_mail",
        ["operator_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
