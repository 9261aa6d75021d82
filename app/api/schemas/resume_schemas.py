"""The JSON shapes of the API, with examples for the OpenAPI document."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

Status = Literal["queued", "extracting", "analysing", "done", "failed"]
Privacy = Literal["any", "local_only"]
Priority = Literal["interactive", "batch"]

_ID = "4f6c1f0e-8f0b-4d1c-9a52-3e5d8c0b7a11"
_WHEN = "2026-05-04T09:30:00Z"
_LINKS = {
    "self": f"/v1/resumes/{_ID}",
    "events": f"/v1/resumes/{_ID}/events",
    "document": f"/v1/resumes/{_ID}/document",
}


def _example(value: dict[str, Any]) -> dict[str, Any]:
    return {"examples": [value]}


class Links(BaseModel):
    """Addresses on this service, without the host."""

    self: str
    events: str
    document: str


class AcceptedFile(BaseModel):
    id: uuid.UUID
    filename: str
    status: Status
    duplicate_of: uuid.UUID | None = Field(description="The first resume with exactly the same bytes.")
    links: Links


class FileProblem(BaseModel):
    """Why this one file was not accepted."""

    type: str
    title: str
    status: int
    detail: str
    code: str


class RefusedFile(BaseModel):
    filename: str
    problem: FileProblem


class Uploaded(BaseModel):
    """One entry per file, in the order they were sent."""

    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "resumes": [
                    {
                        "id": _ID,
                        "filename": "ana-lopez.pdf",
                        "status": "queued",
                        "duplicate_of": None,
                        "links": _LINKS,
                    },
                    {
                        "filename": "empty.pdf",
                        "problem": {
                            "type": "/docs/problems/empty_file",
                            "title": "The file is empty",
                            "status": 422,
                            "detail": "The file has no content.",
                            "code": "empty_file",
                        },
                    },
                ]
            }
        )
    )

    resumes: list[AcceptedFile | RefusedFile]


class ResumeItem(BaseModel):
    id: uuid.UUID
    filename: str
    reference: str | None
    status: Status
    degraded: bool
    candidate_name: str | None
    client: str | None
    privacy: Privacy
    priority: Priority
    duplicate_of: uuid.UUID | None
    experience_months: int | None = Field(description="Months of work experience; null while there is no profile.")
    language: str | None = Field(description="Language of the document.")
    created_at: datetime
    updated_at: datetime
    links: Links


class ResumePage(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "items": [
                    {
                        "id": _ID,
                        "filename": "ana-lopez.pdf",
                        "reference": "req-118",
                        "status": "done",
                        "degraded": False,
                        "candidate_name": "Ana López",
                        "client": "LocalVLLM",
                        "privacy": "any",
                        "priority": "interactive",
                        "duplicate_of": None,
                        "experience_months": 86,
                        "language": "en",
                        "created_at": _WHEN,
                        "updated_at": "2026-05-04T09:30:04Z",
                        "links": _LINKS,
                    }
                ],
                "next_cursor": None,
            }
        )
    )

    items: list[ResumeItem]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last one.")


class DocumentFile(BaseModel):
    media_type: str
    size: int = Field(description="Bytes.")
    sha256: str
    pages: int | None = Field(description="Null until the document has been read.")


class Attempt(BaseModel):
    """One attempt to call a model, as it is in the ledger. Money is a decimal string in USD, null = unpriced."""

    client: str
    function: str
    model: str | None
    location: str
    outcome: str
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None
    tokens_estimated: bool
    cost_usd: str | None
    cost_basis: str
    latency_ms: int | None = Field(description="Null where it is unknown: answered in a batch, or the worker died.")
    error: str | None


class Cost(BaseModel):
    total_usd: str | None = Field(
        description="Sum of the known costs over all analyses of this resume; `0` when no model was called; "
        "null when none of the attempts is priced."
    )
    unpriced_attempts: int
    attempts: list[Attempt] = Field(description="In the order they were made.")


class Timings(BaseModel):
    """Times of the newest analysis, in UTC; durations in milliseconds; null for what has not happened yet."""

    created_at: datetime = Field(description="When the resume was uploaded.")
    requested_at: datetime = Field(description="When this analysis was requested.")
    started_at: datetime | None
    finished_at: datetime | None
    queue_ms: int | None = Field(description="Waiting before and between the two stages.")
    extraction_ms: int | None
    analysis_ms: int | None


class ResumeProblem(BaseModel):
    """Why the newest analysis failed."""

    type: str
    code: str
    title: str
    detail: str


class ResumeDetail(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "id": _ID,
                "filename": "ana-lopez.pdf",
                "reference": "req-118",
                "privacy": "any",
                "priority": "interactive",
                "status": "done",
                "degraded": False,
                "duplicate_of": None,
                "analysis_number": 1,
                "result_number": 1,
                "profile_version": "1-0",
                "changed_in_document": [],
                "document": {
                    "media_type": "application/pdf",
                    "size": 48211,
                    "sha256": "9f2c5f0e3f4a5b6c7d8e9f00112233445566778899aabbccddeeff0011223344",
                    "pages": 2,
                },
                "profile": {
                    "basics": {"name": "Ana López", "email": "ana@lopez.example"},
                    "work": [{"name": "Example Ltd", "position": "Engineer", "startDate": "2019-03"}],
                    "x-vitae": {"total_experience_months": 86, "seniority": "senior", "language": "en"},
                },
                "evidence": {
                    "/basics/name": {
                        "page": 1,
                        "line": 1,
                        "quote": "Ana López",
                        "box": [72.0, 54.2, 160.4, 72.9],
                        "confidence": 1.0,
                    }
                },
                "integrity": {"hidden_text": [], "instructions": [], "warnings": []},
                "warnings": [],
                "readings": {
                    "used": "both",
                    "agreement": 0.95,
                    "lines_explained": {"model": 21, "builtin": 20},
                    "disagreements": [
                        {
                            "kind": "value",
                            "place": "work.position",
                            "reading": "model",
                            "value": "Senior Engineer",
                            "line": 9,
                            "other_value": "Senior",
                            "other_line": 9,
                            "entry": None,
                        }
                    ],
                },
                "client": "GPT4o",
                "model": "gpt-4o",
                "location": "hosted",
                "cost": {
                    "total_usd": "0.00275",
                    "unpriced_attempts": 0,
                    "attempts": [
                        {
                            "client": "GPT4o",
                            "function": "ExtractProfile",
                            "model": "gpt-4o",
                            "location": "hosted",
                            "outcome": "ok",
                            "input_tokens": 700,
                            "cached_tokens": 0,
                            "output_tokens": 100,
                            "tokens_estimated": False,
                            "cost_usd": "0.00275",
                            "cost_basis": "per_token",
                            "latency_ms": 2310,
                            "error": None,
                        }
                    ],
                },
                "timings": {
                    "created_at": _WHEN,
                    "requested_at": _WHEN,
                    "started_at": "2026-05-04T09:30:00.020Z",
                    "finished_at": "2026-05-04T09:30:02.810Z",
                    "queue_ms": 35,
                    "extraction_ms": 410,
                    "analysis_ms": 2365,
                },
                "problem": None,
                "links": _LINKS,
            }
        )
    )

    id: uuid.UUID
    filename: str
    reference: str | None
    privacy: Privacy
    priority: Priority
    status: Status = Field(description="Of the newest analysis.")
    degraded: bool = Field(
        description="A model should have answered, but the built-in parser or an older answer had to do. "
        "False while no model is connected."
    )
    duplicate_of: uuid.UUID | None
    analysis_number: int = Field(description="1, plus one for each reanalysis.")
    result_number: int | None = Field(
        description="The analysis that `profile` comes from; an earlier one while a new one runs."
    )
    profile_version: str | None = Field(
        description="Changes with each new result and each correction; `If-Match` of a change."
    )
    changed_in_document: list[str] = Field(
        description="Pointers of corrected values for which this result found something else than when they were "
        "corrected. The correction was kept; `document_value` of its evidence is what was found."
    )
    document: DocumentFile
    profile: dict[str, Any] | None = Field(
        description="JSON Resume 1.0.0 with an `x-vitae` block and people's corrections applied."
    )
    evidence: dict[str, Any] | None = Field(
        description="JSON Pointer into `profile` -> where the value stands. A value that a person corrected has "
        '`"source": "human"`, `by`, `at`, and in `document_value` what the document says; its place is the one of '
        "what it replaces, null where it replaces nothing."
    )
    integrity: dict[str, Any] | None = Field(
        description="Hidden text and instructions to models found in the document."
    )
    warnings: list[str]
    readings: dict[str, Any] | None = Field(
        description="How far the model and the built-in parser agree, and both candidates where they do not. Null if "
        "only one of them read the document."
    )
    client: str | None
    model: str | None
    location: str | None
    cost: Cost
    timings: Timings
    problem: ResumeProblem | None
    links: Links


class ShownProfile(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "id": _ID,
                "profile_version": "1-1",
                "result_number": 1,
                "profile": {"basics": {"name": "Ana López"}},
                "evidence": {
                    "/basics/name": {
                        "page": 1,
                        "line": 1,
                        "quote": "Ana Lopes",
                        "box": [72.0, 54.2, 160.4, 72.9],
                        "confidence": 1.0,
                        "source": "human",
                        "document_value": "Ana Lopes",
                        "by": "admin",
                        "at": _WHEN,
                    }
                },
                "changed_in_document": [],
            }
        )
    )

    id: uuid.UUID
    profile_version: str = Field(description="The same as the header `ETag`, without quotes.")
    result_number: int
    profile: dict[str, Any]
    evidence: dict[str, Any]
    changed_in_document: list[str]


class CorrectionItem(BaseModel):
    number: int
    action: Literal["set", "add", "remove", "confirm", "leave_out"]
    pointer: str = Field(
        description="Its position in the profile when the correction was made.", examples=["/basics/name"]
    )
    old_value: Any = Field(description="The value shown before; null where there was none.")
    new_value: Any
    document_value: Any = Field(description="The value the analysis had read there.")
    by: str | None = Field(description="Name of the key that made it; null when the key was deleted.")
    made_at: datetime
    undone_by: str | None
    undone_at: datetime | None
    placed: bool = Field(description="False: the newest result no longer has the entry it belongs to.")


class Corrections(BaseModel):
    items: list[CorrectionItem] = Field(description="The newest first.")


class Reanalysis(BaseModel):
    model_config = ConfigDict(json_schema_extra=_example({"id": _ID, "status": "queued", "links": _LINKS}))

    id: uuid.UUID
    status: Status
    links: Links


class ClientEndpoint(BaseModel):
    base_url: str | None = Field(description="Null: the provider's default address.")
    state: Literal["closed", "open", "half-open", "unknown"] = Field(
        description="State of its circuit breaker. Calls pass while it is closed; `unknown` while Redis is unavailable."
    )
    since: datetime | None
    why: str | None = Field(description="What opened the breaker.", examples=["timeout", "config", "opened by hand"])
    health: Literal["up", "saturated", "down"] | None = Field(
        description="Health reported by the server; null: not checked."
    )
    drained: bool | None = Field(description="No new calls are sent to it.")
    in_flight: int | None


class BreakerChange(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra=_example({"action": "close"}))

    action: Literal["open", "close", "reset"]
    endpoint: str | None = Field(None, description="Its base_url; null: all endpoints of the client.")


class DrainChange(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra=_example({"drained": True}))

    drained: bool = True
    endpoint: str | None = Field(None, description="Its base_url; null: all endpoints of the client.")


class WarmUp(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra=_example({"endpoint": "http://gpu-1:8000/v1"}))

    endpoint: str = Field(description="The base_url of one of the client's servers.")


class WarmedUp(BaseModel):
    base_url: str
    health: Literal["up", "saturated", "down"]
    reason: str | None = Field(description="Why it is down or saturated.")
    running: int | None = Field(description="Requests the server is processing, from any caller.")
    waiting: int | None
    started_at: datetime | None = Field(description="When the server's process started; null: not reported.")


class ClientPace(BaseModel):
    recent_answers: int = Field(description="Successful answers of the last two hours.")
    recent_ms_per_token: float | None = Field(description="Their median time per output token; null: there are none.")
    earlier_answers: int = Field(description="Successful answers of the three days before.")
    earlier_ms_per_token: float | None
    ratio: float | None = Field(
        description="Recent divided by earlier: 1.3 means that a token takes 1.3 times as long."
    )


class Client(BaseModel):
    name: str = Field(examples=["LocalVLLM"])
    location: Literal["local", "hosted"]
    model: str | None
    order: int | None = Field(description="Position in the order of preference, from 1; null when it is not in it.")
    functions: list[str] = Field(description="BAML functions whose order names this client.")
    configured: bool
    reason: str | None = Field(description="Why it cannot be called.", examples=["OPENAI_API_KEY is not set."])
    expected: bool = Field(
        False,
        description="It should answer: somebody set it up, or it has answered before. While it does not, results of "
        "the built-in parser are degraded.",
    )
    endpoints: list[ClientEndpoint] = Field(default_factory=list[ClientEndpoint])
    attempts_last_hour: int = Field(0, description="Calls made for your tenant, from the ledger.")
    answers_last_hour: int = Field(0, description="Successful ones.")
    traffic_share: float | None = Field(None, description="Its share of your tenant's answers in the last hour.")


class Clients(BaseModel):
    model_config = ConfigDict(
        json_schema_extra=_example(
            {
                "order": ["LocalVLLM", "GPT4o", "builtin"],
                "functions": {"ExtractProfile": ["LocalVLLM", "GPT4o", "builtin"]},
                "clients": [
                    {
                        "name": "LocalVLLM",
                        "location": "local",
                        "model": "mistralai/Mistral-7B-Instruct-v0.3",
                        "order": 1,
                        "functions": ["ExtractProfile"],
                        "configured": True,
                        "reason": None,
                    }
                ],
            }
        )
    )

    order: list[str] = Field(description="Client names in the order they are called.")
    functions: dict[str, list[str]] = Field(description="The order of each BAML function.")
    clients: list[Client]


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("contains characters that cannot be printed")
    return text


class NewKey(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra=_example({"name": "applicant tracking", "scopes": ["write"]})
    )

    name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(_printable)
    ]
    scopes: list[Literal["read", "write", "admin"]] = Field(min_length=1, max_length=3)


class Key(BaseModel):
    id: uuid.UUID
    name: str
    prefix: str = Field(description="The first characters, to tell keys apart.")
    scopes: list[str]
    created_at: datetime
    revoked_at: datetime | None


class Keys(BaseModel):
    items: list[Key]


class MadeKey(BaseModel):
    id: uuid.UUID
    name: str
    prefix: str
    scopes: list[str]
    key: str = Field(description="The key itself; shown only this once, stored only as a hash.")


class SignInLink(BaseModel):
    path: str = Field(description="A path on this service.", examples=["/sign-in/jYx0..."])
    url: str = Field(description="The full address, as this service was called.")
    expires_at: datetime


class Health(BaseModel):
    status: str = Field(examples=["ok"])


class Readiness(BaseModel):
    status: str = Field(examples=["ready"])
    checks: dict[str, str] = Field(examples=[{"postgres": "ok", "redis": "ok", "files": "ok"}])


class PageWord(BaseModel):
    """A word as the page shows it."""

    text: str = Field(description="In the blind view `[name]`, `[contact]` and the like for words that are hidden.")
    box: tuple[float, float, float, float] = Field(description="In points, origin top left of the page.")
    line: int | None = Field(description="The line of the document that it is in, as evidence counts lines.")


class DocumentPage(BaseModel):
    number: int
    width: float = Field(description="In points.")
    height: float
    image: str = Field(description="Address of the page as a WebP image, without host.")
    words: list[PageWord]


class DocumentPages(BaseModel):
    pages: list[DocumentPage] = Field(description="None for a text without pages, such as TXT, Markdown and HTML.")
