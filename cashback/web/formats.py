"""Figures and dates as each language writes them, in the zone of their place. Nothing else prints either."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from babel.dates import format_datetime, format_skeleton
from babel.lists import format_list
from babel.numbers import format_compact_currency, format_decimal, format_percent, get_decimal_symbol

from cashback.floors import number_of
from cashback.insights.schemas import Timing
from cashback.money import exponent
from cashback.notifications.schemas import Notice
from cashback.notifications.words import said
from cashback.offers.wording import Language, Tongue
from cashback.programmes.schemas import Asset
from cashback.web.messages import Translator
from issuers.events import TimeBasis

MINUS = "\u2212"
NO_BREAK = "\u00a0"
_PERCENT = {"fr": "{}\u00a0%", "en": "{}%"}


def in_order(name: str) -> str:
    """A key that sorts names as people look for them: accents and capitals count for nothing."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    return plain.casefold()


class Formats:
    """One language's way to write amounts and dates. `now` decides which day is today and which date needs its year."""

    def __init__(self, language: Language, assets: Mapping[str, Asset], now: datetime) -> None:
        names = {code: asset.name_fr if language == "fr" else asset.name_en for code, asset in assets.items()}
        self.tongue = Tongue(language, names)
        self._now = now
        self._t = Translator(language)

    def money(self, amount_minor: int, currency: str) -> str:
        """`18,15 €`, `€18.15`; a typographic minus below zero."""
        text = self.tongue.money(abs(amount_minor), currency)
        return f"{MINUS}{text}" if amount_minor < 0 else text

    def whole(self, amount_minor: float, currency: str) -> str:
        """Money without its decimals, rounded to the nearest: `12 346 €`, `€12,346`; for figures of many purchases."""
        unit = 10 ** exponent(currency)
        return self.money(round(abs(amount_minor) / unit) * (-unit if amount_minor < 0 else unit), currency).replace(
            self._no_decimals(currency), ""
        )

    def brief(self, amount_minor: float, currency: str) -> str:
        """Money as an axis says it: `€2.5K`, `12 k €`."""
        major = amount_minor / 10 ** exponent(currency)
        return str(format_compact_currency(major, currency, locale=self.tongue.locale, fraction_digits=1))

    def percent(self, share: float, *, signed: bool = False) -> str:
        """A share as a percentage, with a decimal below ten: `14 %`, `+2.5%`."""
        digits = "0.0" if round(abs(share), 3) < 0.0995 and round(abs(share), 3) != 0 else "0"
        text = str(format_percent(abs(share), _PERCENT[self.tongue.language].format(digits), self.tongue.locale))
        sign = MINUS if round(share, 3) < 0 else "+" if signed and round(share, 3) > 0 else ""
        return f"{sign}{text}"

    def floor(self, floor: str) -> str:
        """A floor however it was written, `Niveau 1`, `Level 1`; a name that says no number as it is."""
        number = number_of(floor)
        return floor if number is None else self._t("place.floor", n=str(number).replace("-", MINUS))

    def ratio(self, value: float) -> str:
        """A factor with a decimal: `7,1`."""
        return str(format_decimal(value, "#,##0.0", locale=self.tongue.locale))

    def _no_decimals(self, currency: str) -> str:
        """What a whole amount of the currency ends its figures with: `,00`."""
        places = exponent(currency)
        return "" if not places else f"{get_decimal_symbol(self.tongue.locale)}{'0' * places}"

    def amount(self, amount: int, asset: Asset) -> str:
        """Units of any asset with its name, or money as money."""
        text = self.tongue.amount(abs(amount), asset.code)
        return f"{MINUS}{text}" if amount < 0 else text

    def gain(self, amount: int, asset: Asset) -> str:
        """An amount with its sign: `+4,25 €`."""
        return f"+{self.amount(amount, asset)}" if amount > 0 else self.amount(amount, asset)

    def notice(self, notice: Notice) -> str:
        """What the shopper was told, as a sentence."""
        return said(notice, self.tongue)

    def together(self, texts: Sequence[str]) -> str:
        """`2,00 € et 10 points`."""
        return str(format_list(texts, locale=self.tongue.locale))

    def number(self, number: int) -> str:
        """`9 812`, `9,812`."""
        return str(format_decimal(number, locale=self.tongue.locale))

    def share(self, part: int, whole: int) -> str:
        """A part as a whole percentage: `96 %`, `96%`; a dash of nothing. All alone are 100, and none at all 0."""
        if whole == 0:
            return "–"
        shown = part / whole if part in (0, whole) else min(max(part / whole, 0.01), 0.99)
        return str(format_percent(shown, locale=self.tongue.locale))

    def day(self, at: datetime, zone: tzinfo) -> str:
        """`20 nov.`, `20 Nov`; with the year when it is not this one."""
        local = at.astimezone(zone)
        skeleton = "MMMd" if local.year == self._now.astimezone(zone).year else "yMMMd"
        text = str(format_skeleton(skeleton, local, locale=self.tongue.locale)).replace(" ", NO_BREAK)
        return self.tongue.ordinal(text)

    def due(self, at: datetime, zone: tzinfo) -> str:
        """`on 20 Nov`, `le 20 nov.`; `today` on the day itself, and after it for what is still to be moved."""
        if at <= self._now or self.is_today(at, zone):
            return self._t("when.today")
        return self._t("when.day", day=self.day(at, zone))

    def month(self, at: datetime, zone: tzinfo) -> str:
        """`Novembre 2026`, `November 2026`: a title."""
        text = str(format_skeleton("yMMMM", at.astimezone(zone), locale=self.tongue.locale))
        return text[0].upper() + text[1:]

    def clock(self, at: datetime, zone: tzinfo) -> str:
        """`14:32`."""
        return str(format_datetime(at.astimezone(zone), "HH:mm", locale=self.tongue.locale))

    def clock_seconds(self, at: datetime, zone: tzinfo) -> str:
        """`14:32:05`."""
        return str(format_datetime(at.astimezone(zone), "HH:mm:ss", locale=self.tongue.locale))

    def moment(self, at: datetime, zone: tzinfo) -> str:
        """`20 nov. 14:32`."""
        return f"{self.day(at, zone)}{NO_BREAK}{self.clock(at, zone)}"

    def moment_seconds(self, at: datetime, zone: tzinfo) -> str:
        """`20 nov. 14:32:05`."""
        return f"{self.day(at, zone)}{NO_BREAK}{self.clock_seconds(at, zone)}"

    def when(self, timing: Timing, zone: tzinfo) -> str:
        """`20 nov. 14:32`, or as much of it as is known: `20 nov., heure inconnue`."""
        if timing.until is None:
            return self.moment(timing.at, zone)
        if timing.basis is TimeBasis.ASSUMED_UTC:
            return self._t("time.no_zone", moment=self.moment(timing.at, UTC))
        if timing.basis is TimeBasis.MERCHANT_LOCAL:
            return self._t("time.twice", moment=self.moment(timing.at, zone))
        first, last = self._days(timing, timing.until, zone)
        return self._t("time.day", day=first) if first == last else self._t("time.days", first=first, last=last)

    def when_day(self, timing: Timing, zone: tzinfo) -> str:
        """`20 nov.`, `Today`, or the days between which it lies."""
        if timing.until is not None:
            first, last = self._days(timing, timing.until, zone)
            if first != last and timing.basis is not TimeBasis.ASSUMED_UTC:
                return self._t("time.days", first=first, last=last)
        zone = UTC if timing.basis is TimeBasis.ASSUMED_UTC else zone
        return self._t("purchases.today") if self.is_today(timing.at, zone) else self.day(timing.at, zone)

    def when_clock(self, timing: Timing, zone: tzinfo) -> str:
        """`14:32:05`; empty where the hour is not known."""
        if timing.until is None or timing.basis is TimeBasis.MERCHANT_LOCAL:
            return self.clock_seconds(timing.at, zone)
        return ""

    def _days(self, timing: Timing, until: datetime, zone: tzinfo) -> tuple[str, str]:
        """The first and the last day; the midnight at which an interval ends is of the day before."""
        return self.day(timing.at, zone), self.day(max(timing.at, until - timedelta(microseconds=1)), zone)

    def is_today(self, at: datetime, zone: tzinfo) -> bool:
        """Whether an instant falls on the present day of the zone."""
        return at.astimezone(zone).date() == self._now.astimezone(zone).date()
