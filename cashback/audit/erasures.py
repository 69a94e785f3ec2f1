"""What must hold of people who were erased: nothing of theirs waits, nothing leads to them, the list is complete."""

_GONE = (
    "cards",
    "shopper_references",
    "shopper_addresses",
    "bank_accounts",
    "decision_subjects",
    "declared_means",
    "claim_pictures",
)
_DOORS = ("sessions", "passkeys", "sign_in_codes")
_LEFT = " UNION ALL ".join(
    [f"SELECT '{name}' AS place, shopper_id FROM {name}" for name in _GONE]  # noqa: S608 - built from constants
    + [f"SELECT '{name}', subject_id FROM {name} WHERE role = 'shopper'" for name in _DOORS]  # noqa: S608
    + ["SELECT 'payout_accounts', shopper_id FROM payout_accounts WHERE removed_at IS NULL OR sealed <> ''::bytea"]
    + ["SELECT 'shopper_facts', shopper_id FROM shopper_facts WHERE fact <> 'activation'"]
)

INVARIANTS: dict[str, str] = {
    "who was erased is on the list of erasures, and nobody else": """
        SELECT s.shopper_id, e.shopper_id, s.erased_at, e.erased_at FROM erasures e FULL JOIN (
            SELECT shopper_id, erased_at FROM shoppers WHERE erased_at IS NOT NULL) AS s
            ON s.shopper_id = e.shopper_id
        WHERE s.erased_at IS DISTINCT FROM e.erased_at LIMIT 1""",
    "nothing leads to somebody who was erased": f"""
        SELECT l.place, l.shopper_id FROM erasures e JOIN ({_LEFT}) AS l ON l.shopper_id = e.shopper_id
        LIMIT 1""",  # noqa: S608 - built from constants
    "nothing of somebody who was erased waits": """
        SELECT e.shopper_id, w.what FROM erasures e JOIN (
            SELECT shopper_id, 'a purchase' AS what FROM purchases WHERE due_at IS NOT NULL
            UNION ALL SELECT shopper_id, 'a year' FROM matured_years WHERE due_at IS NOT NULL
            UNION ALL SELECT shopper_id, 'a lot' FROM lot_ends WHERE due_at IS NOT NULL
            UNION ALL SELECT shopper_id, 'a reward' FROM rewards WHERE pending > 0
            UNION ALL SELECT shopper_id, 'an adjustment' FROM adjustments WHERE state = 'waiting'
            UNION ALL SELECT shopper_id, 'a claim' FROM claims WHERE state = 'open'
            UNION ALL SELECT shopper_id, 'a balance' FROM balances WHERE pending > 0) AS w
            ON w.shopper_id = e.shopper_id
        LIMIT 1""",
}
"""Each finds the first row that breaks it, or nothing."""
