"""The database schema: all tables, defined by subject in app/storage/schema. Storage modules and Alembic import it.

The migrations build exactly this schema; a test compares the two.

The database itself enforces these rules: money is NUMERIC, cached tokens are part of the input, a final state has its
finish time, `done` has a profile and `failed` has a problem, no row references another tenant's document. Deleting a
resume deletes its analyses and events; ledger rows keep the amounts without a link to the person.
"""

from app.storage.schema.access_tables import (
    api_keys,
    sessions,
    sign_in_links,
    tenants,
)
from app.storage.schema.batch_tables import (
    batch_items,
    batches,
)
from app.storage.schema.event_tables import (
    endpoint_states,
    events,
    webhook_deliveries,
    webhooks,
)
from app.storage.schema.ledger_tables import (
    attempt_allocations,
    budget_reservations,
    entered_prices,
    hourly_costs,
    hourly_savings,
    machine_bills,
    machine_hours,
    model_attempts,
    model_calls,
)
from app.storage.schema.resume_tables import (
    STATUSES,
    analyses,
    corrected_results,
    corrections,
    documents,
    file_erasures,
    idempotent_uploads,
    partial_profiles,
    resumes,
    review_queue,
)
from app.storage.schema.schema_metadata import metadata

__all__ = [
    "STATUSES",
    "analyses",
    "api_keys",
    "attempt_allocations",
    "batch_items",
    "batches",
    "budget_reservations",
    "corrected_results",
    "corrections",
    "documents",
    "endpoint_states",
    "entered_prices",
    "events",
    "file_erasures",
    "hourly_costs",
    "hourly_savings",
    "idempotent_uploads",
    "machine_bills",
    "machine_hours",
    "metadata",
    "model_attempts",
    "model_calls",
    "partial_profiles",
    "resumes",
    "review_queue",
    "sessions",
    "sign_in_links",
    "tenants",
    "webhook_deliveries",
    "webhooks",
]
