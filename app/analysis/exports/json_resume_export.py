"""Exports a profile as a JSON Resume document for other tools; called by the API and the command line."""

from typing import Any

SCHEMA_URL = "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json"


def to_json_resume(profile: dict[str, Any], *, with_extension: bool = False) -> dict[str, Any]:
    """A copy with its `$schema` and without empty sections. `with_extension` keeps the `x-vitae` block."""
    kept = {
        key: value
        for key, value in profile.items()
        if (key != "x-vitae" or with_extension) and (key == "basics" or value not in ([], {}, None))
    }
    return {"$schema": SCHEMA_URL, **kept}
