"""Rows whose workflows cannot be started keep no others waiting."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from db.outbox import enqueue
from db.session import Database
from db.tables import OutboxRow, PrivacyJob, Schedule, Workflow, WorkspaceDataKey
from engine.client import connect_now, workflow_id
from engine.courier import Courier
from engine.privacy_starter import PrivacyStarter
from engine.schedule_keeper import ScheduleKeeper, temporal_id
from engine.settings import TemporalSettings
from engine.starting import start_each
from schemas.errors import ErrorCode, PerdureError
from schemas.signals import Control
from tests.engine.runs import pending_run
from tests.support.secrets import encryption
from tests.support.workspaces import new_workspace


async def test_a_workspace_whose_key_is_gone_keeps_no_other_waiting(
    own_database: Database, temporal_address: str
) -> None:
    client = await connect_now(TemporalSettings(address=temporal_address), own_database, encryption=encryption())
    jobs = []
    for minutes in (2, 1):
        workspace = await new_workspace(own_database.url)
        async with own_database.tenant(workspace) as session:
            due = func.clock_timestamp() - timedelta(minutes=minutes)
            job = insert(PrivacyJob).values(workspace_id=workspace, kind="export", created_by={}, due_at=due)
            jobs.append(await session.scalar(job.returning(PrivacyJob.id)))
            if minutes == 2:
                session.add(WorkspaceDataKey(workspace_id=workspace, sealed=b"no key"))
    assert await PrivacyStarter(own_database, client).sweep() == 2
    described = await client.get_workflow_handle(f"privacy-{jobs[1]}").describe()
    assert described.status is not None
    async with own_database.system() as session:
        tried = [(await session.get_one(PrivacyJob, job)).dispatched_at for job in jobs]
    assert None not in tried


async def test_a_schedule_that_cannot_be_made_says_so_and_keeps_no_other_waiting(
    own_database: Database, temporal_address: str
) -> None:
    client = await connect_now(TemporalSettings(address=temporal_address), own_database, encryption=encryption())
    fine = {"intervals": [{"every": "1h"}]}
    unreadable, timeless, made = [await schedule(own_database, times) for times in (fine, {}, fine)]
    async with own_database.tenant(unreadable.workspace_id) as session:
        session.add(WorkspaceDataKey(workspace_id=unreadable.workspace_id, sealed=b"no key"))
    keeper = ScheduleKeeper(own_database, client)
    assert await keeper.sweep() == 3
    await client.get_schedule_handle(temporal_id(made.id)).describe()
    async with own_database.system() as session:
        rows = [await session.get_one(Schedule, row.id) for row in (unreadable, timeless, made)]
    problems = [(row.sync_error or "").partition(":")[0] for row in rows]
    assert problems == ["A stored secret cannot be read", "The stored times do not say when; save them anew.", ""]
    assert await keeper.sweep() == 0


async def test_a_signal_that_cannot_be_sent_keeps_no_other_waiting(
    own_database: Database, temporal_address: str
) -> None:
    client = await connect_now(TemporalSettings(address=temporal_address), own_database, encryption=encryption())
    signals = []
    for sealed in (b"no key", None):
        workspace = await new_workspace(own_database.url)
        run = await pending_run(own_database, workspace, status="running")
        async with own_database.tenant(workspace) as session:
            if sealed is not None:
                session.add(WorkspaceDataKey(workspace_id=workspace, sealed=sealed))
            pause = Control(workspace_id=str(workspace), action="pause")
            target = workflow_id(str(run.id), 1)
            signals.append(await enqueue(session, workspace, run.id, target, "control", pause))
    await Courier(own_database, client).sweep()
    async with own_database.system() as session:
        unreadable, pointless = [await session.get_one(OutboxRow, signal) for signal in signals]
    assert "cannot be read" in str(unreadable.last_error)
    assert (unreadable.delivered_at, unreadable.attempts) == (None, 1)
    assert pointless.delivered_at is not None


async def schedule(database: Database, times: dict[str, Any]) -> Schedule:
    """A schedule of a workspace of its own."""
    workspace = await new_workspace(database.url)
    async with database.tenant(workspace) as session:
        workflow = Workflow(workspace_id=workspace, slug="w", name="W")
        session.add(workflow)
        await session.flush()
        row = Schedule(
            workspace_id=workspace,
            workflow_id=workflow.id,
            name="s",
            input={},
            times=times,
            overlap="skip",
            catch_up_seconds=60,
            created_by="a",
            updated_by="a",
        )
        session.add(row)
    return row


@pytest.mark.parametrize("error", [ConnectionError("away"), PerdureError(ErrorCode.UNAVAILABLE, "Away.")])
async def test_an_outage_ends_the_sweep(error: Exception) -> None:
    async def start(row: int) -> None:
        raise error

    async def tried(row: int) -> None:
        raise AssertionError(row)

    with pytest.raises(type(error)):
        await start_each([1], start, tried)
