"""Letters come out when they are due, and survive in a file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cashback.simulator.agenda import Agenda
from cashback.simulator.dialects import Letter

AT = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)


def a_letter(seconds: int = 0, *, event: str = "", body: bytes = '{"name": "Café"}'.encode()) -> Letter:
    return Letter(AT + timedelta(seconds=seconds), "fidel", event, body)


def test_letters_come_out_in_the_order_in_which_they_are_due() -> None:
    agenda = Agenda([a_letter(3), a_letter(1)])
    agenda.add([a_letter(2), a_letter(9)])
    taken = [agenda.take_due(AT + timedelta(seconds=5)) for _ in range(4)]
    assert taken == [a_letter(1), a_letter(2), a_letter(3), None]
    assert len(agenda) == 1


def test_a_file_keeps_what_is_still_to_be_sent(tmp_path: Path) -> None:
    path = tmp_path / "unsent.jsonl"
    kept = [a_letter(2, event="transaction.auth"), a_letter(1), a_letter(1, body=b'{"amount": 12.50, "n": "\\n"}')]
    Agenda(kept).save(path)
    read = Agenda.load(path)
    assert [read.take_due(AT + timedelta(days=1)) for _ in range(4)] == [*sorted(kept), None]
    Agenda().save(path)
    assert len(Agenda.load(path)) == 0


def test_without_a_file_nothing_waits(tmp_path: Path) -> None:
    assert len(Agenda.load(tmp_path / "none.jsonl")) == 0
