"""The invariants that one statement decides: each finds the first row that breaks it, or nothing."""

from cashback.ledger.chart import ACCOUNTS, BALANCE_COLUMN
from cashback.rewards.lot_proof import STATEMENTS
from cashback.settlement.invariants import INVARIANTS as SETTLEMENT_INVARIANTS

_ACCOUNT_SUMS = f"""
SELECT shopper_id, asset, {
    ", ".join(f"sum(amount) FILTER (WHERE account = '{account}') AS {name}" for account, name in BALANCE_COLUMN.items())
}
FROM (SELECT shopper_id, asset, credit AS account, amount FROM transfers
      UNION ALL SELECT shopper_id, asset, debit, -amount FROM transfers) AS sides
GROUP BY shopper_id, asset
"""  # noqa: S608 - built from constants
_COUNTED_IN = """
FROM transfers t JOIN account_totals_cursors c ON c.operator_id = t.operator_id
    AND (t.place < c.place OR (t.place = c.place
        AND (c.key IS NULL OR (t.shopper_id, t.key COLLATE "C") <= (c.shopper_id, c.key))))
"""
_STORED = ", ".join(f"b.{name}" for name in BALANCE_COLUMN.values())
_SUMMED = ", ".join(f"coalesce(t.{name}, 0)" for name in BALANCE_COLUMN.values())


def _known(account: str) -> str:
    """Whether a column names an account of the chart, in SQL."""
    listed = ", ".join(f"'{each}'" for each in sorted(ACCOUNTS))
    named = "^(funder:(shop:[0-9a-f]{32}|brand:.+)|payable:shop:[0-9a-f]{32})$"
    return f"({account} IN ({listed}) OR {account} ~ '{named}')"


INVARIANTS: dict[str, str] = {
    "every transfer moves a positive amount between two known accounts": f"""
        SELECT key, debit, credit, amount FROM transfers
        WHERE amount <= 0 OR debit = credit OR NOT {_known("debit")} OR NOT {_known("credit")} LIMIT 1""",  # noqa: S608
    "every asset sums to zero over all accounts": """
        SELECT asset, sum(amount) FROM (SELECT asset, amount FROM transfers
            UNION ALL SELECT asset, -amount FROM transfers) AS sides
        GROUP BY asset HAVING sum(amount) <> 0 LIMIT 1""",
    "a stored balance equals the sum of its transfers": f"""
        SELECT coalesce(b.shopper_id, t.shopper_id), coalesce(b.asset, t.asset), {_STORED}, {_SUMMED}
        FROM balances b FULL JOIN ({_ACCOUNT_SUMS}) AS t ON t.shopper_id = b.shopper_id AND t.asset = b.asset
        WHERE ({_STORED}) IS DISTINCT FROM ({_SUMMED}) LIMIT 1""",  # noqa: S608 - built from constants
    "a balance has counted each of its transfers once": """
        SELECT b.shopper_id, b.asset, b.version, t.moves
        FROM balances b LEFT JOIN (SELECT shopper_id, asset, count(*) AS moves FROM transfers GROUP BY 1, 2) AS t
            ON t.shopper_id = b.shopper_id AND t.asset = b.asset
        WHERE b.version <> coalesce(t.moves, 0) LIMIT 1""",
    "a reward stands in the ledger as it stands in its row": """
        SELECT r.id, r.pending, t.pending, r.available, t.available, r.expired, t.expired
        FROM rewards r LEFT JOIN (
            SELECT shopper_id, split_part(key, ':', 2) AS reward,
                sum(amount * ((credit = 'shopper:pending')::int - (debit = 'shopper:pending')::int)) AS pending,
                sum(amount * ((credit = 'shopper:available')::int - (debit = 'shopper:available')::int)) AS available,
                sum(amount * ((credit = 'shopper:expired')::int - (debit = 'shopper:expired')::int)) AS expired
            FROM transfers WHERE key LIKE 'reward:%' GROUP BY 1, 2) AS t
            ON t.shopper_id = r.shopper_id AND t.reward = replace(r.id::text, '-', '')
        WHERE (r.pending, r.available, r.expired)
            <> (coalesce(t.pending, 0), coalesce(t.available, 0), coalesce(t.expired, 0)) LIMIT 1""",
    "a reward is paid by its funders in their shares": """
        SELECT r.id, f.account, f.part, coalesce(t.paid, 0) FROM rewards r
        CROSS JOIN LATERAL (
            SELECT 'funder:' || name AS account,
                r.amount * reached / 10000 - r.amount * (reached - share) / 10000 AS part
            FROM (SELECT each ->> 0 AS name, (each ->> 1)::bigint AS share,
                    sum((each ->> 1)::bigint) OVER (ORDER BY place)::bigint AS reached
                FROM jsonb_array_elements(coalesce(r.funders, '[["operator", 10000]]'))
                    WITH ORDINALITY AS e (each, place)) AS shares) AS f
        LEFT JOIN (
            SELECT shopper_id, split_part(key, ':', 2) AS reward, account, sum(amount) AS paid FROM (
                SELECT shopper_id, key, debit AS account, amount FROM transfers
                UNION ALL SELECT shopper_id, key, credit, -amount FROM transfers) AS sides
            WHERE key LIKE 'reward:%' AND account LIKE 'funder:%' GROUP BY 1, 2, 3) AS t
            ON t.shopper_id = r.shopper_id AND t.reward = replace(r.id::text, '-', '') AND t.account = f.account
        WHERE f.part <> coalesce(t.paid, 0) LIMIT 1""",
    "no transfer pays a reward that does not exist": """
        SELECT t.key FROM transfers t WHERE t.key LIKE 'reward:%' AND NOT EXISTS (
            SELECT 1 FROM rewards r WHERE r.shopper_id = t.shopper_id
                AND replace(r.id::text, '-', '') = split_part(t.key, ':', 2)) LIMIT 1""",
    "a quota has given exactly what its grants say, and never more than its cap": """
        SELECT q.offer_id, q.bucket, q.cap, q.granted, g.granted FROM quotas q LEFT JOIN (
            SELECT offer_id, b.bucket,
                sum(CASE WHEN b.bucket LIKE 'times:%' THEN (granted > 0)::int ELSE granted END) AS granted
            FROM grants CROSS JOIN LATERAL unnest(buckets) AS b (bucket) GROUP BY 1, 2) AS g
            ON g.offer_id = q.offer_id AND g.bucket = q.bucket
        WHERE q.bucket <> 'activations' AND (q.granted <> coalesce(g.granted, 0) OR q.granted > q.cap) LIMIT 1""",
    "an offer with places has as many as shoppers activated it": """
        SELECT o.code, q.cap, q.granted, f.shoppers FROM quotas q
        JOIN offers o ON o.operator_id = q.operator_id AND o.id = q.offer_id
        LEFT JOIN (SELECT value, count(DISTINCT shopper_id) AS shoppers FROM shopper_facts WHERE fact = 'activation'
            GROUP BY 1) AS f ON f.value = o.code
        WHERE q.bucket = 'activations' AND (q.granted <> coalesce(f.shoppers, 0) OR q.granted > q.cap) LIMIT 1""",
    "a grant is drawn from quotas that exist": """
        SELECT g.purchase_id, g.offer_id, b.bucket FROM grants g CROSS JOIN LATERAL unnest(g.buckets) AS b (bucket)
        WHERE g.granted > 0 AND NOT EXISTS (
            SELECT 1 FROM quotas q WHERE q.offer_id = g.offer_id AND q.bucket = b.bucket) LIMIT 1""",
    "a reward of a budgeted offer is covered by its grant": """
        SELECT r.id, r.amount, g.granted FROM rewards r
        JOIN offer_versions v ON v.offer_id = r.offer_id AND v.version = r.offer_version
            AND (v.terms ? 'budget' OR v.terms @? '$.limits[*].per ? (@ == "offer" || @ == "shop")')
        LEFT JOIN grants g ON g.shopper_id = r.shopper_id AND g.purchase_id = r.purchase_id
            AND g.offer_id = r.offer_id
        WHERE r.amount > coalesce(g.granted, 0) LIMIT 1""",
    "the versions of one offer follow each other and never overlap": """
        SELECT v.offer_id, v.version, o.version FROM offer_versions v JOIN offer_versions o
            ON o.operator_id = v.operator_id AND o.offer_id = v.offer_id AND o.version > v.version
            AND tstzrange(o.live_from, o.live_until) && tstzrange(v.live_from, v.live_until)
        LIMIT 1""",
    "what is believed of an identifier is one thing at an instant": """
        SELECT a.network, a.scheme, a.value, a.fingerprint, a.valid_from, b.valid_from FROM merchant_aliases a
        JOIN merchant_aliases b ON b.operator_id = a.operator_id AND b.network = a.network AND b.scheme = a.scheme
            AND b.value = a.value AND b.fingerprint = a.fingerprint AND b.id > a.id
            AND tstzrange(a.valid_from, a.valid_until) && tstzrange(b.valid_from, b.valid_until)
        WHERE a.closed_at IS NULL AND b.closed_at IS NULL LIMIT 1""",
    "every statement belongs to a stored purchase": """
        SELECT s.shopper_id, s.network, s.fact_ref FROM statements s WHERE NOT EXISTS (
            SELECT 1 FROM statements o JOIN purchases p
                ON p.shopper_id = o.shopper_id AND p.network = o.network AND p.purchase_ref = o.group_ref
            WHERE o.shopper_id = s.shopper_id AND o.network = s.network AND o.fact_ref = s.fact_ref) LIMIT 1""",
    "a claim is evidence exactly if it was accepted, and reversed evidence if that was taken back": """
        SELECT c.id, c.state, s.kind FROM claims c FULL JOIN (
            SELECT DISTINCT ON (shopper_id, fact_ref) shopper_id, fact_ref, kind FROM statements
            WHERE network = 'receipt' ORDER BY shopper_id, fact_ref, revision DESC) AS s
            ON s.shopper_id = c.shopper_id AND s.fact_ref = 'claim:' || replace(c.id::text, '-', '')
        WHERE s.kind IS DISTINCT FROM CASE c.state WHEN 'accepted' THEN 'clearing' WHEN 'withdrawn' THEN 'reversal' END
        LIMIT 1""",
    "an adjustment is in the ledger exactly if it was posted": """
        SELECT a.id, a.state, t.key FROM adjustments a FULL JOIN (
            SELECT shopper_id, key, asset, CASE credit WHEN 'shopper:available' THEN amount ELSE -amount END AS amount
            FROM transfers WHERE key LIKE 'adjustment:%') AS t
            ON t.shopper_id = a.shopper_id AND t.key = 'adjustment:' || replace(a.id::text, '-', '')
        WHERE (a.state = 'posted') IS DISTINCT FROM (t.key IS NOT NULL)
            OR (t.key IS NOT NULL AND (a.asset, a.amount) IS DISTINCT FROM (t.asset, t.amount)) LIMIT 1""",
    "a witness leads to a purchase that stands": """
        SELECT w.id, w.witness_of FROM purchases w LEFT JOIN purchases p
            ON p.shopper_id = w.shopper_id AND p.id = w.witness_of AND p.witness_of IS NULL
        WHERE (w.state = 'witness' OR w.witness_of IS NOT NULL) AND p.id IS NULL LIMIT 1""",
    "every reward belongs to a stored purchase": """
        SELECT r.id, r.purchase_id FROM rewards r WHERE NOT EXISTS (
            SELECT 1 FROM purchases p WHERE p.shopper_id = r.shopper_id AND p.id = r.purchase_id) LIMIT 1""",
    "an available balance is below zero only after its money has left": """
        SELECT shopper_id, asset, available, in_transit, paid FROM balances
        WHERE available < 0 AND available < -(paid + in_transit) LIMIT 1""",
    "each block of seals follows the one before": """
        SELECT chain, number FROM (
            SELECT chain, number, previous, first_position, row_number() OVER w AS place,
                lag(hash) OVER w AS before, lag(first_position + rows) OVER w AS next_position
            FROM seals WINDOW w AS (PARTITION BY operator_id, chain ORDER BY number)) AS links
        WHERE number <> place OR previous <> coalesce(before, decode(repeat('00', 32), 'hex'))
            OR first_position <> coalesce(next_position, 1) LIMIT 1""",
    "a signed head is a block of its chain": """
        SELECT g.chain, g.number, g.position FROM seal_signatures g LEFT JOIN seals s
            ON s.operator_id = g.operator_id AND s.chain = g.chain AND s.number = g.number AND s.hash = g.hash
                AND s.first_position + s.rows - 1 = g.position
        WHERE s.number IS NULL LIMIT 1""",
    "the totals of an account are what its transfers up to the cursor moved": f"""
        SELECT coalesce(a.account, m.account), coalesce(a.asset, m.asset), a.debits, m.debits, a.credits, m.credits
        FROM account_totals a FULL JOIN (
            SELECT account, asset, sum(debits) AS debits, sum(credits) AS credits FROM (
                SELECT debit AS account, asset, amount AS debits, 0 AS credits {_COUNTED_IN}
                UNION ALL SELECT credit, asset, 0, amount {_COUNTED_IN}) AS sides
            GROUP BY account, asset) AS m ON m.account = a.account AND m.asset = a.asset
        WHERE a.debits IS DISTINCT FROM m.debits OR a.credits IS DISTINCT FROM m.credits LIMIT 1""",  # noqa: S608
    "the totals of each asset sum to zero": """
        SELECT asset, sum(debits), sum(credits) FROM account_totals GROUP BY asset
        HAVING sum(debits) <> sum(credits) LIMIT 1""",
    "totals reach as far as the seals": """
        SELECT c.place, c.shopper_id, c.key, s.place, s.shopper_id, s.key FROM account_totals_cursors c FULL JOIN (
            SELECT DISTINCT ON (operator_id) operator_id, through_place AS place, through_key[1] AS shopper_id,
                through_key[2] AS key
            FROM seals WHERE chain = 'transfers' ORDER BY operator_id, number DESC) AS s USING (operator_id)
        WHERE (c.place, c.shopper_id::text, c.key) IS DISTINCT FROM (s.place, s.shopper_id, s.key) LIMIT 1""",
    "what was converted stands in the ledger as it stands in its year": """
        SELECT y.shopper_id, y.asset, y.year, y.converted, t.converted FROM matured_years y LEFT JOIN (
            SELECT shopper_id, asset,
                split_part(substr(key, length('conversion:' || asset || ':') + 1), ':', 1) AS year,
                sum(amount * ((credit = 'shopper:converted')::int - (debit = 'shopper:converted')::int)) AS converted
            FROM transfers WHERE key LIKE 'conversion:' || asset || ':%'
                AND (credit = 'shopper:converted' OR debit = 'shopper:converted') GROUP BY 1, 2, 3) AS t
            ON t.shopper_id = y.shopper_id AND t.asset = y.asset AND t.year = y.year::text
        WHERE y.converted <> coalesce(t.converted, 0) LIMIT 1""",
    **STATEMENTS,
    **SETTLEMENT_INVARIANTS,
}
"""Each finds the first row that breaks it, or nothing."""
