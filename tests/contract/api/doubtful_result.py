"""A result with doubtful values, as two readings of a document leave them; for the tests of the review queue."""

from typing import Any

from app.extraction.document import Document, Line, Page
from tests.contract.api.pipeline import PROFILE

LINES = ("Ilse Varga", "ilse@varga.example", "Process Engineer, Brightwater Mills, 2019-03", "Miller", "Python", "Go")
DOCUMENT = Document(
    "text/plain", (Page(1, 0.0, 0.0),), tuple(Line(at, 1, text) for at, text in enumerate(LINES, 1))
).to_bytes()


def place(line: int, quote: str, confidence: float) -> dict[str, Any]:
    return {"page": 1, "line": line, "quote": quote, "box": None, "confidence": confidence}


TEACHING = {"name": "Harrow Street College", "position": "Lecturer", "startDate": "2015", "endDate": "2018"}
DOUBTFUL: dict[str, Any] = {**PROFILE, "work": [PROFILE["work"][0], TEACHING]}
EVIDENCE: dict[str, Any] = {
    "/basics/name": place(1, "Ilse Varga", 0.85),
    "/basics/email": place(2, "ilse@varga.example", 0.99),
    "/work/0/name": place(3, "Brightwater Mills", 0.97),
    "/work/0/position": place(3, "Process Engineer", 0.6),
    "/work/0/startDate": place(3, "2019-03", 0.97),
    "/work/1/name": place(5, "Harrow Street College", 0.86),
    "/work/1/position": place(5, "Lecturer", 0.86),
    "/work/1/startDate": place(5, "2015", 0.93),
    "/skills/0/name": place(5, "Python", 0.99),
}
VOLUNTEER = {"organization": "Lifeboat Station", "position": "Helm"}
READINGS: dict[str, Any] = {
    "used": "both",
    "agreement": 0.9,
    "lines_explained": {"model": 5, "builtin": 5},
    "disagreements": [
        {
            "kind": "value",
            "place": "work.position",
            "reading": "model",
            "value": "Process Engineer",
            "line": 3,
            "other_value": "Miller",
            "other_line": 4,
            "entry": None,
        },
        {"kind": "entry", "place": "work", "reading": "builtin", "value": "Harrow Street College", "line": 5}
        | dict.fromkeys(("other_value", "other_line", "entry")),
        {"kind": "left_out", "place": "volunteer", "reading": "model", "value": "Lifeboat Station", "line": 6}
        | {"other_value": None, "other_line": None, "entry": VOLUNTEER},
    ],
}
