"""A model that repeats itself without end is noticed early; no answer about a real resume is mistaken for one."""

import itertools
import json
import time
from pathlib import Path
from typing import Any

import pytest

from app.routing.servers.repetition import RepetitionWatch
from tests.truth_answers import TRUTHS, truth_answer

HEAD = '{"is_resume":true,"person":{"name":"Ilse Varga","lines":[1,3]},"work":['
JOB = '{"employer":"Quarrystone Ltd","position":"Data Engineer","start":"Mar 2019","highlights":["Moved pipelines"]'


def first_alarm(text: str, last_line: int | None = None, piece: int = 4) -> int | None:
    """How many characters of the text had arrived when the watch noticed; None when it never did."""
    watch = RepetitionWatch(last_line)
    for at in range(0, len(text), piece):
        if watch.repeats(text[at : at + piece]):
            return at + piece
    return None


def noticed(text: str, **given: Any) -> bool:
    return first_alarm(text, **given) is not None


@pytest.mark.parametrize(
    ("loop", "characters"),
    [
        ('"SQL",', 1000),
        ("very ", 1000),
        ("\\n", 1000),
        ("\n", 1000),
        ("\n    ", 1000),
        ("0", 1000),
        ('"Led a team of four engineers and their budget.",', 1000),
    ],
)
def test_a_short_unit_repeated_many_times_is_noticed(loop: str, characters: int) -> None:
    begun = HEAD + '{"employer":"Quarrystone","highlights":["'
    alarm = first_alarm(begun + loop * 2000)
    assert alarm is not None
    assert alarm - len(begun) < characters + 200


@pytest.mark.parametrize("separator", [",", ", ", ",\n  "])
def test_line_numbers_that_count_up_without_end_are_noticed(separator: str) -> None:
    counting = HEAD + JOB + ',"lines":[' + separator.join(str(number) for number in range(1, 2000))
    alarm = first_alarm(counting)
    assert alarm is not None
    assert alarm < len(HEAD + JOB) + 700
    with_document = first_alarm(counting, last_line=20)
    assert with_document is not None
    assert with_document < alarm


def test_one_huge_number_is_no_reason_to_fail() -> None:
    assert noticed(HEAD + '{"lines":[' + "9" * 5000)
    assert not noticed(HEAD + '{"lines":[' + "9" * 300 + "]}]}", last_line=5)


@pytest.mark.parametrize("growing_lines", [False, True])
def test_the_same_entry_written_again_and_again_is_noticed(growing_lines: bool) -> None:  # noqa: FBT001
    entries = (JOB + f',"lines":[{number if growing_lines else 4}]}}' for number in range(100))
    alarm = first_alarm(HEAD + ",".join(entries))
    assert alarm is not None
    assert alarm < len(HEAD) + 11 * len(JOB)


def test_a_cycle_of_entries_is_noticed() -> None:
    jobs = [JOB.replace("Data", word) + ',"lines":[4]}' for word in ("Data", "Software", "Chief", "Test")]
    alarm = first_alarm(HEAD + ",".join(itertools.islice(itertools.cycle(jobs), 200)))
    assert alarm is not None
    assert alarm < 4 * 11 * len(JOB)


def test_a_cycle_of_values_in_one_list_is_noticed() -> None:
    texts = [f"Improved the {word} of the nightly pipelines by half" for word in "abcdefghijklmnop"]
    loop = ",".join(json.dumps(text) for text in itertools.islice(itertools.cycle(texts), 1000))
    assert noticed(HEAD + '{"employer":"Quarrystone","highlights":[' + loop)


def test_thoughts_before_the_answer_are_watched_as_text_only() -> None:
    thoughts = '<think>Is "this {a resume? [1, 2, 3, 4] Say " or {.</think>'
    answer = HEAD + JOB + ',"lines":[4,9]}]}'
    assert not noticed(thoughts + answer)
    assert noticed("<think>" + "Wait, let me look again. " * 100)
    assert noticed(thoughts + HEAD + JOB + ',"lines":[' + ",".join(map(str, range(500))))


@pytest.mark.parametrize("indent", [None, 4])
@pytest.mark.parametrize("truth", TRUTHS, ids=lambda path: path.name)
def test_the_true_answer_about_a_sample_raises_no_alarm(truth: Path, indent: int | None) -> None:
    answer = truth_answer(truth)
    text = json.dumps(answer, indent=indent, ensure_ascii=False)
    lines = 2 * sum(len(value) if isinstance(value, list) else 1 for value in answer.values())
    for piece in (4, 10_000):
        assert not noticed(text, last_line=lines, piece=piece)


def answer_of(**sections: Any) -> str:
    return json.dumps({"is_resume": True, "person": {"name": "Ann Lee", "lines": [1]}, **sections})


@pytest.mark.parametrize(
    "text",
    [
        answer_of(skills=[{"name": f"Tool {n}", "level": "Expert", "lines": [n]} for n in range(120)]),
        answer_of(skills=[{"keywords": ["Advanced"], "lines": [n]} for n in range(60)]),
        answer_of(skills=[{"keywords": ["Expert"] * 60, "lines": [3, 63]}]),
        answer_of(skills=[{"keywords": [f"Skill {n}" for n in range(200)], "lines": [3, 20]}]),
        answer_of(skills=[{"keywords": [word for _ in range(20) for word in ("SQL", "Go", "Rust", "C")]}]),
        answer_of(languages=[{"language": f"L{n}", "fluency": "fluent", "lines": [9]} for n in range(60)]),
        answer_of(work=[{"employer": "Ely", "position": "Lecturer", "start": str(y), "lines": [y]} for y in range(60)]),
        answer_of(work=[{"employer": "Ely College", "position": "Lecturer", "lines": [y]} for y in range(5)]),
        answer_of(work=[{"employer": "Ely", "lines": list(range(1, 81))}]),
        answer_of(work=[{"employer": "Ely", "summary": "Python" + "." * 300 + " 5 years"}]),
        answer_of(work=[{"employer": "Ely", "summary": "_" * 120 + " " * 200 + "=" * 120}]),
        answer_of(publications=[{"title": f"On the motion of planets, part {n}", "lines": [n]} for n in range(90)]),
    ],
)
def test_a_resume_that_repeats_values_raises_no_alarm(text: str) -> None:
    assert not noticed(text)
    assert not noticed(text, piece=100_000)


def test_an_escape_cut_in_two_does_not_end_a_string() -> None:
    text = answer_of(work=[{"employer": 'The "Ely" \\ Co', "summary": '\\"' * 150}])
    for piece in range(1, 30):
        assert not noticed(text, piece=piece)


def test_the_work_grows_with_the_length_of_the_answer_and_not_faster() -> None:
    def seconds(entries: int) -> float:
        text = answer_of(work=[{"employer": f"E{n}", "summary": f"{n} " * 40, "lines": [n]} for n in range(entries)])
        began = time.process_time()
        assert not noticed(text, piece=50)
        return time.process_time() - began

    seconds(50)
    short, long = min(seconds(100) for _ in range(3)), min(seconds(1000) for _ in range(3))
    assert long < 25 * short
