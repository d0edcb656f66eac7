"""The activities for people and events, as the worker calls them."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.people.services import PeopleServices
from db import waits
from db.session import Database
from schemas.errors import ErrorCode
from schemas.messages import NodeStatus, RunStatus
from schemas.service_calls import (
    ApprovalState,
    AwaitEvent,
    CancelWait,
    CloseRun,
    EventState,
    ExpireApproval,
    OpenApproval,
)
from tests.support.approvals import decide
from tests.support.run_log import LoggedRun, entry


@pytest.fixture
async def run(database: Database, workspace_id: UUID) -> LoggedRun:
    """A pending run."""
    return await LoggedRun.create(database, workspace_id)


async def _call(run: LoggedRun, name: str, message: Any, database: Database | None = None) -> Any:
    services = PeopleServices(database or run.database)
    return await ActivityEnvironment().run(getattr(services, name), message)


def _question(run: LoggedRun) -> OpenApproval:
    return OpenApproval.model_validate(
        run.message(
            path="ask",
            iteration=0,
            node_name="Ask",
            workflow_id="w",
            title="Pay?",
            decisions=[("approved", "Yes")],
            log=[entry("ask", NodeStatus.WAITING)],
        )
    )


async def test_a_question_is_asked_once_and_its_answer_found(run: LoggedRun) -> None:
    state: ApprovalState = await _call(run, "open_approval", _question(run))
    assert state.decision is None
    assert await _call(run, "open_approval", _question(run)) == state
    async with run.database.tenant(run.workspace_id) as session:
        await decide(session, UUID(state.approval_id), "approved", data={"n": 1}, by="ada")
    for name, message in (
        ("open_approval", _question(run)),
        ("expire_approval", ExpireApproval.model_validate(run.message(approval_id=state.approval_id))),
    ):
        answered: ApprovalState = await _call(run, name, message)
        assert answered.decision is not None
        assert (answered.decision.decision, answered.decision.by, answered.decision.data) == (
            "approved",
            "ada",
            {"n": 1},
        )
    assert await run.history() == ["run.started", "step.waiting ask", "approval.opened ask", "approval.decided ask"]


@pytest.mark.parametrize("outcome", ["expired", "cancelled"])
async def test_a_question_without_answer_is_closed(run: LoggedRun, outcome: str) -> None:
    state = await _call(run, "open_approval", _question(run))
    message = ExpireApproval.model_validate(
        run.message(approval_id=state.approval_id, outcome=outcome, log=[entry("ask", NodeStatus.COMPLETED, 1)])
    )
    closed = [await _call(run, "expire_approval", message) for _ in range(2)]
    assert [state.decision.decision for state in closed] == [outcome, outcome]
    assert (await run.history())[-2:] == ["step.completed ask", "approval.expired ask"]


async def test_waiting_for_an_event_and_giving_up(run: LoggedRun) -> None:
    request = AwaitEvent.model_validate(run.message(path="w", iteration=0, workflow_id="w", type="t", key="k"))
    state: EventState = await _call(run, "await_event", request)
    assert state.event is None
    given_up = CancelWait.model_validate(run.message(waiter_id=state.waiter_id))
    assert await _call(run, "cancel_wait", given_up) == state
    async with run.database.tenant(run.workspace_id) as session:
        await waits.publish_event(session, run.workspace_id, "t", "k", 1)
    assert await _call(run, "await_event", request) == state
    later = request.model_copy(update={"path": "later"})
    assert (await _call(run, "await_event", later)).event.data == 1


async def test_errors_are_typed_and_say_whether_to_try_again(run: LoggedRun) -> None:
    unknown = ExpireApproval.model_validate(run.message(approval_id=str(uuid4())))
    assert await _error(run, "expire_approval", unknown) == (ErrorCode.NOT_FOUND, True)
    await run.log.close(CloseRun.model_validate(run.message(status=RunStatus.FAILED)))
    assert await _error(run, "open_approval", _question(run)) == (ErrorCode.CANCELLED, True)
    away = Database("postgresql://postgres:@/postgres?host=/nowhere")
    assert await _error(run, "open_approval", _question(run), away) == (ErrorCode.UNAVAILABLE, False)
    await away.dispose()


async def _error(run: LoggedRun, name: str, message: Any, database: Database | None = None) -> tuple[str | None, bool]:
    with pytest.raises(ApplicationError) as failed:
        await _call(run, name, message, database)
    return failed.value.type, failed.value.non_retryable
