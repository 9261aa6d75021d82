"""Tables of model calls, their prices, and what they and the machines cost. Imported by app.storage.tables."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)

from app.storage.schema.schema_metadata import created_at, metadata

_price = Numeric(20, 10)
_money = Numeric(24, 14)

# The ledger: one row per attempt to call a model, including failed ones. Rows are never changed, except that the two
# links to the person are cleared when the resume is erased.
model_attempts = Table(
    "model_attempts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), nullable=False),
    Column("resume_id", Uuid, ForeignKey("resumes.id", ondelete="SET NULL")),
    Column("analysis_id", Uuid, ForeignKey("analyses.id", ondelete="SET NULL")),
    Column("number", SmallInteger, nullable=False),  # order within the analysis, from 1
    Column("function", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("model", Text),
    Column("location", Text, nullable=False),
    Column("billing", Text, nullable=False),
    Column("prompt_version", Text),
    Column("outcome", Text, nullable=False),
    Column("http_status", SmallInteger),
    Column("error", Text),  # a short code-like text, never words of a document
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("latency_ms", Integer),  # NULL if unknown: batch requests, or the worker died
    Column("input_tokens", Integer),
    Column("cached_tokens", Integer),
    Column("output_tokens", Integer),
    Column("cache_write_tokens", Integer, nullable=False, server_default=text("0")),
    Column("reasoning_tokens", Integer, nullable=False, server_default=text("0")),
    Column("tokens_estimated", Boolean, nullable=False, server_default=text("false")),
    Column("service_tier", Text, nullable=False, server_default="standard"),  # as named in the response
    Column("input_usd_per_million", _price),
    Column("cached_input_usd_per_million", _price),
    Column("cache_write_usd_per_million", _price),
    Column("output_usd_per_million", _price),
    Column("price_source", Text),
    Column("cost_usd", _money),  # NULL = unpriced; never 0 for "unknown"
    Column("cost_basis", Text, nullable=False),
    created_at(),
    CheckConstraint("location in ('local','hosted')", name="location"),
    CheckConstraint("billing in ('per_token','self_hosted')", name="billing"),
    CheckConstraint(
        "coalesce(input_tokens,0) >= 0 and coalesce(output_tokens,0) >= 0 and coalesce(cached_tokens,0) >= 0"
        " and coalesce(cached_tokens,0) <= coalesce(input_tokens,0)",
        name="tokens",
    ),
    CheckConstraint(
        "cache_write_tokens >= 0 and coalesce(cached_tokens,0) + cache_write_tokens <= coalesce(input_tokens,0)",
        name="cache_write_tokens",
    ),
    CheckConstraint("reasoning_tokens >= 0 and reasoning_tokens <= coalesce(output_tokens,0)", name="reasoning_tokens"),
    CheckConstraint("cost_usd >= 0", name="cost"),
    CheckConstraint("latency_ms >= 0", name="latency"),
    Index("ix_model_attempts_ledger", "tenant_id", "started_at", "id"),
    Index("ix_model_attempts_analysis_id", "analysis_id"),
    Index("ix_model_attempts_resume_id", "resume_id"),
    Index("ix_model_attempts_self_hosted", "client", "started_at", postgresql_where=text("billing = 'self_hosted'")),
)

# Manually entered prices, which take precedence over the settings and the shipped list. Only their end can change, so
# the history of entries is preserved. Of several prices in force at one time, the last one entered counts.
entered_prices = Table(
    "entered_prices",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", BigInteger, Identity(always=True), nullable=False, unique=True),  # order of entry
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("service_tier", Text, nullable=False),
    Column("input_usd_per_million", _price, nullable=False),
    Column("cached_input_usd_per_million", _price),
    Column("cache_write_usd_per_million", _price),
    Column("output_usd_per_million", _price, nullable=False),
    Column("starts_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True)),
    Column("note", Text, nullable=False),
    Column("entered_by", Text, nullable=False),  # name and prefix of the key
    Column("ended_by", Text),
    created_at(),
    CheckConstraint("service_tier in ('standard','flex','priority','batch')", name="service_tier"),
    CheckConstraint("ends_at >= starts_at", name="interval"),
    CheckConstraint(
        "input_usd_per_million >= 0 and output_usd_per_million >= 0"
        " and coalesce(cached_input_usd_per_million, 0) >= 0 and coalesce(cache_write_usd_per_million, 0) >= 0",
        name="prices",
    ),
)

# Calls in progress, with the id that their ledger row will have (app/storage/ledger/calls.py). No foreign keys to the
# resume: the rows live for seconds, and every call has to insert one.
model_calls = Table(
    "model_calls",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False),
    Column("resume_id", Uuid, nullable=False),
    Column("analysis_id", Uuid, nullable=False),
    Column("number", SmallInteger, nullable=False),
    Column("function", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("model", Text),
    Column("location", Text, nullable=False),
    Column("billing", Text, nullable=False),
    Column("prompt_version", Text),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("lost_at", DateTime(timezone=True), nullable=False),
)


def _count(name: str) -> Column[object]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


def _sum_usd(name: str) -> Column[object]:
    return Column(name, _money, nullable=False, server_default=text("0"))


# Hourly sums of the ledger, so that summaries do not slow down as history grows. Updated in the transaction of each
# attempt. `allocated_usd` and related columns are this row's share of the machine's bill, written when the hour is
# closed (provisional until then); `stale` means that attempts have been added since.
hourly_costs = Table(
    "hourly_costs",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True),
    Column("hour", DateTime(timezone=True), primary_key=True),
    Column("function", Text, primary_key=True),
    Column("client", Text, primary_key=True),
    Column("model", Text, primary_key=True),  # '' if unknown
    Column("location", Text, primary_key=True),
    Column("billing", Text, primary_key=True),
    Column("service_tier", Text, primary_key=True, server_default="standard"),
    *map(_count, ("attempts", "analyses", "answered", "reused", "failed", "unpriced", "pending")),
    *map(_count, ("input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")),
    *map(_count, ("answered_input_tokens", "answered_cached_tokens", "answered_output_tokens", "latency_ms")),
    *map(_sum_usd, ("cost_usd", "waste_usd", "allocated_usd", "usage_usd", "allocated_waste_usd")),
    Column("stale", Boolean, nullable=False, server_default=text("true")),
    Index("ix_hourly_costs_client_hour", "client", "hour"),
)

# What strategies left out of requests, by hour (`[analysis] strategy`). Estimates: they are part of no cost and no
# invoice. `unpriced` counts analyses without a known price, among them all of self-hosted servers.
hourly_savings = Table(
    "hourly_savings",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True),
    Column("hour", DateTime(timezone=True), primary_key=True),
    Column("strategy", Text, primary_key=True),
    Column("client", Text, primary_key=True),  # that would have been called first
    *map(_count, ("analyses", "without_request", "unpriced", "input_tokens", "output_tokens")),
    _sum_usd("saved_usd"),
)

# One row per self-hosted machine and hour: its cost, and how that cost is made up.
machine_hours = Table(
    "machine_hours",
    metadata,
    Column("machine", Text, primary_key=True),
    Column("hour", DateTime(timezone=True), primary_key=True),
    Column("cost_profile", Text, nullable=False),
    Column("estimate_usd", _money, nullable=False),
    Column("cost_usd", _money, nullable=False),  # its share of the bill if there is one, otherwise the estimate
    Column("billed", Boolean, nullable=False),
    Column("final", Boolean, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("work_seconds", Numeric(20, 9), nullable=False),
    Column("unused_usd", _money, nullable=False),
    Column("idle_usd", _money, nullable=False),
    Column("waste_usd", _money, nullable=False),
    Column("closed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("cost_usd >= 0 and unused_usd >= 0 and idle_usd >= 0 and waste_usd >= 0", name="amounts"),
)

# An attempt's share of its machine's hour. The ledger row itself never changes; these rows are replaced when a bill
# arrives.
attempt_allocations = Table(
    "attempt_allocations",
    metadata,
    Column("attempt_id", Uuid, ForeignKey("model_attempts.id", ondelete="CASCADE"), primary_key=True),
    Column("machine", Text, nullable=False),
    Column("hour", DateTime(timezone=True), nullable=False),
    Column("work_seconds", Numeric(20, 9), nullable=False),
    Column("allocated_usd", _money, nullable=False),
    Column("usage_usd", _money, nullable=False),
    CheckConstraint("allocated_usd >= 0 and usage_usd >= 0 and work_seconds >= 0", name="amounts"),
    Index("ix_attempt_allocations_machine_hour", "machine", "hour"),
)

# Actual bills of self-hosted machines; they determine the cost of the hours they cover.
machine_bills = Table(
    "machine_bills",
    metadata,
    Column("machine", Text, primary_key=True),
    Column("starts_at", DateTime(timezone=True), primary_key=True),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("amount_usd", _money, nullable=False),
    Column("reference", Text),
    Column("imported_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("amount_usd >= 0 and ends_at > starts_at", name="amount"),
)

# Money reserved for paid calls in progress (app/storage/ledger/budgets.py).
budget_reservations = Table(
    "budget_reservations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False),
    Column("usd", _money, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("usd >= 0", name="usd"),
    Index("ix_budget_reservations_tenant_id", "tenant_id"),
)
