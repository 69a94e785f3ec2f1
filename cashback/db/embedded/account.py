"""The system account that runs the server programs, and where it is able to go.

PostgreSQL refuses uid 0. Started by root, every server program runs as another account without supplementary groups;
started by anyone else, it runs as that person.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cashback.db.embedded.errors import EmbeddedPostgresError


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs `initdb` and `postgres`. `other` is true when we are root and it is somebody else."""

    name: str
    uid: int
    gid: int
    other: bool


def server_account(user: str) -> Account:
    """The present user, or for root the named `user`; raises when root names an unknown account or itself."""
    import pwd  # absent on Windows, where this package must still import to say that it does not run there

    uid = os.geteuid()
    if uid != 0:
        return Account(name=_name_of(uid), uid=uid, gid=os.getegid(), other=False)
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise EmbeddedPostgresError(
            f"PostgreSQL refuses to run as root, and the account {user!r} that should run it does not exist; "
            "name an existing account"
        ) from None
    if entry.pw_uid == 0:
        raise EmbeddedPostgresError(
            f"the account {user!r} is root, as which PostgreSQL refuses to run; name another one"
        )
    return Account(name=user, uid=entry.pw_uid, gid=entry.pw_gid, other=True)


def first_closed(path: Path, account: Account) -> Path | None:
    """The first folder above `path`, from the root down, that the account may not enter; None when all are open."""
    for folder in reversed(path.parents):
        try:
            status = folder.stat()
        except FileNotFoundError:
            return None  # what does not exist yet will be made by us, open to the account
        if not _may_enter(status, account):
            return folder
    return None


def require_owner(path: Path, account: Account) -> None:
    """Refuse a folder that somebody else owns: PostgreSQL would, with a sentence that names neither."""
    owner = path.stat().st_uid
    if owner != account.uid:
        raise EmbeddedPostgresError(
            f"{path} belongs to {_name_of(owner)}, but the server would run as {account.name}; "
            f"start it as {_name_of(owner)}, or choose another folder"
        )


def _may_enter(status: os.stat_result, account: Account) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _name_of(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
