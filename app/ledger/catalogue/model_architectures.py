"""What sizing needs to know about a model: parameters, layers, KV heads. Called by app.ledger.sizing.

The values come from each model's `config.json` on its page at Hugging Face; a given config.json works as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
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
    Architecture(
        name="mistralai/Mistral-7B-Instruct-v0.3",
        parameters=Decimal("7.248"),
        layers=32,
        attention_heads=32,
        kv_heads=8,
        head_size=128,
        longest_context=32_768,
    ),
    Architecture(
        name="Qwen/Qwen2.5-7B-Instruct",
        parameters=Decimal("7.616"),
        layers=28,
        attention_heads=28,
        kv_heads=4,
        head_size=128,
        longest_context=32_768,
    ),
    Architecture(
        name="Qwen/Qwen2.5-14B-Instruct",
        parameters=Decimal("14.770"),
        layers=48,
        attention_heads=40,
        kv_heads=8,
        head_size=128,
        longest_context=32_768,
    ),
    Architecture(
        name="Qwen/Qwen2.5-32B-Instruct",
        parameters=Decimal("32.764"),
        layers=64,
        attention_heads=40,
        kv_heads=8,
        head_size=128,
        longest_context=32_768,
    ),
    Architecture(
        name="Qwen/Qwen2.5-72B-Instruct",
        parameters=Decimal("72.706"),
        layers=80,
        attention_heads=64,
        kv_heads=8,
        head_size=128,
        longest_context=32_768,
    ),
    Architecture(
        name="meta-llama/Llama-2-7b-chat-hf",
        parameters=Decimal("6.738"),
        layers=32,
        attention_heads=32,
        kv_heads=32,
        head_size=128,
        longest_context=4_096,
    ),
    Architecture(
        name="meta-llama/Llama-2-13b-chat-hf",
        parameters=Decimal("13.016"),
        layers=40,
        attention_heads=40,
        kv_heads=40,
        head_size=128,
        longest_context=4_096,
    ),
    Architecture(
        name="meta-llama/Llama-2-70b-chat-hf",
        parameters=Decimal("68.977"),
        layers=80,
        attention_heads=64,
        kv_heads=8,
        head_size=128,
        longest_context=4_096,
    ),
    Architecture(
        name="meta-llama/Llama-3.1-8B-Instruct",
        parameters=Decimal("8.030"),
        layers=32,
        attention_heads=32,
        kv_heads=8,
        head_size=128,
        longest_context=131_072,
    ),
    Architecture(
        name="meta-llama/Llama-3.1-70B-Instruct",
        parameters=Decimal("70.554"),
        layers=80,
        attention_heads=64,
        kv_heads=8,
        head_size=128,
        longest_context=131_072,
    ),
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
    return Architecture(
        name=name,
        parameters=parameters,
        layers=layers,
        attention_heads=heads,
        kv_heads=kv_heads,
        head_size=head_size,
        longest_context=context,
        source="the given config.json",
    )


def _positive(config: Mapping[str, Any], key: str) -> int:
    value = config.get(key)
    if not isinstance(value, int) or value <= 0:
        raise KeyError(key)
    return value
