"""The page that ranks candidates for a job."""

import html
from collections.abc import Callable

from starlette.testclient import TestClient

from tests.contract.api.conftest import Tenant
from tests.contract.api.pipeline import PROFILE, Pipeline

Browser = Callable[..., TestClient]
JOB = "Requirements\n- Python\n- <script>alert(1)</script> tools"


def test_a_job_shows_its_requirements_and_the_candidates_with_links_to_the_evidence(
    browser: Browser, tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline
) -> None:
    resume_id = upload(tenant)
    evidence = {"/skills/0/keywords/0": {"page": 1, "line": 1, "quote": "Python <b>", "confidence": 1.0}}
    pipeline.hand_on(pipeline.begin_extraction(resume_id))
    profile = {**PROFILE, "skills": [{"name": "Tools", "keywords": ["Python"]}]}
    pipeline.finish_analysis(resume_id, profile, evidence=evidence)
    visitor = browser(tenant, "read")
    assert "Job description" in visitor.get("/match").text
    page = visitor.post("/match", data={"description": JOB}).text
    assert "Ilse Varga" in page
    assert f'href="/candidates/{resume_id}#/skills/0/keywords/0"' in page
    assert html.escape("has it: Python <b>") in page
    assert "<script>alert" not in page
    fragment = visitor.post("/match", data={"description": JOB}, headers={"X-Part": "#ranking"}).text
    assert "<html" not in fragment
    assert "1 candidate compared" in fragment
    visitor.cookies.set("vitae_view", "blind")
    assert "Varga" not in visitor.post("/match", data={"description": JOB}).text


def test_a_job_without_requirements_or_candidates_is_reported(browser: Browser, tenant: Tenant) -> None:
    visitor = browser(tenant, "read")
    assert "No requirements found" in visitor.post("/match", data={"description": "We are nice."}).text
    assert "No candidates yet" in visitor.post("/match", data={"description": JOB}).text
    assert visitor.post("/match", data={"description": "x" * 60_000}).status_code == 422


def test_a_visitor_without_a_session_is_sent_to_the_sign_in_page(client: TestClient) -> None:
    answer = client.post("/match", data={"description": JOB}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
