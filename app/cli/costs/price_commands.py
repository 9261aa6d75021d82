"""`vitae costs prices`: current prices of each client, and prices that you enter with their validity dates."""

from typing import Annotated, Any, Literal

import typer

from app.cli.help import Commands
from app.cli.service_connection import service
from app.cli.terminal import moment, money, notes, print_json, results, settings_or_exit, table

_PURPOSE = """List prices and enter your own.

Examples:
    vitae costs prices list
    vitae costs prices set gpt-4o --input 2.00 --output 8.00 --note contract
"""

prices = Commands(help=_PURPOSE, no_args_is_help=True)

Tier = Literal["standard", "flex", "priority", "batch"]

AsJson = Annotated[bool, typer.Option("--json", help="Print the full result as JSON.")]


@prices.command("list")
def list_prices(
    history: Annotated[bool, typer.Option("--history", help="Include expired prices.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the current prices of each client.

    Shows USD per million tokens and the source of each price.

    Examples:
        vitae costs prices list
        vitae costs prices list --history
    """
    with service(settings_or_exit()) as client:
        answer = client.get("/v1/costs/prices", history=history)
    if as_json:
        print_json(answer)
        return
    numbers = ("input", "cached", "write", "output")
    shown = table("client", "tier", *numbers, "from", right=numbers, less=("write", "cached"))
    for item in answer["in_force"]:
        shown.add_row(item["client"], item["service_tier"], *_amounts(item), item["source"])
    results.print(shown)
    if not answer["entered"]:
        return
    results.print("\nYour own prices", style="bold")
    columns = ("model", "tier", *numbers, "valid", "id")
    entered = table(*columns, right=numbers, whole=("id",), less=("write", "cached", "tier"))
    for item in answer["entered"]:
        until = item["until"]
        valid = f"{item['state']}, from {item['from'][:10]}{f' to {until[:10]}' if until else ''}"
        entered.add_row(
            f"{item['provider']}/{item['model']}",
            item["service_tier"],
            *_amounts(item),
            f"{valid}: {item['note']}",
            item["id"],
        )
    results.print(entered)


@prices.command("set")
def set_price(
    model: Annotated[str, typer.Argument(help="Model name that the client sends, e.g. gpt-4o.")],
    input_price: Annotated[str, typer.Option("--input", help="USD per million input tokens.")],
    output_price: Annotated[str, typer.Option("--output", help="USD per million output tokens, including reasoning.")],
    note: Annotated[str, typer.Option(help="Source of the price, e.g. a contract.")],
    cached: Annotated[
        str | None, typer.Option("--cached-input", help="USD per million cached tokens. Default: the input price.")
    ] = None,
    cache_write: Annotated[
        str | None, typer.Option("--cache-write", help="USD per million cache-write tokens. Default: unpriced.")
    ] = None,
    provider: Annotated[str, typer.Option(help="The client's price_provider.")] = "openai",
    tier: Annotated[Tier, typer.Option(help="Service tier of the provider.")] = "standard",
    start: Annotated[str | None, typer.Option("--from", help="Start, e.g. 2026-12-01 (UTC). Default: now.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="End (exclusive). Default: no end.")] = None,
    as_json: AsJson = False,
) -> None:
    """Enter your own price for a model.

    While it is valid, it overrides vitae.toml and the built-in price list.

    Examples:
        vitae costs prices set gpt-4o --input 2.00 --output 8.00 --note contract
        vitae costs prices set gpt-4o --input 2 --output 8 --note x --from 2026-12-01
    """
    given = {
        "provider": provider,
        "model": model,
        "service_tier": tier,
        "input_usd_per_million": input_price,
        "cached_input_usd_per_million": cached,
        "cache_write_usd_per_million": cache_write,
        "output_usd_per_million": output_price,
        "from": _moment(start),
        "until": _moment(until),
        "note": note,
    }
    with service(settings_or_exit()) as client:
        answer = client.request("POST", "/v1/costs/prices", json={k: v for k, v in given.items() if v is not None})
    if as_json:
        print_json(answer)
        return
    notes.print(f"Price entered ({answer['state']}). To end it, run `vitae costs prices end {answer['id']}`.")


@prices.command("end")
def end_price(
    price_id: Annotated[str, typer.Argument(metavar="ID", help="The price's id, from `vitae costs prices list`.")],
    at: Annotated[str | None, typer.Option("--at", help="End time, e.g. 2027-01-01 (UTC). Default: now.")] = None,
    as_json: AsJson = False,
) -> None:
    """End one of your own prices; the one it overrode applies again.

    The ended price stays in the history.

    Examples:
        vitae costs prices end ID --at 2027-01-01
    """
    body = {} if at is None else {"at": _moment(at)}
    with service(settings_or_exit(), "vitae costs prices list") as client:
        answer = client.request("POST", f"/v1/costs/prices/{price_id}/end", json=body)
    if as_json:
        print_json(answer)
        return
    notes.print(f"The price ends at {moment(answer['until'])} UTC.")


def _amounts(item: dict[str, Any]) -> list[str]:
    if item["input_usd_per_million"] is None:
        return ["unpriced"] * 4
    names = ("input", "cached_input", "cache_write", "output")
    return [money(item[f"{name}_usd_per_million"]) for name in names]


def _moment(text: str | None) -> str | None:
    """Read a date or time without a zone as UTC."""
    if text is None:
        return None
    whole = f"{text}T00:00:00" if len(text) == len("2026-12-01") else text
    zoned = whole.endswith("Z") or "+" in whole[10:] or "-" in whole[10:]
    return whole if zoned else f"{whole}Z"
