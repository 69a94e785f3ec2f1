"""What an offer would have cost: the trial of its very terms, one under way, or the last one of other terms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.actors import Scope
from cashback.backtest import trials
from cashback.backtest.trials import Asking, State, Trial
from cashback.offers.terms import Terms
from cashback.programmes.schemas import Asset
from cashback.web.console.frame import Call
from cashback.web.console.offers.judged import Judged
from cashback.web.forms import Fields

DAYS = (30, 90, 365)
ASSUMES = ("behaviour", "activation", "facts", "final_net", "quotas_unsettled", "time_undecided", "range_below_budget")
"""Notes of an answer that are told in words, as docs/backtest.md describes them."""
QUICK_MEMBERS = 5_000
"""With no more members a trial takes about a second: it goes by itself while one types."""
_MANY = "SELECT count(*) FROM (SELECT 1 FROM shoppers WHERE operator_id = $1 LIMIT $2) AS several"


@dataclass(frozen=True, slots=True)
class Figures:
    """The answer of a trial in words. `tight` says that its budget would not have lasted."""

    cost: str
    low: str
    high: str
    purchases: str
    share: str
    members: str
    days: str
    first: str
    last: str
    """The days that were tried."""
    net: tuple[str, ...]
    """What all offers together would have given more, where that is not the cost itself."""
    replaced: str
    """What of the cost takes the place of other offers' rewards in the same asset; empty where nothing does."""
    funders: tuple[tuple[str, str], ...]
    budget: str
    tight: bool
    overlaps: tuple[tuple[str, str], ...]
    assumes: tuple[str, ...]
    """What the figures take for granted: last parts of keys of the messages."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What is known of the cost of an offer."""

    trial: Trial | None = None
    figures: Figures | None = None
    under_way: bool = False
    exact: bool = False
    """Whether the figures are of the very terms that were asked about."""
    lost: bool = False
    """Whether it stopped without an answer."""
    when: str = ""
    key: str = ""
    asked: bool = False
    """Whether there is anything to ask: terms that can be read."""


def days_asked(fields: Fields) -> int:
    """How far back a trial looks."""
    text = (fields.get("days") or [""])[-1]
    return int(text) if text in {str(each) for each in DAYS} else DAYS[0]


def asking_of(call: Call, judged: Judged, days: int) -> Asking | None:
    """The question of what was typed; None where it cannot be read."""
    return None if judged.terms is None else asking(call, judged.code, judged.terms, days)


def asking(call: Call, code: str, terms: Terms, days: int = DAYS[0]) -> Asking:
    """The question of terms, over the last days up to the present one."""
    today = call.now.astimezone(call.zone).date()
    return Asking(code, terms, today - timedelta(days=days - 1), today + timedelta(days=1))


async def goes_by_itself(call: Call) -> bool:
    """Whether a trial is quick enough to be made while one types."""
    if not call.may(Scope.PROGRAMME):
        return False
    count = (await call.connection.exec_driver_sql(_MANY, (call.operator_id, QUICK_MEMBERS + 1))).scalar_one()
    return bool(count <= QUICK_MEMBERS)


async def cost_of(
    call: Call, asked: Asking | bytes | None, *, connection: AsyncConnection | None = None, code: str = ""
) -> Cost:
    """The trial of a question, else the newest one of the offer that is done. By its name alone: that one."""
    on = connection or call.connection
    trial: Trial | None = None
    key = asked if isinstance(asked, bytes) else None if asked is None else asked.key
    if key is not None:
        trial = await trials.find(on, call.operator_id, key)
    if trial is None and isinstance(asked, Asking):
        trial = await trials.newest_of(on, call.operator_id, asked.code, asked.terms.digest())
    exact = trial is not None and trial.state is State.DONE
    under_way = trial is not None and trial.under_way(call.now)
    lost = trial is not None and not exact and not under_way
    shown = trial
    if not exact and not isinstance(asked, bytes):
        newest = await trials.newest_of(on, call.operator_id, code, None) if code else None
        shown = newest or trial
    figures = None if shown is None or shown.answer is None else figures_of(call, shown.answer)
    when = "" if shown is None else call.formats.moment(shown.asked_at, call.zone)
    told = "" if trial is None else trial.key.hex()
    return Cost(trial, figures, under_way, exact, lost, when, told, asked is not None)


def figures_of(call: Call, answer: Mapping[str, Any]) -> Figures:
    """The figures that decide, written for people."""
    formats, t = call.formats, call.t
    asset = call.programme.asset(answer["asset"])
    rewarded, considered, spread, budget = answer["rewarded"], answer["considered"], answer["range"], answer["budget"]
    first, until = date.fromisoformat(answer["from"]), date.fromisoformat(answer["to"])
    total = answer["cost"]["total"]
    net = {code: amount for code, amount in answer["net_change"].items() if (code, amount) != (asset.code, total)}
    return Figures(
        cost=formats.amount(total, asset),
        low=formats.amount(spread["p5"], asset),
        high=formats.amount(spread["p95"], asset),
        purchases=formats.number(rewarded["purchases"]),
        share=formats.share(rewarded["purchases"], considered["purchases"]),
        members=formats.number(rewarded["shoppers"]),
        days=t.count("console.offers.days", (until - first).days),
        first=formats.tongue.day(first),
        last=formats.tongue.day(until - timedelta(days=1)),
        replaced=formats.amount(taken, asset)
        if (taken := total - answer["net_change"].get(asset.code, total)) > 0
        else "",
        net=tuple(formats.gain(amount, call.programme.asset(code)) for code, amount in net.items()),
        funders=_funders(call, answer["cost"].get("funders", {}), asset),
        budget="" if budget is None else _budget(call, budget, asset),
        tight=budget is not None and budget["ends_on"] is not None,
        overlaps=tuple(_overlap(call, each) for each in answer["overlap"] if each["both"])[:8],
        assumes=tuple(each["code"] for each in answer["notes"] if each["code"] in ASSUMES),
    )


def _funders(call: Call, parts: Mapping[str, int], asset: Asset) -> tuple[tuple[str, str], ...]:
    if not set(parts) - {"operator"}:
        return ()
    return tuple((call.t(f"console.offers.funder.{who}"), call.formats.amount(n, asset)) for who, n in parts.items())


def _budget(call: Call, budget: Mapping[str, Any], asset: Asset) -> str:
    t, formats = call.t, call.formats
    if budget["ends_on"] is None:
        return t("console.offers.budget_lasts", left=formats.amount(budget["left"], asset))
    more, day = formats.amount(budget["wanted_after"], asset), formats.tongue.day(budget["ends_on"])
    return t("console.offers.budget_ends", day=day, more=more)


def _overlap(call: Call, each: Mapping[str, Any]) -> tuple[str, str]:
    """An offer that the new one meets, and who gives way how often."""
    name = call.programme.by_code.get(each["offer"], {}).get(call.t.language, each["offer"])
    number = call.formats.number
    return name, call.t(
        "console.offers.overlap",
        both=number(each["both"]),
        wins=number(each["new_wins"]),
        loses=number(each["new_loses"]),
    )
