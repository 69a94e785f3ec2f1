"""Match a file of descriptors against a file of shops: identifiers that both have decide first, then the evidence.

An identifier decides only when it names one outlet, the descriptor shows no facilitator, and the evidence does not
speak clearly for another outlet, on this line or on another one with the same identifier.
"""

import csv
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cashback.merchants.evidence import Catalogue, Decision, EvidenceMatcher, Outcome, explain, known_brands
from cashback.merchants.match_files import Descriptors, Line, Shops, UnfitFile, read_descriptors, read_shops

COLUMNS = (
    "id",
    "decision",
    "shop",
    "probability",
    "tier",
    "reason",
    "margin",
    "tie",
    "conflict",
    "core_name",
    "facilitator",
    "fingerprint",
    "identifier",
    "candidates",
    "evidence",
    "explanation",
    "model",
)
IDENTIFIED = 0.999
"""The probability written for what an identifier decides; not measured, as it depends on who collected them."""
_CONTRARY = 0.9
_BLOCK = 4_096

Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of a file."""

    rows: int
    decisions: dict[Decision, int]
    by_identifier: int
    ignored: tuple[str, ...]
    """Columns of the two files that were not read."""


def match_files(
    shops: Path, descriptors: Path, out: Path, *, known: bool = True, explained: bool = True, told: Told
) -> Summary:
    """Match, and write `out` whole or not at all; `told` hears how many lines of how many. Raises UnfitFile."""
    if out.resolve() in (shops.resolve(), descriptors.resolve()):
        raise UnfitFile(out, ["it is also a file to read, expected another name"])
    if not out.parent.is_dir():
        raise UnfitFile(out, [f"there is no folder {out.parent}"])
    if out.exists() and not out.is_file():
        raise UnfitFile(out, ["it is no ordinary file, expected one or a new name"])
    out = out.resolve()
    given, asked = read_shops(shops), read_descriptors(descriptors)
    catalogue = Catalogue.compile(given.outlets, [*given.brands, *(known_brands() if known else ())])
    matcher = EvidenceMatcher(catalogue)
    outcomes: list[Outcome] = []
    for begin in range(0, len(asked.lines), _BLOCK):
        outcomes += matcher.match_many([line.sighting for line in asked.lines[begin : begin + _BLOCK]])
        told(len(outcomes), len(asked.lines))
    decided = identified(given, asked, outcomes)
    _write(out, asked, decided, explained=explained)
    return Summary(
        rows=len(decided),
        decisions=dict(Counter(outcome.decision for outcome, _ in decided)),
        by_identifier=sum(bool(identifier) for _, identifier in decided),
        ignored=(*given.ignored, *asked.ignored),
    )


def identified(shops: Shops, asked: Descriptors, outcomes: Sequence[Outcome]) -> list[tuple[Outcome, str]]:
    """The outcomes, those that an identifier decides put in their place, and the identifier (`mid 4711`) or empty."""
    members = {outlet.id for outlet in shops.outlets if outlet.member}
    seen_at: dict[tuple[str, str, str], set[str]] = {}
    for line, outcome in zip(asked.lines, outcomes, strict=True):
        contrary = _clear(outcome)
        if contrary:
            for key in line.identifiers:
                seen_at.setdefault(key, set()).add(contrary)
    found = []
    for line, outcome in zip(asked.lines, outcomes, strict=True):
        key, outlet = _named(shops, line, outcome)
        if not outlet:
            found.append((outcome, ""))
        elif seen_at.get(key, set()) - {outlet} or (outcome.conflict and outcome.shop == outlet):
            found.append((_contradicted(outcome), ""))
        else:
            found.append((_by_identifier(outcome, outlet, member=outlet in members), f"{key[0]} {key[2]}"))
    return found


def _clear(outcome: Outcome) -> str:
    """The outlet for which the evidence speaks clearly, of the programme or not; else empty."""
    best = outcome.candidates[0] if outcome.candidates else None
    if best is None or best.probability < _CONTRARY or outcome.tie:
        return ""
    return best.outlet


def _named(shops: Shops, line: Line, outcome: Outcome) -> tuple[tuple[str, str, str], str]:
    """The identifier that names one outlet, and the outlet; empty when none does, or several disagree."""
    found: dict[str, tuple[str, str, str]] = {}
    for key in line.identifiers:
        outlets = shops.named.get(key, frozenset())
        if len(outlets) > 1 or (outcome.facilitator and key[0] == "mid"):
            continue
        for outlet in outlets:
            found.setdefault(outlet, key)
    if len(found) != 1:
        return ("", "", ""), ""
    ((outlet, key),) = found.items()
    return key, outlet


def _contradicted(outcome: Outcome) -> Outcome:
    return replace(outcome, decision=Decision.REVIEW, reason="identifier_contradicted", conflict=True)


def _by_identifier(outcome: Outcome, outlet: str, *, member: bool) -> Outcome:
    if not member:
        return replace(outcome, decision=Decision.REJECT, reason="identifier_rival", probability=1 - IDENTIFIED)
    evidence = next((each.evidence for each in outcome.candidates if each.outlet == outlet), ())
    tier = next((each.tier for each in outcome.candidates if each.outlet == outlet), None)
    return replace(
        outcome,
        decision=Decision.ACCEPT,
        shop=outlet,
        probability=max(IDENTIFIED, outcome.probability if outcome.shop == outlet else 0.0),
        tier=tier,
        tie=False,
        evidence=evidence,
        reason="identifier",
    )


def _write(out: Path, asked: Descriptors, decided: Sequence[tuple[Outcome, str]], *, explained: bool) -> None:
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=asked.delimiter)
            writer.writerow(COLUMNS)
            for line, (outcome, identifier) in zip(asked.lines, decided, strict=True):
                writer.writerow(_cells(line, outcome, identifier, explained=explained))
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        os.replace(name, out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _cells(line: Line, outcome: Outcome, identifier: str, *, explained: bool) -> tuple[str, ...]:
    evidence = "; ".join(
        f"{each.field}: {each.seen or '-'} / {each.expected or '-'} {each.verdict.value} {each.weight:+.2f}"
        for each in outcome.evidence
    )
    return (
        line.id,
        outcome.decision.value,
        "" if outcome.decision is Decision.REJECT else outcome.shop or "",
        f"{outcome.probability:.6f}",
        outcome.tier.value if outcome.tier else "",
        outcome.reason,
        f"{outcome.margin:.6f}",
        "yes" if outcome.tie else "no",
        "yes" if outcome.conflict else "no",
        outcome.core_name,
        outcome.facilitator or "",
        outcome.fingerprint,
        identifier,
        "; ".join(f"{each.outlet} {each.probability:.4f}" for each in outcome.candidates),
        evidence,
        explain(outcome).replace("\n", " ") if explained else "",
        outcome.model,
    )
