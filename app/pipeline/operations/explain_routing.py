"""Use case: say which client would be called for a file, and why. Called by `vitae clients explain`. Sends nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.analysis.traits import describe_traits
from app.extraction.extract import ExtractionLimits
from app.extraction.sandbox.sandbox import extract_in_sandbox
from app.intake.file_types import detect_media_type
from app.routing.clients import Client
from app.routing.length_guard import TooSmall, check_length
from app.routing.question import Question
from app.routing.router import Privacy, Router
from app.routing.tokens import estimate_tokens
from app.settings import BUILTIN
from app.storage.ledger.budgets import Period


@dataclass(frozen=True, slots=True)
class ExplainRouting:
    """Raises the same `DocumentError`s as the service."""

    router: Router
    estimate_prompt_tokens: Callable[[Question], int]
    context_tokens: Callable[[Client], int | None]
    limits: ExtractionLimits
    budget_limits: Mapping[Period, Decimal]

    def __call__(self, content: bytes, filename: str, privacy: Privacy) -> dict[str, Any]:
        """`{"traits", "rule", "steps": [{"client", "asked", "why"}]}`, with the steps in the order they would be
        taken.
        """
        document = extract_in_sandbox(content, detect_media_type(content, filename), self.limits)
        question = Question.extract_profile(document.numbered_text(), describe_traits(document))
        chosen = self.router.choose(question, privacy)
        prompt_tokens = self.estimate_prompt_tokens(question)
        steps: list[dict[str, Any]] = []
        for client in chosen.order:
            checked = check_length(
                prompt_tokens=prompt_tokens,
                argument_tokens=sum(estimate_tokens(text) for text in question.arguments.values()),
                answer_tokens_per_input_token=question.answer_tokens_per_input_token,
                max_output_tokens=client.max_output_tokens,
                context_tokens=self.context_tokens(client),
            )
            if isinstance(checked, TooSmall):
                steps.append({"client": client.name, "asked": False, "why": checked.reason})
                continue
            asked_before = any(step["asked"] for step in steps)
            why = "called if those before it fail" if asked_before else "asked first"
            if self.budget_limits and client.billing == "per_token":
                limits = " and ".join(f"${usd:f} a {period}" for period, usd in self.budget_limits.items())
                why += f", while the tenant's spending stays under {limits}"
            steps.append({"client": client.name, "asked": True, "why": why})
        steps.append({"client": BUILTIN, "asked": True, "why": "used when no model is available"})
        steps += [{"client": item.client, "asked": False, "why": item.reason} for item in chosen.left_out]
        traits = question.traits
        return {
            "traits": {
                "pages": traits.pages,
                "tokens": traits.tokens,
                "language": traits.language,
                "columns": traits.columns,
                "prompt_tokens": prompt_tokens,
            },
            "rule": chosen.rule,
            "steps": steps,
        }
