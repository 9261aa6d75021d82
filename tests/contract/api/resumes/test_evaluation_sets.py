"""Reviewed resumes become labelled folders and training files, through the API and as a user types the commands."""

import hashlib
import json
import stat
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from app.analysis.answer import Answer
from app.analysis.evaluation.held_out import part_of
from app.analysis.grounding.check import check_answer
from app.analysis.rules import parse_resume
from app.cli.main import app as commands
from app.extraction.extract import ExtractionLimits, extract_document
from app.main import create_app
from app.pipeline.operations.evaluation_set import NOT_ALLOWED, EvaluationPage, Wanted, read_evaluation_set
from app.routing.baml_client import render_messages
from app.routing.question import Question
from app.storage.engine import Database
from app.wiring.api_parts import ApiParts
from tests.contract.api.conftest import FAST, Tenant, make_parts, serving
from tests.contract.api.pipeline import Pipeline

Analysed = Callable[..., str]
Vitae = Callable[..., Result]

_TEXT = """{name}
{email} | (212) 555-0142

Experience
Data Engineer, Quarrystone Ltd
Mar 2019 - Present
Analyst, Fernhollow Estates
2015 - 2019

Education
B.Sc. Botany, University of Szeged
2011 - 2014
"""
POSITION = [{"op": "replace", "path": "/work/1/position", "value": "analyst"}]


def _resume(part: str, name: str = "Ilse Varga", tag: str = "") -> bytes:
    """A resume whose hash is in this part."""
    email = f"{name.split(maxsplit=1)[0].lower()}@example.org"
    for number in range(1000):
        content = (_TEXT.format(name=name, email=email) + f"{tag}Certificates\nNumber {number}\n").encode()
        if part_of(hashlib.sha256(content).hexdigest()) == part:
            return content
    raise AssertionError


@pytest.fixture
def analysed(client: TestClient, tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline) -> Analysed:
    """Upload a resume and finish it with the built-in parser's result; `correct` is a patch of its profile."""

    def run(content: bytes, correct: Any = POSITION, owner: Tenant = tenant, **fields: str) -> str:
        resume_id = upload(owner, content, "ilse-varga.txt", **fields)
        document = extract_document(content, "text/plain", ExtractionLimits())
        checked = check_answer(parse_resume(document), document, as_of=date(2026, 5, 4), default_region="US")
        pipeline.hand_on(pipeline.begin_extraction(resume_id), content=document.to_bytes())
        evidence = {pointer: place.to_json() for pointer, place in checked.evidence.items()}
        pipeline.finish_analysis(resume_id, checked.profile, evidence=evidence)
        if correct:
            url = f"/v1/resumes/{resume_id}/profile"
            client.patch(url, json=correct, headers=owner.headers()).raise_for_status()
        return resume_id

    return run


@pytest.fixture(scope="module")
def address(parts: ApiParts) -> Iterator[str]:
    with serving(create_app(parts, FAST)) as url:
        yield url


@pytest.fixture
def vitae(address: str, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Vitae:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VITAE_URL", address)
    monkeypatch.setenv("VITAE_API_KEY", tenant.admin)
    monkeypatch.setenv("VITAE_STORAGE__DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: str, status: int = 0) -> Result:
        done = CliRunner().invoke(commands, ["eval", *arguments])
        assert done.exit_code == status, done.output
        return done

    return run


def _set(client: TestClient, tenant: Tenant, **params: Any) -> dict[str, Any]:
    answer = client.get("/v1/evaluation-set", params=params, headers=tenant.headers("admin"))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_without_the_setting_the_command_refuses_with_one_sentence_that_names_it(
    database_url: str,
    redis_url: str,
    tenant: Tenant,
    analysed: Analysed,
    vitae: Vitae,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    analysed(_resume("train"))
    closed = make_parts(database_url, redis_url, tmp_path / "closed", overrides={"privacy.evaluation_sets": False})
    with serving(create_app(closed, FAST)) as url:
        monkeypatch.setenv("VITAE_URL", url)
        refused = vitae("from-corrections", "reviewed", status=1)
    closed.database.close()
    assert refused.stderr.strip() == NOT_ALLOWED
    assert "privacy.evaluation_sets = true" in NOT_ALLOWED
    assert not (tmp_path / "reviewed").exists()


def test_reviewed_resumes_become_a_folder_that_vitae_eval_reads(
    vitae: Vitae, analysed: Analysed, tenant: Tenant, other: Tenant, tmp_path: Path
) -> None:
    train, held_out = _resume("train"), _resume("held-out", "Tobias Ankersen")
    first = analysed(train)
    analysed(held_out)
    analysed(_resume("train", "Mirja Lahtela"), correct=None)
    analysed(_resume("train", "Not Ours"), owner=other)
    shown = json.loads(vitae("from-corrections", "reviewed", "--json").stdout)
    assert (shown["documents"], shown["train"], shown["held_out"], shown["skipped"]) == (2, 1, 1, {})
    folder = tmp_path / "reviewed"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert len([name for name in files if name.startswith("train/")]) == 3
    assert len([name for name in files if name.startswith("held-out/")]) == 3
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in files} == {0o600}
    assert not [name for name in files if "ilse" in name.lower()]
    (document,) = (folder / "train").glob("*.txt")
    assert document.read_bytes() == train
    truth = json.loads(document.with_suffix(".truth.json").read_text())
    assert truth["work"][1]["position"] == "analyst"
    assert truth["meta"] == {"language": "en", "resume": first}
    assert "x-vitae" not in truth
    readme = (folder / "README.md").read_text()
    for words in (shown["tenant"], shown["made_at"][:10], "personal data", "Erasing a resume in Vitae does not reach"):
        assert words in readme
    assert "not an empty folder" in vitae("from-corrections", "reviewed", status=2).stderr
    evaluation = json.loads(vitae("reviewed/held-out", "--no-keep", "--json").stdout)
    assert (evaluation["documents"], evaluation["clients"][0]["accuracy"]) == (1, 1.0)


def test_a_pseudonymised_folder_has_placeholders_in_text_and_truth(
    vitae: Vitae, analysed: Analysed, tmp_path: Path
) -> None:
    analysed(_resume("train"))
    analysed(_resume("train", "Tobias Ankersen"))
    vitae("from-corrections", "reviewed", "--pseudonymise")
    contents = "".join(path.read_text() for path in sorted((tmp_path / "reviewed").rglob("*.*")) if path.is_file())
    for secret in ("Ilse", "Varga", "Tobias", "Ankersen", "555-0142", "5550142", "@example.org"):
        assert secret.lower() not in contents.lower(), secret
    names = [json.loads(path.read_text())["basics"]["name"] for path in (tmp_path / "reviewed").rglob("*.truth.json")]
    assert len({*names}) == 2
    evaluation = json.loads(vitae("reviewed/train", "--no-keep", "--json").stdout)
    assert evaluation["clients"][0]["fields"]["email"]["right"] == 2
    assert json.loads(vitae("export-training", "reviewed", "--format", "openai", "--json").stdout)["lines"] == 2


def test_a_resume_that_cannot_be_pseudonymised_is_skipped_and_counted(
    client: TestClient, tenant: Tenant, analysed: Analysed
) -> None:
    analysed(_resume("train", tag="Mail ilse at home\n\n"))
    page = _set(client, tenant, pseudonymise=True)
    assert (page["items"], page["skipped"]) == ([], {"not_pseudonymised": 1})


def test_only_corrections_in_effect_count_as_a_review_and_confirming_a_value_is_one(
    client: TestClient, tenant: Tenant, analysed: Analysed
) -> None:
    resume_id = analysed(_resume("train"))
    url = f"/v1/resumes/{resume_id}/profile"
    client.delete(f"{url}/corrections/1", headers=tenant.headers()).raise_for_status()
    assert _set(client, tenant)["items"] == []
    same = [{"op": "replace", "path": "/basics/name", "value": "Ilse Varga"}]
    client.patch(url, json=same, headers=tenant.headers()).raise_for_status()
    (item,) = _set(client, tenant)["items"]
    assert item["truth"]["work"][1]["position"] == "Analyst"
    assert item["document"] == f"/v1/resumes/{resume_id}/document"
    assert set(item["evidence"]["/basics/name"]) == {"page", "line", "quote", "source"}


@pytest.fixture
def read(database: Database, tenant: Tenant, parts: ApiParts) -> Callable[..., EvaluationPage]:
    def page(days_later: float = 0, **wanted: Any) -> EvaluationPage:
        now = parts.clock() + timedelta(days=days_later)
        return read_evaluation_set(database, tenant.id, Wanted(**wanted), allowed=True, now=now, cursor=None, limit=10)

    return page


def test_resumes_past_retention_and_erased_ones_are_never_exported(
    client: TestClient, tenant: Tenant, analysed: Analysed, read: Callable[..., EvaluationPage]
) -> None:
    resume_id = analysed(_resume("train"))
    assert len(read(days_later=2, retention_days=3).items) == 1
    assert read(days_later=4, retention_days=3).items == []
    client.delete(f"/v1/resumes/{resume_id}", headers=tenant.headers()).raise_for_status()
    assert read().items == []


def test_a_review_may_have_to_be_some_days_old(analysed: Analysed, read: Callable[..., EvaluationPage]) -> None:
    analysed(_resume("train"))
    assert read(days_later=6, min_age_days=7).items == []
    assert len(read(days_later=8, min_age_days=7).items) == 1


def test_a_file_uploaded_twice_is_one_document_and_as_private_as_its_most_private_upload(
    client: TestClient, tenant: Tenant, analysed: Analysed
) -> None:
    content = _resume("train")
    analysed(content)
    analysed(content, correct=[{"op": "replace", "path": "/basics/name", "value": "Ilse V."}], privacy="local_only")
    (item,) = _set(client, tenant)["items"]
    assert item["truth"]["basics"]["name"] == "Ilse V."
    assert item["truth"]["meta"]["privacy"] == "local_only"


def test_pages_cover_each_document_once_in_the_same_part(
    client: TestClient, tenant: Tenant, analysed: Analysed
) -> None:
    contents = [_resume(part, name) for part in ("train", "held-out") for name in ("Ilse Varga", "Tobias Ankersen")]
    for content in contents:
        analysed(content)
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = _set(client, tenant, limit=1, **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len({item["name"] for item in found}) == 4
    assert [item["part"] for item in found].count("held-out") == 2
    assert client.get("/v1/evaluation-set?cursor=x", headers=tenant.headers("admin")).status_code == 422


def test_a_correction_that_no_longer_fits_leaves_the_resume_out(
    client: TestClient, tenant: Tenant, analysed: Analysed, pipeline: Pipeline
) -> None:
    resume_id = analysed(_resume("train"))
    client.post(f"/v1/resumes/{resume_id}/reanalyse", headers=tenant.headers()).raise_for_status()
    document = extract_document(_resume("train"), "text/plain", ExtractionLimits())
    pipeline.hand_on(pipeline.begin_extraction(resume_id), content=document.to_bytes())
    pipeline.finish_analysis(resume_id, {"basics": {"name": "Ilse Varga"}, "x-vitae": {}}, evidence={})
    page = _set(client, tenant)
    assert (page["items"], page["skipped"]) == ([], {"correction_not_placed": 1})


def test_training_data_has_the_prompt_as_sent_and_the_correct_answer_and_nothing_held_out(
    vitae: Vitae, analysed: Analysed, tmp_path: Path
) -> None:
    train = _resume("train")
    analysed(train)
    analysed(_resume("held-out", "Tobias Ankersen"))
    analysed(_resume("train", "Mirja Lahtela"), privacy="local_only")
    wrong = [{"op": "replace", "path": "/work/0/name", "value": "A Company That Is Not In It"}]
    analysed(_resume("train", "Otto Brandt"), correct=wrong)
    vitae("from-corrections", "reviewed")
    for name, lines, skipped in (
        ("vllm", 2, {"not_grounded": 1}),
        ("openai", 1, {"not_grounded": 1, "local_only": 1}),
    ):
        shown = json.loads(vitae("export-training", "reviewed", "--format", name, "--json").stdout)
        assert (shown["lines"], shown["skipped"]) == (lines, skipped)
        written = tmp_path / "reviewed" / f"training-{name}.jsonl"
        assert stat.S_IMODE(written.stat().st_mode) == 0o600
        conversations = [json.loads(line)["messages"] for line in written.read_text().splitlines()]
        assert len(conversations) == lines
        assert "Tobias" not in written.read_text()
        assert "Otto" not in written.read_text()
    document = extract_document(train, "text/plain", ExtractionLimits())
    (messages,) = conversations
    assert messages[:2] == render_messages(Question.extract_profile(document.numbered_text()))
    assert [message["role"] for message in messages] == ["system", "user", "assistant"]
    answer = Answer.model_validate_json(messages[2]["content"])
    assert (answer.work[0].start, answer.work[0].ongoing) == ("Mar 2019", True)
    assert check_answer(answer, document, as_of=date(2026, 5, 4), default_region="US").dropped == 0


def test_a_local_only_document_never_reaches_a_hosted_client(
    vitae: Vitae, analysed: Analysed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    monkeypatch.setenv("VITAE_CLIENTS__GPT4O__BASE_URL", "http://127.0.0.1:9/v1")
    analysed(_resume("train"), privacy="local_only")
    vitae("from-corrections", "reviewed")
    evaluation = json.loads(vitae("reviewed", "--clients", "GPT4o", "--no-keep", "--json", status=1).stdout)
    client = evaluation["clients"][0]
    assert (client["attempts"], client["results"][0]["failure"]) == (0, "not_asked")


def test_wrong_usage_is_explained(vitae: Vitae, tmp_path: Path) -> None:
    assert "No reviewed resume can be used" in vitae("from-corrections", "reviewed", status=1).stderr
    assert not (tmp_path / "reviewed").exists()
    assert "has no folder `train`" in vitae("export-training", ".", "--format", "vllm", status=2).stderr
    (tmp_path / "train").mkdir()
    assert "can be used for training" in vitae("export-training", ".", "--format", "vllm", status=1).stderr
