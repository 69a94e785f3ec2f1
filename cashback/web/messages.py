"""Every text of the pages, English and French side by side; placeholders are filled by `str.format`.

A key that counts ends in `.one` and `.other`; `Translator.count` chooses. French treats 0 like 1.
"""

from typing import Any

from cashback.offers.wording import Language, Texts
from cashback.web.console.adjustments_words import ADJUSTMENTS_WORDS
from cashback.web.console.audit_words import AUDIT_WORDS
from cashback.web.console.book_words import BOOK_WORDS
from cashback.web.console.claims_words import CLAIMS_WORDS
from cashback.web.console.decisions_words import DECISIONS_WORDS
from cashback.web.console.desk_words import DESK_WORDS
from cashback.web.console.funders_words import FUNDERS_WORDS
from cashback.web.console.imports_words import IMPORTS_WORDS
from cashback.web.console.members_words import MEMBERS_WORDS
from cashback.web.console.missing_words import MISSING_WORDS
from cashback.web.console.offers_editor_words import OFFERS_EDITOR_WORDS
from cashback.web.console.offers_words import OFFERS_WORDS
from cashback.web.console.overview_words import OVERVIEW_WORDS
from cashback.web.console.payouts_words import PAYOUTS_WORDS
from cashback.web.console.reviews_words import REVIEWS_WORDS
from cashback.web.console.search_words import SEARCH_WORDS
from cashback.web.console.settlement_words import SETTLEMENT_WORDS
from cashback.web.console.shops_words import SHOPS_WORDS
from cashback.web.console.team_words import TEAM_WORDS
from cashback.web.console.theme_words import THEME_WORDS
from cashback.web.console_messages import CONSOLE_MESSAGES
from cashback.web.developer.bench_words import BENCH_WORDS
from cashback.web.developer.words import WORDS
from cashback.web.door_messages import DOOR_MESSAGES
from cashback.web.link_messages import LINK_MESSAGES
from cashback.web.shopper.shopper_messages import SHOPPER_MESSAGES
from cashback.web.welcome_words import WELCOME_WORDS

MESSAGES: dict[str, Texts] = {
    **CONSOLE_MESSAGES,
    **CLAIMS_WORDS,
    **DESK_WORDS,
    **OVERVIEW_WORDS,
    **SEARCH_WORDS,
    **ADJUSTMENTS_WORDS,
    **AUDIT_WORDS,
    **BOOK_WORDS,
    **DECISIONS_WORDS,
    **FUNDERS_WORDS,
    **PAYOUTS_WORDS,
    **SETTLEMENT_WORDS,
    **TEAM_WORDS,
    **IMPORTS_WORDS,
    **MEMBERS_WORDS,
    **MISSING_WORDS,
    **REVIEWS_WORDS,
    **SHOPS_WORDS,
    **DOOR_MESSAGES,
    **OFFERS_EDITOR_WORDS,
    **OFFERS_WORDS,
    **LINK_MESSAGES,
    **BENCH_WORDS,
    **WORDS,
    **SHOPPER_MESSAGES,
    **THEME_WORDS,
    **WELCOME_WORDS,
    "app.skip": Texts("Skip to content", "Aller au contenu"),
    "app.language": Texts("Language", "Langue"),
    "app.leave": Texts("Sign out", "Quitter"),
    "app.demo": Texts("Demo", "Démo"),
    "app.name": Texts("Cashback", "Cashback"),
    "when.today": Texts("today", "aujourd'hui"),
    "when.day": Texts("on {day}", "le {day}"),
    "time.day": Texts("{day}, hour not known", "{day}, heure inconnue"),
    "time.days": Texts("between {first} and {last}", "entre le {first} et le {last}"),
    "time.no_zone": Texts("{moment}, time zone not known", "{moment}, fuseau horaire inconnu"),
    "time.twice": Texts("{moment}, an hour that came twice", "{moment}, heure passée deux fois"),
    "time.unknown": Texts("Hour not known", "Heure inconnue"),
    # -- the wallet
    "wallet.title": Texts("Wallet", "Cagnotte"),
    "wallet.available": Texts("Available", "Disponible"),
    "wallet.pending": Texts("Pending", "En attente"),
    "wallet.pending_until": Texts("available {when}", "disponible {when}"),
    "wallet.pending_first": Texts("{amount} of it {when}", "dont {amount} {when}"),
    "wallet.pending_uncleared": Texts(
        "date known once the shop has collected", "date connue après encaissement par la boutique"
    ),
    "wallet.usable_until": Texts("{amount} to use by {day}", "{amount} à utiliser jusqu'au {day}"),
    "wallet.pending_none": Texts("Nothing is waiting", "Rien en attente"),
    "wallet.negative": Texts(
        "{amount} will be taken from your next rewards: a purchase was refunded after its reward had been used.",
        "{amount} seront repris sur vos prochaines récompenses\u00a0: un achat a été remboursé alors que sa "
        "récompense était déjà utilisée.",
    ),
    "wallet.in_transit": Texts("On its way to you", "En cours de versement"),
    "wallet.paid": Texts("Paid to you so far", "Déjà versé"),
    "wallet.also": Texts("Also yours", "Également à vous"),
    "wallet.updated": Texts("Your wallet has been updated", "Votre cagnotte a été mise à jour"),
    "progress.title": Texts("Next {amount}", "Prochains {amount}"),
    "progress.of": Texts("{have} of {threshold}", "{have} sur {threshold}"),
    "progress.missing": Texts("{missing} more for {amount}", "Encore {missing} pour {amount}"),
    "progress.coming": Texts("{amount} pending", "{amount} en attente"),
    "progress.converted": Texts("Converted so far", "Déjà convertis"),
    "progress.converted_value": Texts("{units} → {amount}", "{units} → {amount}"),
    "progress.year": Texts("{done} of {limit} this year", "{done} sur {limit} cette année"),
    "progress.limit": Texts(
        "You reached this year's limit of {limit}. Your points wait for 1 January.",
        "Vous avez atteint la limite de {limit} pour cette année. Vos points attendent le 1er janvier.",
    ),
    "progress.ring": Texts("{have} of {threshold} reached", "{have} atteints sur {threshold}"),
    "cards.title": Texts("Linked cards", "Cartes reliées"),
    "cards.ending": Texts("ending in {digits}", "se terminant par {digits}"),
    "cards.since": Texts("since {day}", "depuis le {day}"),
    "cards.unnamed": Texts("Card", "Carte"),
    "cards.none": Texts("No card linked yet", "Aucune carte reliée"),
    "cards.none_hint": Texts(
        "Link a bank card in your centre's app. From then on every purchase in the centre is recognised by itself.",
        "Reliez une carte bancaire dans l'application de votre centre. Chaque achat y sera ensuite reconnu tout seul.",
    ),
    "purchases.title": Texts("Purchases", "Achats"),
    "purchases.none": Texts("No purchase yet", "Pas encore d'achat"),
    "purchases.none_hint": Texts(
        "Pay with your linked card in the centre: the purchase shows up here with its reward, usually within minutes, "
        "at most 72 hours later.",
        "Payez avec votre carte reliée dans le centre\u00a0: l'achat s'affiche ici avec sa récompense, en général en "
        "quelques minutes, au plus tard sous 72 heures.",
    ),
    "purchases.older": Texts("Older purchases", "Achats plus anciens"),
    "purchases.newest": Texts("Newest purchases", "Achats récents"),
    "purchases.why": Texts("Why?", "Pourquoi\u00a0?"),
    "purchases.unknown_shop": Texts("Shop being identified", "Boutique en cours d'identification"),
    "purchases.today": Texts("Today", "Aujourd'hui"),
    "purchases.back": Texts("Back to the wallet", "Retour à la cagnotte"),
    "purchases.alone": Texts("Open on its own page", "Ouvrir sur sa page"),
    # -- states of a purchase
    "status.pending": Texts("Pending", "En attente"),
    "status.available": Texts("Earned", "Gagné"),
    "status.matching": Texts("Being matched", "À rapprocher"),
    "status.nothing": Texts("No reward", "Sans récompense"),
    "status.expired": Texts("Expired", "Expiré"),
    "status.taken_back": Texts("Taken back", "Repris"),
    "status.refunded": Texts("Refunded", "Remboursé"),
    "status.reversed": Texts("Cancelled", "Annulé"),
    "status.lapsed": Texts("Expired", "Expiré"),
    "status.declined": Texts("Declined", "Refusé"),
    "status.credit": Texts("Refund", "Remboursement"),
    "status.not_linked": Texts("Card not linked", "Carte non reliée"),
    "status.superseded": Texts("Replaced", "Remplacé"),
    "status.witness": Texts("Told by another source", "Dit par une autre source"),
    "status.held_out": Texts("Not offered to you", "Non proposée"),
    "why.below_step": Texts(
        "{base} is below the {per} that earn once", "{base} est en dessous des {per} qui rapportent une fois"
    ),
    "status.not_applied": Texts("Not applied", "Non appliquée"),
    # -- why
    "why.pending": Texts("You earn {amount}: yours {when}", "Vous gagnez {amount}\u00a0: à vous {when}"),
    "why.pending_more": Texts("{said}; {amount} will be yours {when}", "{said}\u00a0; {amount} à vous {when}"),
    "why.pending_collection": Texts(
        "You earn {amount} once the shop has collected the payment",
        "Vous gagnez {amount} une fois le paiement encaissé",
    ),
    "why.pending_collection_more": Texts(
        "{said}; {amount} once the shop has collected the payment",
        "{said}\u00a0; {amount} une fois le paiement encaissé",
    ),
    "why.pending_uncleared": Texts(
        "You earn {amount} once the shop has collected the payment and the return period is over",
        "Vous gagnez {amount} une fois le paiement encaissé et la période de retour terminée",
    ),
    "why.pending_uncleared_more": Texts(
        "{said}; {amount} once the return period is over",
        "{said}\u00a0; {amount} une fois la période de retour terminée",
    ),
    "why.available": Texts("You earned {amount}", "Vous avez gagné {amount}"),
    "why.expired": Texts("You earned {amount}, which expired unused", "Vous aviez gagné {amount}, expirés sans usage"),
    "why.nothing": Texts("This purchase earned nothing", "Cet achat n'a rien rapporté"),
    "why.matching": Texts(
        "We do not know yet which shop this is. It can take up to 72 hours; your reward is then worked out as of the "
        "day of purchase.",
        "Nous ne savons pas encore de quelle boutique il s'agit. Cela peut prendre jusqu'à 72 h\u00a0; votre "
        "récompense sera alors calculée comme au jour de l'achat.",
    ),
    "why.made": Texts("Bought {made}", "Achat {made}"),
    "why.rate": Texts("Rate on {day}: {rate}", "Taux du {day}\u00a0: {rate}"),
    "why.terms_of": Texts("Terms of {day}", "Conditions du {day}"),
    "why.version": Texts("version {version}", "version {version}"),
    "why.version_since": Texts("version {version}, since {day}", "version {version}, depuis le {day}"),
    "why.met": Texts("Met:", "Rempli\u00a0:"),
    "why.not_met": Texts("Not met:", "Non rempli\u00a0:"),
    "why.timeline": Texts("What happened", "Les étapes"),
    "why.card": Texts("Paid with", "Payé avec"),
    "step.done": Texts("Done:", "Fait\u00a0:"),
    "step.now": Texts("Under way:", "En cours\u00a0:"),
    "step.todo": Texts("To come:", "À venir\u00a0:"),
    "step.authorization": Texts("Authorised by the bank", "Autorisé par la banque"),
    "step.clearing": Texts("Collected by the shop", "Encaissé par la boutique"),
    "step.clearing_todo": Texts("Collection by the shop", "Encaissement par la boutique"),
    "step.at_latest": Texts("by {day} at the latest", "au plus tard le {day}"),
    "step.reversal": Texts("Amount given back before collection", "Montant libéré avant encaissement"),
    "step.refund": Texts("Refunded by the shop", "Remboursé par la boutique"),
    "step.decline": Texts("Declined by the bank", "Refusé par la banque"),
    "step.return_period": Texts("End of the return period", "Fin de la période de retour"),
    "step.usable_until": Texts("Last day to use it", "Dernier jour pour l'utiliser"),
    "step.available": Texts("Reward available", "Récompense disponible"),
    "step.days_later.one": Texts("{n} day after collection", "{n} jour après encaissement"),
    "step.days_later.other": Texts("{n} days after collection", "{n} jours après encaissement"),
    "step.at_collection": Texts("on collection", "à l'encaissement"),
    "step.lapsed": Texts("Never collected: void", "Jamais encaissé\u00a0: sans effet"),
    "one.same_amount": Texts("the same amount", "le même montant"),
    "one.part_of_amount": Texts("parts of the amount", "des parties du montant"),
    "one.near_amount": Texts("an amount nearby", "un montant voisin"),
    "one.same_moment": Texts("the same moment", "le même moment"),
    "one.same_day": Texts("the same day", "le même jour"),
    "one.days_around": Texts("some days around", "à quelques jours près"),
    "one.same_place": Texts("the same place", "le même lieu"),
    "one.place_not_told": Texts("no place told", "lieu non précisé"),
    "one.other_name": Texts("another name", "un autre nom"),
    "one.same_card_ending": Texts("the same card", "la même carte"),
    "one.card_not_told": Texts("no card told", "carte non précisée"),
    "one.other_card_ending": Texts("another card number, as of a phone", "un autre numéro, comme celui d'un téléphone"),
    "one.ruled": Texts("somebody said so", "quelqu'un l'a dit"),
    "delivery.read": Texts("Read", "Lu"),
    "delivery.waiting": Texts("Waiting", "En attente"),
    "delivery.parked": Texts("Parked", "Mis de côté"),
    "delivery.conflict": Texts("Conflict", "Conflit"),
    "fact.authorization": Texts("Authorisation", "Autorisation"),
    "fact.reversal": Texts("Reversal", "Annulation"),
    "fact.clearing": Texts("Clearing", "Compensation"),
    "fact.refund": Texts("Refund", "Remboursement"),
    "fact.decline": Texts("Decline", "Refus"),
    "fact.other": Texts("Other", "Autre"),
    "basis.instant": Texts("exact time", "heure exacte"),
    "basis.merchant_local": Texts("the shop's local time", "heure locale de la boutique"),
    "basis.assumed_utc": Texts("no zone told, read as UTC", "sans fuseau, lu en UTC"),
    "basis.date": Texts("only the day was told", "seul le jour est connu"),
    "basis.booked": Texts("only the day of booking was told", "seul le jour d'écriture est connu"),
    "account.funder": Texts("Operator", "Opérateur"),
    "account.pending": Texts("Pending", "En attente"),
    "account.available": Texts("Available", "Disponible"),
    "account.converted": Texts("Converted", "Converti"),
    "account.paid": Texts("Paid", "Versé"),
    "account.expired": Texts("Expired", "Expiré"),
    "account.payable:shop": Texts("Owed to the shop", "Dû à la boutique"),
    "account.write_off": Texts("Write-off", "Perte"),
    "reason.earned": Texts("earned", "gagné"),
    "reason.matured": Texts("return period over", "période de retour terminée"),
    "reason.collected": Texts("collected by the shop", "encaissé par la boutique"),
    "reason.expired": Texts("expired", "expiré"),
    "reason.expiry_undone": Texts("expiry undone", "expiration annulée"),
    "reason.hold_extended": Texts("return period extended", "période de retour prolongée"),
    "reason.clawed_back": Texts("taken back", "repris"),
    "reason.converted": Texts("converted", "converti"),
    "reason.conversion_undone": Texts("conversion undone", "conversion annulée"),
    "reason.plan_opened": Texts("sale paid in instalments", "vente payée en plusieurs fois"),
    "reason.plan_activated": Texts("first instalment", "première échéance"),
    "reason.plan_collected": Texts("instalment collected", "échéance encaissée"),
    "reason.plan_refunded": Texts("refund of a sale in instalments", "remboursement d'une vente en plusieurs fois"),
    "reason.plan_withdrawing": Texts("withdrawal from a plan", "rétractation"),
    "reason.plan_withdrawn": Texts("plan undone", "paiement annulé"),
    "reason.plan_late_fee": Texts("late fee", "frais de retard"),
    "reason.plan_moved": Texts("instalment moved", "échéance déplacée"),
    "reason.plan_paused": Texts("plan paused", "paiement suspendu"),
    "reason.plan_returned": Texts("given back to the card", "rendu sur la carte"),
    "reason.plan_came_back": Texts("charge that came back", "prélèvement revenu"),
    "reason.plan_funded": Texts("paid out by the lender", "versé par le prêteur"),
    "reason.plan_remitted": Texts("passed on", "reversé"),
    "reason.plan_written_off": Texts("instalments given up", "échéances abandonnées"),
    "reason.plan_cancelled": Texts("plan given up", "paiement abandonné"),
    "reason.forfeited": Texts("given up", "abandonné par choix"),
    "reason.forgiven": Texts("forgiven", "abandonné"),
    "reason.paid_by_operator": Texts("paid by the operator", "versé par l'opérateur"),
    # -- doors
    "start.title": Texts("Watch purchases turn into cashback", "Regardez les achats devenir du cashback"),
    "start.lead": Texts(
        "A card pays in the centre, the network tells us, the wallet fills, with the reason. Choose a side.",
        "Une carte paie dans le centre, le réseau nous prévient, la cagnotte se remplit, avec la raison. Choisissez "
        "votre côté.",
    ),
    "start.shopper": Texts("As a shopper", "Comme client"),
    "start.shopper_hint": Texts(
        "What did I earn, and why? Best on a phone.", "Qu'ai-je gagné, et pourquoi\u00a0? Idéal sur téléphone."
    ),
    "start.operator": Texts("As the operator", "Comme opérateur"),
    "start.operator_hint": Texts(
        "Purchases as they arrive, with the trace behind each.", "Les achats au fil de l'eau, avec la trace de chacun."
    ),
    "start.open_live": Texts("Open the console", "Ouvrir la console"),
    "start.open_wallet": Texts("Open the wallet of {name}", "Ouvrir la cagnotte de {name}"),
    "start.purchases.one": Texts("{n} purchase", "{n} achat"),
    "start.purchases.other": Texts("{n} purchases", "{n} achats"),
    "start.poster": Texts(
        "Or as somebody new: the page behind a poster's QR code",
        "Ou comme nouveau venu\u00a0: la page derrière le code QR d'une affiche",
    ),
    "start.demo_note": Texts(
        "Demonstration: invented shoppers, simulated payments, no real money.",
        "Démonstration\u00a0: clients inventés, paiements simulés, aucun argent réel.",
    ),
    "start.closed": Texts("Open your wallet from your centre's app", "Ouvrez votre cagnotte depuis l'app du centre"),
    "start.closed_hint": Texts(
        "This page opens by itself when you tap \u201cWallet\u201d in the app or on the site of your centre.",
        "Cette page s'ouvre d'elle-même quand vous touchez «\u00a0Cagnotte\u00a0» dans l'app ou sur le site du centre.",
    ),
    "start.empty": Texts("No centre has been set up yet", "Aucun centre n'est encore en place"),
    "start.empty_hint": Texts(
        "Apply a programme file, then reload this page.", "Appliquez un fichier de programme, puis rechargez la page."
    ),
    # -- errors
    "error.reference": Texts("Reference {reference}", "Référence {reference}"),
    "error.home": Texts("Back to the start", "Retour à l'accueil"),
    "error.401": Texts("Please open your link again", "Ouvrez à nouveau votre lien"),
    "error.401_hint": Texts(
        "Your session has ended or this link is more than ten minutes old. Nothing was changed.",
        "Votre session est terminée ou ce lien a plus de dix minutes. Rien n'a été modifié.",
    ),
    "error.403": Texts("This page is not for you", "Cette page n'est pas pour vous"),
    "error.403_hint": Texts(
        "You are signed in with a role that may not see it. Nothing was changed.",
        "Vous êtes entré avec un rôle qui ne peut pas la voir. Rien n'a été modifié.",
    ),
    "error.404": Texts("There is nothing here", "Il n'y a rien ici"),
    "error.404_hint": Texts(
        "The address is wrong, or what it showed is not yours to see.",
        "L'adresse est inexacte, ou ce qu'elle montrait ne vous concerne pas.",
    ),
    "error.422": Texts("We could not read this request", "Nous n'avons pas pu lire cette demande"),
    "error.422_hint": Texts("Part of the address is not valid.", "Une partie de l'adresse n'est pas valable."),
    "error.503": Texts("Too many people are watching", "Trop de personnes regardent"),
    "error.503_hint": Texts("Please try again in a moment.", "Réessayez dans un instant."),
    "error.500": Texts("Something went wrong on our side", "Un problème est survenu de notre côté"),
    "error.500_hint": Texts(
        "No money moved. Please try again; if it happens again, tell us the reference.",
        "Aucun argent n'a bougé. Réessayez\u00a0; si cela se reproduit, indiquez-nous la référence.",
    ),
}


def typographic(text: str) -> str:
    """A sentence with the apostrophe that printers use, and one full stop where an abbreviation ends it."""
    return text.replace("'", "\u2019").replace("..", ".")


class Translator:
    """The texts of one language. A missing key is a KeyError: tests open every page in both."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **figures: Any) -> str:
        """The text of a key with its placeholders filled."""
        return typographic(MESSAGES[key].said(self.language).format(**figures))

    def count(self, key: str, n: int, shown: str | None = None) -> str:
        """The text for so many; `shown` is the number as the language writes it."""
        singular = n <= 1 if self.language == "fr" else n == 1
        return self(f"{key}.{'one' if singular else 'other'}", n=str(n) if shown is None else shown)
