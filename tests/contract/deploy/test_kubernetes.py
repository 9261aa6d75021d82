"""The requirements of `kubectl apply -k`: every overlay builds, is valid, and agrees with compose and the code."""

import copy
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from app.api.state_families import LANES
from app.settings import Settings, load_settings
from tests.contract.deploy.test_monitoring import shown

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
PROCESSES = ("api", "worker-extraction", "worker-analysis", "scheduler")
OVERLAYS = ("hosted", "trial", "local-only", "local-only-download", "mine")
VERSIONS = ("1.29", "1.37")
NAME = "app.kubernetes.io/name"
# The part of KEDA's schema that the ScaledObjects here use; nothing else may appear in them.
KEDA: dict[str, Any] = {
    "type": "object",
    "required": ["scaleTargetRef", "minReplicaCount", "maxReplicaCount", "triggers"],
    "additionalProperties": False,
    "properties": {
        "scaleTargetRef": {
            "required": ["kind", "name"],
            "additionalProperties": False,
            "properties": {"kind": {"enum": ["Deployment", "StatefulSet"]}, "name": {"type": "string"}},
        },
        "minReplicaCount": {"type": "integer", "minimum": 1},
        "maxReplicaCount": {"type": "integer", "minimum": 1},
        "advanced": {
            "required": ["horizontalPodAutoscalerConfig"],
            "additionalProperties": False,
            "properties": {
                "horizontalPodAutoscalerConfig": {
                    "required": ["behavior"],
                    "additionalProperties": False,
                    "properties": {"behavior": {"type": "object"}},
                }
            },
        },
        "triggers": {
            "type": "array",
            "minItems": 1,
            "items": {
                "required": ["type", "metricType", "metadata"],
                "additionalProperties": False,
                "properties": {
                    "type": {"const": "prometheus"},
                    "metricType": {"enum": ["Value", "AverageValue"]},
                    "metadata": {
                        "required": ["serverAddress", "query", "threshold", "ignoreNullValues"],
                        "additionalProperties": {"type": "string"},
                    },
                },
            },
        },
    },
}

Object = dict[str, Any]


def kustomize() -> list[str] | None:
    """Return the command that builds a folder, if Kustomize 5 is installed, standalone or inside kubectl."""
    for program, version, build in (
        ("kustomize", ["version"], ["build"]),
        ("kubectl", ["version", "--client"], ["kustomize"]),
    ):
        if shutil.which(program):
            said = subprocess.run([program, *version], capture_output=True, text=True, timeout=60, check=False).stdout
            found = re.search(r"v(\d+)\.\d+\.\d+", said.rpartition("Kustomize Version:")[2])
            if found and int(found[1]) >= 5 and (program == "kustomize" or "Kustomize Version:" in said):
                return [program, *build]
    return None


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Object]]:
    """The objects of every overlay, and of the example overlay in docs/kubernetes.md."""
    command = kustomize()
    if command is None:
        pytest.skip("Kustomize 5 is not installed (kubectl 1.27 and newer include it)")
    deploy = tmp_path_factory.mktemp("kubernetes") / "deploy"
    for folder in ("kubernetes", "vllm"):
        shutil.copytree(ROOT / "deploy" / folder, deploy / folder, ignore=shutil.ignore_patterns("secrets.env"))
    overlays = deploy / "kubernetes" / "overlays"
    for example in overlays.glob("*/secrets.env.example"):
        shutil.copy(example, example.with_suffix(""))
    _, _, page = (ROOT / "docs" / "kubernetes.md").read_text("utf-8").partition("# deploy/kubernetes/overlays/mine/")
    (overlays / "mine").mkdir()
    (overlays / "mine" / "kustomization.yaml").write_text("# " + page.partition("```")[0], "utf-8")
    both = '["http://vllm-0.vllm:8000/v1", "http://vllm-1.vllm:8000/v1"]'
    toml = (overlays / "local-only" / "vitae.toml").read_text("utf-8")
    (overlays / "mine" / "vitae.toml").write_text(toml.replace('["http://vllm-0.vllm:8000/v1"]', both), "utf-8")
    objects: dict[str, list[Object]] = {}
    for name in OVERLAYS:
        done = subprocess.run([*command, str(overlays / name)], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{name}: {done.stderr}"
        objects[name] = list(yaml.safe_load_all(done.stdout))
    return objects


@pytest.fixture(params=OVERLAYS)
def objects(built: dict[str, list[Object]], request: pytest.FixtureRequest) -> list[Object]:
    return built[request.param]


def of_kind(objects: list[Object], *kinds: str) -> dict[str, Object]:
    return {one["metadata"]["name"]: one for one in objects if one["kind"] in kinds}


def workloads(objects: list[Object]) -> dict[str, Object]:
    return of_kind(objects, "Deployment", "StatefulSet", "Job")


def pod(workload: Object) -> Object:
    return workload["spec"]["template"]["spec"]


def containers(workload: Object) -> list[Object]:
    return [*pod(workload)["containers"], *pod(workload).get("initContainers", [])]


def named(objects: list[Object], kind: str, name: str) -> Object:
    """Return a ConfigMap or Secret by its name without the content hash."""
    (one,) = [one for full, one in of_kind(objects, kind).items() if re.fullmatch(rf"{name}-\w{{10}}", full)]
    return one.get("data", {})


def selects(selector: Object, labels: dict[str, str]) -> bool:
    wanted: dict[str, str] = selector.get("matchLabels", {})
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        rule["operator"] == "In" and labels.get(rule["key"]) in rule["values"]
        for rule in selector.get("matchExpressions", [])
    )


def rules(objects: list[Object], labels: dict[str, str], direction: str) -> Iterator[Object]:
    """Yield the rules of policies that select such a pod. Without a policy everything is allowed, so that fails."""
    policies = [
        one["spec"] for one in of_kind(objects, "NetworkPolicy").values() if selects(one["spec"]["podSelector"], labels)
    ]
    ours = [policy for policy in policies if direction.title() in policy["policyTypes"]]
    assert ours, f"no policy covers {direction} of {labels}"
    for policy in ours:
        yield from policy.get(direction, [])


def may_reach(objects: list[Object], source: str, target: str, port: int) -> bool:
    def one_way(owner: str, other: str, direction: str, side: str) -> bool:
        return any(
            port in [entry["port"] for entry in rule["ports"]]
            and any(
                set(peer) == {"podSelector"} and selects(peer["podSelector"], labels[other])
                for peer in rule.get(side, [])
            )
            for rule in rules(objects, labels[owner], direction)
        )

    labels = {name: one["spec"]["template"]["metadata"]["labels"] for name, one in workloads(objects).items()}
    return one_way(source, target, "egress", "to") and one_way(target, source, "ingress", "from")


def who_gets_out(objects: list[Object]) -> set[str]:
    """Return workloads with a rule that reaches beyond pods of the namespace and the cluster's DNS."""
    inside = ({"podSelector"}, {"podSelector", "namespaceSelector"})
    out: set[str] = set()
    for name, one in workloads(objects).items():
        for rule in rules(objects, one["spec"]["template"]["metadata"]["labels"], "egress"):
            assert rule["to"], "a rule without `to` allows everything"
            for peer in rule["to"]:
                if set(peer) not in inside:
                    assert [entry["port"] for entry in rule["ports"]] == [443]
                    out.add(name)
                elif "namespaceSelector" in peer:
                    assert peer["podSelector"] == {"matchLabels": {"k8s-app": "kube-dns"}}
                    assert {entry["port"] for entry in rule["ports"]} == {53}
    return out


def settings_of(objects: list[Object], folder: Path) -> Settings:
    """Return the settings that the processes read: the mounted vitae.toml and the variables."""
    (folder / "vitae.toml").write_text(named(objects, "ConfigMap", "vitae-toml")["vitae.toml"], "utf-8")
    return load_settings(folder, named(objects, "ConfigMap", "vitae-variables")).settings


def test_every_object_fits_its_schema(objects: list[Object]) -> None:
    for one in objects:
        if one["kind"] == "ScaledObject":
            assert one["apiVersion"] == "keda.sh/v1alpha1"
            jsonschema.validate(one["spec"], KEDA)
        else:
            for version in VERSIONS:
                kubernetes_validate.validate(one, version, strict=True)


def test_the_schemas_refuse_objects_that_no_cluster_would_accept(built: dict[str, list[Object]]) -> None:
    broken = copy.deepcopy(workloads(built["hosted"])["api"])
    pod(broken)["containers"][0]["readinesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError, match="readinesProbe"):
        kubernetes_validate.validate(broken, VERSIONS[-1], strict=True)


def test_the_objects_of_an_overlay_have_different_names(objects: list[Object]) -> None:
    names = [(one["kind"], one["metadata"]["name"]) for one in objects]
    assert len(names) == len(set(names))
    assert {*PROCESSES, "migrate"} <= set(workloads(objects))


def test_commands_and_images_match_compose(objects: list[Object]) -> None:
    for name in (*PROCESSES, "migrate"):
        (container,) = pod(workloads(objects)[name])["containers"]
        assert container["command"] == COMPOSE[name]["command"]
        assert container["image"].rpartition("/")[2] == COMPOSE[name]["image"]
    found = workloads(objects)
    for name in {"postgres", "redis", "vllm"} & set(found):
        assert pod(found[name])["containers"][0]["image"] == COMPOSE[name]["image"]
    if "redis" in found:
        assert pod(found["redis"])["containers"][0]["args"] == COMPOSE["redis"]["command"]
    for name in PROCESSES:
        (schema,) = pod(found[name])["initContainers"]
        assert " ".join(schema["command"]) == str(COMPOSE["migrate"]["command"][-1]).partition(" && ")[0]


def test_containers_have_limits_and_no_unnecessary_privileges(objects: list[Object]) -> None:
    for name, workload in workloads(objects).items():
        spec = pod(workload)
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False, "Services with these names would set VLLM_PORT and VITAE_*"
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(workload):
            assert {"cpu", "memory"} <= set(container["resources"]["limits"]) & set(container["resources"]["requests"])
            rights = container["securityContext"]
            assert rights["allowPrivilegeEscalation"] is False
            assert rights["capabilities"] == {"drop": ["ALL"]}
            if name != "vllm":  # vLLM's image is made for root
                assert rights["readOnlyRootFilesystem"] is True
                assert spec["securityContext"]["runAsNonRoot"] is True


def test_processes_run_as_the_user_of_the_image(objects: list[Object]) -> None:
    (user,) = re.findall(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    for name in (*PROCESSES, "migrate"):
        context = pod(workloads(objects)[name])["securityContext"]
        assert (str(context["runAsUser"]), str(context["runAsGroup"])) == user
        assert context["fsGroup"] == context["runAsGroup"]


def test_long_running_pods_have_probes(objects: list[Object], tmp_path: Path) -> None:
    checks = {"worker-extraction": "worker", "worker-analysis": "worker", "scheduler": "scheduler"}
    for name, workload in workloads(objects).items():
        if workload["kind"] == "Job":
            continue
        (container,) = pod(workload)["containers"]
        tolerance = container["livenessProbe"]["periodSeconds"] * container["livenessProbe"]["failureThreshold"]
        assert tolerance >= 120, "a busy process must not be killed"
        if name in checks:
            command = ["python", "deploy/alive.py", checks[name]]
            assert [container[probe]["exec"]["command"] for probe in ("readinessProbe", "livenessProbe")] == [
                command
            ] * 2
        else:
            assert container["readinessProbe"]
    api = pod(workloads(objects)["api"])["containers"][0]
    assert api["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert api["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert api["ports"][0]["containerPort"] == settings_of(objects, tmp_path).server.port


def test_workers_get_time_to_finish_their_work(objects: list[Object], tmp_path: Path) -> None:
    settings = settings_of(objects, tmp_path)
    found = workloads(objects)
    assert pod(found["worker-analysis"])["terminationGracePeriodSeconds"] > settings.routing.deadline_seconds
    assert pod(found["worker-extraction"])["terminationGracePeriodSeconds"] > settings.limits.extraction_seconds


def test_the_configuration_is_valid_and_names_every_model_server(objects: list[Object], tmp_path: Path) -> None:
    settings = settings_of(objects, tmp_path)
    assert str(settings.storage.data_dir) == "/data"
    vllm = workloads(objects).get("vllm")
    if vllm is None:
        assert settings.routing.clients == ["GPT4o", "GPT4oMini"]
        return
    assert settings.routing.clients == ["LocalVLLM"]
    scaled = of_kind(objects, "ScaledObject").get("vllm")
    count = scaled["spec"]["maxReplicaCount"] if scaled else vllm["spec"]["replicas"]
    client = settings.client("LocalVLLM")
    assert client.location == "local"
    assert client.base_urls == [f"http://vllm-{number}.vllm:8000/v1" for number in range(count)]
    assert client.model == named(objects, "ConfigMap", "vllm-variables")["VLLM_MODEL"]


def test_every_referenced_object_exists(objects: list[Object]) -> None:
    claims = set(of_kind(objects, "PersistentVolumeClaim"))
    for workload in workloads(objects).values():
        volumes = {volume["name"]: volume for volume in pod(workload).get("volumes", [])}
        templates = {one["metadata"]["name"] for one in workload["spec"].get("volumeClaimTemplates", [])}
        for volume in volumes.values():
            assert volume.get("persistentVolumeClaim", {}).get("claimName", "vitae-data") in claims
            if "configMap" in volume:
                assert volume["configMap"]["name"] in of_kind(objects, "ConfigMap")
        for container in containers(workload):
            assert {mount["name"] for mount in container["volumeMounts"]} <= set(volumes) | templates
            for source in container.get("envFrom", []):
                for kind, key in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
                    assert key not in source or source[key]["name"] in of_kind(objects, kind)
            for variable in container.get("env", []):
                if "valueFrom" in variable:
                    key = variable["valueFrom"]["secretKeyRef"]
                    assert key.get("optional") or key["key"] in of_kind(objects, "Secret")[key["name"]]["data"]
    pods = [one["spec"]["template"]["metadata"]["labels"] for one in workloads(objects).values()]
    for service in of_kind(objects, "Service").values():
        assert any(selects({"matchLabels": service["spec"]["selector"]}, labels) for labels in pods)
    budgets = of_kind(objects, "PodDisruptionBudget")
    assert set(PROCESSES) | ({"vllm"} & set(workloads(objects))) == set(budgets)
    for budget in budgets.values():
        assert any(selects(budget["spec"]["selector"], labels) for labels in pods)


def test_pods_that_parse_hostile_documents_have_no_model_key(objects: list[Object]) -> None:
    for name, workload in workloads(objects).items():
        whole = [
            container["name"]
            for container in containers(workload)
            for source in container.get("envFrom", [])
            if "secretRef" in source
        ]
        assert whole == (["vitae"] if name in {"api", "worker-analysis", "scheduler"} else []), name


def test_only_connected_components_may_communicate(objects: list[Object]) -> None:
    found = workloads(objects)
    for source in found:
        ours = source in {*PROCESSES, "migrate"}
        for target, port in (("postgres", 5432), ("redis", 6379)):
            if target in found:
                assert may_reach(objects, source, target, port) is ours
        if "vllm" in found:
            assert may_reach(objects, source, "vllm", 8000) is (source in {"api", "worker-analysis", "scheduler"})


def test_local_only_reaches_nothing_outside(built: dict[str, list[Object]]) -> None:
    assert who_gets_out(built["local-only"]) == set()
    assert who_gets_out(built["mine"]) == set()
    assert who_gets_out(built["local-only-download"]) == {"vllm"}
    assert who_gets_out(built["hosted"]) == who_gets_out(built["trial"]) == {"worker-analysis", "scheduler"}
    assert {name: named(built[name], "ConfigMap", "vllm-variables")["HF_HUB_OFFLINE"] for name in OVERLAYS[2:]} == {
        "local-only": "1",
        "local-only-download": "0",
        "mine": "1",
    }


def test_model_servers_have_a_gpu_and_time_to_start_and_to_drain(built: dict[str, list[Object]]) -> None:
    objects = built["local-only"]
    server = workloads(objects)["vllm"]
    (container,) = pod(server)["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1
    variables = named(objects, "ConfigMap", "vllm-variables")
    startup = container["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] >= int(variables["VLLM_START_SECONDS"])
    drain, shutdown = int(variables["VLLM_DRAIN_SECONDS"]), int(variables["VLLM_SHUTDOWN_SECONDS"])
    assert pod(server)["terminationGracePeriodSeconds"] > drain + shutdown
    for probe in ("startupProbe", "readinessProbe"):
        assert container[probe]["exec"]["command"] == COMPOSE["vllm"]["healthcheck"]["test"][1:]
    assert container["command"] == COMPOSE["vllm"]["entrypoint"]
    files = named(objects, "ConfigMap", "vllm-start")
    for name in ("start.sh", "warm_up.json"):
        assert files[name] == (ROOT / "deploy" / "vllm" / name).read_text("utf-8")
    known = {*re.findall(r"\b(VLLM_\w+)", files["start.sh"]), *COMPOSE["vllm"]["environment"], "HF_HUB_OFFLINE"}
    assert set(variables) <= known
    service = of_kind(objects, "Service")["vllm"]
    assert service["spec"]["clusterIP"] == "None"
    assert service["metadata"]["name"] == server["spec"]["serviceName"]


def test_scaling_uses_metrics_that_the_service_exports(built: dict[str, list[Object]]) -> None:
    scaled = of_kind(built["mine"], "ScaledObject")
    assert set(scaled) == {"worker-extraction", "worker-analysis", "vllm"}
    series = shown()
    for name, one in scaled.items():
        target = one["spec"]["scaleTargetRef"]
        assert "replicas" not in of_kind(built["mine"], target["kind"])[target["name"]]["spec"], "KEDA sets the number"
        for trigger in one["spec"]["triggers"]:
            query = trigger["metadata"]["query"]
            ((metric, matchers),) = re.findall(r"\b(vitae_\w+)(?:\{([^}]*)\})?", query)
            given = dict(re.findall(r'(\w+)="(\w+)"', matchers))
            assert {*given, *re.findall(r"by \((\w+)\)", query)} <= series[metric]
            assert name.removeprefix("worker-") == given.get("stage", name)
            assert given.get("lane", LANES[0]) in LANES


def test_no_secret_is_in_the_repository() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert "deploy/kubernetes/**/secrets.env" in ignored
