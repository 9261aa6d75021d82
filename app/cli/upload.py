"""`vitae upload`: send files or whole folders to the service, and wait for the results if asked to."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.connection import Service, ServiceError, service
from app.cli.terminal import (
    EXIT_SOME_FAILED,
    fail,
    money,
    print_json,
    printable,
    progress_bar,
    results,
    settings_or_exit,
    table,
)
from app.cli.watch import watch as watch_folder

# What a folder is searched for; a file named on the command line is sent whatever its ending.
SUFFIXES = {
    ".pdf", ".docx", ".doc", ".odt", ".rtf", ".txt", ".md", ".html", ".htm", ".png", ".jpg", ".jpeg", ".tif", ".tiff",
    ".webp",
}  # fmt: skip
_FINAL = {"done", "failed"}
_POLL_SECONDS = 0.5
_FILES_AT_ONCE = 20


def upload(
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders searched for resumes.", show_default=False)],
    wait: Annotated[bool, typer.Option("--wait", help="Wait until every file has its result.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per file on stdout.")] = False,
    privacy: Annotated[str, typer.Option(help="any, or local_only: hosted models never see it.")] = "any",
    priority: Annotated[str, typer.Option(help="interactive, or batch: after all interactive work.")] = "interactive",
    reference: Annotated[str | None, typer.Option(help="A mark of your own, kept with the resumes.")] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay, and send what comes into the folder, each content once.")
    ] = False,
) -> None:
    """Upload resumes to the running service.

    Examples:  vitae upload ana.pdf    ·    vitae upload inbox/ --wait    ·    vitae upload *.docx --privacy local_only

    vitae upload inbox/ --watch  sends what is in the folder and what comes in, until Ctrl-C. Started again it goes on
    where it stopped: a content that was sent is known, whatever its file is called.
    """
    loaded = settings_or_exit()
    fields = {"privacy": privacy, "priority": priority, **({"reference": reference} if reference else {})}
    if watch:
        if len(paths) != 1 or not paths[0].is_dir():
            fail("--watch takes one folder.", 2)
        with service(loaded) as client:
            watch_folder(client, paths[0], SUFFIXES, fields, loaded.settings.storage.data_dir, as_json=as_json)
        return
    files = list(_files(paths))
    if not files:
        fail(f"No resumes found there. Looked for {', '.join(sorted(SUFFIXES))}.")
    with service(loaded) as client:
        outcomes = list(send_files(client, files, fields, loaded.settings.limits.files_per_upload))
        if wait:
            wait_for_all(client, outcomes)
    _show(outcomes, as_json=as_json, waited=wait)
    if any("problem" in outcome and outcome["problem"] for outcome in outcomes):
        raise typer.Exit(EXIT_SOME_FAILED)


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in SUFFIXES)
        elif path.is_file():
            yield path
        else:
            fail(f"{path} is not there.", 2)


def send_files(client: Service, files: list[Path], fields: dict[str, str], most: int) -> Iterator[dict[str, Any]]:
    """One outcome per file: `{"file", "id", "status", ...}` or `{"file", "problem"}`."""
    size = min(_FILES_AT_ONCE, most)
    with progress_bar("uploading", len(files)) as (progress, task):
        for start in range(0, len(files), size):
            batch = files[start : start + size]
            parts = [("files", (path.name, path.read_bytes())) for path in batch]
            try:
                answer = client.request("POST", "/v1/resumes", files=parts, data=fields)["resumes"]
            except ServiceError as error:
                if error.status in {0, 401, 403} or error.status >= 500:
                    raise
                # All files of the batch were refused; each is sent alone, so that each has its own reason.
                answer = [{"problem": error.problem}] if len(batch) == 1 else []
                if not answer:
                    for path in batch:
                        yield from send_files(client, [path], fields, most)
                        progress.advance(task)
                    continue
            for path, item in zip(batch, answer, strict=True):
                yield {"file": str(path), **item}
                progress.advance(task)


def wait_for_all(client: Service, outcomes: list[dict[str, Any]]) -> None:
    """Fill each outcome with its final state."""
    waiting = [outcome for outcome in outcomes if outcome.get("id")]
    with progress_bar("analysing", len(waiting)) as (progress, task):
        while waiting:
            for outcome in list(waiting):
                detail = client.get(f"/v1/resumes/{outcome['id']}")
                if detail["status"] in _FINAL:
                    outcome.update(detail)
                    waiting.remove(outcome)
                    progress.advance(task)
            if waiting:
                time.sleep(_POLL_SECONDS)


def _show(outcomes: list[dict[str, Any]], *, as_json: bool, waited: bool) -> None:
    if as_json:
        for outcome in outcomes:
            print_json(outcome)
        return
    shown = (
        table("file", "status", "name", "client", "cost", right=("cost",)) if waited else table("file", "status", "id")
    )
    for outcome in outcomes:
        name = printable(Path(outcome["file"]).name)
        problem = outcome.get("problem")
        if problem:
            reason = printable(f"{problem['code']}: {problem['title']}")
            shown.add_row(name, "failed", reason, *(["", ""] if waited else []))
        elif waited:
            shown.add_row(
                name,
                outcome["status"] + (" (degraded)" if outcome.get("degraded") else ""),
                printable(((outcome.get("profile") or {}).get("basics") or {}).get("name")),
                outcome.get("client") or "",
                money(outcome["cost"]["total_usd"]),
            )
        else:
            note = " (known content)" if outcome.get("duplicate_of") else ""
            shown.add_row(name, outcome["status"] + note, outcome["id"])
    results.print(shown)
