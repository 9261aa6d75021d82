"""The list over HTTP: filters and sort orders in the URL, and bulk exports."""

import csv
import io
import json
from collections.abc import Callable
from copy import deepcopy

import pytest
from starlette.testclient import TestClient

from tests.contract.api.conftest import Tenant
from tests.contract.api.pipeline import PROFILE, Pipeline


@pytest.fixture
def people(tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline) -> dict[str, str]:
    """Name -> id: three people, the oldest first, and one whose analysis is still queued."""
    made: dict[str, str] = {}
    for name, months, skill in (("Ada", 30, "Go"), ("Bo", 130, "Python"), ("=Cy+1", 61, "Python")):
        profile = deepcopy(PROFILE)
        profile["basics"]["name"] = name
        profile["skills"] = [{"name": "Languages", "keywords": [skill]}]
        profile["x-vitae"]["total_experience_months"] = months
        made[name] = upload(tenant)
        pipeline.finish(made[name], profile)
    upload(tenant, filename="waiting.txt")
    return made


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", [None, "=Cy+1", "Bo", "Ada"]),
        ("order=experience&status=done", ["Bo", "=Cy+1", "Ada"]),
        ("order=name&min_years=2", ["=Cy+1", "Ada", "Bo"]),
        ("skill=PYTHON&skill=languages", ["=Cy+1", "Bo"]),
        ("skill=python&max_years=5", ["=Cy+1"]),
        ("language=en&client=LocalVLLM&degraded=false&q=mill", ["=Cy+1", "Bo", "Ada"]),
        ("language=de", []),
        ("client=GPT4o", []),
        ("degraded=true", []),
    ],
)
def test_filters_and_sort_orders_are_in_the_url(
    client: TestClient, tenant: Tenant, people: dict[str, str], query: str, names: list[str | None]
) -> None:
    del people
    items = client.get(f"/v1/resumes?{query}", headers=tenant.headers()).json()["items"]
    assert [item["candidate_name"] for item in items] == names


@pytest.mark.parametrize("query", ["order=random", "min_years=-1", "max_years=1e9", "degraded=perhaps", "cursor=xyz"])
def test_an_unusable_filter_is_rejected(client: TestClient, tenant: Tenant, query: str) -> None:
    answer = client.get(f"/v1/resumes?{query}", headers=tenant.headers())
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_a_misspelled_parameter_is_rejected_with_a_suggestion(client: TestClient, tenant: Tenant) -> None:
    answer = client.get("/v1/resumes?statuss=done", headers=tenant.headers())
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "`statuss`" in answer.json()["detail"]
    assert "`status`" in answer.json()["detail"]


def test_many_profiles_are_exported_at_once(
    client: TestClient, tenant: Tenant, other: Tenant, people: dict[str, str]
) -> None:
    answer = client.get("/v1/resumes/export?skill=python", headers=tenant.headers())
    assert 'filename="candidates.csv"' in answer.headers["content-disposition"]
    header, *rows = csv.reader(io.StringIO(answer.text))
    assert header[:3] == ["id", "filename", "name"]
    assert [row[0] for row in rows] == [people["=Cy+1"], people["Bo"]]
    assert all(row[1] for row in rows)
    # A spreadsheet must not run text from a resume as a formula.
    assert [row[2] for row in rows] == ["'=Cy+1", "Bo"]
    chosen = f"id={people['Bo']}&id={people['Ada']}"
    lines = client.get(f"/v1/resumes/export?format=json-resume&{chosen}", headers=tenant.headers()).text.splitlines()
    assert [json.loads(line)["basics"]["name"] for line in lines] == ["Bo", "Ada"]
    assert "# Ada" in client.get(f"/v1/resumes/export?format=markdown&{chosen}", headers=tenant.headers()).text
    foreign = client.get(f"/v1/resumes/export?format=json-resume&{chosen}", headers=other.headers())
    assert (foreign.status_code, foreign.text) == (200, "")
