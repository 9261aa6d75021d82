"""The JSON shapes of `/v1/costs`: money as decimal strings with all digits, null where it is not known."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

from app.pipeline.costs.attempt_view import decimal_text


def _text(amount: Decimal) -> str:
    return decimal_text(amount) or "0"


Money = Annotated[Decimal, PlainSerializer(_text, return_type=str, when_used="always")]


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class CostLine(_Answer):
    key: str = Field(description="The day, client, function, tenant, tier or service tier.")
    analyses: int = Field(description="Analysed resumes; a reanalysis counts again.")
    attempts: int
    answered: int
    reused: int = Field(description="Answers reused from the same document, at no cost.")
    failed: int
    unpriced_attempts: int = Field(description="Attempts without a known price; their cost is not part of any sum.")
    input_tokens: int
    cached_tokens: int = Field(description="Part of the input.")
    cache_write_tokens: int = Field(description="Part of the input, written to the provider's cache.")
    output_tokens: int
    reasoning_tokens: int = Field(description="Part of the output.")
    cost_usd: Money | None = Field(description="`hosted_usd` + `self_hosted_usd`.")
    hosted_usd: Money = Field(description="Billed per token.")
    self_hosted_usd: Money = Field(description="Share of the bills of self-hosted GPU servers, idle time included.")
    usage_usd: Money = Field(description="The part of it that the work itself took.")
    idle_share_usd: Money = Field(description="The part of it in which the GPU server was idle.")
    waste_usd: Money = Field(description="Spent on attempts without a usable answer.")
    cost_per_resume_usd: Money | None
    cost_per_1000_usd: Money | None
    provisional: bool = Field(
        description="One of its hours is still open: amounts of self-hosted GPU servers may change."
    )


class CostFallback(_Answer):
    """Answers by a client other than the one preferred now."""

    answers: int
    share: Money | None
    paid_usd: Money
    extra_usd: Money = Field(description="How much more they cost than the preferred client's answers would have.")


class CostSavings(_Answer):
    """What `[analysis] strategy` left out of requests. Estimates, which are part of no other figure."""

    analyses: int = Field(description="Resumes of which a model read only a part, or nothing.")
    without_request: int = Field(description="Of these, resumes that needed no model at all.")
    unpriced: int = Field(description="Of these, resumes whose client has no price per token; not in `saved_usd`.")
    input_tokens: int
    output_tokens: int
    saved_usd: Money = Field(description="At the prices of the client that would have been called first.")


class StrategyLine(_Answer):
    strategy: Literal["model", "verify", "rules-first"]
    whole: int = Field(description="Resumes of which a model would read everything.")
    in_part: int = Field(description="Resumes of which a model would read some sections.")
    without_request: int = Field(description="Resumes that would need no model.")
    input_tokens: int
    output_tokens: int
    usd: Money | None = Field(description="Null if the client has no price per token.")
    usd_per_1000: Money | None = Field(description="Per thousand resumes, those without a request included.")


class CostStrategies(_Answer):
    """What each strategy would send to a model, estimated on your newest resumes. No model is called."""

    resumes: int
    client: str = Field(description="The client that would be called first; without one, the first hosted client.")
    price_source: str | None
    strategies: list[StrategyLine]


class CostSummary(_Answer):
    start: datetime = Field(serialization_alias="from")
    end: datetime = Field(serialization_alias="to")
    group_by: Literal["day", "client", "function", "tenant", "tier", "service_tier"]
    currency: Literal["USD"] = "USD"
    totals: CostLine
    groups: list[CostLine]
    fallback: CostFallback
    savings: CostSavings


class TokenAverages(_Answer):
    input_tokens: Money
    cached_tokens: Money
    output_tokens: Money
    source: str


class SavingsLine(_Answer):
    requests_per_month: int
    api_monthly_usd: Money
    api_yearly_usd: Money
    own_monthly_usd: Money
    monthly_saving_usd: Money
    yearly_saving_usd: Money
    own_request_usd: Money | None


class BreakEvenLine(_Answer):
    cost_profile: str
    commitment: str
    replicas: int
    hours_per_month: Money
    api_tier: str
    own_monthly_usd: Money
    own_monthly_exact_usd: Money
    api_request_usd: Money
    break_even_requests: int | None


class SensitivityLine(_Answer):
    changed: str
    factor: Money
    break_even_requests: int | None


class ScenarioLine(_Answer):
    name: str
    requests: int
    api_only_usd: Money
    own_with_fallback_usd: Money
    saving_usd: Money
    break_even_requests: int | None


class SwitchDay(_Answer):
    on: date | None
    already: bool
    explanation: str
    enough_data: bool = True


class UnitCostTarget(_Answer):
    """The volume from which a self-hosted request costs no more than that."""

    own_request_usd: Money
    requests_per_month: int = Field(description="With everything the GPU server's month costs.")
    requests_per_month_bare: int = Field(description="With the bare instance only.")


class FallbackMonth(_Answer):
    requests_per_month: int
    fallback_share: Money
    api_usd: Money
    own_variable_usd: Money | None = Field(description="With `own_request_usd`: the share of requests it serves.")
    variable_usd: Money | None = Field(description="The sum of both: it leaves out the fixed cost of the GPU server.")
    month_usd: Money = Field(description="The GPU server's whole month, used or idle, plus the API's share.")


class CostBreakEven(_Answer):
    client: str
    model: str | None
    price_source: str
    cost_profile: str
    replicas: int
    tokens: TokenAverages
    api_request_usd: Money
    own_monthly_usd: Money = Field(description="The month in whole dollars, rounded up: the planning figure.")
    own_monthly_exact_usd: Money
    break_even_requests: int | None = Field(
        description="Requests per month, rounded up; null: the API is always cheaper."
    )
    requests_per_month: int | None = Field(description="Given, or measured over the last 30 days.")
    now: SavingsLine | None
    switch: SwitchDay
    savings: list[SavingsLine]
    options: list[BreakEvenLine]
    sensitivity: list[SensitivityLine]
    scenarios: list[ScenarioLine]
    target: UnitCostTarget | None
    fallback: FallbackMonth | None


class ExpectedCosts(_Answer):
    starts_on: date
    days: int
    measured_days: int
    requests: int
    requests_low: int
    requests_high: int
    cost_usd: Money | None
    cost_low_usd: Money | None
    cost_high_usd: Money | None
    daily_growth: Money = Field(description="Requests per day.")


class CostForecast(_Answer):
    enough_data: bool
    reason: str | None = Field(description="Why there is no forecast.")
    interval: Literal["80 %"] = "80 %"
    forecast: ExpectedCosts | None
    break_even_requests: int | None
    switch: SwitchDay
    cost_per_resume_usd: Money | None
    cost_per_resume_source: str


class CostRecommendation(_Answer):
    kind: str
    title: str
    saving_monthly_usd: Money
    assumptions: list[str]
    confidence: Literal["high", "medium", "low"]
    change: str


class CostRecommendations(_Answer):
    start: datetime = Field(serialization_alias="from")
    end: datetime = Field(serialization_alias="to")
    measured_days: int
    recommendations: list[CostRecommendation]
    note: str | None = Field(description="Why there are no recommendations.")


class TokenLengths(BaseModel):
    calls: int
    input_percentiles: list[int] = Field(description="Tokens of the prompt, 1st to 100th percentile.")
    input_tokens: Money = Field(description="Average.")
    output_tokens: Money = Field(description="Average.")
    longest_output_tokens: int
    busiest_hour_calls: int = Field(description="Of all functions.")


class LedgerAttempt(BaseModel):
    id: uuid.UUID
    resume_id: uuid.UUID | None = Field(description="Null when the resume was erased; the amounts stay.")
    started_at: datetime
    function: str
    client: str
    model: str | None
    location: str
    outcome: str
    error: str | None
    latency_ms: int | None = Field(description="Null where it is unknown: answered in a batch, or the worker died.")
    input_tokens: int | None
    cached_tokens: int | None
    cache_write_tokens: int
    output_tokens: int | None
    reasoning_tokens: int = Field(description="Part of the output.")
    tokens_estimated: bool
    service_tier: str = Field(
        description="As the provider reported it: standard, flex, priority, batch, or another word."
    )
    input_usd_per_million: Money | None
    cached_input_usd_per_million: Money | None
    cache_write_usd_per_million: Money | None
    output_usd_per_million: Money | None
    price_source: str | None
    cost_usd: Money | None
    cost_basis: str


class LedgerPage(BaseModel):
    items: list[LedgerAttempt]
    next_cursor: str | None


class EnteredPrice(_Answer):
    id: uuid.UUID
    provider: str
    model: str
    service_tier: str
    input_usd_per_million: Money
    cached_input_usd_per_million: Money | None = Field(description="Null: cached tokens cost as much as input.")
    cache_write_usd_per_million: Money | None = Field(description="Null: a call that writes to the cache is unpriced.")
    output_usd_per_million: Money
    starts_at: datetime = Field(serialization_alias="from")
    ends_at: datetime | None = Field(serialization_alias="until", description="Exclusive; null: no end.")
    note: str = Field(description="Where the price comes from.")
    entered_by: str = Field(description="Id of the key that entered it.")
    ended_by: str | None
    state: Literal["in force", "later", "ended", "replaced"]


class PriceInForce(BaseModel):
    """What a client's calls cost now; all fields null: unpriced."""

    client: str
    provider: str
    model: str | None
    service_tier: str
    input_usd_per_million: Money | None
    cached_input_usd_per_million: Money | None
    cache_write_usd_per_million: Money | None
    output_usd_per_million: Money | None
    source: str | None


class Prices(BaseModel):
    in_force: list[PriceInForce]
    entered: list[EnteredPrice]


class NewPrice(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    provider: str = Field("openai", min_length=1, max_length=100, description="As in the client's `price_provider`.")
    model: str = Field(min_length=1, max_length=200, examples=["gpt-4o"])
    service_tier: Literal["standard", "flex", "priority", "batch"] = "standard"
    input_usd_per_million: Decimal = Field(ge=0, lt=10**9, decimal_places=10, examples=["2.50"])
    cached_input_usd_per_million: Decimal | None = Field(None, ge=0, lt=10**9, decimal_places=10)
    cache_write_usd_per_million: Decimal | None = Field(None, ge=0, lt=10**9, decimal_places=10)
    output_usd_per_million: Decimal = Field(ge=0, lt=10**9, decimal_places=10, examples=["10"])
    starts_at: AwareDatetime | None = Field(None, alias="from", description="Default: now.")
    ends_at: AwareDatetime | None = Field(None, alias="until", description="Exclusive. Default: no end.")
    note: str = Field(min_length=1, max_length=500, description="Source of the price: a contract, a page, a date.")


class PriceEnd(BaseModel):
    model_config = ConfigDict(extra="forbid")

    at: AwareDatetime | None = Field(None, description="Default: now.")


class NewBill(BaseModel):
    model_config = ConfigDict(extra="forbid")

    machine: str = Field(max_length=200, description="Named after the first self-hosted client at its address.")
    start: str = Field(max_length=40, examples=["2026-11-01"])
    end: str = Field(max_length=40, description="Not included.", examples=["2026-12-01"])
    amount_usd: str = Field(max_length=40, examples=["741.18"])
    reference: str | None = Field(None, max_length=200)


class NewBills(BaseModel):
    model_config = ConfigDict(extra="forbid")

    bills: list[NewBill] = Field(min_length=1, max_length=100)


class AppliedBill(BaseModel):
    machine: str
    start: datetime
    end: datetime
    amount_usd: Money
    estimate_usd: Money
    difference_usd: Money = Field(description="The bill less the profile's estimate.")
    hours: int
    closed_hours: int = Field(description="Past hours that were divided again.")


class AppliedBills(BaseModel):
    bills: list[AppliedBill]


class ReconciliationCheck(_Answer):
    name: str
    unit: str
    expected: Money
    found: Money
    difference: Money
    ok: bool
    explanation: str


class MachineCosts(_Answer):
    machine: str
    final_hours: int
    billed_hours: int
    unused_hours: int
    attempts: int
    work_seconds: Money
    estimate_usd: Money
    cost_usd: Money
    allocated_usd: Money
    unused_usd: Money
    usage_usd: Money
    idle_usd: Money
    waste_usd: Money


class BillDifference(_Answer):
    machine: str
    starts_at: datetime
    ends_at: datetime
    amount_usd: Money
    estimate_usd: Money
    difference_usd: Money
    reference: str | None


class CostReconciliation(_Answer):
    start: datetime = Field(serialization_alias="from")
    end: datetime = Field(serialization_alias="to")
    ok: bool
    checks: list[ReconciliationCheck]
    machines: list[MachineCosts]
    bills: list[BillDifference]
    tenants: list[CostLine]


class UsageExport(BaseModel):
    model_config = ConfigDict(extra="forbid")

    usage: str = Field(max_length=900_000, description="OpenAI's usage export, CSV or JSON, as text.")
