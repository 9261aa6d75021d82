"""Reading, reanalysing and erasing resumes over HTTP, with results as the workers store them."""

import base64
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app.errors import EncryptedDocument
from app.storage.engine import Database
from app.storage.tables import events, model_attempts
from app.wiring.api_parts import ApiParts
from tests.contract.api.conftest import Tenant
from tests.contract.api.pipeline import EVIDENCE, INTEGRITY, PROFILE, Pipeline

Upload = Callable[..., str]


@pytest.fixture
def get(client: TestClient, tenant: Tenant) -> Callable[..., Any]:
    def send(path: str, **params: Any) -> Any:
        answer = client.get(path, headers=tenant.headers("read"), params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return send


def test_a_queued_resume_shows_all_fields_without_a_result(
    get: Callable[..., Any], tenant: Tenant, upload: Upload
) -> None:
    content = b"Ilse Varga, engineer"
    resume_id = upload(tenant, content, "cv.txt")
    shown = get(f"/v1/resumes/{resume_id}")
    assert set(shown) == {
        "id", "filename", "reference", "privacy", "priority", "status", "degraded", "duplicate_of",
        "analysis_number", "result_number", "profile_version", "changed_in_document",
        "document", "profile", "evidence", "readings", "integrity", "warnings", "client",
        "model", "location", "cost", "timings", "problem", "links",
    }  # fmt: skip
    assert shown["status"] == "queued"
    assert (shown["analysis_number"], shown["result_number"]) == (1, None)
    assert shown["document"] == {
        "media_type": "text/plain",
        "size": len(content),
        "sha256": shown["document"]["sha256"],
        "pages": None,
    }
    assert [shown[key] for key in ("profile", "evidence", "integrity", "client", "model", "problem")] == [None] * 6
    assert shown["cost"] == {"total_usd": "0", "unpriced_attempts": 0, "attempts": []}
    times = shown["timings"]
    assert times["created_at"]
    assert [times[key] for key in ("started_at", "finished_at", "extraction_ms", "analysis_ms", "queue_ms")] == [
        None
    ] * 5


def test_a_finished_resume_shows_its_result_times_and_cost(
    get: Callable[..., Any], tenant: Tenant, upload: Upload, pipeline: Pipeline
) -> None:
    resume_id = upload(tenant)
    pipeline.hand_on(pipeline.begin_extraction(resume_id), pages=3)
    pipeline.spend(resume_id, "0.00000000000001", outcome="timeout")
    pipeline.spend(resume_id, "0.00275")
    pipeline.finish_analysis(resume_id)
    shown = get(f"/v1/resumes/{resume_id}")
    assert (shown["status"], shown["degraded"], shown["result_number"]) == ("done", False, 1)
    assert (shown["client"], shown["model"], shown["location"]) == ("LocalVLLM", "tiny", "local")
    assert (shown["profile"], shown["evidence"], shown["integrity"]) == (PROFILE, EVIDENCE, INTEGRITY)
    assert shown["warnings"] == ["One value was not found in the document and was left out."]
    assert shown["document"]["pages"] == 3
    assert shown["cost"]["total_usd"] == "0.00275000000001"
    assert [attempt["cost_usd"] for attempt in shown["cost"]["attempts"]] == ["0.00000000000001", "0.00275"]
    assert shown["cost"]["attempts"][1] == {
        "client": "GPT4o",
        "function": "ExtractProfile",
        "model": "gpt-4o",
        "location": "hosted",
        "outcome": "ok",
        "input_tokens": 700,
        "cached_tokens": 0,
        "output_tokens": 100,
        "tokens_estimated": False,
        "cost_usd": "0.00275",
        "cost_basis": "per_token",
        "latency_ms": 1500,
        "error": None,
    }
    times = shown["timings"]
    assert all(times[key] is not None and times[key] >= 0 for key in ("queue_ms", "extraction_ms", "analysis_ms"))
    assert times["created_at"] <= times["started_at"] <= times["finished_at"]


@pytest.mark.parametrize(
    ("costs", "total", "unpriced"), [([None], None, 1), (["0.001", None], "0.001", 1), (["0"], "0", 0)]
)
def test_an_unpriced_attempt_is_never_counted_as_free(
    get: Callable[..., Any],
    tenant: Tenant,
    upload: Upload,
    pipeline: Pipeline,
    costs: list[str | None],
    total: str | None,
    unpriced: int,
) -> None:
    resume_id = upload(tenant)
    for cost in costs:
        pipeline.spend(resume_id, cost)
    shown = get(f"/v1/resumes/{resume_id}")["cost"]
    assert (shown["total_usd"], shown["unpriced_attempts"]) == (total, unpriced)


def test_a_failed_resume_gives_the_reason(
    get: Callable[..., Any], tenant: Tenant, upload: Upload, pipeline: Pipeline
) -> None:
    resume_id = upload(tenant)
    pipeline.fail(resume_id, EncryptedDocument("Save it without the password and upload it again."))
    shown = get(f"/v1/resumes/{resume_id}")
    assert shown["status"] == "failed"
    assert shown["problem"] == {
        "type": "/docs/problems/document_encrypted",
        "code": "document_encrypted",
        "title": "The document is password-protected",
        "detail": "Save it without the password and upload it again.",
    }
    assert shown["timings"]["extraction_ms"] is not None
    assert shown["timings"]["analysis_ms"] is None


def test_the_last_result_stays_while_a_reanalysis_runs_and_when_it_fails(
    client: TestClient, get: Callable[..., Any], tenant: Tenant, upload: Upload, pipeline: Pipeline
) -> None:
    resume_id = upload(tenant)
    pipeline.spend(resume_id, "0.001")
    pipeline.finish(resume_id)
    again = client.post(f"/v1/resumes/{resume_id}/reanalyse", headers=tenant.headers())
    assert again.status_code == 202
    assert again.json()["status"] == "queued"
    running = get(f"/v1/resumes/{resume_id}")
    assert (running["status"], running["analysis_number"], running["result_number"]) == ("queued", 2, 1)
    assert running["profile"] == PROFILE
    pipeline.spend(resume_id, "0.002")
    pipeline.fail(resume_id, EncryptedDocument("No."))
    failed = get(f"/v1/resumes/{resume_id}")
    assert (failed["status"], failed["profile"], failed["client"]) == ("failed", PROFILE, "LocalVLLM")
    assert failed["problem"]["code"] == "document_encrypted"
    assert failed["cost"]["total_usd"] == "0.003"


def test_a_resume_in_progress_cannot_be_analysed_again(client: TestClient, tenant: Tenant, upload: Upload) -> None:
    answer = client.post(f"/v1/resumes/{upload(tenant)}/reanalyse", headers=tenant.headers())
    assert answer.status_code == 409
    assert answer.json()["code"] == "conflict"


@pytest.mark.parametrize(
    "bad_id", ["nothing", "0b6f9d5e-6a51-4c1b-9d3f-2f9a7c1e8a40", "1", "%00", "4f6c1f0e-8f0b-4d1c-9a52"]
)
def test_an_unknown_or_malformed_id_is_not_found(client: TestClient, tenant: Tenant, bad_id: str) -> None:
    for method, suffix in (("GET", ""), ("GET", "/document"), ("POST", "/reanalyse"), ("DELETE", "")):
        answer = client.request(method, f"/v1/resumes/{bad_id}{suffix}", headers=tenant.headers())
        assert answer.status_code in {404, 405}
        assert answer.headers["content-type"] == "application/problem+json"


# --- the list ------------------------------------------------------------------------------------------------------


def test_pages_list_every_resume_once_the_newest_first(get: Callable[..., Any], tenant: Tenant, upload: Upload) -> None:
    ids = [upload(tenant, filename=f"{n}.txt") for n in range(7)]
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        page = get("/v1/resumes", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ids[::-1]
    assert cursor is None


def test_the_list_filters_by_status_and_searches_names_files_and_references(
    get: Callable[..., Any], tenant: Tenant, upload: Upload, pipeline: Pipeline
) -> None:
    done = upload(tenant, filename="application_varga.txt", reference="req-118")
    waiting = upload(tenant, filename="other.txt")
    pipeline.finish(done)

    def found(**params: Any) -> list[str]:
        return [item["id"] for item in get("/v1/resumes", **params)["items"]]

    assert found(status="done") == [done]
    assert found(status="queued") == [waiting]
    assert found(status="failed") == []
    assert found(q="ilse pyth") == [done]
    assert found(q="118") == [done]
    assert found(q="other") == [waiting]
    assert found(q="ilse nobody") == []
    assert found(q="") == [waiting, done]
    assert found(q="& | ! <-> :* '\"\\ \x00") == [waiting, done]
    item = get("/v1/resumes", status="done")["items"][0]
    assert (item["candidate_name"], item["client"], item["reference"]) == ("Ilse Varga", "LocalVLLM", "req-118")
    assert item["links"]["self"] == f"/v1/resumes/{done}"


def _cursor(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "params",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "many"},
        {"status": "finished"},
        {"q": "x" * 201},
        {"cursor": "x" * 201},
        {"cursor": "nonsense"},
        {"cursor": "é"},
        {"cursor": _cursor({})},
        {"cursor": _cursor(["2026-01-01T00:00:00+00:00", 5])},
        {"cursor": _cursor([5, str(uuid.uuid4())])},
        {"cursor": _cursor(["2026-01-01T00:00:00+00:00"])},
    ],
)
def test_a_wrong_parameter_of_the_list_is_an_invalid_request(
    client: TestClient, tenant: Tenant, params: dict[str, str]
) -> None:
    answer = client.get("/v1/resumes", headers=tenant.headers(), params=params)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"


# --- the file ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filename", "plain", "encoded"),
    [
        ("cv.txt", "cv.txt", "cv.txt"),
        ("the 'best' 100%.txt", "the 'best' 100_.txt", "the%20%27best%27%20100%25.txt"),
        ("résumé 履歴.txt", "r_sum_ __.txt", "r%C3%A9sum%C3%A9%20%E5%B1%A5%E6%AD%B4.txt"),
    ],
)
def test_the_original_comes_back_byte_for_byte_as_an_attachment(
    client: TestClient, tenant: Tenant, upload: Upload, filename: str, plain: str, encoded: str
) -> None:
    content = b"\xef\xbb\xbfIlse <script>alert(1)</script>\r\n"
    resume_id = upload(tenant, content, filename)
    answer = client.get(f"/v1/resumes/{resume_id}/document", headers=tenant.headers("read"))
    assert answer.content == content
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["content-disposition"] == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


def test_a_manually_removed_file_is_not_found(
    client: TestClient, tenant: Tenant, upload: Upload, parts: ApiParts
) -> None:
    resume_id = upload(tenant)
    for path in parts.settings.files_dir.rglob("*"):
        if path.is_file():
            path.unlink()
    answer = client.get(f"/v1/resumes/{resume_id}/document", headers=tenant.headers())
    assert answer.status_code == 404
    assert "file store" in answer.json()["detail"]


# --- exports -------------------------------------------------------------------------------------------------------


def test_a_profile_is_exported_in_each_format(
    client: TestClient, tenant: Tenant, upload: Upload, pipeline: Pipeline
) -> None:
    resume_id = upload(tenant, filename="ilse varga.pdf.txt")
    pipeline.finish(resume_id)
    address = f"/v1/resumes/{resume_id}/export"
    default = client.get(address, headers=tenant.headers("read"))
    assert default.headers["content-type"] == "application/json"
    assert 'filename="ilse varga.pdf.json"' in default.headers["content-disposition"]
    assert default.json()["basics"] == PROFILE["basics"]
    assert "evidence" not in default.json()
    assert client.get(address, headers=tenant.headers("read"), params={"format": "json-resume"}).text == default.text
    csv = client.get(address, headers=tenant.headers("read"), params={"format": "csv"})
    assert csv.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert [line.split(",")[1:3] for line in csv.text.splitlines()] == [
        ["filename", "name"],
        ["ilse varga.pdf.txt", "Ilse Varga"],
    ]
    markdown = client.get(address, headers=tenant.headers("read"), params={"format": "markdown"})
    assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
    assert markdown.text.startswith("# Ilse Varga")


def test_there_is_no_export_before_there_is_a_result(
    client: TestClient, tenant: Tenant, upload: Upload, pipeline: Pipeline
) -> None:
    waiting, failed = upload(tenant), upload(tenant)
    pipeline.fail(failed, EncryptedDocument("No."))
    for resume_id, says in ((waiting, "Wait"), (failed, "failed")):
        answer = client.get(f"/v1/resumes/{resume_id}/export", headers=tenant.headers())
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        assert says in answer.json()["detail"]
    wrong = client.get(f"/v1/resumes/{waiting}/export", headers=tenant.headers(), params={"format": "xml"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_request")


# --- erasing -------------------------------------------------------------------------------------------------------


def _stored_files(parts: ApiParts, tenant: Tenant) -> int:
    return sum(path.is_file() for path in (parts.settings.files_dir / str(tenant.id)).rglob("*"))


def test_an_erased_resume_is_deleted_everywhere_but_its_cost_remains(
    client: TestClient, tenant: Tenant, upload: Upload, pipeline: Pipeline, parts: ApiParts, database: Database
) -> None:
    resume_id = upload(tenant)
    pipeline.spend(resume_id, "0.5")
    pipeline.finish(resume_id)
    assert _stored_files(parts, tenant) == 1
    answer = client.delete(f"/v1/resumes/{resume_id}", headers=tenant.headers())
    assert (answer.status_code, answer.content) == (204, b"")
    assert _stored_files(parts, tenant) == 0
    for path in ("", "/document", "/events"):
        assert client.get(f"/v1/resumes/{resume_id}{path}", headers=tenant.headers()).status_code == 404
    assert client.get("/v1/resumes", headers=tenant.headers()).json()["items"] == []
    assert client.delete(f"/v1/resumes/{resume_id}", headers=tenant.headers()).status_code == 404
    with database.reading() as tx:
        assert tx.execute(sa.select(sa.func.count()).where(events.c.tenant_id == tenant.id)).scalar_one() == 0
        row = tx.execute(sa.select(model_attempts).where(model_attempts.c.tenant_id == tenant.id)).one()
    assert (row.resume_id, row.analysis_id, str(row.cost_usd.normalize())) == (None, None, "0.5")


def test_the_file_stays_while_another_resume_has_the_same_content(
    client: TestClient, tenant: Tenant, upload: Upload, parts: ApiParts
) -> None:
    first, second = upload(tenant, b"one person"), upload(tenant, b"one person")
    client.delete(f"/v1/resumes/{first}", headers=tenant.headers())
    assert client.get(f"/v1/resumes/{second}/document", headers=tenant.headers()).content == b"one person"
    assert client.get(f"/v1/resumes/{second}", headers=tenant.headers()).json()["duplicate_of"] is None
    client.delete(f"/v1/resumes/{second}", headers=tenant.headers())
    assert _stored_files(parts, tenant) == 0
