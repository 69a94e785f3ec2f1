"""What the label of a French statement line tells of a card purchase. Pure; it never raises and knows no bank by name.

Labels are made by each bank in a form of its own, for people to read: `CARTE 12/03 ZARA PARIS 15 CB*4521`,
`FACTURE CARTE DU 120326 ZARA            PARIS   CARTE 4974XXXXXXXX4521`, `ACHAT CB ZARA 12.03.26 CARTE NUMERO 521`.
Common to all: a word for a card, the day of the purchase, the shop, and often the last digits of the card. What is no
card purchase (a transfer, a direct debit, cash from a machine, a fee) has none of these forms, or says so.

* The day is the purchase's own, in the bank's zone. Its year is the latest one that does not put it after the day of
  booking; a day more than `DAYS_BEFORE_MAX` before is not believed and left out.
* Town and shop are printed one after the other. They are told apart only where the line does it: columns with several
  spaces between, a postcode before the town, a numbered district of Paris, Lyon or Marseille, or two words in a form
  that begins with the town. Else the town stays part of the shop's text.
* A card number that is printed in full is masked before anything is read, and once more in what was read: columns that
  stood between its groups are gone by then.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from issuers.card_numbers import mask_text

DAYS_BEFORE_MAX = 100
"""Longest believed time between a purchase and its booking: a force-posted or delayed clearing, and some patience."""
LABEL_MAX = 400
"""Characters of a label that are read. The longest documented remittance text has 140, some banks join three."""

_SPACES = re.compile(r"[\s\u00a0\u202f]")
_RUNS = re.compile(r" +")
_COLUMNS = re.compile(r" {2,}")
_DAY = r"(?P<day>[0-3][0-9])(?P<sep>[/.]?)(?P<month>[01][0-9])(?:(?P=sep)(?P<year>(?:20)?[0-9]{2}))?(?![0-9/.])"
_FULL_DAY = r"(?P<day>[0-3][0-9])(?P<sep>[/.]?)(?P<month>[01][0-9])(?P=sep)(?P<year>(?:20)?[0-9]{2})(?![0-9])"
_CARD_WORD = r"(?:CARTE|CB)"
_DIGITS = r"(?P<digits>[0-9]{4})"
_AMOUNT = r"(?: +(?:EUR +[0-9 ]+[,.][0-9]{2}|[0-9 ]+[,.][0-9]{2} +EUR))?"
_REFUND = re.compile(rf"(?:AVOIR|REMBOURSEMENT|REMBT|RBT) +(?:SUR +)?(?={_CARD_WORD}\b)")
_CASH = re.compile(r"\b(?:RETRAIT|DAB)\b")

# The name of each form, and how a line of it looks. The first that fits is the one.
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("facture_carte", re.compile(rf"FACTURE +CARTE +(?:DU +)?{_FULL_DAY} +(?P<shop>.+)")),
    ("carte_numero", re.compile(rf"ACHAT +{_CARD_WORD} +(?P<shop>.+?) +{_FULL_DAY}(?P<rest>.*)")),
    ("carte_x", re.compile(rf"CARTE +X{_DIGITS} +{_DAY} +(?P<shop>.+)")),
    ("paiement_cb", re.compile(rf"PAIEMENT +{_CARD_WORD} +{_DAY} +(?P<town_shop>.+)")),
    ("cb_fact", re.compile(rf"CB +(?P<shop>.+?) +FACT +{_FULL_DAY}(?P<rest>.*)")),
    ("carte_day", re.compile(rf"{_CARD_WORD} +(?:DU +)?(?=[0-9]{{2}}[/.]|[0-9]{{6}}){_DAY} +(?P<shop>.+)")),
    ("day_town", re.compile(rf"{_CARD_WORD} +{_DAY} +(?P<town_shop>.+)")),
    ("shop_day", re.compile(rf"{_CARD_WORD} +(?P<shop>.+?) +{_FULL_DAY}(?P<rest>.*)")),
)
_OF_REFUNDS = frozenset({"day_town", "shop_day"})
"""Forms of refunds alone; on anything else four digits or a date at the end are too little to go by."""

# How a line names its card, at its end.
_CARDS: tuple[re.Pattern[str], ...] = (
    re.compile(r" *\bCB *[*X]+ *(?P<digits>[0-9]{4})$"),
    re.compile(r" *\bCARTE +(?:[0-9]{4,6})?[X*][X* ]*(?P<digits>[0-9]{4})$"),
    re.compile(r" *\bCARTE +(?:NUMERO|NO|N°) *(?P<digits>[0-9]{3,4})$"),
    re.compile(r" *\bCARTE +(?P<digits>[0-9]{4})$"),
    re.compile(r" +\*{2}[* -]*(?P<digits>[0-9]{4})$"),
)
_ANOTHER_AMOUNT = re.compile(rf"{_AMOUNT}$")
_POSTCODE = re.compile(r"(?P<shop>.+?) +(?:F-?)?(?P<code>[0-9]{5}) +(?P<town>[^0-9]{2,})$")
_DISTRICT = re.compile(r"(?P<shop>.+?) +(?P<town>(?:PARIS|LYON|MARSEILLE) +(?:0?[1-9]|1[0-9]|20)(?:E|EME)?)$")


@dataclass(frozen=True, slots=True)
class CardLabel:
    """What one line tells. Texts are in upper case with single spaces."""

    form: str
    """The name of the form in which it is written, for the trail and for counting what a bank prints."""
    purchased_on: date | None
    """The local day of the purchase; None where the line's day cannot be, seen from the day of booking."""
    merchant: str
    """The shop as printed, with its town where the two cannot be told apart."""
    town: str | None
    last_digits: str | None
    """The last four digits of the card, or three where the bank prints three."""
    refund: bool
    """The line says that money came back."""

    @property
    def last_four(self) -> str | None:
        """The last four digits, where four are told."""
        return self.last_digits if self.last_digits and len(self.last_digits) == 4 else None


def read_label(text: str | None, booked_on: date) -> CardLabel | None:
    """What a line says of a card purchase or its refund, or None when it is no such line.

    `booked_on` is the day of booking, or for a line that is not booked yet the day on which it was seen.
    """
    line = mask_text(_SPACES.sub(" ", (text or "")[:LABEL_MAX])).upper().strip()
    if not line or _CASH.search(line):
        return None
    refunded = _REFUND.match(line)
    rest = line[refunded.end() :] if refunded else line
    for form, pattern in _FORMS:
        if form in _OF_REFUNDS and refunded is None:
            continue
        found = pattern.fullmatch(rest)
        if found is not None:
            return _label(form, found, booked_on, refund=refunded is not None)
    return None


def descriptor_of(text: str | None) -> str | None:
    """A label as one line of printable text, for evidence where no form was recognised; card numbers masked."""
    line = mask_text(_RUNS.sub(" ", _SPACES.sub(" ", (text or "")[:LABEL_MAX]))).strip()
    return line if line and line.isprintable() else None


def _label(form: str, found: re.Match[str], booked_on: date, *, refund: bool) -> CardLabel | None:
    named = found.groupdict()
    begins_with_town = "town_shop" in named
    shop, digits = _without_card(named.get("shop") or named.get("town_shop") or "")
    if named.get("rest"):
        digits = _without_card(named["rest"])[1] or digits
    town, merchant = _town_first(shop) if begins_with_town else _town_last(shop)
    if not any(character.isalnum() for character in merchant):
        return None
    return CardLabel(
        form=form,
        purchased_on=_day(named["day"], named["month"], named.get("year"), booked_on),
        merchant=mask_text(merchant),
        town=None if town is None else mask_text(town),
        last_digits=named.get("digits") or digits,
        refund=refund,
    )


def _without_card(text: str) -> tuple[str, str | None]:
    """A text without the card and the amount at its end, and the card's last digits."""
    for pattern in _CARDS:
        found = pattern.search(text)
        if found is not None:
            return _without_amount(text[: found.start()]), found["digits"]
    return _without_amount(text), None


def _without_amount(text: str) -> str:
    return _ANOTHER_AMOUNT.sub("", text.rstrip()).rstrip()


def _town_last(text: str) -> tuple[str | None, str]:
    columns = [_RUNS.sub(" ", each) for each in _COLUMNS.split(text.strip())]
    if len(columns) > 1 and columns[-1]:
        found = _POSTCODE.fullmatch(f"- {columns[-1]}")
        return (found["town"].strip() if found else columns[-1]), " ".join(columns[:-1])
    for pattern in (_POSTCODE, _DISTRICT):
        found = pattern.fullmatch(columns[0])
        if found is not None:
            return found["town"].strip(), found["shop"]
    return None, columns[0]


def _town_first(text: str) -> tuple[str | None, str]:
    columns = [_RUNS.sub(" ", each) for each in _COLUMNS.split(text.strip())]
    if len(columns) > 1:
        return columns[0], " ".join(columns[1:])
    words = columns[0].split(" ")
    return (words[0], words[1]) if len(words) == 2 else (None, columns[0])


def _day(day: str, month: str, year: str | None, booked_on: date) -> date | None:
    """The latest such day that is not after the booking, if it is near enough before it."""
    years = [booked_on.year, booked_on.year - 1] if year is None else [int(year[-2:]) + 2000]
    for candidate in years:
        try:
            found = date(candidate, int(month), int(day))
        except ValueError:
            continue
        if timedelta(0) <= booked_on - found <= timedelta(days=DAYS_BEFORE_MAX):
            return found
    return None
