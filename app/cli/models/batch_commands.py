"""`vitae batch`: submits waiting uploads as one half-price batch, shows its progress and collects the results."""

import shlex
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.help import Commands
from app.cli.service_connection import Service, service
from app.cli.terminal import EXIT_SOME_FAILED, fail, notes, print_json, results, settings_or_exit, table

_PURPOSE = """Manage the batch lane, which is cheaper but slower.

Uploads with `--priority batch` are sent together in one file, at the provider's batch price or to your self-hosted
model overnight.

Examples:
    vitae upload inbox/ --priority batch
    vitae batch submit --wait
    vitae batch status
"""

batch = Commands(help=_PURPOSE, no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print the full result as JSON.")]
BatchId = Annotated[str, typer.Argument(metavar="ID", help="The batch's id, from `vitae batch status`.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until the batch has ended.")]

_FINAL = {"collected", "failed"}
_POLL_SECONDS = 2.0


@batch.command("submit")
def submit(wait: Wait = False, as_json: AsJson = False) -> None:
    """Submit all waiting uploads now, ignoring batch hours.

    Examples:
        vitae upload inbox/ --priority batch && vitae batch submit
        vitae batch submit --wait
    """
    with service(settings_or_exit()) as client:
        found = client.request("POST", "/v1/batches")["batch"]
        if found is None:
            notes.print("No uploads are waiting for a batch. Upload with --priority batch to add some.")
            if as_json:
                print_json(None)
            return
        _report(_awaited(client, found) if wait else found, as_json=as_json)


@batch.command("status")
def status(
    batch_id: Annotated[str | None, typer.Argument(metavar="ID", help="Show only this batch. Default: all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show one batch, or all batches and the waiting uploads.

    Examples:
        vitae batch status
        vitae batch status ID --json | jq .answered
    """
    with service(settings_or_exit(), "vitae batch status") as client:
        if batch_id is not None:
            _report(client.get(f"/v1/batches/{batch_id}"), as_json=as_json)
            return
        answer = client.get("/v1/batches")
    if as_json:
        print_json(answer)
        return
    if answer["batches"]:
        results.print(_table(answer["batches"]))
    if answer["client"] is None:
        notes.print("The batch lane is off. To use it, set `client` under [batch] in vitae.toml (see docs/batch.md).")
        return
    when = f", between {answer['hours']} o'clock" if answer["hours"] else ""
    notes.print(f"{answer['waiting']:,} uploads are waiting. Batches go to {answer['client']}{when}.")


@batch.command("collect")
def collect(batch_id: BatchId, wait: Wait = False, as_json: AsJson = False) -> None:
    """Check a batch now and store its results.

    Each result is stored once, however often you run this.

    Examples:
        vitae batch collect ID --wait
    """
    _change(batch_id, "collect", wait=wait, as_json=as_json)


@batch.command("cancel")
def cancel(batch_id: BatchId, wait: Wait = False, as_json: AsJson = False) -> None:
    """Cancel a batch.

    Completed requests are kept and billed; the remaining uploads are analysed as usual.

    Examples:
        vitae batch cancel ID
    """
    _change(batch_id, "cancel", wait=wait, as_json=as_json)


@batch.command("run")
def run(
    batch_id: BatchId,
    command: Annotated[str, typer.Option(help="Command that processes the file.")] = "vllm run-batch",
    as_json: AsJson = False,
) -> None:
    """Process a batch for a self-hosted model on this machine.

    Run it on the machine with the GPU: it downloads the file, runs `vllm run-batch` and uploads the results.

    Examples:
        vitae batch run ID
        vitae batch run ID --command "vllm run-batch --max-model-len 8192"
    """
    with (
        service(settings_or_exit(), "vitae batch status") as client,
        tempfile.TemporaryDirectory(prefix="vitae-batch-") as folder,
    ):
        found = client.get(f"/v1/batches/{batch_id}")
        if found["runner"] != "run_batch":
            fail(
                f"This batch was sent to the Batch API of {found['client']}, so there is nothing to run here. "
                f"`vitae batch collect {batch_id}` fetches its results."
            )
        source, target = Path(folder) / "input.jsonl", Path(folder) / "output.jsonl"
        source.write_bytes(client.fetch(f"/v1/batches/{batch_id}/input"))
        words = [*shlex.split(command), "-i", str(source), "-o", str(target), "--model", str(found["model"])]
        notes.print(f"{shlex.join(words[: len(shlex.split(command))])}: {found['requests']:,} requests")
        try:
            done = subprocess.run(words, check=False)
        except OSError as error:
            fail(
                f"`{words[0]}` cannot be started ({type(error).__name__}). Install vLLM, or name another command with "
                "--command."
            )
        if not target.exists():
            fail(f"`{words[0]}` exited with status {done.returncode} and wrote no results. See its output above.")
        answer = client.request(
            "PUT",
            "/v1/batch-output",
            params={"batch_id": batch_id},
            content=target.read_bytes(),
            headers={"Content-Type": "application/jsonl"},
        )
        _report(_awaited(client, answer), as_json=as_json)


def _change(batch_id: str, what: str, *, wait: bool, as_json: bool) -> None:
    with service(settings_or_exit(), "vitae batch status") as client:
        found = client.request("POST", f"/v1/batches/{batch_id}/{what}")
        _report(_awaited(client, found) if wait else found, as_json=as_json)


def _awaited(client: Service, found: dict[str, Any]) -> dict[str, Any]:
    while found["state"] not in _FINAL:
        time.sleep(_POLL_SECONDS)
        found = client.get(f"/v1/batches/{found['id']}")
    return found


def _report(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        results.print(_table([found]))
        if found["runner"] == "run_batch" and found["state"] == "running":
            notes.print(f"On the machine with the GPU, run:  vitae batch run {found['id']}")
    if found["state"] == "failed":
        if not as_json:
            notes.print(f"The batch failed ({found['error']}). Its uploads are analysed as usual.")
        raise typer.Exit(EXIT_SOME_FAILED)


def _table(found: list[dict[str, Any]]) -> Any:
    numbers = ("lines", "answered", "returned", "open")
    shown = table("id", "state", *numbers, right=numbers, whole=("id",))
    for item in found:
        shown.add_row(
            item["id"],
            item["error"] or item["state"],
            f"{item['requests']:,}",
            f"{item['answered'] + item['failed']:,}",
            f"{item['returned']:,}",
            f"{item['open']:,}",
        )
    return shown
