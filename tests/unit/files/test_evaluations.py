import json
from pathlib import Path

from app.files.evaluations import FOLDER, keep_evaluation, latest_by_client, list_evaluations


def evaluation(name: str, made_at: str, **accuracy: float) -> dict[str, object]:
    clients = [{"client": client, "accuracy": share} for client, share in accuracy.items()]
    return {"format": 1, "id": name, "made_at": made_at, "clients": clients}


def test_stored_evaluations_are_listed_oldest_first(tmp_path: Path) -> None:
    late, early = evaluation("20261125T10", "2026-11-25", A=0.5), evaluation("20261124T10", "2026-11-24", A=0.4)
    path = keep_evaluation(tmp_path, late)
    keep_evaluation(tmp_path, early)
    assert path == tmp_path / FOLDER / "20261125T10.json"
    assert list_evaluations(tmp_path) == [early, late]
    assert [each.name for each in path.parent.iterdir() if each.name.startswith(".part")] == []


def test_each_client_has_its_newest_evaluation(tmp_path: Path) -> None:
    keep_evaluation(tmp_path, evaluation("20261124T10", "2026-11-24", A=0.4, B=0.9))
    keep_evaluation(tmp_path, evaluation("20261125T10", "2026-11-25", A=0.5))
    latest = latest_by_client(tmp_path)
    assert latest["A"] == {"client": "A", "accuracy": 0.5, "made_at": "2026-11-25"}
    assert latest["B"]["made_at"] == "2026-11-24"


def test_a_missing_folder_and_unrelated_files_are_no_error(tmp_path: Path) -> None:
    assert list_evaluations(tmp_path) == []
    folder = tmp_path / FOLDER
    folder.mkdir()
    (folder / "torn.json").write_text('{"format": 1,')
    (folder / "later.json").write_text(json.dumps({"format": 99, "clients": []}))
    assert latest_by_client(tmp_path) == {}
