"""The same settings everywhere: compose file, chart, manifests, `.env.example`, and the classes that read them."""

import re
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

import api.main
import workers.main  # noqa: F401 - with the API all classes of settings
from deploy import manifests

ROOT = manifests.DEPLOY.parent
PROCESSES = ("api", "worker", "migrate")

ONLY_IN_KUBERNETES = {
    "PERDURE_API_METRICS_HOST": "compose has no Prometheus",
    "PERDURE_API_METRICS_PORT": "compose has no Prometheus",
    "PERDURE_WORKER_HEALTH_HOST": "probes come from outside the pod",
    "PERDURE_WORKER_HEALTH_PORT": "the port is named beside it",
    "PERDURE_WORKER_QUEUES": "compose has one worker for all",
    "PERDURE_WORKER_BUILD_ID": "compose changes its one worker in place",
}
ONLY_FOR_COMPOSE = {
    "POSTGRES_PASSWORD": "of its own PostgreSQL",
    "PERDURE_SERVICE_PASSWORD": "becomes part of PERDURE_DATABASE_URL",
    "TEMPORAL_PASSWORD": "of its own Temporal",
    "TEMPORAL_HISTORY_SHARDS": "of its own Temporal",
    "PERDURE_PORT": "published on this machine",
}

LEFT_AS_THEY_ARE = {
    "DATABASE_URL": "another name of PERDURE_DATABASE_URL",
    "PERDURE_API_DRAIN_SECONDS": "shorter than the pod's time to end",
    "PERDURE_API_WEB_DIR": "where the image has it",
    "PERDURE_DATABASE_ADMIN_URL": "of migrations only",
    "PERDURE_DATABASE_POOL_SIZE": "tuning",
    "PERDURE_DATA_DIR": "keys come from the environment; the file system is read-only",
    "PERDURE_EGRESS_CA_FILE": "needs a file that is mounted too",
    "PERDURE_EGRESS_CONNECT_TIMEOUT": "tuning",
    "PERDURE_EGRESS_IDLE_TIMEOUT": "tuning",
    "PERDURE_EGRESS_MAX_CONNECTIONS": "tuning",
    "PERDURE_EGRESS_PROXY": "few have one",
    "PERDURE_EGRESS_TOTAL_TIMEOUT": "tuning",
    "PERDURE_ENCRYPTION_KEYS_FILE": "needs a file that is mounted too",
    "PERDURE_ENCRYPTION_PAYLOADS": "on, which is how it should be",
    "PERDURE_LIMIT_ADDRESS": "tuning",
    "PERDURE_LIMIT_KEY": "tuning",
    "PERDURE_LIMIT_OPEN": "tuning",
    "PERDURE_LIMIT_USER": "tuning",
    "PERDURE_LINK_HOURS": "tuning",
    "PERDURE_LOG_FORMAT": "JSON, for programs",
    "PERDURE_LOG_LEVEL": "tuning",
    "PERDURE_RUN_LOG_POOL_SIZE": "tuning",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "few have a collector",
    "OTEL_SERVICE_NAME": "the process names itself",
}
"""Of what the API reads, what nobody has to set for it to work."""


def in_compose(process: str) -> set[str]:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return set(compose["services"][process]["environment"])


@cache
def in_kubernetes(process: str) -> list[set[str]]:
    """Names of each pod of the process; workers have several."""
    texts = [text for name, text in manifests.manifests().items() if name.startswith("base/")]
    found = [one for text in texts for one in yaml.safe_load_all(text)]
    containers = [
        container
        for one in found
        if one["kind"] in ("Deployment", "Job")
        for container in one["spec"]["template"]["spec"]["containers"]
    ]
    return [names(one) for one in containers if one["name"] == process]


def names(container: dict[str, Any]) -> set[str]:
    listed = [one["name"] for one in container["env"]]
    assert len(listed) == len(set(listed)), f"{container['name']} names a setting twice"
    return set(listed)


def read_by_classes() -> set[str]:
    """Every variable that some class of settings reads."""
    groups = BaseSettings.__subclasses__()
    packages = ("activities.", "api.", "db.", "engine.", "workers.")
    return {name for group in groups if group.__module__.startswith(packages) for name in variables(group)}


def read_by(process: ModuleType) -> set[str]:
    """Every variable that the classes read which a composition root builds."""
    groups = [one for one in vars(process).values() if isinstance(one, type) and issubclass(one, BaseSettings)]
    assert len(groups) > 5
    return {name for group in groups for name in variables(group)}


def variables(group: type[BaseSettings]) -> Iterator[str]:
    prefix = group.model_config.get("env_prefix", "")
    for name, field in group.model_fields.items():
        alias = field.validation_alias
        given = [alias] if isinstance(alias, str) else getattr(alias, "choices", [f"{prefix}{name}"])
        yield from (str(one).upper() for one in given)


@pytest.mark.parametrize("process", PROCESSES)
def test_compose_and_kubernetes_name_the_same(process: str) -> None:
    pods = in_kubernetes(process)
    assert pods
    for pod in pods:
        assert pod - ONLY_IN_KUBERNETES.keys() == in_compose(process)


def test_the_api_is_given_all_that_it_reads() -> None:
    named = in_compose("api") | ONLY_IN_KUBERNETES.keys()
    assert read_by(api.main) - named == LEFT_AS_THEY_ARE.keys()


@pytest.mark.parametrize("process", PROCESSES)
def test_every_setting_is_read_by_somebody(process: str) -> None:
    known = read_by_classes()
    assert in_compose(process) <= known
    for pod in in_kubernetes(process):
        assert pod <= known


def test_the_example_names_what_compose_asks_for() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    lines = (ROOT / ".env.example").read_text().splitlines()
    example = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
    assert example == set(re.findall(r"\$\{([A-Z_]+)", text))
    assert example - ONLY_FOR_COMPOSE.keys() <= set.union(*map(in_compose, PROCESSES))
    assert ONLY_FOR_COMPOSE.keys() <= example


def test_exceptions_are_in_use() -> None:
    anywhere = set.union(*(pod for process in PROCESSES for pod in in_kubernetes(process)))
    assert ONLY_IN_KUBERNETES.keys() <= anywhere


def test_the_secret_of_kubernetes_holds_every_secret() -> None:
    lines = (manifests.PLAIN / "base/secret.example.env").read_text().splitlines()
    example = {line.partition("=")[0] for line in lines}
    values = yaml.safe_load((manifests.CHART / "values.yaml").read_text())
    processes = [values[process] for process in PROCESSES]
    groups = [process.get(kind, []) for process in processes for kind in ("secrets", "optionalSecrets")]
    assert example == {name for group in groups for name in group}
