"""What people read of the conditions of place and time: trail entries with their sentences in both languages."""

from datetime import UTC, datetime
from typing import Any

from offer_builders import AROUND, a_purchase, some_terms

THURSDAY = datetime(2026, 11, 19, 15, 58, tzinfo=UTC)
FRIDAY_NIGHT = datetime(2026, 11, 20, 23, 5, tzinfo=UTC)
"""In Paris already Saturday, five past midnight."""


def read(condition: dict[str, Any], **spend: Any) -> dict[str, Any]:
    """The trail entry of a purchase made on a Thursday at 16:58 in Paris."""
    (built,) = some_terms(condition).conditions
    return built.explainer(AROUND)(a_purchase(**{"at": THURSDAY, **spend}))


def hours(*ranges: tuple[str, str]) -> dict[str, Any]:
    return {"kind": "hours", "ranges": [{"from": begin, "to": end} for begin, end in ranges]}


def weekdays(*days: str) -> dict[str, Any]:
    return {"kind": "weekdays", "weekdays": list(days)}


def not_on(*days: str) -> dict[str, Any]:
    return {"kind": "not_on", "days": list(days)}


BRANDS = {"kind": "brands", "brands": ["Zara", "Mango"]}
FLOORS = {"kind": "floors", "floors": ["0", "1"]}
AREAS = {"kind": "areas", "areas": ["food court"]}
NETWORKS = {"kind": "networks", "networks": ["fidel", "stripe"]}
IN_STORE, ONLINE = ({"kind": "channel", "channel": each} for each in ("in_store", "online"))

WHERE_AND_WHEN: list[tuple[dict[str, Any], str, str]] = [
    (read(BRANDS, brand="Zara"), "Bought at Zara", "Achat chez Zara"),
    (
        read(BRANDS, brand="Lush"),
        "Only at Zara or Mango: you shopped at Lush",
        "Seulement chez Zara ou Mango\u00a0: vous avez acheté chez Lush",
    ),
    (
        read(BRANDS, brand=None),
        "Only at Zara or Mango: the brand of this shop is not known",
        "Seulement chez Zara ou Mango\u00a0: l'enseigne de cette boutique n'est pas connue",
    ),
    (
        read({"kind": "brands", "brands": ["A", "B", "C", "D", "E"]}, brand="F"),
        "Only at A, B, C or 2 more: you shopped at F",
        "Seulement chez A, B, C ou 2 de plus\u00a0: vous avez acheté chez F",
    ),
    (read(FLOORS, floor="1"), "Floor of the shop: 1", "Niveau de la boutique\u00a0: 1"),
    (
        read(FLOORS, floor="-1"),
        "Only on floor 0 or 1: this shop is on floor -1",
        "Seulement au niveau 0 ou 1\u00a0: cette boutique est au niveau -1",
    ),
    (
        read(FLOORS, floor=None),
        "Only on floor 0 or 1: the floor of this shop is not known",
        "Seulement au niveau 0 ou 1\u00a0: le niveau de cette boutique n'est pas connu",
    ),
    (read(AREAS, area="food court"), "Area of the shop: food court", "Zone de la boutique\u00a0: food court"),
    (
        read(AREAS, area="east wing"),
        "Only in the area food court: this shop is in the area east wing",
        "Seulement dans la zone food court\u00a0: cette boutique est dans la zone east wing",
    ),
    (
        read(AREAS, area=None),
        "Only in the area food court: the area of this shop is not known",
        "Seulement dans la zone food court\u00a0: la zone de cette boutique n'est pas connue",
    ),
    (read(NETWORKS, network="fidel"), "Told by Fidel", "Achat signalé par Fidel"),
    (
        read(NETWORKS),
        "Only purchases told by Fidel or Stripe: this one was told by Sandbox",
        "Seulement les achats signalés par Fidel ou Stripe\u00a0: celui-ci l'a été par Sandbox",
    ),
    (read(IN_STORE, channel="in_store"), "Bought in store", "Achat en boutique"),
    (read(ONLINE, channel="online"), "Bought online", "Achat en ligne"),
    (
        read(IN_STORE, channel="online"),
        "Only in store: you bought online",
        "Seulement en boutique\u00a0: vous avez acheté en ligne",
    ),
    (
        read(ONLINE, channel="in_store"),
        "Only online: you bought in store",
        "Seulement en ligne\u00a0: vous avez acheté en boutique",
    ),
    (
        read(IN_STORE, channel=None),
        "Counts as bought in store: the network does not tell",
        "Compte comme un achat en boutique\u00a0: le réseau ne le précise pas",
    ),
    (
        read(ONLINE, channel=None),
        "Only online: the network does not tell, so this counts as bought in store",
        "Seulement en ligne\u00a0: le réseau ne le précise pas, l'achat compte donc comme fait en boutique",
    ),
    (read(weekdays("thu")), "Bought on Thursday", "Achat un jeudi"),
    (
        read(weekdays("sat", "fri")),
        "Open Friday and Saturday: you bought on Thursday",
        "Valable le vendredi et le samedi\u00a0: vous avez acheté un jeudi",
    ),
    (
        read(weekdays("mon", "tue", "wed", "thu", "fri"), at=FRIDAY_NIGHT),
        "Open Monday to Friday: you bought on Saturday",
        "Valable du lundi au vendredi\u00a0: vous avez acheté un samedi",
    ),
    (
        read(weekdays("sun", "mon", "tue", "wed", "fri")),
        "Open Monday to Wednesday, Friday and Sunday: you bought on Thursday",
        "Valable du lundi au mercredi, le vendredi et le dimanche\u00a0: vous avez acheté un jeudi",
    ),
    (
        read(weekdays("mon", "tue", "fri", "sat")),
        "Open Monday, Tuesday, Friday and Saturday: you bought on Thursday",
        "Valable le lundi, le mardi, le vendredi et le samedi\u00a0: vous avez acheté un jeudi",
    ),
    (
        read(hours(("17:00", "22:00"))),
        "Between 17:00 and 22:00: you bought at 16:58",
        "Entre 17:00 et 22:00\u00a0: vous avez acheté à 16:58",
    ),
    (
        read(hours(("16:00", "24:00"))),
        "Bought at 16:58, between 16:00 and midnight",
        "Achat à 16:58, entre 16:00 et minuit",
    ),
    (
        read(hours(("22:00", "02:00")), at=FRIDAY_NIGHT),
        "Bought at 00:05, between 22:00 and 02:00",
        "Achat à 00:05, entre 22:00 et 02:00",
    ),
    (
        read(hours(("12:00", "14:00"), ("17:00", "19:00"), ("00:00", "01:30"))),
        "Between 12:00 and 14:00, between 17:00 and 19:00 or between midnight and 01:30: you bought at 16:58",
        "Entre 12:00 et 14:00, entre 17:00 et 19:00 ou entre minuit et 01:30\u00a0: vous avez acheté à 16:58",
    ),
    (
        read(not_on("2026-12-24", "2026-12-25")),
        "Every day except 24 Dec 2026 and 25 Dec 2026: you bought on 19 Nov 2026",
        "Tous les jours sauf le 24 déc. 2026 et le 25 déc. 2026\u00a0: vous avez acheté le 19 nov. 2026",
    ),
    (
        read(not_on("2026-11-19")),
        "Every day except 19 Nov 2026: you bought on 19 Nov 2026",
        "Tous les jours sauf le 19 nov. 2026\u00a0: vous avez acheté le 19 nov. 2026",
    ),
    (
        read(not_on("2026-01-01", "2026-05-01", "2026-08-15", "2026-11-19", "2026-12-25")),
        "Every day except 1 May 2026, 15 Aug 2026, 19 Nov 2026 and 2 more: you bought on 19 Nov 2026",
        "Tous les jours sauf le 1er mai 2026, le 15 août 2026, le 19 nov. 2026 et 2 de plus\u00a0: "
        "vous avez acheté le 19 nov. 2026",
    ),
]
