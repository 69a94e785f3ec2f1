"""The trial balance: what had left and entered every account by an instant, derived from the transfers alone.

*By an instant* means: posted at it or before. A transfer carries the moment at which its transaction began to decide,
and appears when that transaction ends; an answer about the last minutes may therefore still grow, and says so.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.clock import zulu
from cashback.db.engine import fetch
from cashback.ledger.chart import BALANCE_COLUMN, shown
from cashback.ledger.totals import totals

FINAL_AFTER = timedelta(minutes=5)
"""No transaction of the product is open for so long; what was posted before is complete."""

_MOVED = """
SELECT asset, debit, credit, sum(amount)::bigint AS amount FROM transfers
WHERE operator_id = $1 AND {when} GROUP BY asset, debit, credit
"""
_STORED = f"""
SELECT asset, {", ".join(f"sum({column})::bigint" for column in BALANCE_COLUMN.values())}
FROM balances WHERE operator_id = $1 GROUP BY asset
"""  # noqa: S608 - built from constants


@dataclass(frozen=True, slots=True)
class Line:
    """One account in one asset, in minor units of money and in units of everything else."""

    asset: str
    account: str
    debits: int
    """What had left it."""
    credits: int
    """What had entered it."""
    stored: int | None = None
    """What the stored balances together say for that instant; None: the account has none, or nobody asked."""

    @property
    def balance(self) -> int:
        """What stood on it."""
        return self.credits - self.debits

    @property
    def agrees(self) -> bool:
        """Whether the stored balances say the same."""
        return self.stored is None or self.stored == self.balance


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every account that had moved by an instant, ordered by asset and account."""

    at: datetime
    final: bool
    """Whether nothing can appear any more that was posted by that instant."""
    lines: tuple[Line, ...]

    def sums(self) -> dict[str, tuple[int, int]]:
        """Debits and credits of each asset; in true books they are the same."""
        found: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for line in self.lines:
            debits, credits = found[line.asset]
            found[line.asset] = (debits + line.debits, credits + line.credits)
        return dict(found)

    @property
    def proven(self) -> bool:
        """Whether each asset sums to zero and every stored balance agrees."""
        return all(debits == credits for debits, credits in self.sums().values()) and all(
            line.agrees for line in self.lines
        )

    def told(self) -> dict[str, Any]:
        """As JSON tells it."""
        return {
            "at": zulu(self.at),
            "final": self.final,
            "accounts": [
                {
                    "asset": line.asset,
                    "account": shown(line.account),
                    "debits": line.debits,
                    "credits": line.credits,
                    "balance": line.balance,
                    **({} if line.stored is None else {"stored": line.stored}),
                }
                for line in self.lines
            ],
            "assets": {
                asset: {"debits": debits, "credits": credits, "balance": credits - debits}
                for asset, (debits, credits) in self.sums().items()
            },
        }


Sides = dict[tuple[str, str], tuple[int, int]]


async def trial_balance(
    connection: AsyncConnection, operator_id: UUID, at: datetime, now: datetime, *, stored: bool = False
) -> TrialBalance:
    """The trial balance at an instant. `stored`: the stored balances are led back to it too, less what moved since."""
    before = _sides(await fetch(connection, _MOVED.format(when="posted_at <= $2"), (operator_id, at)))
    led_back: dict[tuple[str, str], int] = {}
    if stored:
        after = _sides(await fetch(connection, _MOVED.format(when="posted_at > $2"), (operator_id, at)))
        for asset, *amounts in await fetch(connection, _STORED, (operator_id,)):
            for account, amount in zip(BALANCE_COLUMN, amounts, strict=True):
                debits, credits = after.get((asset, account), (0, 0))
                led_back[asset, account] = amount - credits + debits
    names = before.keys() | {name for name, amount in led_back.items() if amount}
    lines = (Line(*name, *before.get(name, (0, 0)), led_back.get(name)) for name in sorted(names))
    return TrialBalance(at, at <= now - FINAL_AFTER, tuple(lines))


async def present_balance(connection: AsyncConnection, operator_id: UUID, now: datetime) -> TrialBalance:
    """The trial balance of this moment, read from the totals that are rolled up: no look at all transfers."""
    lines = [
        Line(each.asset, each.account, each.debits, each.credits) for each in await totals(connection, operator_id)
    ]
    return TrialBalance(now, False, tuple(lines))


def _sides(rows: Iterable[tuple[str, str, str, int]]) -> Sides:
    found: defaultdict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for asset, debit, credit, amount in rows:
        debits, credits = found[asset, debit]
        found[asset, debit] = (debits + amount, credits)
        debits, credits = found[asset, credit]
        found[asset, credit] = (debits, credits + amount)
    return dict(found)
