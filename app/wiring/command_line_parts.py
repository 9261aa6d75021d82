"""Builds what the command line needs where no service is running."""

from collections.abc import Mapping
from dataclasses import replace

from app.clock import fixed_or_today, utc_now
from app.errors import ConfigurationError
from app.extraction.document import Document
from app.extraction.sandbox.sandbox import extract_in_sandbox
from app.intake.file_types import detect_media_type
from app.pipeline.operations.evaluate_clients import EvaluatedClient
from app.pipeline.operations.explain_routing import ExplainRouting
from app.pipeline.operations.export_training import TrainingExport
from app.pipeline.resumes.analyse_file import FileAnalysis
from app.routing.baml_client import BamlCaller, render_messages
from app.routing.clients import build_clients
from app.routing.length_guard import ContextSizes
from app.routing.question import Question
from app.routing.router import Router
from app.routing.servers.balancer import ProcessBalancer
from app.routing.situation import Watch
from app.settings import BUILTIN, LoadedSettings
from app.wiring.cost_parts import build_pricing
from app.wiring.routing_parts import build_analyser, build_process_breaker
from app.wiring.shared_parts import budget_limits, extraction_limits


def build_file_analysis(loaded: LoadedSettings) -> FileAnalysis:
    """For single files on the command line: no database, no Redis, and a circuit breaker for this process only.

    Raises `ConfigurationError` when BAML does not know a configured client.
    """
    clients = build_clients(loaded.settings, loaded.environment)
    analyser = build_analyser(loaded, clients, build_process_breaker(loaded.settings, clients), ProcessBalancer())
    today = fixed_or_today(loaded.settings.analysis.as_of)
    return FileAnalysis(analyser, build_pricing(clients), extraction_limits(loaded.settings.limits), today, clients)


def build_evaluated_client(loaded: LoadedSettings, name: str, *, concurrency: int) -> EvaluatedClient:
    """For `vitae eval`: `loaded` names only this client. The built-in parser is CPU-bound, so it reads one file at a
    time.

        Raises `ConfigurationError` for an unknown client and for one that cannot be called.
    """
    if name == BUILTIN:
        return EvaluatedClient(name, None, None, build_file_analysis(loaded))
    client = build_clients(loaded.settings, loaded.environment)[name]
    if client.not_configured:
        raise ConfigurationError(f"{name} cannot be evaluated because it is not configured: {client.not_configured}")
    strategy = loaded.settings.analysis.strategy
    return EvaluatedClient(name, client.model, client.location, build_file_analysis(loaded), concurrency, strategy)


def build_training_export(loaded: LoadedSettings) -> TrainingExport:
    """For `vitae eval export-training`: no client is called."""
    limits = extraction_limits(loaded.settings.limits)

    def read(content: bytes, filename: str) -> Document:
        return extract_in_sandbox(content, detect_media_type(content, filename), limits)

    def render(document: Document) -> list[dict[str, str]]:
        return render_messages(Question.extract_profile(document.numbered_text()))

    return TrainingExport(read, render, loaded.settings.analysis.default_region)


def build_explain_routing(loaded: LoadedSettings, assumed: Mapping[str, int | None]) -> ExplainRouting:
    """`assumed` overrides fields of the situation that cannot be observed from here.

    Raises `ConfigurationError` when BAML does not know a configured client.
    """
    clients = build_clients(loaded.settings, loaded.environment)
    caller = BamlCaller()
    now = Watch(utc_now)()
    situation = replace(now, **{name: value for name, value in assumed.items() if value is not None})
    router = Router(clients, loaded.settings.routing, caller, situation=lambda: situation)
    limits = extraction_limits(loaded.settings.limits)
    return ExplainRouting(router, caller.estimate_prompt_tokens, ContextSizes(), limits, budget_limits(loaded.settings))
