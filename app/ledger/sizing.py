"""How to start a vLLM server for a model, a GPU, the lengths of the documents and a load. Pure arithmetic.

memory = weights + working memory + KV cache; concurrency = KV cache / (context x bytes per token). `vitae size` prints
the advice with every step and the resulting command line.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from app.errors import InputError
from app.ledger.amounts import cents, quotient
from app.ledger.break_even import own_token_usd
from app.ledger.catalogue.cost_profiles import CostProfile
from app.ledger.catalogue.gpus import GPUS, Gpu
from app.ledger.catalogue.model_architectures import Architecture
from app.ledger.self_hosted import EXPECTED_RATES, Rates, work_seconds

GB = Decimal(10) ** 9
BYTES_PER_VALUE = {
    "float16": Decimal(2),
    "bfloat16": Decimal(2),
    "fp8": Decimal(1),
    "int8": Decimal(1),
    "int4": Decimal("0.5"),
}
# Activations, CUDA graphs and the communication buffers of a GPU: about what vLLM reports at start for 7B to 70B models
# with 2,048 to 8,192 batched tokens. An assumption; the log of a real start has the true figure.
WORKING_MEMORY_GB = Decimal("1.5")
_SENSIBLE_UTILISATION = (Decimal("0.80"), Decimal("0.95"))
_TENSOR_PARALLEL = (1, 2, 4, 8)
_SEQS = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
_LEAST_CONCURRENCY = 4  # below it the server mostly waits for single answers
_LOAD_BUSY = Decimal("0.7")  # a busier server has queues
_LENGTH_STEP = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingQuestion:
    model: Architecture
    gpu: Gpu
    dtype: str = "bfloat16"
    kv_dtype: str | None = None  # None: as the weights, but 16 bit where these are quantised
    utilisation: Decimal = Decimal("0.90")
    max_model_len: int | None = None
    lengths: Sequence[int] = ()  # measured prompt tokens, resume and instructions together; or their percentiles
    measured_prompts: int | None = None  # how many prompts these percentiles describe
    output_tokens: int = 512
    tensor_parallel: int | None = None
    requests_per_second: Decimal | None = None
    input_tokens: int = 700
    rates: Rates = EXPECTED_RATES


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryPlan:
    """Per GPU, in 10^9 bytes, for one number of GPUs."""

    tensor_parallel: int
    usable_gb: Decimal
    weights_gb: Decimal
    working_gb: Decimal
    kv_gb: Decimal
    kv_tokens: int
    kv_bytes_per_token: Decimal  # on all GPUs together

    def concurrency(self, context_tokens: int) -> int:
        """Requests of this full length that fit at once."""
        return self.kv_tokens // context_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    memory: MemoryPlan
    max_model_len: int
    concurrency: int
    max_num_seqs: int
    replicas: int
    seconds_per_request: Decimal
    profile: CostProfile | None
    instance_monthly_usd: Decimal | None
    monthly_usd: Decimal | None
    million_tokens_usd: Decimal | None  # of the bare instance at full load, input and output in the given proportion
    steps: tuple[str, ...]
    warnings: tuple[str, ...]
    command: tuple[str, ...]
    environment: dict[str, str]  # the same for deploy/vllm/start.sh


def weights_gb(model: Architecture, dtype: str) -> Decimal:
    """Parameters x bytes of one."""
    return model.parameters * _bytes(dtype)


def plan_memory(question: SizingQuestion, tensor_parallel: int) -> MemoryPlan | None:
    """None when the weights leave no room for a cache."""
    weights = weights_gb(question.model, question.dtype) / tensor_parallel
    usable = question.gpu.memory_gb * question.utilisation
    kv = usable - weights - WORKING_MEMORY_GB
    if kv <= 0:
        return None
    # KV heads are divided among the GPUs; with fewer heads than GPUs each GPU keeps a whole one.
    kept = max(question.model.kv_heads, tensor_parallel)
    per_token = question.model.kv_bytes_per_token(_kv_bytes(question)) * kept / question.model.kv_heads
    tokens = int(kv * GB * tensor_parallel / per_token)
    return MemoryPlan(
        tensor_parallel=tensor_parallel,
        usable_gb=usable,
        weights_gb=weights,
        working_gb=WORKING_MEMORY_GB,
        kv_gb=kv,
        kv_tokens=tokens,
        kv_bytes_per_token=per_token,
    )


def choose_max_model_len(
    lengths: Sequence[int], output_tokens: int, longest: int, measured: int | None = None
) -> tuple[int, str]:
    """The longest measured prompt plus an answer, rounded up to a step; and how that was found."""
    if not lengths:
        # A resume has 700 to 1,400 tokens; with the instructions and an answer that fits into 4,096.
        return min(
            4096, longest
        ), "no lengths measured: 4,096 holds a resume of 1,400 tokens, instructions and an answer"
    ordered = sorted(lengths)
    needed = ordered[-1] + output_tokens
    rounded = min(longest, -(-needed // _LENGTH_STEP) * _LENGTH_STEP)
    middle, high = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return rounded, (
        f"{measured or len(ordered):,} measured prompts: median {middle:,}, 99 % within {high:,}, "
        f"longest {ordered[-1]:,} tokens; + {output_tokens:,} for the answer, "
        f"rounded up to a multiple of {_LENGTH_STEP}"
    )


def requests_per_second(requests: int, seconds: Decimal) -> Decimal:
    """Throughput of a burst."""
    return quotient(Decimal(requests), seconds)


def reserved_memory(requests: int, reserved_gb: Decimal, used_share: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """(used, reserved, share saved) when only the used part is held, above one reservation that is shared by all.

    `reserved_gb` per request is what reserving the whole context takes; paging holds one of these and the used parts.
    """
    whole = reserved_gb * requests
    used = reserved_gb + used_share * reserved_gb * requests
    return used, whole, 1 - quotient(used, whole)


def size(question: SizingQuestion, profiles: Sequence[CostProfile] = ()) -> Sizing:
    """Raises `InputError` when the model does not fit or a value makes no sense."""
    low, high = _SENSIBLE_UTILISATION
    if not Decimal("0.1") <= question.utilisation <= Decimal("0.99"):
        raise InputError("gpu-memory-utilization must be between 0.1 and 0.99; 0.8 to 0.95 is sensible.")
    length, why = choose_max_model_len(
        question.lengths, question.output_tokens, question.model.longest_context, question.measured_prompts
    )
    if question.max_model_len is not None:
        length, why = question.max_model_len, "given"
    if not 16 <= length <= question.model.longest_context:
        raise InputError(
            f"max-model-len {length:,}: the model supports 16 to {question.model.longest_context:,} tokens."
        )
    memory = _choose_memory(question, length)
    concurrency = memory.concurrency(length)
    seqs = max((count for count in _SEQS if count <= max(1, _typical_concurrency(question, memory, length))), default=1)
    seconds = work_seconds(question.input_tokens, 0, question.output_tokens, question.rates)
    replicas = 1
    if question.requests_per_second is not None:
        replicas = max(
            1, int(quotient(question.requests_per_second * seconds, _LOAD_BUSY).to_integral_value(ROUND_CEILING))
        )
    profile = _cheapest(profiles, question.gpu, memory.tensor_parallel)
    warnings: list[str] = []
    if not low <= question.utilisation <= high:
        warnings.append(
            f"gpu-memory-utilization {question.utilisation} is outside the sensible range of {low} to {high}"
        )
    longest = max(question.lengths, default=0)
    if longest + question.output_tokens > length:
        warnings.append(
            f"the longest measured prompt ({longest:,} tokens) and its answer do not fit: it will be refused"
        )
    if concurrency < _LEAST_CONCURRENCY:
        warnings.append(f"only {concurrency} requests of full length fit at once; more GPUs or a shorter context help")
    return Sizing(
        memory=memory,
        max_model_len=length,
        concurrency=concurrency,
        max_num_seqs=seqs,
        replicas=replicas,
        seconds_per_request=seconds,
        profile=profile,
        instance_monthly_usd=profile.instance_monthly_usd() * replicas if profile else None,
        monthly_usd=profile.monthly_usd(replicas=replicas) if profile else None,
        million_tokens_usd=None if profile is None else _million_tokens_usd(question, profile, seconds, Decimal(1)),
        steps=_steps(question, memory, length, why, concurrency, seqs, seconds, replicas, profile),
        warnings=tuple(warnings),
        command=_command(question, memory, length, seqs),
        environment=_environment(question, memory, length, seqs),
    )


def _million_tokens_usd(
    question: SizingQuestion, profile: CostProfile, seconds: Decimal, utilisation: Decimal
) -> Decimal:
    """The hour of the bare instance divided by the tokens it produces; idle time costs, too."""
    tokens_per_hour = quotient(Decimal(3600 * (question.input_tokens + question.output_tokens)), seconds)
    return own_token_usd(profile.hourly_usd, tokens_per_hour, utilisation).scaleb(6)


def _choose_memory(question: SizingQuestion, length: int) -> MemoryPlan:
    allowed = (question.tensor_parallel,) if question.tensor_parallel else _TENSOR_PARALLEL
    fitting: MemoryPlan | None = None
    for count in allowed:
        if question.model.attention_heads % count:
            continue
        plan = plan_memory(question, count)
        if plan is None or plan.concurrency(length) < 1:
            continue
        if plan.concurrency(length) >= _LEAST_CONCURRENCY:
            return plan
        fitting = plan
    if fitting is not None:
        return fitting
    raise InputError(
        f"{question.model.name} in {question.dtype} has {_gb(weights_gb(question.model, question.dtype))} of weights "
        f"and does not fit with {length:,} tokens into {max(allowed)} x {question.gpu.name} "
        f"({question.gpu.memory_gb} GB each). Take a larger GPU, more of them, or a quantised model."
    )


def _typical_concurrency(question: SizingQuestion, memory: MemoryPlan, length: int) -> int:
    """Requests of the usual length; vLLM pages the cache, so the longest request does not set the number."""
    ordered = sorted(question.lengths)
    usual = ordered[len(ordered) * 9 // 10] + question.output_tokens if ordered else length
    return memory.concurrency(max(16, min(usual, length)))


def _cheapest(profiles: Sequence[CostProfile], gpu: Gpu, count: int) -> CostProfile | None:
    """With this GPU and enough of them, not spot: the cheapest machine that is reliably available."""
    fitting = [
        profile
        for profile in profiles
        if profile.gpu == gpu.name and profile.gpu_count >= count and profile.commitment != "spot"
    ]
    return min(fitting, key=lambda profile: profile.monthly_usd(), default=None)


def _steps(
    question: SizingQuestion,
    memory: MemoryPlan,
    length: int,
    why: str,
    concurrency: int,
    seqs: int,
    seconds: Decimal,
    replicas: int,
    profile: CostProfile | None,
) -> tuple[str, ...]:
    model, count = question.model, memory.tensor_parallel
    weights = _gb(weights_gb(model, question.dtype))
    divided = f", {_gb(memory.weights_gb)} on each of {count} GPUs" if count > 1 else ""
    needed = _gb(memory.usable_gb), _gb(memory.weights_gb), _gb(memory.working_gb)
    rates = question.rates
    parameters = f"{model.parameters} x 10^9 parameters x {_bytes(question.dtype)} bytes ({question.dtype})"
    shape = f"2 x {model.layers} layers x {model.kv_heads} KV heads x {model.head_size} x {_kv_bytes(question)} bytes"
    cache = f"{needed[0]} - {needed[1]} weights - {needed[2]} working memory = {_gb(memory.kv_gb)} per GPU"
    reading = f"{question.input_tokens} / {rates.prefill_tokens_per_second}"
    writing = f"{question.output_tokens} / {rates.decode_tokens_per_second}"
    steps = [
        f"weights: {parameters} = {weights}{divided}",
        f"KV cache per token: {shape} = {memory.kv_bytes_per_token:,.0f} bytes",
        f"usable: {question.gpu.memory_gb} GB x {question.utilisation} = {needed[0]} per GPU",
        f"KV cache: {cache} = {memory.kv_tokens:,} tokens",
        f"max-model-len {length:,}: {why}",
        f"concurrency: {memory.kv_tokens:,} / {length:,} = {concurrency:,} requests of full length",
        f"max-num-seqs {seqs}: the largest usual step that the cache holds",
        f"a request: {reading} + {writing} = {seconds.normalize():f} s of the server ({rates.source})",
    ]
    if question.requests_per_second is not None:
        steps.append(
            f"replicas: {question.requests_per_second} requests/s x {seconds.normalize():f} s / {_LOAD_BUSY} busy, "
            f"rounded up = {replicas}"
        )
    if profile is not None:
        bare, whole = profile.instance_monthly_usd() * replicas, profile.monthly_usd(replicas=replicas)
        steps.append(
            f"machine: {profile.name}, ${profile.hourly_usd}/h x 720 h x {replicas} = ${cents(bare)}; "
            f"with storage, network and engineering ${cents(whole)} a month"
        )
        full, half, tenth = (
            _million_tokens_usd(question, profile, seconds, Decimal(part)).quantize(Decimal("0.0001"))
            for part in ("1", "0.5", "0.1")
        )
        steps.append(
            f"a million tokens: ${profile.hourly_usd} / (tokens of a full hour x utilisation) = ${full} at full load, "
            f"${half} half used, ${tenth} used a tenth"
        )
    return tuple(steps)


def _command(question: SizingQuestion, memory: MemoryPlan, length: int, seqs: int) -> tuple[str, ...]:
    words = [
        "vllm",
        "serve",
        question.model.name,
        *(("--dtype", question.dtype) if question.dtype in {"float16", "bfloat16"} else ()),
        *(("--quantization", "fp8") if question.dtype == "fp8" else ()),
        *(("--kv-cache-dtype", "fp8") if question.kv_dtype == "fp8" else ()),
        "--max-model-len",
        str(length),
        "--gpu-memory-utilization",
        f"{question.utilisation:f}",
        "--max-num-seqs",
        str(seqs),
        *(("--tensor-parallel-size", str(memory.tensor_parallel)) if memory.tensor_parallel > 1 else ()),
        "--enable-prefix-caching",
    ]
    return tuple(words)


def _environment(question: SizingQuestion, memory: MemoryPlan, length: int, seqs: int) -> dict[str, str]:
    """The variables of deploy/vllm/start.sh (a test compares the names)."""
    extra = [
        *(("--dtype", question.dtype) if question.dtype in {"float16", "bfloat16"} else ()),
        *(("--quantization", "fp8") if question.dtype == "fp8" else ()),
        *(("--kv-cache-dtype", "fp8") if question.kv_dtype == "fp8" else ()),
    ]
    return {
        "VLLM_MODEL": question.model.name,
        "VLLM_MAX_MODEL_LEN": str(length),
        "VLLM_GPU_MEMORY_UTILIZATION": f"{question.utilisation:f}",
        "VLLM_MAX_NUM_SEQS": str(seqs),
        "VLLM_TENSOR_PARALLEL_SIZE": str(memory.tensor_parallel),
        "VLLM_EXTRA_ARGS": " ".join(extra),
    }


def _bytes(dtype: str) -> Decimal:
    if dtype not in BYTES_PER_VALUE:
        raise InputError(f"The type `{dtype[:40]}` is not known; known types: {', '.join(BYTES_PER_VALUE)}.")
    return BYTES_PER_VALUE[dtype]


def _kv_bytes(question: SizingQuestion) -> Decimal:
    return _bytes(question.kv_dtype) if question.kv_dtype else Decimal(2)


def _gb(amount: Decimal) -> str:
    return f"{amount:.2f} GB"


def get_gpu(name: str) -> Gpu:
    """Raises `InputError` with the known names."""
    found = next((gpu for gpu in GPUS.values() if gpu.name.lower() == name.lower()), None)
    if found is None:
        raise InputError(f"The GPU `{name[:40]}` is not known. Known GPUs: {', '.join(GPUS)}; or give --gpu-memory-gb.")
    return found
