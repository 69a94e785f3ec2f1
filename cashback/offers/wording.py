"""How figures are said in each language: money, amounts of an asset, rates, days and lists, as CLDR writes them.

Knows no kind of condition or reward; those hold their own sentences and ask here for the figures in them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal, NamedTuple

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_symbol
from babel.units import format_unit

from cashback.money import BPS, major
from cashback.programmes.schemas import currency_of
from cashback.trades import GROUPS, groups_in, trade_of

Language = Literal["en", "fr"]

_LOCALES: Mapping[Language, Locale] = {"en": Locale("en", "GB"), "fr": Locale("fr", "FR")}
LISTED_AT_MOST = 3
"""Names said aloud before the rest is only counted."""


class Texts(NamedTuple):
    """One text in both languages."""

    en: str
    fr: str

    def said(self, language: Language) -> str:
        """The text in one language."""
        return self.fr if language == "fr" else self.en


_SPACED = "¤\u00a0#,##0.00"
"""CLDR's pattern of an English amount whose currency is written in letters."""
_FOR_SEVERAL = re.compile(r"(?<=\w)\((\w{1,3})\)")
_MORE = Texts(en="{count} more", fr="{count} de plus")


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language, and what the programme calls its assets in it."""

    language: Language
    assets: Mapping[str, str] = field(default_factory=dict)
    """Asset code to its name in this language; an asset without one is called by its code."""
    of_member: bool = False
    """Whether staff read: of the member, not to them."""
    whole: bool = False
    """Whether long lists are told to their end."""

    @property
    def locale(self) -> Locale:
        """British English or French of France."""
        return _LOCALES[self.language]

    def money(self, amount_minor: int, currency: str) -> str:
        """`€30.00`, `30,00 €`; a currency without a symbol stands apart from its figure: `PLN 30.00`."""
        symbol = get_currency_symbol(currency, locale=self.locale)
        pattern = _SPACED if self.language == "en" and symbol.isalpha() else None
        return str(format_currency(major(amount_minor, currency), currency, format=pattern, locale=self.locale))

    def amount(self, amount: int, asset: str) -> str:
        """Units of any asset: money as money, everything else as a number and the asset's name."""
        currency = currency_of(asset)
        if currency is not None:
            return self.money(amount, currency)
        return f"{format_decimal(amount, locale=self.locale)}\u00a0{self.named(asset, amount)}"

    def named(self, asset: str, amount: int) -> str:
        """What so many units of an asset are called. The operator names it once: what hangs on a word in brackets, as
        in `ticket(s)` or `jeu(x)`, is for more than one."""
        alone = abs(amount) <= 1 if self.language == "fr" else abs(amount) == 1
        return _FOR_SEVERAL.sub("" if alone else r"\1", self.assets.get(asset, asset))

    def plural(self, asset: str) -> str:
        """What units of an asset are called where no number stands beside them: `draw tickets`."""
        return self.named(asset, 2)

    def count(self, amount: int, asset: str) -> str:
        """The same without the name of the asset, where a sentence names it elsewhere."""
        currency = currency_of(asset)
        return str(format_decimal(amount, locale=self.locale)) if currency is None else self.money(amount, currency)

    def rate(self, rate_bps: int) -> str:
        """Basis points as a percentage with the decimals it needs: `2.5%`, `2,5 %`."""
        return str(format_percent(Decimal(rate_bps) / BPS, locale=self.locale, decimal_quantization=False))

    def number(self, numerator: int, denominator: int = 1) -> str:
        """A number with the decimals it needs: `2`, `1.5`, `1,5`."""
        fraction = Decimal(numerator) / denominator
        return str(format_decimal(fraction, locale=self.locale, decimal_quantization=False))

    def days(self, count: int) -> str:
        """`1 day`, `30 days`, `30 jours`."""
        return str(format_unit(count, "duration-day", locale=self.locale))

    def day(self, day: date | str) -> str:
        """`1 Nov 2026`, `1 nov. 2026`."""
        given = date.fromisoformat(day) if isinstance(day, str) else day
        return self.ordinal(str(format_date(given, format="medium", locale=self.locale)))

    def ordinal(self, date_said: str) -> str:
        """A date as it is written: French writes the first of a month `1er nov. 2026`."""
        first = self.language == "fr" and date_said.startswith("1") and not date_said[1:2].isdigit()
        return f"1er{date_said[1:]}" if first else date_said

    def instant(self, instant: datetime) -> str:
        """Day, hour and minute in the zone that the instant carries."""
        return str(format_datetime(instant, format="medium", tzinfo=instant.tzinfo, locale=self.locale))

    def weekday(self, number: int) -> str:
        """`Friday`, `vendredi`; Monday is 0."""
        return str(self.locale.days["format"]["wide"][number])

    def clock(self, hour_and_minute: str) -> str:
        """A local time written `17:05`, as the language writes it."""
        return str(format_time(time.fromisoformat(hour_and_minute), format="short", locale=self.locale))

    def joined(self, pieces: Sequence[str], style: Literal["standard", "or"] = "standard") -> str:
        """`Alpha, Beta and Gamma`, or `Alpha, Beta or Gamma`."""
        return str(format_list(pieces, style=style, locale=self.locale))

    def names(self, names: Sequence[str], *, count: int | None = None) -> str:
        """`Alpha, Beta and 3 more`; `count` is how many there are when `names` holds only the first."""
        return self._listed(names, count, "standard")

    def either(self, names: Sequence[str], *, count: int | None = None) -> str:
        """`Alpha, Beta or 3 more`."""
        return self._listed(names, count, "or")

    def _listed(self, names: Sequence[str], count: int | None, style: Literal["standard", "or"]) -> str:
        total = len(names) if count is None else count
        said = list(names[:LISTED_AT_MOST])
        if total > len(said):
            said.append(_MORE.said(self.language).format(count=total - len(said)))
        return self.joined(said, style)

    def category(self, code: str | None) -> str:
        """A merchant category in words; the code itself when nobody gave it out."""
        if code is None:
            return "?"
        known = trade_of(code)
        return known.said(self.language) if known else code

    def categories(self, codes: Sequence[str]) -> list[str]:
        """Merchant categories in words; a group that stands whole among them by its own name."""
        whole, rest = groups_in(codes)
        return [self.group(each) for each in whole] + [self.category(each) for each in rest]

    def group(self, name: str) -> str:
        """A group of trades, such as `fashion`."""
        return Texts(*GROUPS[name]).said(self.language)


def language_of(locale: str) -> Language:
    """The language that answers a locale such as `fr-FR`; English for every one that is not French."""
    return "fr" if locale.lower().startswith("fr") else "en"
