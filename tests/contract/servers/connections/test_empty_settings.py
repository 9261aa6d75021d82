"""A variable without a value is a variable that is not set, wherever an empty text cannot be meant."""

from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.settings import load_settings

TOML = """
[routing]
deadline_seconds = 77
[workers]
analysis_threads = 5
[clients.LocalVLLM]
first_token_timeout_seconds = 9
"""


def test_an_empty_number_leaves_the_value_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "vitae.toml").write_text(TOML, "utf-8")
    empty = {
        "VITAE_ROUTING__DEADLINE_SECONDS": "",
        "VITAE_WORKERS__ANALYSIS_THREADS": "  ",
        "VITAE_CLIENTS__LOCALVLLM__FIRST_TOKEN_TIMEOUT_SECONDS": "",
        "VITAE_SERVER__PORT": "",
        "VITAE_ROUTING__CLIENTS": "GPT4o",
    }
    settings = load_settings(tmp_path, empty).settings
    assert (settings.routing.deadline_seconds, settings.workers.analysis_threads) == (77, 5)
    assert settings.client("LocalVLLM").first_token_timeout_seconds == 9
    assert settings.server.port == 8080
    assert settings.routing.clients == ["GPT4o"]


def test_an_empty_number_in_the_dotenv_file_is_not_set_either(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("VITAE_WORKERS__ANALYSIS_THREADS=\nVITAE_SERVER__PORT=''\n", "utf-8")
    assert load_settings(tmp_path, {}).settings.server.port == 8080


def test_an_empty_number_in_the_file_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "vitae.toml").write_text('[server]\nport = ""\n', "utf-8")
    with pytest.raises(ConfigurationError, match=r"server\.port"):
        load_settings(tmp_path, {})


def test_another_mistake_beside_an_empty_number_is_reported(tmp_path: Path) -> None:
    variables = {"VITAE_SERVER__PORT": "", "VITAE_WORKERS__ANALYSIS_THREADS": "many"}
    with pytest.raises(ConfigurationError, match="analysis_threads"):
        load_settings(tmp_path, variables)
