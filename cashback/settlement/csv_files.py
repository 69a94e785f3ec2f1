"""Settlements as CSV: every line, and every movement behind the lines. UTF-8, amounts in major units with a point.

Movements name purchases by their ids and no shopper: a shop sees what it pays for, and not for whom.
"""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

from cashback.funding.service import named
from cashback.ids import show
from cashback.money import plain
from cashback.offers.wording import Tongue
from cashback.programmes.schemas import currency_of
from cashback.rewards.snapshot import Snapshot
from cashback.settlement.schemas import Line, Settlement
from cashback.settlement.words import described

LINE_COLUMNS = (
    "settlement",
    "funder",
    "period",
    "number",
    "line",
    "kind",
    "reason",
    "description",
    "offer",
    "shop",
    "corrects",
    "movements",
    "asset",
    "units",
    "base",
    "rate_percent",
    "vat_percent",
    "value",
    "currency",
)
MOVEMENT_COLUMNS = ("settlement", "posted_at", "key", "reason", "other_account", "asset", "units", "purchase")
_RISKY = ("=", "+", "-", "@", "\t", "\r")


def lines_csv(snapshot: Snapshot, settlements: Iterable[Settlement], tongues: Sequence[Tongue]) -> str:
    """Every line of these settlements, each described in its own tongue."""
    rows: list[Sequence[object]] = [LINE_COLUMNS]
    for settlement, tongue in zip(settlements, tongues, strict=True):
        rows += [_line(snapshot, settlement, line, tongue) for line in settlement.lines]
    return _written(rows)


def movements_csv(settlement: Settlement, movements: Iterable[Any]) -> str:
    """Every side of a transfer that a settlement holds, signed like its lines."""
    rows: list[Sequence[object]] = [MOVEMENT_COLUMNS]
    for key, side, reason, asset, amount, posted_at, purchase_id, debit, credit in movements:
        rows.append(
            (
                settlement.ref,
                posted_at.isoformat(),
                key,
                reason,
                credit if side == "debit" else debit,
                asset,
                _amount(amount if side == "debit" else -amount, asset),
                "" if purchase_id is None else show("pur", purchase_id),
            )
        )
    return _written(rows)


def _line(snapshot: Snapshot, settlement: Settlement, line: Line, tongue: Tongue) -> Sequence[object]:
    currency = settlement.currency
    return (
        settlement.ref,
        named(settlement.account, snapshot.shops.shops),
        settlement.period.name,
        "" if settlement.invoice is None else settlement.invoice.number,
        line.number,
        line.kind.value,
        line.reason,
        _text(described(line, tongue).replace("\u00a0", " ")),
        _text(line.offer or ""),
        _text(line.shop or ""),
        line.origin_name or "",
        line.transfers or "",
        line.asset,
        _amount(line.units, line.asset) if line.asset else "",
        plain(line.base_minor, currency) if not line.asset else "",
        _percent(line.rate_bps),
        _percent(line.vat_bps),
        plain(line.value_minor, currency) if line.valued else "",
        currency if line.valued else "",
    )


def _amount(units: int, asset: str) -> str:
    currency = currency_of(asset)
    return str(units) if currency is None else plain(units, currency)


def _percent(rate_bps: int) -> str:
    return f"{rate_bps // 100}.{rate_bps % 100:02d}" if rate_bps else ""


def _text(value: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(_RISKY) else value


def _written(rows: Iterable[Sequence[object]]) -> str:
    file = StringIO()
    csv.writer(file, lineterminator="\r\n").writerows(rows)
    return file.getvalue()
