"""What must hold of plans in instalments: the books say what the rows say, and the rows what their moves say."""

_BEGUN = "p.state NOT IN ('opening', 'cancelled')"
_PARTS = """
SELECT shopper_id, plan_id, sum(principal_minor) AS principal, sum(planned_minor) AS planned, sum(fee_minor) AS fees,
    sum(paid_minor) AS paid, count(*) FILTER (WHERE state = 'open') AS open_parts,
    coalesce(sum(principal_minor + fee_minor - paid_minor) FILTER (WHERE state = 'open'), 0) AS open,
    coalesce(sum(principal_minor + fee_minor - paid_minor) FILTER (WHERE state = 'written_off'), 0) AS lost,
    count(*) FILTER (WHERE state IN ('void', 'paid') AND principal_minor + fee_minor <> paid_minor) AS unsettled
FROM instalments GROUP BY shopper_id, plan_id
"""
_POSTED = """
SELECT shopper_id, split_part(key, ':', 2) AS plan,
    coalesce(sum(amount) FILTER (WHERE account = 'shopper:owed'), 0) AS owed,
    coalesce(sum(amount) FILTER (WHERE account = 'plans:collected'), 0) AS collected,
    coalesce(sum(amount) FILTER (WHERE account = 'plans:written_off'), 0) AS lost,
    coalesce(sum(amount) FILTER (WHERE account = 'plans:fees'), 0) AS fees,
    coalesce(sum(amount) FILTER (WHERE account LIKE 'payable:%'), 0) AS payable
FROM (SELECT shopper_id, key, credit AS account, amount FROM transfers
      UNION ALL SELECT shopper_id, key, debit, -amount FROM transfers) AS sides
WHERE key LIKE 'plan:%' GROUP BY 1, 2
"""
_SHOWN = "replace(p.id::text, '-', '')"

INVARIANTS: dict[str, str] = {
    "a plan's transfers lead where its rows say": f"""
        SELECT coalesce(p.id::text, t.plan), p.state, t.owed, t.collected, t.lost, t.fees, t.payable
        FROM (SELECT p.*, i.open, i.lost, i.fees, i.paid FROM plans p
            JOIN ({_PARTS}) AS i ON i.shopper_id = p.shopper_id AND i.plan_id = p.id) AS p
        FULL JOIN ({_POSTED}) AS t ON t.shopper_id = p.shopper_id AND t.plan = {_SHOWN}
        WHERE p.id IS NULL OR (coalesce(t.owed, 0), coalesce(t.collected, 0), coalesce(t.lost, 0), coalesce(t.fees, 0),
                coalesce(t.payable, 0))
            IS DISTINCT FROM (
                CASE WHEN p.state = 'active' THEN p.open ELSE 0 END - (p.excess_minor - p.returned_minor),
                p.paid + (p.excess_minor - p.returned_minor) - p.remitted_minor,
                p.lost,
                CASE WHEN {_BEGUN} THEN -p.fees ELSE 0 END,
                CASE WHEN {_BEGUN} THEN p.refunded_minor - p.amount_minor + p.remitted_minor ELSE 0 END) LIMIT 1""",  # noqa: S608 - built from constants
    "what is left of a plan's principal and what was refunded are its amount": f"""
        SELECT p.id, p.amount_minor, p.refunded_minor, i.planned, i.principal FROM plans p
        LEFT JOIN ({_PARTS}) AS i ON i.shopper_id = p.shopper_id AND i.plan_id = p.id
        WHERE i.planned IS DISTINCT FROM p.amount_minor OR i.principal + p.refunded_minor <> p.amount_minor
        LIMIT 1""",  # noqa: S608 - built from constants
    "a plan is active exactly as long as something of it is open": f"""
        SELECT p.id, p.state, i.open_parts, i.unsettled FROM plans p
        JOIN ({_PARTS}) AS i ON i.shopper_id = p.shopper_id AND i.plan_id = p.id
        WHERE (p.state IN ('opening', 'active')) <> (i.open_parts > 0)
            OR ({_BEGUN} AND i.unsettled > 0) OR (p.closed_at IS NULL) <> (i.open_parts > 0) LIMIT 1""",  # noqa: S608
    "only a partner lends for a purchase that was made, and what is lent is with its lender": f"""
        SELECT p.id, p.way, p.lender, p.funded_at FROM plans p LEFT JOIN (
            SELECT shopper_id, split_part(key, ':', 2) AS plan FROM transfers
            WHERE key LIKE 'plan:%' AND 'payable:lender' IN (debit, credit) GROUP BY 1, 2) AS t
            ON t.shopper_id = p.shopper_id AND t.plan = {_SHOWN}
        WHERE (p.lender <> 'partner' AND (p.way = 'after_purchase' OR p.funded_at IS NOT NULL OR t.plan IS NOT NULL))
            OR (p.way = 'after_purchase' AND {_BEGUN} AND p.funded_at IS NULL) LIMIT 1""",  # noqa: S608
    "the moves of a plan are counted and end where it stands": """
        SELECT p.id, p.state, p.moves, m.moves, m.last FROM plans p LEFT JOIN (
            SELECT shopper_id, plan_id, count(*) AS moves, max(number) AS highest, min(number) AS lowest,
                (array_agg(to_state ORDER BY number DESC))[1] AS last
            FROM plan_moves GROUP BY 1, 2) AS m ON m.shopper_id = p.shopper_id AND m.plan_id = p.id
        WHERE (m.moves, m.highest, m.lowest, m.last) IS DISTINCT FROM (p.moves::bigint, p.moves, 1, p.state)
        LIMIT 1""",
    "an instalment stands as its last move left it": """
        SELECT i.plan_id, i.number, i.state, i.due_on, i.principal_minor, i.paid_minor, m.part FROM instalments i
        LEFT JOIN (SELECT DISTINCT ON (m.shopper_id, m.plan_id, (part ->> 'number')::int)
                m.shopper_id, m.plan_id, (part ->> 'number')::int AS number, part
            FROM plan_moves m, jsonb_array_elements(m.detail -> 'instalments') AS part
            ORDER BY m.shopper_id, m.plan_id, (part ->> 'number')::int, m.number DESC) AS m
            ON m.shopper_id = i.shopper_id AND m.plan_id = i.plan_id AND m.number = i.number
        WHERE m.part IS DISTINCT FROM jsonb_build_object('number', i.number, 'due_on', i.due_on,
            'principal_minor', i.principal_minor, 'fee_minor', i.fee_minor, 'paid_minor', i.paid_minor,
            'state', i.state) LIMIT 1""",
    "a sale at checkout is evidence exactly of a plan that has begun": f"""
        SELECT p.id, p.state, s.fact_ref, s.amount_minor FROM (
            SELECT * FROM plans p WHERE p.way = 'checkout' AND {_BEGUN}) AS p
        FULL JOIN (SELECT shopper_id, fact_ref, amount_minor FROM statements
            WHERE network = 'checkout' AND kind = 'clearing') AS s
            ON s.shopper_id = p.shopper_id AND s.fact_ref = 'sale:' || {_SHOWN}
        WHERE p.amount_minor IS DISTINCT FROM s.amount_minor LIMIT 1""",  # noqa: S608 - built from constants
    "a plan has followed what was given back of its sale": """
        SELECT p.id, p.refunded_minor, o.refunded_minor, o.credited_minor FROM plans p
        JOIN purchases v ON v.shopper_id = p.shopper_id AND v.id = p.purchase_id
        JOIN purchases o ON o.shopper_id = v.shopper_id AND o.id = coalesce(v.witness_of, v.id)
        WHERE p.way = 'checkout' AND p.state IN ('active', 'completed', 'written_off')
            AND p.refunded_minor < least(p.amount_minor, o.refunded_minor + o.credited_minor) LIMIT 1""",
}
"""Each finds the first row that breaks it, or nothing."""
