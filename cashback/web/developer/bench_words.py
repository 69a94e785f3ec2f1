"""The words of the portal's samples, of its search among errors and of the simulator's clock, English and French."""

from cashback.offers.wording import Texts

BENCH_WORDS: dict[str, Texts] = {
    "dev.err.search": Texts("Search the codes", "Chercher parmi les codes"),
    "dev.err.none": Texts("No code like that", "Aucun code de ce genre"),
    "dev.err.none_hint": Texts(
        "Try part of the code, a status such as 409, or a word of its meaning.",
        "Essayez une partie du code, un statut comme 409, ou un mot de sa signification.",
    ),
    "dev.sim.late_instalment": Texts("Late instalment", "Échéance en retard"),
    "dev.sim.late_instalment_hint": Texts(
        "a plan of three, the second part unpaid", "un paiement en trois, la deuxième part impayée"
    ),
    "dev.sim.when": Texts("When it happened", "Quand cela s'est passé"),
    "dev.sim.now": Texts("Now", "Maintenant"),
    "dev.sim.ago.one": Texts("{n} day ago", "il y a {n} jour"),
    "dev.sim.ago.other": Texts("{n} days ago", "il y a {n} jours"),
    "dev.sim.begun": Texts(
        "The plan has begun and is late.", "Le paiement en plusieurs fois a commencé et est en retard."
    ),
    "dev.ref.key": Texts(
        "Samples read your key from the variable CASHBACK_KEY, and name what your operator has: {names}.",
        "Les exemples lisent votre clé dans la variable CASHBACK_KEY et nomment ce que votre opérateur possède\u00a0: "
        "{names}.",
    ),
    "dev.ref.key_invented": Texts(
        "Samples read your key from the variable CASHBACK_KEY. The ids in them are invented until your operator has "
        "some.",
        "Les exemples lisent votre clé dans la variable CASHBACK_KEY. Leurs ids sont inventés tant que votre opérateur "
        "n'en a pas.",
    ),
}
