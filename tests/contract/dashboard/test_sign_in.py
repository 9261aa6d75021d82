"""One-time links, sessions that end, and the permissions of a session."""

import re
import uuid
from collections.abc import Callable

import psycopg
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.dashboard.rendering import CONTENT_SECURITY_POLICY
from app.dashboard.return_path import sign_in_address
from app.storage.engine import Database
from tests.contract.api.conftest import Tenant

Browser = Callable[..., TestClient]


def _csrf(visitor: TestClient) -> str:
    found = re.search(r'data-csrf="([0-9a-f]{64})"', visitor.get("/candidates").text)
    assert found is not None
    return found[1]


def _link(client: TestClient, tenant: Tenant, scope: str = "admin") -> str:
    answer = client.post("/v1/sign-in-links", headers=tenant.headers(scope))
    assert answer.status_code == 201
    return answer.json()["path"]


def test_the_start_page_redirects_to_sign_in_and_then_to_the_candidates(
    app: FastAPI, browser: Browser, tenant: Tenant
) -> None:
    with TestClient(app, follow_redirects=False) as stranger:
        assert stranger.get("/").headers["location"] == "/sign-in"
        assert re.search(r"<code>\S*vitae open</code>", stranger.get("/sign-in").text)
    assert browser(tenant).get("/").headers["location"] == "/candidates"


@pytest.mark.parametrize(
    "path",
    [
        "/candidates",
        "/candidates/rows?id=0b6f9d5e-6a51-4c1b-9d3f-2f9a7c1e8a40",
        "/upload",
        "/match",
        "/costs",
        "/system",
    ],
)
def test_no_page_opens_without_a_session(client: TestClient, path: str) -> None:
    answer = client.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, sign_in_address(path))
    headers = {"X-Part": "#results", "X-Page-URL": "http://testserver/costs?days=7"}
    fragment = client.get(path, headers=headers, follow_redirects=False)
    assert (fragment.status_code, fragment.headers["x-sign-in"]) == (401, "/sign-in?next=%2Fcosts%3Fdays%3D7")


def test_a_link_works_once(app: FastAPI, client: TestClient, tenant: Tenant) -> None:
    path = _link(client, tenant)
    with TestClient(app, follow_redirects=False) as first, TestClient(app, follow_redirects=False) as second:
        answer = first.get(path)
        assert answer.status_code == 303
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "secure" not in cookie
        assert second.get(path).status_code == 401
        assert "set-cookie" not in second.get(path).headers


def test_with_tls_the_cookie_is_secure(app: FastAPI, client: TestClient, tenant: Tenant) -> None:
    with TestClient(app, base_url="https://vitae.example", follow_redirects=False) as visitor:
        assert "; secure" in visitor.get(_link(client, tenant)).headers["set-cookie"].lower()


def test_a_link_expires(client: TestClient, tenant: Tenant, database_url: str) -> None:
    path = _link(client, tenant)
    with psycopg.connect(database_url) as connection:
        connection.execute("update sign_in_links set expires_at = now() - interval '1 second'")
    assert client.get(path, follow_redirects=False).status_code == 401


def test_a_session_expires(browser: Browser, tenant: Tenant, database_url: str) -> None:
    visitor = browser(tenant)
    with psycopg.connect(database_url) as connection:
        connection.execute("update sessions set expires_at = now() - interval '1 second'")
    assert visitor.get("/candidates").status_code == 303
    assert visitor.get("/v1/resumes").status_code == 401


def test_a_link_from_another_site_does_not_sign_anybody_in(app: FastAPI, client: TestClient, tenant: Tenant) -> None:
    path = _link(client, tenant)
    with TestClient(app, follow_redirects=False) as visitor:
        asked = visitor.get(path, headers={"Sec-Fetch-Site": "cross-site"})
        assert (asked.status_code, "set-cookie" in asked.headers) == (200, False)
        assert visitor.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert visitor.post(path, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_neither_link_nor_session_is_stored_in_the_database(
    browser: Browser, client: TestClient, tenant: Tenant, database_url: str
) -> None:
    token = _link(client, tenant).rsplit("/", 1)[1]
    secret = browser(tenant).cookies["vitae_session"]
    with psycopg.connect(database_url) as connection:
        rows = [
            row for table in (b"sign_in_links", b"sessions") for row in connection.execute(b"select * from " + table)
        ]
    assert rows
    for row in rows:
        assert token.encode() not in str(row).encode()
        assert secret.encode() not in str(row).encode()


def test_a_change_needs_the_csrf_token_of_its_session(
    browser: Browser, tenant: Tenant, other: Tenant, upload: Callable[..., str]
) -> None:
    visitor, address = browser(tenant), f"/v1/resumes/{upload(tenant)}"
    assert visitor.get(address).status_code == 200
    assert visitor.delete(address).status_code == 403
    assert visitor.delete(address, headers={"X-CSRF-Token": _csrf(browser(other))}).status_code == 403
    assert visitor.delete(address, headers={b"X-CSRF-Token": "é".encode()}).status_code == 403
    assert visitor.delete(address, headers={"X-CSRF-Token": _csrf(visitor)}).status_code == 204


def test_signing_out_ends_the_session_on_the_server(browser: Browser, app: FastAPI, tenant: Tenant) -> None:
    visitor = browser(tenant)
    secret = visitor.cookies["vitae_session"]
    assert visitor.post("/sign-out", data={"csrf": "0" * 64}).status_code == 403
    assert visitor.get("/candidates").status_code == 200
    assert visitor.post("/sign-out", data={"csrf": _csrf(visitor)}).status_code == 303
    with TestClient(app, cookies={"vitae_session": secret}, follow_redirects=False) as thief:
        assert thief.get("/candidates").status_code == 303


def test_a_session_ends_with_its_key(browser: Browser, client: TestClient, tenant: Tenant) -> None:
    visitor = browser(tenant, "read")
    keys = client.get("/v1/keys", headers=tenant.headers("admin")).json()["items"]
    key_id = next(key["id"] for key in keys if key["scopes"] == ["read"])
    assert visitor.get("/candidates").status_code == 200
    assert client.delete(f"/v1/keys/{key_id}", headers=tenant.headers("admin")).status_code == 204
    assert visitor.get("/candidates").status_code == 303


def test_a_session_has_the_scopes_of_its_key(browser: Browser, tenant: Tenant, upload: Callable[..., str]) -> None:
    reader, address = browser(tenant, "read"), f"/v1/resumes/{upload(tenant)}"
    token = {"X-CSRF-Token": _csrf(reader)}
    assert 'href="/upload"' not in reader.get("/candidates").text
    assert 'id="delete"' not in reader.get(address.replace("/v1/resumes", "/candidates")).text
    assert reader.get("/upload").status_code == 403
    assert reader.delete(address, headers=token).status_code == 403
    assert reader.post("/v1/keys", json={"name": "n", "scopes": ["admin"]}, headers=token).status_code == 403


def test_a_session_does_not_make_a_wrong_key_valid(browser: Browser, tenant: Tenant) -> None:
    assert browser(tenant).get("/v1/resumes", headers={"Authorization": "Bearer vitae_wrong"}).status_code == 401


def test_one_tenant_sees_nothing_of_another(
    browser: Browser, tenant: Tenant, other: Tenant, upload: Callable[..., str], database: Database
) -> None:
    resume_id = upload(tenant, filename="ilse-varga-secret.txt")
    stranger = browser(other)
    assert "ilse-varga-secret" in browser(tenant).get(f"/candidates/rows?id={resume_id}").text
    assert "ilse-varga-secret" not in stranger.get(f"/candidates/rows?id={resume_id}").text
    assert "ilse-varga-secret" not in stranger.get("/candidates").text
    foreign, unknown = stranger.get(f"/candidates/{resume_id}"), stranger.get(f"/candidates/{uuid.uuid4()}")
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert "ilse-varga-secret" not in foreign.text


def test_every_page_has_a_strict_policy_and_no_inline_script(
    browser: Browser, tenant: Tenant, upload: Callable[..., str]
) -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    visitor, resume_id = browser(tenant), upload(tenant)
    for path in (
        "/candidates",
        f"/candidates/{resume_id}",
        "/upload",
        "/match",
        "/costs",
        "/system",
        "/candidates/nothing",
    ):
        page = visitor.get(path)
        assert page.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert page.headers["cache-control"] == "no-store"
        assert not re.search(r"<[^>]+\s(?:on\w+|style)=", page.text), path
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page.text), path
        for script in re.findall(r"<script\b[^>]*>", page.text):
            assert "src=" in script or "application/json" in script


def test_assets_have_types_that_browsers_run(client: TestClient) -> None:
    for path in ("page.js", "document_pages.js"):
        answer = client.get(f"/static/{path}")
        assert answer.headers["content-type"].startswith("text/javascript"), path
        assert answer.headers["cache-control"] == "public, no-cache"
    assert "immutable" in client.get("/static/page.js?v=1").headers["cache-control"]
    assert client.get("/static/../rendering.py").status_code == 404
