"""Runs that came back from a backup are brought into line with Temporal, whether that knows less or more of them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle

from db.outbox import enqueue
from db.session import Database
from db.tables import OutboxRow, Run
from engine.client import workflow_id
from engine.courier import Courier
from engine.dispatcher import Dispatcher
from engine.reconciler import Reconciler
from schemas.messages import RunStatus
from schemas.signals import ChildDone, Control, Decision
from tests.engine.runs import ago, pending_run, read_run, start_child
from tests.support.polling import eventually


@pytest.fixture
def reconciler(own_database: Database, client: Client) -> Reconciler:
    return Reconciler(own_database, client)


async def set_run(database: Database, run: Run, **columns: object) -> None:
    async with database.tenant(run.workspace_id) as session:
        row = await session.get_one(Run, run.id)
        for name, value in columns.items():
            setattr(row, name, value)


async def restored(database: Database, run: Run, backed_up_at: datetime, restored_at: datetime | None = None) -> None:
    """Let the row be as a restore leaves it."""
    await set_run(
        database, run, status="running", backed_up_at=backed_up_at, restored_at=restored_at or datetime.now(UTC)
    )


def of(run: Run, client: Client) -> WorkflowHandle[Any, Any]:
    return client.get_workflow_handle(workflow_id(str(run.id), 1))


def decision(run: Run, what: str) -> Decision:
    return Decision(workspace_id=str(run.workspace_id), approval_id="a", decision=what, at="2026-01-01T00:00:00Z")


async def test_a_run_that_temporal_does_not_know_starts_again(
    reconciler: Reconciler, dispatcher: Dispatcher, own_database: Database, own_workspace: UUID, client: Client
) -> None:
    run = await pending_run(own_database, own_workspace)
    await restored(own_database, run, ago(60))
    async with own_database.tenant(own_workspace) as session:
        order = Control(workspace_id=str(own_workspace), action="pause")
        signal = await enqueue(session, own_workspace, run.id, workflow_id(str(run.id), 1), "control", order)
    await Courier(own_database, client).deliver([signal])
    async with own_database.tenant(own_workspace) as session:
        assert (await session.get_one(OutboxRow, signal)).delivered_at is None, "it was given up before the run began"

    await reconciler.run_once()
    row = await read_run(own_database, run)
    assert (row.status, row.attempt, row.dispatched_at, row.restored_at) == ("pending", 1, None, None)
    await dispatcher.start_run(own_workspace, run.id)
    async with own_database.tenant(own_workspace) as session:
        (await session.get_one(OutboxRow, signal)).next_attempt_at = ago(1)
    await Courier(own_database, client).sweep()
    assert (await of(run, client).query("seen"))["told"] == ["pause"]


async def test_a_child_that_temporal_does_not_know_is_left_to_its_parent(
    reconciler: Reconciler, own_database: Database, own_workspace: UUID
) -> None:
    parent = await pending_run(own_database, own_workspace)
    child = await pending_run(own_database, own_workspace, parent_run_id=parent.id)
    await restored(own_database, child, ago(60))
    await reconciler.run_once()
    row = await read_run(own_database, child)
    assert row.status == "pending"
    assert row.dispatched_at is not None


async def test_a_history_that_is_not_newer_is_left_alone(
    reconciler: Reconciler, dispatcher: Dispatcher, own_database: Database, own_workspace: UUID, client: Client
) -> None:
    run = await pending_run(own_database, own_workspace)
    await dispatcher.start_run(own_workspace, run.id)
    await of(run, client).query("seen")
    before = datetime.now(UTC)
    await restored(own_database, run, before)
    await of(run, client).signal("decide", decision(run, "since"))  # it has gone on since it was restored
    execution = (await of(run, client).describe()).run_id
    await reconciler.run_once()
    assert (await read_run(own_database, run)).restored_at is None
    assert (await of(run, client).describe()).run_id == execution
    assert (await of(run, client).query("seen"))["told"] == ["since"]


async def test_a_newer_history_is_cut_off_where_the_run_log_ends(
    reconciler: Reconciler, dispatcher: Dispatcher, own_database: Database, own_workspace: UUID, client: Client
) -> None:
    run = await pending_run(own_database, own_workspace)
    await dispatcher.start_run(own_workspace, run.id)
    await of(run, client).signal("decide", decision(run, "known"))
    assert (await of(run, client).query("seen"))["told"] == ["known"]
    backed_up_at = datetime.now(UTC)
    await of(run, client).signal("decide", decision(run, "unknown"))
    assert (await of(run, client).query("seen"))["told"] == ["known", "unknown"]
    await restored(own_database, run, backed_up_at)
    before = (await of(run, client).describe()).run_id
    await reconciler.run_once()

    async def told() -> list[str]:
        seen: dict[str, list[str]] = await of(run, client).query("seen")
        return seen["told"]

    assert await told() == ["known"]
    assert (await of(run, client).describe()).run_id != before
    assert (await read_run(own_database, run)).status == "running"
    await reconciler.run_once()
    assert (await read_run(own_database, run)).status == "running", "the cut-off execution counts as its end"


async def test_a_run_that_ended_after_its_backup_ends_again(
    reconciler: Reconciler, dispatcher: Dispatcher, own_database: Database, own_workspace: UUID, client: Client
) -> None:
    run = await pending_run(own_database, own_workspace)
    await dispatcher.start_run(own_workspace, run.id)
    await of(run, client).query("seen")
    backed_up_at = datetime.now(UTC)
    await of(run, client).signal("control", Control(workspace_id=str(own_workspace), action="cancel"))
    await of(run, client).result()
    await restored(own_database, run, backed_up_at)
    await reconciler.run_once()
    assert (await of(run, client).describe()).status is WorkflowExecutionStatus.RUNNING


async def test_parts_of_a_run_go_back_with_it(
    reconciler: Reconciler, dispatcher: Dispatcher, own_database: Database, own_workspace: UUID, client: Client
) -> None:
    """What a chunk that has ended since the backup has told its run is cut off; it ends again, and tells it again."""
    run = await pending_run(own_database, own_workspace)
    await dispatcher.start_run(own_workspace, run.id)
    names = {name: f"{workflow_id(str(run.id), 1)}/{name}" for name in ("over", "chunk", "chunk/inner", "late")}
    parts = {name: client.get_workflow_handle(one) for name, one in names.items()}
    end = Control(workspace_id=str(own_workspace), action="cancel")
    for name in ("over", "chunk", "chunk/inner"):
        await start_child(client, own_database, run, names[name])
        await parts[name].query("seen")
    await parts["over"].signal("control", end)
    await parts["over"].result()
    await of(run, client).query("seen")
    backed_up_at = datetime.now(UTC)
    await start_child(client, own_database, run, names["late"])
    await parts["late"].query("seen")
    await parts["chunk"].signal("control", end)
    await parts["chunk"].result()
    told = ChildDone(workspace_id=str(own_workspace), child_key="chunk", status=RunStatus.COMPLETED)
    await of(run, client).signal("child_done", told)
    assert (await of(run, client).query("seen"))["told"] == ["chunk:completed"]
    before = {name: (await part.describe()).run_id for name, part in parts.items()}

    async def listed() -> bool:
        query = f"WorkflowId STARTS_WITH '{names['over'].removesuffix('over')}' AND ExecutionStatus = 'Running'"
        return {one.id async for one in client.list_workflows(query)} == {names["chunk/inner"], names["late"]}

    assert await eventually(listed)
    await restored(own_database, run, backed_up_at)
    await reconciler.run_once()
    assert (await of(run, client).query("seen"))["told"] == []
    after = {name: await part.describe() for name, part in parts.items()}
    running, ended = WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.TERMINATED
    assert {name: (one.status, one.run_id != before[name]) for name, one in after.items()} == {
        "over": (WorkflowExecutionStatus.COMPLETED, False),
        "chunk": (running, True),
        "chunk/inner": (running, False),
        "late": (ended, False),
    }


async def test_a_workflow_without_a_run_is_ended(
    reconciler: Reconciler, dispatcher: Dispatcher, own_database: Database, own_workspace: UUID, client: Client
) -> None:
    backed_up_at = ago(1)
    kept = await pending_run(own_database, own_workspace)
    await restored(own_database, kept, backed_up_at)
    later = await pending_run(own_database, own_workspace)
    await dispatcher.start_run(own_workspace, later.id)
    async with own_database.system() as session:
        await session.execute(delete(Run).where(Run.id == later.id))

    async def ended() -> bool:
        await restored(own_database, kept, backed_up_at)
        await reconciler.run_once()
        return (await of(later, client).describe()).status is WorkflowExecutionStatus.TERMINATED

    assert await eventually(ended)
