"""What conditions on the clock and the calendar have in common: what they answer where the time is not certain.

A purchase whose time is an interval meets such a condition if every instant of the interval does, and fails it if none
does. In between it is undecidable, and the condition's own `unsure` is the answer; the trail then says so.
"""

from abc import abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from pydantic import Field

from cashback.offers import of_members
from cashback.offers.kinds import ConditionKind, Explainer, FormField, Surroundings, Test, TrailEntry
from cashback.offers.periods import local
from cashback.offers.schemas import Spend
from cashback.offers.uncertainty import Made, made, minutes_read, said, told
from cashback.offers.wording import Texts, Tongue
from cashback.offers.words import Word


class Unsure(Word):
    """The answer to a purchase whose time is not told precisely enough."""

    NO = "no"
    """It does not count; a receipt that tells the time makes it count."""
    YES = "yes"
    """It counts, if one of the instants at which it can have been made does."""


UNSURE_FIELD = FormField(
    "unsure",
    "choice",
    Texts("Where the time is not known", "Si le moment n'est pas connu"),
    Texts(
        "Some banks tell only the day: no, the purchase does not count; yes, it does.",
        "Certaines banques n'indiquent que le jour\u00a0: no, l'achat ne compte pas\u00a0; yes, il compte.",
    ),
)

Over = Callable[[Made, ZoneInfo], bool | None]
"""Whether all instants of an interval meet a condition (True), none does (False), or some do (None)."""
Reading = Callable[[datetime, ZoneInfo, bool], TrailEntry]
"""The trail entry of a local time in a zone, given whether it is `ok`."""

_NOT_ENOUGH = Texts(
    "{rule}: bought {made}; a receipt would tell it", "{rule}\u00a0: achat {made}\u00a0; un ticket le dirait"
)
_IN_FAVOUR = Texts(
    "{rule}: bought {made}, and counted in your favour", "{rule}\u00a0: achat {made}, compté en votre faveur"
)
_THEN = Texts("{rule}: bought {made}, but surely then", "{rule}\u00a0: achat {made}, mais à coup sûr à ce moment-là")
_NOT_THEN = Texts(
    "{rule}: bought {made}, but surely not then", "{rule}\u00a0: achat {made}, mais à coup sûr pas à ce moment-là"
)


class ClockKind(ConditionKind):
    """A condition on when a purchase was made, by the clock of its centre."""

    unsure: Unsure = Field(
        Unsure.NO, description="Whether a purchase counts whose time is not told precisely enough to decide."
    )

    rule: ClassVar[Texts]
    """What is asked, for sentences on uncertain times; placeholders are the keys of `words`."""
    tells: ClassVar[tuple[str, ...]]
    """The figures of a trail entry that name the time: told where all instants agree on them."""

    @abstractmethod
    def certain_test(self, around: Surroundings) -> Test:
        """The test of a purchase whose time is certain."""

    @abstractmethod
    def over(self, around: Surroundings) -> Over:
        """What an interval of instants answers."""

    @abstractmethod
    def reading(self, around: Surroundings) -> Reading:
        """Makes the trail entry of one local time."""

    def test(self, around: Surroundings) -> Test:
        """The test of any purchase: an undecidable one is answered by `unsure`."""
        certain, over, zone_of, favour = self.certain_test(around), self.over(around), around.zone, self.in_favour

        def decide(spend: Spend) -> bool:
            if spend.purchased_until is None:
                return certain(spend)
            answer = over(made(spend), zone_of(spend.centre_id))
            return favour if answer is None else answer

        return decide

    @property
    def in_favour(self) -> bool:
        """Whether an undecidable purchase counts."""
        return self.unsure is Unsure.YES

    def undecidable(self, around: Surroundings) -> Test:
        """Whether the time of a purchase is not told precisely enough for this condition."""
        over, zone_of = self.over(around), around.zone
        return lambda spend: spend.purchased_until is not None and over(made(spend), zone_of(spend.centre_id)) is None

    def explainer(self, around: Surroundings) -> Explainer:
        """As `reading` says; of an uncertain time with `made`, and `sure` is False where it could not be decided."""
        certain, over, reading = self.certain_test(around), self.over(around), self.reading(around)

        def explain(spend: Spend) -> TrailEntry:
            zone = around.zone(spend.centre_id)
            if spend.purchased_until is None:
                return reading(local(spend.purchased_at, zone), zone, certain(spend))
            when = made(spend)
            answer = over(when, zone)
            ok = self.in_favour if answer is None else answer
            entry = reading(local(when.first, zone), zone, ok)
            other = reading(local(when.last, zone), zone, ok)
            if answer is not None and all(entry[name] == other[name] for name in self.tells):
                return entry
            entry |= dict.fromkeys(self.tells) | told(spend, zone)
            return entry if answer is not None else entry | {"sure": False}

        return explain

    @classmethod
    def sentence(cls, entry: TrailEntry, tongue: Tongue) -> str:
        """A trail entry read aloud; of an uncertain time with what is known of it."""
        if "made" not in entry:
            return super().sentence(entry, tongue)
        if entry.get("sure") is False:
            texts = _IN_FAVOUR if entry["ok"] else _NOT_ENOUGH
        else:
            texts = _THEN if entry["ok"] else _NOT_THEN
        rule = of_members.told(cls.rule, tongue).format_map(cls.words(entry, tongue))
        return of_members.told(texts, tongue).format(rule=rule, made=said(entry["made"], tongue))


def over_minutes(wanted: int) -> Over:
    """By the minutes of the week that the clock reads, one bit each."""

    def over(when: Made, zone: ZoneInfo) -> bool | None:
        read = minutes_read(when, zone)
        met = read & wanted
        return met == read if met in (0, read) else None

    return over
