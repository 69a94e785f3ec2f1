"""Letting a person in who has proved who they are: their session, and for members the role they work as."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from cashback.auth.roles import MemberRole
from cashback.auth.session_store import Opened, open_session
from cashback.auth.sessions import Method, Role, Session
from cashback.db.engine import fetch
from cashback.errors import Unauthorised

_JOIN = """
UPDATE members SET joined_at = coalesce(joined_at, $3)
WHERE operator_id = $1 AND id = $2 AND removed_at IS NULL RETURNING role
"""


async def let_in(
    connection: AsyncConnection,
    *,
    operator_id: UUID,
    role: Role,
    subject_id: UUID,
    method: Method,
    device: str,
    replaces: Session | None,
    now: datetime,
) -> Opened:
    """A new session of a shopper or member. Unauthorised for a member who was removed meanwhile.

    A member's row is locked by this, so that a session is never opened beside a removal that does not see it.
    """
    works_as = None
    if role is Role.OPERATOR:
        joined = await fetch(connection, _JOIN, (operator_id, subject_id, now))
        if not joined:
            raise Unauthorised("nobody is let in by this any more", code="member_removed")
        works_as = MemberRole(joined[0][0])
    opened = await open_session(
        connection,
        operator_id=operator_id,
        role=role,
        subject_id=subject_id,
        member_role=works_as,
        method=method,
        device=device,
        replaces=replaces,
        now=now,
    )
    assert opened is not None, "only a link can have opened its session already"
    return opened
