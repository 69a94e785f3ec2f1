"""Words of the search for a purchase that a member misses, and of its repair."""

from cashback.offers.wording import Texts

MISSING_WORDS: dict[str, Texts] = {
    "missing.title": Texts("What is missing?", "Qu'est-ce qui manque\u00a0?"),
    "missing.lead": Texts(
        "Day, and if known amount and shop: everything that was told of this member within {days} days is looked "
        "through, also what was declined, not matched or of a card that was not linked.",
        "Le jour, et si possible le montant et la boutique\u00a0: tout ce qui a été transmis de ce "
        "membre à {days} jours "
        "près est examiné, y compris refusé, non rattaché ou d'une carte déliée.",
    ),
    "missing.day": Texts("Day", "Jour"),
    "missing.time": Texts("Time, if known", "Heure, si connue"),
    "missing.amount": Texts("Amount paid", "Montant payé"),
    "missing.shop": Texts("Shop", "Boutique"),
    "missing.digits": Texts("Card ending", "Fin de carte"),
    "missing.picture": Texts("Receipt", "Ticket"),
    "missing.look": Texts("Look", "Chercher"),
    "missing.found.one": Texts("{n} purchase may be it", "{n} achat possible"),
    "missing.found.other": Texts("{n} purchases may be it", "{n} achats possibles"),
    "missing.found_none": Texts("Nothing was told near it", "Rien n'a été transmis autour"),
    "missing.found_none_hint": Texts(
        "Paid with a card that is not linked? Nothing is kept of such a card until its owner links it. Else claim the "
        "purchase below; with a receipt it can be accepted from the fourth day on.",
        "Payé avec une carte non reliée\u00a0? Rien n'en est gardé tant que son titulaire ne l'a pas reliée. Sinon, "
        "réclamez l'achat ci-dessous\u00a0; avec un ticket il peut être accepté dès le quatrième jour.",
    ),
    "missing.no_label": Texts("without a label", "sans libellé"),
    "missing.trace": Texts("What happened to it", "Ce qui lui est arrivé"),
    "missing.match": Texts("Match its identifier", "Rattacher son identifiant"),
    "missing.is_it": Texts("This is the purchase", "C'est cet achat"),
    "missing.is_it_hint": Texts(
        "It is claimed for the member as a purchase at {shop}, and accepted by your word: its reward is "
        "in the wallet at "
        "once. Until the fourth day after the purchase the claim stays open.",
        "Il est réclamé pour le membre comme achat chez {shop}, et accepté sur votre parole : sa récompense est "
        "aussitôt dans la cagnotte. Jusqu'au quatrième jour après l'achat, la réclamation reste ouverte.",
    ),
    "missing.words": Texts("Why, in words", "Pourquoi, en mots"),
    "missing.split": Texts("It is a purchase of its own", "C'est un achat à part"),
    "missing.join": Texts("Several of these are one purchase", "Plusieurs sont un seul achat"),
    "missing.join_hint": Texts(
        "Two sources may tell one purchase with another amount or day. Joined, it takes its shop from "
        "the one that knows "
        "it, and earns once.",
        "Deux sources peuvent transmettre un achat avec un autre montant ou jour. Réunis, il prend la "
        "boutique de celle "
        "qui la connaît, et rapporte une fois.",
    ),
    "missing.claim": Texts("Claim the purchase for the member", "Réclamer l'achat pour le membre"),
    "missing.claim_hint": Texts(
        "What was told so far may answer it at once: a payment of that day and amount without its shop "
        "is proof enough.",
        "Ce qui a été transmis peut y répondre aussitôt\u00a0: un paiement de ce jour et de ce montant sans boutique "
        "suffit comme preuve.",
    ),
    "missing.linked_since": Texts("linked since {since}", "reliée depuis le {since}"),
    "missing.linked_span": Texts("linked from {since} to {until}", "reliée du {since} au {until}"),
    "missing.linked_never": Texts("never linked", "jamais reliée"),
    "missing.happened.unmatched": Texts(
        "It arrived, but nobody knows its shop: it earns nothing until it is matched.",
        "Il est arrivé, mais nul ne connaît sa boutique\u00a0: il ne rapporte rien tant qu'il n'est pas rattaché.",
    ),
    "missing.repair.unmatched": Texts(
        "Choose the shop above and say that this is the purchase, or match its identifier for everybody.",
        "Choisissez la boutique ci-dessus et dites que c'est cet achat, ou rattachez son identifiant pour tous.",
    ),
    "missing.happened.earned": Texts("It is in the wallet: {gain}.", "Il est dans la cagnotte\u00a0: {gain}."),
    "missing.repair.earned": Texts("Nothing is to be repaired.", "Il n'y a rien à réparer."),
    "missing.happened.nothing": Texts(
        "Its shop is known, and no offer gave anything: {reason}.",
        "Sa boutique est connue, et aucune offre n'a rien donné\u00a0: {reason}.",
    ),
    "missing.repair.nothing": Texts(
        "The trace shows every condition. If the shop is wrong, end its identifier there.",
        "La trace montre chaque condition. Si la boutique est fausse, terminez son identifiant là-bas.",
    ),
    "missing.happened.declined": Texts(
        "The bank declined the payment: nothing was bought.",
        "La banque a refusé le paiement\u00a0: rien n'a été acheté.",
    ),
    "missing.repair.declined": Texts(
        "If it was paid another way, look for that payment, or claim it.",
        "S'il a été payé autrement, cherchez ce paiement, ou réclamez-le.",
    ),
    "missing.happened.not_linked": Texts(
        "Its card was not linked at that moment ({links}).", "Sa carte n'était pas reliée à ce moment ({links})."
    ),
    "missing.repair.not_linked": Texts(
        "What is bought before a card is linked never counts; goodwill is an adjustment.",
        "Ce qui est acheté avant de relier une carte ne compte jamais\u00a0; un geste est un ajustement.",
    ),
    "missing.happened.witness": Texts(
        "It was recognised as one purchase with {other}.", "Il a été reconnu comme un seul achat avec {other}."
    ),
    "missing.repair.witness": Texts(
        "If these are two purchases, part them; each is then judged by itself.",
        "Si ce sont deux achats, séparez-les\u00a0; chacun est alors jugé à part.",
    ),
    "missing.happened.lapsed": Texts(
        "It was authorised and never collected, so it lapsed after 31 days.",
        "Il a été autorisé et jamais encaissé\u00a0: il s'est éteint après 31 jours.",
    ),
    "missing.repair.lapsed": Texts(
        "It revives by itself if the shop still collects.", "Il revit de lui-même si la boutique encaisse encore."
    ),
    "missing.happened.credit": Texts("It is a refund, no purchase.", "C'est un remboursement, pas un achat."),
    "missing.repair.credit": Texts("Nothing is to be repaired.", "Il n'y a rien à réparer."),
    "missing.happened.given_back": Texts(
        "It was refunded or cancelled in full, and its reward with it.",
        "Il a été remboursé ou annulé en entier, et sa récompense avec lui.",
    ),
    "missing.repair.given_back": Texts("Nothing is to be repaired.", "Il n'y a rien à réparer."),
    "done.missing-accepted": Texts(
        "The purchase is the member's, with its shop. What it earns is in the wallet.",
        "L'achat est celui du membre, avec sa boutique. Ce qu'il rapporte est dans la cagnotte.",
    ),
    "done.missing-counted": Texts(
        "The purchase is known already: how it was judged stands below.",
        "L'achat est déjà connu\u00a0: son jugement figure ci-dessous.",
    ),
    "done.missing-claimed": Texts(
        "Claimed for the member. It waits for a person's answer.", "Réclamé pour le membre. Une personne doit répondre."
    ),
    "done.missing-joined": Texts("They are one purchase now.", "Ils sont désormais un seul achat."),
    "done.missing-split": Texts("It stands by itself now.", "Il est désormais à part."),
}
