"""Builds what the analysis worker works with. Called by `workers.celery_app`."""

from app.clock import fixed_or_today, utc_now
from app.messaging.broker import Publisher, make_celery
from app.messaging.notices import Notices
from app.pipeline.mechanisms.answer_memory import DatabaseMemory
from app.pipeline.mechanisms.lease_keeper import LeaseKeeper
from app.pipeline.mechanisms.metric_counts import count_question
from app.pipeline.mechanisms.reviewed_clients import ReviewedClients
from app.pipeline.resumes.analyse_resume import AnalysisParts
from app.pipeline.resumes.show_partial_profile import PartialProfiles
from app.routing.attempt import Cancellation
from app.routing.clients import build_clients
from app.routing.servers.expectations import Expectations
from app.routing.servers.first_token_patience import SharedMemory
from app.settings import LoadedSettings
from app.wiring.cost_parts import build_pricing
from app.wiring.routing_parts import build_analyser, build_shared_balancer, build_shared_breaker, build_situation
from app.wiring.shared_parts import budget_limits, build_counts, build_database, build_traces


def build_analysis_parts(loaded: LoadedSettings) -> AnalysisParts:
    settings = loaded.settings
    clients = build_clients(settings, loaded.environment)
    database = build_database(settings, pool_size=settings.storage.database_pool, name="analysis")
    notices = Notices(settings.redis_url)
    counts = build_counts(settings, "analysis")
    cancellation = Cancellation()
    return AnalysisParts(
        database=database,
        publisher=Publisher(make_celery(settings.redis_url)),
        notices=notices,
        leases=LeaseKeeper(database, settings.workers.lease_seconds),
        analyser=build_analyser(
            loaded,
            clients,
            build_shared_breaker(settings, clients, database, notices, counts.tally),
            build_shared_balancer(settings, clients),
            build_situation(settings, notices),
            on_end=lambda end: count_question(counts.tally, end),
            expectations=Expectations(DatabaseMemory(database)),
            cancellation=cancellation,
            first_tokens=SharedMemory(settings.redis_url),
            error_factor=ReviewedClients(database).error_factor,
        ),
        price=build_pricing(clients, database),
        clock=utc_now,
        today=fixed_or_today(settings.analysis.as_of),
        lease_seconds=settings.workers.lease_seconds,
        max_claims=settings.workers.max_claims,
        budget_limits=budget_limits(settings),
        tally=counts.tally,
        counts=counts,
        traces=build_traces(loaded, "analysis"),
        partials=PartialProfiles(database, notices, counts.tally),
        cancellation=cancellation,
    )
