"""What applying a file would change, in lines a person can read before saying yes. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cashback.merchants.schemas import instant
from cashback.payouts.policy import COOLING_HOURS
from cashback.programme_file.document import ProgrammeFile, ShopEntry

Subject = tuple[str, str]
"""What something is and its code: `("shop", "fnac")`."""

_COUNTED = ("measure", "per", "period")
"""Fields of a limit that say what it counts; there is one limit of each."""
_STAYS = "is not in the file; purchases refer to it, so it stays"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a difference: something comes (+), goes (-), becomes other (~), or stays although left out (=)."""

    sign: Literal["+", "-", "~", "="]
    what: str
    """centre, asset, shop, identifier, offer, payouts or programme."""
    code: str
    detail: str

    @property
    def moves(self) -> bool:
        """Whether applying it changes anything."""
        return self.sign != "="

    def __str__(self) -> str:
        return f"{self.sign} {self.what} {self.code}: {self.detail}"


def difference(current: ProgrammeFile | None, wanted: ProgrammeFile) -> list[Change]:
    """Everything by which the wanted programme differs from the current one, in the order of the file's sections.

    Centres, assets and shops that the file leaves out stay; offers and payouts that it leaves out end.
    """
    held: Mapping[Subject, Mapping[str, str]] = {} if current is None else _fields(current)
    asked = _fields(wanted)
    changes: list[Change] = []
    for subject, fields in asked.items():
        before = held.get(subject)
        if before is None:
            changes.append(Change("+", *subject, fields.get("name", fields.get("name.en", "new"))))
        else:
            changes += (Change("~", *subject, detail) for detail in _differing(before, fields))
    for what, code in held.keys() - asked.keys():
        changes.append(Change("-", what, code, "ends") if what in _ENDING else Change("=", what, code, _STAYS))
    changes += _identifier_changes(current, wanted)
    return sorted(changes, key=_order)


_SECTIONS = ("programme", "centre", "asset", "shop", "identifier", "offer", "payouts")
_ENDING = frozenset({"offer", "payouts"})


def _order(change: Change) -> tuple[int, str, str, str]:
    return _SECTIONS.index(change.what), change.code, change.sign, change.detail


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for field in sorted(before.keys() | after.keys()):
        old, new = before.get(field), after.get(field)
        if old != new:
            yield f"{field} {'not set' if old is None else repr(old)} → {'not set' if new is None else repr(new)}"


def _fields(file: ProgrammeFile) -> dict[Subject, dict[str, str]]:
    """Every field of every part as text, under its dotted name; what a field means by default is filled in."""
    plain = file.plain()
    parts: dict[Subject, dict[str, str]] = {("programme", plain["programme"]["code"]): _flat(plain["programme"])}
    zones = {each.code: file.zone_of(each).key for each in file.centres}
    for centre in plain["centres"]:
        parts["centre", centre["code"]] = _flat(centre) | {"zone": zones[centre["code"]]}
    for asset in plain["assets"]:
        parts["asset", asset["code"]] = _flat(asset)
    for shop in plain.get("shops", ()):
        shop.pop("identifiers", None)
        parts["shop", shop["code"]] = {"brand": shop["name"], "floor": "", "area": "", **_flat(shop)}
    for offer in plain.get("offers", ()):
        parts["offer", offer["code"]] = _flat(offer)
    policy = plain.get("payouts", {"assets": ()})
    for terms in policy["assets"]:
        hours = {"cooling_hours": str(policy.get("cooling_hours", COOLING_HOURS))}
        parts["payouts", terms["asset"]] = _flat(terms) | hours
    return parts


def _flat(value: Any, name: str = "") -> dict[str, str]:
    """`{"reward.rate_bps": "500"}`: entries of a list have names, a list of codes is one text."""
    if isinstance(value, dict):
        items: Iterable[tuple[str, Any]] = ((f".{key}", each) for key, each in value.items() if key != "code")
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        items = (_named(position, each) for position, each in enumerate(value))
    elif isinstance(value, list):
        return {name: ", ".join(map(str, value))}
    else:
        return {name: str(value).lower() if isinstance(value, bool) else str(value)}
    return {key: text for field, each in items for key, text in _flat(each, f"{name}{field}".lstrip(".")).items()}


def _named(position: int, entry: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The name of one entry of a list after that of the list, and what the entry says beside its name.

    Entries of a kind are named by it, limits by what they count (`limits[amount per shopper, month]`), funders by who
    they are, steps and hours by where they begin. So what stays the same keeps its name when its neighbours change.
    """
    naming: tuple[str, ...] = ()
    if "kind" in entry:
        return f".{entry['kind']}", entry
    if "measure" in entry:
        said, naming = f"{entry['measure']} per {entry['per']}, {entry.get('period', 'life')}", _COUNTED
    elif "funder" in entry:
        said, naming = entry["funder"], ("funder",)
    elif "rate_bps" in entry:
        said, naming = f"from {entry.get('from_amount', 0)}", ("from_amount",)
    elif "from" in entry:
        said, naming = f"from {entry['from']}", ("from",)
    else:
        said = str(position)
    return f"[{said}]", {key: each for key, each in entry.items() if key not in naming}


def _identifier_changes(current: ProgrammeFile | None, wanted: ProgrammeFile) -> Iterator[Change]:
    """A shop whose entry lists identifiers has exactly those; one whose entry does not keeps what it has."""
    held = {} if current is None else {shop.code: _identifiers(current, shop) for shop in current.shops}
    for shop in wanted.shops:
        if shop.identifiers is None:
            continue
        before, after = held.get(shop.code, set()), _identifiers(wanted, shop)
        for sign, names in (("-", before - after), ("+", after - before)):
            for name in sorted(names):
                yield Change("-" if sign == "-" else "+", "identifier", shop.code, name)


def _identifiers(file: ProgrammeFile, shop: ShopEntry) -> set[str]:
    zone = file.zone_of(next(each for each in file.centres if each.code == shop.centre))
    names: set[str] = set()
    for each in shop.identifiers or ():
        begin = instant(each.valid_from or "", zone)
        end = instant(each.valid_until or "", zone)
        since = "" if begin is None else f" from {begin.isoformat()}"
        until = "" if end is None else f" until {end.isoformat()}"
        names.add(f"{each.network} {each.scheme} {each.value}{since}{until}")
    return names
