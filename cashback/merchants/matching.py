"""Which shop: exact match of a provider's identifiers, in memory, by the validity of the purchase's own time.

Identifiers come most precise first and the first that is known decides. What matches nothing is left to `places`, if
the operator has turned that on; else it stays unmatched: kept, counted, and matched later when the identifier becomes
known. A claim names its shop by the shop's own code.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from cashback.merchants.memo.deciding import Known
from cashback.merchants.schemas import Identifier, Shop
from cashback.merchants.settings import MatchSettings
from issuers.registry import NO_INSTRUMENTS


class ShopDirectory:
    """All shops of one operator with their identifiers, compiled for look-up."""

    __slots__ = ("_by_identifier", "by_code", "known", "settings", "shops")

    def __init__(
        self,
        shops: Iterable[Shop],
        identifiers: Iterable[Identifier],
        settings: MatchSettings | None = None,
        countries: Mapping[UUID, str] | None = None,
    ) -> None:
        self.shops: dict[UUID, Shop] = {shop.id: shop for shop in shops}
        self.by_code: dict[str, Shop] = {shop.code: shop for shop in self.shops.values()}
        self.settings = settings
        """Since when what no identifier names is matched by memory and by evidence; None: never."""
        self.known: dict[str, Known] = {}
        """By code, what a memory is guarded with; compiled only where memories decide."""
        if settings is not None:
            of = countries or {}
            self.known = {
                shop.code: Known(
                    tuple(dict.fromkeys((shop.name, shop.brand))), of.get(shop.centre_id, ""), (shop.category,)
                )
                for shop in self.shops.values()
            }
        self._by_identifier: dict[tuple[str, str], list[Identifier]] = {
            (source, f"shop:{shop.code}"): [Identifier(source, "shop", shop.code, shop.id, None, None)]
            for shop in self.shops.values()
            for source in NO_INSTRUMENTS
        }
        for identifier in identifiers:
            key = (identifier.network, f"{identifier.scheme}:{identifier.value}")
            self._by_identifier.setdefault(key, []).append(identifier)

    def match(self, network: str, identifiers: Sequence[str], at: datetime) -> Shop | None:
        """The shop that one of these `scheme:value` identifiers named at that time."""
        for name in identifiers:
            for identifier in self._by_identifier.get((network, name), ()):
                if (identifier.valid_from is None or identifier.valid_from <= at) and (
                    identifier.valid_until is None or at < identifier.valid_until
                ):
                    return self.shops[identifier.shop_id]
        return None
