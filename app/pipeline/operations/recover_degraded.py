"""Use case: analyse fallback results again once a model is available. Called by the scheduler.

It runs by itself and floods no one: a few resumes at a time, each a few times at most, with growing pauses.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from app.errors import Conflict, NotFound
from app.messaging.broker import Publisher
from app.messaging.notices import Notices
from app.pipeline.resumes.reanalyse_resume import reanalyse_resume
from app.routing.breakers.redis_breaker import RedisBreaker
from app.routing.clients import Client
from app.routing.policy import Privacy, choose_candidates
from app.routing.servers.balancer import RedisBalancer
from app.settings import RecoverySettings, RoutingSettings
from app.storage import analyses
from app.storage.engine import Database
from app.storage.ledger import attempts

log = logging.getLogger(__name__)

_FUNCTION = "ExtractProfile"
_RECENT_SECONDS = 900.0  # an answer this recent shows that a client works, unless its breaker is open


@dataclass(frozen=True, slots=True)
class Recovery:
    """What the scheduler recovers with."""

    routing: RoutingSettings
    clients: Mapping[str, Client]
    breaker: RedisBreaker
    balancer: RedisBalancer

    @property
    def settings(self) -> RecoverySettings:
        return self.routing.recovery


def recover_degraded(
    database: Database, publisher: Publisher, notices: Notices, recovery: Recovery, *, at_most: int
) -> int:
    """Returns how many were queued. Raises `DependencyError` while Postgres is unavailable."""
    with database.reading() as tx:
        answering = attempts.clients_that_answered(tx, seconds=_RECENT_SECONDS)
    queued = 0
    kinds: tuple[Privacy, ...] = ("any", "local_only")
    for privacy in kinds:
        if at_most <= queued or not _somebody_answers(recovery, privacy, answering):
            continue
        with database.reading() as tx:
            found = analyses.find_degraded(
                tx,
                privacy=privacy,
                pause_seconds=recovery.settings.pause_seconds,
                most_tries=recovery.settings.most_tries,
                limit=at_most - queued,
            )
        for item in found:
            try:
                reanalyse_resume(
                    database, publisher, notices, item.tenant_id, item.resume_id, priority="batch", fresh=False
                )
            except (Conflict, NotFound):  # already queued by someone else, or deleted
                continue
            queued += 1
    if queued:
        log.info("degraded_requeued", extra={"fields": {"resumes": queued}})
    return queued


def _somebody_answers(recovery: Recovery, privacy: Privacy, answering: set[str]) -> bool:
    """True by the reported health of its server or by a recent answer; never while its breaker is open."""
    chosen = choose_candidates(_FUNCTION, privacy, recovery.routing, recovery.clients)
    for client in chosen.order:
        for one in client.endpoints():
            state = recovery.breaker.state(one.endpoint)
            if state is None or state.state != "closed":
                continue
            if client.name in answering or recovery.balancer.load(one.endpoint).health == "up":
                return True
    return False
