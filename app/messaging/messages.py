"""The messages on the queue: a name and the id of an analysis or a batch, nothing else. Postgres is the truth."""

from typing import Literal

Stage = Literal["extraction", "analysis"]

# The task's name is the pipeline's file and function, in logs and metrics too.
TASK_OF_STAGE: dict[Stage, str] = {"extraction": "extract_document", "analysis": "analyse_resume"}

ADVANCE_BATCH = "advance_batch"  # in the analysis worker, behind interactive work


def queue_name(stage: Stage, priority: str) -> str:
    """Interactive work has its own queue, which workers empty before the batch one."""
    return stage if priority == "interactive" else f"{stage}-batch"


def queues_of(stage: Stage) -> list[str]:
    """In the order a worker reads them."""
    return [queue_name(stage, "interactive"), queue_name(stage, "batch")]
