"""Every kind of line that the product can write into its audit log, read from its source and its enumerations.

A writer that is not understood here is an error: whoever adds one says which kinds it writes.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import cashback
from cashback.claims.schemas import ClaimState
from cashback.collecting.schemas import BackState, State
from cashback.decisions.schemas import ReviewState
from cashback.instalments.service import VIEWED
from cashback.offers.life import DEEDS
from cashback.payouts.schemas import State as PayoutState
from cashback.purchases.recognition import Verdict

ROOT = Path(cashback.__file__).parent
KIND = re.compile(r"[a-z_]+\.[a-z_]+")
WRITERS = {"record", "record_all", "_record", "_note"}
"""What writes a line, or hands one on to what does."""
WITH_SQL = {
    "programmes/audit_log.py",
    "programmes/connections.py",
    "payouts/moves.py",
    "collecting/moves.py",
    "instalments/moves.py",
    "demo/consents.py",
}
"""Modules with a statement of their own; their kinds stand in `SPREAD` or in the source beside it."""
SPREAD: Mapping[str, tuple[str, ...]] = {
    "claim.": tuple(each for each in ClaimState if each is not ClaimState.OPEN),
    "purchase.ruled_": tuple(Verdict),
    "contract.": ("signed", "funded", "ended"),
    "funding.": ("paused", "resumed"),
    "decision_review.": tuple(each for each in ReviewState if each is not ReviewState.OPEN),
    "offer.": tuple(DEEDS.values()),
    "payout.": tuple(PayoutState),
    "collection.": tuple(State),
    "payback.": tuple(BackState),
    "plan.": ("opened",),
}
"""Kinds that are put together: by how they begin, how they end."""


def kinds() -> set[str]:
    """All of them."""
    found = {f"{begin}{end}" for begin, ends in SPREAD.items() for end in ends}
    for path in ROOT.rglob("*.py"):
        text = path.read_text()
        name = path.relative_to(ROOT).as_posix()
        assert "INSERT INTO audit_log" not in text or name in WITH_SQL or name.startswith("migrations/"), name
        if "audit_log" in text:
            found |= set(_written(ast.parse(text), name))
        if name.startswith(("instalments/", "collecting/")):
            found |= {f"plan.{what}" for what in _changes(ast.parse(text))}
    return found


def detail_names() -> set[str]:
    """The names of what is written down beside a deed, where they stand in the source."""
    found: set[str] = set()
    for path in ROOT.rglob("*.py"):
        text = path.read_text()
        if "migrations" not in path.parts and ("audit_log" in text or "instalments" in path.parts):
            found |= set(_named(ast.parse(text)))
    return found


def _named(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        written: list[ast.AST] = []
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if getattr(target, "id", "") in ("detail", "details"):
                written = [node]
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in WRITERS:
                written = list(node.args)
            elif called == "change":
                written = [each.value for each in node.keywords if each.arg == "detail"]
        for each in (one for begin in written for one in ast.walk(begin) if isinstance(one, ast.Dict)):
            yield from (key.value for key in each.keys if isinstance(key, ast.Constant) and isinstance(key.value, str))


def _written(module: ast.Module, name: str) -> Iterator[str]:
    constants = _constants(module)
    for call in _calls(module, WRITERS):
        for argument in call.args:
            match argument:
                case ast.Constant(value=str(value)) if KIND.fullmatch(value):
                    yield value
                case ast.Name(id=known) if KIND.fullmatch(constants.get(known, "")):
                    yield constants[known]
                case ast.Attribute(attr="VIEWED"):
                    yield VIEWED
                case ast.JoinedStr(values=[ast.Constant(value=str(begin)), *_]) if KIND.match(f"{begin}x"):
                    assert begin in SPREAD, f"{name}: which kinds begin with {begin!r}?"


def _changes(module: ast.Module) -> Iterator[str]:
    constants = _constants(module)
    for call in _calls(module, {"change"}):
        match call.args[1:2]:
            case [ast.Constant(value=str(value))]:
                yield value
            case [ast.Name(id=known)] if known in constants:
                yield constants[known]


def _calls(module: ast.Module, names: set[str]) -> Iterator[ast.Call]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in names:
                yield node


def _constants(module: ast.Module) -> dict[str, str]:
    found = {}
    for node in module.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(value))):
                found[name] = value
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                for each, value_of in zip(names, values, strict=True):
                    if isinstance(each, ast.Name) and isinstance(value_of, ast.Constant):
                        found[each.id] = str(value_of.value)
    return found
