"""The end of a run, the rows of child runs, and the activities that write both."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.run_log.services import RunLogServices
from db.approvals.opening import open_approval
from db.session import Database
from db.snapshots import unpack_snapshot
from db.tables import Approval, Waiter
from db.waits import await_event
from schemas.errors import ErrorCode
from schemas.messages import ChildRun, NodeStatus, RunStatus
from schemas.plan import PinnedVersion
from schemas.service_calls import AwaitEvent, CloseRun, OpenApproval, WriteLog
from tests.support.run_log import LoggedRun, entry, error


def _close(run: LoggedRun, status: RunStatus = RunStatus.COMPLETED, **fields: object) -> CloseRun:
    return CloseRun.model_validate(run.message(status=status, **fields))


async def test_the_end_is_stored_whole(run: LoggedRun) -> None:
    await run.complete("a", 1)
    state = {"nodes": {"a": {"output": "x" * 10_000}}}
    closed = await run.log.close(
        _close(run, output={"y": 2}, snapshot=state, entries=(entry("end", NodeStatus.COMPLETED),))
    )
    assert closed
    row = await run.row()
    assert (row.status, row.output, row.error, row.steps_done) == ("completed", {"y": 2}, None, 2)
    assert row.ended_at is not None
    assert row.snapshot is not None
    assert len(row.snapshot) < 500
    assert unpack_snapshot(row.snapshot) == state
    assert (await run.history())[-2:] == ["step.completed end", "run.completed"]
    assert (await run.events())[-1].data["output"] == {"y": 2}


@pytest.mark.parametrize("status", [s for s in RunStatus if s.ended])
async def test_every_ending_has_its_event(run: LoggedRun, status: RunStatus) -> None:
    await run.log.close(_close(run, status, error=error()))
    assert await run.history() == ["run.started", f"run.{status}"]
    assert (await run.row()).error["code"] == "network"


async def test_closing_again_changes_nothing(run: LoggedRun) -> None:
    assert await run.log.close(_close(run, RunStatus.FAILED, error=error()))
    assert not await run.log.close(_close(run, RunStatus.COMPLETED, output=1))
    row = await run.row()
    assert (row.status, row.output) == ("failed", None)
    assert await run.history() == ["run.started", "run.failed"]


async def test_an_earlier_attempt_cannot_end_a_later_one(database: Database, workspace_id: UUID) -> None:
    run = await LoggedRun.create(database, workspace_id, attempt=2)
    assert not await run.log.close(_close(run))
    assert (await run.row()).status == "pending"
    assert await run.log.close(_close(run, run_attempt=2))


async def test_nothing_of_an_ended_run_looks_unfinished(run: LoggedRun) -> None:
    await run.log.step_started(run.step("slow"), 1)
    async with run.database.tenant(run.workspace_id) as session:
        request = OpenApproval.model_validate(
            run.message(path="ask", iteration=0, node_name="Ask", workflow_id="w", title="?", decisions=())
        )
        approval = await open_approval(session, request)
        wait = AwaitEvent.model_validate(run.message(path="wait", iteration=0, workflow_id="w", type="t", key="k"))
        await await_event(session, wait)
    await run.log.close(_close(run, RunStatus.CANCELLED))
    async with run.database.tenant(run.workspace_id) as session:
        assert await session.scalar(select(Approval.status).where(Approval.id == approval.id)) == "cancelled"
        assert await session.scalar(select(Waiter.status).where(Waiter.run_id == run.id)) == "cancelled"
    assert (await run.step_row("slow")).status == "cancelled"
    assert (await run.history())[-2:] == ["step.cancelled slow", "run.cancelled"]


@pytest.mark.parametrize("by_close", [False, True])
async def test_a_child_run_gets_its_row(run: LoggedRun, by_close: bool) -> None:
    child, child_id = await _child_of(run), uuid4()
    message = {"workspace_id": str(run.workspace_id), "run_id": str(child_id), "child": child}
    for _ in range(2):
        if by_close:
            await run.log.close(CloseRun.model_validate({**message, "status": RunStatus.COMPLETED}))
        else:
            await run.log.write(WriteLog.model_validate(message))
    made = LoggedRun(run.database, await run.row())
    made.id = child_id
    row = await made.row()
    assert (row.parent_run_id, row.parent_path, row.input) == (run.id, "sub", {"n": 4})
    assert (row.trigger, row.status) == ("sub_workflow", "completed" if by_close else "running")
    assert row.version_id == (await run.row()).version_id
    assert (await made.history())[:2] == ["run.created", "run.started"]


async def test_the_activities_report_typed_errors(run: LoggedRun) -> None:
    services, env = RunLogServices(run.log), ActivityEnvironment()
    await env.run(services.write_log, WriteLog.model_validate(run.message(entries=(entry("a", NodeStatus.SKIPPED),))))
    await env.run(services.close_run, _close(run))
    assert await run.history() == ["run.started", "step.skipped a", "run.completed"]
    with pytest.raises(ApplicationError) as failed:
        await env.run(services.close_run, _close(run).model_copy(update={"run_id": str(uuid4())}))
    assert failed.value.type == ErrorCode.NOT_FOUND
    assert failed.value.non_retryable


async def _child_of(run: LoggedRun) -> ChildRun:
    version = PinnedVersion(workflow="w", version=1, version_id=str((await run.row()).version_id), plan_hash="0" * 64)
    return ChildRun(parent_run_id=str(run.id), parent_path="sub", version=version, input={"n": 4})
