"""The editor's fields as its template draws them: everything that a kind of condition or reward says of its form."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cashback.offers.fields import CHOICES, FIELD_OF, FIELDS, SECTIONS
from cashback.offers.kinds import FormField
from cashback.offers.terms import CONDITIONS, REWARDS
from cashback.programmes.schemas import currency_of
from cashback.trades import GROUPS, codes_of, groups_in, trade_of
from cashback.web.console.frame import Call
from cashback.web.console.offers.desk import Filed
from cashback.web.console.offers.judged import Judged
from cashback.web.console.offers.typed import DAYS, LIMIT_FIELDS, Row, Values, first

CHIPS_SHOWN = 30
"""Values of a long list that stand one by one; those after them are folded away."""
CHIPS_MOST = 500
"""Values that stand one by one at all; the rest is kept together."""
_EXTRA = frozenset({"unsure", "rounding", "minimum"})
"""Fields that most offers leave as they are: they are folded away."""
_PICKED = frozenset({"shops", "brands", "names", "days"})
_BOXES = frozenset({"centres", "categories", "floors", "areas", "networks", "weekdays"})
_NUMBERS = frozenset({"money", "asset_amount", "count", "rate"})
_WIDGETS = {"channel": "select", "choice": "select", "rounding": "select", "asset": "select", "offer": "select"}


@dataclass(frozen=True, slots=True)
class Option:
    """One value that may be chosen."""

    value: str
    text: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """One field. `widget` says what is drawn: number, text, select, boxes, picker, days, ranges, steps, date."""

    name: str
    label: str
    hint: str
    widget: str
    values: Sequence[str] = ()
    options: Sequence[Option] = ()
    unit: str = ""
    error: str = ""
    extra: bool = False
    pairs: Sequence[tuple[str, str]] = ()
    further: Sequence[Option] = ()
    """Those after the first, folded away."""
    rest: Sequence[str] = ()
    """Of a picker: chosen values beyond those that stand one by one."""
    groups: Sequence[Option] = ()
    """Of trades: groups that can be chosen whole."""

    @property
    def id(self) -> str:
        """Its name as an id of the page."""
        return self.name.replace(".", "-")

    @property
    def value(self) -> str:
        """The one value of a field that has one."""
        return self.values[0] if self.values else ""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A condition or a limit."""

    n: int
    kind: str
    title: str
    fields: Sequence[Shown]
    sections: Sequence[tuple[str, Sequence[Option]]] = ()
    operators: Sequence[Option] = ()
    error: str = ""


class Drawing:
    """Draws the fields of one typed offer in the words of one call."""

    def __init__(self, call: Call, filed: Filed, judged: Judged, *, needed: bool) -> None:
        """`needed`: fields that are empty and may not be are told, too."""
        self._call = call
        self._filed = filed
        self._judged = judged
        self._language = call.t.language
        self._currency = filed.file.programme.currency
        asset = first(judged.typed.reward, "asset") or self._currency
        self._asset = asset
        self._said = call.t("console.offers.problem.needed")
        self._needed = needed
        self._shops = {each.code: each.name for each in filed.file.shops}

    def error(self, name: str) -> str:
        """What is wrong with a field."""
        text = self._judged.problems.get(name, "")
        return "" if text == self._said and not self._needed else text

    @property
    def money_unit(self) -> str:
        """The currency that amounts of purchases are typed in."""
        return self._currency

    @property
    def asset_unit(self) -> str:
        """What amounts of the reward are typed in."""
        return currency_of(self._asset) or self._name_of(self._asset)

    def conditions(self) -> list[ShownRow]:
        """All conditions, with the fields that each may be changed to."""
        return [self._condition(each) for each in self._judged.typed.conditions]

    def to_add(self) -> list[tuple[str, list[Option]]]:
        """What may be added, by section."""
        return self._sections({each.kind for each in self._judged.typed.conditions}, None)

    def days(self) -> ShownRow:
        """On which days it runs."""
        fields = [self._field(each, self._judged.typed.days, "d.") for each in CONDITIONS[DAYS].form]
        return ShownRow(0, DAYS, "", fields)

    def reward(self) -> ShownRow:
        """The reward."""
        kind, typed = self._judged.typed.reward_kind, self._judged.typed.reward
        kinds = [Option(name, each.title.said(self._language), name == kind) for name, each in REWARDS.items()]
        fields = [self._field(each, typed, "r.") for each in REWARDS[kind].form]
        hint = REWARDS[kind].hint.said(self._language)
        return ShownRow(0, kind, hint, fields, operators=kinds, error=self.error("r.kind"))

    def limits(self) -> list[ShownRow]:
        """How often and how much."""
        return [self._limit(each) for each in self._judged.typed.limits]

    def single(self, name: str, widget: str = "text", unit: str = "") -> Shown:
        """A field that stands once."""
        t, value = self._call.t, self._judged.typed.single.get(name, "")
        key = f"console.offers.f.{name}"
        return Shown(name, t(key), "", widget, (value,), unit=unit, error=self.error(name))

    def names(self) -> list[str]:
        """Of every field that is drawn, its name: each has a place for what is wrong with it."""
        return [*(each.name for row in self._rows() for each in row.fields), *self._judged.typed.single]

    def _rows(self) -> list[ShownRow]:
        return [self.days(), *self.conditions(), self.reward(), *self.limits()]

    def label(self, name: str) -> str:
        """What a field is called, so that a list of what is wrong can name it; empty for what is no field."""
        drawn = {each.name: each.label or row.title for row in self._rows() for each in row.fields}
        return drawn.get(name) or (self.single(name).label if name in self._judged.typed.single else "")

    def _condition(self, row: Row) -> ShownRow:
        field, used = FIELD_OF[row.kind], {each.kind for each in self._judged.typed.conditions} - {row.kind}
        operators = [
            Option(kind, text.said(self._language), kind == row.kind)
            for kind, text in field.operators
            if kind != DAYS and (kind not in used or kind == row.kind)
        ]
        fields = [self._field(each, row.values, f"c.{row.n}.") for each in CONDITIONS[row.kind].form]
        error = self.error(f"c.{row.n}.kind")
        return ShownRow(
            row.n,
            row.kind,
            field.label.said(self._language),
            fields,
            self._sections(used, field.name),
            operators,
            error,
        )

    def _sections(self, used: set[str], chosen: str | None) -> list[tuple[str, list[Option]]]:
        found: list[tuple[str, list[Option]]] = []
        for section, title in SECTIONS.items():
            options = []
            for each in FIELDS:
                free = [kind for kind in each.kinds if kind not in used and kind != DAYS]
                if each.section == section and free:
                    value = each.name if chosen is not None else free[0]
                    options.append(Option(value, each.label.said(self._language), each.name == chosen))
            if options:
                found.append((title.said(self._language), options))
        return found

    def _limit(self, row: Row) -> ShownRow:
        t, fields = self._call.t, []
        counted = first(row.values, "measure") == "amount"
        for name in LIMIT_FIELDS:
            full, error = f"l.{row.n}.{name}", self.error(f"l.{row.n}.{name}")
            label = t(f"console.offers.limit.{name}")
            if name == "at_most":
                unit = self.asset_unit if counted else t("console.offers.times")
                shown = Shown(full, label, "", "number", (first(row.values, name),), unit=unit, error=error)
            else:
                default = {"period": "life", "over": "reduce"}.get(name, "")
                options = self._choices(name, first(row.values, name) or default)
                shown = Shown(full, label, "", "select", options=options, error=error, extra=name == "over")
            fields.append(shown)
        return ShownRow(row.n, "limit", "", fields)

    def _field(self, each: FormField, values: Values, prefix: str) -> Shown:
        name = f"{prefix}{each.name}"
        typed = values.get(each.name, [])
        label, hint = each.label.said(self._language), each.hint.said(self._language)
        error, extra = self.error(name), each.name in _EXTRA
        if each.widget in _NUMBERS:
            return Shown(name, label, hint, "number", typed, unit=self._unit(each), error=error, extra=extra)
        if each.widget in _WIDGETS:
            options = self._options(each, first(values, each.name))
            return Shown(name, label, hint, "select", typed, options, error=error, extra=extra)
        if each.widget in _BOXES:
            groups = self._groups(typed) if each.widget == "categories" else ()
            return Shown(name, label, hint, "boxes", typed, self._boxes(each.widget, typed), error=error, groups=groups)
        if each.widget in _PICKED:
            chosen = [Option(value, self._said_of(each.widget, value), True) for value in typed[:CHIPS_SHOWN]]
            kind = "days" if each.widget == "days" else "picker"
            folded = [Option(one, self._said_of(each.widget, one), True) for one in typed[CHIPS_SHOWN:CHIPS_MOST]]
            return Shown(
                name,
                label,
                hint,
                kind,
                typed,
                chosen,
                unit=each.widget,
                error=error,
                further=folded,
                rest=typed[CHIPS_MOST:],
            )
        if each.widget == "time":
            pairs = [*zip(values.get("from", ()), values.get("to", ()), strict=False)]
            pairs = [pair for pair in pairs if any(pair)]
            return Shown(name, label, hint, "ranges", pairs=[*pairs, ("", "")], error=error)
        if each.widget == "steps":
            steps = [*zip(values.get("step_from", ()), values.get("step_rate", ()), strict=False)]
            steps = [step for step in steps if any(step)]
            return Shown(name, label, hint, "steps", pairs=[*steps, ("", "")], unit=self._currency, error=error)
        widget = {"day": "date", "switch": "switch"}.get(each.widget, "text")
        return Shown(name, label, hint, widget, typed, error=error, extra=extra)

    def _unit(self, each: FormField) -> str:
        if each.widget == "rate":
            return "%"
        if each.widget == "count":
            return ""
        return self.money_unit if each.widget == "money" else self.asset_unit

    def _options(self, each: FormField, value: str) -> list[Option]:
        if each.widget == "asset":
            assets = self._call.programme.programme.assets
            return [Option(code, self._name_of(code), code == self._asset) for code in assets]
        if each.widget == "offer":
            found = [Option(one.code, self._offer_name(one.code), one.code == value) for one in self._filed.file.offers]
            return [Option("", "–", not value), *(one for one in found if one.value != self._judged.code)]
        return self._choices(each.name, value)

    def _choices(self, name: str, value: str) -> list[Option]:
        known = CHOICES[name]
        return [Option(code, text.said(self._language), code == value) for code, text in known.items()]

    def _boxes(self, widget: str, typed: Sequence[str]) -> list[Option]:
        known = dict(self._known(widget, typed))
        known.update({value: value for value in typed if value not in known})
        return [Option(value, text, value in typed) for value, text in known.items()]

    def _groups(self, typed: Sequence[str]) -> list[Option]:
        """Groups of trades that shops of the programme belong to, or that were chosen; chosen where all of one are."""
        held = {trade.group for shop in self._filed.file.shops if (trade := trade_of(shop.category)) is not None}
        whole, _ = groups_in(typed)
        shown = [each for each in GROUPS if len(codes_of(each)) > 1 and (each in held or each in whole)]
        return [Option(each, self._call.formats.tongue.group(each), each in whole) for each in shown]

    def _known(self, widget: str, typed: Sequence[str]) -> Iterable[tuple[str, str]]:
        file, tongue = self._filed.file, self._call.formats.tongue
        if widget == "weekdays":
            return [
                (day, tongue.weekday(n).capitalize())
                for n, day in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
            ]
        if widget == "centres":
            return [(each.code, each.name) for each in file.centres]
        if widget == "networks":
            return [
                (each, each.capitalize())
                for each in sorted({i.network for s in file.shops for i in s.identifiers or ()})
            ]
        if widget == "categories":
            codes = {each.category for each in file.shops} | {each for each in typed if trade_of(each)}
            return sorted(((code, tongue.category(code)) for code in codes), key=lambda pair: pair[1])
        if widget == "floors":
            return [
                (each, self._call.formats.floor(each)) for each in sorted({each.floor for each in file.shops}) if each
            ]
        return [(each, each) for each in sorted({each.area for each in file.shops}) if each]

    def suggestions(self) -> Mapping[str, Sequence[str]]:
        """What a picker offers while one types, by widget."""
        brands = {each.brand or each.name for each in self._filed.file.shops}
        return {"shops": sorted(self._shops.values()), "brands": sorted(brands)}

    def _said_of(self, widget: str, value: str) -> str:
        if widget == "days":
            try:
                return self._call.formats.tongue.day(value)
            except ValueError:
                return value
        return self._shops.get(value, value) if widget == "shops" else value

    def _name_of(self, asset: str) -> str:
        return self._call.formats.tongue.plural(asset)

    def _offer_name(self, code: str) -> str:
        return self._call.programme.by_code.get(code, {}).get(self._language, code)
