"""What a benchmark costs, before and after the run: by tokens, or by hours of a self-hosted machine. Pure."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlsplit

from app.benchmark.load_summary import StageSummary
from app.ledger.catalogue.cost_profiles import MONTH_HOURS, CostProfile, get_cost_profile
from app.ledger.entries import PriceAttempt
from app.routing.clients import Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Tokens of a stage, in the form that attempts are priced in."""

    client: str
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    started_at: datetime
    outcome: str = "ok"
    cache_write_tokens: int = 0
    service_tier: str = "standard"


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def consent_needed(url: str, client: Client | None, estimate_usd: Decimal | None) -> str | None:
    """Why the user must agree first; None for this machine and for a self-hosted client in the settings."""
    if client is not None and client.billing == "self_hosted":
        return None
    if client is not None and not is_loopback(url):
        amount = "an unknown amount" if estimate_usd is None else f"at most about ${estimate_usd:.4f}"
        return f"{client.name} is billed per token: this run costs {amount}."
    if client is None and not is_loopback(url):
        return (
            f"{url} is neither on this machine nor the address of a configured client. Its operator can read the "
            "prompts, may charge for them, and may not want this load."
        )
    return None


def stage_cost_usd(
    stage: StageSummary,
    client: Client | None,
    price: PriceAttempt,
    own_profiles: dict[str, CostProfile],
    at: datetime,
) -> tuple[Decimal | None, str]:
    """The amount and its basis. None means unpriced, never free. Cached input is priced as the client reports it."""
    if client is None:
        return None, "unpriced: no configured client"
    if client.billing == "self_hosted":
        if client.cost_profile is None:
            return None, "unpriced: the client has no cost_profile"
        profile = get_cost_profile(client.cost_profile, own_profiles)
        seconds = Decimal(str(round(stage.seconds, 3)))
        return profile.monthly_usd() / MONTH_HOURS / 3600 * seconds, f"machine time of {client.cost_profile}"
    spent = Spent(
        client=client.name,
        input_tokens=stage.input_tokens,
        cached_tokens=stage.cached_tokens,
        output_tokens=stage.output_tokens,
        started_at=at,
    )
    entry = price(spent)
    return entry.cost_usd, "tokens x price" if entry.cost_usd is not None else "unpriced"
