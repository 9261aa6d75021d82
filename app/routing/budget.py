"""What the router expects of the books: each call put on record, and its money set aside, before it is sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.routing.clients import Client


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call that is about to be sent. `expected_output_tokens` is an answer's usual length, for one nobody sees."""

    function: str
    client: Client
    prompt_version: str
    input_tokens: int
    longest_output_tokens: int
    expected_output_tokens: int
    started_at: datetime
    timeout_seconds: float


class Budget(Protocol):
    """One question's; `record` of the same question settles the call that was planned last."""

    def refusal(self, call: PlannedCall) -> str | None:
        """None: the call is on record. Otherwise why it must not be made, as the end of a sentence."""
        ...


class Unlimited:
    """For single runs from the command line, where no books are kept."""

    def refusal(self, call: PlannedCall) -> str | None:  # noqa: ARG002
        return None
