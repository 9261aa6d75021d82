"""`vitae list` and `vitae show`: list the uploaded resumes, and show one in full."""

from typing import Annotated, Any, Literal

import typer

from app.cli.service_connection import service
from app.cli.terminal import moment, money, print_json, results, settings_or_exit, table
from app.command_name import typed_command
from app.settings import BUILTIN

_Status = Literal["queued", "extracting", "analysing", "done", "failed"]


def list_resumes(
    status: Annotated[_Status | None, typer.Option(help="Only resumes with this status.")] = None,
    query: Annotated[
        str | None, typer.Option("--query", "-q", help="Search for words in name, file, skills and employers.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Maximum number of rows.")] = 50,
    blind: Annotated[bool, typer.Option("--blind", help="Hide the names of people and files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per resume to stdout.")] = False,
) -> None:
    """List uploaded resumes, newest first.

    Examples:
        vitae list --status failed
        vitae list -q "python berlin" --json | jq -r .id
        vitae list --blind --limit 500
    """
    shown = table(
        "created", "status", "name", "client", "file", "id", whole=("created", "id"), less=("client", "file", "created")
    )
    with service(settings_or_exit()) as client:
        cursor: str | None = None
        left = limit
        while left > 0:
            page = client.get("/v1/resumes", status=status, q=query, cursor=cursor, limit=min(left, 200), blind=blind)
            for item in page["items"]:
                if as_json:
                    print_json(item)
                else:
                    shown.add_row(
                        moment(item["created_at"]),
                        item["status"] + (" (degraded)" if item["degraded"] else ""),
                        item["candidate_name"],
                        item["client"],
                        item["filename"],
                        item["id"],
                    )
            left -= len(page["items"])
            cursor = page["next_cursor"]
            if not cursor:
                break
    if not as_json:
        results.print(
            shown if shown.row_count else f"No resumes found. Upload some with: {typed_command()} upload PATH"
        )


def show(
    resume_id: Annotated[
        str, typer.Argument(metavar="ID", help="The resume's id, from `vitae list` or `vitae upload`.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the full result as one JSON object.")] = False,
    blind: Annotated[bool, typer.Option("--blind", help="Hide everything that identifies the person.")] = False,
    hide_schools: Annotated[bool, typer.Option("--hide-schools", help="With --blind: also hide schools.")] = False,
) -> None:
    """Show one resume: profile, evidence, warnings, cost.

    Each value comes with its page and line in the document and a confidence.

    Examples:
        vitae show ID
        vitae show ID --json | jq .profile.basics
        vitae show ID --blind --hide-schools
    """
    with service(settings_or_exit(), "vitae list") as client:
        detail = client.get(f"/v1/resumes/{resume_id}", blind=blind, hide_schools=hide_schools)
    if as_json:
        print_json(detail)
        return
    _show_head(detail)
    if detail.get("problem"):
        problem = detail["problem"]
        results.print(f"{problem['code']}: {problem['title']}. {problem['detail']}")
    if detail.get("profile"):
        _show_profile(detail["profile"], detail["evidence"] or {})
    for warning in detail.get("warnings") or []:
        results.print(f"warning: {warning}", style="yellow")
    _show_cost(detail["cost"])


def _show_head(detail: dict[str, Any]) -> None:
    state = detail["status"] + (" (degraded)" if detail.get("degraded") else "")
    client = detail.get("client")
    reader = f", read by {'the built-in parser' if client == BUILTIN else client}" if client else ""
    results.print(f"{detail['filename']}: {state}{reader}", style="bold")


def _show_profile(profile: dict[str, Any], evidence: dict[str, Any]) -> None:
    numbers = ("page", "line", "confidence")
    shown = table("field", "value", *numbers, right=numbers, less=("confidence",))
    for pointer, value in _leaves({k: v for k, v in profile.items() if k not in {"x-vitae", "meta"}}, ""):
        found = evidence.get(pointer) or {}
        confidence = f"{found['confidence']:.2f}" if found else ""
        shown.add_row(pointer, str(value), _number(found.get("page")), _number(found.get("line")), confidence)
    results.print(shown)
    extension = profile.get("x-vitae", {})
    months = extension.get("total_experience_months")
    if months:
        results.print(f"experience: {months // 12} years {months % 12} months, {extension.get('seniority')}")


def _show_cost(cost: dict[str, Any]) -> None:
    shown = table(
        "client",
        "outcome",
        "input",
        "cached",
        "output",
        "ms",
        "cost",
        right=("input", "cached", "output", "ms", "cost"),
    )
    for attempt in cost["attempts"]:
        shown.add_row(
            attempt["client"],
            attempt["outcome"],
            *(_number(attempt[key]) for key in _COUNTS),
            money(attempt["cost_usd"]),
        )
    if cost["attempts"]:
        results.print(shown)
    results.print(f"cost: {money(cost['total_usd'])}")


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


_COUNTS = ("input_tokens", "cached_tokens", "output_tokens", "latency_ms")


def _leaves(value: Any, pointer: str) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in _leaves(item, f"{pointer}/{key}")]
    if isinstance(value, list):
        return [leaf for index, item in enumerate(value) for leaf in _leaves(item, f"{pointer}/{index}")]
    return [(pointer, value)]
