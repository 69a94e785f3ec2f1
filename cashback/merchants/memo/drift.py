"""Drift: a shop's known identifier falls silent while an unknown one appears under its name. Pure.

Silence is surprising by the pace of the identifier: with r purchases a day the chance that d days
bring none is exp(-rd). An unknown identifier explains it when it begins about then, under a name that resembles.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from cashback.merchants.memo.aliases import PLACE_SCHEMES, alike


@dataclass(frozen=True, slots=True)
class Activity:
    """Purchases told with one identifier on one day."""

    network: str
    name: str
    """`scheme:value`."""
    day: date
    count: int
    descriptor: str
    """The one most often told that day; may be empty."""
    town: str
    shop: str | None
    """Code of the shop to which the purchases were matched; None: to none."""


@dataclass(frozen=True, slots=True)
class Watch:
    """When silence and an appearance are reported."""

    surprise: float = 7.0
    """Purchases that should have come in the silence: exp(-7) is less than one in a thousand."""
    silent_days: int = 5
    pace_days: int = 14
    """An identifier must have been in use for so long that its pace is known."""
    early_days: int = 3
    """So long before the last purchase of the old one the new one may begin: terminals change one by one."""
    late_days: int = 21
    appearances: int = 3
    """Purchases under the new identifier."""


@dataclass(frozen=True, slots=True)
class Drift:
    """A proposal: that the new identifier is the shop's."""

    shop: str
    network: str
    silent: str
    """The known identifier, `scheme:value`."""
    silent_since: date
    """The first day without a purchase under it."""
    expected: float
    """Purchases that should have come under it since."""
    appeared: str
    """The unknown identifier, `scheme:value`."""
    first_seen: date
    purchases: int
    """Under the unknown identifier, matched to no shop."""
    descriptor: str
    ambiguous: bool
    """Another silent shop, or another new identifier, fits as well: a person must say which."""


@dataclass(slots=True)
class _Life:
    first: date
    last: date
    count: int = 0
    texts: Counter[str] = field(default_factory=Counter)
    towns: Counter[str] = field(default_factory=Counter)
    shops: set[str] = field(default_factory=set)
    unmatched: int = 0


def find_drifts(activities: Iterable[Activity], today: date, watch: Watch | None = None) -> tuple[Drift, ...]:
    """Proposals, the most purchases first. `today` counts as not over yet."""
    rules = watch or Watch()
    lives = _lives(activities)
    silent = [
        (key, life) for key, life in lives.items() if len(life.shops) == 1 and _surprise(life, today, rules) is not None
    ]
    fresh = [
        (key, life)
        for key, life in lives.items()
        if not life.shops and life.unmatched >= rules.appearances and key[1].partition(":")[0] in PLACE_SCHEMES
    ]
    found = [
        _drift(old_key, old, new_key, new, today, rules)
        for old_key, old in silent
        for new_key, new in fresh
        if _explains(old_key, old, new_key, new, rules)
    ]
    told = Counter((each.network, each.appeared) for each in found)
    kept = Counter((each.network, each.silent, each.appeared.partition(":")[0]) for each in found)
    marked = [
        replace(
            each,
            ambiguous=told[each.network, each.appeared] > 1
            or kept[each.network, each.silent, each.appeared.partition(":")[0]] > 1,
        )
        for each in found
    ]
    return tuple(sorted(marked, key=lambda each: (-each.purchases, each.shop, each.network, each.appeared)))


def _lives(activities: Iterable[Activity]) -> dict[tuple[str, str], _Life]:
    lives: dict[tuple[str, str], _Life] = {}
    for each in activities:
        life = lives.setdefault((each.network, each.name), _Life(each.day, each.day))
        life.first, life.last = min(life.first, each.day), max(life.last, each.day)
        life.count += each.count
        if each.descriptor:
            life.texts[each.descriptor] += each.count
        if each.town:
            life.towns[each.town] += each.count
        if each.shop is None:
            life.unmatched += each.count
        else:
            life.shops.add(each.shop)
    return lives


def _surprise(life: _Life, today: date, rules: Watch) -> float | None:
    """How many purchases should have come in the silence; None: it is no surprise, or the pace is not known."""
    used = (life.last - life.first).days + 1
    silent = (today - life.last).days - 1
    expected = life.count / used * silent
    if used < rules.pace_days or silent < rules.silent_days or expected < rules.surprise:
        return None
    return expected


def _explains(old_key: tuple[str, str], old: _Life, new_key: tuple[str, str], new: _Life, rules: Watch) -> bool:
    if old_key[0] != new_key[0] or old_key[1].partition(":")[0] != new_key[1].partition(":")[0]:
        return False
    begin, end = old.last - timedelta(days=rules.early_days), old.last + timedelta(days=rules.late_days)
    if not begin <= new.first <= end:
        return False
    return _alike(old.texts, new.texts, needed=True) and _alike(old.towns, new.towns, needed=False)


def _alike(old: Counter[str], new: Counter[str], *, needed: bool) -> bool:
    if not old or not new:
        return not needed
    usual, fresh = _usual(old), _usual(new)
    return any(alike(one, other) for one in usual for other in fresh)


def _usual(texts: Counter[str]) -> Sequence[str]:
    return [text for text, _ in sorted(texts.items(), key=lambda each: (-each[1], each[0]))[:3]]


def _drift(
    old_key: tuple[str, str], old: _Life, new_key: tuple[str, str], new: _Life, today: date, rules: Watch
) -> Drift:
    (shop,) = old.shops
    return Drift(
        shop=shop,
        network=old_key[0],
        silent=old_key[1],
        silent_since=old.last + timedelta(days=1),
        expected=_surprise(old, today, rules) or 0.0,
        appeared=new_key[1],
        first_seen=new.first,
        purchases=new.unmatched,
        descriptor=_usual(new.texts)[0] if new.texts else "",
        ambiguous=False,
    )
