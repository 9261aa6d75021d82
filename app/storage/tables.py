"""The database schema. The migrations build exactly this; a test compares the two.

The database itself enforces these rules: money is NUMERIC, cached tokens are part of the input, a final state has its
finish time, `done` has a profile and `failed` has a problem, no row references another tenant's document. Deleting a
resume deletes its analyses and events; ledger rows keep the amounts without a link to the person.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _created_at() -> Column[object]:
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now())


tenants = Table(
    "tenants",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    _created_at(),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    # The first characters of the key, to identify it in a list; the key itself is stored only as a SHA-256 hash.
    Column("prefix", Text, nullable=False),
    Column("key_hash", LargeBinary(32), nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False),
    _created_at(),
    Column("revoked_at", DateTime(timezone=True)),
    CheckConstraint("scopes <@ ARRAY['read','write','admin']::text[] and cardinality(scopes) > 0", name="scopes"),
)

# One row per distinct file of a tenant. `content` is the extracted Document (app.extraction.document), compressed.
documents = Table(
    "documents",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("content", LargeBinary),
    Column("extractor_version", Text),
    Column("page_count", Integer),
    Column("language", Text),
    _created_at(),
    UniqueConstraint("tenant_id", "sha256"),
    UniqueConstraint("tenant_id", "id"),
    CheckConstraint("size_bytes > 0", name="size"),
    CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
    CheckConstraint("(content is null) = (extractor_version is null)", name="content"),
)

STATUSES = ("queued", "extracting", "analysing", "done", "failed")
_status_check = "status in ('queued','extracting','analysing','done','failed')"

resumes = Table(
    "resumes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False),
    Column("document_id", Uuid, nullable=False),
    Column("filename", Text, nullable=False),
    Column("reference", Text),
    Column("privacy", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("duplicate_of", Uuid, ForeignKey("resumes.id", ondelete="SET NULL")),
    # Status of the newest analysis and the fields that the list shows and searches, kept here so that a page of a
    # million rows needs one index scan.
    Column("status", Text, nullable=False),
    Column("degraded", Boolean, nullable=False, server_default=text("false")),
    Column("candidate_name", Text),
    Column("client", Text),
    Column("sort_name", Text(collation="C"), nullable=False, server_default=text("''")),
    Column("experience_months", Integer),
    Column("language", Text),
    Column("search", TSVECTOR, nullable=False, server_default=text("''::tsvector")),
    # Number of changes by people; together with the number of the result it forms the profile's version.
    Column("profile_changes", Integer, nullable=False, server_default=text("0")),
    # The time of the row, not of its transaction, so that the files of one upload keep their order.
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    ForeignKeyConstraint(["tenant_id", "document_id"], ["documents.tenant_id", "documents.id"]),
    UniqueConstraint("tenant_id", "id"),
    CheckConstraint(_status_check, name="status"),
    CheckConstraint("privacy in ('any','local_only')", name="privacy"),
    CheckConstraint("priority in ('interactive','batch')", name="priority"),
    Index("ix_resumes_page", "tenant_id", "created_at", "id"),
    Index("ix_resumes_page_by_status", "tenant_id", "status", "created_at", "id"),
    Index("ix_resumes_page_by_client", "tenant_id", "client", "created_at", "id"),
    Index("ix_resumes_page_by_language", "tenant_id", "language", "created_at", "id"),
    Index("ix_resumes_page_by_name", "tenant_id", "sort_name", "id"),
    Index("ix_resumes_page_by_experience", "tenant_id", text("coalesce(experience_months, '-1'::integer)"), "id"),
    Index("ix_resumes_page_degraded", "tenant_id", "created_at", "id", postgresql_where=text("degraded")),
    Index("ix_resumes_search", "search", postgresql_using="gin"),
    Index("ix_resumes_document_id", "document_id"),
    Index("ix_resumes_duplicate_of", "duplicate_of"),
)

# One row per request file that is sent to a model as a batch (app/pipeline/batches/batch_lane.py).
batches = Table(
    "batches",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("client", Text, nullable=False),
    Column("model", Text),
    Column("runner", Text, nullable=False),  # what processes the file
    Column("state", Text, nullable=False, server_default="preparing"),
    Column("requests", Integer, nullable=False, server_default=text("0")),  # lines of the file
    Column("input_file_id", Text),  # the provider's identifiers
    Column("provider_batch_id", Text),
    Column("provider_state", Text),
    Column("cancel_requested", Boolean, nullable=False, server_default=text("false")),
    Column("error", Text),  # a short code-like text
    Column("lease_token", Uuid),
    Column("lease_until", DateTime(timezone=True)),
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    _created_at(),
    Column("submitted_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    CheckConstraint("runner in ('batch_api','run_batch')", name="runner"),
    CheckConstraint("state in ('preparing','submitted','running','collecting','collected','failed')", name="state"),
    CheckConstraint("(state in ('collected','failed')) = (ended_at is not null)", name="ended"),
    Index("ix_batches_open", "due_at", postgresql_where=text("ended_at is null")),
)

# One row per line of a request file; its id is the line's `custom_id`.
batch_items = Table(
    "batch_items",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("batch_id", Uuid, ForeignKey("batches.id", ondelete="CASCADE"), nullable=False),
    Column("tenant_id", Uuid, ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False),
    Column("analysis_id", Uuid, ForeignKey("analyses.id", ondelete="SET NULL")),  # null: erased
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("reservation_id", Uuid),  # budget reservation, until the line is settled
    Column("error", Text),
    CheckConstraint("state in ('waiting','sent','answered','failed','returned')", name="state"),
    Index("ix_batch_items_batch_id", "batch_id", "state"),
    Index("ix_batch_items_analysis_id", "analysis_id"),
)

# One row per run of the pipeline over a resume. The row is the outbox: a message on the queue is only a hint.
analyses = Table(
    "analyses",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("resume_id", Uuid, nullable=False),
    Column("document_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),  # 1 for the first analysis of a resume, 2 for its first reanalysis
    Column("privacy", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("fresh", Boolean, nullable=False),  # call the model even if an equal result exists
    Column("status", Text, nullable=False, server_default="queued"),
    # Lease: the holder's token, its expiry, and how often this stage was started.
    Column("lease_token", Uuid),
    Column("lease_until", DateTime(timezone=True)),
    Column("claims", SmallInteger, nullable=False, server_default=text("0")),
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("published_at", DateTime(timezone=True)),
    Column("traceparent", Text),  # the span that the next worker continues; null: not traced
    # The batch that will request it; while this is set, workers leave it alone.
    Column("batch_id", Uuid, ForeignKey("batches.id", ondelete="SET NULL")),
    _created_at(),
    Column("extraction_started_at", DateTime(timezone=True)),
    Column("extraction_finished_at", DateTime(timezone=True)),
    Column("analysis_started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    # The result. `result_key` identifies the functions, prompts and clients that produced it, so that it can be reused.
    Column("result_key", Text),
    Column("client", Text),
    Column("model", Text),
    Column("location", Text),
    Column("prompt_version", Text),
    Column("degraded", Boolean, nullable=False, server_default=text("false")),
    Column("profile", JSONB),
    Column("evidence", JSONB),
    Column("integrity", JSONB),
    Column("warnings", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("dropped_values", Integer),
    Column("problem", JSONB),
    ForeignKeyConstraint(["tenant_id", "resume_id"], ["resumes.tenant_id", "resumes.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["tenant_id", "document_id"], ["documents.tenant_id", "documents.id"]),
    UniqueConstraint("resume_id", "number"),
    CheckConstraint(_status_check, name="status"),
    CheckConstraint("(status in ('done','failed')) = (finished_at is not null)", name="finished"),
    CheckConstraint("status <> 'done' or (profile is not null and client is not null)", name="done"),
    CheckConstraint("(status = 'failed') = (problem is not null)", name="failed"),
    CheckConstraint("(lease_token is null) = (lease_until is null)", name="lease"),
    # At most one unfinished analysis of a resume at a time.
    Index(
        "uq_analyses_unfinished",
        "resume_id",
        unique=True,
        postgresql_where=text("status in ('queued','extracting','analysing')"),
    ),
    Index("ix_analyses_open", "due_at", postgresql_where=text("status in ('queued','extracting','analysing')")),
    # Fallback results; every few seconds the scheduler looks for those to retry.
    Index("ix_analyses_degraded", "resume_id", "finished_at", postgresql_where=text("degraded")),
    Index("ix_analyses_batch_id", "batch_id", postgresql_where=text("batch_id is not null")),
    Index("ix_analyses_reuse", "document_id", "result_key", postgresql_where=text("status = 'done'")),
)

# Corrections that people made to a profile (app.analysis.corrections), in order; undone ones stay as history.
corrections = Table(
    "corrections",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("resume_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("action", Text, nullable=False),
    Column("pointer", Text, nullable=False),  # where it was in the profile at the time of the correction
    Column("path", JSONB, nullable=False),
    Column("old_value", JSONB),
    Column("new_value", JSONB),
    Column("document_value", JSONB),
    Column("key_id", Uuid, ForeignKey("api_keys.id", ondelete="SET NULL")),
    _created_at(),
    Column("undone_at", DateTime(timezone=True)),
    Column("undone_by", Uuid, ForeignKey("api_keys.id", ondelete="SET NULL")),
    ForeignKeyConstraint(["tenant_id", "resume_id"], ["resumes.tenant_id", "resumes.id"], ondelete="CASCADE"),
    CheckConstraint("action in ('set','add','remove')", name="action"),
)

# A result with the corrections of its resume applied: shown, searched and exported. `analyses` keeps the original
# result, which other uploads of the same document may reuse.
corrected_results = Table(
    "corrected_results",
    metadata,
    Column("analysis_id", Uuid, ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True),
    Column("profile", JSONB, nullable=False),
    Column("evidence", JSONB, nullable=False),
    Column("changed", JSONB, nullable=False),  # pointers for which the document now yields a different value
    Column("unplaced", ARRAY(Integer), nullable=False),  # corrections whose entry the analysis no longer contains
)

# What a model has returned so far for a resume that somebody is watching
# (app/pipeline/resumes/show_partial_profile.py). Unlogged, because it is useless after a crash. Valid only under the
# lease it was written with.
partial_profiles = Table(
    "partial_profiles",
    metadata,
    Column("analysis_id", Uuid, ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True),
    Column("lease_token", Uuid, nullable=False),
    Column("client", Text, nullable=False),
    Column("profile", JSONB),  # null: nothing from this client yet
    Column("evidence", JSONB),
    prefixes=["UNLOGGED"],
)

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
    _created_at(),
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
    _created_at(),
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

# Responses to uploads with an Idempotency-Key: the resume or problem that each file became. No file names, because they
# are personal data and the retried request contains them anyway.
idempotent_uploads = Table(
    "idempotent_uploads",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_sha256", Text, nullable=False),
    Column("outcomes", JSONB, nullable=False),
    _created_at(),
)

# The outbox of events: what happened to a resume, in order. Server-sent events and webhook deliveries read it.
events = Table(
    "events",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False),
    Column("resume_id", Uuid, ForeignKey("resumes.id", ondelete="CASCADE")),
    Column("kind", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    _created_at(),
    # Ids are assigned before commits, so a lower id can become visible after a higher one. Readers that resume after an
    # event rely on these columns: the transaction that wrote it, and the oldest one running then
    # (app/storage/events.py).
    Column("transaction_id", BigInteger, nullable=False, server_default=text("((pg_current_xact_id())::text)::bigint")),
    Column(
        "oldest_running",
        BigInteger,
        nullable=False,
        server_default=text("((pg_snapshot_xmin(pg_current_snapshot()))::text)::bigint"),
    ),
    Index("ix_events_tenant_id_id", "tenant_id", "id"),
    Index("ix_events_tenant_id_transaction_id", "tenant_id", "transaction_id"),
    Index("ix_events_resume_id", "resume_id"),
)

# The URLs at which tenants receive events (app/storage/webhooks.py). `secret` signs; no query of the API returns it.
webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False),
    Column("url", Text, nullable=False),
    Column("description", Text),
    Column("kinds", ARRAY(Text), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("previous_secret", LargeBinary),
    Column("previous_secret_until", DateTime(timezone=True)),
    Column("disabled_reason", Text),  # null: enabled
    Column("failures", Integer, nullable=False, server_default=text("0")),  # consecutive
    Column("failing_since", DateTime(timezone=True)),
    Column("paused_until", DateTime(timezone=True)),
    _created_at(),
    CheckConstraint(
        "kinds <@ ARRAY['resume.done','resume.failed','client.down','client.up']::text[] and cardinality(kinds) > 0",
        name="kinds",
    ),
    CheckConstraint("(previous_secret is null) = (previous_secret_until is null)", name="previous_secret"),
    Index("ix_webhooks_tenant_id", "tenant_id"),
)

# One row per event and webhook, written in the transaction of the event; deleted with the event or the webhook.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("webhook_id", Uuid, ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("event_id", BigInteger, ForeignKey("events.id", ondelete="CASCADE"), nullable=False),
    Column("state", Text, nullable=False, server_default="pending"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("queued_at", DateTime(timezone=True), nullable=False, server_default=func.now()),  # or replayed
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("lease_until", DateTime(timezone=True)),
    Column("last_attempt_at", DateTime(timezone=True)),
    Column("last_status", SmallInteger),
    Column("last_error", Text),  # a short code-like text
    Column("last_latency_ms", Integer),
    Column("delivered_at", DateTime(timezone=True)),
    UniqueConstraint("webhook_id", "event_id"),
    CheckConstraint("state in ('pending','delivered','failed')", name="state"),
    Index("ix_webhook_deliveries_due", "webhook_id", "due_at", postgresql_where=text("state = 'pending'")),
    Index("ix_webhook_deliveries_event_id", "event_id"),
)

# The last known state of each endpoint of a model client, so that the breaker and the health monitor together report a
# change only once (app/storage/endpoint_states.py).
endpoint_states = Table(
    "endpoint_states",
    metadata,
    Column("endpoint", Text, primary_key=True),
    Column("breaker_down", Boolean, nullable=False, server_default=text("false")),
    Column("health_down", Boolean, nullable=False, server_default=text("false")),
    Column("told_down", Boolean, nullable=False, server_default=text("false")),
    Column("seen_up", Boolean, nullable=False, server_default=text("false")),  # ever, by the health monitor
)

# Files to erase from the store at `due_at`: immediately for deleted documents; later for an upload in progress, whose
# transaction removes the row again. A crash therefore leaves no file that no row knows about.
file_erasures = Table(
    "file_erasures",
    metadata,
    Column("document_id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_file_erasures_due_at", "due_at"),
)

# Dashboard sign-in. A link can be used once and opens a session. Both act for the key that created the link, with its
# tenant and scopes, and end with it. Secrets are stored only as SHA-256 hashes.
sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("key_id", Uuid, ForeignKey("api_keys.id", ondelete="CASCADE"), nullable=False),
    _created_at(),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("ix_sign_in_links_key_id", "key_id"),
    Index("ix_sign_in_links_expires_at", "expires_at"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("secret_hash", LargeBinary(32), primary_key=True),
    Column("key_id", Uuid, ForeignKey("api_keys.id", ondelete="CASCADE"), nullable=False),
    _created_at(),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("ix_sessions_key_id", "key_id"),
    Index("ix_sessions_expires_at", "expires_at"),
)
