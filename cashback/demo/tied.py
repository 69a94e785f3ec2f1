"""Becomes another program whose life is tied to its parent's: `tied.py PARENT PROGRAM ARGUMENT…`.

Run as a script by path in isolated mode. Where the demonstration is killed outright, the product that it started must
not stay behind and hold the port. Only Linux can promise that; elsewhere the program simply runs.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask for SIGTERM at the parent's death, make sure that the parent still lives, and be replaced."""
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
        if os.getppid() != parent:
            sys.exit("the demonstration ended before this program began")
    os.execv(program[0], program)  # noqa: S606 - that is its whole purpose


if __name__ == "__main__":
    main()
