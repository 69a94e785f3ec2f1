"""The score of a world: recognition, earnings, and every cent with its reason; as values, JSON and text."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from cashback.simulator.chaos.files import TruePurchase
from cashback.simulator.chaos.outcome import Outcome
from cashback.simulator.chaos.reasons import Reason
from cashback.simulator.chaos.scoring import Judged, Verdict, Views, by_view, judge
from cashback.simulator.chaos.wallets import Explained, explain

EXAMPLES_MAX = 10
"""Purchases that are shown with all their rows: failed, or an example of a mistake."""
Report = dict[str, Any]

_MONEY = ("EUR", "CHF", "GBP")
"""Told in minor units, said in whole ones."""


def score(truths: Sequence[TruePurchase], outcome: Outcome, examples: int = EXAMPLES_MAX) -> Report:
    """Compare the truth with what stands."""
    rows = by_view(outcome.rows)
    judged = judge(truths, rows, outcome.earned)
    explained = explain(judged, outcome, rows)
    once = sum(each.verdict is Verdict.ONCE for each in judged)
    mistaken = {name for reason, names in explained.examples.items() if reason.mistake for name in names}
    failed = [each for each in judged if each.verdict is not Verdict.ONCE or each.twice or each.truth.id in mistaken]
    return {
        "purchases": len(judged),
        "once": once,
        "share_once": round(once / len(judged), 5),
        "undecidable": sum(each.undecidable for each in judged),
        "withdrawn_elsewhere": _withdrawn_elsewhere(judged, rows),
        "verdicts": dict(Counter(each.verdict.value for each in judged)),
        "earned_twice": sum(each.twice for each in judged),
        "by_views": _shares(judged, lambda each: [str(len(each.truth.views))]),
        "by_disturbance": _shares(judged, lambda each: each.truth.disturbances),
        "wallets": _wallets(explained),
        "reasons": _reasons(explained),
        "unexplained": sum(explained.unexplained.values()),
        "examples": [_example(each) for each in failed[:examples]],
    }


def _withdrawn_elsewhere(judged: Sequence[Judged], rows: Views) -> int:
    """How many views that their own source took back stand as views of another purchase."""
    groups = {row.group: each.truth.id for each in judged for row in each.rows}
    return sum(
        groups.get(rows[view].group, each.truth.id) != each.truth.id
        for each in judged
        for view in each.truth.withdrawn
        if view in rows
    )


def passes(report: Report) -> bool:
    """Whether nothing earned twice and nothing is unexplained."""
    return not report["earned_twice"] and not report["unexplained"]


def _shares(judged: Sequence[Judged], names: Any) -> dict[str, dict[str, int]]:
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for each in judged:
        for name in names(each):
            found[name]["purchases"] += 1
            found[name]["once"] += each.verdict is Verdict.ONCE
    return {name: dict(found[name]) for name in sorted(found)}


def _wallets(explained: Explained) -> dict[str, dict[str, int]]:
    return {
        asset: {
            "deserved": explained.deserved[asset],
            "stands": explained.stands[asset],
            "difference": explained.stands[asset] - explained.deserved[asset],
            "unexplained": explained.unexplained[asset],
        }
        for asset in sorted(explained.deserved.keys() | explained.stands.keys())
    }


def _reasons(explained: Explained) -> list[dict[str, Any]]:
    return [
        {
            "reason": reason.value,
            "mistake": reason.mistake,
            "purchases": explained.purchases[reason],
            "difference": dict(sorted(explained.by_reason[reason].items())),
            "moved": dict(sorted(explained.moved[reason].items())),
            "examples": explained.examples[reason],
        }
        for reason in Reason
        if reason in explained.purchases
    ]


def _example(each: Judged) -> dict[str, Any]:
    truth = each.truth
    return {
        "id": truth.id,
        "verdict": each.verdict.value,
        "twice": each.twice,
        "undecidable": each.undecidable,
        "truth": f"{truth.shopper} at {truth.shop} on {truth.at.isoformat()}: "
        f"{_said(truth.amount_minor, truth.currency)} {truth.currency}",
        "disturbances": list(truth.disturbances),
        "rows": [row.said() for row in each.rows],
        "with": list(each.with_others),
    }


def spoken(report: Report) -> str:
    """The report for a person at a terminal."""
    lines = [
        f"{report['once']:,} of {report['purchases']:,} true purchases are one ({report['share_once']:.3%}); "
        + ", ".join(f"{count:,} {name}" for name, count in sorted(report["verdicts"].items()) if name != "once"),
        f"{report['earned_twice']} earned twice; {report['undecidable']} cannot be told apart by anybody; "
        f"{report['withdrawn_elsewhere']} views that were taken back stand with another purchase",
        "",
        "wallets",
    ]
    for asset, each in report["wallets"].items():
        lines.append(
            f"  {asset}: deserved {_said(each['deserved'], asset)}, stands {_said(each['stands'], asset)}, "
            f"difference {_said(each['difference'], asset, sign=True)}, unexplained {_said(each['unexplained'], asset)}"
        )
    lines += ["", "reasons (purchases concerned; by how much they move all wallets together)"]
    for each in report["reasons"]:
        moved = (
            ", ".join(f"{_said(amount, asset, sign=True)} {asset}" for asset, amount in each["difference"].items())
            or "nothing"
        )
        mark = "mistake  " if each["mistake"] else "         "
        lines.append(f"  {mark}{each['reason']:<18} {each['purchases']:>7,}  {moved}")
    lines += ["", "recognised as one, by disturbance"]
    for name, each in report["by_disturbance"].items():
        lines.append(f"  {name:<18} {each['once']:>7,} of {each['purchases']:>7,}")
    lines += [f"BROKEN  {each}" for each in report.get("audit", ())]
    for each in report["examples"]:
        lines += ["", f"{each['id']} {each['verdict']}{' EARNED TWICE' if each['twice'] else ''}: {each['truth']}"]
        lines.append(f"  disturbed by {', '.join(each['disturbances']) or 'nothing'}")
        lines += [f"  {row}" for row in each["rows"]]
        if each["with"]:
            lines.append(f"  together with {', '.join(each['with'])}")
    return "\n".join(lines)


def _said(amount: int, asset: str, *, sign: bool = False) -> str:
    """An amount of money with its decimals, units as they are."""
    decimals = 2 if asset in _MONEY else 0
    figure = Decimal(amount).scaleb(-decimals)
    return f"{figure:+,.{decimals}f}" if sign else f"{figure:,.{decimals}f}"
