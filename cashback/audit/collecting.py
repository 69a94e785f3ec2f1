"""What must hold of charges: what was taken stands in the plans, and what went back left them, each once."""

INVARIANTS: dict[str, str] = {
    "what was taken for a plan stands in its books": """
        SELECT p.id, c.taken, b.given, t.collected FROM plans p
        LEFT JOIN (SELECT shopper_id, plan_id, sum(amount_minor) AS taken FROM collections c
            WHERE c.state = 'succeeded' AND NOT EXISTS (SELECT 1 FROM paybacks b WHERE b.shopper_id = c.shopper_id
                AND b.collection_id = c.id AND b.why = 'cancelled')
            GROUP BY 1, 2) AS c ON c.shopper_id = p.shopper_id AND c.plan_id = p.id
        LEFT JOIN (SELECT shopper_id, plan_id, sum(amount_minor) AS given FROM paybacks
            WHERE state = 'succeeded' AND why = 'excess' GROUP BY 1, 2) AS b
            ON b.shopper_id = p.shopper_id AND b.plan_id = p.id
        LEFT JOIN (SELECT shopper_id, split_part(key, ':', 2) AS plan,
                sum(amount * ((credit = 'plans:collected')::int - (debit = 'plans:collected')::int)) AS collected
            FROM transfers WHERE key LIKE 'plan:%' AND split_part(key, ':', 4) IN
                ('collected', 'recovered', 'returned', 'came_back') GROUP BY 1, 2) AS t
            ON t.shopper_id = p.shopper_id AND t.plan = replace(p.id::text, '-', '')
        WHERE EXISTS (SELECT 1 FROM collections c WHERE c.shopper_id = p.shopper_id AND c.plan_id = p.id)
            AND coalesce(c.taken, 0) - coalesce(b.given, 0) <> coalesce(t.collected, 0) LIMIT 1""",
    "no charge gives back more than was taken by it": """
        SELECT b.collection_id, b.given, c.amount_minor, c.state FROM (
            SELECT shopper_id, collection_id, sum(amount_minor) AS given FROM paybacks
            WHERE state <> 'failed' GROUP BY 1, 2) AS b
        LEFT JOIN collections c ON c.shopper_id = b.shopper_id AND c.id = b.collection_id
        WHERE c.state IS DISTINCT FROM 'succeeded' OR b.given > c.amount_minor LIMIT 1""",
    "a plan begins exactly with a first payment that succeeded": """
        SELECT p.id, p.state, c.firsts FROM plans p JOIN (
            SELECT shopper_id, plan_id, count(*) FILTER (WHERE kind = 'first' AND state = 'succeeded' AND NOT EXISTS (
                SELECT 1 FROM paybacks b WHERE b.shopper_id = c.shopper_id AND b.collection_id = c.id
                    AND b.why = 'cancelled')) AS firsts
            FROM collections c GROUP BY 1, 2) AS c ON c.shopper_id = p.shopper_id AND c.plan_id = p.id
        WHERE c.firsts <> (p.state NOT IN ('opening', 'cancelled'))::int LIMIT 1""",
    "the parts of a charge are its amount": """
        SELECT c.id, c.amount_minor, c.parts FROM collections c
        WHERE c.amount_minor <> (SELECT sum(each.value::bigint) FROM jsonb_each_text(c.parts) AS each) LIMIT 1""",
    "the moves of a charge are counted and end where it stands": """
        SELECT s.id, s.state, s.moves, m.moves, m.last FROM (
            SELECT shopper_id, id, state, moves FROM collections
            UNION ALL SELECT shopper_id, id, state, moves FROM paybacks) AS s
        LEFT JOIN (SELECT shopper_id, subject_id, count(*) AS moves, max(number) AS highest,
                (array_agg(to_state ORDER BY number DESC))[1] AS last
            FROM charge_moves GROUP BY 1, 2) AS m ON m.shopper_id = s.shopper_id AND m.subject_id = s.id
        WHERE m.moves IS DISTINCT FROM s.moves OR m.highest <> s.moves - 1 OR m.last <> s.state LIMIT 1""",
}
