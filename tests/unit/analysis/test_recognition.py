"""Values that OCR was unsure of get a lower confidence and a warning."""

from app.analysis.profile import CheckedProfile, Evidence
from app.analysis.recognition import weigh_recognition
from app.extraction.document import Document, Line, Page, Word


def scanned(*words: tuple[str, float | None]) -> Document:
    placed = tuple(Word(text, (60.0 * at, 0.0, 60.0 * at + 50, 10.0), sure) for at, (text, sure) in enumerate(words))
    line = Line(1, 1, " ".join(word.text for word in placed), placed, (0, 0, 60 * len(words), 10))
    return Document("image/png", (Page(1, 500, 700),), (line,))


def found(box: tuple[float, float, float, float]) -> CheckedProfile:
    return CheckedProfile({}, {"/basics/name": Evidence(page=1, line=1, quote="Mira", box=box, confidence=0.9)})


def test_the_least_certain_word_in_the_box_lowers_the_confidence_and_is_reported() -> None:
    checked = weigh_recognition(found((0, 0, 110, 10)), scanned(("Mira", 0.96), ("Ha1vorsen", 0.5), ("Pilot", 0.1)))
    assert checked.evidence["/basics/name"].confidence == 0.45
    assert "/basics/name" in checked.warnings[0]


def test_clearly_recognized_words_cause_no_warning() -> None:
    checked = weigh_recognition(found((0, 0, 50, 10)), scanned(("Mira", 0.96), ("Pilot", 0.1)))
    assert (checked.evidence["/basics/name"].confidence, checked.warnings) == (0.86, ())


def test_text_that_did_not_come_from_ocr_keeps_its_confidence() -> None:
    before = found((0, 0, 50, 10))
    assert weigh_recognition(before, scanned(("Mira", None))) is before
