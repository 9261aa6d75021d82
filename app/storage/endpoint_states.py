"""Named queries on the last known state of each model endpoint: up or down, by circuit breaker and by health check."""

from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.storage.engine import Transaction
from app.storage.tables import endpoint_states

Source = Literal["breaker", "health"]


def note(tx: Transaction, endpoint: str, source: Source, *, down: bool) -> bool | None:
    """Record a state and return whether the endpoint is now down, or None if that has not changed.

    An endpoint is down while its breaker is open or its health check fails, and up when neither is the case. The row
    stays locked until the commit.
    """
    column = f"{source}_down"
    seen_up = sa.literal(source == "health" and not down)
    statement = insert(endpoint_states).values(endpoint=endpoint, **{column: down}, seen_up=seen_up)
    row = tx.execute(
        statement.on_conflict_do_update(
            index_elements=["endpoint"],
            set_={column: down, "seen_up": sa.or_(endpoint_states.c.seen_up, seen_up)},
            where=sa.or_(
                endpoint_states.c[column].is_distinct_from(down), sa.and_(sa.not_(endpoint_states.c.seen_up), seen_up)
            ),
        ).returning(endpoint_states.c.breaker_down, endpoint_states.c.health_down, endpoint_states.c.told_down)
    ).one_or_none()
    if row is None:
        return None
    is_down = row.breaker_down or row.health_down
    if is_down == row.told_down:
        return None
    tx.execute(sa.update(endpoint_states).where(endpoint_states.c.endpoint == endpoint).values(told_down=is_down))
    return is_down


def note_answer(tx: Transaction, endpoint: str) -> None:
    """The endpoint has answered a call."""
    statement = insert(endpoint_states).values(endpoint=endpoint, seen_up=True)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["endpoint"], set_={"seen_up": True}, where=sa.not_(endpoint_states.c.seen_up)
        )
    )


def list_seen_up(tx: Transaction) -> list[str]:
    """Return the endpoints that have answered a call or passed a health check at least once."""
    query = sa.select(endpoint_states.c.endpoint).where(endpoint_states.c.seen_up).order_by(endpoint_states.c.endpoint)
    return list(tx.execute(query).scalars())
