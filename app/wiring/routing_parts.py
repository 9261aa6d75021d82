"""Builds the router and what it decides by: breakers, balancers, the load situation, the retry policy."""

from collections.abc import Callable, Mapping

from app.analysis.analyse import Analyser
from app.analysis.strategy import Strategy, StrategyName
from app.clock import utc_now
from app.messaging.notices import Notices, waiting_analyses
from app.observability.machine_board import MachineBoard
from app.observability.metrics import Tally
from app.pipeline.mechanisms.metric_counts import count_transition
from app.pipeline.operations.client_control import ClientControl, announce_transition
from app.routing.attempt import Cancellation
from app.routing.baml_client import BamlCaller
from app.routing.breakers.breaker import Breaker, FailureRate
from app.routing.breakers.process_breaker import ProcessBreaker
from app.routing.breakers.redis_breaker import RedisBreaker, Transition
from app.routing.clients import Client, build_clients
from app.routing.decision import RetryPolicy
from app.routing.retry_budget import RetryBudget
from app.routing.router import QuestionEnd, Router
from app.routing.servers.balancer import LoadBalancer, RedisBalancer
from app.routing.servers.expectations import Expectations
from app.routing.servers.first_token_patience import FirstTokenMemory, PatientCaller, SharedMemory
from app.routing.situation import Situation, Watch, default_situation
from app.settings import AnalysisSettings, LoadedSettings, Settings
from app.storage.engine import Database


def build_analyser(
    loaded: LoadedSettings,
    clients: Mapping[str, Client],
    breaker: Breaker,
    balancer: LoadBalancer,
    situation: Callable[[], Situation] = default_situation,
    on_end: Callable[[QuestionEnd], None] = lambda _: None,
    expectations: Expectations | None = None,
    cancellation: Cancellation | None = None,
    first_tokens: FirstTokenMemory | None = None,
    error_factor: Callable[[str], float] = lambda _: 1.0,
) -> Analyser:
    settings = loaded.settings
    return Analyser(
        Router(
            clients,
            settings.routing,
            PatientCaller(BamlCaller(), first_tokens),
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
            expectations=expectations,
            cancellation=cancellation,
        ),
        deadline_seconds=settings.routing.deadline_seconds,
        summarise=settings.analysis.summarise,
        default_region=settings.analysis.default_region,
        pseudonymise=settings.privacy.pseudonymise_hosted,
        strategy=build_strategy(settings.analysis),
        second_reading=settings.analysis.second_reading,
        error_factor=error_factor,
    )


def build_strategy(settings: AnalysisSettings, name: StrategyName | None = None) -> Strategy:
    """The configured strategy, or the one of this name with the configured limits."""
    return Strategy(name or settings.strategy, tuple(settings.required_fields), settings.sure_confidence)


def build_situation(settings: Settings, notices: Notices) -> Watch:
    """Redis is queried only where a routing rule depends on it."""
    rules = settings.routing.rules
    board = MachineBoard(settings.redis_url)
    unknown: Callable[[], int | None] = lambda: None  # noqa: E731
    return Watch(
        utc_now,
        (lambda: waiting_analyses(notices)) if any(r.waiting_over is not None for r in rules) else unknown,
        board.requests_waiting if any(r.server_waiting_over is not None for r in rules) else unknown,
    )


def build_process_breaker(settings: Settings, clients: Mapping[str, Client]) -> ProcessBreaker:
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


def build_shared_breaker(
    settings: Settings, clients: Mapping[str, Client], database: Database, notices: Notices, tally: Tally
) -> RedisBreaker:
    def on_transition(change: Transition) -> None:
        count_transition(tally, change)
        announce_transition(database, notices, change)

    return RedisBreaker.connect(
        settings.redis_url,
        build_process_breaker(settings, clients),
        failures=settings.routing.breaker.failures,
        open_seconds=settings.routing.breaker.open_seconds,
        probe_lease_seconds=_probe_lease_seconds(clients),
        on_transition=on_transition,
        rate=_failure_rate(settings),
    )


def build_shared_balancer(settings: Settings, clients: Mapping[str, Client]) -> RedisBalancer:
    return RedisBalancer(settings.redis_url, lease_seconds=_probe_lease_seconds(clients))


def _probe_lease_seconds(clients: Mapping[str, Client]) -> float:
    """A running probe must not lose its lease to a second one."""
    return max((client.total_timeout_seconds for client in clients.values()), default=60.0) + 5.0


def build_client_control(
    loaded: LoadedSettings, database: Database, notices: Notices, tally: Tally | None = None
) -> ClientControl:
    """For the API: the configured clients, their breakers and endpoints."""
    settings = loaded.settings
    clients = build_clients(settings, loaded.environment)
    return ClientControl(
        database,
        clients,
        build_shared_breaker(settings, clients, database, notices, tally or Tally()),
        build_shared_balancer(settings, clients),
        SharedMemory(settings.redis_url),
    )
