"""What must stand after the load, from its truth alone: plain arithmetic, and none of the engine's code."""

from collections import Counter, defaultdict
from datetime import datetime

from crash_load import (
    CAP,
    CONVERTS_TO,
    HOLD,
    LAPSES,
    MINIMUM,
    NOWHERE,
    POINTS,
    POINTS_HOLD,
    POINTS_MINIMUM,
    RATE_BPS,
    THRESHOLD,
    Bought,
    Load,
    reference,
)

Wallets = dict[tuple[str, str], tuple[int, int, int]]
"""Pending, available and converted by shopper and asset; only what is not all zero."""
Purchases = dict[str, Counter[tuple[str, str, int, str]]]
"""By shopper, how often each (network, state, net amount, shop) occurs."""


def wallets(load: Load, now: datetime) -> Wallets:
    """Every wallet that is not empty."""
    euros: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    points: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for bought in load.bought:
        state, net = _standing(bought, now)
        if bought.place == NOWHERE or state not in ("authorized", "cleared", "partly_refunded"):
            continue
        shopper = reference(bought.shopper)
        cleared_at = bought.cleared[-1][1] if bought.cleared else None
        if net >= MINIMUM:
            earned = min(CAP, (2 * net * RATE_BPS + 10_000) // 20_000)
            euros[shopper][cleared_at is not None and cleared_at + HOLD <= now] += earned
        if net >= POINTS_MINIMUM:
            points[shopper][cleared_at is not None and cleared_at + POINTS_HOLD <= now] += POINTS
    found: Wallets = {}
    for shopper, (pending, matured) in points.items():
        times = matured // THRESHOLD
        found[shopper, "PTS"] = (pending, matured - times * THRESHOLD, times * THRESHOLD)
        euros[shopper][1] += times * CONVERTS_TO
    found.update({(shopper, "EUR"): (pending, available, 0) for shopper, (pending, available) in euros.items()})
    return {key: amounts for key, amounts in found.items() if any(amounts)}


def purchases(load: Load, now: datetime) -> Purchases:
    """Every purchase, and every refund that names none."""
    found: Purchases = defaultdict(Counter)
    for bought in load.bought:
        shop = "" if bought.place == NOWHERE else f"shop-{bought.place}"
        state, net = _standing(bought, now)
        found[reference(bought.shopper)][bought.network, state, net, shop] += 1
        if bought.credit is not None:
            found[reference(bought.shopper)][bought.network, "credit", 0, shop] += 1
    return dict(found)


def _standing(bought: Bought, now: datetime) -> tuple[str, int]:
    gross = sum(amount for amount, _ in bought.cleared)
    if not bought.cleared:
        gross = bought.authorised - bought.reversed
        if gross == 0:
            return "reversed", 0
        if bought.at + LAPSES <= now:
            return "lapsed", 0
    back = sum(bought.refunds) + (bought.credit[1] if bought.credit is not None else 0)
    net = max(0, gross - back)
    if not back:
        return ("cleared" if bought.cleared else "authorized"), net
    return ("partly_refunded" if net else "refunded"), net
