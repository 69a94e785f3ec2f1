"""The sentence of every kind of notice, in English and French."""

from collections.abc import Mapping

from cashback.iso20022.reasons import REASONS as BANK_REASONS
from cashback.iso20022.reasons import reason_in
from cashback.notifications.schemas import Notice
from cashback.offers.wording import Language, Texts, Tongue

KINDS: Mapping[str, Texts] = {
    "adjustment_posted": Texts(
        "{amount} were added to your wallet by the centre's team",
        "{amount} ont été ajoutés à votre cagnotte par l'équipe du centre",
    ),
    "adjustment_taken": Texts(
        "{amount} were taken from your wallet by the centre's team, to correct a mistake",
        "{amount} ont été retirés de votre cagnotte par l'équipe du centre, pour corriger une erreur",
    ),
    "reward_expires": Texts(
        "{amount} can be used until {day} and expire after that",
        "{amount} sont à utiliser jusqu'au {day} inclus et expirent ensuite",
    ),
    "debt_forgiven": Texts(
        "You no longer owe {amount}: the centre has cancelled it",
        "Vous ne devez plus {amount}\u00a0: le centre y a renoncé",
    ),
    "payout_waiting_approval": Texts(
        "Your payout of {amount} is being looked at by the centre's team",
        "Votre versement de {amount} est examiné par l'équipe du centre",
    ),
    "payout_held": Texts(
        "Your payout of {amount} waits: {reason}", "Votre versement de {amount} attend\u00a0: {reason}"
    ),
    "payout_paid": Texts("{amount} have been paid to you", "{amount} vous ont été versés"),
    "payout_failed": Texts(
        "Your payout of {amount} did not succeed: {reason}. The money is in your wallet again",
        "Votre versement de {amount} n'a pas abouti\u00a0: {reason}. L'argent est de nouveau dans votre cagnotte",
    ),
    "payout_returned": Texts(
        "Your payout of {amount} came back: {reason}. The money is in your wallet again",
        "Votre versement de {amount} nous est revenu\u00a0: {reason}. L'argent est de nouveau dans votre cagnotte",
    ),
    "payout_cancelled": Texts(
        "Your payout of {amount} was taken back. The money is in your wallet again",
        "Votre versement de {amount} a été annulé. L'argent est de nouveau dans votre cagnotte",
    ),
    "payout_stopped": Texts(
        "Your payout of {amount} was not sent: {reason}. The money is in your wallet again",
        "Votre versement de {amount} n'est pas parti\u00a0: {reason}. L'argent est de nouveau dans votre cagnotte",
    ),
    "instalment_soon": Texts(
        "{amount} will be taken from your card on {day}: an instalment of your plan",
        "{amount} seront prélevés sur votre carte le {day}\u00a0: une échéance de votre paiement en plusieurs fois",
    ),
    "instalment_failed": Texts(
        "Your instalment of {amount} could not be taken from your card. It is tried again on {day}; you may pay it "
        "before",
        "Votre échéance de {amount} n'a pas pu être prélevée. Un nouvel essai aura lieu le {day}\u00a0; vous pouvez la "
        "régler avant",
    ),
    "instalment_retry": Texts(
        "Your instalment of {amount} is tried again on {day}: please see that your card can pay it",
        "Votre échéance de {amount} sera présentée de nouveau le {day}\u00a0: veillez à ce que votre carte puisse la "
        "régler",
    ),
    "instalment_unpaid": Texts(
        "Your instalment of {amount} could not be taken and is not tried again by itself: please pay it, or talk to us "
        "about another day",
        "Votre échéance de {amount} n'a pas pu être prélevée et ne sera plus présentée d'elle-même\u00a0: réglez-la, "
        "ou parlez-nous d'une autre date",
    ),
    "instalment_confirm": Texts(
        "Your bank asks you to confirm your instalment of {amount}: please do so by {day}, nothing is taken before",
        "Votre banque vous demande de confirmer votre échéance de {amount}\u00a0: faites-le avant le {day}, rien n'est "
        "prélevé d'ici là",
    ),
    "card_needed": Texts(
        "The card ending in {last_four} is not charged any more: please give another one for your plan",
        "La carte finissant par {last_four} n'est plus prélevée\u00a0: indiquez-en une autre pour votre paiement en "
        "plusieurs fois",
    ),
    "card_refused": Texts(
        "This card cannot be used for plans: it is prepaid or expires too soon. Please give another one",
        "Cette carte ne convient pas pour payer en plusieurs fois\u00a0: elle est prépayée ou expire trop tôt. "
        "Indiquez-en une autre",
    ),
    "payment_given_back": Texts(
        "{amount} were given back to your card: your plan did not begin",
        "{amount} ont été rendus sur votre carte\u00a0: votre paiement en plusieurs fois n'a pas commencé",
    ),
    "payout_account_added": Texts(
        "The account ending in {last_four} was added to be paid to. If it was not you, tell the centre's team at once",
        "Le compte finissant par {last_four} a été ajouté pour vos versements. Si ce n'est pas vous, prévenez aussitôt "
        "l'équipe du centre",
    ),
    "review_received": Texts(
        "You asked that a person look again at {amount} in instalments: you are answered by {day}",
        "Vous avez demandé qu'une personne réexamine {amount} en plusieurs fois\u00a0: réponse au plus tard le {day}",
    ),
    "review_upheld": Texts(
        "People looked again at your request to pay {amount} in instalments: the answer stays as it was",
        "Votre demande de payer {amount} en plusieurs fois a été réexaminée par une personne\u00a0: la réponse reste"
        " la même",
    ),
    "review_overturned": Texts(
        "People looked again at your request to pay {amount} in instalments: you may, for some days from now",
        "Votre demande de payer {amount} en plusieurs fois a été réexaminée par une personne\u00a0: elle est acceptée,"
        " pour quelques jours",
    ),
    "payout_account_removed": Texts(
        "An account was removed, nothing is paid to it any more",
        "Un compte a été retiré, rien n'y est plus versé",
    ),
    "plan_activated": Texts(
        "Your first instalment of {amount} is paid. The next one is due on {day}",
        "Votre première échéance de {amount} est payée. La prochaine est prévue le {day}",
    ),
    "plan_cancelled": Texts(
        "Your payment of {amount} in instalments was not concluded: nothing is owed",
        "Votre paiement de {amount} en plusieurs fois n'a pas été conclu\u00a0: vous ne devez rien",
    ),
    "plan_completed": Texts(
        "{amount} have been paid: your payment in instalments is complete",
        "{amount} ont été payés\u00a0: votre paiement en plusieurs fois est terminé",
    ),
    "plan_given_back": Texts("{amount} go back to your card", "{amount} sont recrédités sur votre carte"),
    "plan_late_fee": Texts(
        "{amount} were added to your instalment, which is late", "{amount} se sont ajoutés à votre échéance en retard"
    ),
    "plan_moved": Texts(
        "Your instalment of {amount} is due on {day} now", "Votre échéance de {amount} est désormais prévue le {day}"
    ),
    "plan_paused": Texts(
        "Your payment in instalments pauses: {amount} fall due on {day}, at no cost",
        "Votre paiement en plusieurs fois est suspendu\u00a0: {amount} seront dus le {day}, sans frais",
    ),
    "plan_purchase_refunded": Texts(
        "{amount} of your purchase went back to your card. Your instalments go on; you may pay them early at no cost",
        "{amount} de votre achat ont été recrédités sur votre carte. Vos échéances continuent\u00a0; vous pouvez les "
        "payer plus tôt sans frais",
    ),
    "plan_refunded": Texts(
        "The shop gave back {amount}: your instalments were reduced by as much",
        "Le magasin a remboursé {amount}\u00a0: vos échéances ont été réduites d'autant",
    ),
    "plan_withdrawing": Texts(
        "You have withdrawn: {amount} are to be paid back by {day}",
        "Vous vous êtes rétracté\u00a0: {amount} sont à rembourser avant le {day}",
    ),
    "plan_withdrawn": Texts(
        "{amount} have been paid back: your withdrawal is complete",
        "{amount} ont été remboursés\u00a0: votre rétractation est terminée",
    ),
    "plan_written_off": Texts(
        "{amount} of your payment in instalments remain unpaid. You can still pay them; ask the centre's team",
        "{amount} de votre paiement en plusieurs fois restent impayés. Vous pouvez encore les régler\u00a0; "
        "adressez-vous à l'équipe du centre",
    ),
    "instalment_due": Texts(
        "{amount} of your payment in instalments are due today",
        "{amount} de votre paiement en plusieurs fois sont dus aujourd'hui",
    ),
    "instalment_paid": Texts(
        "{amount} of your payment in instalments have been paid",
        "{amount} de votre paiement en plusieurs fois ont été payés",
    ),
}

REASONS: Mapping[str, Texts] = {
    "account_cooling": Texts(
        "a new account waits before its first payout", "un nouveau compte attend avant son premier versement"
    ),
    "account_removed": Texts("its account was removed", "son compte a été retiré"),
    "daily_cap_shopper": Texts(
        "it goes tomorrow, as today's limit is reached", "il partira demain, la limite du jour étant atteinte"
    ),
    "daily_cap_operator": Texts(
        "it goes tomorrow, as today's limit is reached", "il partira demain, la limite du jour étant atteinte"
    ),
    "out_of_stock": Texts(
        "no gift card is left, new ones are coming", "il n'y a plus de carte cadeau, d'autres arrivent"
    ),
    "rail_not_opened": Texts("the centre prepares its payments", "le centre prépare ses paiements"),
    "rail_not_allowed": Texts("the centre no longer pays this way", "le centre ne paie plus de cette façon"),
    "overdrawn": Texts("a refund took back what it was made of", "un remboursement a repris ce dont il était fait"),
    "rejected": Texts("the centre's team stopped it", "l'équipe du centre l'a arrêté"),
    "account_closed": Texts("the account is closed", "le compte est clos"),
    "no_account": Texts("the account was not found", "le compte est introuvable"),
}
"""Why a payout stands where it stands; a bank's codes are said by `iso20022.reasons`."""
_OTHER_REASON = Texts("the bank refused it", "la banque l'a refusé")


def reason_of(code: str, language: Language) -> str:
    """Why a payout stands where it stands, in the middle of a sentence; a code that nobody knows is the bank's."""
    known = REASONS.get(code)
    if known is not None:
        return known.said(language)
    if code in BANK_REASONS:
        sentence = reason_in(language, code)
        return sentence[0].lower() + sentence[1:]
    return _OTHER_REASON.said(language)


def said(notice: Notice, tongue: Tongue) -> str:
    """The notice as a sentence without its full stop; a kind that nobody knows is said by its name."""
    texts = KINDS.get(notice.kind)
    if texts is None:
        return notice.kind
    figures: dict[str, str] = {name: str(value) for name, value in notice.params.items()}
    if "asset" in notice.params and "amount" in notice.params:
        figures["amount"] = tongue.amount(int(notice.params["amount"]), str(notice.params["asset"]))
    if "reason" in notice.params:
        figures["reason"] = reason_of(str(notice.params["reason"]), tongue.language)
    if "day" in notice.params:
        figures["day"] = tongue.day(str(notice.params["day"]))
    return texts.said(tongue.language).format(**figures)
