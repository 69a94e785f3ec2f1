"""The texts of the shopper's app: its frame, cash-out, offers, score and inbox, English and French side by side."""

from cashback.offers.wording import Texts
from cashback.web.shopper.answer_messages import ANSWER_MESSAGES
from cashback.web.shopper.erasure_words import ERASURE_WORDS
from cashback.web.shopper.me_messages import ME_MESSAGES
from cashback.web.shopper.plan_messages import PLAN_MESSAGES
from cashback.web.shopper.preference_words import PREFERENCE_WORDS

SHOPPER_MESSAGES: dict[str, Texts] = {
    **PLAN_MESSAGES,
    **ANSWER_MESSAGES,
    **ME_MESSAGES,
    **PREFERENCE_WORDS,
    **ERASURE_WORDS,
    "tab.nav": Texts("Main menu", "Menu principal"),
    "tab.wallet": Texts("Wallet", "Cagnotte"),
    "tab.offers": Texts("Offers", "Offres"),
    "tab.payments": Texts("Payments", "Paiements"),
    "tab.inbox": Texts("Inbox", "Messages"),
    "tab.me": Texts("Me", "Moi"),
    "tab.unread": Texts("not read yet", "non lus"),
    "nav.back_wallet": Texts("Back to the wallet", "Retour à la cagnotte"),
    "nav.back_cash": Texts("Back to cash-out", "Retour aux versements"),
    "nav.back_offers": Texts("All offers", "Toutes les offres"),
    "nav.back_payments": Texts("All payments", "Tous les paiements"),
    "nav.back_plan": Texts("Back to this plan", "Retour à ce paiement"),
    "nav.back_decision": Texts("Back to the answer", "Retour à la réponse"),
    "nav.back_me": Texts("Back to my account", "Retour à mon compte"),
    "wallet.cash_out": Texts("Send to my account", "Virer sur mon compte"),
    # -- cash-out
    "cash.title": Texts("Cash out", "Virer mon argent"),
    "cash.none": Texts("This programme pays nothing out", "Ce programme ne verse pas d'argent"),
    "cash.none_hint": Texts("What you earn is used in the centre.", "Ce que vous gagnez s'utilise dans le centre."),
    "cash.ask_title": Texts("How much, and where to?", "Combien, et vers où\u00a0?"),
    "cash.far": Texts("How far it is to the least amount", "Progression vers le montant minimum"),
    "cash.missing": Texts("{missing} more and you can cash out", "Encore {missing} avant de pouvoir virer"),
    "cash.below": Texts(
        "{missing} more: {minimum} is the least that is paid out at once.",
        "Encore {missing}\u00a0: le versement minimum est de {minimum}.",
    ),
    "cash.no_way": Texts("Add the account that you want to be paid to.", "Ajoutez le compte à créditer."),
    "cash.amount": Texts("Amount", "Montant"),
    "cash.limits": Texts("From {minimum} to {most}", "De {minimum} à {most}"),
    "cash.way": Texts("Where to", "Vers"),
    "cash.rail.sepa": Texts("Bank account", "Compte bancaire"),
    "cash.rail.stripe": Texts("Connected account", "Compte relié"),
    "cash.rail.gift_card": Texts("Gift card", "Carte cadeau"),
    "cash.rail.statement_credit": Texts("Credit on your card", "Crédit sur votre carte"),
    "cash.ending": Texts("ending in {digits}", "se terminant par {digits}"),
    "cash.from": Texts("New: money goes there from {when}", "Nouveau\u00a0: versements possibles à partir du {when}"),
    "cash.cooling": Texts(
        "For your safety nothing is sent to a new account before {hours} hours have passed.",
        "Par sécurité, rien n'est envoyé à un nouveau compte avant {hours} heures.",
    ),
    "cash.arrival": Texts(
        "There around {day}: banks take 1 or 2 working days", "Arrivée vers le {day}\u00a0: 1 à 2 jours ouvrés"
    ),
    "cash.faces": Texts("There are cards of {amounts}", "Cartes disponibles\u00a0: {amounts}"),
    "cash.no_faces": Texts("Sold out at the moment", "Épuisées pour le moment"),
    "cash.confirm_title": Texts("Is this right?", "Tout est exact\u00a0?"),
    "cash.confirm_lead": Texts("Nothing has been sent yet.", "Rien n'est encore envoyé."),
    "cash.when": Texts("When", "Quand"),
    "cash.now": Texts("with the centre's next transfers", "avec les prochains virements du centre"),
    "cash.around": Texts("around {day}", "vers le {day}"),
    "cash.arrives": Texts("In your account", "Sur votre compte"),
    "cash.by_code": Texts("As a code, shown here", "Sous forme de code, ici même"),
    "cash.confirm": Texts("Yes, send it", "Oui, envoyer"),
    "cash.change": Texts("Change something", "Modifier"),
    "cash.check": Texts("Check and send", "Vérifier puis envoyer"),
    "cash.steps": Texts("What happened", "Les étapes"),
    "cash.fees": Texts("Fees", "Frais"),
    "cash.approval": Texts("Above {amount}", "Au-delà de {amount}"),
    "cash.two_people": Texts(
        "two people of the centre's team check it first", "deux personnes du centre vérifient d'abord"
    ),
    "cash.accounts": Texts("My accounts", "Mes comptes"),
    "cash.accounts_none": Texts("No account yet.", "Aucun compte pour le moment."),
    "cash.added": Texts("Added on {day}", "Ajouté le {day}"),
    "cash.remove": Texts("Remove", "Retirer"),
    "cash.add_account": Texts("Add a bank account", "Ajouter un compte bancaire"),
    "cash.iban": Texts("IBAN", "IBAN"),
    "cash.holder": Texts("Name on the account", "Titulaire du compte"),
    "cash.sealed": Texts(
        "Kept encrypted; only its last four characters are ever shown.",
        "Conservé chiffré\u00a0; seuls ses quatre derniers caractères sont affichés.",
    ),
    "cash.history": Texts("Payouts", "Versements"),
    "cash.history_none": Texts("Nothing was paid out yet", "Aucun versement pour le moment"),
    "cash.history_none_hint": Texts(
        "Each payout appears here with where it stands and why.",
        "Chaque versement s'affiche ici, avec son état et la raison.",
    ),
    "cash.because": Texts("Why: {why}.", "Pourquoi\u00a0: {why}."),
    "cash.until": Texts("It goes on by itself on {when}.", "Reprise automatique le {when}."),
    "cash.cancel": Texts("Take it back", "Annuler"),
    "cash.reveal": Texts("Show the code", "Afficher le code"),
    "cash.done.asked": Texts(
        "Done: your payout is on its way through the checks below.",
        "C'est fait\u00a0: suivez votre versement ci-dessous.",
    ),
    "cash.done.cancelled": Texts(
        "Taken back: the money is in your wallet again.", "Annulé\u00a0: l'argent est de nouveau dans votre cagnotte."
    ),
    "cash.done.account_added": Texts("The account was added.", "Le compte a été ajouté."),
    "cash.done.account_removed": Texts("The account was removed.", "Le compte a été retiré."),
    "cash.gift_title": Texts("Your gift card", "Votre carte cadeau"),
    "cash.gift_lead": Texts(
        "Show this code at the till. That it was opened has been noted.",
        "Présentez ce code en caisse. Son affichage a été noté.",
    ),
    "cash.gift_until": Texts("To use by {day}", "À utiliser avant le {day}"),
    "payout.state.on_its_way": Texts("On its way", "En route"),
    "payout.state.held": Texts("Waiting", "En attente"),
    "payout.state.waiting_approval": Texts("Being checked", "En vérification"),
    "payout.state.recalling": Texts("Coming back", "En retour"),
    "payout.state.unknown": Texts("Being looked up", "En recherche"),
    "payout.state.paid": Texts("Paid", "Versé"),
    "payout.state.failed": Texts("Did not succeed", "Non abouti"),
    "payout.state.returned": Texts("Came back", "Revenu"),
    "payout.state.cancelled": Texts("Taken back", "Annulé"),
    "payout.state.stopped": Texts("Stopped", "Arrêté"),
    "payout.why.above_limit": Texts(
        "two people of the centre must agree to an amount like this",
        "deux personnes du centre doivent valider un tel montant",
    ),
    "payout.why.asked_back": Texts("you took it back", "vous l'avez annulé"),
    "payout.why.account_cooling": Texts(
        "the account is new, and waits for your safety", "le compte est nouveau\u00a0: délai de sécurité"
    ),
    # -- offers
    "offers.title": Texts("Offers", "Offres"),
    "offers.lead": Texts(
        "What your purchases earn at {name} today.", "Ce que rapportent vos achats chez {name} aujourd'hui."
    ),
    "offers.floor": Texts("Floor", "Étage"),
    "offers.all_floors": Texts("All floors", "Tous les étages"),
    "offers.show": Texts("Show", "Afficher"),
    "offers.show.all": Texts("Everything", "Tout"),
    "offers.show.activate": Texts("To activate", "À activer"),
    "offers.show.progress": Texts("Under way", "En cours"),
    "offers.show.ending": Texts("Ending soon", "Bientôt finies"),
    "offers.apply": Texts("Filter", "Filtrer"),
    "offers.none": Texts("No offer runs today", "Aucune offre aujourd'hui"),
    "offers.none_hint": Texts(
        "Your purchases are still recognised; come back soon.", "Vos achats restent reconnus\u00a0; revenez bientôt."
    ),
    "offers.none_here": Texts("Nothing fits this filter", "Rien ne correspond à ce filtre"),
    "offers.none_here_hint": Texts("Other floors have offers.", "D'autres niveaux ont des offres."),
    "offers.see_all": Texts("Show all offers", "Voir toutes les offres"),
    "offers.progress_of": Texts("How far you are with {name}", "Votre progression\u00a0: {name}"),
    "offers.to_activate": Texts("To activate", "À activer"),
    "offers.activated": Texts("Activated", "Activée"),
    "offers.automatic": Texts("Counts by itself", "Automatique"),
    "offers.activate": Texts("Activate this offer", "Activer cette offre"),
    "offers.done": Texts(
        "Activated: purchases count from now on.", "Activée\u00a0: vos achats comptent dès maintenant."
    ),
    "offers.fact.spend": Texts("Spend", "Achat"),
    "offers.fact.cap": Texts("At most", "Au plus"),
    "offers.fact.where": Texts("Where", "Où"),
    "offers.fact.until": Texts("Until", "Jusqu'au"),
    "offers.fact.do": Texts("To do", "À faire"),
    "offers.any_amount": Texts("Any amount", "Tout montant"),
    "offers.together": Texts("{amount} in all {period}", "{amount} en tout {period}"),
    "offers.together_shops": Texts(
        "{amount} in all {period}, in {n} shops or more", "{amount} en tout {period}, dans au moins {n} boutiques"
    ),
    "offers.repeats.once": Texts("; it earns once", "\u00a0; une seule récompense"),
    "offers.repeats.each": Texts("; it earns each time that is reached", "\u00a0; à chaque fois que c'est atteint"),
    "offers.repeats.onwards": Texts("; it earns from then on", "\u00a0; puis à chaque achat"),
    "offers.trail": Texts("{n} different shops {period}, once", "{n} boutiques différentes {period}, une fois"),
    "offers.stamps": Texts("Every visit number {n} earns", "Chaque {n}e visite rapporte"),
    "offers.stamps_day": Texts(
        "Every visit number {n} earns; one visit a day counts",
        "Chaque {n}e visite rapporte\u00a0; une visite par jour compte",
    ),
    "offers.streak": Texts("{n} weeks in a row with a purchase", "{n} semaines de suite avec un achat"),
    "offers.from_amount": Texts("{amount} or more", "Dès {amount}"),
    "offers.to_amount": Texts("Up to {amount}", "Jusqu'à {amount}"),
    "offers.between": Texts("{least} to {most}", "De {least} à {most}"),
    "offers.cap": Texts("{amount} per purchase", "{amount} par achat"),
    "offers.no_cap": Texts("No limit", "Sans limite"),
    "offers.everywhere": Texts("Every shop that takes part", "Toutes les boutiques participantes"),
    "offers.nowhere": Texts("No shop at the moment", "Aucune boutique pour le moment"),
    "offers.no_end": Texts("No end date", "Sans date de fin"),
    "offers.do.activate": Texts("Activate, then pay with your card", "Activez, puis payez avec votre carte"),
    "offers.do.nothing": Texts("Just pay with your card", "Payez simplement avec votre carte"),
    "offers.per": Texts("{units} per {per}", "{units} par tranche de {per}"),
    "offers.up_to": Texts("Up to {rate}", "Jusqu'à {rate}"),
    "offers.times": Texts("{factor} × {offer}", "{factor} × {offer}"),
    "offers.condition": Texts("Condition: {what}", "Condition\u00a0: {what}"),
    "offers.limit.once": Texts("At most once {period}{whom}", "Au plus une fois {period}{whom}"),
    "offers.limit.times": Texts("At most {n} times {period}{whom}", "Au plus {n} fois {period}{whom}"),
    "offers.limit.amount": Texts("At most {most} {period}{whom}", "Au plus {most} {period}{whom}"),
    "offers.period.day": Texts("a day", "par jour"),
    "offers.period.week": Texts("a week", "par semaine"),
    "offers.period.month": Texts("a month", "par mois"),
    "offers.period.year": Texts("a year", "par an"),
    "offers.period.life": Texts("in all", "au total"),
    "offers.whom.card": Texts(" with one card", " avec une même carte"),
    "offers.whom.shop": Texts(" in one shop", " dans une même boutique"),
    "offers.whom.shared": Texts(", all shoppers together", ", tous clients confondus"),
    "offers.example": Texts("For example", "Par exemple"),
    "offers.example_of": Texts("A purchase of {spent}", "Un achat de {spent}"),
    "offers.hold.one": Texts(
        "Available {n} day after the shop has collected", "Disponible {n} jour après l'encaissement"
    ),
    "offers.hold.other": Texts(
        "Available {n} days after the shop has collected", "Disponible {n} jours après l'encaissement"
    ),
    "offers.hold_none": Texts(
        "Available as soon as the shop has collected", "Disponible dès l'encaissement par la boutique"
    ),
    "offers.rules": Texts("Rules", "Conditions"),
    "offers.stacks": Texts(
        "On top of what the shop gives itself; of two offers of the centre in the same currency the better one counts.",
        "S'ajoute aux avantages de la boutique\u00a0; entre deux offres du centre dans la même unité, la "
        "meilleure compte.",
    ),
    "offers.stacks_group": Texts(
        "On top of what the shop gives itself; of offers of one family the best one counts.",
        "S'ajoute aux avantages de la boutique\u00a0; entre offres d'une même famille, la meilleure compte.",
    ),
    "offers.refunds": Texts("What is refunded does not count.", "Ce qui est remboursé ne compte pas."),
    "offers.shops": Texts("Shops that take part", "Boutiques participantes"),
    # -- the score
    "score.title": Texts("Shopping score", "Score shopping"),
    "score.lead": Texts(
        "What your purchases say, and what would raise it.", "Ce que disent vos achats, et ce qui le ferait monter."
    ),
    "score.see": Texts("See why", "Voir pourquoi"),
    "score.teaser_none": Texts(
        "It appears after a few visits, and opens payment in instalments.",
        "Il apparaît après quelques visites et ouvre le paiement en plusieurs fois.",
    ),
    "score.none": Texts("Not enough purchases yet", "Pas encore assez d'achats"),
    "score.none_hint": Texts(
        "That is no bad mark: there is nothing to reckon from yet. What is missing:",
        "Ce n'est pas une mauvaise note\u00a0: il manque de quoi calculer. Ce qui manque\u00a0:",
    ),
    "score.see_offers": Texts("See the offers", "Voir les offres"),
    "score.of": Texts("{value} of {most}", "{value} sur {most}"),
    "score.band.very_good": Texts("Very good", "Très bon"),
    "score.band.good": Texts("Good", "Bon"),
    "score.band.fair": Texts("Fair", "Moyen"),
    "score.band.none": Texts("Below what opens instalments", "En dessous du seuil des paiements en plusieurs fois"),
    "score.next": Texts("What would raise it", "Ce qui le ferait monter"),
    "score.use_lead": Texts(
        "It helps to answer whether you may pay in instalments. It never changes what you earn.",
        "Il aide à dire si vous pouvez payer en plusieurs fois. Il ne change jamais ce que vous gagnez.",
    ),
    "score.made": Texts("How it is computed", "Comment il est calculé"),
    "score.plain": Texts(
        "Each fact below gives points, and the points are added up. What they are worth was learned from how plans "
        "were paid back before, and is the same for everybody. Nobody changes it by hand for you.",
        "Chaque élément ci-dessous donne des points, et ces points s'additionnent. Leur valeur vient de la façon dont "
        "des paiements passés ont été remboursés, et elle est la même pour tous. Personne ne la change pour vous.",
    ),
    "score.for_specialists": Texts("For specialists", "Pour les spécialistes"),
    "score.reasons": Texts("Where most points are left to gain", "Là où il reste le plus de points à gagner"),
    "score.use": Texts("What it is used for", "À quoi il sert"),
    "score.looked_at": Texts("Everything that is looked at", "Tout ce qui est pris en compte"),
    "score.history": Texts("Earlier answers", "Réponses précédentes"),
    "score.history_none": Texts(
        "You have not asked for instalments yet.", "Vous n'avez pas encore demandé de paiement en plusieurs fois."
    ),
    "score.day": Texts("Day", "Jour"),
    "score.value": Texts("Score", "Score"),
    "score.answer": Texts("Answer", "Réponse"),
    "score.outcome.eligible": Texts("Accepted", "Accepté"),
    "score.outcome.counter_offer": Texts("Another offer", "Autre proposition"),
    "score.outcome.insufficient_history": Texts("Too few purchases", "Trop peu d'achats"),
    "score.outcome.refused": Texts("Refused", "Refusé"),
    # -- the inbox
    "inbox.title": Texts("Messages", "Messages"),
    "goals.title": Texts("Under way", "En cours"),
    "inbox.page": Texts("Inbox", "Messages"),
    "inbox.mark": Texts("Mark all as read", "Tout marquer comme lu"),
    "inbox.new": Texts("new", "nouveau"),
    "inbox.none": Texts("Nothing yet", "Rien pour le moment"),
    "inbox.none_hint": Texts(
        "Payouts, instalments and what ends soon are told here.",
        "Versements, échéances et fins prochaines s'affichent ici.",
    ),
    # -- refusals of commands
    "refused.other": Texts(
        "That was not possible ({code}). Nothing has changed.", "Cela n'a pas été possible ({code}). Rien n'a changé."
    ),
    "refused.bad_amount": Texts(
        "Type an amount such as 12.50. No money moved.", "Saisissez un montant comme 12,50. Aucun argent n'a bougé."
    ),
    "refused.below_minimum": Texts(
        "This is less than the least that is paid out. No money moved.",
        "C'est moins que le versement minimum. Aucun argent n'a bougé.",
    ),
    "refused.above_cap": Texts(
        "This is more than is paid out in a day. No money moved.",
        "C'est plus que le plafond du jour. Aucun argent n'a bougé.",
    ),
    "refused.insufficient_balance": Texts(
        "You have less than that available. No money moved.",
        "Vous avez moins que cela de disponible. Aucun argent n'a bougé.",
    ),
    "refused.no_account": Texts(
        "Choose an account, or add one. No money moved.",
        "Choisissez un compte, ou ajoutez-en un. Aucun argent n'a bougé.",
    ),
    "refused.payout_state": Texts(
        "It has left already and cannot be taken back.", "Il est déjà parti et ne peut plus être annulé."
    ),
    "refused.bad_account": Texts(
        "Give the IBAN and the name on the account. Nothing was stored.",
        "Indiquez l'IBAN et le titulaire. Rien n'a été enregistré.",
    ),
    "refused.wrong_length": Texts(
        "This IBAN has too few or too many characters. Nothing was stored.",
        "Cet IBAN est trop court ou trop long. Rien n'a été enregistré.",
    ),
    "refused.unknown_country": Texts(
        "An IBAN begins with two letters of a country. Nothing was stored.",
        "Un IBAN commence par deux lettres de pays. Rien n'a été enregistré.",
    ),
    "refused.not_an_iban": Texts(
        "This is no IBAN. Nothing was stored.", "Ce n'est pas un IBAN. Rien n'a été enregistré."
    ),
    "refused.wrong_check_digits": Texts(
        "This IBAN has a typing error: check it. Nothing was stored.",
        "Cet IBAN contient une faute de frappe\u00a0: vérifiez-le. Rien n'a été enregistré.",
    ),
    "refused.outside_sepa": Texts(
        "This account lies outside the SEPA area. Nothing was stored.",
        "Ce compte est hors de la zone SEPA. Rien n'a été enregistré.",
    ),
    "refused.account_in_use": Texts(
        "A payout is on its way to this account: wait for it.",
        "Un versement est en route vers ce compte\u00a0: attendez qu'il arrive.",
    ),
    "refused.no_place_left": Texts(
        "All places of this offer are taken.", "Toutes les places de cette offre sont prises."
    ),
    "refused.no_activation": Texts("This offer counts by itself.", "Cette offre est automatique."),
}
