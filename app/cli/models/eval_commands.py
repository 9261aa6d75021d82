"""`vitae eval`: makes labelled folders from people's corrections, and training files from these folders.

The command without a subcommand name is in `app.cli.models.evaluate_command`.
"""

from collections import Counter
from contextlib import suppress
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, ClassVar

import typer

from app.cli.help import Commands, GroupWithDefault
from app.cli.models.evaluate_command import evaluate
from app.cli.service_connection import Service, ServiceError, service
from app.cli.terminal import (
    EXIT_WRONG_USAGE,
    fail,
    fail_with,
    notes,
    print_json,
    progress_bar,
    results,
    settings_or_exit,
)
from app.clock import utc_now
from app.errors import VitaeError
from app.files.evaluation_folder import EvaluationFolder

_PURPOSE = """Measure clients on labelled resumes; make such resumes.

A folder instead of a command compares clients on it.

Examples:
    vitae eval samples --clients builtin,GPT4o
    vitae eval from-corrections reviewed/ --min-age-days 7
    vitae eval export-training reviewed/ --format vllm
    vitae eval reviewed/held-out --clients LocalVLLM,Tuned
"""
_PAGE = 10  # documents per request; pseudonymising one takes a few tenths of a second
_LEAST_EXAMPLES = 10  # fewer are refused by OpenAI's fine-tuning API
_REASONS = {
    "no_profile": "have no profile now",
    "correction_not_placed": "have a correction whose entry the analysis no longer finds",
    "not_pseudonymised": "would still identify the person",
    "file_type": "are JSON Resume files, which cannot be labelled documents",
    "erased": "were erased meanwhile",
    "local_only": "are local_only and must not reach a hosted provider",
    "unreadable": "cannot be read",
    "not_grounded": "have values that are not in the document as they are",
}


class _Evaluation(GroupWithDefault):
    default_command: ClassVar[str] = "compare"


class TrainingFormat(StrEnum):  # Typer does not accept literals
    OPENAI = "openai"
    VLLM = "vllm"


evaluation = Commands(help=_PURPOSE, no_args_is_help=True, cls=_Evaluation)
evaluation.command("compare")(evaluate)


@evaluation.command("from-corrections")
def from_corrections(
    folder: Annotated[Path, typer.Argument(help="New folder for the labelled documents.")],
    pseudonymise: Annotated[
        bool,
        typer.Option("--pseudonymise", help="Replace names, contacts, links and streets; documents become text files."),
    ] = False,
    min_age_days: Annotated[
        int, typer.Option(min=0, max=3650, help="Only resumes that nobody has corrected for this many days.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON to stdout.")] = False,
) -> None:
    """Make labelled documents from reviewed resumes.

    Takes the resumes of your tenant whose profile somebody corrected or
    confirmed. The service must allow it: privacy.evaluation_sets. The folder
    contains personal data, and erasing a resume later does not reach it.

    Examples:
        vitae eval from-corrections reviewed/
        vitae eval from-corrections reviewed/ --pseudonymise --min-age-days 7
    """
    with service(settings_or_exit()) as client:
        try:
            EvaluationFolder.check_is_new(folder)
        except VitaeError as error:
            fail(error.detail, EXIT_WRONG_USAGE)
        wanted = {"pseudonymise": pseudonymise, "min_age_days": min_age_days, "limit": _PAGE}
        try:
            page = client.get("/v1/evaluation-set", **wanted)
        except ServiceError as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
            fail(error.detail)
        if not page["items"] and page["next_cursor"] is None:
            _note_skipped(page["skipped"])
            fail("No reviewed resume can be used: correct or confirm some profiles first.")
        try:
            summary = _download(client, folder, page, wanted)
        except VitaeError as error:
            fail_with(error)
    if as_json:
        print_json({"folder": str(folder), **summary})
        return
    _note_skipped(summary["skipped"])
    parts = f"{summary['train']} for training, {summary['held_out']} held out"
    results.print(f"{summary['documents']} documents in {folder}: {parts}", soft_wrap=True)
    notes.print("The folder contains personal data. Erasing a resume does not reach it: see its README.md.")


def _download(client: Service, folder: Path, page: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    skipped = Counter[str]()
    target = EvaluationFolder(
        folder, tenant=page["tenant"], made_at=utc_now(), pseudonymised=bool(wanted["pseudonymise"])
    )
    with target:
        while True:
            skipped.update(page["skipped"])
            for item in page["items"]:
                content = _content(client, item)
                if content is None:
                    skipped["erased"] += 1
                else:
                    target.add(item["part"], item["filename"], content, item["truth"], item["evidence"])
            if page["next_cursor"] is None:
                return target.finish(dict(skipped))
            page = client.get("/v1/evaluation-set", cursor=page["next_cursor"], **wanted)


def _content(client: Service, item: dict[str, Any]) -> bytes | None:
    """The file's bytes, or the pseudonymised text. None if the resume was erased since it was listed."""
    if item["text"] is not None:
        return str(item["text"]).encode()
    try:
        return client.fetch(item["document"])
    except ServiceError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return None


@evaluation.command("export-training")
def export_training(
    folder: Annotated[Path, typer.Argument(help="Folder that `vitae eval from-corrections` made.")],
    training_format: Annotated[
        TrainingFormat,
        typer.Option("--format", help="openai leaves out local_only documents; vllm includes all."),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File to write. Default: training-FORMAT.jsonl in FOLDER."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON to stdout.")] = False,
) -> None:
    """Write the train part of a folder as fine-tuning data.

    Each line is a conversation: the prompt as models get it, and the correct
    answer. Held-out documents are never used.

    Examples:
        vitae eval export-training reviewed/ --format vllm
        vitae eval export-training reviewed/ --format openai -o tuning.jsonl
    """
    from app.analysis.evaluation.truth_files import read_labelled_folder
    from app.files.evaluation_folder import PARTS
    from app.wiring.command_line_parts import build_training_export

    train = folder / PARTS[0]
    if not train.is_dir():
        fail(f"{folder} has no folder `train`. `vitae eval from-corrections` makes such folders.", EXIT_WRONG_USAGE)
    labelled = read_labelled_folder(train)
    path = output or folder / f"training-{training_format.value}.jsonl"
    skipped, written = Counter[str](), 0
    if labelled.problems:
        skipped["bad_truth"] = len(labelled.problems)
        for bad in labelled.problems:
            notes.print(f"skipped {bad.path.relative_to(folder)}: {bad.detail}", style="yellow")
    export = build_training_export(settings_or_exit())
    try:
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        with path.open("w", encoding="utf-8") as lines, progress_bar("reading", len(labelled.documents)) as (bar, task):
            for line in export(labelled.documents, training_format.value):
                if isinstance(line, str):
                    lines.write(line + "\n")
                    written += 1
                else:
                    skipped[line[1]] += 1
                bar.update(task, advance=1)
    except OSError as error:
        fail(f"Cannot write {path} ({error.strerror}). Name another file with --output.")
    if not written:
        with suppress(OSError):
            path.unlink()
        _note_skipped(skipped)
        fail(f"No document in {train} can be used for training.")
    if as_json:
        print_json({"file": str(path), "format": training_format.value, "lines": written, "skipped": dict(skipped)})
        return
    _note_skipped(skipped)
    results.print(f"{written} conversations in {path}", soft_wrap=True)
    if training_format is TrainingFormat.OPENAI and written < _LEAST_EXAMPLES:
        notes.print(f"OpenAI requires at least {_LEAST_EXAMPLES} conversations.", style="yellow")


def _note_skipped(skipped: dict[str, int]) -> None:
    for reason, count in sorted(skipped.items()):
        if reason in _REASONS:
            notes.print(f"skipped {count} that {_REASONS[reason]}", style="yellow")
