"""The invariants of decisions on instalments: records, the rules they were made by, what came of them."""

from cashback.decision_log.service import INVARIANTS as OF_RECORDS
from cashback.decisions.rulebooks import INVARIANTS as OF_RULES

INVARIANTS: dict[str, str] = {
    **OF_RECORDS,
    **OF_RULES,
    "a decision was logged, under the pseudonym of its shopper": """
        SELECT d.id, s.pseudonym, r.pseudonym FROM decisions d
        LEFT JOIN decision_log l ON l.operator_id = d.operator_id AND l.id = d.id
        LEFT JOIN decision_subjects s ON s.shopper_id = d.shopper_id
        LEFT JOIN decision_records r ON r.operator_id = d.operator_id AND r.id = d.id
        WHERE l.id IS NULL OR s.pseudonym IS NULL OR r.pseudonym <> s.pseudonym LIMIT 1""",
    "a quote that was accepted opened the plan that it names": """
        SELECT d.id, d.plan_id, p.decision_id FROM decisions d
        LEFT JOIN plans p ON p.shopper_id = d.shopper_id AND p.id = d.plan_id
        WHERE d.plan_id IS NOT NULL
            AND (p.decision_id IS DISTINCT FROM d.id OR p.amount_minor > d.amount_minor OR d.used_at >= d.expires_at)
        LIMIT 1""",
    "a review that overturned names a decision by people": """
        SELECT r.id, r.new_decision_id, l.automated FROM decision_reviews r
        LEFT JOIN decision_log l ON l.operator_id = r.operator_id AND l.id = r.new_decision_id
        WHERE r.state = 'overturned' AND l.automated IS DISTINCT FROM false LIMIT 1""",
}
