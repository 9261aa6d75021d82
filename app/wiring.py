"""The one place where objects are built from settings and put together. Called by the entry points alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from app.analysis.analyse import Analyser
from app.clock import Clock, utc_now
from app.errors import ConfigurationError
from app.extraction.extract import ExtractionLimits
from app.files.local import LocalFiles
from app.ledger.catalogue.cost_profiles import CostProfile, get_cost_profile, own_hardware
from app.ledger.entries import PriceAttempt
from app.ledger.machines import Machine
from app.ledger.prices import PricedModel
from app.ledger.self_hosted import EXPECTED_RATES, Rates
from app.messaging.broker import Publisher, make_celery
from app.messaging.notices import Notices, waiting_analyses
from app.observability.machine_board import MachineBoard
from app.observability.metrics import Tally
from app.observability.shared_counts import SharedCounts
from app.observability.tracing import NO_TRACES, Traces
from app.pipeline.batches.batch_lane import BatchLane, BatchParts, build_lane
from app.pipeline.costs.cost_analysis import CostContext
from app.pipeline.costs.entered_prices import CachedPriceBook
from app.pipeline.mechanisms.lease_keeper import LeaseKeeper
from app.pipeline.mechanisms.metric_counts import count_question, count_transition
from app.pipeline.operations.client_control import ClientControl, announce_transition
from app.pipeline.operations.evaluate_clients import EvaluatedClient
from app.pipeline.operations.explain_routing import ExplainRouting
from app.pipeline.operations.recover_degraded import Recovery
from app.pipeline.operations.watch_clients import ClientWatch
from app.pipeline.resumes.analyse_file import FileAnalysis
from app.pipeline.resumes.analyse_resume import AnalysisParts
from app.pipeline.resumes.extract_document import ExtractionParts
from app.pipeline.resumes.show_partial_profile import PartialProfiles
from app.pipeline.webhooks.deliver_webhooks import RetryPlan, WebhookDelivery
from app.pipeline.webhooks.send_webhook import WebhookSender
from app.routing.baml_client import BamlCaller
from app.routing.breakers.breaker import Breaker, FailureRate
from app.routing.breakers.process_breaker import ProcessBreaker
from app.routing.breakers.redis_breaker import RedisBreaker, Transition
from app.routing.clients import Client, build_clients
from app.routing.decision import RetryPolicy
from app.routing.length_guard import ContextSizes
from app.routing.policy import configured_order
from app.routing.retry_budget import RetryBudget
from app.routing.router import QuestionEnd, Router
from app.routing.servers.balancer import LoadBalancer, ProcessBalancer, RedisBalancer
from app.routing.situation import Situation, Watch, always_calm
from app.settings import BUILTIN, LimitsSettings, LoadedSettings, Settings
from app.storage.engine import Database
from app.storage.ledger.budgets import Period


@dataclass(frozen=True, slots=True)
class ApiParts:
    """What the API works with."""

    database: Database
    files: LocalFiles
    publisher: Publisher
    notices: Notices
    redis_url: str
    loaded: LoadedSettings
    clock: Clock
    counts: SharedCounts
    traces: Traces = NO_TRACES

    @property
    def settings(self) -> Settings:
        return self.loaded.settings

    @property
    def extraction_limits(self) -> ExtractionLimits:
        return extraction_limits(self.loaded.settings.limits)

    @property
    def machines(self) -> list[Machine]:
        return build_machines(self.loaded.settings)

    @property
    def costs(self) -> CostContext:
        return build_cost_context(self.loaded)

    @property
    def batch_lane(self) -> BatchLane | None:
        return build_batch_lane(self.loaded)


@dataclass(frozen=True, slots=True)
class SchedulerParts:
    """What the scheduler works with."""

    database: Database
    files: LocalFiles
    publisher: Publisher
    notices: Notices
    sweep_seconds: float
    republish_seconds: float
    recovery: Recovery
    client_watch: ClientWatch
    counts: SharedCounts
    price: PriceAttempt
    webhooks: WebhookDelivery
    machines: tuple[Machine, ...] = ()
    batch_lane: BatchLane | None = None
    retention_days: int | None = None
    traces: Traces = NO_TRACES


def build_database(settings: Settings, *, pool_size: int, name: str) -> Database:
    return Database(settings.database_url, pool_size=pool_size, application_name=f"vitae-{name}")


def build_counts(settings: Settings, process: str) -> SharedCounts:
    return SharedCounts.connect(settings.redis_url, process)


def build_traces(loaded: LoadedSettings, process: str) -> Traces:
    """Without a collector OpenTelemetry's own program is not even loaded."""
    names = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS")
    address, headers = (loaded.environment.get(name, "") for name in names)
    url = loaded.settings.monitoring.otlp_endpoint or address
    if not url:
        return NO_TRACES
    from app.observability.collector import connect  # noqa: PLC0415

    return connect(url, headers, process)


def build_api_parts(loaded: LoadedSettings) -> ApiParts:
    settings = loaded.settings
    return ApiParts(
        database=build_database(settings, pool_size=settings.server.threads, name="api"),
        files=LocalFiles(settings.files_dir),
        publisher=Publisher(make_celery(settings.redis_url)),
        notices=Notices(settings.redis_url),
        redis_url=settings.redis_url,
        loaded=loaded,
        clock=utc_now,
        counts=build_counts(settings, "api"),
        traces=build_traces(loaded, "api"),
    )


def build_extraction_parts(loaded: LoadedSettings) -> ExtractionParts:
    settings = loaded.settings
    # One process reads one document at a time: its own work and the renewal of its lease.
    database = build_database(settings, pool_size=2, name="extraction")
    counts = build_counts(settings, "extraction")
    lane = build_batch_lane(loaded)
    return ExtractionParts(
        database=database,
        files=LocalFiles(settings.files_dir),
        publisher=Publisher(make_celery(settings.redis_url)),
        notices=Notices(settings.redis_url),
        leases=LeaseKeeper(database, settings.workers.lease_seconds),
        limits=extraction_limits(settings.limits),
        lease_seconds=settings.workers.lease_seconds,
        max_claims=settings.workers.max_claims,
        tally=counts.tally,
        counts=counts,
        hold_seconds=lane.hold_seconds if lane is not None else lambda _privacy, _priority: 0.0,
        traces=build_traces(loaded, "extraction"),
    )


def build_batch_lane(loaded: LoadedSettings) -> BatchLane | None:
    """Raises `ConfigurationError` for a client that cannot answer batches."""
    return build_lane(loaded.settings.batch, build_clients(loaded.settings, loaded.environment))


def build_batch_parts(loaded: LoadedSettings, analysis: AnalysisParts) -> BatchParts | None:
    lane = build_batch_lane(loaded)
    return None if lane is None else BatchParts(analysis, lane, LocalFiles(loaded.settings.files_dir))


def build_analysis_parts(loaded: LoadedSettings) -> AnalysisParts:
    settings = loaded.settings
    clients = build_clients(settings, loaded.environment)
    database = build_database(settings, pool_size=settings.storage.database_pool, name="analysis")
    notices = Notices(settings.redis_url)
    counts = build_counts(settings, "analysis")
    return AnalysisParts(
        database=database,
        publisher=Publisher(make_celery(settings.redis_url)),
        notices=notices,
        leases=LeaseKeeper(database, settings.workers.lease_seconds),
        analyser=_analyser(
            loaded,
            clients,
            _shared_breaker(settings, clients, database, notices, counts.tally),
            _shared_balancer(settings, clients),
            _situation(settings, notices),
            on_end=lambda end: count_question(counts.tally, end),
        ),
        price=build_pricing(clients, database),
        clock=utc_now,
        lease_seconds=settings.workers.lease_seconds,
        max_claims=settings.workers.max_claims,
        budget_limits=budget_limits(settings),
        tally=counts.tally,
        counts=counts,
        traces=build_traces(loaded, "analysis"),
        partials=PartialProfiles(database, notices, counts.tally),
    )


def build_scheduler_parts(loaded: LoadedSettings) -> SchedulerParts:
    settings = loaded.settings
    database = build_database(settings, pool_size=4, name="scheduler")
    notices = Notices(settings.redis_url)
    counts = build_counts(settings, "scheduler")
    control = build_client_control(loaded, database, notices, counts.tally)
    traces = build_traces(loaded, "scheduler")
    return SchedulerParts(
        database=database,
        files=LocalFiles(settings.files_dir),
        publisher=Publisher(make_celery(settings.redis_url)),
        notices=notices,
        sweep_seconds=settings.workers.sweep_seconds,
        republish_seconds=settings.workers.republish_seconds,
        recovery=Recovery(settings.routing, control.clients, control.breaker, control.balancer),
        client_watch=ClientWatch(
            settings.routing,
            control.clients,
            control.balancer,
            breaker=control.breaker,
            board=MachineBoard(settings.redis_url),
            gpu_metrics_urls=settings.monitoring.gpu_metrics_urls,
        ),
        counts=counts,
        price=build_pricing(control.clients, database),
        webhooks=build_webhook_delivery(settings, database, notices, counts.tally, traces),
        traces=traces,
        machines=tuple(build_machines(settings)),
        batch_lane=build_batch_lane(loaded),
        retention_days=settings.privacy.retention_days,
    )


def build_webhook_delivery(
    settings: Settings,
    database: Database,
    notices: Notices,
    tally: Tally | None = None,
    traces: Traces = NO_TRACES,
) -> WebhookDelivery:
    given = settings.webhooks
    return WebhookDelivery(
        database,
        notices,
        WebhookSender(utc_now, timeout_seconds=given.timeout_seconds, allowed_networks=given.networks),
        RetryPlan(given.first_retry_seconds, given.longest_retry_seconds, given.give_up_days * 86_400),
        timeout_seconds=given.timeout_seconds,
        at_once=given.at_once,
        tally=tally,
        traces=traces,
    )


def build_file_analysis(loaded: LoadedSettings) -> FileAnalysis:
    """For single files from the command line: no database, no Redis, a breaker of this process alone.

    Raises `ConfigurationError` when a configured client is not known to BAML.
    """
    clients = build_clients(loaded.settings, loaded.environment)
    analyser = _analyser(loaded, clients, _process_breaker(loaded.settings, clients), ProcessBalancer())
    return FileAnalysis(analyser, build_pricing(clients), extraction_limits(loaded.settings.limits), utc_now)


def build_evaluated_client(loaded: LoadedSettings, name: str, *, concurrency: int) -> EvaluatedClient:
    """For `vitae eval`: `loaded` names this client alone. The built-in parser computes, so it reads one at a time.

    Raises `ConfigurationError` for an unknown client and for one that cannot be asked.
    """
    if name == BUILTIN:
        return EvaluatedClient(name, None, None, build_file_analysis(loaded))
    client = build_clients(loaded.settings, loaded.environment)[name]
    if client.not_configured:
        raise ConfigurationError(f"{name} cannot be evaluated, it is not configured: {client.not_configured}")
    return EvaluatedClient(name, client.model, client.location, build_file_analysis(loaded), concurrency)


def build_client_control(
    loaded: LoadedSettings, database: Database, notices: Notices, tally: Tally | None = None
) -> ClientControl:
    """For the API: the clients as configured when it started, their breakers and endpoints."""
    settings = loaded.settings
    clients = build_clients(settings, loaded.environment)
    return ClientControl(
        database,
        clients,
        _shared_breaker(settings, clients, database, notices, tally or Tally()),
        _shared_balancer(settings, clients),
    )


def build_explain_routing(loaded: LoadedSettings, assumed: Mapping[str, int | None]) -> ExplainRouting:
    """`assumed` are fields of the situation to take for given, for what cannot be seen from here.

    Raises `ConfigurationError` when a configured client is not known to BAML.
    """
    clients = build_clients(loaded.settings, loaded.environment)
    caller = BamlCaller()
    now = Watch(utc_now)()
    situation = replace(now, **{name: value for name, value in assumed.items() if value is not None})
    router = Router(clients, loaded.settings.routing, caller, situation=lambda: situation)
    limits = extraction_limits(loaded.settings.limits)
    return ExplainRouting(router, caller.estimate_prompt_tokens, ContextSizes(), limits, budget_limits(loaded.settings))


def budget_limits(settings: Settings) -> dict[Period, Decimal]:
    limits: dict[Period, Decimal | None] = {"day": settings.budget.daily_usd, "month": settings.budget.monthly_usd}
    return {period: usd for period, usd in limits.items() if usd is not None}


def build_pricing(clients: Mapping[str, Client], database: Database | None = None) -> PriceAttempt:
    """Without a database (single files of the command line) by the settings and the shipped list alone."""
    if database is None:
        return PriceAttempt(priced_models(clients))
    return PriceAttempt(priced_models(clients), book=CachedPriceBook(database))


def priced_models(clients: Mapping[str, Client]) -> dict[str, PricedModel]:
    return {
        name: PricedModel(
            client.model,
            client.price_provider,
            client.billing,
            client.input_usd_per_million,
            client.cached_input_usd_per_million,
            client.output_usd_per_million,
        )
        for name, client in clients.items()
    }


def build_machines(settings: Settings) -> list[Machine]:
    """The own machines behind the self-hosted clients; clients with the same address share one bill.

    Raises `ConfigurationError` for an unknown cost profile.
    """
    own = build_cost_profiles(settings)
    grouped: dict[tuple[str | None, str], list[str]] = {}
    for name, client in settings.clients.items():
        if client.billing == "self_hosted" and client.cost_profile is not None:
            address = client.base_url or name  # without an address of its own it shares with nobody
            grouped.setdefault((address, client.cost_profile), []).append(name)
    machines: list[Machine] = []
    for (_, profile), names in grouped.items():
        first = settings.clients[names[0]]
        rates = EXPECTED_RATES
        if first.prefill_tokens_per_second is not None and first.decode_tokens_per_second is not None:
            rates = Rates(first.prefill_tokens_per_second, first.decode_tokens_per_second, "settings (measured)")
        machines.append(Machine(names[0], tuple(names), get_cost_profile(profile, own), first.replicas, rates))
    return machines


def build_cost_context(loaded: LoadedSettings) -> CostContext:
    """What cost analysis needs to know of the settings; the model of a client may stand in `baml_src` alone."""
    settings = loaded.settings
    clients = build_clients(settings, loaded.environment)
    return CostContext(
        machines=tuple(build_machines(settings)),
        own_profiles=build_cost_profiles(settings),
        models=priced_models(clients),
        order=tuple(settings.routing.clients),
        first_client=lambda function: next(iter(configured_order(function, settings.routing)), None),
    )


def build_cost_profiles(settings: Settings) -> dict[str, CostProfile]:
    """The machines of the settings; shipped ones are found by `get_cost_profile`."""
    profiles: dict[str, CostProfile] = {}
    for name, given in settings.cost_profiles.items():
        hardware = own_hardware(
            name,
            purchase_usd=given.purchase_usd,
            life_months=given.life_months,
            watts=given.watts,
            usd_per_kwh=given.usd_per_kwh,
            gpu=given.gpu,
            gpu_count=given.gpu_count,
        )
        profiles[name] = replace(
            hardware,
            hourly_usd=given.hourly_usd + hardware.hourly_usd,
            commitment=given.commitment,
            storage_monthly_usd=given.storage_monthly_usd,
            network_monthly_usd=given.network_monthly_usd,
            engineering_monthly_usd=given.engineering_monthly_usd,
        )
    return profiles


def _analyser(
    loaded: LoadedSettings,
    clients: Mapping[str, Client],
    breaker: Breaker,
    balancer: LoadBalancer,
    situation: Callable[[], Situation] = always_calm,
    on_end: Callable[[QuestionEnd], None] = lambda _: None,
) -> Analyser:
    settings = loaded.settings
    return Analyser(
        Router(
            clients,
            settings.routing,
            BamlCaller(),
            breaker=breaker,
            balancer=balancer,
            situation=situation,
            retry_policy=RetryPolicy(
                attempts_per_endpoint=settings.routing.retry.attempts,
                backoff_seconds=settings.routing.retry.backoff_seconds,
                longest_wait_seconds=settings.routing.retry.longest_wait_seconds,
                wait_for_preferred_seconds=settings.routing.retry.wait_for_preferred_seconds,
            ),
            retry_budget=RetryBudget(
                share=settings.routing.retry.budget_share, burst=settings.routing.retry.budget_burst
            ),
            on_end=on_end,
        ),
        deadline_seconds=settings.routing.deadline_seconds,
        summarise=settings.analysis.summarise,
        default_region=settings.analysis.default_region,
        pseudonymise=settings.privacy.pseudonymise_hosted,
    )


def _situation(settings: Settings, notices: Notices) -> Watch:
    """Redis is asked only where a rule wants to know."""
    rules = settings.routing.rules
    board = MachineBoard(settings.redis_url)
    unknown: Callable[[], int | None] = lambda: None  # noqa: E731
    return Watch(
        utc_now,
        (lambda: waiting_analyses(notices)) if any(r.waiting_over is not None for r in rules) else unknown,
        board.requests_waiting if any(r.server_waiting_over is not None for r in rules) else unknown,
    )


def _process_breaker(settings: Settings, clients: Mapping[str, Client]) -> ProcessBreaker:
    return ProcessBreaker(
        failures=settings.routing.breaker.failures,
        open_seconds=settings.routing.breaker.open_seconds,
        probe_lease_seconds=_probe_lease_seconds(clients),
        rate=_failure_rate(settings),
    )


def _failure_rate(settings: Settings) -> FailureRate | None:
    given = settings.routing.breaker
    if given.failure_share is None:
        return None
    return FailureRate(given.failure_share, given.least_calls, given.window_seconds)


def _shared_breaker(
    settings: Settings, clients: Mapping[str, Client], database: Database, notices: Notices, tally: Tally
) -> RedisBreaker:
    def on_transition(change: Transition) -> None:
        count_transition(tally, change)
        announce_transition(database, notices, change)

    return RedisBreaker.connect(
        settings.redis_url,
        _process_breaker(settings, clients),
        failures=settings.routing.breaker.failures,
        open_seconds=settings.routing.breaker.open_seconds,
        probe_lease_seconds=_probe_lease_seconds(clients),
        on_transition=on_transition,
        rate=_failure_rate(settings),
    )


def _shared_balancer(settings: Settings, clients: Mapping[str, Client]) -> RedisBalancer:
    return RedisBalancer(settings.redis_url, lease_seconds=_probe_lease_seconds(clients))


def _probe_lease_seconds(clients: Mapping[str, Client]) -> float:
    """A probe that is still under way must not lose its place to a second one."""
    return max((client.total_timeout_seconds for client in clients.values()), default=60.0) + 5.0


def extraction_limits(limits: LimitsSettings) -> ExtractionLimits:
    return ExtractionLimits(
        pages=limits.pages,
        text_characters=limits.text_characters,
        seconds=limits.extraction_seconds,
        memory_mib=limits.extraction_memory_mib,
        program_seconds=limits.program_seconds,
    )
