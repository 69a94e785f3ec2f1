"""Sentences of a trail as staff read them: what is said to a shopper as "you" is said of the member.

A sentence that speaks to nobody is the same for both; a test looks for one that does and stands in no line here.
"""

from collections.abc import Mapping

from cashback.offers.wording import Texts, Tongue

_PAIRS: tuple[tuple[str, str, str, str], ...] = (
    (
        "Better for you than {offer}, which would have given {amount}",
        "Mieux pour vous que {offer}, qui aurait donné {amount}",
        "Better for the member than {offer}, which would have given {amount}",
        "Mieux pour le membre que {offer}, qui aurait donné {amount}",
    ),
    (
        "Between {ranges}: you bought at {got}",
        "Entre {ranges}\u00a0: vous avez acheté à {got}",
        "Between {ranges}: bought at {got}",
        "Entre {ranges}\u00a0: achat à {got}",
    ),
    (
        "Bought in the month of your birthday",
        "Achat le mois de votre anniversaire",
        "Bought in the month of the member's birthday",
        "Achat le mois de l'anniversaire du membre",
    ),
    (
        "Every day except {wanted}: you bought on {got}",
        "Tous les jours sauf {wanted}\u00a0: vous avez acheté le {got}",
        "Every day except {wanted}: bought on {got}",
        "Tous les jours sauf {wanted}\u00a0: achat le {got}",
    ),
    (
        "For purchases of up to {wanted}: you spent {got}",
        "Pour les achats jusqu'à {wanted}\u00a0: vous avez dépensé {got}",
        "For purchases of up to {wanted}: the member spent {got}",
        "Pour les achats jusqu'à {wanted}\u00a0: le membre a dépensé {got}",
    ),
    (
        "For tier {wanted} only: you had none",
        "Réservé au niveau {wanted}\u00a0: vous n'en aviez pas",
        "For tier {wanted} only: the member had none",
        "Réservé au niveau {wanted}\u00a0: le membre n'en avait pas",
    ),
    (
        "For tier {wanted} only: yours was {got}",
        "Réservé au niveau {wanted}\u00a0: le vôtre était {got}",
        "For tier {wanted} only: the member's was {got}",
        "Réservé au niveau {wanted}\u00a0: celui du membre était {got}",
    ),
    (
        "Minimum spend {wanted}: you spent {got}",
        "Achat minimum de {wanted}\u00a0: vous avez dépensé {got}",
        "Minimum spend {wanted}: the member spent {got}",
        "Achat minimum de {wanted}\u00a0: le membre a dépensé {got}",
    ),
    (
        "Only after {days} without a purchase {place}: you bought on {last}",
        "Seulement après {days} sans achat {place}\u00a0: vous avez acheté le {last}",
        "Only after {days} without a purchase {place}: the member bought on {last}",
        "Seulement après {days} sans achat {place}\u00a0: le membre a acheté le {last}",
    ),
    (
        "Only at {wanted}: you shopped at {got}",
        "Seulement chez {wanted}\u00a0: vous avez acheté chez {got}",
        "Only at {wanted}: bought at {got}",
        "Seulement chez {wanted}\u00a0: achat chez {got}",
    ),
    (
        "Only at {wanted}: you shopped at {got}",
        "Seulement à {wanted}\u00a0: vous avez acheté à {got}",
        "Only at {wanted}: bought at {got}",
        "Seulement à {wanted}\u00a0: achat à {got}",
    ),
    (
        "Only for purchases of up to {wanted}: you spent {got}",
        "Seulement pour les achats jusqu'à {wanted}\u00a0: vous avez dépensé {got}",
        "Only for purchases of up to {wanted}: the member spent {got}",
        "Seulement pour les achats jusqu'à {wanted}\u00a0: le membre a dépensé {got}",
    ),
    (
        "Only for those who bought {place} at most {days} ago: you did on {last}",
        "Réservé à ceux qui ont acheté {place} il y a {days} au plus\u00a0: vous l'avez fait le {last}",
        "Only for those who bought {place} at most {days} ago: the member did on {last}",
        "Réservé à ceux qui ont acheté {place} il y a {days} au plus\u00a0: le membre l'a fait le {last}",
    ),
    (
        "Only for those who never bought {place}: you did on {last}",
        "Réservé à ceux qui n'ont jamais acheté {place}\u00a0: vous l'avez fait le {last}",
        "Only for those who never bought {place}: the member did on {last}",
        "Réservé à ceux qui n'ont jamais acheté {place}\u00a0: le membre l'a fait le {last}",
    ),
    (
        "Only in the month of your birthday",
        "Seulement le mois de votre anniversaire",
        "Only in the month of the member's birthday",
        "Seulement le mois de l'anniversaire du membre",
    ),
    (
        "Only in the month of your birthday, which is not known",
        "Seulement le mois de votre anniversaire, qui n'est pas connu",
        "Only in the month of the member's birthday, which is not known",
        "Seulement le mois de l'anniversaire du membre, qui n'est pas connu",
    ),
    (
        "Only your first purchase {place}: this was number {got}",
        "Seulement votre premier achat {place}\u00a0: celui-ci était le numéro {got}",
        "Only a member's first purchase {place}: this was number {got}",
        "Seulement le premier achat d'un membre {place}\u00a0: celui-ci était le numéro {got}",
    ),
    (
        "Only {wanted}: you bought {got}",
        "Seulement {wanted}\u00a0: vous avez acheté {got}",
        "Only {wanted}: bought {got}",
        "Seulement {wanted}\u00a0: achat {got}",
    ),
    (
        "Open {wanted}: you bought on {got}",
        "Valable {wanted}\u00a0: vous avez acheté un {got}",
        "Open {wanted}: bought on {got}",
        "Valable {wanted}\u00a0: achat un {got}",
    ),
    (
        "Valid {range}: you bought on {got}",
        "Valable {range}\u00a0: vous avez acheté le {got}",
        "Valid {range}: bought on {got}",
        "Valable {range}\u00a0: achat le {got}",
    ),
    (
        "You were drawn into the group that does not receive this offer, so that its effect can be measured",
        "Le tirage au sort vous place dans le groupe qui ne reçoit pas cette offre, pour mesurer son effet",
        "The member was drawn into the group that does not receive this offer, so that its effect can be measured",
        "Le tirage au sort place le membre dans le groupe qui ne reçoit pas cette offre, pour mesurer son effet",
    ),
    (
        "You are in the group {got}",
        "Vous faites partie du groupe {got}",
        "The member is in the group {got}",
        "Le membre fait partie du groupe {got}",
    ),
    (
        "You are marked {got}",
        "Vous avez l'étiquette {got}",
        "The member is marked {got}",
        "Le membre a l'étiquette {got}",
    ),
    (
        "You bought {place} on {last}",
        "Vous avez acheté {place} le {last}",
        "The member bought {place} on {last}",
        "Le membre a acheté {place} le {last}",
    ),
    (
        "You had activated the offer",
        "Vous aviez activé l'offre",
        "The member had activated the offer",
        "Le membre avait activé l'offre",
    ),
    (
        "You had not activated the offer when you bought",
        "Vous n'aviez pas activé l'offre au moment de l'achat",
        "The member had not activated the offer before the purchase",
        "Le membre n'avait pas activé l'offre au moment de l'achat",
    ),
    (
        "You had not bought {place} before",
        "Vous n'aviez encore rien acheté {place}",
        "The member had not bought {place} before",
        "Le membre n'avait encore rien acheté {place}",
    ),
    (
        "You had reached {wanted} {period} before: it counts once",
        "Vous aviez déjà atteint {wanted} {period}\u00a0: cela compte une seule fois",
        "The member had reached {wanted} {period} before: it counts once",
        "Le membre avait déjà atteint {wanted} {period}\u00a0: cela compte une seule fois",
    ),
    (
        "You had visited {wanted} shops {period} before: it counts once",
        "Vous aviez déjà visité {wanted} boutiques {period}\u00a0: cela compte une seule fois",
        "The member had visited {wanted} shops {period} before: it counts once",
        "Le membre avait déjà visité {wanted} boutiques {period}\u00a0: cela compte une seule fois",
    ),
    (
        "You joined through a referral",
        "Vous nous avez rejoints par parrainage",
        "The member joined through a referral",
        "Le membre a rejoint le programme par parrainage",
    ),
    (
        "You reached {wanted} {period}: {got}",
        "Vous avez atteint {wanted} {period}\u00a0: {got}",
        "The member reached {wanted} {period}: {got}",
        "Le membre a atteint {wanted} {period}\u00a0: {got}",
    ),
    (
        "You visited {wanted} shops {period}",
        "Vous avez visité {wanted} boutiques {period}",
        "The member visited {wanted} shops {period}",
        "Le membre a visité {wanted} boutiques {period}",
    ),
    (
        "Your activation had ended after {valid_days}",
        "Votre activation avait pris fin après {valid_days}",
        "The member's activation had ended after {valid_days}",
        "L'activation du membre avait pris fin après {valid_days}",
    ),
    (
        "Your first purchase {place}",
        "Votre premier achat {place}",
        "The member's first purchase {place}",
        "Premier achat du membre {place}",
    ),
    (
        "Your last purchase {place} was on {last}",
        "Votre dernier achat {place} date du {last}",
        "The member's last purchase {place} was on {last}",
        "Le dernier achat du membre {place} date du {last}",
    ),
    ("Your tier: {got}", "Votre niveau\u00a0: {got}", "The member's tier: {got}", "Niveau du membre\u00a0: {got}"),
    (
        "{rule}: bought {made}, and counted in your favour",
        "{rule}\u00a0: achat {made}, compté en votre faveur",
        "{rule}: bought {made}, and counted in the member's favour",
        "{rule}\u00a0: achat {made}, compté en faveur du membre",
    ),
)
_OF_MEMBERS: Mapping[Texts, Texts] = {Texts(en, fr): Texts(of_en, of_fr) for en, fr, of_en, of_fr in _PAIRS}


def told(texts: Texts, tongue: Tongue) -> str:
    """A sentence in the language of its reader, said to the shopper or, where staff read it, of the member."""
    return (_OF_MEMBERS.get(texts, texts) if tongue.of_member else texts).said(tongue.language)
