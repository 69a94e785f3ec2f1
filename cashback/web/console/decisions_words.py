"""Words of contested decisions."""

from cashback.offers.wording import Texts

DECISIONS_WORDS: dict[str, Texts] = {
    "reviews.lead": Texts(
        "Members who ask for a person to look again. The one due first stands first.",
        "Les membres qui demandent un réexamen par une personne. La plus urgente est en premier.",
    ),
    "reviews.none": Texts("Nobody contests a decision", "Aucune décision contestée"),
    "reviews.none_hint": Texts(
        "When a member asks for a person to look again, it appears here with its deadline.",
        "Quand un membre demande un réexamen, il apparaît ici avec son échéance.",
    ),
    "reviews.col.due": Texts("Answer by", "À répondre avant"),
    "reviews.col.asked": Texts("Asked", "Demandé"),
    "reviews.col.amount": Texts("Amount", "Montant"),
    "reviews.col.shop": Texts("Shop", "Boutique"),
    "reviews.col.score": Texts("Score", "Score"),
    "reviews.col.state": Texts("State", "État"),
    "reviews.col.who": Texts("Looked at by", "Examiné par"),
    "reviews.filter": Texts("Show", "Afficher"),
    "reviews.answered": Texts("Answered", "Répondues"),
    "reviews.state.open": Texts("To answer", "À répondre"),
    "reviews.state.late": Texts("Overdue", "En retard"),
    "reviews.state.waiting": Texts("Second person needed", "Deuxième personne requise"),
    "reviews.state.upheld": Texts("Stands", "Maintenue"),
    "reviews.state.overturned": Texts("Overturned", "Annulée"),
    "reviews.figures": Texts(
        "{late} overdue · {share} of answered reviews were overturned",
        "{late} en retard · {share} des réexamens ont annulé la décision",
    ),
    # -- one
    "reviews.title": Texts("{amount} in instalments, refused", "{amount} en plusieurs fois, refusé"),
    "reviews.all": Texts("All contested decisions", "Toutes les décisions contestées"),
    "reviews.said": Texts("In the member's own words", "Avec les mots du membre"),
    "reviews.said_nothing": Texts("The member wrote nothing.", "Le membre n'a rien écrit."),
    "reviews.logged": Texts(
        "That you opened this is in the audit log.", "Votre consultation figure au journal d'audit."
    ),
    "reviews.reasons": Texts("Why it was refused", "Pourquoi c'est refusé"),
    "reviews.plans": Texts("Plans that were asked for", "Plans demandés"),
    "reviews.plan_open": Texts("open", "accepté"),
    "reviews.plan_refused": Texts("refused", "refusé"),
    "reviews.data": Texts("What was read", "Ce qui a été lu"),
    "reviews.data_points": Texts("{points} points", "{points} points"),
    "reviews.unknown": Texts("not known", "inconnu"),
    "reviews.yes": Texts("yes", "oui"),
    "reviews.no": Texts("no", "non"),
    "reviews.never": Texts("never", "jamais"),
    "reviews.means": Texts("Declared by the member", "Déclaré par le membre"),
    "reviews.means.income": Texts("Income a month", "Revenus par mois"),
    "reviews.means.expenses": Texts("Expenses a month", "Dépenses par mois"),
    "reviews.means.instalments": Texts("Credit elsewhere a month", "Crédits ailleurs par mois"),
    "reviews.means.at": Texts("Declared", "Déclaré"),
    "reviews.facts": Texts("The decision", "La décision"),
    "reviews.fact.decided": Texts("Decided", "Décidée"),
    "reviews.fact.automated": Texts("By", "Par"),
    "reviews.by_machine": Texts("the rules, automatically", "les règles, automatiquement"),
    "reviews.by_people": Texts("people", "des personnes"),
    "reviews.fact.score": Texts("Score and band", "Score et tranche"),
    "reviews.fact.member": Texts("Member", "Membre"),
    "reviews.fact.id": Texts("Decision", "Décision"),
    "reviews.second": Texts(
        "Above {amount} a second person must agree.", "Au-dessus de {amount}, une deuxième personne doit accepter."
    ),
    "reviews.assign": Texts("I look at it", "Je m'en charge"),
    "reviews.assigned": Texts("Looked at by {who}", "Examiné par {who}"),
    "reviews.answer": Texts("Your answer", "Votre réponse"),
    "reviews.words": Texts(
        "What you checked, in words the member will read", "Ce que vous avez vérifié, en mots que le membre lira"
    ),
    "reviews.words_hint": Texts(
        "The member reads exactly this, in their language: write it in {language}.",
        "Le membre lira exactement ceci\u00a0: écrivez en {language}.",
    ),
    "reviews.language.fr": Texts("French", "français"),
    "reviews.language.en": Texts("English", "anglais"),
    "reviews.uphold": Texts("The decision stands", "La décision est maintenue"),
    "reviews.overturn": Texts("Open a plan", "Ouvrir un plan"),
    "reviews.which_plan": Texts("Which plan", "Quel plan"),
    "reviews.reason": Texts("Reason", "Motif"),
    "reviews.reason.correct": Texts("Everything was weighed as the policy says", "Tout a été pesé selon la politique"),
    "reviews.reason.not_for_us": Texts("Only the lender or the law can change it", "Seul le prêteur ou la loi le peut"),
    "reviews.reason.wrong_data": Texts("Something that was read is not so", "Une donnée lue est inexacte"),
    "reviews.reason.missing_data": Texts("Something that counts was not known", "Une donnée qui compte manquait"),
    "reviews.reason.hardship_passed": Texts(
        "What stood against it is over, and was shown", "L'obstacle est levé, et c'est prouvé"
    ),
    "reviews.reason.policy": Texts("The policy does not fit this case", "La politique ne convient pas à ce cas"),
    "reviews.waits": Texts(
        "{who} would open “{plan}”: {reason}. Their words: “{words}”",
        "{who} ouvrirait «\u00a0{plan}\u00a0»\u00a0: {reason}. Ses mots\u00a0: «\u00a0{words}\u00a0»",
    ),
    "reviews.waits_mine": Texts(
        "You answered: a second person has to agree.", "Vous avez répondu\u00a0: une deuxième personne doit accepter."
    ),
    "reviews.agree": Texts("Agree and open it", "Accepter et l'ouvrir"),
    "reviews.disagree": Texts("Disagree: it stands", "Refuser\u00a0: elle est maintenue"),
    "reviews.second_words": Texts("What you checked", "Ce que vous avez vérifié"),
    "reviews.done_by": Texts("{state} by {who}, {when}", "{state} par {who}, {when}"),
    "reviews.done_second": Texts("agreed by {who}", "accepté par {who}"),
    "done.review_assigned": Texts("It is yours.", "C'est à vous."),
    "done.review_upheld": Texts(
        "The decision stands; the member is told.", "Décision maintenue\u00a0; le membre est prévenu."
    ),
    "done.review_overturned": Texts(
        "The plan is open; the member is told.", "Le plan est ouvert\u00a0; le membre est prévenu."
    ),
    "done.review_waiting": Texts(
        "A second person has to agree now.", "Une deuxième personne doit maintenant accepter."
    ),
    "console.refused.words": Texts(
        "Say what was checked, in 1 to 500 characters.", "Dites ce qui a été vérifié, en 1 à 500 caractères."
    ),
    "console.refused.by_law": Texts(
        "The law or the lender stands against this plan: no reviewer can open it.",
        "La loi ou le prêteur s'y oppose\u00a0: personne ici ne peut l'ouvrir.",
    ),
}
