"""Use case: test a client with one real request, record what it cost, and explain the result.

Called by `POST /v1/clients/{name}/test`; `vitae clients test` uses `ClientTest` without a ledger where no service runs.
"""

import logging
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import app
from app.clock import Clock, utc_now
from app.errors import Conflict, DependencyError, NotFound
from app.ledger.entries import LedgerEntry, PriceAttempt, UnseenAttempt
from app.ledger.machines import Machine, machine_of
from app.observability.metrics import Tally
from app.pipeline.mechanisms.ledger_rows import attempt_row
from app.pipeline.mechanisms.metric_counts import count_attempt
from app.pipeline.operations.measure_client import Measurement, client_to_json
from app.pipeline.operations.trial_report import Money, Trial, TypicalResume, explain_not_configured, explain_trial
from app.routing.attempt import Attempt
from app.routing.clients import Client
from app.routing.servers.first_token_patience import FirstTokenMemory, Observed, follows_the_server
from app.storage.engine import Database
from app.storage.ledger import attempts, budgets, token_lengths
from app.storage.ledger.budgets import Period

log = logging.getLogger(__name__)

LONGEST_TEST_SECONDS = 3600.0
_START_SECONDS = 60.0  # for the measuring process: loading BAML takes seconds on a busy machine
_LOOK_BACK = timedelta(days=30)
_FUNCTION = "ExtractProfile"
_PROJECT = Path(app.__file__).parents[1]

Measure = Callable[[Client, float], Measurement]


def measure_in_own_process(client: Client, timeout_seconds: float) -> Measurement:
    """BAML must not be loaded in the API's process (`app.routing.baml_client` says why).

    Raises `DependencyError` if the process fails.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "app.pipeline.operations.measure_client"],
            input=client_to_json(client, timeout_seconds=timeout_seconds),
            capture_output=True,
            text=True,
            check=True,
            cwd=_PROJECT,
            env=dict(os.environ),
            timeout=2 * timeout_seconds + _START_SECONDS,
        )
        return Measurement.from_json(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError) as error:
        log.warning("client_test_failed", extra={"fields": {"client": client.name, "error": type(error).__name__}})
        raise DependencyError(
            "The process that tests the client failed. Look at the log of the API, and try again."
        ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTest:
    """Measures and explains, without a ledger."""

    clients: Mapping[str, Client]
    price: PriceAttempt
    machines: tuple[Machine, ...]
    deadline_seconds: Callable[[Client], float]
    measure: Measure
    clock: Clock = utc_now

    def find(self, name: str, base_url: str | None = None) -> Client:
        """The client at one of its endpoints, by default the first. Raises `NotFound`."""
        client = self.clients.get(name)
        if client is None:
            known = ", ".join(sorted(self.clients))
            raise NotFound(f"There is no client {name}. Known are {known}.")
        wanted = None if base_url is None else base_url.rstrip("/")
        found = next((one for one in client.endpoints() if wanted in (None, one.base_url)), None)
        if found is None:
            known = ", ".join(str(one.base_url) for one in client.endpoints())
            raise NotFound(f"{name} has no such endpoint; its endpoints are {known}.")
        return found

    def run(self, client: Client, timeout_seconds: float, typical: TypicalResume | None = None) -> Trial:
        if client.not_configured:
            return explain_not_configured(client, typical)
        return self.explain(client, self.measure(client, timeout_seconds), typical or TypicalResume())

    def explain(self, client: Client, measured: Measurement, typical: TypicalResume) -> Trial:
        """Raises nothing; `client` is configured."""
        entry = None if measured.attempt is None else self.price(measured.attempt)
        money = self._money(client, entry, typical)
        deadline = self.deadline_seconds(client)
        first = explain_trial(client, measured, deadline_seconds=deadline, typical=typical, money=money)
        machine = machine_of(self.machines).get(client.name)
        if client.billing != "self_hosted" or machine is None or first.typical_seconds is None:
            return first
        hour_usd = machine.estimate_usd(self.clock()) / machine.replicas
        usd = hour_usd * Decimal(str(first.typical_seconds)) / 3600
        money = Money(money.cost_usd, money.cost_basis, usd)
        return explain_trial(client, measured, deadline_seconds=deadline, typical=typical, money=money)

    def _money(self, client: Client, entry: LedgerEntry | None, typical: TypicalResume) -> Money:
        cost_usd, basis = (None, None) if entry is None else (entry.cost_usd, entry.cost_basis)
        if client.billing == "self_hosted":
            return Money(
                cost_usd, basis, None, f"an unknown cost, because clients.{client.name}.cost_profile is not set"
            )
        planned = UnseenAttempt(
            client=client.name,
            outcome="ok",
            input_tokens=typical.input_tokens,
            output_tokens=typical.output_tokens,
            started_at=self.clock(),
        )
        usd = self.price(planned).cost_usd
        return Money(cost_usd, basis, usd, f"an unknown cost, because {client.model} is not in the price list")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedTest:
    """The same in the service: one test at a time, within the tenant's budget, with a row in the ledger."""

    test: ClientTest
    database: Database
    budget_limits: dict[Period, Decimal] = field(default_factory=dict[Period, Decimal])
    first_tokens: FirstTokenMemory | None = None
    tally: Tally = field(default_factory=Tally)
    running: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, tenant_id: uuid.UUID, name: str, base_url: str | None, timeout_seconds: float) -> Trial:
        """Raises `NotFound`, and `Conflict` while another test runs or where the budget does not allow the call."""
        client = self.test.find(name, base_url)
        typical = self._typical(tenant_id)
        if client.not_configured:
            return explain_not_configured(client, typical)
        if not self.running.acquire(blocking=False):
            raise Conflict("Another client is being tested. Try again when that test has ended.")
        try:
            reservation = self._reserve(tenant_id, client, timeout_seconds)
            try:
                measured = self.test.measure(client, timeout_seconds)
            except BaseException:
                self._record(tenant_id, reservation, None)
                raise
            self._record(tenant_id, reservation, measured)
        finally:
            self.running.release()
        self._note(client, measured)
        return self.test.explain(client, measured, typical)

    def _typical(self, tenant_id: uuid.UUID) -> TypicalResume:
        now = self.test.clock()
        with suppress(DependencyError), self.database.reading() as tx:
            found = token_lengths.find_lengths(tx, tenant_id, now - _LOOK_BACK, now, _FUNCTION)
            if found is not None and found.output_tokens:
                return TypicalResume(round(found.input_tokens), round(found.output_tokens), "ledger")
        return TypicalResume()

    def _reserve(self, tenant_id: uuid.UUID, client: Client, timeout_seconds: float) -> uuid.UUID | None:
        if not self.budget_limits or client.billing != "per_token":
            return None
        longest = UnseenAttempt(
            client=client.name,
            outcome="ok",
            input_tokens=TypicalResume().input_tokens,
            output_tokens=client.max_output_tokens,
            started_at=self.test.clock(),
        )
        usd = self.test.price(longest).cost_usd
        if usd is None:
            raise Conflict(f"{client.name} has no known price, and the tenant's spending is limited.")
        reservation = uuid.uuid4()
        with self.database.transaction() as tx:
            over = budgets.reserve(
                tx,
                reservation,
                tenant_id,
                usd,
                self.budget_limits,
                expires_in_seconds=2 * timeout_seconds + _START_SECONDS,
            )
        if over is not None:
            raise Conflict(f"The test would exceed the tenant's limit of ${over.limit_usd:f} a {over.period}.")
        return reservation

    def _record(self, tenant_id: uuid.UUID, reservation: uuid.UUID | None, measured: Measurement | None) -> None:
        attempt = None if measured is None else measured.attempt
        entry = None if attempt is None else self.test.price(attempt)
        with self.database.transaction() as tx:
            if attempt is not None and entry is not None:
                row = attempt_row(1, attempt, entry)
                attempts.insert_attempt(tx, row, tenant_id=tenant_id, resume_id=None, analysis_id=None)
            if reservation is not None:
                budgets.settle(tx, reservation)
        if attempt is not None and entry is not None:
            count_attempt(self.tally, attempt, entry)

    def _note(self, client: Client, measured: Measurement) -> None:
        """The first-token limit of later calls follows what the test has shown."""
        seconds = _first_token_seconds(measured.attempt)
        if self.first_tokens is not None and follows_the_server(client) and seconds is not None:
            total = (measured.attempt.latency_ms or 0) / 1000 if measured.attempt else seconds
            self.first_tokens.note(client.endpoint, Observed(seconds, total, 1))


def _first_token_seconds(attempt: Attempt | None) -> float | None:
    return None if attempt is None or attempt.first_token_ms is None else attempt.first_token_ms / 1000
