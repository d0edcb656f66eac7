"""Runs whose workflow was ended behind our back do not stay open, and their parents do not wait for ever."""

from uuid import UUID

import pytest
from sqlalchemy import select
from temporalio.client import Client

from db.approvals.opening import open_approval
from db.run_events import read_events
from db.session import Database
from db.tables import Approval, OutboxRow, Run
from engine.client import workflow_id
from engine.closed_workflows import read_parent
from engine.dispatcher import Dispatcher
from engine.reconciler import Reconciler
from engine.secrets.keyring import UnreadableError
from schemas.messages import ParentLink
from schemas.service_calls import OpenApproval
from schemas.signals import Control
from tests.engine.runs import ago, pending_run, read_run, start_child
from tests.support.polling import eventually


@pytest.fixture
def reconciler(own_database: Database, client: Client) -> Reconciler:
    return Reconciler(own_database, client)


async def started_run(dispatcher: Dispatcher, database: Database, workspace_id: UUID, **columns: object) -> Run:
    """A run with a stub workflow; its row says that it is going on."""
    run = await pending_run(database, workspace_id)
    await dispatcher.start_run(workspace_id, run.id)
    await set_run(database, run, status="running", dispatched_at=ago(30), updated_at=ago(30), **columns)
    return run


async def set_run(database: Database, run: Run, **columns: object) -> None:
    async with database.tenant(run.workspace_id) as session:
        row = await session.get_one(Run, run.id)
        for name, value in columns.items():
            setattr(row, name, value)


async def repaired(reconciler: Reconciler, database: Database, run: Run) -> Run:
    """The row once the reconciler has ended it."""

    async def ended() -> Run | None:
        await reconciler.run_once()
        row = await read_run(database, run)
        return row if row.ended_at is not None else None

    found = await eventually(ended)
    assert found is not None
    return found


async def test_a_healthy_run_is_left_alone(
    dispatcher: Dispatcher, reconciler: Reconciler, own_database: Database, own_workspace: UUID
) -> None:
    run = await started_run(dispatcher, own_database, own_workspace)
    for _ in range(3):
        await reconciler.run_once()
    assert (await read_run(own_database, run)).status == "running"


async def test_a_terminated_run_is_ended_with_all_that_belongs_to_it(
    dispatcher: Dispatcher, reconciler: Reconciler, own_database: Database, own_workspace: UUID, client: Client
) -> None:
    run = await started_run(dispatcher, own_database, own_workspace)
    request = OpenApproval(
        workspace_id=str(own_workspace),
        run_id=str(run.id),
        path="ask",
        iteration=0,
        node_name="Ask",
        workflow_id=workflow_id(str(run.id), 1),
        title="?",
        decisions=(("approved", "Yes"),),
    )
    async with own_database.tenant(own_workspace) as session:
        approval = await open_approval(session, request)
    await client.get_workflow_handle(workflow_id(str(run.id), 1)).terminate("because")
    row = await repaired(reconciler, own_database, run)
    assert row.status == "terminated"
    assert row.error["code"] == "terminated"
    async with own_database.tenant(own_workspace) as session:
        events = await read_events(session, run.id, 0)
        closed = await session.get_one(Approval, approval.id)
    assert events[-1].type == "run.terminated"
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert closed.status == "cancelled"
    assert await reconciler.run_once() == 0


async def test_a_run_that_cannot_be_read_keeps_no_other_waiting(
    dispatcher: Dispatcher,
    reconciler: Reconciler,
    own_database: Database,
    own_workspace: UUID,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs = [await started_run(dispatcher, own_database, own_workspace) for _ in range(2)]
    unreadable, other = sorted(runs, key=lambda run: run.id)

    async def parent(client: Client, of: str) -> ParentLink | None:
        if of == workflow_id(str(unreadable.id), 1):
            raise UnreadableError("Its key is gone.")
        return await read_parent(client, of)

    monkeypatch.setattr("engine.reconciler.read_parent", parent)
    for run in runs:
        await client.get_workflow_handle(workflow_id(str(run.id), 1)).terminate("because")
    assert (await repaired(reconciler, own_database, other)).status == "terminated"
    assert (await read_run(own_database, unreadable)).status == "running"


@pytest.mark.parametrize(("ending", "status", "code"), [("fail", "failed", "code_failed"), ("end", "completed", None)])
async def test_an_end_that_was_not_written_down_is_written_down(
    dispatcher: Dispatcher,
    reconciler: Reconciler,
    own_database: Database,
    own_workspace: UUID,
    client: Client,
    ending: str,
    status: str,
    code: str | None,
) -> None:
    run = await started_run(dispatcher, own_database, own_workspace)
    message = Control(workspace_id=str(own_workspace), action="cancel", reason=ending)
    await client.get_workflow_handle(workflow_id(str(run.id), 1)).signal("control", message)
    row = await repaired(reconciler, own_database, run)
    assert row.status == status
    assert (row.error or {}).get("code") == code


async def test_a_running_row_that_temporal_does_not_know_is_ended(
    reconciler: Reconciler, own_database: Database, own_workspace: UUID
) -> None:
    run = await pending_run(own_database, own_workspace)
    await set_run(own_database, run, status="paused", dispatched_at=ago(60), updated_at=ago(60))
    assert (await repaired(reconciler, own_database, run)).status == "terminated"


async def test_a_pending_row_that_temporal_does_not_know_is_started_again(
    dispatcher: Dispatcher, reconciler: Reconciler, own_database: Database, own_workspace: UUID, client: Client
) -> None:
    run = await pending_run(own_database, own_workspace, dispatched_at=ago(60), updated_at=ago(60))

    async def forgotten() -> bool:
        await reconciler.run_once()
        return (await read_run(own_database, run)).dispatched_at is None

    await eventually(forgotten)
    await dispatcher.sweep()
    await client.get_workflow_handle(workflow_id(str(run.id), 1)).describe()


async def test_the_slow_round_reaches_every_row(
    reconciler: Reconciler, own_database: Database, own_workspace: UUID
) -> None:
    runs = [await pending_run(own_database, own_workspace) for _ in range(25)]
    for run in runs:
        await set_run(own_database, run, status="running", dispatched_at=ago(60), updated_at=ago(60))
    for run in runs:
        assert (await repaired(reconciler, own_database, run)).status == "terminated"


@pytest.mark.parametrize("kind", ["child run", "chunk"])
async def test_a_parent_hears_of_a_child_that_was_terminated(
    dispatcher: Dispatcher,
    reconciler: Reconciler,
    own_database: Database,
    own_workspace: UUID,
    client: Client,
    kind: str,
) -> None:
    parent = await started_run(dispatcher, own_database, own_workspace)
    parent_id = workflow_id(str(parent.id), 1)
    child = await pending_run(own_database, own_workspace) if kind == "child run" else parent
    child_id = workflow_id(str(child.id), 1) if kind == "child run" else f"{parent_id}/each#0/chunk0"
    link = ParentLink(workflow_id=parent_id, child_key="key", run_id=str(parent.id), path="sub")
    await start_child(client, own_database, child, child_id, link)
    if kind == "child run":
        columns = {"status": "running", "dispatched_at": ago(60), "updated_at": ago(60)}
        await set_run(own_database, child, parent_run_id=parent.id, **columns)
    await client.get_workflow_handle(child_id).terminate()

    async def told() -> bool:
        await reconciler.run_once()
        seen = await client.get_workflow_handle(parent_id).query("seen")
        return bool(seen["told"] == ["key:terminated"])

    await eventually(told)
    for _ in range(3):
        await reconciler.run_once()
    async with own_database.tenant(own_workspace) as session:
        rows = (await session.scalars(select(OutboxRow).where(OutboxRow.run_id == parent.id))).all()
    assert len(rows) == 1
    assert (await read_run(own_database, parent)).status == "running"
