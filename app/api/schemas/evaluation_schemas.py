"""The JSON shapes of evaluation sets."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class LabelledItem(BaseModel):
    """A document with the truth about it."""

    part: Literal["train", "held-out"] = Field(description="Always the same part for the same file.")
    name: str = Field(description="Made from the file's hash. It says nothing about the person.")
    filename: str
    document: str | None = Field(description="Address of the file on this service; null if pseudonymised.")
    text: str | None = Field(description="The pseudonymised text, line by line; null if not pseudonymised.")
    truth: dict[str, Any] = Field(description="The corrected profile, as JSON Resume.")
    evidence: dict[str, Any] = Field(description="Page, line and quote by JSON Pointer into `truth`.")


class EvaluationSet(BaseModel):
    """One page of an evaluation set."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "tenant": "default",
                    "items": [
                        {
                            "part": "train",
                            "name": "5d2c9a0be417f36d",
                            "filename": "5d2c9a0be417f36d.txt",
                            "document": None,
                            "text": "Quillon Tarrowby\nData Engineer, Quarrystone Ltd\n",
                            "truth": {"basics": {"name": "Quillon Tarrowby"}, "work": []},
                            "evidence": {"/basics/name": {"page": 1, "line": 1, "quote": "Quillon Tarrowby"}},
                        }
                    ],
                    "skipped": {"not_pseudonymised": 1},
                    "next_cursor": None,
                }
            ]
        }
    )

    tenant: str
    items: list[LabelledItem]
    skipped: dict[str, int] = Field(
        description="Reviewed resumes of this page that were left out: `no_profile`, `correction_not_placed` (the "
        "analysis no longer contains the corrected entry), `not_pseudonymised` (something would still identify the "
        "person), `file_type`, `erased`."
    )
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last one.")
