"""`vitae bench`: measures throughput, latency and cost of a model server or the whole service under load."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import psutil
import typer

from app.benchmark.arrivals import Arrivals, Stage
from app.benchmark.drive import Send, drive
from app.benchmark.load_summary import Limits, summarise
from app.benchmark.raw_connection import Address
from app.benchmark.report import NoReport, Report, compare, read_report
from app.cli.help import Commands
from app.cli.models.bench_report import show, show_changes, write
from app.cli.operations.first_start import SAMPLES
from app.cli.resumes.resume_files import SUFFIXES
from app.cli.resumes.upload_command import Priority
from app.cli.service_connection import service
from app.cli.terminal import EXIT_SOME_FAILED, EXIT_WRONG_USAGE, fail, notes, settings_or_exit
from app.clock import utc_now
from app.errors import ConfigurationError
from app.routing.clients import Client, build_clients
from app.routing.length_guard import ContextSizes
from app.routing.policy import Privacy
from app.routing.servers.structured_output import StructuredOutput
from app.settings import LoadedSettings

if TYPE_CHECKING:
    from app.benchmark.pipeline_load import SourceFile
    from app.benchmark.prompts import Prompts

_PURPOSE = """Benchmark a model server or the whole service.

Runs load in stages, or compares the results of two runs.

Examples:
    vitae bench model --concurrency 1,10,100 --json before.json
    vitae bench pipeline --rate 5,10,20
    vitae bench --compare before.json after.json
"""

bench = Commands(help=_PURPOSE)

_WARM_UP_AT_ONCE = 10

_Files = Annotated[
    list[Path] | None, typer.Argument(help="Resumes to send. Default: the bundled samples.", show_default=False)
]
_Concurrency = Annotated[
    str | None, typer.Option(help="Closed loop: concurrent requests, one stage per number: 1,10,100.")
]
_Rate = Annotated[str | None, typer.Option(help="Open loop: requests per second, one stage per number: 5,10,20.")]
_Arrivals = Annotated[Arrivals, typer.Option(help="Arrival pattern of an open loop.")]
_Requests = Annotated[int, typer.Option(min=1, help="Maximum number of requests per stage.")]
_Seconds = Annotated[float, typer.Option(min=0.1, help="Maximum duration of a stage, in seconds.")]
_WarmUp = Annotated[int, typer.Option(min=0, help="Unmeasured requests sent before the first stage.")]
_Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds until a request counts as failed.")]
_Latency = Annotated[float | None, typer.Option(help="Goodput: maximum seconds to the full response.")]
_FirstToken = Annotated[float | None, typer.Option(help="Goodput: maximum seconds to the first token.")]
_Json = Annotated[Path | None, typer.Option("--json", help="Write the full result to this file.")]
_Plot = Annotated[Path | None, typer.Option(help="Write a chart (SVG) to this file.")]
_Yes = Annotated[bool, typer.Option("--yes", help="Run even if it costs money or the address is not on this machine.")]


@bench.callback(invoke_without_command=True)
def bench_or_compare(
    context: typer.Context,
    comparison: Annotated[
        tuple[Path, Path] | None,
        typer.Option("--compare", metavar="A.json B.json", help="Compare two results.", show_default=False),
    ] = None,
) -> None:
    if context.invoked_subcommand is not None:
        return
    if comparison is None:
        fail("Choose what to run: `vitae bench model`, `vitae bench pipeline`, or --compare A.json B.json.", 2)
    try:
        first, second = (read_report(path.read_text("utf-8"), path.name) for path in comparison)
        show_changes(compare(first, second), comparison[0].name, comparison[1].name)
    except OSError as error:
        fail(f"Cannot read {error.filename} ({error.strerror}). Name two files written by --json.", EXIT_WRONG_USAGE)
    except UnicodeDecodeError:
        fail("One of the files is not text. Name two files written by --json.", EXIT_WRONG_USAGE)
    except NoReport as error:
        fail(str(error), EXIT_WRONG_USAGE)


@bench.command("model")
def bench_model(
    files: _Files = None,
    client: Annotated[str | None, typer.Option(help="A configured client. Default: the first in the order.")] = None,
    url: Annotated[str | None, typer.Option(help="Use this base_url (…/v1) instead of the client's.")] = None,
    model: Annotated[str | None, typer.Option(help="Use this model instead of the client's.")] = None,
    concurrency: _Concurrency = None,
    rate: _Rate = None,
    arrivals: _Arrivals = "constant",
    requests: _Requests = 200,
    seconds: _Seconds = 30,
    warm_up: _WarmUp = 10,
    timeout_seconds: _Timeout = 120,
    answer_tokens: Annotated[
        int | None,
        typer.Option(min=1, help="Generate this many tokens of free text instead of a profile, to compare tools."),
    ] = None,
    repeat_prompts: Annotated[
        bool, typer.Option(help="Repeat identical prompts, which a prefix cache serves from memory.")
    ] = False,
    limit_latency: _Latency = None,
    limit_first_token: _FirstToken = None,
    json_file: _Json = None,
    plot: _Plot = None,
    yes: _Yes = False,
) -> None:
    """Benchmark only a model server, with Vitae's requests.

    Sends exactly the requests that Vitae would send for these files.

    Examples:
        vitae bench model --concurrency 1,10,100
        vitae bench model --url http://gpu-2:8000/v1 --rate 20 --yes
        vitae bench model inbox/*.pdf --json run.json --plot run.svg
    """
    from app.benchmark.cost import stage_cost_usd
    from app.benchmark.model_load import STOP, ModelLoad
    from app.benchmark.prompts import make_prompts
    from app.wiring.cost_parts import build_cost_profiles, build_pricing
    from app.wiring.shared_parts import extraction_limits

    loaded = settings_or_exit()
    stages = _stages(concurrency, rate, arrivals, requests, seconds, usual="1,10,100")
    target, configured = _client(loaded, client, url, model)
    structured = answer_tokens is None and StructuredOutput().wanted(target)
    made = make_prompts(
        _read(files),
        target,
        extraction_limits(loaded.settings.limits),
        context_tokens=ContextSizes()(target),
        structured=structured,
        fixed_answer_tokens=answer_tokens,
        repeat=repeat_prompts,
    )
    for sentence in made.left_out:
        notes.print(f"skipped: {sentence}", style="yellow")
    if not made.prompts:
        fail("None of these files gives a prompt for this model; the reasons are above. Name other resumes.")
    _ask_for_consent(target, configured, made, sum(s.requests for s in stages) + warm_up, yes=yes)
    report = Report(
        "model",
        _now(),
        {
            "client": target.name if configured else None,
            "model": target.model,
            "url": target.base_url,
            "prompts": len(made.prompts),
            "unique_prompts": not repeat_prompts,
            "structured_output": structured,
            "answer_tokens": answer_tokens,
        },
        _machine(),
        Limits(limit_latency, limit_first_token),
        None,
    )
    address = Address.of(target.base_url or "")
    finishes = STOP if answer_tokens is None else STOP | {"length"}

    async def run(stop: asyncio.Event) -> None:
        load = ModelLoad(made.prompts, address, timeout_seconds=timeout_seconds, finishes=finishes)
        try:
            await _run_stages(report, stages, load.send, stop, warm_up, timeout_seconds)
        finally:
            load.close()

    _measure(run, report)
    profiles = build_cost_profiles(loaded.settings)
    for summary in report.stages:
        summary.cost_usd, summary.cost_basis = stage_cost_usd(
            summary, target if configured else None, build_pricing({target.name: target}), profiles, utc_now()
        )
    _finish(report, json_file, plot, f"{target.model or target.name} at {urlsplit(target.base_url or '').netloc}")


@bench.command("pipeline")
def bench_pipeline(
    files: _Files = None,
    concurrency: _Concurrency = None,
    rate: _Rate = None,
    arrivals: _Arrivals = "constant",
    requests: _Requests = 100,
    seconds: _Seconds = 30,
    warm_up: _WarmUp = 5,
    timeout_seconds: _Timeout = 300,
    privacy: Annotated[
        Privacy, typer.Option(help="local_only: no hosted model is called, so nothing is billed per token.")
    ] = "local_only",
    priority: Annotated[Priority, typer.Option(help="batch: processed after all interactive uploads.")] = "interactive",
    files_per_upload: Annotated[int, typer.Option(min=1, max=50, help="Number of files per upload.")] = 1,
    keep: Annotated[bool, typer.Option(help="Do not delete the uploaded resumes afterwards.")] = False,
    limit_latency: _Latency = None,
    json_file: _Json = None,
    plot: _Plot = None,
    yes: _Yes = False,
) -> None:
    """Benchmark the whole service, from upload to result.

    Deletes the resumes that it uploaded.

    Examples:
        vitae bench pipeline --rate 5,10,20
        vitae bench pipeline inbox/*.pdf --concurrency 1,10
    """
    from app.benchmark.cost import is_loopback
    from app.benchmark.pipeline_load import PipelineLoad

    loaded = settings_or_exit()
    stages = _stages(concurrency, rate, arrivals, requests, seconds, usual="1,10")
    sources = _read(files)
    with service(loaded) as running:
        listed = running.get("/v1/clients")["clients"]
        address, key = Address.of(running.url), running.key
    hosted = [c["name"] for c in listed if c.get("configured") and c["location"] == "hosted" and c.get("order")]
    if privacy == "any" and hosted and not yes:
        fail(
            f"This service may call {', '.join(hosted)}, which is billed per token. Add --yes to accept the cost, "
            "or use --privacy local_only.",
            EXIT_WRONG_USAGE,
        )
    if not is_loopback(running.url) and not yes:
        fail(f"{running.url} is not on this machine. Add --yes if you may put load on it.", EXIT_WRONG_USAGE)
    report = Report(
        "pipeline",
        _now(),
        {
            "url": running.url,
            "files": len(sources),
            "files_per_upload": files_per_upload,
            "privacy": privacy,
            "priority": priority,
        },
        _machine(),
        Limits(limit_latency),
        None,
    )

    async def run(stop: asyncio.Event) -> None:
        load = PipelineLoad(
            files=sources,
            address=address,
            key=key,
            privacy=privacy,
            priority=priority,
            timeout_seconds=timeout_seconds,
            files_per_upload=files_per_upload,
        )
        try:
            await _run_stages(report, stages, load.send, stop, warm_up, timeout_seconds)
        finally:
            await load.stop_watching()
            if not keep and load.resume_ids:
                notes.print(f"deleting {len(load.resume_ids)} uploaded resumes ...", style="dim")
                left = await load.erase()
                if left:
                    notes.print(f"{left} resumes could not be deleted; their reference is {load.reference}.")
            load.close()

    _measure(run, report)
    _finish(report, json_file, plot, f"from upload to stored result, {urlsplit(running.url).netloc}")


def _stages(
    concurrency: str | None, rate: str | None, arrivals: Arrivals, requests: int, seconds: float, *, usual: str
) -> list[Stage]:
    if concurrency is None and rate is None:
        concurrency = usual
    try:
        closed = [
            Stage(concurrency=int(n), requests=max(requests, int(n)), seconds=seconds) for n in _list(concurrency)
        ]
        opened = [Stage(rate=float(n), arrivals=arrivals, requests=requests, seconds=seconds) for n in _list(rate)]
    except ValueError:
        fail("--concurrency and --rate take positive numbers, separated by commas: 1,10,100.", EXIT_WRONG_USAGE)
    return closed + opened


def _list(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _read(files: list[Path] | None) -> "list[SourceFile]":
    from app.benchmark.pipeline_load import SourceFile

    paths = files or [
        path for path in sorted(SAMPLES.glob("*")) if path.suffix in SUFFIXES and path.name != "README.md"
    ]
    if not paths:
        fail("The bundled samples are missing. Name your own resumes: `vitae bench model inbox/*.pdf`.", 2)
    try:
        return [SourceFile(path.name, path.read_bytes()) for path in paths]
    except OSError as error:
        fail(f"Cannot read {error.filename} ({error.strerror}). Check its name and permissions.", EXIT_WRONG_USAGE)


def _client(loaded: LoadedSettings, name: str | None, url: str | None, model: str | None) -> tuple[Client, bool]:
    """Return the client to benchmark and whether its address is a configured one."""
    try:
        clients = build_clients(loaded.settings, loaded.environment)
    except ConfigurationError as error:
        fail(error.detail, EXIT_WRONG_USAGE)
    chosen = name or next((n for n in loaded.settings.routing.clients if n in clients), None)
    if chosen is None or chosen not in clients:
        fail(
            f"{chosen or 'builtin'} is not a model client. Model clients: {', '.join(sorted(clients))}.",
            EXIT_WRONG_USAGE,
        )
    client = clients[chosen]
    if url is not None and not url.startswith(("http://", "https://")):
        fail(f"--url {url} is not an HTTP URL. Use one like http://gpu-2:8000/v1.", EXIT_WRONG_USAGE)
    known = {one.base_url for each in clients.values() for one in each.endpoints()}
    base_url = (url or client.base_url or "https://api.openai.com/v1").rstrip("/")
    configured = base_url in known or (url is None and client.base_url is None)
    # A key is sent only to the address it belongs to.
    own = url is None or base_url in {one.base_url for one in client.endpoints()}
    if own and client.not_configured:
        fail(f"{client.name} is not configured: {client.not_configured}.", EXIT_WRONG_USAGE)
    changed = replace(client, base_url=base_url, base_urls=(), model=model or client.model)
    return (changed if own else replace(changed, api_key=None)), configured


def _ask_for_consent(
    client: Client,
    configured: bool,
    made: "Prompts",
    requests: int,
    *,
    yes: bool,
) -> None:
    from app.benchmark.cost import Spent, consent_needed
    from app.wiring.cost_parts import build_pricing

    share = requests / len(made.prompts)
    spent = Spent(
        client=client.name,
        input_tokens=round(made.input_tokens * share),
        cached_tokens=0,
        output_tokens=round(made.answer_tokens * share),
        started_at=utc_now(),
    )
    estimate = build_pricing({client.name: client})(spent).cost_usd if configured else None
    why = consent_needed(client.base_url or "", client if configured else None, estimate)
    if why is not None and not yes:
        fail(f"{why} Add --yes to run it.", EXIT_WRONG_USAGE)
    if why is not None:
        notes.print(why, style="yellow")


async def _run_stages(
    report: Report, stages: list[Stage], send: Send, stop: asyncio.Event, warm_up: int, timeout_seconds: float
) -> None:
    from app.benchmark.ceiling import measure_ceiling

    notes.print("measuring the load generator ...", style="dim")
    report.ceiling_per_second = await measure_ceiling(stop)
    number = 0
    if warm_up and not stop.is_set():
        notes.print(f"warm-up: {warm_up} requests ...", style="dim")
        stage = Stage(concurrency=min(_WARM_UP_AT_ONCE, warm_up), requests=warm_up, seconds=timeout_seconds)
        measured = await drive(stage, send, stop=stop, drain_seconds=timeout_seconds)
        number += len(measured.samples)
        if measured.samples and not any(sample.ok for sample in measured.samples):
            kinds = ", ".join(sorted({sample.outcome for sample in measured.samples}))
            notes.print(
                f"Every warm-up request failed ({kinds}). `vitae clients` and `vitae doctor` show whether the server "
                "is available.",
                style="red",
            )
            return
    for stage in stages:
        if stop.is_set():
            break
        notes.print(f"{stage.name}: at most {stage.requests} requests, {stage.seconds:g} s ...", style="dim")
        measured = await drive(stage, send, stop=stop, first_number=number, drain_seconds=timeout_seconds)
        number += len(measured.samples)
        report.stages.append(summarise(measured, report.limits))
    report.interrupted = stop.is_set()


def _measure(run: Callable[[asyncio.Event], Coroutine[Any, Any, None]], report: Report) -> None:
    async def until_stopped() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await run(stop)

    asyncio.run(until_stopped())
    if report.interrupted:
        notes.print("Stopped early; these are the results so far.", style="yellow")


def _finish(report: Report, json_file: Path | None, plot: Path | None, title: str) -> None:
    show(report)
    write(report, json_file, plot, title)
    if report.interrupted or not report.stages or any(stage.errors for stage in report.stages):
        raise typer.Exit(EXIT_SOME_FAILED)


def _machine() -> dict[str, Any]:
    load = os.getloadavg()[0]
    return {
        "cores": psutil.cpu_count(),
        "load_average": round(load, 2),
        "memory_gib": psutil.virtual_memory().total >> 30,
    }


def _now() -> str:
    return utc_now().isoformat(timespec="seconds")
