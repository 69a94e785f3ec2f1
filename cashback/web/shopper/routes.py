"""The addresses of the shopper's app. All lie below the wallet, which is what a shopper's session opens."""

from starlette.routing import Route

from cashback.claims.pictures import PICTURE_MAX_BYTES
from cashback.web.guard import Endpoint, guarded
from cashback.web.shopper import (
    cash_out,
    claims,
    contract,
    erasure,
    inbox,
    installed,
    link,
    me,
    offers,
    payments,
    preferences,
    score,
    split,
    terms,
    wallet,
)

_HOME = "/{locale}/wallet"
CLAIM_MAX_BYTES = PICTURE_MAX_BYTES + 64 * 1024
"""A picture of the greatest size, and all else that a claim tells."""


def _post(path: str, endpoint: Endpoint) -> Route:
    return Route(path, guarded(endpoint), methods=["POST"])


ROOT = [
    Route("/sw.js", installed.worker),
    Route("/icon/{size}.png", installed.icon),
    Route("/{locale}/offline", installed.offline),
    Route("/{locale}/erased", erasure.erased),
]
"""What lies outside the wallet, because a browser asks for it without a session."""
ROUTES = [
    Route(f"{_HOME}/manifest.webmanifest", installed.manifest),
    Route(_HOME, wallet.wallet),
    Route(f"{_HOME}/stream", wallet.stream),
    Route(f"{_HOME}/purchases/{{id}}", wallet.purchase),
    Route(f"{_HOME}/cash-out", cash_out.cash_out, methods=["GET"]),
    _post(f"{_HOME}/cash-out", cash_out.ask),
    _post(f"{_HOME}/cash-out/accounts", cash_out.add_account),
    _post(f"{_HOME}/cash-out/accounts/{{id}}/remove", cash_out.remove_account),
    _post(f"{_HOME}/cash-out/{{id}}/cancel", cash_out.cancel),
    _post(f"{_HOME}/cash-out/{{id}}/code", cash_out.reveal),
    Route(f"{_HOME}/offers", offers.offers),
    Route(f"{_HOME}/offers/{{code}}", offers.offer),
    _post(f"{_HOME}/offers/{{code}}/activate", offers.activate_offer),
    Route(f"{_HOME}/score", score.score),
    Route(f"{_HOME}/payments", payments.payments),
    Route(f"{_HOME}/payments/split/{{id}}", split.split, methods=["GET"]),
    _post(f"{_HOME}/payments/split/{{id}}", split.ask),
    Route(f"{_HOME}/payments/decisions/{{id}}", split.decision),
    Route(f"{_HOME}/payments/decisions/{{id}}/plan", split.to_plan),
    Route(f"{_HOME}/payments/decisions/{{id}}/sheet/{{plan}}.pdf", split.sheet_document),
    Route(f"{_HOME}/payments/decisions/{{id}}/sheet/{{plan}}", split.sheet),
    _post(f"{_HOME}/payments/decisions/{{id}}/accept", split.accept),
    _post(f"{_HOME}/payments/decisions/{{id}}/contest", split.contest),
    Route(f"{_HOME}/payments/{{id}}", payments.plan),
    Route(f"{_HOME}/payments/{{id}}/contract", contract.contract),
    _post(f"{_HOME}/payments/{{id}}/sign", contract.sign),
    _post(f"{_HOME}/payments/{{id}}/begin", payments.begin),
    Route(f"{_HOME}/payments/{{id}}/{{deed}}", payments.preview, methods=["GET"]),
    _post(f"{_HOME}/payments/{{id}}/{{deed}}", payments.act),
    Route(f"{_HOME}/inbox", inbox.inbox, methods=["GET"]),
    Route(f"{_HOME}/inbox/open", inbox.open_one),
    _post(f"{_HOME}/inbox/read", inbox.mark_read),
    Route(f"{_HOME}/preferences", preferences.shown, methods=["GET"]),
    _post(f"{_HOME}/preferences", preferences.save),
    Route(f"{_HOME}/terms", terms.terms),
    Route(f"{_HOME}/me", me.me, methods=["GET"]),
    _post(f"{_HOME}/me/export", me.export),
    Route(f"{_HOME}/me/erasure", erasure.erasure, methods=["GET"]),
    _post(f"{_HOME}/me/erasure", erasure.erase),
    Route(f"{_HOME}/cards/link", link.link, methods=["GET"]),
    _post(f"{_HOME}/cards/link", link.do_link),
    _post(f"{_HOME}/cards/{{id}}/unlink", me.unlink),
    Route(f"{_HOME}/claims", claims.claims, methods=["GET"]),
    Route(f"{_HOME}/claims", guarded(claims.claim, most=CLAIM_MAX_BYTES), methods=["POST"]),
    _post(f"{_HOME}/claims/{{id}}/cancel", claims.cancel),
]
