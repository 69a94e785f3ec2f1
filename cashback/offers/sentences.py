"""Reads a trail aloud: one sentence per entry, in English or French, for shoppers and staff alike.

Kinds of conditions and rewards bring their own sentences; here are those of the reasons that the engine adds around
them. An entry that nobody knows, or that lacks a figure, is still answered with a sentence: a page must never fail
because of an explanation.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from cashback.offers.conditions.clock import ClockKind
from cashback.offers.kinds import TrailEntry
from cashback.offers.of_members import told
from cashback.offers.terms import CONDITIONS, REWARDS
from cashback.offers.uncertainty import said
from cashback.offers.wording import Texts, Tongue, language_of

Reading = Callable[[TrailEntry, Tongue], str]

_UNKNOWN = Texts("Decided by a rule without a description ({kind})", "Décidé par une règle sans description ({kind})")

_LOST_TO = Texts("Another offer gave more: {offer}, {amount}", "Une autre offre donnait plus\u00a0: {offer}, {amount}")
_BEATS = Texts(
    "Better for you than {offer}, which would have given {amount}",
    "Mieux pour vous que {offer}, qui aurait donné {amount}",
)
_LOST_RANK = Texts(
    "Another offer comes first: {offer}, {amount}", "Une autre offre passe avant\u00a0: {offer}, {amount}"
)
_RANKS_BEFORE = Texts(
    "Comes before {offer}, which would have given {amount}", "Passe avant {offer}, qui aurait donné {amount}"
)
_BUDGET_GRANTED = Texts("Within the budget of the offer: {granted}", "Dans le budget de l'offre\u00a0: {granted}")
_BUDGET_REDUCED = Texts(
    "The budget of the offer was almost used up: {granted} instead of {wanted}",
    "Le budget de l'offre était presque épuisé\u00a0: {granted} au lieu de {wanted}",
)
_BUDGET_REFUSED = Texts(
    "The budget of the offer was used up: {wanted} could not be given",
    "Le budget de l'offre était épuisé\u00a0: {wanted} n'ont pas pu être accordés",
)
_BUDGET_USED_UP_SINCE = Texts(
    "The budget of the offer is used up since {since}: {wanted} could not be given",
    "Le budget de l'offre est épuisé depuis le {since}\u00a0: {wanted} n'ont pas pu être accordés",
)
_NOT_CLEARED = Texts(
    "Waiting for the shop's bank to confirm the payment",
    "En attente de la confirmation du paiement par la banque de la boutique",
)
_MATURES = Texts("Available from {at}", "Disponible à partir du {at}")
_LIMIT_PERIODS = {
    "day": Texts("a day", "par jour"),
    "week": Texts("a week", "par semaine"),
    "month": Texts("a month", "par mois"),
    "year": Texts("a year", "par an"),
    "life": Texts("in all", "au total"),
}
_LIMIT_PER = {
    "shopper": Texts("", ""),
    "card": Texts(" with one card", " avec une même carte"),
    "shopper_and_shop": Texts(" in one shop", " dans une même boutique"),
}
_LIMIT_AMOUNT = Texts("At most {at_most} {period}{per}", "Au plus {at_most} {period}{per}")
_LIMIT_TIMES = Texts("At most {at_most} times {period}{per}", "Au plus {at_most} fois {period}{per}")
_LIMIT_ONCE = Texts("At most once {period}{per}", "Au plus une fois {period}{per}")
_LIMIT_REDUCED = Texts(
    "{limit}: {used} before, so {granted} instead of {wanted}",
    "{limit}\u00a0: déjà {used}, donc {granted} au lieu de {wanted}",
)
_LIMIT_TOO_MUCH = Texts(
    "{limit}: {used} before, and {wanted} more would be too much",
    "{limit}\u00a0: déjà {used}, et {wanted} de plus seraient trop",
)
_LIMIT_REACHED = Texts("{limit}: already reached", "{limit}\u00a0: déjà atteint")
_HELD_OUT = Texts(
    "You were drawn into the group that does not receive this offer, so that its effect can be measured",
    "Le tirage au sort vous place dans le groupe qui ne reçoit pas cette offre, pour mesurer son effet",
)
_NOT_LIVE_THROUGHOUT = Texts(
    "The offer began, changed or ended about that time", "L'offre a commencé, changé ou pris fin vers ce moment-là"
)
_EARLIEST_COUNTS = Texts(
    " (bought {made}: the earliest moment counts)", " (achat {made}\u00a0: le premier moment possible compte)"
)
_READ_AS_UTC = Texts(" (bought {made}: read as UTC)", " (achat {made}\u00a0: lu en UTC)")
_ORDER_UNSURE = Texts(
    " (it is not known which purchase came first: the earliest moment of each counts)",
    " (on ne sait pas quel achat est venu en premier\u00a0: le premier moment possible de chacun compte)",
)
_FUNDED = Texts("The offer is funded", "L'offre est financée")
_NOT_FUNDED = Texts(
    "The offer was paused for want of funds at that time",
    "L'offre était suspendue à ce moment-là, faute de provision",
)
_REFUNDED = Texts("{refunded} was refunded: {net} counts", "{refunded} ont été remboursés\u00a0: {net} comptent")
_SHOP_UNKNOWN = Texts(
    "The shop of this purchase is not known yet; it earns as soon as it is",
    "La boutique de cet achat n'est pas encore connue\u00a0; il comptera dès qu'elle le sera",
)
_NO_OFFER = Texts(
    "No offer was running for this shop at that time", "Aucune offre n'était en cours pour cette boutique"
)

PURCHASE_STATES: Mapping[str, Texts] = {
    "lapsed": Texts(
        "The payment was never confirmed, so nothing was charged",
        "Le paiement n'a jamais été confirmé, rien n'a été débité",
    ),
    "declined": Texts("The payment was declined", "Le paiement a été refusé"),
    "reversed": Texts("The payment was cancelled", "Le paiement a été annulé"),
    "refunded": Texts("The purchase was refunded in full", "L'achat a été remboursé en totalité"),
    "not_linked": Texts("The card was not linked at that time", "La carte n'était pas encore reliée à ce moment-là"),
    "credit": Texts("This is a refund, not a purchase", "C'est un remboursement, pas un achat"),
    "superseded": Texts(
        "What was told of this purchase belongs to another one",
        "Ce qui a été dit de cet achat appartient à un autre",
    ),
    "witness": Texts(
        "This purchase is already counted from another source",
        "Cet achat est déjà compté d'après une autre source",
    ),
}
"""Why a purchase earns nothing before any offer is asked."""


def read_aloud(
    entry: TrailEntry, locale: str, assets: Mapping[str, str] | None = None, *, of_member: bool = False
) -> str:
    """One entry of a trail as a sentence without its full stop, said to the shopper or `of_member`, for staff.

    `locale` is `en`, `fr` or longer; every other language is answered in English. `assets` leads from an asset's code
    to what the programme calls it in that language; without it an asset is called by its code. Never raises.
    """
    tongue = Tongue(language_of(locale), assets or {}, of_member)
    kind = str(entry.get("kind"))
    known = _READINGS.get(kind)
    if known is not None:
        try:
            return known(entry, tongue) + _unsure(kind, entry, tongue)
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
            pass  # an entry written by another version of the product: the sentence below still answers
    return _UNKNOWN.said(tongue.language).format(kind=kind)


def read_all(trail: list[TrailEntry], locale: str, assets: Mapping[str, str] | None = None) -> list[str]:
    """Every entry of a trail, in its order."""
    return [read_aloud(entry, locale, assets) for entry in trail]


def _unsure(kind: str, entry: TrailEntry, tongue: Tongue) -> str:
    """What is added where another instant would change the entry; conditions on the clock say it themselves."""
    if entry.get("sure") is not False or kind in _OF_THE_CLOCK:
        return ""
    if "made" not in entry:
        return _ORDER_UNSURE.said(tongue.language)
    texts = _READ_AS_UTC if "read" in entry["made"] else _EARLIEST_COUNTS
    return texts.said(tongue.language).format(made=said(entry["made"], tongue))


def _plain(texts: Texts) -> Reading:
    return lambda _, tongue: told(texts, tongue)


def _of_offer(by_worth: Texts, by_priority: Texts) -> Reading:
    def read(entry: TrailEntry, tongue: Tongue) -> str:
        """By the `offer_name` in both languages where the entry has one, else by the offer's code."""
        name = (entry.get("offer_name") or {}).get(tongue.language, entry["offer"])
        amount = tongue.amount(entry["amount"], entry["asset"])
        texts = by_priority if entry.get("reason") == "priority" else by_worth
        return told(texts, tongue).format(offer=name, amount=amount)

    return read


def _budget(entry: TrailEntry, tongue: Tongue) -> str:
    wanted, granted = int(entry["wanted"]), int(entry["granted"])
    texts = _BUDGET_GRANTED if granted >= wanted else _BUDGET_REDUCED if granted > 0 else _BUDGET_REFUSED
    if texts is _BUDGET_REFUSED and entry.get("since"):
        texts = _BUDGET_USED_UP_SINCE
    return texts.said(tongue.language).format(
        wanted=tongue.amount(wanted, entry["asset"]),
        granted=tongue.amount(granted, entry["asset"]),
        since=tongue.day(entry["since"]) if entry.get("since") else "",
    )


def _limit(entry: TrailEntry, tongue: Tongue) -> str:
    """A limit of the shopper that left less than was promised."""
    language, asset = tongue.language, entry["asset"]
    if entry["measure"] == "amount":
        texts, at_most = _LIMIT_AMOUNT, tongue.amount(entry["at_most"], asset)
    else:
        texts, at_most = (_LIMIT_ONCE if entry["at_most"] == 1 else _LIMIT_TIMES), tongue.number(entry["at_most"])
    period, per = _LIMIT_PERIODS[entry["period"]].said(language), _LIMIT_PER[entry["per"]].said(language)
    limit = texts.said(language).format(at_most=at_most, period=period, per=per)
    if not entry["granted"] and entry["used"] >= entry["at_most"]:
        return _LIMIT_REACHED.said(language).format(limit=limit)
    figures = {name: tongue.amount(entry[name], asset) for name in ("used", "granted", "wanted")}
    texts = _LIMIT_REDUCED if entry["granted"] else _LIMIT_TOO_MUCH
    return texts.said(language).format(limit=limit, **figures)


def _matures(entry: TrailEntry, tongue: Tongue) -> str:
    """The day by the clock of the `zone` that the entry names, else of the offset that its instant carries."""
    at = datetime.fromisoformat(entry["at"])
    if entry.get("zone"):
        at = at.astimezone(ZoneInfo(entry["zone"]))
    return _MATURES.said(tongue.language).format(at=tongue.day(at.date()))


def _refunded(entry: TrailEntry, tongue: Tongue) -> str:
    currency = entry["currency"]
    return _REFUNDED.said(tongue.language).format(
        refunded=tongue.money(entry["refunded_minor"], currency), net=tongue.money(entry["net_minor"], currency)
    )


def _funding(entry: TrailEntry, tongue: Tongue) -> str:
    return (_FUNDED if entry["ok"] else _NOT_FUNDED).said(tongue.language)


def _purchase_state(entry: TrailEntry, tongue: Tongue) -> str:
    return PURCHASE_STATES[entry["state"]].said(tongue.language)


_OF_THE_CLOCK = frozenset(name for name, kind in CONDITIONS.items() if issubclass(kind, ClockKind))
_READINGS: Mapping[str, Reading] = {
    **{name: kind.sentence for name, kind in (*CONDITIONS.items(), *REWARDS.items())},
    "lost_to": _of_offer(_LOST_TO, _LOST_RANK),
    "beats": _of_offer(_BEATS, _RANKS_BEFORE),
    "budget": _budget,
    "limit": _limit,
    "funding": _funding,
    "holdout": _plain(_HELD_OUT),
    "live": _plain(_NOT_LIVE_THROUGHOUT),
    "not_cleared": _plain(_NOT_CLEARED),
    "matures": _matures,
    "refunded": _refunded,
    "purchase_state": _purchase_state,
    "shop_unknown": _plain(_SHOP_UNKNOWN),
    "no_offer": _plain(_NO_OFFER),
}
