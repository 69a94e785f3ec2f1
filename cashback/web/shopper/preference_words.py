"""The texts of what somebody wants to be told of."""

from cashback.offers.wording import Texts

PREFERENCE_WORDS: dict[str, Texts] = {
    "prefs.title": Texts("What I am told of", "Ce dont je suis informé"),
    "prefs.lead": Texts(
        "In the app everything is kept; a switch that is off only means that no badge lights up. By e-mail you get "
        "what you choose.",
        "Dans l'app, tout est conservé\u00a0; un interrupteur éteint signifie seulement qu'aucune pastille ne "
        "s'allume. Par e-mail, vous recevez ce que vous choisissez.",
    ),
    "prefs.channel.inbox": Texts("In the app", "Dans l'app"),
    "prefs.channel.mail": Texts("By e-mail", "Par e-mail"),
    "prefs.topic.rewards": Texts("Rewards", "Récompenses"),
    "prefs.topic.rewards_hint": Texts(
        "What is added by the centre's team, and what expires soon.",
        "Ce que l'équipe du centre ajoute, et ce qui expire bientôt.",
    ),
    "prefs.topic.payouts": Texts("Payouts", "Versements"),
    "prefs.topic.payouts_hint": Texts(
        "When money is on its way, paid, or comes back.", "Quand l'argent part, arrive ou revient."
    ),
    "prefs.topic.plan_news": Texts("Instalments: good news", "Échéances\u00a0: bonnes nouvelles"),
    "prefs.topic.plan_news_hint": Texts("Paid, complete, lowered.", "Payées, terminées, réduites."),
    "prefs.topic.plans": Texts("Instalments: what you owe", "Échéances\u00a0: ce que vous devez"),
    "prefs.topic.plans_hint": Texts(
        "Before each debit, when one fails, fees, withdrawal, and answers of people: the law on credit requires it.",
        "Avant chaque prélèvement, en cas d'échec, frais, rétractation et réponses d'une personne\u00a0: la loi sur le "
        "crédit l'exige.",
    ),
    "prefs.topic.security": Texts("Safety of your money", "Sécurité de votre argent"),
    "prefs.topic.security_hint": Texts(
        "An account added or removed, an amount taken by hand: you must hear of it if it was not you.",
        "Un compte ajouté ou retiré, un montant repris à la main\u00a0: vous devez le savoir si ce n'était pas vous.",
    ),
    "prefs.must": Texts("Sent whatever you choose", "Envoyé quoi que vous choisissiez"),
    "prefs.always": Texts("Always: in the app and by e-mail", "Toujours\u00a0: dans l'app et par e-mail"),
    "prefs.to": Texts("E-mails go to {address}.", "Les e-mails vont à {address}."),
    "prefs.no_address": Texts(
        "No e-mail address is known: for now you are told in the app alone.",
        "Aucune adresse e-mail n'est connue\u00a0: pour l'instant, vous êtes informé dans l'app seulement.",
    ),
    "prefs.code_mail": Texts(
        "Codes to sign in are sent when you ask for them.",
        "Les codes de connexion sont envoyés quand vous les demandez.",
    ),
    "prefs.save": Texts("Save", "Enregistrer"),
    "prefs.saved": Texts("Saved. It holds for what comes from now on.", "Enregistré. Cela vaut pour la suite."),
    "prefs.hint": Texts("By subject, in the app and by e-mail", "Par sujet, dans l'app et par e-mail"),
}
