"""What becomes of every table when a person is erased: one line each, and the statement where something is done.

Every table of the product stands here; a test compares the list with the schema, so that a table added later must say
what it holds of a person. Statements take the operator (`$1`), the shopper (`$2`) and, where they name it, now (`$3`);
they run in this order. `docs/erasure.md` tells the same to people.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What becomes of the rows of a person."""

    DELETED = "deleted"
    EMPTIED = "emptied"
    """The row stays because others lean on it; what is personal in it goes."""
    KEPT = "kept"
    """By law or as proof, under an id that leads to nobody."""
    SEALED = "sealed"
    """Nobody reads it by person; it is destroyed with the key of its month, or when its short time is over."""
    NOBODY = "nobody"
    """Holds nothing of shoppers."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one table, why, and by which statement."""

    kind: Kind
    why: str = ""
    statement: str = ""


_MINE = "operator_id = $1 AND shopper_id = $2"
_MY_DOORS = "operator_id = $1 AND role = 'shopper' AND subject_id = $2"
_BOOKS = "accounting: ten years (Code de commerce, art. L123-22)"
_CREDIT = "proof of a credit contract: five years after its end (Code civil, art. 2224)"
_PROOF = "who did what: proof of accountability (GDPR, art. 5(2)); ids alone"
_DECISIONS = "deleted by `decisions.retention.erase`"
_ID = "replace({0}::text, '-', '')"


def _deleted(table: str, where: str = _MINE) -> Fate:
    return Fate(Kind.DELETED, statement=f"DELETE FROM {table} WHERE {where}")  # noqa: S608 - built from constants


def _emptied(table: str, change: str, why: str, where: str = _MINE) -> Fate:
    return Fate(Kind.EMPTIED, why, f"UPDATE {table} SET {change} WHERE {where}")  # noqa: S608 - built from constants


def _kept(why: str) -> Fate:
    return Fate(Kind.KEPT, why)


def _of_others(*tables: str) -> dict[str, Fate]:
    return dict.fromkeys(tables, Fate(Kind.NOBODY))


_PEOPLE: Mapping[str, Fate] = {
    "sign_in_code_counts": Fate(
        Kind.DELETED,
        statement="""DELETE FROM sign_in_code_counts f USING shopper_addresses a
        WHERE a.operator_id = $1 AND a.shopper_id = $2 AND f.operator_id = $1 AND f.role = 'shopper'
            AND f.fingerprint = a.fingerprint""",
    ),
    "sign_in_codes": _deleted("sign_in_codes", _MY_DOORS),
    "passkeys": _deleted("passkeys", _MY_DOORS),
    "sessions": _deleted("sessions", _MY_DOORS),
    "shopper_addresses": _deleted("shopper_addresses"),
    "shopper_references": _deleted("shopper_references"),
    # How many activated an offer is counted against its places.
    "shopper_facts": _deleted("shopper_facts", f"{_MINE} AND fact <> 'activation'"),
    "bank_rows": Fate(
        Kind.DELETED,
        statement="""DELETE FROM bank_rows r USING bank_accounts a
        WHERE a.operator_id = $1 AND a.shopper_id = $2 AND r.operator_id = $1 AND r.connection_id = a.connection_id
            AND r.account = a.account""",
    ),
    "bank_accounts": _deleted("bank_accounts"),
    "cards": _deleted("cards"),
    "notices": _deleted("notices"),
    "notice_preferences": _deleted("notice_preferences"),
    "claim_pictures": _deleted("claim_pictures"),
    "card_facts": Fate(Kind.DELETED, _DECISIONS),
    "lost_disputes": Fate(Kind.DELETED, _DECISIONS),
    "decision_subjects": Fate(Kind.DELETED, _DECISIONS),
    "decisions": Fate(Kind.DELETED, _DECISIONS),
    "declared_means": Fate(Kind.DELETED, _DECISIONS),
    "ficp_consultations": Fate(Kind.DELETED, _DECISIONS),
    "decision_reviews": Fate(Kind.DELETED, _DECISIONS),
    "claims": _emptied(
        "claims",
        f"key = 'erased:' || {_ID.format('id')}, digest = '', last_four = NULL, told_time = NULL, words = NULL, "
        "made_words = NULL",
        "an accepted claim is evidence of a purchase in the books",
    ),
    "payout_accounts": _emptied(
        "payout_accounts",
        "sealed = ''::bytea, fingerprint = '', last_four = '', removed_at = coalesce(removed_at, $3)",
        "payouts name the account that they went to",
    ),
    "payouts": _emptied("payouts", f"key = 'erased:' || {_ID.format('id')}", _BOOKS),
    "adjustments": _emptied(
        "adjustments",
        f"key = 'erased:' || {_ID.format('id')}, digest = '', words = '', answer = NULL",
        _BOOKS,
    ),
    "plans": _emptied("plans", f"key = 'erased:' || {_ID.format('id')}, order_ref = NULL", _CREDIT),
    "mandates": _emptied(
        "mandates",
        "state = 'dead', ended_at = coalesce(ended_at, $3), why = coalesce(why, 'erased'), sealed = ''::bytea, "
        "rail_ref = NULL, mark = NULL, last_four = NULL, scheme = NULL, funding = NULL, expires_on = NULL, "
        "first_transaction = NULL",
        _CREDIT,
    ),
    "shoppers": _emptied("shoppers", "erased_at = $3", "the id that the books name"),
}
_STILL: Mapping[str, Fate] = {
    "purchases": _emptied("purchases", "due_at = NULL", _BOOKS, f"{_MINE} AND due_at IS NOT NULL"),
    "matured_years": _emptied("matured_years", "due_at = NULL", _BOOKS, f"{_MINE} AND due_at IS NOT NULL"),
    "lot_ends": _deleted("lot_ends"),
    "purchase_matches": _emptied(
        "purchase_matches", "undecided = false", "where shops are; of no person", f"{_MINE} AND undecided"
    ),
}
"""Nothing of an erased shopper's changes by itself any more."""

FATES: Mapping[str, Fate] = {
    **_PEOPLE,
    **_STILL,
    "erasures": _kept("that it was done, and what was given up"),
    **dict.fromkeys(
        (
            "statements",
            "rewards",
            "grants",
            "transfers",
            "balances",
            "lot_uses",
            "settled_transfers",
            "payout_moves",
            "bank_entries",
            "bank_statuses",
            "gift_codes",
            "payout_news",
        ),
        _kept(_BOOKS),
    ),
    **dict.fromkeys(
        (
            "instalments",
            "plan_moves",
            "collections",
            "paybacks",
            "charge_moves",
            "charge_news",
            "lender_contracts",
            "lender_calls",
        ),
        _kept(_CREDIT),
    ),
    **dict.fromkeys(("audit_log", "seals", "seal_signatures", "payout_approvals", "rulings"), _kept(_PROOF)),
    "decision_log": _kept(_PROOF),
    "decision_records": _kept("answers on credit, sealed, under a pseudonym that leads nowhere: five years"),
    "claimed_pictures": _kept("digests of pictures, of no person: one receipt counts once"),
    "match_decisions": _kept("where shops are; of no person"),
    "inbox_messages": Fate(Kind.SEALED, "raw messages: 90 days, then the key of their month is destroyed"),
    "inbox_conflicts": Fate(Kind.SEALED, "raw messages: 90 days, then the key of their month is destroyed"),
    "inbox_parked": Fate(Kind.SEALED, "names a message of the log"),
    "inbox_unclaimed": Fate(Kind.SEALED, "a digest of a card's token that leads to nobody"),
    "idempotency": Fate(Kind.SEALED, "answers to keyed requests: three days"),
    "idempotency_holds": Fate(Kind.SEALED, "digests of requests under way or whose process died; three days at most"),
    "api_requests": Fate(Kind.SEALED, "redacted when they are written; seven days"),
    "outbox_messages": Fate(Kind.SEALED, "events name ids alone; thirty days"),
    "webhook_deliveries": Fate(Kind.SEALED, "name a message of the outbox; thirty days"),
    "webhook_attempts": Fate(Kind.SEALED, "name a message of the outbox; thirty days"),
    "outgoing_mail": Fate(Kind.SEALED, "letters with codes: emptied when they leave, deleted a day after their end"),
    "sign_in_challenges": Fate(Kind.SEALED, "five minutes; deleted a day later"),
    "sso_nonces": Fate(Kind.SEALED, "digests of links that were used; ten minutes"),
    **_of_others(
        "account_totals",
        "account_totals_cursors",
        "adjustment_limits",
        "api_keys",
        "assets",
        "bank_connections",
        "bank_files",
        "bank_notes",
        "centre_pages",
        "centres",
        "charge_rails",
        "connections",
        "credit_rules",
        "credit_tables",
        "daily_figures",
        "decision_forgettings",
        "embed_origins",
        "figure_cursors",
        "funders",
        "funder_days",
        "funding_pauses",
        "identity_providers",
        "inbox_cursors",
        "inbox_keys",
        "instalment_counts",
        "instalment_settings",
        "invoice_counters",
        "invoices",
        "match_answers",
        "match_lessons",
        "match_settings",
        "members",
        "merchant_aliases",
        "merchant_identifiers",
        "offer_days",
        "offer_days_counted",
        "offer_effects",
        "offer_moves",
        "offer_revisions",
        "offer_trials",
        "offer_versions",
        "offers",
        "operator_domains",
        "operators",
        "outbox_streams",
        "outlet_brands",
        "outlets",
        "payout_batches",
        "payout_days",
        "payout_rails",
        "posters",
        "programmes",
        "quotas",
        "refund_percentiles",
        "rematches",
        "sellers",
        "settlement_files",
        "settlement_lines",
        "settlements",
        "shop_imports",
        "shops",
        "signing_keys",
        "sso_secrets",
        "theme_logos",
        "themes",
        "visit_counts",
        "welcome_pages",
        "webhook_endpoints",
    ),
}
"""By table."""

STATEMENTS: tuple[str, ...] = tuple(fate.statement for fate in FATES.values() if fate.statement)
"""What is done, in this order: whom an address belongs to is asked before it goes."""
