"""Two banks' files of each message, in two versions: what they say is read alike, and nothing of the other side is.

The files were written for these tests and hold nobody's data; each was found valid by the official schema of its
version (pain.002.001.10 by that of its successor .12).
"""

from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest

from cashback.iso20022.bank_statement import read_bank_statement
from cashback.iso20022.entries import Charge, Direction, Entry, Source, State
from cashback.iso20022.errors import FileRefused
from cashback.iso20022.reasons import OUTCOMES, REASONS, Outcome, outcome_of, reason_in
from cashback.iso20022.status_report import Level, TransferStatus, read_status_report

FILES = Path(__file__).with_name("files")
FIRST = date(2026, 12, 1)
E2E = "019aca0000007000800000000000"


def entries(name: str) -> list[Entry]:
    with (FILES / name).open("rb") as file:
        return list(read_bank_statement(file))


def moved(found: list[Entry]) -> int:
    return sum(each.amount_minor if each.direction is Direction.IN else -each.amount_minor for each in found)


def test_a_statement_of_the_first_bank() -> None:
    batch, returned, invoice, fee = entries("first_bank.camt.053.001.02.xml")
    assert batch == Entry(
        line=27, source=Source.STATEMENT, statement="REL-2026-334", account="FR7630006000011234567890189", entry=1,
        part=0, direction=Direction.OUT, amount_minor=30_00, currency="EUR", state=State.BOOKED, booked_on=FIRST,
        value_on=FIRST, reversal=False, code="PMNT.ICDT.ESCT", bank_ref="OPE0000001", message_ref="batch7",
        batch_ref="batch7", batch_count=3,
    )  # fmt: skip
    assert (returned.end_to_end, returned.return_reason, returned.batch_ref) == (f"{E2E}0012", "AC04", "batch6")
    assert (returned.direction, returned.amount_minor, returned.entry, returned.part) == (Direction.IN, 12_00, 2, 1)
    assert (invoice.end_to_end, invoice.return_reason) == (None, None)
    assert invoice.remittance == ("BOUTIQUE EXEMPLE FACTURE 2026-000042",)
    assert invoice.booked_on == FIRST
    assert (fee.code, fee.amount_minor, fee.direction, fee.part) == ("B1", 60, Direction.OUT, 0)


def test_a_statement_of_the_second_bank() -> None:
    *batch, returned, charge, announced = entries("second_bank.camt.053.001.08.xml")
    assert [(each.end_to_end, each.amount_minor, each.part) for each in batch] == [
        (f"{E2E}0020", 10_00, 1),
        (f"{E2E}0021", 15_00, 2),
        (f"{E2E}0022", 25_00, 3),
    ]
    assert {(each.batch_ref, each.batch_count, each.entry, each.direction) for each in batch} == {
        ("batch8", 3, 1, Direction.OUT)
    }
    assert (returned.end_to_end, returned.return_reason, returned.amount_minor) == (f"{E2E}0019", "MD07", 10_00)
    assert (returned.reversal, returned.code) == (True, "NRTI+159+00931")
    assert (charge.rest, charge.direction, charge.amount_minor, charge.part) == (True, Direction.OUT, 1_75, 2)
    assert charge.charges == (Charge(1_75, "EUR", Direction.OUT),)
    assert (charge.end_to_end, charge.return_reason, charge.reversal) == (None, None, False)
    assert (announced.state, announced.booked_on, announced.creditor_reference) == (
        State.PENDING,
        None,
        "RF18539007547034",
    )


def test_notifications_of_both_banks() -> None:
    first, second, charge = entries("first_bank.camt.054.001.02.xml")
    assert {each.source for each in (first, second, charge)} == {Source.NOTIFICATION}
    assert (first.end_to_end, first.return_reason, first.amount_minor) == (f"{E2E}0010", "AC01", 10_00)
    assert (second.end_to_end, second.return_reason) == (f"{E2E}0011", "RETURNED")
    assert (charge.rest, charge.amount_minor, moved([first, second, charge])) == (True, 1_50, 30_00)
    returned, abroad = entries("second_bank.camt.054.001.08.xml")
    assert (returned.end_to_end, returned.return_reason) == (f"{E2E}0018", "RETURNED")
    assert (abroad.part, abroad.amount_minor, abroad.currency) == (0, 46_00, "EUR")


def test_nothing_of_the_other_side_is_read() -> None:
    for name in ("first_bank.camt.053.001.02.xml", "second_bank.camt.053.001.08.xml"):
        said = " ".join(str([getattr(each, field) for field in each.__slots__]) for each in entries(name))
        assert not any(word in said for word in ("Exemple", "Beispiel", "FR142004", "DE021203"))


def test_status_reports_of_both_banks() -> None:
    group, batch, refused, taken = read_status_report((FILES / "first_bank.pain.002.001.03.xml").read_bytes())
    assert (group.level, group.status, group.outcome, group.batch_id) == (Level.GROUP, "PART", Outcome.PARTLY, None)
    assert (batch.level, batch.batch_id, batch.outcome) == (Level.BATCH, "batch7", Outcome.PARTLY)
    assert refused == TransferStatus(
        line=16, level=Level.TRANSACTION, report="ARA-0001", file_id="batch7", batch_id="batch7",
        end_to_end=f"{E2E}0007", status="RJCT", outcome=Outcome.REJECTED, reasons=("AC01",), amount_minor=12_00,
        currency="EUR",
    )  # fmt: skip
    assert (taken.outcome, taken.reasons, taken.end_to_end) == (Outcome.ACCEPTED, (), f"{E2E}0008")
    whole, one = read_status_report((FILES / "second_bank.pain.002.001.10.xml").read_bytes())
    assert (whole.level, whole.outcome, whole.reasons, whole.file_id) == (
        Level.BATCH,
        Outcome.REJECTED,
        ("AM04",),
        "batch8",
    )
    assert (one.status, one.reasons, one.end_to_end) == ("RJCT", ("Z99",), f"{E2E}0020")


REPORT = (
    "<Document><CstmrPmtStsRpt><GrpHdr><MsgId>r</MsgId></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>f</OrgnlMsgId>"
    "<GrpSts>{status}</GrpSts></OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>"
)


@pytest.mark.parametrize(("status", "outcome"), [*OUTCOMES.items(), ("XXXX", Outcome.UNKNOWN)])
def test_a_file_answered_as_a_whole_gives_one_status(status: str, outcome: Outcome) -> None:
    (told,) = read_status_report(REPORT.format(status=status).encode())
    assert (told.level, told.file_id, told.status, told.outcome) == (Level.GROUP, "f", status, outcome)
    assert outcome_of(status) is outcome


def test_reasons_are_said_in_two_languages_and_an_unknown_code_as_it_is() -> None:
    assert reason_in("fr", "AC04") == "Le compte est clos"
    assert reason_in("en", "AC04") == "The account is closed"
    assert reason_in("fr", "Z99") == "Z99"
    assert all(english and french for english, french in REASONS.values())
    assert {"AC01", "AC04", "AM04", "MD07", "MS03"} <= REASONS.keys()


def first_statement() -> bytes:
    return (FILES / "first_bank.camt.053.001.02.xml").read_bytes()


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        (b"1181.40", b"1181.41", "line 9: Stmt: expected the closing balance of 118141 minor units, got 118140"),
        (b">4</NbOfNtries>", b">5</NbOfNtries>", "Stmt: expected 5 entries as TxsSummry announces, got 4"),
        (b'EUR">30.00<', b'EUR">30.001<', "EUR has 2 decimals"),
        (b'EUR">30.00<', b'EUR">-30.00<', "expected an amount in digits, without sign, such as 12.50, got '-30.00'"),
        (b'EUR">30.00<', b'EUR">3e1<', "expected an amount in digits"),
        (b'EUR">30.00<', b'EUR">3_0<', "expected an amount in digits"),
        (b'Ccy="EUR">30.00<', b'Ccy="XXQ">30.00<', "expected an ISO 4217 code"),
        (b">BOOK<", b">MAYBE<", "Sts: expected one of BOOK, PDNG, INFO, FUTR, got 'MAYBE'"),
        (b"<CdtDbtInd>DBIT</CdtDbtInd>", b"", "CdtDbtInd: expected CRDT or DBIT, got ''"),
        (b"<Dt>2026-12-01</Dt></BookgDt>", b"<Dt>01/12/2026</Dt></BookgDt>", "expected a date such as 2026-11-30"),
        (b"<Id>REL-2026-334</Id>", b"", "expected an Id"),
        (b"BkToCstmrStmt>", b"BkToCstmrAcctRpt>", "expected a statement or a notification"),
    ],
)
def test_a_statement_that_does_not_agree_with_itself_is_refused_with_its_line(
    good: bytes, bad: bytes, said: str
) -> None:
    assert good in first_statement()
    with pytest.raises(FileRefused) as refused:
        list(read_bank_statement(BytesIO(first_statement().replace(good, bad))))
    assert said in str(refused.value)


def test_a_page_of_several_is_not_asked_to_add_up() -> None:
    page = first_statement().replace(b"<LastPgInd>true", b"<LastPgInd>false").replace(b"1181.40", b"9999.99")
    assert {each.statement for each in read_bank_statement(BytesIO(page))} == {"REL-2026-334/p1"}
    second = page.replace(b"<PgNb>1", b"<PgNb>2").replace(b"<LastPgInd>false", b"<LastPgInd>true")
    assert {each.statement for each in read_bank_statement(BytesIO(second))} == {"REL-2026-334/p2"}
    newer = (FILES / "second_bank.camt.053.001.08.xml").read_bytes()
    assert {each.statement for each in read_bank_statement(BytesIO(newer))} == {"0352026120200001"}
    newer = newer.replace(b"<ns2:PgNb>1", b"<ns2:PgNb>3").replace(b">91.75<", b">1.00<")
    assert {each.statement for each in read_bank_statement(BytesIO(newer))} == {"0352026120200001/p3"}


def test_statements_of_one_id_are_told_apart_by_what_the_bank_counts() -> None:
    always = first_statement().replace(b"<Id>REL-2026-334</Id>", b"<Id>RELEVE</Id>")
    assert {each.statement for each in read_bank_statement(BytesIO(always))} == {"RELEVE/334"}


def test_the_number_of_an_account_is_not_taken_for_the_id_of_a_statement() -> None:
    notice = (FILES / "first_bank.camt.054.001.02.xml").read_bytes().replace(b"<Id>AVIS-1</Id>", b"")
    with pytest.raises(FileRefused, match="expected an Id, and an Acct with its number"):
        list(read_bank_statement(BytesIO(notice)))


def test_a_transaction_without_amount_among_others_is_refused_and_alone_is_the_entry() -> None:
    notice = (FILES / "second_bank.camt.054.001.08.xml").read_bytes()
    alone = notice.replace(b'            <Amt Ccy="EUR">7.00</Amt>\n', b"")
    assert alone != notice
    assert [replace(each, line=0) for each in read_bank_statement(BytesIO(alone))] == [
        replace(each, line=0) for each in read_bank_statement(BytesIO(notice))
    ]
    others = first_statement().replace(
        b"</TxDtls>", b"</TxDtls><TxDtls><Refs><EndToEndId>2</EndToEndId></Refs></TxDtls>"
    )
    with pytest.raises(FileRefused, match="TxDtls: expected an amount in EUR, as the one before it has"):
        list(read_bank_statement(BytesIO(others)))
