"""How good a score is, on rows it has not seen: ranking, calibration, stability, and what it does to groups."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eligibility.training.table import Numbers, Texts

RESAMPLES = 200
Z_95 = 1.959964
DECILES = 10


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval of 95 %."""

    value: np.float64
    low: np.float64
    high: np.float64

    def written(self, digits: int = 4) -> dict[str, str]:
        """As texts: a model card holds no number with a fraction, so that it has canonical bytes."""
        return {name: f"{getattr(self, name):.{digits}f}" for name in ("value", "low", "high")}


def auc(risk: Numbers, bad: Numbers) -> np.float64:
    """The chance that a bad case has the higher risk of a pair, ties counted half."""
    order = np.unique(risk, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(order[2]) - (order[2] - 1) / 2)[order[1]]
    bads = bad.sum()
    found: np.float64 = (ranks[bad == 1].sum() - bads * (bads + 1) / 2) / (bads * (len(bad) - bads))
    return found


def auc_interval(risk: Numbers, bad: Numbers) -> Estimate:
    """The AUC with the interval of DeLong, DeLong and Clarke-Pearson (1988)."""
    bads, goods = np.sort(risk[bad == 1]), np.sort(risk[bad == 0])
    over = _shares_below(goods, risk[bad == 1])
    under = 1 - _shares_below(bads, risk[bad == 0])
    spread = np.sqrt(over.var(ddof=1) / len(over) + under.var(ddof=1) / len(under))
    value = auc(risk, bad)
    return Estimate(value, value - Z_95 * spread, min(value + Z_95 * spread, np.float64(1)))


def _shares_below(sorted_values: Numbers, asked: Numbers) -> Numbers:
    below = np.searchsorted(sorted_values, asked, side="left") + np.searchsorted(sorted_values, asked, side="right")
    shares: Numbers = below / (2 * len(sorted_values))
    return shares


def gini(area: Estimate) -> Estimate:
    """Twice the AUC less one."""
    return Estimate(2 * area.value - 1, 2 * area.low - 1, 2 * area.high - 1)


def ks(risk: Numbers, bad: Numbers) -> np.float64:
    """The largest distance between the shares of bad and good cases above a risk."""
    values, places = np.unique(risk, return_inverse=True)
    bads = np.cumsum(np.bincount(places, weights=bad, minlength=len(values))) / bad.sum()
    goods = np.cumsum(np.bincount(places, weights=1 - bad, minlength=len(values))) / (1 - bad).sum()
    found: np.float64 = np.abs(bads - goods).max()
    return found


def ks_interval(risk: Numbers, bad: Numbers, seed: int) -> Estimate:
    """The distance with the interval of 200 resamples."""
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(RESAMPLES):
        rows = draw.integers(0, len(bad), len(bad))
        if 0 < bad[rows].sum() < len(rows):
            found.append(ks(risk[rows], bad[rows]))
    return Estimate(ks(risk, bad), *np.quantile(found, [0.025, 0.975]))


def calibration(chance: Numbers, bad: Numbers) -> tuple[list[dict[str, str]], np.float64]:
    """Told and seen share of bad cases by tenths of the told one, and the mean distance between them (ECE)."""
    tenths = np.array_split(np.argsort(chance, kind="stable"), DECILES)
    rows = [
        {"cases": str(len(part)), "told": f"{chance[part].mean():.4f}", "seen": f"{bad[part].mean():.4f}"}
        for part in tenths
        if len(part)
    ]
    distance = sum(len(part) * abs(chance[part].mean() - bad[part].mean()) for part in tenths if len(part))
    return rows, np.float64(distance / len(bad))


def stability(before: Numbers, after: Numbers) -> np.float64:
    """The population stability index over tenths of the first population: under 0.1 nothing to see, above 0.25 act."""
    cuts = np.unique(np.quantile(before, np.arange(1, DECILES) / DECILES))
    shares = [
        np.maximum(np.bincount(np.searchsorted(cuts, part, side="right"), minlength=len(cuts) + 1) / len(part), 1e-6)
        for part in (before, after)
    ]
    found: np.float64 = ((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum()
    return found


def approvals(score: npt.NDArray[np.int64], bad: Numbers, group: Texts, share: np.float64) -> dict[str, dict[str, str]]:
    """For each group the share approved when the best `share` of all are, beside its cases and its share of bad
    ones; and the lowest share over the highest, of groups of 100 cases or more, which should not fall below 0.8."""
    approved = score > np.quantile(score, 1 - share)
    found, rates = {}, []
    for name in np.unique(group):
        member = group == name
        rate = approved[member].mean()
        found[str(name)] = {
            "cases": str(int(member.sum())),
            "approved": f"{rate:.4f}",
            "bad": f"{bad[member].mean():.4f}",
        }
        if member.sum() >= 100:
            rates.append(rate)
    ratio = min(rates) / max(rates) if rates and max(rates) > 0 else np.nan
    return {**found, "ratio": {"lowest_over_highest": f"{ratio:.4f}"}}
