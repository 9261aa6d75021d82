"""The document as page images: highlights sit on their words, and the words can be selected, copied and found."""

import io
import shutil
from typing import Any

import pypdfium2 as pdfium
import pytest

from tests.browser.conftest import SAMPLES, WAIT_MS, has_ink, upload
from tests.end_to_end.service import RunningService

pytest.importorskip("playwright.sync_api", reason="the browser tests need the package playwright")

from playwright.sync_api import Page, expect

TOLERANCE_PIXELS = 4
needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="pictures are read with tesseract")
needs_libreoffice = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="word processors' files are drawn with LibreOffice"
)

# The rectangle of a text in the layer over the pages, and the one of the marks of a value.
_PLACES = """([quote, key]) => {
    const letters = [];
    for (const row of document.querySelectorAll(".text-row")) {
        const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            for (let at = 0; at < node.data.length; at++) if (node.data[at].trim()) letters.push([node, at]);
        }
    }
    const bare = quote.replace(/\\s+/g, "");
    const whole = letters.map(([node, at]) => node.data[at]).join("");
    const marks = [...document.querySelectorAll(`[data-mark="${key}"]`)].map((mark) => mark.getBoundingClientRect());
    const around = (boxes) => [
        Math.min(...boxes.map((box) => box.left)), Math.min(...boxes.map((box) => box.top)),
        Math.max(...boxes.map((box) => box.right)), Math.max(...boxes.map((box) => box.bottom))];
    const found = [];
    for (let from = whole.indexOf(bare); from >= 0; from = whole.indexOf(bare, from + 1)) {
        found.push(around(letters.slice(from, from + bare.length).map(([node, at]) => {
            const range = document.createRange();
            range.setStart(node, at);
            range.setEnd(node, at + 1);
            return range.getBoundingClientRect();
        })));
    }
    return [found, marks.length ? around(marks) : null];
}"""


def open_pages(page: Page, service: RunningService, resume_id: str) -> dict[str, Any]:
    page.goto(f"{service.url}/candidates/{resume_id}")
    expect(page.locator(".sheet[data-drawn=yes] img").first).to_be_visible(timeout=WAIT_MS)
    page.wait_for_selector(".text-row", timeout=WAIT_MS)
    with service.http() as client:
        return client.get(f"/v1/resumes/{resume_id}").json()["evidence"]


def check_marks(page: Page, evidence: dict[str, Any], pointers: list[str]) -> None:
    for pointer in pointers:
        found, mark = page.evaluate(_PLACES, [evidence[pointer]["quote"], pointer])
        assert mark is not None, pointer
        assert any(_is_same_place(mark, each) for each in found), (
            f"{pointer}: the mark is at {mark}, its words are at {found}"
        )
        assert has_ink(page, f'[data-mark="{pointer}"]'), f"nothing is drawn under {pointer}"


def _is_same_place(mark: list[float], words: list[float]) -> bool:
    """Letters fill their boxes across; up and down the browser adds what its font has above and below a letter."""
    across = all(abs(mark[edge] - words[edge]) <= TOLERANCE_PIXELS for edge in (0, 2))
    height = mark[3] - mark[1]
    return across and all(abs(mark[edge] - words[edge]) <= TOLERANCE_PIXELS + 0.2 * height for edge in (1, 3))


def picture(name: str) -> bytes:
    document = pdfium.PdfDocument((SAMPLES / name).read_bytes())
    try:
        made = io.BytesIO()
        document[0].render(scale=2).to_pil().convert("RGB").save(made, "JPEG", quality=85, dpi=(144, 144))
        return made.getvalue()
    finally:
        document.close()


def test_highlights_sit_on_the_words_of_a_pdf(page: Page, service: RunningService) -> None:
    resume_id = upload(service, "jonas.pdf", (SAMPLES / "jonas-lindvall.pdf").read_bytes())
    evidence = open_pages(page, service, resume_id)
    check_marks(page, evidence, ["/basics/name", "/basics/email", "/work/0/name", "/work/1/position"])


@needs_tesseract
def test_highlights_sit_on_the_words_of_a_scan(page: Page, service: RunningService) -> None:
    resume_id = upload(service, "amara.jpg", picture("amara-whitfield.pdf"))
    evidence = open_pages(page, service, resume_id)
    check_marks(page, evidence, ["/basics/name", "/work/0/name", "/work/1/position"])


@needs_libreoffice
def test_highlights_sit_on_the_words_of_a_word_file(page: Page, service: RunningService) -> None:
    resume_id = upload(service, "oliver.docx", (SAMPLES / "oliver-tranmere.docx").read_bytes())
    evidence = open_pages(page, service, resume_id)
    check_marks(page, evidence, ["/basics/name", "/basics/email", "/work/0/name", "/work/0/position"])
    page.locator('[data-place="/work/0/name"]').click()
    expect(page.locator(".mark.chosen").first).to_be_in_viewport()
    page.get_by_role("button", name="Text", exact=True).click()
    expect(page.locator("#lines mark")).to_have_text(evidence["/work/0/name"]["quote"])


def test_the_text_of_a_page_can_be_selected_copied_and_found(page: Page, service: RunningService) -> None:
    resume_id = upload(service, "jonas.pdf", (SAMPLES / "jonas-lindvall.pdf").read_bytes())
    evidence = open_pages(page, service, resume_id)
    [[box], _] = page.evaluate(_PLACES, [evidence["/basics/name"]["quote"], "/basics/name"])
    middle = (box[1] + box[3]) / 2
    page.mouse.move(box[0] + 1, middle)
    page.mouse.down()
    page.mouse.move(box[2] - 1, middle, steps=8)
    page.mouse.up()
    assert page.evaluate("String(getSelection()).trim()") == "Jonas Lindvall"
    expect(page.locator(".mark.chosen")).to_have_count(0)  # selecting is no click
    page.mouse.click(5, 5)
    # As Ctrl+F finds it, over the boundaries of words and case aside.
    assert page.evaluate("window.find('senior data scientist, nordvind energi')")
    assert page.evaluate("getSelection().anchorNode.parentElement.closest('.text-layer') !== null")


def test_a_blind_page_can_not_be_read_by_eye_selection_or_search(page: Page, service: RunningService) -> None:
    resume_id = upload(service, "jonas.pdf", (SAMPLES / "jonas-lindvall.pdf").read_bytes())
    evidence = open_pages(page, service, resume_id)
    _, name = page.evaluate(_PLACES, [evidence["/basics/name"]["quote"], "/basics/name"])
    page.context.add_cookies([{"name": "vitae_view", "value": "blind", "url": service.url}])
    blind = open_pages(page, service, resume_id)
    assert "Lindvall" not in page.content()
    assert "Lindvall" not in page.locator(".text-layer").first.inner_text()
    assert not page.evaluate("window.find('lindvall')")
    shown = page.screenshot(clip={"x": name[0], "y": name[1], "width": name[2] - name[0], "height": name[3] - name[1]})
    # One grey where the letters were, and nothing else but the paper between and around the words.
    levels = _grey_levels(shown)
    assert min(levels) > 190, min(levels)
    assert "/basics/name" not in blind or page.locator('[data-mark="/basics/name"]').count() == 0
    check_marks(page, evidence, ["/work/0/name", "/work/1/position"])


def _grey_levels(png: bytes) -> list[int]:
    from PIL import Image  # noqa: PLC0415

    with Image.open(io.BytesIO(png)) as image:
        return list(image.convert("L").tobytes())


def test_a_page_that_cannot_be_drawn_says_why(page: Page, service: RunningService) -> None:
    resume_id = upload(service, "torn.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 20)
    page.goto(f"{service.url}/candidates/{resume_id}")
    expect(page.locator("#pages-note")).to_contain_text("damaged")
