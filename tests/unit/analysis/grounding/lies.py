"""Answers of a model that lies about a document, generated from a seed, with the values that must not reach a profile.

A lie starts from the true answer (the built-in parser's) and adds false values: employers, degrees, e-mail addresses
made of parts, another job's dates, lines that do not exist. `forbidden` are values that no profile may have.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from app.analysis.answer import Answer
from app.analysis.evaluation.invention import count_invented
from app.analysis.folding import fold
from app.analysis.grounding.check import check_answer
from app.analysis.rules import parse_resume
from app.extraction.document import Document
from app.extraction.extract import extract_document
from app.extraction.limits import ExtractionLimits
from app.intake.file_types import detect_media_type
from tests.unit.analysis.resume_documents import AS_OF, leaf_pointers, schema_errors, value_at

FIRST = ("Zebulon", "Quirina", "Ottokar", "Wilhelmine", "Xanthippe", "Balthazar")
LAST = ("Moonquist", "Featherstonehaugh", "Quetzalmann", "Vandermolen-Ruiz", "Zylberstejn")
EMPLOYERS = ("Moonbeam Cartography Guild", "Quantaverse Industries", "Umbrella & Sons plc", "Hyperborea GmbH", "Nimbus")
POSITIONS = ("Grand Vizier", "Chief Unicorn Officer", "Vice President of Tides", "Astronaut", "Oberhofmeister")
SCHOOLS = ("University of Atlantis", "Hogwarts Polytechnic", "École des Nuages", "Miskatonic College")
DEGREES = ("Dr. rer. mag.", "PhD in Alchemy", "M.Sc. Levitation", "Juris Doctor", "MBA (Mars)")
SKILLS = ("Levitation", "COBOL-85 embalming", "Telepathy", "Klingon poetry", "Perpetual motion")


@dataclass(slots=True)
class Lie:
    """An answer with its forbidden values. `kinds` lists what was falsified, for the message of a failing test."""

    answer: Answer
    forbidden: set[str] = field(default_factory=set[str])
    kinds: list[str] = field(default_factory=list[str])


def lie(truth: Answer, *, lines: int, rng: random.Random) -> Lie:
    """One false answer: the truth with one to four lies of different kinds."""
    answer: dict[str, Any] = truth.model_dump()
    told = Lie(truth)
    for kind in rng.sample(list(_KINDS), rng.randint(1, 4)):
        _KINDS[kind](answer, told, rng)
        told.kinds.append(kind)
    _cite_wrongly(answer, lines, rng)
    told.answer = Answer.model_validate(answer)
    return told


def _forbid(told: Lie, value: str) -> str:
    told.forbidden.add(value)
    return value


def _invent_job(answer: dict[str, Any], told: Lie, rng: random.Random) -> None:
    job = {
        "employer": _forbid(told, rng.choice(EMPLOYERS)),
        "position": _forbid(told, rng.choice(POSITIONS)),
        "start": f"{rng.randint(1950, 1969)}",
        "end": "1970",
        "highlights": [_forbid(told, f"Sold {rng.randint(900, 999)} moons to the tide office")],
        "ongoing": False,
        "lines": [1],
    }
    answer["work"].insert(rng.randint(0, len(answer["work"])), job)


def _promote(answer: dict[str, Any], told: Lie, rng: random.Random) -> None:
    for job in answer["work"][:1]:
        job["position"] = _forbid(told, f"Chief Galactic {job['position'] or 'Officer'}")


def _rename_employer(answer: dict[str, Any], told: Lie, rng: random.Random) -> None:
    for job in answer["work"]:
        job["employer"] = _forbid(told, f"{job['employer'] or ''} {rng.choice(LAST)} Holding".strip())


def _invent_study(answer: dict[str, Any], told: Lie, rng: random.Random) -> None:
    study = {
        "institution": _forbid(told, rng.choice(SCHOOLS)),
        "degree": _forbid(told, rng.choice(DEGREES)),
        "score": "5.9/4.0",
        "lines": [rng.randint(1, 5)],
    }
    answer["education"].append(study)


def _upgrade_degree(answer: dict[str, Any], told: Lie, rng: random.Random) -> None:
    for study in answer["education"]:
        study["degree"] = _forbid(told, f"Habilitated {study['degree'] or 'Professor'}")
        study["score"] = "11.97"


def _assemble_email(answer: dict[str, Any], told: Lie, rng: random.Random) -> None:
    true: str = answer["person"]["email"] or "someone@example.org"
    user, _, domain = true.partition("@")
    made = rng.choice((f"{user[1:]}@{domain}", f"{user}@mail.{domain}", f"hr.{user}@{domain}", f"{user}@{domain}.tr"))
    if made != true:
        answer["person"]["email"] = _forbid(told, made)


def _dial_another(answer: dict[str, Any], told: Lie, rng: random.Random) -> None:
    number = f"+1 212 555 01{rng.randint(10, 99)}"
    answer["person"]["phone"] = number
    told.forbidden.add("+1" + number[3:].replace(" ", ""))


def _rename_person(answer: dict[str, Any], told: Lie, rng: random.Random) -> None:
    first = str(answer["person"]["name"] or "Ann").split()[0]
    answer["person"]["name"] = _forbid(
        told, rng.choice((f"{first} {rng.choice(LAST)}", f"{rng.choice(FIRST)} {first}"))
    )
    answer["person"]["label"] = _forbid(told, rng.choice(POSITIONS))


def _teach(answer: dict[str, Any], told: Lie, rng: random.Random) -> None:
    known = [word for group in answer["skills"] for word in group["keywords"]]
    part = next((word[:-2] for word in known if len(word) > 6 and " " not in word and word.isascii()), None)
    words = [_forbid(told, rng.choice(SKILLS))]
    if part is not None:
        answer["skills"].append({"keywords": [part], "lines": []})  # part of a word; it may be a whole word elsewhere
    answer["skills"].append({"name": None, "keywords": words, "lines": [rng.randint(1, 9)]})
    answer["languages"].append({"language": _forbid(told, "Klingon"), "fluency": "native", "lines": [1]})
    answer["certificates"].append({"title": _forbid(told, "Certified Dragon Rider"), "date": "2019", "lines": [2]})


def _inflate(answer: dict[str, Any], told: Lie, rng: random.Random) -> None:
    for job in answer["work"]:
        job["highlights"] = [_forbid(told, f"{text} and won {rng.randint(3, 9)} Oscars") for text in job["highlights"]]
        job["summary"] = _forbid(told, "Saved the company from a dragon in 1811")


def _swap_dates(answer: dict[str, Any], told: Lie, rng: random.Random) -> None:
    """True employers with another job's dates."""
    jobs = answer["work"]
    dates = [(job["start"], job["end"], job["ongoing"]) for job in jobs]
    for job, (start, end, ongoing) in zip(jobs, dates[1:] + dates[:1], strict=True):
        job["start"], job["end"], job["ongoing"] = start, end, ongoing


def _swap_employers(answer: dict[str, Any], told: Lie, rng: random.Random) -> None:
    jobs = answer["work"]
    names = [job["employer"] for job in jobs]
    for job, name in zip(jobs, names[1:] + names[:1], strict=True):
        job["employer"] = name


def _stretch_dates(answer: dict[str, Any], told: Lie, rng: random.Random) -> None:
    for job in answer["work"]:
        job["start"], job["end"], job["ongoing"] = "1961", None, True


def _cite_wrongly(answer: dict[str, Any], lines: int, rng: random.Random) -> None:
    how = rng.choice(("true", "true", "none", "all", "random", "beyond"))
    for entries in answer.values():
        for entry in entries if isinstance(entries, list) else [entries]:
            if not isinstance(entry, dict):
                continue
            match how:
                case "none":
                    entry["lines"] = []
                case "all":
                    entry["lines"] = list(range(1, min(lines, 79) + 1))
                case "random":
                    entry["lines"] = [rng.randint(1, max(1, lines)) for _ in range(3)]
                case "beyond":
                    entry["lines"] = [0, -4, lines + 7, 10**9]
                case _:
                    pass


_KINDS: dict[str, Callable[[dict[str, Any], Lie, random.Random], None]] = {
    "invent a job": _invent_job,
    "promote": _promote,
    "rename the employer": _rename_employer,
    "invent a study": _invent_study,
    "upgrade the degree": _upgrade_degree,
    "assemble an e-mail": _assemble_email,
    "dial another number": _dial_another,
    "rename the person": _rename_person,
    "teach": _teach,
    "inflate": _inflate,
    "swap dates": _swap_dates,
    "swap employers": _swap_employers,
    "stretch dates": _stretch_dates,
}


SAMPLES = Path(__file__).parents[4] / "samples"
# One sample of each common layout: one column, table, sidebar, date column, two columns, Word, text, other scripts.
DOCUMENTS = (
    "amara-whitfield.pdf",
    "callum-braithwaite.pdf",
    "ginevra-montalbetti.pdf",
    "jonas-lindvall.pdf",
    "tomasz-brzozowiak.pdf",
    "oliver-tranmere.docx",
    "marcus-delhaye.txt",
    "thandiwe-mokgalapa.pdf",
    "minegishi-sakura.docx",
    "elodie-marchandeau.pdf",
)


@cache
def read(name: str) -> tuple[Document, Answer, dict[str, Any]]:
    """The document, the true answer for it, and the resulting profile."""
    content = (SAMPLES / name).read_bytes()
    document = extract_document(content, detect_media_type(content, name), ExtractionLimits())
    truth = parse_resume(document)
    return document, truth, check_answer(truth, document, as_of=AS_OF, default_region="US").profile


def periods(profile: dict[str, Any]) -> dict[str, set[str]]:
    """Employer -> the dates of all its jobs."""
    found: dict[str, set[str]] = {}
    for job in profile["work"]:
        dates = {job[key] for key in ("startDate", "endDate") if key in job}
        found.setdefault(fold(job.get("name", "")).text, set()).update(dates)
    return found


def assert_no_lie_survives(name: str, seed: int) -> None:
    """Check one false answer for one document. A failure names both, so that it can be repeated."""
    document, truth, true_profile = read(name)
    told = lie(truth, lines=len(document.lines), rng=random.Random(f"{name} {seed}"))
    checked = check_answer(told.answer, document, as_of=AS_OF, default_region="US")
    assert_no_lie_in(checked.profile, told, document, true_profile, f"{name} {seed} {told.kinds}")


def assert_no_lie_in(
    profile: dict[str, Any], told: Lie, document: Document, true_profile: dict[str, Any], said: str
) -> None:
    values = {value_at(profile, pointer) for pointer in leaf_pointers(profile)}
    assert not values & told.forbidden, said
    assert count_invented(profile, document.text, language=document.language)[0] == 0, said
    assert schema_errors(profile) == [], said
    folded, true_periods = fold(document.text).text, periods(true_profile)
    for employer, dates in periods(profile).items():
        assert employer in folded, said
        if employer in true_periods:
            # A year that is also elsewhere may replace a month of that year; another year may not.
            true = true_periods[employer]
            assert all(any(real.startswith(date) for real in true) for date in dates), said
