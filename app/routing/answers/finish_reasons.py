"""Why a model stopped, in the words of many servers, reduced to OpenAI's three."""

STOP, LENGTH, CONTENT_FILTER = "stop", "length", "content_filter"
_MEANINGS: dict[str, str] = {
    **dict.fromkeys(("stop", "eos", "eos_token", "end_turn", "stop_sequence", "stop_token"), STOP),
    **dict.fromkeys(("complete", "completed", "finished", "end"), STOP),
    **dict.fromkeys(("length", "max_tokens", "model_length", "max_output_tokens", "token_limit", "max_length"), LENGTH),
    **dict.fromkeys(
        ("content_filter", "refusal", "safety", "recitation", "blocklist", "prohibited_content", "spii"), CONTENT_FILTER
    ),
}


def usual_reason(named: object) -> str | None:
    """OpenAI's word for it; other words unchanged; None for a missing or empty one."""
    if not isinstance(named, str) or not named.strip():
        return None
    return _MEANINGS.get(named.strip().lower().removeprefix("finish_reason_"), named)
