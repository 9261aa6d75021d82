import os
import stat
from pathlib import Path

import pytest

from app.embedded.data_folder import LOG_FILE_BYTES, DataFolder, find_database_home, is_running
from app.errors import ConfigurationError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_cannot_be_listed_by_others(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "deep" / "data")
    data.open()
    data.close()
    assert mode(data.path) == (0o711 if os.geteuid() == 0 else 0o700)
    assert mode(data.logs) == 0o700


def test_only_one_process_holds_the_folder_and_it_is_free_afterwards(tmp_path: Path) -> None:
    first, second = DataFolder(tmp_path), DataFolder(tmp_path)
    assert not is_running(tmp_path)
    first.open()
    assert is_running(tmp_path)
    with pytest.raises(ConfigurationError, match=f"process {os.getpid()}"):
        second.open()
    first.close()
    second.open()
    second.close()


def test_checking_whether_it_runs_creates_nothing(tmp_path: Path) -> None:
    assert not is_running(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_a_secret_is_generated_once_and_only_this_user_can_read_it(tmp_path: Path) -> None:
    data = DataFolder(tmp_path)
    secret = data.secret("some-password")
    assert len(secret) >= 32
    assert data.secret("some-password") == secret
    assert data.secret("other-password") != secret
    assert mode(tmp_path / "some-password") == 0o600


def test_an_empty_secret_from_an_interrupted_start_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "some-password").touch()
    assert DataFolder(tmp_path).secret("some-password")


def test_an_oversized_log_of_earlier_runs_is_moved_aside(tmp_path: Path) -> None:
    data = DataFolder(tmp_path)
    data.logs.mkdir()
    with data.log_file("postgres").open("wb") as file:
        file.truncate(LOG_FILE_BYTES + 1)
    path = data.log_file("postgres")
    assert not path.exists()
    assert path.with_name("postgres.log.1").exists()


def test_databases_are_in_the_folder_that_the_pointer_names(tmp_path: Path) -> None:
    assert find_database_home(tmp_path) == tmp_path
    (tmp_path / "databases-are-in").write_text("/somewhere/else\n")
    assert find_database_home(tmp_path) == Path("/somewhere/else")


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="is a file"):
        DataFolder(tmp_path / "file").open()
