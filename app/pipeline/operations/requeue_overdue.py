"""Use case: publish work that waits in Postgres without a message on the queue. Called by the scheduler.

A message can be lost with Redis, a worker can die with its lease, and publishing can fail after the commit. All of
these leave a waiting row, and this finds it. Duplicated messages are harmless, because a worker claims the row before
it works.
"""

import logging

from app.messaging.broker import Publisher
from app.messaging.messages import Stage, queue_name
from app.messaging.notices import Notices
from app.storage import analyses
from app.storage.engine import Database

log = logging.getLogger(__name__)

_MOST_PER_SWEEP = 500
# With this many messages in a queue its workers are busy for some time; publishing more would only add duplicates to a
# long backlog.
_ENOUGH_WAITING = 2000


def requeue_overdue(database: Database, publisher: Publisher, notices: Notices, *, republish_seconds: float) -> int:
    """Returns how many were published. Raises `DependencyError` while Postgres is unavailable."""
    if _backlog_is_long(notices):
        return 0
    with database.transaction() as tx:
        overdue = analyses.take_overdue(tx, republish_seconds=republish_seconds, limit=_MOST_PER_SWEEP)
    published = 0
    for item in overdue:
        if not publisher.publish(item.id, item.stage, item.priority):
            break
        published += 1
    if published:
        log.info("requeued", extra={"fields": {"analyses": published}})
    return published


def _backlog_is_long(notices: Notices) -> bool:
    stages: tuple[Stage, ...] = ("extraction", "analysis")
    lengths = [notices.queue_length(queue_name(stage, "interactive")) for stage in stages]
    return any(length is not None and length > _ENOUGH_WAITING for length in lengths)
