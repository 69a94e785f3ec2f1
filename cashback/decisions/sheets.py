"""The information sheet of a plan: read from a decision's record, told line by line, and as a document to keep.

What must be told before a credit is accepted is told on a durable medium (L. 312-12 and L. 312-4-1 of the French
consumer code): the document is a PDF/A-3 of one page or two that says the same as the lines, and the same every time.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from fpdf.enums import TableBordersLayout

from cashback.decisions.answers import Around
from cashback.offers.wording import Texts, Tongue
from cashback.paper.page import BODY, GREY, INK, TITLE, Page
from eligibility import (
    Document,
    Line,
    PlanImpossible,
    Sheet,
    information_sheet,
    quote_plan,
    read_application,
)

WORDS: Mapping[str, Texts] = {
    Document.PRICE_NOTICE: Texts("Price and days", "Prix et échéances"),
    Document.LIGHT_SHEET: Texts("Information before the credit", "Informations avant le crédit"),
    Document.STANDARD_SHEET: Texts("Standard European information", "Informations européennes normalisées"),
    "lead": Texts(
        "To be read before you accept, and kept. Nothing is signed by reading it.",
        "À lire avant d'accepter, et à conserver. La lecture de ce document n'engage à rien.",
    ),
    "answer": Texts("Answer {ref} of {moment}", "Réponse {ref} du {moment}"),
    "simulation": Texts("Simulation: no credit is granted.", "Simulation\u00a0: aucun crédit n'est accordé."),
    "due": Texts("Due on {day}", "Échéance du {day}"),
    "page": Texts("page {number} of {total}", "page {number} sur {total}"),
}
_DUE = "due:"


def sheet_of(record: bytes, plan: str, around: Around, late_bps: int = 0) -> Sheet | None:
    """The information sheet of a plan of a record; None: there is no such plan, or no schedule of it exists."""
    application = read_application(json.loads(record)["application"])
    terms = next((each for each in application.plans if each.id == plan), None)
    if terms is None:
        return None
    figures = around.rulebook.policy.figures
    try:
        quote = quote_plan(application, terms, insignificant_charges_bps=figures.insignificant_charges_bps)
    except PlanImpossible:
        return None
    lender = around.shop_name if terms.lender.value == "merchant" else around.lender
    purchase = application.purchase
    return information_sheet(
        quote,
        amount_minor=purchase.amount_minor,
        currency=purchase.currency,
        lender=lender,
        default_indemnity_bps=late_bps,
    )


def sheet_lines(sheet: Sheet) -> dict[str, Any]:
    """A sheet as JSON, in the order in which it is shown."""
    lines = [
        {
            "code": each.code,
            "en": _label(each, Tongue("en")),
            "fr": _label(each, Tongue("fr")),
            "value": each.value,
            "value_fr": each.value_fr,
        }
        for each in sheet.lines
    ]
    return {"document": sheet.document.value, "currency": sheet.currency, "lines": lines}


def title(sheet: Sheet, tongue: Tongue) -> str:
    """What the document is called."""
    return WORDS[sheet.document].said(tongue.language)


def told(sheet: Sheet, tongue: Tongue) -> list[tuple[str, str]]:
    """The lines as people read them: what it is, and its figure. The warning has no figure."""
    return [(_label(each, tongue), _value(each, sheet.currency, tongue)) for each in sheet.lines]


def _label(line: Line, tongue: Tongue) -> str:
    if line.code.startswith(_DUE):
        day = tongue.day(line.code.removeprefix(_DUE))
        return WORDS["due"].said(tongue.language).format(day=day)
    return line.fr if tongue.language == "fr" else line.en


def _value(line: Line, currency: str, tongue: Tongue) -> str:
    value = line.value_fr if tongue.language == "fr" and line.value_fr is not None else line.value
    if isinstance(value, str):
        return tongue.day(date.fromisoformat(value)) if line.code == "last_due" else value
    if line.code.endswith("_bps"):
        return tongue.rate(value)
    if line.code == "withdrawal_days":
        return tongue.days(value)
    return tongue.number(value) if line.code == "instalments" else tongue.money(value, currency)


def document(
    sheet: Sheet, tongue: Tongue, *, programme: str, ref: str, decided_at: datetime, simulation: bool = False
) -> bytes:
    """The sheet on paper. `decided_at`: aware, in the zone in which it is to be read; `simulation` says that it is
    of a demonstration."""
    page = _Paper(sheet, tongue, programme, ref, decided_at)
    page.draw(simulation=simulation)
    return page.written()


class _Paper(Page):
    """One sheet."""

    def __init__(self, sheet: Sheet, tongue: Tongue, programme: str, ref: str, decided_at: datetime) -> None:
        self._sheet, self._tongue = sheet, tongue
        answer = WORDS["answer"].said(tongue.language)
        self._answer = answer.format(ref=ref, moment=tongue.instant(decided_at))
        name = title(sheet, tongue)
        details = {"title": f"{name} · {programme}", "author": programme, "subject": self._answer}
        pages = WORDS["page"].said(tongue.language)
        super().__init__(
            tongue.language, details, foot=f"{programme} · {name} · {ref}", pages=pages, made_at=decided_at
        )
        self._programme = programme

    def draw(self, *, simulation: bool) -> None:
        """All of it."""
        language = self._tongue.language
        self.add_page()
        self.say(BODY, GREY)
        self.paragraph(self._programme)
        self.ln(2)
        self.say(TITLE, INK, strong=True)
        self.paragraph(title(self._sheet, self._tongue), height=9)
        self.ln(2)
        self.say(BODY, GREY)
        self.paragraph(self._answer)
        self.paragraph(WORDS["lead"].said(language))
        if simulation:
            self.ln(2)
            self.say(BODY + 2, INK, strong=True)
            self.paragraph(WORDS["simulation"].said(language), height=6)
        self.ln(6)
        lines = told(self._sheet, self._tongue)
        self._rows([line for line in lines if line[1]])
        for label, _ in (line for line in lines if not line[1]):
            self.ln(6)
            self.say(BODY + 2, INK, strong=True)
            self.paragraph(label, height=6)

    def _rows(self, lines: Sequence[tuple[str, str]]) -> None:
        self.say(BODY + 1, INK)
        with self.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            col_widths=(100, 74),
            first_row_as_headings=False,
            line_height=6,
            padding=(1.4, 0),
            text_align=("LEFT", "RIGHT"),
        ) as table:
            for line in lines:
                table.row(line)
