"""The scripts that containers run are run here too, against a real PostgreSQL and a real Temporal."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from cli.embedded import postgres, temporal
from db.connect import APP_ROLE, SYSTEM_ROLE, connector
from db.migrate import upgrade

DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.EmbeddedPostgres]:
    running = postgres.start(tmp_path_factory.mktemp("cluster"))
    yield running
    running.stop("immediate")


@pytest.fixture(scope="module")
def prepared(server: postgres.EmbeddedPostgres) -> str:
    """Socket folder of a server on which the script of the postgres container has run."""
    (folder,) = parse_qs(urlsplit(server.url).query)["host"]
    environment = {
        "PATH": f"{postgres.binaries()}:{os.environ['PATH']}",
        "PGHOST": folder,
        "POSTGRES_USER": "postgres",
        "POSTGRES_DB": "postgres",
        "PERDURE_SERVICE_PASSWORD": "it's one",
        "TEMPORAL_PASSWORD": "two",
    }
    subprocess.run(["bash", DEPLOY / "postgres/create-roles.sh"], env=environment, check=True, timeout=60)
    return folder


async def test_the_service_can_work_but_owns_nothing(server: postgres.EmbeddedPostgres, prepared: str):
    await upgrade(server.url)
    url = f"postgresql://perdure_service@/postgres?host={prepared}"
    for role in (APP_ROLE, SYSTEM_ROLE):
        connection = await connector(url, role)()
        try:
            assert await connection.fetchval("SELECT current_user") == role
            assert await connection.fetchval("SELECT count(*) FROM runs") == 0
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


def test_the_namespace_is_made_once(tmp_path: Path):
    server = temporal.start(tmp_path, ui=False)
    try:
        environment = {
            "PATH": f"{Path(temporal.binary()).parent}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "TEMPORAL_ADDRESS": server.address,
            "NAMESPACE": "shop",
            "RETENTION": "30d",
        }
        script = ["sh", DEPLOY / "temporal/create-namespace.sh"]
        first = subprocess.run(script, env=environment, capture_output=True, text=True, timeout=100)
        assert first.returncode == 0, first.stdout + first.stderr
        second = subprocess.run(script, env=environment, capture_output=True, text=True, timeout=100)
        assert (second.returncode, second.stdout) == (0, "")
    finally:
        server.stop()


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
