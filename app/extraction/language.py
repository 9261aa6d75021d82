"""Says in which language a text is written; called when a Document is finished."""

import py3langid  # pyright: ignore[reportMissingTypeStubs]

UNKNOWN = "und"  # BCP-47: undetermined
MIN_LETTERS = 40  # with fewer letters the answer is a guess
SAMPLE_CHARACTERS = 8000  # enough to be sure, and bounds the time on long texts


def detect_language(text: str) -> str:
    """BCP-47 primary code (`en`, `de`, `ja`), `und` for texts with too few letters."""
    letters = sum(2 if character > "\u2e80" else 1 for character in text[:SAMPLE_CHARACTERS] if character.isalpha())
    if letters < MIN_LETTERS:
        return UNKNOWN
    code, _ = py3langid.classify(text[:SAMPLE_CHARACTERS])
    return str(code)
