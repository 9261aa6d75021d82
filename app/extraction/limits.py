"""How much one document may cost to read; made by the entry points from the settings, obeyed by every reader."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExtractionLimits:
    """The defaults equal those of `app.settings`."""

    pages: int = 50
    text_characters: int = 200_000  # visible characters
    seconds: float = 30.0  # wall clock, enforced by the sandbox
    memory_mib: int = 1024  # on top of what the empty sandbox needs
    program_seconds: float = 120.0  # wall clock that programs started for the document (OCR, LibreOffice) get on top
