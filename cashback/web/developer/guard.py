"""Who may enter the portal, and as whom they act. The one place that says so."""

from dataclasses import dataclass, replace

from starlette.requests import Request

from cashback.actors import Actor, Scope
from cashback.auth.roles import Page
from cashback.auth.sessions import Session
from cashback.db.engine import transaction
from cashback.errors import NotFound
from cashback.programmes.operators import is_live
from cashback.web.context import check_language, page_session_of, web_of
from cashback.web.developer.workbench import Workbench

SANDBOX_SCOPES = frozenset({Scope.READ, Scope.SHOPPERS, Scope.PROGRAMME, Scope.WEBHOOKS, Scope.KEYS})
"""What everybody here may do besides, where no money is real, to reach a first event. Never more than that: people,
books and approvals of a test operator are those of its members."""


@dataclass(frozen=True, slots=True)
class Integrator:
    """A person in the portal."""

    session: Session
    actor: Actor
    bench: Workbench
    sandbox: bool
    """Whether purchases may be invented: the operator is one of the test mode."""


async def integrator_of(request: Request) -> Integrator:
    """Who is here: an editor or an admin. Unauthorised and Forbidden as `page_session_of` says."""
    check_language(request)
    web = web_of(request)
    if web.workbench is None:
        raise NotFound("this process serves no developer portal")
    session = page_session_of(request, Page.PORTAL)
    async with transaction(web.engine, session.operator_id) as connection:
        sandbox = not await is_live(connection, session.operator_id)
    actor = session.actor
    if sandbox:
        actor = replace(actor, scopes=actor.scopes | SANDBOX_SCOPES)
    return Integrator(session, actor, web.workbench, sandbox)
