"""The commands of docker-compose.yml, with its environment and database roles, as processes on real servers."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from cli.embedded import postgres, temporal
from cli.embedded.processes import pick_port

ROOT = Path(__file__).parents[2]
SECRETS = {
    "POSTGRES_PASSWORD": "owner",
    "PERDURE_SERVICE_PASSWORD": "service",
    "TEMPORAL_PASSWORD": "temporal",
    "PERDURE_API_TOKEN": "a-token",
    "PERDURE_WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "PERDURE_MODEL_ALIASES": "{}",
}

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Socket folder of PostgreSQL, with roles as the container makes them, and the address of Temporal."""
    with ExitStack() as stack:
        database = postgres.start(tmp_path / "pg")
        stack.callback(database.stop, "immediate")
        (folder,) = parse_qs(urlsplit(database.url).query)["host"]
        environment = os.environ | SECRETS | {
            "PATH": f"{postgres.binaries()}:{os.environ['PATH']}",
            "PGHOST": folder,
            "POSTGRES_USER": "postgres",
            "POSTGRES_DB": "postgres",
        }  # fmt: skip
        subprocess.run(["bash", ROOT / "deploy/postgres/create-roles.sh"], env=environment, check=True, timeout=60)
        engine = temporal.start(tmp_path / "temporal", ui=False)
        stack.callback(engine.stop)
        yield folder, engine.address


def environment_of(service: str, folder: str, address: str) -> dict[str, str]:
    """What compose would give the service, with the addresses of this machine."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    given = {}
    for name, value in compose["services"][service]["environment"].items():
        filled = re.sub(r"\$\{(\w+)(?::[?-][^}]*)?\}", lambda found: SECRETS.get(found[1], ""), value)
        filled = re.sub(r"//(\w+):\w+@postgres:5432/perdure", rf"//\1@/postgres?host={folder}", filled)
        given[name] = filled.replace("//perdure@/", "//postgres@/").replace("temporal:7233", address)
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **given}


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", *command], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(60)
        finally:
            process.kill()


def wait_until_ready(port: int, log: Path, seconds: float = 180) -> None:
    give_up = time.monotonic() + seconds
    answer = "nothing"
    while time.monotonic() < give_up:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10):
                return
        except HTTPError as refused:
            answer = refused.read().decode()
        except (URLError, OSError) as failed:
            answer = str(failed)
        time.sleep(0.1)
    raise AssertionError(f"{answer}\n{log.read_text()[-3000:]}")


def test_migrate_api_and_worker_become_ready(servers: tuple[str, str], tmp_path: Path):
    migrated = subprocess.run(
        [sys.executable, "-m", "cli.main", "migrate"],
        cwd=ROOT,
        env=environment_of("migrate", *servers),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert migrated.returncode == 0, migrated.stderr
    api_port, worker_port = pick_port(), pick_port()
    api = environment_of("api", *servers) | {"PERDURE_API_PORT": str(api_port), "PERDURE_API_HOST": "127.0.0.1"}
    worker = environment_of("worker", *servers) | {"PERDURE_WORKER_HEALTH_PORT": str(worker_port)}
    with running(["worker"], worker, tmp_path / "worker.log"), running(["api"], api, tmp_path / "api.log"):
        wait_until_ready(worker_port, tmp_path / "worker.log")
        wait_until_ready(api_port, tmp_path / "api.log")
