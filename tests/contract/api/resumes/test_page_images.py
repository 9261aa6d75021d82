"""Pages as images over HTTP, drawn by the real sandbox: who may see them, what they show, when they are gone."""

import io
import json
import shutil
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
from PIL import Image
from starlette.testclient import TestClient

from app.analysis.grounding.check import check_answer
from app.analysis.rules import parse_resume
from app.errors import DocumentError, TooBusy
from app.extraction.document import Document
from app.extraction.extract import ExtractionLimits, extract_document
from app.extraction.pages.page_image import MOST_BYTES, WIDTH
from app.intake.file_types import detect_media_type
from app.pipeline.resumes.page_images import Lanes, View, get_page_image
from app.storage import resumes
from app.wiring.api_parts import ApiParts
from tests.contract.api.conftest import Tenant
from tests.contract.api.pipeline import Pipeline
from tests.end_to_end.hostile_files import encrypted_pdf, flate_bomb

SAMPLES = Path(__file__).resolve().parents[4] / "samples"
needs_libreoffice = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="word processors' files are drawn with LibreOffice"
)
Analysed = Callable[..., tuple[str, Document]]


@pytest.fixture
def analysed(tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline) -> Analysed:
    """Upload a file and finish it as the workers do, with the built-in parser's result."""

    def make(name: str, content: bytes | None = None) -> tuple[str, Document]:
        content = content or (SAMPLES / name).read_bytes()
        document = extract_document(content, detect_media_type(content, name), ExtractionLimits())
        checked = check_answer(parse_resume(document), document, as_of=date(2026, 11, 1), default_region="US")
        resume_id = upload(tenant, content, name)
        pipeline.hand_on(pipeline.begin_extraction(resume_id), content=document.to_bytes())
        evidence = {pointer: place.to_json() for pointer, place in checked.evidence.items()}
        pipeline.finish_analysis(resume_id, checked.profile, evidence=evidence)
        return resume_id, document

    return make


@pytest.fixture
def ask(client: TestClient, tenant: Tenant) -> Callable[..., Any]:
    def send(path: str, headers: dict[str, str] | None = None, **params: Any) -> Any:
        return client.get(path, headers={**tenant.headers("read"), **(headers or {})}, params=params or None)

    return send


def pixels(answer: Any) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/webp"
    with Image.open(io.BytesIO(answer.content), formats=["WEBP"]) as image:
        return np.asarray(image.convert("RGB"))


def window(image: np.ndarray, box: list[float], width: float) -> np.ndarray:
    scale = image.shape[1] / width
    x0, y0, x1, y1 = (round(edge * scale) for edge in box)
    return image[y0:y1, x0:x1]


def problem(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def stored_pages(parts: ApiParts) -> list[Path]:
    return [path for path in parts.settings.files_dir.rglob("*.derived/*") if path.is_file()]


def test_a_page_is_an_image_with_ink_where_the_words_are(ask: Callable[..., Any], analysed: Analysed) -> None:
    resume_id, document = analysed("jonas-lindvall.pdf")
    [page] = ask(f"/v1/resumes/{resume_id}/pages").json()["pages"]
    assert (page["width"], page["height"]) == (document.pages[0].width, document.pages[0].height)
    answer = ask(page["image"])
    image = pixels(answer)
    assert image.shape[1] == pytest.approx(WIDTH, abs=2)
    assert len(answer.content) <= MOST_BYTES
    assert image.shape[0] / image.shape[1] == pytest.approx(page["height"] / page["width"], rel=0.01)
    assert [word["text"] for word in page["words"]] == [word.text for line in document.lines for word in line.words]
    for word in page["words"]:
        shown = window(image, word["box"], page["width"])
        assert int(shown.max()) - int(shown.min()) > 60, word
    name = [word["text"] for word in page["words"] if word["line"] == 1]
    assert name == ["Jonas", "Lindvall"]


def test_an_image_is_private_and_lasts_and_need_not_be_sent_twice(ask: Callable[..., Any], analysed: Analysed) -> None:
    resume_id, _ = analysed("jonas-lindvall.pdf")
    address = f"/v1/resumes/{resume_id}/pages/1.webp"
    first = ask(address)
    assert first.headers["cache-control"] == "private, max-age=86400, immutable"
    assert "sandbox" in first.headers["content-security-policy"]
    again = ask(address, {"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert ask(address).content == first.content


def test_who_may_not_see_a_resume_sees_no_page_of_it(
    client: TestClient, other: Tenant, ask: Callable[..., Any], analysed: Analysed
) -> None:
    resume_id, _ = analysed("jonas-lindvall.pdf")
    etag = ask(f"/v1/resumes/{resume_id}/pages/1.webp").headers["etag"]
    for path in ("pages", "pages/1.webp"):
        address = f"/v1/resumes/{resume_id}/{path}"
        assert problem(client.get(address)) == (401, "unauthenticated")
        stranger = {**other.headers("read"), "If-None-Match": etag}
        assert problem(client.get(address, headers=stranger)) == (404, "not_found")


@pytest.mark.parametrize("number", ["0", "2", "51", "-1", "999999999999"])
def test_a_page_that_is_not_there_is_not_found(ask: Callable[..., Any], analysed: Analysed, number: str) -> None:
    resume_id, _ = analysed("jonas-lindvall.pdf")
    for blind in (False, True):
        assert problem(ask(f"/v1/resumes/{resume_id}/pages/{number}.webp", blind=blind)) == (404, "not_found")


def test_a_text_has_no_pages(ask: Callable[..., Any], analysed: Analysed) -> None:
    resume_id, _ = analysed("marcus-delhaye.txt")
    assert ask(f"/v1/resumes/{resume_id}/pages").json() == {"pages": []}
    assert problem(ask(f"/v1/resumes/{resume_id}/pages/1.webp")) == (404, "not_found")


def test_an_address_that_is_none_is_refused(ask: Callable[..., Any], analysed: Analysed) -> None:
    resume_id, _ = analysed("jonas-lindvall.pdf")
    assert problem(ask(f"/v1/resumes/{resume_id}/pages/one.webp")) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (encrypted_pdf, "document_encrypted"),
        (lambda: b"%PDF-1.7\n" + bytes(range(256)) * 40, "document_corrupt"),
    ],
)
def test_a_file_that_cannot_be_drawn_says_why(
    ask: Callable[..., Any],
    upload: Callable[..., str],
    tenant: Tenant,
    content: Callable[[], bytes],
    code: str,
) -> None:
    resume_id = upload(tenant, content(), "cv.pdf")
    assert problem(ask(f"/v1/resumes/{resume_id}/pages/1.webp")) == (422, code)
    assert problem(ask(f"/v1/resumes/{resume_id}/pages")) == (422, code)


def test_a_page_that_takes_too_much_is_ended_and_harms_nobody(
    parts: ApiParts, tenant: Tenant, upload: Callable[..., str], analysed: Analysed
) -> None:
    """By the use case, because the bomb is larger than the tests' upload limit."""
    resume_id = upload(tenant, b"%PDF-1.4 to be replaced", "bomb.pdf")
    hostile = replace(parts.pages, limits=replace(parts.extraction_limits, seconds=3, memory_mib=256))
    view = View()
    with parts.database.reading() as tx:
        document_id = resumes.get_detail(tx, tenant.id, uuid.UUID(resume_id)).document_id
    parts.files.put(tenant.id, document_id, flate_bomb())
    with pytest.raises(DocumentError) as failure:
        get_page_image(hostile, tenant.id, uuid.UUID(resume_id), 1, view)
    assert failure.value.code == "document_too_complex"
    good, _ = analysed("jonas-lindvall.pdf")
    assert get_page_image(hostile, tenant.id, uuid.UUID(good), 1, view).content


def test_a_document_in_which_no_text_was_found_shows_its_pages(
    ask: Callable[..., Any], upload: Callable[..., str], tenant: Tenant
) -> None:
    empty = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(300, 400))
        pdf.add_blank_page(page_size=(400, 300))
        pdf.save(empty)
    resume_id = upload(tenant, empty.getvalue(), "scan.pdf")
    pages = ask(f"/v1/resumes/{resume_id}/pages").json()["pages"]
    assert [(page["width"], page["height"], page["words"]) for page in pages] == [(300, 400, []), (400, 300, [])]
    assert pixels(ask(pages[1]["image"])).shape[:2] == (1200, 1600)
    assert problem(ask(pages[1]["image"], blind=True)) == (409, "conflict")


def test_images_are_erased_with_the_document(
    parts: ApiParts, client: TestClient, tenant: Tenant, ask: Callable[..., Any], analysed: Analysed
) -> None:
    before = set(stored_pages(parts))
    resume_id, _ = analysed("amara-whitfield.pdf")
    for blind in (False, True):
        pixels(ask(f"/v1/resumes/{resume_id}/pages/1.webp", blind=blind))
    [made] = set(stored_pages(parts)) - before
    assert str(tenant.id) in str(made)
    client.delete(f"/v1/resumes/{resume_id}", headers=tenant.headers()).raise_for_status()
    assert not made.parent.exists()
    assert problem(ask(f"/v1/resumes/{resume_id}/pages/1.webp")) == (404, "not_found")


def test_an_image_that_is_finished_after_the_erasure_is_not_kept(parts: ApiParts) -> None:
    tenant_id, document_id = uuid.uuid4(), uuid.uuid4()
    parts.files.keep_derived(tenant_id, document_id, "page-1.webp", b"an image")
    assert parts.files.find_derived(tenant_id, document_id, "page-1.webp") is None


def as_picture(name: str, kind: str, **options: Any) -> bytes:
    document = pdfium.PdfDocument((SAMPLES / name).read_bytes())
    try:
        made = io.BytesIO()
        page = document[0].render(scale=1.2)  # pyright: ignore[reportArgumentType] - fractions are meant to be given
        page.to_pil().convert("L").quantize(8).save(made, kind, **options)
        return made.getvalue()
    finally:
        document.close()


def placed(document: Document, words: set[str]) -> list[list[float]]:
    return [list(word.box) for line in document.lines for word in line.words if word.text in words and word.box]


def test_a_blind_page_has_neither_the_pixels_nor_the_words_of_the_person(
    ask: Callable[..., Any], analysed: Analysed
) -> None:
    resume_id, document = analysed("amara-whitfield.pdf")
    pages = ask(f"/v1/resumes/{resume_id}/pages", blind=True).json()["pages"]
    told = json.dumps(pages)
    assert not any(secret in told for secret in ("Amara", "Whitfield", "whitfield", "555-0134"))
    assert "[name]" in told
    assert "Saguaro" in told
    answer = ask(pages[0]["image"])
    assert answer.headers["cache-control"] == "private, no-cache"
    image = pixels(answer)
    for box in placed(document, {"Amara", "Whitfield"}):
        gone = window(image, box, document.pages[0].width)
        assert int(gone.max()) - int(gone.min()) < 12  # one grey
    for box in placed(document, {"Saguaro"}):
        shown = window(image, box, document.pages[0].width)
        assert int(shown.max()) - int(shown.min()) > 100
    assert ask(pages[0]["image"], {"If-None-Match": answer.headers["etag"]}).status_code == 304


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="pictures are read with tesseract")
def test_a_picture_is_shown_with_its_words_and_blind_with_the_words_that_stay_alone(
    ask: Callable[..., Any], analysed: Analysed
) -> None:
    resume_id, document = analysed("scan.png", as_picture("amara-whitfield.pdf", "PNG", dpi=(86, 86)))
    [page] = ask(f"/v1/resumes/{resume_id}/pages").json()["pages"]
    plain, blind = pixels(ask(page["image"])), pixels(ask(page["image"], blind=True))
    assert plain.shape == blind.shape
    [name] = placed(document, {"Whitfield"})[:1]
    assert int(window(plain, name, page["width"]).min()) < 120
    assert int(window(blind, name, page["width"]).min()) > 190
    assert "Whitfield" not in ask(f"/v1/resumes/{resume_id}/pages", blind=True).text


@needs_libreoffice
def test_a_word_file_is_shown_as_pages_whose_words_are_tied_to_its_lines(
    ask: Callable[..., Any], analysed: Analysed
) -> None:
    resume_id, document = analysed("sunita-deshmukhe.docx")
    pages = ask(f"/v1/resumes/{resume_id}/pages").json()["pages"]
    assert [page["number"] for page in pages] == [1, 2]
    for line in document.lines:
        there = [word["text"] for page in pages for word in page["words"] if word["line"] == line.number]
        assert {word for word in line.text.split() if word.isalpha()} <= set(there), line.text
    image = pixels(ask(pages[0]["image"]))
    [name] = [word for word in pages[0]["words"] if word["text"] == "Sunita"]
    assert int(window(image, name["box"], pages[0]["width"]).min()) < 120


@needs_libreoffice
def test_a_blind_word_file_hides_the_person_on_every_page(ask: Callable[..., Any], analysed: Analysed) -> None:
    resume_id, _ = analysed("sunita-deshmukhe.docx")
    seen = ask(f"/v1/resumes/{resume_id}/pages").json()["pages"]
    blind = ask(f"/v1/resumes/{resume_id}/pages", blind=True)
    assert not any(secret in blind.text for secret in ("Sunita", "Deshmukhe", "deshmukhe", "90000"))
    for page in seen:
        image = pixels(ask(page["image"], blind=True))
        for word in page["words"]:
            if "deshmukhe" in word["text"].casefold():
                assert int(window(image, word["box"], page["width"]).min()) > 190, word


def test_who_asks_for_too_many_pages_at_once_is_sent_away() -> None:
    lanes = Lanes(at_once=1, most_waiting=0)
    with lanes.lane(), pytest.raises(TooBusy), lanes.lane():
        pass
    with lanes.lane():
        pass
