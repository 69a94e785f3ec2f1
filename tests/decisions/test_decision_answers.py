"""What is told of a decision: a refusal always says what can be done, or that nothing can."""

import json
import re
from datetime import timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from applications import a_rulebook, drawn
from hypothesis import given, settings
from hypothesis import strategies as st

from cashback.decisions.answers import Around, answer_of, blocks_of
from cashback.decisions.conduct import load_conduct, shipped_conduct_bytes
from cashback.decisions.schemas import Answered, Decided
from cashback.decisions.sheets import sheet_lines, sheet_of, told
from cashback.decisions.telling import FICP_MISSING, IMPROVE, NOTHING_TO_DO, reason_told, reasons_of
from cashback.offers.wording import Tongue
from eligibility import Decision, Document, Outcome, Rulebook, decide

RULEBOOK: Rulebook = a_rulebook()
AROUND = Around(RULEBOOK, load_conduct(shipped_conduct_bytes()), "cafe", "Café", "Lender SA", ZoneInfo("Europe/Paris"))
RAW = re.compile(r"\d{4}-\d{2}|\d EUR|\d\.\d\d [A-Z%]")
"""What only a machine reads."""


def answered(decision: Decision, *, discovery: bool) -> Answered:
    value = json.loads(decision.record)["application"]
    at = decision.expires_at - timedelta(minutes=30)
    decided = Decided(
        UUID(int=1), UUID(int=2), "k", b"", at, decision.outcome.value, decision.expires_at,
        value["purchase"]["amount_minor"], "EUR", UUID(int=3), None, UUID(int=4), discovery,
        None if decision.score is None else decision.score.value,
        "none" if decision.score is None else decision.score.band, False, None,
    )  # fmt: skip
    return Answered(decided, decision.record)


@settings(max_examples=150)
@given(st.integers(0, 10**9), st.booleans())
def test_a_refusal_always_says_what_can_be_done_or_that_nothing_can(seed: int, discovery: bool) -> None:
    decision = decide(RULEBOOK, drawn(Random(seed), seed))
    told = answer_of(answered(decision, discovery=discovery), AROUND)
    json.dumps(told)
    if decision.outcome is Outcome.ELIGIBLE:
        assert told["reasons"] == []
        assert any(plan["eligible"] for plan in told["plans"])
        return
    codes = [each["code"] for each in told["reasons"]]
    assert any(each["actionable"] for each in told["reasons"]) != (NOTHING_TO_DO in codes)
    assert len(set(map(json.dumps, told["reasons"]))) == len(told["reasons"])
    assert all(each["text_fr"] and each["text_en"] for each in told["reasons"])
    history = json.loads(decision.record)["application"]["history"]
    against = {plan["id"]: [each["code"] for each in plan["reasons"]] for plan in told["plans"]}
    for each in told["reasons"]:
        assert not RAW.search(each["text_fr"] + each["text_en"])
        assert discovery or all(each["code"] in [*against[plan], NOTHING_TO_DO] for plan in each["plans"])
        assert history["plans_active"] or "instalments on time" not in each["text_en"]
    assert [each for each in codes if each != IMPROVE] == list(dict.fromkeys(each for each in codes if each != IMPROVE))
    for said in against.values():
        assert FICP_MISSING not in said or set(said) <= {FICP_MISSING, NOTHING_TO_DO, IMPROVE}
    assert "Point Conseil Budget" in told["notice"]["fr"]
    for plan in told["plans"]:
        said = [each["code"] for each in plan["reasons"]]
        assert any(each["actionable"] for each in plan["reasons"]) or NOTHING_TO_DO in said
        assert plan["eligible"] or not discovery or plan["counter_offers"]


@settings(max_examples=60)
@given(st.integers(0, 10**9))
def test_parts_points_and_sheets_agree_with_what_decided(seed: int) -> None:
    decision = decide(RULEBOOK, drawn(Random(seed), seed))
    told = answer_of(answered(decision, discovery=False), AROUND)
    value = json.loads(decision.record)
    for plan in told["plans"]:
        if plan["schedule"]:
            amount = told["amount_minor"] + plan["total_cost_minor"]
            assert sum(each["total_minor"] for each in plan["schedule"]) == amount
            sheet = sheet_of(decision.record, plan["id"], AROUND)
            assert sheet is not None
            lines = {each.code: each.value for each in sheet.lines}
            assert (lines["price"], lines["total"]) == (told["amount_minor"], amount)
            lender = {"merchant": "Café", "partner": "Lender SA"}[plan["lender_of_record"]]
            assert lines.get("lender", lender) == lender
        else:
            assert plan["information_sheet"] is None
    blocks = blocks_of(value, RULEBOOK)
    if decision.score is None:
        assert (blocks, told["score"]["value"]) == ([], None)
        assert told["score"]["missing"]
    else:
        total = RULEBOOK.card.written.base + sum(each["points"] for each in blocks)
        assert told["score"]["value"] == max(0, min(1000, total))
        assert all(each["points"] <= each["maximum"] for each in blocks)


def test_a_sheet_is_said_in_one_language_without_a_word_of_the_other() -> None:
    sheets = [
        found
        for record in (decide(RULEBOOK, drawn(Random(seed), seed)).record for seed in range(200))
        for plan in json.loads(record)["plans"]
        if (found := sheet_of(record, plan["id"], AROUND)) is not None
    ]
    assert {each.document for each in sheets} == set(Document)
    for sheet in sheets:
        said = {language: told(sheet, Tongue(language)) for language in ("en", "fr")}
        for english, french in zip(said["en"], said["fr"], strict=True):
            assert english[0] != french[0]
            assert english[1] != french[1] or not set(english[1].split()) & {"free", "instalments", "days"}
        assert not any("-" in label and label[-1].isdigit() for label, _ in said["fr"])
        assert not any(RAW.search(each["en"] + each["fr"]) for each in sheet_lines(sheet)["lines"])


SAID = {
    "wait_after_refusal": (
        {"until": "2026-12-01T11:49:22.660502+00:00"},
        "You asked a short while ago: ask again after 12:50 on 1 Dec 2026.",
        "Demande récente : revenez après le 1er déc. 2026 à 12:50.",
    ),
    "over_means": (
        {"burden_minor": 123_456, "ceiling_minor": 90_00},
        "It asks €1,234.56 a month; €90.00 is the most for you. Try a lower amount or a longer plan.",
        "Il demande 1\u202f234,56\xa0€ par mois, au plus 90,00\xa0€ pour vous. Essayez moins, ou un plan plus long.",
    ),
}


@pytest.mark.parametrize("code", SAID)
def test_figures_are_written_as_people_read_them(code: str) -> None:
    figures, english, french = SAID[code]
    told = reason_told({"code": code, "figures": figures}, "EUR", AROUND.zone)
    assert (told["text_en"], told["text_fr"]) == (english, french)


def test_a_reason_of_several_plans_is_told_once_and_names_them() -> None:
    def over(plan: str, burden: int) -> dict[str, object]:
        figures = {"burden_minor": burden, "ceiling_minor": 50_00}
        lender = {"code": FICP_MISSING}
        return {"id": plan, "reasons": [{"code": "over_means", "figures": figures}, lender]}

    application = {"purchase": {"currency": "EUR"}, "history": {"plans_active": 0}}
    value = {"application": application, "plans": [over("3x", 90_00), over("10x", 60_00), over("4x", 80_00)]}
    (told,) = reasons_of(value, AROUND.zone)
    assert (told["code"], told["plans"]) == ("over_means", ["3x", "10x", "4x"])
    assert "€60.00" in told["text_en"]


@pytest.mark.parametrize("plan", ["9x", ""])
def test_of_no_plan_there_is_no_sheet(plan: str) -> None:
    assert sheet_of(decide(RULEBOOK, drawn(Random(3), 3)).record, plan, AROUND) is None
