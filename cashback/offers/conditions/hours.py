"""At what time of the day a purchase was made, by the clock of its centre."""

import re
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from cashback.offers.conditions.clock import UNSURE_FIELD, ClockKind, Over, Reading, over_minutes
from cashback.offers.kinds import IN_PART, NEVER, THROUGHOUT, FormField, Surroundings, Test, TrailEntry
from cashback.offers.periods import local
from cashback.offers.schemas import Spend
from cashback.offers.uncertainty import MINUTES_A_DAY
from cashback.offers.wording import Texts, Tongue

RANGES_MAX = 12
END_OF_DAY = "24:00"

_BEGIN_PATTERN = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_END_PATTERN = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
_MIDNIGHT = Texts("midnight", "minuit")


def _begin_time(text: str) -> str:
    if not re.fullmatch(_BEGIN_PATTERN, text):
        raise ValueError(f"expected a time such as 17:00, from 00:00 to 23:59, got {text[:20]!r}")
    return text


def _end_time(text: str) -> str:
    if not re.fullmatch(_END_PATTERN, text):
        raise ValueError(f"expected a time such as 22:00, from 00:00 to 24:00, got {text[:20]!r}")
    return text


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


class HourRange(BaseModel):
    """From a local time until (not including) another. An end before its beginning is one of the next morning."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    begin: Annotated[str, AfterValidator(_begin_time)] = Field(
        alias="from", description="Local time, HH:MM; included.", json_schema_extra={"pattern": _BEGIN_PATTERN}
    )
    end: Annotated[str, AfterValidator(_end_time)] = Field(
        alias="to",
        description="Local time, HH:MM, or 24:00; excluded. Before `from`: the range passes midnight.",
        json_schema_extra={"pattern": _END_PATTERN},
    )

    @model_validator(mode="after")
    def _not_empty(self) -> "HourRange":
        if self.begin == self.end:
            raise ValueError(f"from and to are both {self.begin}; a whole day is 00:00 to 24:00")
        return self

    def spans(self) -> list[tuple[int, int]]:
        """Half-open intervals of minutes of the day: one, or two where the range passes midnight."""
        begin, end = _minutes(self.begin), _minutes(self.end)
        if begin < end:
            return [(begin, end)]
        return [(begin, MINUTES_A_DAY), (0, end)] if end else [(begin, MINUTES_A_DAY)]

    def __str__(self) -> str:
        return f"{self.begin} to {self.end}"


class Hours(ClockKind):
    """The local clock of the purchase's centre reads a time of one of these ranges, to the minute.

    Half-open: from 17:00 to 22:00 begins at 17:00:00 and ends before 22:00:00. A range may pass midnight. It belongs
    to the clock and not to a day: together with `weekdays`, 01:00 on Sunday is Sunday. On the night on which clocks
    are put forward, the hour that does not exist matches nothing; on the night on which they are put back, both
    passes of the repeated hour match, because the clock reads the same.
    """

    kind: Literal["hours"]
    ranges: tuple[HourRange, ...] = Field(
        max_length=RANGES_MAX, description="Without overlaps.", json_schema_extra={"minItems": 1}
    )

    title: ClassVar = Texts("At these times of the day", "À ces heures de la journée")
    hint: ClassVar = Texts(
        "By the clock of the centre. A range that passes midnight goes on in the day of the week that follows.",
        "À l'heure du centre. Une plage qui passe minuit se poursuit dans le jour de la semaine qui suit.",
    )
    form: ClassVar = (
        FormField(
            "ranges",
            "time",
            Texts("From and to", "De et à"),
            Texts(
                "The end does not count; 24:00 is the end of the day; 22:00 to 02:00 passes midnight.",
                "La fin ne compte pas\u00a0; 24:00 est la fin de la journée\u00a0; de 22:00 à 02:00 passe minuit.",
            ),
        ),
        UNSURE_FIELD,
    )
    rule: ClassVar = Texts("Between {ranges}", "Entre {ranges}")
    tells: ClassVar = ("got",)
    says: ClassVar = {
        "ok": Texts("Bought at {got}, between {ranges}", "Achat à {got}, entre {ranges}"),
        "no": Texts("Between {ranges}: you bought at {got}", "Entre {ranges}\u00a0: vous avez acheté à {got}"),
    }

    @field_validator("ranges")
    @classmethod
    def _apart(cls, ranges: tuple[HourRange, ...]) -> tuple[HourRange, ...]:
        if not ranges:
            raise ValueError("expected at least one")
        spans = sorted((*span, position) for position, each in enumerate(ranges) for span in each.spans())
        for (_, end, first), (begin, _, second) in pairwise(spans):
            if begin < end:
                one, other = (ranges[position] for position in sorted((first, second)))
                raise ValueError(f"{one} and {other} overlap: merge them")
        return ranges

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Times as the language writes them; `17:00 and 19:00 or between 22:00 and midnight`."""
        pair, again = Texts("{begin} and {end}", "{begin} et {end}"), Texts("between", "entre").said(tongue.language)
        said = [
            pair.said(tongue.language).format(begin=_say_edge(each["from"], tongue), end=_say_edge(each["to"], tongue))
            for each in entry["wanted"]
        ]
        ranges = tongue.joined([*said[:1], *(f"{again} {each}" for each in said[1:])], "or")
        return {"ranges": ranges, "got": "" if entry["got"] is None else tongue.clock(entry["got"])}

    def certain_test(self, around: Surroundings) -> Test:
        """A few comparisons of the minute of the local day."""
        zone_of = around.zone
        spans = tuple(span for each in self.ranges for span in each.spans())

        def within(spend: Spend) -> bool:
            clock = local(spend.purchased_at, zone_of(spend.centre_id))
            minute = clock.hour * 60 + clock.minute
            for begin, end in spans:  # noqa: SIM110 - a generator costs more than what it would repeat
                if begin <= minute < end:
                    return True
            return False

        return within

    def clock(self) -> bytes:
        """The same hours of every day."""
        return _clock_of_spans(tuple(span for each in self.ranges for span in each.spans()))

    def whole_day(self) -> bool:
        """Whether the ranges leave nothing of the day out."""
        return sum(end - begin for each in self.ranges for begin, end in each.spans()) == MINUTES_A_DAY

    def over(self, around: Surroundings) -> Over:  # noqa: ARG002 - the clock is that of the purchase's centre
        """By the minutes that the clock reads."""
        day = 0
        for each in self.ranges:
            for begin, end in each.spans():
                day |= ((1 << (end - begin)) - 1) << begin
        return over_minutes(sum(day << MINUTES_A_DAY * weekday for weekday in range(7)))

    def reading(self, around: Surroundings) -> Reading:  # noqa: ARG002
        """`{"kind", "ok", "wanted", "got", "zone"}`; `wanted` are the ranges, `got` is the local time, HH:MM."""
        kind = self.name()
        ranges = [(each.begin, each.end) for each in self.ranges]

        def read(clock: datetime, zone: ZoneInfo, ok: bool) -> TrailEntry:
            wanted = [{"from": begin, "to": end} for begin, end in ranges]
            got = f"{clock.hour:02d}:{clock.minute:02d}"
            return {"kind": kind, "ok": ok, "wanted": wanted, "got": got, "zone": zone.key}

        return read


@lru_cache(maxsize=16_384)
def _clock_of_spans(spans: tuple[tuple[int, int], ...]) -> bytes:
    day = bytearray()
    for begin in range(0, MINUTES_A_DAY, 60):
        covered = sum(max(0, min(end, begin + 60) - max(first, begin)) for first, end in spans)
        day.append(THROUGHOUT if covered == 60 else IN_PART if covered else NEVER)
    return bytes(day) * 7


def _say_edge(text: str, tongue: Tongue) -> str:
    return _MIDNIGHT.said(tongue.language) if text in ("00:00", END_OF_DAY) else tongue.clock(text)
