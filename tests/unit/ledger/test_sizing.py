"""vLLM's memory arithmetic, step by step, and the resulting command line."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InputError
from app.ledger.catalogue.cost_profiles import COST_PROFILES
from app.ledger.catalogue.gpus import GPUS
from app.ledger.catalogue.model_architectures import ARCHITECTURES, get_architecture, read_architecture
from app.ledger.sizing import (
    SizingQuestion,
    get_gpu,
    plan_memory,
    requests_per_second,
    reserved_memory,
    size,
    weights_gb,
)

MISTRAL = get_architecture("Mistral-7B-Instruct-v0.3")
A10G = GPUS["A10G"]


def test_seven_billion_parameters_in_16_bit_are_about_14_gb() -> None:
    assert round(weights_gb(MISTRAL, "bfloat16"), 1) == Decimal("14.5")
    assert round(weights_gb(get_architecture("Llama-2-7b-chat-hf"), "float16"), 1) == Decimal("13.5")


def test_a_token_of_mistral_7b_takes_128_kib_and_one_without_grouped_heads_512() -> None:
    assert MISTRAL.kv_bytes_per_token(Decimal(2)) == 128 * 1024
    assert get_architecture("Llama-2-7b-chat-hf").kv_bytes_per_token(Decimal(2)) == 512 * 1024


def test_mistral_on_24_gb_holds_20_requests_of_2048_tokens_and_5_of_8192() -> None:
    """The expected values are about 12 and about 4; docs/cost-model.md explains the difference."""
    memory = plan_memory(SizingQuestion(model=MISTRAL, gpu=A10G), 1)
    assert memory is not None
    assert memory.kv_tokens == 42_755  # (24 x 0.9 - 14.496 - 1.5) GB / 131,072 bytes
    assert (memory.concurrency(2048), memory.concurrency(8192)) == (20, 5)
    cautious = plan_memory(SizingQuestion(model=MISTRAL, gpu=A10G, utilisation=Decimal("0.8")), 1)
    assert cautious is not None
    assert (cautious.concurrency(2048), cautious.concurrency(8192)) == (11, 2)


def test_13_billion_parameters_fit_on_one_gpu_of_40_gb_but_not_of_24() -> None:
    model = get_architecture("Llama-2-13b-chat-hf")
    assert size(SizingQuestion(model=model, gpu=GPUS["A100-40GB"], max_model_len=2048)).memory.tensor_parallel == 1
    assert plan_memory(SizingQuestion(model=model, gpu=A10G), 1) is None


def test_70_billion_parameters_take_4_gpus_of_40_gb_at_0_95_and_a_short_context_else_8() -> None:
    model = get_architecture("Llama-3.1-70B-Instruct")
    tight = size(SizingQuestion(model=model, gpu=GPUS["A100-40GB"], utilisation=Decimal("0.95"), max_model_len=2048))
    assert tight.memory.tensor_parallel == 4
    assert "--tensor-parallel-size 4" in " ".join(tight.command)
    assert size(SizingQuestion(model=model, gpu=GPUS["A100-40GB"], max_model_len=2048)).memory.tensor_parallel == 8


def test_a_burst_of_100_requests_in_2_47_seconds_is_40_5_a_second() -> None:
    assert round(requests_per_second(100, Decimal("2.47")), 1) == Decimal("40.5")


def test_the_expected_rates_give_20_requests_a_second_of_700_and_100_tokens() -> None:
    found = size(SizingQuestion(model=MISTRAL, gpu=A10G, max_model_len=2048, output_tokens=100))
    assert 1 / found.seconds_per_request == 20


def test_wrong_figure_4_paging_saves_80_0_percent_by_its_own_formula_and_not_82_7() -> None:
    used, reserved, saved = reserved_memory(10, Decimal(140), Decimal("0.1"))
    assert (used, reserved, saved) == (280, 1400, Decimal("0.8"))


def test_the_advice_for_a_load_names_replicas_machine_and_month() -> None:
    question = SizingQuestion(
        model=MISTRAL, gpu=A10G, max_model_len=2048, output_tokens=100, requests_per_second=Decimal(20)
    )
    found = size(question, list(COST_PROFILES.values()))
    assert found.replicas == 2  # 20 x 0.05 s = one server at capacity; at 70 % utilization it takes two
    assert found.profile is not None
    assert found.profile.name == "aws-g5.xlarge-1yr"
    assert found.instance_monthly_usd == Decimal("912.96")
    assert found.monthly_usd == Decimal("1252.96")
    assert found.command[:3] == ("vllm", "serve", "mistralai/Mistral-7B-Instruct-v0.3")
    assert "--max-model-len 2048 --gpu-memory-utilization 0.90 --max-num-seqs 16" in " ".join(found.command)


def test_the_context_follows_the_measured_lengths() -> None:
    lengths = [900] * 98 + [1400, 2100]
    found = size(SizingQuestion(model=MISTRAL, gpu=A10G, lengths=lengths, output_tokens=300))
    assert found.max_model_len == 2560  # 2,100 + 300, in steps of 256
    assert found.max_num_seqs == 32  # 42,755 / (900 + 300) = 35 requests of the usual length
    short = size(SizingQuestion(model=MISTRAL, gpu=A10G, lengths=lengths, output_tokens=300, max_model_len=2048))
    assert any("do not fit" in warning for warning in short.warnings)


@given(st.integers(256, 8192), st.integers(256, 8192), st.sampled_from(["0.80", "0.90", "0.95"]))
def test_a_longer_context_never_holds_more_requests(one: int, two: int, utilisation: str) -> None:
    memory = plan_memory(SizingQuestion(model=MISTRAL, gpu=A10G, utilisation=Decimal(utilisation)), 1)
    assert memory is not None
    short, long = sorted((one, two))
    assert memory.concurrency(long) <= memory.concurrency(short)
    weights_and_cache = memory.weights_gb + memory.working_gb + memory.kv_gb
    assert weights_and_cache == memory.usable_gb


@pytest.mark.parametrize(
    "wrong",
    [
        {"dtype": "float13"},
        {"utilisation": Decimal("1.2")},
        {"max_model_len": 100_000},
        {"max_model_len": 4},
        {"gpu": GPUS["T4"]},
    ],
)
def test_an_impossible_setup_is_rejected_with_the_reason(wrong: dict[str, object]) -> None:
    model = get_architecture("Qwen2.5-72B-Instruct") if "gpu" in wrong else MISTRAL
    with pytest.raises(InputError):
        size(SizingQuestion(**{"model": model, "gpu": A10G, **wrong}))  # pyright: ignore[reportArgumentType]


def test_the_shape_of_another_model_comes_from_its_config() -> None:
    config = {
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "vocab_size": 32768,
        "max_position_embeddings": 32768,
    }
    model = read_architecture("mine", config, None)
    assert model.kv_bytes_per_token(Decimal(2)) == 131_072
    assert abs(model.parameters - MISTRAL.parameters) < Decimal("0.001")  # computed from the shape
    with pytest.raises(InputError, match="num_hidden_layers"):
        read_architecture("mine", {**config, "num_hidden_layers": "many"}, None)


def test_an_unknown_model_is_rejected_with_the_known_names() -> None:
    with pytest.raises(InputError, match=r"--config FILE"):
        get_architecture("gpt-9")


def test_the_parameters_of_every_shipped_model_follow_from_its_shape_roughly() -> None:
    for model in ARCHITECTURES.values():
        attention = model.head_size * (2 * model.attention_heads + 2 * model.kv_heads)
        per_layer = attention * model.attention_heads * model.head_size
        assert model.layers * per_layer < model.parameters * 10**9 / 2


def test_the_written_settings_are_those_of_the_start_script() -> None:
    script = (Path(__file__).parents[3] / "deploy" / "vllm" / "start.sh").read_text("utf-8")
    question = SizingQuestion(
        model=get_architecture("Llama-3.1-70B-Instruct"),
        gpu=get_gpu("A100-80GB"),
        dtype="fp8",
        kv_dtype="fp8",
        max_model_len=4096,
    )
    found = size(question)
    assert set(found.environment) <= set(re.findall(r"^#   (VLLM_\w+)", script, re.MULTILINE))
    assert found.environment["VLLM_EXTRA_ARGS"] == "--quantization fp8 --kv-cache-dtype fp8"
    for option, name in (("--max-model-len", "MAX_MODEL_LEN"), ("--max-num-seqs", "MAX_NUM_SEQS")):
        assert found.command[found.command.index(option) + 1] == found.environment[f"VLLM_{name}"]


def test_percentiles_represent_the_measured_prompts() -> None:
    question = SizingQuestion(
        model=get_architecture("Mistral-7B-Instruct-v0.3"),
        gpu=get_gpu("A10G"),
        lengths=[900] * 99 + [1900],
        measured_prompts=40_000,
        output_tokens=100,
    )
    found = size(question)
    assert found.max_model_len == 2048
    assert any("40,000 measured prompts: median 900" in step for step in found.steps)


def test_idle_time_makes_a_token_more_expensive() -> None:
    question = SizingQuestion(
        model=get_architecture("Mistral-7B-Instruct-v0.3"), gpu=get_gpu("A10G"), output_tokens=100
    )
    found = size(question, [COST_PROFILES["aws-g5.xlarge-on-demand"]])
    # 800 tokens in 0.05 s: 57.6 million an hour for $1.006
    assert found.million_tokens_usd == Decimal("1.006") / Decimal("57.6")
    assert any("half used" in step for step in found.steps)
