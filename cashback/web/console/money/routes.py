"""The addresses of money, contested decisions, the team and the audit log."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cashback.web.console import audit, team
from cashback.web.console.money import (
    adjustments,
    bank,
    book,
    book_plan,
    decisions,
    funders,
    payout_files,
    payouts,
    settlement,
    settlement_views,
)
from cashback.web.guard import Endpoint, guarded
from cashback.web.rendering import language_asked

_HOME = "/{locale}/operator"


def _post(path: str, endpoint: Endpoint, *, most: int | None = None) -> list[Route]:
    """A form's address. Who comes there by a link, as after a change of language, is led to the form's part."""
    part = path.removeprefix(f"{_HOME}/").partition("/")[0]

    async def home(request: Request) -> Response:
        return RedirectResponse(f"/{language_asked(request)}/operator/{part}", status_code=303)

    asked = guarded(endpoint) if most is None else guarded(endpoint, most=most)
    return [Route(path, asked, methods=["POST"]), Route(path, home, methods=["GET"])]


MONEY_ROUTES = [
    Route(f"{_HOME}/payouts", payouts.payouts),
    Route(f"{_HOME}/payouts/files", payout_files.files),
    *_post(f"{_HOME}/payouts/files/new", payout_files.make),
    *_post(f"{_HOME}/payouts/gifts", payout_files.import_gifts, most=payout_files.CODES_MAX_BYTES + 65_536),
    Route(f"{_HOME}/payouts/files/{{id}}", payout_files.file),
    *_post(f"{_HOME}/payouts/files/{{id}}/download", payout_files.download),
    Route(f"{_HOME}/payouts/{{id}}", payouts.payout),
    *_post(f"{_HOME}/payouts/{{id}}/approve", payouts.approve),
    *_post(f"{_HOME}/payouts/{{id}}/stop", payouts.stop),
    Route(f"{_HOME}/adjustments", adjustments.adjustments),
    Route(f"{_HOME}/adjustments/{{id}}", adjustments.adjustment),
    *_post(f"{_HOME}/adjustments/{{id}}/decide", adjustments.decide),
    Route(f"{_HOME}/settlement", settlement.settlement),
    Route(f"{_HOME}/settlement/preview", settlement.preview),
    *_post(f"{_HOME}/settlement/issue", settlement.issue),
    Route(f"{_HOME}/settlement/seller", settlement.seller, methods=["GET"]),
    Route(f"{_HOME}/settlement/seller", guarded(settlement.tell_seller), methods=["POST"]),
    Route(f"{_HOME}/settlement/{{id}}", settlement_views.one),
    Route(f"{_HOME}/settlement/{{id}}/pdf", settlement_views.pdf),
    Route(f"{_HOME}/settlement/{{id}}/csv", settlement_views.csv),
    Route(f"{_HOME}/settlement/{{id}}/movements", settlement_views.movements),
    Route(f"{_HOME}/funders", funders.funders),
    Route(f"{_HOME}/funders/open", funders.to_funder),
    Route(f"{_HOME}/funders/{{name}}", funders.funder),
    *_post(f"{_HOME}/funders/{{name}}/save", funders.save),
    *_post(f"{_HOME}/funders/{{name}}/pay", funders.pay),
    *_post(f"{_HOME}/funders/{{name}}/pause", funders.pause),
    Route(f"{_HOME}/bank", bank.bank),
    *_post(f"{_HOME}/bank/import", bank.import_file, most=bank.FILE_MAX_BYTES + 65_536),
    Route(f"{_HOME}/bank/difference", bank.difference),
    *_post(f"{_HOME}/bank/explain", bank.explain),
    Route(f"{_HOME}/book", book.book),
    *_post(f"{_HOME}/book/remit", book.remit),
    Route(f"{_HOME}/book/charges", book.charges),
    Route(f"{_HOME}/book/{{id}}", book_plan.plan),
    *_post(f"{_HOME}/book/{{id}}/write-off", book_plan.write_off),
    Route(f"{_HOME}/decisions", decisions.decisions),
    Route(f"{_HOME}/decisions/{{id}}", decisions.review),
    *_post(f"{_HOME}/decisions/{{id}}/assign", decisions.assign),
    *_post(f"{_HOME}/decisions/{{id}}/answer", decisions.answer),
    Route(f"{_HOME}/team", team.team),
    *_post(f"{_HOME}/team/invite", team.invite),
    Route(f"{_HOME}/team/{{id}}", team.member),
    *_post(f"{_HOME}/team/{{id}}/{{action}}", team.act),
    Route(f"{_HOME}/audit", audit.audit),
    Route(f"{_HOME}/audit/{{id}}", audit.line),
]
