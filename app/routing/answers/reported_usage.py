"""Token counts as servers report them, and whether they can be true. Used by `app.routing.servers.chat_completion`.

Counts that cannot be true are not believed: the ledger then has an estimate that is marked as one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.routing.attempt import TokenUsage

# No tokenizer makes more tokens than bytes; chat templates and tool definitions of servers add a few.
_ADDED_TOKENS = 2_000
# Some servers count a little past the limit, or repeat it for each choice.
_OVERSHOOT = 2
_LARGEST = 10_000_000  # tokens, where nothing is known about the request
_STANDARD_TIERS = {"default", "standard", "on_demand"}
_LONGEST_TIER = 40  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Plausible:
    """The most tokens that a request and its answer can have, and whether the answer has any text."""

    input_tokens: int = _LARGEST
    output_tokens: int = _LARGEST
    has_text: bool = False

    @classmethod
    def of_request(cls, body: Mapping[str, Any], request_bytes: int, answer_bytes: int) -> "Plausible":
        """Hidden reasoning has no text, but counts against the limit of the request."""
        limit = body.get("max_completion_tokens") or body.get("max_tokens")
        most = _OVERSHOOT * limit if isinstance(limit, int) and limit > 0 else _LARGEST
        return cls(
            input_tokens=request_bytes + _ADDED_TOKENS,
            output_tokens=max(most, answer_bytes) + _ADDED_TOKENS,
            has_text=answer_bytes > 0,
        )


def believable_usage(reported: Iterable[Any], service_tier: Any, plausible: Plausible) -> TokenUsage | None:
    """The last of the reported counts that can be true: some servers count with every event, some end with zeros."""
    for counts in reversed(list(reported)):
        usage = read_usage(counts, service_tier, plausible)
        if usage is not None:
            return usage
    return None


def read_usage(reported: Any, service_tier: Any = None, plausible: Plausible | None = None) -> TokenUsage | None:
    """Token counts as they are billed; None for anything that cannot be right."""
    counts: Mapping[str, Any] = reported if isinstance(reported, dict) else {}
    given, answered = _input(counts), _output(counts)
    if given is None or answered is None:
        return None
    of_input = _mapping(counts.get("prompt_tokens_details")) or _mapping(counts.get("input_tokens_details"))
    of_output = _mapping(counts.get("completion_tokens_details")) or _mapping(counts.get("output_tokens_details"))
    reasoning = _first(of_output.get("reasoning_tokens"), counts.get("reasoning_tokens"))
    beside = _reasoning_beside(counts, given, answered, reasoning)
    answered += beside
    most = plausible or Plausible()
    if given > most.input_tokens or answered > most.output_tokens:
        return None
    if most.has_text and (given == 0 or answered == 0):
        return None
    # A part that exceeds its whole is impossible; the bill is based on the whole.
    cached = _part(
        _first(
            of_input.get("cached_tokens"),
            counts.get("prompt_cache_hit_tokens"),  # DeepSeek
            counts.get("cache_read_input_tokens"),  # Anthropic, and gateways in front of it
            counts.get("cached_tokens"),  # Moonshot
        ),
        given,
    )
    written = _first(of_input.get("cache_write_tokens"), counts.get("cache_creation_input_tokens"))
    return TokenUsage(
        input_tokens=given,
        cached_tokens=cached,
        output_tokens=answered,
        cache_write_tokens=_part(written, given - cached),
        reasoning_tokens=_part(max(reasoning or 0, beside), answered),
        service_tier=read_service_tier(service_tier),
    )


def _input(counts: Mapping[str, Any]) -> int | None:
    given = _count(counts.get("prompt_tokens"))
    if given is not None:
        return given
    # Anthropic counts cached tokens beside the others.
    given = _count(counts.get("input_tokens"))
    if given is None:
        return None
    beside = (_count(counts.get(name)) or 0 for name in ("cache_read_input_tokens", "cache_creation_input_tokens"))
    return given + sum(beside)


def _output(counts: Mapping[str, Any]) -> int | None:
    answered = _count(counts.get("completion_tokens"))
    return _count(counts.get("output_tokens")) if answered is None else answered


def _reasoning_beside(counts: Mapping[str, Any], given: int, answered: int, reasoning: int | None) -> int:
    """Reasoning tokens that the total has, but not the answer's count: xAI and Gemini's gateway report them so."""
    total = _count(counts.get("total_tokens"))
    if total is None or total <= given + answered:
        return 0
    missing = total - given - answered
    # Gemini names no reasoning tokens, but bills everything between the sum and the total as output.
    return missing if reasoning in {None, 0, missing} or (reasoning or 0) > answered else 0


def _count(value: Any) -> int | None:
    """A count of tokens; some gateways write it as text or with a fraction of zero."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
        value = int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST:
        value = int(value)
    return value if isinstance(value, int) and value >= 0 else None


def _first(*values: Any) -> int | None:
    return next((count for value in values if (count := _count(value)) is not None), None)


def _part(count: int | None, whole: int) -> int:
    return min(count or 0, whole)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def read_service_tier(named: Any) -> str:
    """The tier that a response names; servers without tiers name none.

    `default`, `standard` and `on_demand` are OpenAI's and Groq's words for the usual tier. `auto` is a request and says
    nothing about the price: it stays unpriced.
    """
    if not isinstance(named, str) or not named:
        return "standard"
    word = named.strip().lower()[:_LONGEST_TIER]
    return "standard" if word in _STANDARD_TIERS else "priority" if word == "fast" else word
