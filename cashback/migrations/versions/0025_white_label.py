"""The white label: themes, welcome pages, posters, own domains, joining by oneself, preferences of notices.

Revision ID: 0025
Revises: 0024

Locks: ACCESS EXCLUSIVE on `notices`, `sign_in_codes` and `centres` for a moment; the new column's default is reckoned
once, so no row is written. The index on `notices` is built over no row, since none waits for a letter yet.
"""

import sqlalchemy as sa
from alembic import op

from cashback.migrations.isolation import isolate

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

FOUND_BY_STRANGERS = ("welcome_pages", "centre_pages", "operator_domains", "centres")
"""Read before an operator is known: which centres there are, and whose a domain is."""


def upgrade() -> None:
    _theme()
    _welcome()
    _count_and_name()
    _join()
    _prefer()
    for table in ("welcome_pages", "centre_pages", "posters", "visit_counts", "operator_domains"):
        isolate(table)
    isolate("notice_preferences")
    for table in ("theme_logos", "themes"):
        isolate(table, rights="SELECT, INSERT")
    for table in FOUND_BY_STRANGERS:
        op.execute(
            f"CREATE POLICY directory ON {table} FOR SELECT USING (current_setting('app.directory', true) = 'on')"
        )


def _theme() -> None:
    op.create_table(
        "theme_logos",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False, comment="Of the picture as it is served"),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="PNG, decoded and encoded again"),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=False, comment="The ground on which it is seen best"),
        sa.Column("told_as", sa.Text(), nullable=False, comment="PNG, JPEG or WEBP: what was uploaded"),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "sha256", name=op.f("pk_theme_logos")),
    )
    op.create_table(
        "themes",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="The highest is in force"),
        sa.Column("name", sa.Text(), nullable=False, comment="As shoppers read it"),
        sa.Column("brand", sa.Text(), nullable=False, comment="#rrggbb"),
        sa.Column("on_brand", sa.Text(), comment="Chosen; null: reckoned from the brand, as the next two"),
        sa.Column("brand_soft", sa.Text()),
        sa.Column("brand_ink", sa.Text()),
        sa.Column("radius", sa.Integer(), nullable=False, comment="Of cards, in pixels"),
        sa.Column("logo", sa.LargeBinary()),
        sa.Column("back_to", sa.Integer(), comment="The version that this one repeats"),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_themes_version")),
        sa.CheckConstraint("radius BETWEEN 0 AND 24", name=op.f("ck_themes_radius")),
        sa.PrimaryKeyConstraint("operator_id", "version", name=op.f("pk_themes")),
        sa.ForeignKeyConstraint(
            ["operator_id", "logo"],
            ["theme_logos.operator_id", "theme_logos.sha256"],
            name=op.f("fk_themes_operator_id_logo_theme_logos"),
        ),
    )


def _welcome() -> None:
    op.create_table(
        "welcome_pages",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False, comment="Whether people may join by themselves"),
        sa.Column("minimum_age", sa.Integer(), nullable=False),
        sa.Column("terms_en", sa.Text(), nullable=False),
        sa.Column("terms_fr", sa.Text(), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("minimum_age BETWEEN 13 AND 25", name=op.f("ck_welcome_pages_minimum_age")),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("pk_welcome_pages")),
    )
    op.create_table(
        "centre_pages",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("latitude_e5", sa.Integer(), comment="Hundred-thousandths of a degree: a metre"),
        sa.Column("longitude_e5", sa.Integer()),
        sa.CheckConstraint("(latitude_e5 IS NULL) = (longitude_e5 IS NULL)", name=op.f("ck_centre_pages_place")),
        sa.PrimaryKeyConstraint("operator_id", "centre_id", name=op.f("pk_centre_pages")),
    )


def _count_and_name() -> None:
    op.create_table(
        "posters",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False, comment="In the address of the QR code"),
        sa.Column("centre", sa.Text(), nullable=False, comment="Code of the centre; empty: of the whole programme"),
        sa.Column("label", sa.Text(), nullable=False, comment="Where it hangs, as the operator says"),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "code", name=op.f("pk_posters")),
    )
    op.create_table(
        "visit_counts",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("poster", sa.Text(), nullable=False, comment="Empty: came without one"),
        sa.Column("day", sa.Date(), nullable=False, comment="In UTC"),
        sa.Column("step", sa.Text(), nullable=False, comment="seen, asked, joined"),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.CheckConstraint("step IN ('seen', 'asked', 'joined')", name=op.f("ck_visit_counts_step")),
        sa.CheckConstraint("visits > 0", name=op.f("ck_visit_counts_visits")),
        sa.PrimaryKeyConstraint("operator_id", "poster", "day", "step", name=op.f("pk_visit_counts")),
    )
    op.create_table(
        "operator_domains",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False, comment="What its DNS must say"),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True)),
        sa.Column(
            "found", sa.Text(), server_default=sa.text("''"), nullable=False, comment="Of the last check: its code"
        ),
        sa.Column("verified_at", sa.DateTime(timezone=True), comment="Its pages are served from then on"),
        sa.PrimaryKeyConstraint("operator_id", "domain", name=op.f("pk_operator_domains")),
    )
    op.create_index(
        "uq_operator_domains_verified",
        "operator_domains",
        ["domain"],
        unique=True,
        postgresql_where=sa.text("verified_at IS NOT NULL"),
    )


def _join() -> None:
    op.add_column(
        "sign_in_codes",
        sa.Column(
            "joining", sa.LargeBinary(), comment="Of somebody who joins: address and consents, by the master key"
        ),
    )


def _prefer() -> None:
    op.add_column(
        "notices",
        sa.Column(
            "to_mail",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="Whether it waits to be put in a letter",
        ),
    )
    op.create_index(
        "ix_notices_to_mail",
        "notices",
        ["operator_id", "told_at"],
        unique=False,
        postgresql_where=sa.text("to_mail"),
    )
    op.create_table(
        "notice_preferences",
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False, comment="inbox, mail"),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("channel IN ('inbox', 'mail')", name=op.f("ck_notice_preferences_channel")),
        sa.PrimaryKeyConstraint("shopper_id", "topic", "channel", name=op.f("pk_notice_preferences")),
    )
