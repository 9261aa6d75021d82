"""`vitae costs break-even`: the volume from which your own GPU server is cheaper, with what-ifs and scenarios."""

from decimal import Decimal
from typing import Annotated, Any

import typer

from app.cli.costs.cost_words import switch_day, usd, volume, volume_cell
from app.cli.service_connection import service
from app.cli.terminal import money, print_json, results, settings_or_exit, table

_EVEN = "break-even, requests/month"


def break_even(
    client: Annotated[
        str | None, typer.Option(help="Hosted client to compare with. Default: the first with a price.")
    ] = None,
    cost_profile: Annotated[
        str | None, typer.Option(help="Cost profile of the GPU server, e.g. aws-g5.xlarge-1yr.")
    ] = None,
    input_tokens: Annotated[float | None, typer.Option(help="Input tokens per resume. Default: measured.")] = None,
    output_tokens: Annotated[float | None, typer.Option(help="Output tokens per resume. Default: measured.")] = None,
    cached_tokens: Annotated[float | None, typer.Option(help="Cached tokens, included in the input.")] = None,
    requests_per_month: Annotated[int | None, typer.Option(help="Monthly volume. Default: measured.")] = None,
    replicas: Annotated[int, typer.Option(min=1, help="Number of GPU servers.")] = 1,
    fallback_share: Annotated[
        float, typer.Option(min=0, max=1, help="Share of requests that still goes to the hosted API.")
    ] = 0,
    input_price: Annotated[float | None, typer.Option(min=0, help="What if: USD per million input tokens.")] = None,
    output_price: Annotated[float | None, typer.Option(min=0, help="What if: USD per million output tokens.")] = None,
    own_monthly: Annotated[float | None, typer.Option(help="What if: monthly cost of your GPU server, USD.")] = None,
    own_request: Annotated[
        float | None, typer.Option(help="Target cost per request on your GPU server, USD: shows the volume it takes.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the full result as JSON.")] = False,
) -> None:
    """Find the volume at which your own GPU server is cheaper.

    Uses your measured tokens and volume, the current prices and the cost profile you name. Options override measured
    values.

    Examples:
        vitae costs break-even
        vitae costs break-even --input-tokens 700 --output-tokens 100
        vitae costs break-even --requests-per-month 1000000 --fallback-share 0.05
    """
    query = dict[str, Any](
        client=client,
        cost_profile=cost_profile,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_tokens=cached_tokens,
        requests_per_month=requests_per_month,
        replicas=replicas,
        fallback_share=fallback_share,
        input_usd_per_million=input_price,
        output_usd_per_million=output_price,
        own_monthly_usd=own_monthly,
        own_request_usd=own_request,
    )
    with service(settings_or_exit()) as connection:
        answer = connection.get("/v1/costs/break-even", **query)
    if as_json:
        print_json(answer)
        return
    tokens = answer["tokens"]
    results.print(
        f"{answer['client']} ({answer['model']}): {tokens['input_tokens']} tokens in, {tokens['output_tokens']} out "
        f"({tokens['source']}) = {money(answer['api_request_usd'])} per request"
    )
    results.print(
        f"{answer['cost_profile']} x {answer['replicas']}: {money(answer['own_monthly_usd'])} per month "
        f"(exactly {money(answer['own_monthly_exact_usd'])})"
    )
    results.print(f"Break-even: {volume(answer['break_even_requests'])}", style="bold")
    results.print(f"When: {switch_day(answer['switch'])}")
    _print_what_if(answer)
    results.print()
    numbers = (
        "requests/month",
        "API per month",
        "API per year",
        "GPU per month",
        "saving/month",
        "saving/year",
        "GPU per request",
    )
    shown = table(*numbers, right=numbers, less=("API per year", "saving/month", "GPU per request"))
    for row in [*answer["savings"], *([answer["now"]] if answer["now"] else [])]:
        shown.add_row(
            f"{row['requests_per_month']:,}",
            usd(row["api_monthly_usd"]),
            usd(row["api_yearly_usd"]),
            usd(row["own_monthly_usd"]),
            usd(row["monthly_saving_usd"]),
            usd(row["yearly_saving_usd"]),
            _per_request(row["own_request_usd"]),
        )
    results.print(shown)
    _print_options(answer)


def _print_what_if(answer: dict[str, Any]) -> None:
    target, fallback = answer["target"], answer["fallback"]
    if target is not None:
        results.print(
            f"{money(target['own_request_usd'])} per request on your GPU server takes "
            f"{target['requests_per_month']:,} requests/month ({target['requests_per_month_bare']:,} counting only the "
            "bare instance)"
        )
    if fallback is not None:
        share = f"{float(fallback['fallback_share']) * 100:g} %"
        if fallback["variable_usd"] is not None:
            results.print(
                f"Variable cost with {share} on the API: {usd(fallback['own_variable_usd'])} + "
                f"{usd(fallback['api_usd'])} = {usd(fallback['variable_usd'])}, without the server's monthly cost"
            )
        results.print(
            f"Monthly cost with {share} on the API: {usd(answer['own_monthly_usd'])} + {usd(fallback['api_usd'])} "
            f"= {usd(fallback['month_usd'])}"
        )


def _per_request(amount: str | None) -> str:
    """Round to seven decimals, enough to compare requests."""
    return "-" if amount is None else money(f"{Decimal(amount):.7f}")


def _print_options(answer: dict[str, Any]) -> None:
    numbers = ("replicas", "hours/month", "GPU per month", _EVEN)
    shown = table("machine", "payment", *numbers, "API", right=numbers, less=("hours/month", "API"))
    for row in answer["options"]:
        shown.add_row(
            row["cost_profile"],
            row["commitment"],
            str(row["replicas"]),
            row["hours_per_month"],
            usd(row["own_monthly_usd"]),
            volume_cell(row["break_even_requests"]),
            row["api_tier"],
        )
    results.print("\nPayment options", style="bold")
    results.print(shown)
    changed = table("changed", "factor", _EVEN, right=("factor", _EVEN))
    for row in answer["sensitivity"]:
        changed.add_row(row["changed"], row["factor"], volume_cell(row["break_even_requests"]))
    results.print("\nSensitivity: one value changed at a time", style="bold")
    results.print(changed)
    numbers = ("requests", "API only", "GPU + fallback", "saving", _EVEN)
    scenarios = table("scenario", *numbers, right=numbers, less=("API only", "GPU + fallback"))
    for row in answer["scenarios"]:
        scenarios.add_row(
            row["name"],
            f"{row['requests']:,}",
            usd(row["api_only_usd"]),
            usd(row["own_with_fallback_usd"]),
            usd(row["saving_usd"]),
            volume_cell(row["break_even_requests"]),
        )
    results.print("\nScenarios (one month each)", style="bold")
    results.print(scenarios)
