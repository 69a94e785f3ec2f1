"""The features a shopping card may look at, each with its lawful basis, and the names no card may look at.

A feature is one whole number about one shopper, or nothing. This list is the whole of it: what is not here does not
load.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Direction = Literal["up", "down"]
Source = Literal["purchases", "instalments", "application"]

CONTRACT = "GDPR 6(1)(b): asked for by the shopper, needed to answer; Code de la consommation L. 312-16 II"
INTEREST = "GDPR 6(1)(f): lending with care; the shopper's own history here, shown to them, contestable"


@dataclass(frozen=True, slots=True)
class Feature:
    """What a number means. `direction`: more of it never lowers the points ("up") or never raises them ("down")."""

    name: str
    source: Source
    direction: Direction
    unit: str
    basis: str
    en: str
    fr: str


def _listed(*features: Feature) -> dict[str, Feature]:
    return {feature.name: feature for feature in features}


FEATURES: Mapping[str, Feature] = _listed(
    Feature(
        "on_time_share_bps", "instalments", "up", "basis points", CONTRACT,
        "instalments paid on time", "échéances payées à temps",
    ),
    Feature(
        "worst_days_late_12m", "instalments", "down", "days", CONTRACT,
        "the longest delay of the last 12 months", "le plus long retard des 12 derniers mois",
    ),
    Feature(
        "months_since_late", "instalments", "up", "months, 99 = never", CONTRACT,
        "the time since a payment was late", "le temps écoulé depuis un retard de paiement",
    ),
    Feature("open_incident", "instalments", "down", "0 or 1", CONTRACT, "an unpaid instalment", "une échéance impayée"),
    Feature(
        "plans_completed", "instalments", "up", "plans", CONTRACT,
        "plans paid to the end", "plans payés jusqu'au bout",
    ),
    Feature(
        "months_linked", "purchases", "up", "months", INTEREST,
        "how long your card has been linked", "l'ancienneté de votre carte reliée",
    ),
    Feature(
        "active_months_6", "purchases", "up", "months of the last 6", INTEREST,
        "months with a purchase, of the last 6", "les mois avec un achat, sur les 6 derniers",
    ),
    Feature(
        "gap_variation_bps", "purchases", "down", "basis points", INTEREST,
        "how regular your visits are", "la régularité de vos visites",
    ),
    Feature(
        "days_since_visit", "purchases", "down", "days", INTEREST,
        "the time since your last purchase", "le temps écoulé depuis votre dernier achat",
    ),
    Feature(
        "visits_90d", "purchases", "up", "days with a purchase", INTEREST,
        "visits in the last 90 days", "les visites des 90 derniers jours",
    ),
    Feature(
        "distinct_shops", "purchases", "up", "shops, a count only", INTEREST,
        "in how many shops you buy", "le nombre de boutiques où vous achetez",
    ),
    Feature(
        "purchase_to_basket_bps", "application", "down", "basis points", CONTRACT,
        "this purchase beside your usual ones", "cet achat comparé à vos achats habituels",
    ),
    Feature(
        "instalment_to_month_bps", "application", "down", "basis points", CONTRACT,
        "the instalment beside your usual month", "l'échéance comparée à votre mois habituel",
    ),
    Feature(
        "exposure_used_bps", "application", "down", "basis points", CONTRACT,
        "what you still owe, beside your limit", "ce que vous devez encore, comparé à votre plafond",
    ),
    Feature(
        "lost_chargebacks", "purchases", "down", "disputes", INTEREST,
        "disputes decided against you", "les contestations perdues",
    ),
    Feature(
        "failed_authorisations", "instalments", "down", "attempts", CONTRACT,
        "instalments your card refused", "les échéances refusées par votre carte",
    ),
    Feature(
        "refund_excess_bps", "purchases", "down", "basis points beyond the 95th percentile", INTEREST,
        "refunds far beyond what is usual", "des remboursements très au-delà de l'habitude",
    ),
)  # fmt: skip
"""By name. An ordinary return counts nothing: the excess is 0 below the 95th percentile and below five refunds."""

_FORBIDDEN: tuple[tuple[str, str], ...] = (
    (r"age|ages|birth\w*|dob|naissance", "age"),
    (r"sex|gender|genre|sexe|personal_status\w*", "sex"),
    (r"marital|marriage|married|mariage|matrimonial\w*|education", "family and education"),
    (r"nation\w*|foreign\w*|citizen\w*|ethnic\w*|race|origin|origine|religion\w*", "origin and belief"),
    (r"address|adresse|postcode|postal|zip|zipcode|commune|iris|latitude|longitude", "where somebody lives"),
    (r"name|surname|firstname|nom|prenom|email|phone|telephone", "identity"),
    (r"language|langue|locale|device|browser|useragent|ip", "language and device"),
    (r"mcc|merchant|shop_id|brand|enseigne", "which shop: it may reveal health, belief or sex life"),
    (r"health\w*|sante|disab\w*|handicap|union|syndicat", "special categories, GDPR 9"),
    (r"facebook|instagram|tiktok|twitter|linkedin|social", "social networks, L. 312-16 III"),
    (r"cashback\w*|offer|offers|reward\w*", "reactions to offers"),
)
_WORDS = tuple((re.compile(rf"(?:^|_)(?:{words})(?:_|$)"), why) for words, why in _FORBIDDEN)


def why_forbidden(name: str) -> str | None:
    """What a name would let a card look at although no card may; None for any other name."""
    parts = re.sub(r"([a-z])([A-Z])", r"\1_\2", name)
    plain = re.sub(r"[^a-z0-9]+", "_", parts.lower())
    return next((why for words, why in _WORDS if words.search(plain)), None)
