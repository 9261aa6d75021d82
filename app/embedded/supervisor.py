"""Supervises the processes of the service: starts, restarts and stops them in order. Used by `vitae up`."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Protocol

from app.embedded.child_process import kill_group, poll_group, send, spawn, wait_until
from app.embedded.service_log import ServiceLog
from app.embedded.watchdog import Watchdog
from app.errors import DependencyError, VitaeError

LOOK_SECONDS = 0.1  # how often the children are checked
FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 10.0
SETTLED_SECONDS = 10.0  # after this time a child counts as successfully started
MOST_FAILED_STARTS = 4  # consecutive failures of a child that never ran successfully before the supervisor gives up
HURRIED_SECONDS = 1.0  # remaining grace period after a second Ctrl-C


class ChildFailed(DependencyError):
    """A process of the service does not start. The message ends with its last lines of output."""


class Child(Protocol):
    """A program under supervision. The embedded databases implement this protocol too."""

    @property
    def name(self) -> str: ...
    @property
    def pid(self) -> int | None: ...
    def start(self) -> None: ...
    def poll(self) -> int | None: ...
    def ask_to_stop(self) -> None: ...
    def kill(self) -> None: ...
    def last_lines(self, count: int = 5) -> list[str]: ...


class CommandChild:
    """A command whose output goes to the service log."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: ServiceLog) -> None:
        self.name = name
        self._command = command
        self._environment = environment
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        self._process = spawn(self._command, environment=self._environment)
        if self._process.stdout:
            self._reader = self._log.follow(self.name, self._process.stdout)

    def poll(self) -> int | None:
        if self._process is None:
            return None
        status = poll_group(self._process)
        if status is not None:
            self._reader.join(timeout=1)  # log its last output before reporting its exit
        return status

    def ask_to_stop(self) -> None:
        if self._process:
            send(self._process, signal.SIGTERM)

    def kill(self) -> None:
        if self._process:
            kill_group(self._process)

    def last_lines(self, count: int = 5) -> list[str]:
        return self._log.last_lines(self.name, count)


@dataclass(slots=True)
class _Watched:
    child: Child
    stop_phase: int
    grace_seconds: float
    watch_signal: signal.Signals
    started_at: float = 0.0
    group: int | None = None
    failed_starts: int = 0
    has_settled: bool = False
    start_again_at: float | None = None
    stopped: bool = field(default=False)


class Supervisor:
    """Use within `with supervisor.handling_signals():`, from the main thread.

    Before `run`, the first signal raises `KeyboardInterrupt` to abort the startup immediately. During `run`, a signal
    ends the loop. During `stop`, it shortens the grace period.
    """

    def __init__(self, log: ServiceLog) -> None:
        self._log = log
        self._children: list[_Watched] = []
        self._watchdog = Watchdog()
        self._signals = 0
        self._raises = True

    @contextlib.contextmanager
    def handling_signals(self) -> Generator[None]:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._on_signal) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def add(
        self,
        child: Child,
        *,
        stop_phase: int,
        grace_seconds: float,
        running: bool = False,
        watch_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        """Supervise `child`; start it now unless it is already `running`. Lower stop phases are stopped first.

        `watch_signal` shuts it down cleanly if the supervisor itself is killed.
        """
        watched = _Watched(child, stop_phase, grace_seconds, watch_signal)
        self._children.append(watched)
        watched.has_settled = running
        if not running:
            child.start()
        self._note_start(watched)

    def run_once(self, child: Child) -> None:
        """Run a program to completion. Raises `ChildFailed` unless it exits with status 0."""
        child.start()
        try:
            while (status := child.poll()) is None:
                time.sleep(LOOK_SECONDS / 5)
        finally:
            child.kill()
        if status != 0:
            raise ChildFailed(_last_words(child, f"{child.name} {_describe(status)}"))

    def run(self, until: Callable[[], bool] | None = None, limit_seconds: float | None = None) -> bool:
        """Supervise the children until `until` returns true (returns True) or a signal arrives (returns False).

        Raises `ChildFailed` if a child cannot be started, or if `until` is not reached within the limit.
        """
        deadline = None if limit_seconds is None else time.monotonic() + limit_seconds
        self._raises = False
        try:
            while not self._signals:
                for watched in self._children:
                    self._look_after(watched)
                if until and until():
                    return True
                if deadline and time.monotonic() > deadline:
                    return self._give_up_waiting()
                time.sleep(LOOK_SECONDS)
        finally:
            self._raises = not self._signals
        return False

    def stop(self) -> None:
        """Stop every child, phase by phase, each within its grace period. Nothing is left running."""
        self._raises = False
        before = self._signals
        if self._children:
            self._log.say("stopping")
        for phase in sorted({watched.stop_phase for watched in self._children}):
            members = [watched for watched in self._children if watched.stop_phase == phase and self._is_up(watched)]
            for watched in members:
                watched.child.ask_to_stop()
            deadline = time.monotonic() + max((watched.grace_seconds for watched in members), default=0)
            hurried = False
            while any(self._is_up(watched) for watched in members) and time.monotonic() < deadline:
                if self._signals > before and not hurried:
                    self._log.say("hurrying: unfinished work resumes at the next start")
                    hurried, deadline = True, min(deadline, time.monotonic() + HURRIED_SECONDS)
                    before = self._signals
                wait_until(lambda: not any(self._is_up(watched) for watched in members), LOOK_SECONDS)  # noqa: B023
            for watched in members:
                if self._is_up(watched):
                    self._log.say(f"{watched.child.name} did not stop in time and is killed")
                watched.child.kill()
        self._watchdog.close()
        if self._children:
            self._log.say("stopped")

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        if self._raises:
            raise KeyboardInterrupt

    def _is_up(self, watched: _Watched) -> bool:
        return watched.child.pid is not None and watched.child.poll() is None

    def _note_start(self, watched: _Watched) -> None:
        watched.started_at = time.monotonic()
        watched.start_again_at = None
        watched.group = watched.child.pid
        if watched.group:
            self._watchdog.add(watched.group, watched.watch_signal)

    def _look_after(self, watched: _Watched) -> None:
        now = time.monotonic()
        if watched.start_again_at is not None:
            if now >= watched.start_again_at:
                self._start_again(watched)
            return
        status = watched.child.poll()
        if status is None:
            if now - watched.started_at > SETTLED_SECONDS:
                watched.has_settled, watched.failed_starts = True, 0
            return
        if watched.group:
            self._watchdog.remove(watched.group)
        # SIGKILL comes from outside (an operator or the out-of-memory killer) and is not the child's own fault.
        own_fault = status != -signal.SIGKILL
        self._schedule_start(watched, f"{watched.child.name} {_describe(status)}", own_fault=own_fault)

    def _start_again(self, watched: _Watched) -> None:
        self._raises = True  # crash recovery of a database may take long; a signal ends the wait
        try:
            watched.child.start()
        except KeyboardInterrupt:
            return
        except (OSError, VitaeError) as error:
            self._schedule_start(watched, f"{watched.child.name} did not start ({error})")
        else:
            self._note_start(watched)
        finally:
            self._raises = False

    def _schedule_start(self, watched: _Watched, what: str, *, own_fault: bool = True) -> None:
        watched.failed_starts += 1
        if watched.failed_starts >= MOST_FAILED_STARTS and not watched.has_settled and own_fault:
            raise ChildFailed(_last_words(watched.child, f"{what}, {watched.failed_starts} times in a row: giving up"))
        delay_seconds = min(FIRST_DELAY_SECONDS * 2 ** (watched.failed_starts - 1), LONGEST_DELAY_SECONDS)
        watched.start_again_at = time.monotonic() + delay_seconds
        self._log.say(f"{what}; restarting in {delay_seconds:g} s")

    def _give_up_waiting(self) -> bool:
        troubled = max(self._children, key=lambda watched: watched.failed_starts, default=None)
        if troubled and troubled.failed_starts:
            raise ChildFailed(
                _last_words(troubled.child, f"The service is not ready: {troubled.child.name} keeps exiting")
            )
        raise ChildFailed("The service did not become ready in time; the lines above show what it is waiting for.")


def _describe(status: int) -> str:
    if status >= 0:
        return f"exited with status {status}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-status).name}"
    return f"was ended by signal {-status}"


def _last_words(child: Child, what: str) -> str:
    lines = child.last_lines(10)
    return (
        f"{what}. Its last lines:{os.linesep}" + os.linesep.join(f"  {line}" for line in lines) if lines else f"{what}."
    )
