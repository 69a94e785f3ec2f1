"""Words of the editor of an offer: its fields, what is wrong with them, what it would have cost."""

from cashback.offers.wording import Texts

OFFERS_EDITOR_WORDS: dict[str, Texts] = {
    "console.offers.editor_lead": Texts(
        "A draft until a second person approves it.", "Un brouillon jusqu'à ce qu'une deuxième personne l'approuve."
    ),
    "console.offers.unsaved": Texts(
        "This draft is not saved. Leave all the same?", "Ce brouillon n'est pas enregistré. Quitter quand même\u00a0?"
    ),
    "console.offers.refresh": Texts("Refresh the form", "Actualiser le formulaire"),
    "console.offers.withdraws": Texts(
        "This draft waits for approval. Saving another one withdraws it.",
        "Ce brouillon attend d'être approuvé. En enregistrer un autre le retire.",
    ),
    "console.offers.names": Texts("What members read", "Ce que lisent les membres"),
    "console.offers.f.name.en": Texts("Name in English", "Nom en anglais"),
    "console.offers.f.name.fr": Texts("Name in French", "Nom en français"),
    "console.offers.f.promise.en": Texts("Promise in English", "Promesse en anglais"),
    "console.offers.f.promise.fr": Texts("Promise in French", "Promesse en français"),
    "console.offers.f.code": Texts("Code", "Code"),
    "console.offers.f.code_hint": Texts(
        "Never changes. Left empty, it is made of the name.", "Ne change jamais. Laissé vide, il est tiré du nom."
    ),
    "console.offers.code_is": Texts("Code {code}, which never changes", "Code {code}, qui ne change jamais"),
    "console.offers.when": Texts("When a purchase meets all of these", "Lorsqu'un achat remplit tout ceci"),
    "console.offers.and": Texts("and", "et"),
    "console.offers.currency": Texts("Currency of the purchase", "Devise de l'achat"),
    "console.offers.is": Texts("is", "est"),
    "console.offers.fixed": Texts("always asked", "toujours exigé"),
    "console.offers.condition_n": Texts("Condition {n}", "Condition {n}"),
    "console.offers.operator": Texts("Operator", "Opérateur"),
    "console.offers.remove": Texts("Remove", "Retirer"),
    "console.offers.remove_what": Texts("Remove the condition {what}", "Retirer la condition {what}"),
    "console.offers.remove_limit": Texts("Remove limit {n}", "Retirer la limite {n}"),
    "console.offers.add_condition": Texts("Add a condition", "Ajouter une condition"),
    "console.offers.add": Texts("Add", "Ajouter"),
    "console.offers.add_to": Texts("Add to {what}", "Ajouter à {what}"),
    "console.offers.type_name": Texts("Type a name", "Saisissez un nom"),
    "console.offers.pick": Texts("Add", "Ajouter"),
    "console.offers.and_more": Texts("and {n} more", "et {n} de plus"),
    "console.offers.from_time": Texts("From, range", "De, plage"),
    "console.offers.to_time": Texts("To, range", "À, plage"),
    "console.offers.step_from": Texts("From", "Dès"),
    "console.offers.step_rate": Texts("Rate", "Taux"),
    "console.offers.more_steps": Texts("Add a step", "Ajouter un palier"),
    "console.offers.more_choices": Texts("More choices", "Plus de choix"),
    "console.offers.then": Texts("Then give", "Alors donner"),
    "console.offers.reward": Texts("Reward", "Récompense"),
    "console.offers.limits": Texts("At most", "Au plus"),
    "console.offers.add_limit": Texts("Add a limit", "Ajouter une limite"),
    "console.offers.times": Texts("times", "fois"),
    "console.offers.limit.measure": Texts("Counted", "Compté"),
    "console.offers.limit.at_most": Texts("At most", "Au plus"),
    "console.offers.limit.per": Texts("For whom", "Pour qui"),
    "console.offers.limit.period": Texts("Period", "Période"),
    "console.offers.limit.over": Texts("When only a part is left", "S'il ne reste qu'une partie"),
    "console.offers.unit.days": Texts("days", "jours"),
    "console.offers.f.budget": Texts("Budget", "Budget"),
    "console.offers.f.hold_days": Texts("Wait after collection", "Attente après encaissement"),
    "console.offers.f.holdout": Texts("Hold-out", "Groupe témoin"),
    "console.offers.f.holdout_hint": Texts(
        "Members held out do not receive the offer, so that its effect can be told from chance. Empty: everybody gets "
        "it.",
        "Les membres du groupe témoin ne reçoivent pas l'offre, pour distinguer son effet du hasard. Vide\u00a0: tous "
        "la reçoivent.",
    ),
    "console.offers.programme_holdout": Texts(
        "The programme holds out {share} of members from every offer besides.",
        "Le programme exclut en outre {share} des membres de toute offre.",
    ),
    "console.offers.more": Texts("Who pays, rivals, expiry", "Qui paie, concurrence, expiration"),
    "console.offers.who_pays": Texts("Who pays", "Qui paie"),
    "console.offers.f.f.operator": Texts("The operator", "L'exploitant"),
    "console.offers.f.f.operator_hint": Texts(
        "The shares add up to 100%. All empty: the operator pays.",
        "Les parts font 100 % en tout. Toutes vides\u00a0: l'exploitant paie.",
    ),
    "console.offers.f.f.shop": Texts("The shop", "La boutique"),
    "console.offers.f.f.brand": Texts("The brand", "L'enseigne"),
    "console.offers.f.commission": Texts("Commission on others' part", "Commission sur la part des autres"),
    "console.offers.beside_others": Texts("Beside other offers", "À côté des autres offres"),
    "console.offers.f.group": Texts("Group", "Groupe"),
    "console.offers.f.group_hint": Texts(
        "Offers of one group exclude each other; of two that stack as different things both are given. Without a "
        "group, offers that give the same asset compete.",
        "Les offres d'un groupe s'excluent\u00a0; deux qui se cumulent comme des choses différentes sont données "
        "toutes deux. Sans groupe, les offres qui donnent le même actif sont concurrentes.",
    ),
    "console.offers.f.stacks_as": Texts("Stacks as", "Se cumule comme"),
    "console.offers.f.priority": Texts("Priority", "Priorité"),
    "console.offers.ending": Texts("Expiry of the reward", "Expiration de la récompense"),
    "console.offers.f.expires": Texts("Expires after", "Expire après"),
    "console.offers.f.notice": Texts("Told before", "Annoncé avant"),
    "console.offers.comment": Texts("Word to the approver", "Mot à l'approbateur"),
    "console.offers.send": Texts("Send for approval", "Envoyer pour approbation"),
    "console.offers.save": Texts("Save the draft", "Enregistrer le brouillon"),
    "console.offers.second_person": Texts(
        "Nothing is shown to members before a second person approves.",
        "Rien n'est montré aux membres avant l'accord d'une deuxième personne.",
    ),
    "console.offers.to_mend": Texts(
        "The sentence and the cost show up once these are mended ({n}):",
        "La phrase et le coût s'affichent une fois ceci corrigé ({n})\u00a0:",
    ),
    # -- the cost
    "console.offers.days.one": Texts("{n} day", "{n} jour"),
    "console.offers.days.other": Texts("{n} days", "{n} jours"),
    "console.offers.replay": Texts("Tried on past purchases", "Rejouée sur les achats passés"),
    "console.offers.replay_of": Texts("Tried on the last {days}", "Rejouée sur les {days} passés"),
    "console.offers.replay_hint": Texts(
        "See what this offer would have cost, by the engine's own rules.",
        "Voyez ce que cette offre aurait coûté, selon les règles mêmes du moteur.",
    ),
    "console.offers.replaying": Texts("Purchases are being tried", "Les achats sont rejoués"),
    "console.offers.replaying_of": Texts("({done} of {total} members)", "({done} membres sur {total})"),
    "console.offers.replay_lost": Texts(
        "The trial stopped before its end. Start it again.", "L'essai s'est arrêté avant la fin. Relancez-le."
    ),
    "console.offers.replay_failed": Texts("The trial was not possible", "L'essai n'a pas été possible"),
    "console.offers.replay_older": Texts(
        "Of earlier terms, tried {when}", "De conditions précédentes, rejouées {when}"
    ),
    "console.offers.replayed_at": Texts("Tried {when}", "Rejouée {when}"),
    "console.offers.replay_now": Texts("Try it now", "Rejouer maintenant"),
    "console.offers.replay_again": Texts("Try again", "Rejouer"),
    "console.offers.look_back": Texts("Look back", "Regarder sur"),
    "console.offers.cost": Texts("Would have cost", "Aurait coûté"),
    "console.offers.cost_range": Texts("between {low} and {high}", "entre {low} et {high}"),
    "console.offers.cost_purchases": Texts("Purchases that would earn", "Achats récompensés"),
    "console.offers.cost_share": Texts("{share} of all", "{share} du total"),
    "console.offers.cost_members": Texts("Members", "Membres"),
    "console.offers.cost_net": Texts("All offers together", "Toutes offres réunies"),
    "console.offers.paid_by": Texts("Paid by {who}", "Payé par {who}"),
    "console.offers.budget_lasts": Texts(
        "The budget lasts; {left} would be left", "Le budget suffit\u00a0; il resterait {left}"
    ),
    "console.offers.budget_ends": Texts(
        "The budget would be used up on {day}; {more} more would have been asked for",
        "Le budget serait épuisé le {day}\u00a0; {more} de plus auraient été demandés",
    ),
    "console.offers.over_budget": Texts(
        "{granted} are given already: the budget cannot be less",
        "{granted} sont déjà donnés\u00a0: le budget ne peut être moindre",
    ),
    "console.offers.overlaps": Texts("Where it met other offers", "Où elle a croisé d'autres offres"),
    "console.offers.overlap": Texts(
        "{both} purchases in common: it wins {wins}, gives way {loses}",
        "{both} achats en commun\u00a0: elle l'emporte {wins} fois, cède {loses} fois",
    ),
    "console.offers.rivals": Texts("Rival offers", "Offres concurrentes"),
    "console.offers.no_rivals": Texts("No offer excludes it", "Aucune offre ne l'exclut"),
    "console.offers.rival.better": Texts(
        "– the better one for the member is given", "– la meilleure pour le membre est donnée"
    ),
    "console.offers.rival.wins": Texts("– this one comes first", "– celle-ci passe avant"),
    "console.offers.rival.loses": Texts("– the other one comes first", "– l'autre passe avant"),
    # -- what is wrong
    "console.offers.problem.number": Texts("Expected a number such as 30", "Attendu\u00a0: un nombre, par exemple 30"),
    "console.offers.problem.rate": Texts(
        "Expected a percentage with at most two decimals, such as 2.5",
        "Attendu\u00a0: un pourcentage à deux décimales au plus, par exemple 2,5",
    ),
    "console.offers.problem.taken": Texts(
        "The code {code} is taken: choose another", "Le code {code} est pris\u00a0: choisissez-en un autre"
    ),
    "console.offers.problem.needed": Texts("This is needed", "Ceci est nécessaire"),
    "console.offers.problem.bigger": Texts("Expected more than {n}", "Attendu\u00a0: plus de {n}"),
    "console.offers.problem.at_least": Texts("Expected {n} or more", "Attendu\u00a0: {n} ou plus"),
    "console.offers.problem.smaller": Texts("Expected less than {n}", "Attendu\u00a0: moins de {n}"),
    "console.offers.problem.at_most": Texts("Expected {n} or less", "Attendu\u00a0: {n} ou moins"),
    "console.offers.problem.whole": Texts("Expected a whole number", "Attendu\u00a0: un nombre entier"),
    "console.offers.problem.amount": Texts(
        "Expected an amount of {currency} such as 10.00", "Attendu\u00a0: un montant en {currency}, par exemple 10,00"
    ),
    "console.offers.problem.decimals": Texts("At most {n} decimals", "{n} décimales au plus"),
    "console.offers.problem.too_long": Texts("At most {n} characters", "{n} caractères au plus"),
    "console.offers.problem.code": Texts(
        "Letters, digits, dots and hyphens, beginning with a letter or digit",
        "Lettres, chiffres, points et traits d'union, en commençant par une lettre ou un chiffre",
    ),
    "console.offers.problem.time": Texts(
        "Expected a time such as 17:00", "Attendu\u00a0: une heure, par exemple 17:00"
    ),
    "console.offers.problem.same_times": Texts(
        "Both times are {at}; a whole day is 00:00 to 00:00 of the next",
        "Les deux heures sont {at}\u00a0; une journée entière va de 00:00 à 00:00 le lendemain",
    ),
    "console.offers.problem.overlap": Texts(
        "Two ranges overlap: merge them", "Deux plages se chevauchent\u00a0: fusionnez-les"
    ),
    "console.offers.problem.twice": Texts("{what} stands twice", "{what} figure deux fois"),
    "console.offers.problem.days": Texts(
        "Give a first day, a last day or both", "Donnez un premier jour, un dernier ou les deux"
    ),
    "console.offers.problem.order": Texts("The last day lies before the first", "Le dernier jour précède le premier"),
    "console.offers.problem.cap": Texts("The cap lies below the minimum", "Le plafond est inférieur au minimum"),
    "console.offers.problem.money": Texts(
        "A percentage gives money; choose units per amount for this asset",
        "Un pourcentage donne de l'argent\u00a0; choisissez des unités par montant pour cet actif",
    ),
    "console.offers.problem.steps": Texts(
        "Each step begins above the one before", "Chaque palier commence au-dessus du précédent"
    ),
    "console.offers.problem.falling": Texts(
        "A rate on all of the purchase may not fall", "Un taux sur tout l'achat ne peut pas baisser"
    ),
    "console.offers.problem.lapsed": Texts(
        "Say for how many days nothing was bought", "Dites depuis combien de jours rien n'a été acheté"
    ),
    "console.offers.problem.new": Texts(
        "A new customer never bought there: leave the days empty",
        "Un nouveau client n'y a jamais acheté\u00a0: laissez les jours vides",
    ),
    "console.offers.problem.same_limit": Texts("This limit stands twice", "Cette limite figure deux fois"),
    "console.offers.problem.shares": Texts("The shares do not add up to 100%", "Les parts ne font pas 100 %"),
    "console.offers.problem.stacks": Texts("Stacking takes a group", "Se cumuler suppose un groupe"),
    "console.offers.problem.notice": Texts("Telling before takes an expiry", "Annoncer avant suppose une expiration"),
    "console.offers.problem.notice_fewer": Texts(
        "Tell fewer days before than it takes to expire", "Annoncez moins de jours avant que la durée d'expiration"
    ),
    "console.offers.problem.unknown": Texts("The programme knows no {what}", "Le programme ne connaît pas {what}"),
    "console.offers.problem.maximum": Texts(
        "The maximum {high} lies below the minimum {low}: it would never give",
        "Le maximum {high} est inférieur au minimum {low}\u00a0: elle ne donnerait jamais",
    ),
    "console.offers.problem.no_shop": Texts(
        "No shop meets all of these: it would never give",
        "Aucune boutique ne remplit tout ceci\u00a0: elle ne donnerait jamais",
    ),
    "console.offers.problem.few_shops": Texts(
        "The offer has only {n} shops: this is never reached",
        "L'offre n'a que {n} boutiques\u00a0: ce n'est jamais atteint",
    ),
    "console.offers.problem.no_day": Texts(
        "No day is left: it would never give", "Il ne reste aucun jour\u00a0: elle ne donnerait jamais"
    ),
    "console.offers.problem.no_time": Texts(
        "The clock reads none of these times on these days", "L'horloge n'indique aucune de ces heures ces jours-là"
    ),
    "console.offers.problem.few_days": Texts(
        "With one stamp a day {n} stamps are never reached",
        "Avec un tampon par jour, {n} tampons ne sont jamais atteints",
    ),
    "console.offers.problem.few_weeks": Texts(
        "The offer has {n} weeks in a row: {m} are never reached",
        "L'offre a {n} semaines d'affilée\u00a0: {m} ne sont jamais atteintes",
    ),
    "console.offers.problem.never": Texts(
        "Nobody meets both: it would never give", "Personne ne remplit les deux\u00a0: elle ne donnerait jamais"
    ),
    "console.offers.problem.limit": Texts(
        "One purchase gives at least {least}, above the limit of {most}: it would never give",
        "Un achat donne au moins {least}, au-dessus de la limite de {most}\u00a0: elle ne donnerait jamais",
    ),
    "console.offers.problem.multiplies": Texts(
        "That offer multiplies another one itself", "Cette offre en multiplie elle-même une autre"
    ),
    "console.offers.problem.other_asset": Texts(
        "That offer gives {asset}: choose the same asset", "Cette offre donne {asset}\u00a0: choisissez le même actif"
    ),
}
