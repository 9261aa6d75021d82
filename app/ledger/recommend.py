"""What to change to pay less: each recommendation with its monthly saving, its assumptions, and what to do.

Rules look only at measured facts; a rule without a number above its threshold recommends nothing. Pure; called by
app.pipeline.costs.cost_analysis.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from app.ledger.amounts import cents, quotient
from app.ledger.break_even import SCHEDULED_HOURS
from app.ledger.catalogue.cost_profiles import MONTH_HOURS, CostProfile
from app.ledger.prices import UnitPrices
from app.ledger.token_profile import TokenProfile, request_cost_usd

Confidence = Literal["high", "medium", "low"]

LEAST_DAYS = 7
_LEAST_SAVING_USD = Decimal(1)  # per month; below it the change is not worth a person's time
_FALLBACK_SHARE = Decimal("0.10")  # above this there is a separate alert
_WASTE_SHARE = Decimal("0.02")
_ACCURACY_TO_GIVE_UP = Decimal("0.01")  # a cheaper model may lose this much accuracy
_BUSY = Decimal("0.7")  # replicas are planned for at most this load


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """One GPU server over the measured days, scaled to a month of 720 hours."""

    name: str
    profile: CostProfile
    replicas: int
    rates_measured: bool
    monthly_usd: Decimal  # what it costs, measured or billed
    requests_per_month: Decimal  # that it served
    busy_hours_per_month: Decimal  # hours with any work
    utilisation: Decimal  # work seconds of all replicas / their seconds
    quiet_hours: tuple[int, ...] = ()  # hours of the day (UTC) that never had any work
    half_load_hours: int = 0  # hours of the day in which fewer replicas were always enough


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Measurements of `vitae eval` for a client: accuracy between 0 and 1 over labelled resumes.

    Two of them can be compared when they have the same `material`.
    """

    client: str
    accuracy: Decimal
    resumes: int
    function: str = "ExtractProfile"
    material: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedFacts:
    """One hosted client and function over the measured days, scaled to a month."""

    client: str
    function: str
    monthly_usd: Decimal
    requests_per_month: Decimal
    tokens: TokenProfile
    prices: UnitPrices | None  # at the tier it was served at
    batch_prices: UnitPrices | None
    service_tier: str = "standard"


@dataclass(frozen=True, slots=True)
class Alternative:
    """A hosted client that could be used instead."""

    client: str
    prices: UnitPrices


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    days: int
    total_monthly_usd: Decimal
    waste_monthly_usd: Decimal
    fallback_share: Decimal
    fallback_extra_monthly_usd: Decimal
    batch_share: Decimal  # of resumes uploaded with priority=batch
    hosted: Sequence[HostedFacts] = ()
    machines: Sequence[MachineFacts] = ()
    possible_profiles: Sequence[CostProfile] = ()
    alternatives: Sequence[Alternative] = ()
    evaluations: Sequence[Evaluation] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    kind: str
    title: str
    saving_monthly_usd: Decimal
    assumptions: tuple[str, ...]
    confidence: Confidence
    change: str


def recommend(facts: Facts) -> list[Recommendation]:
    """The largest saving first. Empty below a week of measurements, or when nothing is worth changing."""
    if facts.days < LEAST_DAYS:
        return []
    rules = (
        _switch_to_own,
        _return_to_api,
        _batch,
        _smaller_model,
        _prefix_caching,
        _shorter_prompt,
        _fewer_hours,
        _fewer_replicas,
        _fallback,
        _waste,
        _right_size,
    )
    found = [item for rule in rules for item in rule(facts) if item.saving_monthly_usd >= _LEAST_SAVING_USD]
    return sorted(found, key=lambda item: item.saving_monthly_usd, reverse=True)


def confidence_of(days: int, *, uncertain: bool = False) -> Confidence:
    """By the length of the measurement; a step less where the arithmetic relies on something not measured."""
    level = 2 if days >= 28 else 1 if days >= 14 else 0
    levels: tuple[Confidence, ...] = ("low", "medium", "high")
    return levels[max(0, level - int(uncertain))]


def _window(facts: Facts) -> str:
    return f"the last {facts.days} measured days continue unchanged"


def _switch_to_own(facts: Facts) -> Iterator[Recommendation]:
    if facts.machines or not facts.possible_profiles:
        return
    hosted = sum((item.monthly_usd for item in facts.hosted), Decimal(0))
    # A spot machine may be taken away at any time, and hardware is a purchase: neither is where one starts.
    lasting = [profile for profile in facts.possible_profiles if profile.commitment in {"reserved", "on_demand"}]
    if not lasting:
        return
    best = min(lasting, key=lambda profile: profile.planning_monthly_usd())
    own = best.planning_monthly_usd()
    yield Recommendation(
        kind="switch_to_own",
        title="Use your own GPU server",
        saving_monthly_usd=hosted - own,
        assumptions=(
            _window(facts),
            f"{best.name} costs ${own} a month (compute, storage, network, engineering) and carries all requests",
            "its model is good enough for your resumes: compare with `vitae eval` first",
        ),
        confidence=confidence_of(facts.days, uncertain=True),
        change=f"Start vLLM on {best.name} and put its client first in [routing] clients.",
    )


def _return_to_api(facts: Facts) -> Iterator[Recommendation]:
    priced = [item for item in facts.hosted if item.prices is not None]
    references = [item.prices for item in priced if item.prices] or [other.prices for other in facts.alternatives]
    tokens = priced[0].tokens if priced else None
    if not references or tokens is None:
        return
    request = request_cost_usd(references[0], tokens)
    for machine in facts.machines:
        api = machine.requests_per_month * request
        yield Recommendation(
            kind="return_to_api",
            title=f"Give up {machine.name} and use the API",
            saving_monthly_usd=machine.monthly_usd - api,
            assumptions=(
                _window(facts),
                f"{machine.requests_per_month:.0f} requests a month would cost ${cents(api)} on the API",
                "the commitment can be ended; until then its price is spent anyway",
            ),
            confidence=confidence_of(facts.days),
            change="Put the hosted client first in [routing] clients and stop the machine.",
        )


def _batch(facts: Facts) -> Iterator[Recommendation]:
    if facts.batch_share <= 0:
        return
    saving = Decimal(0)
    for item in facts.hosted:
        if item.prices is not None and item.batch_prices is not None and item.service_tier == "standard":
            now, batch = request_cost_usd(item.prices, item.tokens), request_cost_usd(item.batch_prices, item.tokens)
            saving += item.requests_per_month * facts.batch_share * (now - batch)
    yield Recommendation(
        kind="batch_at_night",
        title="Send resumes that can wait through the batch lane",
        saving_monthly_usd=saving,
        assumptions=(
            _window(facts),
            f"{facts.batch_share * 100:.1f} % of resumes came with priority=batch but were billed at standard prices",
            "an answer within 24 hours is soon enough for them",
        ),
        confidence=confidence_of(facts.days),
        change="Use `vitae batch submit` for uploads with priority=batch.",
    )


def _smaller_model(facts: Facts) -> Iterator[Recommendation]:
    for item in facts.hosted:
        if item.prices is None or item.service_tier != "standard":
            continue
        for other in facts.alternatives:
            compared = None if other.client == item.client else _compared(facts.evaluations, item, other.client)
            if compared is None:
                continue
            today, check = compared
            if check.accuracy < today.accuracy - _ACCURACY_TO_GIVE_UP:
                continue
            saving = item.requests_per_month * (
                request_cost_usd(item.prices, item.tokens) - request_cost_usd(other.prices, item.tokens)
            )
            yield Recommendation(
                kind="smaller_model",
                title=f"Let {other.client} answer {item.function}",
                saving_monthly_usd=saving,
                assumptions=(
                    _window(facts),
                    f"accuracy {check.accuracy:.3f} against {today.accuracy:.3f}, on {check.resumes} labelled resumes",
                    "it uses as many tokens",
                ),
                confidence=confidence_of(facts.days, uncertain=check.resumes < 50),
                change=f'[routing.functions.{item.function}] clients = ["{other.client}", "{item.client}"]',
            )


def _compared(evaluations: Sequence[Evaluation], item: HostedFacts, other: str) -> tuple[Evaluation, Evaluation] | None:
    """Both clients on the same labelled resumes for this function, the largest set of them; None: never measured."""
    here = {e.material: e for e in evaluations if e.client == item.client and e.function == item.function}
    pairs = [
        (here[e.material], e)
        for e in evaluations
        if e.client == other and e.function == item.function and e.material in here
    ]
    return max(pairs, key=lambda pair: pair[1].resumes, default=None)


def _prefix_caching(facts: Facts) -> Iterator[Recommendation]:
    """The only known fact about the prompt's fixed part is what other functions of the client reach."""
    reached: dict[str, Decimal] = {}
    for item in facts.hosted:
        if item.tokens.input_tokens > 0:
            share = quotient(item.tokens.cached_tokens, item.tokens.input_tokens)
            reached[item.client] = max(reached.get(item.client, Decimal(0)), share)
    for item in facts.hosted:
        if item.prices is None or item.tokens.input_tokens == 0:
            continue
        missing = reached[item.client] * item.tokens.input_tokens - item.tokens.cached_tokens
        price = item.prices.input_usd_per_million - item.prices.cached_input_usd_per_million
        yield Recommendation(
            kind="prefix_caching",
            title=f"Keep the beginning of {item.function}'s prompt stable",
            saving_monthly_usd=item.requests_per_month * missing * price.scaleb(-6),
            assumptions=(
                _window(facts),
                f"it reaches the cached share of {item.client}'s best function: {reached[item.client]:.0%}",
            ),
            confidence=confidence_of(facts.days, uncertain=True),
            change="Put what is the same in every prompt first and the resume last.",
        )


def _shorter_prompt(facts: Facts) -> Iterator[Recommendation]:
    for item in facts.hosted:
        if item.prices is None or item.tokens.input_tokens < 200:
            continue
        saving = item.requests_per_month * 100 * item.prices.input_usd_per_million.scaleb(-6)
        yield Recommendation(
            kind="shorter_prompt",
            title=f"Shorten the prompt of {item.function}: each 100 tokens less",
            saving_monthly_usd=saving,
            assumptions=(_window(facts), "the 100 tokens are not cached, and accuracy holds: check with `vitae eval`"),
            confidence=confidence_of(facts.days, uncertain=True),
            change=f"Cut words from {item.function} in baml_src/.",
        )


def _fewer_hours(facts: Facts) -> Iterator[Recommendation]:
    for machine in facts.machines:
        by_the_hour = machine.profile.commitment in {"on_demand", "spot"}
        if not by_the_hour or not machine.quiet_hours:
            continue
        hours = Decimal(30 * len(machine.quiet_hours))
        yield Recommendation(
            kind="stop_at_night",
            title=f"Stop {machine.name} in its quiet hours",
            saving_monthly_usd=hours * machine.profile.hourly_usd * machine.replicas,
            assumptions=(
                _window(facts),
                f"no request in these hours (UTC) on any day: {', '.join(map(str, machine.quiet_hours))}",
                "the fallback handles the remaining requests",
            ),
            confidence=confidence_of(facts.days),
            change="Schedule the machine, or scale the deployment to 0 in these hours.",
        )


def _fewer_replicas(facts: Facts) -> Iterator[Recommendation]:
    for machine in facts.machines:
        by_the_hour = machine.profile.commitment in {"on_demand", "spot"}
        if not by_the_hour or machine.replicas < 2 or machine.half_load_hours == 0:
            continue
        yield Recommendation(
            kind="fewer_replicas",
            title=f"Run one replica less of {machine.name} in {machine.half_load_hours} hours of the day",
            saving_monthly_usd=Decimal(30 * machine.half_load_hours) * machine.profile.hourly_usd,
            assumptions=(_window(facts), f"{machine.replicas - 1} replicas stay below {_BUSY:.0%} busy in these hours"),
            confidence=confidence_of(facts.days, uncertain=not machine.rates_measured),
            change="Let the autoscaler scale down at night.",
        )


def _fallback(facts: Facts) -> Iterator[Recommendation]:
    if facts.fallback_share <= _FALLBACK_SHARE:
        return
    kept = quotient(_FALLBACK_SHARE, facts.fallback_share)
    yield Recommendation(
        kind="fallback_share",
        title=f"{facts.fallback_share:.0%} of answers came from a fallback",
        saving_monthly_usd=facts.fallback_extra_monthly_usd * (1 - kept),
        assumptions=(
            _window(facts),
            f"the preferred client can again answer all but {_FALLBACK_SHARE:.0%} of requests",
        ),
        confidence=confidence_of(facts.days),
        change="Find out why the preferred client fails (`vitae clients`, dashboards), or add a replica.",
    )


def _waste(facts: Facts) -> Iterator[Recommendation]:
    if facts.total_monthly_usd <= 0:
        return
    share = quotient(facts.waste_monthly_usd, facts.total_monthly_usd)
    if share <= _WASTE_SHARE:
        return
    yield Recommendation(
        kind="waste",
        title=f"{share:.1%} of the money is spent on attempts without a usable answer",
        saving_monthly_usd=facts.waste_monthly_usd,
        assumptions=(_window(facts), "all failed attempts can be avoided"),
        confidence=confidence_of(facts.days, uncertain=True),
        change=(
            "`vitae costs ledger` lists their outcomes. Remedies: longer time limits, a larger context, another model."
        ),
    )


def _right_size(facts: Facts) -> Iterator[Recommendation]:
    """The same GPU with another way to pay, for the hours that were really used."""
    for machine in facts.machines:
        hours = min(MONTH_HOURS, max(machine.busy_hours_per_month, SCHEDULED_HOURS / 10))
        cheapest: tuple[Decimal, CostProfile, Decimal] | None = None
        for profile in facts.possible_profiles:
            if profile.name == machine.profile.name or profile.gpu != machine.profile.gpu:
                continue
            if profile.gpu_count != machine.profile.gpu_count:
                continue
            needed = hours if profile.commitment in {"on_demand", "spot"} else MONTH_HOURS
            month = profile.monthly_usd(hours=needed, replicas=machine.replicas)
            if cheapest is None or month < cheapest[0]:
                cheapest = (month, profile, needed)
        if cheapest is None:
            continue
        month, profile, needed = cheapest
        yield Recommendation(
            kind="right_size",
            title=f"Pay for {machine.name} as {profile.name}, {needed:.0f} hours a month",
            saving_monthly_usd=machine.monthly_usd - month,
            assumptions=(
                _window(facts),
                f"work in {machine.busy_hours_per_month:.0f} hours a month, {machine.utilisation:.1%} busy",
                "it can be started and stopped around its work, and the present commitment can be ended",
            ),
            confidence=confidence_of(facts.days, uncertain=not machine.rates_measured),
            change=f'cost_profile = "{profile.name}", and a schedule for the machine.',
        )
