"""Replaces itself with another program after dropping root and asking the kernel to end it together with its parent.

Started by `child_process.spawn` as `python -I -S launch.py PARENT_PID DEATH_SIGNAL UID GID -- PROGRAM ...`, so that no
code has to run between fork and exec in a multithreaded process. Uses only the standard library.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
KEEP = "-"  # means "do not change the user"


def main(arguments: list[str]) -> None:
    parent, death_signal, uid, gid, _, *command = arguments
    # The Python interpreter ignores these two signals, and exec would pass that on to the new program.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    try:
        if uid != KEEP:
            os.setgroups([int(gid)])
            os.setgid(int(gid))
            os.setuid(int(uid))
        if sys.platform == "linux":
            # Must come after setuid, which would clear it.
            ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != int(parent):
            sys.exit("the parent ended before the program was started")
        os.execvp(command[0], command)  # noqa: S606  # the point of this file: no shell, same process
    except OSError as error:
        sys.exit(f"cannot start {command[0]} as user id {uid}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
