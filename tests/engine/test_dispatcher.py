"""Runs start once, whoever starts them and however often; signals arrive in order or are written off."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, update
from temporalio.client import Client, WorkflowExecutionStatus

from db.outbox import enqueue
from db.session import Database
from db.snapshots import pack_snapshot
from db.tables import OutboxRow, Run
from engine.client import connect, workflow_id
from engine.dispatcher import Dispatcher, Rush
from engine.settings import TemporalSettings
from schemas.signals import Control, Decision
from tests.engine.runs import ago, pending_run, read_run
from tests.support.polling import eventually
from tests.support.workspaces import new_workspace


async def seen(client: Client, run_id: UUID, attempt: int = 1) -> dict[str, Any]:
    answer: dict[str, Any] = await client.get_workflow_handle(workflow_id(str(run_id), attempt)).query("seen")
    return answer


async def control(database: Database, run: Run, action: str, *, attempt: int = 1) -> int:
    async with database.tenant(run.workspace_id) as session:
        message = Control(workspace_id=str(run.workspace_id), action=action)  # type: ignore[arg-type]
        return await enqueue(session, run.workspace_id, run.id, workflow_id(str(run.id), attempt), "control", message)


async def outbox(database: Database, row_id: int) -> OutboxRow:
    async with database.system() as session:
        return (await session.scalars(select(OutboxRow).where(OutboxRow.id == row_id))).one()


async def test_a_pending_run_starts_with_its_plan_and_input(
    dispatcher: Dispatcher, own_database: Database, own_workspace: UUID, client: Client
) -> None:
    run = await pending_run(own_database, own_workspace, input={"n": 1})
    await dispatcher.start_run(own_workspace, run.id)
    answer = await seen(client, run.id)
    assert answer["plan"] == "Stub"
    assert answer["run"]["input"] == {"n": 1}
    assert answer["run"]["snapshot"] is None
    assert answer["task_timeout"] == 2.5
    await eventually(lambda: dispatched(own_database, run))


async def dispatched(database: Database, run: Run) -> bool:
    return (await read_run(database, run)).dispatched_at is not None


async def test_twenty_starters_start_it_once(
    dispatcher: Dispatcher, own_database: Database, own_workspace: UUID, client: Client
) -> None:
    run = await pending_run(own_database, own_workspace)
    await asyncio.gather(*(dispatcher.start_run(own_workspace, run.id) for _ in range(20)))
    query = f"WorkflowId = '{workflow_id(str(run.id), 1)}'"

    async def executions() -> list[str]:
        return [found.run_id async for found in client.list_workflows(query)]

    assert len(await eventually(executions)) == 1


async def test_a_run_that_is_over_is_not_started_again(
    dispatcher: Dispatcher, own_database: Database, own_workspace: UUID, client: Client
) -> None:
    run = await pending_run(own_database, own_workspace)
    await dispatcher.start_run(own_workspace, run.id)
    handle = client.get_workflow_handle(workflow_id(str(run.id), 1))
    await handle.signal("control", Control(workspace_id=str(own_workspace), action="cancel"))
    await handle.result()
    await set_dispatched(own_database, run, None)
    await dispatcher.start_run(own_workspace, run.id)
    assert (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED
    await eventually(lambda: dispatched(own_database, run))


async def set_dispatched(database: Database, run: Run, at: datetime | None) -> None:
    async with database.system() as session:
        await session.execute(update(Run).where(Run.id == run.id).values(dispatched_at=at))


async def test_a_retry_is_a_workflow_of_its_own_with_the_snapshot(
    dispatcher: Dispatcher, own_database: Database, own_workspace: UUID, client: Client
) -> None:
    snapshot = {"frame": {"nodes": {}}, "steps": 3}
    run = await pending_run(
        own_database, own_workspace, attempt=2, edit={"mode": "retry"}, snapshot=pack_snapshot(snapshot)
    )
    await dispatcher.start_run(own_workspace, run.id)
    answer = await seen(client, run.id, attempt=2)
    assert answer["run"]["snapshot"] == snapshot
    assert answer["run"]["edit"]["mode"] == "retry"
    assert answer["run"]["run_attempt"] == 2


async def test_a_large_plan_gets_a_longer_task_timeout(
    dispatcher: Dispatcher, own_database: Database, own_workspace: UUID, client: Client
) -> None:
    run = await pending_run(own_database, own_workspace, text="x" * 300_000)
    await dispatcher.start_run(own_workspace, run.id)
    assert (await seen(client, run.id))["task_timeout"] == 10


async def test_runs_of_a_rush_get_it_too(
    dispatcher: Dispatcher, own_database: Database, own_workspace: UUID, client: Client
) -> None:
    dispatcher._rush = Rush(count=2, seconds=60)
    runs = [await pending_run(own_database, own_workspace) for _ in range(3)]
    for run in runs:
        await dispatcher.start_run(own_workspace, run.id)
    assert [(await seen(client, run.id))["task_timeout"] for run in runs] == [2.5, 2.5, 10]


def test_a_rush_is_over_when_its_starts_are_long_ago() -> None:
    rush = Rush(count=2, seconds=0)
    assert [rush.counts_one() for _ in range(5)] == [False] * 5


async def test_workspaces_take_turns_in_the_sweep(
    dispatcher: Dispatcher, own_database: Database, own_workspace: UUID, client: Client
) -> None:
    other = await new_workspace(own_database.url)
    for age, workspace, count in ((60, own_workspace, 30), (30, other, 3)):
        for _ in range(count):
            await pending_run(own_database, workspace, created_at=ago(age), updated_at=ago(age))
    await dispatcher.sweep()
    async with own_database.system() as session:
        query = select(Run.id, Run.workspace_id).where(Run.workspace_id.in_([own_workspace, other]))
        runs = (await session.execute(query)).all()
    began = [(await client.get_workflow_handle(workflow_id(str(run.id), 1)).describe()).start_time for run in runs]
    order = [run.workspace_id for _, run in sorted(zip(began, runs, strict=True), key=lambda pair: pair[0])]
    assert max(place for place, workspace in enumerate(order) if workspace == other) < 16


async def test_the_sweep_starts_what_was_left(
    dispatcher: Dispatcher, own_database: Database, own_workspace: UUID, client: Client
) -> None:
    old = [await pending_run(own_database, own_workspace, updated_at=ago(3)) for _ in range(3)]
    # Somebody cancels it again and again, which touches it every time.
    old.append(await pending_run(own_database, own_workspace, created_at=ago(20), updated_at=ago(0)))
    young = await pending_run(own_database, own_workspace)
    await dispatcher.sweep()
    for run in old:
        assert (await seen(client, run.id))["told"] == []
        await eventually(lambda run=run: dispatched(own_database, run))  # type: ignore[misc]
    assert not await dispatched(own_database, young)


async def test_a_run_waits_while_temporal_is_away(
    own_database: Database, own_workspace: UUID, closed_port: int
) -> None:
    away = Dispatcher(own_database, await connect(TemporalSettings(address=f"127.0.0.1:{closed_port}"), own_database))
    run = await pending_run(own_database, own_workspace, updated_at=ago(3))
    row_id = await control(own_database, run, "pause")
    await asyncio.wait_for(away.sweep(), 20)
    assert (await read_run(own_database, run)).status == "pending"
    assert not await dispatched(own_database, run)
    await away.deliver([row_id])
    row = await outbox(own_database, row_id)
    assert row.delivered_at is None
    assert row.attempts >= 1
    await away.close()


async def test_signals_arrive_in_order_and_by_themselves_after_the_commit(
    dispatcher: Dispatcher, own_database: Database, own_workspace: UUID, client: Client
) -> None:
    run = await pending_run(own_database, own_workspace)
    await dispatcher.start_run(own_workspace, run.id)
    for action in ("pause", "resume", "pause", "resume"):
        await control(own_database, run, action)

    async def told() -> bool:
        await dispatcher.sweep()
        return len((await seen(client, run.id))["told"]) >= 4

    await eventually(told)
    assert (await seen(client, run.id))["told"] == ["pause", "resume", "pause", "resume"]


async def test_a_large_decision_goes_through_the_blob_store(
    dispatcher: Dispatcher, own_database: Database, own_workspace: UUID, client: Client
) -> None:
    run = await pending_run(own_database, own_workspace)
    await dispatcher.start_run(own_workspace, run.id)
    decision = Decision(
        workspace_id=str(own_workspace), approval_id=str(uuid4()), decision="approved", data="d" * 3_000_000, at="now"
    )
    async with own_database.tenant(own_workspace) as session:
        await enqueue(session, own_workspace, run.id, workflow_id(str(run.id), 1), "decide", decision)

    async def told() -> bool:
        return (await seen(client, run.id))["told"] == ["approved"]

    await eventually(told)


async def test_a_signal_to_a_closed_workflow_is_written_off(
    dispatcher: Dispatcher, own_database: Database, own_workspace: UUID, client: Client
) -> None:
    run = await pending_run(own_database, own_workspace)
    await dispatcher.start_run(own_workspace, run.id)
    await eventually(lambda: dispatched(own_database, run))
    await client.get_workflow_handle(workflow_id(str(run.id), 1)).terminate()
    row_id = await control(own_database, run, "pause")
    await dispatcher.deliver([row_id])

    async def written_off() -> OutboxRow | None:
        row = await outbox(own_database, row_id)
        return row if row.delivered_at is not None else None

    row = await eventually(written_off)
    assert row is not None
    assert row.last_error


async def test_a_signal_to_a_run_that_is_not_started_waits_for_it(
    dispatcher: Dispatcher, own_database: Database, own_workspace: UUID, client: Client
) -> None:
    run = await pending_run(own_database, own_workspace)
    row_id = await control(own_database, run, "pause")
    await dispatcher.deliver([row_id])
    row = await outbox(own_database, row_id)
    assert row.delivered_at is None
    await dispatcher.start_run(own_workspace, run.id)

    async def arrived() -> bool:
        await dispatcher.sweep()
        return (await seen(client, run.id))["told"] == ["pause"]

    await eventually(arrived)
