"""Builders of shops, cards and casts; every argument has a boring default."""

from zoneinfo import ZoneInfo

from cashback.simulator.cast import Card, Cast, Shop, assemble

PARIS = ZoneInfo("Europe/Paris")
LOCATION = "3f9c1a52-7d04-4c1e-8b7a-000000000001"


def a_shop(code: str = "sablier", *, name: str = "Café Sablier", category: str = "5814", known: bool = True) -> Shop:
    identifiers = {"sandbox": "0075100005", "fidel": LOCATION} if known else {}
    return Shop(code, name, category, PARIS, identifiers)


def a_card(network: str = "sandbox", *, shopper: str = "Camille Laurent", token: str = "card-1") -> Card:
    return Card(shopper, network, token, "visa", "4242")


def a_cast(*cards: Card) -> Cast:
    shops = [a_shop(), a_shop("atelier", name="Atelier Rivoire", category="5651"), a_shop("inconnu", known=False)]
    return assemble(shops, cards or (a_card(), a_card("fidel", token="card-2")))
