"""A deep link without a session, a session that has ended, and a wrong address: what a browser is shown."""

from collections.abc import Callable

import psycopg
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.dashboard.return_path import local_path, sign_in_address
from tests.contract.api.conftest import Tenant

Browser = Callable[..., TestClient]
AS_BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def link(client: TestClient, tenant: Tenant) -> str:
    return client.post("/v1/sign-in-links", headers=tenant.headers()).json()["path"]


def test_the_start_page_needs_no_return_path() -> None:
    assert sign_in_address("/candidates") == "/sign-in"
    assert sign_in_address("/costs?days=7") == "/sign-in?next=%2Fcosts%3Fdays%3D7"
    assert sign_in_address("//evil.example") == sign_in_address(None) == "/sign-in"


@pytest.mark.parametrize(
    "path", ["/candidates", "/candidates?q=python%20berlin&status=done", "/system", "/v1/resumes/1/document"]
)
def test_a_path_of_this_service_is_where_one_returns(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "candidates",
        "//evil.example/x",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "/sign-in/token",
        "/sign-out",
        "/kandidaten-ä",
        "/" + "x" * 2000,
    ],
)
def test_no_other_path_is(path: str, client: TestClient) -> None:
    assert local_path(path) is None
    answer = client.get("/sign-in", params={"next": path})
    assert answer.status_code == 200
    assert "vitae_next" not in answer.headers.get("set-cookie", "")


def test_a_deep_link_is_opened_after_signing_in(app: FastAPI, client: TestClient, tenant: Tenant) -> None:
    wanted = "/candidates?q=python%20berlin&status=done"
    with TestClient(app, follow_redirects=False) as visitor:
        address = visitor.get(wanted).headers["location"]
        page = visitor.get(address)
        assert "Sign in to open this page." in page.text
        assert "session has ended" not in page.text
        answer = visitor.get(link(client, tenant))  # opened by itself, in the same browser
        assert answer.headers["location"] == wanted
        assert "vitae_next" not in visitor.cookies
        assert visitor.get(address).headers["location"] == wanted, "the tab that still shows the sign-in page"


def test_a_session_that_has_ended_says_so_and_returns(
    browser: Browser, client: TestClient, tenant: Tenant, database_url: str
) -> None:
    visitor = browser(tenant)
    with psycopg.connect(database_url) as connection:
        connection.execute("update sessions set expires_at = now() - interval '1 second'")
    page = visitor.get(visitor.get("/costs?days=7").headers["location"])
    assert "Your session has ended." in page.text
    assert visitor.get(link(client, tenant)).headers["location"] == "/costs?days=7"
    assert visitor.get("/costs?days=7").status_code == 200


def test_a_cookie_of_the_path_cannot_lead_elsewhere(app: FastAPI, client: TestClient, tenant: Tenant) -> None:
    for planted in ("//evil.example", "https://evil.example", "%2F%2Fevil.example", "/%09/evil.example"):
        with TestClient(app, cookies={"vitae_next": planted}, follow_redirects=False) as visitor:
            assert visitor.get(link(client, tenant)).headers["location"] == "/candidates"


def test_signing_out_is_no_session_that_has_ended(browser: Browser, tenant: Tenant) -> None:
    visitor = browser(tenant)
    token = visitor.get("/candidates").text.split('data-csrf="')[1][:64]
    assert visitor.post("/sign-out", data={"csrf": token}).headers["location"] == "/sign-in"
    assert "session has ended" not in visitor.get("/sign-in").text


@pytest.mark.parametrize("path", ["/no/such/page", "/docs/problems/none", "/candidates/", "/static/none.js"])
def test_a_wrong_address_is_a_page_in_a_browser_and_a_problem_for_a_program(client: TestClient, path: str) -> None:
    page = client.get(path, headers=AS_BROWSER)
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "Accept" in page.headers["vary"]
    assert "Not found" in page.text
    for accept in ("*/*", "application/json", "application/problem+json, text/html;q=0.5"):
        problem = client.get(path, headers={"Accept": accept})
        assert problem.status_code == 404
        assert problem.headers["content-type"] == "application/problem+json"
        assert problem.json()["code"] == "not_found"
    assert client.post(path, headers=AS_BROWSER).headers["content-type"] == "application/problem+json"


def test_a_file_that_is_gone_is_a_page_in_a_browser(browser: Browser, tenant: Tenant) -> None:
    path = "/v1/resumes/0b6f9d5e-6a51-4c1b-9d3f-2f9a7c1e8a40/document"
    gone = browser(tenant).get(path, headers=AS_BROWSER)
    assert (gone.status_code, gone.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_an_api_address_in_a_browser_without_a_session_leads_to_signing_in(client: TestClient, tenant: Tenant) -> None:
    answer = client.get("/v1/resumes?status=done", headers=AS_BROWSER, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fv1%2Fresumes%3Fstatus%3Ddone")
    wrong_key = client.get("/v1/resumes", headers={**AS_BROWSER, "Authorization": "Bearer vitae_wrong"})
    assert (wrong_key.status_code, wrong_key.headers["content-type"]) == (401, "application/problem+json")
    assert client.get("/v1/resumes", headers={"Accept": "*/*"}).status_code == 401
