"""No accepted upload is ever lost and none is finished twice, whichever process dies."""

import random
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.end_to_end.resume_texts import resume_text
from tests.end_to_end.service import RunningService, database_url, running_service
from tests.scripted_model.behaviour import Behaviour, Script
from tests.scripted_model.server import ScriptedModel

UPLOADS = 200
VICTIMS = ("extraction", "analysis", "api", "redis", "postgres")
_PAUSE_BETWEEN_KILLS_SECONDS = (1.0, 3.0)
# A process that is killed faster than it restarts never gets anything done, for minutes on a busy machine.
_MOST_KILLS_OF_ONE = 4
_ALL_DONE_SECONDS = 240


def _upload_until_accepted(service: RunningService, number: int) -> str:
    """Upload as a careful client does: repeat with the same Idempotency-Key until there is a response."""
    key = uuid.uuid4().hex
    end = time.monotonic() + _ALL_DONE_SECONDS
    while time.monotonic() < end:
        try:
            with service.http(timeout_seconds=10) as http:
                answer = http.post(
                    "/v1/resumes",
                    files=[("files", (f"cv-{number}.txt", resume_text(number), "text/plain"))],
                    headers={"Idempotency-Key": key},
                )
            if answer.status_code == 202:
                return str(answer.json()["resumes"][0]["id"])
            assert answer.status_code in {500, 503}, answer.text
        except httpx.TransportError:
            assert service.process.poll() is None, service.tail()
        time.sleep(0.2)
    raise AssertionError(f"upload {number} was never accepted")


def _states(service: RunningService) -> dict[str, Any]:
    states: dict[str, Any] = {}
    cursor = None
    with service.http() as http:
        while True:
            page = http.get("/v1/resumes", params={"limit": 200, **({"cursor": cursor} if cursor else {})}).json()
            states |= {item["id"]: item["status"] for item in page["items"]}
            cursor = page["next_cursor"]
            if cursor is None:
                return states


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_200_uploads_survive_repeated_kill_9_of_every_process(tmp_path: Path) -> None:
    with (
        ScriptedModel(script=Script(Behaviour(latency_seconds=0.3))) as model,
        running_service(
            tmp_path,
            environment={
                "VITAE_ROUTING__CLIENTS": "LocalVLLM",
                "VITAE_CLIENTS__LOCALVLLM__BASE_URL": model.base_url,
                "VITAE_WORKERS__LEASE_SECONDS": "6",
                "VITAE_WORKERS__REPUBLISH_SECONDS": "4",
                "VITAE_WORKERS__SWEEP_SECONDS": "1",
                "VITAE_WORKERS__MAX_CLAIMS": "30",
            },
        ) as service,
    ):
        accepted: list[str] = []
        kills: dict[str, int] = dict.fromkeys(VICTIMS, 0)
        uploads_done = threading.Event()

        def kill_again_and_again() -> None:
            chooser = random.Random(7)
            for victim in VICTIMS * _MOST_KILLS_OF_ONE:
                if uploads_done.wait(chooser.uniform(*_PAUSE_BETWEEN_KILLS_SECONDS)):
                    return
                # A process that is just restarting cannot lose anything, so wait until it is running.
                while not service.kill_hard(victim):
                    if uploads_done.wait(0.1):
                        return
                kills[victim] += 1

        killer = threading.Thread(target=kill_again_and_again)
        killer.start()
        try:
            for number in range(UPLOADS):
                accepted.append(_upload_until_accepted(service, number))
                # Uploads continue until each process was killed twice, so that each kill finds work in every stage.
                while number > UPLOADS * 0.9 and min(kills.values()) < 2 and killer.is_alive():
                    time.sleep(0.1)
        finally:
            uploads_done.set()
            killer.join()
        service.wait_until_ready()
        assert all(count >= 2 for count in kills.values()), kills

        end = time.monotonic() + _ALL_DONE_SECONDS
        while time.monotonic() < end:
            states = _states(service)
            if all(states.get(resume_id) in {"done", "failed"} for resume_id in accepted):
                break
            time.sleep(1)
        states = _states(service)
        assert len(set(accepted)) == UPLOADS
        assert {resume_id: states.get(resume_id) for resume_id in accepted} == dict.fromkeys(accepted, "done"), kills
        assert len(states) == UPLOADS

        with psycopg.connect(database_url(service)) as connection:
            finals = connection.execute(
                "select count(*), count(distinct resume_id) from analyses where status = 'done'"
            ).fetchone()
            done_events = connection.execute(
                "select count(*), count(distinct resume_id) from events where kind = 'resume.done'"
            ).fetchone()
            ledger_rows = connection.execute("select count(*) from model_attempts").fetchone()
        assert ledger_rows is not None
        # A worker killed between recording a call and sending it leaves one row too many, never one too few.
        assert ledger_rows[0] >= len(model.calls)
        assert finals == (UPLOADS, UPLOADS)
        assert done_events == (UPLOADS, UPLOADS)


@pytest.mark.slow
def test_calls_in_flight_when_their_worker_is_killed_are_in_the_ledger(tmp_path: Path) -> None:
    """The ledger has as many rows as the servers saw calls, even if no worker was left to see the responses."""
    resumes = 12
    with (
        ScriptedModel(script=Script(Behaviour("hang_before_headers"))) as model,
        running_service(
            tmp_path,
            environment={
                "VITAE_ROUTING__CLIENTS": "LocalVLLM",
                "VITAE_CLIENTS__LOCALVLLM__BASE_URL": model.base_url,
                "VITAE_CLIENTS__LOCALVLLM__FIRST_TOKEN_TIMEOUT_SECONDS": "60",
                "VITAE_WORKERS__LEASE_SECONDS": "3",
                "VITAE_WORKERS__REPUBLISH_SECONDS": "2",
                "VITAE_WORKERS__SWEEP_SECONDS": "0.5",
            },
        ) as service,
    ):
        files = [("files", (f"cv-{n}.txt", resume_text(n), "text/plain")) for n in range(resumes)]
        with service.http() as http:
            http.post("/v1/resumes", files=files).raise_for_status()
        _wait_for(lambda: len(model.calls) == resumes, "every resume's call is in flight")
        model.script.replace(Behaviour())
        assert service.kill_hard("analysis")
        _wait_for(lambda: set(_states(service).values()) == {"done"}, "every resume is done")
        with psycopg.connect(database_url(service)) as connection:
            outcomes = dict(
                connection.execute("select outcome, count(*) from model_attempts group by outcome").fetchall()
            )
            unsettled = connection.execute("select count(*) from model_calls").fetchone()
        assert outcomes == {"lost": resumes, "ok": resumes}
        assert len(model.calls) == 2 * resumes
        assert unsettled == (0,)
        with service.http() as http:
            spent = http.get("/v1/costs/summary").json()
        assert spent["totals"]["attempts"] == 2 * resumes


def _wait_for(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + _ALL_DONE_SECONDS
    while not condition():
        assert time.monotonic() < end, f"not so after {_ALL_DONE_SECONDS} s: {what}"
        time.sleep(0.1)
