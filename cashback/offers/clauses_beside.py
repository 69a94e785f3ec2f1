"""What the terms of an offer say beside their conditions: limits, rivals, who pays, expiry, one line each. Pure.

Figures of weight stand between two pairs of asterisks, as in `offers/clauses`.
"""

from typing import Any

from cashback.offers.limits import Limit, Measure, Over
from cashback.offers.periods import Period
from cashback.offers.terms import Funder, Terms
from cashback.offers.wording import Texts, Tongue


def said_of(texts: Texts, tongue: Tongue, **figures: Any) -> str:
    """A text of a language with its figures."""
    return texts.said(tongue.language).format(**figures)


_PERIODS = {
    Period.DAY: Texts("a day", "par jour"),
    Period.WEEK: Texts("a week", "par semaine"),
    Period.MONTH: Texts("a month", "par mois"),
    Period.YEAR: Texts("a year", "par an"),
    Period.LIFE: Texts("in all", "au total"),
}
_PER = {
    "shopper": Texts("each member", "par membre"),
    "card": Texts("each card", "par carte"),
    "shopper_and_shop": Texts("each member in each shop", "par membre et par boutique"),
    "shop": Texts("each shop, all members together", "par boutique, tous membres confondus"),
    "offer": Texts("all members together", "tous membres confondus"),
}
_TIMES_AT_MOST = Texts("at most **{n} times** {period}, {per}", "au plus **{n} fois** {period}, {per}")
_ONCE_AT_MOST = Texts("at most **once** {period}, {per}", "au plus **une fois** {period}, {per}")
_AMOUNT_AT_MOST = Texts("at most **{n}** {period}, {per}", "au plus **{n}** {period}, {per}")
_REFUSED = Texts(" (all or nothing)", " (tout ou rien)")


def limit_told(limit: Limit, asset: str, tongue: Tongue) -> str:
    """How often or how much, for whom, in which period."""
    once = limit.measure is Measure.TIMES and limit.at_most == 1
    texts = _ONCE_AT_MOST if once else _TIMES_AT_MOST if limit.measure is Measure.TIMES else _AMOUNT_AT_MOST
    n = tongue.amount(limit.at_most, asset) if limit.measure is Measure.AMOUNT else tongue.number(limit.at_most)
    period, per = (each.said(tongue.language) for each in (_PERIODS[limit.period], _PER[limit.per.value]))
    said = said_of(texts, tongue, n=n, period=period, per=per)
    return said + (_REFUSED.said(tongue.language) if limit.over is Over.REFUSE else "")


_GROUP = Texts("excludes other offers of the group **{group}**", "exclut les autres offres du groupe **{group}**")
_STACKS = Texts(", but stands beside them as **{name}**", ", mais se cumule avec elles comme **{name}**")
_PRIORITY = Texts("priority **{n}**", "priorité **{n}**")


def group_told(terms: Terms, tongue: Tongue) -> str:
    """What it excludes, what it stands beside, what comes first."""
    said = [] if terms.group is None else [said_of(_GROUP, tongue, group=terms.group)]
    if terms.stacks_as is not None:
        said = [said[0] + said_of(_STACKS, tongue, name=terms.stacks_as)]
    if terms.priority:
        said.append(said_of(_PRIORITY, tongue, n=tongue.number(terms.priority)))
    return ", ".join(said)


_FUNDERS = {
    Funder.OPERATOR: Texts("the operator", "l'exploitant"),
    Funder.SHOP: Texts("the shop", "la boutique"),
    Funder.BRAND: Texts("the brand", "l'enseigne"),
}
_PAYS = Texts("paid by {who}", "payé par {who}")
_PART = Texts("{who} (**{share}**)", "{who} (**{share}**)")
_COMMISSION = Texts(", commission **{share}** on what others pay", ", commission de **{share}** sur la part des autres")


def funding_told(terms: Terms, tongue: Tongue) -> str:
    """Who pays which part; empty where the operator pays all."""
    if not terms.funding:
        return ""
    parts = [
        said_of(_PART, tongue, who=_FUNDERS[each.funder].said(tongue.language), share=tongue.rate(each.share_bps))
        for each in terms.funding
    ]
    said = said_of(_PAYS, tongue, who=tongue.joined(parts))
    return said + (
        said_of(_COMMISSION, tongue, share=tongue.rate(terms.commission_bps)) if terms.commission_bps else ""
    )


_EXPIRY = Texts("expires **{days}** after becoming available", "expire **{days}** après être devenu disponible")
_NOTICE = Texts(", told {days} before", ", annoncé {days} avant")


def expiry_told(terms: Terms, tongue: Tongue) -> str:
    """How long it can be used, and when that is told; empty: for ever."""
    if terms.expires_after_days is None:
        return ""
    said = said_of(_EXPIRY, tongue, days=tongue.days(terms.expires_after_days))
    return said + (said_of(_NOTICE, tongue, days=tongue.days(terms.notice_days)) if terms.notice_days else "")
