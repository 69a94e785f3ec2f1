"""The running audit of what was decided without a person: a random sample of automatic accepts, judged by people.

A draw is uniform over the accepts of its moment and written down: what becomes of them later changes nothing of what
was drawn, and its precision is that of the decisions as they stood. The same seed, count and day are the same draw. A
judgement is an answer like those of the review queue, kept and learned, and beside it the word on that accept.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor
from cashback.db.engine import fetch
from cashback.errors import Invalid, NotFound
from cashback.ids import show
from cashback.merchants.memo.aliases import Key
from cashback.merchants.reviewing import Verdict, answer, chosen_shop
from cashback.merchants.service import load_shops
from cashback.programmes.audit_log import record
from cashback.programmes.service import lock_programme, require_programme_scope

SAMPLE_MAX = 500
CONFIDENCE = 0.95
_HALVINGS = 60

DRAWN, JUDGED = "matches.sampled", "match.judged"

_DRAW = """
SELECT p.id, s.code, m.basis, m.network, m.scheme, m.value, m.text, count(*) OVER () AS population
FROM purchase_matches m
JOIN purchases p ON p.shopper_id = m.shopper_id AND p.network = m.network AND p.purchase_ref = m.purchase_ref
JOIN shops s ON s.operator_id = p.operator_id AND s.id = p.shop_id
WHERE m.operator_id = $1 AND m.decision = 'accept' AND m.basis IN ('evidence', 'memo') AND NOT m.undecided
    AND p.witness_of IS NULL AND ($4::timestamptz IS NULL OR p.purchased_at >= $4)
ORDER BY md5($2::text || p.id::text), p.id LIMIT $3
"""
_EARLIER = "SELECT at, detail::text FROM audit_log WHERE operator_id = $1 AND action = $2 AND subject = $3 ORDER BY id"
_OF_PURCHASE = """
SELECT detail::text FROM audit_log WHERE operator_id = $1 AND action = $2
    AND detail @> jsonb_build_object('drawn', jsonb_build_array(jsonb_build_object('purchase', $3::text)))
ORDER BY id DESC LIMIT 1
"""
_SHOWN = """
SELECT p.id, p.purchased_at, p.net_minor, p.currency, p.merchant ->> 'descriptor' AS descriptor,
    p.merchant ->> 'city' AS city, m.probability_ppm, m.tier
FROM purchases p
LEFT JOIN purchase_matches m ON m.shopper_id = p.shopper_id AND m.network = p.network
    AND m.purchase_ref = p.purchase_ref
WHERE p.operator_id = $1 AND p.id = ANY($2::uuid[])
"""
_JUDGEMENTS = """
SELECT DISTINCT ON (subject) subject, detail ->> 'verdict' AS verdict, detail ->> 'shop' AS shop FROM audit_log
WHERE operator_id = $1 AND action = $2 AND subject = ANY($3::text[]) ORDER BY subject, at DESC, id DESC
"""
_PURCHASED_AT = "SELECT purchased_at FROM purchases WHERE operator_id = $1 AND id = $2"


class _Accept(msgspec.Struct, frozen=True):
    """One drawn accept, as the audit log keeps it."""

    purchase: UUID
    shop: str
    basis: str
    network: str
    scheme: str | None
    value: str | None
    text: str

    @property
    def key(self) -> Key | None:
        """What a judgement teaches; None: nothing can be learned of it."""
        if self.scheme is None or self.value is None:
            return None
        return Key(self.network, self.scheme, self.value, self.text)


class _Draw(msgspec.Struct, frozen=True):
    """A whole draw, as the audit log keeps it."""

    seed: int
    population: int
    drawn: list[_Accept]


@dataclass(frozen=True, slots=True)
class Sampled:
    """One accept of a sample."""

    ref: str
    """Of the purchase, `pur_…`."""
    shop: str
    """Code of the shop that it was given to."""
    basis: str
    """evidence or memo."""
    purchased_at: datetime
    net_minor: int
    currency: str
    descriptor: str
    town: str
    probability_ppm: int | None
    """By evidence, in millionths; None: not asked."""
    tier: str | None
    right: bool | None
    """None: not judged, or whoever looked could not tell."""
    judged: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """A draw and what people said of it."""

    seed: int
    population: int
    """Automatic accepts there were when it was drawn."""
    drawn_at: datetime
    accepts: tuple[Sampled, ...]

    @property
    def right(self) -> int:
        """How many were judged right."""
        return sum(each.right is True for each in self.accepts)

    @property
    def told(self) -> int:
        """How many were judged right or wrong."""
        return sum(each.right is not None for each in self.accepts)


async def sample(
    connection: AsyncConnection, actor: Actor, *, count: int, seed: int, since: datetime | None, now: datetime
) -> Sample:
    """The draw of this count and seed, drawn now if it was not before; `since`: only purchases from then on.

    In the caller's transaction. Raises Forbidden, Invalid for a count off 1 to 500.
    """
    require_programme_scope(actor)
    if not 1 <= count <= SAMPLE_MAX:
        raise Invalid(f"sample: expected 1 to {SAMPLE_MAX} accepts, got {count}")
    operator_id = actor.operator_id
    await lock_programme(connection, operator_id)
    subject = f"sample:{seed}:{count}:{'' if since is None else since.isoformat()}"
    earlier = await fetch(connection, _EARLIER, (operator_id, DRAWN, subject))
    if earlier:
        drawn_at, draw = earlier[0].at, msgspec.json.decode(earlier[0].detail, type=_Draw)
    else:
        rows = await fetch(connection, _DRAW, (operator_id, str(seed), count, since))
        drawn_at, draw = now, _Draw(seed, rows[0].population if rows else 0, [_Accept(*row[:7]) for row in rows])
        if rows:
            await record(connection, actor, DRAWN, subject, msgspec.to_builtins(draw), now)
    shown = {row.id: row for row in await fetch(connection, _SHOWN, (operator_id, [e.purchase for e in draw.drawn]))}
    refs = [show("pur", each.purchase) for each in draw.drawn]
    said = {row.subject: row for row in await fetch(connection, _JUDGEMENTS, (operator_id, JUDGED, refs))}
    return Sample(
        seed,
        draw.population,
        drawn_at,
        tuple(
            Sampled(
                ref=ref,
                shop=each.shop,
                basis=each.basis,
                purchased_at=shown[each.purchase].purchased_at,
                net_minor=shown[each.purchase].net_minor,
                currency=shown[each.purchase].currency,
                descriptor=shown[each.purchase].descriptor or "",
                town=shown[each.purchase].city or "",
                probability_ppm=shown[each.purchase].probability_ppm,
                tier=shown[each.purchase].tier,
                right=_right(each, said[ref].verdict, said[ref].shop) if ref in said else None,
                judged=ref in said,
            )
            for ref, each in zip(refs, draw.drawn, strict=True)
            if each.purchase in shown
        ),
    )


async def judge(
    connection: AsyncConnection, actor: Actor, purchase_id: UUID, verdict: Verdict, *, shop: str | None, now: datetime
) -> bool | None:
    """Judge a drawn accept, in the caller's transaction; answers whether it was right, None when nobody can tell.

    What its identifier then leads to is answered as in the review queue, from this purchase on. Raises Forbidden;
    NotFound for a purchase that was not drawn and for a shop that there is not; Invalid for `shared`, which says
    nothing of one purchase; Conflict while an earlier answer is being settled.
    """
    require_programme_scope(actor)
    operator_id, ref = actor.operator_id, show("pur", purchase_id)
    if verdict is Verdict.SHARED:
        raise Invalid("a sampled accept is judged by its shop, as none of ours, or skipped")
    await lock_programme(connection, operator_id)
    rows = await fetch(connection, _OF_PURCHASE, (operator_id, DRAWN, str(purchase_id)))
    if not rows:
        raise NotFound(f"{ref} is in no sample", code="not_sampled")
    draw = msgspec.json.decode(rows[0].detail, type=_Draw)
    accept = next(each for each in draw.drawn if each.purchase == purchase_id)
    chosen_shop({each.code: each.id for each in await load_shops(connection, operator_id)}, shop, verdict)
    if accept.key is not None and verdict is not Verdict.SKIP:
        ((since,),) = await fetch(connection, _PURCHASED_AT, (operator_id, purchase_id))
        await answer(connection, actor, accept.key, verdict, shop=shop, since=since, now=now)
    detail: Mapping[str, str | None] = {"accepted": accept.shop, "verdict": verdict.value, "shop": shop}
    await record(connection, actor, JUDGED, ref, detail, now)
    return _right(accept, verdict.value, shop)


def _right(accept: _Accept, verdict: str, shop: str | None) -> bool | None:
    return None if verdict == Verdict.SKIP.value else verdict == Verdict.SHOP.value and shop == accept.shop


def interval(right: int, of: int) -> tuple[float, float]:
    """Clopper and Pearson's interval of 95 % for a share of which `right` of `of` were seen; 0 to 1 of nothing seen."""
    tail = (1 - CONFIDENCE) / 2
    low = 0.0 if right == 0 else _crossing(right, of, tail)
    high = 1.0 if right == of else 1.0 - _crossing(of - right, of, tail)
    return low, high


def _crossing(least: int, of: int, tail: float) -> float:
    """The share at which seeing `least` or more of `of` has the chance `tail`."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        chance = sum(math.comb(of, k) * middle**k * (1 - middle) ** (of - k) for k in range(least, of + 1))
        low, high = (middle, high) if chance < tail else (low, middle)
    return low
