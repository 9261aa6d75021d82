"""What the router expects of the ledger: each call is recorded, and its money reserved, before it is sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.routing.clients import Client


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """A call that is about to be sent. `expected_output_tokens` is an answer's usual length, if its end is never
    seen.
    """

    function: str
    client: Client
    prompt_version: str
    input_tokens: int
    longest_output_tokens: int
    expected_output_tokens: int
    started_at: datetime
    timeout_seconds: float


class Budget(Protocol):
    """One per request; `record` of the same request settles the call that was planned last."""

    def refusal(self, call: PlannedCall) -> str | None:
        """None: the call is recorded. Otherwise the reason why it must not be made, as the end of a sentence."""
        ...


class Unlimited:
    """For single runs on the command line, where there is no ledger."""

    def refusal(self, call: PlannedCall) -> str | None:  # noqa: ARG002
        return None
