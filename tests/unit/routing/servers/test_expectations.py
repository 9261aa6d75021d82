"""When a model should have answered, and when the built-in parser is simply the reader in use."""

import socket
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from app.routing.clients import Client, build_clients
from app.routing.servers.expectations import Expectations, first_expected, is_expected, is_listening
from app.settings import load_settings

SHIPPED = Client(
    name="LocalVLLM",
    provider="openai-generic",
    model="m",
    base_url="http://127.0.0.1:8000/v1",
    location="local",
    billing="self_hosted",
    as_shipped=True,
)
KEYED = Client(name="GPT4o", provider="openai", model="gpt-4o", base_url=None, api_key="k")
KEYLESS = replace(KEYED, api_key=None, not_configured="OPENAI_API_KEY is not set")


@dataclass
class Memory:
    answered: set[str] = field(default_factory=set[str])
    reads: int = 0

    def list_answered(self) -> Collection[str]:
        self.reads += 1
        return set(self.answered)

    def note_answer(self, endpoint: str) -> None:
        self.answered.add(endpoint)


def built(folder: Path, **variables: str) -> dict[str, Client]:
    loaded = load_settings(folder, variables)
    return build_clients(loaded.settings, loaded.environment)


@pytest.mark.parametrize(
    ("variables", "set_up"),
    [
        ({}, set[str]()),
        ({"OPENAI_API_KEY": "k"}, {"GPT4o", "GPT4oMini"}),
        ({"VITAE_CLIENTS__LOCALVLLM__BASE_URL": "http://gpu:8000/v1"}, {"LocalVLLM"}),
        ({"VITAE_CLIENTS__LOCALVLLM__BASE_URLS": "http://gpu-1:8000/v1,http://gpu-2:8000/v1"}, {"LocalVLLM"}),
        ({"VITAE_CLIENTS__LOCALVLLM__MODEL": "Qwen/Qwen2.5-7B-Instruct"}, {"LocalVLLM"}),
        ({"VITAE_CLIENTS__LOCALVLLM__API_KEY": "k"}, {"LocalVLLM"}),
        ({"VITAE_CLIENTS__LOCALVLLM__BASE_URL": "http://vllm:8000/v1"}, set[str]()),  # what docker-compose.yml sets
    ],
)
def test_a_client_is_set_up_once_it_has_a_key_or_a_server_of_the_operators_choice(
    tmp_path: Path, variables: dict[str, str], set_up: set[str]
) -> None:
    assert {name for name, client in built(tmp_path, **variables).items() if client.is_set_up} == set_up


def test_the_shipped_configuration_file_sets_nothing_up(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[4] / "vitae.toml"
    (tmp_path / "vitae.toml").write_bytes(shipped.read_bytes())
    assert not any(client.is_set_up for client in built(tmp_path).values())


def test_a_client_that_is_set_up_is_expected_without_a_lookup() -> None:
    memory = Memory()
    assert Expectations(memory).is_expected(KEYED)
    assert not Expectations(memory).is_absent(KEYED)
    assert memory.reads == 0


def test_the_shipped_server_is_absent_until_something_listens_there() -> None:
    now, listening, memory = 0.0, False, Memory()
    expectations = Expectations(memory, is_listening=lambda _: listening, monotonic=lambda: now)
    for _ in range(10):
        assert expectations.is_absent(SHIPPED)
        assert not expectations.is_expected(SHIPPED)
    assert memory.reads == 1, "looked up every few seconds, not for each resume"
    listening, now = True, 6.0
    assert not expectations.is_absent(SHIPPED), "a call is worth trying"
    assert not expectations.is_expected(SHIPPED), "but nothing has answered yet"


def test_what_has_answered_once_is_expected_from_then_on_by_every_process() -> None:
    memory = Memory()
    Expectations(memory).note_answer(SHIPPED.endpoint)
    another = Expectations(memory, is_listening=lambda _: False)
    assert another.is_expected(SHIPPED)
    assert not another.is_absent(SHIPPED), "its calls fail, and they are recorded"
    assert memory.reads == 1
    another.note_answer(SHIPPED.endpoint)
    assert another.is_expected(SHIPPED)
    assert memory.reads == 1


def test_a_key_that_is_gone_is_missed_only_if_its_client_has_answered() -> None:
    memory = Memory()
    assert not Expectations(memory).is_expected(KEYLESS)
    memory.note_answer(KEYED.endpoint)
    assert Expectations(memory).is_expected(KEYLESS)


def test_the_preferred_client_is_the_first_that_should_answer() -> None:
    clients = {client.name: client for client in (SHIPPED, KEYED)}
    order = ["LocalVLLM", "GPT4o"]
    assert first_expected(order, clients, ()) == "GPT4o"
    assert first_expected(order, clients, {SHIPPED.endpoint}) == "LocalVLLM"
    assert first_expected(order, {**clients, "GPT4o": KEYLESS}, ()) == "LocalVLLM"
    assert first_expected(["builtin"], clients, ()) == "builtin"


def test_one_of_several_servers_is_enough() -> None:
    urls = ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8001/v1")
    several = replace(SHIPPED, base_url=urls[0], base_urls=urls)
    assert is_expected(several, {f"LocalVLLM@{urls[1]}"})


def test_listening_means_that_a_connection_is_accepted() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        client = replace(SHIPPED, base_url=f"http://127.0.0.1:{server.getsockname()[1]}/v1")
        assert not is_listening(client)
        server.listen()
        assert is_listening(client)
    assert not is_listening(replace(SHIPPED, base_url="http://no-such-host.invalid:8000/v1"))
