"""Gift cards: a stock of sealed codes, one given for one payout, shown to its shopper.

A code is opened in one place, when its shopper looks at it. A file that is imported twice adds nothing. Never commits.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.db.engine import fetch
from cashback.errors import Conflict, Forbidden, Invalid, NotFound
from cashback.ids import show, uuid7
from cashback.money import minor
from cashback.payouts import storage
from cashback.payouts.schemas import Payout, Reason, State
from cashback.programmes import audit_log
from cashback.programmes.schemas import Programme
from webhooks.sealing import SealingKey, context

HEADER = ("code", "asset", "amount", "expires_on")
CODES_MAX = 100_000
"""In one file."""
CODE_MAX = 200
_PROBLEMS_SHOWN = 20

_IMPORT = """
INSERT INTO gift_codes (operator_id, id, fingerprint, sealed, asset, face, expires_on, imported_at)
SELECT $1, t.*, $8 FROM unnest($2::uuid[], $3::bytea[], $4::bytea[], $5::text[], $6::bigint[], $7::date[]) AS t
ON CONFLICT (operator_id, fingerprint) DO NOTHING
"""
_STOCK = """
SELECT asset, face, count(*) FROM gift_codes
WHERE operator_id = $1 AND payout_id IS NULL AND (expires_on IS NULL OR expires_on > $2) GROUP BY 1, 2
ORDER BY 1, 2
"""
# The ones that expire first go first; codes that another worker is giving are passed over.
_TAKE = """
WITH free AS MATERIALIZED (
    SELECT id, expires_on FROM gift_codes WHERE operator_id = $1 AND asset = $5 AND face = $6 AND payout_id IS NULL
        AND (expires_on IS NULL OR expires_on > $7)
    ORDER BY expires_on NULLS LAST, id LIMIT $3 FOR UPDATE SKIP LOCKED)
UPDATE gift_codes g SET payout_id = t.payout_id, given_at = $4
FROM (SELECT id, row_number() OVER (ORDER BY expires_on NULLS LAST, id) AS number FROM free) AS f
JOIN (SELECT payout_id, ordinality AS number FROM unnest($2::uuid[]) WITH ORDINALITY AS u (payout_id, ordinality)) AS t
    ON t.number = f.number
WHERE g.operator_id = $1 AND g.id = f.id RETURNING g.payout_id
"""
_OF_PAYOUT = """
SELECT id, sealed, asset, face, expires_on, revealed_at FROM gift_codes WHERE operator_id = $1 AND payout_id = $2
"""
_REVEAL = "UPDATE gift_codes SET revealed_at = $3 WHERE operator_id = $1 AND id = $2 AND revealed_at IS NULL"


@dataclass(frozen=True, slots=True)
class Revealed:
    """A gift card as its shopper sees it. Amount in minor units of the asset's currency."""

    code: str
    asset: str
    face: int
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class _Line:
    code: str
    asset: str
    face: int
    expires_on: date | None


async def import_codes(
    connection: AsyncConnection, actor: Actor, programme: Programme, master: SealingKey, data: bytes, now: datetime
) -> tuple[int, int]:
    """Take the codes of a CSV file into stock, all or none; answers how many are new and how many were there before.

    The columns are code, asset, amount (major units) and expires_on (a date or nothing). Raises Invalid with the lines
    to mend, and never repeats a code.
    """
    if not actor.may(Scope.MONEY):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.MONEY.value!r}", code="scope_missing")
    lines = _read(data, programme, now.astimezone(programme.zone).date())
    ids = [uuid7(now) for _ in lines]
    marks = context(actor.operator_id.bytes, b"gift_codes", b"fingerprint")
    sealed = master.seal_each(
        (each.code.encode(), _place(actor.operator_id, code_id)) for each, code_id in zip(lines, ids, strict=True)
    )
    columns = (
        ids,
        [master.fingerprint(each.code.encode(), marks) for each in lines],
        sealed,
        [each.asset for each in lines],
        [each.face for each in lines],
        [each.expires_on for each in lines],
    )
    added = (await connection.exec_driver_sql(_IMPORT, (actor.operator_id, *columns, now))).rowcount
    await storage.wake(connection, actor.operator_id, Reason.OUT_OF_STOCK, now)
    await audit_log.record(connection, actor, "gifts.imported", programme.code, {"added": added}, now)
    return added, len(lines) - added


async def stock(connection: AsyncConnection, operator_id: UUID, today: date) -> dict[tuple[str, int], int]:
    """How many codes are there to give, by asset and face value in minor units."""
    return {(row[0], row[1]): row[2] for row in await fetch(connection, _STOCK, (operator_id, today))}


async def give(
    connection: AsyncConnection, operator_id: UUID, payouts: Sequence[Payout], today: date, now: datetime
) -> frozenset[UUID]:
    """Give each of these payouts a code of its value, as far as the stock goes; answers which ones have one."""
    given: set[UUID] = set()
    for (asset, face), _ in sorted(Counter((each.asset, each.amount) for each in payouts).items()):
        wanted = [each.id for each in payouts if (each.asset, each.amount) == (asset, face)]
        given |= {
            row[0]
            for row in await fetch(connection, _TAKE, (operator_id, wanted, len(wanted), now, asset, face, today))
        }
    return frozenset(given)


async def reveal(
    connection: AsyncConnection, actor: Actor, master: SealingKey, payout: Payout, now: datetime
) -> Revealed:
    """The code that was given for a payout; that it was looked at is written down."""
    if actor.shopper_id != payout.shopper_id and not actor.may(Scope.SHOPPERS):
        raise Forbidden(f"{actor.name} lacks the scope {Scope.SHOPPERS.value!r}", code="scope_missing")
    if payout.state is not State.PAID:
        raise Conflict(f"payout {payout.ref} is {payout.state}: no gift card was given yet", code="payout_state")
    rows = await fetch(connection, _OF_PAYOUT, (actor.operator_id, payout.id))
    if not rows:
        raise NotFound(f"payout {payout.ref} is no gift card", code="no_gift_card")
    code_id, sealed, asset, face, expires_on, _ = rows[0]
    await connection.exec_driver_sql(_REVEAL, (actor.operator_id, code_id, now))
    detail = {"shopper": show("shp", payout.shopper_id)}
    await audit_log.record(connection, actor, "gift.revealed", payout.ref, detail, now)
    code = master.open(sealed, _place(actor.operator_id, code_id)).decode()
    return Revealed(code, asset, face, expires_on)


def _read(data: bytes, programme: Programme, today: date) -> list[_Line]:
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Invalid(f"the file is no CSV in UTF-8: {type(error).__name__}", code="bad_file") from None
    if not rows or tuple(cell.strip().lower() for cell in rows[0]) != HEADER:
        raise Invalid(f"line 1: expected the columns {','.join(HEADER)}", code="bad_file")
    if len(rows) - 1 > CODES_MAX:
        raise Invalid(f"a file has at most {CODES_MAX} codes, this one {len(rows) - 1}", code="too_large")
    lines: list[_Line] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for number, row in enumerate(rows[1:], 2):
        found = _line(row, programme, today)
        if isinstance(found, str):
            problems.append(f"line {number}: {found}")
        elif found.code in seen:
            problems.append(f"line {number}: the code of line {seen[found.code]} again")
        else:
            seen[found.code] = number
            lines.append(found)
    if problems:
        more = len(problems) - _PROBLEMS_SHOWN
        shown = problems[:_PROBLEMS_SHOWN] + ([f"and {more} more"] if more > 0 else [])
        raise Invalid("nothing was imported:\n" + "\n".join(shown), code="bad_file")
    if not lines:
        raise Invalid("the file holds no code", code="bad_file")
    return lines


def _line(row: Sequence[str], programme: Programme, today: date) -> _Line | str:
    if len(row) != len(HEADER):
        return f"expected {len(HEADER)} columns, got {len(row)}"
    code, asset, amount, expires = (cell.strip() for cell in row)
    if not 4 <= len(code) <= CODE_MAX or not code.isprintable():
        return f"code: expected 4 to {CODE_MAX} printable characters"
    known = programme.assets.get(asset)
    if known is None or known.currency is None:
        return f"asset {asset[:40]!r}: expected one of {', '.join(_money(programme)) or 'none: no asset is money'}"
    try:
        face = minor(Decimal(amount), known.currency)
    except (InvalidOperation, ValueError):
        return f"amount {amount[:40]!r}: expected {known.currency} in major units, such as 10.00"
    if face <= 0:
        return f"amount {amount[:40]!r}: expected more than zero"
    try:
        expires_on = date.fromisoformat(expires) if expires else None
    except ValueError:
        return f"expires_on {expires[:40]!r}: expected a date such as 2027-12-31, or nothing"
    if expires_on is not None and expires_on <= today:
        return f"expires_on {expires}: it has expired already"
    return _Line(code, asset, face, expires_on)


def _money(programme: Programme) -> Iterable[str]:
    return sorted(code for code, asset in programme.assets.items() if asset.currency is not None)


def _place(operator_id: UUID, code_id: UUID) -> bytes:
    return context(operator_id.bytes, b"gift_codes", b"sealed", code_id.bytes)
