import json
from pathlib import Path

from app.analysis.truth_files import find_labelled, read_json_resume

TRUTH = {"basics": {"name": "Ottoline Varga"}, "work": []}


def write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def test_a_truth_belongs_to_every_document_of_its_name(tmp_path: Path) -> None:
    for name in ("ottoline.pdf", "ottoline.docx", "ottoline-2.pdf", "other.pdf"):
        (tmp_path / name).write_bytes(b"-")
    write(tmp_path / "ottoline.truth.json", TRUTH)
    found = find_labelled(tmp_path)
    assert [labelled.path.name for labelled in found] == ["ottoline.docx", "ottoline.pdf"]
    assert all(labelled.truth == TRUTH for labelled in found)


def test_folders_below_are_searched_and_a_word_after_truth_is_allowed(tmp_path: Path) -> None:
    write(tmp_path / "deep" / "ottoline.truth.source.json", TRUTH)
    (tmp_path / "deep" / "ottoline.txt").write_text("-")
    (tmp_path / "ottoline.txt").write_text("-")
    assert [labelled.path for labelled in find_labelled(tmp_path)] == [tmp_path / "deep" / "ottoline.txt"]


def test_truths_in_other_forms_are_skipped(tmp_path: Path) -> None:
    for stem, content in {
        "list": "[1, 2]",
        "broken": "{",
        "contact": '{"contact": {"full_name": "Ottoline Varga"}, "experience": []}',
        "sections": '{"basics": {"name": "Ottoline Varga"}, "sections": {}}',
    }.items():
        (tmp_path / f"{stem}.truth.json").write_text(content)
        (tmp_path / f"{stem}.pdf").write_bytes(b"-")
    (tmp_path / "binary.truth.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "binary.pdf").write_bytes(b"-")
    assert find_labelled(tmp_path) == []
    assert read_json_resume(tmp_path / "binary.truth.json") is None
