"""Called by `vitae up` once the service is ready: analyses the bundled samples and prints links and addresses."""

from pathlib import Path
from typing import Any

from app.cli.local_address import local_url
from app.cli.resumes.resume_files import SUFFIXES
from app.cli.resumes.upload_command import send_files, wait_for_all
from app.cli.service_connection import Service, ServiceError, sign_in_url
from app.cli.terminal import money, notes, results, table
from app.command_name import path_line, typed_command
from app.settings import BUILTIN, Settings

SAMPLES = Path(__file__).resolve().parents[3] / "samples"


def announce(settings: Settings, *, samples: bool) -> None:
    """Analyse the samples if there are no resumes yet, print the results with their cost, and print the addresses."""
    url = local_url(settings)
    key_file = settings.storage.data_dir / "admin-key"
    service = Service(url, key_file.read_text("utf-8").strip())
    try:
        if samples and not service.get("/v1/resumes", limit=1)["items"]:
            _analyse_samples(service)
    except ServiceError as error:
        if error.status == 0:
            service.close()
            return  # the service is already stopping, and reports that itself
        notes.print(f"The samples could not be analysed. {error.title}: {error.detail}", style="yellow")
    vitae = typed_command()
    results.print()
    results.print(f"Vitae is running at {url}", style="bold")
    try:
        link, _ = sign_in_url(service)
        results.print(f"  dashboard                   {link}", soft_wrap=True)
        results.print(
            f"                              (works once; {vitae} open makes another)", style="dim", soft_wrap=True
        )
    except ServiceError:
        results.print(f"  dashboard                   {vitae} open", soft_wrap=True)
    finally:
        service.close()
    results.print(f"  API and its documentation   {url}/docs")
    results.print(f"  admin key                   {key_file}", soft_wrap=True)
    results.print(f"  analyse your own resume     {vitae} upload my-resume.pdf --wait", soft_wrap=True)
    if (line := path_line(vitae)) is not None:
        results.print(f'  to type just "vitae"        {line}', soft_wrap=True)
    results.print("  stop                        Ctrl-C")


def _analyse_samples(service: Service) -> None:
    bundled = sorted(path for path in SAMPLES.glob("*") if path.suffix in SUFFIXES and path.name != "README.md")
    # Every second one, so that a first start takes well under a minute and costs cents with a hosted model.
    files = bundled[::2]
    if not files:
        return
    notes.print(f"Analysing {len(files)} of {len(bundled)} bundled samples (fictional people)...")
    outcomes = list(send_files(service, files, {"reference": "samples"}, most=len(files)))
    wait_for_all(service, outcomes)
    columns = ("file", "status", "name", "latest position", "experience", "client", "cost")
    shown = table(*columns, right=("experience", "cost"), less=("client", "experience", "file"))
    for outcome in outcomes:
        shown.add_row(*_row(outcome))
    results.print(shown)
    if any(outcome.get("degraded") for outcome in outcomes):
        results.print(
            f"No model responded, so the built-in parser read these resumes. `{typed_command()} clients` shows why.",
            style="yellow",
            soft_wrap=True,
        )
    elif any(outcome.get("client") == BUILTIN for outcome in outcomes):
        results.print(
            f"Read by the built-in parser. {service.url}/system#connect shows how to connect a model.",
            style="dim",
            soft_wrap=True,
        )


def _row(outcome: dict[str, Any]) -> list[str | None]:
    name = Path(outcome["file"]).name
    problem = outcome.get("problem")
    if problem:
        return [name, "failed", problem["title"], "", "", "", ""]
    profile = outcome["profile"]
    work = profile.get("work") or [{}]
    months = profile["x-vitae"].get("total_experience_months") or 0
    return [
        name,
        outcome["status"],
        profile.get("basics", {}).get("name"),
        work[0].get("position"),
        f"{months // 12} y {months % 12} m",
        outcome["client"],
        money(outcome["cost"]["total_usd"]),
    ]
