"""Corrections through the API: kept after reanalysis, used by search and exports, with history and undo."""

import threading
import uuid
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.pipeline.mechanisms.shown_profile import apply_stored_corrections, listed_person
from app.storage import analyses, resumes
from app.storage.engine import Database
from tests.contract.api.conftest import Tenant
from tests.contract.api.pipeline import EVIDENCE, PROFILE, Pipeline

NEW_NAME = [{"op": "replace", "path": "/basics/name", "value": "Ilse Várgas"}]


@pytest.fixture
def resume_id(tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline) -> str:
    made = upload(tenant)
    pipeline.finish(made)
    return made


@pytest.fixture
def patch(client: TestClient, tenant: Tenant, resume_id: str) -> Callable[..., Any]:
    def send(body: Any, status: int = 200, **headers: str) -> Any:
        answer = client.patch(
            f"/v1/resumes/{resume_id}/profile",
            json=body,
            headers={**tenant.headers(), **{name.replace("_", "-"): value for name, value in headers.items()}},
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    return send


def test_a_correction_is_visible_everywhere(
    client: TestClient, tenant: Tenant, resume_id: str, patch: Callable[..., Any]
) -> None:
    changed = patch([*NEW_NAME, {"op": "replace", "path": "/work/0/position", "value": "Miller"}])
    assert changed["profile_version"] == "1-1"
    shown = client.get(f"/v1/resumes/{resume_id}", headers=tenant.headers()).json()
    assert shown["profile"]["basics"]["name"] == "Ilse Várgas"
    place = shown["evidence"]["/basics/name"]
    assert (place["source"], place["by"], place["document_value"]) == ("human", "write", "Ilse Varga")
    assert place["box"] == EVIDENCE["/basics/name"]["box"]
    for query, found in (("várgas", 1), ("miller", 1), ("process", 0)):
        items = client.get("/v1/resumes", params={"q": query}, headers=tenant.headers()).json()["items"]
        assert len(items) == found, query
    for wanted in ("json-resume", "csv", "markdown"):
        export = client.get(f"/v1/resumes/{resume_id}/export?format={wanted}", headers=tenant.headers()).text
        assert "Ilse Várgas" in export
    _, item = client.get(f"/v1/resumes/{resume_id}/profile/corrections", headers=tenant.headers()).json()["items"]
    assert (item["number"], item["action"], item["pointer"]) == (1, "set", "/basics/name")
    assert (item["old_value"], item["new_value"], item["by"]) == ("Ilse Varga", "Ilse Várgas", "write")
    assert (item["undone_at"], item["placed"]) == (None, True)


def test_a_correction_survives_reanalysis_and_reports_a_different_value_in_the_document(
    client: TestClient, tenant: Tenant, resume_id: str, patch: Callable[..., Any], database: Database
) -> None:
    patch(NEW_NAME)
    for name, changed in (("Ilse Varga", []), ("I. Varga", ["/basics/name"])):
        _analyse_again(client, tenant, resume_id, database, {**PROFILE, "basics": {"name": name}})
        shown = client.get(f"/v1/resumes/{resume_id}", headers=tenant.headers()).json()
        assert shown["profile"]["basics"] == {"name": "Ilse Várgas"}
        assert shown["evidence"]["/basics/name"]["document_value"] == name
        assert shown["changed_in_document"] == changed
    items = client.get("/v1/resumes", headers=tenant.headers()).json()["items"]
    assert items[0]["candidate_name"] == "Ilse Várgas"


def _analyse_again(
    client: TestClient, tenant: Tenant, resume_id: str, database: Database, profile: dict[str, Any]
) -> None:
    """Finish like the analysis worker: the same functions in the same order, with an invented result."""
    client.post(f"/v1/resumes/{resume_id}/reanalyse", headers=tenant.headers()).raise_for_status()
    with database.transaction() as tx:
        analysis_id = analyses.find_open(tx, uuid.UUID(resume_id))
        assert analysis_id is not None
        claim = analyses.claim(tx, analysis_id, "extraction", 60)
        assert claim is not None
        assert analyses.finish_extraction(tx, claim)
        claim = analyses.claim(tx, analysis_id, "analysis", 60)
        assert claim is not None
        assert analyses.finish_done(
            tx,
            claim,
            result_key=None,
            client="GPT4o",
            model=None,
            location="hosted",
            prompt_version=None,
            degraded=False,
            profile=profile,
            evidence=EVIDENCE,
            integrity=None,
            warnings=[],
            dropped_values=0,
        )
        shown = apply_stored_corrections(
            tx,
            claim.tenant_id,
            claim.resume_id,
            analysis_id,
            profile=profile,
            evidence=EVIDENCE,
            readings=None,
        )
        resumes.set_result(tx, claim.resume_id, listed_person(shown.profile), degraded=False, client="GPT4o")


def test_a_correction_can_be_undone(
    client: TestClient, tenant: Tenant, resume_id: str, patch: Callable[..., Any]
) -> None:
    patch(NEW_NAME)
    patch([{"op": "replace", "path": "/basics/name", "value": "Ilse V."}])
    undo = f"/v1/resumes/{resume_id}/profile/corrections"
    for number, name, version in ((2, "Ilse Várgas", "1-3"), (1, "Ilse Varga", "1-4")):
        answer = client.delete(f"{undo}/{number}", headers=tenant.headers())
        assert answer.status_code == 200
        assert (answer.json()["profile"]["basics"]["name"], answer.json()["profile_version"]) == (name, version)
    assert answer.json()["evidence"] == EVIDENCE
    assert client.delete(f"{undo}/1", headers=tenant.headers()).status_code == 404
    items = client.get(undo, headers=tenant.headers()).json()["items"]
    assert [(item["number"], item["undone_by"]) for item in items] == [(2, "write"), (1, "write")]


def test_a_change_to_an_older_version_is_rejected(patch: Callable[..., Any]) -> None:
    version = patch(NEW_NAME, If_Match='"1-0"')["profile_version"]
    refused = patch(NEW_NAME, 412, If_Match='"1-0"')
    assert refused["code"] == "precondition_failed"
    patch([{"op": "remove", "path": "/skills/0"}], If_Match=f'"{version}"')
    assert patch(NEW_NAME, 422, If_Match="1-0")["code"] == "invalid_request"


def test_of_simultaneous_changes_to_the_same_version_one_wins(
    client: TestClient, tenant: Tenant, resume_id: str
) -> None:
    answers: list[int] = []
    begin = threading.Barrier(6)

    def change(number: int) -> None:
        begin.wait()
        answer = client.patch(
            f"/v1/resumes/{resume_id}/profile",
            json={"basics": {"label": f"Cook {number}"}},
            headers={**tenant.headers(), "If-Match": '"1-0"'},
        )
        answers.append(answer.status_code)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] + [412] * 5


def test_a_change_is_applied_completely_or_not_at_all(
    client: TestClient, tenant: Tenant, resume_id: str, patch: Callable[..., Any]
) -> None:
    patch([*NEW_NAME, {"op": "replace", "path": "/work/0/startDate", "value": "soon"}], 422)
    shown = client.get(f"/v1/resumes/{resume_id}/profile", headers=tenant.headers())
    assert shown.json()["profile"]["basics"]["name"] == "Ilse Varga"
    assert shown.headers["etag"] == '"1-0"'


def test_without_a_profile_there_is_nothing_to_correct(
    client: TestClient, tenant: Tenant, upload: Callable[..., str]
) -> None:
    waiting = upload(tenant)
    address = f"/v1/resumes/{waiting}/profile"
    assert client.patch(address, json=NEW_NAME, headers=tenant.headers()).json()["code"] == "conflict"
    assert client.get(address, headers=tenant.headers()).json()["code"] == "conflict"


def test_another_upload_of_the_same_document_is_not_corrected_with_it(
    client: TestClient, tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline
) -> None:
    first, second = (upload(tenant, b"Ilse Varga twice") for _ in range(2))
    for each in (first, second):
        pipeline.finish(each, deepcopy(PROFILE))
    client.patch(f"/v1/resumes/{first}/profile", json=NEW_NAME, headers=tenant.headers()).raise_for_status()
    shown = client.get(f"/v1/resumes/{second}/profile", headers=tenant.headers()).json()
    assert shown["profile"]["basics"]["name"] == "Ilse Varga"


def test_the_same_file_uploaded_again_starts_with_the_current_corrections(
    client: TestClient, tenant: Tenant, other: Tenant, upload: Callable[..., str], pipeline: Pipeline
) -> None:
    def name(owner: Tenant) -> tuple[str, str, list[int]]:
        made = upload(owner, b"Ilse Varga thrice")
        pipeline.finish(made, deepcopy(PROFILE))
        address = f"/v1/resumes/{made}/profile"
        shown = client.get(address, headers=owner.headers()).json()["profile"]["basics"]["name"]
        log = client.get(f"{address}/corrections", headers=owner.headers()).json()["items"]
        return made, shown, [row["number"] for row in log]

    first, shown, _ = name(tenant)
    assert shown == "Ilse Varga"
    address = f"/v1/resumes/{first}/profile"
    mistaken = [{"op": "add", "path": "/basics/label", "value": "Pilot"}]
    for body in (mistaken, NEW_NAME):
        client.patch(address, json=body, headers=tenant.headers()).raise_for_status()
    client.delete(f"{address}/corrections/1", headers=tenant.headers()).raise_for_status()
    second, shown, numbers = name(tenant)
    assert (shown, numbers) == ("Ilse Várgas", [2])
    items = client.get("/v1/resumes", params={"q": "várgas"}, headers=tenant.headers()).json()["items"]
    assert [item["id"] for item in items] == [second, first]
    # From then on each has its own corrections. The next upload copies those of the most recently corrected one.
    client.delete(f"/v1/resumes/{second}/profile/corrections/2", headers=tenant.headers()).raise_for_status()
    assert name(tenant)[1:] == ("Ilse Varga", [])
    assert client.get(address, headers=tenant.headers()).json()["profile"]["basics"]["name"] == "Ilse Várgas"
    assert name(other)[1:] == ("Ilse Varga", [])


def test_erasing_erases_corrections_and_their_history(
    client: TestClient, tenant: Tenant, resume_id: str, patch: Callable[..., Any], database: Database
) -> None:
    patch([{"op": "replace", "path": "/basics/name", "value": "Wilhelmina Erasmus"}])

    def kept() -> list[int]:
        with database.reading() as tx:
            return [
                tx.exec_driver_sql(f"select count(*) from {table} as t where t::text like '%%Erasmus%%'").scalar_one()  # noqa: S608
                for table in ("corrections", "corrected_results", "resumes", "events")
            ]

    assert kept() == [1, 1, 1, 0]
    client.delete(f"/v1/resumes/{resume_id}", headers=tenant.headers()).raise_for_status()
    assert kept() == [0, 0, 0, 0]


def test_a_read_only_key_cannot_correct(client: TestClient, tenant: Tenant, resume_id: str) -> None:
    answer = client.patch(f"/v1/resumes/{resume_id}/profile", json=NEW_NAME, headers=tenant.headers("read"))
    assert answer.status_code == 403
