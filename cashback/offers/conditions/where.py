"""Where a purchase was made: shops, centres, categories, brands, floors, parts of the centre."""

from collections.abc import Callable
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from cashback.floors import bare
from cashback.offers.conditions.lists import BrandNames, Categories, Codes, PartNames, wanted_of
from cashback.offers.kinds import (
    ConditionKind,
    Explainer,
    FormField,
    IndexKeys,
    Place,
    References,
    Surroundings,
    Test,
    TrailEntry,
)
from cashback.offers.schemas import Spend
from cashback.offers.wording import LISTED_AT_MOST, Texts, Tongue


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
        return {"shop": self.shops}


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
        return {"centre": self.centres}


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


def _explain_texts(kind: str, texts: tuple[str, ...], got: Callable[[Spend], str | None]) -> Explainer:
    """`{"kind", "ok", "wanted", "wanted_count", "got"}`, with the reason `unknown` where the shop has no such text."""
    wanted, known = frozenset(texts), wanted_of(kind, texts)

    def explain(spend: Spend) -> TrailEntry:
        text = got(spend)
        if text is None:
            return {**known, "ok": False, "reason": "unknown", "got": None}
        return {**known, "ok": text in wanted, "got": text}

    return explain


def _say_texts(entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
    return {
        "wanted": tongue.either(entry["wanted"], count=entry["wanted_count"]),
        "got": str(entry["got"]),
    }


class Brands(ConditionKind):
    """The shop belongs to one of the chains named."""

    kind: Literal["brands"]
    brands: BrandNames = Field(description="Brands of shops of this programme, written as there.")

    title: ClassVar = Texts("In shops of these brands", "Dans les boutiques de ces enseignes")
    hint: ClassVar = Texts(
        "Every shop of the chain counts, in every centre.",
        "Toutes les boutiques de l'enseigne comptent, dans tous les centres.",
    )
    form: ClassVar = (
        FormField(
            "brands",
            "brands",
            Texts("Brands", "Enseignes"),
            Texts(
                "At least one; a shop without a brand has its own name as one.",
                "Au moins une\u00a0; une boutique sans enseigne porte la sienne, son nom.",
            ),
        ),
    )
    says: ClassVar = {
        "ok": Texts("Bought at {got}", "Achat chez {got}"),
        "no": Texts(
            "Only at {wanted}: you shopped at {got}", "Seulement chez {wanted}\u00a0: vous avez acheté chez {got}"
        ),
        "unknown": Texts(
            "Only at {wanted}: the brand of this shop is not known",
            "Seulement chez {wanted}\u00a0: l'enseigne de cette boutique n'est pas connue",
        ),
    }

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Brands by their names."""
        return _say_texts(entry, tongue)

    def test(self, around: Surroundings) -> Test:  # noqa: ARG002 - needs nothing around it
        """Membership of one set."""
        brands = frozenset(self.brands)
        return lambda spend: spend.brand in brands

    def explainer(self, around: Surroundings) -> Explainer:  # noqa: ARG002
        """Names of the brands."""
        return _explain_texts(self.name(), self.brands, lambda spend: spend.brand)

    def index_keys(self, around: Surroundings) -> IndexKeys:  # noqa: ARG002
        """The brands, by name."""
        return IndexKeys("brand", frozenset(self.brands))

    def references(self) -> References:
        """The brands."""
        return {"brand": self.brands}


class Floors(ConditionKind):
    """The shop lies on one of the floors named."""

    kind: Literal["floors"]
    floors: PartNames = Field(description="Floors of shops of this programme, written as there.")

    title: ClassVar = Texts("On these floors", "À ces niveaux")
    hint: ClassVar = Texts(
        "A shop whose floor is not told does not count.", "Une boutique dont le niveau n'est pas indiqué ne compte pas."
    )
    form: ClassVar = (
        FormField("floors", "floors", Texts("Floors", "Niveaux"), Texts("At least one.", "Au moins un.")),
    )
    says: ClassVar = {
        "ok": Texts("Floor of the shop: {got}", "Niveau de la boutique\u00a0: {got}"),
        "no": Texts(
            "Only on floor {wanted}: this shop is on floor {got}",
            "Seulement au niveau {wanted}\u00a0: cette boutique est au niveau {got}",
        ),
        "unknown": Texts(
            "Only on floor {wanted}: the floor of this shop is not known",
            "Seulement au niveau {wanted}\u00a0: le niveau de cette boutique n'est pas connu",
        ),
    }

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Floors by their numbers, else as the operator calls them."""
        said = {"wanted": [bare(each) for each in entry["wanted"]], "got": bare(str(entry["got"]))}
        return _say_texts({**entry, **said}, tongue)

    def test(self, around: Surroundings) -> Test:  # noqa: ARG002 - needs nothing around it
        """Membership of one set."""
        floors = frozenset(self.floors)
        return lambda spend: spend.floor in floors

    def explainer(self, around: Surroundings) -> Explainer:  # noqa: ARG002
        """Names of the floors."""
        return _explain_texts(self.name(), self.floors, lambda spend: spend.floor)

    def references(self) -> References:
        """The floors."""
        return {"floor": self.floors}


class Areas(ConditionKind):
    """The shop lies in one of the parts of the centre named."""

    kind: Literal["areas"]
    areas: PartNames = Field(description="Areas of shops of this programme, written as there: food court, east wing.")

    title: ClassVar = Texts("In these parts of the centre", "Dans ces parties du centre")
    hint: ClassVar = Texts(
        "Food court, east wing… A shop whose area is not told does not count.",
        "Restauration, aile est… Une boutique dont la zone n'est pas indiquée ne compte pas.",
    )
    form: ClassVar = (FormField("areas", "areas", Texts("Areas", "Zones"), Texts("At least one.", "Au moins une.")),)
    says: ClassVar = {
        "ok": Texts("Area of the shop: {got}", "Zone de la boutique\u00a0: {got}"),
        "no": Texts(
            "Only in the area {wanted}: this shop is in the area {got}",
            "Seulement dans la zone {wanted}\u00a0: cette boutique est dans la zone {got}",
        ),
        "unknown": Texts(
            "Only in the area {wanted}: the area of this shop is not known",
            "Seulement dans la zone {wanted}\u00a0: la zone de cette boutique n'est pas connue",
        ),
    }

    @classmethod
    def words(cls, entry: TrailEntry, tongue: Tongue) -> dict[str, str]:
        """Areas as the operator calls them."""
        return _say_texts(entry, tongue)

    def test(self, around: Surroundings) -> Test:  # noqa: ARG002 - needs nothing around it
        """Membership of one set."""
        areas = frozenset(self.areas)
        return lambda spend: spend.area in areas

    def explainer(self, around: Surroundings) -> Explainer:  # noqa: ARG002
        """Names of the areas."""
        return _explain_texts(self.name(), self.areas, lambda spend: spend.area)

    def references(self) -> References:
        """The areas."""
        return {"area": self.areas}
