"""What is kept of a bank's entry, and one telling of a movement that a bank told several times."""

from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest

from cashback.iso20022.bank_statement import read_bank_statement
from cashback.iso20022.entries import Direction
from cashback.reconciliation.movements import Movement, of_entry, one_telling, references_in

OPERATOR = UUID(int=1)
FILES = Path(__file__).parents[1] / "iso20022" / "files"
FIRST, SECOND = date(2026, 12, 1), date(2026, 12, 2)


def kept(name: str) -> list[Movement]:
    return [of_entry(OPERATOR, each) for each in read_bank_statement(BytesIO((FILES / name).read_bytes()))]


TOTAL = kept("first_bank.camt.053.001.02.xml")[0]
ONE = replace(
    TOTAL, source="camt.054", statement="n1", part=1, amount_minor=10_00, end_to_end="a", bank_ref="OPE0000001"
)
TWO = replace(ONE, part=2, amount_minor=20_00, end_to_end="b")


def told(*movements: Movement) -> list[tuple[str, int, str | None]]:
    return [(one.ref, one.amount_minor, one.end_to_end) for one in one_telling(movements)]


def test_what_is_kept_names_the_account_by_its_last_four_and_of_the_words_what_looks_like_a_reference() -> None:
    assert TOTAL.ref == "camt.053/0189/REL-2026-334/1.0"
    assert "3000600001" not in str(TOTAL)
    invoice = kept("first_bank.camt.053.001.02.xml")[2]
    assert invoice.references == ("2026-000042",)
    assert "BOUTIQUE" not in str(invoice)
    assert (invoice.batch_ref, invoice.charge) == (None, False)
    charge = kept("second_bank.camt.053.001.08.xml")[4]
    assert (charge.charge, charge.amount_minor, charge.direction) == (True, 1_75, Direction.OUT)


def test_names_that_somebody_else_chose_are_digested_and_ours_are_kept() -> None:
    entry = next(read_bank_statement(BytesIO((FILES / "second_bank.camt.053.001.08.xml").read_bytes())))
    assert of_entry(OPERATOR, entry).end_to_end == entry.end_to_end
    rent = of_entry(OPERATOR, replace(entry, end_to_end="LOYER DUPONT", batch_ref="PAIE MARTIN"))
    again = of_entry(OPERATOR, replace(entry, end_to_end="LOYER DUPONT", batch_ref="PAIE MARTIN"))
    assert rent == again
    assert "DUPONT" not in str(rent)
    assert "MARTIN" not in str(rent)
    assert of_entry(UUID(int=2), replace(entry, end_to_end="LOYER DUPONT")).end_to_end != rent.end_to_end


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Facture 2026-000042, merci", ("2026-000042",)),
        ("FA2026 000042 moins CN-2026-000007", ("2026 000042", "CN-2026-000007")),
        ("RF18539007547034", ("RF18539007547034",)),
        ("019aca0000007000800000000000000a po_1AbcDef", ("019aca0000007000800000000000000a", "po_1AbcDef")),
        ("Camille Exemple 06 12 34 56 78, 3 rue de la Paix, le 01/12/2026", ()),
        ("2026-000042 2026-000042", ("2026-000042",)),
    ],
)
def test_references_are_found_among_words_and_nothing_else(text: str, found: tuple[str, ...]) -> None:
    assert references_in(text) == found


def test_a_notification_tells_the_payments_of_a_line_that_names_none() -> None:
    details = [("camt.054/0189/n1/1.1", 10_00, "a"), ("camt.054/0189/n1/1.2", 20_00, "b")]
    assert told(TOTAL, ONE, TWO) == details
    unnamed = [replace(each, bank_ref=None) for each in (TOTAL, ONE, TWO)]
    assert told(*unnamed) == details
    assert told(TOTAL, ONE) == [(TOTAL.ref, 30_00, None)]
    assert told(TOTAL, replace(ONE, amount_minor=30_00, part=0, end_to_end=None)) == [(TOTAL.ref, 30_00, None)]


def test_a_notification_counts_until_a_statement_covers_its_day() -> None:
    early = replace(ONE, booked_on=SECOND, bank_ref="x")
    assert told(TOTAL, early) == [(TOTAL.ref, 30_00, None), (early.ref, 10_00, "a")]
    later = replace(TOTAL, statement="REL-335", booked_on=SECOND, bank_ref="y", batch_ref=None)
    assert told(TOTAL, early, later) == [(TOTAL.ref, 30_00, None), (later.ref, 30_00, None)]
    assert told(replace(early, account="another"), TOTAL)[1][1:] == (10_00, "a")


def test_notifications_that_repeat_each_other_count_once_and_equal_payments_of_one_twice() -> None:
    again = replace(ONE, statement="n2", entry=7)
    assert told(ONE, again) == [(ONE.ref, 10_00, "a")]
    twins = [replace(ONE, end_to_end=None), replace(ONE, part=2, end_to_end=None)]
    assert len(told(*twins)) == 2


def test_what_is_not_booked_is_not_compared() -> None:
    pending = kept("second_bank.camt.053.001.08.xml")[5]
    assert not pending.booked
    assert told(pending, replace(TOTAL, booked_on=None), replace(TOTAL, amount_minor=0)) == []


def test_accounts_that_end_alike_are_told_apart() -> None:
    found = told(TOTAL, replace(TOTAL, account="another"))
    assert [ref for ref, _, _ in found] == [TOTAL.ref, f"{TOTAL.ref}~2"]
