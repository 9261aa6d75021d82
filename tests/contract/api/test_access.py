"""Permissions: every route of the OpenAPI document without a key, with other tenants' keys and with lesser scopes."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.wiring.api_parts import ApiParts
from tests.contract.api.conftest import Tenant
from tests.contract.api.pipeline import Pipeline

_PUBLIC = {"/healthz", "/readyz", "/metrics"}
# Routes that cannot refer to another tenant's objects, with a request that can succeed.
_OWN_ONLY: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/v1/resumes"): {"files": [("files", ("cv.txt", b"somebody"))]},
    ("POST", "/v1/clients/{name}/breaker"): {"json": {"action": "close"}},
    ("POST", "/v1/clients/{name}/drain"): {"json": {}},
    ("POST", "/v1/clients/{name}/warm-up"): {"json": {"endpoint": "nobody@http://127.0.0.1:9"}},
    ("POST", "/v1/webhooks"): {"json": {"url": "https://example.com/hook"}},
    ("POST", "/v1/webhooks/{webhook_id}/rotate"): {"json": {}},
    ("PATCH", "/v1/webhooks/{webhook_id}"): {"json": {"enabled": False}},
    ("POST", "/v1/webhooks/{webhook_id}/replay"): {"json": {"since": "2026-05-04T09:30:00Z"}},
    ("POST", "/v1/keys"): {"json": {"name": "n", "scopes": ["read"]}},
    ("POST", "/v1/matches"): {"json": {"description": "Process Engineer, Python"}},
    ("POST", "/v1/person/resumes"): {"json": {"email": "ilse@varga.example"}},
    ("POST", "/v1/person/export"): {"json": {"email": "ilse@varga.example"}},
}
# Routes about the whole service need the operator's key, not just an admin key (see tests/contract/costs).
_OPERATORS = ("/v1/costs/bills", "/v1/costs/reconciliation", "/v1/costs/prices", "/v1/batch")
# Routes that respond with 404 if there is nothing to return.
_NOTHING_YET = {"/v1/costs/token-lengths", "/v1/person/export"}
_RANK = {"read": 0, "write": 1, "admin": 2}


def _operations(client: TestClient) -> list[tuple[str, str, dict[str, Any]]]:
    paths = client.get("/openapi.json").json()["paths"]
    return [(method.upper(), path, spec) for path, item in paths.items() for method, spec in item.items()]


def _names_a_thing(path: str) -> bool:
    return "{" in path


def _address(path: str, resume_id: str, key_id: str = "0" * 32) -> str:
    filled = path.replace("{resume_id}", resume_id).replace("{key_id}", key_id).replace("{name}", "nobody")
    filled = filled.replace("{number}", "1")
    for name in ("price_id", "batch_id", "webhook_id", "delivery_id"):
        filled = filled.replace(f"{{{name}}}", "00000000-0000-4000-8000-000000000000")
    assert "{" not in filled, f"tell this test what belongs into {path}"
    return filled


def _is_the_operators(path: str) -> bool:
    return path.startswith(_OPERATORS)


def _is_stream(path: str) -> bool:
    return path == "/v1/events"


def _own_key_id(client: TestClient, tenant: Tenant) -> str:
    return client.get("/v1/keys", headers=tenant.headers("admin")).json()["items"][0]["id"]


def test_every_route_except_the_three_public_ones_requires_a_scope(client: TestClient) -> None:
    for method, path, spec in _operations(client):
        if path in _PUBLIC:
            assert not spec.get("security"), path
        else:
            assert spec["x-vitae-scope"] in _RANK, (method, path)
            assert spec["security"] == [{"api key": []}], (method, path)
            assert {"401", "403"} <= set(spec["responses"]), (method, path)


@pytest.mark.parametrize(
    ("authorization", "says"),
    [
        (None, "Bearer realm"),
        ("", "Bearer realm"),
        ("Bearer", "Bearer realm"),
        ("Basic dml0YWU6", "Bearer realm"),
        ("Bearer vitae_unknown", "invalid_token"),
        ("Bearer " + "k" * 5000, "invalid_token"),
        ("Bearer \xff\xfe", "invalid_token"),
    ],
)
def test_without_a_valid_key_every_route_answers_401(
    client: TestClient, tenant: Tenant, upload: Callable[..., str], authorization: str | None, says: str
) -> None:
    resume_id = upload(tenant)
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
    for method, path, _ in _operations(client):
        if path in _PUBLIC:
            continue
        answer = client.request(method, _address(path, resume_id), headers=headers)  # pyright: ignore[reportArgumentType]
        assert answer.status_code == 401, (method, path)
        assert answer.json()["code"] == "unauthenticated"
        assert says in answer.headers["www-authenticate"]
        assert answer.headers["content-type"] == "application/problem+json"


def test_nobody_sees_or_changes_anything_of_another_tenant(
    client: TestClient, tenant: Tenant, other: Tenant, upload: Callable[..., str], pipeline: Pipeline
) -> None:
    """Covers the complete route table, so that a new route cannot be forgotten."""
    filename = "private-to-one-tenant.txt"
    resume_id = upload(tenant, filename=filename)
    pipeline.finish(resume_id)
    key_id = _own_key_id(client, tenant)
    before = client.get(f"/v1/resumes/{resume_id}", headers=tenant.headers()).json()
    own = re.compile("|".join((resume_id, key_id, filename, str(tenant.id), "Varga")))
    for method, path, _ in _operations(client):
        if _is_stream(path):
            continue  # never ends; covered by test_events
        answer = client.request(
            method,
            _address(path, resume_id, key_id),
            headers=other.headers("admin"),
            **_OWN_ONLY.get((method, path), {}),
        )
        if _is_the_operators(path):
            assert answer.status_code in {403, 404, 422}, (method, path, answer.text)
        elif _names_a_thing(path):
            assert answer.status_code == 404, (method, path, answer.text)
            assert "Varga" not in answer.text
        else:
            assert answer.status_code < 300 or path in _NOTHING_YET, (method, path, answer.text)
            assert not own.search(answer.text), (method, path)
    assert client.get(f"/v1/resumes/{resume_id}", headers=tenant.headers()).json() == before
    assert client.get("/v1/keys", headers=tenant.headers("admin")).json()["items"][0]["revoked_at"] is None


def test_another_tenants_resume_looks_exactly_like_a_missing_one(
    client: TestClient, tenant: Tenant, other: Tenant, upload: Callable[..., str]
) -> None:
    foreign = upload(tenant)
    missing = upload(other)
    client.delete(f"/v1/resumes/{missing}", headers=other.headers())
    answers = []
    for resume_id in (foreign, missing):
        answer = client.get(f"/v1/resumes/{resume_id}", headers=other.headers())
        body = {key: value for key, value in answer.json().items() if key != "request_id"}
        answers.append((answer.status_code, json.dumps(body).replace(resume_id, "ID")))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("scope", ["read", "write", "admin"])
def test_a_key_opens_exactly_the_routes_of_its_scope(
    client: TestClient, tenant: Tenant, upload: Callable[..., str], scope: str
) -> None:
    resume_id = upload(tenant)
    for method, path, spec in _operations(client):
        needed = spec.get("x-vitae-scope")
        if needed is None or (_is_stream(path) and _RANK[scope] >= _RANK[needed]):
            continue
        # A missing id: an allowed request gets 404 and changes nothing.
        address = _address(path, "00000000-0000-4000-8000-000000000000")
        answer = client.request(method, address, headers=tenant.headers(scope), **_OWN_ONLY.get((method, path), {}))
        if _is_the_operators(path) and scope == "admin":
            assert answer.status_code in {200, 403, 404, 422}, (method, path, answer.text)
        elif _RANK[scope] >= _RANK[needed]:
            assert answer.status_code not in {401, 403}, (method, path, answer.text)
        else:
            assert answer.status_code == 403, (method, path, answer.text)
            assert answer.json()["code"] == "forbidden"
            assert f'scope="{needed}"' in answer.headers["www-authenticate"]
    assert client.get(f"/v1/resumes/{resume_id}", headers=tenant.headers()).status_code == 200


def test_a_revoked_key_stops_working_at_once(client: TestClient, tenant: Tenant) -> None:
    made = client.post("/v1/keys", headers=tenant.headers("admin"), json={"name": "short lived", "scopes": ["read"]})
    headers = {"Authorization": f"Bearer {made.json()['key']}"}
    assert client.get("/v1/resumes", headers=headers).status_code == 200
    assert client.delete(f"/v1/keys/{made.json()['id']}", headers=tenant.headers("admin")).status_code == 204
    assert client.get("/v1/resumes", headers=headers).status_code == 401


def test_a_request_without_a_key_is_rejected_before_the_body_is_read(client: TestClient, parts: ApiParts) -> None:
    """The files of an upload without a key must not be written to disk first."""
    read = 0

    def body() -> Any:
        nonlocal read
        for _ in range(20):
            read += 1
            yield b"x" * 1000

    answer = client.post("/v1/resumes", content=body(), headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 401
    parts.notices.check()


# --- keys ----------------------------------------------------------------------------------------------------------


def test_a_new_key_works_and_is_shown_once(client: TestClient, tenant: Tenant) -> None:
    admin = tenant.headers("admin")
    made = client.post("/v1/keys", headers=admin, json={"name": " tracking ", "scopes": ["write", "write"]})
    assert made.status_code == 201
    body = made.json()
    assert (body["name"], body["scopes"]) == ("tracking", ["write"])
    assert body["key"].startswith(body["prefix"])
    listed = client.get("/v1/keys", headers=admin)
    assert body["key"] not in listed.text
    (item,) = [item for item in listed.json()["items"] if item["id"] == body["id"]]
    assert item == {key: item[key] for key in ("id", "name", "prefix", "scopes", "created_at", "revoked_at")}
    assert (item["name"], item["revoked_at"]) == ("tracking", None)
    assert client.get("/v1/resumes", headers={"Authorization": f"bearer {body['key']}"}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "", "scopes": ["read"]},
        {"name": "   ", "scopes": ["read"]},
        {"name": "n" * 101, "scopes": ["read"]},
        {"name": "n", "scopes": []},
        {"name": "n", "scopes": ["root"]},
        {"name": "n", "scopes": ["read"], "tenant_id": "x"},
        {"name": "a\x00b", "scopes": ["read"]},
        [],
        None,
    ],
)
def test_a_key_needs_a_name_and_known_scopes(client: TestClient, tenant: Tenant, body: Any) -> None:
    answer = client.post("/v1/keys", headers=tenant.headers("admin"), json=body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_request"


def test_the_last_admin_key_cannot_be_revoked(client: TestClient, tenant: Tenant) -> None:
    admin = tenant.headers("admin")
    (own,) = [key for key in client.get("/v1/keys", headers=admin).json()["items"] if "admin" in key["scopes"]]
    refused = client.delete(f"/v1/keys/{own['id']}", headers=admin)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    client.post("/v1/keys", headers=admin, json={"name": "second", "scopes": ["admin"]})
    assert client.delete(f"/v1/keys/{own['id']}", headers=admin).status_code == 204
    assert client.get("/v1/keys", headers=admin).status_code == 401


def test_a_missing_key_cannot_be_revoked(client: TestClient, tenant: Tenant) -> None:
    for key_id in ("00000000-0000-4000-8000-000000000000", "nonsense"):
        assert client.delete(f"/v1/keys/{key_id}", headers=tenant.headers("admin")).status_code == 404


def test_every_route_refuses_a_query_parameter_it_does_not_know(client: TestClient, tenant: Tenant) -> None:
    for method, path, _ in _operations(client):
        if path in _PUBLIC:
            continue
        answer = client.request(method, f"{_address(path, '0' * 32)}?nonsense=1", headers=tenant.headers("admin"))
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), (method, path)
        assert "`nonsense`" in answer.json()["detail"]
