"""What is said of shoppers: dated facts, read as of the time of a purchase. Told by an operator, kept with who said it.

A fact ends by being given an end, never by being deleted, so that a purchase of its time is judged by it for ever.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Actor, Scope
from cashback.db.engine import fetch
from cashback.errors import Invalid
from cashback.offers.schemas import Fact, FactKind, Facts
from cashback.shoppers.service import require

VALUE_MAX = 64
BIRTH_MONTHS = frozenset(f"{month:02d}" for month in range(1, 13))

_FACTS = """
SELECT shopper_id, fact, value, since, until FROM shopper_facts WHERE shopper_id = ANY($1::uuid[])
ORDER BY shopper_id, since, fact, value
"""

_SAY = """
INSERT INTO shopper_facts (operator_id, shopper_id, fact, value, since, until, source, recorded_at)
SELECT $1, t.*, $7, $8
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[]) AS t
ON CONFLICT (shopper_id, fact, value, since) DO UPDATE SET until = EXCLUDED.until, source = EXCLUDED.source,
    recorded_at = EXCLUDED.recorded_at
"""

_END = """
UPDATE shopper_facts SET until = $5, source = $6, recorded_at = $7
WHERE operator_id = $1 AND shopper_id = $2 AND fact = $3 AND value = $4 AND since <= $5
    AND (until IS NULL OR until > $5)
"""


@dataclass(frozen=True, slots=True)
class Said:
    """One fact of one shopper, as told."""

    shopper_id: UUID
    fact: Fact


async def facts_of(connection: AsyncConnection, shoppers: Iterable[UUID]) -> dict[UUID, Facts]:
    """Everything said of these shoppers; those of whom nothing is said are left out."""
    held: defaultdict[UUID, list[Fact]] = defaultdict(list)
    for shopper_id, kind, value, since, until in await fetch(connection, _FACTS, (list(shoppers),)):
        held[shopper_id].append(Fact(FactKind(kind), value, since, until))
    return {shopper_id: Facts(facts) for shopper_id, facts in held.items()}


async def say(connection: AsyncConnection, actor: Actor, said: Sequence[Said], now: datetime) -> None:
    """Record facts. Said again from the same instant, a fact gets the new end.

    The caller holds the locks of the shoppers and settles what was bought since. Raises Forbidden, and Invalid for a
    value that cannot be, or for one fact that is said with two ends at once.
    """
    require(actor, Scope.SHOPPERS)
    said = list(dict.fromkeys(said))
    if not said:
        return
    for each in said:
        _check(each.fact)
    _refuse_two_ends(said)
    columns = (
        [each.shopper_id for each in said],
        [each.fact.kind.value for each in said],
        [each.fact.value for each in said],
        [each.fact.since for each in said],
        [each.fact.until for each in said],
    )
    await connection.exec_driver_sql(_SAY, (actor.operator_id, *columns, actor.name, now))


async def unsay(
    connection: AsyncConnection, actor: Actor, shopper_id: UUID, kind: FactKind, value: str, at: datetime, now: datetime
) -> bool:
    """End a fact at an instant: purchases made before are still judged by it. False when it did not hold then."""
    require(actor, Scope.SHOPPERS)
    parameters = (actor.operator_id, shopper_id, kind.value, value, at, actor.name, now)
    return (await connection.exec_driver_sql(_END, parameters)).rowcount > 0


def _check(fact: Fact) -> None:
    if not 0 < len(fact.value) <= VALUE_MAX or fact.value != fact.value.strip() or not fact.value.isprintable():
        raise Invalid(
            f"the {fact.kind} {fact.value[:VALUE_MAX]!r} needs 1 to {VALUE_MAX} printable characters, no space around",
            code="fact_value",
        )
    if fact.kind is FactKind.BIRTH_MONTH and fact.value not in BIRTH_MONTHS:
        raise Invalid(f"a birth month is 01 to 12, got {fact.value!r}", code="fact_value")
    if fact.until is not None and fact.until <= fact.since:
        raise Invalid(f"the {fact.kind} {fact.value!r} ends before it begins", code="fact_interval")


def _refuse_two_ends(said: Sequence[Said]) -> None:
    begun = Counter((each.shopper_id, each.fact.kind, each.fact.value, each.fact.since) for each in said)
    for (_, kind, value, since), times in begun.items():
        if times > 1:
            what = f"the {kind} {value!r} since {since.isoformat()}"
            raise Invalid(f"{what} is told {times} times with different ends; expected one", code="fact_repeated")
