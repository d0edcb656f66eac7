"""docker-compose.yml cannot be run here, so it is read closely: health, order, variables, pins, files."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
JOBS = {"migrate", "temporal-schema", "temporal-namespace"}
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::(?P<rule>[?-])(?P<default>[^}]*))?\}")


@pytest.fixture(scope="module")
def text() -> str:
    return (ROOT / "docker-compose.yml").read_text()


@pytest.fixture(scope="module")
def compose(text: str) -> dict[str, Any]:
    return yaml.safe_load(text)


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return compose["services"]


@pytest.fixture(scope="module")
def example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_everything_that_is_needed_is_there(services):
    assert {"api", "worker", "migrate", "temporal", "postgres", "qdrant"} <= services.keys()


def test_lasting_services_have_a_health_check_and_come_back(services):
    for name in services.keys() - JOBS:
        check = services[name]["healthcheck"]
        assert check["test"][0] == "CMD", name
        assert {"interval", "timeout", "retries"} <= check.keys(), name
        assert services[name]["restart"] == "unless-stopped", name


def test_jobs_try_again_but_not_for_ever(services):
    for name in JOBS:
        assert services[name]["restart"].startswith("on-failure:"), name


def test_order_of_start_is_sound(services):
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if other in JOBS else "service_healthy"
            assert how == {"condition": wanted}, f"{name} -> {other}"
            assert not _reaches(services, other, name), f"{name} and {other} wait for each other"


def _reaches(services: dict[str, dict[str, Any]], start: str, goal: str) -> bool:
    return start == goal or any(_reaches(services, other, goal) for other in services[start].get("depends_on", {}))


def test_every_variable_is_in_the_example_and_no_secret_has_a_default(text, example):
    used = {match[1]: match["rule"] for match in VARIABLE.finditer(text)}
    assert used.keys() == example.keys()
    for name, rule in used.items():
        if name.endswith(("PASSWORD", "TOKEN", "SECRET", "SIGNING_KEY")):
            # A mail server is a choice, and some ask for no password.
            assert rule == ("-" if name == "PERDURE_SMTP_PASSWORD" else "?"), f"{name} must be demanded"
            assert example[name] == "", f"{name} has a value in .env.example"


def test_images_are_pinned(services):
    for name, service in services.items():
        image, _, tag = service["image"].rpartition(":")
        assert image, name
        assert re.search(r"\d+\.\d+", tag), f"{name} uses {service['image']}"


def test_only_the_api_is_reachable_and_only_from_this_machine(services):
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published.keys() == {"api"}
    assert all(port.startswith("127.0.0.1:") for port in published["api"])


def test_networks_and_volumes_are_declared(compose, services):
    for name, service in services.items():
        assert set(service["networks"]) <= compose["networks"].keys(), name
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert (ROOT / source).is_file() if source.startswith(".") else source in compose["volumes"], volume


def test_a_published_port_needs_a_network_that_is_not_internal(compose, services):
    internal = {name for name, options in compose["networks"].items() if options.get("internal")}
    assert set(services["api"]["networks"]) - internal
    # Of whom comes by the published port only the network's gateway is believed; other containers are not.
    [outside] = compose["networks"]["outside"]["ipam"]["config"]
    trusted = services["api"]["environment"]["PERDURE_API_TRUSTED_PROXIES"]
    assert trusted == f"${{PERDURE_API_TRUSTED_PROXIES:-{outside['gateway']}}}"


def test_our_services_have_no_privileges(services):
    for name in ("api", "worker", "migrate"):
        assert services[name]["cap_drop"] == ["ALL"], name
        assert services[name]["read_only"] is True, name
        assert "no-new-privileges:true" in services[name]["security_opt"], name


def test_fairness_is_on_where_temporal_looks_for_it(services):
    temporal = services["temporal"]
    (mount,) = temporal["volumes"]
    source, target, _ = mount.split(":")
    assert temporal["environment"]["DYNAMIC_CONFIG_FILE_PATH"] == target
    config = yaml.safe_load((ROOT / source).read_text())
    assert config["matching.enableFairness"] == [{"value": True}]
    # Turns are taken within a partition.
    assert config["matching.numTaskqueueReadPartitions"] == [{"value": 1}]
    assert config["matching.numTaskqueueWritePartitions"] == [{"value": 1}]


def test_server_and_admin_tools_have_one_version(services):
    versions = {s["image"].rpartition(":")[2] for s in services.values() if s["image"].startswith("temporalio/")}
    assert len(versions) == 1
