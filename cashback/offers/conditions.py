"""The kinds of conditions: where, when and how much. A new kind is one class here and one name in the union."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from cashback.offers.kinds import (
    FOR_EVER,
    SINCE_EVER,
    Code,
    ConditionKind,
    Explainer,
    FormField,
    IndexKeys,
    MoneyAmount,
    Place,
    References,
    Surroundings,
    Test,
    TrailEntry,
)
from cashback.offers.schemas import Spend
from cashback.offers.wording import LISTED_AT_MOST, Texts, Tongue

CODES_MAX = 5_000
_Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2999, 12, 31))]


def _some_and_different(codes: tuple[str, ...]) -> tuple[str, ...]:
    """The library's own minimum length would be reported a second time whenever the only code is refused."""
    if not codes:
        raise ValueError("expected at least one")
    twice = sorted(code for code, times in Counter(codes).items() if times > 1)
    if twice:
        raise ValueError(f"each may be named once, {', '.join(twice)} is repeated")
    return codes


_LIST = Field(max_length=CODES_MAX, json_schema_extra={"minItems": 1})
Codes = Annotated[tuple[Code, ...], _LIST, AfterValidator(_some_and_different)]
Category = Annotated[str, Field(pattern=r"^[0-9]{4}$")]
Categories = Annotated[tuple[Category, ...], _LIST, AfterValidator(_some_and_different)]


def _ids(codes: tuple[str, ...], places: dict[str, Place]) -> frozenset[UUID]:
    return frozenset(places[code].id for code in codes)


def _explain_places(
    kind: str,
    codes: tuple[str, ...],
    places: dict[str, Place],
    around: Surroundings,
    got: Callable[[Spend], UUID | None],
) -> Explainer:
    """`{"kind", "ok", "wanted", "wanted_names", "wanted_count", "got", "got_name"}`; only the first few are listed."""
    ids = _ids(codes, places)
    first = codes[:LISTED_AT_MOST]
    known: TrailEntry = {
        "kind": kind,
        "wanted": list(first),
        "wanted_names": [places[code].name for code in first],
        "wanted_count": len(codes),
    }

    def explain(spend: Spend) -> TrailEntry:
        place_id = got(spend)
        place = None if place_id is None else around.places.get(place_id)
        return {
            **known,
            "ok": place_id in ids,
            "got": None if place is None else place.code,
            "got_name": None if place is None else place.name,
        }

    return explain


def _say_places(entry: TrailEntry, tongue: Tongue, unknown: Texts) -> dict[str, str]:
    return {
        "wanted": tongue.names(entry["wanted_names"], count=entry["wanted_count"]),
        "got": entry["got_name"] or unknown.said(tongue.language),
    }


class Shops(ConditionKind):
    """The purchase was made in one of the shops named."""

    kind: Literal["shops"]
    shops: Codes = Field(description="Codes of shops of this programme.")

    title: ClassVar = Texts("In these shops", "Dans ces boutiques")
    hint: ClassVar = Texts("Purchases in any other shop earn nothing here.", "Les achats ailleurs ne comptent pas ici.")
    form: ClassVar = (
        FormField("shops", "shops", Texts("Shops", "Boutiques"), Texts("At least one.", "Au moins une.")),
    )
    says: ClassVar = {
        "ok": Texts("Bought at {got}", "Achat chez {got}"),
        "no": Texts(
            "Only at {wanted}: you shopped at {got}", "Seulement chez {wanted}\u00a0: vous avez acheté chez {got}"
        ),
    }

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Names of the shops."""
        return _say_places(entry, tongue, Texts("another shop", "une autre boutique"))

    def test(self, around: Surroundings) -> Test:
        """Membership of one set."""
        ids = _ids(self.shops, around.shops)
        return lambda spend: spend.shop_id in ids

    def explainer(self, around: Surroundings) -> Explainer:
        """Codes and names of the shops."""
        return _explain_places(self.name(), self.shops, around.shops, around, lambda spend: spend.shop_id)

    def index_keys(self, around: Surroundings) -> IndexKeys:
        """The shops: the most selective dimension."""
        return IndexKeys("shop", _ids(self.shops, around.shops))

    def references(self) -> References:
        """The shops."""
        return References(shops=self.shops)


class Centres(ConditionKind):
    """The purchase was made in one of the centres named."""

    kind: Literal["centres"]
    centres: Codes = Field(description="Codes of centres of this programme.")

    title: ClassVar = Texts("In these centres", "Dans ces centres")
    hint: ClassVar = Texts("Every shop of a centre counts.", "Toutes les boutiques d'un centre comptent.")
    form: ClassVar = (
        FormField("centres", "centres", Texts("Centres", "Centres"), Texts("At least one.", "Au moins un.")),
    )
    says: ClassVar = {
        "ok": Texts("Bought at {got}", "Achat à {got}"),
        "no": Texts("Only at {wanted}: you shopped at {got}", "Seulement à {wanted}\u00a0: vous avez acheté à {got}"),
    }

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Names of the centres."""
        return _say_places(entry, tongue, Texts("another place", "un autre endroit"))

    def test(self, around: Surroundings) -> Test:
        """Membership of one set."""
        ids = _ids(self.centres, around.centres)
        return lambda spend: spend.centre_id in ids

    def explainer(self, around: Surroundings) -> Explainer:
        """Codes and names of the centres."""
        return _explain_places(self.name(), self.centres, around.centres, around, lambda spend: spend.centre_id)

    def index_keys(self, around: Surroundings) -> IndexKeys:
        """The centres."""
        return IndexKeys("centre", _ids(self.centres, around.centres))

    def references(self) -> References:
        """The centres."""
        return References(centres=self.centres)


class ShopCategories(ConditionKind):
    """The shop is of one of the categories named."""

    kind: Literal["categories"]
    categories: Categories = Field(description="Merchant category codes of four digits, ISO 18245.")

    title: ClassVar = Texts("In shops of these categories", "Dans les boutiques de ces catégories")
    hint: ClassVar = Texts(
        "The category is that of the shop in the programme.", "La catégorie est celle de la boutique."
    )
    form: ClassVar = (
        FormField(
            "categories",
            "categories",
            Texts("Categories", "Catégories"),
            Texts("MCC of 4 digits.", "MCC à 4 chiffres."),
        ),
    )
    says: ClassVar = {
        "ok": Texts("Shop category: {got}", "Catégorie de la boutique\u00a0: {got}"),
        "no": Texts("Only {wanted}: this shop is in {got}", "Seulement {wanted}\u00a0: cette boutique est dans {got}"),
    }

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Categories in words."""
        wanted = [tongue.category(code) for code in entry["wanted"]]
        return {"wanted": tongue.names(wanted, count=entry["wanted_count"]), "got": tongue.category(entry["got"])}

    def test(self, around: Surroundings) -> Test:  # noqa: ARG002 - needs nothing around it
        """Membership of one set."""
        codes = frozenset(self.categories)
        return lambda spend: spend.category in codes

    def explainer(self, around: Surroundings) -> Explainer:  # noqa: ARG002
        """`{"kind", "ok", "wanted", "wanted_count", "got"}` with category codes."""
        codes = frozenset(self.categories)
        known: TrailEntry = {
            "kind": self.name(),
            "wanted": list(self.categories[:LISTED_AT_MOST]),
            "wanted_count": len(codes),
        }
        return lambda spend: {**known, "ok": spend.category in codes, "got": spend.category}

    def index_keys(self, around: Surroundings) -> IndexKeys:  # noqa: ARG002
        """The categories."""
        return IndexKeys("category", frozenset(self.categories))


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


class MinimumSpend(ConditionKind):
    """The net of the purchase, after refunds, reaches an amount in the offer's currency."""

    kind: Literal["minimum_spend"]
    amount: MoneyAmount

    title: ClassVar = Texts("Minimum spend", "Achat minimum")
    hint: ClassVar = Texts(
        "Exactly the minimum is enough; what was refunded does not count.",
        "Le minimum exact suffit\u00a0; ce qui est remboursé ne compte pas.",
    )
    form: ClassVar = (
        FormField(
            "amount",
            "money",
            Texts("Amount", "Montant"),
            Texts("In the programme's currency.", "Dans la devise du programme."),
        ),
    )
    says: ClassVar = {
        "ok": Texts(
            "Minimum spend {wanted}: you spent {got}", "Achat minimum de {wanted}\u00a0: vous avez dépensé {got}"
        ),
        "no": Texts(
            "Minimum spend {wanted}: you spent {got}", "Achat minimum de {wanted}\u00a0: vous avez dépensé {got}"
        ),
        "currency": Texts(
            "Minimum spend {wanted}: a purchase of {got} in another currency does not count",
            "Achat minimum de {wanted}\u00a0: un achat de {got} dans une autre devise ne compte pas",
        ),
    }

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Both amounts as money."""
        return {
            "wanted": tongue.money(entry["wanted_minor"], entry["currency"]),
            "got": tongue.money(entry["got_minor"], str(entry.get("got_currency", entry["currency"]))),
        }

    def test(self, around: Surroundings) -> Test:
        """One comparison, in one currency."""
        minimum, currency = self.amount, around.currency
        return lambda spend: spend.net_minor >= minimum and spend.currency == currency

    def explainer(self, around: Surroundings) -> Explainer:
        """`{"kind", "ok", "wanted_minor", "got_minor", "currency", "missing_minor"}`, or the reason `currency`."""
        minimum, currency = self.amount, around.currency
        known: TrailEntry = {"kind": self.name(), "wanted_minor": minimum, "currency": currency}

        def explain(spend: Spend) -> TrailEntry:
            net = spend.net_minor
            if spend.currency != currency:
                return {**known, "ok": False, "reason": "currency", "got_minor": net, "got_currency": spend.currency}
            return {**known, "ok": net >= minimum, "got_minor": net, "missing_minor": max(minimum - net, 0)}

        return explain
