"""What stands in the editor of an offer: every value as it was typed, and the document that it makes.

The names of the fields are a contract between the templates and this file: `c.<n>.<field>` of a condition,
`l.<n>.<field>` of a limit, `r.<field>` of the reward, `d.<field>` of the days on which it runs, and the plain names of
`PLAIN`. The days are a condition like others that every offer is asked for, so they are no row among the others. A
number may be typed as either language writes it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from cashback.money import BPS, plain
from cashback.offers.changes import in_file_units
from cashback.offers.fields import FIELDS
from cashback.offers.kinds import FormField, Kind
from cashback.offers.terms import CONDITIONS, CONDITIONS_MAX, REWARDS, Terms
from cashback.offers.wording import Language
from cashback.trades import codes_of
from cashback.web.forms import Fields

LIST_WIDGETS = frozenset(
    {"shops", "centres", "categories", "brands", "floors", "areas", "networks", "days", "weekdays", "names"}
)
NUMBER_WIDGETS = frozenset({"money", "asset_amount", "count"})
LIMIT_FIELDS = ("measure", "at_most", "per", "period", "over")
FUNDERS = ("operator", "shop", "brand")
PLAIN = (
    "code", "name.en", "name.fr", "promise.en", "promise.fr", "hold_days", "budget", "holdout", "group", "stacks_as",
    "priority", "f.operator", "f.shop", "f.brand", "f.order", "commission", "expires", "notice",
)  # fmt: skip
"""Names of the fields that stand once."""
_COUNTS = {"hold_days": "hold_days", "priority": "priority", "expires": "expires_after_days", "notice": "notice_days"}
_TEXTS = {"group": "group", "stacks_as": "stacks_as"}
_RATES = {"holdout": "holdout_bps", "commission": "commission_bps"}
_BY_NAME = {each.name: each for each in FIELDS}
_ROW = re.compile(r"(c|l)\.(\d{1,3})\.([a-z_]{1,40})")
END_OF_DAY = "24:00"
PLACE_DIGITS = 3
DAYS = "dates"
"""The kind of condition that says on which days an offer runs."""
_TRADES = "categories"

Values = dict[str, list[str]]


@dataclass(slots=True)
class Row:
    """One condition or limit; `n` names its fields and stays when others are taken out. A limit has no kind."""

    n: int
    kind: str
    values: Values


@dataclass(slots=True)
class Typed:
    """Everything that was typed."""

    conditions: list[Row] = field(default_factory=list)
    limits: list[Row] = field(default_factory=list)
    days: Values = field(default_factory=dict)
    """On which it runs; `at` is the place of this condition among the others."""
    reward: Values = field(default_factory=dict)
    single: dict[str, str] = field(default_factory=dict)

    @property
    def reward_kind(self) -> str:
        """The kind of the reward; a percentage where none was chosen."""
        kind = first(self.reward, "kind")
        return kind if kind in REWARDS else "percent"

    @property
    def code(self) -> str:
        """The code, or one made of the English name."""
        return self.single.get("code", "") or slug(self.single.get("name.en", "") or self.single.get("name.fr", ""))

    @property
    def places(self) -> list[str]:
        """What the names of the fields of each condition begin with, in the order of the document."""
        found = [f"c.{row.n}." for row in self.conditions]
        if first(self.days, "first_day") or first(self.days, "last_day"):
            at = first(self.days, "at")
            placed = at.isascii() and at.isdigit() and len(at) <= PLACE_DIGITS
            found.insert(int(at) if placed else len(found), "d.")
        return found

    def choose_group(self, n: str, group: str) -> None:
        """All trades of a group into a condition, or out of it where all are there."""
        codes = codes_of(group)
        for row in self.conditions:
            if str(row.n) == n and row.kind == _TRADES:
                chosen = [each for each in row.values.get(_TRADES, ()) if each]
                left = [each for each in chosen if each not in codes]
                whole = len(chosen) - len(left) == len(codes)
                row.values[_TRADES] = left if whole else [*left, *codes]

    def add(self, kind: str) -> None:
        """A condition at the end; nothing for a kind that is there, unknown, or asked for already."""
        if kind in CONDITIONS and kind != DAYS and all(each.kind != kind for each in self.conditions):
            self.conditions.append(Row(_next(self.conditions), kind, {}))

    def add_limit(self) -> None:
        """A limit at the end: once for each member."""
        self.limits.append(Row(_next(self.limits), "", {"measure": ["times"], "at_most": ["1"], "per": ["shopper"]}))

    def resolve(self, shops: Mapping[str, str]) -> None:
        """Put codes where the names of shops were typed; `shops` leads from a name without capitals to its code."""
        for row in self.conditions:
            if row.kind == "shops":
                codes = [shops.get(each.casefold(), each) for each in row.values.get("shops", ())]
                row.values["shops"] = list(dict.fromkeys(codes))


def _next(rows: Sequence[Row]) -> int:
    return max((each.n for each in rows), default=-1) + 1


def first(values: Mapping[str, Sequence[str]], name: str) -> str:
    """The first value of a field, empty where there is none."""
    found = values.get(name) or [""]
    return found[0]


def slug(name: str) -> str:
    """A code of a name: `5 % on shoes` becomes `5-on-shoes`."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:64]


# -- from a form


def typed_of(fields: Fields) -> Typed:
    """What a form holds. A condition whose field was changed takes the first operator of the other, empty."""
    typed = Typed(single={name: fields.get(name, [""])[-1].strip() for name in PLAIN})
    rows: dict[tuple[str, int], Values] = {}
    for name, values in fields.items():
        found = _ROW.fullmatch(name)
        if found:
            rows.setdefault((found[1], int(found[2])), {})[found[3]] = _split(values)
        elif name.startswith("r."):
            typed.reward[name.removeprefix("r.")] = [each.strip() for each in values]
        elif name.startswith("d."):
            typed.days[name.removeprefix("d.")] = [each.strip() for each in values]
    for (what, n), row in sorted(rows.items()):
        if what == "l":
            typed.limits.append(Row(n, "", row))
        else:
            condition = _condition(n, row)
            if condition.kind == DAYS:
                typed.days = {"at": [str(len(typed.conditions))], **condition.values}
            else:
                typed.conditions.append(condition)
    typed.conditions = typed.conditions[: CONDITIONS_MAX + 1]
    return typed


def _split(values: Sequence[str]) -> list[str]:
    """Values one by one; a field that holds many has one a line."""
    return [each.strip() for value in values for each in value.split("\n") if each.strip() or len(values) > 1]


def _condition(n: int, row: Values) -> Row:
    kind, asked, operator = first(row, "kind"), _BY_NAME.get(first(row, "field")), first(row, "operator")
    if asked is not None and kind not in asked.kinds:
        return Row(n, next(each for each in asked.kinds if each != DAYS), {})
    if asked is not None and operator in asked.kinds:
        kind = operator
    for name in ("kind", "field", "operator"):
        row.pop(name, None)
    for name in [each for each in row if each.endswith("_new")]:
        listed = row.setdefault(name.removesuffix("_new"), [])
        listed += [each for each in row.pop(name) if each and each not in listed]
    return Row(n, kind if kind in CONDITIONS else FIELDS[0].kinds[0], row)


# -- from terms


def typed_from(code: str, terms: Terms, language: Language) -> Typed:
    """The fields of an offer that is there, with numbers as the language writes them."""
    document = in_file_units(terms)
    typed = Typed(single=dict.fromkeys(PLAIN, ""))
    typed.single["code"] = code
    for n, condition in enumerate(document.get("conditions", ())):
        kind = condition["kind"]
        values = _values(CONDITIONS[kind], condition, language)
        if kind == DAYS:
            typed.days = {"at": [str(n)], **values}
        else:
            typed.conditions.append(Row(n, kind, values))
    reward = document["reward"]
    typed.reward = {"kind": [reward["kind"]], **_values(REWARDS[reward["kind"]], reward, language)}
    for n, limit in enumerate(document.get("limits", ())):
        values = {name: [_shown(limit[name], language)] for name in LIMIT_FIELDS if name in limit}
        typed.limits.append(Row(n, "", values))
    for text in ("name", "promise"):
        for tongue, said in document.get(text, {}).items():
            typed.single[f"{text}.{tongue}"] = said
    for name, stored in {**_COUNTS, **_TEXTS, "budget": "budget"}.items():
        typed.single[name] = _shown(document.get(stored, ""), language)
    for name, stored in _RATES.items():
        typed.single[name] = _rate_shown(document.get(stored), language)
    typed.single["f.order"] = ",".join(share["funder"] for share in document.get("funding", ()))
    for share in document.get("funding", ()):
        typed.single[f"f.{share['funder']}"] = _rate_shown(share["share_bps"], language)
    return typed


def _values(kind: type[Kind], document: Mapping[str, Any], language: Language) -> Values:
    values: Values = {}
    for each in kind.form:
        value = document.get(each.name)
        if value is None:
            continue
        if each.widget == "time":
            values["from"] = [one["from"] for one in value]
            values["to"] = ["00:00" if one["to"] == END_OF_DAY else one["to"] for one in value]
        elif each.widget == "steps":
            values["step_from"] = [_shown(one.get("from_amount") or "", language) for one in value]
            values["step_rate"] = [_rate_shown(one["rate_bps"], language) for one in value]
        elif each.widget == "rate":
            values[each.name] = [_rate_shown(value, language)]
        elif each.widget in LIST_WIDGETS:
            values[each.name] = [str(one) for one in value]
        elif each.widget == "switch":
            values[each.name] = ["yes"] if value else []
        else:
            values[each.name] = [_shown(value, language)]
    return values


def _shown(value: Any, language: Language) -> str:
    text = str(value)
    return text.replace(".", ",") if language == "fr" and re.fullmatch(r"-?\d+\.\d+", text) else text


def _rate_shown(bps: int | None, language: Language) -> str:
    return "" if bps is None else _shown(f"{Decimal(bps) / 100:f}", language)


# -- to a document


@dataclass(slots=True)
class Made:
    """The document, in the units of a programme file, and the fields whose number could not be read."""

    document: dict[str, Any]
    unread: dict[str, str] = field(default_factory=dict)
    """By the name of a field the key of what is said of it."""


def document_of(typed: Typed, currency: str) -> Made:
    """What was typed as one offer of a programme file; fields left empty are left out."""
    made = Made({"code": typed.code})
    document = made.document
    for text in ("name", "promise"):
        said = {tongue: typed.single.get(f"{text}.{tongue}", "") for tongue in ("en", "fr")}
        if any(said.values()):
            document[text] = {tongue: words for tongue, words in said.items() if words}
    rows = {f"c.{row.n}.": (row.kind, row.values) for row in typed.conditions} | {"d.": (DAYS, typed.days)}
    document["conditions"] = [
        {"kind": kind, **_fields(CONDITIONS[kind], values, place, made)}
        for place, (kind, values) in ((place, rows[place]) for place in typed.places)
    ]
    kind = typed.reward_kind
    document["reward"] = {"kind": kind, **_fields(REWARDS[kind], typed.reward, "r.", made)}
    document["reward"].setdefault("asset", currency)
    document["limits"] = [_limit(row, made) for row in typed.limits]
    for name, stored in {**_COUNTS, "budget": "budget"}.items():
        _put(document, stored, _number(typed.single.get(name, ""), name, made))
    for name, stored in _TEXTS.items():
        _put(document, stored, typed.single.get(name, ""))
    for name, stored in _RATES.items():
        _put(document, stored, _rate(typed.single.get(name, ""), name, made))
    order = [each for each in typed.single.get("f.order", "").split(",") if each in FUNDERS]
    order += [each for each in FUNDERS if each not in order]
    shares = [(each, _rate(typed.single.get(f"f.{each}", ""), f"f.{each}", made)) for each in order]
    funding = [{"funder": funder, "share_bps": share} for funder, share in shares if share]
    if funding:
        document["funding"] = funding
    return made


def _put(document: dict[str, Any], name: str, value: Any) -> None:
    if value not in ("", None):
        document[name] = value


def _fields(kind: type[Kind], values: Values, prefix: str, made: Made) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for each in kind.form:
        _put(document, each.name, _value(each, values, f"{prefix}{each.name}", made))
    return document


def _value(each: FormField, values: Values, name: str, made: Made) -> Any:
    if each.widget == "time":
        pairs = zip(values.get("from", ()), values.get("to", ()), strict=False)
        return [
            {"from": begin, "to": END_OF_DAY if end == "00:00" else end} for begin, end in pairs if begin or end
        ] or None
    if each.widget == "steps":
        return _steps(values, name, made)
    if each.widget in LIST_WIDGETS:
        return [one for one in values.get(each.name, ()) if one] or None
    text = first(values, each.name)
    if each.widget == "switch":
        return True if text else None
    if each.widget == "rate":
        return _rate(text, name, made)
    return _number(text, name, made) if each.widget in NUMBER_WIDGETS else text


def _steps(values: Values, name: str, made: Made) -> list[dict[str, Any]] | None:
    steps = []
    for begins, rate in zip(values.get("step_from", ()), values.get("step_rate", ()), strict=False):
        if begins or rate:
            step: dict[str, Any] = {}
            _put(step, "from_amount", _number(begins, name, made))
            _put(step, "rate_bps", _rate(rate, name, made))
            steps.append(step)
    return steps or None


def _limit(row: Row, made: Made) -> dict[str, Any]:
    document: dict[str, Any] = {name: first(row.values, name) for name in LIMIT_FIELDS if first(row.values, name)}
    if "at_most" in document:
        document["at_most"] = _number(document["at_most"], f"l.{row.n}.at_most", made)
    return document


def _number(text: str, name: str, made: Made) -> str | None:
    """A number as a programme file writes it; what cannot be read is told of."""
    if not text:
        return None
    number = read_number(text)
    if number is None:
        made.unread[name] = "console.offers.problem.number"
        return None
    return f"{number:f}"


def _rate(text: str, name: str, made: Made) -> int | None:
    """A percentage as basis points."""
    if not text:
        return None
    number = read_number(text.replace("%", ""))
    if number is None or number * 100 != (number * 100).to_integral_value() or abs(number) > BPS:
        made.unread[name] = "console.offers.problem.rate"
        return None
    return int(number * 100)


def read_number(text: str) -> Decimal | None:
    """A number as either language writes it: `1,500.00`, `1 500,00`, `30`; None for anything else."""
    bare = re.sub(r"[\s\u00a0\u202f'\u2019]", "", text).replace("\u2212", "-")
    comma, point = bare.rfind(","), bare.rfind(".")
    if comma >= 0 and point >= 0:
        bare = bare.replace("," if comma < point else ".", "")
    elif re.fullmatch(r"-?\d{1,3}(,\d{3})+", bare) and not bare.startswith(("0", "-0")):
        bare = bare.replace(",", "")
    try:
        number = Decimal(bare.replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10**15 else None


def money_shown(minor: int, currency: str, language: Language) -> str:
    """An amount of money as a field shows it: digits alone, `30.00` or `30,00`."""
    return _shown(plain(minor, currency), language)
