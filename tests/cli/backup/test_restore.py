"""Where a backup may go, and that nothing else is touched; databases of servers of one's own."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from cli.backup.archive import read_archive
from cli.backup.embedded import fresh_folder
from cli.data_folder import DataFolder
from cli.errors import CliError
from cli.main import run_command
from cli.process.stack import Setup, Stack
from db.migrate import upgrade
from db.session import Database
from tests.engine.runs import pending_run
from tests.support import postgres
from tests.support.workspaces import new_workspace


@pytest.fixture
async def filled(postgres_url: str) -> AsyncIterator[str]:
    """A database with a run that waits, and a signal that was delivered to it."""
    async with postgres.migrated_database(postgres_url) as url:
        database = Database(url)
        workspace = await new_workspace(url)
        run = await pending_run(database, workspace, status="running")
        await postgres.run(
            url,
            "INSERT INTO outbox (workspace_id, run_id, workflow_id, signal, payload, delivered_at) VALUES "
            f"('{workspace}', '{run.id}', 'run-{run.id}', 'decide', '{{}}', clock_timestamp())",
        )
        await postgres.run(
            url,
            "INSERT INTO privacy_jobs (workspace_id, kind, status, created_by, dispatched_at) VALUES "
            f"('{workspace}', 'export', 'running', '{{}}', clock_timestamp())",
        )
        await database.dispose()
        yield url


async def perdure(*arguments: str) -> int:
    return await asyncio.to_thread(run_command, list(arguments))


async def value(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_databases_of_ones_own_go_to_and_fro(
    filled: str,
    postgres_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = str(tmp_path / "backup.tar")
    async with (
        postgres.fresh_database(postgres_url) as temporal,
        postgres.fresh_database(postgres_url) as empty,
        postgres.fresh_database(postgres_url) as empty_temporal,
        postgres.fresh_database(postgres_url) as empty_visibility,
    ):
        await postgres.run(temporal, "CREATE TABLE executions AS SELECT 7 AS id")
        monkeypatch.setenv("PERDURE_DATABASE_ADMIN_URL", filled)
        assert await perdure("backup", file, "--temporal-url", temporal, "--temporal-url", temporal) == 0
        assert await perdure("backup", file) == 1, "it took the place of another file"
        assert "is there already" in capsys.readouterr().err

        into = ("--temporal-url", empty_temporal, "--temporal-url", empty_visibility)
        assert await perdure("restore", file, *into) == 1, "a database with rows was restored into"
        assert "not empty" in capsys.readouterr().err
        assert await value(empty_temporal, "SELECT to_regclass('executions') IS NULL")
        monkeypatch.setenv("PERDURE_DATABASE_ADMIN_URL", empty)
        assert await perdure("restore", file) == 1, "Temporal's databases were left out in silence"
        assert await perdure("restore", file, *into) == 0, capsys.readouterr().err

        assert await value(empty_temporal, "SELECT id FROM executions") == 7
        marked = "SELECT count(*) FROM runs WHERE status = 'running' AND restored_at > backed_up_at"
        assert await value(empty, marked) == 1
        assert await value(empty, "SELECT count(*) FROM outbox WHERE delivered_at IS NULL") == 1
        assert await value(filled, "SELECT count(*) FROM outbox WHERE delivered_at IS NULL") == 0
        assert await value(empty, "SELECT dispatched_at IS NULL FROM privacy_jobs"), "nobody begins it anew"
        row_security = "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = 'runs'"
        assert await value(empty, row_security)
        await upgrade(empty)
    (tmp_path / "parts").mkdir()
    manifest = read_archive(Path(file), tmp_path / "parts")
    assert manifest.revision == await value(filled, "SELECT version_num FROM alembic_version")
    assert (manifest.temporal, manifest.secrets) == ("postgresql", ())
    assert manifest.temporal_taken_at is not None
    assert manifest.temporal_taken_at < manifest.taken_at


async def test_a_login_that_does_not_see_all_rows_is_refused(
    filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await postgres.run(filled, "CREATE ROLE short_sighted LOGIN; GRANT pg_read_all_data TO short_sighted")
    try:
        monkeypatch.setenv("PERDURE_DATABASE_ADMIN_URL", filled.replace("postgres:@", "short_sighted@"))
        assert await perdure("backup", str(tmp_path / "backup.tar")) == 1
        assert "BYPASSRLS" in capsys.readouterr().err
        assert list(tmp_path.iterdir()) == []
    finally:
        await postgres.run(filled, "DROP OWNED BY short_sighted; DROP ROLE short_sighted")


def test_a_folder_with_data_is_left_alone(tmp_path: Path) -> None:
    folder, parts = DataFolder.at(tmp_path / "data"), tmp_path / "parts"
    folder.create()
    parts.mkdir()
    (folder.path / "encryption-keys").write_text("mine")
    (parts / "encryption-keys").write_text("another")
    with pytest.raises(CliError, match="holds data already"), fresh_folder(folder, parts):
        raise AssertionError
    (parts / "encryption-keys").unlink()
    (folder.path / "temporal").mkdir()
    with pytest.raises(CliError, match="holds data already"), fresh_folder(folder, parts):
        raise AssertionError
    assert (folder.path / "encryption-keys").read_text() == "mine"
    assert not folder.restoring.exists()


def test_nothing_starts_on_half_a_restore(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    folder.create()
    folder.restoring.mkdir()
    with pytest.raises(CliError, match="broken off"):
        Stack(Setup(folder), lambda _: None).start(lambda: False)
