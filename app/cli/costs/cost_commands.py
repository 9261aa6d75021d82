"""`vitae costs`: spending, break-even, forecast, advice, bills and prices, read from the running service."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from app.cli.costs.break_even_command import break_even
from app.cli.costs.cost_words import or_dash, switch_day, usd, volume
from app.cli.costs.price_commands import prices
from app.cli.help import Commands
from app.cli.service_connection import Service, service
from app.cli.terminal import (
    EXIT_SOME_FAILED,
    EXIT_WRONG_USAGE,
    fail,
    fail_with,
    moment,
    money,
    notes,
    print_json,
    results,
    settings_or_exit,
    table,
)
from app.errors import InputError

_PURPOSE = """Analyse costs: totals, break-even, forecast, bills, prices.

Every model call, including failed ones, is a row in the ledger. All other figures are computed from these rows.

Examples:
    vitae costs report
    vitae costs summary --by client
    vitae costs ledger --json --limit 10000 > ledger.jsonl
    vitae costs break-even
"""

costs = Commands(help=_PURPOSE, no_args_is_help=True)
costs.add_typer(prices, name="prices")
costs.command("break-even")(break_even)

From = Annotated[str | None, typer.Option("--from", help="Start, e.g. 2026-11-01 (UTC). Default: 30 days ago.")]
To = Annotated[str | None, typer.Option("--to", help="End (exclusive). Default: now.")]
Group = Literal["day", "client", "function", "tenant", "tier", "service_tier"]
AsJson = Annotated[bool, typer.Option("--json", help="Print the full result as JSON.")]


@costs.command("summary")
def summary(
    start: From = None,
    end: To = None,
    by: Annotated[Group, typer.Option(help="Group rows by this.")] = "day",
    all_tenants: Annotated[
        bool, typer.Option("--all-tenants", help="Include all tenants. Needs the operator's admin key.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show total costs by day, client, function, tenant or tier.

    Examples:
        vitae costs summary
        vitae costs summary --by client --from 2026-11-01 --to 2026-12-01
        vitae costs summary --by tenant --all-tenants --json
    """
    parameters = {"from": start, "to": end, "group_by": by, "all_tenants": all_tenants or None}
    answer = _get("/v1/costs/summary", **parameters)
    if as_json:
        print_json(answer)
        return
    numbers = ("resumes", "attempts", "failed", "API", "self-hosted", "cost", "waste", "per resume", "per 1,000")
    shown = table(by, *numbers, right=numbers, less=("per 1,000", "attempts", "self-hosted", "API", "waste"))
    for line in [*answer["groups"], answer["totals"]]:
        shown.add_row(
            line["key"],
            f"{line['analyses']:,}",
            f"{line['attempts']:,}",
            f"{line['failed']:,}",
            usd(line["hosted_usd"]),
            usd(line["self_hosted_usd"]),
            usd(line["cost_usd"]),
            usd(line["waste_usd"]),
            or_dash(line["cost_per_resume_usd"]),
            usd(line["cost_per_1000_usd"]) if line["cost_per_1000_usd"] else "-",
        )
    results.print(shown)
    fallback, totals = answer["fallback"], answer["totals"]
    if fallback["answers"]:
        share = f"{float(fallback['share']) * 100:.1f} %"
        results.print(
            f"Fallback: {share} of responses, {usd(fallback['extra_usd'])} more than with the preferred client."
        )
    savings = answer["savings"]
    if savings["analyses"]:
        tokens = savings["input_tokens"] + savings["output_tokens"]
        results.print(
            f"Saved by [analysis] strategy, estimated: {usd(savings['saved_usd'])} and {tokens:,} tokens. "
            f"{savings['without_request']:,} of {savings['analyses']:,} resumes needed no model.",
            markup=False,
        )
    if totals["unpriced_attempts"]:
        notes.print(f"{totals['unpriced_attempts']:,} attempts have no price and are not in the totals.")
    if totals["provisional"]:
        notes.print("Self-hosted amounts are provisional until the hour is over.")


@costs.command("strategies")
def strategies(
    sample: Annotated[int, typer.Option(min=1, max=200, help="Most resumes to read; the newest ones.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Estimate the cost of each strategy on your newest resumes.

    No model is called. `vitae eval --strategies` also measures accuracy.

    Examples:
        vitae costs strategies
        vitae costs strategies --sample 200 --json
    """
    answer = _get("/v1/costs/strategies", sample=sample)
    if as_json:
        print_json(answer)
        return
    if not answer["resumes"]:
        fail("There are no resumes to read. Upload some first.")
    numbers = ("whole", "in part", "no request", "input tokens", "output tokens", "cost", "per 1,000 resumes")
    shown = table("strategy", *numbers, right=numbers)
    for line in answer["strategies"]:
        shown.add_row(
            line["strategy"],
            *(f"{line[key]:,}" for key in ("whole", "in_part", "without_request", "input_tokens", "output_tokens")),
            or_dash(line["usd"]),
            or_dash(line["usd_per_1000"]),
        )
    results.print(shown)
    source = f" at the prices of {answer['client']}" if answer["price_source"] else ""
    results.print(f"Estimated on {answer['resumes']:,} resumes{source}. Choose with [analysis] strategy.", markup=False)


@costs.command("forecast")
def forecast(
    days: Annotated[int, typer.Option(min=1, max=365, help="Number of days to forecast.")] = 30, as_json: AsJson = False
) -> None:
    """Forecast requests and costs.

    Shows an interval, and the day from which your own GPU server would be cheaper.

    Examples:
        vitae costs forecast
        vitae costs forecast --days 90 --json | jq .forecast
    """
    answer = _get("/v1/costs/forecast", days=days)
    if as_json:
        print_json(answer)
        return
    _print_forecast(answer)


def _print_forecast(answer: dict[str, Any]) -> None:
    expected = answer["forecast"]
    if expected is None:
        results.print(answer["reason"])
    else:
        results.print(
            f"{expected['days']} days from {expected['starts_on']}: {expected['requests']:,} requests "
            f"({answer['interval']} between {expected['requests_low']:,} and {expected['requests_high']:,})"
        )
        if expected["cost_usd"] is not None:
            results.print(
                f"Cost: {usd(expected['cost_usd'])} ({usd(expected['cost_low_usd'])} to "
                f"{usd(expected['cost_high_usd'])}), {answer['cost_per_resume_source']}"
            )
    results.print(f"Your own GPU server: {switch_day(answer['switch'])}")


@costs.command("report")
def report(as_json: AsJson = False) -> None:
    """Show spending, break-even, forecast and recommendations.

    Examples:
        vitae costs report
        vitae costs report --json | jq .recommendations
    """
    with service(settings_or_exit()) as client:
        answers = {
            name: client.get(f"/v1/costs/{path}", **parameters)
            for name, path, parameters in (
                ("by_client", "summary", {"group_by": "client"}),
                ("by_tier", "summary", {"group_by": "tier"}),
                ("break_even", "break-even", {}),
                ("forecast", "forecast", {}),
                ("recommendations", "recommendations", {}),
            )
        }
    if as_json:
        print_json(answers)
        return
    totals, fallback = answers["by_client"]["totals"], answers["by_client"]["fallback"]
    results.print("Last 30 days", style="bold")
    results.print(
        f"{totals['analyses']:,} resumes, {totals['attempts']:,} attempts, {usd(totals['cost_usd'])}: "
        f"{or_dash(totals['cost_per_resume_usd'])} per resume. Waste {usd(totals['waste_usd'])}, "
        f"idle {usd(totals['idle_share_usd'])}, extra cost of fallback {usd(fallback['extra_usd'])}."
    )
    for line in answers["by_client"]["groups"]:
        results.print(f"  {line['key']}: {line['answered']:,} responses, {usd(line['cost_usd'])}")
    found = answers["break_even"]
    results.print("\nBreak-even", style="bold")
    results.print(
        f"{volume(found['break_even_requests'])} against {found['cost_profile']}; {switch_day(found['switch'])}"
    )
    results.print("\nForecast", style="bold")
    _print_forecast(answers["forecast"])
    results.print("\nRecommendations", style="bold")
    advice = answers["recommendations"]
    for item in advice["recommendations"]:
        results.print(f"Saves {usd(item['saving_monthly_usd'])}/month ({item['confidence']}): {item['title']}")
        for assumption in item["assumptions"]:
            results.print(f"    if {assumption}")
        results.print(f"    change: {item['change']}")
    if advice["note"]:
        results.print(advice["note"])


@costs.command("ledger")
def ledger(
    start: From = None,
    end: To = None,
    client: Annotated[str | None, typer.Option(help="Only attempts of this client.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Maximum number of attempts.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per attempt.")] = False,
) -> None:
    """List all attempts, including failed ones, newest first.

    Examples:
        vitae costs ledger --client GPT4o
        vitae costs ledger --from 2026-11-01 --limit 100000 --json > november.jsonl
    """
    numbers = ("in", "cached", "out", "cost")
    columns = ("started", "client", "function", "outcome", *numbers, "basis")
    shown = table(*columns, right=numbers, whole=("started",), less=("basis", "function", "cached"))
    with service(settings_or_exit()) as connection:
        for item in _attempts(connection, {"from": start, "to": end, "client": client}, limit):
            if as_json:
                print_json(item)
                continue
            shown.add_row(
                moment(item["started_at"]),
                item["client"],
                item["function"],
                item["outcome"],
                *(f"{item[name] or 0:,}" for name in ("input_tokens", "cached_tokens", "output_tokens")),
                money(item["cost_usd"]),
                item["cost_basis"],
            )
    if not as_json:
        results.print(shown)


def _attempts(connection: Service, parameters: dict[str, Any], limit: int) -> Any:
    cursor, left = None, limit
    while left > 0:
        page = connection.get("/v1/costs/ledger", **parameters, cursor=cursor, limit=min(left, 1000))
        yield from page["items"]
        left -= len(page["items"])
        cursor = page["next_cursor"]
        if cursor is None:
            return


@costs.command("import-bill")
def import_bill(
    path: Annotated[
        Path, typer.Argument(help="CSV file with the columns machine,start,end,amount_usd,reference.", dir_okay=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Replace estimated costs with the amounts of a real bill.

    Shows the difference from the estimate. Needs the operator's admin key.

    Examples:
        vitae costs import-bill november.csv
    """
    from app.ledger.bills import read_bills

    try:
        bills = read_bills(_read(path))
    except InputError as error:
        fail_with(error)
    rows = [
        {
            "machine": bill.machine,
            "start": bill.starts_at.isoformat(),
            "end": bill.ends_at.isoformat(),
            "amount_usd": f"{bill.amount_usd:f}",
            "reference": bill.reference,
        }
        for bill in bills
    ]
    with service(settings_or_exit()) as client:
        answer = client.request("POST", "/v1/costs/bills", json={"bills": rows})
    if as_json:
        print_json(answer)
        return
    numbers = ("bill", "estimate", "difference", "hours closed")
    shown = table("machine", "from", "to", *numbers, right=numbers, whole=("from", "to"), less=("hours closed",))
    for bill in answer["bills"]:
        shown.add_row(
            bill["machine"],
            moment(bill["start"]),
            moment(bill["end"]),
            money(bill["amount_usd"]),
            money(bill["estimate_usd"]),
            usd(bill["difference_usd"]),
            f"{bill['closed_hours']:,}",
        )
    results.print(shown)


@costs.command("reconcile")
def reconcile(
    start: From = None,
    end: To = None,
    usage: Annotated[
        Path | None, typer.Option(help="OpenAI usage export (CSV or JSON) to compare with.", dir_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that the ledger matches bills and provider usage.

    Attempts and idle time must add up to the bill, and attempts to the provider's usage. The exit status is 1 if they
    do not.

    Examples:
        vitae costs reconcile
        vitae costs reconcile --from 2026-11-01 --usage openai-usage.csv
    """
    parameters = {name: value for name, value in (("from", start), ("to", end)) if value is not None}
    with service(settings_or_exit()) as client:
        if usage is None:
            answer = client.get("/v1/costs/reconciliation", **parameters)
        else:
            answer = client.request("POST", "/v1/costs/reconciliation", params=parameters, json={"usage": _read(usage)})
    if as_json:
        print_json(answer)
    else:
        numbers = ("expected", "found", "difference")
        shown = table("", "check", "unit", *numbers, right=numbers)
        for check in answer["checks"]:
            mark = "ok" if check["ok"] else "DIFFERS"
            shown.add_row(mark, check["name"], check["unit"], check["expected"], check["found"], check["difference"])
        results.print(shown)
        for check in answer["checks"]:
            if not check["ok"]:
                notes.print(f"{check['name']}: {check['explanation']}")
        for machine in answer["machines"]:
            results.print(
                f"{machine['machine']}: {money(machine['cost_usd'])} in {machine['final_hours']:,} hours "
                f"= attempts {money(machine['allocated_usd'])} + unused hours {money(machine['unused_usd'])}; "
                f"idle {money(machine['idle_usd'])}, waste {money(machine['waste_usd'])}"
            )
        for bill in answer["bills"]:
            results.print(
                f"Bill {bill['reference'] or ''} for {bill['machine']}: "
                f"{money(bill['amount_usd'])}, estimated {money(bill['estimate_usd'])}, "
                f"difference {usd(bill['difference_usd'])}"
            )
    if not answer["ok"]:
        raise typer.Exit(EXIT_SOME_FAILED)


@costs.command("figures")
def figures(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per figure.")] = False) -> None:
    """Check widely quoted self-hosting cost figures.

    Marks each figure right or wrong and shows how it is computed. No running service is needed.

    Examples:
        vitae costs figures
        vitae costs figures --json | jq -r 'select(.holds | not).said'
    """
    from app.ledger.circulating_figures import circulating_figures

    for figure in circulating_figures():
        if as_json:
            print_json(asdict(figure))
            continue
        mark, colour = ("right", "green") if figure.holds else ("WRONG", "red")
        results.print(f"{mark}  {figure.said}", style=colour)
        results.print(f"       {figure.right}")
        results.print(f"       {figure.how}", style="dim")


def _get(path: str, **parameters: Any) -> Any:
    with service(settings_or_exit()) as client:
        return client.get(path, **parameters)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        fail(f"Cannot read {path} ({error.strerror}). Check its name and permissions.", EXIT_WRONG_USAGE)
    except UnicodeDecodeError:
        fail(f"{path} is not UTF-8 text. Save it as UTF-8.", EXIT_WRONG_USAGE)
