"""`vitae costs prices`: what each client's calls cost now, and prices of one's own with the dates they hold."""

from typing import Annotated, Any

import typer

from app.cli.connection import service
from app.cli.terminal import money, notes, print_json, printable, results, settings_or_exit, table

prices = typer.Typer(help="Prices: what holds now, prices of your own, their history.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="The whole answer as JSON.")]


@prices.command("list")
def list_prices(
    history: Annotated[bool, typer.Option("--history", help="Also prices that hold no longer.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what each client's calls cost now, per million tokens, and where that comes from.

    Example:  vitae costs prices list --history
    """
    with service(settings_or_exit()) as client:
        answer = client.get("/v1/costs/prices", history=history)
    if as_json:
        print_json(answer)
        return
    numbers = ("input", "cached", "write", "output")
    shown = table("client", "tier", *numbers, "from", right=numbers)
    for item in answer["in_force"]:
        shown.add_row(item["client"], item["service_tier"], *_amounts(item), printable(item["source"] or ""))
    results.print(shown)
    if not answer["entered"]:
        return
    results.print("\nEntered here", style="bold")
    entered = table("model", "tier", *numbers, "holds", "id", right=numbers)
    for item in answer["entered"]:
        until = item["until"]
        holds = f"{item['state']}, {item['from'][:10]} to {until[:10] if until else 'further notice'}"
        entered.add_row(
            printable(f"{item['provider']}/{item['model']}"),
            item["service_tier"],
            *_amounts(item),
            f"{holds}: {printable(item['note'])}",
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
    tier: Annotated[str, typer.Option(help="standard, flex, priority or batch.")] = "standard",
    start: Annotated[str | None, typer.Option("--from", help="Begin, e.g. 2026-12-01 (UTC). Default: now.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="End, not included. Default: for good.")] = None,
    as_json: AsJson = False,
) -> None:
    """Enter a price; it wins over vitae.toml and the shipped list while it holds.

    Example:  vitae costs prices set gpt-4o --input 2.00 --output 8.00 --from 2026-12-01 --note "contract of November"
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
    notes.print(f"Entered; {answer['state']}. `vitae costs prices end {answer['id']}` ends it.", markup=False)


@prices.command("end")
def end_price(
    price_id: Annotated[str, typer.Argument(metavar="ID", help="As `vitae costs prices list` shows it.")],
    at: Annotated[str | None, typer.Option("--at", help="When, e.g. 2027-01-01 (UTC). Default: now.")] = None,
    as_json: AsJson = False,
) -> None:
    """End a price; what is below it holds again. It stays in the history."""
    body = {} if at is None else {"at": _moment(at)}
    with service(settings_or_exit()) as client:
        answer = client.request("POST", f"/v1/costs/prices/{price_id}/end", json=body)
    if as_json:
        print_json(answer)
        return
    notes.print(f"It ends at {answer['until'][:16].replace('T', ' ')} UTC.", markup=False)


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
