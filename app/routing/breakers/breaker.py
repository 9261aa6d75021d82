"""What the router expects of a circuit breaker: permission before a call, a report after it."""

from dataclasses import dataclass
from typing import Protocol

from app.routing.attempt import Outcome


@dataclass(frozen=True, slots=True)
class Permit:
    """Permission to make one call. `token` lets a breaker tell a late report from a current one."""

    endpoint: str
    token: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The endpoint must not be called now; `retry_in_seconds` is when that may change, if the breaker knows."""

    reason: str
    retry_in_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class FailureRate:
    """Opens a breaker whose calls fail too often without failing in a row.

    Counted over about the last `window_seconds`: the current window whole, the previous one by the share of it that the
    last `window_seconds` still cover. So two pairs of numbers are kept instead of a list of calls.
    """

    share: float
    least_calls: int
    window_seconds: float


class Breaker(Protocol):
    """Every permit is reported back exactly once, whatever happened to the call."""

    def acquire(self, endpoint: str) -> Permit | Rejected: ...

    def report(self, permit: Permit, outcome: Outcome) -> None: ...


class AlwaysClosed:
    """Lets every call through: for single runs on the command line, and where no breaker is configured."""

    def acquire(self, endpoint: str) -> Permit | Rejected:
        return Permit(endpoint)

    def report(self, permit: Permit, outcome: Outcome) -> None:
        """There is nothing to remember."""
