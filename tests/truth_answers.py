"""The truth about the sample resumes as a model would answer it: JSON in the shape of `ExtractProfile`."""

import json
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parents[1] / "samples"
TRUTHS = sorted(SAMPLES.glob("*.truth.json"))


def truth_answer(truth: Path) -> dict[str, Any]:
    """Every entry cites two lines, one after the other; dates stay as the truth has them."""
    resume: dict[str, Any] = json.loads(truth.read_text("utf-8"))
    lines = iter(range(1, 10_000))

    def entries(section: str, **names: str) -> list[dict[str, Any]]:
        return [
            {
                **{ours: entry[theirs] for ours, theirs in names.items() if entry.get(theirs)},
                "lines": [next(lines), next(lines)],
            }
            for entry in resume.get(section, [])
        ]

    basics = resume["basics"]
    person = {key: basics[key] for key in ("name", "label", "email", "phone", "url", "summary") if basics.get(key)}
    person |= {"city": basics["location"]["city"], "lines": [next(lines), next(lines)]}
    dated = {"start": "startDate", "end": "endDate", "highlights": "highlights", "summary": "summary"}
    job = {"employer": "name", "position": "position", "location": "location", **dated}
    credential = {"title": "name", "issuer": "issuer", "date": "date", "summary": "summary"}
    answer: dict[str, Any] = {
        "is_resume": True,
        "person": person,
        "work": entries("work", **job),
        "volunteer": entries("volunteer", **{**job, "employer": "organization"}),
        "education": entries("education", institution="institution", area="area", degree="studyType", **dated),
        "skills": entries("skills", name="name", level="level", keywords="keywords"),
        "languages": entries("languages", language="language", fluency="fluency"),
        "projects": entries("projects", name="name", description="description", keywords="keywords", **dated),
        "certificates": entries("certificates", **credential),
        "awards": entries("awards", **{**credential, "title": "title", "issuer": "awarder"}),
        "publications": entries("publications", **{**credential, "issuer": "publisher", "date": "releaseDate"}),
        "interests": entries("interests", name="name", keywords="keywords"),
    }
    answer["education"] = [
        {key: value for key, value in entry.items() if key not in {"highlights", "summary"}}
        for entry in answer["education"]
    ]
    answer["projects"] = [
        {key: value for key, value in entry.items() if key != "summary"} for entry in answer["projects"]
    ]
    return {name: value for name, value in answer.items() if value}
