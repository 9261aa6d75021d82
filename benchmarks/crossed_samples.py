"""Draws the samples' people in each other's layouts, for `vitae eval`: `python -m benchmarks.crossed_samples DIR`.

These pages were not used to develop the parser, so they predict its accuracy on new documents better than the samples
do. A layout that omits something (links, a label) lowers recall, because those words are not on the page.
"""

import argparse
import json
import random
from pathlib import Path

from samples.render import draw
from samples.resume import Resume, load_people

# Layouts that can draw any person; those made for one sidebar, form or language are excluded.
LAYOUTS = {
    **dict.fromkeys(("hint_column", "coloured_head", "college", "running_header", "date_rail"), ".pdf"),
    **dict.fromkeys(("academic", "modern", "french"), ".pdf"),
    **dict.fromkeys(("plain_docx", "table_docx", "functional_docx", "header_table_docx"), ".docx"),
    **dict.fromkeys(("text", "mail_text"), ".txt"),
    **dict.fromkeys(("markdown", "notes_markdown"), ".md"),
    **dict.fromkeys(("html", "job_board_html"), ".html"),
}
# Languages whose characters are not in the fonts of the Typst layouts.
NOT_IN_PDF = frozenset({"ar", "he", "ja", "ru", "zh"})


def crossed(people: list[Resume], *, most: int, seed: int) -> list[tuple[Resume, str]]:
    """Pairs of a person without a sidebar and another person's layout, in an order determined by `seed`."""
    plain = [person for person in people if not person.sidebar and all(s.kind != "personal" for s in person.sections)]
    pairs = [
        (person, layout)
        for person in plain
        for layout, suffix in LAYOUTS.items()
        if layout not in {rendition.layout for rendition in person.renditions}
        and not (suffix == ".pdf" and person.language in NOT_IN_PDF)
    ]
    random.Random(seed).shuffle(pairs)  # noqa: S311 - a sample, not a secret
    return pairs[:most]


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw people in other people's layouts, with their truth files.")
    parser.add_argument("folder", type=Path, help="folder to write to")
    parser.add_argument("--most", type=int, default=105, help="maximum number of documents")
    parser.add_argument("--seed", type=int, default=7, help="seed for the selection of pairs")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    pairs = crossed(load_people(), most=arguments.most, seed=arguments.seed)
    for person, layout in pairs:
        stem = f"{Path(person.renditions[0].file).stem}-{layout}"
        (folder / f"{stem}{LAYOUTS[layout]}").write_bytes(draw(person, layout))
        meta = {"layout": layout.removesuffix("_docx").replace("_", " "), "language": person.language}
        truth = json.dumps({**person.truth, "meta": meta}, ensure_ascii=False)
        (folder / f"{stem}.truth.json").write_text(truth, encoding="utf-8")
    print(f"Wrote {len(pairs)} documents to {folder}; now run: vitae eval {folder} --details")


if __name__ == "__main__":
    main()
