"""The texts of the page that links a card inside another site, English and French side by side."""

from cashback.offers.wording import Texts

LINK_MESSAGES: dict[str, Texts] = {
    "link.title": Texts("Link a card", "Relier une carte"),
    "link.lead": Texts(
        "Pay as you always do: with {name}, what your purchases earn arrives by itself.",
        "Payez comme d'habitude\u00a0: avec {name}, ce que rapportent vos achats arrive tout seul.",
    ),
    "link.seen": Texts(
        "We see shop, amount and date of purchases at participating shops.",
        "Nous voyons la boutique, le montant et la date des achats dans les boutiques participantes.",
    ),
    "link.unseen": Texts(
        "We never see your card number, your balance or what you buy elsewhere.",
        "Nous ne voyons jamais votre numéro de carte, votre solde ni vos achats ailleurs.",
    ),
    "link.card": Texts("Which card?", "Quelle carte\u00a0?"),
    "link.test": Texts("Test card", "Carte d'essai"),
    "link.ending": Texts("ending in {digits}", "se terminant par {digits}"),
    "link.number": Texts("Or type a test number", "Ou saisissez un numéro d'essai"),
    "link.number_hint": Texts(
        "It stays in this browser. Never type the number of a real card here.",
        "Il reste dans ce navigateur. Ne saisissez jamais ici le numéro d'une vraie carte.",
    ),
    "link.number_unknown": Texts(
        "This is no test number; nothing was sent.", "Ce n'est pas un numéro d'essai\u00a0; rien n'a été envoyé."
    ),
    "link.consents": Texts("You decide", "Vous décidez"),
    "link.consent.purchases": Texts(
        "I agree that {name} sees my purchases at participating shops that I pay with this card.",
        "J'accepte que {name} voie mes achats payés avec cette carte dans les boutiques participantes.",
    ),
    "link.consent.programme": Texts(
        "I want to take part in the programme and accept its terms.",
        "Je souhaite participer au programme et j'en accepte les conditions.",
    ),
    "link.submit": Texts("Link this card", "Relier cette carte"),
    "link.undo": Texts("You can unlink it at any time.", "Vous pouvez la détacher à tout moment."),
    "link.choose": Texts("Choose a card first.", "Choisissez d'abord une carte."),
    "link.agree": Texts(
        "Both boxes are needed to link a card. Nothing was linked.",
        "Les deux cases sont nécessaires pour relier une carte. Rien n'a été relié.",
    ),
    "link.refused": Texts(
        "The bank of this card does not take part. Try another card.",
        "La banque de cette carte ne participe pas. Essayez une autre carte.",
    ),
    "link.elsewhere": Texts(
        "This card is linked to another account. It must be unlinked there first.",
        "Cette carte est reliée à un autre compte. Il faut d'abord l'y détacher.",
    ),
    "link.no_network": Texts(
        "No card can be linked here at the moment.", "Aucune carte ne peut être reliée ici pour le moment."
    ),
    "link.done": Texts("Your card is linked", "Votre carte est reliée"),
    "link.done_hint": Texts(
        "From now on every purchase at a participating shop counts.",
        "Désormais, chaque achat dans une boutique participante compte.",
    ),
}
