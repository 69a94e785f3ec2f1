"""What people read: exact sentences in both languages for every kind, and never an exception."""

import re
from typing import Any

import pytest
from history_sentences import OF_HISTORY
from offer_builders import AROUND, LUSH, TOWN, a_purchase, some_terms
from reward_sentences import OF_REWARDS
from where_when_sentences import WHERE_AND_WHEN

from cashback.offers.schemas import Spend
from cashback.offers.sentences import PURCHASE_STATES, read_all, read_aloud
from cashback.offers.terms import CONDITIONS, REWARDS

NAMES = {"PTS": "points", "EUR": "cashback"}
ENTRY = dict[str, Any]


def of(condition: ENTRY, spend: Spend) -> ENTRY:
    (built,) = some_terms(condition).conditions
    return built.explainer(AROUND)(spend)


def of_reward(reward: ENTRY, spend: Spend) -> ENTRY:
    return some_terms(reward=reward).reward.explainer(AROUND)(spend, spend.net_minor)


MINIMUM = {"kind": "minimum_spend", "amount": "30.00"}
SHOPS = {"kind": "shops", "shops": ["fnac", "zara", "tape"]}
NOVEMBER = {"kind": "dates", "first_day": "2026-11-01", "last_day": "2026-11-20"}
PERCENT = {"kind": "percent", "asset": "EUR", "rate_bps": 250, "cap_per_purchase": "2.00"}
PER_UNIT = {"kind": "per_unit", "asset": "PTS", "units": 1, "per": "1.00", "cap_per_purchase": 1200}
NEW = {"amount": 2_50, "asset": "EUR", "offer": "spring"}

SENTENCES: list[tuple[ENTRY, str, str]] = [
    *WHERE_AND_WHEN,
    *OF_HISTORY,
    *OF_REWARDS,
    (
        of(MINIMUM, a_purchase(26_80)),
        "Minimum spend €30.00: you spent €26.80",
        "Achat minimum de 30,00\u00a0€\u00a0: vous avez dépensé 26,80\u00a0€",
    ),
    (
        of(MINIMUM, a_purchase(1_234_56)),
        "Minimum spend €30.00: you spent €1,234.56",
        "Achat minimum de 30,00\u00a0€\u00a0: vous avez dépensé 1\u202f234,56\u00a0€",
    ),
    (
        of(MINIMUM, a_purchase(90_00, currency="PLN")),
        "Minimum spend €30.00: a purchase of PLN\u00a090.00 in another currency does not count",
        "Achat minimum de 30,00\u00a0€\u00a0: un achat de 90,00\u00a0PLN dans une autre devise ne compte pas",
    ),
    (of(SHOPS, a_purchase()), "Bought at Fnac", "Achat chez Fnac"),
    (
        of(SHOPS, a_purchase(shop=LUSH)),
        "Only at Fnac, Zara and Tape: you shopped at Lush",
        "Seulement chez Fnac, Zara et Tape\u00a0: vous avez acheté chez Lush",
    ),
    (
        of(SHOPS, a_purchase(shop=None)),
        "Only at Fnac, Zara and Tape: you shopped at another shop",
        "Seulement chez Fnac, Zara et Tape\u00a0: vous avez acheté chez une autre boutique",
    ),
    (of({"kind": "centres", "centres": ["quais"]}, a_purchase()), "Bought at Quais", "Achat à Quais"),
    (
        of({"kind": "categories", "categories": ["5942"]}, a_purchase()),
        "Shop category: bookshops",
        "Catégorie de la boutique\u00a0: librairies",
    ),
    (
        of({"kind": "centres", "centres": ["quais"]}, a_purchase(centre=TOWN)),
        "Only at Quais: you shopped at Town",
        "Seulement à Quais\u00a0: vous avez acheté à Town",
    ),
    (
        of({"kind": "categories", "categories": ["5812", "9999"]}, a_purchase()),
        "Only restaurants and 9999: this shop is in bookshops",
        "Seulement restaurants et 9999\u00a0: cette boutique est dans librairies",
    ),
    (
        of(NOVEMBER, a_purchase()),
        "Valid from 1 Nov 2026 to 20 Nov 2026: you bought on 21 Nov 2026",
        "Valable du 1er nov. 2026 au 20 nov. 2026\u00a0: vous avez acheté le 21 nov. 2026",
    ),
    (
        of({"kind": "dates", "first_day": "2026-12-01"}, a_purchase()),
        "Valid from 1 Dec 2026: you bought on 21 Nov 2026",
        "Valable à partir du 1er déc. 2026\u00a0: vous avez acheté le 21 nov. 2026",
    ),
    (
        of({"kind": "dates", "last_day": "2026-12-01"}, a_purchase()),
        "Bought on 21 Nov 2026, until 1 Dec 2026",
        "Achat du 21 nov. 2026, jusqu'au 1er déc. 2026",
    ),
    (of_reward(PERCENT, a_purchase()), "2.5% of €50.00: €1.25", "2,5\u00a0% de 50,00\u00a0€\u00a0: 1,25\u00a0€"),
    (
        of_reward(PERCENT, a_purchase(100_00)),
        "2.5% of €100.00 is €2.50, capped at €2.00 per purchase",
        "2,5\u00a0% de 100,00\u00a0€ font 2,50\u00a0€, plafonné à 2,00\u00a0€ par achat",
    ),
    (
        of_reward(PERCENT, a_purchase(currency="USD")),
        "Purchases in EUR count: this one was in USD",
        "Les achats en EUR comptent\u00a0: celui-ci était en USD",
    ),
    (
        of_reward(PERCENT, a_purchase(0)),
        "Nothing of this purchase is left to reward",
        "Il ne reste rien de cet achat à récompenser",
    ),
    (
        of_reward({"kind": "fixed", "asset": "PTS", "amount": 10}, a_purchase()),
        "10\u00a0points per purchase",
        "10\u00a0points par achat",
    ),
    (
        of_reward({"kind": "fixed", "asset": "PTS", "amount": 10, "cap_per_purchase": 4}, a_purchase()),
        "10\u00a0points, capped at 4\u00a0points per purchase",
        "10\u00a0points, plafonné à 4\u00a0points par achat",
    ),
    (
        of_reward(PER_UNIT, a_purchase(1_199_50)),
        "1 for every full €1.00 of €1,199.50: 1,199\u00a0points",
        "1 par tranche de 1,00\u00a0€ sur 1\u202f199,50\u00a0€\u00a0: 1\u202f199\u00a0points",
    ),
    (
        {"kind": "lost_to", "ok": False, **NEW},
        "Another offer gave more: spring, €2.50",
        "Une autre offre donnait plus\u00a0: spring, 2,50\u00a0€",
    ),
    (
        {"kind": "beats", "ok": True, **NEW, "asset": "GIFT:MUG", "amount": 2},
        "Better for you than spring, which would have given 2\u00a0GIFT:MUG",
        "Mieux pour vous que spring, qui aurait donné 2\u00a0GIFT:MUG",
    ),
    (
        {"kind": "lost_to", "ok": False, "reason": "priority", **NEW},
        "Another offer comes first: spring, €2.50",
        "Une autre offre passe avant\u00a0: spring, 2,50\u00a0€",
    ),
    (
        {"kind": "beats", "ok": True, "reason": "priority", **NEW},
        "Comes before spring, which would have given €2.50",
        "Passe avant spring, qui aurait donné 2,50\u00a0€",
    ),
    (
        {"kind": "lost_to", "ok": False, **NEW, "offer_name": {"en": "Spring sale", "fr": "Soldes de printemps"}},
        "Another offer gave more: Spring sale, €2.50",
        "Une autre offre donnait plus\u00a0: Soldes de printemps, 2,50\u00a0€",
    ),
    (
        {"kind": "budget", "ok": True, "wanted": 500, "granted": 500, "asset": "EUR"},
        "Within the budget of the offer: €5.00",
        "Dans le budget de l'offre\u00a0: 5,00\u00a0€",
    ),
    (
        {"kind": "budget", "ok": True, "wanted": 500, "granted": 120, "asset": "EUR"},
        "The budget of the offer was almost used up: €1.20 instead of €5.00",
        "Le budget de l'offre était presque épuisé\u00a0: 1,20\u00a0€ au lieu de 5,00\u00a0€",
    ),
    (
        {"kind": "budget", "ok": False, "wanted": 500, "granted": 0, "asset": "EUR"},
        "The budget of the offer was used up: €5.00 could not be given",
        "Le budget de l'offre était épuisé\u00a0: 5,00\u00a0€ n'ont pas pu être accordés",
    ),
    (
        {"kind": "not_cleared", "ok": True},
        "Waiting for the shop's bank to confirm the payment",
        "En attente de la confirmation du paiement par la banque de la boutique",
    ),
    (
        {"kind": "matures", "ok": True, "at": "2026-11-30T23:30:00+00:00"},
        "Available from 30 Nov 2026",
        "Disponible à partir du 30 nov. 2026",
    ),
    (
        {"kind": "matures", "ok": True, "at": "2026-11-30T23:30:00Z", "zone": "Europe/Paris"},
        "Available from 1 Dec 2026",
        "Disponible à partir du 1er déc. 2026",
    ),
    (
        {"kind": "refunded", "ok": True, "refunded_minor": 10_00, "net_minor": 40_00, "currency": "GBP"},
        "£10.00 was refunded: £40.00 counts",
        "10,00\u00a0£GB ont été remboursés\u00a0: 40,00\u00a0£GB comptent",
    ),
    (
        {"kind": "purchase_state", "ok": False, "state": "not_linked"},
        "The card was not linked at that time",
        "La carte n'était pas encore reliée à ce moment-là",
    ),
    (
        {"kind": "shop_unknown", "ok": False},
        "The shop of this purchase is not known yet; it earns as soon as it is",
        "La boutique de cet achat n'est pas encore connue\u00a0; il comptera dès qu'elle le sera",
    ),
    (
        {"kind": "no_offer", "ok": False},
        "No offer was running for this shop at that time",
        "Aucune offre n'était en cours pour cette boutique",
    ),
    (
        {"kind": "of_the_future", "ok": False},
        "Decided by a rule without a description (of_the_future)",
        "Décidé par une règle sans description (of_the_future)",
    ),
]


@pytest.mark.parametrize(("entry", "english", "french"), SENTENCES)
def test_every_entry_is_read_aloud_in_both_languages(entry: ENTRY, english: str, french: str) -> None:
    assert read_aloud(entry, "en", NAMES) == english
    assert read_aloud(entry, "fr-FR", NAMES) == french


@pytest.mark.parametrize(("entry", "english", "french"), SENTENCES)
def test_staff_read_every_entry_of_the_member(entry: ENTRY, english: str, french: str) -> None:
    told = read_aloud(entry, "en", NAMES, of_member=True)
    assert re.findall(r"\byou(?:rs?)?\b", told, re.I) == []
    assert (told == english) is (re.search(r"\byou(?:rs?)?\b", english, re.I) is None)
    told = read_aloud(entry, "fr", NAMES, of_member=True)
    assert re.findall(r"\b(?:vous|votre|vos|vôtre)\b", told, re.I) == []
    assert (told == french) is (re.search(r"\b(?:vous|votre|vos|vôtre)\b", french, re.I) is None)


def test_the_table_above_reads_every_kind() -> None:
    read = {entry["kind"] for entry, _, _ in SENTENCES}
    assert {*CONDITIONS, *REWARDS} - read == set()


def test_the_table_above_reads_every_outcome_of_every_condition() -> None:
    read = {(entry["kind"], entry.get("reason") or ("ok" if entry["ok"] else "no")) for entry, _, _ in SENTENCES}
    outcomes = {(name, outcome) for name, kind in CONDITIONS.items() for outcome in kind.says}
    refusals = {"currency", "nothing_spent"}  # the same words for every reward
    outcomes |= {(name, outcome) for name, kind in REWARDS.items() for outcome in kind.says if outcome not in refusals}
    assert outcomes - read == set()


@pytest.mark.parametrize("state", ["lapsed", "declined", "reversed", "refunded", "not_linked", "credit", "superseded"])
def test_every_state_of_a_purchase_has_its_sentence(state: str) -> None:
    entry = {"kind": "purchase_state", "ok": False, "state": state}
    assert read_aloud(entry, "en") == PURCHASE_STATES[state].en
    assert read_aloud(entry, "fr") == PURCHASE_STATES[state].fr


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"kind": None},
        {"kind": "minimum_spend", "ok": True},
        {"kind": "minimum_spend", "ok": True, "wanted_minor": None, "got_minor": 3, "currency": "EUR"},
        {"kind": "dates", "ok": False, "first_day": "soon", "last_day": None, "got": "2026-11-21"},
        {"kind": "percent", "ok": True, "reason": "of_the_future"},
        {"kind": "weekdays", "ok": False, "wanted": ["fri"], "got": "someday"},
        {"kind": "hours", "ok": False, "wanted": [{"from": "17:00"}], "got": "16:58"},
        {"kind": "hours", "ok": False, "wanted": [{"from": "17:00", "to": "25:00"}], "got": "16:58"},
        {"kind": "not_on", "ok": False, "wanted": ["Christmas"], "wanted_count": 1, "got": "2026-12-25"},
        {"kind": "channel", "ok": False, "wanted": "online", "got": "telephone"},
        {"kind": "brands", "ok": False, "wanted": None, "wanted_count": 1, "got": "Zara"},
        {"kind": "networks", "ok": False, "wanted": ["fidel"], "wanted_count": 1, "got": None},
        {"kind": "matures", "ok": True, "at": 3},
        {"kind": "matures", "ok": True, "at": "2026-11-21T00:00:00Z", "zone": "Mars/Olympus"},
        {"kind": "purchase_state", "ok": False, "state": "vanished"},
        {"kind": "budget", "ok": False, "wanted": "x", "granted": 0, "asset": "EUR"},
    ],
)
def test_an_entry_that_lacks_a_figure_is_still_answered(entry: ENTRY) -> None:
    assert read_aloud(entry, "en").startswith("Decided by a rule without a description")
    assert read_aloud(entry, "fr").startswith("Décidé par une règle sans description")


def test_other_languages_are_answered_in_english_and_assets_by_their_code() -> None:
    entry = of_reward({"kind": "fixed", "asset": "PTS", "amount": 10}, a_purchase())
    assert read_aloud(entry, "pl") == "10\u00a0PTS per purchase"


def test_a_whole_trail_is_read_in_its_order() -> None:
    trail = [of(MINIMUM, a_purchase()), {"kind": "not_cleared", "ok": True}]
    assert read_all(trail, "en") == [read_aloud(trail[0], "en"), read_aloud(trail[1], "en")]
