"""What is told of a decision: a refusal always says what can be done, or that nothing can."""

import json
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
from applications import a_rulebook, drawn
from hypothesis import given, settings
from hypothesis import strategies as st

from cashback.decisions.answers import NOTHING_TO_DO, Around, answer_of, blocks_of
from cashback.decisions.conduct import load_conduct, shipped_conduct_bytes
from cashback.decisions.schemas import Answered, Decided
from cashback.decisions.sheets import sheet_of, told
from cashback.offers.wording import Tongue
from eligibility import Decision, Document, Outcome, Rulebook, decide

RULEBOOK: Rulebook = a_rulebook()
AROUND = Around(RULEBOOK, load_conduct(shipped_conduct_bytes()), "cafe", "Café", "Lender SA")


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


@pytest.mark.parametrize("plan", ["9x", ""])
def test_of_no_plan_there_is_no_sheet(plan: str) -> None:
    assert sheet_of(decide(RULEBOOK, drawn(Random(3), 3)).record, plan, AROUND) is None
