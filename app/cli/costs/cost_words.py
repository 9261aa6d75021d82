"""How the cost commands format amounts, volumes and days."""

from typing import Any

from app.cli.terminal import money


def usd(amount: str | None) -> str:
    """Format to the cent with thousands separators; amounts below one cent keep all digits instead of showing 0."""
    if amount is None:
        return "unpriced"
    value = float(amount)
    if value != 0 and abs(value) < 0.01:
        return money(amount)
    return f"-${-value:,.2f}" if value < 0 else f"${value:,.2f}"


def or_dash(amount: str | None) -> str:
    return "-" if amount is None else money(amount)


def volume(requests: int | None) -> str:
    return "never (the API is cheaper at any volume)" if requests is None else f"{requests:,} requests/month"


def volume_cell(requests: int | None) -> str:
    """Format a volume for a column whose title names the unit."""
    return "never" if requests is None else f"{requests:,}"


def switch_day(found: dict[str, Any]) -> str:
    return f"{found['on']}: {found['explanation']}" if found["on"] else found["explanation"]
