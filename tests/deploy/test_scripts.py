"""The scripts that containers run are run here too, against a real PostgreSQL and a real Temporal."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from cli.embedded import postgres, temporal
from cli.embedded.processes import pick_port
from db import backups
from db.connect import APP_ROLE, IDENTITY_ROLE, SYSTEM_ROLE, connector
from db.migrate import upgrade
from db.session import Database
from tests.engine.runs import pending_run
from tests.support.postgres import run as run_sql
from tests.support.postgres import with_database
from tests.support.workspaces import new_workspace

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SECRETS = {
    "POSTGRES_PASSWORD": "owner",
    "PERDURE_SERVICE_PASSWORD": "service",
    "TEMPORAL_PASSWORD": "temporal",
    "PERDURE_API_TOKEN": "a-token",
    "PERDURE_WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "PERDURE_ENCRYPTION_KEYS": "first:a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
    "PERDURE_MODEL_ALIASES": "{}",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.EmbeddedPostgres]:
    started = postgres.start(tmp_path_factory.mktemp("cluster"))
    yield started
    started.stop("immediate")


@pytest.fixture(scope="module")
def prepared(server: postgres.EmbeddedPostgres) -> str:
    """Socket folder of a server on which the script of the postgres container has run."""
    (folder,) = parse_qs(urlsplit(server.url).query)["host"]
    environment = {
        "PATH": f"{postgres.binaries()}:{os.environ['PATH']}",
        "PGHOST": folder,
        "POSTGRES_USER": "postgres",
        "POSTGRES_DB": "postgres",
        **SECRETS,
        "PERDURE_SERVICE_PASSWORD": "it's one",  # asked for by nobody here
    }
    subprocess.run(["bash", DEPLOY / "postgres/create-roles.sh"], env=environment, check=True, timeout=60)
    return folder


async def test_the_service_can_work_but_owns_nothing(server: postgres.EmbeddedPostgres, prepared: str):
    await upgrade(server.url)
    url = f"postgresql://perdure_service@/postgres?host={prepared}"
    for role, table in ((APP_ROLE, "runs"), (SYSTEM_ROLE, "runs"), (IDENTITY_ROLE, "users")):
        connection = await connector(url, role)()
        try:
            assert await connection.fetchval("SELECT current_user") == role
            assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0
        finally:
            await connection.close()
    connection = await connector(url, None)()
    try:
        owned = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE tableowner = 'perdure_service'")
        bypasses = await connection.fetchval(
            "SELECT bool_or(rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname LIKE 'perdure\\_%'"
        )
        assert (owned, bypasses) == (0, False)
    finally:
        await connection.close()


async def test_temporal_has_two_databases_of_its_own(prepared: str):
    for name in ("temporal", "temporal_visibility"):
        connection = await connector(f"postgresql://temporal@/{name}?host={prepared}", None)()
        try:
            await connection.execute("CREATE TABLE mine (id int)")
        finally:
            await connection.close()


async def one(url: str, query: str) -> object:
    connection = await connector(url, None)()
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def run_script(name: str, folder: str, argument: Path, database: str) -> subprocess.CompletedProcess[str]:
    """A script of deploy/backup, as the container of PostgreSQL runs it."""
    environment = {
        "PATH": f"{postgres.binaries()}:{os.environ['PATH']}",
        "PGHOST": folder,
        "POSTGRES_USER": "postgres",
        "PERDURE_DB": database,
    }
    script = ["bash", str(DEPLOY / "backup" / name), str(argument)]
    return subprocess.run(script, env=environment, capture_output=True, text=True, timeout=100, check=False)


async def test_backup_and_restore_of_the_three_databases(
    server: postgres.EmbeddedPostgres, prepared: str, tmp_path: Path
):
    await upgrade(server.url)
    database = Database(server.url)
    run = await pending_run(database, await new_workspace(server.url), status="running")
    await database.dispose()
    job = "INSERT INTO privacy_jobs (workspace_id, kind, status, created_by, dispatched_at) VALUES "
    await run_sql(server.url, f"{job}('{run.workspace_id}', 'export', 'running', '{{}}', clock_timestamp())")
    await run_sql(f"postgresql://temporal@/temporal?host={prepared}", "CREATE TABLE executions AS SELECT 7 AS id")
    done = run_script("backup.sh", prepared, tmp_path / "backup", "postgres")
    assert done.returncode == 0, done.stderr
    assert run_script("backup.sh", prepared, tmp_path / "backup", "postgres").returncode != 0

    refused = run_script("restore.sh", prepared, tmp_path / "backup", "postgres")
    assert "not empty" in refused.stderr
    for statement in ("DROP DATABASE temporal", "CREATE DATABASE temporal OWNER temporal", "CREATE DATABASE restored"):
        await run_sql(server.url, statement)
    await run_sql(f"postgresql://temporal@/temporal_visibility?host={prepared}", "DROP TABLE IF EXISTS mine")
    restored = run_script("restore.sh", prepared, tmp_path / "backup", "restored")
    assert restored.returncode == 0, restored.stderr

    found = with_database(server.url, "restored")
    assert await one(found, f"SELECT restored_at > backed_up_at FROM runs WHERE id = '{run.id}'")
    assert await one(found, "SELECT dispatched_at IS NULL FROM privacy_jobs"), "nobody begins it anew"
    assert await one(f"postgresql://temporal@/temporal?host={prepared}", "SELECT id FROM executions") == 7
    owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'executions'"
    assert await one(with_database(server.url, "temporal"), owner) == "temporal"
    damaged = tmp_path / "backup" / "temporal.dump"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    assert "FAILED" in run_script("restore.sh", prepared, tmp_path / "backup", "restored").stdout


def test_the_scripts_mark_runs_as_the_command_does():
    script = " ".join((DEPLOY / "backup/restore.sh").read_text().split())
    for statement in (backups._MARK, backups._STARTED, backups._SEND_AGAIN.partition("WHERE")[0]):
        assert " ".join(statement.split()).replace("$1", ":'taken_at'") in script


def make_namespace(folder: Path, address: str, name: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": f"{Path(temporal.binary()).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "TEMPORAL_ADDRESS": address,
        "NAMESPACE": name,
        "RETENTION": "30d",
    }
    script = ["sh", DEPLOY / "temporal/create-namespace.sh"]
    return subprocess.run(script, env=environment, capture_output=True, text=True, timeout=100)


def test_the_namespace_is_made_once(tmp_path: Path, temporal_address: str):
    first = make_namespace(tmp_path, temporal_address, "shop")
    assert first.returncode == 0, first.stdout + first.stderr
    second = make_namespace(tmp_path, temporal_address, "shop")
    assert (second.returncode, second.stdout) == (0, "")


def test_the_schema_script_sets_up_both_databases(tmp_path: Path):
    tool = tmp_path / "temporal-sql-tool"
    tool.write_text('#!/bin/sh\necho "$@" >> "$CALLS"\n')
    tool.chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "CALLS": str(tmp_path / "calls"),
        "POSTGRES_SEEDS": "postgres",
        "POSTGRES_USER": "temporal",
        "DB_PORT": "5432",
    }
    subprocess.run(["sh", DEPLOY / "temporal/setup-schema.sh"], env=environment, check=True, timeout=10)
    calls = (tmp_path / "calls").read_text().splitlines()
    common = "--plugin postgres12 --ep postgres -p 5432 -u temporal"
    folder = "/etc/temporal/schema/postgresql/v12"
    assert calls == [
        f"{common} --db temporal setup-schema -v 0.0",
        f"{common} --db temporal update-schema -d {folder}/temporal/versioned",
        f"{common} --db temporal_visibility setup-schema -v 0.0",
        f"{common} --db temporal_visibility update-schema -d {folder}/visibility/versioned",
    ]


def environment_of(service: str, folder: str, address: str) -> dict[str, str]:
    """What compose would give the service, with the addresses of this machine."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    given = {}
    for name, value in compose["services"][service]["environment"].items():
        filled = re.sub(r"\$\{(\w+)(?::[?-][^}]*)?\}", lambda found: SECRETS.get(found[1], ""), value)
        filled = re.sub(r"//(\w+):\w+@postgres:5432/perdure", rf"//\1@/postgres?host={folder}", filled)
        given[name] = filled.replace("//perdure@/", "//postgres@/").replace("temporal:7233", address)
    if "PERDURE_TEMPORAL_NAMESPACE" in given:  # one without the runs of other tests
        given["PERDURE_TEMPORAL_NAMESPACE"] = "services"
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


@pytest.mark.timeout(300)
def test_migrate_api_and_worker_become_ready(prepared: str, temporal_address: str, tmp_path: Path):
    """The commands of docker-compose.yml, with its environment and database roles, as processes."""
    assert make_namespace(tmp_path, temporal_address, "services").returncode == 0
    servers = (prepared, temporal_address)
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
