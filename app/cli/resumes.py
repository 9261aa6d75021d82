"""`vitae list` and `vitae show`: what was uploaded, and one result in full."""

from typing import Annotated, Any

import typer

from app.cli.connection import service
from app.cli.terminal import money, print_json, printable, results, settings_or_exit, table


def list_resumes(
    status: Annotated[str | None, typer.Option(help="queued, extracting, analysing, done or failed.")] = None,
    query: Annotated[str | None, typer.Option("--query", "-q", help="Words of name, file, skill, employer.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most rows shown.")] = 50,
    blind: Annotated[bool, typer.Option("--blind", help="Without names, of people and of their files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per resume on stdout.")] = False,
) -> None:
    """List uploaded resumes, the newest first.

    Examples:  vitae list --status failed    ·    vitae list -q "python berlin" --json | jq -r .id
    """
    shown = table("created", "status", "name", "client", "file", "id")
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
                        item["created_at"][:19].replace("T", " "),
                        item["status"] + (" (degraded)" if item["degraded"] else ""),
                        printable(item["candidate_name"]),
                        item["client"] or "",
                        printable(item["filename"]),
                        item["id"],
                    )
            left -= len(page["items"])
            cursor = page["next_cursor"]
            if not cursor:
                break
    if not as_json:
        results.print(shown if shown.row_count else "No resumes yet. Upload some: vitae upload PATH")


def show(
    resume_id: Annotated[str, typer.Argument(metavar="ID", help="The id that upload and list print.")],
    as_json: Annotated[bool, typer.Option("--json", help="The whole answer as one JSON object.")] = False,
    blind: Annotated[bool, typer.Option("--blind", help="Without what tells who the person is.")] = False,
    hide_schools: Annotated[bool, typer.Option("--hide-schools", help="With --blind: without schools, too.")] = False,
) -> None:
    """Show one resume: profile, where each value stands, warnings and what it cost.

    Examples:  vitae show 3f0c... --json | jq .profile.basics    ·    vitae show 3f0c... --blind
    """
    with service(settings_or_exit()) as client:
        detail = client.get(f"/v1/resumes/{resume_id}", blind=blind, hide_schools=hide_schools)
    if as_json:
        print_json(detail)
        return
    _show_head(detail)
    if detail.get("problem"):
        problem = detail["problem"]
        results.print(printable(f"{problem['code']}: {problem['title']}. {problem['detail']}"), markup=False)
    if detail.get("profile"):
        _show_profile(detail["profile"], detail["evidence"] or {})
    for warning in detail.get("warnings") or []:
        results.print(printable(f"warning: {warning}"), markup=False, style="yellow")
    _show_cost(detail["cost"])


def _show_head(detail: dict[str, Any]) -> None:
    state = detail["status"] + (" (degraded)" if detail.get("degraded") else "")
    client = f" by {detail['client']}" if detail.get("client") else ""
    results.print(printable(f"{detail['filename']}: {state}{client}"), style="bold", markup=False)


def _show_profile(profile: dict[str, Any], evidence: dict[str, Any]) -> None:
    shown = table("value", "", "page", "line", "confidence", right=("page", "line", "confidence"))
    for pointer, value in _leaves({k: v for k, v in profile.items() if k not in {"x-vitae", "meta"}}, ""):
        found = evidence.get(pointer) or {}
        confidence = f"{found['confidence']:.2f}" if found else ""
        shown.add_row(
            pointer, printable(str(value)), str(found.get("page", "")), str(found.get("line", "")), confidence
        )
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
            *(str(attempt[key] if attempt[key] is not None else "") for key in _COUNTS),
            money(attempt["cost_usd"]),
        )
    if cost["attempts"]:
        results.print(shown)
    results.print(f"cost: {money(cost['total_usd'])}")


_COUNTS = ("input_tokens", "cached_tokens", "output_tokens", "latency_ms")


def _leaves(value: Any, pointer: str) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in _leaves(item, f"{pointer}/{key}")]
    if isinstance(value, list):
        return [leaf for index, item in enumerate(value) for leaf in _leaves(item, f"{pointer}/{index}")]
    return [(pointer, value)]
