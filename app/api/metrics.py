"""Numbers of the API process for Prometheus: requests as they are answered, and the state of the work at each scrape.

`app.api.boundary` counts, `app.api.health` serves `/metrics`. Labels are route templates, methods and states, no ids.
"""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from app.errors import DependencyError
from app.storage import analyses, resumes
from app.storage.engine import Database
from app.storage.tables import STATUSES

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
# Seconds: an accepted upload takes about 10 ms, a list 5 ms; the tail shows a database that is away (15 s).
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class HttpMetrics:
    """One registry per application, so that two in one process do not share numbers."""

    def __init__(self, database: Database) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "vitae_http_requests", "Requests answered.", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "vitae_http_request_seconds",
            "Time from a request's head to its answer's head, upload included, streams of events not.",
            ["method", "route"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._registry.register(_WorkState(database))

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        known = method if method in _METHODS else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)

    def text(self) -> bytes:
        return generate_latest(self._registry)


class _WorkState(Collector):
    """Read from Postgres at each scrape, so that every API process tells the same."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> Iterable[Metric]:
        return []  # otherwise the registry would ask the database when the collector is registered

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("vitae_database_up", "1 when Postgres answered this scrape.")
        try:
            with self._database.reading() as tx:
                by_status = resumes.count_by_status(tx)
                waiting = analyses.queue_state(tx)
        except DependencyError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        states = GaugeMetricFamily("vitae_resumes", "Resumes by the state of their newest analysis.", labels=["status"])
        for status in STATUSES:
            states.add_metric([status], by_status.get(status, 0))
        yield states
        depth = GaugeMetricFamily("vitae_queue_depth", "Analyses waiting or worked on.", labels=["stage"])
        age = GaugeMetricFamily("vitae_queue_oldest_seconds", "Age of the oldest unfinished one.", labels=["stage"])
        for stage in ("extraction", "analysis"):
            count, oldest_seconds = waiting.get(stage, (0, 0.0))
            depth.add_metric([stage], count)
            age.add_metric([stage], oldest_seconds)
        yield depth
        yield age
