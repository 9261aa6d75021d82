"""Monitoring queries stay bounded, and a slow count is not mistaken for a database that is down."""

import sqlalchemy as sa

from app.pipeline.operations.report_service_state import read_work_state
from app.storage import webhook_deliveries, webhooks
from app.storage.engine import Database
from tests.contract.storage.rows import Rows


def test_only_the_first_deliveries_of_an_endless_backlog_are_counted(database: Database, rows: Rows) -> None:
    with database.transaction() as tx:
        made = webhooks.insert_webhook(
            tx, rows.tenant_id, url="https://example.org/hook", kinds=["client.up"], description=None, secret=b"x" * 32
        )
        tx.execute(
            sa.text(
                "with many as (insert into events (tenant_id, kind, body)"
                " select :tenant, 'client.up', '{}' from generate_series(0, :count) returning id) "
                "insert into webhook_deliveries (id, webhook_id, event_id, queued_at, due_at)"
                " select gen_random_uuid(), :webhook, id, moment, moment from (select id,"
                " now() - interval '1 hour' + (id - min(id) over ()) * interval '1 millisecond' as moment from many) x"
            ),
            {"tenant": rows.tenant_id, "webhook": made.id, "count": webhook_deliveries.COUNTED_OF_ONE},
        )
    with database.reading() as tx:
        [found] = webhook_deliveries.count_backlog(tx)
    assert (found.wait, found.waiting) == ("due", webhook_deliveries.COUNTED_OF_ONE)
    assert found.oldest_seconds >= 3600


def test_slow_counts_are_left_out_and_the_rest_is_reported(database: Database, rows: Rows) -> None:
    rows.resume()
    with database.transaction() as tx:
        tx.execute(sa.text("lock table resumes in access exclusive mode"))  # counting resumes waits for this lock
        state = read_work_state(database, {})
    assert state is not None
    assert state.results is None
    assert [(queue.stage, queue.waiting) for queue in state.queues] == [("extraction", 1)]
    state = read_work_state(database, {})
    assert state is not None
    assert state.results == ({"queued": 1}, 0)
