"""Words of the pages on members: the list, the reason that is asked, each part of a file."""

from cashback.offers.wording import Texts

MEMBERS_WORDS: dict[str, Texts] = {
    "members.title": Texts("Members", "Membres"),
    "members.lead": Texts(
        "Names are masked. Opening somebody's file takes a reason, and is written into the audit log.",
        "Les noms sont masqués. Ouvrir un dossier demande une raison, inscrite au journal d'audit.",
    ),
    "members.member": Texts("Member", "Membre"),
    "members.joined": Texts("Joined", "Inscrit"),
    "members.cards": Texts("Linked cards", "Cartes reliées"),
    "members.available": Texts("Available", "Disponible"),
    "members.pending": Texts("Pending", "En attente"),
    "members.last_purchase": Texts("Last purchase", "Dernier achat"),
    "members.filter": Texts("Whole reference, member or purchase id", "Référence entière, id de membre ou d'achat"),
    "members.none": Texts("No member yet", "Aucun membre encore"),
    "members.none_hint": Texts(
        "The first one stands here as soon as somebody signs up or your application opens them.",
        "Le premier s'affiche dès que quelqu'un s'inscrit ou que votre application l'ouvre.",
    ),
    "members.why_title": Texts("Why do you open this file?", "Pourquoi ouvrez-vous ce dossier\u00a0?"),
    "members.why_lead": Texts(
        "It shows what one person bought and earned. Your reason holds for {minutes} minutes in this session.",
        "Il montre ce qu'une personne a acheté et gagné. Votre raison vaut {minutes} minutes dans cette session.",
    ),
    "members.why_choose": Texts("Reason", "Raison"),
    "members.why.asked": Texts("The member asked for help", "Le membre a demandé de l'aide"),
    "members.why.missing": Texts("A purchase or a reward is missing", "Un achat ou une récompense manque"),
    "members.why.claim": Texts("A claim is to be answered", "Une réclamation attend une réponse"),
    "members.why.payout": Texts("A payout or an instalment went wrong", "Un versement ou une échéance a échoué"),
    "members.why.fraud": Texts("Something looks wrong", "Quelque chose paraît anormal"),
    "members.why.rights": Texts(
        "The member uses a right: access, correction, erasure",
        "Le membre exerce un droit\u00a0: accès, rectification, effacement",
    ),
    "members.why.other": Texts("Another reason, as the words say", "Une autre raison, dite en mots"),
    "members.why_words": Texts(
        "In a few words, without names (a ticket number helps)", "En quelques mots, sans nom (un numéro de ticket aide)"
    ),
    "members.why_logged": Texts(
        "Your name, the time and the reason are written down for good.",
        "Votre nom, l'heure et la raison sont inscrits définitivement.",
    ),
    "members.open": Texts("Open the file", "Ouvrir le dossier"),
    "members.since": Texts("Member since {day}", "Membre depuis le {day}"),
    "members.language.en": Texts("reads English", "lit en anglais"),
    "members.language.fr": Texts("reads French", "lit en français"),
    "members.opened_because": Texts("Open because: {why}", "Ouvert car\u00a0: {why}"),
    "members.opened_until": Texts("(logged {at}, until {until})", "(inscrit à {at}, jusqu'à {until})"),
    "members.close": Texts("Close the file", "Fermer le dossier"),
    "members.parts": Texts("Parts of the file", "Parties du dossier"),
    "members.part.wallet": Texts("Wallet", "Cagnotte"),
    "members.part.purchases": Texts("Purchases", "Achats"),
    "members.part.missing": Texts("Missing", "Manquant"),
    "members.part.cards": Texts("Cards", "Cartes"),
    "members.part.claims": Texts("Claims", "Réclamations"),
    "members.part.plans": Texts("Instalments", "Échéances"),
    "members.part.notices": Texts("Notices", "Avis"),
    "members.part.closing": Texts("Closing", "Clôture"),
    "members.available_of": Texts("{name}, available", "{name}, disponible"),
    "members.pending_of": Texts("{amount} pending", "{amount} en attente"),
    "members.next_at": Texts("{amount} on {day}", "{amount} le {day}"),
    "members.in_transit": Texts("{amount} on its way to the member", "{amount} en cours de versement"),
    "members.paid_of": Texts("{amount} paid so far", "{amount} déjà versé"),
    "members.expired_of": Texts("{amount} expired", "{amount} expiré"),
    "members.adjust": Texts("Adjust the wallet", "Ajuster la cagnotte"),
    "members.alone": Texts("Alone you may still adjust today:", "Seul, vous pouvez encore ajuster aujourd'hui\u00a0:"),
    "members.alone_none": Texts(
        "You may ask; a second person decides, because no amount is left that you may adjust alone.",
        "Vous pouvez demander\u00a0; une seconde personne décide, car il ne vous reste aucun montant à ajuster seul.",
    ),
    "members.way": Texts("Which way", "Sens"),
    "members.way.give": Texts("Add to the wallet", "Ajouter à la cagnotte"),
    "members.way.take": Texts("Take from the wallet", "Retirer de la cagnotte"),
    "members.amount": Texts("Amount", "Montant"),
    "members.asset": Texts("Of what", "De quoi"),
    "members.kind": Texts("What it is", "Nature"),
    "members.kind.goodwill": Texts("Goodwill", "Geste commercial"),
    "members.kind.correction": Texts("Correction", "Correction"),
    "members.kind.write_off": Texts("Debt given up", "Abandon de dette"),
    "members.reason": Texts("Reason", "Raison"),
    "members.because.complaint": Texts("something went wrong in the centre", "un problème dans le centre"),
    "members.because.delay": Texts("a reward or payout came late", "récompense ou versement en retard"),
    "members.because.gift": Texts("a birthday, a prize", "un anniversaire, un prix"),
    "members.because.not_told": Texts("a purchase that no source tells", "un achat qu'aucune source ne transmet"),
    "members.because.told_wrong": Texts("a purchase told wrongly", "un achat mal transmis"),
    "members.because.operator_mistake": Texts("a mistake of ours", "une erreur de notre part"),
    "members.because.uncollectable": Texts("a debt that rewards will not pay", "une dette que rien ne comblera"),
    "members.because.left": Texts("the member left", "le membre est parti"),
    "members.words": Texts("Why, in words", "Pourquoi, en mots"),
    "members.movements": Texts("Every movement", "Tous les mouvements"),
    "members.no_movement": Texts("Nothing moved yet", "Aucun mouvement encore"),
    "members.no_movement_hint": Texts(
        "Rewards, payouts and adjustments stand here, each with its reason.",
        "Récompenses, versements et ajustements s'affichent ici, chacun avec sa raison.",
    ),
    "members.at": Texts("When", "Quand"),
    "members.from": Texts("From", "De"),
    "members.to": Texts("To", "Vers"),
    "members.bought": Texts("Bought", "Achat"),
    "members.shop": Texts("Shop", "Boutique"),
    "members.earned": Texts("Earned", "Gagné"),
    "members.state": Texts("State", "État"),
    "members.why": Texts("Why", "Pourquoi"),
    "members.see_why": Texts("every condition on its page", "chaque condition sur sa page"),
    "members.no_purchase": Texts("No purchase yet", "Aucun achat encore"),
    "members.no_purchase_hint": Texts(
        "Payments with a linked card stand here within minutes.",
        "Les paiements avec une carte reliée s'affichent ici en quelques minutes.",
    ),
    "members.purchases_hint": Texts(
        "A line opens the purchase with every condition of every offer. Is one missing?",
        "Une ligne ouvre l'achat avec chaque condition de chaque offre. Il en manque un\u00a0?",
    ),
    "members.look_for": Texts("Look for it", "Le chercher"),
    "members.linked": Texts("linked {when}", "reliée le {when}"),
    "members.unlinked": Texts("unlinked {when}", "déliée le {when}"),
    "members.is_linked": Texts("Linked", "Reliée"),
    "members.not_linked": Texts("Not linked", "Déliée"),
    "members.unlink": Texts("Unlink", "Délier"),
    "members.unlink_hint": Texts(
        "Purchases made until now finish and their refunds still apply; later ones never count.",
        "Les achats faits jusqu'ici se terminent et leurs remboursements comptent\u00a0; les suivants ne "
        "comptent jamais.",
    ),
    "members.unlink_sure": Texts("Unlink this card", "Délier cette carte"),
    "members.no_card": Texts("No card was ever linked", "Aucune carte n'a jamais été reliée"),
    "members.no_card_hint": Texts(
        "Nothing can be recognised without one; the member links it in their app.",
        "Sans carte, rien ne peut être reconnu\u00a0; le membre la relie dans son app.",
    ),
    "members.consents": Texts("Consents", "Consentements"),
    "members.no_consent": Texts(
        "None was given here; your own application may hold some.",
        "Aucun n'a été donné ici\u00a0; votre propre application peut en détenir.",
    ),
    "members.withdrawn": Texts("taken back {when}", "retiré le {when}"),
    "members.no_card_came": Texts("no card came of it", "aucune carte n'en est résultée"),
    "members.version": Texts("version {version}", "version {version}"),
    "members.claims": Texts("Claims", "Réclamations"),
    "members.claimed": Texts("claimed {when}", "reçue le {when}"),
    "members.no_claim": Texts("No claim", "Aucune réclamation"),
    "members.no_claim_hint": Texts(
        "What the member claims, or you for them, stands here with its answer.",
        "Ce que le membre réclame, ou vous pour lui, s'affiche ici avec sa réponse.",
    ),
    "members.adjustments": Texts("Adjustments by hand", "Ajustements manuels"),
    "members.no_adjustment": Texts("Nobody has adjusted this wallet.", "Personne n'a ajusté cette cagnotte."),
    "members.decided_by": Texts("decided by {who}", "décidé par {who}"),
    "members.adjusted.waiting": Texts("Waits for a second person", "Attend une seconde personne"),
    "members.adjusted.posted": Texts("In the wallet", "Dans la cagnotte"),
    "members.adjusted.refused": Texts("Refused", "Refusé"),
    "members.plan_made": Texts("accepted {when}", "accepté le {when}"),
    "members.plan_paid": Texts("paid {when}", "payé le {when}"),
    "members.plan_owed": Texts("{amount} owed", "{amount} dû"),
    "members.late": Texts("late", "en retard"),
    "members.no_plan": Texts("No payment in instalments", "Aucun paiement en plusieurs fois"),
    "members.no_plan_hint": Texts(
        "Purchases that the member pays in parts stand here with every due date.",
        "Les achats payés en plusieurs fois s'affichent ici avec chaque échéance.",
    ),
    "members.notices": Texts("What the member was told", "Ce qui a été dit au membre"),
    "members.read": Texts("read {when}", "lu le {when}"),
    "members.unread": Texts("not read yet", "pas encore lu"),
    "members.no_notice": Texts("Nothing was told yet", "Rien n'a encore été dit"),
    "members.no_notice_hint": Texts(
        "Rewards, payouts and answers are told in the member's inbox.",
        "Récompenses, versements et réponses sont dits dans la boîte du membre.",
    ),
    "account.brand": Texts("Brand {name}", "Enseigne {name}"),
    "account.shop": Texts("Shop {name}", "Boutique {name}"),
    "account.in_transit": Texts("On its way", "En cours de versement"),
    "account.owed": Texts("Owed by plans", "Dû en plusieurs fois"),
    "account.plans:collected": Texts("Collected for plans", "Encaissé en plusieurs fois"),
    "account.plans:fees": Texts("Fees of plans", "Frais des échéances"),
    "account.plans:written_off": Texts("Plans given up", "Échéances abandonnées"),
    "account.payable:lender": Texts("Owed to the lender", "Dû au prêteur"),
    "reason.goodwill": Texts("goodwill", "geste commercial"),
    "reason.correction": Texts("correction by hand", "correction manuelle"),
    "reason.write_off": Texts("debt given up", "dette abandonnée"),
    "reason.payout_requested": Texts("payout asked for", "versement demandé"),
    "reason.payout_paid": Texts("payout arrived", "versement arrivé"),
    "reason.payout_cancelled": Texts("payout cancelled", "versement annulé"),
    "reason.payout_failed": Texts("payout failed", "versement échoué"),
    "reason.payout_returned": Texts("payout came back", "versement retourné"),
    "reason.payout_rejected": Texts("payout refused", "versement refusé"),
    "members.close_title": Texts("Close this account for good", "Clôturer ce compte définitivement"),
    "members.close_lead": Texts(
        "Closing erases the person: name, addresses, cards, receipts and sessions go at once; the books "
        "stay under an id "
        "that leads to nobody.",
        "Clôturer efface la personne : nom, adresses, cartes, tickets et sessions disparaissent aussitôt ; les "
        "comptes restent sous un identifiant qui ne mène à personne.",
    ),
    "members.close_costs": Texts("What would be given up", "Ce qui serait abandonné"),
    "members.close_nothing": Texts("Nothing stands in the wallet.", "Rien dans la cagnotte."),
    "members.close_available": Texts("{amount} available", "{amount} disponible"),
    "members.close_pending": Texts("{amount} pending", "{amount} en attente"),
    "members.close_owed": Texts("{amount} owed", "{amount} dû"),
    "members.close_give_up": Texts("The member agrees to give this up", "Le membre accepte d'y renoncer"),
    "members.close_blocked": Texts("Not possible yet", "Pas encore possible"),
    "members.close_blocked.open_plan": Texts(
        "A payment in instalments is open, or a card is still being charged or paid back.",
        "Un paiement en plusieurs fois est ouvert, ou une carte est encore débitée ou remboursée.",
    ),
    "members.close_blocked.payout_under_way": Texts("A payout is on its way.", "Un versement est en cours."),
    "members.close_blocked.review_open": Texts(
        "A contested decision is being looked at again.", "Une décision contestée est en cours de réexamen."
    ),
    "members.close_word": Texts("Type {word} to confirm", "Tapez {word} pour confirmer"),
    "members.close_do": Texts("Erase and close", "Effacer et clôturer"),
    "members.word": Texts("ERASE", "EFFACER"),
    "done.members-erased": Texts(
        "The account is closed and the person erased.", "Le compte est clôturé et la personne effacée."
    ),
    "console.refused.erasure_word": Texts(
        "Type the word exactly as it is shown.", "Tapez le mot exactement comme indiqué."
    ),
    "console.refused.balance_left": Texts(
        "Something stands in the wallet: pay it out first, or say that the member gives it up.",
        "La cagnotte n'est pas vide : versez d'abord, ou dites que le membre y renonce.",
    ),
    "done.members-closed": Texts("The file is closed.", "Le dossier est fermé."),
    "done.members-adjusted": Texts("The wallet is adjusted.", "La cagnotte est ajustée."),
    "done.members-asked": Texts(
        "Asked for. Nothing moved yet: a second person decides.",
        "Demandé. Rien n'a encore bougé\u00a0: une seconde personne décide.",
    ),
    "done.members-unlinked": Texts("The card is unlinked.", "La carte est déliée."),
    "console.refused.reason_missing": Texts(
        "Choose a reason; with “another reason” say it in words.",
        "Choisissez une raison\u00a0; avec «\u00a0une autre raison\u00a0», dites-la en mots.",
    ),
    "console.refused.bad_amount": Texts(
        "Amount: digits were expected, such as 12.50.",
        "Montant\u00a0: des chiffres étaient attendus, par exemple 12,50.",
    ),
    "console.refused.insufficient_balance": Texts(
        "The wallet does not hold so much.",
        "La cagnotte ne contient pas autant.",
    ),
    "console.refused.nothing_owed": Texts(
        "There is no such debt to give up.", "Il n'y a pas de telle dette à abandonner."
    ),
    "console.refused.bad_reason": Texts("Choose a reason.", "Choisissez une raison."),
    "console.refused.card_not_linked": Texts("This card is not linked any more.", "Cette carte n'est plus reliée."),
    "console.refused.unknown_purchase": Texts(
        "This member has no such purchase.", "Ce membre n'a pas d'achat de ce nom."
    ),
    "console.refused.one_purchase": Texts("Choose two purchases or more.", "Choisissez deux achats ou plus."),
    "console.refused.one_source": Texts(
        "One source tells each purchase once: two of the same source are two purchases.",
        "Une source ne transmet chaque achat qu'une fois : deux de la même source sont deux achats.",
    ),
    "console.refused.one_view": Texts(
        "This purchase is told by one source alone: there is nothing to part.",
        "Cet achat n'est transmis que par une source\u00a0: il n'y a rien à séparer.",
    ),
    "console.refused.already_claimed": Texts(
        "This purchase was claimed before: look under Claims.",
        "Cet achat a déjà été réclamé\u00a0: voyez Réclamations.",
    ),
    "console.refused.already_rewarded": Texts(
        "This purchase is known and has earned: look under Purchases.",
        "Cet achat est connu et a rapporté\u00a0: voyez Achats.",
    ),
    "console.refused.not_linked": Texts(
        "No card of this member was linked on that day: what is bought then never counts.",
        "Aucune carte de ce membre n'était reliée ce jour-là\u00a0: ce qui est acheté alors ne compte jamais.",
    ),
    "console.refused.time_needed": Texts(
        "A card was linked on that very day: tell the time of the purchase too.",
        "Une carte a été reliée ce jour même\u00a0: indiquez aussi l'heure de l'achat.",
    ),
    "console.refused.too_old": Texts(
        "Purchases can be claimed for 90 days.", "Un achat peut être réclamé pendant 90 jours."
    ),
    "console.refused.in_future": Texts("This day has not come yet.", "Ce jour n'est pas encore venu."),
    "console.refused.unknown_shop": Texts("Choose a shop of the programme.", "Choisissez une boutique du programme."),
    "console.refused.shop_not_there": Texts(
        "This shop was not of the programme on that day.", "Cette boutique n'était pas du programme ce jour-là."
    ),
    "console.refused.too_many_open": Texts(
        "Five claims of this member wait for an answer: answer one first.",
        "Cinq réclamations de ce membre attendent\u00a0: répondez d'abord à l'une d'elles.",
    ),
    "console.refused.picture_unknown": Texts(
        "The picture is none of JPEG, PNG, WEBP and PDF.", "L'image n'est ni JPEG, ni PNG, ni WEBP, ni PDF."
    ),
    "console.refused.picture_too_large": Texts("The picture has more than 5 MB.", "L'image dépasse 5 Mo."),
    "console.refused.picture_claimed": Texts(
        "This picture was sent with a claim before.", "Cette image a déjà accompagné une réclamation."
    ),
}
