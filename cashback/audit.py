"""Prove the books: every invariant of the ledger, each by a statement that finds the first row that breaks it.

A sum of zero alone proves almost nothing, so beside the ledger's own arithmetic the audit derives every purchase from
its statements and every reward from its purchase again, and compares. Reads only. What merely waits for the worker (a
hold that ended a second ago, a shop that has just become known) is counted and not called broken.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.db.engine import fetch
from cashback.ledger.chart import ACCOUNTS, BALANCE_COLUMN
from cashback.merchants.places import undecided
from cashback.merchants.rematching import waiting
from cashback.offers.conversion import converted_units
from cashback.offers.entitlements import is_available, judge
from cashback.offers.schemas import Entitlement
from cashback.purchases.schemas import PurchaseKey
from cashback.purchases.service import PurchaseRow
from cashback.rewards.gathering import place_ref
from cashback.rewards.plan import RewardRow
from cashback.rewards.refold import refold
from cashback.rewards.scene import set_scene
from cashback.rewards.snapshot import Snapshot, load_snapshot
from cashback.rewards.standings import Standing
from cashback.settlement.invariants import INVARIANTS as SETTLEMENT_INVARIANTS

PAGE = 500
"""Purchases derived again at a time."""


@dataclass(frozen=True, slots=True)
class Breach:
    """The first row found that breaks an invariant."""

    invariant: str
    row: str


@dataclass(slots=True)
class Report:
    """The outcome of an audit."""

    breaches: list[Breach] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    """Per asset, what stands on shoppers' accounts together; the funder's side is its negative."""
    transfers: int = 0
    purchases: int = 0
    waiting: int = 0
    """Purchases for which time alone has changed something that the worker has not settled yet."""

    @property
    def clean(self) -> bool:
        """Whether every invariant holds."""
        return not self.breaches


_ACCOUNT_SUMS = f"""
SELECT shopper_id, asset, {
    ", ".join(f"sum(amount) FILTER (WHERE account = '{account}') AS {name}" for account, name in BALANCE_COLUMN.items())
}
FROM (SELECT shopper_id, asset, credit AS account, amount FROM transfers
      UNION ALL SELECT shopper_id, asset, debit, -amount FROM transfers) AS sides
GROUP BY shopper_id, asset
"""  # noqa: S608 - built from constants
_STORED = ", ".join(f"b.{name}" for name in BALANCE_COLUMN.values())
_SUMMED = ", ".join(f"coalesce(t.{name}, 0)" for name in BALANCE_COLUMN.values())


def _known(account: str) -> str:
    """Whether a column names an account of the chart, in SQL."""
    listed = ", ".join(f"'{each}'" for each in sorted(ACCOUNTS))
    return f"({account} IN ({listed}) OR {account} ~ '^funder:(shop:[0-9a-f]{{32}}|brand:.+)$')"


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
        SELECT r.id, r.pending, t.pending, r.available, t.available
        FROM rewards r LEFT JOIN (
            SELECT shopper_id, split_part(key, ':', 2) AS reward,
                sum(amount * ((credit = 'shopper:pending')::int - (debit = 'shopper:pending')::int)) AS pending,
                sum(amount * ((credit = 'shopper:available')::int - (debit = 'shopper:available')::int)) AS available
            FROM transfers WHERE key LIKE 'reward:%' GROUP BY 1, 2) AS t
            ON t.shopper_id = r.shopper_id AND t.reward = replace(r.id::text, '-', '')
        WHERE r.pending <> coalesce(t.pending, 0) OR r.available <> coalesce(t.available, 0) LIMIT 1""",
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
        SELECT shopper_id, asset, available, paid FROM balances WHERE available < 0 AND available < -paid LIMIT 1""",
    "what was converted stands in the ledger as it stands in its year": """
        SELECT y.shopper_id, y.asset, y.year, y.converted, t.converted FROM matured_years y LEFT JOIN (
            SELECT shopper_id, asset,
                split_part(substr(key, length('conversion:' || asset || ':') + 1), ':', 1) AS year,
                sum(amount * ((credit = 'shopper:converted')::int - (debit = 'shopper:converted')::int)) AS converted
            FROM transfers WHERE key LIKE 'conversion:' || asset || ':%'
                AND (credit = 'shopper:converted' OR debit = 'shopper:converted') GROUP BY 1, 2, 3) AS t
            ON t.shopper_id = y.shopper_id AND t.asset = y.asset AND t.year = y.year::text
        WHERE y.converted <> coalesce(t.converted, 0) LIMIT 1""",
    **SETTLEMENT_INVARIANTS,
}
"""Each finds the first row that breaks it, or nothing."""

_MATURED = """
SELECT r.shopper_id, r.asset, extract(year FROM r.matures_at AT TIME ZONE $1)::int AS year, sum(r.available)::bigint
FROM rewards r WHERE r.available > 0 GROUP BY 1, 2, 3
"""

_YEARS = "SELECT shopper_id, asset, year, matured, converted, due_at FROM matured_years"

_PAGE = """
SELECT shopper_id, network, purchase_ref FROM purchases
WHERE operator_id = $1 AND (shopper_id, network, purchase_ref) > ($2, $3, $4)
ORDER BY shopper_id, network, purchase_ref LIMIT $5
"""

_TOTALS = """
SELECT asset, sum(pending + available + converted + paid + in_transit + expired)::bigint
FROM balances GROUP BY asset ORDER BY asset
"""


async def audit(connection: AsyncConnection, operator_id: UUID, now: datetime) -> Report:
    """Check every invariant of one operator's books, in the caller's transaction."""
    report = Report()
    for name, statement in INVARIANTS.items():
        row = (await connection.exec_driver_sql(statement)).first()
        if row is not None:
            report.breaches.append(Breach(name, ", ".join(str(value) for value in row)))
    snapshot = await load_snapshot(connection, operator_id)
    await _check_conversions(connection, snapshot, report, now)
    async for keys in _pages(connection, operator_id):
        await _derive(connection, snapshot, keys, report, now)
    report.transfers = (await connection.exec_driver_sql("SELECT count(*) FROM transfers")).scalar_one()
    report.totals = dict(await fetch(connection, _TOTALS))
    return report


async def _check_conversions(connection: AsyncConnection, snapshot: Snapshot, report: Report, now: datetime) -> None:
    assets = snapshot.programme.assets
    matured: dict[tuple[UUID, str], dict[int, int]] = {}
    for shopper_id, asset, year, amount in await fetch(connection, _MATURED, (snapshot.programme.zone.key,)):
        if assets[asset].conversion is not None:
            matured.setdefault((shopper_id, asset), {})[year] = amount
    stored: dict[tuple[UUID, str], dict[int, tuple[int, int]]] = {}
    overdue: set[tuple[UUID, str]] = set()
    for shopper_id, asset, year, amount, converted, due_at in await fetch(connection, _YEARS):
        stored.setdefault((shopper_id, asset), {})[year] = (amount, converted)
        if due_at is not None and due_at <= now:
            overdue.add((shopper_id, asset))
    report.waiting += len(overdue)
    this_year = now.astimezone(snapshot.programme.zone).year
    for pair in matured.keys() | stored.keys():
        rule = assets[pair[1]].conversion
        held = {year: amount for year, (amount, _) in stored.get(pair, {}).items() if amount}
        if held != matured.get(pair, {}):
            report.breaches.append(
                Breach("a year holds what its rewards made available", f"{pair}: {held}, not {matured.get(pair)}")
            )
        if rule is None or pair in overdue:
            continue
        expected = {year: units for year, units in converted_units(held, rule, this_year)[0].items() if units}
        posted = {year: units for year, (_, units) in stored.get(pair, {}).items() if units}
        if posted != expected:
            report.breaches.append(
                Breach("points convert as their matured sum says", f"{pair}: {posted}, not {expected}")
            )


async def _pages(connection: AsyncConnection, operator_id: UUID) -> AsyncIterator[list[PurchaseKey]]:
    after: tuple[UUID, str, str] = (UUID(int=0), "", "")
    while True:
        rows = await fetch(connection, _PAGE, (operator_id, *after, PAGE))
        keys = [PurchaseKey(*row) for row in rows]
        if not keys:
            return
        yield keys
        after = (keys[-1].shopper_id, keys[-1].network, keys[-1].ref)


async def _derive(
    connection: AsyncConnection, snapshot: Snapshot, keys: Sequence[PurchaseKey], report: Report, now: datetime
) -> None:
    """Fold these purchases from scratch, say what they entitle to, and compare both with what is stored."""
    asked = set(keys)
    standings = [each for each in await refold(connection, snapshot, keys, now) if each.folded.key in asked]
    report.purchases += len(standings)
    whole = {each.folded.key.shopper_id for each in standings} if snapshot.book.remembers else set()
    scene = await set_scene(connection, snapshot, standings, whole, now)
    judged = judge(
        scene.histories.by_shopper.values(), snapshot.book, scene.grants, may_ask=False, touched=scene.touched
    )
    owed: defaultdict[UUID, dict[UUID, Entitlement]] = defaultdict(dict)
    for each in judged.owed:
        if each.amount:
            owed[each.purchase_id][each.offer_id] = each
    posted: defaultdict[UUID, dict[UUID, RewardRow]] = defaultdict(dict)
    for (purchase_id, offer_id), row in scene.rewards.items():
        posted[purchase_id][offer_id] = row
    asked_for = await waiting(connection, snapshot.operator_id)
    unplaced = await undecided(connection, snapshot.operator_id)
    late = [each for each in standings if _waits(each, asked_for, now) or place_ref(each.folded.key) in unplaced]
    report.waiting += len(late)
    passed_over = {each.id for each in late}
    # Where purchases depend on each other, one that waits may still change the others of its shopper.
    unsure = {each.folded.key.shopper_id for each in late} if snapshot.book.remembers else set()
    for standing in standings:
        stored = standing.stored
        if stored is None:
            report.breaches.append(Breach("every statement belongs to a stored purchase", str(standing.folded.key)))
        elif standing.id in scene.touched and standing.id not in passed_over:
            _compare_fold(standing, stored, report)
            if standing.folded.key.shopper_id not in unsure:
                _compare_rewards(standing.id, owed[standing.id], posted[standing.id], report, now)


def _waits(standing: Standing, asked_for: set[str], now: datetime) -> bool:
    """Whether the worker has still to settle it: its time has come, or its shop has become known."""
    stored = standing.stored
    return stored is not None and (
        (stored.due_at is not None and stored.due_at <= now)
        or not asked_for.isdisjoint(standing.folded.merchant["identifiers"])
    )


def _compare_fold(standing: Standing, stored: PurchaseRow, report: Report) -> None:
    same: Callable[[Any], tuple[Any, ...]] = lambda each: (  # noqa: E731 - one expression, used twice below
        each.state, each.authorised_minor, each.cleared_minor, each.refunded_minor, each.credited_minor,
        each.net_minor, each.purchased_at, each.cleared_at,
    )  # fmt: skip
    shop_id = None if standing.shop is None else standing.shop.id
    held, found = (stored.shop_id, stored.witness_of), (shop_id, standing.witness_of)
    if same(stored.folded) != same(standing.folded) or held != found:
        report.breaches.append(
            Breach(
                "a purchase equals the fold of its statements",
                f"{standing.id}: {same(stored.folded)}, shop and purchase {held}, not {same(standing.folded)}, {found}",
            )
        )


def _compare_rewards(
    purchase_id: UUID,
    owed: Mapping[UUID, Entitlement],
    posted: Mapping[UUID, RewardRow],
    report: Report,
    now: datetime,
) -> None:
    for offer_id in owed.keys() | posted.keys():
        entitlement, row = owed.get(offer_id), posted.get(offer_id)
        matured = entitlement is not None and is_available(entitlement.matures_at, now)
        expected = (0, 0) if entitlement is None else (0, entitlement.amount) if matured else (entitlement.amount, 0)
        held = (0, 0) if row is None else (row.pending, row.available)
        if held != expected:
            report.breaches.append(
                Breach(
                    "the reward posted equals the entitlement",
                    f"purchase {purchase_id}, offer {offer_id}: pending and available {held}, not {expected}",
                )
            )
