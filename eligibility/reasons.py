"""Reasons with stable codes: what they are about, whether somebody can act on them, and their sentences in English
and French.

A reason in a record is a code with its figures. Sentences are rendered from here and may be reworded; codes never
change meaning.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from eligibility.explain import Improvement, spoken

WORDS = "words-1"
LANGUAGES = ("en", "fr")


class Scope(StrEnum):
    """What a reason is about."""

    PURCHASE = "purchase"
    PLAN = "plan"
    SHOPPER = "shopper"
    AFFORDABILITY = "affordability"
    LEGAL = "legal"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a code means. `actionable`: the shopper can do something about it."""

    scope: Scope
    actionable: bool
    en: str
    fr: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of one answer. Figures that end in `_minor` are amounts in the currency of the purchase."""

    code: str
    figures: tuple[tuple[str, int | str], ...] = ()

    @property
    def kind(self) -> Kind:
        """What the code means."""
        return KINDS[self.code]

    @property
    def actionable(self) -> bool:
        """The shopper can do something about it."""
        return KINDS[self.code].actionable

    def written(self) -> dict[str, Any]:
        """As it stands in a record."""
        return {"code": self.code, **({"figures": dict(self.figures)} if self.figures else {})}


def reason(code: str, **figures: int | str) -> Reason:
    """A reason with its figures, in the order of their names."""
    return Reason(code, tuple(sorted(figures.items())))


Say = Callable[[str, int | str], str]
"""How a figure is written, by its name and value."""


def sentence(told: Reason, language: str, currency: str, say: Say | None = None) -> str:
    """What the shopper reads. `language`: "en" or "fr". `say`: how figures are written, else plainly, instants as ISO
    8601 has them."""
    if told.code == "improve":
        return _improvement(told, language)
    write = say or (lambda name, value: _said(name, value, language, currency))
    figures = {name: write(name, value) for name, value in told.figures}
    return (told.kind.en if language == "en" else told.kind.fr).format(**figures)


def improve(improvement: Improvement) -> Reason:
    """The reason that tells of an improvement."""
    return reason("improve", feature=improvement.feature, steps=improvement.steps, points=improvement.points)


def _improvement(told: Reason, language: str) -> str:
    figures: dict[str, Any] = dict(told.figures)
    return spoken(Improvement(figures["feature"], figures["steps"], figures["points"]), language)


def _said(name: str, value: int | str, language: str, currency: str) -> str:
    if name.endswith("_minor") and isinstance(value, int):
        text = f"{value // 100}.{value % 100:02d}"
        return f"{text} {currency}" if language == "en" else f"{text.replace('.', ',')} {currency}"
    if name.endswith("_bps") and isinstance(value, int):
        text = f"{value // 100}.{value % 100:02d} %"
        return text if language == "en" else text.replace(".", ",")
    return str(value)


_P, _N, _S, _A, _L = Scope.PURCHASE, Scope.PLAN, Scope.SHOPPER, Scope.AFFORDABILITY, Scope.LEGAL

KINDS: dict[str, Kind] = {
    "amount_too_low": Kind(
        _P, True, "Instalments begin at {minimum_minor}.", "Le paiement en plusieurs fois commence à {minimum_minor}."
    ),
    "amount_too_high": Kind(_P, True, "The most is {maximum_minor}.", "Le maximum est de {maximum_minor}."),
    "currency_refused": Kind(
        _P, False, "Plans are offered in {currency} alone.", "Les plans sont proposés en {currency} uniquement."
    ),
    "category_refused": Kind(
        _P, False, "Nothing of this kind is sold in instalments.", "Ce type d'achat ne se paie pas en plusieurs fois."
    ),
    "instalment_too_small": Kind(
        _N,
        True,
        "Each instalment must be {minimum_minor} or more; choose fewer.",
        "Chaque échéance doit être d'au moins {minimum_minor} ; choisissez-en moins.",
    ),
    "plan_impossible": Kind(_N, False, "No such plan exists.", "Ce plan n'existe pas."),
    "card_prepaid": Kind(
        _N,
        True,
        "A prepaid card cannot be used; link another.",
        "Une carte prépayée ne convient pas ; reliez-en une autre.",
    ),
    "card_expires": Kind(
        _N,
        True,
        "Your card ends before the last instalment on {last_due}; link another or choose a shorter plan.",
        "Votre carte expire avant la dernière échéance ({last_due}) ; reliez-en une autre ou prenez un plan court.",
    ),
    "no_strong_authentication": Kind(
        _N,
        True,
        "Your bank cannot ask you to confirm with this card; link another.",
        "Votre banque ne peut pas vous demander de confirmer avec cette carte ; reliez-en une autre.",
    ),
    "regime_refused": Kind(
        _L,
        False,
        "The operator offers no plan under this law ({regime}).",
        "L'exploitant ne propose pas ce régime ({regime}).",
    ),
    "needs_partner": Kind(
        _L,
        False,
        "This plan is consumer credit, which the shop itself may not grant.",
        "Ce plan est un crédit à la consommation, que la boutique ne peut pas accorder elle-même.",
    ),
    "usury_exceeded": Kind(
        _L,
        False,
        "Its cost of {taeg_bps} a year is above the legal limit of {limit_bps}.",
        "Son coût de {taeg_bps} par an dépasse la limite légale de {limit_bps}.",
    ),
    "usury_unknown": Kind(
        _L,
        False,
        "The legal limit of its cost is not known for that day, so no plan with a cost is offered.",
        "La limite légale de son coût n'est pas connue pour ce jour : aucun plan payant n'est proposé.",
    ),
    "ficp_missing": Kind(
        _L,
        False,
        "The lender could not look into the file of payment incidents (FICP), as the law asks; ask again later.",
        "Le prêteur n'a pas pu consulter le fichier des incidents (FICP), exigé par la loi ; réessayez plus tard.",
    ),
    "ficp_listed": Kind(
        _L,
        False,
        "The lender found an entry in the FICP file; the Banque de France tells you yours.",
        "Le prêteur a trouvé une inscription au FICP ; la Banque de France vous communique la vôtre.",
    ),
    "not_of_age": Kind(_S, False, "Plans are for adults.", "Les plans sont réservés aux majeurs."),
    "country_refused": Kind(
        _S, False, "Plans are not offered in your country.", "Les plans ne sont pas proposés dans votre pays."
    ),
    "stale_inputs": Kind(
        _S,
        False,
        "What we know of you is older than {hours} hours ({source}); we must read it anew.",
        "Nos données sur vous ont plus de {hours} heures ({source}) ; nous devons les relire.",
    ),
    "in_arrears": Kind(
        _S, True, "An instalment is unpaid; pay it first.", "Une échéance est impayée ; réglez-la d'abord."
    ),
    "too_many_plans": Kind(
        _S, True, "You have {active} plans; finish one first.", "Vous avez {active} plans ; terminez-en un d'abord."
    ),
    "wait_after_plan": Kind(
        _S,
        True,
        "One payment in instalments a day: ask again after {until}.",
        "Un seul paiement en plusieurs fois par jour : revenez après le {until}.",
    ),
    "wait_after_refusal": Kind(
        _S, True, "You asked a short while ago: ask again after {until}.", "Demande récente : revenez après le {until}."
    ),
    "more_visits": Kind(
        _S,
        True,
        "We do not know you well enough yet. Visits still missing: {visits}.",
        "Nous ne vous connaissons pas encore assez. Visites manquantes : {visits}.",
    ),
    "linked_longer": Kind(
        _S,
        True,
        "Your card has been linked for too short a time. Days still missing: {days}.",
        "Votre carte est reliée depuis trop peu de temps. Jours manquants : {days}.",
    ),
    "score_too_low": Kind(
        _S,
        False,
        "Your score is {score}; plans begin at {minimum}.",
        "Votre score est de {score} ; les plans débutent à {minimum}.",
    ),
    "improve": Kind(_S, True, "{improvement}", "{improvement}"),
    "over_limit": Kind(
        _S,
        True,
        "The most with this plan is {maximum_minor} for you now.",
        "Avec ce plan, votre maximum est de {maximum_minor}.",
    ),
    "limit_used": Kind(
        _S,
        True,
        "You still owe {exposure_minor}; pay some back to open a new plan.",
        "Vous devez encore {exposure_minor} ; remboursez-en une partie pour ouvrir un nouveau plan.",
    ),
    "means_missing": Kind(
        _A,
        True,
        "The law asks for your income and expenses; declare them.",
        "La loi demande vos revenus et vos charges ; déclarez-les.",
    ),
    "over_means": Kind(
        _A,
        True,
        "It asks {burden_minor} a month; {ceiling_minor} is the most for you. Try a lower amount or a longer plan.",
        "Il demande {burden_minor} par mois, au plus {ceiling_minor} pour vous. Essayez moins, ou un plan plus long.",
    ),
    "no_means": Kind(
        _A,
        False,
        "Your declared expenses leave nothing for instalments.",
        "Vos charges déclarées ne laissent rien pour des échéances.",
    ),
    "nothing_to_do": Kind(
        _S,
        False,
        "There is nothing you can change about this now. You can ask a person to look at it.",
        "Vous ne pouvez rien y changer pour le moment. Vous pouvez demander qu'une personne l'examine.",
    ),
}
"""Every code. A score that is too low is told together with what would raise it (`improve`)."""


def with_something_to_do(reasons: list[Reason]) -> tuple[Reason, ...]:
    """The reasons of a refusal: at least one the shopper can act on, or one more that says there is none."""
    if any(each.actionable for each in reasons):
        return tuple(reasons)
    return (*reasons, reason("nothing_to_do"))
