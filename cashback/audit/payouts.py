"""What must hold of payouts: the ledger says what their states say, each is paid once, each counts where it counts."""

INVARIANTS: dict[str, str] = {
    "what is in transit is the sum of the open payouts": """
        SELECT coalesce(b.shopper_id, p.shopper_id), coalesce(b.asset, p.asset), b.in_transit, p.amount
        FROM balances b FULL JOIN (SELECT shopper_id, asset, sum(amount) AS amount FROM payouts
            WHERE state NOT IN ('paid', 'failed', 'returned', 'cancelled', 'stopped') GROUP BY 1, 2) AS p
            ON p.shopper_id = b.shopper_id AND p.asset = b.asset
        WHERE coalesce(b.in_transit, 0) <> coalesce(p.amount, 0) LIMIT 1""",
    "a payout's transfers lead where its state says": """
        SELECT p.id, p.state, p.amount, t.available, t.in_transit, t.paid FROM payouts p FULL JOIN (
            SELECT shopper_id, split_part(key, ':', 2) AS payout,
                sum(amount * ((credit = 'shopper:available')::int - (debit = 'shopper:available')::int)) AS available,
                sum(amount * ((credit = 'shopper:in_transit')::int - (debit = 'shopper:in_transit')::int))
                    AS in_transit,
                sum(amount * ((credit = 'shopper:paid')::int - (debit = 'shopper:paid')::int)) AS paid
            FROM transfers WHERE key LIKE 'payout:%' GROUP BY 1, 2) AS t
            ON t.shopper_id = p.shopper_id AND t.payout = replace(p.id::text, '-', '')
        WHERE (t.available, t.in_transit, t.paid) IS DISTINCT FROM (CASE
            WHEN p.state IN ('failed', 'returned', 'cancelled', 'stopped') THEN (0::numeric, 0::numeric, 0::numeric)
            WHEN p.state = 'paid' THEN (-p.amount::numeric, 0::numeric, p.amount::numeric)
            ELSE (-p.amount::numeric, p.amount::numeric, 0::numeric) END) LIMIT 1""",
    "a payout is paid once": """
        SELECT shopper_id, split_part(key, ':', 2), count(*) FROM transfers
        WHERE key LIKE 'payout:%' AND credit = 'shopper:paid' GROUP BY 1, 2 HAVING count(*) > 1 LIMIT 1""",
    "the moves of a payout follow each other and end where it stands": """
        SELECT p.id, p.state, p.moves, m.moves, m.last FROM payouts p LEFT JOIN (
            SELECT shopper_id, payout_id, count(*) AS moves, bool_or(broken) AS broken,
                (array_agg(to_state ORDER BY number DESC))[1] AS last
            FROM (SELECT *, from_state IS DISTINCT FROM lag(to_state) OVER w
                    OR number <> row_number() OVER w - 1 AS broken
                FROM payout_moves WINDOW w AS (PARTITION BY shopper_id, payout_id ORDER BY number)) AS steps
            GROUP BY 1, 2) AS m ON m.shopper_id = p.shopper_id AND m.payout_id = p.id
        WHERE m.broken IS NOT FALSE OR m.moves <> p.moves OR m.last <> p.state LIMIT 1""",
    "a day has counted exactly the payouts that count against it": """
        SELECT coalesce(d.asset, p.asset), coalesce(d.day, p.counted_on), d.taken, p.amount FROM payout_days d
        FULL JOIN (SELECT asset, counted_on, sum(amount) AS amount FROM payouts WHERE counted_on IS NOT NULL
            GROUP BY 1, 2) AS p ON p.asset = d.asset AND p.counted_on = d.day
        WHERE coalesce(d.taken, 0) <> coalesce(p.amount, 0) LIMIT 1""",
    "a gift card was given for a paid payout of its value": """
        SELECT coalesce(g.payout_id, p.id), g.face, p.amount, p.state FROM gift_codes g
        FULL JOIN (SELECT * FROM payouts WHERE rail = 'gift_card' AND state = 'paid') AS p ON p.id = g.payout_id
        WHERE (g.payout_id IS NOT NULL OR p.id IS NOT NULL)
            AND (g.asset, g.face) IS DISTINCT FROM (p.asset, p.amount) LIMIT 1""",
    "a file holds the payouts that it was closed with": """
        SELECT b.id, b.payments, b.total, p.payments, p.total FROM payout_batches b LEFT JOIN (
            SELECT batch_id, count(*) AS payments, sum(amount) AS total FROM payouts WHERE batch_id IS NOT NULL
            GROUP BY 1) AS p ON p.batch_id = b.id
        WHERE b.state <> 'open' AND (b.payments, b.total) IS DISTINCT FROM (p.payments, p.total) LIMIT 1""",
}
