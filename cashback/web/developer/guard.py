"""Who may enter the portal, and as whom they act. The one place that says so."""

from dataclasses import dataclass

from starlette.requests import Request

from cashback.actors import Actor, Scope
from cashback.auth.sessions import Role, Session
from cashback.errors import NotFound
from cashback.web.context import check_language, session_of, web_of
from cashback.web.developer.workbench import Workbench

SCOPES = frozenset({Scope.READ, Scope.SHOPPERS, Scope.WEBHOOKS, Scope.KEYS})
"""What a person here may do, and so the most that a key made here can: nothing that moves money or changes offers."""
SANDBOX_SCOPES = frozenset(Scope) - {Scope.SYSTEM}
"""The same where no money is real."""


@dataclass(frozen=True, slots=True)
class Integrator:
    """A person in the portal."""

    session: Session
    actor: Actor
    bench: Workbench


def integrator_of(request: Request) -> Integrator:
    """Who is here: whoever has the console of the operator. Unauthorised and Forbidden as `session_of` says."""
    check_language(request)
    bench = web_of(request).workbench
    if bench is None:
        raise NotFound("this process serves no developer portal")
    session = session_of(request, Role.OPERATOR)
    scopes = SANDBOX_SCOPES if bench.sandbox else SCOPES
    return Integrator(session, Actor(session.operator_id, "console:integrator", scopes), bench)
