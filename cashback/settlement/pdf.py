"""A statement, invoice or credit note on A4: PDF/A-3, and with the structured data inside where it has a number.

What it says is frozen in the settlement: the same settlement always reads the same.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from facturx import generate_from_binary
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

from cashback.offers.wording import Tongue
from cashback.paper.page import BODY, GREY, INK, MARGIN, SMALL, TINT, TITLE, Page
from cashback.settlement.en16931 import exemptions, structured
from cashback.settlement.schemas import Invoice, InvoiceKind, Line, LineKind, Party, Seller, Settlement
from cashback.settlement.words import described, penalties, word

_COLUMN = 110
_MENTION = 7
_LINE, _ROW = 4.6, 6.2
_SHOWN = (LineKind.REWARD, LineKind.CLAWBACK, LineKind.COMMISSION)
_MINUS = "\u2212"


class _Sum(NamedTuple):
    label: str
    figure: str
    strong: bool = False


def rendered(settlement: Settlement, tongue: Tongue) -> bytes:
    """The PDF; of an issued invoice with `factur-x.xml` inside, whose check by its schema is part of making it."""
    page = _Page(settlement, tongue)
    page.draw()
    plain = page.written()
    if settlement.invoice is None:
        return plain
    made: bytes = generate_from_binary(
        plain,
        structured(settlement, tongue),
        flavor="factur-x",
        level="en16931",
        check_xsd=False,  # it was checked when it was written
        pdf_metadata=_metadata(settlement, tongue),
        lang=tongue.language,
    )
    return made


def title(settlement: Settlement, tongue: Tongue) -> str:
    """`Facture 2026-000001`, `Relevé 2026-11`."""
    if settlement.invoice is None:
        return f"{word('statement', tongue)} {settlement.period.name}"
    return f"{word(settlement.invoice.kind, tongue)} {settlement.invoice.number}"


def _metadata(settlement: Settlement, tongue: Tongue) -> dict[str, str]:
    seller = settlement.seller.name if settlement.seller is not None else settlement.buyer.name
    return {
        "author": seller,
        "title": f"{title(settlement, tongue)} · {seller}",
        "subject": f"{word('period', tongue)} {settlement.period.name} · {settlement.buyer.name}",
        "keywords": "Factur-X",
    }


class _Page(Page):
    """One document of a settlement."""

    def __init__(self, settlement: Settlement, tongue: Tongue) -> None:
        self._settlement, self._tongue = settlement, tongue
        name = settlement.seller.name if settlement.seller is not None else settlement.buyer.name
        super().__init__(
            tongue.language,
            _metadata(settlement, tongue),
            foot=f"{name} · {title(settlement, tongue)}",
            pages=word("page", tongue),
            made_at=settlement.issued_at,
        )

    def draw(self) -> None:
        """All of it."""
        self.add_page()
        self._heads()
        self._parties()
        self._lines()
        self._balance()
        self._mentions()

    def _heads(self) -> None:
        settlement, tongue = self._settlement, self._tongue
        top = self.get_y()
        if settlement.seller is not None:
            self.say(13, INK, strong=True)
            self.multi_cell(_COLUMN - MARGIN - 8, 6, settlement.seller.name, align="L", new_x="LMARGIN", new_y="NEXT")
            self.say(SMALL, GREY)
            self._rows(_facts(settlement.seller, tongue), _COLUMN - MARGIN - 8)
        below = self.get_y()
        self.set_xy(_COLUMN, top)
        self.say(TITLE, INK, strong=True)
        kind = "statement" if settlement.invoice is None else settlement.invoice.kind
        self.cell(0, 8, word(kind, tongue), new_x="LEFT", new_y="NEXT")
        self.ln(1.5)
        for label, figure in self._dates():
            self.set_x(_COLUMN)
            self.say(BODY, GREY)
            self.cell(24, 5, label)
            self.say(BODY, INK)
            self.multi_cell(0, 5, figure, align="L", new_x="LMARGIN", new_y="NEXT")
        self.set_y(max(below, self.get_y()) + 6)

    def _dates(self) -> list[tuple[str, str]]:
        settlement, tongue, invoice = self._settlement, self._tongue, self._settlement.invoice
        first, last = tongue.day(settlement.period.first_day), tongue.day(settlement.period.last_day)
        rows = [(word("period", tongue), word("from_to", tongue).format(first=first, last=last))]
        if invoice is None:
            return rows
        rows.insert(0, (word("number", tongue), invoice.number))
        rows.insert(1, (word("issued_on", tongue), tongue.day(invoice.issued_on)))
        if invoice.due_on is not None:
            rows.append((word("due_on", tongue), tongue.day(invoice.due_on)))
        if invoice.corrects:
            named = [_corrected(number, day, tongue) for number, day in invoice.corrects]
            rows.append((word("corrects", tongue), "\n".join(named)))
        return rows

    def _parties(self) -> None:
        settlement, tongue = self._settlement, self._tongue
        self.set_x(_COLUMN)
        self.say(SMALL, GREY)
        self.cell(
            0, 4.5, word("holder" if settlement.invoice is None else "buyer", tongue), new_x="LMARGIN", new_y="NEXT"
        )
        self.set_x(_COLUMN)
        self.say(BODY + 1, INK, strong=True)
        self.multi_cell(0, 5.2, settlement.buyer.name, align="L", new_x="LMARGIN", new_y="NEXT")
        self.say(BODY, INK)
        for line in _facts(settlement.buyer, tongue):
            self.set_x(_COLUMN)
            self.multi_cell(0, _LINE, line, align="L", new_x="LMARGIN", new_y="NEXT")
        self.ln(8)

    def _lines(self) -> None:
        tongue = self._tongue
        heads = [word(key, tongue) for key in ("what", "movements", "quantity", "vat", "amount")]
        shown = [line for line in self._settlement.lines if line.kind in _SHOWN]
        self.say(BODY, INK)
        with self.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            col_widths=(84, 24, 30, 20, 30),
            headings_style=FontFace(emphasis="BOLD", size_pt=SMALL, color=GREY, fill_color=TINT),
            line_height=_LINE,
            padding=(1.1, 1.5),
            text_align=("LEFT", "RIGHT", "RIGHT", "RIGHT", "RIGHT"),
        ) as table:
            table.row(heads)
            for line in shown:
                table.row(self._cells(line))
        late = sum(line.late for line in shown)
        if late:
            self.ln(1.5)
            self.say(SMALL, GREY)
            self.multi_cell(0, 4, word("late", tongue).format(count=tongue.number(late)), new_x="LMARGIN", new_y="NEXT")
        self.ln(5)

    def _cells(self, line: Line) -> list[str]:
        settlement, tongue = self._settlement, self._tongue
        money = line.asset == settlement.currency or not line.asset
        if line.kind is LineKind.COMMISSION:
            quantity = self._money(line.base_minor)
        else:
            quantity = "" if money else _signed(line.units, tongue.amount(abs(line.units), line.asset))
        vat = tongue.rate(line.vat_bps) if line.kind is LineKind.COMMISSION else word("outside", tongue)
        return [
            described(line, tongue),
            tongue.number(line.transfers) if line.transfers else "",
            quantity,
            vat if line.valued else "",
            self._money(line.value_minor) if line.valued else word("without_value", tongue),
        ]

    def _totals(self) -> list[_Sum]:
        settlement, tongue, totals = self._settlement, self._tongue, self._settlement.totals
        sums = [_Sum(word("rewards_total", tongue), self._money(totals.rewards_minor))]
        if settlement.invoice is None:
            return sums
        sums.append(_Sum(word("commission_total", tongue), self._money(totals.commission_minor)))
        sums.append(_Sum(word("net_total", tongue), self._money(totals.rewards_minor + totals.commission_minor)))
        for line in settlement.lines:
            if line.kind is LineKind.VAT:
                words = word("vat_total", tongue).format(
                    rate=tongue.rate(line.rate_bps), base=self._money(line.base_minor)
                )
                sums.append(_Sum(words, self._money(line.value_minor)))
        sums.append(_Sum(word("gross_total", tongue), self._money(totals.gross_minor), True))
        return [*sums, *self._to_pay(settlement.invoice)]

    def _to_pay(self, invoice: Invoice) -> list[_Sum]:
        tongue = self._tongue
        if invoice.kind is InvoiceKind.CREDIT_NOTE:
            return [_Sum(word("due_back", tongue), self._money(invoice.gross_minor), True)]
        paid = [_Sum(word("paid_total", tongue), self._money(-invoice.paid_minor))] if invoice.paid_minor else []
        return [*paid, _Sum(word("due_total", tongue), self._money(invoice.due_minor), True)]

    def _balance(self) -> None:
        """The account on the left, and what is to be paid on the right."""
        account, totals = self._account(), self._totals()
        if self.will_page_break(_ROW * (1 + max(len(account), len(totals)))):
            self.add_page()
        top = self.get_y()
        self._sums([_Sum(word("account", self._tongue), "", True), *account], MARGIN, 72)
        left = self.get_y()
        self.set_y(top)
        self._sums([_Sum(title(self._settlement, self._tongue), "", True), *totals], _COLUMN - 8, self.epw - 84)
        self.set_y(max(left, self.get_y()) + 5)

    def _account(self) -> list[_Sum]:
        settlement, tongue, totals = self._settlement, self._tongue, self._settlement.totals
        closing = settlement.closing_minor
        sums = [
            _Sum(word("opening", tongue), self._money(-settlement.opening_minor)),
            _Sum(word("of_this", tongue), self._money(-totals.gross_minor)),
            _Sum(word("payments", tongue), self._money(-totals.payments_minor)),
        ]
        if totals.moved_minor:
            sums.append(_Sum(word("moved", tongue), self._money(-totals.moved_minor)))
        label = "closing_owed" if closing > 0 else "closing_left"
        return [*sums, _Sum(word(label, tongue), self._money(abs(closing)), True)]

    def _mentions(self) -> None:
        settlement, tongue, invoice = self._settlement, self._tongue, self._settlement.invoice
        if invoice is None or settlement.seller is None:
            return
        sentences = exemptions(settlement, tongue)
        if invoice.kind is InvoiceKind.CREDIT_NOTE:
            sentences.append(word("given_back", tongue))
        elif invoice.due_on is None:
            sentences.append(word("settled", tongue))
        else:
            days = tongue.days((invoice.due_on - invoice.issued_on).days)
            sentences.append(word("terms", tongue).format(days=days, day=tongue.day(invoice.due_on)))
            sentences += self._where_to_pay(invoice)
        sentences += [word("no_discount", tongue), penalties(settlement.seller, tongue), word("recovery", tongue)]
        self.say(_MENTION, GREY)
        with self.unbreakable() as together:
            for sentence in sentences:
                together.multi_cell(0, 3.7, sentence, align="L", new_x="LMARGIN", new_y="NEXT")

    def _where_to_pay(self, invoice: Invoice) -> list[str]:
        seller = self._settlement.seller
        if seller is None or seller.iban is None:
            return []
        iban = " ".join(seller.iban[place : place + 4] for place in range(0, len(seller.iban), 4))
        key = "iban_alone" if seller.bic is None else "iban"
        return [word(key, self._tongue).format(iban=iban, bic=seller.bic, number=invoice.number)]

    def _sums(self, sums: Sequence[_Sum], left: float, width: float) -> None:
        for each in sums:
            self.say(BODY, INK, strong=each.strong)
            self.set_x(left)
            border = "T" if each.strong and each.figure else ""
            self.cell(width - 32, _ROW, each.label, border=border)
            self.cell(32, _ROW, each.figure, align="R", border=border, new_x="LMARGIN", new_y="NEXT")

    def _rows(self, rows: Sequence[str], width: float) -> None:
        for row in rows:
            self.multi_cell(width, 4, row, align="L", new_x="LMARGIN", new_y="NEXT")

    def _money(self, amount_minor: int) -> str:
        return _signed(amount_minor, self._tongue.money(abs(amount_minor), self._settlement.currency))


def _facts(party: Party, tongue: Tongue) -> list[str]:
    """Address and numbers of a party, and of a seller its form and its register."""
    country = tongue.locale.territories.get(party.country, party.country)
    rows = [*party.address, *([country] if party.address else [])]
    if isinstance(party, Seller):
        rows += [row for row in (party.legal_form, party.registered_at) if row]
    if party.registration is not None:
        rows.append(f"{word('siren', tongue)} {party.registration}" if party.country == "FR" else party.registration)
    if party.vat_number is not None:
        rows.append(f"{word('vat_number', tongue)} {party.vat_number}")
    if isinstance(party, Seller) and party.email is not None:
        rows.append(party.email)
    return rows


def _corrected(number: str, day: date, tongue: Tongue) -> str:
    return word("corrects_one", tongue).format(number=number, day=tongue.day(day))


def _signed(amount: int, text: str) -> str:
    return f"{_MINUS}{text}" if amount < 0 else text
