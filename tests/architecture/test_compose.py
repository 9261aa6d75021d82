"""The requirements of `docker compose up`: the container files agree with the code, the settings and each other."""

import re
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.embedded.binaries import POSTGRES_WHEEL, REDIS_WHEELS
from app.settings import NOT_SETTINGS, load_settings

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
LONG_RUNNING = [name for name in SERVICES if name != "migrate"]
OURS = [name for name, service in SERVICES.items() if service.get("build")]
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def filled_in(value: str) -> str:
    """Replace every `${NAME:-default}` with its default, as compose does without a `.env`."""
    return VARIABLE.sub(lambda match: match[2] or "", value)


def seconds(duration: str) -> float:
    number, unit = re.fullmatch(r"(\d+)(s|m)", duration).groups()  # pyright: ignore[reportOptionalMemberAccess]
    return float(number) * {"s": 1, "m": 60}[unit]


def environment_of(service: str) -> dict[str, str]:
    """Return a container's environment on a machine without `.env`; compose omits names without a value."""
    variables: dict[str, str | None] = SERVICES[service]["environment"]
    return {name: filled_in(value) for name, value in variables.items() if value is not None}


def test_the_services_match_the_design() -> None:
    assert set(OURS) == {"migrate", "api", "worker-extraction", "worker-analysis", "scheduler"}
    assert set(SERVICES) - set(OURS) == {"postgres", "redis", "vllm", "prometheus", "grafana"}


@pytest.mark.parametrize("service", OURS)
def test_every_command_names_a_module_that_exists(service: str) -> None:
    command = " ".join(SERVICES[service]["command"])
    modules = re.findall(r"python -m ([\w.]+)", command)
    assert modules
    assert [module for module in modules if find_spec(module) is None] == []


@pytest.mark.parametrize("service", OURS)
def test_the_environment_of_every_container_is_a_valid_configuration(service: str) -> None:
    settings = load_settings(ROOT / "deploy", environment_of(service)).settings  # a folder without vitae.toml and .env
    assert settings.database_url.startswith("postgresql://")
    assert settings.redis_url.startswith("redis://")
    assert settings.server.host == "0.0.0.0"  # noqa: S104 - inside a container
    assert settings.storage.data_dir == Path("/data")
    assert settings.client("LocalVLLM").base_url == "http://vllm:8000/v1"


def test_every_variable_passed_through_is_a_setting() -> None:
    samples = {
        "VITAE_CLIENTS__LOCALVLLM__MODEL": "some/model",
        "VITAE_CLIENTS__LOCALVLLM__API_KEY": "k",
        "VITAE_ROUTING__CLIENTS": "GPT4o",
        "VITAE_ROUTING__DEADLINE_SECONDS": "90",
        "VITAE_WORKERS__EXTRACTION_PROCESSES": "3",
        "VITAE_WORKERS__ANALYSIS_THREADS": "7",
        "VITAE_LOGS__LEVEL": "debug",
        "VITAE_LOGS__FORMAT": "json",
        "VITAE_MONITORING__GPU_METRICS_URLS": "http://gpu-1:9400/metrics",
    }
    variables: dict[str, str | None] = SERVICES["api"]["environment"]
    handed_through = {name for name, value in variables.items() if value is None and name.startswith("VITAE_")}
    assert handed_through == set(samples)
    settings = load_settings(ROOT / "deploy", samples).settings
    assert settings.routing.clients == ["GPT4o"]
    assert settings.workers.analysis_threads == 7
    assert settings.monitoring.gpu_metrics_urls == ["http://gpu-1:9400/metrics"]


def test_compose_only_variables_in_dotenv_do_not_stop_vitae_up() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    ours = {name for name in re.findall(r"\$\{(VITAE_\w+)", text) if "__" not in name}
    assert ours <= NOT_SETTINGS


def test_only_the_api_is_published_and_only_on_request_beyond_localhost() -> None:
    assert [name for name in SERVICES if SERVICES[name].get("ports")] == ["api", "prometheus", "grafana"]
    for name in ("prometheus", "grafana"):
        assert SERVICES[name]["profiles"] == ["monitoring"]
        assert all(port.startswith("127.0.0.1:") for port in SERVICES[name]["ports"])
    assert [filled_in(port) for port in SERVICES["api"]["ports"]] == ["127.0.0.1:8080:8080"]


def test_the_databases_are_on_a_network_without_internet_access() -> None:
    for name in ("postgres", "redis"):
        networks = SERVICES[name]["networks"]
        assert [COMPOSE["networks"][network] for network in networks] == [{"internal": True}]


def test_nothing_starts_before_the_schema_exists() -> None:
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in set(OURS) - {"migrate"}:
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("service", LONG_RUNNING)
def test_long_running_services_have_health_checks_and_restart(service: str) -> None:
    assert SERVICES[service]["restart"] == "unless-stopped"
    assert SERVICES[service]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


@pytest.mark.parametrize("service", [name for name in SERVICES if name != "vllm"])
def test_containers_have_no_unnecessary_privileges(service: str) -> None:
    assert SERVICES[service]["cap_drop"] == ["ALL"]
    assert SERVICES[service]["read_only"] is True
    assert "no-new-privileges:true" in SERVICES[service]["security_opt"]


def test_workers_get_time_to_finish_their_work() -> None:
    settings = load_settings(ROOT / "deploy", {}).settings
    analysis = seconds(SERVICES["worker-analysis"]["stop_grace_period"])
    extraction = seconds(SERVICES["worker-extraction"]["stop_grace_period"])
    assert analysis > settings.routing.deadline_seconds
    assert extraction > settings.limits.extraction_seconds


@pytest.mark.parametrize("service", [name for name in SERVICES if name not in OURS])
def test_third_party_images_are_pinned(service: str) -> None:
    _, _, tag = str(SERVICES[service]["image"]).partition(":")
    assert re.match(r"v?\d", tag), "the tag must start with a version"


def test_the_model_server_has_the_version_named_in_pyproject() -> None:
    (requirement,) = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]["vllm"]
    assert SERVICES["vllm"]["image"] == f"vllm/vllm-openai:v{requirement.partition('==')[2]}"
    assert SERVICES["vllm"]["profiles"] == ["gpu"]
    image = (ROOT / "deploy" / "vllm" / "Dockerfile").read_text("utf-8")
    assert f"ARG VLLM_VERSION={requirement.partition('==')[2]}\n" in image


def test_two_model_servers_are_one_definition_on_separate_gpus() -> None:
    both = yaml.safe_load((ROOT / "deploy" / "vllm" / "two-servers.yml").read_text("utf-8"))["services"]
    addresses = {both[name]["environment"]["VITAE_CLIENTS__LOCALVLLM__BASE_URLS"] for name in both if name in OURS}
    assert addresses == {"http://vllm-1:8000/v1,http://vllm-2:8000/v1"}
    one = SERVICES["vllm"]
    for number in (0, 1):
        server = both[f"vllm-{number + 1}"]
        assert server["environment"].pop("CUDA_VISIBLE_DEVICES") == str(number)
        variables = {name: value for name, value in one["environment"].items() if name != "CUDA_VISIBLE_DEVICES"}
        assert server["environment"] == variables
        different = {"environment", "profiles", "logging"}
        assert {k: v for k, v in server.items() if k not in different} == {
            k: v for k, v in one.items() if k not in different
        }


def test_the_image_is_tagged_with_the_project_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert {SERVICES[name]["image"] for name in OURS} == {f"vitae:{version}"}


def test_files_that_compose_mounts_exist() -> None:
    volumes = [volume for service in SERVICES.values() for volume in service.get("volumes", [])]
    local = [volume.split(":")[0] for volume in volumes if volume.startswith("./")]
    assert local
    assert [path for path in local if not (ROOT / path).exists()] == []


def test_every_package_of_the_project_is_copied_into_the_image() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = {name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    generated = {"baml_client"}  # generated in the image from baml_src
    copied = set(re.findall(r"^COPY (\w+) \./\w+$", DOCKERFILE, re.MULTILINE))
    assert packages - generated | {"baml_src"} == copied


def test_dockerignore_lets_through_only_what_the_image_copies() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    allowed = {line.removeprefix("!") for line in lines if line.startswith("!")}
    sources = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    assert {source for line in sources for source in line.split()} == allowed


def test_the_image_runs_without_root_and_installs_only_hashed_packages() -> None:
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users[-1:] == ["10001:10001"]
    installs = re.findall(r"pip install [^&\n]*", DOCKERFILE)
    assert [line for line in installs if "--require-hashes" not in line and "--no-deps" not in line] == []


def test_the_image_leaves_out_only_the_embedded_database_wheels() -> None:
    (names,) = re.findall(r"/\^\(([\w|-]+)\)==/", DOCKERFILE)
    cut = set(names.split("|"))
    locked = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE))
    embedded = {POSTGRES_WHEEL.replace("_", "-"), *(package for package, _ in REDIS_WHEELS)}
    assert embedded <= cut <= locked
