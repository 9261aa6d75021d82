"""Writes the sample files and their truth files: `python -m samples.render`, for people who change a sample.

Every file is made only from `samples/people` and the layouts in this folder. The same input always gives the same
bytes, and a test compares the committed files with the current output.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from samples.docx_forms import DOCX_FORMS
from samples.docx_layouts import DOCX_LAYOUTS
from samples.not_resumes import NOT_RESUMES
from samples.reportlab_layouts import REPORTLAB_LAYOUTS
from samples.resume import Resume, load_people
from samples.text_forms import TEXT_FORMS
from samples.text_layouts import TEXT_LAYOUTS
from samples.typst_layouts import TYPST_LAYOUTS, draw_pdf

SAMPLES = Path(__file__).parent
DRAWINGS: dict[str, Callable[[Resume], bytes]] = {
    **REPORTLAB_LAYOUTS,
    **DOCX_LAYOUTS,
    **DOCX_FORMS,
    **TEXT_LAYOUTS,
    **TEXT_FORMS,
}


def draw(resume: Resume, layout: str) -> bytes:
    """The file's bytes; raises `ValueError` for an unknown layout."""
    if layout in TYPST_LAYOUTS:
        return draw_pdf(resume, layout)
    if layout not in DRAWINGS:
        raise ValueError(f"Unknown layout {layout!r}; the layouts are {sorted([*DRAWINGS, *TYPST_LAYOUTS])}.")
    return DRAWINGS[layout](resume)


def truth_path(file: str) -> str:
    """`priya.pdf` and `priya.md` have the same content and share `priya.truth.json`."""
    return str(Path(file).with_suffix(".truth.json"))


def rendered() -> dict[str, bytes]:
    """Every file under `samples/` that this script writes, by its relative path."""
    files: dict[str, bytes] = {path: draw_it() for path, draw_it in NOT_RESUMES.items()}
    for resume in load_people():
        for rendition in resume.renditions:
            meta = {"layout": rendition.layout.removesuffix("_docx").replace("_", " "), "language": resume.language}
            truth = (json.dumps({**resume.truth, "meta": meta}, ensure_ascii=False, indent=2) + "\n").encode()
            files[rendition.file] = draw(resume, rendition.layout)
            files[truth_path(rendition.file)] = truth
    return files


def main() -> None:
    parser = argparse.ArgumentParser(description="Render the sample resumes and their truth files.")
    parser.add_argument("--into", type=Path, default=SAMPLES, help="folder to write to (default: samples/)")
    into: Path = parser.parse_args().into
    files = rendered()
    for path, content in files.items():
        target = into / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    print(f"Wrote {len(files)} files, {sum(map(len, files.values())) / 1024:.0f} KiB, to {into}")


if __name__ == "__main__":
    main()
