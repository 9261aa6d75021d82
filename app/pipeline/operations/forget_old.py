"""Use case: delete rows with a limited life: events with their webhook deliveries, Idempotency-Keys, replaced webhook
secrets, and partial answers of dead workers. Called by the scheduler.
"""

from app.storage import events, uploads, webhooks
from app.storage.engine import Database
from app.storage.profiles import partial_profiles

_EVENT_DAYS = 30
_IDEMPOTENCY_HOURS = 48  # longer than any client retries


def forget_old(database: Database) -> None:
    with database.transaction() as tx:
        events.delete_events_older_than(tx, _EVENT_DAYS)
        uploads.delete_keys_older_than(tx, _IDEMPOTENCY_HOURS)
        partial_profiles.delete_left_partials(tx)
        webhooks.forget_previous_secrets(tx)
