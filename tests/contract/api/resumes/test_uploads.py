"""`POST /v1/resumes`: accepted files are safe once 202 is returned, and rejected ones are reported one by one."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app.storage.engine import Database
from app.storage.tables import analyses as analyses_table
from app.storage.tables import resumes as resumes_table
from app.wiring.api_parts import ApiParts
from tests.contract.api.conftest import UPLOAD_BYTES, Tenant

File = tuple[str, tuple[str, bytes]]


def _text(marker: str = "") -> bytes:
    return f"Ilse Varga\nProcess Engineer {marker or uuid.uuid4()}\n".encode()


def _file(name: str, content: bytes | None = None) -> File:
    return ("files", (name, _text() if content is None else content))


def _count(database: Database, tenant: Tenant) -> int:
    with database.reading() as tx:
        return tx.execute(
            sa.select(sa.func.count()).where(resumes_table.c.tenant_id == tenant.id).select_from(resumes_table)
        ).scalar_one()


def _post(
    client: TestClient, tenant: Tenant, files: list[File], headers: dict[str, str] | None = None, **data: str
) -> Any:
    return client.post("/v1/resumes", headers={**tenant.headers(), **(headers or {})}, files=files, data=data)


def test_one_file_is_accepted_and_queued_in_postgres(client: TestClient, tenant: Tenant, database: Database) -> None:
    answer = _post(client, tenant, [_file("ilse varga.txt")], reference="req-7", privacy="local_only", priority="batch")
    assert answer.status_code == 202
    (entry,) = answer.json()["resumes"]
    resume_id = entry["id"]
    assert entry == {
        "id": resume_id,
        "filename": "ilse varga.txt",
        "status": "queued",
        "duplicate_of": None,
        "links": {
            "self": f"/v1/resumes/{resume_id}",
            "events": f"/v1/resumes/{resume_id}/events",
            "document": f"/v1/resumes/{resume_id}/document",
        },
    }
    shown = client.get(entry["links"]["self"], headers=tenant.headers()).json()
    assert (shown["reference"], shown["privacy"], shown["priority"]) == ("req-7", "local_only", "batch")
    with database.reading() as tx:
        row = tx.execute(sa.select(analyses_table).where(analyses_table.c.resume_id == uuid.UUID(resume_id))).one()
    assert (row.status, row.privacy, row.priority) == ("queued", "local_only", "batch")


def test_a_message_with_only_the_id_is_on_the_queue(client: TestClient, tenant: Tenant, parts: ApiParts) -> None:
    before = parts.notices.queue_length("extraction")
    _post(client, tenant, [_file("a.txt"), _file("b.txt")])
    assert before is not None
    assert parts.notices.queue_length("extraction") == before + 2


def test_entries_are_in_the_order_of_the_files_and_a_bad_file_does_not_affect_the_others(
    client: TestClient, tenant: Tenant
) -> None:
    answer = _post(client, tenant, [_file("one.txt"), _file("empty.pdf", b""), _file("three.txt")])
    assert answer.status_code == 202
    first, second, third = answer.json()["resumes"]
    assert (first["filename"], third["filename"]) == ("one.txt", "three.txt")
    assert set(second) == {"filename", "problem"}
    assert second["filename"] == "empty.pdf"
    assert second["problem"]["code"] == "empty_file"
    assert second["problem"]["status"] == 422
    assert second["problem"]["type"] == "/docs/problems/empty_file"


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "empty_file"),
        (b"x" * (UPLOAD_BYTES + 1), 413, "file_too_large"),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00" + bytes(200), 415, "unsupported_file_type"),
    ],
)
def test_a_single_bad_file_gives_its_own_problem(
    client: TestClient, tenant: Tenant, database: Database, content: bytes, status: int, code: str
) -> None:
    answer = _post(client, tenant, [_file("bad.bin", content)])
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert _count(database, tenant) == 0


def test_a_file_of_exactly_the_limit_is_accepted(client: TestClient, tenant: Tenant) -> None:
    assert _post(client, tenant, [_file("full.txt", b"a" * UPLOAD_BYTES)]).status_code == 202


def test_if_all_files_are_bad_the_response_lists_each_reason(client: TestClient, tenant: Tenant) -> None:
    answer = _post(client, tenant, [_file("a.pdf", b""), _file("b.txt", b"y" * (UPLOAD_BYTES + 1))])
    assert answer.status_code == 422
    body = answer.json()
    assert body["code"] == "no_file_accepted"
    assert [(e["filename"], e["code"]) for e in body["errors"]] == [
        ("a.pdf", "empty_file"),
        ("b.txt", "file_too_large"),
    ]


def test_fifty_files_are_accepted(client: TestClient, tenant: Tenant, database: Database) -> None:
    answer = _post(client, tenant, [_file(f"{n}.txt") for n in range(50)])
    assert answer.status_code == 202
    assert [entry["filename"] for entry in answer.json()["resumes"]] == [f"{n}.txt" for n in range(50)]
    assert _count(database, tenant) == 50


@pytest.mark.parametrize("count", [51, 400])
def test_more_than_fifty_files_are_rejected_and_nothing_is_stored(
    client: TestClient, tenant: Tenant, database: Database, count: int
) -> None:
    answer = _post(client, tenant, [_file(f"{n}.txt") for n in range(count)])
    assert answer.status_code == 422
    assert answer.json()["code"] == "too_many_files"
    assert "50" in answer.json()["detail"]
    assert _count(database, tenant) == 0


def test_the_same_bytes_again_are_a_new_resume_that_refers_to_the_first(client: TestClient, tenant: Tenant) -> None:
    content = _text()
    first = _post(client, tenant, [_file("a.txt", content)]).json()["resumes"][0]
    second = _post(client, tenant, [_file("b.txt", content)]).json()["resumes"][0]
    assert second["id"] != first["id"]
    assert (first["duplicate_of"], second["duplicate_of"]) == (None, first["id"])


def test_a_retry_with_the_same_key_gets_the_same_resumes(
    client: TestClient, tenant: Tenant, database: Database
) -> None:
    files = [_file("a.txt", _text("a")), _file("none.txt", b""), _file("c.txt", _text("c"))]
    key = {"Idempotency-Key": "upload 17"}
    first = _post(client, tenant, files, key, reference="r")
    again = _post(client, tenant, files, key, reference="r")
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    assert _count(database, tenant) == 2


def test_two_simultaneous_requests_with_the_same_key_create_one_resume(
    client: TestClient, tenant: Tenant, database: Database
) -> None:
    content = _text()
    answers: list[Any] = []
    barrier = threading.Barrier(4)

    def send() -> None:
        barrier.wait()
        answers.append(_post(client, tenant, [_file("a.txt", content)], {"Idempotency-Key": "k"}))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [202] * 4
    assert len({answer.json()["resumes"][0]["id"] for answer in answers}) == 1
    assert _count(database, tenant) == 1


def test_a_retry_of_a_rejected_upload_is_rejected_in_the_same_way(client: TestClient, tenant: Tenant) -> None:
    first, again = (_post(client, tenant, [_file("a.pdf", b"")], {"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (422, 422)
    assert {**first.json(), "request_id": ""} == {**again.json(), "request_id": ""}


@pytest.mark.parametrize("change", ["content", "field"])
def test_a_key_cannot_be_used_for_another_request(
    client: TestClient, tenant: Tenant, database: Database, change: str
) -> None:
    _post(client, tenant, [_file("a.txt", b"one person")], {"Idempotency-Key": "k"})
    other = _post(
        client,
        tenant,
        [_file("a.txt", b"another person" if change == "content" else b"one person")],
        {"Idempotency-Key": "k"},
        reference="new" if change == "field" else "",
    )
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_conflict"
    assert _count(database, tenant) == 1


def test_the_same_key_of_two_tenants_are_two_requests(client: TestClient, tenant: Tenant, other: Tenant) -> None:
    content = _text()
    answers = [_post(client, who, [_file("a.txt", content)], {"Idempotency-Key": "k"}) for who in (tenant, other)]
    first, second = (answer.json()["resumes"][0] for answer in answers)
    assert first["id"] != second["id"]
    assert second["duplicate_of"] is None


@pytest.mark.parametrize("key", ["", "k" * 256, "tab\there"])
def test_an_unusable_key_is_rejected(client: TestClient, tenant: Tenant, key: str) -> None:
    answer = _post(client, tenant, [_file("a.txt")], {"Idempotency-Key": key})
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"privacy": "secret"}, "privacy"),
        ({"priority": "urgent"}, "priority"),
        ({"reference": "r" * 201}, "reference"),
        ({"reference": "a\x00b"}, "reference"),
    ],
)
def test_a_wrong_field_is_reported_and_nothing_is_stored(
    client: TestClient, tenant: Tenant, database: Database, fields: dict[str, str], field: str
) -> None:
    answer = _post(client, tenant, [_file("a.txt")], None, **fields)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"
    assert f"`{field}`" in answer.json()["detail"]
    assert "secret" not in answer.text
    assert _count(database, tenant) == 0


@pytest.mark.parametrize(
    "request_parts",
    [
        {"json": {"files": []}},
        {"data": {"privacy": "any"}},
        {"data": {"files": "text, not a file"}},
        {"files": [("file", ("a.txt", b"x"))]},
        {"content": b"%PDF-1.7", "headers": {"Content-Type": "application/pdf"}},
        {},
    ],
)
def test_an_upload_without_files_says_what_to_send(
    client: TestClient, tenant: Tenant, request_parts: dict[str, Any]
) -> None:
    headers = {**tenant.headers(), **request_parts.get("headers", {})}
    arguments: Any = {**request_parts, "headers": headers}
    answer = client.post("/v1/resumes", **arguments)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"
    assert "`files`" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"),
        (b"--x", "multipart/form-data"),
        (
            b'--x\r\nContent-Disposition: form-data; name="reference"\r\n\r\n\xff\xfe\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--x--\r\n", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="reference"\r\n\r\n' + b"r" * 40_000 + b"\r\n--x--\r\n",
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_a_broken_multipart_body_is_an_invalid_request(
    client: TestClient, tenant: Tenant, body: bytes, content_type: str
) -> None:
    answer = client.post("/v1/resumes", content=body, headers={**tenant.headers(), "Content-Type": content_type})
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\ilse\\cv.txt", "cv.txt"),
        ("résumé 履歴書.txt", "résumé 履歴書.txt"),
        ("x" * 300 + ".txt", ("x" * 300 + ".txt")[-255:]),
    ],
)
def test_a_filename_is_stored_without_its_path(client: TestClient, tenant: Tenant, sent: str, kept: str) -> None:
    assert _post(client, tenant, [_file(sent)]).json()["resumes"][0]["filename"] == kept


def test_two_files_with_the_same_name_are_distinguished_by_their_position(client: TestClient, tenant: Tenant) -> None:
    entries = _post(client, tenant, [_file("cv.txt"), _file("cv.txt")]).json()["resumes"]
    assert len({entry["id"] for entry in entries}) == 2


def test_a_single_file_with_only_its_bytes_is_accepted(
    client: TestClient, tenant: Tenant, upload: Callable[..., str]
) -> None:
    shown = client.get(f"/v1/resumes/{upload(tenant)}", headers=tenant.headers("read")).json()
    assert (shown["privacy"], shown["priority"], shown["reference"]) == ("any", "interactive", None)
