"""The questions that a person should answer about a result: its doubtful values. Pure.

`app.pipeline.resumes.review_resumes` shows them; `app.pipeline.mechanisms.shown_profile` stores how many there are and
how many wrong values they stand for, so that the queue can be sorted without reading any result.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from app.analysis.corrections.overlay import Correction
from app.analysis.readings.entry_sections import SHAPES, SectionName, SectionShape
from app.analysis.readings.same_values import plain

Kind = Literal["value", "entry", "left_out"]

# The thresholds for which figures are stored: a value is doubtful if its confidence is below the threshold.
THRESHOLDS = (0.7, 0.8, 0.9, 0.95)
DEFAULT_THRESHOLD = 0.9
# How often an entry that was left out does not belong in the profile: 13 of 16 in samples/, read by the built-in parser
# and by the scripted model of `benchmarks.readings` with 2 to 10 % of mistakes.
LEFT_OUT_CONFIDENCE = 0.81
_NOT_CORRECTED = frozenset({"x-vitae", "meta"})
_LAST_LINE = 1_000_000  # a value without a line comes last


@dataclass(frozen=True, slots=True)
class OtherValue:
    """What the other reading has at the place of a value. `reading` is `model` or `builtin`."""

    value: str
    line: int | None
    reading: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One doubtful value, or an entry that only one reading has.

    `pointer` of an entry that was left out ends in `/-`. `value` is the text or the entry. `evidence` is that of the
    value, or of the first value of the entry; of an entry that was left out only the line is known. `doubtful` are the
    pointers of the entry's doubtful values. `reading` says which reading has the value, where that is known.
    """

    kind: Kind
    pointer: str
    value: Any
    confidence: float
    expected_wrong: float
    evidence: Mapping[str, Any]
    others: tuple[OtherValue, ...] = ()
    doubtful: tuple[str, ...] = ()
    reading: str | None = None


@dataclass(frozen=True, slots=True)
class DoubtFigures:
    """How many questions there are below a threshold, and how many of them are expected to be wrong."""

    threshold: float
    questions: int
    expected_wrong: float


def list_questions(
    profile: Mapping[str, Any],
    evidence: Mapping[str, Mapping[str, Any]],
    readings: Mapping[str, Any] | None,
    corrections: Sequence[Correction],
    *,
    below: float,
) -> list[Question]:
    """In the order of the document. Values that a person entered or confirmed raise no question.

    `profile` and `evidence` are those with the corrections applied.
    """
    disagreements: Sequence[Mapping[str, Any]] = (readings or {}).get("disagreements", [])
    doubtful = [at for at in _values(profile) if at in evidence and _is_doubtful(evidence[at], below)]
    whole = _entries_of_one_reading(profile, evidence, disagreements)
    questions: list[Question] = []
    for entry, reading in whole.items():
        inside = tuple(at for at in doubtful if at.startswith(f"{entry}/"))
        if inside:
            questions.append(_of_entry(entry, inside, profile, evidence, reading))
    single = [at for at in doubtful if not any(at.startswith(f"{entry}/") for entry in whole)]
    questions += [_of_value(at, profile, evidence, disagreements) for at in single]
    if below > LEFT_OUT_CONFIDENCE:
        questions += _left_out(profile, disagreements, corrections)
    return sorted(questions, key=lambda question: (question.evidence.get("line") or _LAST_LINE, _natural(question)))


def doubt_figures(
    profile: Mapping[str, Any],
    evidence: Mapping[str, Mapping[str, Any]],
    readings: Mapping[str, Any] | None,
    corrections: Sequence[Correction],
) -> list[DoubtFigures]:
    """The figures for each threshold that has questions."""
    figures: list[DoubtFigures] = []
    for threshold in THRESHOLDS:
        questions = list_questions(profile, evidence, readings, corrections, below=threshold)
        if questions:
            figures.append(DoubtFigures(threshold, len(questions), expected_wrong(questions)))
    return figures


def expected_wrong(questions: Sequence[Question]) -> float:
    """How many of the values in question are likely to be wrong."""
    return round(sum(question.expected_wrong for question in questions), 4)


def value_at(profile: Mapping[str, Any], pointer: str) -> Any:
    """The value at a pointer of the evidence."""
    found: Any = profile
    for key in pointer.strip("/").split("/"):
        found = found[int(key)] if isinstance(found, list) else found[key]
    return found


def _values(profile: Mapping[str, Any]) -> Iterator[str]:
    """The pointers of all texts that can be corrected."""

    def below(value: Any, pointer: str) -> Iterator[str]:
        if isinstance(value, str):
            yield pointer
        elif isinstance(value, dict):
            for name, each in cast("dict[str, Any]", value).items():
                yield from below(each, f"{pointer}/{name}")
        elif isinstance(value, list):
            for at, each in enumerate(cast("list[Any]", value)):
                yield from below(each, f"{pointer}/{at}")

    for section, value in profile.items():
        if section not in _NOT_CORRECTED:
            yield from below(value, f"/{section}")


def _is_doubtful(place: Mapping[str, Any], below: float) -> bool:
    return place.get("source") != "human" and place.get("confidence", 1.0) < below


def _of_value(
    pointer: str,
    profile: Mapping[str, Any],
    evidence: Mapping[str, Mapping[str, Any]],
    disagreements: Sequence[Mapping[str, Any]],
) -> Question:
    place, value = evidence[pointer], value_at(profile, pointer)
    told = [
        each
        for each in disagreements
        if each["kind"] == "value"
        and each["place"] == _place(pointer)
        and each["value"] == value
        and each["line"] == place.get("line")
        and each["other_value"] is not None
    ]
    others = {each["other_value"]: OtherValue(each["other_value"], each["other_line"], _other(each)) for each in told}
    return Question(
        kind="value",
        pointer=pointer,
        value=value,
        confidence=place["confidence"],
        expected_wrong=1 - place["confidence"],
        evidence=place,
        others=tuple(others.values()),
        reading=told[0]["reading"] if told else None,
    )


def _of_entry(
    pointer: str,
    doubtful: tuple[str, ...],
    profile: Mapping[str, Any],
    evidence: Mapping[str, Mapping[str, Any]],
    reading: str,
) -> Question:
    places = [evidence[at] for at in doubtful]
    inside = [place for at, place in evidence.items() if at.startswith(f"{pointer}/")]
    return Question(
        kind="entry",
        pointer=pointer,
        value=value_at(profile, pointer),
        confidence=min(place["confidence"] for place in places),
        expected_wrong=sum(1 - place["confidence"] for place in places),
        evidence=min(inside, key=lambda place: place.get("line") or _LAST_LINE),
        doubtful=doubtful,
        reading=reading,
    )


def _left_out(
    profile: Mapping[str, Any], disagreements: Sequence[Mapping[str, Any]], corrections: Sequence[Correction]
) -> Iterator[Question]:
    for each in disagreements:
        entry = each.get("entry")
        if each["kind"] != "left_out" or not entry or each["place"] not in SHAPES:
            continue
        section: SectionName = each["place"]
        known = _words_of(section, profile.get(section, []))
        decided = [made.value for made in corrections if made.action == "leave_out" and made.path[0] == section]
        titles = _titles(section, entry)
        if titles <= known or any(_titles(section, made) == titles for made in decided):
            continue
        yield Question(
            kind="left_out",
            pointer=f"/{section}/-",
            value=entry,
            confidence=LEFT_OUT_CONFIDENCE,
            expected_wrong=round(1 - LEFT_OUT_CONFIDENCE, 4),
            evidence={"line": each["line"]},
            reading=each["reading"],
        )


def _entries_of_one_reading(
    profile: Mapping[str, Any],
    evidence: Mapping[str, Mapping[str, Any]],
    disagreements: Sequence[Mapping[str, Any]],
) -> dict[str, str]:
    """The entries that only one reading has, with that reading; not those in which a person has decided a value."""
    found: dict[str, str] = {}
    for each in disagreements:
        if each["kind"] != "entry" or each["place"] not in SHAPES:
            continue
        section: SectionName = each["place"]
        for number, entry in enumerate(profile.get(section, [])):
            pointer = f"/{section}/{number}"
            inside = {at: place for at, place in evidence.items() if at.startswith(f"{pointer}/")}
            if any(place.get("source") == "human" for place in inside.values()):
                continue
            same_title = next(iter(_facts(SHAPES[section], entry)), None) == each["value"]
            if same_title and _first_line(SHAPES[section], pointer, inside) == each["line"]:
                found.setdefault(pointer, each["reading"])
    return found


def _facts(shape: SectionShape, entry: Mapping[str, Any]) -> Iterator[str]:
    """What identifies the entry: its names, then the items of its lists."""
    for key in (*shape.identity, *shape.lists):
        value = entry.get(key)
        if isinstance(value, list):
            yield from cast("list[str]", value)
        elif value:
            yield value


def _titles(section: SectionName, entry: Mapping[str, Any]) -> set[str]:
    return {plain(text) for text in _facts(SHAPES[section], entry)}


def _words_of(section: SectionName, entries: Sequence[Mapping[str, Any]]) -> set[str]:
    return {title for entry in entries for title in _titles(section, entry)}


def _first_line(shape: SectionShape, pointer: str, inside: Mapping[str, Mapping[str, Any]]) -> int | None:
    heads = tuple(f"{pointer}/{key}" for key in (*shape.identity, *shape.lists))
    lines = [place.get("line") for at, place in inside.items() if at in heads or at.rpartition("/")[0] in heads]
    return min((line for line in lines if line is not None), default=None)


def _place(pointer: str) -> str:
    """`/work/0/position` as disagreements name it: `work.position`."""
    return ".".join(key for key in pointer.strip("/").split("/") if not key.isdigit())


def _other(disagreement: Mapping[str, Any]) -> str:
    return "builtin" if disagreement["reading"] == "model" else "model"


def _natural(question: Question) -> list[tuple[int, str]]:
    """Sorts `/work/2` before `/work/10`."""
    return [(int(key), "") if key.isdigit() else (-1, key) for key in question.pointer.split("/")]
