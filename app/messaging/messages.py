"""The messages on the queues: a name and the id of an analysis or a batch, nothing else. Postgres is authoritative."""

from typing import Literal

Stage = Literal["extraction", "analysis"]

# Task names match the pipeline's file and function, also in logs and metrics.
TASK_OF_STAGE: dict[Stage, str] = {"extraction": "extract_document", "analysis": "analyse_resume"}

ADVANCE_BATCH = "advance_batch"  # runs in the analysis worker, after interactive work


def queue_name(stage: Stage, priority: str) -> str:
    """Interactive work has a separate queue, which workers empty before the batch queue."""
    return stage if priority == "interactive" else f"{stage}-batch"


def queues_of(stage: Stage) -> list[str]:
    """In the order in which a worker reads them."""
    return [queue_name(stage, "interactive"), queue_name(stage, "batch")]
