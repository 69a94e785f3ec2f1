"""What Stripe's balance moved, as its API lists it (JSON) or its report exports it (CSV).

Source: Stripe API reference, «Balance transaction» (`type`, `source`, `amount`, `fee`); its report
«Itemized balance change from activity». What a reader must know:

* The list is read with its sources (`GET /v1/balance_transactions?expand[]=data.source`): a transfer names our payout
  in its metadata and nowhere else. A report needs the column `transfer_metadata[payout]` for the same.
* `amount` has its sign, and `fee` is taken off it: two movements, the second a charge.
* The API tells minor units, a report major ones. Stripe's minor units are those of ISO 4217 but for a few currencies,
  of which ISK and UGX are refused here: they have two decimals there and none in ISO 4217.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec

from cashback.iso20022.entries import RETURNED, Direction
from cashback.iso20022.errors import FileRefused
from cashback.reconciliation.movements import STRIPE, Movement, account_digest, references_in
from issuers.currencies import currency_code, minor_units
from issuers.errors import Unreadable

_FEES = frozenset({"stripe_fee", "stripe_fx_fee", "tax_fee", "application_fee", "network_cost", "contribution", "fee"})
_REVERSALS = frozenset({"transfer_refund", "transfer_reversal", "transfer_cancel", "transfer_failure"})
_TRANSFERS = frozenset({"transfer"}) | _REVERSALS
_FAILURES = frozenset({"payout_failure", "payout_cancel", "topup_reversal"})
_OTHER_DECIMALS = frozenset({"ISK", "UGX"})
_METADATA = "transfer_metadata[payout]"
_NAMES = {
    "id": ("balance_transaction_id", "id"),
    "kind": ("type", "reporting_category"),
    "source": ("source_id", "source"),
    "gross": ("gross", "amount"),
    "fee": ("fee",),
    "currency": ("currency",),
    "created": ("created_utc", "created (utc)", "created"),
}


class _Source(msgspec.Struct):
    """A transfer, a reversal, a payout; of anything else only the id is looked at."""

    id: str
    transfer: str | None = None
    metadata: dict[str, str] = msgspec.field(default_factory=dict)


class _Transaction(msgspec.Struct):
    """One balance transaction."""

    id: str
    type: str
    amount: int
    currency: str
    created: int
    fee: int = 0
    source: _Source | str | None = None


class _Page(msgspec.Struct):
    data: list[_Transaction]


def read_stripe_balance(operator_id: UUID, data: bytes) -> list[Movement]:
    """Every movement of pages of the API (one, an array, or one a line) or of a report; raises `FileRefused`."""
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if b"\x00" in text or b"\\u0000" in text:
        raise FileRefused(["the file: expected text without the character U+0000"])
    told = _of_json(text) if text[:1] in (b"{", b"[") else _of_report(text)
    found = [one for number, each in enumerate(told, 1) for one in _movements(operator_id, number, each)]
    if not found:
        raise FileRefused(["the file: expected balance transactions of Stripe, got none"])
    return found


def _of_json(text: bytes) -> Iterator[_Transaction]:
    decode = msgspec.json.Decoder(_Page | list[_Transaction]).decode
    try:
        documents = [decode(text)]
    except msgspec.DecodeError:
        documents = []
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip():
                continue
            try:
                documents.append(decode(line))
            except msgspec.DecodeError as error:
                raise FileRefused([f"line {number}: expected pages of balance transactions: {error}"]) from error
    for each in documents:
        yield from each.data if isinstance(each, _Page) else each


def _of_report(text: bytes) -> Iterator[_Transaction]:
    try:
        rows = csv.DictReader(io.StringIO(text.decode()), strict=True)
        names = {(name or "").strip().lower(): name for name in rows.fieldnames or ()}
        columns = {field: next((names[each] for each in told if each in names), None) for field, told in _NAMES.items()}
        missing = [told[0] for field, told in _NAMES.items() if columns[field] is None]
        if missing:
            raise FileRefused([f"line 1: expected a list in JSON, or a report with the columns {', '.join(missing)}"])
        for row in rows:
            yield _row(rows.line_num, {field: str(row[name] or "") for field, name in columns.items() if name}, row)
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileRefused([f"the file: expected a report as CSV in UTF-8: {error}"]) from error


def _row(line: int, told: Mapping[str, str], row: Mapping[str, Any]) -> _Transaction:
    try:
        created = datetime.fromisoformat(told["created"].strip().replace(" UTC", ""))
        created = created if created.tzinfo else created.replace(tzinfo=UTC)
        kind = told["kind"].strip().lower().replace(" ", "_")
        if kind in _TRANSFERS and _METADATA not in row:
            raise FileRefused(
                [f"line {line}: a transfer: expected the column {_METADATA}, else nobody knows whose it is"]
            )
        payout, currency = row.get(_METADATA) or "", told["currency"].strip().upper()
        return _Transaction(
            id=told["id"],
            type=kind,
            amount=minor_units(told["gross"].strip(), currency),
            currency=currency,
            created=int(created.timestamp()),
            fee=minor_units(told["fee"].strip() or "0", currency),
            source=_Source(told["source"], metadata={"payout": payout} if payout else {}),
        )
    except (ValueError, Unreadable) as error:
        if isinstance(error, FileRefused):
            raise
        raise FileRefused([f"line {line}: {error}"]) from error


def _movements(operator_id: UUID, number: int, told: _Transaction) -> Iterable[Movement]:
    try:
        currency = currency_code(told.currency)
    except Unreadable as error:
        raise FileRefused([f"transaction {number} ({told.id[:40]}): {error.detail}"]) from error
    if currency in _OTHER_DECIMALS:
        raise FileRefused([f"transaction {number} ({told.id[:40]}): {currency} has other decimals at Stripe"])
    if told.type in _TRANSFERS and isinstance(told.source, str):
        raise FileRefused(
            [f"transaction {number} ({told.id[:40]}): expected its source with it: ask with expand[]=data.source"]
        )
    if told.amount:
        yield _movement(operator_id, told, currency, told.amount, 0)
    if told.fee:
        yield _movement(operator_id, told, currency, -told.fee, 1)


def _movement(operator_id: UUID, told: _Transaction, currency: str, minor: int, part: int) -> Movement:
    source = told.source if isinstance(told.source, _Source) else _Source(told.source or told.id)
    payout = source.metadata.get("payout")
    named = payout if told.type in _TRANSFERS else source.id
    back = told.type in _REVERSALS | _FAILURES
    day: date = datetime.fromtimestamp(told.created, UTC).date()
    return Movement(
        source=STRIPE,
        account=account_digest(operator_id, STRIPE),
        last_four=STRIPE,
        statement=told.id,
        entry=1,
        part=part,
        direction=Direction.IN if minor > 0 else Direction.OUT,
        amount_minor=abs(minor),
        currency=currency,
        booked=True,
        booked_on=day,
        value_on=None,
        code=told.type,
        bank_ref=source.transfer or source.id,
        end_to_end=None if part else named,
        batch_ref=None,
        return_reason=RETURNED if back and not part else None,
        charge=bool(part) or told.type in _FEES,
        references=references_in(source.id),
    )
