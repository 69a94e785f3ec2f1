"""Visa's settlement file: a pipe-delimited table whose columns are named as the elements of the real-time messages.

Format: the header line of such a file, as a public project shows it; Visa publishes none. So only the names are known.
What they share with the real-time messages is read as it is read there (`visa.py`), and a row whose values are written
in another way is refused by name: a settlement that both tell must be one fact. What a reader must know:

* The columns may stand in any order; each has to be there, once, and no other.
* `TransactionCode` says sale or credit, by the codes of Visa's clearing (05 and 06). A row with another code states
  nothing.
* A value cannot hold the delimiter, and quotes are no quotes.
"""

from collections import Counter
from typing import Final

from issuers import reading
from issuers.adapter import Delivery
from issuers.card_numbers import mask_text
from issuers.errors import Unreadable
from issuers.files import FileContent, FileRefused, Record, lines_of

EVENT = "settlement-file"
CARD = "Card.CardId"
CODE = "Transaction.TransactionCode"
SALE: Final = "05"
CREDIT: Final = "06"
_IDENTIFIERS = (
    "SequenceNumber",
    "User.RTMUserId",
    CARD,
    "Transaction.MerchantAcquirerBin",
    "Transaction.MerchantCardAcceptorId",
    "Transaction.VipTransactionId",
    "Transaction.VisaMerchantId",
    "Transaction.VisaStoreId",
    "Transaction.TokenRequesterId",
)
"""They may look like card numbers, as in the real-time messages."""
COLUMNS = (
    *_IDENTIFIERS,
    "User.PromoCode",
    "Card.LastFour",
    "Transaction.SettlementDate",
    "Transaction.SettlementAmount",
    "Transaction.SettlementCurrencyCodeNumeric",
    "Transaction.SettlementBillingAmount",
    "Transaction.SettlementBillingCurrency",
    "Transaction.SettlementUSDAmount",
    "Transaction.MerchantCity",
    "Transaction.MerchantState",
    "Transaction.MerchantPostalCode",
    "Transaction.MerchantCountryCode",
    "Transaction.MerchantName",
    "Transaction.MerchantLocalPurchaseDate",
    "Transaction.MerchantDateTimeGMT",
    "Transaction.AuthCode",
    "Transaction.MerchantCategoryCode",
    CODE,
    "Transaction.TokenTransactionIndicator",
    "Transaction.TimeStamp",
    "Transaction.TransactionAmount",
    "Transaction.CurrencyCodeNumeric",
    "Transaction.BillingAmount",
    "Transaction.BillingCurrencyCode",
    "Transaction.VisaMerchantName",
    "Transaction.VisaStoreName",
    "Transaction.POSEntryMode",
)
ROW_MAX_BYTES = 16 * 1024
_WHERE = "visa settlement file"


def read_file(data: bytes) -> FileContent:
    """The rows, each with the header above it, card numbers masked; raises `FileRefused`, naming each bad line."""
    lines = lines_of(data.removeprefix(b"\xef\xbb\xbf"))
    try:
        names = _names(lines[0])
    except Unreadable as error:
        raise FileRefused([f"line 1: {error.detail}"]) from error
    problems, records = [], []
    for number, line in enumerate(lines[1:], 2):
        try:
            values = _values(names, line)
        except Unreadable as error:
            problems.append(f"line {number}: {error.detail}")
            continue
        told = [value if name in _IDENTIFIERS else mask_text(value) for name, value in zip(names, values, strict=True)]
        records.append(Record(number, b"%b\n%b" % (lines[0], "|".join(told).encode())))
    if problems:
        raise FileRefused(problems)
    return FileContent(EVENT, tuple(records), unchecked=("the file has no trailer: nothing tells whether it is whole",))


def is_row(delivery: Delivery) -> bool:
    """Whether a message is a row of a file and no real-time message."""
    return delivery.event == EVENT


def card_of(body: bytes) -> str | None:
    """The card of a row; never raises."""
    try:
        return reading.token(values_of(body)[CARD])
    except Unreadable:
        return None


def values_of(body: bytes) -> dict[str, str]:
    """A row by its columns' names; raises `Unreadable`, also where the card's id is a card number."""
    header, _, line = body.partition(b"\n")
    names = _names(header)
    told = dict(zip(names, _values(names, line), strict=True))
    # What a SETTLE calls its time stamp has a longer name there.
    return told | {"Transaction.TimeStampYYMMDD": told["Transaction.TimeStamp"]}


def _names(header: bytes) -> list[str]:
    names = [name.strip() for name in _decoded(header).split("|")]
    missing = [name for name in COLUMNS if name not in names]
    unknown = [name[:40] for name in names if name not in COLUMNS]
    twice = [name[:40] for name, count in Counter(names).items() if count > 1]
    for what, found in (("misses", missing), ("does not know", unknown), ("names twice", twice)):
        if found:
            raise Unreadable(f"{_WHERE}: expected the {len(COLUMNS)} documented columns, the header {what} {found[:5]}")
    return names


def _values(names: list[str], line: bytes) -> list[str]:
    values = [value.strip() for value in _decoded(line).split("|")]
    if len(values) != len(names):
        raise Unreadable(f"{_WHERE}: expected {len(names)} values between pipes, got {len(values)}")
    card = values[names.index(CARD)]
    if mask_text(card) != card:
        raise Unreadable(f"{_WHERE}: {CARD}: expected a token, got what looks like a card number")
    return values


def _decoded(line: bytes) -> str:
    if len(line) > ROW_MAX_BYTES:
        raise Unreadable(f"{_WHERE}: expected at most {ROW_MAX_BYTES} bytes, got {len(line)}")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{_WHERE}: expected UTF-8, got other bytes at {error.start}") from error
    if "\x00" in text:
        raise Unreadable(f"{_WHERE}: expected text without the character U+0000")
    return text
