"""The codes of claims as people read them, in English and French."""

from typing import Literal

Language = Literal["en", "fr"]

_WORDS: dict[str, tuple[str, str]] = {
    "open": ("waits for an answer", "attend une réponse"),
    "accepted": ("accepted", "acceptée"),
    "counted": ("known already", "déjà connu"),
    "refused": ("refused", "refusée"),
    "withdrawn": ("taken back", "reprise"),
    "proven": (
        "a purchase of that day and amount was told without its shop",
        "un achat de ce jour et de ce montant était connu sans sa boutique",
    ),
    "confirmed": ("a person has looked at it", "une personne l'a examinée"),
    "earned": ("the purchase is known and has earned", "l'achat est connu et a rapporté"),
    "earned_nothing": (
        "the purchase is known and no offer gives anything for it",
        "l'achat est connu et aucune offre ne rapporte rien",
    ),
    "given_back": ("the purchase is known and was refunded", "l'achat est connu et a été remboursé"),
    "not_linked": (
        "the purchase is known and its card was not linked then",
        "l'achat est connu et sa carte n'était pas reliée à ce moment",
    ),
    "unreadable": ("the picture cannot be read", "l'image est illisible"),
    "different": ("the picture shows something else", "l'image montre autre chose"),
    "no_proof": ("nothing proves it", "rien ne le prouve"),
    "not_theirs": ("somebody else's purchase", "l'achat de quelqu'un d'autre"),
    "other": ("another reason", "une autre raison"),
    "same_amount": ("same amount", "même montant"),
    "part_of_amount": ("part of the amount", "une partie du montant"),
    "near_amount": ("amount differs", "montant différent"),
    "same_day": ("same day", "même jour"),
    "days_around": ("some days around", "à quelques jours près"),
    "other_day": ("another day", "un autre jour"),
    "same_place": ("same shop", "même boutique"),
    "other_shop": ("another shop", "une autre boutique"),
    "name_alike": ("name alike", "nom semblable"),
    "other_name": ("called otherwise", "porte un autre nom"),
    "place_not_told": ("place not told", "lieu non indiqué"),
    "same_card_ending": ("same card", "même carte"),
    "other_card_ending": ("another card", "une autre carte"),
    "card_not_told": ("card not told", "carte non indiquée"),
}


def said(code: str, language: Language) -> str:
    """A code in words."""
    return _WORDS[code][language == "fr"]


def in_words(code: str) -> dict[str, str]:
    """A code with its words in both languages, as the API answers it."""
    return {"code": code, "en": said(code, "en"), "fr": said(code, "fr")}
