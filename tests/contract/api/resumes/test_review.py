"""The review queue over HTTP: who sees what, in which order, and what a decision does to it."""

import uuid
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.pipeline.mechanisms.reviewed_clients import ReviewedClients
from app.storage.engine import Database
from tests.contract.api.conftest import Tenant
from tests.contract.api.doubtful_result import DOCUMENT, DOUBTFUL, EVIDENCE, READINGS, TEACHING, VOLUNTEER, place
from tests.contract.api.pipeline import PROFILE, Pipeline


@pytest.fixture
def queue(client: TestClient, tenant: Tenant) -> Callable[..., Any]:
    def read(scope: str = "write", status: int = 200, **params: Any) -> Any:
        answer = client.get("/v1/review", params=params, headers=tenant.headers(scope))
        assert answer.status_code == status, answer.text
        return answer.json()

    return read


@pytest.fixture
def decide(client: TestClient, tenant: Tenant) -> Callable[..., Any]:
    def send(resume_id: str, *operations: dict[str, Any], status: int = 200, version: str | None = None) -> Any:
        headers = tenant.headers() | ({"If-Match": f'"{version}"'} if version else {})
        answer = client.patch(f"/v1/resumes/{resume_id}/profile", json=list(operations), headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    return send


def asked(page: Any) -> list[str]:
    return [field["pointer"] for field in page["items"][0]["fields"]] if page["items"] else []


CONFIRM_POSITION = {"op": "confirm", "path": "/work/0/position", "value": "Process Engineer"}


def test_only_doubtful_values_are_listed_in_the_order_of_the_document(
    tenant: Tenant, doubtful: Callable[..., str], queue: Callable[..., Any]
) -> None:
    resume_id = doubtful(tenant)
    page = queue()
    [item] = page["items"]
    assert (page["candidates"], page["below"], page["next_cursor"]) == (1, 0.9, None)
    assert (item["id"], item["profile_version"], item["candidate_name"]) == (resume_id, "1-0", "Ilse Varga")
    name, position, teaching, volunteering = item["fields"]
    assert (name["kind"], name["pointer"], name["candidates"]) == ("value", "/basics/name", [])
    assert (position["pointer"], position["value"], position["confidence"]) == (
        "/work/0/position",
        "Process Engineer",
        0.6,
    )
    assert position["candidates"] == [{"value": "Miller", "line": 4, "reading": "builtin"}]
    assert (position["evidence"]["line"], position["evidence"]["quote"]) == (3, "Process Engineer")
    assert (teaching["kind"], teaching["pointer"], teaching["value"]) == ("entry", "/work/1", TEACHING)
    assert teaching["doubtful"] == ["/work/1/name", "/work/1/position"]
    assert (volunteering["kind"], volunteering["pointer"]) == ("left_out", "/volunteer/-")
    assert (volunteering["value"], volunteering["evidence"]) == (VOLUNTEER, {"line": 6})
    assert item["expected_wrong"] == pytest.approx(0.15 + 0.4 + 0.14 + 0.14 + 0.19)


def test_the_most_doubtful_resume_comes_first_and_pages_follow_each_other(
    tenant: Tenant, doubtful: Callable[..., str], queue: Callable[..., Any]
) -> None:
    def with_confidence(confidence: float) -> dict[str, Any]:
        return {**EVIDENCE, "/work/0/position": place(3, "Process Engineer", confidence)}

    ids = [doubtful(tenant, with_confidence(each)) for each in (0.5, 0.8, 0.2)]
    wanted = [ids[2], ids[0], ids[1]]
    assert [item["id"] for item in queue()["items"]] == wanted
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = queue(limit=1, **({"cursor": cursor} if cursor else {}))
        found += [item["id"] for item in page["items"]]
        assert page["candidates"] == 3
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == wanted
    assert queue(status=422, cursor="nonsense")["code"] == "invalid_request"


def test_the_threshold_decides_what_is_asked(
    tenant: Tenant, doubtful: Callable[..., str], queue: Callable[..., Any]
) -> None:
    doubtful(tenant)
    assert asked(queue(below=0.7)) == ["/work/0/position"]
    assert asked(queue(below=0.95)) == ["/basics/name", "/work/0/position", "/work/1", "/volunteer/-"]
    assert "one of 0.7, 0.8, 0.9, 0.95" in queue(status=422, below=0.85)["detail"]


def test_a_tenant_sees_and_decides_only_its_own_resumes(
    client: TestClient, tenant: Tenant, other: Tenant, doubtful: Callable[..., str], queue: Callable[..., Any]
) -> None:
    theirs = doubtful(other)
    assert (queue()["items"], queue()["candidates"]) == ([], 0)
    assert queue(status=404, resume=theirs)["code"] == "not_found"
    path = f"/v1/resumes/{theirs}/profile"
    assert client.patch(path, json=[CONFIRM_POSITION], headers=tenant.headers()).status_code == 404
    assert client.get("/v1/review").status_code == 401
    assert queue("read", 403)["code"] == "forbidden"
    assert queue("admin")["items"] == []


def test_a_confirmed_value_counts_as_entered_by_a_person_and_is_not_asked_again(
    tenant: Tenant, doubtful: Callable[..., str], queue: Callable[..., Any], decide: Callable[..., Any]
) -> None:
    resume_id = doubtful(tenant)
    before = queue()["items"][0]["expected_wrong"]
    shown = decide(resume_id, CONFIRM_POSITION, version="1-0")
    assert shown["profile_version"] == "1-1"
    assert shown["profile"]["work"] == DOUBTFUL["work"]
    found = shown["evidence"]["/work/0/position"]
    assert (found["source"], found["confidence"], found["by"], found["line"]) == ("human", 1.0, "write", 3)
    page = queue()
    assert asked(page) == ["/basics/name", "/work/1", "/volunteer/-"]
    assert page["items"][0]["expected_wrong"] == pytest.approx(before - 0.4)


def test_repeating_a_decision_changes_nothing(
    client: TestClient, tenant: Tenant, doubtful: Callable[..., str], decide: Callable[..., Any]
) -> None:
    resume_id = doubtful(tenant)
    leave_out = {"op": "leave_out", "path": "/volunteer/-", "value": VOLUNTEER}
    confirm_job = {"op": "confirm", "path": "/work/1", "value": TEACHING}
    for operation in (CONFIRM_POSITION, leave_out, confirm_job):
        first = decide(resume_id, operation)
        assert decide(resume_id, operation) == first
    log = client.get(f"/v1/resumes/{resume_id}/profile/corrections", headers=tenant.headers()).json()["items"]
    assert [item["action"] for item in log] == ["confirm", "leave_out", "confirm"]
    # A second press of the same key with the version that was shown is refused.
    assert decide(resume_id, CONFIRM_POSITION, version="1-0", status=412)["code"] == "precondition_failed"


def test_a_value_that_has_changed_since_cannot_be_confirmed(
    tenant: Tenant, doubtful: Callable[..., str], decide: Callable[..., Any]
) -> None:
    resume_id = doubtful(tenant)
    decide(resume_id, {"op": "replace", "path": "/work/0/position", "value": "Miller"})
    assert decide(resume_id, CONFIRM_POSITION, status=409)["code"] == "conflict"
    decide(resume_id, {"op": "confirm", "path": "/work/9/position", "value": "Miller"}, status=422)
    decide(resume_id, {"op": "confirm", "path": "/x-vitae/seniority", "value": "mid"}, status=422)
    decide(resume_id, {"op": "leave_out", "path": "/work/0", "value": TEACHING}, status=422)


def test_every_decision_takes_its_question_out_of_the_queue(
    tenant: Tenant, doubtful: Callable[..., str], queue: Callable[..., Any], decide: Callable[..., Any]
) -> None:
    resume_id = doubtful(tenant)
    decide(resume_id, {"op": "replace", "path": "/basics/name", "value": "Ilse Várga"})
    assert asked(queue()) == ["/work/0/position", "/work/1", "/volunteer/-"]
    decide(resume_id, {"op": "replace", "path": "/work/0/position", "value": "Miller"})
    assert asked(queue()) == ["/work/1", "/volunteer/-"]
    decide(resume_id, {"op": "remove", "path": "/work/1"})
    assert asked(queue()) == ["/volunteer/-"]
    decide(resume_id, {"op": "add", "path": "/volunteer/-", "value": VOLUNTEER})
    assert queue() == {"below": 0.9, "candidates": 0, "items": [], "next_cursor": None}
    assert queue(resume=resume_id)["items"] == []


def test_a_whole_entry_is_confirmed_or_decided_value_by_value(
    tenant: Tenant, doubtful: Callable[..., str], queue: Callable[..., Any], decide: Callable[..., Any]
) -> None:
    resume_id = doubtful(tenant)
    decide(resume_id, {"op": "replace", "path": "/work/1/position", "value": "Professor"})
    # Somebody has decided that the entry exists; only its other value is asked now.
    assert "/work/1/name" in asked(queue())
    shown = decide(resume_id, {"op": "confirm", "path": "/work/1", "value": {**TEACHING, "position": "Professor"}})
    assert {place.get("source") for at, place in shown["evidence"].items() if at.startswith("/work/1/")} == {"human"}
    assert shown["evidence"]["/work/1/position"]["document_value"] == "Lecturer"
    assert asked(queue()) == ["/basics/name", "/work/0/position", "/volunteer/-"]


def test_confirmed_values_survive_a_new_analysis(
    client: TestClient,
    tenant: Tenant,
    doubtful: Callable[..., str],
    queue: Callable[..., Any],
    decide: Callable[..., Any],
    pipeline: Pipeline,
) -> None:
    resume_id = doubtful(tenant)
    decide(
        resume_id,
        CONFIRM_POSITION,
        {"op": "confirm", "path": "/work/1", "value": TEACHING},
        {"op": "leave_out", "path": "/volunteer/-", "value": VOLUNTEER},
    )
    client.post(f"/v1/resumes/{resume_id}/reanalyse", headers=tenant.headers()).raise_for_status()
    pipeline.hand_on(pipeline.begin_extraction(resume_id), content=DOCUMENT)
    later = deepcopy(DOUBTFUL)
    later["work"] = [{**TEACHING, "endDate": "2019"}, {**PROFILE["work"][0], "position": "Miller"}]
    evidence = {
        at.replace("/work/0", "/work/x").replace("/work/1", "/work/0").replace("/work/x", "/work/1"): found
        for at, found in EVIDENCE.items()
    }
    pipeline.finish_analysis(resume_id, later, evidence=evidence, readings=READINGS)
    shown = client.get(f"/v1/resumes/{resume_id}", headers=tenant.headers()).json()
    assert shown["profile"]["work"] == [TEACHING, PROFILE["work"][0]]
    assert sorted(shown["changed_in_document"]) == ["/work/0/endDate", "/work/1/position"]
    assert asked(queue()) == ["/basics/name"]


def test_another_upload_of_the_same_file_starts_with_the_decisions(
    tenant: Tenant,
    upload: Callable[..., str],
    queue: Callable[..., Any],
    decide: Callable[..., Any],
    pipeline: Pipeline,
) -> None:
    def finished() -> str:
        resume_id = upload(tenant, b"Ilse Varga, twice")
        pipeline.hand_on(pipeline.begin_extraction(resume_id), content=DOCUMENT)
        pipeline.finish_analysis(resume_id, DOUBTFUL, evidence=EVIDENCE, readings=READINGS)
        return resume_id

    decide(finished(), CONFIRM_POSITION, {"op": "leave_out", "path": "/volunteer/-", "value": VOLUNTEER})
    [item] = queue(resume=finished())["items"]
    assert [field["pointer"] for field in item["fields"]] == ["/basics/name", "/work/1"]


def test_undoing_a_confirmation_asks_again(
    client: TestClient,
    tenant: Tenant,
    doubtful: Callable[..., str],
    queue: Callable[..., Any],
    decide: Callable[..., Any],
) -> None:
    resume_id = doubtful(tenant)
    everything = asked(queue())
    decide(resume_id, CONFIRM_POSITION, {"op": "leave_out", "path": "/volunteer/-", "value": VOLUNTEER})
    for number in (1, 2):
        client.delete(
            f"/v1/resumes/{resume_id}/profile/corrections/{number}", headers=tenant.headers()
        ).raise_for_status()
    assert asked(queue()) == everything


def test_a_confirmed_resume_is_a_labelled_document(
    client: TestClient, tenant: Tenant, doubtful: Callable[..., str], decide: Callable[..., Any]
) -> None:
    resume_id = doubtful(tenant)
    doubtful(tenant)  # nobody has looked at this one
    decide(resume_id, CONFIRM_POSITION)
    page = client.get("/v1/evaluation-set", headers=tenant.headers("admin")).json()
    [item] = page["items"]
    assert item["document"] == f"/v1/resumes/{resume_id}/document"
    assert item["truth"]["work"][0]["position"] == "Process Engineer"
    assert item["evidence"]["/work/0/position"]["source"] == "human"


def test_the_blind_queue_has_no_identity(
    tenant: Tenant, doubtful: Callable[..., str], queue: Callable[..., Any]
) -> None:
    readings = deepcopy(READINGS)
    readings["disagreements"][0]["other_value"] = "Miller for Ilse Varga"
    readings["disagreements"][2]["entry"] = {"organization": "Friends of Ilse Varga", "position": "Helm"}
    resume_id = doubtful(tenant, readings=readings)
    page = queue(blind=True)
    assert "arga" not in str(page)
    [item] = page["items"]
    assert item["candidate_name"] == f"Candidate {uuid.UUID(resume_id).hex[:6].upper()}"
    # Values that cannot be shown in full cannot be decided.
    assert [field["pointer"] for field in item["fields"]] == ["/work/1"]
    assert "arga" not in str(queue(blind=True, hide_schools=True))


def test_an_erased_resume_leaves_the_queue(
    client: TestClient,
    tenant: Tenant,
    doubtful: Callable[..., str],
    queue: Callable[..., Any],
    decide: Callable[..., Any],
) -> None:
    resume_id, kept = doubtful(tenant), doubtful(tenant)
    client.delete(f"/v1/resumes/{resume_id}", headers=tenant.headers()).raise_for_status()
    assert decide(resume_id, CONFIRM_POSITION, status=404)["code"] == "not_found"
    assert queue(status=404, resume=resume_id)["code"] == "not_found"
    assert [item["id"] for item in queue()["items"]] == [kept]
    assert queue(status=404, resume="nonsense")["code"] == "not_found"


def test_decisions_say_how_far_the_client_can_be_trusted_until_they_are_undone(
    client: TestClient,
    tenant: Tenant,
    doubtful: Callable[..., str],
    decide: Callable[..., Any],
    database: Database,
) -> None:
    resume_id = doubtful(tenant)
    clients = ReviewedClients(database, monotonic=iter(range(0, 10_000, 1000)).__next__)
    new = clients.error_factor("LocalVLLM")
    decide(resume_id, CONFIRM_POSITION)
    trusted = clients.error_factor("LocalVLLM")
    wrong = {"op": "replace", "path": "/basics/name", "value": "Ilse Varga-Okoye"}
    decide(resume_id, wrong)
    doubted = clients.error_factor("LocalVLLM")
    assert trusted < new < doubted
    assert clients.error_factor("AnotherClient") == 1.5
    undone = client.delete(f"/v1/resumes/{resume_id}/profile/corrections/2", headers=tenant.headers())
    assert undone.status_code == 200, undone.text
    assert clients.error_factor("LocalVLLM") == trusted
