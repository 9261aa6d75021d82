"""A recruiter's day with the complete service and two model servers, from the sign-in link to the deletion."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import SAMPLES, WAIT_MS, drop_files
from tests.end_to_end.resume_texts import resume_text
from tests.end_to_end.service import RunningService, running_service
from tests.scripted_model.behaviour import Behaviour
from tests.scripted_model.server import ScriptedModel

pytest.importorskip("playwright.sync_api", reason="the browser tests need the package playwright")

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

FILES = (
    *("jonas-lindvall.pdf", "amara-whitfield.pdf", "elodie-marchandeau.pdf", "katrin-ellerbrock.pdf"),
    *("mei-castellano.pdf", "nnamdi-okerekeson.pdf", "oliver-tranmere.docx", "sunita-deshmukhe.docx"),
    *("marcus-delhaye.txt", "hannah-quillfeather.html"),
)
ANALYSES = 200
UNFINISHED = ("queued", "extracting", "analysing")
TOLERANCE_POINTS = 1.5


@pytest.fixture(scope="module")
def models() -> Iterator[tuple[ScriptedModel, ScriptedModel]]:
    with ScriptedModel() as local, ScriptedModel() as hosted:
        for model in (local, hosted):
            model.script.replace(Behaviour(prompt_tokens=700, completion_tokens=100, cached_tokens=0))
        yield local, hosted


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, models: tuple[ScriptedModel, ScriptedModel]
) -> Iterator[RunningService]:
    environment = {
        "OPENAI_API_KEY": "not-a-real-key",
        "VITAE_ROUTING__CLIENTS": "LocalVLLM,GPT4o",
        "VITAE_CLIENTS__LOCALVLLM__BASE_URL": models[0].base_url,
        "VITAE_CLIENTS__GPT4O__BASE_URL": models[1].base_url,
    }
    with running_service(tmp_path_factory.mktemp("story"), environment=environment) as running:
        yield running


def test_a_recruiters_day(page: Page, service: RunningService, models: tuple[ScriptedModel, ScriptedModel]) -> None:
    """`page` is signed in by a one-time link. It fails the test if it logs an error or contacts another host."""
    _upload_by_drop(page, service)
    jonas = _open_and_look(page, service)
    _see_a_profile_grow(page, service, models[0])
    _correct_and_reanalyse(page, service, jonas)
    _look_blindly(page, service, jonas)
    _see_costs(page, service)
    _see_a_client_go_down(page, service, models[0])
    _delete(page, service, jonas)


def _upload_by_drop(page: Page, service: RunningService) -> None:
    page.goto(service.url + "/upload")
    drop_files(page, {name: (SAMPLES / name).read_bytes() for name in FILES}, "#drop")
    uploads = page.locator("#uploads li")
    expect(uploads).to_have_count(len(FILES))
    expect(page.locator("#progress-words")).to_have_text(f"{len(FILES)} done", timeout=WAIT_MS)
    for name in FILES:
        expect(uploads.filter(has_text=name).locator(".state")).to_have_text("Done")


def _open_and_look(page: Page, service: RunningService) -> str:
    page.goto(service.url + "/candidates?q=lindvall")
    page.locator(".row-link").first.click()
    resume_id = page.url.rsplit("/", 1)[-1]
    expect(page.locator(".sheet[data-drawn=yes] img")).to_be_visible()
    with service.http() as api:
        evidence = api.get(f"/v1/resumes/{resume_id}").json()["evidence"]
    for pointer in ("/basics/email", "/work/0/name", "/education/0/institution"):
        page.locator(f'[data-place="{pointer}"]').click()
        expect(page.locator(".mark.chosen")).to_have_count(1)
        box = page.evaluate(
            """() => {
                const mark = document.querySelector(".mark.chosen").getBoundingClientRect();
                const sheet = document.querySelector(".mark.chosen").parentElement;
                const frame = sheet.getBoundingClientRect();
                const points = Number(sheet.dataset.width) / frame.width;
                return [mark.left - frame.left, mark.top - frame.top, mark.right - frame.left, mark.bottom - frame.top]
                    .map((pixels) => pixels * points);
            }"""
        )
        there = evidence[pointer]["box"]
        assert all(abs(a - b) < TOLERANCE_POINTS for a, b in zip(box, there, strict=True)), (pointer, box, there)
    expect(page.locator("#profile")).to_contain_text("LocalVLLM")
    return resume_id


def _see_a_profile_grow(page: Page, service: RunningService, local: ScriptedModel) -> None:
    """From the waiting page to the final profile, which replaces it without a reload."""
    back, usual, page_is_open = page.url, local.script.next(), threading.Event()
    local.script.replace(Behaviour(token_seconds=0.02))
    local.gate = page_is_open.wait
    name = "thandiwe-mokgalapa.pdf"
    try:
        with service.http() as api:
            made = api.post("/v1/resumes", files=[("files", (name, (SAMPLES / name).read_bytes()))]).json()
        page.goto(f"{service.url}/candidates/{made['resumes'][0]['id']}")
        expect(page.locator("#doing")).to_have_text("LocalVLLM is answering.", timeout=WAIT_MS)
        expect(page.locator("#profile")).not_to_contain_text("Kopjeland Resources")
        page.evaluate(
            """() => {
                window.seen = [];
                new MutationObserver(() => {
                    const profile = document.querySelector("#profile.growing");
                    if (!profile) return;
                    const employer = profile.querySelector('[data-value="/work/0/name"]')?.textContent;
                    const edits = profile.querySelectorAll("[data-edit]").length;
                    window.seen.push({employer, edits, text: profile.textContent});
                }).observe(document.body, {childList: true, subtree: true});
            }"""
        )
        page_is_open.set()
        expect(page.locator("#working .state")).to_have_text("Done", timeout=WAIT_MS)
    finally:
        page_is_open.set()
        local.script.replace(usual)
    expect(page.locator("#profile")).to_contain_text("Read by")
    expect(page.locator(".growing")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("thandiwe", re.IGNORECASE))
    seen: list[dict[str, Any]] = page.evaluate("window.seen ?? []")  # missing if the page was reloaded
    assert "Kopjeland Resources" in [each.get("employer") for each in seen]
    assert all("Still being read" in each["text"] and each["edits"] == 0 for each in seen)
    expect(page.get_by_role("button", name="Reanalyse")).to_be_enabled()
    expect(page.locator("#profile [data-edit]").first).to_be_attached()
    page.goto(back)


def _correct_and_reanalyse(page: Page, service: RunningService, resume_id: str) -> None:
    page.locator('[data-value="/basics/name"]').click()
    page.get_by_role("button", name=re.compile("^Correct: ")).click()
    page.keyboard.type("Jonas Q. Lindvall")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Jonas Q. Lindvall")
    page.get_by_role("button", name="Reanalyse").click()
    expect(page.get_by_text("Analysis 2")).to_be_visible(timeout=WAIT_MS)
    expect(page.locator('[data-value="/basics/name"]')).to_have_text("Jonas Q. Lindvall")
    expect(page.locator("#corrections")).to_contain_text("Corrections 1")
    page.goto(service.url + "/candidates?q=jonas+q")
    expect(page.locator("#rows")).to_contain_text("Jonas Q. Lindvall")
    page.goto(f"{service.url}/candidates/{resume_id}")


def _look_blindly(page: Page, service: RunningService, resume_id: str) -> None:
    page.get_by_role("button", name="Names: shown").click()
    page.get_by_role("button", name="Blind: hide identities").click()
    expect(page.get_by_role("button", name="Names: hidden")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in (f"/candidates/{resume_id}", "/candidates", "/candidates?q=lindvall", "/system", "/costs"):
        page.goto(service.url + path)
        page.wait_for_load_state("load")
        shown = page.content().replace("q=lindvall", "").replace('"lindvall"', "")  # the search term itself stays
        assert not re.search("lindvall|jonas", shown, re.IGNORECASE), path
    assert not any(url.split("?")[0].endswith("/document") for url in asked)
    pages = [url for url in asked if "/pages" in url]
    assert any(url.split("?")[0].endswith("/pages/1.webp") for url in pages)
    assert all(url.endswith("?blind=true") for url in pages), pages
    page.goto(f"{service.url}/candidates/{resume_id}")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Candidate [0-9A-F]{6}$"))
    expect(page.locator("#corrections")).to_have_count(0)
    page.get_by_role("button", name="Names: hidden").click()
    page.get_by_role("button", name="Show names").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Jonas Q. Lindvall")


def _see_costs(page: Page, service: RunningService) -> None:
    with service.http(120) as api:
        for begin in range(0, ANALYSES, 50):
            files = [("files", (f"cv-{n}.txt", resume_text(n))) for n in range(begin, begin + 50)]
            assert api.post("/v1/resumes", files=files).status_code == 202
    page.goto(service.url + "/system")
    expect(page.get_by_text("waiting").first).to_be_visible()
    told = _wait_for_answers(page, service, ANALYSES + len(FILES) + 1)
    attempts = told["totals"]["attempts"]
    local = next(group["attempts"] for group in told["groups"] if group["key"] == "LocalVLLM")
    page.goto(service.url + "/costs")
    expect(page.get_by_role("link", name=f"{attempts:,} attempts")).to_be_visible()
    expect(page.locator("#break-even-chart svg .curve")).to_have_count(2)
    expect(page.locator("#chart svg rect").first).to_be_visible()
    # A number leads to the rows that it consists of, and all rows can be downloaded as CSV.
    page.get_by_role("region", name="By client").get_by_role("link", name="LocalVLLM").click()
    expect(page.locator("#ledger h2")).to_contain_text("LocalVLLM")
    expect(page.locator("#ledger tbody tr")).to_have_count(min(50, local))
    with page.expect_download() as download:
        page.locator("#ledger").get_by_role("link", name="CSV").click()
    lines = download.value.path().read_text("utf-8").splitlines()
    assert lines[0].startswith("started_at,client,function")
    assert len(lines) == 1 + local


def _wait_for_answers(page: Page, service: RunningService, least: int) -> Any:
    """The costs by client, once every resume is done and its model calls are in the ledger."""
    end = time.monotonic() + 4 * WAIT_MS / 1000
    with service.http() as api:
        while time.monotonic() < end:
            # In this order: an analysis that ends between the two requests is in the sums.
            waiting = [api.get("/v1/resumes", params={"status": s, "limit": 1}).json()["items"] for s in UNFINISHED]
            told = api.get("/v1/costs/summary", params={"group_by": "client"}).json()
            if told["totals"]["answered"] >= least and not any(waiting):
                return told
            page.wait_for_timeout(500)
    raise AssertionError("not everything was answered in time")


def _see_a_client_go_down(page: Page, service: RunningService, local: ScriptedModel) -> None:
    local.script.replace(Behaviour("error", status=500))
    with service.http() as api:
        for number in range(5000, 5008):
            answer = api.post("/v1/resumes", files=[("files", (f"cv-{number}.txt", resume_text(number)))])
            assert answer.status_code == 202
    page.goto(service.url + "/system")
    row = page.locator("#clients tr").filter(has_text="LocalVLLM")
    expect(row).to_contain_text("Temporarily disabled", timeout=WAIT_MS)
    expect(page.locator("#routing-now")).to_contain_text("GPT4o, because LocalVLLM is temporarily disabled")
    expect(page.locator("#down")).to_contain_text("No calls go to LocalVLLM now")
    expect(page.get_by_role("region", name="Time per resume")).to_contain_text("Analysing")
    page.reload()
    expect(page.get_by_role("region", name="Failed attempts")).to_contain_text("LocalVLLM")


def _delete(page: Page, service: RunningService, resume_id: str) -> None:
    page.goto(f"{service.url}/candidates/{resume_id}")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page).to_have_url(service.url + "/candidates")
    with service.http() as api:
        assert api.get(f"/v1/resumes/{resume_id}").status_code == 404
        assert api.get(f"/v1/resumes/{resume_id}/profile/corrections").status_code == 404
