"""Builds what several programs share: database, metrics, traces, limits."""

from decimal import Decimal

from app.extraction.extract import ExtractionLimits
from app.observability.shared_counts import SharedCounts
from app.observability.tracing import NO_TRACES, Traces
from app.settings import LimitsSettings, LoadedSettings, Settings
from app.storage.engine import Database
from app.storage.ledger.budgets import Period


def build_database(settings: Settings, *, pool_size: int, name: str) -> Database:
    return Database(settings.database_url, pool_size=pool_size, application_name=f"vitae-{name}")


def build_counts(settings: Settings, process: str) -> SharedCounts:
    return SharedCounts.connect(settings.redis_url, process)


def build_traces(loaded: LoadedSettings, process: str) -> Traces:
    """Without a collector, OpenTelemetry's exporter is not even loaded."""
    names = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS")
    address, headers = (loaded.environment.get(name, "") for name in names)
    url = loaded.settings.monitoring.otlp_endpoint or address
    if not url:
        return NO_TRACES
    from app.observability.collector import connect  # noqa: PLC0415

    return connect(url, headers, process)


def extraction_limits(limits: LimitsSettings) -> ExtractionLimits:
    return ExtractionLimits(
        pages=limits.pages,
        text_characters=limits.text_characters,
        seconds=limits.extraction_seconds,
        memory_mib=limits.extraction_memory_mib,
        program_seconds=limits.program_seconds,
    )


def budget_limits(settings: Settings) -> dict[Period, Decimal]:
    limits: dict[Period, Decimal | None] = {"day": settings.budget.daily_usd, "month": settings.budget.monthly_usd}
    return {period: usd for period, usd in limits.items() if usd is not None}
