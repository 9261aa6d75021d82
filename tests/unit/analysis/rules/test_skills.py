"""How lists of skills are split."""

import pytest

from app.analysis.rules import parse_resume

from .documents import plain


@pytest.mark.parametrize(
    "listed",
    [
        "Expert: Java, Python\nFamiliar: SQL, Adobe Photoshop",
        "Proficient in Java, Python, SQL and Adobe Photoshop",
        "Java / Python / SQL / Adobe Photoshop",
        "Java - Python - SQL - Adobe Photoshop",
        "Java (5 years), Python (2 years), SQL (1 year), Adobe Photoshop",
    ],
)
def test_skills_are_split_at_their_separators(listed: str) -> None:
    answer = parse_resume(plain(f"Rosamund Ellery\nrosamund@example.com\n\nSKILLS\n\n{listed}"))
    words = [word.removeprefix("and ") for group in answer.skills for word in group.keywords]
    assert words == ["Java", "Python", "SQL", "Adobe Photoshop"]
