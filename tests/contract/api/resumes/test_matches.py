"""Ranking candidates for a job, through the API and the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from app.analysis.normalise.terms import normal_forms
from app.cli.main import app as commands
from tests.contract.api.conftest import Tenant
from tests.contract.api.pipeline import PROFILE, Pipeline

JOB = "Requirements:\n- 3+ years of experience\n- Python, Kafka\n- French C1\n"


def profile(name: str, months: int, *skills: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        **PROFILE,
        "basics": {"name": name},
        "skills": [{"name": "Tools", "keywords": list(skills)}],
    }
    made["x-vitae"] = {**PROFILE["x-vitae"], "total_experience_months": months, **normal_forms(made)}
    return made


ANA = profile("Ana López", 48, "Python", "Kafka")
BO = profile("Bo Adler", 24, "Python")
EVIDENCE: dict[str, Any] = {
    "/skills/0/keywords/0": {"page": 2, "line": 9, "quote": "Python", "box": [1.0, 2.0, 3.0, 4.0], "confidence": 1.0}
}


@pytest.fixture
def candidates(tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline) -> list[str]:
    """Bo, Ana, and one candidate without a result."""
    bo, ana, waiting = upload(tenant, filename="bo.txt"), upload(tenant, filename="ana.txt"), upload(tenant)
    for resume_id, found in ((bo, BO), (ana, ANA)):
        pipeline.hand_on(pipeline.begin_extraction(resume_id))
        pipeline.finish_analysis(resume_id, found, evidence=EVIDENCE)
    return [bo, ana, waiting]


def ask(client: TestClient, tenant: Tenant, job: Any = JOB, **params: Any) -> dict[str, Any]:
    body = {"description": job} if isinstance(job, str) else {"requirements": job}
    answer = client.post("/v1/matches", headers=tenant.headers("read"), json=body, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_candidates_are_ranked_with_verdicts_and_evidence(
    client: TestClient, tenant: Tenant, candidates: list[str]
) -> None:
    answer = ask(client, tenant)
    assert (answer["considered"], answer["complete"]) == (2, True)
    assert [each["names"] or each["months"] for each in answer["requirements"]] == [
        36,
        ["Python"],
        ["Apache Kafka"],
        ["fr"],
    ]
    first, second = answer["items"]
    assert (first["resume"]["id"], first["score"], first["missing_musts"]) == (candidates[1], 75, 1)
    assert (second["resume"]["id"], second["score"]) == (candidates[0], 25)
    assert [verdict["outcome"] for verdict in first["verdicts"]] == ["met", "met", "met", "missing"]
    assert first["verdicts"][1]["evidence"] == [
        {"pointer": "/skills/0/keywords/0", "page": 2, "line": 9, "quote": "Python", "box": [1.0, 2.0, 3.0, 4.0]}
    ]
    assert ask(client, tenant) == answer


def test_the_requirements_in_a_response_can_be_edited_and_sent_again(
    client: TestClient, tenant: Tenant, candidates: list[str]
) -> None:
    requirements = ask(client, tenant)["requirements"]
    again = ask(client, tenant, requirements)
    assert again["requirements"] == requirements
    assert [item["score"] for item in again["items"]] == [75, 25]
    requirements[3]["must"] = False
    assert [item["score"] for item in ask(client, tenant, requirements)["items"]] == [90, 30]


def test_filters_limit_and_the_blind_view_are_applied(
    client: TestClient, tenant: Tenant, candidates: list[str]
) -> None:
    assert [item["resume"]["id"] for item in ask(client, tenant, q="adler")["items"]] == [candidates[0]]
    assert len(ask(client, tenant, limit=1)["items"]) == 1
    hidden = ask(client, tenant, blind=True)
    assert [item["score"] for item in hidden["items"]] == [75, 25]
    assert not any(word in json.dumps(hidden) for word in ("Ana", "López", "Adler", "ana.txt"))


def test_a_file_that_was_uploaded_twice_counts_once(
    client: TestClient, tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline
) -> None:
    for filename in ("one.txt", "two.txt"):
        resume_id = upload(tenant, b"the same file", filename)
        pipeline.finish(resume_id, ANA)
    assert ask(client, tenant)["considered"] == 1


def test_another_tenants_candidates_are_not_compared(
    client: TestClient, tenant: Tenant, other: Tenant, candidates: list[str]
) -> None:
    assert candidates
    assert ask(client, other)["items"] == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "either"),
        ({"description": "We are nice people."}, "No requirement was found"),
        ({"description": "Python", "requirements": []}, "either"),
        ({"requirements": [{"kind": "skill"}]}, "needs `names`"),
        ({"requirements": [{"kind": "degree", "names": ["B.Sc."]}]}, "levels"),
        ({"requirements": [{"kind": "experience"}]}, "needs `months`"),
        ({"requirements": [{"kind": "luck", "names": ["much"]}]}, "skill"),
    ],
)
def test_an_unreadable_job_is_rejected_with_advice(
    client: TestClient, tenant: Tenant, body: dict[str, Any], says: str
) -> None:
    answer = client.post("/v1/matches", headers=tenant.headers("read"), json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert says in answer.json()["detail"]


@pytest.fixture
def vitae(served: str, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VITAE_URL", served)
    monkeypatch.setenv("VITAE_API_KEY", tenant.read)
    (tmp_path / "job.txt").write_text(JOB)
    (tmp_path / "job.bin").write_bytes(b"\xff\xfe\x00")

    def run(*arguments: str, given: str = "") -> Result:
        return CliRunner().invoke(commands, ["match", *arguments], input=given)

    return run


def test_the_command_shows_the_ranking_and_its_reasons(vitae: Callable[..., Result], candidates: list[str]) -> None:
    shown = vitae("job.txt")
    assert shown.exit_code == 0
    assert shown.stdout.index("Ana López") < shown.stdout.index("Bo Adler")
    assert "3 of 4" in shown.stdout
    assert "3 years of experience; Python; Apache Kafka; fr C1" in shown.stderr
    why = vitae("job.txt", "--why").stdout
    assert "+ Python = Python  page 2, line 9: Python" in why
    assert "- fr C1" in why
    answer = json.loads(vitae("-", "--json", given=JOB).stdout)
    assert [item["resume"]["id"] for item in answer["items"]] == [candidates[1], candidates[0]]


def test_the_command_hides_people_and_on_request_schools(
    vitae: Callable[..., Result], tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline
) -> None:
    resume_id = upload(tenant, filename="ana.txt")
    pipeline.hand_on(pipeline.begin_extraction(resume_id))
    evidence = {"/education/0/studyType": {"page": 1, "line": 4, "quote": "Bachelor of Science, Arroyo Polytechnic"}}
    ana = profile("Ana López", 48)
    ana["education"] = [{"institution": "Arroyo Polytechnic", "studyType": "Bachelor of Science"}]
    ana["x-vitae"].update(normal_forms(ana))
    pipeline.finish_analysis(resume_id, ana, evidence=evidence)

    def shown(*options: str) -> str:
        return vitae("-", "--why", *options, given="Requirements:\n- Bachelor's degree\n").stdout

    assert "Ana López" in shown()
    assert "Ana López" not in shown("--blind")
    assert "Arroyo Polytechnic" in shown("--blind")
    assert "Bachelor of Science, [school]" in shown("--blind", "--hide-schools")


@pytest.mark.parametrize(("file", "says"), [("nowhere.txt", "Cannot read"), ("job.bin", "not UTF-8 text")])
def test_the_command_says_what_is_wrong_with_a_file(vitae: Callable[..., Result], file: str, says: str) -> None:
    answer = vitae(file)
    assert (answer.exit_code, says in answer.stderr) == (2, True)
