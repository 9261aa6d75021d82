"""Every format with every kind of content, from real files, through the real sandbox."""

import shutil
import subprocess
from pathlib import Path

import pytest

from app.extraction.limits import ExtractionLimits
from app.extraction.sandbox.sandbox import extract_in_sandbox
from app.intake.file_types import detect_media_type
from tests.contract.extraction.format_files import (
    CONTENTS,
    CONVERTED,
    MADE_DIRECTLY,
    PICTURES,
    Content,
    as_docx,
    as_picture,
    converted,
    has_font,
)

LIMITS = ExtractionLimits(seconds=120, program_seconds=300)
FORMATS = (*MADE_DIRECTLY, *CONVERTED, *PICTURES)
OCR_LANGUAGE = {"umlauts": "deu", "Japanese": "jpn", "Arabic": "ara"}
IMPOSSIBLE = {
    ("TXT", "name in page header"): "plain text has no page header",
    ("TXT", "two columns"): "plain text has no columns",
    ("MD", "name in page header"): "Markdown has no page header",
    ("MD", "two columns"): "Markdown has no columns",
    ("JSON", "name in page header"): "JSON has no pages",
    ("JSON", "table"): "JSON Resume has no tables",
    ("JSON", "two columns"): "JSON has no columns",
}
_CELLS = [
    pytest.param(
        kind,
        name,
        id=f"{kind}-{name}",
        marks=[pytest.mark.skip(reason=f"impossible: {IMPOSSIBLE[kind, name]}")] if (kind, name) in IMPOSSIBLE else [],
    )
    for kind in FORMATS
    for name in CONTENTS
]


class Files:
    """Creates each format on first use, because a run of LibreOffice takes seconds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._converted: dict[str, dict[str, bytes]] = {}

    def get(self, kind: str, name: str) -> bytes:
        content = CONTENTS[name]
        if kind in MADE_DIRECTLY:
            return MADE_DIRECTLY[kind](content)
        if kind in PICTURES:
            return as_picture(self._from_office("PDF", content)[name], PICTURES[kind])
        return self._from_office(kind, content)[name]

    def _from_office(self, kind: str, content: Content) -> dict[str, bytes]:
        if shutil.which("soffice") is None:
            pytest.skip("LibreOffice is not installed (apt-get install libreoffice-writer)")
        if kind == "PDF" and not has_font(content.font):
            pytest.skip(f"the font {content.font} is not installed (apt-get install fonts-noto-cjk fonts-noto-core)")
        if kind not in self._converted:
            sources = {name: as_docx(content) for name, content in CONTENTS.items()}
            self._converted[kind] = converted(self._folder, sources, CONVERTED[kind])
        return self._converted[kind]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("formats"))


@pytest.fixture(scope="module")
def ocr_languages() -> set[str]:
    if shutil.which("tesseract") is None:
        return set()
    listed = subprocess.run(["tesseract", "--list-langs"], check=True, capture_output=True, text=True, timeout=60)
    return set(listed.stdout.split())


@pytest.mark.parametrize(("kind", "name"), _CELLS)
def test_every_format_yields_every_content_in_the_right_order(
    files: Files, ocr_languages: set[str], kind: str, name: str
) -> None:
    if kind in PICTURES and (language := OCR_LANGUAGE.get(name, "eng")) not in ocr_languages:
        pytest.skip(f"tesseract has no {language} (apt-get install tesseract-ocr-{language.replace('_', '-')})")
    content = files.get(kind, name)
    document = extract_in_sandbox(content, detect_media_type(content, f"cv.{kind.lower()}"), LIMITS)
    read = _letters(document.text)
    at = 0
    for phrase in CONTENTS[name].phrases:
        wanted = _letters(phrase)
        assert wanted in read[at:], f"{phrase!r} is missing or misplaced in:\n{document.text}"
        at = read.index(wanted, at) + len(wanted)
    assert document.hidden == ()


def _letters(text: str) -> str:
    """Remove spaces, which have no meaning between Japanese characters."""
    return "".join(text.split())
