"""The texts of what is one's own: cards, consents, data, and claims, English and French side by side."""

from cashback.offers.wording import Texts

ME_MESSAGES: dict[str, Texts] = {
    "offline.title": Texts("You are offline", "Vous êtes hors ligne"),
    "offline.hint": Texts(
        "Nothing was sent and no money moved. Try again once you have a network.",
        "Rien n'a été envoyé et aucun argent n'a bougé. Réessayez dès que vous avez du réseau.",
    ),
    "offline.wallet": Texts("Read my wallet", "Lire ma cagnotte"),
    "offline.banner": Texts(
        "No network: this is what your wallet showed last.",
        "Hors ligne\u00a0: voici le dernier état de votre cagnotte.",
    ),
    "offline.description": Texts("Your wallet at {name}", "Votre cagnotte chez {name}"),
    "me.title": Texts("Me", "Moi"),
    "me.unlink": Texts("Unlink", "Détacher"),
    "me.unlink_hint": Texts(
        "Purchases made until now finish; later ones no longer count.",
        "Les achats déjà faits suivent leur cours\u00a0; les suivants ne comptent plus.",
    ),
    "me.unlink_sure": Texts("Yes, unlink it", "Oui, la détacher"),
    "me.claim_hint": Texts("With its receipt", "Avec son ticket"),
    "me.doors_hint": Texts("Passkeys and devices", "Clés d'accès et appareils"),
    "me.accounts_hint": Texts("Where you are paid to", "Où vous êtes payé"),
    "me.consents": Texts("What I agreed to", "Mes consentements"),
    "me.given": Texts("Given on {when}", "Donné le {when}"),
    "me.withdrawn": Texts("withdrawn on {when}", "retiré le {when}"),
    "me.no_card": Texts("no card came of it", "aucune carte n'a été reliée"),
    "me.consents_hint": Texts(
        "Linking a card needs both: to take one back, unlink that card above. What was given stays on record.",
        "Relier une carte demande les deux\u00a0: pour en retirer un, détachez cette carte ci-dessus. La trace reste.",
    ),
    "me.take_back": Texts("Take it back", "Le retirer"),
    "me.take_back_hint": Texts(
        "This unlinks the card: a link needs both consents. Purchases made until now finish; later ones do not count.",
        "Cela détache la carte\u00a0: les deux accords sont nécessaires. Les achats déjà faits suivent leur cours, "
        "les suivants ne comptent plus.",
    ),
    "me.consents_none": Texts(
        "Nothing yet: you are asked when you link a card.",
        "Rien pour le moment\u00a0: la question se pose en reliant une carte.",
    ),
    "me.data": Texts("My data", "Mes données"),
    "me.data_lead": Texts(
        "Everything that is kept of you, as one file (JSON).", "Tout ce qui est conservé de vous, en un fichier (JSON)."
    ),
    "me.export": Texts("Download my data", "Télécharger mes données"),
    "me.stays": Texts("What stays by law, whatever you ask", "Ce qui reste par la loi, quoi que vous demandiez"),
    "me.stays_books": Texts(
        "The books: amounts and days, without a name.",
        "La comptabilité\u00a0: montants et dates, sans nom.",
    ),
    "me.stays_decisions": Texts(
        "Answers on instalments, under a pseudonym, 5 years.",
        "Les réponses sur les paiements en plusieurs fois, sous pseudonyme, 5 ans.",
    ),
    "me.stays_raw": Texts(
        "What networks sent is destroyed after 90 days in any case.",
        "Les messages des réseaux sont détruits après 90 jours dans tous les cas.",
    ),
    "me.terms": Texts("Rules and contact", "Règles et contact"),
    "me.terms_hint": Texts("Of this programme", "De ce programme"),
    "terms.title": Texts("The rules, in plain words", "Les règles, en clair"),
    "terms.lead": Texts("How the programme of {name} works.", "Le fonctionnement du programme de {name}."),
    "terms.read": Texts("Read the rules", "Lire les règles"),
    "terms.earn": Texts("What you earn", "Ce que vous gagnez"),
    "terms.earn_how": Texts(
        "You pay with a linked card at a shop that takes part. The day's offers decide, and each purchase says why.",
        "Vous payez avec une carte reliée dans une boutique participante. Les offres du jour décident, et chaque achat "
        "dit pourquoi.",
    ),
    "terms.hold": Texts("When it is yours", "Quand c'est à vous"),
    "terms.hold_why": Texts(
        "A reward waits as long as the purchase can be brought back, then it is available.",
        "Une récompense attend tant que l'achat peut être rapporté, puis elle est disponible.",
    ),
    "terms.refund": Texts(
        "What is refunded earns nothing: its reward is taken back, in part or in full.",
        "Ce qui est remboursé ne rapporte pas\u00a0: sa récompense est reprise, en partie ou en entier.",
    ),
    "terms.debt": Texts(
        "If it was paid out already, it is kept from later rewards. Your card is never charged for it.",
        "Si elle a déjà été versée, elle est retenue sur les suivantes. Votre carte n'est jamais débitée pour cela.",
    ),
    "terms.out": Texts("Getting your money", "Recevoir votre argent"),
    "terms.out_least": Texts("From {amount} on, without fees.", "À partir de {amount}, sans frais."),
    "terms.split": Texts(
        "The shop or a lender offers it, never the centre. You get an answer with its reasons, an information sheet "
        "and the lender's contract before anything is charged, and a person looks again if you ask.",
        "La boutique ou un prêteur le propose, jamais le centre. Vous avez une réponse et ses raisons, une fiche "
        "d'information et le contrat du prêteur avant tout prélèvement\u00a0; une personne réexamine à votre demande.",
    ),
    "terms.leave": Texts(
        "Unlink a card, take a consent back or leave at any time, on the page Me.",
        "Détachez une carte, retirez un accord ou quittez le programme à tout moment, page Moi.",
    ),
    "terms.contact": Texts("Whom to ask", "À qui s'adresser"),
    "terms.contact_none": Texts("The welcome desk of {name}.", "L'accueil de {name}."),
    "me.no_network_hint": Texts(
        "You can still claim purchases with their receipt.", "Vous pouvez toujours réclamer un achat avec son ticket."
    ),
    "me.receipt_instead": Texts("Without a card: send receipts instead", "Sans carte\u00a0: envoyez vos tickets"),
    "me.done.linked": Texts(
        "Your card is linked. From now on every purchase at a participating shop counts.",
        "Votre carte est reliée. Désormais, chaque achat dans une boutique participante compte.",
    ),
    "me.done.unlinked": Texts("The card is no longer linked.", "La carte n'est plus reliée."),
    "claim.title": Texts("Claim a purchase", "Réclamer un achat"),
    "claim.lead": Texts(
        "Purchases may need 72 hours to appear. After that, tell us.",
        "Un achat peut mettre 72 heures à apparaître. Ensuite, dites-le-nous.",
    ),
    "claim.shop": Texts("Shop", "Boutique"),
    "claim.day": Texts("Day", "Jour"),
    "claim.time": Texts("Time on the receipt, if you know it", "Heure du ticket, si vous la connaissez"),
    "claim.amount": Texts("Amount", "Montant"),
    "claim.digits": Texts(
        "Last four digits of the card (optional)", "Quatre derniers chiffres de la carte (facultatif)"
    ),
    "claim.picture": Texts("Picture of the receipt", "Photo du ticket"),
    "claim.picture_hint": Texts(
        "JPEG, PNG, WEBP or PDF, 5 MB at most. Kept encrypted.",
        "JPEG, PNG, WEBP ou PDF, 5 Mo au plus. Conservée chiffrée.",
    ),
    "claim.send": Texts("Send the claim", "Envoyer"),
    "claim.tracker": Texts("My claims", "Mes réclamations"),
    "claim.sent": Texts("sent {when}", "envoyée {when}"),
    "claim.see": Texts("See the purchase", "Voir l'achat"),
    "claim.none": Texts("No claim yet", "Aucune réclamation"),
    "claim.none_hint": Texts(
        "Each appears here with its answer and the reason.", "Chacune s'affiche ici avec sa réponse et la raison."
    ),
    "claim.done.sent": Texts("Sent. You see its answer here.", "Envoyée. La réponse s'affichera ici."),
    "claim.state.open": Texts("Waits for an answer", "En attente de réponse"),
    "claim.state.accepted": Texts("Accepted", "Acceptée"),
    "claim.state.counted": Texts("Known already", "Déjà connu"),
    "claim.state.refused": Texts("Refused", "Refusée"),
    "claim.state.withdrawn": Texts("Taken back", "Reprise"),
    "refused.no_network": Texts(
        "No card can be linked here at the moment.", "Aucune carte ne peut être reliée ici pour le moment."
    ),
    "refused.choose_card": Texts(
        "Choose a card first. Nothing was linked.", "Choisissez d'abord une carte. Rien n'a été relié."
    ),
    "refused.agree_first": Texts(
        "Both boxes are needed to link a card. Nothing was linked.",
        "Les deux cases sont nécessaires. Rien n'a été relié.",
    ),
    "refused.card_refused": Texts(
        "The bank of this card does not take part. Try another card.",
        "La banque de cette carte ne participe pas. Essayez une autre carte.",
    ),
    "refused.card_linked": Texts(
        "This card is linked to another account. It must be unlinked there first.",
        "Cette carte est reliée à un autre compte. Il faut d'abord l'y détacher.",
    ),
    "refused.bad_day": Texts(
        "Give the day of the receipt. Nothing was sent.", "Indiquez le jour du ticket. Rien n'a été envoyé."
    ),
    "refused.bad_digits": Texts(
        "The card ends in four digits. Nothing was sent.",
        "La carte se termine par quatre chiffres. Rien n'a été envoyé.",
    ),
    "refused.in_future": Texts("This day lies ahead. Nothing was sent.", "Ce jour est à venir. Rien n'a été envoyé."),
    "refused.too_old": Texts("This purchase is too old to be claimed.", "Cet achat est trop ancien pour être réclamé."),
    "refused.time_needed": Texts(
        "On the day of the link its time is needed too. Nothing was sent.",
        "Le jour où la carte a été reliée, l'heure est nécessaire. Rien n'a été envoyé.",
    ),
    "refused.not_linked": Texts(
        "No card was linked on that day: purchases count from the link on.",
        "Aucune carte n'était reliée ce jour-là\u00a0: les achats comptent ensuite.",
    ),
    "refused.picture_claimed": Texts(
        "This picture was sent with a claim before.", "Cette photo a déjà servi à une réclamation."
    ),
    "refused.picture_unknown": Texts(
        "This file is no JPEG, PNG, WEBP or PDF.", "Ce fichier n'est ni JPEG, ni PNG, ni WEBP, ni PDF."
    ),
    "refused.picture_too_large": Texts("The picture is larger than 5 MB.", "La photo dépasse 5 Mo."),
    "refused.already_claimed": Texts("You have claimed this purchase before.", "Vous avez déjà réclamé cet achat."),
    "refused.already_rewarded": Texts("This purchase is known and has earned.", "Cet achat est connu et a rapporté."),
    "refused.too_many_open": Texts(
        "Too many of your claims wait for an answer.", "Trop de vos réclamations attendent une réponse."
    ),
    "refused.shop_not_there": Texts(
        "This shop did not take part on that day.", "Cette boutique ne participait pas ce jour-là."
    ),
    "refused.unknown_shop": Texts(
        "Choose the shop in the list. Nothing was sent.", "Choisissez la boutique dans la liste. Rien n'a été envoyé."
    ),
}
