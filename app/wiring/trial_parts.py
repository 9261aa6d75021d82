"""Builds what tests a client with one real request, for the command line and for the API."""

from app.observability.metrics import Tally
from app.pipeline.operations.try_client import ClientTest, Measure, RecordedTest, measure_in_own_process
from app.routing.clients import Client, build_clients
from app.routing.servers.first_token_patience import SharedMemory
from app.settings import LoadedSettings
from app.storage.engine import Database
from app.wiring.cost_parts import build_machines, build_pricing
from app.wiring.shared_parts import budget_limits


def build_client_test(loaded: LoadedSettings) -> ClientTest:
    """For the command line: measures in this process, without a database."""
    from app.pipeline.operations.measure_client import measure_client  # noqa: PLC0415 - loads the parser

    return _build(loaded, lambda client, seconds: measure_client(client, timeout_seconds=seconds), None)


def build_recorded_test(loaded: LoadedSettings, database: Database, tally: Tally) -> RecordedTest:
    """For the API."""
    return RecordedTest(
        test=_build(loaded, measure_in_own_process, database),
        database=database,
        budget_limits=budget_limits(loaded.settings),
        first_tokens=SharedMemory(loaded.settings.redis_url),
        tally=tally,
    )


def _build(loaded: LoadedSettings, measure: Measure, database: Database | None) -> ClientTest:
    settings = loaded.settings
    clients = build_clients(settings, loaded.environment, with_hidden=True)

    def deadline_seconds(client: Client) -> float:
        # Naming a preset in the order raises the deadline to its time limit.
        deadline = settings.routing.deadline_seconds
        return max(deadline, client.total_timeout_seconds) if settings.is_hidden(client.name) else deadline

    return ClientTest(
        clients=clients,
        price=build_pricing(clients, database),
        machines=tuple(build_machines(settings)),
        deadline_seconds=deadline_seconds,
        measure=measure,
    )
