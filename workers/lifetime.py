"""Objects that exist once per process: created at first use after a fork, never shared across one."""

import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class PerProcess(Generic[T]):
    """Creates objects again in a forked child, because database pools, sockets and threads do not survive a fork."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: tuple[int, T] | None = None

    @property
    def made(self) -> T | None:
        """The object, if this process has created it already."""
        return self._made[1] if self._made is not None and self._made[0] == os.getpid() else None

    def get(self) -> T:
        made = self._made
        if made is not None and made[0] == os.getpid():
            return made[1]
        with self._lock:
            if self._made is None or self._made[0] != os.getpid():
                self._made = (os.getpid(), self._make())
            return self._made[1]
