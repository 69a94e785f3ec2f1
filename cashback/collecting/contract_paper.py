"""The contract of a simulated lender, so that a demonstration has something to read before it is signed.

A real partner writes its own. This one says what the plan says, that nobody lends, and that it binds nobody.
"""

from collections.abc import Mapping
from datetime import datetime

from fpdf.enums import TableBordersLayout

from cashback.ids import show
from cashback.instalments.easing import PAY_BACK_DAYS
from cashback.instalments.schemas import Plan, Way
from cashback.offers.wording import Texts, Tongue
from cashback.paper.page import BODY, GREY, INK, TITLE, Page

WORDS: Mapping[str, Texts] = {
    "title": Texts("Contract of a demonstration", "Contrat de démonstration"),
    "lead": Texts(
        "Simulation: nobody lends, no credit is granted, no card is charged. This text binds nobody; it shows what a "
        "lender's contract says of this plan.",
        "Simulation\u00a0: personne ne prête, aucun crédit n'est accordé, aucune carte n'est débitée. Ce texte "
        "n'engage personne\u00a0; il montre ce que dirait le contrat d'un prêteur.",
    ),
    "parties": Texts("Between whom", "Entre qui"),
    "parties_of": Texts(
        "{lender}, who lends, and the shopper known to {programme} as {shopper}.",
        "{lender}, qui prête, et la personne connue de {programme} sous la référence {shopper}.",
    ),
    "what": Texts("What is lent, and to whom it is paid", "Ce qui est prêté, et à qui c'est versé"),
    "what_split": Texts(
        "{amount}, for a purchase at {shop} that has been paid already. The lender pays them to the shopper once the "
        "first instalment is paid.",
        "{amount}, pour un achat chez {shop} déjà réglé. Le prêteur verse cette somme à la personne dès que la "
        "première échéance est payée.",
    ),
    "what_sale": Texts(
        "{amount}, for a purchase at {shop}. The lender pays them to the shop once the first instalment is paid.",
        "{amount}, pour un achat chez {shop}. Le prêteur verse cette somme à la boutique dès que la première échéance "
        "est payée.",
    ),
    "back": Texts("What is paid back, and when", "Ce qui est remboursé, et quand"),
    "card": Texts(
        "Each instalment is charged on its day to the card ending in {card}.",
        "Chaque échéance est prélevée à sa date sur la carte se terminant par {card}.",
    ),
    "cost": Texts("What it costs", "Ce que cela coûte"),
    "cost_of": Texts(
        "Cost of the credit: {fee}. Yearly rate of all charges (APR): {taeg}. To be paid in all: {total}.",
        "Coût du crédit\u00a0: {fee}. TAEG\u00a0: {taeg}. Montant total dû\u00a0: {total}.",
    ),
    "withdraw": Texts("Withdrawing", "Se rétracter"),
    "withdraw_of": Texts(
        "Until {day}, without a reason: on the page of the plan, \u201cWithdraw\u201d. What was lent is then paid back "
        "within {days} days, the fee goes back to the card, and the purchase stands.",
        "Jusqu'au {day}, sans motif\u00a0: page du paiement, «\u00a0Me rétracter\u00a0». La somme prêtée est alors "
        "remboursée sous {days} jours, les frais sont recrédités sur la carte, et l'achat reste valable.",
    ),
    "withdraw_none": Texts(
        "This plan is no credit in law: it is undone by returning what was bought.",
        "Ce paiement n'est pas un crédit au sens de la loi\u00a0: il s'annule en rapportant l'achat.",
    ),
    "early": Texts("Paying ahead, moving, pausing", "Payer plus tôt, déplacer, suspendre"),
    "early_of": Texts(
        "Free of charge: all or some instalments at any time, one day moved once, one pause of 30 days.",
        "Sans frais\u00a0: tout ou partie à tout moment, une date déplacée une fois, une suspension de 30 jours.",
    ),
    "page": Texts("page {number} of {total}", "page {number} sur {total}"),
}


def written(
    plan: Plan, tongue: Tongue, *, programme: str, lender: str, shop: str, card: str | None, accepted_at: datetime
) -> bytes:
    """The contract as PDF. `card`: its last four digits; `accepted_at`: aware, in the zone in which it is read."""

    def said(key: str, **figures: str | int) -> str:
        return WORDS[key].said(tongue.language).format(**figures)

    details = {"title": said("title"), "author": programme, "subject": plan.ref}
    foot = f"{programme} · {plan.ref} · {tongue.instant(accepted_at)}"
    page = Page(tongue.language, details, foot=foot, pages=WORDS["page"].said(tongue.language), made_at=accepted_at)
    page.add_page()
    page.say(TITLE, INK, strong=True)
    page.paragraph(said("title"), height=9)
    page.ln(2)
    page.say(BODY + 1, INK, strong=True)
    page.paragraph(said("lead"), height=5.4)
    amount = tongue.money(plan.amount_minor, plan.currency)
    what = "what_split" if plan.way is Way.AFTER_PURCHASE else "what_sale"
    total = tongue.money(plan.amount_minor + plan.fee_minor, plan.currency)
    fee, taeg = tongue.money(plan.fee_minor, plan.currency), tongue.rate(plan.taeg_bps)
    until = "" if plan.withdraw_until is None else tongue.day(plan.withdraw_until)
    shopper = show("shp", plan.shopper_id)
    _clause(page, said("parties"), said("parties_of", lender=lender, programme=programme, shopper=shopper))
    _clause(page, said("what"), said(what, amount=amount, shop=shop))
    _clause(page, said("back"), "" if card is None else said("card", card=card))
    _rows(page, plan, tongue)
    _clause(page, said("cost"), said("cost_of", fee=fee, taeg=taeg, total=total))
    withdraw = said("withdraw_of", day=until, days=PAY_BACK_DAYS) if until else said("withdraw_none")
    _clause(page, said("withdraw"), withdraw)
    _clause(page, said("early"), said("early_of"))
    return page.written()


def _clause(page: Page, name: str, text: str) -> None:
    page.ln(5)
    page.say(BODY + 1, INK, strong=True)
    page.paragraph(name, height=6)
    page.say(BODY + 1, GREY)
    if text:
        page.paragraph(text, height=5)


def _rows(page: Page, plan: Plan, tongue: Tongue) -> None:
    page.ln(2)
    page.say(BODY + 1, INK)
    with page.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        col_widths=(100, 74),
        first_row_as_headings=False,
        line_height=6,
        padding=(1.2, 0),
        text_align=("LEFT", "RIGHT"),
    ) as table:
        for each in plan.instalments:
            table.row((tongue.day(each.planned_on), tongue.money(each.principal_minor + each.fee_minor, plan.currency)))
