"""What a shopper bought before: their first purchase, their nth, whether they are new, return, or were long away.

Purchases that count are those of which something is left after refunds, at shops that are known, in the order of their
own time. One that shows up late takes its place among them, and what depends on it moves.
"""

from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from cashback.offers.conditions.who import DAYS_MAX
from cashback.offers.kinds import (
    FormField,
    Level,
    Person,
    PersonalExplainer,
    PersonalKind,
    PersonalTest,
    Surroundings,
    TrailEntry,
)
from cashback.offers.periods import local
from cashback.offers.schemas import Spend
from cashback.offers.uncertainty import made, order_sure, unsure
from cashback.offers.wording import Texts, Tongue

NTH_MAX = 10_000

_AT = FormField(
    "at",
    "choice",
    Texts("Looked at", "Où l'on regarde"),
    Texts("This shop, its brand, its centre, or everywhere.", "Cette boutique, son enseigne, son centre, ou partout."),
)
_PLACES = {
    Level.SHOP: Texts("in this shop", "dans cette boutique"),
    Level.BRAND: Texts("in shops of this brand", "dans les boutiques de cette enseigne"),
    Level.CENTRE: Texts("in this centre", "dans ce centre"),
    Level.PROGRAMME: Texts("in the programme", "dans le programme"),
}


def _place(entry: TrailEntry, tongue: Tongue) -> str:
    return _PLACES[Level(entry["at"])].said(tongue.language)


class NthPurchase(PersonalKind):
    """The purchase is the shopper's nth there; with n = 1 their first."""

    kind: Literal["nth_purchase"]
    n: int = Field(gt=0, le=NTH_MAX, description="1 is the first purchase.")
    at: Level = Field(Level.PROGRAMME, description="Where purchases are counted: shop, brand, centre, programme.")

    title: ClassVar = Texts("The nth purchase", "Le n-ième achat")
    hint: ClassVar = Texts("1 is the first purchase.", "1 est le premier achat.")
    form: ClassVar = (FormField("n", "count", Texts("Which one", "Lequel"), Texts("1 or more.", "1 ou plus.")), _AT)
    says: ClassVar = {
        "ok": Texts("Purchase number {got} {place}", "Achat numéro {got} {place}"),
        "no": Texts(
            "Only purchase number {wanted} {place}: this was number {got}",
            "Seulement l'achat numéro {wanted} {place}\u00a0: celui-ci était le numéro {got}",
        ),
        "first": Texts("Your first purchase {place}", "Votre premier achat {place}"),
        "not_first": Texts(
            "Only your first purchase {place}: this was number {got}",
            "Seulement votre premier achat {place}\u00a0: celui-ci était le numéro {got}",
        ),
    }

    def looks_back(self) -> Level:
        """Where purchases are looked for."""
        return self.at

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Numbers and place."""
        return {
            "wanted": tongue.number(entry["wanted"]),
            "got": tongue.number(entry["got"]),
            "place": _place(entry, tongue),
        }

    def personal_test(self, around: Surroundings) -> PersonalTest:  # noqa: ARG002
        """The count of purchases before."""
        before, level = self.n - 1, self.at
        return lambda spend, person: person.visits.before(level.key(spend))[0] == before

    def personal_explainer(self, around: Surroundings) -> PersonalExplainer:
        """`{"kind", "ok", "at", "wanted", "got"}`, with the reasons `first` and `not_first` for n = 1."""
        kind, wanted, level = self.name(), self.n, self.at

        def explain(spend: Spend, person: Person) -> TrailEntry:
            got = person.visits.before(level.key(spend))[0] + 1
            entry = {"kind": kind, "ok": got == wanted, "at": level.value, "wanted": wanted, "got": got}
            if wanted == 1:
                entry["reason"] = "first" if got == 1 else "not_first"
            sure = order_sure(spend, person, partial(_same_place, level, spend))
            return entry if sure else unsure(entry, spend, around.zone(spend.centre_id))

        return explain


class Status(StrEnum):
    """What a shopper is at a place, before a purchase there."""

    NEW = "new"
    """Never bought there."""
    RETURNING = "returning"
    """Bought there before, within the days given if there are any."""
    LAPSED = "lapsed"
    """Bought there before, and not for so many days."""


class Customer(PersonalKind):
    """The shopper is new, returning or lapsed at the place of the purchase."""

    kind: Literal["customer"]
    status: Status = Field(description="new, returning, or lapsed.")
    days: int | None = Field(
        None, gt=0, le=DAYS_MAX, description="For lapsed: days without a purchase; for returning: at most."
    )
    at: Level = Field(Level.SHOP, description="Where earlier purchases are looked for: shop, brand, centre, programme.")

    title: ClassVar = Texts("New, returning or lapsed customers", "Clients nouveaux, fidèles ou perdus de vue")
    hint: ClassVar = Texts("As of just before the purchase.", "Juste avant l'achat.")
    form: ClassVar = (
        FormField(
            "status", "choice", Texts("Who", "Qui"), Texts("New, returning or lapsed.", "Nouveau, fidèle ou perdu.")
        ),
        FormField("days", "count", Texts("Days", "Jours"), Texts("Without a purchase.", "Sans achat.")),
        _AT,
    )
    says: ClassVar = {
        "new": Texts("You had not bought {place} before", "Vous n'aviez encore rien acheté {place}"),
        "not_new": Texts(
            "Only for those who never bought {place}: you did on {last}",
            "Réservé à ceux qui n'ont jamais acheté {place}\u00a0: vous l'avez fait le {last}",
        ),
        "returning": Texts("You bought {place} on {last}", "Vous avez acheté {place} le {last}"),
        "not_returning": Texts(
            "Only for those who bought {place} before", "Réservé à ceux qui ont déjà acheté {place}"
        ),
        "long_ago": Texts(
            "Only for those who bought {place} at most {days} ago: you did on {last}",
            "Réservé à ceux qui ont acheté {place} il y a {days} au plus\u00a0: vous l'avez fait le {last}",
        ),
        "lapsed": Texts("Your last purchase {place} was on {last}", "Votre dernier achat {place} date du {last}"),
        "never": Texts(
            "Only for those who bought {place} before, but not for {days}",
            "Réservé à ceux qui ont déjà acheté {place}, mais pas depuis {days}",
        ),
        "too_recent": Texts(
            "Only after {days} without a purchase {place}: you bought on {last}",
            "Seulement après {days} sans achat {place}\u00a0: vous avez acheté le {last}",
        ),
    }

    @model_validator(mode="after")
    def _days_where_needed(self) -> "Customer":
        if self.status is Status.LAPSED and self.days is None:
            raise ValueError("a lapsed customer is one without a purchase for so many days: expected days")
        if self.status is Status.NEW and self.days is not None:
            raise ValueError("a new customer never bought there: days say nothing")
        return self

    def looks_back(self) -> Level:
        """Where purchases are looked for."""
        return self.at

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Place, days and the last purchase."""
        return {
            "place": _place(entry, tongue),
            "days": "" if entry["days"] is None else tongue.days(entry["days"]),
            "last": "" if entry["last"] is None else tongue.day(entry["last"]),
        }

    def _outcome(self, at: datetime, last: datetime | None, zone: ZoneInfo) -> tuple[bool, str]:
        days_away = None if last is None else (local(at, zone).date() - local(last, zone).date()).days
        if self.status is Status.NEW:
            return (True, "new") if days_away is None else (False, "not_new")
        if self.status is Status.RETURNING:
            if days_away is None:
                return False, "not_returning"
            return (False, "long_ago") if self.days is not None and days_away > self.days else (True, "returning")
        if days_away is None:
            return False, "never"
        assert self.days is not None
        return (True, "lapsed") if days_away >= self.days else (False, "too_recent")

    def personal_test(self, around: Surroundings) -> PersonalTest:
        """The last purchase at the place; days are those of the centre's calendar."""
        level = self.at

        def test(spend: Spend, person: Person) -> bool:
            last, zone = person.visits.before(level.key(spend))[1], around.zone(spend.centre_id)
            return self._outcome(spend.purchased_at, last, zone)[0]

        return test

    def personal_explainer(self, around: Surroundings) -> PersonalExplainer:
        """`{"kind", "ok", "reason", "at", "days", "last"}`; `last` is the local day of the purchase before."""

        def explain(spend: Spend, person: Person) -> TrailEntry:
            last, zone = person.visits.before(self.at.key(spend))[1], around.zone(spend.centre_id)
            ok, reason = self._outcome(spend.purchased_at, last, zone)
            day = None if last is None else local(last, zone).date().isoformat()
            known = {"kind": self.name(), "at": self.at.value, "days": self.days, "last": day}
            entry = {**known, "ok": ok, "reason": reason}
            return entry if self._sure(spend, person, zone) else unsure(entry, spend, zone)

        return explain

    def _sure(self, spend: Spend, person: Person, zone: ZoneInfo) -> bool:
        """Whether the order is known and, however late or early both can have been made, the outcome is the same."""
        if person.all_certain():
            return True
        here = partial(_same_place, self.at, spend)
        if not order_sure(spend, person, here):
            return False
        last = person.visits.before(self.at.key(spend))[1]
        lasts = [made(each) for each in person.history if each.purchased_at == last and here(each)]
        found = {
            self._outcome(at, before, zone)
            for at in (spend.purchased_at, made(spend).first, made(spend).last)
            for before in (last, *(each.first for each in lasts), *(each.last for each in lasts))
        }
        return len(found) == 1


def _same_place(level: Level, spend: Spend, other: Spend) -> bool:
    key = level.key(spend)
    return key is not None and level.key(other) == key
