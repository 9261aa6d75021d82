"""Reads interests: names, with details in brackets or after a colon; used by `app.analysis.rules.parse_resume`."""

import re

from app.analysis.answer import Interest
from app.analysis.rules.phrases.spelling import clean_value
from app.analysis.rules.sections.skills import split_skills
from app.analysis.rules.structure.row import Row

_LABELLED = re.compile(r"^(?P<name>[^:：]{2,40})[:：]\s*(?P<list>\S.*)$")


def read_interests(rows: list[Row]) -> list[Interest]:
    found: list[Interest] = []
    for row in rows:
        if row.is_date_only or (row.text.rstrip().endswith(".") and row.word_count > 6):
            continue
        labelled = _LABELLED.match(row.text)
        if labelled is not None and len(labelled["name"].split()) <= 4:
            keywords = split_skills(labelled["list"])
            if keywords and re.match(r"^(?:skills|keywords)$", labelled["name"], re.IGNORECASE):
                if found:
                    found[-1] = found[-1].model_copy(
                        update={"keywords": keywords, "lines": sorted({*found[-1].lines, *row.numbers})}
                    )
                continue
            if keywords:
                found.append(Interest(name=clean_value(labelled["name"]), keywords=keywords, lines=list(row.numbers)))
            continue
        cells = row.cells if len(row.cells) > 1 else (row.text,)
        for cell in cells:
            if len(cell.split()) > 14 and "," not in cell:
                continue
            names = split_skills(re.sub(r"\s+(?:and|und|et|&)\s+(?=\w+\.?$)", ", ", cell) if "," in cell else cell)
            found.extend(Interest(name=name, lines=list(row.numbers)) for name in names if len(name.split()) <= 7)
    return found
