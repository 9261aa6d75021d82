"""`vitae size`: how to start vLLM for a model, a GPU and a load, with the calculation. Needs no running service."""

import json
import shlex
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.service_connection import service
from app.cli.terminal import EXIT_WRONG_USAGE, fail, notes, print_json, results, settings_or_exit
from app.errors import InputError
from app.ledger.catalogue.cost_profiles import COST_PROFILES
from app.ledger.catalogue.gpus import GPUS, Gpu
from app.ledger.catalogue.model_architectures import get_architecture, read_architecture
from app.ledger.self_hosted import EXPECTED_RATES, Rates
from app.ledger.sizing import SizingQuestion, get_gpu, size
from app.settings import LoadedSettings

# A short resume and a compact response, the same defaults as everywhere else when nothing is measured.
_INPUT_TOKENS, _OUTPUT_TOKENS = 700, 100


def size_server(
    model: Annotated[
        str, typer.Option(help="Model. Its architecture is built in for some; give --config for others.")
    ] = "mistralai/Mistral-7B-Instruct-v0.3",
    gpu: Annotated[str, typer.Option(help=f"GPU: {', '.join(GPUS)}.")] = "A10G",
    gpu_memory_gb: Annotated[
        float | None, typer.Option(help="Memory of a GPU not in that list, in GB (10^9 bytes).", min=1)
    ] = None,
    config: Annotated[Path | None, typer.Option(help="config.json of a model that is not built in.")] = None,
    parameters: Annotated[
        float | None, typer.Option(help="With --config: its parameters, in billions.", min=0.001)
    ] = None,
    dtype: Annotated[str, typer.Option(help="Weights: bfloat16, float16, fp8, int8, int4.")] = "bfloat16",
    kv_dtype: Annotated[str | None, typer.Option(help="KV cache: fp8. Default: 16 bit.")] = None,
    max_model_len: Annotated[
        int | None, typer.Option(help="Context length in tokens. Default: from --lengths.")
    ] = None,
    lengths: Annotated[
        Path | None, typer.Option(help="File with measured prompt lengths in tokens, one number per line.")
    ] = None,
    utilization: Annotated[float, typer.Option(help="vLLM's gpu-memory-utilization.")] = 0.90,
    tensor_parallel: Annotated[
        int | None, typer.Option(help="GPUs per server. Default: the fewest that are enough.")
    ] = None,
    measured: Annotated[
        bool, typer.Option("--measured", help="Use the lengths, tokens and load that the running service has measured.")
    ] = False,
    input_tokens: Annotated[
        int | None, typer.Option(help="Input tokens of a typical request. Default: 700.", min=1)
    ] = None,
    output_tokens: Annotated[
        int | None, typer.Option(help="Output tokens of a typical response. Default: 100.", min=1)
    ] = None,
    rps: Annotated[float | None, typer.Option(help="Requests per second at peak.", min=0)] = None,
    prefill_rate: Annotated[float | None, typer.Option(help="Measured input tokens per second.", min=1)] = None,
    decode_rate: Annotated[float | None, typer.Option(help="Measured output tokens per second.", min=1)] = None,
    write: Annotated[
        Path | None,
        typer.Option("--write", help="Also write the settings to this .env file, for deploy/vllm.", dir_okay=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the full result as JSON.")] = False,
) -> None:
    """Size a vLLM server and show the calculation.

    Shows memory, context length, concurrency, replicas, machine type, monthly cost and the command line.

    Examples:
        vitae size --gpu A10G --max-model-len 2048 --rps 20
        vitae size --measured --write .env
        vitae size --config my-model/config.json --parameters 8 --gpu L4 --json
    """
    from app.wiring.cost_parts import build_cost_profiles

    loaded = settings_or_exit()
    if measured and lengths is not None:
        fail("Give either --measured or --lengths, not both.", EXIT_WRONG_USAGE)
    known = _ask_service(loaded) if measured else None
    rates = EXPECTED_RATES
    if prefill_rate is not None and decode_rate is not None:
        rates = Rates(_decimal(prefill_rate), _decimal(decode_rate), "given")
    try:
        shape = (
            get_architecture(model)
            if config is None
            else read_architecture(model, _read_config(config), None if parameters is None else _decimal(parameters))
        )
        question = SizingQuestion(
            model=shape,
            gpu=get_gpu(gpu) if gpu_memory_gb is None else Gpu(gpu, _decimal(gpu_memory_gb)),
            dtype=dtype,
            kv_dtype=kv_dtype,
            utilisation=_decimal(utilization),
            max_model_len=max_model_len,
            lengths=known["input_percentiles"] if known else () if lengths is None else _read_lengths(lengths),
            measured_prompts=known["calls"] if known else None,
            output_tokens=output_tokens or (known["longest_output_tokens"] if known else _OUTPUT_TOKENS),
            tensor_parallel=tensor_parallel,
            requests_per_second=_load(rps, known),
            input_tokens=input_tokens or (round(float(known["input_tokens"])) if known else _INPUT_TOKENS),
            rates=rates,
        )
        found = size(question, [*COST_PROFILES.values(), *build_cost_profiles(loaded.settings).values()])
    except InputError as error:
        fail(error.detail, EXIT_WRONG_USAGE)
    if as_json:
        print_json({**asdict(found), "model": asdict(shape), "gpu": asdict(question.gpu)})
        return
    results.print(f"{shape.name} on {found.memory.tensor_parallel} x {question.gpu.name}", style="bold")
    for step in found.steps:
        results.print(f"  {step}")
    for warning in found.warnings:
        notes.print(f"Warning: {warning}.")
    results.print("\n" + shlex.join(found.command), soft_wrap=True)
    if write is not None:
        write_environment(write, found.environment)
        notes.print(f"Wrote {', '.join(found.environment)} to {write}.")


def _ask_service(loaded: LoadedSettings) -> dict[str, Any]:
    with service(loaded) as client:
        return client.get("/v1/costs/token-lengths")


def _load(rps: float | None, known: dict[str, Any] | None) -> Decimal | None:
    """Return the given rate, or the average of the busiest measured hour. Bursts above it wait in vLLM's queue."""
    if rps is not None:
        return _decimal(rps)
    if known is None:
        return None
    return (Decimal(known["busiest_hour_calls"]) / 3600).quantize(Decimal("0.0001"))


def write_environment(path: Path, values: dict[str, str]) -> None:
    """Set these variables in a .env file without changing its other lines."""
    try:
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        for name, value in values.items():
            line = f"{name}={value}" if " " not in value else f'{name}="{value}"'
            places = [at for at, known in enumerate(lines) if known.partition("=")[0].strip() == name]
            for at in places:
                lines[at] = line
            if not places:
                lines.append(line)
        path.write_text("\n".join(lines) + "\n", "utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(
            f"Cannot write {path} ({type(error).__name__}), so {', '.join(values)} were not set. Name a file in an "
            "existing folder that you can write to."
        )


def _decimal(value: float) -> Decimal:
    return Decimal(str(value))


def _read_config(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"Cannot read {path} as JSON ({type(error).__name__}).") from None
    if not isinstance(content, dict):
        raise InputError(f"{path} is not a model's config.json: it must hold a JSON object.")
    return content


def _read_lengths(path: Path) -> list[int]:
    try:
        found = [int(line) for line in path.read_text("utf-8").split()]
    except (OSError, ValueError):
        raise InputError(f"{path} must contain one whole number per line: the tokens of a prompt.") from None
    if not found or min(found) <= 0:
        raise InputError(f"{path} must contain numbers above 0.")
    return found
