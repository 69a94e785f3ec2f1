"""What the shopper must be told before they accept, as data: one document for each legal regime.

The layout, the lender's own lines and the wording of the law's standard form belong to whoever renders it.
docs/score.md says which texts these lists were taken from and that a lawyer must confirm them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from eligibility.plans import Quote
from eligibility.regime import Regime

WITHDRAWAL_DAYS = 14
"""L. 312-19."""
DEFAULT_INDEMNITY_MAX_BPS = 800
"""D. 312-16: at most 8 % of what is due; none is asked for by default."""
WARNING_FR = "Attention ! Un crédit coûte de l'argent et doit être remboursé."
WARNING_EN = "Note: a credit costs money and must be repaid."


class Document(StrEnum):
    """Which document a plan needs."""

    PRICE_NOTICE = "price_notice"
    """Deferred payment that is no credit: price, days, parts."""
    LIGHT_SHEET = "light_sheet"
    """L. 312-4-1: the shorter list."""
    STANDARD_SHEET = "standard_sheet"
    """L. 312-12: the European standard information."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a stable code, its label in both languages and its value: minor units, basis points, days or a text.

    `value_fr` is the text in French where it is another one.
    """

    code: str
    en: str
    fr: str
    value: int | str
    value_fr: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The document of one plan, in the order in which its lines are shown."""

    document: Document
    currency: str
    lines: tuple[Line, ...]


def document_of(regime: Regime) -> Document:
    """The document that a regime asks for."""
    if not regime.is_credit:
        return Document.PRICE_NOTICE
    return Document.LIGHT_SHEET if regime is Regime.LIGHT else Document.STANDARD_SHEET


def information_sheet(
    quote: Quote, *, amount_minor: int, currency: str, lender: str, default_indemnity_bps: int = 0
) -> Sheet:
    """What must be told of a quote. `lender`: the name of who lends. `default_indemnity_bps`: what is asked of a late
    instalment, held at the 8 % of the law."""
    document = document_of(quote.law.regime)
    late = min(default_indemnity_bps, DEFAULT_INDEMNITY_MAX_BPS)
    lines = [*_everywhere(quote, amount_minor, late)]
    if document is not Document.PRICE_NOTICE:
        lines += _credit(quote, lender)
    if document is Document.STANDARD_SHEET:
        lines += _standard(quote)
    return Sheet(document, currency, tuple(lines))


def _everywhere(quote: Quote, amount_minor: int, late_bps: int) -> Iterator[Line]:
    yield Line("price", "Cash price", "Prix au comptant", amount_minor)
    yield Line("instalments", "Number of instalments", "Nombre d'échéances", len(quote.dues))
    for due in quote.dues:
        day = due.due_on.isoformat()
        yield Line(f"due:{day}", f"Due on {day}", f"Échéance du {day}", due.total_minor)
    yield Line("total", "Total you pay", "Montant total dû", amount_minor + quote.total_cost_minor)
    yield Line("late_bps", "Asked of a late instalment", "Indemnité en cas de retard", late_bps)


def _credit(quote: Quote, lender: str) -> Iterator[Line]:
    yield Line("lender", "Lender", "Prêteur", lender)
    yield Line("credit", "Amount of the credit", "Montant du crédit", quote.lent_minor)
    yield Line("last_due", "Ends on", "Se termine le", quote.last_due.isoformat())
    yield Line("cost", "Total cost of the credit", "Coût total du crédit", quote.total_cost_minor)
    yield Line("taeg_bps", "Yearly cost (TAEG)", "Taux annuel effectif global (TAEG)", quote.taeg_bps)
    yield Line("withdrawal_days", "Days to withdraw", "Délai de rétractation en jours", WITHDRAWAL_DAYS)
    yield Line("warning", WARNING_EN, WARNING_FR, "")


def _standard(quote: Quote) -> Iterator[Line]:
    yield Line(
        "kind", "Kind of credit", "Type de crédit", "instalments of one sale", "paiement échelonné d'un seul achat"
    )
    yield Line("borrowing_rate_bps", "Borrowing rate", "Taux débiteur", 0)
    yield Line("charges", "Charges", "Frais", quote.total_cost_minor)
    yield Line(
        "early_repayment",
        "Early repayment",
        "Remboursement anticipé",
        "free, at any time (L. 312-34)",
        "gratuit, à tout moment (art. L. 312-34)",
    )
    yield Line("files", "Files that are consulted", "Fichiers consultés", "FICP")
    yield Line(
        "draft", "A copy of the contract before you sign", "Exemplaire du contrat avant signature", "free", "gratuit"
    )
