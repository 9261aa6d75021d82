"""The page that ranks candidates for a job: text in, requirements and ranking out."""

from typing import Annotated, Any

from fastapi import Form, Request, Response

from app.analysis.jobs.reading import MOST_CHARACTERS, read_requirements
from app.analysis.jobs.requirement import Requirement
from app.dashboard.access import full_page, page_router, parts_of, visitor_of, wants_fragment
from app.dashboard.rendering import language_name, page
from app.pipeline.resumes.match_job import RankedCandidate, rank_candidates
from app.storage.profiles.resume_list import Filters

router = page_router()

_SHOWN = 25
_OUTCOME_WORDS = {"met": "has it", "partly": "partly met", "missing": "not found"}


@router.get("/match")
def match_page(request: Request) -> Response:
    return full_page(request, "match.html", "Match", description="", most_characters=MOST_CHARACTERS)


@router.post("/match")
def show_ranking(request: Request, description: Annotated[str, Form(max_length=MOST_CHARACTERS)] = "") -> Response:
    """Reads only, so it needs no CSRF token; sent by POST because a job description does not fit into an address."""
    visitor = visitor_of(request)
    requirements = read_requirements(description)
    values: dict[str, Any] = {
        "visitor": visitor,
        "asked": True,
        "wanted": [_requirement_words(r) for r in requirements],
    }
    if requirements:
        ranking = rank_candidates(
            parts_of(request).database,
            visitor.caller.tenant_id,
            requirements,
            Filters(),
            limit=_SHOWN,
            blind=visitor.blind,
            hide_schools=visitor.hide_schools,
        )
        values |= {
            "considered": ranking.considered,
            "complete": ranking.complete,
            "candidates": [_row(found, requirements) for found in ranking.candidates],
        }
    if wants_fragment(request):
        return page("match_results.html", values)
    return full_page(request, "match.html", "Match", description=description, most_characters=MOST_CHARACTERS, **values)


def _requirement_words(wanted: Requirement) -> dict[str, Any]:
    """A requirement in words, with the quote from the description."""
    match wanted.kind:
        case "experience":
            words = f"{(wanted.months or 0) / 12:g} years of experience"
        case "language":
            words = " or ".join(map(language_name, wanted.names)) + (f" {wanted.cefr}" if wanted.cefr else "")
        case "degree":
            words = f"{' or '.join(wanted.names)} degree"
        case "skill":
            words = " or ".join(wanted.names)
    return {"words": words, "must": wanted.must, "quote": wanted.quote}


def _row(found: RankedCandidate, requirements: tuple[Requirement, ...]) -> dict[str, Any]:
    verdicts: list[dict[str, Any]] = []
    for wanted, verdict in zip(requirements, found.match.verdicts, strict=True):
        pointer = next((each for each in verdict.pointers if each in found.evidence), "")
        quote = found.evidence[pointer].get("quote") if pointer else None
        said = _OUTCOME_WORDS[verdict.outcome]
        verdicts.append(
            {
                **_requirement_words(wanted),
                "outcome": verdict.outcome,
                "pointer": pointer,
                "why": f"{said}: {quote or verdict.found}" if verdict.found else said,
            }
        )
    musts = [each for each in verdicts if each["must"]]
    return {
        "item": found.item,
        "score": found.match.score,
        "verdicts": verdicts,
        "musts": len(musts),
        "musts_met": sum(each["outcome"] != "missing" for each in musts),
    }
