"""`cashback score` as people type it: a card is trained and shown, an application decided on, its record replayed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cashback.cli_score import score

SAMPLE = Path(__file__).parents[1] / "eligibility" / "data" / "credit_sample.csv"
HISTORY = {
    "visits_total": 60, "days_linked": 730, "months_linked": 24, "active_months_6": 6, "gap_variation_bps": 4000,
    "days_since_visit": 3, "visits_90d": 12, "distinct_shops": 8, "median_basket_minor": 6000,
    "median_month_minor": 40000, "lost_chargebacks": 0, "refund_excess_bps": 0, "instalments_due": 0,
    "instalments_on_time": 0, "worst_days_late_12m": 0, "months_since_late": None, "open_incident": False,
    "plans_completed": 0, "clean_plans": 0, "failed_authorisations": 0, "plans_active": 0, "in_arrears": False,
    "exposure_minor": 0, "open_monthly_minor": 0, "last_plan_at": None, "last_refusal_at": None,
}  # fmt: skip
NOW = "2026-12-01T10:00:00+00:00"
APPLICATION = {
    "decision_id": "dec-1",
    "shopper": "pseudonym-1",
    "as_of": NOW,
    "of_age": True,
    "country": "FR",
    "purchase": {
        "amount_minor": 12000, "currency": "EUR", "made_on": "2026-12-01", "supplied_on": "2026-12-01",
        "category": "5651", "online": False, "large_company": False,
    },
    "instrument": {"prepaid": False, "expires_on": "2029-01-31", "strong_authentication": True},
    "history": HISTORY,
    "told": [{"source": "purchases", "read_at": NOW}, {"source": "instalments", "read_at": NOW}],
    "plans": [{"id": "2x", "count": 2}],
}  # fmt: skip
TRAIN = ("--target", "Status", "--bad", "bad", "--group", "Age", "--group", "Marital", "--research")


def typed(*arguments: str | Path) -> Result:
    return CliRunner().invoke(score, [str(each) for each in arguments])


def test_a_card_is_trained_and_shown(tmp_path: Path) -> None:
    done = typed("train", SAMPLE, *TRAIN, "--id", "sample-1", "--out", tmp_path / "cards")
    assert done.exit_code == 0, done.output
    assert "AUC 0." in done.output
    assert sorted(path.name for path in (tmp_path / "cards").iterdir()) == [
        "sample-1.card.json",
        "sample-1.model.json",
        "sample-1.model.md",
    ]
    shown = typed("show", tmp_path / "cards" / "sample-1.card.json")
    assert shown.exit_code == 0, shown.output
    assert "research" in shown.output
    assert "Seniority (up)" in shown.output
    refused = typed("decide", write(tmp_path, APPLICATION), "--card", tmp_path / "cards" / "sample-1.card.json")
    assert refused.exit_code == 1
    assert "purpose shopping" in refused.output


def test_folds_print_an_interval_and_write_nothing(tmp_path: Path) -> None:
    done = typed("train", SAMPLE, *TRAIN, "--folds", "2", "--seeds", "1", "--out", tmp_path / "cards")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1].startswith("AUC 0.")
    assert not (tmp_path / "cards").exists()


def write(folder: Path, value: object) -> Path:
    path = folder / "application.json"
    path.write_text(json.dumps(value))
    return path


def test_the_shipped_card_says_what_it_is() -> None:
    english, french = typed("show"), typed("show", "--lang", "fr")
    assert "expert judgement" in english.output
    assert "jugement d'expert" in french.output
    assert "How you pay instalments: 380" in english.output


def test_a_decision_replays_and_a_changed_one_does_not(tmp_path: Path) -> None:
    decided = typed("decide", write(tmp_path, APPLICATION))
    assert decided.exit_code == 0, decided.output
    assert json.loads(decided.output)["outcome"] == "eligible"
    records = tmp_path / "records"
    records.write_text(decided.output * 3)
    assert typed("replay", records).output == "3 decided again, every byte the same\n"
    changed = decided.output.replace('"outcome":"eligible"', '"outcome":"refused"')
    records.write_text(decided.output + changed)
    refused = typed("replay", records)
    assert refused.exit_code == 1
    assert "line 2: the replay gives other bytes" in refused.output


@pytest.mark.parametrize(
    ("text", "named"),
    [("", "found none"), ("{}\n", "expected a decision record"), ("[1.5]\n", "whole numbers"), ("nonsense\n", "JSON")],
)
def test_what_is_no_record_is_said_in_a_sentence(tmp_path: Path, text: str, named: str) -> None:
    records = tmp_path / "records"
    records.write_text(text)
    refused = typed("replay", records)
    assert refused.exit_code == 1
    assert named in refused.output


def test_a_wrong_column_and_a_wrong_field_are_named(tmp_path: Path) -> None:
    refused = typed("train", SAMPLE, "--target", "Status", "--bad", "bad", "--research")
    assert refused.exit_code == 1
    assert "column Age: no card may look at it (age)" in refused.output
    told = typed("decide", write(tmp_path, {**APPLICATION, "country": 33}))
    assert told.exit_code == 1
    assert "application.country: expected a text" in told.output
