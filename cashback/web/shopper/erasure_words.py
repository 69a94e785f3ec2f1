"""The texts of erasing oneself, English and French side by side."""

from cashback.offers.wording import Texts

ERASURE_WORDS: dict[str, Texts] = {
    "erasure.title": Texts("Erase my account", "Effacer mon compte"),
    "erasure.lead": Texts(
        "At once and for good: nobody can bring it back.", "Tout de suite et pour toujours\u00a0: sans retour possible."
    ),
    "erasure.open": Texts("Erase my account", "Effacer mon compte"),
    "erasure.open_hint": Texts("What goes, what stays, what it costs", "Ce qui part, ce qui reste, ce que cela coûte"),
    "erasure.export_first": Texts("Download my data first", "Télécharger d'abord mes données"),
    "erasure.back": Texts("Back to my page", "Retour à ma page"),
    "erasure.goes": Texts("What goes at once", "Ce qui part tout de suite"),
    "erasure.goes.people": Texts(
        "Your e-mail address, the centre's name for you, your passkeys and devices.",
        "Votre adresse e-mail, le nom que le centre vous donne, vos clés d'accès et appareils.",
    ),
    "erasure.goes.cards": Texts(
        "Your cards and bank accounts: they are unlinked, and a later purchase earns nothing.",
        "Vos cartes et comptes\u00a0: ils sont détachés, et un achat ultérieur ne rapporte rien.",
    ),
    "erasure.goes.told": Texts(
        "Your messages, pictures of receipts, what you declared for payments, the groups you were in.",
        "Vos messages, photos de tickets, ce que vous aviez déclaré pour payer en plusieurs fois, vos groupes.",
    ),
    "erasure.stays": Texts("What the law keeps, without your name", "Ce que la loi conserve, sans votre nom"),
    "erasure.stays.books": Texts(
        "The books: amounts, days and shops, under a number that leads to nobody. 10 years, for accounting.",
        "La comptabilité\u00a0: montants, dates et boutiques, sous un numéro qui ne mène à personne. 10 ans.",
    ),
    "erasure.stays.credit": Texts(
        "Payments in instalments that are over, and the answers you got: 5 years, as proof.",
        "Les paiements en plusieurs fois terminés et les réponses reçues\u00a0: 5 ans, comme preuve.",
    ),
    "erasure.stays.consents": Texts(
        "That you agreed, when and to which words: as proof, under the same number.",
        "Que vous avez consenti, quand et à quels mots\u00a0: comme preuve, sous le même numéro.",
    ),
    "erasure.stays.raw": Texts(
        "Sealed messages of networks: destroyed after 90 days at the latest, as always.",
        "Les messages scellés des réseaux\u00a0: détruits sous 90 jours, comme toujours.",
    ),
    "erasure.costs": Texts("What it costs you", "Ce que vous perdez"),
    "erasure.pending": Texts("{amount} pending", "{amount} en attente"),
    "erasure.available": Texts("{amount} available", "{amount} disponible"),
    "erasure.owed": Texts("{amount} you owe, given up", "{amount} dus, abandonnés"),
    "erasure.nothing": Texts("Nothing: your wallet is empty.", "Rien\u00a0: votre cagnotte est vide."),
    "erasure.cash_first": Texts("Cash out first", "Virer d'abord sur mon compte"),
    "erasure.cash_hint": Texts(
        "What is pending can be paid out once its return period is over.",
        "Ce qui est en attente pourra être versé une fois la période de retour terminée.",
    ),
    "erasure.give_up": Texts("I give this up for good.", "J'y renonce définitivement."),
    "erasure.word_label": Texts("Type {word} to confirm", "Tapez {word} pour confirmer"),
    "erasure.word": Texts("ERASE", "EFFACER"),
    "erasure.do": Texts("Erase everything now", "Tout effacer maintenant"),
    "erasure.blocked": Texts("Not possible yet", "Pas encore possible"),
    "erasure.blocked.open_plan": Texts(
        "A payment in instalments is open. Pay what is left, or withdraw from it.",
        "Un paiement en plusieurs fois est en cours. Réglez le reste, ou rétractez-vous.",
    ),
    "erasure.blocked.payout_under_way": Texts(
        "Money is on its way to you. Wait for it, or take the payout back.",
        "De l'argent est en route vers vous. Attendez-le, ou reprenez le virement.",
    ),
    "erasure.blocked.review_open": Texts(
        "People are looking again at an answer you contested. Wait for theirs.",
        "Une réponse que vous contestez est réexaminée. Attendez la décision.",
    ),
    "erasure.see_payments": Texts("My payments", "Mes paiements"),
    "erasure.see_payouts": Texts("My payouts", "Mes virements"),
    "erasure.done_title": Texts("You are erased", "Votre compte est effacé"),
    "erasure.done_lead": Texts(
        "Your cards no longer count here, and nothing leads to you any more. This device has forgotten you too.",
        "Vos cartes ne comptent plus ici, et plus rien ne mène à vous. Cet appareil vous a oublié aussi.",
    ),
    "erasure.done_again": Texts(
        "You are welcome to begin anew whenever you like.", "Vous pourrez recommencer quand vous voudrez."
    ),
    "refused.erasure_word": Texts(
        "The word is not right. Nothing was erased.", "Le mot n'est pas le bon. Rien n'a été effacé."
    ),
    "refused.balance_left": Texts(
        "Say that you give up what is left, or cash out first. Nothing was erased.",
        "Dites que vous renoncez à ce qui reste, ou virez-le d'abord. Rien n'a été effacé.",
    ),
    "refused.balance_changed": Texts(
        "Your wallet has changed meanwhile: look again. Nothing was erased.",
        "Votre cagnotte a changé entre-temps\u00a0: vérifiez. Rien n'a été effacé.",
    ),
    "refused.open_plan": Texts(
        "A payment in instalments is open. Nothing was erased.",
        "Un paiement en plusieurs fois est en cours. Rien n'a été effacé.",
    ),
    "refused.payout_under_way": Texts(
        "A payout is on its way. Nothing was erased.", "Un virement est en cours. Rien n'a été effacé."
    ),
    "refused.review_open": Texts(
        "A contested answer is being looked at. Nothing was erased.",
        "Une réponse contestée est réexaminée. Rien n'a été effacé.",
    ),
}
