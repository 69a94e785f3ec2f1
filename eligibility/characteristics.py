"""From what is told of a shopper to the features a card looks at: whole numbers, by formulas that stand here alone."""

from eligibility.application import History
from eligibility.schedule import BPS

PRIOR_ON_TIME, PRIOR_DUE = 18, 20
"""The share of instalments on time begins as if 18 of 20 had been, so one instalment does not decide."""
NEVER_LATE_MONTHS = 99
FEATURE_SET = "features-1"

Features = dict[str, int | None]


def features_of(history: History, *, amount_minor: int, instalment_minor: int, cap_minor: int) -> Features:
    """The features of one application.

    `instalment_minor`: the most a plan asks for in a month. `cap_minor`: the limit that clean plans earned. A
    shopper with no instalment yet has no repayment features at all: nothing is known, which is neither good nor bad.
    """
    return {
        **repayment_of(history),
        "months_linked": history.months_linked,
        "active_months_6": history.active_months_6,
        "gap_variation_bps": history.gap_variation_bps,
        "days_since_visit": history.days_since_visit,
        "visits_90d": history.visits_90d,
        "distinct_shops": history.distinct_shops,
        "purchase_to_basket_bps": ratio_bps(amount_minor, history.median_basket_minor),
        "instalment_to_month_bps": ratio_bps(instalment_minor, history.median_month_minor),
        "exposure_used_bps": ratio_bps(history.exposure_minor, cap_minor) or 0,
        "lost_chargebacks": history.lost_chargebacks,
        "failed_authorisations": history.failed_authorisations,
        "refund_excess_bps": history.refund_excess_bps,
    }


def repayment_of(history: History) -> Features:
    """The features of the repayment block."""
    if history.instalments_due == 0:
        return {
            "on_time_share_bps": None,
            "worst_days_late_12m": None,
            "months_since_late": None,
            "open_incident": None,
            "plans_completed": None,
        }
    never = history.months_since_late is None
    return {
        "on_time_share_bps": on_time_share_bps(history.instalments_on_time, history.instalments_due),
        "worst_days_late_12m": history.worst_days_late_12m,
        "months_since_late": NEVER_LATE_MONTHS if never else history.months_since_late,
        "open_incident": int(history.open_incident),
        "plans_completed": history.plans_completed,
    }


def on_time_share_bps(on_time: int, due: int) -> int:
    """The share of instalments that were on time, drawn towards 90 %, rounded down."""
    return (on_time + PRIOR_ON_TIME) * BPS // (due + PRIOR_DUE)


def ratio_bps(part_minor: int, whole_minor: int | None) -> int | None:
    """One amount over another in basis points, rounded up; None without the other."""
    return None if not whole_minor else -(-part_minor * BPS // whole_minor)
