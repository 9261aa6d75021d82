"""What sizing needs to know about a model: parameters, layers, KV heads. Called by app.ledger.sizing.

The values come from each model's `config.json` on its page at Hugging Face; a given config.json works as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.errors import InputError


@dataclass(frozen=True, slots=True)
class Architecture:
    """`parameters` in 10^9."""

    name: str
    parameters: Decimal
    layers: int
    attention_heads: int
    kv_heads: int
    head_size: int
    longest_context: int
    source: str = "config.json of the model"

    def kv_bytes_per_token(self, bytes_per_value: Decimal) -> Decimal:
        """One key and one value of every KV head in every layer."""
        return 2 * self.layers * self.kv_heads * self.head_size * bytes_per_value


_SHIPPED = (
    Architecture("mistralai/Mistral-7B-Instruct-v0.3", Decimal("7.248"), 32, 32, 8, 128, 32_768),
    Architecture("Qwen/Qwen2.5-7B-Instruct", Decimal("7.616"), 28, 28, 4, 128, 32_768),
    Architecture("Qwen/Qwen2.5-14B-Instruct", Decimal("14.770"), 48, 40, 8, 128, 32_768),
    Architecture("Qwen/Qwen2.5-32B-Instruct", Decimal("32.764"), 64, 40, 8, 128, 32_768),
    Architecture("Qwen/Qwen2.5-72B-Instruct", Decimal("72.706"), 80, 64, 8, 128, 32_768),
    Architecture("meta-llama/Llama-2-7b-chat-hf", Decimal("6.738"), 32, 32, 32, 128, 4_096),
    Architecture("meta-llama/Llama-2-13b-chat-hf", Decimal("13.016"), 40, 40, 40, 128, 4_096),
    Architecture("meta-llama/Llama-2-70b-chat-hf", Decimal("68.977"), 80, 64, 8, 128, 4_096),
    Architecture("meta-llama/Llama-3.1-8B-Instruct", Decimal("8.030"), 32, 32, 8, 128, 131_072),
    Architecture("meta-llama/Llama-3.1-70B-Instruct", Decimal("70.554"), 80, 64, 8, 128, 131_072),
)
ARCHITECTURES: dict[str, Architecture] = {model.name: model for model in _SHIPPED}


def get_architecture(name: str) -> Architecture:
    """By full name, or by the part after the slash. Raises `InputError` with the known names."""
    wanted = name.lower()
    for known in _SHIPPED:
        if wanted in {known.name.lower(), known.name.lower().partition("/")[2]}:
            return known
    raise InputError(
        f"The shape of `{name[:80]}` is not known. Give its config.json with --config FILE and its size with "
        f"--parameters BILLIONS, or one of: {', '.join(sorted(ARCHITECTURES))}."
    )


def read_architecture(name: str, config: Mapping[str, Any], parameters: Decimal | None) -> Architecture:
    """From a Hugging Face config.json. Raises `InputError` for a missing value.

    Without `parameters` they are counted for a decoder with a gated MLP (Llama, Mistral, Qwen2 and the like).
    """
    try:
        layers, heads, hidden = (
            _positive(config, key) for key in ("num_hidden_layers", "num_attention_heads", "hidden_size")
        )
        kv_heads = _positive(config, "num_key_value_heads") if config.get("num_key_value_heads") else heads
        head_size = _positive(config, "head_dim") if config.get("head_dim") else hidden // heads
        context = _positive(config, "max_position_embeddings")
        if parameters is None:
            vocabulary, inner = _positive(config, "vocab_size"), _positive(config, "intermediate_size")
            attention = hidden * head_size * (2 * heads + 2 * kv_heads)
            embeddings = vocabulary * hidden * (1 if config.get("tie_word_embeddings") else 2)
            parameters = Decimal(layers * (attention + 3 * hidden * inner) + embeddings).scaleb(-9)
    except KeyError as missing:
        raise InputError(
            f"The config.json has no whole number {missing} above 0, so the memory cannot be computed."
        ) from None
    return Architecture(name, parameters, layers, heads, kv_heads, head_size, context, "the given config.json")


def _positive(config: Mapping[str, Any], key: str) -> int:
    value = config.get(key)
    if not isinstance(value, int) or value <= 0:
        raise KeyError(key)
    return value
