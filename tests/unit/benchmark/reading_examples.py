"""A small resume with its truth, for the tests of the benchmark of combined readings."""

from typing import Any

from app.extraction.document import Document, Line, Page, Word

TEXT = """\
Ottavia Brandreth
ottavia@example.org, +44 20 7946 0112, Leeds
EMPLOYMENT
Harbour Pilot, Tidewater Port Authority, Hull (Mar 2019 - present)
Brought in 900 ships, the last one in May 2023
Second Officer, Northern Ferry Lines, Leeds (06/2014 - 02/2019)
Kept the night watch
Deckhand, Calder Towage (2011-14)
SCHOOLS
BSc Nautical Science, Humber Maritime College, 2008 - 2011
WHAT I CAN DO
Radar plotting, Ice navigation
"""
TRUTH: dict[str, Any] = {
    "basics": {
        "name": "Ottavia Brandreth",
        "email": "ottavia@example.org",
        "phone": "+442079460112",
        "location": {"city": "Leeds"},
    },
    "work": [
        {
            "name": "Tidewater Port Authority",
            "position": "Harbour Pilot",
            "location": "Hull",
            "startDate": "2019-03",
            "highlights": ["Brought in 900 ships, the last one in May 2023"],
        },
        {
            "name": "Northern Ferry Lines",
            "position": "Second Officer",
            "location": "Leeds",
            "startDate": "2014-06",
            "endDate": "2019-02",
            "highlights": ["Kept the night watch"],
        },
        {"name": "Calder Towage", "position": "Deckhand", "startDate": "2011", "endDate": "2014"},
    ],
    "education": [
        {
            "institution": "Humber Maritime College",
            "studyType": "BSc",
            "area": "Nautical Science",
            "startDate": "2008",
            "endDate": "2011",
        }
    ],
    "skills": [{"keywords": ["Radar plotting", "Ice navigation"]}],
}


def document_of(text: str, language: str = "en") -> Document:
    """One line per line of text, as extraction reads a text file."""
    lines = tuple(
        Line(number=number, page=1, text=line, words=tuple(Word(word) for word in line.split()))
        for number, line in enumerate(text.strip().splitlines(), start=1)
    )
    return Document("text/plain", (Page(1, 0.0, 0.0),), lines, language=language)


DOCUMENT = document_of(TEXT)
