"""The complete service and a real browser. Nothing here is simulated.

`page` is signed in. A test fails if the page logs an error, violates its Content-Security-Policy, or contacts another
host.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.end_to_end.service import RunningService, running_service

if TYPE_CHECKING:  # the tests are skipped if the package is missing
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
WAIT_MS = 60_000  # for an analysis on a busy machine
_CHANGE_MS = 20_000  # for the effect of a click; a second or less on an idle machine
_CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
# Messages of the browser about requests that the test makes on purpose.
_EXPECTED = "Failed to load resource"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    with running_service(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed with the module, because its event loop runs in this thread and no other test could run one."""
    if _CHROMIUM is None:
        pytest.skip("the browser tests need Chromium (Debian: apt-get install chromium)")
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415 - see above

    expect.set_options(timeout=_CHANGE_MS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def sign_in_link(service: RunningService) -> Callable[[], str]:
    def make() -> str:
        with service.http() as client:
            answer = client.post("/v1/sign-in-links")
        assert answer.status_code == 201, answer.text
        return service.url + answer.json()["path"]

    return make


@pytest.fixture(scope="module")
def signed_in_state(browser: Browser, sign_in_link: Callable[[], str]) -> Any:
    with browser.new_context() as context:
        context.new_page().goto(sign_in_link())
        return context.storage_state()


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    said: list[str] = []
    yield said
    assert said == []


@pytest.fixture
def context(
    browser: Browser, service: RunningService, signed_in_state: Any, complaints: list[str]
) -> Iterator[BrowserContext]:
    own_host = urlsplit(service.url).netloc

    def watch(opened: Page) -> None:
        def note(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"} and _EXPECTED not in message.text:
                complaints.append(message.text)

        def note_host(request: Request) -> None:
            if not _same_host(request.url, own_host):
                complaints.append(request.url)

        opened.on("console", note)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("request", note_host)

    with browser.new_context(storage_state=signed_in_state, viewport={"width": 1360, "height": 900}) as made:
        made.on("page", watch)
        made.set_default_timeout(WAIT_MS)
        yield made


@pytest.fixture
def page(context: BrowserContext, service: RunningService) -> Page:
    opened = context.new_page()
    opened.goto(service.url + "/candidates")
    return opened


def _same_host(url: str, own_host: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"data", "blob"} or parts.netloc == own_host


def drop_files(page: Page, files: dict[str, bytes], onto: str = "body") -> None:
    """Drop files like a user, with the events and the DataTransfer of a drag from the desktop."""
    contents = [[name, base64.b64encode(content).decode()] for name, content in files.items()]
    page.evaluate(
        """([onto, contents]) => {
            const transfer = new DataTransfer();
            for (const [name, text] of contents) {
                const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
                transfer.items.add(new File([bytes], name));
            }
            const target = document.querySelector(onto);
            for (const kind of ["dragenter", "dragover", "drop"]) {
                target.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
            }
        }""",
        [onto, contents],
    )


def upload(service: RunningService, name: str, content: bytes) -> str:
    """Upload by the API and wait until it is done; returns the id."""
    with service.http() as client:
        made = client.post("/v1/resumes", files=[("files", (name, content))])
        assert made.status_code == 202, made.text
        resume_id = made.json()["resumes"][0]["id"]
        with client.stream("GET", f"/v1/resumes/{resume_id}/events", timeout=60) as stream:
            for line in stream.iter_lines():
                if line.startswith("event: resume.") and line.endswith(("done", "failed")):
                    return resume_id
    raise AssertionError("the stream ended before the resume was done")


def click_mark(page: Page, key: str) -> None:
    """With the mouse, as a reader does: the page's text lies over the marks."""
    mark = page.locator(f'[data-mark="{key}"]').first
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def has_ink(page: Page, mark: str = ".mark.chosen") -> bool:
    """Whether the image of the page has dark and light pixels below the mark: the words are there."""
    return page.evaluate(
        """(selector) => {
            const mark = document.querySelector(selector);
            const image = mark.parentElement.querySelector("img");
            const canvas = document.createElement("canvas");
            canvas.width = image.naturalWidth;
            canvas.height = image.naturalHeight;
            const pen = canvas.getContext("2d");
            pen.drawImage(image, 0, 0);
            const scale = canvas.width / mark.parentElement.clientWidth;
            const { data } = pen.getImageData(
                mark.offsetLeft * scale, mark.offsetTop * scale, mark.offsetWidth * scale, mark.offsetHeight * scale);
            let dark = 0, light = 0;
            for (let at = 0; at < data.length; at += 4) data[at] < 140 ? dark++ : data[at] > 200 && light++;
            return dark > 20 && light > 20;
        }""",
        mark,
    )
