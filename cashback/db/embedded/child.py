"""Becomes a server program: gives up root's rights, ties its life to its parent's, then is replaced by the program.

Run as a script by path, in isolated mode, with one JSON argument; it imports nothing of the product. It exists because
code between fork and exec is unsafe in a process with threads, and the parent may have some.
"""

import ctypes
import json
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Read `{"command", "environment", "parent", "uid", "gid"}`; uid is null when the user stays."""
    order = json.loads(sys.argv[1])
    if order["uid"] is not None:
        os.setgroups([])
        os.setgid(order["gid"])
        os.setuid(order["uid"])
    os.umask(0o077)
    os.chdir("/")
    if sys.platform == "linux":
        # After the change of user, which clears it. SIGINT is PostgreSQL's fast shutdown.
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
        if os.getppid() != order["parent"]:
            sys.exit("the application ended before its database server began")
    # Python ignores SIGPIPE, and an ignored signal stays ignored in the program that replaces it.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    # The application's environment may hold secrets, and the server's account must not read them.
    os.execve(order["command"][0], order["command"], order["environment"])  # noqa: S606 - that is its whole purpose


if __name__ == "__main__":
    main()
