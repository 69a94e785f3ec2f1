"""Who pays for a reward, and whether they can: an offer gives nothing where one of its funders is paused.

A pause is an interval of time, and a purchase is judged by its own time: what was promised before stays promised.
"""

from collections.abc import Callable, Iterable

from cashback.offers.kinds import Pauses, Test, TrailEntry
from cashback.offers.schemas import Funders, Spend
from cashback.offers.terms import Funder, FundingShare

Payers = Callable[[Spend], Funders]


def payers(funding: Iterable[FundingShare]) -> Payers | None:
    """Who pays for the reward of a purchase, in the order of the terms; None: the operator alone."""
    shares = tuple((each.funder, each.share_bps) for each in funding)
    if not shares or [funder for funder, _ in shares] == [Funder.OPERATOR]:
        return None

    def of(spend: Spend) -> Funders:
        return tuple((_name(funder, spend), share_bps) for funder, share_bps in shares)

    return of


def funded(paid_by: Payers, pauses: Pauses) -> Test:
    """Whether none of the funders of a purchase was paused when it was made."""
    return lambda spend: _pause(paid_by, pauses, spend) is None


def explained(paid_by: Payers, pauses: Pauses) -> Callable[[Spend], TrailEntry]:
    """Says the same, with the funder that was paused."""

    def explain(spend: Spend) -> TrailEntry:
        name = _pause(paid_by, pauses, spend)
        return {"kind": "funding", "ok": True} if name is None else {"kind": "funding", "ok": False, "funder": name}

    return explain


def _pause(paid_by: Payers, pauses: Pauses, spend: Spend) -> str | None:
    at = spend.purchased_at
    for name, _ in paid_by(spend):
        if any(since <= at and (until is None or at < until) for since, until in pauses.get(name, ())):
            return name
    return None


def _name(funder: Funder, spend: Spend) -> str:
    if funder is Funder.BRAND and spend.brand is not None:
        return f"brand:{spend.brand}"
    if funder is Funder.OPERATOR or spend.shop_id is None:
        return "operator"
    return f"shop:{spend.shop_id.hex}"
