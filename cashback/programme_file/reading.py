"""From the text of a programme file to a typed document, or to every problem in it with its line and field."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from cashback.errors import Invalid
from cashback.offers.amounts import FileUnits
from cashback.programme_file.cautions import cautions
from cashback.programme_file.checks import problems_beside, problems_between
from cashback.programme_file.document import OfferEntry, ProgrammeFile
from cashback.programme_file.yaml_text import Path, Tree, UnreadableText, read_tree
from cashback.programmes.schemas import is_currency

PROBLEMS_SHOWN = 20
PROBLEMS_MAX = 500
"""Told of one file; of more only their number is."""
_SHOWN_MAX = 60
_NOT_THE_LAST_WORD = "EUR"
"""Stands in for a currency that is itself refused, so that the other problems of the file can be told as well."""
OFFER: tuple[str | int, ...] = ("offers", 0)
"""Where an offer stands in a file."""
_DECIMALS = re.compile(r"[0-9]{1,3}")
_DECIMAL_COMMA = 'unknown field: a comma ends a value between braces; if it was to be a decimal, use a point: "20.00"'
"""`{amount: 20,00}` is the field amount with 20 and a field called 00 without a value."""
_PLAIN_MESSAGES = {
    "missing": "this field is needed",
    "union_tag_not_found": "the field kind is needed, it says which one this is",
    "model_type": "expected a mapping of fields",
    "model_attributes_type": "expected a mapping of fields",
    "tuple_type": "expected a list",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, and what was expected."""

    where: str
    """`offers[0].reward.rate_bps`; empty for the whole file."""
    message: str
    line: int | None = None

    def __str__(self) -> str:
        place = "" if self.line is None else f"line {self.line}: "
        return f"{place}{self.where}: {self.message}" if self.where else f"{place}{self.message}"


class UnreadableProgramme(Invalid):
    """A programme file that was refused; nothing was applied."""

    code = "programme_file"

    def __init__(self, source: str, problems: Sequence[Problem], *, untold: int = 0) -> None:
        """`untold` are problems beside those that are given."""
        shown = [f"  {problem}" for problem in problems[:PROBLEMS_SHOWN]]
        number = len(problems) + untold
        if number > len(shown):
            shown.append(f"  and {number - len(shown)} more")
        count = "1 problem" if number == 1 else f"{number} problems"
        super().__init__("\n".join([f"{source}: {count}, nothing was applied", *shown]))
        self.problems = tuple(problems)


class UnreadableOffer(UnreadableProgramme):
    """One offer that was refused; nothing was written."""

    code = "offer_terms"


def parse(text: str, source: str = "programme file") -> ProgrammeFile:
    """A programme file's text; UnreadableProgramme names every problem. `source` is what messages call the file."""
    return _parsed(text, source)[0]


def _parsed(text: str, source: str) -> tuple[ProgrammeFile, Tree]:
    try:
        tree = read_tree(text)
    except UnreadableText as error:
        raise UnreadableProgramme(source, [Problem("", error.message, error.line)]) from None
    return _from_tree(tree, source), tree


def parse_with_warnings(
    text: str, source: str = "programme file", providers: Collection[str] = ()
) -> tuple[ProgrammeFile, list[Problem]]:
    """The same, with what is allowed and perhaps not meant, in the order of lines.

    `providers` are those to whom the operator has a connection, where that is known.
    """
    file, tree = _parsed(text, source)
    return file, sorted((_found(tree, *each) for each in cautions(file, providers)), key=_by_line)


def from_plain(document: Mapping[str, Any], source: str = "programme") -> ProgrammeFile:
    """A document that was read elsewhere (JSON, the database); the same checks, without lines."""
    return _from_tree(Tree(document), source)


def parse_offer(text: str, current: ProgrammeFile, source: str = "offer") -> OfferEntry:
    """One offer as it stands below `offers:` in a programme file, checked against the programme that runs."""
    try:
        tree = read_tree(text)
    except UnreadableText as error:
        raise UnreadableOffer(source, [Problem("", error.message, error.line)]) from None
    return offer_from(tree, current, source)


def offer_from(tree: Tree, current: ProgrammeFile, source: str = "offer") -> OfferEntry:
    """One offer that was read already, from YAML or JSON; UnreadableOffer names every problem."""
    try:
        entry = OfferEntry.model_validate(tree.value, context=FileUnits(current.programme.currency))
    except ValidationError as error:
        found = [_problem(each, tree, OFFER) for each in error.errors(include_url=False)[:PROBLEMS_MAX]]
        raise UnreadableOffer(source, sorted(found, key=_by_line), untold=error.error_count() - len(found)) from None
    others = tuple(each for each in current.offers if each.code != entry.code)
    trial = current.model_copy(update={"offers": (*others, entry)})
    here: Path = ("offers", len(others))
    problems = [_found(tree, path[2:], message) for path, message in problems_between(trial) if path[:2] == here]
    if problems:
        raise UnreadableOffer(source, sorted(problems, key=_by_line))
    return entry


def _from_tree(tree: Tree, source: str) -> ProgrammeFile:
    try:
        file = ProgrammeFile.model_validate(tree.value, context=FileUnits(_currency(tree.value)))
    except ValidationError as error:
        problems = [_problem(each, tree) for each in error.errors(include_url=False)[:PROBLEMS_MAX]]
        untold = error.error_count() - len(problems)
        told = {each.where for each in problems}
        beside = (_found(tree, *each) for each in problems_beside(tree.value))
        problems += (each for each in beside if each.where not in told)
        raise UnreadableProgramme(source, sorted(problems, key=_by_line), untold=untold) from None
    found = [_found(tree, *each) for each in problems_between(file)]
    if found:
        raise UnreadableProgramme(source, sorted(found, key=_by_line))
    return file


def _found(tree: Tree, path: Path, message: str) -> Problem:
    return Problem(_written(path), message, _line(tree, path))


def _currency(document: Any) -> str:
    programme = document.get("programme") if isinstance(document, Mapping) else None
    currency = programme.get("currency") if isinstance(programme, Mapping) else None
    return currency if isinstance(currency, str) and is_currency(currency) else _NOT_THE_LAST_WORD


def _by_line(problem: Problem) -> tuple[int, str]:
    return problem.line or 0, problem.where


def _problem(error: Any, tree: Tree, root: Sequence[str | int] = ()) -> Problem:
    """`root` leads from the whole file's schema to what was validated."""
    path, written = _in_file(error["loc"], tree.value)
    message = _message({**error, "loc": (*root, *error["loc"])}, written)
    return Problem(_written(path), message, _line(tree, path))


def _in_file(loc: Iterable[str | int], document: Any) -> tuple[Path, Any]:
    """The path of a value in the file, and the value as written there.

    The validator names the kind of a condition or reward on the way; the file does not hold such a step.
    """
    path: list[str | int] = []
    here, entered = document, False
    for step in loc:
        if isinstance(here, Mapping):
            if step == here.get("kind") and not entered:
                entered = True
                continue
            here = here.get(step)
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            here = here[step]
        entered = False
        path.append(step)
    return tuple(path), here


def _written(path: Path) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _line(tree: Tree, path: Path) -> int | None:
    """The line of a value, or of the nearest thing that holds it."""
    for length in range(len(path), -1, -1):
        line = tree.lines.get(path[:length])
        if line is not None:
            return line
    return None


def _message(error: Any, written: Any) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        if written is None and _DECIMALS.fullmatch(str(error["loc"][-1])):
            return _DECIMAL_COMMA
        known = _fields_at(error["loc"][:-1])
        return f"unknown field{_nearest(str(error['loc'][-1]), known)}, expected one of {', '.join(known)}"
    if kind == "union_tag_invalid":
        tags = context["expected_tags"].replace("'", "")
        return f"unknown kind {context['tag']!r}{_nearest(context['tag'], tags.split(', '))}, expected {tags}"
    if kind == "value_error":
        return str(context["error"])
    if kind in _PLAIN_MESSAGES:
        return _PLAIN_MESSAGES[kind]
    shown = written[:_SHOWN_MAX] if isinstance(written, str) else written
    got = f", got {shown!r}" if isinstance(shown, str | int) else ""
    message: str = error["msg"][0].lower() + error["msg"][1:] + got
    return message


def _nearest(given: str, known: Iterable[str]) -> str:
    close = get_close_matches(given, list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    return ProgrammeFile.model_json_schema()


def _fields_at(loc: Iterable[str | int]) -> list[str]:
    """The fields that may stand where the validator was, read from the document's own JSON Schema."""
    here = _schema()
    for step in loc:
        here = _resolved(here)
        if isinstance(step, int):
            here = here.get("items", {})
        elif step in here.get("properties", {}):
            here = here["properties"][step]
        else:
            here = {"$ref": here.get("discriminator", {}).get("mapping", {}).get(step, "")}
    return list(_resolved(here).get("properties", {}))


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    while True:
        if "$ref" in node:
            node = _schema()["$defs"].get(node["$ref"].rpartition("/")[2], {})
        elif "anyOf" in node:
            node = next((each for each in node["anyOf"] if each.get("type") != "null"), {})
        else:
            return node
