"""`vitae upload`: sends files or whole folders to the service, and waits for the results with `--wait`."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from app.cli.resumes.resume_files import SUFFIXES, find_resumes, sendable, unreadable
from app.cli.resumes.watch_folder import watch as watch_folder
from app.cli.service_connection import Service, ServiceError, service
from app.cli.terminal import (
    EXIT_SOME_FAILED,
    EXIT_WRONG_USAGE,
    fail,
    money,
    notes,
    print_json,
    progress_bar,
    results,
    settings_or_exit,
    table,
)
from app.routing.policy import Privacy

Priority = Literal["interactive", "batch"]
_FINAL = {"done", "failed"}
_POLL_SECONDS = 0.5
_FILES_AT_ONCE = 20


def upload(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH", help="Files, or folders to search for resumes.", show_default=False)
    ],
    wait: Annotated[bool, typer.Option("--wait", help="Wait until every file has a result.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per file to stdout.")] = False,
    privacy: Annotated[Privacy, typer.Option(help="local_only: no hosted model sees the files.")] = "any",
    priority: Annotated[Priority, typer.Option(help="batch: processed after all interactive uploads.")] = "interactive",
    reference: Annotated[str | None, typer.Option(help="Your own label, stored with the resumes.")] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Keep running and upload new files in the folder, each content once.")
    ] = False,
) -> None:
    """Upload resumes to the running service.

    With --watch, it uploads the files in the folder and those that arrive later, until Ctrl-C. Started again, it
    continues where it stopped: content that was already uploaded is recognized, whatever its file name.

    Examples:
        vitae upload ana.pdf
        vitae upload inbox/ --wait
        vitae upload *.docx --privacy local_only --reference spring-2027
        vitae upload inbox/ --watch --json >> results.jsonl
    """
    loaded = settings_or_exit()
    fields = {"privacy": privacy, "priority": priority, **({"reference": reference} if reference else {})}
    if watch:
        if len(paths) != 1 or not paths[0].is_dir():
            fail("--watch takes exactly one folder: vitae upload inbox/ --watch", EXIT_WRONG_USAGE)
        with service(loaded) as client:
            watch_folder(client, paths[0], SUFFIXES, fields, loaded.settings.storage.data_dir, as_json=as_json)
        return
    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None:
        fail(f"{missing} does not exist. Check the name; a name with spaces needs quotes.", EXIT_WRONG_USAGE)
    files = find_resumes(paths)
    with service(loaded) as client:
        outcomes = list(send_files(client, files, fields, loaded.settings.limits.files_per_upload))
        if wait:
            try:
                wait_for_all(client, outcomes)
            except KeyboardInterrupt:
                notes.print("\nThe service still analyses the uploaded files; `vitae list` shows them.")
                raise
    _show(outcomes, as_json=as_json, waited=wait)
    if any("problem" in outcome and outcome["problem"] for outcome in outcomes):
        raise typer.Exit(EXIT_SOME_FAILED)


def send_files(client: Service, files: list[Path], fields: dict[str, str], most: int) -> Iterator[dict[str, Any]]:
    """Yield one outcome per file: `{"file", "id", "status", ...}` or `{"file", "problem"}`."""
    size = min(_FILES_AT_ONCE, most)
    with progress_bar("uploading", len(files)) as (progress, task):
        for start in range(0, len(files), size):
            contents = [(path, _read(path)) for path in files[start : start + size]]
            for path, content in contents:
                if isinstance(content, OSError):
                    yield {"file": str(path), "problem": unreadable(content)}
                    progress.advance(task)
            batch = [path for path, content in contents if isinstance(content, bytes)]
            if not batch:
                continue
            parts = [("files", (sendable(path.name), c)) for path, c in contents if isinstance(c, bytes)]
            try:
                answer = client.request("POST", "/v1/resumes", files=parts, data=fields)["resumes"]
            except ServiceError as error:
                if error.status in {0, 401, 403} or error.status >= 500:
                    raise
                # The service refused the whole batch. Send each file alone, so that each gets its own reason.
                answer = [{"problem": error.problem}] if len(batch) == 1 else []
                if not answer:
                    for path in batch:
                        yield from send_files(client, [path], fields, most)
                        progress.advance(task)
                    continue
            for path, item in zip(batch, answer, strict=True):
                yield {"file": str(path), **item}
                progress.advance(task)


def _read(path: Path) -> bytes | OSError:
    try:
        return path.read_bytes()
    except OSError as error:
        return error


def wait_for_all(client: Service, outcomes: list[dict[str, Any]]) -> None:
    """Wait for the results and add them to the outcomes."""
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
        table("file", "status", "name", "client", "cost", right=("cost",))
        if waited
        else table("file", "status", "id", whole=("id",) if all(o.get("id") for o in outcomes) else ())
    )
    for outcome in outcomes:
        name = Path(outcome["file"]).name
        problem = outcome.get("problem")
        if problem:
            shown.add_row(name, "failed", f"{problem['code']}: {problem['title']}", *(["", ""] if waited else []))
        elif waited:
            shown.add_row(
                name,
                outcome["status"] + (" (degraded)" if outcome.get("degraded") else ""),
                ((outcome.get("profile") or {}).get("basics") or {}).get("name"),
                outcome.get("client"),
                money(outcome["cost"]["total_usd"]),
            )
        else:
            note = " (duplicate)" if outcome.get("duplicate_of") else ""
            shown.add_row(name, outcome["status"] + note, outcome["id"])
    results.print(shown)
