"""Words of the pages of offers: the list, one offer, its approval, its results, budgets."""

from cashback.offers.wording import Texts

OFFERS_WORDS: dict[str, Texts] = {
    "console.offers.create": Texts("Create an offer", "Créer une offre"),
    "console.offers.new": Texts("New offer", "Nouvelle offre"),
    "console.offers.edit": Texts("Change the offer {code}", "Modifier l'offre {code}"),
    "console.offers.change": Texts("Change", "Modifier"),
    "console.offers.duplicate": Texts("Duplicate", "Dupliquer"),
    "console.offers.copy_of": Texts("{name} (copy)", "{name} (copie)"),
    "console.offers.back_to_offer": Texts("Back to the offer", "Retour à l'offre"),
    "console.offers.by_state": Texts("Offers by state", "Offres par état"),
    "console.offers.search": Texts("Name or code", "Nom ou code"),
    "console.offers.none": Texts("No offer yet", "Pas encore d'offre"),
    "console.offers.none_hint": Texts(
        "An offer says which purchases earn what. Begin with a template: you see what it would have cost before "
        "anybody else sees it.",
        "Une offre dit quels achats rapportent quoi. Partez d'un modèle\u00a0: vous voyez ce qu'elle aurait coûté "
        "avant que quiconque ne la voie.",
    ),
    "console.offers.templates": Texts("Templates", "Modèles"),
    "console.offers.template.percent": Texts("A percentage from an amount on", "Un pourcentage dès un montant"),
    "console.offers.template.percent_hint": Texts(
        "5% back from €30, at most €10 per purchase.", "5 % remboursés dès 30 €, au plus 10 € par achat."
    ),
    "console.offers.template.visits": Texts("Every fifth visit", "Toutes les cinq visites"),
    "console.offers.template.visits_hint": Texts(
        "A stamp card: the fifth purchase of €8 or more in a month gives €3.",
        "Une carte à tampons\u00a0: le cinquième achat de 8 € ou plus du mois donne 3 €.",
    ),
    "console.offers.template.weekday": Texts("A quiet day", "Un jour calme"),
    "console.offers.template.weekday_hint": Texts(
        "2.5% back on Tuesdays from €20.", "2,5 % remboursés le mardi dès 20 €."
    ),
    # -- the list
    "console.offers.column.offer": Texts("Offer", "Offre"),
    "console.offers.column.state": Texts("State", "État"),
    "console.offers.column.gives": Texts("Gives", "Donne"),
    "console.offers.column.period": Texts("Period", "Période"),
    "console.offers.column.budget": Texts("Budget used", "Budget utilisé"),
    "console.offers.column.given": Texts("Given", "Donné"),
    "console.offers.column.purchases": Texts("Purchases", "Achats"),
    "console.offers.column.return": Texts("Sales per unit", "Ventes par unité"),
    "console.offers.column.owner": Texts("Author", "Auteur"),
    "console.offers.column.left": Texts("Left", "Reste"),
    "console.offers.column.share": Texts("Share used", "Part utilisée"),
    "console.offers.column.ends": Texts("Used up on", "Épuisé le"),
    "console.offers.column.funders": Texts("Paid by", "Payé par"),
    "console.offers.state.draft": Texts("Draft", "Brouillon"),
    "console.offers.state.to_approve": Texts("To approve", "À approuver"),
    "console.offers.state.back": Texts("Changes requested", "À revoir"),
    "console.offers.state.rejected": Texts("Rejected", "Refusée"),
    "console.offers.state.cancelled": Texts("Cancelled", "Annulée"),
    "console.offers.state.scheduled": Texts("Scheduled", "Programmée"),
    "console.offers.state.live": Texts("Live", "En cours"),
    "console.offers.state.paused": Texts("Paused", "En pause"),
    "console.offers.state.ended": Texts("Ended", "Terminée"),
    "console.offers.also": Texts("also: {state}", "aussi\u00a0: {state}"),
    "console.offers.no_budget": Texts("no budget", "sans budget"),
    "console.offers.no_budget_long": Texts("This offer has no budget", "Cette offre n'a pas de budget"),
    "console.offers.of_budget": Texts("of {amount}", "de {amount}"),
    "console.offers.share_of_budget": Texts("{share} of the budget of {amount}", "{share} du budget de {amount}"),
    "console.offers.always": Texts("since ever", "depuis toujours"),
    "console.offers.from_day": Texts("from {day}", "depuis le {day}"),
    "console.offers.until_day": Texts("until {day}", "jusqu'au {day}"),
    "console.offers.from_until": Texts("{first} to {last}", "du {first} au {last}"),
    # -- one offer
    "console.offers.written_by": Texts("last written by {who}", "rédigée en dernier par {who}"),
    "console.offers.waits": Texts("A change waits for approval", "Une modification attend d'être approuvée"),
    "console.offers.open_approval": Texts("Read it and answer", "La lire et y répondre"),
    "console.offers.plain_words": Texts("In plain words", "En clair"),
    "console.offers.drafted": Texts("As drafted", "Selon le brouillon"),
    "console.offers.preview": Texts("What members see", "Ce que voient les membres"),
    "console.offers.story": Texts("History", "Historique"),
    "console.offers.exact": Texts("Exact fields", "Champs exacts"),
    "console.offers.no_results": Texts(
        "Results show up here once the offer is live.", "Les résultats s'afficheront ici une fois l'offre en cours."
    ),
    "console.offers.reason": Texts("Reason", "Motif"),
    "console.offers.optional": Texts("(optional)", "(facultatif)"),
    "console.offers.move.pause": Texts("Pause", "Mettre en pause"),
    "console.offers.move.pause_hint": Texts(
        "Purchases from now on do not earn by it until it is resumed. What was earned stays.",
        "Les achats à partir de maintenant ne rapportent plus jusqu'à la reprise. Ce qui est gagné le reste.",
    ),
    "console.offers.move.pause_now": Texts("Pause now", "Mettre en pause maintenant"),
    "console.offers.move.resume": Texts("Resume", "Reprendre"),
    "console.offers.move.cancel": Texts("Cancel what is to begin", "Annuler ce qui doit commencer"),
    "console.offers.move.end": Texts("End", "Terminer"),
    "console.offers.move.end_hint": Texts(
        "It ends for good. What was promised until now stays promised.",
        "Elle se termine pour de bon. Ce qui a été promis jusqu'ici reste promis.",
    ),
    "console.offers.move.end_now": Texts("End now", "Terminer maintenant"),
    "console.offers.move.stop": Texts("Emergency stop", "Arrêt d'urgence"),
    "console.offers.move.stop_hint": Texts(
        "Closes what is live and cancels what is to come, at once, without a second person. Say why.",
        "Ferme ce qui est en cours et annule ce qui doit venir, aussitôt, sans deuxième personne. Dites pourquoi.",
    ),
    "console.offers.move.stop_now": Texts("Stop now", "Arrêter maintenant"),
    "console.offers.did.drafted": Texts("Draft written", "Brouillon rédigé"),
    "console.offers.did.submitted": Texts("Sent for approval", "Envoyée pour approbation"),
    "console.offers.did.changes_requested": Texts("Changes requested", "Modifications demandées"),
    "console.offers.did.rejected": Texts("Rejected", "Refusée"),
    "console.offers.did.approved": Texts("Approved", "Approuvée"),
    "console.offers.did.published": Texts("Published by a programme file", "Publiée par un fichier de programme"),
    "console.offers.did.paused": Texts("Paused", "Mise en pause"),
    "console.offers.did.resumed": Texts("Resumed", "Reprise"),
    "console.offers.did.ended": Texts("Ended", "Terminée"),
    "console.offers.did.cancelled": Texts("Cancelled before it began", "Annulée avant son début"),
    "console.offers.did.stopped": Texts("Stopped", "Arrêtée"),
    # -- approval
    "console.offers.approval": Texts("Approval of “{name}”", "Approbation de «\u00a0{name}\u00a0»"),
    "console.offers.drafted_by": Texts("Drafted by {who}.", "Rédigé par {who}."),
    "console.offers.sent_by": Texts("Sent by {who}.", "Envoyé par {who}."),
    "console.offers.stale": Texts("What is live has changed since", "Ce qui est en cours a changé depuis"),
    "console.offers.stale_hint": Texts(
        "This draft was written over something else. It cannot be approved: its author opens it and sends it again.",
        "Ce brouillon a été rédigé sur autre chose. Il ne peut être approuvé\u00a0: son auteur le rouvre et le "
        "renvoie.",
    ),
    "console.offers.before_after": Texts("Before and after", "Avant et après"),
    "console.offers.part": Texts("Part", "Partie"),
    "console.offers.before": Texts("Live now", "En cours"),
    "console.offers.after": Texts("As drafted", "Selon le brouillon"),
    "console.offers.changed": Texts("changed", "modifié"),
    "console.offers.nothing": Texts("nothing", "rien"),
    "console.offers.part.name": Texts("Name", "Nom"),
    "console.offers.part.promise": Texts("Promise", "Promesse"),
    "console.offers.part.gives": Texts("Gives", "Donne"),
    "console.offers.part.when": Texts("When", "Lorsque"),
    "console.offers.part.limits": Texts("Limits", "Limites"),
    "console.offers.part.budget": Texts("Budget", "Budget"),
    "console.offers.part.hold": Texts("Wait", "Attente"),
    "console.offers.part.holdout": Texts("Hold-out", "Groupe témoin"),
    "console.offers.part.group": Texts("Beside others", "À côté des autres"),
    "console.offers.part.funding": Texts("Who pays", "Qui paie"),
    "console.offers.part.expiry": Texts("Expiry", "Expiration"),
    "console.offers.answer": Texts("Your answer", "Votre réponse"),
    "console.offers.own": Texts(
        "You had a hand in this: another person decides.",
        "Vous y avez pris part\u00a0: une autre personne décide.",
    ),
    "console.offers.may_not_answer": Texts(
        "An approver answers; your role does not.", "Un approbateur répond\u00a0; votre rôle ne le permet pas."
    ),
    "console.offers.not_sent": Texts(
        "This draft has not been sent for approval yet.", "Ce brouillon n'a pas encore été envoyé pour approbation."
    ),
    "console.offers.not_replayed": Texts(
        "The cost of these very terms was not tried on past purchases.",
        "Le coût de ces conditions précises n'a pas été rejoué sur les achats passés.",
    ),
    "console.offers.starts_at": Texts("Begins (empty: now)", "Début (vide\u00a0: maintenant)"),
    "console.offers.ends_at": Texts("Ends (empty: no end)", "Fin (vide\u00a0: sans fin)"),
    "console.offers.times_of": Texts("Times of {zone}", "Heures de {zone}"),
    "console.offers.comment_answer": Texts("Comment", "Commentaire"),
    "console.offers.approve": Texts("Approve", "Approuver"),
    "console.offers.request_changes": Texts("Request changes", "Demander des modifications"),
    "console.offers.reject": Texts("Reject", "Refuser"),
    "console.offers.answer_hint": Texts(
        "Requesting changes and rejecting need a comment. Nothing is shown to members before you approve.",
        "Demander des modifications ou refuser exige un commentaire. Rien n'est montré aux membres avant votre accord.",
    ),
    "console.offers.decided": Texts("This has been decided already", "C'est déjà décidé"),
    # -- results
    "console.offers.results": Texts("Results", "Résultats"),
    "console.offers.tile.given": Texts("Given so far", "Donné jusqu'ici"),
    "console.offers.tile.purchases": Texts("Purchases rewarded", "Achats récompensés"),
    "console.offers.tile.average": Texts("{amount} on average", "{amount} en moyenne"),
    "console.offers.tile.sales": Texts("Sales of these purchases", "Ventes de ces achats"),
    "console.offers.tile.sales_hint": Texts("net of refunds", "net des remboursements"),
    "console.offers.tile.newcomers": Texts("First purchase in the shop", "Premier achat dans la boutique"),
    "console.offers.tile.newcomers_hint": Texts("share of these purchases", "part de ces achats"),
    "console.offers.newcomers": Texts(
        "{new} purchases of people new to the shop, {old} of people who came back",
        "{new} achats de personnes nouvelles dans la boutique, {old} de personnes qui reviennent",
    ),
    "console.offers.effect": Texts("What it changed", "Ce qu'elle a changé"),
    "console.offers.effect.unmeasured": Texts("Not measured yet", "Pas encore mesuré"),
    "console.offers.effect.few.holdout": Texts(
        "Nobody is held out of this offer, so its effect cannot be told from chance. Give it a hold-out of some per "
        "cent.",
        "Personne n'est exclu de cette offre\u00a0: son effet ne peut être distingué du hasard. Donnez-lui un groupe "
        "témoin de quelques pour cent.",
    ),
    "console.offers.effect.few.members": Texts(
        "Too early: {have} of {want} members in the smaller group",
        "Trop tôt\u00a0: {have} membres sur {want} dans le plus petit groupe",
    ),
    "console.offers.effect.few.buyers": Texts(
        "Too early: {have} of {want} members of the smaller group have bought",
        "Trop tôt\u00a0: {have} membres sur {want} du plus petit groupe ont acheté",
    ),
    "console.offers.effect.share": Texts(
        "{value} spend per member against the hold-out (95% interval {low} to {high})",
        "{value} de dépense par membre face au groupe témoin (intervalle à 95 % de {low} à {high})",
    ),
    "console.offers.effect.sales": Texts(
        "That is {value} more sales (from {low} to {high}).", "Soit {value} de ventes en plus (de {low} à {high})."
    ),
    "console.offers.effect.return": Texts(
        "{value} more sales for each {one} given (from {low} to {high}).",
        "{value} de ventes en plus pour {one} donné (de {low} à {high}).",
    ),
    "console.offers.effect.of": Texts(
        "{reached} members may receive it, {held} are held out.",
        "{reached} membres peuvent la recevoir, {held} en sont exclus.",
    ),
    "console.offers.measuring": Texts("Being measured", "Mesure en cours"),
    "console.offers.steps": Texts("From members to rewards", "Des membres aux récompenses"),
    "console.offers.step.reached": Texts("May receive it", "Peuvent la recevoir"),
    "console.offers.step.activated": Texts("Activated it", "L'ont activée"),
    "console.offers.step.bought": Texts("Bought in its shops", "Ont acheté dans ses boutiques"),
    "console.offers.step.earned": Texts("Earned by it", "Ont gagné grâce à elle"),
    "console.offers.no_steps": Texts("Not measured yet", "Pas encore mesuré"),
    "console.offers.chart": Texts("Given day by day", "Donné jour par jour"),
    "console.offers.chart_line": Texts("Given", "Donné"),
    "console.offers.chart_said": Texts("{total} from {first} to {last}", "{total} du {first} au {last}"),
    "console.offers.no_days": Texts(
        "A line shows up here after the second day with a reward.",
        "Une courbe s'affichera ici après le deuxième jour avec une récompense.",
    ),
    "console.offers.data": Texts("Data table", "Tableau des données"),
    "console.offers.day": Texts("Day", "Jour"),
    "console.offers.shops": Texts("Shops that gave most", "Boutiques qui ont le plus donné"),
    "console.offers.shop": Texts("Shop", "Boutique"),
    "console.offers.as_of": Texts("Counted {when}", "Compté {when}"),
    # -- budgets
    "console.offers.budgets": Texts("Budgets of offers", "Budgets des offres"),
    "console.offers.budgets_lead": Texts(
        "What each offer may give in all, what it has given, and when it is used up at the pace of the last two weeks.",
        "Ce que chaque offre peut donner au total, ce qu'elle a donné, et quand elle sera épuisée au rythme des deux "
        "dernières semaines.",
    ),
    "console.offers.budgets_soon.one": Texts(
        "{n} budget is used up or soon will be", "{n} budget est épuisé ou le sera bientôt"
    ),
    "console.offers.budgets_soon.other": Texts(
        "{n} budgets are used up or soon will be", "{n} budgets sont épuisés ou le seront bientôt"
    ),
    "console.offers.budget.none": Texts("No offer has a budget", "Aucune offre n'a de budget"),
    "console.offers.budget.none_hint": Texts(
        "Give an offer a budget in its editor: it is never exceeded, and its use shows up here.",
        "Donnez un budget à une offre dans son éditeur\u00a0: il n'est jamais dépassé, et son usage s'affiche ici.",
    ),
    "console.offers.budget.enough": Texts("Enough", "Suffisant"),
    "console.offers.budget.low": Texts("Soon used up", "Bientôt épuisé"),
    "console.offers.budget.used": Texts("Used up", "Épuisé"),
    "console.offers.budget.over": Texts("Offer ended", "Offre terminée"),
    "console.offers.at_pace": Texts("at the present pace", "au rythme actuel"),
    "console.offers.funder.operator": Texts("the operator", "l'exploitant"),
    "console.offers.funder.shop": Texts("the shop", "la boutique"),
    "console.offers.funder.brand": Texts("the brand", "l'enseigne"),
    # -- done
    "done.offer_save": Texts("The draft is saved", "Le brouillon est enregistré"),
    "done.offer_submit": Texts("The draft was sent for approval", "Le brouillon est envoyé pour approbation"),
    "done.offer_approve": Texts("The offer is approved", "L'offre est approuvée"),
    "done.offer_request_changes": Texts("The draft was sent back", "Le brouillon est renvoyé à son auteur"),
    "done.offer_reject": Texts("The draft was rejected", "Le brouillon est refusé"),
    "done.offer_pause": Texts("The offer is paused", "L'offre est en pause"),
    "done.offer_resume": Texts("The offer is live again", "L'offre est de nouveau en cours"),
    "done.offer_end": Texts("The offer has ended", "L'offre est terminée"),
    "done.offer_cancel": Texts("What was to begin is cancelled", "Ce qui devait commencer est annulé"),
    "done.offer_stop": Texts("The offer is stopped", "L'offre est arrêtée"),
    # -- refused
    "console.refused.offer_revision": Texts(
        "Somebody changed this offer since you opened the page. What you see now is as it is: read it again, then "
        "decide.",
        "Quelqu'un a modifié cette offre depuis que vous avez ouvert la page. Vous voyez maintenant son état "
        "actuel\u00a0: relisez-la, puis décidez.",
    ),
    "console.refused.offer_move": Texts(
        "That is not possible from the state it is in: it has been decided or moved already.",
        "Ce n'est pas possible depuis son état actuel\u00a0: c'est déjà décidé ou déplacé.",
    ),
    "console.refused.offer_stale": Texts(
        "What the draft was written over is no longer live: its author opens it and sends it again.",
        "Ce sur quoi le brouillon a été rédigé n'est plus en cours\u00a0: son auteur le rouvre et le renvoie.",
    ),
    "console.refused.offer_over": Texts(
        "Its planned end passed while it was paused: have a change approved with another end.",
        "Sa fin prévue est passée pendant la pause\u00a0: faites approuver une modification avec une autre fin.",
    ),
    "console.refused.four_eyes": Texts(
        "You have had a hand in it before: another person has to agree.",
        "Vous y avez déjà participé\u00a0: une autre personne doit accepter.",
    ),
    "console.refused.offer_asset": Texts(
        "An offer keeps what it rewards: make another offer for another asset.",
        "Une offre garde ce qu'elle donne\u00a0: créez-en une autre pour un autre actif.",
    ),
    "console.refused.offer_budget": Texts(
        "The budget counts for all versions and would change before it begins: approve it without a beginning, or keep "
        "the budget.",
        "Le budget vaut pour toutes les versions et changerait avant le début\u00a0: approuvez sans date de début, ou "
        "gardez le budget.",
    ),
    "console.refused.ends_at": Texts(
        "The end lies before the beginning: choose a later end.",
        "La fin précède le début\u00a0: choisissez une fin plus tardive.",
    ),
    "console.refused.bad_time": Texts(
        "Beginning and end are a day and a time, such as 2026-12-01 08:00.",
        "Le début et la fin sont un jour et une heure, par exemple 01/12/2026 08:00.",
    ),
    "console.refused.reason": Texts(
        "Say why, in at most 500 characters.", "Dites pourquoi, en 500 caractères au plus."
    ),
}
