"""The fold: from all statements of one purchase to the purchase, whatever their order and however often they came.

Pure. Of several statements on one fact the one with the highest revision holds, ties broken by content, so that the
answer is a function of the *set* of statements. Spend is the cleared net; before clearing, the authorised amount less
reversals. An authorization that does not clear lapses after `LAPSES_AFTER` and revives if its clearing comes.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from cashback.purchases.schemas import (
    LAPSES_AFTER,
    Folded,
    LinkInterval,
    PurchaseKey,
    PurchaseState,
    Statement,
    standing,
)
from issuers.events import EventKind, TimeBasis

MERCHANT_ORDER = {EventKind.CLEARING: 0, EventKind.AUTHORIZATION: 1, EventKind.REVERSAL: 2, EventKind.REFUND: 3}
"""Whose evidence of the shop is believed first: the identifiers of the clearing are the settled ones."""


def facts(statements: Iterable[Statement]) -> dict[str, Statement]:
    """The statement that holds for each fact: highest revision, then content. Keyed by `fact_ref`."""
    held: dict[str, Statement] = {}
    for statement in statements:
        other = held.get(statement.fact_ref)
        if other is None or (statement.revision, statement.digest) > (other.revision, other.digest):
            held[statement.fact_ref] = statement
    return held


def group_of(statements: Iterable[Statement]) -> dict[str, str]:
    """Which purchase each fact belongs to. A refund is linked as soon as any statement of it names its purchase."""
    groups: dict[str, tuple[bool, int, bytes, str]] = {}
    for statement in statements:
        linked = statement.group_ref != statement.purchase_ref
        rank = (linked, statement.revision, statement.digest, statement.group_ref)
        if statement.fact_ref not in groups or rank > groups[statement.fact_ref]:
            groups[statement.fact_ref] = rank
    return {fact_ref: rank[3] for fact_ref, rank in groups.items()}


def fold(
    key: PurchaseKey,
    statements: Sequence[Statement],
    links: Sequence[LinkInterval],
    now: datetime,
) -> Folded:
    """Fold the facts of one purchase; `statements` hold one statement a fact and are not empty.

    Unlinked refunds assigned to it are added afterwards by `Folded.with_credits`.
    """
    by_kind: defaultdict[EventKind, list[Statement]] = defaultdict(list)
    for statement in statements:
        by_kind[statement.kind].append(statement)
    authorizations = by_kind[EventKind.AUTHORIZATION]
    clearings = by_kind[EventKind.CLEARING]
    refunds = by_kind[EventKind.REFUND]

    authorised = max(0, _total(authorizations) - _total(by_kind[EventKind.REVERSAL]))
    gross = _total(clearings) if clearings else authorised
    # Of a final authorization no clearing comes: what reversals left of it counts as collected.
    collected = clearings or [each for each in authorizations if each.final and authorised]
    cleared_at = max((statement.occurred_at for statement in collected), default=None)
    refunded = _total(refunds)
    first = min(authorizations or clearings or refunds or statements, key=_moment)
    purchased_at = _moment(first)[0]
    lapses_at = purchased_at + LAPSES_AFTER if authorizations and not collected else None
    state, net = _standing(by_kind, collected, authorised, gross, refunded, cleared_at, lapses_at, now)
    if state.may_earn() or state is PurchaseState.REFUNDED:
        card_links = [link for link in links if link.card_id == first.card_id]
        if not any(link.covers(purchased_at) for link in card_links):
            state = PurchaseState.NOT_LINKED
    merchant = _merchant(statements)
    identifiers = merchant["identifiers"]
    return Folded(
        key=key,
        card_id=first.card_id,
        state=state,
        authorised_minor=authorised,
        cleared_minor=gross if collected else 0,
        refunded_minor=refunded,
        credited_minor=0,
        net_minor=net,
        currency=min(clearings or [first], key=_moment).currency,
        purchased_at=purchased_at,
        cleared_at=cleared_at,
        place_key=identifiers[0] if identifiers else "",
        merchant=merchant,
        purchased_until=first.made()[1],
        time_basis=TimeBasis(first.time_basis),
    )


def _standing(
    by_kind: Mapping[EventKind, list[Statement]],
    collected: Sequence[Statement],
    authorised: int,
    gross: int,
    refunded: int,
    cleared_at: datetime | None,
    lapses_at: datetime | None,
    now: datetime,
) -> tuple[PurchaseState, int]:
    if not collected and not by_kind[EventKind.AUTHORIZATION]:
        if by_kind[EventKind.REFUND]:
            return PurchaseState.CREDIT, 0
        return (PurchaseState.DECLINED if by_kind[EventKind.DECLINE] else PurchaseState.REVERSED), 0
    if not collected and authorised == 0:
        return PurchaseState.REVERSED, 0
    if lapses_at is not None and now >= lapses_at:
        return PurchaseState.LAPSED, 0
    return standing(PurchaseState.AUTHORIZED, gross, refunded, cleared_at)


def _total(statements: Iterable[Statement]) -> int:
    return sum(statement.amount_minor for statement in statements)


def _moment(statement: Statement) -> tuple[datetime, str]:
    return (statement.purchase_at or statement.occurred_at, statement.fact_ref)


def _merchant(statements: Sequence[Statement]) -> dict[str, Any]:
    """All evidence of the place, the settled one first; identifiers in order, each once.

    The channel is that of the first statement that tells one: a clearing seldom does, its authorization may.
    """
    if len(statements) == 1:
        return dict(statements[0].merchant)
    ordered = sorted(statements, key=lambda each: (MERCHANT_ORDER.get(each.kind, 4), -each.revision, each.fact_ref))
    identifiers = list(dict.fromkeys(name for each in ordered for name in each.merchant["identifiers"]))
    channels = [each.merchant["channel"] for each in ordered if "channel" in each.merchant]
    told = {"channel": channels[0]} if channels else {}
    return {**ordered[0].merchant, "identifiers": identifiers, **told}


def superseded(row: Folded) -> Folded:
    """What is left of a purchase whose evidence turned out to belong to another one."""
    return Folded(
        key=row.key,
        card_id=row.card_id,
        state=PurchaseState.SUPERSEDED,
        authorised_minor=0,
        cleared_minor=0,
        refunded_minor=0,
        credited_minor=0,
        net_minor=0,
        currency=row.currency,
        purchased_at=row.purchased_at,
        cleared_at=None,
        place_key=row.place_key,
        merchant=row.merchant,
        purchased_until=row.purchased_until,
        time_basis=row.time_basis,
    )
