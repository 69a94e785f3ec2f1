"""Words of payouts, their files, and of who did something."""

from cashback.offers.wording import Texts

PAYOUTS_WORDS: dict[str, Texts] = {
    "who.member": Texts("Somebody who has left the team", "Une personne qui a quitté l'équipe"),
    "who.link": Texts("Somebody with an entry link ({role})", "Quelqu'un par un lien d'accès ({role})"),
    "who.key": Texts("API key “{name}”", "Clé d'API «\u00a0{name}\u00a0»"),
    "who.system": Texts("The product itself", "Le produit lui-même"),
    "who.person": Texts("{name}, by command line", "{name}, en ligne de commande"),
    "who.shopper": Texts("The member themselves", "Le membre lui-même"),
    # -- the list
    "payouts.lead": Texts(
        "Money on its way to members: what waits, for what, and what became of the rest.",
        "L'argent en route vers les membres\u00a0: ce qui attend, pourquoi, et ce qu'est devenu le reste.",
    ),
    "payouts.none": Texts("No payout yet", "Aucun versement pour l'instant"),
    "payouts.none_hint": Texts(
        "Payouts appear here when members cash out, or by themselves at the programme's threshold.",
        "Les versements apparaissent quand des membres les demandent, ou d'eux-mêmes au seuil du programme.",
    ),
    "payouts.waiting": Texts("Under way", "En cours"),
    "payouts.waiting_none": Texts("Nothing waits.", "Rien n'attend."),
    "payouts.col.asked": Texts("Asked for", "Demandé"),
    "payouts.col.member": Texts("Member", "Membre"),
    "payouts.col.amount": Texts("Amount", "Montant"),
    "payouts.col.way": Texts("Paid by", "Moyen"),
    "payouts.col.state": Texts("State", "État"),
    "payouts.col.why": Texts("Why, until when", "Pourquoi, jusqu'à quand"),
    "payouts.until": Texts("looked at again {when}", "réexaminé {when}"),
    "payouts.filter.state": Texts("State", "État"),
    "payouts.filter.rail": Texts("Paid by", "Moyen"),
    "payouts.filter.since": Texts("From", "Du"),
    "payouts.filter.until": Texts("To", "Au"),
    "payouts.filter.member": Texts("Member's id", "Identifiant du membre"),
    "payouts.group.decide": Texts("To decide", "À décider"),
    "payouts.group.held": Texts("Held", "Retenus"),
    "payouts.group.send": Texts("To be sent", "À envoyer"),
    "payouts.group.way": Texts("On their way", "En route"),
    "payouts.group.paid": Texts("Paid", "Versés"),
    "payouts.group.back": Texts("Came back", "Revenus"),
    "payouts.group.stopped": Texts("Stopped", "Arrêtés"),
    "payouts.rail.sepa": Texts("Bank transfer", "Virement bancaire"),
    "payouts.rail.stripe": Texts("Stripe", "Stripe"),
    "payouts.rail.gift_card": Texts("Gift card", "Carte cadeau"),
    "payouts.rail.statement_credit": Texts("Credit on the card", "Crédit sur la carte"),
    "payouts.state.requested": Texts("Asked for", "Demandé"),
    "payouts.state.held": Texts("Held", "Retenu"),
    "payouts.state.waiting_approval": Texts("To decide", "À décider"),
    "payouts.state.approved": Texts("To be sent", "À envoyer"),
    "payouts.state.sending": Texts("Being sent", "En cours d'envoi"),
    "payouts.state.unknown": Texts("Being looked up", "En recherche"),
    "payouts.state.sent": Texts("With the bank", "À la banque"),
    "payouts.state.recalling": Texts("Being fetched back", "En cours de reprise"),
    "payouts.state.paid": Texts("Paid", "Versé"),
    "payouts.state.failed": Texts("Refused by the bank", "Refusé par la banque"),
    "payouts.state.returned": Texts("Came back", "Revenu"),
    "payouts.state.cancelled": Texts("Taken back", "Annulé"),
    "payouts.state.stopped": Texts("Stopped", "Arrêté"),
    # -- why one stands where it stands
    "payouts.why.account_cooling": Texts("The account is new", "Le compte est récent"),
    "payouts.why.account_removed": Texts("The account was removed", "Le compte a été retiré"),
    "payouts.why.daily_cap_shopper": Texts(
        "The member's limit of the day is reached", "La limite du jour du membre est atteinte"
    ),
    "payouts.why.daily_cap_operator": Texts(
        "The programme's limit of the day is reached", "La limite du jour du programme est atteinte"
    ),
    "payouts.why.out_of_stock": Texts(
        "No gift card of this value is left", "Il n'y a plus de carte cadeau de ce montant"
    ),
    "payouts.why.rail_not_opened": Texts(
        "Nobody has said yet from which account it is paid", "Le compte payeur n'est pas encore renseigné"
    ),
    "payouts.why.rail_not_allowed": Texts(
        "The programme no longer pays this way", "Le programme ne verse plus de cette façon"
    ),
    "payouts.why.above_limit": Texts(
        "Above the limit: two people must agree", "Au-dessus du plafond\u00a0: deux accords"
    ),
    "payouts.why.overdrawn": Texts(
        "A refund took back what it was made of", "Un remboursement a repris ce dont il était fait"
    ),
    "payouts.why.rejected": Texts("Somebody of the team stopped it", "Une personne de l'équipe l'a arrêté"),
    "payouts.why.asked_back": Texts("It was asked back before it was sent", "Annulé avant l'envoi"),
    "payouts.why.no_answer": Texts("Its rail gave no answer", "Le prestataire n'a pas répondu"),
    "payouts.why.not_reached": Texts("Its rail could not be reached", "Le prestataire est injoignable"),
    # -- what to do about it
    "payouts.do": Texts("What to do", "Que faire"),
    "payouts.do.account_cooling": Texts(
        "Nothing: it goes by itself when the account's first day is over. That day protects the member if somebody "
        "else added the account.",
        "Rien\u00a0: il partira de lui-même après le premier jour du compte. Ce délai protège le membre si quelqu'un "
        "d'autre l'a ajouté.",
    ),
    "payouts.do.daily_cap": Texts(
        "Nothing: it goes tomorrow. If this happens often, raise the limit in the programme.",
        "Rien\u00a0: il partira demain. Si cela se répète, relevez la limite dans le programme.",
    ),
    "payouts.do.out_of_stock": Texts(
        "Import gift cards of this value below; it goes at once.",
        "Importez des cartes cadeaux de ce montant\u00a0; il partira aussitôt.",
    ),
    "payouts.do.rail_not_opened": Texts(
        "Say who pays and from which account (command: cashback payouts rail). Everything that waits for it goes then.",
        "Renseignez le payeur et son compte (commande\u00a0: cashback payouts rail). Ce qui l'attend partira alors.",
    ),
    "payouts.do.above_limit": Texts(
        "Two people look at the member's recent rewards and agree or stop it. Whoever asked for it does not count.",
        "Deux personnes examinent les gains récents du membre, puis l'acceptent ou l'arrêtent. Le demandeur ne compte "
        "pas.",
    ),
    "payouts.do.approved": Texts(
        "Make the file for the bank: it goes with everything else that is ready.",
        "Créez le fichier pour la banque\u00a0: il partira avec tout ce qui est prêt.",
    ),
    "payouts.do.approved_alone": Texts(
        "Nothing: it is sent by itself within seconds.", "Rien\u00a0: il part de lui-même en quelques secondes."
    ),
    "payouts.do.sent": Texts(
        "Import the bank's answer (status report or statement): it says whether it was carried out.",
        "Importez la réponse de la banque (compte rendu ou relevé)\u00a0: elle dit s'il a été exécuté.",
    ),
    "payouts.do.unknown": Texts(
        "Nothing: it is looked up, and never sent again before that is known.",
        "Rien\u00a0: il est recherché, et jamais renvoyé avant d'être fixé.",
    ),
    "payouts.do.account": Texts(
        "The money is in the wallet again. The member is told and gives another account, then asks again.",
        "L'argent est de nouveau dans la cagnotte. Le membre est prévenu, donne un autre compte, puis redemande.",
    ),
    "payouts.do.ours": Texts(
        "The reason lies with us or our bank: ask the bank, then let the member ask again. The money is in the wallet.",
        "La cause est chez nous ou à notre banque\u00a0: interrogez-la, puis le membre redemande. L'argent est dans "
        "la cagnotte.",
    ),
    "payouts.do.law": Texts(
        "Do not pay it again before compliance has looked at it: the bank names a reason of law or suspects fraud.",
        "Pas de nouveau versement avant l'avis de la conformité\u00a0: la banque invoque la loi ou soupçonne une "
        "fraude.",
    ),
    "payouts.do.back": Texts(
        "Nothing more: the amount is in the wallet again and the member was told.",
        "Plus rien\u00a0: le montant est de nouveau dans la cagnotte et le membre est prévenu.",
    ),
    "payouts.do.paid": Texts("Nothing: the bank says that it was carried out.", "Rien\u00a0: la banque l'a exécuté."),
    # -- one payout
    "payouts.title": Texts("Payout of {amount}", "Versement de {amount}"),
    "payouts.all": Texts("All payouts", "Tous les versements"),
    "payouts.facts": Texts("Facts", "Détails"),
    "payouts.fact.asked_by": Texts("Asked for by", "Demandé par"),
    "payouts.fact.id": Texts("Id", "Identifiant"),
    "payouts.fact.account": Texts("Account", "Compte"),
    "payouts.fact.file": Texts("File", "Fichier"),
    "payouts.fact.attempts": Texts("Sent", "Envoyé"),
    "payouts.times.one": Texts("{n} time", "{n} fois"),
    "payouts.times.other": Texts("{n} times", "{n} fois"),
    "payouts.moves": Texts("What happened", "Ce qui s'est passé"),
    "payouts.agreed": Texts("Who agreed", "Qui a donné son accord"),
    "payouts.agreed_none": Texts(
        "Nobody yet: two people are needed.", "Personne pour l'instant\u00a0: il en faut deux."
    ),
    "payouts.agreed_one": Texts("One more person is needed.", "Il faut l'accord d'une autre personne."),
    "payouts.decide": Texts("Your answer", "Votre réponse"),
    "payouts.words": Texts("Why, in words that others will read", "Pourquoi, en mots que d'autres liront"),
    "payouts.approve": Texts("Agree", "Accepter"),
    "payouts.stop": Texts("Stop it", "Arrêter"),
    "payouts.stop_hint": Texts(
        "The amount goes back into the wallet and the member is told.",
        "Le montant retourne dans la cagnotte et le membre est prévenu.",
    ),
    "payouts.mine": Texts(
        "You asked for it or have agreed to it: another person must agree.",
        "Vous l'avez demandé ou déjà accepté\u00a0: l'accord d'une autre personne est nécessaire.",
    ),
    # -- files
    "payouts.files": Texts("Files for the bank", "Fichiers pour la banque"),
    "payouts.files_lead": Texts(
        "Every approved bank transfer goes into one file. Take it to your bank once; whoever took it is written down.",
        "Tous les virements prêts vont dans un fichier. Remettez-le une fois à la banque\u00a0; qui l'a pris est noté.",
    ),
    "payouts.files.none": Texts("No file yet", "Aucun fichier pour l'instant"),
    "payouts.files.none_hint": Texts(
        "Make one when transfers are ready to be sent.", "Créez-en un quand des virements sont prêts à partir."
    ),
    "payouts.files.col.made": Texts("Made", "Créé"),
    "payouts.files.col.by": Texts("By", "Par"),
    "payouts.files.col.day": Texts("To be carried out", "Exécution"),
    "payouts.files.col.count": Texts("Transfers", "Virements"),
    "payouts.files.col.total": Texts("Total", "Total"),
    "payouts.files.col.state": Texts("State", "État"),
    "payouts.files.col.taken": Texts("Taken by", "Pris par"),
    "payouts.files.state.open": Texts("Interrupted", "Interrompu"),
    "payouts.files.state.closed": Texts("Interrupted", "Interrompu"),
    "payouts.files.state.written": Texts("To be taken to the bank", "À remettre à la banque"),
    "payouts.files.state.fetched": Texts("Taken", "Pris"),
    "payouts.files.ready": Texts(
        "{n} transfers are ready, {amount} together.", "{n} virements prêts, {amount} au total."
    ),
    "payouts.files.ready_none": Texts("No transfer is ready.", "Aucun virement n'est prêt."),
    "payouts.files.make": Texts("Make the file", "Créer le fichier"),
    "payouts.files.day": Texts("Day of execution", "Jour d'exécution"),
    "payouts.files.day_hint": Texts(
        "Empty: the first day banks work.", "Vide\u00a0: le premier jour ouvré des banques."
    ),
    "payouts.files.title": Texts("File of {day}", "Fichier du {day}"),
    "payouts.files.all": Texts("All files", "Tous les fichiers"),
    "payouts.files.download": Texts("Download the file", "Télécharger le fichier"),
    "payouts.files.download_hint": Texts(
        "It names people and their accounts: who takes it, and when, stays in the audit log.",
        "Il nomme des personnes et leurs comptes\u00a0: qui le prend, et quand, reste dans le journal d'audit.",
    ),
    "payouts.files.again": Texts("Download it again", "Télécharger à nouveau"),
    "payouts.files.again_why": Texts("Why it is needed again", "Pourquoi il faut le reprendre"),
    "payouts.files.again_hint": Texts(
        "Taken {when} by {who}. It is the same file to the byte: a bank that gets it twice pays once.",
        "Pris {when} par {who}. C'est le même fichier à l'octet près\u00a0: reçu deux fois, il est payé une fois.",
    ),
    "payouts.files.digest": Texts("SHA-256", "SHA-256"),
    "payouts.files.unfinished": Texts(
        "Making this file was interrupted. Make the file again: it goes on with the same transfers.",
        "La création de ce fichier a été interrompue. Relancez-la\u00a0: elle reprend avec les mêmes virements.",
    ),
    "payouts.files.inside": Texts("Payouts in this file", "Versements de ce fichier"),
    # -- gift cards
    "payouts.gifts": Texts("Gift cards in stock", "Cartes cadeaux en stock"),
    "payouts.gifts_none": Texts("None in stock.", "Aucune en stock."),
    "payouts.gifts_left": Texts("{amount}: {n} left", "{amount}\u00a0: il en reste {n}"),
    "payouts.gifts_file": Texts(
        "CSV with the columns code, asset, amount, expires_on", "CSV avec les colonnes code, asset, amount, expires_on"
    ),
    "payouts.gifts_import": Texts("Import cards", "Importer des cartes"),
    "payouts.bank": Texts("Bank statements", "Relevés de banque"),
    # -- done and refused
    "done.payout_agreed": Texts("Your agreement is written down.", "Votre accord est enregistré."),
    "done.payout_stopped": Texts("The payout is stopped.", "Le versement est arrêté."),
    "done.file_made": Texts(
        "The file is made. Download it and take it to your bank.",
        "Le fichier est créé. Téléchargez-le pour votre banque.",
    ),
    "done.gifts_imported": Texts("The cards are in stock.", "Les cartes sont en stock."),
    "console.refused.second_person": Texts(
        "You asked for it or have agreed to it before: another person must.",
        "Vous l'avez demandé ou déjà accepté\u00a0: une autre personne doit répondre.",
    ),
    "console.refused.payout_state": Texts(
        "Somebody or something has moved it meanwhile: look at where it stands now.",
        "Il a changé d'état entre-temps\u00a0: regardez où il en est.",
    ),
    "console.refused.nothing_to_send": Texts("No transfer is ready to be sent.", "Aucun virement n'est prêt à partir."),
    "console.refused.rail_not_opened": Texts(
        "Nobody has said yet who pays, and from which account.",
        "Le payeur et son compte ne sont pas encore renseignés.",
    ),
    "console.refused.fetched_before": Texts(
        "This file was taken before: say why it is needed again.",
        "Ce fichier a déjà été pris\u00a0: dites pourquoi il faut le reprendre.",
    ),
    "console.refused.scope_missing": Texts(
        "Your role may look at this and not decide it.", "Votre rôle permet de voir ceci, pas de le décider."
    ),
}
