"""The outlets a sighting may belong to: shops of the programme, and their rivals outside it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutletEntry:
    """One outlet as its operator describes it. Only the id and a name are needed; the more is told, the more matches."""

    id: str
    name: str
    brand: str = ""
    """Outlets of one brand compete with each other; empty: the name stands for it."""
    member: bool = True
    """Whether it belongs to the programme; an outlet outside it can only win against members, never be accepted."""
    aliases: tuple[str, ...] = ()
    legal_name: str = ""
    city: str = ""
    other_cities: tuple[str, ...] = ()
    """Other towns that terminals there are known to print: the commune, the agglomeration, a short form."""
    postcode: str = ""
    country: str = "FR"
    centre: str = ""
    centre_names: tuple[str, ...] = ()
    """Short names of the centre (`VELIZY 2`)."""
    latitude: float | None = None
    longitude: float | None = None
    category_codes: tuple[str, ...] = ()
    store_number: str = ""


@dataclass(frozen=True, slots=True)
class BrandEntry:
    """What is known of a brand as a whole."""

    name: str
    aliases: tuple[str, ...] = ()
    outlets_complete: bool = False
    """Every outlet of the brand, of the programme or not, is in the catalogue. Attested by a person: a false yes pays
    wrong shops."""


class Catalogue:
    """Outlets compiled for look-up by place and by name. The order in which they are given changes nothing."""

    __slots__ = ("brands", "outlets")

    def __init__(self, outlets: tuple[OutletEntry, ...], brands: tuple[BrandEntry, ...]) -> None:
        self.outlets = outlets
        self.brands = brands

    @classmethod
    def compile(cls, shops: Iterable[OutletEntry], brands: Iterable[BrandEntry] = ()) -> "Catalogue":
        """Compile members and rivals. A brand without an outlet is a decoy: a name that can win. Raises ValueError for
        an id that is given twice, an empty id or name, and coordinates off the globe."""
        outlets = tuple(sorted(shops, key=lambda outlet: outlet.id))
        seen: set[str] = set()
        for outlet in outlets:
            if not outlet.id or not outlet.name.strip():
                raise ValueError(f"outlet {outlet.id!r}: expected an id and a name, got the name {outlet.name!r}")
            if outlet.id in seen:
                raise ValueError(f"outlet {outlet.id!r} is given twice, expected once")
            seen.add(outlet.id)
        return cls(outlets, tuple(sorted(brands, key=lambda brand: brand.name)))
