"""Every error is a problem (RFC 9457), whether from routes, validation, the framework, or a bug."""

import http.client
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from app.api.problems import STATUS_OF_CODE
from app.main import create_app
from app.wiring.api_parts import ApiParts
from tests.contract.api.conftest import BODY_BYTES, FAST, Tenant, make_parts

_MEMBERS = {"type", "title", "status", "detail", "code", "request_id"}
_NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


def check(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) >= _MEMBERS
    assert (body["status"], body["code"], body["type"]) == (status, code, f"/docs/problems/{code}")
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["title"]
    assert body["detail"]
    return body


@pytest.mark.parametrize("path", ["/nothing", "/v1/nothing", "/v1/resumes/", "/v1//resumes", "/docs/problems/nothing"])
def test_an_unknown_url_is_a_problem(client: TestClient, path: str) -> None:
    check(client.get(path), 404, "not_found")


def test_a_wrong_method_is_a_problem_that_lists_the_allowed_ones(client: TestClient, tenant: Tenant) -> None:
    answer = client.put("/v1/resumes", headers=tenant.headers())
    check(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["allow"] or "POST" in answer.headers["allow"]


def test_validation_names_each_field_and_repeats_no_input(client: TestClient, tenant: Tenant) -> None:
    answer = client.get("/v1/resumes", params={"limit": "Ilse Varga", "status": "Varga"}, headers=tenant.headers())
    body = check(answer, 422, "invalid_request")
    assert [error["field"] for error in body["errors"]] == ["status", "limit"]
    assert {error["in"] for error in body["errors"]} == {"query"}
    assert "Varga" not in answer.text


def test_a_body_that_is_not_json_is_a_problem(client: TestClient, tenant: Tenant) -> None:
    headers = {**tenant.headers("admin"), "Content-Type": "application/json"}
    for content in (b"{", b"\xff\xfe", b"[" * 100_000):
        check(client.post("/v1/keys", content=content, headers=headers), 422, "invalid_request")


# --- request ids and headers ---------------------------------------------------------------------------------------


def test_a_request_id_is_returned_or_created(client: TestClient) -> None:
    assert client.get("/healthz", headers={"X-Request-Id": "abc-1.2_3"}).headers["x-request-id"] == "abc-1.2_3"
    first, second = (client.get("/healthz").headers["x-request-id"] for _ in range(2))
    assert first != second


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>", "a\tb", "\xe9", "a;b"])
def test_a_strange_request_id_is_replaced(client: TestClient, given: str) -> None:
    answer = client.get("/nothing", headers={b"X-Request-Id": given.encode("latin-1")})  # pyright: ignore[reportArgumentType]
    assert check(answer, 404, "not_found")["request_id"] != given
    assert len(answer.headers["x-request-id"]) == 32


def test_responses_with_personal_data_are_not_cached(client: TestClient, tenant: Tenant) -> None:
    answer = client.get("/v1/resumes", headers=tenant.headers())
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


# --- internal failures ---------------------------------------------------------------------------------------------


def test_an_internal_error_reveals_no_details_and_is_logged_with_the_request_id(
    parts: ApiParts, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(parts, FAST)

    @app.get("/broken/{thing}")
    def broken(thing: str) -> None:
        raise RuntimeError(f"Ilse Varga's {thing} broke it")

    with caplog.at_level(logging.ERROR):
        answer = TestClient(app).get("/broken/private", headers={"X-Request-Id": "find-me"})
    body = check(answer, 500, "internal_error")
    assert "Varga" not in answer.text
    assert "private" not in answer.text
    assert body["request_id"] == "find-me"
    (record,) = [record for record in caplog.records if record.getMessage() == "request_crashed"]
    assert record.__dict__["fields"] == {"request_id": "find-me", "route": "/broken/{thing}"}


@pytest.fixture(scope="module")
def without_postgres(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    parts = make_parts(_NOWHERE, redis_url, tmp_path_factory.mktemp("nowhere"))
    with TestClient(create_app(parts, FAST)) as running:
        yield running


def test_without_postgres_the_response_is_503_with_retry_after(without_postgres: TestClient) -> None:
    for path in ("/v1/resumes", "/v1/events", "/v1/keys"):
        answer = without_postgres.get(path, headers={"Authorization": "Bearer vitae_x"})
        check(answer, 503, "dependency_unavailable")
        assert int(answer.headers["retry-after"]) > 0


def test_without_postgres_it_is_alive_but_not_ready(without_postgres: TestClient) -> None:
    assert without_postgres.get("/healthz").json() == {"status": "ok"}
    body = check(without_postgres.get("/readyz"), 503, "dependency_unavailable")
    assert "postgres" in body["detail"]
    assert body["checks"]["redis"] == body["checks"]["files"] == "ok"
    assert body["checks"]["postgres"] != "ok"
    metrics = without_postgres.get("/metrics").text
    assert "vitae_database_up 0.0" in metrics
    assert "vitae_resumes{" not in metrics


def test_without_redis_uploads_are_accepted_and_readyz_says_so(
    database_url: str, tenant: Tenant, tmp_path: Path
) -> None:
    parts = make_parts(database_url, "redis://127.0.0.1:1/0", tmp_path)
    with TestClient(create_app(parts, FAST)) as client:
        answer = client.post("/v1/resumes", headers=tenant.headers(), files=[("files", ("cv.txt", b"someone"))])
        assert answer.status_code == 202
        resume_id = answer.json()["resumes"][0]["id"]
        assert client.get(f"/v1/resumes/{resume_id}", headers=tenant.headers()).json()["status"] == "queued"
        body = check(client.get("/readyz"), 503, "dependency_unavailable")
        assert (body["checks"]["postgres"], body["checks"]["files"]) == ("ok", "ok")
        assert "Redis" in body["checks"]["redis"]


def test_a_file_store_that_cannot_write_gives_503_and_leaves_nothing_behind(
    database_url: str, redis_url: str, tenant: Tenant, tmp_path: Path
) -> None:
    parts = make_parts(database_url, redis_url, tmp_path)
    parts.settings.files_dir.write_text("a file where a folder should be")
    with TestClient(create_app(parts, FAST)) as client:
        answer = client.post("/v1/resumes", headers=tenant.headers(), files=[("files", ("cv.txt", b"someone"))])
        check(answer, 503, "dependency_unavailable")
        assert client.get("/v1/resumes", headers=tenant.headers()).json()["items"] == []
        assert client.get("/readyz").json()["checks"]["files"] != "ok"


# --- bodies that are too long, on a real socket --------------------------------------------------------------------


def _connect(served: str) -> http.client.HTTPConnection:
    address = urlsplit(served)
    assert address.hostname
    return http.client.HTTPConnection(address.hostname, address.port, timeout=20)


def _problem(response: http.client.HTTPResponse, code: str) -> dict[str, Any]:
    assert response.headers["content-type"] == "application/problem+json"
    body = json.loads(response.read())
    assert (body["status"], body["code"]) == (response.status, code)
    assert body["request_id"] == response.headers["x-request-id"]
    return body


def _begin(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> None:
    connection.putrequest("POST", path)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()


@pytest.mark.parametrize(("path", "limit"), [("/v1/resumes", BODY_BYTES), ("/v1/keys", 1024 * 1024)])
def test_an_announced_body_that_is_too_long_is_rejected_before_a_byte_is_sent(
    served: str, tenant: Tenant, path: str, limit: int
) -> None:
    connection = _connect(served)
    _begin(connection, path, {**tenant.headers("admin"), "Content-Length": str(limit + 1)})
    response = connection.getresponse()  # no byte of the body has been sent
    assert response.status == 413
    assert f"{limit:,}" in _problem(response, "payload_too_large")["detail"]
    connection.close()


def test_a_chunked_body_is_rejected_at_the_first_byte_over_the_limit(served: str, tenant: Tenant) -> None:
    connection = _connect(served)
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
    _begin(
        connection,
        "/v1/resumes",
        {**tenant.headers(), "Transfer-Encoding": "chunked", "Content-Type": "multipart/form-data; boundary=b"},
    )
    piece = b"x" * 65_536
    connection.send(b"%x\r\n%s\r\n" % (len(head), head))
    for _ in range(BODY_BYTES // len(piece) + 1):
        connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
    response = connection.getresponse()  # the last chunk has not been sent
    assert response.status == 413
    _problem(response, "payload_too_large")
    connection.close()


def test_a_client_that_sends_everything_first_still_reads_the_rejection(served: str, tenant: Tenant) -> None:
    connection = _connect(served)
    connection.request("POST", "/v1/keys", body=b"x" * (8 * 1024 * 1024), headers=tenant.headers("admin"))
    response = connection.getresponse()
    assert response.status == 413
    _problem(response, "payload_too_large")
    connection.close()


def test_a_client_that_waits_for_100_continue_is_spared_the_upload(served: str, tenant: Tenant) -> None:
    connection = _connect(served)
    headers = {**tenant.headers(), "Content-Length": str(BODY_BYTES + 1), "Expect": "100-continue"}
    _begin(connection, "/v1/resumes", headers)
    response = connection.getresponse()
    assert response.status == 413
    connection.close()


def test_a_body_just_below_the_limit_reaches_the_route(served: str, tenant: Tenant) -> None:
    connection = _connect(served)
    connection.request(
        "POST",
        "/v1/keys",
        body=b"[" + b" " * (1024 * 1024 - 2) + b"]",
        headers={**tenant.headers("admin"), "Content-Type": "application/json"},
    )
    response = connection.getresponse()
    assert response.status == 422
    _problem(response, "invalid_request")
    connection.close()


def test_a_client_that_disconnects_during_an_upload_does_not_affect_the_service(served: str, tenant: Tenant) -> None:
    connection = _connect(served)
    _begin(
        connection,
        "/v1/resumes",
        {**tenant.headers(), "Content-Length": "100000", "Content-Type": "multipart/form-data; boundary=b"},
    )
    connection.send(b"--b\r\nContent-Disposition: form-data")
    connection.close()
    again = _connect(served)
    again.request("GET", "/healthz")
    assert again.getresponse().status == 200
    again.close()


def test_every_code_has_its_page(client: TestClient) -> None:
    for code in STATUS_OF_CODE:
        page = client.get(f"/docs/problems/{code}")
        assert page.status_code == 200
        assert code in page.text
        assert code in client.get("/docs/problems").text
