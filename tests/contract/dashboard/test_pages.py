"""The contents of the pages, from rows in the database."""

import io
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from app.main import create_app
from app.storage.profiles.partial_profiles import PartialProfile
from app.wiring.api_parts import ApiParts
from tests.contract.api.conftest import FAST, Tenant
from tests.contract.api.pipeline import EVIDENCE, Pipeline

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
Browser = Callable[..., TestClient]


def _names(page: str) -> list[str]:
    return re.findall(r'class="row-link"[^>]*>([^<]*)<', page)


def test_an_empty_list_says_what_to_do(browser: Browser, tenant: Tenant) -> None:
    visitor = browser(tenant)
    assert "No candidates yet" in visitor.get("/candidates").text
    assert "No matches" in visitor.get("/candidates?q=nobody").text
    assert "No model calls in the last 30 days" in visitor.get("/costs").text


def test_pages_of_candidates_have_no_gaps(browser: Browser, tenant: Tenant, upload: Callable[..., str]) -> None:
    for number in range(53):
        upload(tenant, filename=f"cv-{number:02}.txt")
    visitor = browser(tenant)
    first = visitor.get("/candidates").text
    address = re.search(r'href="(/candidates\?cursor=[^"]+)"[^>]*class="older"', first)
    assert address is not None
    second = visitor.get(address[1], headers={"X-Part": "#results"}).text
    assert "<html" not in second
    assert _names(first) + _names(second) == [f"cv-{number:02}.txt" for number in reversed(range(53))]


def test_search_and_state_narrow_the_list(
    browser: Browser, tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline
) -> None:
    done, waiting = upload(tenant, filename="done.txt"), upload(tenant, filename="waiting.txt")
    pipeline.finish(done, degraded=True)
    visitor = browser(tenant)
    assert _names(visitor.get("/candidates?status=queued").text) == ["waiting.txt"]
    assert _names(visitor.get("/candidates?q=varga").text) == ["Ilse Varga"]
    rows = visitor.get(f"/candidates/rows?id={done}&id={waiting}").text
    assert "Process Engineer · Brightwater Mills" in rows
    assert "5 y 1 m" in rows
    assert "Degraded" in rows


def test_degraded_results_show_a_banner(
    browser: Browser, tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline
) -> None:
    visitor = browser(tenant)
    assert 'class="banner"' not in visitor.get("/candidates").text
    pipeline.finish(upload(tenant), degraded=True)
    assert "The newest result is degraded: no model gave a usable answer." in visitor.get("/candidates").text


def test_a_page_shows_the_partial_profile_and_a_blind_page_never_the_identity(
    browser: Browser, tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline
) -> None:
    resume_id = upload(tenant)
    pipeline.hand_on(pipeline.begin_extraction(resume_id))
    visitor, blind = browser(tenant), browser(tenant)
    blind.cookies.set("vitae_view", "blind")
    address = f"/candidates/{resume_id}"
    assert "It is being analysed." in visitor.get(address).text
    assert "Varga" not in blind.get(address).text, "the document begins with the name"
    profile = {"basics": {"name": "Ilse Varga"}, "work": [{"name": "Brightwater Mills"}]}
    pipeline.say_so_far(resume_id, PartialProfile("LocalVLLM", profile, EVIDENCE))
    told, hidden = visitor.get(address).text, blind.get(address).text
    for page in (told, hidden):
        assert "LocalVLLM is answering." in page
        assert "Still being read" in page
        assert "Brightwater Mills" in page
        assert "data-edit" not in page
    assert '<p class="person-name"><button type="button" class="value' in told
    assert "Ilse Varga" in told
    assert "Varga" not in hidden


def _picture(kind: str) -> bytes:
    written = io.BytesIO()
    Image.new("L", (40, 20), 255).save(written, kind)
    return written.getvalue()


def test_a_document_without_pages_says_why_its_text_is_shown(
    browser: Browser, tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline
) -> None:
    html = b"<!doctype html><html><body><p>Ilse Varga</p></body></html>"
    files = {"scan.tif": _picture("TIFF"), "scan.png": _picture("PNG"), "cv.html": html, "cv.txt": None}
    visitor = browser(tenant)
    said: dict[str, bool] = {}
    for filename, content in files.items():
        resume_id = upload(tenant, content, filename)
        pipeline.finish(resume_id)
        said[filename] = "Files of this type have no pages" in visitor.get(f"/candidates/{resume_id}").text
    assert said == {"scan.tif": False, "scan.png": False, "cv.html": True, "cv.txt": False}
    resume_id = upload(tenant, (SAMPLES / "oliver-tranmere.docx").read_bytes(), "cv.docx")
    pipeline.finish(resume_id)
    page = visitor.get(f"/candidates/{resume_id}").text
    assert ("LibreOffice, which is not installed" in page) is (shutil.which("soffice") is None)


def test_costs_add_up_and_lead_to_their_ledger_rows(
    parts: ApiParts, client: TestClient, tenant: Tenant, other: Tenant, upload: Callable[..., str], pipeline: Pipeline
) -> None:
    resume_id = upload(tenant)
    pipeline.spend(resume_id, "0.5")
    pipeline.spend(resume_id, "0.25", outcome="timeout")
    pipeline.spend(resume_id, None)
    pipeline.spend(upload(other), "99")
    path = client.post("/v1/sign-in-links", headers=tenant.headers()).json()["path"]
    the_day_after = replace(
        parts, clock=lambda: datetime(2026, 5, 5, 12, tzinfo=UTC)
    )  # after the ledger rows of the pipeline
    visitor = TestClient(
        create_app(the_day_after, FAST)
    )  # not entered, because its exit would close the shared database
    visitor.get(path)
    everything = visitor.get("/costs?days=7").text
    assert "$0.75" in everything
    assert "1 failed attempt" in everything
    assert "1 attempt could not be priced" in everything
    assert "$99" not in everything
    assert everything.count(">Open</a>") == 3
    assert visitor.get("/costs?days=7&failed=1").text.count(">Open</a>") == 1
    assert 'href="/costs?days=7&amp;fallback=1#ledger"' in everything  # LocalVLLM is the first client in the order
    assert visitor.get("/costs?days=7&fallback=1").text.count(">Open</a>") == 2
    assert visitor.get("/costs/ledger.csv?days=7&fallback=1").text.count("GPT4o") == 2
    assert visitor.get("/costs?days=7&day=2026-05-04&client=GPT4o").text.count(">Open</a>") == 3
    assert visitor.get("/costs?days=7&day=2026-05-03").text.count(">Open</a>") == 0


@pytest.mark.parametrize("path", ["/costs?day=nonsense", "/candidates?cursor=nonsense", "/candidates/rows?id=1"])
def test_an_invalid_url_gets_an_understandable_answer(browser: Browser, tenant: Tenant, path: str) -> None:
    answer = browser(tenant).get(path)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
