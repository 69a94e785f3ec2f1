"""The FastAPI application of the API: routes, health, and refusals as problem documents (RFC 9457)."""

from collections.abc import Iterable, Mapping
from functools import cache, partial

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from cashback.api.addresses import Addresses
from cashback.api.bank_routes import router as bank_router
from cashback.api.book_routes import router as book_router
from cashback.api.claim_routes import router as claim_router
from cashback.api.collecting_routes import router as collecting_router
from cashback.api.decision_review_routes import router as decision_review_router
from cashback.api.decision_routes import router as decision_router
from cashback.api.document.service import build_document
from cashback.api.domain_routes import router as domain_router
from cashback.api.endpoint_routes import router as endpoint_router
from cashback.api.entry_routes import router as entry_router
from cashback.api.erasure_routes import router as erasure_router
from cashback.api.event_stream import router as event_stream_router
from cashback.api.export_routes import router as export_router
from cashback.api.fact_routes import router as fact_router
from cashback.api.gate import Gate
from cashback.api.history_routes import router as history_router
from cashback.api.key_routes import router as key_router
from cashback.api.member_routes import router as member_router
from cashback.api.mistakes import sentence_of
from cashback.api.money_routes import router as money_router
from cashback.api.offer_routes import router as offer_router
from cashback.api.payout_routes import router as payout_router
from cashback.api.people_routes import router as people_router
from cashback.api.place_routes import router as place_router
from cashback.api.plan_routes import router as plan_router
from cashback.api.preference_routes import router as preference_router
from cashback.api.problems import MEDIA_TYPE, Problem, problem_of
from cashback.api.purchase_routes import router as purchase_router
from cashback.api.rates import PERIOD, Rates
from cashback.api.request_journal import DETAIL
from cashback.api.review_routes import router as review_router
from cashback.api.routes import router
from cashback.api.rule_routes import router as rule_router
from cashback.api.settlement_routes import router as settlement_router
from cashback.api.theme_routes import router as theme_router
from cashback.api.versions import NEWEST
from cashback.db.engine import directory
from cashback.errors import ProductError
from cashback.insights.house import Houses
from cashback.limits import Rate
from cashback.pipeline import Road
from cashback.runtime import Runtime

ROUTERS = (
    router,
    offer_router,
    rule_router,
    fact_router,
    claim_router,
    collecting_router,
    money_router,
    purchase_router,
    payout_router,
    plan_router,
    book_router,
    endpoint_router,
    settlement_router,
    key_router,
    event_stream_router,
    decision_router,
    decision_review_router,
    member_router,
    place_router,
    people_router,
    erasure_router,
    history_router,
    export_router,
    review_router,
    bank_router,
    entry_router,
    theme_router,
    domain_router,
    preference_router,
)
"""Their routes are shared by every application of a process as they stand: `include_router` analyses the parameters of
all of them again for each, a third of a second."""


def _let_bodies_out(routers: Iterable[APIRouter]) -> None:
    """A POST whose body has nothing that must be said is asked without one too, wherever it stands."""
    for route in (route for each in routers for route in each.routes if isinstance(route, APIRoute)):
        if "POST" not in (route.methods or ()) or route.body_field is None:
            continue
        told = route.body_field.field_info
        model = told.annotation
        if not told.is_required() or not isinstance(model, type) or not issubclass(model, BaseModel):
            continue
        if not any(each.is_required() for each in model.model_fields.values()):
            told.default = model()


_let_bodies_out(ROUTERS)


def build_api(runtime: Runtime, road: Road) -> FastAPI:
    """The API alone; the pages and the webhook receiver are put around it by `cashback.app`."""
    api = FastAPI(title="Cashback", openapi_url=None, docs_url=None, redoc_url=None)
    api.state.runtime, api.state.road, api.state.houses = runtime, road, Houses()
    for each in ROUTERS:
        api.router.routes.extend(each.routes)

    api.openapi = cache(partial(build_document, api))  # type: ignore[method-assign]

    @api.get("/v1/openapi.json", include_in_schema=False)
    async def document() -> Response:
        return Response(msgspec.json.encode(api.openapi()), media_type="application/json")

    @api.get("/v1", include_in_schema=False)
    async def beginning() -> dict[str, str]:
        site = runtime.settings.public_url
        return {
            "name": api.title,
            "version": NEWEST,
            "document": f"{site}/v1/openapi.json",
            "documentation": f"{site}/en/developer/reference",
            "errors": f"{site}/en/developer/errors",
        }

    @api.get("/healthz", include_in_schema=False)
    async def health() -> Response:
        try:
            async with directory(runtime.engine) as connection:
                await connection.exec_driver_sql("SELECT 1 FROM operators LIMIT 1")
        except (DBAPIError, PoolTimeout, OSError):
            return _problem(Problem(503, "database_down", "the database does not answer, or is not migrated"))
        return Response("ok\n", media_type="text/plain")

    api.add_exception_handler(ProductError, _refused)
    api.add_exception_handler(RequestValidationError, _malformed)
    api.add_exception_handler(HTTPException, _unknown)
    api.add_exception_handler(Exception, _refused)
    api.add_middleware(
        Gate,
        runtime=runtime,
        rates=Rates(runtime.limiter, Rate(runtime.settings.api_rate_per_minute, PERIOD)),
        addresses=cache(lambda: Addresses(api.routes)),
    )
    return api


def _problem(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    return Response(problem.document(), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


async def _refused(request: Request, error: Exception) -> Response:
    return _problem(*problem_of(error, request.url.path))


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    field = getattr(request.scope.get("route"), "body_field", None)
    body = None if field is None else field.field_info.annotation
    mistakes = error.errors()
    setattr(request.state, DETAIL, sentence_of(mistakes, body, logged=True))
    return _problem(Problem(422, "invalid", sentence_of(mistakes, body)))


async def _unknown(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "malformed")
    return _problem(Problem(error.status_code, code, error.detail), error.headers)
