"""The texts of payments in instalments, English and French side by side."""

from cashback.offers.wording import Texts

PLAN_MESSAGES: dict[str, Texts] = {
    "pay.title": Texts("Payments", "Paiements"),
    "pay.lead": Texts(
        "What falls due and when, and purchases you may split.",
        "Vos échéances, et les achats à payer en plusieurs fois.",
    ),
    "pay.simulation": Texts(
        "Simulation: no credit is granted, no card is charged.",
        "Simulation\u00a0: aucun crédit n'est accordé, aucune carte n'est débitée.",
    ),
    "pay.due": Texts("What falls due", "Vos échéances"),
    "pay.none": Texts("Nothing is due", "Aucune échéance"),
    "pay.none_hint": Texts(
        "Plans that you accept appear here month by month.",
        "Les paiements que vous acceptez s'affichent ici mois par mois.",
    ),
    "pay.part": Texts("{n} of {of}", "{n}/{of}"),
    "pay.next": Texts("Next instalment", "Prochaine échéance"),
    "pay.see": Texts("Pay or move it", "Payer ou déplacer"),
    "pay.split": Texts("Split a purchase", "Payer un achat en plusieurs fois"),
    "pay.split_lead": Texts(
        "Purchases of the last 30 days that are large enough.", "Achats des 30 derniers jours d'un montant suffisant."
    ),
    "pay.split_this": Texts("Split", "Répartir"),
    "pay.split_none": Texts(
        "None of your recent purchases is large enough.", "Aucun achat récent n'est d'un montant suffisant."
    ),
    "pay.not_offered": Texts(
        "This centre offers no payment in instalments.", "Ce centre ne propose pas le paiement en plusieurs fois."
    ),
    "pay.plans": Texts("All my plans", "Tous mes paiements"),
    "pay.plan_line": Texts("{amount} in {n}, since {day}", "{amount} en {n} fois, depuis le {day}"),
    "plan.state.opening": Texts("Not begun", "Pas commencé"),
    "plan.state.active": Texts("Under way", "En cours"),
    "plan.state.completed": Texts("All paid", "Tout payé"),
    "plan.state.withdrawn": Texts("Withdrawn", "Rétracté"),
    "plan.state.refunded": Texts("Refunded", "Remboursé"),
    "plan.state.cancelled": Texts("Never began", "Jamais commencé"),
    "plan.state.written_off": Texts("Unpaid", "Impayé"),
    "due.late": Texts("Late", "En retard"),
    "due.today": Texts("Today", "Aujourd'hui"),
    "due.ahead": Texts("To come", "À venir"),
    "due.paid": Texts("Paid", "Payée"),
    "due.void": Texts("Not owed", "Plus due"),
    "due.written_off": Texts("Unpaid", "Impayée"),
    "due.was": Texts("before: {day}", "avant\u00a0: {day}"),
    "due.part_paid": Texts("{paid} paid, {left} left", "{paid} payés, reste {left}"),
    "due.retry": Texts(
        "The card refused it. Tried again on {when}; you may pay it before.",
        "La carte a refusé. Nouvel essai le {when}\u00a0; vous pouvez payer avant.",
    ),
    "due.no_retry": Texts(
        "The card refused it. It is not tried again by itself: please pay it.",
        "La carte a refusé. Pas de nouvel essai automatique\u00a0: réglez-la.",
    ),
    "plan.title": Texts("Plan at {shop}", "Paiement chez {shop}"),
    "plan.confirm_lead": Texts(
        "Your bank asks you to confirm {amount}. Nothing is taken before.",
        "Votre banque demande de confirmer {amount}. Rien n'est prélevé avant.",
    ),
    "plan.confirm": Texts("Confirm the payment", "Confirmer le paiement"),
    "plan.under_way": Texts("{amount} is being charged to your card.", "{amount} sont en cours de prélèvement."),
    "plan.look_again": Texts("Look again", "Actualiser"),
    "plan.sign_lead": Texts(
        "The lender has agreed. Its contract waits for your signature.",
        "Le prêteur a accepté. Son contrat attend votre signature.",
    ),
    "plan.sign_read": Texts(
        "I have read the lender's contract and sign it.", "J'ai lu le contrat du prêteur et je le signe."
    ),
    "plan.sign": Texts("Sign the contract", "Signer le contrat"),
    "plan.lender_looks": Texts(
        "The lender looks at it. Nothing is charged before you have signed.",
        "Le prêteur étudie votre demande. Rien n'est prélevé avant votre signature.",
    ),
    "plan.first_lead": Texts(
        "It begins with the first payment of {amount}.", "Il commence par un premier paiement de {amount}."
    ),
    "plan.first": Texts("Pay the first instalment", "Payer la première échéance"),
    "plan.cost": Texts("Cost of the credit", "Coût du crédit"),
    "plan.taeg": Texts("Yearly cost (TAEG)", "TAEG"),
    "plan.left": Texts("Left to pay", "Reste à payer"),
    "plan.to_return": Texts("Goes back to your card", "À recréditer sur votre carte"),
    "plan.card": Texts("Card", "Carte"),
    "plan.do": Texts("What you can do", "Ce que vous pouvez faire"),
    "plan.pay_next": Texts("Pay the next instalment now", "Payer la prochaine échéance maintenant"),
    "plan.pay_all": Texts("Pay all that is left", "Tout payer"),
    "plan.free": Texts("free of charge", "sans frais"),
    "plan.do.pay": Texts("Pay now", "Payer maintenant"),
    "plan.do.move": Texts("Move a day", "Déplacer une échéance"),
    "plan.do.pause": Texts("Pause for 30 days", "Suspendre 30 jours"),
    "plan.do.withdraw": Texts("Withdraw", "Me rétracter"),
    "plan.move_hint": Texts("Once, free of charge", "Une fois, sans frais"),
    "plan.pause_hint": Texts(
        "Once, free of charge, nothing counts as late", "Une fois, sans frais, rien ne compte comme retard"
    ),
    "plan.withdraw_left.one": Texts("{n} day left", "{n} jour restant"),
    "plan.withdraw_left.other": Texts("{n} days left", "{n} jours restants"),
    "plan.withdraw_until": Texts("until {day}", "jusqu'au {day}"),
    "plan.happened": Texts("What happened", "Ce qui s'est passé"),
    "plan.told.refunded": Texts("The shop refunded", "La boutique a remboursé"),
    "plan.told.returned": Texts("Given back to your card", "Recrédité sur votre carte"),
    "plan.told.moved": Texts("A day was moved", "Une échéance a été déplacée"),
    "plan.told.paused": Texts("Paused", "Suspendu"),
    "plan.told.withdrawing": Texts("You withdrew; owed then:", "Rétractation\u00a0; restait dû\u00a0:"),
    "plan.decision": Texts("Opened by an automated answer.", "Ouvert à la suite d'une réponse automatique."),
    "plan.decision_link": Texts("See it and its information sheet", "La revoir, avec sa fiche d'information"),
    "plan.done.pay": Texts("Your card is charged within seconds.", "Votre carte est débitée dans quelques secondes."),
    "plan.done.move": Texts("The day was moved.", "L'échéance a été déplacée."),
    "plan.done.pause": Texts("The plan pauses.", "Le paiement est suspendu."),
    "plan.done.withdraw": Texts("You have withdrawn.", "Vous vous êtes rétracté."),
    "plan.done.sign": Texts("Signed: the lender is told.", "Signé\u00a0: le prêteur est prévenu."),
    "plan.done.accept": Texts(
        "Accepted. It begins with its first payment.", "Accepté. Il commence par son premier paiement."
    ),
    "plan.move_lead": Texts(
        "By {days} days at most, before or after, and between its neighbours.",
        "De {days} jours au plus, avant ou après, entre les échéances voisines.",
    ),
    "plan.which": Texts("Instalment", "Échéance"),
    "plan.new_day": Texts("New day", "Nouvelle date"),
    "plan.see": Texts("See what changes", "Voir ce qui change"),
    "plan.after": Texts("What it would be", "Ce que cela donnerait"),
    "plan.pay_lead": Texts(
        "Your card is charged now. Paying early costs nothing.",
        "Votre carte est débitée maintenant. Payer plus tôt ne coûte rien.",
    ),
    "plan.pause_lead": Texts("All that is open moves on together.", "Tout ce qui reste dû est décalé ensemble."),
    "plan.withdraw_lead": Texts(
        "{amount} are to be paid back within {days} days; {back} go back to your card.",
        "{amount} sont à rembourser sous {days} jours\u00a0; {back} sont recrédités sur votre carte.",
    ),
    "plan.withdraw_sale": Texts(
        "The sale is undone: you owe {amount}, {back} go back to your card, "
        "its cashback is taken back. The goods go back to the shop.",
        "La vente est annulée\u00a0: vous devez {amount}, {back} sont recrédités sur votre "
        "carte, son cashback est repris. L'article revient à la boutique.",
    ),
    "plan.nothing_yet": Texts("Nothing has changed yet.", "Rien n'a encore changé."),
    "plan.confirm.pay": Texts("Pay now", "Payer maintenant"),
    "plan.confirm.move": Texts("Move it", "Déplacer"),
    "plan.confirm.pause": Texts("Pause", "Suspendre"),
    "plan.confirm.withdraw": Texts("Withdraw from the credit", "Me rétracter du crédit"),
    "plan.leave": Texts("Leave it as it is", "Ne rien changer"),
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
    "split.declared": Texts("You last told us on {day}.", "Dernière déclaration le {day}."),
    "split.income": Texts("What I earn", "Mes revenus"),
    "split.expenses": Texts("What I spend on housing and living", "Mes charges (logement, vie courante)"),
    "split.instalments": Texts("Instalments elsewhere", "Mensualités ailleurs"),
    "split.no_trace": Texts(
        "The lender may look into the file of payment incidents (FICP). Asking opens nothing.",
        "Le prêteur peut consulter le fichier des incidents (FICP). Demander n'engage à rien.",
    ),
    "split.ask": Texts("Ask for an answer", "Demander une réponse"),
    "decision.title": Texts("Your answer", "Votre réponse"),
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
    "decision.cost": Texts("Cost {cost}, yearly cost {taeg}", "Coût {cost}, TAEG {taeg}"),
    "decision.lender": Texts("lent by {name}", "prêteur\u00a0: {name}"),
    "decision.sheet": Texts("Information sheet", "Fiche d'information"),
    "decision.read": Texts(
        "I have read the information sheet. A credit commits you and must be paid back.",
        "J'ai lu la fiche d'information. Un crédit vous engage et doit être remboursé.",
    ),
    "decision.withdraw": Texts(
        "You can withdraw for 14 days where it is a credit.",
        "S'il s'agit d'un crédit, vous pouvez vous rétracter pendant 14 jours.",
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
    "refused.read_first": Texts(
        "Read it first and tick the box. Nothing was opened.",
        "Lisez-la d'abord et cochez la case. Rien n'a été ouvert.",
    ),
    "refused.no_card_facts": Texts(
        "Your linked card cannot carry instalments yet: its bank has not told us about it.",
        "Votre carte reliée ne permet pas encore ce paiement\u00a0: sa banque ne nous a rien dit d'elle.",
    ),
    "refused.age_untold": Texts(
        "Say that you are 18 or older. Nothing was kept.",
        "Indiquez que vous avez 18 ans ou plus. Rien n'a été conservé.",
    ),
    "refused.means_by_half": Texts("Give all three amounts, or none.", "Indiquez les trois montants, ou aucun."),
    "refused.already_split": Texts(
        "This purchase is paid in instalments already.", "Cet achat est déjà payé en plusieurs fois."
    ),
    "refused.nothing_to_split": Texts(
        "There is nothing left of this purchase to split.", "Il ne reste rien à répartir de cet achat."
    ),
    "refused.quote_expired": Texts(
        "This answer has expired: ask again. Nothing was opened.",
        "Cette réponse a expiré\u00a0: redemandez. Rien n'a été ouvert.",
    ),
    "refused.quote_used": Texts("This answer was accepted before.", "Cette réponse a déjà été acceptée."),
    "refused.instalments_not_offered": Texts(
        "This centre offers no payment in instalments.", "Ce centre ne propose pas le paiement en plusieurs fois."
    ),
    "refused.day": Texts(
        "Choose another day, by 14 days at most and between its neighbours. Nothing has changed.",
        "Choisissez une autre date, à 14 jours au plus, entre les échéances voisines. Rien n'a changé.",
    ),
    "refused.not_ahead": Texts(
        "This instalment is due already: its day cannot be moved.",
        "Cette échéance est déjà due\u00a0: sa date ne peut plus changer.",
    ),
    "refused.outside_regime": Texts(
        "With that day another law would apply: choose an earlier one.",
        "Avec cette date, une autre loi s'appliquerait\u00a0: choisissez-en une plus proche.",
    ),
    "refused.moved_before": Texts(
        "A day of this plan was moved before: once is all.",
        "Une échéance a déjà été déplacée\u00a0: une fois seulement.",
    ),
    "refused.paused_before": Texts(
        "This plan was paused before: once is all.", "Ce paiement a déjà été suspendu\u00a0: une fois seulement."
    ),
    "refused.too_late": Texts("The 14 days are over.", "Les 14 jours sont passés."),
    "refused.no_credit": Texts(
        "This is no credit: it is undone by returning what was bought.",
        "Ce n'est pas un crédit\u00a0: il s'annule en rapportant l'achat.",
    ),
    "refused.plan_state": Texts("This plan does not allow it any more.", "Ce paiement ne le permet plus."),
    "refused.nothing_owed": Texts("Nothing is owed.", "Vous ne devez rien."),
    "refused.collection_under_way": Texts(
        "A payment is under way: wait a moment.", "Un paiement est en cours\u00a0: patientez un instant."
    ),
    "refused.card_needed": Texts(
        "No card can be charged: give another one. No money moved.",
        "Aucune carte ne peut être débitée\u00a0: donnez-en une autre. Aucun argent n'a bougé.",
    ),
    "refused.rail_not_opened": Texts(
        "The centre cannot charge cards at the moment. No money moved.",
        "Le centre ne peut pas débiter de carte pour le moment. Aucun argent n'a bougé.",
    ),
    "refused.lender_pending": Texts(
        "The lender's contract must be signed first. No money moved.",
        "Le contrat du prêteur doit d'abord être signé. Aucun argent n'a bougé.",
    ),
}
