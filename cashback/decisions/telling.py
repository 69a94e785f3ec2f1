"""Reasons of a decision as they are told: each once, with the plans it stands against, and only what was looked at.

A record holds every reason of every plan, for ever as it was judged. Not all of it helps who is told: that the lender
was not asked is no reason beside one for which nobody would ask it, and an instalment on time is no advice to who has
no plan. Pure.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from cashback.offers.wording import Language, Tongue
from eligibility import Reason, sentence

NOTHING_TO_DO = "nothing_to_do"
FICP_MISSING = "ficp_missing"
IMPROVE = "improve"
_BESIDE = frozenset({FICP_MISSING, NOTHING_TO_DO, IMPROVE})
"""Codes beside which it still matters that the lender did not answer."""
_OF_PLANS = frozenset({"on_time_share_bps", "plans_completed"})
"""What only somebody can do who has a plan."""


def reasons_of_plan(plan: Mapping[str, Any], value: Mapping[str, Any], zone: tzinfo) -> list[dict[str, Any]]:
    """The reasons against one plan of a record, in its order."""
    currency = value["application"]["purchase"]["currency"]
    return [reason_told(each, currency, zone) for each in _told(plan, value)]


def reasons_of(value: Mapping[str, Any], zone: tzinfo) -> list[dict[str, Any]]:
    """The reasons of a whole record, what can be done first: each code once, with the ids of its plans.

    Of one that names other figures for each plan, those of the plan that is nearest to being open. That there is
    nothing to do is told only if it is so.
    """
    currency = value["application"]["purchase"]["currency"]
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for plan in value["plans"]:
        for each in _told(plan, value):
            # What would raise the score is as many reasons as there are ways to it.
            name = each["code"] + str(each["figures"]["feature"] if each["code"] == IMPROVE else "")
            found.setdefault(name, []).append((plan["id"], each))
    told = [
        {
            **reason_told(min((each for _, each in against), key=_distance), currency, zone),
            "plans": [plan for plan, _ in against],
        }
        for against in found.values()
    ]
    if any(each["actionable"] for each in told):
        told = [each for each in told if each["code"] != NOTHING_TO_DO]
    return sorted(told, key=lambda each: not each["actionable"])


def reason_told(written: Mapping[str, Any], currency: str, zone: tzinfo) -> dict[str, Any]:
    """One reason of a record in words, in both languages."""
    told = Reason(written["code"], tuple(sorted(written.get("figures", {}).items())))
    return {
        "code": told.code,
        "scope": told.kind.scope.value,
        "text_fr": said(told, "fr", currency, zone),
        "text_en": said(told, "en", currency, zone),
        "actionable": told.actionable,
    }


def said(told: Reason, language: Language, currency: str, zone: tzinfo) -> str:
    """What a person reads: amounts, shares and days as the language writes them, moments in the programme's zone."""
    tongue = Tongue(language)

    def figure(name: str, value: int | str) -> str:
        if name.endswith("_minor") and isinstance(value, int):
            return tongue.money(value, currency)
        if name.endswith("_bps") and isinstance(value, int):
            return tongue.rate(value)
        if name == "last_due" and isinstance(value, str):
            return tongue.day(value)
        return _moment(value, tongue, zone) if name == "until" and isinstance(value, str) else str(value)

    return sentence(told, language, currency, figure)


def _told(plan: Mapping[str, Any], value: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    reasons = plan["reasons"]
    has_plan = value["application"]["history"]["plans_active"] > 0
    others = {each["code"] for each in reasons} - _BESIDE
    kept = [
        each
        for each in reasons
        if not (each["code"] == FICP_MISSING and others)
        and (has_plan or each["code"] != IMPROVE or each["figures"]["feature"] not in _OF_PLANS)
    ]
    something = any(Reason(each["code"]).actionable for each in kept)
    if reasons and not something and all(each["code"] != NOTHING_TO_DO for each in kept):
        kept.append({"code": NOTHING_TO_DO})
    return kept


def _distance(written: Mapping[str, Any]) -> int:
    """How far a reason's plan is from being open, as its figures tell."""
    figures = written.get("figures", {})
    if "burden_minor" in figures:
        return int(figures["burden_minor"] - figures["ceiling_minor"])
    return -int(figures.get("maximum_minor", 0))


def _moment(written: str, tongue: Tongue, zone: tzinfo) -> str:
    """Day, hour and minute; the next minute where one has begun, so that whoever comes then is not too early."""
    at = datetime.fromisoformat(written)
    whole = at.replace(second=0, microsecond=0)
    local = (whole if whole == at else whole + timedelta(minutes=1)).astimezone(zone)
    clock = f"{local:%H:%M}"
    return (
        f"{tongue.day(local.date())} à {clock}" if tongue.language == "fr" else f"{clock} on {tongue.day(local.date())}"
    )
