"""What is wrong with a typed offer, at the field where it is to be mended, in the reader's language.

The rules are those of a programme file; here their sentences find their field and their words. A sentence without words
of its own is shown as it is, in English.
"""

import re
from collections.abc import Iterable, Mapping

from cashback.programme_file.reading import Problem
from cashback.web.console.offers.typed import Made, Typed
from cashback.web.messages import Translator

_ROW = re.compile(r"(conditions|limits)\[(\d+)\](?:\.([a-z_]+))?")
_SINGLE: Mapping[str, str] = {
    "expires_after_days": "expires",
    "notice_days": "notice",
    "holdout_bps": "holdout",
    "commission_bps": "commission",
    "funding": "f.operator",
    "name": "name.en",
    "promise": "promise.en",
    "currency": "r.asset",
    "conditions": "c",
    "limits": "l",
}
_SAID: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (f"console.offers.problem.{name}", re.compile(pattern))
    for name, pattern in (
        ("needed", r"this field is needed|expected at least one|expected at least one step"),
        ("bigger", r"input should be greater than (?P<n>-?\d+).*"),
        ("at_least", r"input should be greater than or equal to (?P<n>-?\d+).*"),
        ("smaller", r"input should be less than (?P<n>\d+).*"),
        ("at_most", r"input should be less than or equal to (?P<n>\d+).*"),
        ("whole", r"(?:expected a whole number|input should be a valid integer).*"),
        ("amount", r"expected an amount of (?P<currency>[A-Z]{3}) .*"),
        ("decimals", r".* has more than (?P<n>\d) decimals"),
        ("too_long", r"string should have at most (?P<n>\d+) characters.*"),
        ("code", r"string should match pattern.*"),
        ("time", r"expected a time such as .*"),
        ("same_times", r"from and to are both (?P<at>\S+); .*"),
        ("overlap", r"(?P<one>\S+ to \S+) and (?P<other>\S+ to \S+) overlap: merge them"),
        ("twice", r"each may be named once, (?P<what>.+) is repeated"),
        ("days", r"expected first_day, last_day or both"),
        ("day", r"input should be a valid date.*"),
        ("order", r"last_day (?P<last>\S+) is before first_day (?P<first>\S+)"),
        ("cap", r"cap_per_purchase \d+ is below the minimum \d+"),
        ("money", r"a (?:percentage|scale) (?:pays money|of [A-Z]{3} pays).*"),
        ("steps", r"steps begin one above the other.*"),
        ("falling", r"a rate that applies to the whole may not fall.*"),
        ("lapsed", r"a lapsed customer is one without.*"),
        ("new", r"a new customer never bought there.*"),
        ("same_limit", r"one limit of .* is enough, it is repeated"),
        ("shares", r"the shares add up to (?P<bps>\d+) basis points.*"),
        ("stacks", r"stacks_as says how offers of one group stack.*"),
        ("notice", r"notice_days come before an expiry.*"),
        ("notice_fewer", r"notice_days \d+ are not fewer.*"),
        ("unknown", r"no (?:shop|centre|brand|floor|area|offer|asset) of this file .*?'(?P<what>[^']+)'.*"),
        ("maximum", r"the maximum (?P<high>\S+) is below the minimum_spend (?P<low>\S+): .*"),
        ("no_shop", r"no shop of this file (?:is|meets).*"),
        ("few_shops", r"the offer has (?P<n>\d+) shops?: .*"),
        ("no_day", r"(?:no day|every day) .* the offer can never match"),
        ("no_time", r"the clock reads none of these times.*"),
        ("few_days", r".* one stamp a day: (?P<n>\d+) stamps are never reached"),
        ("few_weeks", r"the offer has (?P<n>\d+) weeks in a row: (?P<m>\d+) are never reached"),
        ("never", r"who (?:is new|bought) .* the offer can never match"),
        (
            "limit",
            r"one purchase gives at least (?P<least>.+), the limit refuses all above (?P<most>.+): it never gives",
        ),
        ("multiplies", r"\S+ is itself a multiplier.*"),
        ("other_asset", r"\S+ gives (?P<asset>\S+), a multiple of it cannot be .*"),
    )
)
"""By the key of its words, what a sentence looks like; the first that fits is said."""


def field_of(typed: Typed, where: str) -> str:
    """The name of the field that a place of the document was typed in: `conditions[0].amount` is `c.3.amount`."""
    where = where.removeprefix("offers[0].")
    found = _ROW.match(where)
    if found:
        conditions = found[1] == "conditions"
        places = typed.places if conditions else [f"l.{row.n}." for row in typed.limits]
        place = int(found[2])
        if place < len(places):
            whole = ("last_day" if places[place] == "d." else "kind") if conditions else "at_most"
            return f"{places[place]}{found[3] or whole}"
    if where.startswith("reward."):
        return f"r.{where.removeprefix('reward.').partition('[')[0].partition('.')[0]}"
    head = where.partition("[")[0]
    if head in ("name.en", "name.fr", "promise.en", "promise.fr"):
        return head
    return _SINGLE.get(head, head)


def said(problem: str, t: Translator) -> str:
    """A sentence of the rules in the reader's words."""
    for key, pattern in _SAID:
        found = pattern.fullmatch(problem)
        if found:
            return t(key, **found.groupdict())
    return problem


def told(typed: Typed, made: Made, problems: Iterable[Problem], t: Translator) -> dict[str, str]:
    """By the name of a field what is wrong with it; what could not be read as a number says that first."""
    found = {name: t(key) for name, key in made.unread.items()}
    for each in problems:
        name = field_of(typed, each.where)
        unnamed = name == "code" and not typed.code
        found.setdefault(name, t("console.offers.problem.needed") if unnamed else said(each.message, t))
    return found
