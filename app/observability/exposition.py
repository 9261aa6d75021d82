"""Converts the sums of all processes to Prometheus metric families. Called by `app.api.service_metrics` on each scrape.

Every foreseeable label set exists from the start with value 0. A counter whose first sample is 1 never shows an
increase, so its alert would stay silent.
"""

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.utils import floatToGoString

from app.observability.metrics import ALL, Cell, Counter, Histogram

Foreseen = Mapping[Counter | Histogram, Iterable[tuple[str, ...]]]


def count_families(sums: Mapping[Cell, float], foreseen: Foreseen) -> Iterator[Metric]:
    """One family for each counter and histogram of `app.observability.metrics`, including empty ones."""
    values: dict[str, dict[tuple[str, ...], dict[str, float]]] = {}
    for (name, labels, part), amount in sums.items():
        values.setdefault(name, {}).setdefault(labels, {})[part] = amount
    for metric in ALL:
        rows = {labels: dict[str, float]() for labels in foreseen.get(metric, ())}
        # Skip sums that another version stored with different labels.
        known = values.get(metric.name, {}).items()
        rows |= {labels: parts for labels, parts in known if len(labels) == len(metric.labels)}
        yield _counter(metric, rows) if isinstance(metric, Counter) else _histogram(metric, rows)


def _counter(metric: Counter, rows: Mapping[tuple[str, ...], Mapping[str, float]]) -> Metric:
    family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, parts in sorted(rows.items()):
        family.add_metric(labels, parts.get("", 0.0))
    return family


def _histogram(metric: Histogram, rows: Mapping[tuple[str, ...], Mapping[str, float]]) -> Metric:
    family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, parts in sorted(rows.items()):
        count = 0.0
        buckets: list[tuple[str, float]] = []
        for index, limit in enumerate((*metric.buckets, float("inf"))):
            count += parts.get(str(index), 0.0)
            buckets.append((floatToGoString(limit), count))
        family.add_metric(labels, buckets=buckets, sum_value=parts.get("sum", 0.0))
    return family
