"""One round of everything that collecting does by itself, in the order in which one thing leads to the next."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from cashback.actors import system
from cashback.collecting import asking, calling, dunning, paybacks
from cashback.collecting.calling import Collector
from cashback.collecting.lending import lend_due
from cashback.collecting.news import apply_news
from cashback.collecting.rails import ChargeRails
from cashback.collecting.sandbox_rail import SandboxRail
from cashback.collecting.schemas import RailName
from cashback.collecting.stripe_rail import StripeChargeRail
from cashback.db.engine import transaction
from cashback.instalments import settings as plan_settings

ROUNDS_MAX = 50
"""Rounds in a row: a worker with other operators does not stay with one for ever."""
CHARGE_RAILS = ChargeRails(
    MappingProxyType({RailName.STRIPE: StripeChargeRail.opened, RailName.SANDBOX: SandboxRail.opened})
)
"""The rails there are; the second is a simulation."""


async def collect_due(collector: Collector, operator_id: UUID, now: datetime) -> Mapping[str, int]:
    """Look at what rails told, write down what is due, charge and look up, give back, remind: until nothing is left.

    Answers what was done, empty when nothing was. Where no plans are offered it looks at nothing. Runs anywhere, any
    number of times.
    """
    actor = system(operator_id, "collecting")
    async with transaction(collector.engine, operator_id) as connection:
        settings = await plan_settings.load(connection, operator_id)
        if settings is None:
            return {}
        reminded = await dunning.remind(connection, operator_id, settings, now)
    done: dict[str, int] = {"reminded": reminded} if reminded else {}
    for _ in range(ROUNDS_MAX):
        told = await apply_news(collector, operator_id, now)
        async with transaction(collector.engine, operator_id) as connection:
            asked = await asking.ask_due(connection, actor, now)
        async with transaction(collector.engine, operator_id) as connection:
            lapsed = await asking.lapse(connection, actor, now)
        charged = await calling.run_due(collector, operator_id, now)
        given = await paybacks.run_due(collector, operator_id, now)
        lent = await lend_due(collector, operator_id, now)
        taken = charged.taken + given.taken
        counts = {"told": told, "asked": asked, "lapsed": lapsed, "taken": taken, "lender": lent}
        if not any(counts.values()):
            break
        for name, count in (*counts.items(), *charged.answers.items(), *given.answers.items()):
            done[name] = done.get(name, 0) + count
    return {name: count for name, count in done.items() if count}
