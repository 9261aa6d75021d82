"""`vitae match`: candidates ranked for a job, with what each of them has of what is asked for."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.service_connection import service
from app.cli.terminal import EXIT_WRONG_USAGE, fail, notes, print_json, results, settings_or_exit, table

_SIGNS = {"met": "+", "partly": "~", "missing": "-"}


def match_job(
    job: Annotated[Path, typer.Argument(metavar="FILE", help="The text of the job; - reads standard input.")],
    limit: Annotated[int, typer.Option(min=1, max=100, help="Most candidates shown.")] = 20,
    query: Annotated[str | None, typer.Option("--query", "-q", help="Only those with these words.")] = None,
    why: Annotated[bool, typer.Option("--why", help="With each candidate's verdicts and their places.")] = False,
    blind: Annotated[bool, typer.Option("--blind", help="Without names, of people and of their files.")] = False,
    hide_schools: Annotated[bool, typer.Option("--hide-schools", help="With --blind: without schools, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The whole answer as one JSON object.")] = False,
) -> None:
    """Rank candidates for a job.

    What the text asks for is read by rules and held against stored profiles: no model is asked, nothing is spent. The
    score is the share of it that a profile has; `must have` counts what is there, `lacks` names what is not.

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
    notes.print(f"Asked for: {'; '.join(_words(each) for each in wanted)}")
    if not answer["complete"]:
        notes.print(f"Only the newest {answer['considered']} were compared. Narrow them with --query.")
    if not answer["items"]:
        results.print("No candidate with a profile. Upload some: vitae upload PATH")
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
        fail(f"{job} cannot be read: {error.strerror}.", EXIT_WRONG_USAGE)
    except UnicodeDecodeError:
        fail(f"{job} is no text in UTF-8. Save the job as plain text.", EXIT_WRONG_USAGE)


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
