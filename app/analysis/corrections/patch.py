"""Parses a change to a profile: a JSON Patch (RFC 6902) or, for plain fields, a JSON Merge Patch (RFC 7396).

Two operations are added to those of JSON Patch. `confirm` says that the value, or the whole entry, is right as shown;
`leave_out` says that an entry which the profile does not have does not belong in it.

`app.pipeline.resumes.correct_profile` turns each operation into a correction, in order.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, cast, get_args

from app.analysis.corrections.fields import (
    BASICS,
    LOCATION,
    MOST_ENTRIES,
    SECTIONS,
    Kind,
    check_entry,
    check_text,
    check_value,
    fields_of,
)
from app.analysis.corrections.overlay import Correction, ListPlace, Step, escape
from app.errors import Conflict, InputError

MOST_OPERATIONS = 100
_LONGEST_POINTER = 200  # characters; the longest pointer into a JSON Resume has about 40

Op = Literal["add", "replace", "remove", "test", "confirm", "leave_out"]
_OPS = get_args(Op)


@dataclass(frozen=True, slots=True)
class Operation:
    op: Op
    pointer: str
    value: Any = None


def read_patch(body: Any) -> list[Operation]:
    """Raises `InputError` if the body is neither a list of operations nor an object of fields."""
    if isinstance(body, list):
        operations = [_read_operation(at, each) for at, each in enumerate(cast("list[Any]", body))]
    elif isinstance(body, dict):
        operations = _read_merge(cast("dict[str, Any]", body), "")
    else:
        raise InputError(
            'Send a JSON Patch, which is a list of operations such as [{"op": "replace", "path": "/basics/name", '
            '"value": "Ana López"}], or an object with the fields to change.'
        )
    if not 1 <= len(operations) <= MOST_OPERATIONS:
        raise InputError(f"A change must have 1 to {MOST_OPERATIONS} operations; this one has {len(operations)}.")
    return operations


def to_correction(
    operation: Operation, profile: dict[str, Any], evidence: dict[str, Any], *, number: int, by: str, at: str
) -> Correction | None:
    """The correction that the operation makes to the displayed profile.

    None for a `test` that succeeds and for a `confirm` of values that are confirmed already. Raises `InputError`, and
    `Conflict` for a `test` or `confirm` of another value than the profile has.
    """
    pointer = operation.pointer
    path, here, present, kind = _resolve(pointer, profile)
    if operation.op in {"test", "confirm"}:
        if not present or here != operation.value:
            raise Conflict(
                f"`{pointer}` does not have the expected value. Get the profile again, then send your change."
            )
        if operation.op == "test" or _is_confirmed(pointer, evidence):
            return None
        if isinstance(here, list):
            raise InputError(f"`{pointer}` is a list. Confirm its items or the whole entry.")
    if not present and operation.op in {"replace", "remove"}:
        raise InputError(f"There is no value at `{pointer}`. Use the operation `add` to create one.")
    place = evidence.get(pointer, {})
    document_value = place.get("document_value") if place.get("source") == "human" else (here if present else None)
    if isinstance(document_value, dict | list):
        document_value = None
    last = path[-1]
    replaced = partial(Correction, number=number, path=path, document_value=document_value, by=by, at=at)
    if operation.op == "remove":
        return replaced(action="remove", value=None)
    if operation.op == "confirm":
        return replaced(action="confirm", value=here)
    if operation.op == "leave_out":
        if present or kind not in SECTIONS:
            raise InputError(f"`{pointer}`: `leave_out` takes a section and `/-`, such as /work/-.")
        entry = check_entry(pointer, kind, operation.value)
        path = (*path[:-1], ListPlace(len(profile.get(kind, [])), entry))
        return Correction(number=number, action="leave_out", path=path, value=entry, document_value=None, by=by, at=at)
    if isinstance(last, str):
        value = check_value(pointer, last, _kind(kind), operation.value)
        return replaced(action="set", value=value)
    if kind in {*SECTIONS, "basics/profiles"}:
        if operation.op == "replace":
            raise InputError(f"`{pointer}` is a complete entry. Replace its fields, or remove it and add a new one.")
        value: Any = check_entry(pointer, kind, operation.value)
    else:
        value = check_text(pointer, str(path[-2]), operation.value)
    if operation.op == "add":
        path = (*path[:-1], ListPlace(last.index))
        return Correction(number=number, action="add", path=path, value=value, document_value=None, by=by, at=at)
    return replaced(action="set", value=value)


def _is_confirmed(pointer: str, evidence: dict[str, Any]) -> bool:
    """Whether a person has entered or confirmed the value, or each value of the entry."""
    places = [each for at, each in evidence.items() if at == pointer or at.startswith(f"{pointer}/")]
    return bool(places) and all(each.get("source") == "human" for each in places)


def _read_operation(at: int, given: Any) -> Operation:
    if not isinstance(given, dict):
        raise InputError(f"Operation {at + 1} must be an object with `op` and `path`.")
    fields = cast("dict[str, Any]", given)
    op, pointer = fields.get("op"), fields.get("path")
    if op not in _OPS:
        raise InputError(f"Operation {at + 1}: `op` must be {', '.join(_OPS[:-1])} or {_OPS[-1]}.")
    if not isinstance(pointer, str) or not pointer.startswith("/") or len(pointer) > _LONGEST_POINTER:
        raise InputError(f"Operation {at + 1}: `path` must be a JSON Pointer into the profile, such as /basics/name.")
    if op != "remove" and "value" not in fields:
        raise InputError(f"Operation {at + 1}: `value` is missing.")
    return Operation(cast("Op", op), pointer, fields.get("value"))


def _read_merge(fields: dict[str, Any], pointer: str) -> list[Operation]:
    operations: list[Operation] = []
    for name, value in fields.items():
        at = f"{pointer}/{escape(name)}"
        if isinstance(value, dict):
            operations += _read_merge(cast("dict[str, Any]", value), at)
        elif isinstance(value, list):
            raise InputError(
                f"`{at}` is a list. An object would replace the whole list, so change its entries with a JSON Patch: "
                f'[{{"op": "replace", "path": "{at}/0/...", "value": ...}}].'
            )
        else:
            operations.append(Operation("remove" if value is None else "add", at, value))
    return operations


def _resolve(pointer: str, profile: dict[str, Any]) -> tuple[tuple[Step, ...], Any, bool, str]:
    """The path, the value at the pointer, whether there is a value, and the section or the kind of the field.

    Raises `InputError` for fields that JSON Resume does not have and for computed ones.
    """
    keys = [key.replace("~1", "/").replace("~0", "~") for key in pointer[1:].split("/")]
    first = keys[0]
    if first in {"x-vitae", "meta"}:
        raise InputError(f"`/{first}` is computed. Correct the values it depends on: dates, positions, names.")
    if first == "basics":
        if len(keys) >= 2 and keys[1] == "profiles":
            return _resolve_entry(keys, 2, "basics/profiles", profile.get("basics", {}).get("profiles", []))
        if len(keys) == 3 and keys[1] == "location" and keys[2] in LOCATION:
            location = profile.get("basics", {}).get("location", {})
            return (first, "location", keys[2]), location.get(keys[2]), keys[2] in location, LOCATION[keys[2]]
        if len(keys) == 2 and keys[1] in BASICS:
            basics = profile.get("basics", {})
            return (first, keys[1]), basics.get(keys[1]), keys[1] in basics, BASICS[keys[1]]
        raise _unknown(pointer)
    if first in SECTIONS:
        return _resolve_entry(keys, 1, first, profile.get(first, []))
    raise _unknown(pointer)


def _resolve_entry(
    keys: list[str], begun: int, section: str, entries: list[dict[str, Any]]
) -> tuple[tuple[Step, ...], Any, bool, str]:
    pointer = "/" + "/".join(keys)
    path: tuple[Step, ...] = tuple(keys[:begun])
    if len(keys) == begun:
        raise InputError(f"`{pointer}` is a whole section. Add, change or remove its entries one by one.")
    place, entry = _place(pointer, keys[begun], entries, last=len(keys) == begun + 1)
    path = (*path, place)
    if len(keys) == begun + 1:
        return path, entry, entry is not None, section
    fields = fields_of(section)
    name = keys[begun + 1]
    if name not in fields or entry is None:
        raise _unknown(pointer)
    path = (*path, name)
    if len(keys) == begun + 2:
        return path, entry.get(name), name in entry, fields[name]
    if len(keys) != begun + 3 or fields[name] != "texts":
        raise _unknown(pointer)
    place, text = _place(pointer, keys[begun + 2], entry.get(name, []), last=True)
    return (*path, place), text, text is not None, "text"


def _place(pointer: str, key: str, items: list[Any], *, last: bool) -> tuple[ListPlace, Any]:
    """The item with this index. `-` and the index after the last one name the place for a new item."""
    if key == "-" or (key.isascii() and key.isdigit() and int(key) == len(items)):
        if not last:
            raise InputError(f"`{pointer}`: there is no such entry. The list has {len(items)} entries.")
        if len(items) >= MOST_ENTRIES * 3:
            raise InputError(f"`{pointer}`: the list is full. It has {len(items)} entries.")
        return ListPlace(len(items)), None
    if not (key.isascii() and key.isdigit()) or int(key) > len(items):
        raise InputError(f"`{pointer}`: there is no such entry. The list has {len(items)} entries.")
    return ListPlace(int(key), items[int(key)]), items[int(key)]


def _kind(kind: str) -> Kind:
    return cast("Kind", kind)


def _unknown(pointer: str) -> InputError:
    return InputError(f"`{pointer[:100]}` is not a field of JSON Resume 1.0.0 that can be corrected.")
