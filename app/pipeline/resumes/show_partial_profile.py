"""Use cases: show a profile while a model is still writing it, and read the partial profile.

The thread that receives an answer only hands over the bytes, and only while someone watches that resume. One thread per
worker process parses, checks and stores them, so that an analysis neither waits for this nor fails because of it. While
no one watches, this costs two Redis requests per second for the whole process and none to Postgres.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from app.analysis.corrections.overlay import apply_corrections
from app.analysis.profile import CheckedProfile
from app.messaging.notices import PARTIAL, Notices
from app.observability.metrics import PARTIAL_PROFILES, Tally
from app.pipeline.mechanisms.shown_profile import in_effect
from app.routing.clients import Client
from app.routing.servers.partial_answer import ReadPartial
from app.storage.analyses import Claim
from app.storage.engine import Database, Transaction
from app.storage.profiles import corrections, partial_profiles
from app.storage.profiles.partial_profiles import PartialProfile

log = logging.getLogger(__name__)

_PAUSE_SECONDS = 0.5  # between two looks at the received bytes
_LONGEST_SHARE = 0.2  # of the time, however many pages are open: analyses need the processor

CheckPartial = Callable[[dict[str, Any]], CheckedProfile | None]


class Growing:
    """One analysis in progress: follows its answers as an `AnswerFollower`."""

    def __init__(self, claim: Claim, check: CheckPartial) -> None:
        self.claim = claim
        self.watched = False
        self.shown: PartialProfile | None = None
        self._check = check
        self._lock = threading.Lock()
        self._client: str | None = None
        self._begun = False  # nothing of it has been shown yet
        self._read: ReadPartial | None = None

    def begins(self, client: Client) -> None:
        with self._lock:
            self._client, self._begun, self._read = client.name, True, None

    @property
    def wants(self) -> bool:
        return self.watched and self._read is None

    def grows(self, client: Client, read: ReadPartial) -> None:
        with self._lock:
            self._client, self._read = client.name, read

    def take(self) -> PartialProfile | None:
        """The values to show; None when there is nothing new."""
        with self._lock:
            client, begun, read = self._client, self._begun, self._read
            self._begun, self._read = False, None
        if client is None:
            return None
        value = None if read is None else read()
        checked = None if value is None else self._check(value)
        if checked is None:
            return PartialProfile(client, None, None) if begun else None
        evidence = {pointer: place.to_json() for pointer, place in checked.evidence.items()}
        found = PartialProfile(client, checked.profile, evidence)
        return None if found == self.shown else found


class PartialProfiles:
    """`with partials.following(claim, check) as follower:` shows what arrives in the block to those who watch."""

    def __init__(self, database: Database, notices: Notices, tally: Tally) -> None:
        self._database = database
        self._notices = notices
        self._tally = tally
        self._changed = threading.Condition()
        self._growing: set[Growing] = set()
        self._ended: list[Growing] = []
        self._thread: threading.Thread | None = None

    @contextmanager
    def following(self, claim: Claim, check: CheckPartial) -> Generator[Growing]:
        growing = Growing(claim, check)
        with self._changed:
            self._growing.add(growing)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="partial-profiles", daemon=True)
                self._thread.start()
            self._changed.notify()
        try:
            yield growing
        finally:
            with self._changed:
                self._growing.discard(growing)
                self._ended.append(growing)
                self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._growing and not self._ended:
                    self._changed.wait()
                growing, ended, self._ended = list(self._growing), self._ended, []
            began = time.monotonic()
            self._show(growing)
            self._forget([each for each in ended if each.shown is not None])
            spent = time.monotonic() - began
            time.sleep(max(_PAUSE_SECONDS, spent * (1 / _LONGEST_SHARE - 1)))

    def _show(self, growing: list[Growing]) -> None:
        watched = self._notices.find_watched({each.claim.resume_id for each in growing})
        for each in growing:
            each.watched = each.claim.resume_id in watched
            if not each.watched:
                continue
            try:
                self._show_one(each)
            except Exception as error:  # noqa: BLE001 - the analysis goes on
                self._failed(error)

    def _show_one(self, growing: Growing) -> None:
        found = growing.take()
        if found is None:
            return
        growing.shown = found  # set before storing: anything that may have been stored is deleted at the end
        with self._database.transaction() as tx:
            if not partial_profiles.save_partial(tx, growing.claim, found):
                return
        self._tally.count(PARTIAL_PROFILES, "shown")
        self._notices.publish(growing.claim.tenant_id, {"kind": PARTIAL, "id": str(growing.claim.resume_id)})

    def _forget(self, ended: list[Growing]) -> None:
        if not ended:
            return
        try:
            with self._database.transaction() as tx:
                partial_profiles.delete_partials(tx, [each.claim.token for each in ended])
        except Exception as error:  # noqa: BLE001 - it is not shown any more, and will be swept
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        """Log without its text, which may contain resume text."""
        self._tally.count(PARTIAL_PROFILES, "failed")
        log.warning("partial_profile_failed", extra={"fields": {"error": type(error).__name__}})


def find_partial(tx: Transaction, tenant_id: uuid.UUID, resume_id: uuid.UUID) -> PartialProfile | None:
    """The partial result with the resume's corrections; None when no model is writing one."""
    partial = partial_profiles.find_partial(tx, tenant_id, resume_id)
    if partial is None or partial.profile is None or partial.evidence is None:
        return partial
    log_of_changes = in_effect(corrections.list_corrections(tx, resume_id))
    if not log_of_changes:
        return partial
    corrected = apply_corrections(partial.profile, partial.evidence, log_of_changes)
    return replace(partial, profile=corrected.profile, evidence=corrected.evidence)
