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
    "pay.see_left": Texts("Pay what is left", "Payer ce qui reste"),
    "pay.split": Texts("Split a purchase", "Payer un achat en plusieurs fois"),
    "pay.split_lead": Texts(
        "Purchases of the last 30 days, of {least} or more.", "Vos achats des 30 derniers jours, à partir de {least}."
    ),
    "pay.split_this": Texts("Split", "Répartir"),
    "pay.split_none": Texts("None at the moment.", "Aucun pour le moment."),
    "pay.not_offered": Texts(
        "This centre offers no payment in instalments.", "Ce centre ne propose pas le paiement en plusieurs fois."
    ),
    "pay.plans": Texts("All my plans", "Tous mes paiements"),
    "pay.plan_line": Texts("{amount} in {n}, since {day}", "{amount} en {n} fois, depuis le {day}"),
    "plan.state.opening": Texts("To be completed", "À finaliser"),
    "plan.state.active": Texts("Under way", "En cours"),
    "plan.state.withdrawing": Texts("Withdrawn, to be paid back", "Rétracté, reste à rembourser"),
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
    "due.was": Texts("was {day}", "auparavant {day}"),
    "due.paid_on": Texts("paid on {day}", "payée le {day}"),
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
    "plan.confirm_card": Texts("It is taken from", "Carte\u00a0:"),
    "plan.confirm": Texts("Confirm the payment", "Confirmer le paiement"),
    "plan.under_way": Texts("{amount} is being charged to your card.", "{amount} sont en cours de prélèvement."),
    "plan.under_way_simulated": Texts(
        "{amount} is being paid in the simulation.", "{amount}\u00a0: paiement simulé en cours."
    ),
    "plan.look_again": Texts("Look again", "Actualiser"),
    "plan.sign_lead": Texts(
        "{lender} has agreed. Read its contract, then sign it, or refuse it: nothing has been charged.",
        "{lender} a accepté. Lisez son contrat, puis signez-le ou refusez-le\u00a0: rien n'a été prélevé.",
    ),
    "plan.contract": Texts("Read the contract", "Lire le contrat"),
    "plan.contract_line": Texts("Contract", "Contrat"),
    "plan.contract_read": Texts("Read it", "Le lire"),
    "plan.signing": Texts(
        "You have signed. {lender} is being told; this page goes on by itself.",
        "Vous avez signé. {lender} est en train d'en être informé\u00a0; cette page avance d'elle-même.",
    ),
    "plan.refuse": Texts("I do not want this plan", "Je ne veux pas de ce paiement"),
    "plan.refuse_lead": Texts(
        "The plan ends here. Nothing was charged, you owe nothing, and the purchase stands as it is.",
        "Ce paiement s'arrête là. Rien n'a été prélevé, vous ne devez rien, et l'achat reste tel quel.",
    ),
    "plan.cancelled": Texts("It never began: nothing is owed.", "Il n'a jamais commencé\u00a0: vous ne devez rien."),
    "plan.sign_read": Texts(
        "I have read the lender's contract and sign it.", "J'ai lu le contrat du prêteur et je le signe."
    ),
    "plan.sign": Texts("Sign the contract", "Signer le contrat"),
    "plan.lender_looks": Texts(
        "{lender} looks at your request; this page goes on by itself. Nothing is charged before you have signed.",
        "{lender} étudie votre demande\u00a0; cette page avance d'elle-même. Rien n'est prélevé avant votre signature.",
    ),
    "plan.first_lead": Texts(
        "It begins with the first payment of {amount}.", "Il commence par un premier paiement de {amount}."
    ),
    "plan.charged_to": Texts("It is charged to", "Carte prélevée\u00a0:"),
    "plan.card_next": Texts(
        "You give the card in the next step; it serves for all instalments.",
        "Vous indiquez la carte à l'étape suivante\u00a0; elle sert à toutes les échéances.",
    ),
    "plan.first": Texts("Pay the first instalment", "Payer la première échéance"),
    "plan.cost": Texts("Cost of the credit", "Coût du crédit"),
    "plan.taeg": Texts("Yearly rate of all charges (APR)", "TAEG"),
    "plan.lender": Texts("Who lends", "Prêteur"),
    "plan.purchase": Texts("For the purchase at", "Pour l'achat chez"),
    "why.plan": Texts("Paid in {n} instalments: see the plan", "Payé en {n} fois\u00a0: voir l'échéancier"),
    "plan.paid_before": Texts(
        "You have paid {shop} already. {lender} pays {amount} to you once the first instalment is paid; its contract "
        "says when and to which account.",
        "Vous avez déjà payé {shop}. {lender} vous verse {amount} dès que la première échéance est payée\u00a0; son "
        "contrat dit quand et sur quel compte.",
    ),
    "plan.paid_before_simulated": Texts(
        "You have paid {shop} already: a real lender would now pay {amount} to you. {lender} is a simulation and pays "
        "nothing.",
        "Vous avez déjà payé {shop}\u00a0: un vrai prêteur vous verserait maintenant {amount}. {lender} est une "
        "simulation et ne verse rien.",
    ),
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
    "plan.withdraw_today": Texts("today is the last day", "dernier jour aujourd'hui"),
    "plan.withdrawing_left": Texts(
        "You have withdrawn: {amount} are to be paid back by {day}. The plan ends with that.",
        "Vous vous êtes rétracté\u00a0: {amount} sont à rembourser au plus tard le {day}. Ensuite, c'est terminé.",
    ),
    "plan.withdraw_until": Texts("until {day}", "jusqu'au {day}"),
    "plan.happened": Texts("What happened", "Ce qui s'est passé"),
    "plan.told.activated": Texts("First instalment paid:", "Première échéance payée\u00a0:"),
    "plan.told.collected": Texts("Paid:", "Payé\u00a0:"),
    "plan.told.refused": Texts("A payment was refused", "Un paiement a été refusé"),
    "plan.told.refunded": Texts("The shop refunded", "La boutique a remboursé"),
    "plan.told.returned": Texts("Given back to your card", "Recrédité sur votre carte"),
    "plan.told.moved": Texts("A day was moved", "Une échéance a été déplacée"),
    "plan.told.paused": Texts("Paused", "Suspendu"),
    "plan.told.withdrawing": Texts(
        "You withdrew; to be paid back then:", "Rétractation\u00a0; restait à rembourser\u00a0:"
    ),
    "plan.decision": Texts("Opened by an automated answer.", "Ouvert à la suite d'une réponse automatique."),
    "plan.decision_link": Texts("See it and its information sheet", "La revoir, avec sa fiche d'information"),
    "plan.done.pay": Texts(
        "Asked for: you see below how it goes. Your bank may ask you to confirm.",
        "C'est demandé\u00a0: suivez le paiement ci-dessous. Votre banque peut demander une confirmation.",
    ),
    "plan.done.pay_simulated": Texts(
        "Simulation: the payment is played, no card is charged, no credit is granted.",
        "Simulation\u00a0: le paiement est joué, aucune carte n'est débitée, aucun crédit n'est accordé.",
    ),
    "plan.done.move": Texts("The day was moved.", "L'échéance a été déplacée."),
    "plan.done.pause": Texts("The plan pauses.", "Le paiement est suspendu."),
    "plan.done.withdraw": Texts("You have withdrawn.", "Vous vous êtes rétracté."),
    "plan.done.refuse": Texts("Refused: nothing was charged.", "C'est refusé\u00a0: rien n'a été prélevé."),
    "plan.done.sign": Texts("Signed.", "C'est signé."),
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
    "plan.pay_lead_simulated": Texts(
        "Simulation: the payment is played, no card is charged. Paying early costs nothing.",
        "Simulation\u00a0: le paiement est joué, aucune carte n'est débitée. Payer plus tôt ne coûte rien.",
    ),
    "plan.pay_confirm": Texts(
        "Your bank may ask you to confirm: this page then says so at once.",
        "Votre banque peut demander une confirmation\u00a0: la page vous le dira aussitôt.",
    ),
    "plan.pause_lead": Texts("All that is open moves on together.", "Tout ce qui reste dû est décalé ensemble."),
    "plan.withdraw_owed": Texts(
        "You pay {amount} back to {lender}, by {day} at the latest.",
        "Vous remboursez {amount} à {lender}, au plus tard le {day}.",
    ),
    "plan.withdraw_how": Texts(
        "It is charged by itself on the days below; you may pay it sooner here. Card:",
        "C'est prélevé automatiquement aux dates ci-dessous\u00a0; vous pouvez payer plus tôt ici. Carte\u00a0:",
    ),
    "plan.withdraw_paid": Texts(
        "What you have paid, {amount}, counts: it is not asked for again.",
        "Ce que vous avez payé, {amount}, est compté\u00a0: cela ne vous sera pas redemandé.",
    ),
    "plan.withdraw_fee": Texts(
        "{back} of fees go back to your card.", "{back} de frais sont recrédités sur votre carte."
    ),
    "plan.withdraw_stands": Texts(
        "The purchase at {shop} stands: you keep what you bought, and its cashback.",
        "L'achat chez {shop} reste valable\u00a0: vous gardez l'article et son cashback.",
    ),
    "plan.withdraw_sale": Texts(
        "The sale is undone with its credit: you owe nothing more, and the goods go back to the shop.",
        "La vente est annulée avec son crédit\u00a0: vous ne devez plus rien, et l'article revient à la boutique.",
    ),
    "plan.withdraw_back": Texts(
        "All that you paid, {back}, goes back to your card by itself:",
        "Tout ce que vous avez payé, {back}, est recrédité automatiquement sur votre carte\u00a0:",
    ),
    "plan.withdraw_cashback": Texts(
        "The cashback of this sale is taken back.", "Le cashback de cette vente est repris."
    ),
    "plan.nothing_yet": Texts("Nothing has changed yet.", "Rien n'a encore changé."),
    "plan.confirm.pay": Texts("Pay now", "Payer maintenant"),
    "plan.confirm.move": Texts("Move it", "Déplacer"),
    "plan.confirm.pause": Texts("Pause", "Suspendre"),
    "plan.confirm.withdraw": Texts("Withdraw from the credit", "Me rétracter du crédit"),
    "plan.leave": Texts("Leave it as it is", "Ne rien changer"),
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
    "refused.means_again": Texts(
        "You live in another country now: give the three amounts again. What you declared before is kept.",
        "Vous avez changé de pays\u00a0: indiquez de nouveau les trois montants. La déclaration précédente est gardée.",
    ),
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
