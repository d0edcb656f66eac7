"""The chart and the plain manifests: one source, valid for Kubernetes, and no pod may more than it needs."""

import json
from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy import manifests
from schemas.messages import ACTIONS_QUEUE, LLM_QUEUE, RUNS_QUEUE
from workers.settings import WorkerSettings

Manifest = dict[str, Any]
VERSION = kubernetes_validate.latest_version()
TWO_BUILDS = [{"tag": "2.0.0", "id": "2.0.0-b", "suffix": "-v2"}, {"tag": "1.0.0", "id": "1.0.0-a", "suffix": "-v1"}]
CHOICES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "with KEDA": {"keda": {"enabled": True}},
    "two builds": {"builds": TWO_BUILDS},
    "two builds with KEDA": {"builds": TWO_BUILDS, "keda": {"enabled": True}},
    "without ingress and policies": {"ingress": {"enabled": False}, "networkPolicy": {"enabled": False}},
}


def parsed(texts: dict[str, str]) -> list[Manifest]:
    return [one for text in texts.values() for one in yaml.safe_load_all(text) if one is not None]


@pytest.fixture(params=CHOICES, scope="module")
def chosen(request: pytest.FixtureRequest) -> list[Manifest]:
    """What the chart gives with one choice of values."""
    return parsed(manifests.render("shop", **CHOICES[request.param]))


@pytest.fixture(scope="module")
def plain() -> list[Manifest]:
    folder = manifests.PLAIN / "base"
    names = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    return parsed({name: (folder / name).read_text() for name in names})


def of_kind(found: list[Manifest], *kinds: str) -> list[Manifest]:
    return [one for one in found if one["kind"] in kinds]


def pods(found: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    for one in of_kind(found, "Deployment", "Job"):
        yield one["metadata"]["name"], one["spec"]["template"]


def test_the_plain_manifests_are_those_of_the_chart() -> None:
    for name, text in manifests.manifests().items():
        assert (manifests.PLAIN / name).read_text() == text, f"{name}: run `python -m deploy.manifests`"
    base = manifests.PLAIN / "base"
    listed = yaml.safe_load((base / "kustomization.yaml").read_text())["resources"]
    assert sorted(listed) == sorted(path.name for path in base.glob("*.yaml") if path.name != "kustomization.yaml")


def test_kubernetes_knows_every_field(plain: list[Manifest]) -> None:
    choices = [parsed(manifests.render(**values)) for values in CHOICES.values()]
    found = {json.dumps(one, sort_keys=True): one for manifest in (plain, *choices) for one in manifest}
    # One of each shape is enough: builds and queues differ in names only.
    shapes = {shape(one): one for one in found.values() if one["kind"] != "ScaledObject"}
    assert {kind for kind, *_ in shapes} >= {"Deployment", "Job", "NetworkPolicy", "Ingress", "Service"}
    for one in shapes.values():
        kubernetes_validate.validate(one, VERSION, strict=True)


def shape(one: Manifest) -> tuple[str, ...]:
    """Kind and every path of keys below it."""
    return (one["kind"], *sorted(set(paths(one))))


def paths(value: Any, place: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, f"{place}[]")
    else:
        yield f"{place}:{type(value).__name__}"


def test_a_wrong_field_would_be_noticed(plain: list[Manifest]) -> None:
    [service] = of_kind(plain, "Service")
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**service, "specs": {}}, VERSION, strict=True)


def test_names_are_used_once(chosen: list[Manifest]) -> None:
    names = [(one["kind"], one["metadata"]["name"]) for one in chosen]
    assert len(names) == len(set(names))


def test_pods_keep_to_the_restricted_standard(chosen: list[Manifest]) -> None:
    found = dict(pods(chosen))
    assert found
    for name, pod in found.items():
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in spec["containers"]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False, name
            assert context["readOnlyRootFilesystem"] is True, name
            assert context["capabilities"] == {"drop": ["ALL"]}, name
            assert container["resources"].keys() == {"requests", "limits"}, name


def test_what_names_another_names_one_that_is_there(chosen: list[Manifest]) -> None:
    deployments = {one["metadata"]["name"]: one for one in of_kind(chosen, "Deployment")}
    accounts = {one["metadata"]["name"] for one in of_kind(chosen, "ServiceAccount")}
    for one in deployments.values():
        assert one["spec"]["template"]["spec"]["serviceAccountName"] in accounts
        assert one["spec"]["selector"]["matchLabels"].items() <= one["spec"]["template"]["metadata"]["labels"].items()
    scaled = [
        one["spec"]["scaleTargetRef"]["name"] for one in of_kind(chosen, "HorizontalPodAutoscaler", "ScaledObject")
    ]
    assert sorted(scaled) == sorted(deployments)
    for budget in of_kind(chosen, "PodDisruptionBudget"):
        assert len(selected(chosen, budget["spec"]["selector"]["matchLabels"])) == 1
    [service] = of_kind(chosen, "Service")
    [api] = selected(chosen, service["spec"]["selector"])
    assert service["spec"]["ports"][0]["targetPort"] in {
        port["name"] for port in deployments[api]["spec"]["template"]["spec"]["containers"][0]["ports"]
    }
    for ingress in of_kind(chosen, "Ingress"):
        [path] = ingress["spec"]["rules"][0]["http"]["paths"]
        assert path["backend"]["service"]["name"] == service["metadata"]["name"]


def selected(found: list[Manifest], labels: dict[str, str]) -> list[str]:
    """Names of the deployments whose pods have the labels."""
    return [name for name, pod in pods(found) if labels.items() <= pod["metadata"]["labels"].items()]


def test_every_build_serves_every_queue(chosen: list[Manifest]) -> None:
    served: dict[str, set[str]] = {}
    for name, pod in pods(chosen):
        if "worker" in name:
            settings = {one["name"]: one.get("value") for one in pod["spec"]["containers"][0]["env"]}
            queues = served.setdefault(settings["PERDURE_WORKER_BUILD_ID"], set())
            queues.update(settings["PERDURE_WORKER_QUEUES"].split(","))
    assert served
    for queues in served.values():
        assert queues == {RUNS_QUEUE, ACTIONS_QUEUE, LLM_QUEUE}


def test_keda_asks_temporal_for_the_queue_that_the_worker_serves() -> None:
    found = parsed(manifests.render(keda={"enabled": True}, builds=TWO_BUILDS))
    assert not [one for one in of_kind(found, "HorizontalPodAutoscaler") if "worker" in one["metadata"]["name"]]
    scalers = of_kind(found, "ScaledObject")
    assert len(scalers) == 6
    for one in scalers:
        [trigger] = one["spec"]["triggers"]
        assert trigger["type"] == "temporal"
        assert f"-worker-{trigger['metadata']['taskQueue']}-v" in one["spec"]["scaleTargetRef"]["name"]
        assert all(isinstance(value, str) for value in trigger["metadata"].values())
        # Of this version of the deployment; `buildId` would be that of Temporal's former rules of versions.
        build = next(build for build in TWO_BUILDS if one["metadata"]["name"].endswith(build["suffix"]))
        assert trigger["metadata"]["workerDeploymentBuildId"] == build["id"]
        assert trigger["metadata"]["workerDeploymentName"] == WorkerSettings.model_fields["deployment"].default
        assert "buildId" not in trigger["metadata"]
        assert one["spec"]["minReplicaCount"] <= one["spec"]["maxReplicaCount"]


def test_probes_ask_what_the_processes_answer(plain: list[Manifest]) -> None:
    for name, pod in pods(plain):
        for container in pod["spec"]["containers"]:
            probes = {key: value["httpGet"]["path"] for key, value in container.items() if key.endswith("Probe")}
            wanted = {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
            assert probes == ({} if "migrate" in name else wanted), name


def test_policies_close_everything_first(plain: list[Manifest]) -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in of_kind(plain, "NetworkPolicy")}
    closed = policies["perdure-default"]
    assert sorted(closed["policyTypes"]) == ["Egress", "Ingress"]
    assert not {"ingress", "egress"} & closed.keys()
    for _, pod in pods(plain):
        assert closed["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    [world] = policies["perdure-world"]["egress"]
    assert "169.254.0.0/16" in world["to"][0]["ipBlock"]["except"], "the cloud's metadata service"


def test_policies_let_workers_reach_what_runs_beside_them() -> None:
    values = yaml.safe_load((manifests.CHART / "values.yaml").read_text())
    values["worker"]["settings"]["QDRANT_URL"] = "http://qdrant.knowledge:6333"
    values["networkPolicy"]["extraPorts"] += [4318]
    found = parsed(manifests.render(**values))
    servers = next(one["spec"] for one in found if one["metadata"]["name"] == "perdure-servers")
    open_ports = {port["port"] for rule in servers["egress"] for port in rule["ports"]}
    assert open_ports == {53, 5432, 7233, 6333, 4318}


@pytest.mark.parametrize(
    "template", ["{{ .Values.a | quote }}", '{{ include "a" . }}', "{{ if .Values.a }}", "{{ end }}"]
)
def test_the_renderer_refuses_what_it_does_not_know(template: str) -> None:
    with pytest.raises(ValueError, match=r"not understood|no end|no beginning"):
        manifests.render_text(template, {"Values": {"a": "x"}})
