"""`vitae match`: ranks candidates for a job and shows which requirements each one meets."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.service_connection import service
from app.cli.terminal import EXIT_WRONG_USAGE, fail, notes, print_json, results, settings_or_exit, table

_SIGNS = {"met": "+", "partly": "~", "missing": "-"}


def match_job(
    job: Annotated[Path, typer.Argument(metavar="FILE", help="File with the job description; - reads standard input.")],
    limit: Annotated[int, typer.Option(min=1, max=100, help="Maximum number of candidates.")] = 20,
    query: Annotated[
        str | None, typer.Option("--query", "-q", help="Only candidates whose resume contains these words.")
    ] = None,
    why: Annotated[
        bool, typer.Option("--why", help="Show the verdict on each requirement, with its evidence.")
    ] = False,
    blind: Annotated[bool, typer.Option("--blind", help="Hide the names of people and files.")] = False,
    hide_schools: Annotated[bool, typer.Option("--hide-schools", help="With --blind: also hide schools.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the full result as one JSON object.")] = False,
) -> None:
    """Rank candidates for a job.

    Rules extract the requirements from the text and compare them with the stored profiles. No model is called, so
    matching costs nothing. The score is the share of the requirements that a profile meets; `must have` counts the
    mandatory requirements it meets, and `lacks` lists those it does not.

    Examples:
        vitae match job.txt
        vitae match job.txt --why --limit 3
        vitae match job.txt --why --blind --hide-schools
        pbpaste | vitae match - --json | jq '.items[].score'
    """
    with service(settings_or_exit()) as client:
        answer = client.request(
            "POST",
            "/v1/matches",
            params={"limit": limit, "blind": blind, "hide_schools": hide_schools, **({"q": query} if query else {})},
            json={"description": _read(job)},
        )
    if as_json:
        print_json(answer)
        return
    wanted = answer["requirements"]
    notes.print(f"Requirements: {'; '.join(_words(each) for each in wanted)}")
    if not answer["complete"]:
        notes.print(
            f"Only the newest {answer['considered']} candidates were compared. Use --query to narrow them down."
        )
    if not answer["items"]:
        results.print("There are no candidates with a profile yet. Upload resumes with: vitae upload PATH")
        return
    shown = table(
        "score", "name", "must have", "lacks", "id", right=("score",), whole=("must have", "id"), less=("must have",)
    )
    musts = sum(each["must"] for each in wanted)
    for item in answer["items"]:
        pairs = list(zip(wanted, item["verdicts"], strict=True))
        lacks = [_words(each) for each, verdict in pairs if each["must"] and verdict["outcome"] == "missing"]
        name = item["resume"]["candidate_name"] or item["resume"]["filename"]
        shown.add_row(
            str(item["score"]),
            name,
            f"{musts - item['missing_musts']} of {musts}",
            "; ".join(lacks),
            item["resume"]["id"],
        )
        if why:
            _show_why(item, pairs, name)
    if not why:
        results.print(shown)


def _read(job: Path) -> str:
    try:
        return sys.stdin.read() if str(job) == "-" else job.read_text("utf-8")
    except OSError as error:
        fail(f"Cannot read {job} ({error.strerror}). Check its name and permissions.", EXIT_WRONG_USAGE)
    except UnicodeDecodeError:
        fail(f"{job} is not UTF-8 text. Save the job description as plain text.", EXIT_WRONG_USAGE)


def _show_why(item: dict[str, Any], pairs: list[tuple[dict[str, Any], dict[str, Any]]], name: str) -> None:
    results.print(f"{item['score']}  {name}  {item['resume']['id']}", style="bold")
    for wanted, verdict in pairs:
        place = next((each for each in verdict["evidence"] if each["quote"]), None)
        where = f"  page {place['page']}, line {place['line']}: {place['quote']}" if place else ""
        found = f" = {verdict['found']}" if verdict["found"] else ""
        results.print(f"  {_SIGNS[verdict['outcome']]} {_words(wanted)}{found}{where}")


def _words(wanted: dict[str, Any]) -> str:
    if wanted["kind"] == "experience":
        text = f"{wanted['months'] / 12:g} years of experience"
    else:
        text = " or ".join(wanted["names"]) + (f" {wanted['cefr']}" if wanted["cefr"] else "")
        text += " degree" if wanted["kind"] == "degree" else ""
    return text if wanted["must"] else f"({text})"
