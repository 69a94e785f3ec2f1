"""What a rule builder is told of: fields that can be asked about, their operators, and the words of their choices.

A field is what a person thinks of first (the amount, the shop, the day); each of its operators is one kind of
condition. Every kind stands under exactly one field: a test holds that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cashback.offers.terms import CONDITIONS
from cashback.offers.wording import Texts

_ONE_OF = Texts("is one of", "est parmi")
_IS = Texts("is", "est")
_BETWEEN = Texts("is between", "est entre")
_REACHES = Texts("reaches", "atteint")


@dataclass(frozen=True, slots=True)
class AskedField:
    """One field of a purchase or of its member; `operators` are kinds of conditions with what they are called."""

    name: str
    section: str
    """`where`, `when`, `who` or `amount`."""
    label: Texts
    operators: Sequence[tuple[str, Texts]]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of its operators."""
        return tuple(kind for kind, _ in self.operators)


FIELDS: Sequence[AskedField] = (
    AskedField(
        "amount",
        "amount",
        Texts("Purchase amount", "Montant de l'achat"),
        (
            ("minimum_spend", Texts("is at least", "est d'au moins")),
            ("maximum_spend", Texts("is at most", "est d'au plus")),
        ),
    ),
    AskedField(
        "sum", "amount", Texts("Sum of several purchases", "Somme de plusieurs achats"), (("spend_across", _REACHES),)
    ),
    AskedField("trail", "amount", Texts("Shops visited", "Boutiques visitées"), (("trail", _REACHES),)),
    AskedField(
        "stamps",
        "amount",
        Texts("Stamp card", "Carte à tampons"),
        (("stamp_card", Texts("is full at", "est pleine à")),),
    ),
    AskedField("streak", "amount", Texts("Weeks in a row", "Semaines d'affilée"), (("streak", _REACHES),)),
    AskedField("shop", "where", Texts("Shop", "Boutique"), (("shops", _ONE_OF),)),
    AskedField("category", "where", Texts("Shop category", "Catégorie de la boutique"), (("categories", _ONE_OF),)),
    AskedField("brand", "where", Texts("Brand", "Enseigne"), (("brands", _ONE_OF),)),
    AskedField("floor", "where", Texts("Floor", "Niveau"), (("floors", _ONE_OF),)),
    AskedField("area", "where", Texts("Area", "Zone"), (("areas", _ONE_OF),)),
    AskedField("centre", "where", Texts("Centre", "Centre"), (("centres", _ONE_OF),)),
    AskedField("channel", "where", Texts("Channel", "Canal"), (("channel", _IS),)),
    AskedField("source", "where", Texts("Source", "Source"), (("networks", _ONE_OF),)),
    AskedField(
        "day",
        "when",
        Texts("Day", "Jour"),
        (("dates", _BETWEEN), ("not_on", Texts("is none of", "n'est pas parmi"))),
    ),
    AskedField("weekday", "when", Texts("Day of the week", "Jour de la semaine"), (("weekdays", _ONE_OF),)),
    AskedField("time", "when", Texts("Time of the day", "Heure de la journée"), (("hours", _BETWEEN),)),
    AskedField("group", "who", Texts("Group of the member", "Groupe du membre"), (("segments", _ONE_OF),)),
    AskedField("tier", "who", Texts("Tier of the member", "Niveau du membre"), (("tiers", _ONE_OF),)),
    AskedField("tag", "who", Texts("Tag of the member", "Étiquette du membre"), (("tags", _ONE_OF),)),
    AskedField("customer", "who", Texts("The member as a customer", "Le membre comme client"), (("customer", _IS),)),
    AskedField("nth", "who", Texts("Number of the purchase", "Numéro de l'achat"), (("nth_purchase", _IS),)),
    AskedField(
        "activation", "who", Texts("Activation", "Activation"), (("activated", Texts("has been made", "a été faite")),)
    ),
    AskedField(
        "referral",
        "who",
        Texts("Referral", "Parrainage"),
        (("referred", Texts("brought the member", "a fait venir le membre")),),
    ),
    AskedField(
        "birthday",
        "who",
        Texts("Birthday", "Anniversaire"),
        (("birthday_month", Texts("is in this month", "tombe ce mois-ci")),),
    ),
)
"""In the order in which they are offered; sections stay together."""

SECTIONS: Mapping[str, Texts] = {
    "amount": Texts("How much", "Combien"),
    "where": Texts("Where", "Où"),
    "when": Texts("When", "Quand"),
    "who": Texts("Who", "Qui"),
}

FIELD_OF: Mapping[str, AskedField] = {kind: each for each in FIELDS for kind in each.kinds}
"""By kind of condition."""
assert FIELD_OF.keys() == CONDITIONS.keys(), "every kind of condition stands under one field"

_PERIODS: Mapping[str, Texts] = {
    "day": Texts("in one day", "en un jour"),
    "week": Texts("in one week", "en une semaine"),
    "month": Texts("in one month", "en un mois"),
    "year": Texts("in one year", "en un an"),
    "life": Texts("in all", "au total"),
}
_LEVELS: Mapping[str, Texts] = {
    "shop": Texts("in the shop", "dans la boutique"),
    "brand": Texts("in shops of the brand", "dans l'enseigne"),
    "centre": Texts("in the centre", "dans le centre"),
    "programme": Texts("in the whole programme", "dans tout le programme"),
}
CHOICES: Mapping[str, Mapping[str, Texts]] = {
    "period": _PERIODS,
    "at": _LEVELS,
    "status": {
        "new": Texts("new", "nouveau"),
        "returning": Texts("returning", "fidèle"),
        "lapsed": Texts("lapsed", "perdu de vue"),
    },
    "repeats": {
        "once": Texts("once a period", "une fois par période"),
        "each": Texts("each time it is reached again", "à chaque fois"),
        "onwards": Texts("from then on", "à partir de là"),
    },
    "reckons": {
        "purchase": Texts("the purchase that reaches it", "l'achat qui l'atteint"),
        "sum": Texts("the sum", "la somme"),
    },
    "unsure": {
        "no": Texts("the purchase does not count", "l'achat ne compte pas"),
        "yes": Texts("the purchase counts", "l'achat compte"),
    },
    "channel": {
        "in_store": Texts("in store", "en boutique"),
        "online": Texts("online", "en ligne"),
    },
    "applies": {
        "part": Texts("the part in its step", "la part de sa tranche"),
        "whole": Texts("all of the purchase", "tout l'achat"),
    },
    "rounding": {
        "half_up": Texts("to the nearest, halves up", "au plus proche"),
        "down": Texts("down", "vers le bas"),
    },
    "measure": {
        "times": Texts("rewards", "récompenses"),
        "amount": Texts("amount given", "montant donné"),
    },
    "per": {
        "shopper": Texts("for each member", "par membre"),
        "card": Texts("for each card", "par carte"),
        "shopper_and_shop": Texts("for each member in each shop", "par membre et boutique"),
        "shop": Texts("for each shop, all members together", "par boutique, tous membres confondus"),
        "offer": Texts("for all members together", "pour tous les membres ensemble"),
    },
    "over": {
        "reduce": Texts("what is left is given", "le reste est donné"),
        "refuse": Texts("nothing is given", "rien n'est donné"),
    },
}
"""By the name of a form field, its values and what each is called."""
