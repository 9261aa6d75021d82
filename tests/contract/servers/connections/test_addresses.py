"""Addresses and keys that cannot work are refused at start, with the name of the setting and what to write instead."""

from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.routing.clients import Client, build_clients
from app.settings import load_settings

GOOD = "http://127.0.0.1:18999/v1"

# text, what the message says; ethersphere/bee#1277, docker/compose#8479, sashiko-dev/sashiko#221 and own variants
REFUSED: tuple[tuple[str, str], ...] = (
    ("127.0.0.1:18999/v1", "does not begin with http"),
    ("localhost/v1", "does not begin with http"),
    ("//127.0.0.1:18999/v1", "does not begin with http"),
    ("htp://127.0.0.1/v1", "begins with htp://"),
    ("ftp://127.0.0.1/v1", "begins with ftp://"),
    ("file:///v1", "begins with file://"),
    ("ws://127.0.0.1/v1", "begins with ws://"),
    ("http://127.0.0.1:184720/v1", "ports are numbers"),
    ("http://127.0.0.1:0/v1", "ports are numbers"),
    ("http://127.0.0.1:-1/v1", "ports are numbers"),
    ("http://127.0.0.1:80a/v1", "ports are numbers"),
    ("http://[::1/v1", "is not possible"),
    ("http:///v1", "names no server"),
    ("http://:8000/v1", "names no server"),
    ("http://127.0.0.1:18999/v1?api-version=1", "after ? or #"),
    ("http://127.0.0.1:18999/v1?", "after ? or #"),
    ("http://127.0.0.1:18999/v1#top", "after ? or #"),
    ("http://user:secret-word@127.0.0.1:18999/v1", "user name or a password"),
    ("http://user@127.0.0.1:18999/v1", "user name or a password"),
    ("http://127.0.0.1:18999/v1/chat/completions", "leave out /chat/completions"),
    ("http://127.0.0.1:18999/v1/chat/completions/", "leave out /chat/completions"),
    ("http://127.0.0.1:18999/v1/models", "leave out /models"),
    ("http://127.0.0.1 :18999/v1", "white space"),
    ("http://127.0.0.1:18999/v1 http://127.0.0.1:18998/v1", "white space"),
    ("http://127.0.0.1:18999/\u200bv1", "invisible character"),
    ("http://127.0.0.1:18999/v1\u00a0x", "white space"),
    ('http://127.0.0.1:18999/v1"', "quotation mark"),
    ("“http://127.0.0.1:18999/v1”", "quotation mark"),
)
REPAIRED = (
    GOOD,
    f"{GOOD}/",
    f" {GOOD} ",
    f'"{GOOD}"',
    f"'{GOOD}'",
    f' "{GOOD}/" ',
    f"{GOOD}\n",
)
ELSEWHERE = (
    "https://my-host.example/openai/v1",
    "http://[::1]:8000/v1",
    "HTTPS://API.example/v1",
    "http://vllm:8000",
    "https://generativelanguage.googleapis.com/v1beta/openai",
)


def client_with(tmp_path: Path, name: str = "LocalVLLM", **variables: str) -> Client:
    loaded = load_settings(tmp_path, variables)
    return build_clients(loaded.settings, loaded.environment)[name]


@pytest.mark.parametrize("setting", ["BASE_URL", "BASE_URLS"])
@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_an_address_that_cannot_work_is_refused_at_start(tmp_path: Path, setting: str, text: str, words: str) -> None:
    value = f'["{GOOD}", {_quoted(text)}]' if setting == "BASE_URLS" else text
    with pytest.raises(ConfigurationError) as caught:
        client_with(tmp_path, **{f"VITAE_CLIENTS__LOCALVLLM__{setting}": value})
    assert words in caught.value.detail
    assert f"clients.LocalVLLM.{setting.lower()}" in caught.value.detail
    assert "secret-word" not in caught.value.detail


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


@pytest.mark.parametrize("text", REPAIRED)
def test_white_space_and_quotes_around_an_address_do_not_matter(tmp_path: Path, text: str) -> None:
    assert client_with(tmp_path, VITAE_CLIENTS__LOCALVLLM__BASE_URL=text).base_url == GOOD


@pytest.mark.parametrize("text", ELSEWHERE)
def test_other_addresses_stay_as_they_are(tmp_path: Path, text: str) -> None:
    assert client_with(tmp_path, VITAE_CLIENTS__LOCALVLLM__BASE_URL=text).base_url == text


# key, what the reason says
FAULTS: tuple[tuple[str, str], ...] = (
    ("sk-abc def", "white space inside"),
    ("sk-abc\ndef", "line break"),
    ("sk-abc\r\ndef", "line break"),
    ("sk-abc\u00a0def", "white space"),
    ("sk-abc\u200bdef", "invisible character"),
    ("sk-abc\x00def", "invisible character"),
    ("sk-abcd\u0435f", "letter that no key contains"),
    ("Bearer sk-abcdef", "Bearer"),
    ('sk-abc"def', "quotation mark"),
    ("sk-...", "placeholder"),
    ("sk-xxxxxxxx", "placeholder"),
    ("<your key>", "white space"),
    ("<your-key>", "placeholder"),
    ("your-api-key", "placeholder"),
    ("sk-your-key", "placeholder"),
    ("xxxxxxxx", "placeholder"),
    ("changeme", "placeholder"),
    ("$OPENAI_API_KEY", "placeholder"),
    ("${OPENAI_API_KEY}", "placeholder"),
)


@pytest.mark.parametrize(("key", "words"), FAULTS)
def test_a_key_that_cannot_be_one_is_not_sent_and_the_reason_says_why(tmp_path: Path, key: str, words: str) -> None:
    client = client_with(tmp_path, "GPT4o", OPENAI_API_KEY=key)
    assert client.api_key is None
    assert client.not_configured is not None
    assert words in client.not_configured
    assert "OPENAI_API_KEY" in client.not_configured
    assert "abc" not in client.not_configured


@pytest.mark.parametrize("text", ["sk-abcdef", " sk-abcdef\n", '"sk-abcdef"', "'sk-abcdef'", "\ufeffsk-abcdef"])
def test_white_space_and_quotes_around_a_key_do_not_matter(tmp_path: Path, text: str) -> None:
    client = client_with(tmp_path, "GPT4o", OPENAI_API_KEY=text)
    assert (client.api_key, client.not_configured) == ("sk-abcdef", None)


@pytest.mark.parametrize(
    "key", ["EMPTY", "token-abc123", "vllm", "k", "x", "key", "none", "sk-proj-AbC_123-xyz", "ollama"]
)
def test_keys_of_laptop_servers_are_keys(tmp_path: Path, key: str) -> None:
    assert client_with(tmp_path, VITAE_CLIENTS__LOCALVLLM__API_KEY=key).api_key == key
