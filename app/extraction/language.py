"""Says in which language a text is written; called when a Document is finished."""

from array import array
from itertools import accumulate

from py3langid import langid  # pyright: ignore[reportMissingTypeStubs]

UNKNOWN = "und"  # BCP-47: undetermined
MIN_LETTERS = 40  # with fewer letters the answer is a guess
SAMPLE_CHARACTERS = 8000  # enough to be sure, and bounds the time on long texts


def share_language_model() -> None:
    """Loads the model in a form that forked processes share.

    Counting references to a hundred thousand integers would copy two megabytes into each process, page by page.
    """
    detect_language("Loads the language model once, before the forks. " * 2)
    for table in ("_rowbase", "tk_output"):
        if isinstance(numbers := getattr(langid.IDENTIFIER, table, None), list):
            setattr(langid.IDENTIFIER, table, array("i", numbers))


def detect_language(text: str) -> str:
    """BCP-47 primary code (`en`, `de`, `ja`), `und` for texts with too few letters."""
    sample = text[:SAMPLE_CHARACTERS]
    letters = accumulate(2 if character > "\u2e80" else 1 for character in sample if character.isalpha())
    if not any(count >= MIN_LETTERS for count in letters):  # which seldom takes more than the first line
        return UNKNOWN
    code, _ = langid.classify(sample)
    return str(code)
