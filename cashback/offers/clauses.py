"""What an offer asks and gives, told as a rule: `Members get 5% of the purchase when it is made at Zara`. Pure.

A trail tells what became of one purchase; this tells the terms themselves, before anybody has bought anything. Every
kind of condition and reward has its clause here, and a test holds that none is missing. Figures of weight stand between
two pairs of asterisks, so that a page can set them in bold; `plain` takes the asterisks out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from cashback.floors import bare
from cashback.offers.clauses_beside import expiry_told, funding_told, group_told, limit_told, said_of
from cashback.offers.conditions.clock import ClockKind
from cashback.offers.conditions.counting import PERIODS
from cashback.offers.effects.multiplier import Multiplier
from cashback.offers.effects.scale import Applies, Scale
from cashback.offers.kinds import Kind, Surroundings
from cashback.offers.periods import Period
from cashback.offers.terms import CONDITIONS, Terms
from cashback.offers.wording import Texts, Tongue

BOLD = "**"
LISTED_WHOLE = 12
"""So many names are said one by one; of more only the first few, and how many there are."""
_CENTURY = 36_500
"""Days; so many stand for `for good`."""

Clause = Callable[[Any, Surroundings, Tongue], str]


@dataclass(frozen=True, slots=True)
class Rule:
    """The terms of an offer in one language, part by part; empty where they say nothing."""

    gives: str
    when: tuple[str, ...]
    """What must hold, all of it."""
    limits: tuple[str, ...]
    budget: str
    hold: str
    holdout: str
    group: str
    funding: str
    expiry: str

    def parts(self) -> dict[str, tuple[str, ...]]:
        """By the name of a part its lines, in the order in which they are read."""
        single = ("budget", "hold", "holdout", "group", "funding", "expiry")
        rest = {name: (text,) if (text := getattr(self, name)) else () for name in single}
        return {"gives": (self.gives,), "when": self.when, "limits": self.limits, **rest}


def plain(text: str) -> str:
    """A clause without its marks."""
    return text.replace(BOLD, "")


def rule_of(terms: Terms, around: Surroundings, tongue: Tongue, names: Mapping[str, str] | None = None) -> Rule:
    """The terms told in a language; `names` are offers by their codes, for those that multiply another one."""
    asset = terms.reward.asset
    return Rule(
        gives=gives(terms, tongue, names or {}),
        when=tuple(clause(each, around, tongue) for each in terms.conditions),
        limits=tuple(limit_told(each, asset, tongue) for each in terms.limits),
        budget="" if terms.budget is None else said_of(_BUDGET, tongue, amount=tongue.amount(terms.budget, asset)),
        hold=said_of(_HOLD, tongue, days=tongue.days(terms.hold_days)) if terms.hold_days else "",
        holdout=said_of(_HOLDOUT, tongue, share=tongue.rate(terms.holdout_bps)) if terms.holdout_bps else "",
        group=group_told(terms, tongue),
        funding=funding_told(terms, tongue),
        expiry=expiry_told(terms, tongue),
    )


def sentence(rule: Rule, tongue: Tongue) -> str:
    """One sentence: who gets what when."""
    if not rule.when:
        return said_of(_ALWAYS, tongue, gives=rule.gives)
    also = Texts(" and ", " et que ").said(tongue.language)
    return said_of(_WHEN, tongue, gives=rule.gives, when=also.join(rule.when))


def clause(condition: Kind, around: Surroundings, tongue: Tongue) -> str:
    """One condition, as what follows `when`."""
    return _CLAUSES[condition.name()](condition, around, tongue)


def gives(terms: Terms, tongue: Tongue, names: Mapping[str, str]) -> str:
    """What one purchase earns, with its floor and its cap."""
    reward = terms.reward
    kind = reward.name()
    if isinstance(reward, Multiplier):
        factor = tongue.number(reward.factor_bps, 10_000)
        said = said_of(_TIMES, tongue, factor=factor, offer=names.get(reward.of, reward.of))
    elif isinstance(reward, Scale):
        said = _scale(reward, terms.currency, tongue)
    else:
        figures = {
            "rate": lambda: tongue.rate(cast(Any, reward).rate_bps),
            "amount": lambda: tongue.amount(cast(Any, reward).amount, reward.asset),
            "units": lambda: tongue.amount(cast(Any, reward).units, reward.asset),
            "per": lambda: tongue.money(cast(Any, reward).per, terms.currency),
        }
        needed = {"percent": ("rate",), "fixed": ("amount",), "per_unit": ("units", "per")}[kind]
        said = said_of(_GIVES[kind], tongue, **{name: figures[name]() for name in needed})
    for bound, texts in ((reward.minimum, _FLOOR), (reward.cap_per_purchase, _CAP)):
        if bound is not None:
            said += said_of(texts, tongue, amount=tongue.amount(bound, reward.asset))
    return said


_WHEN = Texts("Members get {gives} when {when}.", "Les membres reçoivent {gives} lorsque {when}.")
_ALWAYS = Texts(
    "Members get {gives}, on every purchase at a shop of the programme.",
    "Les membres reçoivent {gives}, pour chaque achat dans une boutique du programme.",
)
_GIVES = {
    "percent": Texts("**{rate}** of the purchase", "**{rate}** de l'achat"),
    "fixed": Texts("**{amount}** per purchase", "**{amount}** par achat"),
    "per_unit": Texts("**{units}** for every full **{per}**", "**{units}** par tranche entière de **{per}**"),
}
_TIMES = Texts(
    "**{factor} times** what the offer “{offer}” gives", "**{factor} fois** ce que donne l'offre «\u00a0{offer}\u00a0»"
)
_FLOOR = Texts(", at least **{amount}** per purchase", ", au moins **{amount}** par achat")
_CAP = Texts(", at most **{amount}** per purchase", ", au plus **{amount}** par achat")
_BUDGET = Texts("until **{amount}** have been given in all", "jusqu'à **{amount}** donnés au total")
_HOLD = Texts("available **{days}** after the shop has collected", "disponible **{days}** après l'encaissement")
_HOLDOUT = Texts(
    "**{share}** of members do not receive it, so that its effect can be measured",
    "**{share}** des membres ne la reçoivent pas, pour que son effet soit mesurable",
)
_STEP = Texts("**{rate}** from {begins}", "**{rate}** dès {begins}")
_FIRST = Texts("**{rate}** of the purchase", "**{rate}** de l'achat")
_PARTS = Texts("{steps}, each on its part", "{steps}, chacun sur sa tranche")
_WHOLE = Texts("{steps}, on all of it", "{steps}, sur tout l'achat")


def _scale(reward: Scale, currency: str, tongue: Tongue) -> str:
    steps = [
        said_of(
            _STEP if each.begins else _FIRST,
            tongue,
            rate=tongue.rate(each.rate_bps),
            begins=tongue.money(each.begins, currency),
        )
        for each in reward.steps
    ]
    if len(steps) == 1:
        return steps[0]
    return said_of(_PARTS if reward.applies is Applies.PART else _WHOLE, tongue, steps=", ".join(steps))


# -- conditions


def _texts(texts: Texts, **figures: Callable[[Any, Surroundings, Tongue], str]) -> Clause:
    def say(condition: Any, around: Surroundings, tongue: Tongue) -> str:
        return said_of(texts, tongue, **{name: figure(condition, around, tongue) for name, figure in figures.items()})

    return say


def _money(condition: Any, around: Surroundings, tongue: Tongue) -> str:
    return tongue.money(condition.amount, around.currency)


def _places(field: str) -> Callable[[Any, Surroundings, Tongue], str]:
    def say(condition: Any, around: Surroundings, tongue: Tongue) -> str:
        known = getattr(around, field)
        codes = getattr(condition, field)
        return _either([known[code].name if code in known else code for code in codes], tongue)

    return say


def _list(field: str) -> Callable[[Any, Surroundings, Tongue], str]:
    return lambda condition, _, tongue: _either(list(getattr(condition, field)), tongue)


def _floors(condition: Any, _: Surroundings, tongue: Tongue) -> str:
    return _either([bare(each) for each in condition.floors], tongue)


def _either(names: list[str], tongue: Tongue) -> str:
    whole = tongue.whole or len(names) <= LISTED_WHOLE
    return tongue.joined(names, "or") if whole else tongue.either(names)


def _categories(condition: Any, _: Surroundings, tongue: Tongue) -> str:
    return _either(tongue.categories(condition.categories), tongue)


def _sources(condition: Any, _: Surroundings, tongue: Tongue) -> str:
    return _either([code.capitalize() for code in condition.networks], tongue)


def _clock(word: str) -> Callable[[Any, Surroundings, Tongue], str]:
    """A figure of a condition on the clock, in the words it has for shoppers."""

    def say(condition: ClockKind, around: Surroundings, tongue: Tongue) -> str:
        read = condition.reading(around)(datetime(2026, 1, 1), around.default_zone, True)  # noqa: DTZ001 - any clock
        return type(condition).words(read, tongue)[word]

    return say


def _count(field: str) -> Callable[[Any, Surroundings, Tongue], str]:
    return lambda condition, _, tongue: tongue.number(getattr(condition, field))


def _period(condition: Any, _: Surroundings, tongue: Tongue) -> str:
    return PERIODS[Period(condition.period)].said(tongue.language)


_AT = {
    "shop": Texts("in the shop", "dans la boutique"),
    "brand": Texts("in shops of the brand", "dans l'enseigne"),
    "centre": Texts("in the centre", "dans le centre"),
    "programme": Texts("in the programme", "dans le programme"),
}


def _at(condition: Any, _: Surroundings, tongue: Tongue) -> str:
    return _AT[condition.at.value].said(tongue.language)


def _channel(condition: Any, _: Surroundings, tongue: Tongue) -> str:
    texts = Texts("it is made **{where}**", "l'achat est fait **{where}**")
    where = type(condition).words({"wanted": condition.channel, "got": condition.channel}, tongue)["wanted"]
    return said_of(texts, tongue, where=where)


def _activated(condition: Any, _: Surroundings, tongue: Tongue) -> str:
    said = said_of(Texts("the member has **activated** the offer", "le membre a **activé** l'offre"), tongue)
    if condition.valid_days:
        texts = Texts(" in the last **{days}**", " depuis **{days}** au plus")
        said += said_of(texts, tongue, days=tongue.days(condition.valid_days))
    if condition.places:
        texts = Texts(" (the first {n} members)", " (les {n} premiers membres)")
        said += said_of(texts, tongue, n=tongue.number(condition.places))
    return said


def _referred(condition: Any, _: Surroundings, tongue: Tongue) -> str:
    texts = Texts("the member **joined through a referral**", "le membre est **venu par parrainage**")
    if not condition.within_days:
        return said_of(texts, tongue)
    within = Texts(", in the **{days}** after joining", ", dans les **{days}** suivant son arrivée")
    return said_of(texts, tongue) + said_of(within, tongue, days=tongue.days(condition.within_days))


_CUSTOMER = {
    "new": Texts("the member is **new** {at}", "le membre est **nouveau** {at}"),
    "returning": Texts("the member **has bought before** {at}", "le membre **a déjà acheté** {at}"),
    "lapsed": Texts(
        "the member has bought nothing {at} for **{days}**", "le membre n'a rien acheté {at} depuis **{days}**"
    ),
}


def _customer(condition: Any, around: Surroundings, tongue: Tongue) -> str:
    status = condition.status.value
    days = tongue.days(condition.days or _CENTURY)
    said = said_of(_CUSTOMER[status], tongue, at=_at(condition, around, tongue), days=days)
    if status == "returning" and condition.days:
        said += said_of(Texts(", at most **{days}** ago", ", il y a **{days}** au plus"), tongue, days=days)
    return said


_REPEATS = {
    "once": Texts("", ""),
    "each": Texts(", each time again", ", à chaque fois"),
    "onwards": Texts(", and for all that follow", ", et pour tous ceux qui suivent"),
}


def _across(condition: Any, around: Surroundings, tongue: Tongue) -> str:
    texts = Texts(
        "the member's purchases reach **{amount}** {period}", "les achats du membre atteignent **{amount}** {period}"
    )
    said = said_of(texts, tongue, amount=_money(condition, around, tongue), period=_period(condition, around, tongue))
    if condition.shops:
        said += said_of(
            Texts(", in **{n} shops**", ", dans **{n} boutiques**"), tongue, n=tongue.number(condition.shops)
        )
    return said + _REPEATS[condition.repeats.value].said(tongue.language)


def _stamps(condition: Any, around: Surroundings, tongue: Tongue) -> str:
    texts = Texts("it fills a card of **{n} stamps** {period}", "l'achat remplit une carte de **{n} tampons** {period}")
    said = said_of(texts, tongue, n=tongue.number(condition.every), period=_period(condition, around, tongue))
    return said + (said_of(Texts(", one a day", ", un par jour"), tongue) if condition.one_a_day else "")


_CLAUSES: Mapping[str, Clause] = {
    "minimum_spend": _texts(Texts("the purchase is at least **{x}**", "l'achat est d'au moins **{x}**"), x=_money),
    "maximum_spend": _texts(Texts("the purchase is at most **{x}**", "l'achat est d'au plus **{x}**"), x=_money),
    "shops": _texts(Texts("it is made at **{x}**", "l'achat est fait chez **{x}**"), x=_places("shops")),
    "centres": _texts(Texts("it is made in **{x}**", "l'achat est fait à **{x}**"), x=_places("centres")),
    "categories": _texts(Texts("the shop is one of **{x}**", "la boutique est de la catégorie **{x}**"), x=_categories),
    "brands": _texts(Texts("the shop is one of **{x}**", "la boutique est de l'enseigne **{x}**"), x=_list("brands")),
    "floors": _texts(Texts("the floor of the shop is **{x}**", "le niveau de la boutique est **{x}**"), x=_floors),
    "areas": _texts(Texts("the area of the shop is **{x}**", "la zone de la boutique est **{x}**"), x=_list("areas")),
    "networks": _texts(Texts("it is told by **{x}**", "l'achat est signalé par **{x}**"), x=_sources),
    "channel": _channel,
    "dates": _texts(Texts("it is made **{x}**", "l'achat est fait **{x}**"), x=_clock("range")),
    "weekdays": _texts(Texts("it is made on **{x}**", "l'achat est fait **{x}**"), x=_clock("wanted")),
    "hours": _texts(Texts("it is made between **{x}**", "l'achat est fait entre **{x}**"), x=_clock("ranges")),
    "not_on": _texts(Texts("the day is not **{x}**", "le jour n'est pas **{x}**"), x=_clock("wanted")),
    "segments": _texts(
        Texts("the member is in the group **{x}**", "le membre est du groupe **{x}**"), x=_list("segments")
    ),
    "tiers": _texts(Texts("the tier of the member is **{x}**", "le niveau du membre est **{x}**"), x=_list("tiers")),
    "tags": _texts(Texts("the member is marked **{x}**", "le membre porte l'étiquette **{x}**"), x=_list("tags")),
    "birthday_month": _texts(
        Texts("it is the month of the member's **birthday**", "c'est le mois d'**anniversaire** du membre")
    ),
    "activated": _activated,
    "referred": _referred,
    "nth_purchase": _texts(
        Texts("it is purchase **number {n}** of the member {at}", "c'est l'achat **numéro {n}** du membre {at}"),
        n=_count("n"),
        at=_at,
    ),
    "customer": _customer,
    "spend_across": _across,
    "trail": _texts(
        Texts("the member has bought in **{n} shops** {p}", "le membre a acheté dans **{n} boutiques** {p}"),
        n=_count("shops"),
        p=_period,
    ),
    "stamp_card": _stamps,
    "streak": _texts(
        Texts("the member has bought **{n} weeks** in a row", "le membre a acheté **{n} semaines** d'affilée"),
        n=_count("weeks"),
    ),
}
assert _CLAUSES.keys() == CONDITIONS.keys(), "a kind of condition has no clause"
