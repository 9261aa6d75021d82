"""Limits on the work for one document; created from the settings by the entry points, respected by every reader."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExtractionLimits:
    """The defaults equal those in `app.settings`."""

    pages: int = 50
    text_characters: int = 200_000  # visible characters
    seconds: float = 30.0  # wall clock, enforced by the sandbox
    memory_mib: int = 1024  # in addition to what the empty sandbox needs
    program_seconds: float = 120.0  # wall clock, in addition, for programs started for the document (OCR, LibreOffice)
