"""Starts programs in separate process groups that end with this process, and stops whole groups.

Used for Postgres, Redis and the processes of the service.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from app.embedded.accounts import Account
from app.embedded.launch import KEEP

LAUNCHER = Path(__file__).with_name("launch.py")
POLL_SECONDS = 0.02


def spawn(
    command: Sequence[str | Path],
    *,
    death_signal: signal.Signals = signal.SIGTERM,
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    output: int | IO[bytes] = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    """Start `command` in its own session, as `account` if given; stdout and stderr both go to `output`.

    On Linux the kernel sends `death_signal` when the calling thread ends, for whatever reason. Call this from a thread
    that lives as long as the program should.
    """
    uid, gid = (KEEP, KEEP) if account is None else (str(account.uid), str(account.gid))
    launcher = [sys.executable, "-I", "-S", LAUNCHER, str(os.getpid()), str(int(death_signal)), uid, gid, "--"]
    return subprocess.Popen(
        [*launcher, *command],
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env=dict(environment) if environment is not None else None,
        start_new_session=True,
    )


def poll_group(process: subprocess.Popen[bytes]) -> int | None:
    """Exit status once the program has ended, `None` while it runs. Kills whatever the program left in its group.

    The leader is reaped last. Until then its process id cannot be reused, so the killed group is certainly the right
    one.
    """
    if process.returncode is not None:
        return process.returncode
    try:
        ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return process.poll()
    if ended is None:
        return None
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the program and everything in its group immediately."""
    if poll_group(process) is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def send(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if poll_group(process) is None:
        process.send_signal(number)


def wait_until(condition: Callable[[], bool], limit_seconds: float) -> bool:
    """Whether `condition` became true within the limit."""
    deadline = time.monotonic() + limit_seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def quiet_environment() -> dict[str, str]:
    """The environment for a database: no `PG*` settings, no API keys of model providers, messages in English."""
    kept = {
        name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "LD_PRELOAD", "TMPDIR") if name in os.environ
    }
    return {"PATH": os.defpath, **kept, "LC_ALL": "C", "TZ": "UTC"}
