"""The examples of docs/clients.md work: they load, and they follow the rules on that page."""

import re
import tomllib
from pathlib import Path

import certifi

from app.routing.baml_source import BamlSource, installed_source
from app.routing.clients import build_clients
from app.settings import load_settings

PAGE = (Path(__file__).parents[3] / "docs" / "clients.md").read_text("utf-8")
BAML = re.findall(r"```baml\n(.*?)```", PAGE, re.DOTALL)
TOML = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def source() -> BamlSource:
    return BamlSource({**installed_source().files, "page.baml": "\n".join(BAML)})


def test_every_toml_example_is_a_valid_configuration(tmp_path: Path) -> None:
    for example in TOML:
        assert tomllib.loads(example)
        # The files that an example names are not on this machine.
        there = example.replace("/etc/vitae/gpu.pem", certifi.where())
        (tmp_path / "vitae.toml").write_text(there, "utf-8")
        assert build_clients(load_settings(tmp_path, {}).settings, {}, source())


def test_every_baml_example_keeps_the_three_rules() -> None:
    clients = BamlSource({"page.baml": "\n".join(BAML)}).clients()
    assert {"MyServer", "OllamaSmall", "Gateway"} <= clients.keys()
    for client in clients.values():
        assert client.options["finish_reason_allow_list"] == ["stop"], client.name
        assert {"connect_timeout_ms", "request_timeout_ms"} <= client.options["http"].keys(), client.name
        assert "retry_policy" not in client.options, client.name


def test_the_page_names_every_shipped_client() -> None:
    for name in installed_source().clients():
        assert f"`{name}`" in PAGE
