"""pain.001: what is written is valid by the official schema, says what was asked, and refuses what no bank takes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from sepaxml import SepaTransfer

from cashback.iso20022.credit_transfer import CHUNK_BYTES, MESSAGE, Debtor, Payment, write
from cashback.iso20022.errors import NotWritable
from cashback.iso20022.schema import checked, schema_of

NOW = datetime(2026, 11, 29, 18, 30, tzinfo=UTC)
MONDAY = date(2026, 11, 30)
DEBTOR = Debtor("Quai Réunis & Fils", "FR76 3000 6000 0112 3456 7890 189", "AGRIFRPP")
FRENCH, GERMAN = "FR1420041010050500013M02606", "DE89370400440532013000"
ANNA = Payment("019aca00000070008000000000000001", "Anna Müller", FRENCH, 10_00, remittance="Cashback Quai")
BO = Payment("019aca00000070008000000000000002", "Bo Œrsted", GERMAN, 5, bic="COBADEFFXXX")
SPACE = {"p": f"urn:iso:std:iso:20022:tech:xsd:{MESSAGE}"}


def written(*payments: Payment, **more: Any) -> bytes:
    return b"".join(write("batch1", NOW, DEBTOR, MONDAY, payments, **more))


def texts(document: bytes, path: str) -> list[str]:
    found = etree.fromstring(document).xpath(path, namespaces=SPACE)
    assert isinstance(found, list)
    return [str(each.text) for each in found if isinstance(each, etree._Element)]


def leaves(document: bytes) -> list[tuple[str, str, str | None]]:
    """Every element with a text: its path by names, the text, its currency."""
    root = etree.fromstring(document)
    told = []
    for element in root.iter():
        if not len(element):
            names = [etree.QName(each).localname for each in (*reversed(list(element.iterancestors())), element)]
            told.append(("/".join(names), element.text or "", element.get("Ccy")))
    return told


def test_a_file_is_valid_by_the_official_schema_and_says_what_was_asked() -> None:
    document = written(ANNA, BO, replace(ANNA, end_to_end="3", remittance="", creditor_reference="RF18539007547034"))
    assert schema_of(MESSAGE).validate(etree.fromstring(document))
    assert texts(document, "//p:NbOfTxs") == ["3", "3"]
    assert texts(document, "//p:CtrlSum") == ["20.05", "20.05"]
    assert texts(document, "//p:MsgId | //p:PmtInfId") == ["batch1", "batch1"]
    assert texts(document, "//p:CreDtTm") == ["2026-11-29T18:30:00Z"]
    assert texts(document, "//p:ReqdExctnDt/p:Dt") == ["2026-11-30"]
    assert texts(document, "//p:EndToEndId") == [ANNA.end_to_end, BO.end_to_end, "3"]
    assert texts(document, "//p:InstdAmt") == ["10.00", "0.05", "10.00"]
    assert texts(document, "//p:Cdtr/p:Nm") == ["Anna Muller", "Bo Oersted", "Anna Muller"]
    assert texts(document, "//p:CdtrAcct//p:IBAN") == [FRENCH, GERMAN, FRENCH]
    assert texts(document, "//p:Dbtr/p:Nm | //p:DbtrAcct//p:IBAN") == [
        "Quai Reunis + Fils",
        "FR7630006000011234567890189",
    ]
    assert texts(document, "//p:Ustrd | //p:Ref") == ["Cashback Quai", "RF18539007547034"]


def test_a_bank_that_is_not_told_and_single_bookings_are_said_as_the_scheme_says_them() -> None:
    document = b"".join(write("f", NOW, replace(DEBTOR, bic=None), MONDAY, [ANNA], batch_booking=False))
    assert texts(document, "//p:DbtrAgt//p:Id") == ["NOTPROVIDED"]
    assert texts(document, "//p:BtchBookg") == ["false"]


def test_the_same_payments_written_by_another_library_are_the_same_elements() -> None:
    payments = [replace(ANNA, bic="PSSTFRPPXXX"), replace(BO, name="Bo Orsted", remittance="Merci")]
    other = SepaTransfer(
        {"name": "Quai", "IBAN": GERMAN, "BIC": "COBADEFFXXX", "batch": True, "currency": "EUR", "msg_id": "f"},
        schema=MESSAGE,
        clean=True,
    )
    for each in payments:
        other.add_payment({
            "name": each.name, "IBAN": each.iban, "BIC": each.bic, "amount": each.amount_minor,
            "execution_date": MONDAY, "description": each.remittance, "endtoend_id": each.end_to_end,
        })  # fmt: skip
    ours = b"".join(write("f", NOW, Debtor("Quai", GERMAN, "COBADEFFXXX"), MONDAY, payments))

    def without_names(document: bytes) -> list[tuple[str, str, str | None]]:
        return [each for each in leaves(document) if each[0].split("/")[-1] not in ("CreDtTm", "PmtInfId", "MsgId")]

    assert without_names(ours) == without_names(other.export(validate=False))


def test_the_same_arguments_write_the_same_bytes_in_chunks() -> None:
    many = [replace(ANNA, end_to_end=f"{number}") for number in range(2_000)]
    chunks = list(write("f", NOW, DEBTOR, MONDAY, many))
    assert len(chunks) > 5
    assert max(map(len, chunks)) < 2 * CHUNK_BYTES
    assert b"".join(chunks) == b"".join(write("f", NOW, DEBTOR, MONDAY, many))
    assert texts(b"".join(chunks), "//p:GrpHdr/p:CtrlSum") == ["20000.00"]


REFUSED = [
    (replace(ANNA, end_to_end=""), "end-to-end id of 1 to 35"),
    (replace(ANNA, end_to_end="pay_1"), "end-to-end id of 1 to 35"),
    (replace(ANNA, end_to_end="/1"), "end-to-end id of 1 to 35"),
    (replace(ANNA, end_to_end="1//2"), "end-to-end id of 1 to 35"),
    (replace(ANNA, end_to_end="1/"), "end-to-end id of 1 to 35"),
    (replace(ANNA, end_to_end="x" * 36), "end-to-end id of 1 to 35"),
    (replace(ANNA, amount_minor=0), "1 to 99999999999 cents, got 0"),
    (replace(ANNA, amount_minor=100_000_000_000), "1 to 99999999999 cents"),
    (replace(ANNA, currency="PLN"), "expected EUR, got 'PLN'"),
    (replace(ANNA, name="\u200b"), "name that can be written in Latin letters"),
    (replace(ANNA, iban="FR1420041010050500013M02607"), "check digits"),
    (replace(ANNA, iban="BR9700360305000010009795493P1"), "country of SEPA"),
    (replace(ANNA, bic="NOBANK"), "BIC: expected eight or eleven"),
    (replace(ANNA, creditor_reference="RF18539007547034"), "a remittance or a creditor reference, got both"),
    (replace(ANNA, remittance="", creditor_reference="RF19539007547034"), "ISO 11649"),
    (replace(ANNA, remittance="", creditor_reference="RF18 5390"), "ISO 11649"),
]


@pytest.mark.parametrize(("payment", "said"), REFUSED)
def test_what_no_bank_takes_is_refused_by_number_and_without_personal_data(payment: Payment, said: str) -> None:
    with pytest.raises(NotWritable) as refused:
        write("f", NOW, DEBTOR, MONDAY, [replace(ANNA, end_to_end="other"), payment])
    assert len(refused.value.problems) == 1
    assert refused.value.problems[0].startswith("payment 2: ")
    assert said in refused.value.problems[0]
    assert payment.iban not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"file_id": "a_b"}, "file: expected an id"),
        ({"created_at": datetime(2026, 11, 29)}, "file: expected an instant with its zone"),  # noqa: DTZ001
        ({"execution_date": date(2026, 12, 25)}, "file: expected a day on which TARGET is open, got 2026-12-25"),
        ({"payments": []}, "file: expected 1 to 500000 payments, got 0"),
        ({"debtor": replace(DEBTOR, iban="FR76")}, "debtor: IBAN"),
        ({"payments": [ANNA, replace(BO, end_to_end=ANNA.end_to_end)]}, "stands in the file already"),
    ],
)
def test_a_file_that_cannot_be_is_refused_before_its_first_byte(change: dict[str, Any], said: str) -> None:
    told: dict[str, Any] = {"file_id": "f", "created_at": NOW, "debtor": DEBTOR, "execution_date": MONDAY}
    with pytest.raises(NotWritable, match=r"expected|already") as refused:
        write(**{**told, "payments": [ANNA], **change})
    assert said in str(refused.value)


def test_of_many_problems_the_first_are_told_and_the_others_counted() -> None:
    with pytest.raises(NotWritable) as refused:
        write("f", NOW, DEBTOR, MONDAY, [replace(ANNA, end_to_end=f"{n}", amount_minor=0) for n in range(50)])
    assert refused.value.problems[-1] == "and 30 more"
    assert len(refused.value.problems) == 21


@pytest.mark.parametrize(
    ("good", "bad", "element"),
    [
        (b"<ChrgBr>SLEV</ChrgBr>", b"<ChrgBr>FREE</ChrgBr>", "ChrgBr"),
        (b'Ccy="EUR">10.00<', b'Ccy="EUR">ten<', "InstdAmt"),
        (b"<EndToEndId>", b"<EndToEndId>" + b"x" * 35, "EndToEndId"),
        (b"<PmtMtd>TRF</PmtMtd>", b"", "BtchBookg"),
        (b"</PmtInf></CstmrCdtTrfInitn></Document>", b"", "the file"),
    ],
)
def test_a_document_that_is_not_valid_is_found_while_it_streams(good: bytes, bad: bytes, element: str) -> None:
    document = written(ANNA, BO)
    assert good in document
    broken = document.replace(good, bad)

    def pieces() -> Iterator[bytes]:
        yield broken[:300]
        yield broken[300:]

    with pytest.raises(NotWritable) as refused:
        list(checked(MESSAGE, pieces(), "CdtTrfTxInf"))
    assert refused.value.problems == (f"{element}: expected what the schema of {MESSAGE} says",)


NAMES = st.text(min_size=1, max_size=90).map(lambda text: f"A{text}")


@settings(deadline=None)
@given(
    st.lists(
        st.builds(
            Payment,
            end_to_end=st.uuids().map(lambda each: each.hex),
            name=NAMES,
            iban=st.sampled_from((FRENCH, GERMAN)),
            amount_minor=st.integers(1, 999_999_999_99),
            remittance=st.text(max_size=200),
        ),
        min_size=1,
        max_size=5,
        unique_by=lambda payment: payment.end_to_end,
    )
)
def test_whatever_names_and_words_are_asked_the_file_is_valid_and_adds_up(payments: list[Payment]) -> None:
    document = written(*payments)
    told = [int(text.replace(".", "")) for text in texts(document, "//p:InstdAmt")]
    assert told == [payment.amount_minor for payment in payments]
    assert texts(document, "//p:GrpHdr/p:CtrlSum") == [f"{sum(told) // 100}.{sum(told) % 100:02d}"]
    assert all(len(name) <= 70 for name in texts(document, "//p:Cdtr/p:Nm"))
    assert all(len(words) <= 140 for words in texts(document, "//p:Ustrd"))
