"""OpenAI's published usage examples, read verbatim and priced with OpenAI's published prices.

Usage objects: the guides "Prompt caching" (2,006 tokens in, of which 1,920 cached), "Reasoning models" (75 in, 1,186
out, of which 1,024 reasoning) and "Batch" (22 in, 2 out), at developers.openai.com/api/docs/guides, November 2026.
Prices: developers.openai.com/api/docs/pricing, as genai-prices 0.2.3 verified it on 2026-10-12 and 2026-10-14.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.ledger.entries import PriceAttempt
from app.ledger.prices import PricedModel
from app.routing.answers.reported_usage import read_usage
from app.routing.attempt import TokenUsage

CACHING_GUIDE = {
    "prompt_tokens": 2006,
    "completion_tokens": 300,
    "total_tokens": 2306,
    "prompt_tokens_details": {"cached_tokens": 1920},
    "completion_tokens_details": {"reasoning_tokens": 0},
}
REASONING_GUIDE = {  # in the format of chat completions
    "prompt_tokens": 75,
    "completion_tokens": 1186,
    "total_tokens": 1261,
    "prompt_tokens_details": {"cached_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 1024},
}
BATCH_GUIDE = {"prompt_tokens": 22, "completion_tokens": 2, "total_tokens": 24}


@dataclass(frozen=True)
class Answered:
    usage: TokenUsage
    client: str = "client"
    outcome: str = "ok"
    started_at: datetime = datetime(2026, 11, 20, 12, tzinfo=UTC)

    @property
    def input_tokens(self) -> int:
        return self.usage.input_tokens

    @property
    def cached_tokens(self) -> int:
        return self.usage.cached_tokens

    @property
    def cache_write_tokens(self) -> int:
        return self.usage.cache_write_tokens

    @property
    def output_tokens(self) -> int:
        return self.usage.output_tokens

    @property
    def service_tier(self) -> str:
        return self.usage.service_tier


def cost(model: str, usage: dict[str, Any], service_tier: str | None = "default") -> Decimal | None:
    read = read_usage(usage, service_tier)
    assert read is not None
    return PriceAttempt({"client": PricedModel(model=model, price_provider="openai", billing="per_token")})(
        Answered(read)
    ).cost_usd


@pytest.mark.parametrize(
    ("model", "tier", "usage", "expected"),
    [
        # 86 x 2.50 + 1,920 x 1.25 + 300 x 10.00 = 5,615 per 10^6
        ("gpt-4o", "default", CACHING_GUIDE, "0.005615"),
        # the same without the discount: 2,006 x 2.50 + 300 x 10.00 = 8,015
        ("gpt-4o", "default", {**CACHING_GUIDE, "prompt_tokens_details": {"cached_tokens": 0}}, "0.008015"),
        # 86 x 0.15 + 1,920 x 0.075 + 300 x 0.60 = 336.9
        ("gpt-4o-mini", "default", CACHING_GUIDE, "0.0003369"),
        # 86 x 1.25 + 1,920 x 0.125 + 300 x 10.00 = 3,347.5
        ("gpt-5", "default", CACHING_GUIDE, "0.0033475"),
        # priority: 86 x 4.25 + 1,920 x 2.125 + 300 x 17.00 = 9,545.5
        ("gpt-4o", "priority", CACHING_GUIDE, "0.0095455"),
        # flex: 86 x 0.125 + 1,920 x 0.0125 + 300 x 1.00 = 334.75
        ("gpt-5-mini", "flex", CACHING_GUIDE, "0.00033475"),
        # batch: half of each; its table states no discount for cached input: 2,006 x 1.25 + 300 x 5.00 = 4,007.5
        ("gpt-4o", "batch", CACHING_GUIDE, "0.0040075"),
        # batch with its own cached price: 86 x 0.125 + 1,920 x 0.0125 + 300 x 1.00
        ("gpt-5-mini", "batch", CACHING_GUIDE, "0.00033475"),
        # 22 x 1.25 + 2 x 5.00 = 37.5, half of the standard 75
        ("gpt-4o", "batch", BATCH_GUIDE, "0.0000375"),
        ("gpt-4o", "default", BATCH_GUIDE, "0.000075"),
        # reasoning tokens are included in the 1,186 output tokens, not added: 75 x 2.00 + 1,186 x 8.00 = 9,638
        ("o3", "default", REASONING_GUIDE, "0.009638"),
        ("o3", "flex", REASONING_GUIDE, "0.004819"),
    ],
)
def test_openais_examples_cost_what_openai_publishes(
    model: str, tier: str, usage: dict[str, Any], expected: str
) -> None:
    assert cost(model, usage, tier) == Decimal(expected)


def test_the_examples_are_read_with_their_parts() -> None:
    assert read_usage(CACHING_GUIDE, "default") == TokenUsage(input_tokens=2006, cached_tokens=1920, output_tokens=300)
    assert read_usage(REASONING_GUIDE, "flex") == TokenUsage(
        input_tokens=75, cached_tokens=0, output_tokens=1186, reasoning_tokens=1024, service_tier="flex"
    )
    assert read_usage({**CACHING_GUIDE, "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 2006}}) == (
        TokenUsage(input_tokens=2006, cached_tokens=0, output_tokens=300, cache_write_tokens=2006)
    )


@pytest.mark.parametrize(
    ("named", "tier"),
    [
        (None, "standard"),
        ("default", "standard"),
        ("on_demand", "standard"),
        ("flex", "flex"),
        ("fast", "priority"),
        ("auto", "auto"),
        (17, "standard"),
    ],
)
def test_the_tier_is_taken_from_the_answer(named: Any, tier: str) -> None:
    read = read_usage(BATCH_GUIDE, named)
    assert read is not None
    assert read.service_tier == tier


def test_parts_that_exceed_the_total_are_capped() -> None:
    impossible = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 12, "cache_write_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 9},
    }
    assert read_usage(impossible) == TokenUsage(input_tokens=10, cached_tokens=10, output_tokens=5, reasoning_tokens=5)
