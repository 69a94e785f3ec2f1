"""A server that exists for one block: its data goes when the block ends."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from cashback.db.embedded.server import EmbeddedPostgres


@contextmanager
def temporary_postgres(
    *, fsync: bool = True, options: Mapping[str, str] = MappingProxyType({})
) -> Iterator[EmbeddedPostgres]:
    """Start a server in a temporary folder, stop it and remove the folder.

    The folder may be entered by the account that the server runs as when we are root; otherwise the data would move to
    a place of its own, where nobody would remove it.
    """
    with tempfile.TemporaryDirectory(prefix="cashback-postgres-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        with EmbeddedPostgres(Path(folder) / "postgres", fsync=fsync, options=options) as server:
            yield server
