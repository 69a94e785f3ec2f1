"""Sentences of conditions that look at shoppers and their history.

Each row is the entry of a trail, and how it is read aloud in English and in French.
"""

from datetime import timedelta
from typing import Any

from offer_builders import (
    AROUND,
    FNAC,
    LUSH,
    NOON,
    ZARA,
    a_purchase,
    entry_of,
    some_terms,
)

from cashback.offers.kinds import Person, Visits
from cashback.offers.schemas import Fact, FactKind, Facts, Spend

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Entry = dict[str, Any]


def of_person(condition: Entry, *facts: Fact) -> Entry:
    (built,) = some_terms(condition).conditions
    return built.personal_explainer(AROUND)(a_purchase(), Person(Facts(facts), Visits()))


def activated(days_before: int, **more: Any) -> Entry:
    fact = Fact(FactKind.ACTIVATION, "offer", NOON - days_before * DAY)
    return entry_of(some_terms({"kind": "activated", **more}), [a_purchase()], 1, [fact])


def bought(*minor: int, step: timedelta = HOUR, shops: Any = (FNAC, FNAC, FNAC)) -> list[Spend]:
    return [
        a_purchase(each, at=NOON + n * step, number=n + 1, shop=shops[n % len(shops)]) for n, each in enumerate(minor)
    ]


def of_last(spends: list[Spend], *conditions: Entry) -> Entry:
    """The entry of the first condition for the last purchase."""
    return entry_of(some_terms(*conditions), spends, len(spends))


def across(**more: Any) -> Entry:
    return {"kind": "spend_across", "amount": "100", **more}


def customer(status: str, days: int | None = None, at: str = "shop") -> Entry:
    return {"kind": "customer", "status": status, "days": days, "at": at}


GOLD = Fact(FactKind.TIER, "gold", NOON)
FEW = bought(60_00, 60_00, 60_00)
FIVE_DAYS = bought(50_00, 50_00, step=5 * DAY)
TOUR = bought(50_00, 50_00, 50_00, shops=(FNAC, ZARA, LUSH))
FROM_TEN: Entry = {"kind": "minimum_spend", "amount": "10"}

OF_HISTORY: list[tuple[Entry, str, str]] = [
    (
        of_person({"kind": "segments", "segments": ["runners"]}, Fact(FactKind.SEGMENT, "runners", NOON)),
        "You are in the group runners",
        "Vous faites partie du groupe runners",
    ),
    (
        of_person({"kind": "segments", "segments": ["runners", "parents"]}),
        "Only for the group runners or parents",
        "Réservé au groupe runners ou parents",
    ),
    (of_person({"kind": "tiers", "tiers": ["gold"]}, GOLD), "Your tier: gold", "Votre niveau\u00a0: gold"),
    (
        of_person({"kind": "tiers", "tiers": ["silver", "platinum"]}, GOLD),
        "For tier silver or platinum only: yours was gold",
        "Réservé au niveau silver ou platinum\u00a0: le vôtre était gold",
    ),
    (
        of_person({"kind": "tiers", "tiers": ["silver"]}),
        "For tier silver only: you had none",
        "Réservé au niveau silver\u00a0: vous n'en aviez pas",
    ),
    (
        of_person({"kind": "tags", "tags": ["vip"]}, Fact(FactKind.TAG, "vip", NOON)),
        "You are marked vip",
        "Vous avez l'étiquette vip",
    ),
    (
        of_person({"kind": "tags", "tags": ["vip", "staff"]}),
        "For shoppers marked vip or staff only",
        "Réservé aux clients avec l'étiquette vip ou staff",
    ),
    (
        of_person({"kind": "birthday_month"}, Fact(FactKind.BIRTH_MONTH, "11", NOON)),
        "Bought in the month of your birthday",
        "Achat le mois de votre anniversaire",
    ),
    (
        of_person({"kind": "birthday_month"}, Fact(FactKind.BIRTH_MONTH, "12", NOON)),
        "Only in the month of your birthday",
        "Seulement le mois de votre anniversaire",
    ),
    (
        of_person({"kind": "birthday_month"}),
        "Only in the month of your birthday, which is not known",
        "Seulement le mois de votre anniversaire, qui n'est pas connu",
    ),
    (activated(1), "You had activated the offer", "Vous aviez activé l'offre"),
    (
        activated(-1),
        "You had not activated the offer when you bought",
        "Vous n'aviez pas activé l'offre au moment de l'achat",
    ),
    (
        activated(8, valid_days=7),
        "Your activation had ended after 7 days",
        "Votre activation avait pris fin après 7\u00a0jours",
    ),
    (
        activated(8, valid_days=1),
        "Your activation had ended after 1 day",
        "Votre activation avait pris fin après 1\u00a0jour",
    ),
    (
        of_person({"kind": "referred"}, Fact(FactKind.REFERRAL, "ben", NOON)),
        "You joined through a referral",
        "Vous nous avez rejoints par parrainage",
    ),
    (
        of_person({"kind": "referred"}),
        "Only for shoppers who joined through a referral",
        "Réservé aux clients venus par parrainage",
    ),
    (
        of_person({"kind": "referred", "within_days": 30}, Fact(FactKind.REFERRAL, "ben", NOON - 40 * DAY)),
        "Only for 30 days after joining through a referral",
        "Seulement pendant 30\u00a0jours après une arrivée par parrainage",
    ),
    (
        of_last(FEW, {"kind": "nth_purchase", "n": 3}),
        "Purchase number 3 in the programme",
        "Achat numéro 3 dans le programme",
    ),
    (
        of_last(FEW, {"kind": "nth_purchase", "n": 5, "at": "brand"}),
        "Only purchase number 5 in shops of this brand: this was number 1",
        "Seulement l'achat numéro 5 dans les boutiques de cette enseigne\u00a0: celui-ci était le numéro 1",
    ),
    (
        of_last(FEW[:1], {"kind": "nth_purchase", "n": 1, "at": "centre"}),
        "Your first purchase in this centre",
        "Votre premier achat dans ce centre",
    ),
    (
        of_last(FEW, {"kind": "nth_purchase", "n": 1, "at": "shop"}),
        "Only your first purchase in this shop: this was number 3",
        "Seulement votre premier achat dans cette boutique\u00a0: celui-ci était le numéro 3",
    ),
    (
        of_last(FEW[:1], customer("new")),
        "You had not bought in this shop before",
        "Vous n'aviez encore rien acheté dans cette boutique",
    ),
    (
        of_last(FIVE_DAYS, customer("new")),
        "Only for those who never bought in this shop: you did on 21 Nov 2026",
        "Réservé à ceux qui n'ont jamais acheté dans cette boutique\u00a0: vous l'avez fait le 21 nov. 2026",
    ),
    (
        of_last(FIVE_DAYS, customer("returning", at="centre")),
        "You bought in this centre on 21 Nov 2026",
        "Vous avez acheté dans ce centre le 21 nov. 2026",
    ),
    (
        of_last(FEW[:1], customer("returning", at="programme")),
        "Only for those who bought in the programme before",
        "Réservé à ceux qui ont déjà acheté dans le programme",
    ),
    (
        of_last(FIVE_DAYS, customer("returning", 3)),
        "Only for those who bought in this shop at most 3 days ago: you did on 21 Nov 2026",
        (
            "Réservé à ceux qui ont acheté dans cette boutique il y a 3\u00a0jours au plus\u00a0: vous l'avez "
            "fait le 21 nov. 2026"
        ),
    ),
    (
        of_last(FIVE_DAYS, customer("lapsed", 3)),
        "Your last purchase in this shop was on 21 Nov 2026",
        "Votre dernier achat dans cette boutique date du 21 nov. 2026",
    ),
    (
        of_last(FEW[:1], customer("lapsed", 30)),
        "Only for those who bought in this shop before, but not for 30 days",
        "Réservé à ceux qui ont déjà acheté dans cette boutique, mais pas depuis 30\u00a0jours",
    ),
    (
        of_last(FIVE_DAYS, customer("lapsed", 30)),
        "Only after 30 days without a purchase in this shop: you bought on 21 Nov 2026",
        "Seulement après 30\u00a0jours sans achat dans cette boutique\u00a0: vous avez acheté le 21 nov. 2026",
    ),
    (
        of_last(FEW, customer("lapsed", 1)),
        "Only after 1 day without a purchase in this shop: you bought on 21 Nov 2026",
        "Seulement après 1\u00a0jour sans achat dans cette boutique\u00a0: vous avez acheté le 21 nov. 2026",
    ),
    (
        of_last(FEW[:1], {"kind": "maximum_spend", "amount": "60"}),
        "For purchases of up to €60.00: you spent €60.00",
        "Pour les achats jusqu'à 60,00\u00a0€\u00a0: vous avez dépensé 60,00\u00a0€",
    ),
    (
        of_last(FEW[:1], {"kind": "maximum_spend", "amount": "40"}),
        "Only for purchases of up to €40.00: you spent €60.00",
        "Seulement pour les achats jusqu'à 40,00\u00a0€\u00a0: vous avez dépensé 60,00\u00a0€",
    ),
    (
        entry_of(some_terms({"kind": "maximum_spend", "amount": "40"}), [a_purchase(currency="GBP")], 1),
        "Only for purchases of up to €40.00: a purchase of £50.00 in another currency does not count",
        (
            "Seulement pour les achats jusqu'à 40,00\u00a0€\u00a0: un achat de 50,00\u00a0£GB dans une autre "
            "devise ne compte pas"
        ),
    ),
    (
        of_last(FEW[:1], across()),
        "Spend €100.00 in one month: €60.00 so far, €40.00 to go",
        "100,00\u00a0€ d'achats en un mois\u00a0: 60,00\u00a0€ jusqu'ici, encore 40,00\u00a0€",
    ),
    (
        of_last(FEW[:1], across(period="day")),
        "Spend €100.00 in one day: €60.00 so far, €40.00 to go",
        "100,00\u00a0€ d'achats en un jour\u00a0: 60,00\u00a0€ jusqu'ici, encore 40,00\u00a0€",
    ),
    (
        of_last(FEW[:2], across(period="week")),
        "You reached €100.00 in one week: €120.00",
        "Vous avez atteint 100,00\u00a0€ en une semaine\u00a0: 120,00\u00a0€",
    ),
    (
        of_last(FEW, across(period="year")),
        "You had reached €100.00 in one year before: it counts once",
        "Vous aviez déjà atteint 100,00\u00a0€ en un an\u00a0: cela compte une seule fois",
    ),
    (
        of_last(FEW, across(repeats="each", period="life")),
        "Spend €100.00 once more in all: €20.00 to go",
        "Encore une fois 100,00\u00a0€ d'achats au total\u00a0: encore 20,00\u00a0€",
    ),
    (
        of_last(FEW, across(shops=2)),
        "Spend €100.00 at 2 shops in one month: €180.00 so far, number of shops: 1",
        (
            "100,00\u00a0€ d'achats dans 2 boutiques en un mois\u00a0: 180,00\u00a0€ jusqu'ici, nombre de "
            "boutiques\u00a0: 1"
        ),
    ),
    (
        of_last(bought(60_00, 60_00, 1_00), across(repeats="onwards"), FROM_TEN),
        "You reached €100.00 in one month: €120.00",
        "Vous avez atteint 100,00\u00a0€ en un mois\u00a0: 120,00\u00a0€",
    ),
    (
        of_last(TOUR[:1], {"kind": "trail", "shops": 2}),
        "2 shops to visit in all: 1 so far",
        "2 boutiques à visiter au total\u00a0: 1 jusqu'ici",
    ),
    (
        of_last(TOUR[:2], {"kind": "trail", "shops": 2}),
        "You visited 2 shops in all",
        "Vous avez visité 2 boutiques au total",
    ),
    (
        of_last(TOUR, {"kind": "trail", "shops": 2, "period": "month"}),
        "You had visited 2 shops in one month before: it counts once",
        "Vous aviez déjà visité 2 boutiques en un mois\u00a0: cela compte une seule fois",
    ),
    (of_last(FEW[:1], {"kind": "stamp_card", "every": 2}), "Stamp 1 of 2", "Tampon 1 sur 2"),
    (
        of_last(FEW[:2], {"kind": "stamp_card", "every": 2}),
        "Stamp 2 of 2: the card is full",
        "Tampon 2 sur 2\u00a0: la carte est pleine",
    ),
    (
        of_last(FEW, {"kind": "stamp_card", "every": 5, "one_a_day": True}),
        "Stamp 1 of 5: only one a day",
        "Tampon 1 sur 5\u00a0: un seul par jour",
    ),
    (
        of_last(FEW, {"kind": "streak", "weeks": 2}),
        "2 weeks in a row: 1 so far",
        "2 semaines d'affilée\u00a0: 1 jusqu'ici",
    ),
    (
        of_last(bought(50_00, 50_00, step=7 * DAY), {"kind": "streak", "weeks": 2}),
        "2 weeks in a row",
        "2 semaines d'affilée",
    ),
]
