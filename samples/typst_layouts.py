"""Draws a resume with one of the Typst templates in `samples/layouts`; used by `samples.render`.

Only fonts that come with Python packages are used (Typst's own and Bitstream Vera from ReportLab), never those of the
machine, so that the output is the same everywhere.
"""

from pathlib import Path

import reportlab
import typst

from samples.resume import Resume

LAYOUTS = Path(__file__).parent / "layouts"
TYPST_LAYOUTS = frozenset(path.stem for path in LAYOUTS.glob("*.typ")) - {"pieces"}
VERA_FONTS = Path(str(reportlab.__file__)).parent / "fonts"
# Fixed creation date, seconds since 1970: 2025-01-01.
CREATED_SECONDS = 1_735_689_600


def draw_pdf(resume: Resume, layout: str) -> bytes:
    return typst.compile(
        LAYOUTS / f"{layout}.typ",
        root=LAYOUTS,
        font_paths=[VERA_FONTS],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"resume": resume.to_json()},
        timestamp=CREATED_SECONDS,
    )
