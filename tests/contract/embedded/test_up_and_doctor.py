"""The environment that `vitae up` gives its processes, and the checks and findings of `vitae doctor`."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from app.cli.operations.doctor import (
    Check,
    GeneratedClient,
    check_client,
    check_clients,
    check_data_folder,
    check_generated_client,
    check_port,
    check_postgres,
    check_program,
    check_redis,
    doctor,
    find_generated_client,
    run_checks,
)
from app.cli.operations.up_command import SERVICE, child_environment
from app.embedded.data_folder import DataFolder
from app.errors import ConfigurationError
from app.settings import LoadedSettings, load_settings

SOURCES = """
client<llm> Near {
  provider openai-generic
  options {
    base_url "http://127.0.0.1:1/v1"
    http { request_timeout_ms 1000 }
  }
}
// client<llm> Ghost { provider openai }
client<llm>Far{
  provider openai
  options { model "gpt-4o" api_key env.FAR_KEY }
}
"""


@pytest.fixture
def generated(tmp_path: Path) -> GeneratedClient:
    folder = tmp_path / "baml_client"
    folder.mkdir()
    (folder / "__init__.py").write_text('__version__ = "0.1.2"\nraise RuntimeError("executed")\n')
    (folder / "inlinedbaml.py").write_text(
        f'_file_map = {{\n\n    "clients.baml": {json.dumps(SOURCES)},\n    "empty.baml": "",\n}}\n'
    )
    found = find_generated_client(folder)
    assert found is not None
    return found


def loaded(tmp_path: Path, **variables: str) -> LoadedSettings:
    return load_settings(tmp_path, variables)


def test_every_process_gets_the_same_databases_and_folder(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        VITAE_STORAGE__DATABASE_URL="postgresql://u:p@h/d",
        VITAE_STORAGE__REDIS_URL="redis://h/0",
        VITAE_STORAGE__DATA_DIR="/data",
        VITAE_SERVER__PORT="9000",
    ).settings
    told = child_environment(settings, {"VITAE_SERVER__PORT": "1", "OPENAI_API_KEY": "k"})
    assert told["VITAE_STORAGE__DATABASE_URL"] == "postgresql://u:p@h/d"
    assert told["VITAE_STORAGE__REDIS_URL"] == "redis://h/0"
    assert told["VITAE_STORAGE__DATA_DIR"] == "/data"
    assert told["VITAE_SERVER__PORT"] == "9000"
    assert told["OPENAI_API_KEY"] == "k"
    assert told["BAML_LOG"] == "off"
    assert load_settings(tmp_path, told).settings.server.port == 9000


def test_stopping_everything_takes_at_most_fifteen_seconds() -> None:
    from app.cli.operations.up_command import POSTGRES_GRACE_SECONDS, REDIS_GRACE_SECONDS  # noqa: PLC0415

    phases = {process.stop_phase for process in SERVICE}
    longest = [max(p.grace_seconds for p in SERVICE if p.stop_phase == phase) for phase in phases]
    assert sum(longest) + REDIS_GRACE_SECONDS + POSTGRES_GRACE_SECONDS <= 15


def test_the_api_stops_first_and_workers_last() -> None:
    order = [process.name for process in sorted(SERVICE, key=lambda process: process.stop_phase)]
    assert order[:2] == ["api", "scheduler"]


def test_clients_are_read_from_the_generated_code_without_running_it(generated: GeneratedClient) -> None:
    assert generated.version == "0.1.2"
    assert generated.client_names == ["Near", "Far"]
    assert "request_timeout_ms" in (generated.client_block("Near") or "")
    assert "FAR_KEY" not in (generated.client_block("Near") or "")
    assert generated.client_block("Ghost") is None


def test_the_generated_code_must_match_the_library_version(generated: GeneratedClient) -> None:
    check = check_generated_client(generated)
    assert check.status == "missing"
    assert "0.1.2" in check.finding
    assert check_generated_client(None).fix == "make generate"


def test_an_unknown_client_is_reported_with_the_known_names(tmp_path: Path, generated: GeneratedClient) -> None:
    check = check_client("Nearr", loaded(tmp_path), generated)
    assert check.status == "missing"
    assert "Near, Far" in check.finding


def test_a_client_without_its_key_is_optional_and_the_variable_is_named(
    tmp_path: Path, generated: GeneratedClient
) -> None:
    check = check_client("Far", loaded(tmp_path), generated)
    assert check.status == "optional"
    assert "FAR_KEY is not set" in check.finding
    assert "FAR_KEY=" in check.fix


def test_on_a_machine_without_a_model_no_client_is_a_warning(tmp_path: Path) -> None:
    checks = list(check_clients(loaded(tmp_path), find_generated_client()))
    assert [(check.check, check.status) for check in checks] == [
        ("client LocalVLLM", "optional"),
        ("client GPT4o", "optional"),
    ]
    assert "no model server runs at http://127.0.0.1:8000" in checks[0].finding
    chosen = loaded(tmp_path, VITAE_CLIENTS__LOCALVLLM__BASE_URL="http://127.0.0.1:1/v1")
    assert next(check_clients(chosen, find_generated_client())).status == "warning", "somebody set this one up"


def test_a_key_is_never_shown(tmp_path: Path, generated: GeneratedClient) -> None:
    (tmp_path / "vitae.toml").write_text('[clients.Far]\nbase_url = "http://u:geheim@127.0.0.1:1/v1"\n')
    check = check_client("Far", loaded(tmp_path, FAR_KEY="geheim"), generated)
    assert check.status == "warning"
    assert "127.0.0.1:1" in check.finding
    assert "geheim" not in check.finding + check.fix


def test_a_key_in_the_environment_is_enough(tmp_path: Path, generated: GeneratedClient) -> None:
    assert check_client("Far", loaded(tmp_path, FAR_KEY="geheim"), generated).status == "ok"


def test_a_responding_server_is_ok_and_a_silent_one_is_a_warning(
    tmp_path: Path, generated: GeneratedClient, taken: int
) -> None:
    assert check_client("Near", loaded(tmp_path), generated).status == "warning"
    (tmp_path / "vitae.toml").write_text(f'[clients.Near]\nbase_url = "http://127.0.0.1:{taken}/v1"\n')
    assert check_client("Near", loaded(tmp_path), generated).status == "ok"


def test_each_routed_client_is_checked_once(tmp_path: Path, generated: GeneratedClient) -> None:
    (tmp_path / "vitae.toml").write_text(
        '[routing]\nclients = ["Near", "builtin"]\n[routing.functions.Summarise]\nclients = ["Far", "Near"]\n'
    )
    names = [check.check for check in check_clients(loaded(tmp_path), generated)]
    assert names == ["client Near", "client builtin", "client Far"]


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_a_port_used_by_another_program_is_reported(tmp_path: Path, taken: int) -> None:
    check = check_port(loaded(tmp_path, VITAE_SERVER__PORT=str(taken), VITAE_STORAGE__DATA_DIR=str(tmp_path)).settings)
    assert check.status == "missing"
    assert str(taken) in check.finding
    assert "VITAE_SERVER__PORT" in check.fix


def test_a_data_folder_that_does_not_exist_yet_is_checked_at_its_parent(tmp_path: Path) -> None:
    assert check_data_folder(tmp_path / "a" / "b").status in ("ok", "warning")
    assert not (tmp_path / "a").exists()
    (tmp_path / "file").touch()
    assert check_data_folder(tmp_path / "file").status == "missing"


def test_unreachable_configured_databases_are_reported_without_their_passwords(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        VITAE_STORAGE__DATABASE_URL="postgresql://u:geheim@127.0.0.1:1/d",
        VITAE_STORAGE__REDIS_URL="redis://:geheim@127.0.0.1:1/0",
    ).settings
    for check in (check_postgres(settings, tmp_path), check_redis(settings)):
        assert check.status == "missing"
        assert "127.0.0.1:1" in check.finding
        assert "geheim" not in check.finding + check.fix


def test_an_absent_optional_program_is_named_with_its_package() -> None:
    assert check_program("no-such-program", "this test", "apt-get install it") == Check(
        "no-such-program",
        "optional",
        "no-such-program is not installed; only needed for this test.",
        "apt-get install it",
    )


def test_an_invalid_setting_is_reported_and_ends_the_checks(tmp_path: Path) -> None:
    checks = list(run_checks(tmp_path, {"VITAE_SERVER__PROT": "1"}))
    assert checks[-1].check == "configuration"
    assert checks[-1].status == "missing"
    assert "port" in checks[-1].finding


def test_json_is_one_document_and_the_exit_status_shows_whether_it_can_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VITAE_SERVER__PORT", str(taken))
    monkeypatch.setenv("VITAE_ROUTING__CLIENTS", "builtin")
    app = typer.Typer()
    app.command()(doctor)
    ran = CliRunner().invoke(app, ["--json"])
    checks = json.loads(ran.stdout)
    assert ran.exit_code == 1
    assert {check["status"] for check in checks} <= {"ok", "optional", "warning", "missing"}
    assert next(check for check in checks if check["check"] == "port")["status"] == "missing"


def test_the_commands_do_not_import_the_model_library() -> None:
    """The library starts threads, and `vitae up` forks."""
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, app.cli.operations.up_command, app.cli.operations.doctor; print('baml_py' in sys.modules)",
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    assert ran.stdout == "False\n"


def test_a_file_in_place_of_the_data_folder_is_reported_and_the_checks_continue(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    checks = {check.check: check for check in run_checks(tmp_path, {"VITAE_STORAGE__DATA_DIR": f"{tmp_path}/data"})}
    assert checks["data folder"].status == "missing"
    assert "port" in checks
    with pytest.raises(ConfigurationError, match="is a file"):
        DataFolder(tmp_path / "data").open()


@pytest.mark.parametrize(("name", "content"), [("vitae.toml", b"\xff\xfe"), (".env", b"\xff=1"), ("vitae.toml", None)])
def test_a_configuration_that_is_not_a_text_file_is_reported_in_one_line(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    """None means a folder: Docker creates one if a mounted file does not exist."""
    if content is None:
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigurationError, match="not UTF-8" if content else "is a folder"):
        load_settings(tmp_path, {})
