"""Creates the Celery application for the publisher and the workers. Publishing never raises in the caller.

Messages are acknowledged on receipt. A lost message costs time but no work, because the scheduler republishes
everything that waits in Postgres without a message (`app.pipeline.operations.requeue_overdue`).
"""

import logging
import uuid

import redis
from celery import Celery
from kombu.exceptions import OperationalError

from app.messaging.messages import ADVANCE_BATCH, TASK_OF_STAGE, Stage, queue_name

log = logging.getLogger(__name__)

_SOCKET_SECONDS = 2.0  # a Redis on the same network responds in milliseconds


def make_celery(redis_url: str) -> Celery:
    """A Celery application without a result backend; `workers` registers the tasks."""
    celery = Celery("vitae", broker=redis_url, set_as_current=False)
    celery.conf.update(
        task_ignore_result=True,
        task_acks_late=False,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        task_serializer="json",
        accept_content=["json"],
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_channel_error_retry=True,
        broker_pool_limit=8,
        broker_transport_options={
            # Read the queues in the given order, so that interactive work comes before batch work.
            "queue_order_strategy": "priority",
            "socket_connect_timeout": _SOCKET_SECONDS,
            "socket_timeout": 30.0,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "retry_on_timeout": True,
        },
        task_default_queue="extraction",
        worker_cancel_long_running_tasks_on_connection_loss=False,
    )
    return celery


class Publisher:
    """Sends messages. `publish` returns whether it succeeded, and never raises when the broker is unavailable."""

    def __init__(self, celery: Celery) -> None:
        self._celery = celery

    def publish(self, analysis_id: uuid.UUID, stage: Stage, priority: str) -> bool:
        return self._send(TASK_OF_STAGE[stage], analysis_id, queue_name(stage, priority))

    def publish_batch(self, batch_id: uuid.UUID) -> bool:
        return self._send(ADVANCE_BATCH, batch_id, queue_name("analysis", "batch"))

    def _send(self, task: str, row_id: uuid.UUID, queue: str) -> bool:
        try:
            self._celery.send_task(
                task,
                args=[str(row_id)],
                queue=queue,
                ignore_result=True,
                retry=True,
                retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1},
            )
        except (OperationalError, redis.RedisError, OSError) as error:
            # The row waits in Postgres; the scheduler publishes it once the broker takes messages again.
            log.warning("publish_failed", extra={"fields": {"task": task, "error": type(error).__name__}})
            return False
        return True

    def close(self) -> None:
        self._celery.close()
