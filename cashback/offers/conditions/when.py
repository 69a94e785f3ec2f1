"""When a purchase was made, by the clock of its centre: days, and days of the week."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from cashback.offers.conditions.clock import UNSURE_FIELD, ClockKind, Over, Reading, over_minutes
from cashback.offers.conditions.lists import some_and_different, wanted_of
from cashback.offers.kinds import (
    FOR_EVER,
    NEVER,
    SINCE_EVER,
    THROUGHOUT,
    FormField,
    Surroundings,
    Test,
    TrailEntry,
)
from cashback.offers.periods import local, midnight
from cashback.offers.schemas import Spend
from cashback.offers.uncertainty import MINUTES_A_DAY, Made, days_read
from cashback.offers.wording import Texts, Tongue

DAYS_MAX = 1_000
"""Days that one condition may leave out: ten years of a hundred."""

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[str, ...] = get_args(Weekday)
"""Monday is 0, as `date.weekday` counts."""
_RUN = 3
"""So many days in a row are said as from one to another."""

_Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2999, 12, 31))]
_Days = Annotated[
    tuple[_Day, ...],
    Field(max_length=DAYS_MAX, json_schema_extra={"minItems": 1}),
    AfterValidator(some_and_different),
]
_Weekdays = Annotated[
    tuple[Weekday, ...],
    Field(max_length=len(WEEKDAYS), json_schema_extra={"minItems": 1}),
    AfterValidator(some_and_different),
]


class Dates(ClockKind):
    """The local day of the purchase, in the zone of its centre, lies in a range of days. Both ends are included."""

    kind: Literal["dates"]
    first_day: _Day | None = Field(None, description="First local day that counts; without it: since ever.")
    last_day: _Day | None = Field(
        None, description="Last local day that counts, to its very end; without it: for ever."
    )

    title: ClassVar = Texts("Between two days", "Entre deux jours")
    hint: ClassVar = Texts(
        "Both days count in full, by the clock of the centre.",
        "Les deux jours comptent en entier, à l'heure du centre.",
    )
    form: ClassVar = (
        FormField("first_day", "day", Texts("First day", "Premier jour"), Texts("Included.", "Inclus.")),
        FormField("last_day", "day", Texts("Last day", "Dernier jour"), Texts("Included.", "Inclus.")),
        UNSURE_FIELD,
    )
    rule: ClassVar = Texts("Valid {range}", "Valable {range}")
    tells: ClassVar = ("got",)
    says: ClassVar = {
        "ok": Texts("Bought on {got}, {range}", "Achat du {got}, {range}"),
        "no": Texts("Valid {range}: you bought on {got}", "Valable {range}\u00a0: vous avez acheté le {got}"),
    }

    @model_validator(mode="after")
    def _in_order(self) -> "Dates":
        if self.first_day is None and self.last_day is None:
            raise ValueError("expected first_day, last_day or both")
        if self.first_day is not None and self.last_day is not None and self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} is before first_day {self.first_day}")
        return self

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """The days, as dates."""
        first, last = entry["first_day"], entry["last_day"]
        if first is None:
            said = Texts("until {last}", "jusqu'au {last}")
        elif last is None:
            said = Texts("from {first}", "à partir du {first}")
        else:
            said = Texts("from {first} to {last}", "du {first} au {last}")
        figures = {
            "first": "" if first is None else tongue.day(first),
            "last": "" if last is None else tongue.day(last),
        }
        return {"range": said.said(tongue.language).format_map(figures), "got": _day(entry, tongue)}

    def _bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        return (
            SINCE_EVER if self.first_day is None else midnight(self.first_day, zone),
            FOR_EVER if self.last_day is None else midnight(self.last_day + timedelta(days=1), zone),
        )

    def told_by_index(self, around: Surroundings) -> bool:
        """In one zone the days are one interval."""
        return len({around.default_zone, *around.zones.values()}) == 1

    def certain_test(self, around: Surroundings) -> Test:
        """Two comparisons with the instants at which the range begins and ends in the centre's zone."""
        zone_of, zones = around.zone, around.different_zones
        if len(zones) == 1:
            begin, end = self._bounds(around.default_zone)
            return lambda spend: begin <= spend.purchased_at < end
        bounds = {zone: self._bounds(zone) for zone in zones}

        def in_range(spend: Spend) -> bool:
            first, last = bounds[zone_of(spend.centre_id)]
            return first <= spend.purchased_at < last

        return in_range

    def over(self, around: Surroundings) -> Over:
        """By the instants at which the range begins and ends."""
        bounds = {zone: self._bounds(zone) for zone in around.different_zones}

        def over(when: Made, zone: ZoneInfo) -> bool | None:
            begin, end = bounds[zone]
            if begin <= when.first and when.last < end:
                return True
            return False if when.last < begin or end <= when.first else None

        return over

    def reading(self, around: Surroundings) -> Reading:  # noqa: ARG002
        """`{"kind", "ok", "first_day", "last_day", "got", "zone"}`; `got` is the purchase's local day."""
        known: dict[str, Any] = {
            "kind": self.name(),
            "first_day": None if self.first_day is None else self.first_day.isoformat(),
            "last_day": None if self.last_day is None else self.last_day.isoformat(),
        }
        return lambda clock, zone, ok: {**known, "ok": ok, "got": clock.date().isoformat(), "zone": zone.key}

    def span(self, around: Surroundings) -> tuple[datetime, datetime]:
        """From the earliest beginning to the latest end over all zones of the programme."""
        bounds = [self._bounds(zone) for zone in around.different_zones]
        return min(begin for begin, _ in bounds), max(end for _, end in bounds)


class Weekdays(ClockKind):
    """The local day of the purchase, in the zone of its centre, is one of these days of the week.

    A day of the week lasts from midnight to midnight: 01:00 on Sunday is Sunday, also where `hours` passes midnight.
    """

    kind: Literal["weekdays"]
    weekdays: _Weekdays = Field(description="Days of the week by the clock of the centre.")

    title: ClassVar = Texts("On these days of the week", "Ces jours de la semaine")
    hint: ClassVar = Texts(
        "By the clock of the centre, from midnight to midnight: 01:00 on Sunday is Sunday.",
        "À l'heure du centre, de minuit à minuit\u00a0: dimanche à 01:00, c'est dimanche.",
    )
    form: ClassVar = (
        FormField("weekdays", "weekdays", Texts("Days", "Jours"), Texts("At least one.", "Au moins un.")),
        UNSURE_FIELD,
    )
    rule: ClassVar = Texts("Open {wanted}", "Valable {wanted}")
    tells: ClassVar = ("got", "day")
    says: ClassVar = {
        "ok": Texts("Bought on {got}", "Achat un {got}"),
        "no": Texts("Open {wanted}: you bought on {got}", "Valable {wanted}\u00a0: vous avez acheté un {got}"),
    }

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Days by their names; three and more in a row as `Monday to Friday`."""
        return {
            "wanted": _say_weekdays([WEEKDAYS.index(day) for day in entry["wanted"]], tongue),
            "got": "" if entry["got"] is None else tongue.weekday(WEEKDAYS.index(entry["got"])),
        }

    def certain_test(self, around: Surroundings) -> Test:
        """Membership of one set of the local day."""
        zone_of, numbers = around.zone, frozenset(WEEKDAYS.index(day) for day in self.weekdays)
        return lambda spend: local(spend.purchased_at, zone_of(spend.centre_id)).weekday() in numbers

    def clock(self) -> bytes:
        """Whole days."""
        return _clock_of_days(frozenset(self.weekdays))

    def over(self, around: Surroundings) -> Over:  # noqa: ARG002
        """By the minutes that the clock reads."""
        day = (1 << MINUTES_A_DAY) - 1
        return over_minutes(sum(day << MINUTES_A_DAY * WEEKDAYS.index(each) for each in self.weekdays))

    def reading(self, around: Surroundings) -> Reading:  # noqa: ARG002
        """`{"kind", "ok", "wanted", "got", "day", "zone"}`; `wanted` runs from Monday, `day` is the local day."""
        kind = self.name()
        wanted = [day for day in WEEKDAYS if day in self.weekdays]

        def read(clock: datetime, zone: ZoneInfo, ok: bool) -> TrailEntry:
            day = clock.date()
            figures = {"got": WEEKDAYS[day.weekday()], "day": day.isoformat(), "zone": zone.key}
            return {"kind": kind, "ok": ok, "wanted": list(wanted), **figures}

        return read


@lru_cache(maxsize=1_024)
def _clock_of_days(days: frozenset[str]) -> bytes:
    return b"".join(bytes((THROUGHOUT if day in days else NEVER,)) * 24 for day in WEEKDAYS)


def _say_weekdays(numbers: list[int], tongue: Tongue) -> str:
    """`Monday to Friday and Sunday`, `du lundi au vendredi et le dimanche`; numbers rise."""
    run, one = Texts("{first} to {last}", "du {first} au {last}"), Texts("{day}", "le {day}")
    said: list[str] = []
    while numbers:
        length = next((n for n in range(1, len(numbers)) if numbers[n] != numbers[0] + n), len(numbers))
        days, numbers = [tongue.weekday(number) for number in numbers[:length]], numbers[length:]
        if length >= _RUN:
            said.append(run.said(tongue.language).format(first=days[0], last=days[-1]))
        else:
            said += [one.said(tongue.language).format(day=day) for day in days]
    return tongue.joined(said)


class NotOn(ClockKind):
    """The local day of the purchase, in the zone of its centre, is none of these days."""

    kind: Literal["not_on"]
    days: _Days = Field(description="Local days on which no purchase counts.")

    title: ClassVar = Texts("Except on certain days", "Sauf certains jours")
    hint: ClassVar = Texts(
        "Each day is left out in full, by the clock of the centre.",
        "Chaque jour est exclu en entier, à l'heure du centre.",
    )
    form: ClassVar = (
        FormField("days", "days", Texts("Days left out", "Jours exclus"), Texts("At least one.", "Au moins un.")),
        UNSURE_FIELD,
    )
    rule: ClassVar = Texts("Every day except {wanted}", "Tous les jours sauf {wanted}")
    tells: ClassVar = ("got",)
    says: ClassVar = {
        "ok": Texts(
            "Every day except {wanted}: you bought on {got}",
            "Tous les jours sauf {wanted}\u00a0: vous avez acheté le {got}",
        ),
        "no": Texts(
            "Every day except {wanted}: you bought on {got}",
            "Tous les jours sauf {wanted}\u00a0: vous avez acheté le {got}",
        ),
    }

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """The days, as dates."""
        one = Texts("{day}", "le {day}").said(tongue.language)
        wanted = [one.format(day=tongue.day(day)) for day in entry["wanted"]]
        return {"wanted": tongue.names(wanted, count=entry["wanted_count"]), "got": _day(entry, tongue)}

    def certain_test(self, around: Surroundings) -> Test:
        """Absence of the local day from one set."""
        zone_of, days = around.zone, frozenset(self.days)
        return lambda spend: local(spend.purchased_at, zone_of(spend.centre_id)).date() not in days

    def over(self, around: Surroundings) -> Over:  # noqa: ARG002
        """By the local days that the interval touches."""
        days = frozenset(self.days)

        def over(when: Made, zone: ZoneInfo) -> bool | None:
            found = {day not in days for day in days_read(when, zone)}
            return found.pop() if len(found) == 1 else None

        return over

    def reading(self, around: Surroundings) -> Reading:  # noqa: ARG002
        """`{"kind", "ok", "wanted", "wanted_count", "got", "zone"}`; `wanted` are the days left out.

        Only the first few are listed, and a day left out on which the purchase was made is always among them.
        """
        days = sorted(self.days)
        known = wanted_of(self.name(), [day.isoformat() for day in days])
        left_out = frozenset(days)

        def read(clock: datetime, zone: ZoneInfo, ok: bool) -> TrailEntry:
            day = clock.date()
            got = day.isoformat()
            listed = [*known["wanted"][1:], got] if day in left_out and got not in known["wanted"] else known["wanted"]
            return {**known, "ok": ok, "wanted": list(listed), "got": got, "zone": zone.key}

        return read


def _day(entry: TrailEntry, tongue: Tongue) -> str:
    return "" if entry["got"] is None else tongue.day(entry["got"])
