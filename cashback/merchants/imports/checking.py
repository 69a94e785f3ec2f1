"""Each row of a file held against the programme: new, changed, unchanged, or faulty and why. Pure.

An empty cell leaves what is stored as it is. Rows of one shop may repeat what the first of them said and may not
contradict it. A floor that the programme knows is written as it is there. Rows that name an identifier of a shop
replace what was stored of that identifier there; identifiers that the file does not name stay.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as filled
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from cashback.floors import Written
from cashback.merchants.imports.columns import EXAMPLES, IDENTIFYING, Field
from cashback.merchants.imports.table import Row, Table
from cashback.merchants.schemas import Identifier, Shop, instant
from cashback.merchants.service import IdentifierPlan, overlaps, plan_identifiers
from cashback.programmes.schemas import Centre
from cashback.trades import trade_of
from issuers.registry import ADAPTERS

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DAY_FIRST = re.compile(r"([0-3]?[0-9])[/.]([01]?[0-9])[/.]([0-9]{4})")
LENGTHS = {Field.NAME: 120, Field.BRAND: 120, Field.FLOOR: 64, Field.AREA: 64, Field.VALUE: 128}
ATTRIBUTES = (Field.NAME, Field.CENTRE, Field.CATEGORY, Field.BRAND, Field.FLOOR, Field.AREA)
SIMILAR = 0.6
NO_TRADE = "category_unknown"
"""The problem of a trade that is no code; which ones may have been meant, `cashback.trades.near` says."""

Corrections = Mapping[int, Mapping[Field, str]]
"""By line: what a person typed in the place of a cell."""


class State(StrEnum):
    """What applying a row would do."""

    NEW = "new"
    """A shop, or an identifier of a shop, that there was not."""
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAULTY = "faulty"
    """Nothing of it is applied."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a row; `figures` fill the sentence of the code."""

    field: Field
    code: str
    figures: Mapping[str, str] = filled(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a row changes; `before` is empty where there was nothing."""

    field: Field
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """One row, as mended, and what becomes of it."""

    line: int
    values: Mapping[Field, str]
    state: State
    problems: tuple[Problem, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """The whole file held against the programme, and what to write for its rows that are not faulty."""

    rows: tuple[CheckedRow, ...]
    shops: tuple[Shop, ...]
    """To create or to change."""
    plan: IdentifierPlan
    digest: str
    """Names what was looked at: the same rows with the same consequences."""

    def count(self, state: State) -> int:
        """How many rows are in this state."""
        return sum(each.state is state for each in self.rows)

    @property
    def counts(self) -> dict[str, int]:
        """By state."""
        return {state.value: self.count(state) for state in State}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the file is held against."""

    shops: Sequence[Shop]
    centres: Sequence[Centre]
    identifiers: Sequence[Identifier]


def check(
    table: Table,
    columns: Sequence[Field | None],
    corrections: Corrections,
    standing: Standing,
    new_id: Callable[[], UUID],
) -> Check:
    """Every row judged. Of two rows that contradict each other the later one is faulty."""
    rows = [(row, _values(row, columns, corrections.get(row.line, {}))) for row in table.rows]
    ids: dict[str, UUID] = {}
    floors = Written(each.floor for each in standing.shops)
    blamed: dict[int, Problem] = {}
    while True:
        judging = _Judging(standing, len(table.header), blamed, ids, new_id, floors)
        checked = [judging.judge(row, values) for row, values in rows]
        plan = plan_identifiers(standing.identifiers, judging.lines, _named_among(judging.lines))
        found = judging.taken(plan.standing)
        if not found:
            moved = tuple(each for each in judging.shops.values() if each != judging.stored.get(each.code))
            return Check(tuple(checked), moved, plan, _digest(checked))
        blamed.update(found)


def _digest(rows: Sequence[CheckedRow]) -> str:
    told = [
        (each.line, each.state, each.values, [(one.field, one.before, one.after) for one in each.changes])
        for each in rows
    ]
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:32]


def _values(row: Row, columns: Sequence[Field | None], mended: Mapping[Field, str]) -> dict[Field, str]:
    told = {
        each: cell for each, cell in zip(columns, row.cells, strict=False) if each is not None and each not in mended
    }
    return told | {each: text.strip() for each, text in mended.items()}


class _Judging:
    """One pass over the rows, without those that are blamed already."""

    def __init__(
        self,
        standing: Standing,
        width: int,
        blamed: Mapping[int, Problem],
        ids: dict[str, UUID],
        new_id: Callable[[], UUID],
        floors: Written,
    ) -> None:
        self.stored = {each.code: each for each in standing.shops}
        self.shops: dict[str, Shop] = {}
        """As the rows so far make them, by code."""
        self.lines: dict[Identifier, int] = {}
        self._held = set(standing.identifiers)
        self._held_names = {_name(each) for each in standing.identifiers}
        self._centres = {each.id: each for each in standing.centres}
        self._width, self._blamed = width, blamed
        self._said: dict[tuple[str, Field], tuple[str, int]] = {}
        self._ids, self._new_id, self._floors = ids, new_id, floors

    def judge(self, row: Row, values: Mapping[Field, str]) -> CheckedRow:
        """One row, after all that stand above it."""
        problems: list[Problem] = []
        if any(cell for cell in row.cells[self._width :]):
            problems.append(Problem(Field.SHOP, "too_many_cells", {"n": str(self._width)}))
        problems += [*_shapes(values), *self._unheard_of(values)]
        told = {**values, Field.FLOOR: self._floors(values.get(Field.FLOOR, ""))}
        shop = None if problems else self._shop(told, problems)
        identifier = None
        if shop is not None and not problems and values.get(Field.VALUE):
            identifier = self._identifier(values, shop, problems)
        if not problems and row.line in self._blamed:
            problems.append(self._blamed[row.line])
        if problems or shop is None:
            return CheckedRow(row.line, values, State.FAULTY, tuple(problems), ())
        changes = self._changes(shop, identifier)
        self._keep(row.line, told, shop, identifier)
        return CheckedRow(row.line, values, _state(changes), (), tuple(changes))

    def _unheard_of(self, values: Mapping[Field, str]) -> list[Problem]:
        """The template's example, and a trade that is no code; what a shop is stored with may stay."""
        code, category = values.get(Field.SHOP, ""), values.get(Field.CATEGORY, "")
        stored = self.stored.get(code)
        if stored is None and code in EXAMPLES:
            return [Problem(Field.SHOP, "example")]
        if not category or trade_of(category) or (stored is not None and stored.category == category):
            return []
        return [Problem(Field.CATEGORY, NO_TRADE, {"given": category[:40]})]

    def taken(self, standing: Iterable[Identifier]) -> dict[int, Problem]:
        """The lines to blame where one identifier would name two shops at the same time."""
        names = {each.id: each.name for each in (*self.stored.values(), *self.shops.values())}
        found: dict[int, Problem] = {}
        for first, second in overlaps(standing):
            lines = {self.lines[each]: each for each in (first, second) if each in self.lines}
            if lines:
                line = max(lines)
                other = first if lines[line] is second else second
                found[line] = Problem(Field.VALUE, "identifier_taken", {"shop": names[other.shop_id]})
        return found

    def _shop(self, values: Mapping[Field, str], problems: list[Problem]) -> Shop | None:
        code = values.get(Field.SHOP, "")
        before = self.shops.get(code) or self.stored.get(code)
        centre = self._centre(values.get(Field.CENTRE, ""), problems, needed=before is None)
        if before is None:
            problems += [
                Problem(each, "needed_for_new", {"shop": code})
                for each in (Field.NAME, Field.CATEGORY)
                if not values.get(each)
            ]
        for each in ATTRIBUTES:
            said = self._said.get((code, each))
            if said is not None and values.get(each) and values[each] != said[0]:
                problems.append(Problem(each, "differs", {"line": str(said[1]), "said": said[0]}))
        if problems:
            return None
        name = values.get(Field.NAME) or (before.name if before else "")
        told = {
            "name": name,
            "brand": values.get(Field.BRAND) or (before.brand if before else name),
            "category": values.get(Field.CATEGORY) or (before.category if before else ""),
            "floor": values.get(Field.FLOOR) or (before.floor if before else ""),
            "area": values.get(Field.AREA) or (before.area if before else ""),
        }
        if before is not None:
            return Shop(before.id, code, centre_id=before.centre_id if centre is None else centre.id, **told)
        assert centre is not None, "a new shop without a centre was refused"
        self._ids.setdefault(code, self._new_id())
        return Shop(self._ids[code], code, centre_id=centre.id, **told)

    def _centre(self, text: str, problems: list[Problem], *, needed: bool) -> Centre | None:
        every = list(self._centres.values())
        if not text:
            if needed and len(every) != 1:
                problems.append(Problem(Field.CENTRE, "centre_needed", {"n": str(len(every))}))
            return every[0] if needed and len(every) == 1 else None
        found = [each for each in every if text.casefold() in (each.code.casefold(), each.name.casefold())]
        if not found:
            problems.append(_unknown(Field.CENTRE, text, [each.code for each in every]))
            return None
        return found[0]

    def _identifier(self, values: Mapping[Field, str], shop: Shop, problems: list[Problem]) -> Identifier | None:
        zone = self._centres[shop.centre_id].zone
        dates: dict[Field, datetime | None] = {}
        for each in (Field.VALID_FROM, Field.VALID_UNTIL):
            try:
                dates[each] = instant(_iso(values.get(each, "")), zone)
            except ValueError:
                problems.append(Problem(each, "bad_date", {"given": values[each][:40]}))
        if problems:
            return None
        begin, end = dates[Field.VALID_FROM], dates[Field.VALID_UNTIL]
        if begin is not None and end is not None and end <= begin:
            problems.append(Problem(Field.VALID_UNTIL, "ends_before", {"given": values[Field.VALID_UNTIL]}))
            return None
        found = Identifier(values[Field.NETWORK], values[Field.SCHEME], values[Field.VALUE], shop.id, begin, end)
        if found in self.lines:
            problems.append(Problem(Field.VALUE, "repeated", {"line": str(self.lines[found])}))
            return None
        return found

    def _changes(self, shop: Shop, identifier: Identifier | None) -> list[Change]:
        before = self.shops.get(shop.code) or self.stored.get(shop.code)
        found: list[Change] = []
        if before is None:
            found.append(Change(Field.SHOP, "", shop.code))
        else:
            found += [
                Change(each, self._shown(before, each), self._shown(shop, each))
                for each in ATTRIBUTES
                if self._shown(before, each) != self._shown(shop, each)
            ]
        if identifier is not None and identifier not in self._held:
            known = _name(identifier) in self._held_names
            shown = f"{identifier.network} {identifier.scheme}:{identifier.value}"
            found.append(Change(Field.VALID_FROM if known else Field.VALUE, shown if known else "", shown))
        return found

    def _shown(self, shop: Shop, each: Field) -> str:
        if each is Field.CENTRE:
            return self._centres[shop.centre_id].name
        return str(getattr(shop, each.value))

    def _keep(self, line: int, values: Mapping[Field, str], shop: Shop, identifier: Identifier | None) -> None:
        self.shops[shop.code] = shop
        if identifier is not None:
            self.lines[identifier] = line
        for each in ATTRIBUTES:
            if values.get(each):
                self._said.setdefault((shop.code, each), (values[each], line))


def _shapes(values: Mapping[Field, str]) -> list[Problem]:
    """What is wrong with the cells of a row, each looked at alone."""
    found: list[Problem] = []
    code = values.get(Field.SHOP, "")
    if not code:
        found.append(Problem(Field.SHOP, "missing"))
    elif not CODE.fullmatch(code):
        found.append(Problem(Field.SHOP, "bad_code", {"given": code[:64]}))
    for each, most in LENGTHS.items():
        text = values.get(each, "")
        if len(text) > most or not text.isprintable():
            found.append(Problem(each, "too_long", {"n": str(most)}))
    if any(values.get(each) for each in IDENTIFYING):
        found += [Problem(each, "incomplete") for each in IDENTIFYING if not values.get(each)]
        found += _names(values.get(Field.NETWORK, ""), values.get(Field.SCHEME, ""))
    return found


def _names(network: str, scheme: str) -> Iterable[Problem]:
    """Networks are those with an adapter, schemes those that the adapter declares."""
    if network and network not in ADAPTERS:
        yield _unknown(Field.NETWORK, network, sorted(ADAPTERS))
    elif network and scheme and scheme not in ADAPTERS[network].capabilities.identifier_schemes:
        yield _unknown(Field.SCHEME, scheme, sorted(ADAPTERS[network].capabilities.identifier_schemes))


def _unknown(where: Field, given: str, known: Sequence[str]) -> Problem:
    close = get_close_matches(given, known, n=1, cutoff=SIMILAR)
    figures = {"given": given[:64], "known": ", ".join(known)}
    return (
        Problem(where, f"{where.value}_unknown_close", figures | {"close": close[0]})
        if close
        else Problem(where, f"{where.value}_unknown", figures)
    )


def _iso(text: str) -> str:
    """A day as it is written in French, day first, in the order of ISO 8601; anything else as it is."""
    found = _DAY_FIRST.fullmatch(text)
    return text if found is None else f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}"


def _state(changes: Sequence[Change]) -> State:
    if not changes:
        return State.UNCHANGED
    return State.NEW if any(each.field in (Field.SHOP, Field.VALUE) for each in changes) else State.CHANGED


def _named_among(identifiers: Iterable[Identifier]) -> Callable[[Identifier], bool]:
    """Whether rows of the file stand in a stored identifier's place."""
    names = {_name(each) for each in identifiers}
    return lambda stored: _name(stored) in names


def _name(identifier: Identifier) -> tuple[Any, ...]:
    return identifier.shop_id, identifier.network, identifier.scheme, identifier.value
