"""The blind view over HTTP: list, resume, document and exports of a real file, through the real sandbox."""

import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2 as pdfium
import pytest
from starlette.testclient import TestClient

from app.analysis.grounding.check import check_answer
from app.analysis.rules import parse_resume
from app.extraction.document import Document
from app.extraction.extract import ExtractionLimits, extract_document
from app.intake.file_types import detect_media_type
from tests.contract.api.conftest import Tenant
from tests.contract.api.pipeline import Pipeline

SAMPLES = Path(__file__).resolve().parents[4] / "samples"
Read = Callable[[str], tuple[str, Document]]


@pytest.fixture
def analysed(tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline) -> Read:
    """Upload a sample and finish it as the workers do, with the built-in parser's result."""

    def make(name: str) -> tuple[str, Document]:
        content = (SAMPLES / name).read_bytes()
        document = extract_document(content, detect_media_type(content, name), ExtractionLimits())
        checked = check_answer(parse_resume(document), document, as_of=date(2026, 11, 1), default_region="US")
        resume_id = upload(tenant, content, name, reference="Amara's application")
        pipeline.hand_on(pipeline.begin_extraction(resume_id), content=document.to_bytes())
        evidence = {pointer: place.to_json() for pointer, place in checked.evidence.items()}
        pipeline.finish_analysis(resume_id, checked.profile, evidence=evidence)
        return resume_id, document

    return make


@pytest.fixture
def get(client: TestClient, tenant: Tenant) -> Callable[..., Any]:
    def send(path: str, **params: Any) -> Any:
        answer = client.get(path, headers=tenant.headers("read"), params=params)
        assert answer.status_code == 200, answer.text
        return answer

    return send


def text_of_pdf(content: bytes) -> str:
    document = pdfium.PdfDocument(content)
    try:
        return " ".join(" ".join(page.get_textpage().get_text_bounded().split()) for page in document)
    finally:
        document.close()


def test_a_blind_resume_shows_qualifications_but_not_identity(get: Callable[..., Any], analysed: Read) -> None:
    resume_id, _ = analysed("amara-whitfield.pdf")
    full, blind = get(f"/v1/resumes/{resume_id}").text, get(f"/v1/resumes/{resume_id}", blind=True)
    listed = get("/v1/resumes", blind=True).text
    for secret in ("Amara", "Whitfield", "whitfield", "555-0134", "5205550134"):
        assert secret in full or secret == "555-0134"  # the profile has the number in E.164
        assert secret not in blind.text
        assert secret not in listed
    shown = blind.json()
    assert shown["filename"] == f"candidate-{resume_id[:6]}.pdf"
    assert shown["reference"] is None
    employers = [job["name"] for job in shown["profile"]["work"]]
    assert employers[:2] == ["Saguaro Ridge Medical Center", "Santa Catarina Community Hospital"]
    assert shown["evidence"]["/work/0/name"]["quote"] == "Saguaro Ridge Medical Center"
    assert shown["links"]["document"].endswith("/document?blind=true")


def test_schools_are_hidden_in_the_blind_view_on_request(get: Callable[..., Any], analysed: Read) -> None:
    resume_id, _ = analysed("amara-whitfield.pdf")
    full = get(f"/v1/resumes/{resume_id}").json()["profile"]["education"]
    blind = get(f"/v1/resumes/{resume_id}", blind=True, hide_schools=True).json()["profile"]["education"]
    assert [study["institution"] for study in full] != [study["institution"] for study in blind]
    assert {study["institution"] for study in blind} == {"[school]"}
    assert [study["studyType"] for study in blind] == [study["studyType"] for study in full]


@pytest.mark.parametrize("wanted", ["json-resume", "csv", "markdown", "pdf"])
def test_blind_exports_hide_the_person_in_every_format(get: Callable[..., Any], analysed: Read, wanted: str) -> None:
    resume_id, _ = analysed("callum-braithwaite.pdf")
    for blind in (False, True):
        answer = get(f"/v1/resumes/{resume_id}/export", format=wanted, blind=blind)
        text = text_of_pdf(answer.content) if wanted == "pdf" else answer.text
        assert ("Braithwaite" in text) is not blind
        assert ("braithwaite" in answer.headers["content-disposition"]) is not blind


def test_the_blind_document_of_a_pdf_keeps_its_pages_without_the_person(
    get: Callable[..., Any], analysed: Read
) -> None:
    resume_id, document = analysed("iker-olazabal.pdf")
    answer = get(f"/v1/resumes/{resume_id}/document", blind=True)
    assert answer.headers["content-type"] == "application/pdf"
    assert "olazabal" not in answer.headers["content-disposition"]
    text = text_of_pdf(answer.content)
    assert "Restaurante Itsas Argia" in text
    assert not any(secret in text for secret in ("Iker", "Olaz", "example.com", "600 00"))
    with pikepdf.open(io.BytesIO(answer.content)) as opened:
        assert len(opened.pages) == len(document.pages)


def test_the_blind_document_of_another_format_is_a_pdf_of_its_lines(get: Callable[..., Any], analysed: Read) -> None:
    resume_id, _ = analysed("oliver-tranmere.docx")
    text = text_of_pdf(get(f"/v1/resumes/{resume_id}/document", blind=True).content)
    assert "Tranmere" not in text
    assert "[name]" in text


def test_there_is_no_blind_document_before_the_file_was_read(
    client: TestClient, tenant: Tenant, upload: Callable[..., str]
) -> None:
    answer = client.get(f"/v1/resumes/{upload(tenant)}/document?blind=true", headers=tenant.headers())
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "not been read yet" in answer.json()["detail"]


def test_there_is_no_blind_document_before_the_person_is_known(
    client: TestClient, tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline
) -> None:
    resume_id = upload(tenant)
    pipeline.hand_on(pipeline.begin_extraction(resume_id))  # a document that begins with the name
    answer = client.get(f"/v1/resumes/{resume_id}/document?blind=true", headers=tenant.headers())
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "it is unknown what to hide" in answer.json()["detail"]


def test_another_tenant_gets_no_blind_view_either(client: TestClient, other: Tenant, analysed: Read) -> None:
    resume_id, _ = analysed("thandiwe-mokgalapa.pdf")
    for path in ("", "/document", "/export"):
        answer = client.get(f"/v1/resumes/{resume_id}{path}?blind=true", headers=other.headers())
        assert answer.status_code == 404
        assert "mokgalapa" not in json.dumps(answer.json())
