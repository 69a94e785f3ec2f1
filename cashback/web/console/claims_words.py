"""Words of the pages on claims."""

from cashback.offers.wording import Texts

CLAIMS_WORDS: dict[str, Texts] = {
    "claims.title": Texts("Claims", "Réclamations"),
    "claims.single": Texts("Claim at {shop}", "Réclamation chez {shop}"),
    "claims.wait.one": Texts("{n} claim waits for an answer", "{n} réclamation attend une réponse"),
    "claims.wait.other": Texts("{n} claims wait for an answer", "{n} réclamations attendent une réponse"),
    "claims.wait_none": Texts("No claim waits for an answer.", "Aucune réclamation n'attend de réponse."),
    "claims.claimed": Texts("Claimed", "Reçue"),
    "claims.member": Texts("Member", "Membre"),
    "claims.shop": Texts("Shop", "Boutique"),
    "claims.day": Texts("Day of purchase", "Jour d'achat"),
    "claims.amount": Texts("Amount", "Montant"),
    "claims.card": Texts("Card ending", "Fin de carte"),
    "claims.not_told": Texts("not told", "non indiquée"),
    "claims.receipt": Texts("Receipt", "Ticket"),
    "claims.with": Texts("with a picture", "avec image"),
    "claims.without": Texts("none", "aucun"),
    "claims.state": Texts("State", "État"),
    "claims.state.open": Texts("Open", "Ouverte"),
    "claims.state.accepted": Texts("Accepted", "Acceptée"),
    "claims.state.counted": Texts("Known already", "Déjà connue"),
    "claims.state.refused": Texts("Refused", "Refusée"),
    "claims.state.withdrawn": Texts("Taken back", "Reprise"),
    "claims.reason": Texts("Reason", "Raison"),
    "claims.none": Texts("No claim yet", "Aucune réclamation encore"),
    "claims.none_hint": Texts(
        "When a member misses a purchase in their wallet and claims it, it stands here beside what was told.",
        "Quand un membre réclame un achat absent de sa cagnotte, il s'affiche ici à côté de ce qui a été reçu.",
    ),
    "claims.said": Texts("What the member says", "Ce que dit le membre"),
    "claims.told": Texts("What was told near it", "Ce qui a été reçu autour"),
    "claims.told_none": Texts(
        "No network and no bank told a purchase of this member near that day and amount.",
        "Aucun réseau ni aucune banque n'a transmis d'achat de ce membre autour de ce jour et de ce montant.",
    ),
    "claims.see_picture": Texts("See the receipt", "Voir le ticket"),
    "claims.open_pdf": Texts("Open the receipt (PDF)", "Ouvrir le ticket (PDF)"),
    "claims.picture_alt": Texts("Receipt that the member sent", "Ticket envoyé par le membre"),
    "claims.picture_logged": Texts(
        "That you looked at it is written into the audit log.", "Le fait de le regarder est inscrit au journal d'audit."
    ),
    "claims.no_picture": Texts("No picture came with this claim.", "Aucune image n'accompagne cette réclamation."),
    "claims.young": Texts(
        "The purchase may still be told by itself: it can be accepted from {day} on.",
        "L'achat peut encore arriver de lui-même\u00a0: il peut être accepté à partir du {day}.",
    ),
    "claims.others.one": Texts("{n} purchase nearby that is surely another", "{n} achat proche qui est sûrement autre"),
    "claims.others.other": Texts(
        "{n} purchases nearby that are surely others", "{n} achats proches qui sont sûrement autres"
    ),
    "claims.which": Texts("Which purchase does it prove?", "Quel achat prouve-t-elle\u00a0?"),
    "claims.which_none": Texts("A purchase that nobody told", "Un achat que personne n'a transmis"),
    "claims.which_none_hint": Texts(
        "It earns by the claim alone; should a network tell it later, it earns only once.",
        "Il rapporte par la réclamation seule\u00a0; si un réseau le transmet plus tard, il ne rapporte qu'une fois.",
    ),
    "claims.no_label": Texts("without a label", "sans libellé"),
    "claims.earned": Texts("has earned", "a rapporté"),
    "claims.earned_not": Texts("has earned nothing", "n'a rien rapporté"),
    "claims.without_shop": Texts("shop not known", "boutique inconnue"),
    "claims.words": Texts("Why, in words (the member reads them)", "Pourquoi, en mots (le membre les lit)"),
    "claims.accept": Texts("Accept", "Accepter"),
    "claims.refuse": Texts("Refuse", "Refuser"),
    "claims.withdraw": Texts("Take the acceptance back", "Reprendre l'acceptation"),
    "claims.withdraw_hint": Texts(
        "What it earned is taken back at once.", "Ce qu'elle a rapporté est repris aussitôt."
    ),
    "claims.trace": Texts("The purchase with its trace", "L'achat avec sa trace"),
    "claims.unknown": Texts("Identifiers that lead to no shop", "Identifiants qui ne mènent à aucune boutique"),
    "claims.unknown_hint": Texts(
        "They came with these purchases. Once the claim is accepted for one of them, they can lead to {shop} for "
        "everybody.",
        "Ils accompagnaient ces achats. Une fois la réclamation acceptée pour l'un d'eux, ils peuvent mener à {shop} "
        "pour tous.",
    ),
    "claims.map": Texts("Lead it to {shop}", "Le mener à {shop}"),
    "done.claims-accepted": Texts(
        "Accepted. What it earns is in the wallet.", "Acceptée. Ce qu'elle rapporte est dans la cagnotte."
    ),
    "done.claims-refused": Texts("Refused. Nothing moved.", "Refusée. Rien n'a bougé."),
    "done.claims-withdrawn": Texts("Taken back, with what it earned.", "Reprise, avec ce qu'elle avait rapporté."),
    "done.claims-mapped": Texts(
        "The identifier leads to the shop. Purchases told with it are being matched.",
        "L'identifiant mène à la boutique. Les achats reçus avec lui sont rattachés.",
    ),
    "console.refused.too_young": Texts(
        "The purchase is too young to be missing: it may still be told by itself.",
        "L'achat est trop récent pour manquer\u00a0: il peut encore arriver de lui-même.",
    ),
    "console.refused.words_missing": Texts(
        "Say why in words: 1 to 500 characters.", "Dites pourquoi en mots\u00a0: 1 à 500 caractères."
    ),
    "console.refused.already_answered": Texts(
        "Somebody has answered it meanwhile: the answer stands above.",
        "Quelqu'un y a répondu entre-temps\u00a0: la réponse figure ci-dessus.",
    ),
    "console.refused.claim_reason": Texts("Choose a reason.", "Choisissez une raison."),
    "console.refused.shop_known": Texts(
        "This purchase was told with its shop: a claim proves a place only where none is known.",
        "Cet achat est connu avec sa boutique\u00a0: une réclamation ne prouve un lieu que s'il est inconnu.",
    ),
}
