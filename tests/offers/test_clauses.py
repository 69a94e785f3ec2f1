"""An offer told as a rule: every kind of condition and reward in both languages, and a sentence as people read it."""

from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from offer_of_every_kind import CONDITIONS, offers_of_every_kind

from cashback.merchants.schemas import Shop
from cashback.offers.amounts import FileUnits
from cashback.offers.clauses import BOLD, plain, rule_of, sentence
from cashback.offers.fields import CHOICES, FIELD_OF, FIELDS
from cashback.offers.kinds import Surroundings
from cashback.offers.terms import CONDITIONS as KINDS
from cashback.offers.terms import REWARDS, Terms
from cashback.offers.wording import Language, Tongue

CENTRE = uuid4()
SHOPS = [
    Shop(uuid4(), code, name, name, category, "Niveau 1", "", CENTRE)
    for code, name, category in (
        ("maison-lumiere", "Maison Lumière", "5712"),
        ("sport-cime", "Sport Cime", "5941"),
    )
]
AROUND = Surroundings(currency="EUR", default_zone=ZoneInfo("Europe/Paris"), zones={}, shops=SHOPS)
TONGUES: dict[Language, Tongue] = {
    "en": Tongue("en", {"EUR": "cashback", "PTS": "points"}),
    "fr": Tongue("fr", {"EUR": "cashback", "PTS": "points"}),
}


def terms_of(document: dict[str, object]) -> Terms:
    known = {name: value for name, value in document.items() if name != "code"}
    return Terms.model_validate(known, context=FileUnits("EUR"))


def told(document: dict[str, object], language: Language) -> str:
    rule = rule_of(terms_of(document), AROUND, TONGUES[language])
    return plain(sentence(rule, TONGUES[language])).replace("\u00a0", " ").replace("\u202f", " ")


def test_the_examples_hold_every_kind() -> None:
    assert {each["kind"] for each in CONDITIONS} == set(KINDS)
    assert {each["reward"]["kind"] for each in offers_of_every_kind()} == set(REWARDS)


def test_every_kind_stands_under_one_field_and_its_choices_have_words() -> None:
    assert sorted(kind for field in FIELDS for kind in field.kinds) == sorted(KINDS)
    assert set(FIELD_OF) == set(KINDS)
    for kind in (*KINDS.values(), *REWARDS.values()):
        for field in kind.form:
            if field.widget in ("choice", "channel", "rounding"):
                (annotation,) = [kind.model_fields[field.name].annotation]
                values = getattr(annotation, "__members__", None)
                wanted = {each.value for each in values.values()} if values else set(annotation.__args__)  # type: ignore[union-attr]
                assert set(CHOICES[field.name]) == wanted, (kind.name(), field.name)


@pytest.mark.parametrize("document", offers_of_every_kind(), ids=lambda each: each["reward"]["kind"])
def test_every_part_of_the_terms_is_told_in_both_languages(document: dict[str, object]) -> None:
    for language, tongue in TONGUES.items():
        rule = rule_of(terms_of(document), AROUND, tongue, {"ten-points": "Ten points"})
        parts = rule.parts()
        assert all(parts[name] for name in parts), language
        assert len(parts["when"]) == len(document["conditions"])  # type: ignore[arg-type]
        for line in (line for lines in parts.values() for line in lines):
            assert line.count(BOLD) % 2 == 0
            assert "{" not in line
            assert "None" not in line
    english, french = (told(document, language) for language in TONGUES)
    assert english.startswith("Members get ")
    assert french.startswith("Les membres reçoivent ")


SENTENCES = (
    (
        {"reward": {"kind": "percent", "asset": "EUR", "rate_bps": 500, "cap_per_purchase": "10.00"}},
        "Members get 5% of the purchase, at most €10.00 per purchase, on every purchase at a shop of the programme.",
        "Les membres reçoivent 5 % de l'achat, au plus 10,00 € par achat, pour chaque achat dans une boutique du "
        "programme.",
    ),
    (
        {
            "conditions": [
                {"kind": "minimum_spend", "amount": "1500.00"},
                {"kind": "shops", "shops": ["maison-lumiere"]},
                {"kind": "weekdays", "weekdays": ["fri"]},
                {"kind": "hours", "ranges": [{"from": "17:00", "to": "19:00"}]},
            ],
            "reward": {"kind": "fixed", "asset": "PTS", "amount": 1000},
        },
        "Members get 1,000 points per purchase when the purchase is at least €1,500.00 and it is made at Maison "
        "Lumière and it is made on Friday and it is made between 17:00 and 19:00.",
        "Les membres reçoivent 1 000 points par achat lorsque l'achat est d'au moins 1 500,00 € et que l'achat est "
        "fait chez Maison Lumière et que l'achat est fait le vendredi et que l'achat est fait entre 17:00 et 19:00.",
    ),
    (
        {
            "conditions": [{"kind": "customer", "status": "new", "at": "shop"}],
            "reward": {
                "kind": "scale",
                "asset": "EUR",
                "steps": [{"rate_bps": 300}, {"from_amount": "50.00", "rate_bps": 525}],
            },
        },
        "Members get 3% of the purchase, 5.25% from €50.00, each on its part when the member is new in the shop.",
        "Les membres reçoivent 3 % de l'achat, 5,25 % dès 50,00 €, chacun sur sa tranche lorsque le membre est nouveau "
        "dans la boutique.",
    ),
)


@pytest.mark.parametrize(("document", "english", "french"), SENTENCES)
def test_the_sentence_is_what_people_read(document: dict[str, object], english: str, french: str) -> None:
    assert told(document, "en") == english
    assert told(document, "fr") == french
