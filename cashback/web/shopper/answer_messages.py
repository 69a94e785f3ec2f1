"""The texts of splitting a purchase: what is declared, the answer and its reasons, a second look, the sheet; English
and French side by side."""

from cashback.offers.wording import Texts

ANSWER_MESSAGES: dict[str, Texts] = {
    "split.title": Texts("Split this purchase", "Payer cet achat en plusieurs fois"),
    "split.lead": Texts(
        "You get an answer at once, with its reasons.", "Vous avez une réponse tout de suite, avec ses raisons."
    ),
    "split.of_age": Texts("I am 18 or older.", "J'ai 18 ans ou plus."),
    "split.country": Texts("I live in", "J'habite en"),
    "country.FR": Texts("France", "France"),
    "country.BE": Texts("Belgium", "Belgique"),
    "country.LU": Texts("Luxembourg", "Luxembourg"),
    "country.ES": Texts("Spain", "Espagne"),
    "country.IT": Texts("Italy", "Italie"),
    "country.DE": Texts("Germany", "Allemagne"),
    "split.means": Texts("Each month (larger amounts need it)", "Chaque mois (nécessaire pour les montants élevés)"),
    "split.means_hint": Texts(
        "Kept encrypted, read for this answer alone, destroyed after a year. All three or none.",
        "Conservé chiffré, lu pour cette seule réponse, détruit après un an. Les trois, ou aucun.",
    ),
    "split.unit": Texts("{symbol} a month", "{symbol} par mois"),
    "split.declared": Texts(
        "On {day} you declared {income} earned, {expenses} spent and {elsewhere} of instalments elsewhere. Leave the "
        "fields empty to keep that.",
        "Le {day}, vous avez déclaré {income} de revenus, {expenses} de charges et {elsewhere} de mensualités "
        "ailleurs. Laissez les champs vides pour garder cette déclaration.",
    ),
    "split.declared_old": Texts(
        "Your declaration of {day} is too old to count: please declare again.",
        "Votre déclaration du {day} est trop ancienne pour compter\u00a0: merci de la refaire.",
    ),
    "split.not_now": Texts("Not possible at the moment", "Pas possible pour le moment"),
    "split.anyway": Texts("Ask all the same, to have it in writing", "Demander quand même, pour une réponse écrite"),
    "split.anyway_hint": Texts(
        "The answer is kept, and a person can look at it again.",
        "La réponse est conservée, et une personne peut la réexaminer.",
    ),
    "split.income": Texts("What I earn", "Mes revenus"),
    "split.expenses": Texts("What I spend on housing and living", "Mes charges (logement, vie courante)"),
    "split.instalments": Texts("Instalments elsewhere", "Mensualités de crédits ailleurs"),
    "split.no_trace": Texts(
        "The lender may look into the file of payment incidents (FICP). You commit to nothing by asking.",
        "Le prêteur peut consulter le fichier des incidents (FICP). Demander n'engage à rien.",
    ),
    "split.ask": Texts("Ask for an answer", "Demander une réponse"),
    "decision.title": Texts("Your answer", "Votre réponse"),
    "answer.title": Texts("Answers I was given", "Les réponses que j'ai reçues"),
    "answer.contested": Texts("a person looks at it again", "une personne la réexamine"),
    "answer.upheld": Texts("looked at again: it stays", "réexaminée\u00a0: maintenue"),
    "answer.overturned": Texts("looked at again: changed", "réexaminée\u00a0: changée"),
    "decision.own_words": Texts("You wrote:", "Vous avez écrit\u00a0:"),
    "decision.outcome.eligible": Texts("You may pay in instalments", "Vous pouvez payer en plusieurs fois"),
    "decision.outcome.counter_offer": Texts(
        "Not as asked, but something else is open", "Pas tel que demandé, mais autre chose est possible"
    ),
    "decision.outcome.insufficient_history": Texts(
        "Too little is known of your purchases yet", "Vos achats ne sont pas encore assez connus"
    ),
    "decision.outcome.refused": Texts("Not this time", "Pas cette fois"),
    "decision.turned": Texts(
        "Things have changed since the first answer: this one counts. No plan was opened.",
        "La situation a changé depuis la première réponse\u00a0: celle-ci compte. Aucun paiement n'a été ouvert.",
    ),
    "decision.see_plan": Texts("See the plan", "Voir le paiement"),
    "decision.expired": Texts("This answer has expired. Ask again.", "Cette réponse a expiré. Redemandez."),
    "decision.until": Texts("Holds until {when}", "Valable jusqu'au {when}"),
    "decision.choose": Texts("Choose a plan", "Choisissez un paiement"),
    "decision.in_parts": Texts("In {n} payments", "En {n} fois"),
    "decision.cost": Texts("Cost {cost}, yearly rate (APR) {taeg}", "Coût {cost}, TAEG {taeg}"),
    "decision.lender": Texts("lent by {name}", "prêteur\u00a0: {name}"),
    "decision.sheet": Texts("Information sheet", "Fiche d'information"),
    "decision.read": Texts(
        "I have read the information sheet. A credit commits you and must be paid back.",
        "J'ai lu la fiche d'information. Un crédit vous engage et doit être remboursé.",
    ),
    "decision.is_credit": Texts(
        "A credit: you can withdraw for 14 days, without a reason.",
        "C'est un crédit\u00a0: vous pouvez vous rétracter pendant 14 jours, sans motif.",
    ),
    "decision.no_credit": Texts(
        "No credit in law: it is undone by returning what was bought.",
        "Ce n'est pas un crédit au sens de la loi\u00a0: il s'annule en rapportant l'achat.",
    ),
    "decision.declare": Texts("Declare my income and expenses", "Déclarer mes revenus et mes charges"),
    "decision.then": Texts(
        "Next: you read and sign the lender's contract. Nothing is charged before.",
        "Ensuite\u00a0: vous lisez et signez le contrat du prêteur. Rien n'est prélevé avant.",
    ),
    "decision.advice": Texts(
        "Debts that worry you: Point Conseil Budget, free of charge, mesquestionsdargent.fr.",
        "Des dettes vous inquiètent\u00a0: Point Conseil Budget, gratuit, mesquestionsdargent.fr.",
    ),
    "decision.accept": Texts("Confirm the plan", "Confirmer le paiement"),
    "decision.reasons": Texts("Why", "Pourquoi"),
    "decision.missing": Texts("What is missing", "Ce qui manque"),
    "decision.score": Texts("See my shopping score", "Voir mon score shopping"),
    "decision.review": Texts("A person looks again", "Une personne réexamine"),
    "review.state.open": Texts("Asked for; nobody has answered yet", "Demandé\u00a0; sans réponse pour le moment"),
    "review.state.waiting": Texts("A second person looks at it", "Une seconde personne l'examine"),
    "review.state.upheld": Texts("The answer stays as it was", "La réponse reste la même"),
    "review.state.overturned": Texts(
        "The answer was changed in your favour", "La réponse a été changée en votre faveur"
    ),
    "decision.review_until": Texts("answered by {day}", "réponse avant le {day}"),
    "decision.new": Texts("See the new answer", "Voir la nouvelle réponse"),
    "decision.contest": Texts("Ask for a person to look at it", "Demander l'avis d'une personne"),
    "decision.contest_lead": Texts("Say what you think of it.", "Dites ce que vous en pensez."),
    "decision.words": Texts("What should be known (you may leave it empty)", "Ce qu'il faudrait savoir (facultatif)"),
    "decision.send": Texts("Send", "Envoyer"),
    "sheet.lead": Texts("To be read before you accept, and kept.", "À lire avant d'accepter, et à conserver."),
    "sheet.pdf": Texts("Download as PDF", "Télécharger en PDF"),
}
