"""Token counts as servers report them: those that can be true are booked, all others are estimated and marked."""

from typing import Any

import pytest

from tests.contract.servers.body_server import TEXT, ask_with, chunk, plain, stream_of, usage_chunk

# name, reported usage, (input, cached, output, reasoning), source
BELIEVED: tuple[tuple[str, dict[str, Any], tuple[int, int, int, int], str], ...] = (
    (
        "OpenAI",
        {
            "prompt_tokens": 420,
            "completion_tokens": 61,
            "total_tokens": 481,
            "prompt_tokens_details": {"cached_tokens": 256},
            "completion_tokens_details": {"reasoning_tokens": 20},
        },
        (420, 256, 61, 20),
        "OpenAI API reference",
    ),
    (
        "vLLM",
        {"prompt_tokens": 420, "completion_tokens": 61, "total_tokens": 481, "prompt_tokens_details": None},
        (420, 0, 61, 0),
        "vllm-project/vllm",
    ),
    (
        "DeepSeek's cache",
        {
            "prompt_tokens": 420,
            "completion_tokens": 61,
            "prompt_cache_hit_tokens": 320,
            "prompt_cache_miss_tokens": 100,
        },
        (420, 320, 61, 0),
        "DeepSeek API, context caching",
    ),
    (
        "Anthropic's names",
        {"input_tokens": 100, "output_tokens": 61, "cache_read_input_tokens": 300, "cache_creation_input_tokens": 20},
        (420, 300, 61, 0),
        "Anthropic API, prompt caching",
    ),
    (
        "Responses API's names",
        {"input_tokens": 420, "output_tokens": 61, "input_tokens_details": {"cached_tokens": 256}},
        (420, 256, 61, 0),
        "OpenAI API reference, responses",
    ),
    (
        "gateway in front of Anthropic",
        {"prompt_tokens": 420, "completion_tokens": 61, "cache_read_input_tokens": 300},
        (420, 300, 61, 0),
        "BerriAI/litellm#8349",
    ),
    (
        "Moonshot's cache",
        {"prompt_tokens": 420, "completion_tokens": 61, "cached_tokens": 256},
        (420, 256, 61, 0),
        "Moonshot API, context caching",
    ),
    (
        "xAI: reasoning beside the answer",
        {
            "prompt_tokens": 420,
            "completion_tokens": 61,
            "total_tokens": 781,
            "completion_tokens_details": {"reasoning_tokens": 300},
        },
        (420, 0, 361, 300),
        "UKGovernmentBEIS/inspect_ai#5528",
    ),
    (
        "Gemini: reasoning only in the total",
        {"prompt_tokens": 420, "completion_tokens": 61, "total_tokens": 781},
        (420, 0, 361, 300),
        "Wei-Shaw/sub2api#5771",
    ),
    (
        "reasoning at the top",
        {"prompt_tokens": 420, "completion_tokens": 361, "reasoning_tokens": 300, "total_tokens": 781},
        (420, 0, 361, 300),
        "LiveBench/LiveBench#503",
    ),
    (
        "a total that is too small",
        {"prompt_tokens": 420, "completion_tokens": 61, "total_tokens": 0},
        (420, 0, 61, 0),
        "own variant",
    ),
    ("counts as text", {"prompt_tokens": "420", "completion_tokens": "61"}, (420, 0, 61, 0), "own variant"),
    (
        "counts with a fraction of zero",
        {"prompt_tokens": 420.0, "completion_tokens": 61.0},
        (420, 0, 61, 0),
        "own variant",
    ),
    (
        "more cached than given",
        {"prompt_tokens": 420, "completion_tokens": 61, "prompt_tokens_details": {"cached_tokens": 9999}},
        (420, 420, 61, 0),
        "own variant",
    ),
    (
        "more reasoning than answered",
        {"prompt_tokens": 420, "completion_tokens": 61, "completion_tokens_details": {"reasoning_tokens": 9999}},
        (420, 0, 61, 61),
        "own variant",
    ),
)

# name, reported usage, source
DISBELIEVED: tuple[tuple[str, Any, str], ...] = (
    ("zeros", {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, "mudler/LocalAI#9927"),
    ("no output", {"prompt_tokens": 420, "completion_tokens": 0}, "BerriAI/litellm#8349"),
    ("no input", {"prompt_tokens": 0, "completion_tokens": 61}, "MiXaiLL76/auto_ai_router#142"),
    ("beyond the database", {"prompt_tokens": 2**40, "completion_tokens": 61}, "gpustack/gpustack#4439"),
    ("beyond any database", {"prompt_tokens": 10**400, "completion_tokens": 61}, "own variant"),
    ("more input than bytes", {"prompt_tokens": 2_700_000, "completion_tokens": 61}, "mastra-ai/mastra#12976"),
    ("more output than asked for", {"prompt_tokens": 420, "completion_tokens": 2_000_000_000}, "own variant"),
    ("a total of billions", {"prompt_tokens": 420, "completion_tokens": 61, "total_tokens": 2**31}, "own variant"),
    ("negative", {"prompt_tokens": -1, "completion_tokens": 61}, "own variant"),
    ("true", {"prompt_tokens": True, "completion_tokens": True}, "own variant"),
    ("half tokens", {"prompt_tokens": 420.5, "completion_tokens": 61}, "own variant"),
    ("infinite", {"prompt_tokens": float("inf"), "completion_tokens": 61}, "own variant"),
    ("words", {"prompt_tokens": "many", "completion_tokens": "few"}, "own variant"),
    ("null", {"prompt_tokens": None, "completion_tokens": None}, "own variant"),
    ("empty", {}, "own variant"),
    ("a list", [420, 61], "own variant"),
    ("a number", 481, "own variant"),
)


def body_of(usage: Any, streamed: object) -> bytes:
    if not streamed:
        return plain(usage=usage)
    return stream_of([chunk(TEXT), chunk(None, "stop"), usage_chunk(usage)])


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize(("usage", "booked"), [row[1:3] for row in BELIEVED], ids=[row[0] for row in BELIEVED])
def test_counts_that_can_be_true_are_booked(
    usage: dict[str, Any], booked: tuple[int, int, int, int], streamed: object
) -> None:
    result = ask_with(body_of(usage, streamed), content_type=None)
    found = result.usage
    assert (result.outcome, found.estimated) == ("ok", False)
    assert (found.input_tokens, found.cached_tokens, found.output_tokens, found.reasoning_tokens) == booked


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("usage", [row[1] for row in DISBELIEVED], ids=[row[0] for row in DISBELIEVED])
def test_counts_that_cannot_be_true_are_estimated_and_marked(usage: Any, streamed: object) -> None:
    result = ask_with(body_of(usage, streamed), content_type=None)
    found = result.usage
    assert (result.outcome, found.estimated) == ("ok", True)
    assert 100 < found.input_tokens < 3_000
    assert 20 < found.output_tokens < 500


GROWING = [{"prompt_tokens": 420, "completion_tokens": count} for count in (1, 30, 61)]
ZEROS = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


@pytest.mark.parametrize("last", [[], [usage_chunk(ZEROS)], [usage_chunk({}), usage_chunk(ZEROS)]])
def test_the_last_counts_that_can_be_true_are_booked(last: list[dict[str, Any]]) -> None:
    """With continuous_usage_stats, vLLM counts in every event; some gateways end with zeros."""
    pieces = [TEXT[:40], TEXT[40:80], TEXT[80:]]
    chunks = [chunk(piece) | {"usage": counts} for piece, counts in zip(pieces, GROWING, strict=True)]
    found = ask_with(stream_of([*chunks, chunk(None, "stop"), *last])).usage
    assert (found.input_tokens, found.output_tokens, found.estimated) == (420, 61, False)
