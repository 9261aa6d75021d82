"""Reading `.baml` text without BAML: clients, functions and prompt versions."""

import subprocess
import sys

import pytest

from app.errors import ConfigurationError
from app.routing.baml_source import BamlSource, EnvironmentValue, installed_source

CLIENTS = """
// client<llm> Commented { provider openai options { model "no" } }
client<llm> Mine {
  provider openai-generic
  retry_policy Never
  options {
    base_url "http://127.0.0.1:11434/v1"   // a comment with a } brace
    model "qwen:7b \\"q\\""
    temperature 0.5
    api_key env.MY_KEY
    finish_reason_allow_list ["stop", "eos"]
    headers { "X-Team" env.TEAM, Plain: yes }
    http { request_timeout_ms 60000 }
    note #"raw "text" } here"#
  }
}
client Other { provider anthropic options { model claude-x } }
"""
FUNCTION = """
class Inner { word string }
class Outer { inner Inner }
class Unrelated { word string }
function Ask(text: string) -> Outer {
  client Mine
  prompt #"
function Fake {
    Say { something }. {{ text }}
  "#
}
test Try { functions [Ask] args { text "x" } }
"""


def source(clients: str = CLIENTS, function: str = FUNCTION) -> BamlSource:
    return BamlSource({"clients.baml": clients, "ask.baml": function})


def test_options_of_every_kind_are_read_and_comments_are_not() -> None:
    clients = source().clients()
    assert list(clients) == ["Mine", "Other"]
    assert clients["Mine"].provider == "openai-generic"
    assert clients["Mine"].options == {
        "base_url": "http://127.0.0.1:11434/v1",
        "model": 'qwen:7b "q"',
        "temperature": 0.5,
        "api_key": EnvironmentValue("MY_KEY"),
        "finish_reason_allow_list": ["stop", "eos"],
        "headers": {"X-Team": EnvironmentValue("TEAM"), "Plain": "yes"},
        "http": {"request_timeout_ms": 60000},
        "note": 'raw "text" } here',
    }
    assert clients["Other"].options == {"model": "claude-x"}


def test_text_in_a_prompt_that_looks_like_a_block_is_ignored() -> None:
    assert source().functions() == ["Ask"]


def test_the_prompt_version_changes_with_the_prompt_and_with_its_types() -> None:
    version = source().prompt_version("Ask")
    assert len(version) == 12
    assert source(function=FUNCTION.replace("Say", "Tell")).prompt_version("Ask") != version
    assert (
        source(function=FUNCTION.replace("Inner { word string }", "Inner { word int }")).prompt_version("Ask")
        != version
    )


def test_the_prompt_version_ignores_clients_tests_and_types_of_other_functions() -> None:
    version = source().prompt_version("Ask")
    assert source(clients=CLIENTS.replace("0.5", "0.7")).prompt_version("Ask") == version
    assert source(function=FUNCTION.replace('"x"', '"y"')).prompt_version("Ask") == version
    assert source(function=FUNCTION.replace("client Mine", "client Other")).prompt_version("Ask") == version
    other = FUNCTION.replace("Unrelated { word string }", "Unrelated { word int }")
    assert source(function=other).prompt_version("Ask") == version


def test_a_template_without_braces_ends_with_its_text_and_belongs_to_the_version() -> None:
    template = 'template_string Rules() #"\n  Copy.\n"#\n'
    function = 'function After(text: string) -> string {\n  prompt #"{{ Rules() }} {{ text }}"#\n}\n'
    with_template = BamlSource({"ask.baml": template + function})
    assert with_template.functions() == ["After"]
    changed = BamlSource({"ask.baml": template.replace("Copy", "Guess") + function})
    assert with_template.prompt_version("After") != changed.prompt_version("After")


def test_an_unknown_function_is_reported_with_the_known_names() -> None:
    with pytest.raises(ConfigurationError, match=r"no BAML function Aks; known are Ask"):
        source().prompt_version("Aks")


def test_the_installed_source_has_the_shipped_clients_and_functions() -> None:
    assert {"LocalVLLM", "GPT4o", "GPT4oMini"} <= installed_source().clients().keys()
    assert {"ExtractProfile", "Summarise"} <= set(installed_source().functions())


def test_every_shipped_client_has_a_time_limit_and_rejects_truncated_answers() -> None:
    for client in installed_source().clients().values():
        assert client.options["finish_reason_allow_list"] == ["stop"], client.name
        assert client.options["http"]["request_timeout_ms"] <= 120_000, client.name
        assert client.options["http"]["connect_timeout_ms"] <= 5_000, client.name
        assert client.options["temperature"] == 0, client.name


def test_nothing_in_baml_src_retries_or_falls_back_by_itself() -> None:
    text = "\n".join(line.split("//")[0] for file in installed_source().files.values() for line in file.splitlines())
    assert "retry_policy" not in text
    assert "provider fallback" not in text
    assert "provider round-robin" not in text


def test_routing_can_be_imported_without_loading_baml() -> None:
    program = (
        "import sys, app.routing.router, app.routing.clients, app.routing.baml_client as caller;"
        "caller.prompt_version('ExtractProfile');"
        "sys.exit(any(name.split('.')[0] in ('baml_py', 'baml_client') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
