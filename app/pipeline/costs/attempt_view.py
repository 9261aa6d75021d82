"""The ledger rows of one resume as they are shown: `cost` of `GET /v1/resumes/{id}` and of `vitae analyse`."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from app.storage.ledger.attempt_row import AttemptRow


def cost_view(rows: Sequence[AttemptRow]) -> dict[str, Any]:
    """`total_usd` adds the known costs; it is null when attempts were made and none of them is priced.

    `unpriced_attempts` counts attempts without a price, so that a total is never mistaken for the whole cost.
    """
    known = [row.cost_usd for row in rows if row.cost_usd is not None]
    total = None if rows and not known else sum(known, Decimal(0))
    return {
        "total_usd": decimal_text(total),
        "unpriced_attempts": len(rows) - len(known),
        "attempts": [
            {
                "client": row.client,
                "function": row.function,
                "model": row.model,
                "location": row.location,
                "outcome": row.outcome,
                "input_tokens": row.input_tokens,
                "cached_tokens": row.cached_tokens,
                "cache_write_tokens": row.cache_write_tokens,
                "output_tokens": row.output_tokens,
                "reasoning_tokens": row.reasoning_tokens,
                "tokens_estimated": row.tokens_estimated,
                "service_tier": row.service_tier,
                "cost_usd": decimal_text(row.cost_usd),
                "cost_basis": row.cost_basis,
                "latency_ms": row.latency_ms,
                "error": row.error,
            }
            for row in rows
        ],
    }


def decimal_text(amount: Decimal | None) -> str | None:
    """All significant digits, no exponent, no trailing zeros: `0.00275`."""
    if amount is None:
        return None
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
