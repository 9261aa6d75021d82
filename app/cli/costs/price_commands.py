"""`vitae costs prices`: what each client's calls cost now, and prices of one's own with the dates they hold."""

from typing import Annotated, Any, Literal

import typer

from app.cli.help import Commands
from app.cli.service_connection import service
from app.cli.terminal import moment, money, notes, print_json, results, settings_or_exit, table

_PURPOSE = """Prices: what holds now, your own, their history.

Examples:
    vitae costs prices list
    vitae costs prices set gpt-4o --input 2.00 --output 8.00 --note contract
"""

prices = Commands(help=_PURPOSE, no_args_is_help=True)

Tier = Literal["standard", "flex", "priority", "batch"]

AsJson = Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")]


@prices.command("list")
def list_prices(
    history: Annotated[bool, typer.Option("--history", help="Also prices that hold no longer.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what each client's calls cost now.

    USD per million tokens, and where each price comes from.

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
    results.print("\nEntered here", style="bold")
    columns = ("model", "tier", *numbers, "holds", "id")
    entered = table(*columns, right=numbers, whole=("id",), less=("write", "cached", "tier"))
    for item in answer["entered"]:
        until = item["until"]
        holds = f"{item['state']}, {item['from'][:10]} to {until[:10] if until else 'further notice'}"
        entered.add_row(
            f"{item['provider']}/{item['model']}",
            item["service_tier"],
            *_amounts(item),
            f"{holds}: {item['note']}",
            item["id"],
        )
    results.print(entered)


@prices.command("set")
def set_price(
    model: Annotated[str, typer.Argument(help="Model as the client asks for it, e.g. gpt-4o.")],
    input_price: Annotated[str, typer.Option("--input", help="USD per million input tokens.")],
    output_price: Annotated[str, typer.Option("--output", help="USD per million output tokens, reasoning included.")],
    note: Annotated[str, typer.Option(help="Where the price comes from.")],
    cached: Annotated[str | None, typer.Option("--cached-input", help="Default: what input costs.")] = None,
    cache_write: Annotated[str | None, typer.Option("--cache-write", help="Default: unpriced.")] = None,
    provider: Annotated[str, typer.Option(help="As in the client's price_provider.")] = "openai",
    tier: Annotated[Tier, typer.Option(help="Of the provider's service tiers.")] = "standard",
    start: Annotated[str | None, typer.Option("--from", help="Begin, e.g. 2026-12-01 (UTC). Default: now.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="End, not included. Default: for good.")] = None,
    as_json: AsJson = False,
) -> None:
    """Enter a price of your own.

    It wins over vitae.toml and the shipped list while it holds.

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
    notes.print(f"Entered; {answer['state']}. `vitae costs prices end {answer['id']}` ends it.")


@prices.command("end")
def end_price(
    price_id: Annotated[str, typer.Argument(metavar="ID", help="As `vitae costs prices list` shows it.")],
    at: Annotated[str | None, typer.Option("--at", help="When, e.g. 2027-01-01 (UTC). Default: now.")] = None,
    as_json: AsJson = False,
) -> None:
    """End a price of your own; what is below it holds again.

    It stays in the history.

    Examples:
        vitae costs prices end ID --at 2027-01-01
    """
    body = {} if at is None else {"at": _moment(at)}
    with service(settings_or_exit(), "vitae costs prices list") as client:
        answer = client.request("POST", f"/v1/costs/prices/{price_id}/end", json=body)
    if as_json:
        print_json(answer)
        return
    notes.print(f"It ends at {moment(answer['until'])} UTC.")


def _amounts(item: dict[str, Any]) -> list[str]:
    if item["input_usd_per_million"] is None:
        return ["unpriced"] * 4
    names = ("input", "cached_input", "cache_write", "output")
    return [money(item[f"{name}_usd_per_million"]) for name in names]


def _moment(text: str | None) -> str | None:
    """A bare date or time is UTC's."""
    if text is None:
        return None
    whole = f"{text}T00:00:00" if len(text) == len("2026-12-01") else text
    zoned = whole.endswith("Z") or "+" in whole[10:] or "-" in whole[10:]
    return whole if zoned else f"{whole}Z"
