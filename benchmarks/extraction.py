"""Compares speed and memory of reading PDFs with other readers: `python -m benchmarks.extraction --peers PYTHON`.

The other readers are installed in a separate environment and are not part of the project (PyMuPDF is under the AGPL):
    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install pdfplumber pymupdf 'markitdown[pdf]'
    python -m benchmarks.extraction --peers /tmp/peers/bin/python
Each reader processes the same files in a separate process, several times in turn; the best time counts. Files that need
OCR or a password are excluded, because not all readers support them.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from app.errors import DocumentError
from app.extraction.document import Document
from app.extraction.extract import extract_document
from app.extraction.limits import ExtractionLimits
from app.extraction.media_types import PDF

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 600
WHOLE, WITHOUT_HIDDEN = "Vitae, complete", "Vitae, without hidden text"
# The code of each reader; `read(path)` processes one file. All but markitdown return words with boxes, and text.
_READERS = {
    WHOLE: """
import sys
sys.path.insert(0, ROOT)
from pathlib import Path
from app.extraction.extract import extract_document
from app.extraction.limits import ExtractionLimits
limits = ExtractionLimits(program_seconds=0)
def read(path):
    extract_document(Path(path).read_bytes(), "application/pdf", limits)
""",
    # Only what the others do too: words with boxes, and their lines in reading order.
    WITHOUT_HIDDEN: """
import sys
sys.path.insert(0, ROOT)
from pathlib import Path
import pypdfium2
from app.extraction.pdf.glyphs import PageSpace
from app.extraction.limits import ExtractionLimits
from app.extraction.line_builder import LineBuilder
from app.extraction.layout.page_lines import add_regions
from app.extraction.pdf.pdf_colours import without_plain_profiles
from app.extraction.pdf.pdf_words import read_page
from app.extraction.layout.reading_order import order_words
limits = ExtractionLimits()
def read(path):
    builder = LineBuilder("application/pdf", limits)
    document = pypdfium2.PdfDocument(without_plain_profiles(Path(path).read_bytes()))
    for page in document:
        space = PageSpace(page)
        builder.add_page(space.width, space.height)
        add_regions(order_words(read_page(page, space).words), builder)
        page.close()
    document.close()
    builder.text
""",
    "pdfplumber, words and text": """
import pdfplumber
def read(path):
    with pdfplumber.open(path) as document:
        for page in document.pages:
            page.extract_words()
            page.extract_text()
""",
    "pdfplumber, words only": """
import pdfplumber
def read(path):
    with pdfplumber.open(path) as document:
        for page in document.pages:
            page.extract_words()
""",
    "PyMuPDF, words and text": """
import pymupdf
def read(path):
    with pymupdf.open(path) as document:
        for page in document:
            page.get_text("words", sort=True)
            page.get_text("text", sort=True)
""",
    "markitdown, text": """
from markitdown import MarkItDown
converter = MarkItDown()
def read(path):
    converter.convert(path)
""",
}
_MEASURE = """
import gc, json, pathlib, re, time
read(FILES[0])
gc.collect()
gc.freeze()  # as in the sandbox: objects loaded before the first file are not collected again
begun = time.process_time()
for path in FILES:
    read(path)
seconds = time.process_time() - begun
peak = re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())  # of this process, on Linux
print(json.dumps({"seconds": seconds, "mib": int(peak[1]) / 1024}))
"""


# As in the sandbox, because idle worker threads cost CPU time too.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def measure(python: str, reader: str, files: list[str]) -> dict[str, float]:
    """CPU seconds for one pass over all files, after one warm-up file, and the peak memory in MiB."""
    program = f"ROOT = {str(ROOT)!r}\nFILES = {files!r}\n{_READERS[reader]}\n{_MEASURE}"
    ended = subprocess.run(
        [python, "-W", "ignore", "-c", program],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=SECONDS,
        env={**os.environ, **_ENVIRONMENT},
    )
    return json.loads(ended.stdout.splitlines()[-1])


def _documents(folder: Path) -> dict[str, Document]:
    """Vitae's document for each file that has a text layer."""
    found: dict[str, Document] = {}
    for path in sorted(folder.glob("*.pdf")):
        try:
            found[str(path)] = extract_document(path.read_bytes(), PDF, ExtractionLimits(program_seconds=0))
        except DocumentError:
            continue
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare PDF readers.")
    parser.add_argument("--peers", required=True, help="the Python interpreter with the other readers")
    parser.add_argument("--folder", type=Path, default=ROOT / "samples")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    documents = _documents(arguments.folder)
    best: dict[str, dict[str, float]] = {}
    for _ in range(arguments.rounds):
        for reader in _READERS:
            python = sys.executable if reader in (WHOLE, WITHOUT_HIDDEN) else arguments.peers
            measured = measure(python, reader, list(documents))
            if reader not in best or measured["seconds"] < best[reader]["seconds"]:
                best[reader] = measured
    pages = sum(len(document.pages) for document in documents.values())
    words = sum(len(line.words) for document in documents.values() for line in document.lines)
    print(
        f"{len(documents)} files, {pages} pages of {words / pages:.0f} words, best of {arguments.rounds}, "
        "CPU time of one core\n"
    )
    print(
        "| reader | ms per page | relative to Vitae | relative, without hidden text | peak memory |\n"
        "|---|---:|---:|---:|---:|"
    )
    for reader, measured in best.items():
        shares = [measured["seconds"] / best[ours]["seconds"] for ours in (WHOLE, WITHOUT_HIDDEN)]
        print(
            f"| {reader} | {1000 * measured['seconds'] / pages:.1f} | {shares[0]:.1f} | {shares[1]:.1f} | "
            f"{measured['mib']:.0f} MiB |"
        )


if __name__ == "__main__":
    main()
