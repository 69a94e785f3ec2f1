"""What refunds leave of a purchase as it stands, against what they leave in truth. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from cashback.purchases.schemas import PurchaseState
from cashback.simulator.chaos.files import TruePurchase, TrueRefund
from cashback.simulator.chaos.reasons import Reason
from cashback.simulator.chaos.scoring import Views

Changes = Mapping[str, list[tuple[Reason, int]]]
"""By true purchase: what is to be added to its net, and why."""


def net_changes(truths: Sequence[TruePurchase], rows: Views) -> Changes:
    """How refunds of one shopper's purchases were taken: not at all, nowhere yet, or for another purchase's."""
    owners = {ref: truth.id for truth in truths for _, ref in truth.views}
    changes: defaultdict[str, list[tuple[Reason, int]]] = defaultdict(list)
    for truth in truths:
        for refund in truth.refunds:
            given_to, waits = _places(refund, truth.id, rows, owners)
            elsewhere = sorted(given_to - {truth.id})
            for other in elsewhere:
                changes[other].append((Reason.CREDIT_ELSEWHERE, -refund.amount_minor))
            if truth.id in given_to:
                continue
            missing = Reason.OPEN_CREDIT if waits else Reason.REFUND_UNTOLD
            changes[truth.id].append((Reason.CREDIT_ELSEWHERE if elsewhere else missing, refund.amount_minor))
    return changes


def _places(refund: TrueRefund, home: str, rows: Views, owners: Mapping[str, str]) -> tuple[set[str], bool]:
    """The true purchases to which the rows of a refund were given, and whether one of them waits.

    A refund that names its purchase has no row of its own, so one without a row is at home.
    """
    given_to: set[str] = set()
    waits = False
    for view in refund.views:
        row = rows.get(view)
        if row is None or row.state is not PurchaseState.CREDIT:
            given_to.add(home)
        elif row.credit_to is None:
            waits = True
        elif row.credit_to in owners:
            given_to.add(owners[row.credit_to])
    return given_to, waits
