"""The story of one purchase as steps with dates: authorised, collected, return period, available."""

from dataclasses import dataclass
from datetime import datetime

from cashback.insights.schemas import PurchaseView, Step
from cashback.programmes.schemas import AssetKind
from cashback.purchases.schemas import PurchaseState
from cashback.web.formats import Formats
from cashback.web.messages import Translator

DONE, NOW, TODO = "done", "now", "todo"

_ICONS = {DONE: "circle-check", NOW: "clock", TODO: "circle"}
_BACKWARD = frozenset({"reversal", "refund", "decline"})


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """One step: `stage` is done, now or todo; `when` and `amount` are written out, empty where there is none."""

    stage: str
    icon: str
    text: str
    when: str
    amount: str


def timeline(view: PurchaseView, t: Translator, formats: Formats, now: datetime) -> list[TimelineStep]:
    """What happened to a purchase, and what is still to come."""
    told = [_told(step, view, t, formats) for step in view.steps if f"step.{step.kind}" in _SPOKEN]
    state = PurchaseState(view.state)
    if state is PurchaseState.LAPSED:
        return [*told, TimelineStep(DONE, "hourglass", t("step.lapsed"), "", "")]
    if not state.may_earn():
        return told
    ahead = []
    if view.cleared_at is None and view.lapses_at is not None:
        latest = t("step.at_latest", day=formats.day(view.lapses_at, view.zone))
        ahead.append(TimelineStep(NOW, _ICONS[NOW], t("step.clearing_todo"), latest, ""))
    standing = sorted(
        (each for each in view.judgements if each.amount > 0), key=lambda each: each.asset.kind is not AssetKind.MONEY
    )
    for due in dict.fromkeys((each.matures_at, each.hold_days) for each in standing):
        gains = [formats.gain(each.amount, each.asset) for each in standing if (each.matures_at, each.hold_days) == due]
        gain = " · ".join(gains)
        ahead += _waiting(due[1], gain, t) if due[0] is None else _maturing(due[0], gain, view, t, formats, now)
    for until in sorted({each.usable_until for each in standing if each.usable_until is not None}):
        ending = [formats.amount(each.amount, each.asset) for each in standing if each.usable_until == until]
        stage = DONE if until <= now else TODO
        day = formats.day(until, view.zone)
        ahead.append(TimelineStep(stage, _ICONS[stage], t("step.usable_until"), day, " · ".join(ending)))
    return [*told, *ahead]


_SPOKEN = frozenset({"step.authorization", "step.clearing", "step.reversal", "step.refund", "step.decline"})


def _told(step: Step, view: PurchaseView, t: Translator, formats: Formats) -> TimelineStep:
    backward = step.kind in _BACKWARD
    return TimelineStep(
        stage=DONE,
        icon="undo-2" if backward else _ICONS[DONE],
        text=t(f"step.{step.kind}"),
        when=formats.when(step.timing, view.zone),
        amount=formats.money(-step.amount_minor if backward else step.amount_minor, step.currency),
    )


def _waiting(hold_days: int, gain: str, t: Translator) -> list[TimelineStep]:
    """What follows a collection that has not happened yet."""
    later = t.count("step.days_later", hold_days) if hold_days else t("step.at_collection")
    period = TimelineStep(TODO, _ICONS[TODO], t("step.return_period"), later, "")
    available = TimelineStep(TODO, _ICONS[TODO], t("step.available"), later, gain)
    return [period, available] if hold_days else [available]


def _maturing(
    matures_at: datetime, gain: str, view: PurchaseView, t: Translator, formats: Formats, now: datetime
) -> list[TimelineStep]:
    day = formats.day(matures_at, view.zone)
    over = matures_at <= now
    held = view.cleared_at is not None and view.cleared_at < matures_at
    period = TimelineStep(DONE if over else NOW, _ICONS[DONE if over else NOW], t("step.return_period"), day, "")
    stage = DONE if over else TODO
    available = TimelineStep(stage, _ICONS[stage], t("step.available"), day, gain)
    return [period, available] if held else [available]
