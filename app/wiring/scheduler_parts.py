"""Builds what the scheduler works with. Called by `workers.schedule`."""

from dataclasses import dataclass

from app.clock import utc_now
from app.files.local import LocalFiles
from app.ledger.entries import PriceAttempt
from app.ledger.machines import Machine
from app.messaging.broker import Publisher, make_celery
from app.messaging.notices import Notices
from app.observability.machine_board import MachineBoard
from app.observability.metrics import Tally
from app.observability.shared_counts import SharedCounts
from app.observability.tracing import NO_TRACES, Traces
from app.pipeline.batches.batch_lane import BatchLane
from app.pipeline.operations.recover_degraded import Recovery
from app.pipeline.operations.watch_clients import ClientWatch
from app.pipeline.webhooks.deliver_webhooks import RetryPlan, WebhookDelivery
from app.pipeline.webhooks.send_webhook import WebhookSender
from app.settings import LoadedSettings, Settings
from app.storage.engine import Database
from app.wiring.batch_parts import build_batch_lane
from app.wiring.cost_parts import build_machines, build_pricing
from app.wiring.routing_parts import build_client_control
from app.wiring.shared_parts import build_counts, build_database, build_traces


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
