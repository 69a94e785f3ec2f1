"""Which failures of the database pass: nothing is wrong with what was asked, and the same call may succeed."""

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

PASSING_CLASSES = frozenset({"08", "40", "53", "57", "58"})
"""SQLSTATE classes: connection lost, rolled back (serialization, deadlock), out of resources, server shut down, I/O."""
LOCK_TIMEOUT = "55P03"


def is_passing(error: Exception) -> bool:
    """Whether the same call may succeed later, unchanged."""
    if isinstance(error, OSError | PoolTimeout):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = getattr(getattr(error, "orig", error), "sqlstate", None) or ""
    return state[:2] in PASSING_CLASSES or state == LOCK_TIMEOUT
