"""The published tables of kinds and terms are those of the code, and every example in them is read."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from programme_texts import a_document

from cashback.offers.amounts import FileUnits
from cashback.offers.conditions.sums import Reckons, Repeats
from cashback.offers.conditions.visits import Status
from cashback.offers.effects.scale import Applies
from cashback.offers.limits import Measure, Over, Per
from cashback.offers.periods import Period
from cashback.offers.terms import CONDITIONS, REWARDS, Funder, Terms
from cashback.programme_file.document import OfferEntry
from cashback.programme_file.reading import from_plain
from cashback.programme_file.reference import EXAMPLES, TERMS, tables, written_into

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "programme-file.md").read_text()


def test_the_published_tables_are_current() -> None:
    assert written_into(DOCUMENT) == DOCUMENT
    assert all(f"<!-- table: {name} -->\n" in DOCUMENT for name in tables())
    assert written_into(DOCUMENT.replace("| `streak` |", "| `strike` |")) == DOCUMENT


def test_every_kind_and_every_term_has_its_example() -> None:
    assert list(EXAMPLES) == [*CONDITIONS, *REWARDS]
    assert set(TERMS) == set(OfferEntry.model_fields) - {"currency"}


@pytest.mark.parametrize("kind", [*CONDITIONS, *REWARDS])
def test_an_example_of_a_kind_is_read_as_it_stands(kind: str) -> None:
    written: dict[str, Any] = yaml.load(EXAMPLES[kind], Loader=yaml.BaseLoader)
    assert written.pop("kind") == kind
    assert set(written) <= set({**CONDITIONS, **REWARDS}[kind].model_fields)
    terms: dict[str, Any] = {"currency": "EUR", "reward": {"kind": "fixed", "asset": "PTS", "amount": "1"}}
    terms |= {"reward": {"kind": kind, **written}} if kind in REWARDS else {"conditions": [{"kind": kind, **written}]}
    assert Terms.model_validate(terms, context=FileUnits("EUR"))


def test_the_examples_of_terms_make_one_offer() -> None:
    text = "\n".join(example for example, _ in TERMS.values() if example)
    offer = yaml.load(text, Loader=yaml.BaseLoader)
    assert set(offer) == set(TERMS)
    file = from_plain(a_document(**{"offers.0": {**offer, "budget": "20000", "conditions": []}}))
    assert file.offers[0].code == "fifth-lunch"


@pytest.mark.parametrize("words", [Measure, Per, Period, Over, Repeats, Reckons, Status, Applies, Funder])
def test_every_word_that_a_field_may_hold_is_named(words: Any) -> None:
    assert [each.value for each in words if f"`{each.value}`" not in DOCUMENT] == []
