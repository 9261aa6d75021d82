import json
from pathlib import Path

from app.analysis.evaluation.truth_files import find_labelled, read_labelled_folder

TRUTH = {"basics": {"name": "Ottoline Varga"}, "work": []}


def write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def test_a_truth_applies_to_every_document_with_its_name(tmp_path: Path) -> None:
    for name in ("ottoline.pdf", "ottoline.docx", "ottoline-2.pdf", "other.pdf"):
        (tmp_path / name).write_bytes(b"-")
    write(tmp_path / "ottoline.truth.json", TRUTH)
    found = find_labelled(tmp_path)
    assert [labelled.path.name for labelled in found] == ["ottoline.docx", "ottoline.pdf"]
    assert all(labelled.truth == TRUTH for labelled in found)


def test_subfolders_are_searched_and_a_word_after_truth_is_allowed(tmp_path: Path) -> None:
    write(tmp_path / "deep" / "ottoline.truth.source.json", TRUTH)
    (tmp_path / "deep" / "ottoline.txt").write_text("-")
    (tmp_path / "ottoline.txt").write_text("-")
    assert [labelled.path for labelled in find_labelled(tmp_path)] == [tmp_path / "deep" / "ottoline.txt"]


def test_an_unusable_truth_is_reported_with_the_reason(tmp_path: Path) -> None:
    reasons = {
        "list": ("[1, 2]", "object"),
        "broken": ('{"basics":', "not valid JSON: Expecting value in line 1"),
        "contact": ('{"contact": {"full_name": "Ottoline Varga"}, "experience": []}', "`basics`"),
        "sections": ('{"basics": {"name": "Ottoline Varga"}, "sections": {}}', "`work` nor `education`"),
        "entries": ('{"basics": {}, "work": ["Miller"]}', "`work` has an entry that is not an object"),
        "deep": ("[" * 100_000, "nested too deeply"),
    }
    for stem, (content, _) in reasons.items():
        (tmp_path / f"{stem}.truth.json").write_text(content)
        (tmp_path / f"{stem}.pdf").write_bytes(b"-")
    (tmp_path / "binary.truth.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "other.truth.yaml").write_text("basics:")
    write(tmp_path / "lonely.truth.json", TRUTH)
    folder = read_labelled_folder(tmp_path)
    assert folder.documents == []
    details = {bad.path.name.partition(".")[0]: bad.detail for bad in folder.problems}
    for stem, (_, reason) in reasons.items():
        assert reason in details[stem]
    assert "UTF-8" in details["binary"]
    assert "not .yaml" in details["other"]
    assert "no document named lonely.pdf" in details["lonely"]


def test_layout_and_language_come_from_the_truth_or_the_manifest(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / f"{name}.txt").write_text("-")
    write(tmp_path / "one.truth.json", {**TRUTH, "meta": {"layout": "rail", "language": "de"}})
    write(tmp_path / "two.truth.json", TRUTH)
    write(tmp_path / "three.truth.json", {**TRUTH, "meta": "none"})
    (tmp_path / "manifest.csv").write_text("file,layout,language\none.txt,grid,fr\ntwo.txt,grid,fr\n")
    found = {each.path.stem: (each.layout, each.language) for each in find_labelled(tmp_path)}
    assert found == {"one": ("rail", "de"), "two": ("grid", "fr"), "three": (None, None)}
