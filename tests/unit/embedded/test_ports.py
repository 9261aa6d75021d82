import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded.ports import is_free, pick_port, remembered_ports, require_free
from app.errors import ConfigurationError


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_a_picked_port_is_free_and_remembered(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    port = pick_port(file, "postgres")
    assert is_free(port)
    assert pick_port(file, "postgres") == port
    other = pick_port(file, "redis")
    assert remembered_ports(file) == {"postgres": port, "redis": other}


def test_a_remembered_port_that_was_taken_is_replaced(tmp_path: Path, taken: int) -> None:
    file = tmp_path / "ports.json"
    file.write_text(f'{{"postgres": {taken}}}')
    assert pick_port(file, "postgres") != taken


@pytest.mark.parametrize("content", ["", "[]", '{"postgres": "x"}', '{"postgres": 0}', "\x00"])
def test_an_unreadable_ports_file_is_ignored(tmp_path: Path, content: str) -> None:
    file = tmp_path / "ports.json"
    file.write_text(content)
    assert is_free(pick_port(file, "postgres"))


def test_a_port_in_use_is_reported_with_its_owner_and_a_fix(taken: int) -> None:
    with pytest.raises(ConfigurationError) as caught:
        require_free("127.0.0.1", taken)
    assert f"Port {taken} on 127.0.0.1 is already in use" in caught.value.detail
    assert f"process {os.getpid()}" in caught.value.detail
    assert f"VITAE_SERVER__PORT={taken + 1}" in caught.value.detail
    assert "vitae.toml" in caught.value.detail


def test_a_port_in_use_on_one_address_counts_as_in_use_on_all(taken: int) -> None:
    with pytest.raises(ConfigurationError, match="already in use"):
        require_free("0.0.0.0", taken)  # noqa: S104  # it is taken: nothing is bound


@pytest.mark.parametrize("host", ["203.0.113.7", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_rejected(host: str) -> None:
    with pytest.raises(ConfigurationError, match="is not an address of this machine"):
        require_free(host, 0)
