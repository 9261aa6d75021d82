"""Reading an answer that breaks off anywhere: complete entries only, nothing that could still change."""

import json
from typing import Any

import pytest

from app.routing.servers.chat_completion import text_so_far
from app.routing.servers.partial_answer import close_answer

ANSWER: dict[str, Any] = {
    "is_resume": True,
    "person": {
        "name": 'Ilse "Ili" Varga, {Dr.}',
        "links": [{"url": "https://varga.example"}, {"network": "]}"}],
        "lines": [1, 12],
    },
    "work": [
        {"employer": "Quarrystone [Ltd]", "highlights": ["a \\ b", "c"], "ongoing": True, "lines": [3, 41]},
        {"employer": "Brightwater", "lines": [5]},
    ],
    "skills": [{"keywords": ["C", "C++"], "lines": [7]}],
    "awards": [],
}


def _begins(part: dict[str, Any], whole: dict[str, Any]) -> bool:
    """The fields and entries of `part` are the first ones of `whole`, each of them complete."""
    for name, value in part.items():
        known = whole[name]
        if value != known and not (isinstance(value, list) and value == known[: len(value)]):
            return False
    return list(part) == list(whole)[: len(part)]


@pytest.mark.parametrize("spaces", [None, 2])
@pytest.mark.parametrize("before", ["", "<think>{is it [one?</think>", "Here it is:\n```json\n"])
def test_every_prefix_of_an_answer_yields_only_complete_entries(before: str, spaces: int | None) -> None:
    text = before + json.dumps(ANSWER, indent=spaces, ensure_ascii=False)
    seen: list[dict[str, Any]] = []
    for length in range(len(text) + 1):
        closed = close_answer(text[:length])
        part = {} if closed is None else json.loads(closed)
        assert _begins(part, ANSWER), text[:length]
        if not seen or part != seen[-1]:
            seen.append(part)
    assert seen[-1] == ANSWER
    assert [len(part.get("work", [])) for part in seen if "work" in part][:2] == [1, 2]
    assert sum("person" in part for part in seen) >= 4


@pytest.mark.parametrize("text", ["", "I cannot do that.", "<think>{", '{"a": "b', "{]", '{"a": [1}', "}{"])
def test_a_prefix_without_a_complete_entry_yields_nothing(text: str) -> None:
    assert close_answer(text) is None


def test_the_text_of_a_stream_is_read_up_to_its_last_complete_event() -> None:
    events = [
        b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": piece}}]}).encode() + b"\n\n"
        for piece in ("{", '"is_resume"', ": tr", "ue", ', "person": {}', "}")
    ]
    whole = b": a comment\n\n" + b"".join(events)
    texts = {text_so_far(whole[:length]) for length in range(len(whole) + 1)}
    assert texts == {"", "{", '{"is_resume"', '{"is_resume": tr', '{"is_resume": true'} | {
        '{"is_resume": true, "person": {}',
        '{"is_resume": true, "person": {}}',
    }
