"""Where the server listens: a socket in a closed folder, and a port on the loopback address that names it.

A socket's path holds 107 bytes on Linux and 103 on macOS. A longer one moves to a short folder under the system's
temporary folder, whose owner is checked, because anyone may create a folder there first.
"""

import hashlib
import os
import socket
import stat
import struct
import sys
import tempfile
from pathlib import Path

from cashback.db.embedded.account import Account
from cashback.db.embedded.errors import EmbeddedPostgresError

SOCKET_PATH_BYTES = 107 if sys.platform == "linux" else 103
ANSWER_SECONDS = 5.0
REPLY_BYTES = 1_024

_PROTOCOL_3 = 196_608
_TERMINATE = b"X\x00\x00\x00\x04"
_TOO_MANY = b"C53300\x00"
"""SQLSTATE of a server that lives and has no connection left."""


def socket_file(folder: Path, port: int) -> Path:
    """The name PostgreSQL gives to the socket of a port."""
    return folder / f".s.PGSQL.{port}"


def short_name(folder: Path) -> str:
    """Twelve hexadecimal digits that stand for a folder."""
    return hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]


def open_socket_folder(home: Path, account: Account) -> Path:
    """Make or check the 0700 folder of the socket, owned by the server's account."""
    folder = home / "sock"
    if len(os.fsencode(socket_file(folder, 65_535))) > SOCKET_PATH_BYTES:
        folder = Path(tempfile.gettempdir()).resolve() / f"cashback-{short_name(home)}"
    try:
        folder.mkdir(mode=0o700)
        if account.other:
            os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    except FileExistsError:
        pass
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or stat.S_IMODE(found.st_mode) != 0o700:
        raise EmbeddedPostgresError(
            f"{folder} must be a folder of {account.name} with mode 0700, because who reaches the socket is trusted; "
            f"found owner uid {found.st_uid} and mode {stat.filemode(found.st_mode)}"
        )
    return folder


def choose_port(remembered: int | None) -> int:
    """The port of the last start when it is free, so that addresses survive a restart, else any free one."""
    if remembered is not None and _is_free(remembered):
        return remembered
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(folder: Path, port: int) -> bool:
    """Whether a PostgreSQL behind the socket is open for sessions; a process id alone may have been reused."""
    parameters = b"user\x00postgres\x00database\x00postgres\x00\x00"
    hello = struct.pack("!II", 8 + len(parameters), _PROTOCOL_3) + parameters
    try:
        with socket.socket(socket.AF_UNIX) as session:
            session.settimeout(ANSWER_SECONDS)
            session.connect(str(socket_file(folder, port)))
            session.sendall(hello)
            reply = session.recv(REPLY_BYTES)
            session.sendall(_TERMINATE)
    except OSError:
        return False
    return reply.startswith(b"R") or _TOO_MANY in reply


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
