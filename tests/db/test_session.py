"""Sessions: commit and rollback, text that cannot be stored, and a server that is killed and comes back."""

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from cli.embedded import postgres as embedded
from db.connect import driver_url
from db.json_text import to_json
from db.migrate import upgrade
from db.session import Database
from db.settings import DatabaseSettings
from db.tables import DEFAULT_WORKSPACE_ID, Event, Workspace
from schemas.errors import ErrorCode, PerdureError
from tests.support.run_log import LoggedRun


@pytest.mark.parametrize(
    "values", [{"key": "a\0b"}, {"key": "\ud800"}, {"data": "a\0b"}, {"data": ["\udfff"]}, {"data": {"k\0": 1}}]
)
async def test_unstorable_text_is_a_typed_error(database: Database, values: dict[str, Any]) -> None:
    with pytest.raises(PerdureError) as refused:
        async with database.tenant(DEFAULT_WORKSPACE_ID) as session:
            session.add(Event(**({"workspace_id": DEFAULT_WORKSPACE_ID, "type": "t", "key": "k"} | values)))
    assert refused.value.code is ErrorCode.INVALID_TEXT


@pytest.mark.parametrize("value", [None, 10**30, "\\u0000", "ä🙂", {"a": [1.5, None, True]}, (1, 2)])
def test_json_of_everything_else(value: object) -> None:
    expected = list(value) if isinstance(value, tuple) else value
    assert json.loads(to_json(value)) == expected


async def test_errors_roll_back(database: Database) -> None:
    with contextlib.suppress(ZeroDivisionError):
        async with database.tenant(DEFAULT_WORKSPACE_ID) as session:
            session.add(Event(workspace_id=DEFAULT_WORKSPACE_ID, type="rolled back", key="k"))
            await session.flush()
            raise ZeroDivisionError
    async with database.tenant(DEFAULT_WORKSPACE_ID) as session:
        assert await session.scalar(select(Event.id).where(Event.type == "rolled back")) is None


async def test_bugs_stay_visible(database: Database) -> None:
    with pytest.raises(DBAPIError, match="nonsense") as failed:
        async with database.tenant(DEFAULT_WORKSPACE_ID) as session:
            await session.execute(text("SELECT nonsense, :value"), {"value": "ada@example.com"})
    assert "ada@example.com" not in str(failed.value)


@pytest.mark.parametrize("url", ["postgres://u@h/d", "postgresql://u@h/d", "postgresql+asyncpg://u@h/d"])
def test_all_forms_of_the_url(url: str) -> None:
    assert driver_url(url) == "postgresql://u@h/d"


def test_other_databases_are_refused() -> None:
    with pytest.raises(ValueError, match="postgresql://"):
        driver_url("mysql://u@h/d")


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PERDURE_DATABASE_URL", raising=False)
    monkeypatch.delenv("PERDURE_DATABASE_ADMIN_URL", raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:secret@h/d")
    settings = DatabaseSettings()
    assert settings.url == settings.admin_url == "postgresql://a:secret@h/d"
    assert "secret" not in repr(settings)
    monkeypatch.setenv("PERDURE_DATABASE_URL", "postgresql://b@h/d")
    monkeypatch.setenv("PERDURE_DATABASE_ADMIN_URL", "postgresql://owner@h/d")
    settings = DatabaseSettings()
    assert (settings.url, settings.admin_url) == ("postgresql://b@h/d", "postgresql://owner@h/d")


@pytest.fixture
def data_folder() -> Iterator[Path]:
    """A folder for a server that this test may kill."""
    with tempfile.TemporaryDirectory(prefix="perdure-pg-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _kill(postmaster: int) -> None:
    """With its children, which would go on serving open connections for a while."""
    process = psutil.Process(postmaster)
    family = [process, *process.children(recursive=True)]
    for one in family:
        one.kill()
    psutil.wait_procs(family, timeout=10)


@pytest.mark.faults
async def test_everything_works_again_after_the_server_was_killed(data_folder: Path) -> None:
    server = embedded.start(data_folder)
    try:
        await upgrade(server.url)
        database = Database(server.url)
        run = await LoggedRun.create(database, DEFAULT_WORKSPACE_ID)
        await run.complete("before")
        _kill(server.pid)
        with pytest.raises(PerdureError) as refused:
            await run.log.step_started(run.step("between"), 1)
        assert refused.value.code is ErrorCode.UNAVAILABLE
        server = embedded.start(data_folder)
        await run.log.step_started(run.step("after"), 1, patience=10)
        await run.log.step_completed(run.step("after"), 1, run.result(), patience=10)
        async with database.system() as session:
            assert await session.scalar(select(Workspace.slug)) == "default"
        assert (await run.history())[-3:] == ["step.completed before", "step.started after", "step.completed after"]
        await database.dispose()
    finally:
        server.stop("immediate")
