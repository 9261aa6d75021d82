"""Applies people's corrections to the profile from an analysis; called by `app.pipeline.resumes.correct_profile`.

A correction identifies its entry by the entry's content, not by its index. A later analysis may find one more job or
list the jobs in another order, and the correction still finds the right one. Corrections are kept in a log and applied
in order; a correction that was undone is skipped.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from app.analysis.corrections.facts import with_facts
from app.analysis.folding import fold

# `confirm`: the value or the whole entry is right as it is. `leave_out`: an entry that only one reading of the document
# has, and that the profile does not have, does not belong in it; the profile stays as it is.
Action = Literal["set", "add", "remove", "confirm", "leave_out"]
# The fields that identify an entry of a list. Other equal values only break ties.
_TELLING = (
    *("name", "organization", "institution", "title", "language", "network", "username", "url"),
    *("position", "studyType", "area", "publisher", "startDate", "endDate", "date", "releaseDate"),
)


@dataclass(frozen=True, slots=True)
class ListPlace:
    """A step into a list: the index of the entry and its content (None for an entry that is added)."""

    index: int
    was: Any = None


Step = str | ListPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """`document_value` is the value from the analysis at the time of the correction; None if there was none."""

    number: int
    action: Action
    path: tuple[Step, ...]
    value: Any
    document_value: Any
    by: str
    at: str

    @property
    def pointer(self) -> str:
        """The JSON Pointer of the value at the time of the correction."""
        keys = (step if isinstance(step, str) else str(step.index) for step in self.path)
        return "".join(f"/{escape(key)}" for key in keys)

    def path_json(self) -> list[Any]:
        return [step if isinstance(step, str) else {"index": step.index, "was": step.was} for step in self.path]

    @staticmethod
    def read_path(steps: Iterable[Any]) -> tuple[Step, ...]:
        return tuple(step if isinstance(step, str) else ListPlace(step["index"], step["was"]) for step in steps)


@dataclass(frozen=True, slots=True)
class Corrected:
    """`changed` are pointers whose value in the document is no longer the one that was corrected.

    `unplaced` are the numbers of corrections whose entry the analysis no longer finds. They stay for the next analysis.
    """

    profile: dict[str, Any]
    evidence: dict[str, Any]
    changed: tuple[str, ...] = ()
    unplaced: tuple[int, ...] = ()


@dataclass(slots=True)
class Leaf:
    """A value with its evidence."""

    value: Any
    evidence: dict[str, Any] | None = None
    moved: bool = False  # the analysis now finds another value than at the time of the correction


Node = dict[str, Any] | list[Any] | Leaf


def apply_corrections(
    profile: dict[str, Any], evidence: dict[str, Any], corrections: Sequence[Correction]
) -> Corrected:
    """The profile with all corrections. Neither argument is changed."""
    if not corrections:
        return Corrected(profile, evidence)
    kept = {name: value for name, value in profile.items() if name in {"meta", "x-vitae"}}
    root = cast("dict[str, Any]", _grow({k: v for k, v in profile.items() if k not in kept}, evidence, ""))
    unplaced = tuple(each.number for each in corrections if not _apply(root, each))
    shown = _Shown()
    corrected = {**cast("dict[str, Any]", shown.plain(root, "")), **kept}
    corrected = with_facts(corrected, profile, sections=_changed_sections(corrections, profile, corrected))
    return Corrected(corrected, shown.evidence, tuple(shown.changed), unplaced)


def _changed_sections(corrections: Sequence[Correction], read: dict[str, Any], corrected: dict[str, Any]) -> set[str]:
    """A confirmation changes a section only if a later analysis reads something else."""
    sections = {str(each.path[0]) for each in corrections}
    changing = {str(each.path[0]) for each in corrections if each.action in {"set", "add", "remove"}}
    return changing | {name for name in sections if corrected.get(name) != read.get(name)}


def _grow(value: Any, evidence: dict[str, Any], pointer: str) -> Node:
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {name: _grow(each, evidence, f"{pointer}/{escape(name)}") for name, each in fields.items()}
    if isinstance(value, list):
        return [_grow(each, evidence, f"{pointer}/{at}") for at, each in enumerate(cast("list[Any]", value))]
    return Leaf(value, evidence.get(pointer))


@dataclass(slots=True)
class _Shown:
    evidence: dict[str, Any] = field(default_factory=dict[str, Any])
    changed: list[str] = field(default_factory=list[str])

    def plain(self, node: Node, pointer: str) -> Any:
        if isinstance(node, dict):
            return {name: self.plain(each, f"{pointer}/{escape(name)}") for name, each in node.items()}
        if isinstance(node, list):
            return [self.plain(each, f"{pointer}/{at}") for at, each in enumerate(node)]
        if node.evidence is not None:
            self.evidence[pointer] = node.evidence
        if node.moved:
            self.changed.append(pointer)
        return node.value


def _apply(root: dict[str, Any], correction: Correction) -> bool:
    """False when the corrected entry does not exist."""
    if correction.action == "leave_out":
        return True
    node: Node = root
    for step, following in zip(correction.path[:-1], correction.path[1:], strict=True):
        if isinstance(step, str):
            assert isinstance(node, dict)  # noqa: S101 - paths are made from JSON Resume's shape
            if not isinstance(node.get(step), dict | list):
                node[step] = {} if isinstance(following, str) else []
            node = node[step]
        else:
            assert isinstance(node, list)  # noqa: S101
            found = find_entry(node, step)
            if found is None:
                return False
            node = node[found]
    last = correction.path[-1]
    if isinstance(last, str):
        assert isinstance(node, dict)  # noqa: S101
        _change_field(node, last, correction)
        return True
    assert isinstance(node, list)  # noqa: S101
    if correction.action == "confirm" and isinstance(correction.value, dict):
        return _confirm_entry(node, last, correction)
    return _change_item(node, last, correction)


def _change_field(fields: dict[str, Any], name: str, correction: Correction) -> None:
    before = fields.get(name)
    if correction.action == "remove":
        fields.pop(name, None)
    elif isinstance(correction.value, list):
        fields[name] = [_by_hand(each, None, correction) for each in cast("list[Any]", correction.value)]
    else:
        fields[name] = _by_hand(correction.value, before if isinstance(before, Leaf) else None, correction)


def _change_item(items: list[Any], place: ListPlace, correction: Correction) -> bool:
    found = None if correction.action == "add" else find_entry(items, place)
    if correction.action == "remove":
        if found is not None:
            del items[found]
        return True  # an entry that no longer exists needs no removal
    if correction.action == "add":
        found = find_entry(items, ListPlace(place.index, correction.value))
    if isinstance(correction.value, dict):
        entry = items[found] if found is not None else {}
        for name, each in cast("dict[str, Any]", correction.value).items():
            _change_field(entry, name, replace(correction, action="set", value=each, document_value=None))
        if found is None:
            items.insert(min(place.index, len(items)), entry)
        return True
    known = find_entry(items, ListPlace(place.index, correction.value))
    if found is not None:
        items[found] = _by_hand(correction.value, items[found], correction)
    elif known is None:
        items.insert(min(place.index, len(items)), _by_hand(correction.value, None, correction))
    return True


def _confirm_entry(items: list[Any], place: ListPlace, correction: Correction) -> bool:
    """Each value of the entry as it was confirmed. A value that only a later analysis has stays as it was read."""
    found = find_entry(items, place)
    if found is None:
        return False
    entry = items[found]
    for name, value in cast("dict[str, Any]", correction.value).items():
        if not isinstance(value, list):
            entry[name] = _confirmed(value, entry.get(name), correction)
            continue
        texts = entry[name] = list(entry.get(name) or [])
        for at, text in enumerate(cast("list[str]", value)):
            same = find_entry(texts, ListPlace(at, text))
            if same is None:
                texts.insert(min(at, len(texts)), _confirmed(text, None, correction))
            else:
                texts[same] = _confirmed(text, texts[same], correction)
    return True


def _confirmed(value: str, before: Any, correction: Correction) -> Leaf:
    """A value that a person entered before keeps its author."""
    leaf = before if isinstance(before, Leaf) else None
    if leaf is not None and leaf.value == value and (leaf.evidence or {}).get("source") == "human":
        return leaf
    return _by_hand(value, leaf, replace(correction, document_value=None))


def _by_hand(value: Any, before: Leaf | None, correction: Correction) -> Leaf:
    """The value with the evidence of the value it replaces, marked as entered by a person; keeps `document_value`."""
    place = (before.evidence if before is not None else None) or {}
    by_hand = place.get("source") == "human"
    document_value = place.get("document_value") if by_hand else (before.value if before is not None else None)
    then = correction.document_value
    moved = document_value is not None and _words(document_value) not in {_words(then), _words(value)}
    if by_hand and before is not None and before.moved:
        moved = True
    return Leaf(
        value,
        {
            "page": place.get("page"),
            "line": place.get("line"),
            "quote": place.get("quote"),
            "box": place.get("box"),
            "confidence": 1.0,
            "source": "human",
            "document_value": document_value,
            "by": correction.by,
            "at": correction.at,
        },
        moved,
    )


def find_entry(items: Sequence[Any], place: ListPlace) -> int | None:
    """The index of the item that `place` means, among nodes or plain values. None when no item resembles it."""
    if not isinstance(place.was, dict):
        wanted = _words(place.was)
        same = [at for at, each in enumerate(items) if _words(_plain(each)) == wanted]
        return min(same, key=lambda at: abs(at - place.index)) if same else None
    was = cast("dict[str, Any]", place.was)
    best: tuple[int, int, int] | None = None
    found = None
    for at, each in enumerate(items):
        entry = {name: _plain(value) for name, value in each.items()} if isinstance(each, dict) else {}
        telling = sum(1 for name in _TELLING if name in was and _words(was[name]) == _words(entry.get(name)))
        equal = sum(1 for name in was if _words(was[name]) == _words(entry.get(name)))
        listed = any(isinstance(was.get(name), list) for name in was) and _share(was, entry)
        if not telling and not listed:
            continue
        score = (telling, equal, -abs(at - place.index))
        if best is None or score > best:
            best, found = score, at
    return found


def _share(was: dict[str, Any], entry: dict[str, Any]) -> bool:
    """Whether most strings of an entry without a name (skills, interests) are the same."""
    for name, texts in was.items():
        if isinstance(texts, list) and isinstance(entry.get(name), list):
            before = {_words(each) for each in cast("list[Any]", texts)}
            now = {_words(each) for each in cast("list[Any]", entry[name])}
            if len(before & now) * 2 > min(len(before), len(now)):
                return True
    return False


def _plain(node: Any) -> Any:
    if isinstance(node, Leaf):
        return node.value
    if isinstance(node, list):
        return [_plain(each) for each in cast("list[Any]", node)]
    return node


def _words(value: Any) -> str:
    if isinstance(value, str):
        return " ".join(fold(value).text.split())
    return "" if value is None else repr(value)


def escape(key: str) -> str:
    """The key escaped for a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")
