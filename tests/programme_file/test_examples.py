"""The published examples are valid, and the published schema is the one of the code."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from programme_texts import a_document

from cashback.offers.conditions.spend import MinimumSpend
from cashback.programme_file.reading import UnreadableProgramme, from_plain, parse
from cashback.programme_file.schema import json_schema, text
from cashback.programme_file.service import dump

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def test_the_published_schema_is_current() -> None:
    assert (ROOT / "docs" / "programme.schema.json").read_text() == text()


def test_there_are_the_four_examples() -> None:
    assert [path.stem for path in EXAMPLES] == ["mi-rewards", "percent-centre", "westfield-club", "westfield-poland"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_read_by_us_and_valid_for_every_other_reader(path: Path) -> None:
    file = parse(path.read_text(), path.name)
    assert parse(dump(file)) == file
    for written in (path.read_text(), dump(file)):
        document = json.loads(json.dumps(yaml.safe_load(written), default=str))
        assert [error.message for error in VALIDATOR.iter_errors(document)] == []


@pytest.mark.parametrize(
    ("example", "asset", "threshold", "into", "amount", "limit"),
    [
        ("westfield-club", "PTS", 100, "EUR", 10_00, None),
        ("westfield-poland", "PTS", 300, "PLN", 30_00, 5),
        ("mi-rewards", "PTS", 1000, "GIFTCARD:GBP", 10_00, None),
    ],
)
def test_points_become_what_the_terms_promise(
    example: str, asset: str, threshold: int, into: str, amount: int, limit: int | None
) -> None:
    file = parse((ROOT / "examples" / f"{example}.yaml").read_text())
    (rule,) = (each.conversion for each in file.assets if each.code == asset)
    assert rule is not None
    assert (rule.threshold, rule.into, rule.amount, rule.yearly_limit) == (threshold, into, amount, limit)


@pytest.mark.parametrize(
    ("example", "points", "minimum"), [("westfield-club", 10, 10_00), ("westfield-poland", 30, 30_00)]
)
def test_points_per_purchase_from_a_minimum(example: str, points: int, minimum: int) -> None:
    (offer,) = parse((ROOT / "examples" / f"{example}.yaml").read_text()).offers
    assert offer.reward.model_dump(exclude_none=True) == {"kind": "fixed", "asset": "PTS", "amount": points}
    assert [condition.amount for condition in offer.conditions if isinstance(condition, MinimumSpend)] == [minimum]


@pytest.mark.parametrize(
    "changes",
    [
        {"offers.0.rewards": {}},
        {"offers.0.reward.kind": "percnt"},
        {"offers.0.hold_days": -1},
        {"shops.0.category": "59"},
        {"shops.0.identifiers.0.value": 123},
        {"offers.0.conditions.0.amount": 20.5},
        {"centres": []},
    ],
)
def test_the_schema_refuses_what_we_refuse(changes: dict[str, object]) -> None:
    assert VALIDATOR.is_valid(a_document())
    assert not VALIDATOR.is_valid(a_document(**changes))


WHERE_AND_WHEN: list[dict[str, object]] = [
    {"kind": "brands", "brands": ["Inditex", "Fnac"]},
    {"kind": "floors", "floors": ["1"]},
    {"kind": "areas", "areas": ["food court"]},
    {"kind": "networks", "networks": ["fidel", "sandbox"]},
    {"kind": "channel", "channel": "in_store"},
    {"kind": "weekdays", "weekdays": ["fri", "sat"]},
    {"kind": "hours", "ranges": [{"from": "17:00", "to": "24:00"}, {"from": "00:00", "to": "02:00"}]},
    {"kind": "not_on", "days": ["2026-12-24", "2026-12-25"]},
]


def test_places_and_times_are_written_back_as_they_were_read() -> None:
    document = a_document(**{"shops.0.area": "food court", "offers.0.conditions": WHERE_AND_WHEN})
    file = from_plain(document)
    assert VALIDATOR.is_valid(document)
    assert file.plain()["offers"][0]["conditions"] == WHERE_AND_WHEN
    assert parse(dump(file)) == file
    # Other readers of YAML take 17:00 for a number of base 60: what is written is quoted.
    assert yaml.safe_load(dump(file))["offers"][0]["conditions"][6] == WHERE_AND_WHEN[6]
    assert file.offers[0].terms().stored()["conditions"] == WHERE_AND_WHEN


@pytest.mark.parametrize(
    "condition",
    [
        {"kind": "brands", "brands": []},
        {"kind": "floors", "floors": [""]},
        {"kind": "channel", "channel": "web"},
        {"kind": "weekdays", "weekdays": ["friday"]},
        {"kind": "weekdays", "weekdays": []},
        {"kind": "hours", "ranges": []},
        {"kind": "hours", "ranges": [{"from": "24:00", "to": "02:00"}]},
        {"kind": "hours", "ranges": [{"from": "17:00", "to": "24:30"}]},
        {"kind": "hours", "ranges": [{"from": "17:00"}]},
        {"kind": "not_on", "days": []},
    ],
)
def test_the_schema_refuses_places_and_times_that_we_refuse(condition: dict[str, object]) -> None:
    document = a_document(**{"offers.0.conditions.0": condition})
    assert not VALIDATOR.is_valid(document)
    with pytest.raises(UnreadableProgramme):
        from_plain(document)
