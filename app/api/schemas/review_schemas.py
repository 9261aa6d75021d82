"""The JSON shapes of the review queue."""

import uuid
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas.resume_schemas import Links

Reading = Literal["model", "builtin"]
_ID = "4f6c1f0e-8f0b-4d1c-9a52-3e5d8c0b7a11"


class OtherCandidate(BaseModel):
    """What the other reading has in this place."""

    value: str
    line: int | None
    reading: Reading


class ReviewField(BaseModel):
    """A doubtful value, or an entry that only one reading of the document has."""

    kind: Literal["value", "entry", "left_out"] = Field(
        description="`entry`: an entry of the profile that only one reading has; decide about it as a whole. "
        "`left_out`: an entry that only one reading has and that the profile does not have."
    )
    pointer: str = Field(
        description="JSON Pointer into the profile. It ends in `/-` for an entry that was left out.",
        examples=["/work/0/position"],
    )
    value: Any = Field(description="The text, or the entry as an object.")
    confidence: float = Field(
        description="Probability that the value is right. Of an entry: the lowest of its doubtful values. Of an entry "
        "that was left out: that leaving it out is right."
    )
    expected_wrong: float = Field(description="How many wrong values it stands for on average.")
    evidence: dict[str, Any] = Field(
        description="As in the evidence of the profile. An entry that was left out has only `line`."
    )
    reading: Reading | None = Field(description="The reading that has the value; null if both have it or one read.")
    candidates: list[OtherCandidate] = Field(description="What the other reading has instead, if it has something.")
    doubtful: list[str] = Field(description="Pointers of the doubtful values of an entry.")


class ReviewCandidate(BaseModel):
    """A resume with its doubtful values."""

    id: uuid.UUID
    candidate_name: str | None
    filename: str
    profile_version: str = Field(description="Send it as `If-Match` with the decisions.")
    expected_wrong: float = Field(description="How many of the listed values are wrong on average.")
    fields: list[ReviewField]
    links: Links


class ReviewQueue(BaseModel):
    """One page of the review queue."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "below": 0.9,
                    "candidates": 41,
                    "items": [
                        {
                            "id": _ID,
                            "candidate_name": "Ana López",
                            "filename": "ana-lopez.pdf",
                            "profile_version": "1-0",
                            "expected_wrong": 0.204,
                            "fields": [
                                {
                                    "kind": "value",
                                    "pointer": "/work/0/position",
                                    "value": "Senior Engineer",
                                    "confidence": 0.796,
                                    "expected_wrong": 0.204,
                                    "evidence": {
                                        "page": 1,
                                        "line": 9,
                                        "quote": "Senior Engineer",
                                        "box": [72.0, 154.2, 160.4, 172.9],
                                        "confidence": 0.796,
                                    },
                                    "reading": "model",
                                    "candidates": [{"value": "Senior", "line": 9, "reading": "builtin"}],
                                    "doubtful": [],
                                }
                            ],
                            "links": {
                                "self": f"/v1/resumes/{_ID}",
                                "events": f"/v1/resumes/{_ID}/events",
                                "document": f"/v1/resumes/{_ID}/document",
                            },
                        }
                    ],
                    "next_cursor": None,
                }
            ]
        }
    )

    below: float
    candidates: int = Field(description="All resumes of the tenant that have doubtful values; counted up to 1,000.")
    items: list[ReviewCandidate]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last one.")
