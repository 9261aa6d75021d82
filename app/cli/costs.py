"""`vitae costs`: what was spent, when the own machine pays, what to expect, what to change; through the service."""

from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.connection import Service, service
from app.cli.prices import prices
from app.cli.terminal import (
    EXIT_SOME_FAILED,
    EXIT_WRONG_USAGE,
    fail,
    fail_with,
    money,
    notes,
    print_json,
    printable,
    results,
    settings_or_exit,
    table,
)
from app.errors import InputError
from app.ledger.bills import read_bills

costs = typer.Typer(help="Costs: sums, break-even, forecast, advice, bills, prices.", no_args_is_help=True)
costs.add_typer(prices, name="prices")

From = Annotated[str | None, typer.Option("--from", help="Begin, e.g. 2026-11-01 (UTC). Default: 30 days back.")]
To = Annotated[str | None, typer.Option("--to", help="End, not included. Default: now.")]
AsJson = Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")]


@costs.command("summary")
def summary(
    start: From = None,
    end: To = None,
    by: Annotated[str, typer.Option(help="day, client, function, tenant, tier or service_tier.")] = "day",
    as_json: AsJson = False,
) -> None:
    """Sum costs by day, client, function, tenant, tier or service tier."""
    answer = _get("/v1/costs/summary", **{"from": start, "to": end, "group_by": by})
    if as_json:
        print_json(answer)
        return
    numbers = ("resumes", "attempts", "failed", "API", "own machine", "cost", "waste", "per resume", "per 1,000")
    shown = table(by, *numbers, right=numbers)
    for line in [*answer["groups"], answer["totals"]]:
        shown.add_row(
            printable(line["key"]),
            f"{line['analyses']:,}",
            f"{line['attempts']:,}",
            f"{line['failed']:,}",
            _short(line["hosted_usd"]),
            _short(line["self_hosted_usd"]),
            _short(line["cost_usd"]),
            _short(line["waste_usd"]),
            _or_dash(line["cost_per_resume_usd"]),
            _short(line["cost_per_1000_usd"]) if line["cost_per_1000_usd"] else "-",
        )
    results.print(shown)
    fallback, totals = answer["fallback"], answer["totals"]
    if fallback["answers"]:
        share = f"{float(fallback['share']) * 100:.1f} %"
        results.print(f"Fallback: {share} of answers, {_short(fallback['extra_usd'])} more than the preferred client.")
    if totals["unpriced_attempts"]:
        notes.print(f"{totals['unpriced_attempts']:,} attempts are unpriced and in no sum.")
    if totals["provisional"]:
        notes.print("Amounts of own machines are provisional until their hour is over.")


@costs.command("break-even")
def break_even(
    client: Annotated[str | None, typer.Option(help="Hosted client to compare with.")] = None,
    cost_profile: Annotated[str | None, typer.Option(help="Machine, e.g. aws-g5.xlarge-1yr.")] = None,
    input_tokens: Annotated[float | None, typer.Option(help="Per resume. Default: measured.")] = None,
    output_tokens: Annotated[float | None, typer.Option(help="Per resume. Default: measured.")] = None,
    cached_tokens: Annotated[float | None, typer.Option(help="Part of the input.")] = None,
    requests_per_month: Annotated[int | None, typer.Option(help="Default: measured.")] = None,
    replicas: Annotated[int, typer.Option(min=1)] = 1,
    fallback_share: Annotated[float, typer.Option(min=0, max=1, help="Part the API answers anyway.")] = 0,
    as_json: AsJson = False,
) -> None:
    """From which volume on your own GPU is cheaper than the API.

    Example:  vitae costs break-even --input-tokens 700 --output-tokens 100
    """
    answer = _get(
        "/v1/costs/break-even",
        client=client,
        cost_profile=cost_profile,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_tokens=cached_tokens,
        requests_per_month=requests_per_month,
        replicas=replicas,
        fallback_share=fallback_share,
    )
    if as_json:
        print_json(answer)
        return
    tokens = answer["tokens"]
    results.print(
        f"{answer['client']} ({answer['model']}): {tokens['input_tokens']} tokens in, {tokens['output_tokens']} out "
        f"({tokens['source']}) = {money(answer['api_request_usd'])} a request"
    )
    results.print(
        f"{answer['cost_profile']} x {answer['replicas']}: {money(answer['own_monthly_usd'])} a month "
        f"(exactly {money(answer['own_monthly_exact_usd'])})"
    )
    results.print(f"Break-even: {_volume(answer['break_even_requests'])}", style="bold")
    results.print(f"When: {_switch(answer['switch'])}\n")
    numbers = ("requests/month", "API per month", "API per year", "own per month", "yearly saving")
    shown = table(*numbers, right=numbers)
    for row in [*answer["savings"], *([answer["now"]] if answer["now"] else [])]:
        shown.add_row(
            f"{row['requests_per_month']:,}",
            _short(row["api_monthly_usd"]),
            _short(row["api_yearly_usd"]),
            _short(row["own_monthly_usd"]),
            _short(row["yearly_saving_usd"]),
        )
    results.print(shown)
    _print_options(answer)


def _print_options(answer: dict[str, Any]) -> None:
    numbers = ("replicas", "hours/month", "own per month", "break-even")
    shown = table("machine", "paid", *numbers, "API", right=numbers)
    for row in answer["options"]:
        shown.add_row(
            row["cost_profile"],
            row["commitment"],
            str(row["replicas"]),
            row["hours_per_month"],
            _short(row["own_monthly_usd"]),
            _volume(row["break_even_requests"]),
            row["api_tier"],
        )
    results.print("\nOther ways to pay", style="bold")
    results.print(shown)
    changed = table("changed", "factor", "break-even", right=("factor", "break-even"))
    for row in answer["sensitivity"]:
        changed.add_row(row["changed"], row["factor"], _volume(row["break_even_requests"]))
    results.print("\nIf one thing changes", style="bold")
    results.print(changed)
    numbers = ("requests", "API alone", "own + fallback", "saving", "break-even")
    scenarios = table("scenario", *numbers, right=numbers)
    for row in answer["scenarios"]:
        scenarios.add_row(
            printable(row["name"]),
            f"{row['requests']:,}",
            _short(row["api_only_usd"]),
            _short(row["own_with_fallback_usd"]),
            _short(row["saving_usd"]),
            _volume(row["break_even_requests"]),
        )
    results.print("\nScenarios, a month each", style="bold")
    results.print(scenarios)


@costs.command("forecast")
def forecast(days: Annotated[int, typer.Option(min=1, max=365)] = 30, as_json: AsJson = False) -> None:
    """Expect requests and costs of the next days, with an interval; and the day from which the own machine pays."""
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
            f"The {expected['days']} days from {expected['starts_on']}: {expected['requests']:,} requests "
            f"({answer['interval']} between {expected['requests_low']:,} and {expected['requests_high']:,})"
        )
        if expected["cost_usd"] is not None:
            results.print(
                f"Cost: {_short(expected['cost_usd'])} ({_short(expected['cost_low_usd'])} to "
                f"{_short(expected['cost_high_usd'])}), {answer['cost_per_resume_source']}"
            )
    results.print(f"Own machine: {_switch(answer['switch'])}")


@costs.command("report")
def report(as_json: AsJson = False) -> None:
    """Everything at once: the last 30 days, break-even, forecast, and what to change."""
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
    results.print("The last 30 days", style="bold")
    results.print(
        f"{totals['analyses']:,} resumes, {totals['attempts']:,} attempts, {_short(totals['cost_usd'])}: "
        f"{_or_dash(totals['cost_per_resume_usd'])} a resume. Waste {_short(totals['waste_usd'])}, "
        f"idle {_short(totals['idle_share_usd'])}, fallback extra {_short(fallback['extra_usd'])}."
    )
    for line in answers["by_client"]["groups"]:
        results.print(f"  {printable(line['key'])}: {line['answered']:,} answers, {_short(line['cost_usd'])}")
    found = answers["break_even"]
    results.print("\nBreak-even", style="bold")
    results.print(
        f"{_volume(found['break_even_requests'])} against {found['cost_profile']}; {_switch(found['switch'])}"
    )
    results.print("\nForecast", style="bold")
    _print_forecast(answers["forecast"])
    results.print("\nWhat to change", style="bold")
    advice = answers["recommendations"]
    for item in advice["recommendations"]:
        results.print(f"{_short(item['saving_monthly_usd'])} a month ({item['confidence']}): {item['title']}")
        for assumption in item["assumptions"]:
            results.print(f"    if {assumption}", markup=False)
        results.print(f"    do: {item['change']}", markup=False)
    if advice["note"]:
        results.print(advice["note"])


@costs.command("ledger")
def ledger(
    start: From = None,
    end: To = None,
    client: Annotated[str | None, typer.Option(help="Of this client alone.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most attempts shown.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per attempt.")] = False,
) -> None:
    """List attempts, the newest first: tokens, prices and cost of each, failed ones too."""
    numbers = ("in", "cached", "out", "cost")
    shown = table("started", "client", "function", "outcome", *numbers, "basis", right=numbers)
    with service(settings_or_exit()) as connection:
        for item in _attempts(connection, {"from": start, "to": end, "client": client}, limit):
            if as_json:
                print_json(item)
                continue
            shown.add_row(
                item["started_at"][:19].replace("T", " "),
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
    path: Annotated[Path, typer.Argument(help="CSV: machine,start,end,amount_usd,reference", dir_okay=False)],
    as_json: AsJson = False,
) -> None:
    """Let a real bill take the place of the estimate, and show the difference. Needs the operator's admin key."""
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
    shown = table("machine", "from", "to", *numbers, right=numbers)
    for bill in answer["bills"]:
        shown.add_row(
            printable(bill["machine"]),
            bill["start"][:16].replace("T", " "),
            bill["end"][:16].replace("T", " "),
            money(bill["amount_usd"]),
            money(bill["estimate_usd"]),
            _short(bill["difference_usd"]),
            f"{bill['closed_hours']:,}",
        )
    results.print(shown)


@costs.command("reconcile")
def reconcile(
    start: From = None,
    end: To = None,
    usage: Annotated[
        Path | None, typer.Option(help="OpenAI's usage export, CSV or JSON, to compare with.", dir_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove that attempts + idle = bill, and attempts = provider's usage. Exit status 1 when something differs."""
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
            shown.add_row(
                mark, printable(check["name"]), check["unit"], check["expected"], check["found"], check["difference"]
            )
        results.print(shown)
        for check in answer["checks"]:
            if not check["ok"]:
                notes.print(f"{check['name']}: {check['explanation']}", markup=False)
        for machine in answer["machines"]:
            results.print(
                f"{printable(machine['machine'])}: {money(machine['cost_usd'])} in {machine['final_hours']:,} hours "
                f"= attempts {money(machine['allocated_usd'])} + unused hours {money(machine['unused_usd'])}; "
                f"idle {money(machine['idle_usd'])}, waste {money(machine['waste_usd'])}"
            )
        for bill in answer["bills"]:
            results.print(
                f"Bill {printable(bill['reference'] or '')} of {printable(bill['machine'])}: "
                f"{money(bill['amount_usd'])}, estimated {money(bill['estimate_usd'])}, "
                f"difference {_short(bill['difference_usd'])}"
            )
    if not answer["ok"]:
        raise typer.Exit(EXIT_SOME_FAILED)


def _get(path: str, **parameters: Any) -> Any:
    with service(settings_or_exit()) as client:
        return client.get(path, **parameters)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{path} cannot be read as text ({type(error).__name__}).", EXIT_WRONG_USAGE)


def _short(amount: str | None) -> str:
    """To the cent, with thousands; small amounts in full, so that no cost is shown as nothing."""
    if amount is None:
        return "unpriced"
    value = float(amount)
    if value != 0 and abs(value) < 0.01:
        return money(amount)
    return f"-${-value:,.2f}" if value < 0 else f"${value:,.2f}"


def _or_dash(amount: str | None) -> str:
    return "-" if amount is None else money(amount)


def _volume(requests: int | None) -> str:
    return "never: the API is cheaper at any volume" if requests is None else f"{requests:,} requests/month"


def _switch(found: dict[str, Any]) -> str:
    return f"{found['on']}: {found['explanation']}" if found["on"] else found["explanation"]
