"""Who a shopper is at the time of a purchase: what the operator said of them, and what they did."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from cashback.offers.conditions.lists import Names
from cashback.offers.kinds import (
    FormField,
    Person,
    PersonalExplainer,
    PersonalKind,
    PersonalTest,
    Surroundings,
    TrailEntry,
)
from cashback.offers.periods import local, midnight
from cashback.offers.schemas import FactKind, Spend
from cashback.offers.uncertainty import days_read, made, unsure
from cashback.offers.wording import LISTED_AT_MOST, Texts, Tongue

DAYS_MAX = 3_650
PLACES_MAX = 10_000_000


def said_throughout(
    entry: TrailEntry,
    spend: Spend,
    person: Person,
    around: Surroundings,
    fact: FactKind,
    answer: Callable[[datetime], object],
    *,
    after: timedelta | None = None,
) -> TrailEntry:
    """The entry, which says that it is unsure if an answer differs at another instant of an uncertain purchase.

    Answers change where something is said of the shopper or not any more, becomes `after` old, or a month begins.
    """
    if spend.purchased_until is None:
        return entry
    when, zone = made(spend), around.zone(spend.centre_id)
    months = [midnight(day, zone) for day in days_read(when, zone) if day.day == 1]
    instants = {when.first, *months, *person.facts.changes(fact, *when, after=after)}
    here = answer(spend.purchased_at)
    return entry if all(answer(max(at, when.first)) == here for at in instants) else unsure(entry, spend, zone)


class _OneOf(PersonalKind):
    """One of these values is said of the shopper at the time of the purchase."""

    fact: ClassVar[FactKind]

    @abstractmethod
    def wanted(self) -> tuple[str, ...]:
        """The values."""

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """The values asked for, and those that hold."""
        return {
            "wanted": tongue.either(entry["wanted"], count=entry["wanted_count"]),
            "got": tongue.names(entry["got"]) if entry["got"] else "",
        }

    def one_of(self) -> tuple[FactKind, frozenset[str]]:
        """The values."""
        return self.fact, frozenset(self.wanted())

    def personal_test(self, around: Surroundings) -> PersonalTest:  # noqa: ARG002
        """One look at the shopper's facts."""
        fact, values = self.one_of()
        return lambda spend, person: person.facts.any_of(fact, values, spend.purchased_at)

    def personal_explainer(self, around: Surroundings) -> PersonalExplainer:
        """`{"kind", "ok", "wanted", "wanted_count", "got"}`; `got` are the values that hold, at most the first few.

        With the reason `none` where no value holds and the kind has words for it.
        """
        fact, values = self.one_of()
        known = {"kind": self.name(), "wanted": list(self.wanted()[:LISTED_AT_MOST]), "wanted_count": len(values)}

        def explain(spend: Spend, person: Person) -> TrailEntry:
            got = person.facts.values(fact, spend.purchased_at)
            reason = {"reason": "none"} if not got and "none" in self.says else {}
            entry = {**known, "ok": not values.isdisjoint(got), "got": got[:LISTED_AT_MOST], **reason}
            return said_throughout(entry, spend, person, around, fact, lambda at: person.facts.any_of(fact, values, at))

        return explain


class Segments(_OneOf):
    """The shopper is in one of these segments at the time of the purchase."""

    kind: Literal["segments"]
    segments: Names = Field(description="Segments that the operator puts shoppers in.")

    fact: ClassVar = FactKind.SEGMENT
    title: ClassVar = Texts("Shoppers of these segments", "Clients de ces segments")
    hint: ClassVar = Texts("As of the time of the purchase.", "Au moment de l'achat.")
    form: ClassVar = (
        FormField("segments", "names", Texts("Segments", "Segments"), Texts("At least one.", "Au moins un.")),
    )
    says: ClassVar = {
        "ok": Texts("You are in the group {got}", "Vous faites partie du groupe {got}"),
        "no": Texts("Only for the group {wanted}", "Réservé au groupe {wanted}"),
    }

    def wanted(self) -> tuple[str, ...]:
        """The segments."""
        return self.segments


class Tiers(_OneOf):
    """The shopper's tier is one of these at the time of the purchase."""

    kind: Literal["tiers"]
    tiers: Names = Field(description="Tiers of the programme: gold, silver.")

    fact: ClassVar = FactKind.TIER
    title: ClassVar = Texts("Shoppers of these tiers", "Clients de ces niveaux")
    hint: ClassVar = Texts("As of the time of the purchase.", "Au moment de l'achat.")
    form: ClassVar = (FormField("tiers", "names", Texts("Tiers", "Niveaux"), Texts("At least one.", "Au moins un.")),)
    says: ClassVar = {
        "ok": Texts("Your tier: {got}", "Votre niveau\u00a0: {got}"),
        "no": Texts(
            "For tier {wanted} only: yours was {got}", "Réservé au niveau {wanted}\u00a0: le vôtre était {got}"
        ),
        "none": Texts("For tier {wanted} only: you had none", "Réservé au niveau {wanted}\u00a0: vous n'en aviez pas"),
    }

    def wanted(self) -> tuple[str, ...]:
        """The tiers."""
        return self.tiers


class Tags(_OneOf):
    """The operator gave the shopper one of these tags."""

    kind: Literal["tags"]
    tags: Names = Field(description="Words that the operator gives to shoppers.")

    fact: ClassVar = FactKind.TAG
    title: ClassVar = Texts("Shoppers with these tags", "Clients avec ces étiquettes")
    hint: ClassVar = Texts("As of the time of the purchase.", "Au moment de l'achat.")
    form: ClassVar = (FormField("tags", "names", Texts("Tags", "Étiquettes"), Texts("At least one.", "Au moins une.")),)
    says: ClassVar = {
        "ok": Texts("You are marked {got}", "Vous avez l'étiquette {got}"),
        "no": Texts("For shoppers marked {wanted} only", "Réservé aux clients avec l'étiquette {wanted}"),
    }

    def wanted(self) -> tuple[str, ...]:
        """The tags."""
        return self.tags


class BirthdayMonth(PersonalKind):
    """The purchase was made in the month of the shopper's birthday, by the clock of the centre."""

    kind: Literal["birthday_month"]

    title: ClassVar = Texts("In the month of their birthday", "Le mois de leur anniversaire")
    hint: ClassVar = Texts("Only the month is known.", "Seul le mois est connu.")
    form: ClassVar = ()
    says: ClassVar = {
        "ok": Texts("Bought in the month of your birthday", "Achat le mois de votre anniversaire"),
        "no": Texts("Only in the month of your birthday", "Seulement le mois de votre anniversaire"),
        "unknown": Texts(
            "Only in the month of your birthday, which is not known",
            "Seulement le mois de votre anniversaire, qui n'est pas connu",
        ),
    }

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:  # noqa: ARG003
        """Nothing: the month is nobody else's business."""
        return {}

    def personal_test(self, around: Surroundings) -> PersonalTest:
        """The local month of the purchase is said to be theirs."""
        return lambda spend, person: _in_birth_month(spend.purchased_at, person, around.zone(spend.centre_id))

    def personal_explainer(self, around: Surroundings) -> PersonalExplainer:
        """`{"kind", "ok"}`, with the reason `unknown` where no month is said."""

        def explain(spend: Spend, person: Person) -> TrailEntry:
            zone = around.zone(spend.centre_id)
            entry: TrailEntry = {"kind": self.name(), "ok": _in_birth_month(spend.purchased_at, person, zone)}
            if not person.facts.values(FactKind.BIRTH_MONTH, spend.purchased_at):
                entry["reason"] = "unknown"
            return said_throughout(
                entry, spend, person, around, FactKind.BIRTH_MONTH, lambda at: _in_birth_month(at, person, zone)
            )

        return explain


def _in_birth_month(at: datetime, person: Person, zone: ZoneInfo) -> bool:
    return person.facts.any_of(FactKind.BIRTH_MONTH, frozenset((f"{local(at, zone).month:02d}",)), at)


class Activated(PersonalKind):
    """The shopper had activated this offer before the purchase."""

    kind: Literal["activated"]
    valid_days: int | None = Field(
        None, gt=0, le=DAYS_MAX, description="Days for which an activation holds; without it: for good."
    )
    places: int | None = Field(None, gt=0, le=PLACES_MAX, description="So many shoppers may activate; without it: all.")

    title: ClassVar = Texts("Shoppers who activated it", "Clients qui l'ont activée")
    hint: ClassVar = Texts(
        "Purchases before the activation do not count.", "Les achats d'avant l'activation ne comptent pas."
    )
    form: ClassVar = (
        FormField(
            "valid_days", "count", Texts("Valid for days", "Valable, en jours"), Texts("Or for good.", "Ou toujours.")
        ),
        FormField("places", "count", Texts("Places", "Places"), Texts("Or for everybody.", "Ou pour tous.")),
    )
    says: ClassVar = {
        "ok": Texts("You had activated the offer", "Vous aviez activé l'offre"),
        "no": Texts(
            "You had not activated the offer when you bought", "Vous n'aviez pas activé l'offre au moment de l'achat"
        ),
        "expired": Texts(
            "Your activation had ended after {valid_days}",
            "Votre activation avait pris fin après {valid_days}",
        ),
    }

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """How long an activation holds."""
        return {"valid_days": "" if entry["valid_days"] is None else tongue.days(entry["valid_days"])}

    def for_offer(self, code: str, around: Surroundings) -> tuple[PersonalTest, PersonalExplainer]:
        """The test and the explanation for the offer that stands under this code."""
        valid = None if self.valid_days is None else timedelta(days=self.valid_days)
        known = {"kind": self.name(), "valid_days": self.valid_days}

        def state(at: datetime, person: Person) -> str | None:
            since = person.facts.since(FactKind.ACTIVATION, code, at)
            if since is None:
                return "no"
            return "expired" if valid is not None and at >= since + valid else None

        def explain(spend: Spend, person: Person) -> TrailEntry:
            refused = state(spend.purchased_at, person)
            reason = {"reason": "expired"} if refused == "expired" else {}
            entry = {**known, "ok": refused is None, **reason}
            return said_throughout(
                entry, spend, person, around, FactKind.ACTIVATION, lambda at: state(at, person), after=valid
            )

        return lambda spend, person: state(spend.purchased_at, person) is None, explain


class Referred(PersonalKind):
    """The shopper joined through a referral, at most so many days before the purchase."""

    kind: Literal["referred"]
    within_days: int | None = Field(None, gt=0, le=DAYS_MAX, description="Days after joining; without it: always.")

    title: ClassVar = Texts("Shoppers who joined through a referral", "Clients venus par parrainage")
    hint: ClassVar = Texts("Counted from the day they joined.", "À compter du jour de leur arrivée.")
    form: ClassVar = (
        FormField("within_days", "count", Texts("Within days", "Dans les jours"), Texts("Or always.", "Ou toujours.")),
    )
    says: ClassVar = {
        "ok": Texts("You joined through a referral", "Vous nous avez rejoints par parrainage"),
        "no": Texts("Only for shoppers who joined through a referral", "Réservé aux clients venus par parrainage"),
        "late": Texts(
            "Only for {within_days} after joining through a referral",
            "Seulement pendant {within_days} après une arrivée par parrainage",
        ),
    }

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """How long after joining."""
        return {"within_days": "" if entry["within_days"] is None else tongue.days(entry["within_days"])}

    def _refused(self, at: datetime, person: Person) -> str | None:
        since = person.facts.since(FactKind.REFERRAL, None, at)
        if since is None:
            return "no"
        late = self.within_days is not None and at >= since + timedelta(days=self.within_days)
        return "late" if late else None

    def personal_test(self, around: Surroundings) -> PersonalTest:  # noqa: ARG002
        """A referral is said, and it is recent enough."""
        return lambda spend, person: self._refused(spend.purchased_at, person) is None

    def personal_explainer(self, around: Surroundings) -> PersonalExplainer:
        """`{"kind", "ok", "within_days"}`, with the reason `late`."""

        def explain(spend: Spend, person: Person) -> TrailEntry:
            refused = self._refused(spend.purchased_at, person)
            reason: Mapping[str, str] = {"reason": "late"} if refused == "late" else {}
            entry = {"kind": self.name(), "ok": refused is None, "within_days": self.within_days, **reason}
            after = None if self.within_days is None else timedelta(days=self.within_days)
            return said_throughout(
                entry, spend, person, around, FactKind.REFERRAL, lambda at: self._refused(at, person), after=after
            )

        return explain
