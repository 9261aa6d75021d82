"""`POST /v1/matches`: candidates ranked for a job, with evidence for each requirement."""

from dataclasses import asdict
from typing import Annotated, Any, Self, get_args

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.analysis.jobs.matching import Outcome
from app.analysis.jobs.reading import MOST_CHARACTERS, read_requirements
from app.analysis.jobs.requirement import Cefr, Kind, Requirement
from app.analysis.normalise.terms import Level
from app.api.auth import caller_of, parts_of, router_for
from app.api.openapi import problems
from app.api.routes.resume_routes import Blind, HideSchools, Wanted
from app.api.schemas.resume_responses import item_answer
from app.api.schemas.resume_schemas import ResumeItem
from app.errors import InputError
from app.pipeline.resumes.match_job import Ranking, rank_candidates

router = router_for("read", "Matching")

_MOST_REQUIREMENTS = 60
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class JobRequirement(BaseModel):
    """One requirement. Fields that its kind does not use stay empty."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    names: list[Name] = Field(
        [],
        max_length=10,
        description="Skills or other terms, any of which is enough; a degree's level; a language's BCP 47 tag.",
    )
    must: bool = Field(True, description="False: nice to have. Counts a third.")
    months: int | None = Field(None, ge=1, le=600, description="The least total experience.")
    cefr: Cefr | None = Field(None, description="The lowest acceptable language level.")
    quote: str = Field("", max_length=2000, description="The words of the description.")

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if self.kind == "experience" and self.months is None:
            raise ValueError("experience needs `months`")
        if self.kind != "experience" and not self.names:
            raise ValueError(f"{self.kind} needs `names`")
        levels = get_args(Level)
        if self.kind == "degree" and not set(self.names) <= set(levels):
            raise ValueError(f"a degree needs one of the levels: {', '.join(levels)}")
        return self


class Job(BaseModel):
    """A job's text or its requirements: take the requirements of a response, edit them, and send them again."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"description": "Requirements:\n- 5+ years of experience\n- Python, Kafka"}]},
    )

    description: str | None = Field(None, max_length=MOST_CHARACTERS)
    requirements: list[JobRequirement] | None = Field(None, max_length=_MOST_REQUIREMENTS)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.description is None) == (self.requirements is None):
            raise ValueError("send either `description` or `requirements`")
        return self


class MatchEvidence(BaseModel):
    """Where it is: pointer into the profile; page, line, quote and box in the document, null for a correction."""

    pointer: str
    page: int | None = None
    line: int | None = None
    quote: str | None = None
    box: list[float] | None = None


class RequirementVerdict(BaseModel):
    outcome: Outcome
    found: str = Field(description="What the profile offers for it; empty when it offers nothing.")
    evidence: list[MatchEvidence]


class MatchedCandidate(BaseModel):
    resume: ResumeItem
    score: int = Field(
        description="0 to 100: the weighted share of requirements met; musts count three times, partly met counts half."
    )
    missing_musts: int
    verdicts: list[RequirementVerdict] = Field(description="In the order of `requirements`.")


class Matches(BaseModel):
    requirements: list[JobRequirement]
    considered: int = Field(description="Candidates with a profile that were compared.")
    complete: bool = Field(
        description="False: more candidates pass the filters than were compared; narrow the filters."
    )
    items: list[MatchedCandidate]


@router.post(
    "/v1/matches",
    summary="Rank candidates for a job",
    responses=problems("invalid_request", "unauthenticated", "forbidden", "dependency_unavailable"),
)
def match_job(
    request: Request,
    job: Job,
    wanted: Wanted,
    limit: Annotated[int, Query(ge=1, le=100, description="Most candidates in the response.")] = 20,
    blind: Blind = False,  # noqa: FBT002 - a query parameter
    hide_schools: HideSchools = False,  # noqa: FBT002 - a query parameter
) -> Matches:
    """Rules compare the newest 2,000 candidates that pass the filters: no model is called and nothing is spent.

    The same job and the same profiles give the same scores and the same order.
    """
    requirements = _requirements_of(job)
    ranking = rank_candidates(
        parts_of(request).database,
        caller_of(request).tenant_id,
        requirements,
        wanted,
        limit=limit,
        blind=blind,
        hide_schools=hide_schools,
    )
    return _answer(requirements, ranking)


def _requirements_of(job: Job) -> tuple[Requirement, ...]:
    """Raises `InputError` for a description without requirements."""
    if job.requirements is not None:
        return tuple(
            Requirement(each.kind, tuple(each.names), each.must, each.months, each.cefr, each.quote)
            for each in job.requirements
        )
    found = read_requirements(job.description or "")
    if not found:
        raise InputError(
            "No requirement was found in the description: no skills, years, degrees or languages. List what "
            "you ask for below a heading such as `Requirements`, one thing in a line, or send `requirements`."
        )
    return found


def _answer(requirements: tuple[Requirement, ...], ranking: Ranking) -> Matches:
    return Matches(
        requirements=[JobRequirement.model_validate(asdict(each)) for each in requirements],
        considered=ranking.considered,
        complete=ranking.complete,
        items=[
            MatchedCandidate(
                resume=item_answer(found.item),
                score=found.match.score,
                missing_musts=found.match.missing_musts(requirements),
                verdicts=[
                    RequirementVerdict(
                        outcome=verdict.outcome,
                        found=verdict.found,
                        evidence=[_evidence(pointer, found.evidence.get(pointer)) for pointer in verdict.pointers],
                    )
                    for verdict in found.match.verdicts
                ],
            )
            for found in ranking.candidates
        ],
    )


def _evidence(pointer: str, place: dict[str, Any] | None) -> MatchEvidence:
    return MatchEvidence.model_validate({**(place or {}), "pointer": pointer})
