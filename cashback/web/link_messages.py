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
    "error.link_expired": Texts("This link is too old", "Ce lien est trop ancien"),
    "error.link_expired_hint": Texts(
        "A link opens within ten minutes of being made. Go back to where you found it and ask for a new one.",
        "Un lien s'ouvre dans les dix minutes qui suivent sa création. Retournez là où vous l'avez trouvé et "
        "demandez-en un nouveau.",
    ),
    "error.link_used": Texts("This link was used already", "Ce lien a déjà servi"),
    "error.link_used_hint": Texts(
        "Each link opens once, in one browser. Go back to where you found it and ask for a new one.",
        "Chaque lien s'ouvre une seule fois, dans un seul navigateur. Retournez là où vous l'avez trouvé et "
        "demandez-en un nouveau.",
    ),
    "error.link_signature": Texts("This link's signature is wrong", "La signature de ce lien est inexacte"),
    "error.link_signature_hint": Texts(
        "It was cut or changed on the way, or signed with a secret that is not in force. Nothing was opened.",
        "Il a été coupé ou modifié en chemin, ou signé avec un secret qui n'est pas en vigueur. Rien n'a été ouvert.",
    ),
    "error.link_clock": Texts("This link's times are wrong", "Les heures de ce lien sont inexactes"),
    "error.link_clock_hint": Texts(
        "It is dated in the future, or holds longer than ten minutes: the clock of the system that made it is wrong.",
        "Il est daté dans le futur ou dure plus de dix minutes\u00a0: l'horloge du système qui l'a créé est inexacte.",
    ),
    "error.link_refused": Texts("We could not read this link", "Nous n'avons pas pu lire ce lien"),
    "error.link_refused_hint": Texts(
        "It is not complete, or was made for another address, page, site or person. Ask for a new one.",
        "Il n'est pas complet, ou a été fait pour une autre adresse, page, site ou personne. Demandez-en un nouveau.",
    ),
}
