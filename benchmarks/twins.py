"""Check that no one gets another person's result: `python -m benchmarks.twins`, against the whole service.

A thousand resumes differ only in name, contact details and employer ("template twins"). They are uploaded while the
model is available, while it is down, and once more by another tenant while it is down. Every profile must name its own
person.
"""

import argparse
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import httpx

from app.storage import tenants
from app.storage.engine import Database
from tests.end_to_end.resume_texts import resume_text, surname
from tests.end_to_end.service import RunningService, database_url, running_service
from tests.scripted_model import ScriptedModel

_FILES_PER_UPLOAD = 50
_WAIT_SECONDS = 600.0
_FINAL = {"done", "failed"}


def upload(http: httpx.Client, numbers: range) -> dict[str, int]:
    """Maps each resume id to the number of its person."""
    made: dict[str, int] = {}
    for begin in range(numbers.start, numbers.stop, _FILES_PER_UPLOAD):
        batch = range(begin, min(begin + _FILES_PER_UPLOAD, numbers.stop))
        files = [("files", (f"cv-{number}.txt", resume_text(number), "text/plain")) for number in batch]
        answer = http.post("/v1/resumes", files=files)
        answer.raise_for_status()
        made |= {item["id"]: number for item, number in zip(answer.json()["resumes"], batch, strict=True)}
    return made


def results(http: httpx.Client, made: dict[str, int]) -> dict[str, dict[str, Any]]:
    end = time.monotonic() + _WAIT_SECONDS
    found: dict[str, dict[str, Any]] = {}
    while len(found) < len(made) and time.monotonic() < end:
        for resume_id in made.keys() - found.keys():
            detail = http.get(f"/v1/resumes/{resume_id}").json()
            if detail["status"] in _FINAL:
                found[resume_id] = detail
        time.sleep(0.5)
    return found


def judge(title: str, made: dict[str, int], found: dict[str, dict[str, Any]]) -> int:
    """Prints one row and returns how many profiles are missing or do not name their own person."""
    wrong = 0
    served: dict[str, int] = {}
    for resume_id, number in made.items():
        detail = found.get(resume_id, {})
        basics = (detail.get("profile") or {}).get("basics", {})
        own = f".{number}@example.com" in basics.get("email", "") and surname(number) in basics.get("name", "")
        wrong += not own
        client = detail.get("client") or detail.get("status", "not final")
        reused = any(attempt["outcome"] == "reused" for attempt in detail.get("cost", {}).get("attempts", []))
        key = f"{client}{' (degraded)' if detail.get('degraded') else ''}{' (reused)' if reused else ''}"
        served[key] = served.get(key, 0) + 1
    clients = ", ".join(f"{name} {count}" for name, count in served.items())
    print(f"| {title} | {len(made)} | {clients} | {wrong} |", flush=True)
    return wrong


def strangers_key(service: RunningService) -> str:
    database = Database(database_url(service), pool_size=1, application_name="benchmark")
    with database.transaction() as tx:
        key = tenants.create_key(tx, tenants.ensure_tenant(tx, f"stranger {uuid.uuid4()}"), "benchmark", ["admin"])[1]
    database.close()
    return key


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.twins", description=__doc__)
    parser.add_argument(
        "--twins",
        type=int,
        default=1000,
        help="number of resumes: half while the model is available, half while it is down",
    )
    half = parser.parse_args().twins // 2
    wrong = 0
    with tempfile.TemporaryDirectory() as folder, ScriptedModel() as model:
        environment = {
            "VITAE_ROUTING__CLIENTS": "LocalVLLM",
            "VITAE_CLIENTS__LOCALVLLM__BASE_URL": model.base_url,
            "VITAE_CLIENTS__LOCALVLLM__MODEL": model.model,
            "VITAE_ROUTING__RECOVERY__ENABLED": "false",
        }
        with running_service(Path(folder), environment=environment) as service, service.http() as http:
            print("| upload | resumes | result from | another person's result |\n|---|---|---|---|")
            first = upload(http, range(1, half + 1))
            wrong += judge("one tenant, model available", first, results(http, first))
            model.refuse()
            second = upload(http, range(half + 1, 2 * half + 1))
            wrong += judge("same tenant, model down", second, results(http, second))
            headers = {"Authorization": f"Bearer {strangers_key(service)}"}
            with httpx.Client(base_url=service.url, headers=headers, timeout=60) as stranger:
                third = upload(stranger, range(1, half + 1))
                found = results(stranger, third)
                wrong += judge("another tenant, first tenant's files, model down", third, found)
                crossed = sum(detail.get("client") != "builtin" for detail in found.values())
    print(f"\nResults of another person: {wrong}. Results that crossed tenants: {crossed}.")
    return 1 if wrong or crossed else 0


if __name__ == "__main__":
    raise SystemExit(main())
