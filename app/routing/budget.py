"""What the router expects of a budget: money set aside before a call; recording the attempt settles it."""

from typing import Protocol

from app.routing.clients import Client


class Budget(Protocol):
    """One question's; `record` of the same question settles what was set aside last."""

    def refusal(self, client: Client, *, input_tokens: int, output_tokens: int) -> str | None:
        """None: the money is set aside. Otherwise why the client must not be asked, as the end of a sentence."""
        ...


class Unlimited:
    """For single runs from the command line, and where no limit is set."""

    def refusal(self, client: Client, *, input_tokens: int, output_tokens: int) -> str | None:  # noqa: ARG002
        return None
