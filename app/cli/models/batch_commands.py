"""`vitae batch`: send what waits as one file for half the price, see how far it is, take the answers in."""

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

_PURPOSE = """The batch lane: uploads that can wait, for less.

Uploads with `--priority batch` are asked for in one file, at the provider's batch price or by an own model overnight.

Examples:
    vitae upload inbox/ --priority batch
    vitae batch submit --wait
    vitae batch status
"""

batch = Commands(help=_PURPOSE, no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")]
BatchId = Annotated[str, typer.Argument(metavar="ID", help="As `vitae batch status` shows it.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until it has ended.")]

_FINAL = {"collected", "failed"}
_POLL_SECONDS = 2.0


@batch.command("submit")
def submit(wait: Wait = False, as_json: AsJson = False) -> None:
    """Send everything that waits now, whatever the hour.

    Examples:
        vitae upload inbox/ --priority batch && vitae batch submit
        vitae batch submit --wait
    """
    with service(settings_or_exit()) as client:
        found = client.request("POST", "/v1/batches")["batch"]
        if found is None:
            notes.print("Nothing waits for a batch: upload with --priority batch.")
            if as_json:
                print_json(None)
            return
        _report(_awaited(client, found) if wait else found, as_json=as_json)


@batch.command("status")
def status(
    batch_id: Annotated[str | None, typer.Argument(metavar="ID", help="Without it: all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show one batch, or all and what waits for the next one.

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
        notes.print("There is no batch lane: set `client` under [batch] in vitae.toml (docs/batch.md).")
        return
    when = f" between {answer['hours']} o'clock" if answer["hours"] else ""
    notes.print(f"{answer['waiting']:,} uploads wait; {answer['client']} is sent batches{when}.")


@batch.command("collect")
def collect(batch_id: BatchId, wait: Wait = False, as_json: AsJson = False) -> None:
    """Look at a batch now and take its answers in.

    Each answer is taken in once, however often this is said.

    Examples:
        vitae batch collect ID --wait
    """
    _change(batch_id, "collect", wait=wait, as_json=as_json)


@batch.command("cancel")
def cancel(batch_id: BatchId, wait: Wait = False, as_json: AsJson = False) -> None:
    """End a batch early.

    What was answered is kept and paid; the rest is analysed the usual way.

    Examples:
        vitae batch cancel ID
    """
    _change(batch_id, "cancel", wait=wait, as_json=as_json)


@batch.command("run")
def run(
    batch_id: BatchId,
    command: Annotated[str, typer.Option(help="What works through the file.")] = "vllm run-batch",
    as_json: AsJson = False,
) -> None:
    """Work through a batch of an own model here.

    Said on the machine with the GPU: fetches the file, has `vllm run-batch` answer it, and hands the answers in.

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
            fail(f"{found['client']} answers by its Batch API: `vitae batch collect {batch_id}` fetches its answers.")
        source, target = Path(folder) / "input.jsonl", Path(folder) / "output.jsonl"
        source.write_bytes(client.fetch(f"/v1/batches/{batch_id}/input"))
        words = [*shlex.split(command), "-i", str(source), "-o", str(target), "--model", str(found["model"])]
        notes.print(f"{shlex.join(words[: len(shlex.split(command))])}: {found['requests']:,} requests")
        try:
            done = subprocess.run(words, check=False)
        except OSError as error:
            fail(f"`{words[0]}` cannot be started ({type(error).__name__}). Install vLLM, or name it with --command.")
        if not target.exists():
            fail(f"`{words[0]}` ended with status {done.returncode} and wrote no answers. Its own output says why.")
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
            notes.print(f"On the machine with the model:  vitae batch run {found['id']}")
    if found["state"] == "failed":
        if not as_json:
            notes.print(f"It came to nothing ({found['error']}); its uploads are analysed the usual way.")
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
