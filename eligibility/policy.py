"""The policy of an operator: every figure of the hard rules, affordability and limits, in one versioned JSON."""

from dataclasses import dataclass

from eligibility.canonical import decode, digest, encode
from eligibility.errors import TableRefused, Unreadable
from eligibility.reading import read
from eligibility.regime import Regime
from eligibility.schedule import BPS


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """From this score on, this share of the limit that clean plans earned is open."""

    score_at_least: int
    limit_share_bps: int
    band: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """The plan that needs no history: so many instalments, so much at once, up to so much in all."""

    count: int
    first_share_bps: int
    amount_max_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The policy as it stands in its file. Amounts in minor units of `currency`."""

    format: int
    id: str
    currency: str
    legal_basis: str
    countries: tuple[str, ...]
    categories_refused: tuple[str, ...]
    regimes: tuple[Regime, ...]
    amount_min_minor: int
    amount_max_minor: int
    plans_active_max: int
    hours_between_plans: int
    hours_after_refusal: int
    hours_fresh: int
    ficp_listed_refuses: bool
    history_visits_min: int
    history_days_min: int
    starter: Starter | None
    cuts: tuple[Cut, ...]
    """From the highest score to the lowest; under the last one there is no plan."""
    cap_start_minor: int
    cap_step_bps: int
    cap_ceiling_minor: int
    means_valid_days: int
    affordability_when_exempt: bool
    means_share_bps: int
    """Of income less expenses: what instalments may take a month."""
    spend_share_bps: int
    """Of a median month here, where no means are declared and none are needed."""
    first_share_max_bps: int
    insignificant_charges_bps: int
    quote_minutes: int


@dataclass(frozen=True, slots=True)
class Policy:
    """A loaded policy. `sha256` is of the canonical bytes of its JSON."""

    figures: Figures
    sha256: str


def load_policy(data: bytes) -> Policy:
    """A policy from its JSON.

    Raises TableRefused: malformed, cuts out of order, a share outside 0 to 10,000, or a least amount above the most.
    """
    try:
        value = decode(data)
        figures = read(Figures, value, "policy")
    except Unreadable as error:
        raise TableRefused(error.code, error.detail) from error
    scores = [cut.score_at_least for cut in figures.cuts]
    if not scores or scores != sorted(set(scores), reverse=True):
        raise TableRefused("cuts", f"expected falling scores, found {scores}")
    shares = [figures.means_share_bps, figures.spend_share_bps, figures.first_share_max_bps]
    shares += [cut.limit_share_bps for cut in figures.cuts]
    if not all(0 <= share <= BPS for share in shares):
        raise TableRefused("share", f"expected shares of 0 to {BPS}, found {shares}")
    if not 0 < figures.amount_min_minor <= figures.amount_max_minor or figures.cap_step_bps < BPS:
        raise TableRefused(
            "amount", "expected a least amount above zero, not above the most, and a step of 10,000 or more"
        )
    return Policy(figures, digest(encode(value)))
