"""Reads a resume's id from the address; a malformed id is reported as not found."""

import uuid
from typing import Annotated

from fastapi import Depends, Path

from app.errors import NotFound


def parse_id(text: str, kind: str) -> uuid.UUID:
    """Raises `NotFound`."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound(f"No {kind} has this id. Ids look like 4f6c1f0e-8f0b-4d1c-9a52-3e5d8c0b7a11.") from None


async def _resume_id(
    resume_id: Annotated[
        str, Path(description="The id that the upload returned.", json_schema_extra={"format": "uuid"})
    ],
) -> uuid.UUID:
    return parse_id(resume_id, "resume")


ResumeId = Annotated[uuid.UUID, Depends(_resume_id)]
