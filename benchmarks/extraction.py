"""Speed and memory of reading PDFs beside other readers, in one run: `python -m benchmarks.extraction --peers PYTHON`.

The other readers live in an environment of their own and are no part of the project (PyMuPDF is under the AGPL):
    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install pdfplumber pymupdf 'markitdown[pdf]'
    python -m benchmarks.extraction --peers /tmp/peers/bin/python
Each reader runs in a process of its own over the same files, several times in turn; the best time of each counts.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 600
# What each reader does with one file; `read(path)` gives the number of pages. All but markitdown give words with boxes.
_READERS = {
    "Vitae": """
import sys
sys.path.insert(0, ROOT)
from pathlib import Path
from app.extraction.extract import extract_document
from app.extraction.limits import ExtractionLimits
limits = ExtractionLimits(program_seconds=0)
def read(path):
    return len(extract_document(Path(path).read_bytes(), "application/pdf", limits).pages)
""",
    "pdfplumber": """
import pdfplumber
def read(path):
    with pdfplumber.open(path) as document:
        for page in document.pages:
            page.extract_words()
            page.extract_text()
        return len(document.pages)
""",
    "PyMuPDF": """
import pymupdf
def read(path):
    with pymupdf.open(path) as document:
        for page in document:
            page.get_text("words", sort=True)
            page.get_text("text", sort=True)
        return len(document)
""",
    "markitdown": """
from markitdown import MarkItDown
converter = MarkItDown()
def read(path):
    converter.convert(path)
    return 0
""",
}
_MEASURE = """
import json, resource, time
empty = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
read(FILES[0])
begun = time.process_time()
pages = sum(read(path) for path in FILES)
print(json.dumps({"seconds": time.process_time() - begun, "pages": pages,
                  "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def measure(python: str, reader: str, files: list[str]) -> dict[str, float]:
    """CPU seconds for all files once, after one to warm up, and the peak of memory in MiB."""
    program = f"ROOT = {str(ROOT)!r}\nFILES = {files!r}\n{_READERS[reader]}\n{_MEASURE}"
    ended = subprocess.run(
        [python, "-W", "ignore", "-c", program], check=True, stdout=subprocess.PIPE, text=True, timeout=SECONDS
    )
    return json.loads(ended.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare PDF readers.")
    parser.add_argument("--peers", required=True, help="the Python in which the other readers are installed")
    parser.add_argument("--folder", type=Path, default=ROOT / "samples")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    files = [str(path) for path in sorted(arguments.folder.glob("*.pdf"))]
    best: dict[str, dict[str, float]] = {}
    for _ in range(arguments.rounds):
        for reader in _READERS:
            measured = measure(sys.executable if reader == "Vitae" else arguments.peers, reader, files)
            if reader not in best or measured["seconds"] < best[reader]["seconds"]:
                best[reader] = measured
    pages = best["Vitae"]["pages"]
    print(f"{len(files)} files, {pages:.0f} pages, best of {arguments.rounds}, CPU time of one core\n")
    print("| reader | ms per page | times Vitae's | peak memory |\n|---|---:|---:|---:|")
    for reader, measured in best.items():
        share = measured["seconds"] / best["Vitae"]["seconds"]
        print(f"| {reader} | {1000 * measured['seconds'] / pages:.1f} | {share:.1f} | {measured['mib']:.0f} MiB |")


if __name__ == "__main__":
    main()
