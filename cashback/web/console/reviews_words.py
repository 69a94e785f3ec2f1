"""Words of the pages on places that wait for a person."""

from cashback.offers.wording import Texts

REVIEWS_WORDS: dict[str, Texts] = {
    "match.title": Texts("To match", "À rattacher"),
    "match.lead": Texts(
        "Identifiers that lead to no shop, one question each. One answer settles all purchases that wait under it.",
        "Identifiants qui ne mènent à aucune boutique, une question chacun. Une réponse règle tous les achats en "
        "attente sous lui.",
    ),
    "match.question": Texts("Which shop is it?", "Quelle boutique est-ce\u00a0?"),
    "match.label": Texts("As told", "Libellé reçu"),
    "match.identifier": Texts("Identifier", "Identifiant"),
    "match.waiting": Texts("Spend that waits", "Dépense en attente"),
    "match.purchases": Texts("Purchases", "Achats"),
    "match.last_seen": Texts("Last seen", "Vu en dernier"),
    "match.proposal": Texts("Most like", "Le plus proche"),
    "match.why": Texts("Why a person", "Pourquoi une personne"),
    "match.filter": Texts("Label, town or identifier", "Libellé, ville ou identifiant"),
    "match.none": Texts("Nothing waits for you", "Rien ne vous attend"),
    "match.none_hint": Texts(
        "When a payment arrives whose shop nobody can name for sure, it waits here with what was seen of it.",
        "Quand arrive un paiement dont nul ne peut nommer la boutique avec certitude, il attend ici avec ce qui en a "
        "été vu.",
    ),
    "match.off": Texts(
        "Unknown identifiers are not asked of yet", "Les identifiants inconnus ne sont pas encore demandés"
    ),
    "match.off_hint": Texts(
        "Turned on, purchases from that day on whose identifier is unknown wait here, and every answer is remembered. "
        "Nothing is decided without a person.",
        "Une fois activé, les achats à partir de ce jour dont l'identifiant est inconnu attendent ici, et chaque "
        "réponse est retenue. Rien n'est décidé sans une personne.",
    ),
    "match.since": Texts("Purchases from this day on", "Achats à partir de ce jour"),
    "match.turn_on": Texts("Ask of them here", "Les demander ici"),
    "match.lately": Texts("Answered lately", "Réponses récentes"),
    "match.settled": Texts("{purchases} waited", "{purchases} en attente alors"),
    "match.change": Texts("Change", "Modifier"),
    "match.verdict.confirmed": Texts("this shop", "cette boutique"),
    "match.verdict.not_ours": Texts("no shop of the programme", "aucune boutique du programme"),
    "match.verdict.shared": Texts("several places", "plusieurs lieux"),
    "match.verdict.skip": Texts("later", "plus tard"),
    "match.asked": Texts(
        "What was seen, and the shops that it may be with what speaks for each.",
        "Ce qui a été vu, et les boutiques possibles avec ce qui parle pour chacune.",
    ),
    "match.seen": Texts("What was seen", "Ce qui a été vu"),
    "match.town": Texts("Town", "Ville"),
    "match.first_last": Texts("From – to", "Du – au"),
    "match.would": Texts(
        "An answer settles: {purchases}, {amount} in all",
        "Une réponse règle : {purchases}, {amount} en tout",
    ),
    "match.n_purchases.one": Texts("{n} purchase", "{n} achat"),
    "match.n_purchases.other": Texts("{n} purchases", "{n} achats"),
    "match.item": Texts("{field}: {seen}", "{field} : {seen}"),
    "match.rivals.agree": Texts("no other place fits as well", "aucun autre lieu ne convient autant"),
    "match.rivals.conflict": Texts("another place fits as well", "un autre lieu convient autant"),
    "match.rivals.absent": Texts("other places are hardly known", "les autres lieux sont peu connus"),
    "match.newest": Texts("The {n} newest are shown.", "Les {n} plus récents sont affichés."),
    "match.settled_all": Texts(
        "Nothing waits under this identifier. Another answer takes the place of the last one, for the same purchases.",
        "Rien n'attend sous cet identifiant. Une autre réponse remplace la dernière, pour les mêmes achats.",
    ),
    "match.which": Texts("Which shop is it?", "Quelle boutique est-ce\u00a0?"),
    "match.looks_only": Texts(
        "You may look; answering takes a role that changes the programme.",
        "Vous pouvez regarder\u00a0; répondre demande un rôle qui modifie le programme.",
    ),
    "match.expected": Texts("expected: {what}", "attendu\u00a0: {what}"),
    "match.verdict_of.agree": Texts("agrees", "concorde"),
    "match.verdict_of.conflict": Texts("contradicts", "contredit"),
    "match.verdict_of.absent": Texts("says little", "dit peu"),
    "match.outside": Texts("A known place outside the programme", "Un lieu connu hors du programme"),
    "match.no_candidate": Texts(
        "No shop of the programme resembles what was seen.",
        "Aucune boutique du programme ne ressemble à ce qui a été vu.",
    ),
    "match.another": Texts("Another shop", "Une autre boutique"),
    "match.other_hint": Texts("Choose it in the list below.", "Choisissez-la dans la liste ci-dessous."),
    "match.other_shop": Texts("All shops", "Toutes les boutiques"),
    "match.answer.not_ours": Texts("None of our shops", "Aucune de nos boutiques"),
    "match.answer.not_ours_hint": Texts(
        "Purchases under it earn nothing, and it is not asked of again.",
        "Les achats sous lui ne rapportent rien, et il n'est plus demandé.",
    ),
    "match.answer.shared": Texts("Several places use it", "Plusieurs lieux l'utilisent"),
    "match.answer.shared_hint": Texts(
        "Each label under it is then a question of its own.", "Chaque libellé sous lui devient une question à part."
    ),
    "match.answer.skip": Texts("Later", "Plus tard"),
    "match.answer.skip_hint": Texts(
        "It comes back when another purchase waits.", "Il revient dès qu'un autre achat attend."
    ),
    "match.effect": Texts(
        "The purchases are matched within seconds and earn as of the day they were made. The answer can be changed "
        "later.",
        "Les achats sont rattachés en quelques secondes et rapportent comme au jour où ils ont été faits. La réponse "
        "peut être modifiée ensuite.",
    ),
    "match.send": Texts("Answer", "Répondre"),
    "match.earlier": Texts("Answers so far", "Réponses jusqu'ici"),
    "match.since_day": Texts("for purchases since {day}", "pour les achats depuis le {day}"),
    "match.undo_hint": Texts(
        "An answer is never deleted: another one, given above, takes its place for the same purchases.",
        "Une réponse n'est jamais effacée\u00a0: une autre, donnée ci-dessus, la remplace pour les mêmes achats.",
    ),
    "match.why.unknown": Texts("identifier unknown", "identifiant inconnu"),
    "match.why.shared": Texts("several places use it", "plusieurs lieux l'utilisent"),
    "match.why.suspended": Texts("contradicted before", "contredit auparavant"),
    "match.why.contradicted": Texts("contradicts what is known", "contredit ce qui est connu"),
    "match.why.identifiers_disagree": Texts(
        "its identifiers lead to two shops", "ses identifiants mènent à deux boutiques"
    ),
    "match.why.tie": Texts("two shops fit as well", "deux boutiques conviennent autant"),
    "match.why.conflict": Texts("something contradicts", "quelque chose contredit"),
    "match.why.no_place": Texts("the place is not told", "le lieu n'est pas dit"),
    "match.why.list_incomplete": Texts(
        "another shop of the brand may be there", "une autre boutique de l'enseigne peut s'y trouver"
    ),
    "match.why.name": Texts("the name hardly fits", "le nom convient à peine"),
    "match.why.head_office": Texts("the town is the head office's", "la ville est celle du siège"),
    "match.why.unsure": Texts("not certain enough", "pas assez certain"),
    "match.why.category": Texts("another trade", "une autre activité"),
    "match.why.no_name": Texts("no name was told", "aucun nom n'est dit"),
    "match.why.nothing_alike": Texts("no name resembles it", "aucun nom ne lui ressemble"),
    "match.why.unlikely": Texts("unlikely", "peu probable"),
    "match.against.another_shop": Texts("evidence for another shop", "des indices pour une autre boutique"),
    "match.against.rival": Texts("a known place outside", "un lieu connu hors programme"),
    "match.against.country": Texts("another country", "un autre pays"),
    "match.against.online": Texts("online", "en ligne"),
    "match.against.category": Texts("another trade", "une autre activité"),
    "match.against.name": Texts("another name", "un autre nom"),
    "match.against.town": Texts("another town", "une autre ville"),
    "match.field.name": Texts("Name", "Nom"),
    "match.field.town": Texts("Town", "Ville"),
    "match.field.postcode": Texts("Postcode", "Code postal"),
    "match.field.centre": Texts("Centre", "Centre"),
    "match.field.store_number": Texts("Store number", "Numéro de magasin"),
    "match.field.coordinates": Texts("Coordinates", "Coordonnées"),
    "match.field.district": Texts("District", "Arrondissement"),
    "match.field.category": Texts("Trade", "Activité"),
    "match.field.facilitator": Texts("Payment facilitator", "Intermédiaire de paiement"),
    "match.field.online": Texts("Online", "En ligne"),
    "match.field.country": Texts("Country", "Pays"),
    "match.field.rivals": Texts("Others alike", "Autres semblables"),
    "done.match-answered": Texts(
        "Answered. The purchases that waited are being matched.", "Répondu. Les achats en attente sont rattachés."
    ),
    "done.match-skipped": Texts("Left for later.", "Laissé pour plus tard."),
    "done.match-on": Texts(
        "Unknown identifiers are asked of here from now on.", "Les identifiants inconnus sont désormais demandés ici."
    ),
    "console.refused.no_answer": Texts("Choose an answer first.", "Choisissez d'abord une réponse."),
    "console.refused.no_shop": Texts("Choose which shop it is.", "Choisissez quelle boutique c'est."),
    "console.refused.being_settled": Texts(
        "An earlier answer is being settled. Wait a few seconds and look again.",
        "Une réponse précédente est en cours. Attendez quelques secondes et regardez à nouveau.",
    ),
    "console.refused.matching_off": Texts(
        "Asking of unknown identifiers is turned off.", "La demande des identifiants inconnus est désactivée."
    ),
}
