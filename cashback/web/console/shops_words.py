"""Words of the pages on shops and their identifiers."""

from cashback.offers.wording import Texts

SHOPS_WORDS: dict[str, Texts] = {
    "shops.title": Texts("Shops", "Boutiques"),
    "shops.lead": Texts(
        "By which names networks know each shop, and how well its purchases find it.",
        "Sous quels noms les réseaux connaissent chaque boutique, et comment ses achats la trouvent.",
    ),
    "shops.import": Texts("Import a CSV file", "Importer un fichier CSV"),
    "shops.shop": Texts("Shop", "Boutique"),
    "shops.place": Texts("Centre and floor", "Centre et niveau"),
    "shops.category": Texts("Trade", "Activité"),
    "shops.identifiers": Texts("Identifiers", "Identifiants"),
    "shops.quality": Texts("Found by an identifier", "Trouvés par un identifiant"),
    "shops.of_last": Texts("of the last {n} purchases", "des {n} derniers achats"),
    "shops.last_seen": Texts("Last purchase", "Dernier achat"),
    "shops.state": Texts("State", "État"),
    "shops.state.no_identifier": Texts("No identifier", "Sans identifiant"),
    "shops.state.silent": Texts("Silent", "Muette"),
    "shops.state.seen": Texts("Active", "Active"),
    "shops.state.never": Texts("Not seen yet", "Pas encore vue"),
    "shops.filter.name": Texts("Name, code or identifier", "Nom, code ou identifiant"),
    "shops.filter.centre": Texts("Centre", "Centre"),
    "shops.none": Texts("No shop yet", "Aucune boutique encore"),
    "shops.none_hint": Texts(
        "Import a CSV file with your shops and the identifiers that networks give them; a template waits there.",
        "Importez un fichier CSV avec vos boutiques et les identifiants que les réseaux leur donnent\u00a0; un modèle "
        "vous y attend.",
    ),
    "shops.code": Texts("Code", "Code"),
    "shops.centre": Texts("Centre", "Centre"),
    "shops.floor": Texts("Floor and area", "Niveau et secteur"),
    "shops.brand": Texts("Brand", "Enseigne"),
    "shops.from_day": Texts("for purchases since {day}", "pour les achats depuis le {day}"),
    "shops.from_ever": Texts("for all purchases", "pour tous les achats"),
    "shops.until_day": Texts("ended on {day}", "terminé le {day}"),
    "shops.told_with": Texts(
        "told with {n} of the last 100 purchases, the newest {when}",
        "donné avec {n} des 100 derniers achats, le plus récent {when}",
    ),
    "shops.told_never": Texts("not told with any of the last 100 purchases", "absent des 100 derniers achats"),
    "shops.unknown": Texts(
        "Its purchases were told with these identifiers too", "Ses achats sont aussi arrivés avec ces identifiants"
    ),
    "shops.unknown_hint": Texts(
        "They were learned or answered. Given here, they lead to this shop for sure.",
        "Ils ont été appris ou répondus. Donnés ici, ils mènent à coup sûr à cette boutique.",
    ),
    "shops.give_it": Texts("Give it to this shop", "Le donner à cette boutique"),
    "shops.valid": Texts("In force", "En vigueur"),
    "shops.over": Texts("Ended", "Terminé"),
    "shops.to_come": Texts("To come", "À venir"),
    "shops.end": Texts("End", "Terminer"),
    "shops.end_on": Texts("From the purchases of this day on", "À partir des achats de ce jour"),
    "shops.end_hint": Texts(
        "Purchases made before stay with the shop; later ones are matched again.",
        "Les achats d'avant restent à la boutique\u00a0; les suivants sont rattachés à nouveau.",
    ),
    "shops.none_named": Texts(
        "No network names this shop: its purchases can only be found by name and place.",
        "Aucun réseau ne nomme cette boutique\u00a0: ses achats ne se trouvent que par le nom et le lieu.",
    ),
    "shops.give": Texts("Add an identifier", "Ajouter un identifiant"),
    "shops.kind": Texts("Network and kind", "Réseau et type"),
    "shops.value": Texts("Identifier, as the network writes it", "Identifiant, tel que le réseau l'écrit"),
    "shops.valid_from": Texts("First day (empty: always was)", "Premier jour (vide\u00a0: depuis toujours)"),
    "shops.valid_until": Texts("First day no longer (empty: still)", "Premier jour exclu (vide\u00a0: en cours)"),
    "shops.give_hint": Texts(
        "Purchases that were told with it are matched again within seconds, and earn as of the day they were made.",
        "Les achats reçus avec lui sont rattachés à nouveau en quelques secondes, et rapportent comme au jour où ils "
        "ont été faits.",
    ),
    "shops.quality_title": Texts(
        "How the last {n} purchases found this shop", "Comment les {n} derniers achats l'ont trouvée"
    ),
    "shops.basis.identifier": Texts("An identifier you gave", "Un identifiant que vous avez donné"),
    "shops.basis.memo": Texts("An identifier that was learned", "Un identifiant appris"),
    "shops.basis.review": Texts("A person's answer", "La réponse d'une personne"),
    "shops.basis.evidence": Texts("Its name and place", "Son nom et son lieu"),
    "shops.basis.receipt": Texts("A claim that was accepted", "Une réclamation acceptée"),
    "shops.basis.checkout": Texts("A sale paid in instalments", "Une vente payée en plusieurs fois"),
    "shops.basis.nothing": Texts("Not known any more", "N'est plus connu"),
    "shops.purchases": Texts("Purchases of this shop", "Achats de cette boutique"),
    "shops.no_purchase": Texts("No purchase yet", "Aucun achat encore"),
    "shops.no_purchase_hint": Texts(
        "As soon as a linked card pays here under one of the identifiers, the purchase stands here.",
        "Dès qu'une carte reliée paie ici sous l'un des identifiants, l'achat s'affiche.",
    ),
    "shops.bought": Texts("Bought", "Achat"),
    "shops.amount": Texts("Amount", "Montant"),
    "shops.found_by": Texts("Found by", "Trouvé par"),
    "shops.descriptor": Texts("As told", "Tel que reçu"),
    "shops.result": Texts("Result", "Résultat"),
    "shops.earned": Texts("Earned", "A rapporté"),
    "done.shops-given": Texts(
        "The identifier leads here. Purchases told with it are being matched.",
        "L'identifiant mène ici. Les achats reçus avec lui sont en cours de rattachement.",
    ),
    "done.shops-ended": Texts("The identifier has an end.", "L'identifiant a une fin."),
    "console.refused.identifier_taken": Texts(
        "This identifier leads to another shop at that time already. End it there first, or choose other days.",
        "Cet identifiant mène déjà à une autre boutique à cette date. Terminez-le d'abord là-bas, ou "
        "changez les jours.",
    ),
    "console.refused.bad_interval": Texts(
        "The end must lie after the beginning, and within the days for which the identifier holds.",
        "La fin doit suivre le début, et tomber dans les jours où l'identifiant vaut.",
    ),
    "console.refused.bad_day": Texts(
        "A day was expected, such as 2026-11-21.", "Un jour était attendu, par exemple 2026-11-21."
    ),
    "console.refused.unknown_identifier": Texts(
        "This identifier was changed or removed meanwhile. Look again.",
        "Cet identifiant a changé ou disparu entre-temps. Regardez à nouveau.",
    ),
    "console.refused.bad_identifier": Texts(
        "Type the identifier exactly as the network writes it: 1 to 128 characters.",
        "Saisissez l'identifiant exactement comme le réseau l'écrit\u00a0: 1 à 128 caractères.",
    ),
}
