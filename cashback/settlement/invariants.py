"""What the audit proves of settlements: each statement finds the first row that breaks it, or nothing."""

_OWN = "t.shopper_id = t.operator_id AND t.key LIKE 'settlement:' || replace(h.settlement_id::text, '-', '') || ':%'"
"""Whether a transfer was posted by the settlement that holds it."""

INVARIANTS: dict[str, str] = {
    "a settlement closes with what the transfers it holds come to": """
        SELECT s.id, s.account, s.opening_minor, s.closing_minor, t.moved FROM settlements s LEFT JOIN (
            SELECT h.settlement_id, t.asset, sum(CASE h.side WHEN 'debit' THEN t.amount ELSE -t.amount END) AS moved
            FROM settled_transfers h JOIN transfers t ON t.shopper_id = h.shopper_id AND t.key = h.key
            GROUP BY 1, 2) AS t ON t.settlement_id = s.id AND t.asset = s.currency
        WHERE s.closing_minor - s.opening_minor <> coalesce(t.moved, 0) LIMIT 1""",
    "the lines of a settlement count the transfers it holds": f"""
        SELECT l.settlement_id, l.asset, l.units, l.transfers, t.units, t.transfers FROM (
            SELECT settlement_id, asset, sum(units) AS units, sum(transfers) AS transfers FROM settlement_lines
            WHERE asset <> '' GROUP BY 1, 2) AS l
        FULL JOIN (
            SELECT h.settlement_id, t.asset, sum(CASE h.side WHEN 'debit' THEN t.amount ELSE -t.amount END) AS units,
                count(*) AS transfers
            FROM settled_transfers h JOIN transfers t ON t.shopper_id = h.shopper_id AND t.key = h.key
            WHERE NOT ({_OWN}) GROUP BY 1, 2) AS t ON t.settlement_id = l.settlement_id AND t.asset = l.asset
        WHERE (l.units, l.transfers) IS DISTINCT FROM (t.units, t.transfers) LIMIT 1""",  # noqa: S608
    "what is settled is a transfer of that funder": """
        SELECT h.shopper_id, h.key, h.side, s.account FROM settled_transfers h
        LEFT JOIN settlements s ON s.operator_id = h.operator_id AND s.id = h.settlement_id
        LEFT JOIN transfers t ON t.shopper_id = h.shopper_id AND t.key = h.key
        WHERE s.account IS DISTINCT FROM CASE h.side WHEN 'debit' THEN t.debit ELSE t.credit END LIMIT 1""",
    "a settlement opens with what the one before it closed with": """
        SELECT id, account, opening_minor, closed FROM (
            SELECT id, account, opening_minor,
                lag(closing_minor, 1, 0::bigint) OVER (PARTITION BY operator_id, account ORDER BY until) AS closed
            FROM settlements) AS s
        WHERE opening_minor <> closed LIMIT 1""",
    "the totals of a settlement are the sums of its lines": """
        SELECT s.id, s.rewards_minor, l.rewards, s.commission_minor, l.commission, s.vat_minor, l.vat
        FROM settlements s LEFT JOIN (
            SELECT settlement_id, sum(value_minor) FILTER (WHERE kind IN ('reward', 'clawback')) AS rewards,
                sum(value_minor) FILTER (WHERE kind = 'commission') AS commission,
                sum(value_minor) FILTER (WHERE kind = 'vat') AS vat,
                sum(value_minor) FILTER (WHERE kind = 'payment') AS payments,
                sum(value_minor) FILTER (WHERE kind = 'transfer') AS moved
            FROM settlement_lines GROUP BY 1) AS l ON l.settlement_id = s.id
        WHERE (s.rewards_minor, s.commission_minor, s.vat_minor, s.payments_minor, s.moved_minor) IS DISTINCT FROM
            (coalesce(l.rewards, 0), coalesce(l.commission, 0), coalesce(l.vat, 0), coalesce(l.payments, 0),
             coalesce(l.moved, 0))
        LIMIT 1""",
    "commission and tax stand in the ledger as the settlement says": """
        SELECT s.id, s.account, s.commission_minor, t.commission, s.vat_minor, t.vat FROM settlements s LEFT JOIN (
            SELECT split_part(key, ':', 2) AS settlement,
                sum(amount * ((credit = 'revenue:commission')::int - (debit = 'revenue:commission')::int))
                    AS commission,
                sum(amount * ((credit = 'tax:vat')::int - (debit = 'tax:vat')::int)) AS vat
            FROM transfers WHERE key LIKE 'settlement:%' AND shopper_id = operator_id GROUP BY 1) AS t
            ON t.settlement = replace(s.id::text, '-', '')
        WHERE (s.commission_minor, s.vat_minor) IS DISTINCT FROM (coalesce(t.commission, 0), coalesce(t.vat, 0))
        LIMIT 1""",
    "an invoice asks for what its settlement says": """
        SELECT i.number, i.kind, i.net_minor, i.vat_minor, s.rewards_minor, s.commission_minor, s.vat_minor
        FROM invoices i LEFT JOIN settlements s ON s.operator_id = i.operator_id AND s.id = i.settlement_id
        WHERE (i.net_minor, i.vat_minor) IS DISTINCT FROM (
            (s.rewards_minor + s.commission_minor) * CASE i.kind WHEN 'credit_note' THEN -1 ELSE 1 END,
            s.vat_minor * CASE i.kind WHEN 'credit_note' THEN -1 ELSE 1 END) LIMIT 1""",
    "the numbers of invoices have no gap": """
        SELECT coalesce(i.kind, c.kind), coalesce(i.year, c.year), i.invoices, i.highest, c.last FROM (
            SELECT operator_id, kind, year, count(*) AS invoices, max(sequence) AS highest FROM invoices
            GROUP BY 1, 2, 3) AS i
        FULL JOIN invoice_counters c ON c.operator_id = i.operator_id AND c.kind = i.kind AND c.year = i.year
        WHERE i.invoices IS DISTINCT FROM c.last OR i.highest IS DISTINCT FROM c.last LIMIT 1""",
    "the file of a settlement is the one that was made": """
        SELECT settlement_id, made_at FROM settlement_files WHERE digest <> sha256(body) LIMIT 1""",
}
"""By what holds."""
