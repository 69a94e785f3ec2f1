"""When a purchase was made, by the clock of its centre: days."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from cashback.offers.kinds import (
    FOR_EVER,
    SINCE_EVER,
    ConditionKind,
    Explainer,
    FormField,
    Surroundings,
    Test,
    TrailEntry,
)
from cashback.offers.schemas import Spend
from cashback.offers.wording import Texts, Tongue

_Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2999, 12, 31))]


@lru_cache(maxsize=16_384)
def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a local day begins, in UTC.

    Where clocks are put forward at midnight the day begins at the change; where they are put back over it, at the
    first of the two midnights (`fold=0` of PEP 495 gives both).
    """
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)


class Dates(ConditionKind):
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
    )
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
        return {"range": said.said(tongue.language).format_map(figures), "got": tongue.day(entry["got"])}

    def _bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        return (
            SINCE_EVER if self.first_day is None else midnight(self.first_day, zone),
            FOR_EVER if self.last_day is None else midnight(self.last_day + timedelta(days=1), zone),
        )

    def test(self, around: Surroundings) -> Test:
        """Two comparisons with the instants at which the range begins and ends in the centre's zone."""
        zones = {around.default_zone, *around.zones.values()}
        of_zone = {zone: self._bounds(zone) for zone in zones}
        default = of_zone[around.default_zone]
        if len(zones) == 1:
            begin, end = default
            return lambda spend: begin <= spend.purchased_at < end
        bounds = {centre_id: of_zone[zone] for centre_id, zone in around.zones.items()}

        def in_range(spend: Spend) -> bool:
            centre_id = spend.centre_id
            first, last = default if centre_id is None else bounds.get(centre_id, default)
            return first <= spend.purchased_at < last

        return in_range

    def explainer(self, around: Surroundings) -> Explainer:
        """`{"kind", "ok", "first_day", "last_day", "got", "zone"}`; `got` is the purchase's local day."""
        test = self.test(around)
        known: dict[str, Any] = {
            "kind": self.name(),
            "first_day": None if self.first_day is None else self.first_day.isoformat(),
            "last_day": None if self.last_day is None else self.last_day.isoformat(),
        }

        def explain(spend: Spend) -> TrailEntry:
            zone = around.zone(spend.centre_id)
            local = spend.purchased_at.astimezone(zone)
            return {**known, "ok": test(spend), "got": local.date().isoformat(), "zone": zone.key}

        return explain

    def span(self, around: Surroundings) -> tuple[datetime, datetime]:
        """From the earliest beginning to the latest end over all zones of the programme."""
        bounds = [self._bounds(zone) for zone in {around.default_zone, *around.zones.values()}]
        return min(begin for begin, _ in bounds), max(end for _, end in bounds)
