"""Terminating: the row ends at once, then everything of the run in Temporal; nothing is undone, nothing goes on."""

from typing import Any

import httpx
from sqlalchemy import func, update
from temporalio.client import WorkflowExecutionStatus

from api.services import Services
from db.tables import OutboxRow, Run
from tests.api.documents import publish, start
from tests.api.runs.test_start_and_steer import signals
from tests.api.test_gate import check_problem
from tests.support.perdure import Perdure
from tests.support.polling import eventually

ASK: dict[str, Any] = {"id": "ask", "kind": "approval", "with": {"title": "Pay?"}}
MARK: dict[str, Any] = {"id": "mark", "kind": "transform", "with": {"value": 1}, "compensate_with": "unmark"}
UNMARK: dict[str, Any] = {"id": "unmark", "kind": "transform", "with": {"value": 2}}


def sub(workflow: str) -> dict[str, Any]:
    return {"id": "sub", "kind": "sub_workflow", "with": {"workflow": workflow}}


async def terminate(perdure: Perdure, run: str, reason: str = "stuck") -> dict[str, Any]:
    answer = await perdure.api.post(f"/v1/runs/{run}/terminate", json={"reason": reason})
    assert answer.status_code == 200, answer.text
    ended: dict[str, Any] = answer.json()
    return ended


async def is_terminated(perdure: Perdure, run: str) -> bool:
    description = await perdure.handle(run).describe()
    return description.status is WorkflowExecutionStatus.TERMINATED


async def test_a_waiting_run_ends_at_once_and_nothing_is_undone(perdure: Perdure) -> None:
    run = await perdure.start(await perdure.publish([MARK, UNMARK, ASK], ["mark>ask"]))
    asked = await perdure.approval(run)
    ended = await terminate(perdure, run)
    assert ended["status"] == "terminated"
    assert ended["error"]["code"] == "terminated"
    assert ended["error"]["message"] == "The run was terminated by operator: stuck"
    await eventually(lambda: is_terminated(perdure, run))
    assert await perdure.statuses(run) == {"mark": "completed", "ask": "cancelled"}
    late = await perdure.api.post(
        f"/v1/approvals/{asked['id']}/decide", json={"decision": "approved", "digest": asked["digest"]}
    )
    assert late.status_code == 409
    events = (await perdure.api.get(f"/v1/runs/{run}/events")).json()["items"]
    assert events[-1]["type"] == "run.terminated"


async def test_child_runs_end_with_it(perdure: Perdure) -> None:
    inner = await perdure.publish([ASK])
    outer = await perdure.publish([sub(inner)])
    run = await perdure.start(
        await perdure.publish([{"id": "top", "kind": "sub_workflow", "with": {"workflow": outer}}])
    )
    middle = await only_child(perdure, run)
    leaf = await only_child(perdure, middle)
    await perdure.approval(leaf)
    await terminate(perdure, run)
    for one in (run, middle, leaf):
        assert (await perdure.get(one))["status"] == "terminated"
        await eventually(lambda one=one: is_terminated(perdure, one))


async def test_the_parent_of_a_terminated_run_hears_of_it(perdure: Perdure) -> None:
    inner = await perdure.publish([ASK])
    run = await perdure.start(
        await perdure.publish([{"id": "sub", "kind": "sub_workflow", "with": {"workflow": inner}}])
    )
    child = await only_child(perdure, run)
    await perdure.approval(child)
    await terminate(perdure, child)
    ended = await perdure.ended(run)
    assert (ended["status"], ended["error"]["code"]) == ("failed", "child_failed")
    assert "terminated by operator" in ended["error"]["message"]


async def test_chunks_of_a_foreach_end_with_it(perdure: Perdure) -> None:
    each = {"id": "each", "kind": "foreach", "with": {"items": "input.n", "concurrency": 4, "body": {"nodes": [ASK]}}}
    run = await perdure.start(await perdure.publish([each]), {"n": list(range(120))})
    await perdure.approval(run)
    chunks = f"WorkflowId STARTS_WITH 'run-{run}/' AND ExecutionStatus = 'Running'"
    await eventually(lambda: count(perdure, chunks))
    await terminate(perdure, run)

    async def none_left() -> bool:
        return await count(perdure, chunks) == 0

    await eventually(none_left, seconds=30)


async def test_a_retry_goes_on_with_what_was_recorded(perdure: Perdure, model_server: str) -> None:
    call = {"id": "call", "kind": "http_request", "with": {"url": f"{model_server}/healthz"}}
    run = await perdure.start(await perdure.publish([call, ASK], ["call>ask"]))
    await perdure.approval(run)
    first = (await perdure.steps(run))["call"]
    await terminate(perdure, run)
    await perdure.control(run, "retry")
    await perdure.decide(run, "approved")
    ended = await perdure.ended_again(run, 2)
    assert ended["status"] == "completed"
    again = (await perdure.steps(run))["call"]
    assert (again["started_at"], again["ended_at"]) == (first["started_at"], first["ended_at"])


async def test_a_child_that_was_just_being_started_is_found_by_the_second_look(perdure: Perdure) -> None:
    inner = await perdure.publish([ASK])
    run = await perdure.start(
        await perdure.publish([{"id": "sub", "kind": "sub_workflow", "with": {"workflow": inner}}])
    )
    child = await only_child(perdure, run)
    await perdure.approval(child)
    # As if its row had come after the termination: it does not know of its parent yet.
    await set_parent(perdure, child, None)
    await terminate(perdure, run)
    await set_parent(perdure, child, run)
    assert (await perdure.get(child))["status"] == "running"
    await make_due(perdure, run)
    await perdure.shows(child, "terminated")
    await eventually(lambda: is_terminated(perdure, child))


async def only_child(perdure: Perdure, run: str) -> str:
    async def look() -> str | None:
        found = (await perdure.api.get("/v1/runs", params={"parent": run})).json()["items"]
        return found[0]["id"] if found else None

    child = await eventually(look, seconds=30)
    assert child is not None
    return child


async def count(perdure: Perdure, query: str) -> int:
    return (await perdure.temporal.count_workflows(query)).count


async def set_parent(perdure: Perdure, run: str, parent: str | None) -> None:
    async with perdure.database.tenant(perdure.workspace_id) as session:
        await session.execute(update(Run).where(Run.id == run).values(parent_run_id=parent))


async def make_due(perdure: Perdure, run: str) -> None:
    async with perdure.database.tenant(perdure.workspace_id) as session:
        waiting = update(OutboxRow).where(OutboxRow.run_id == run, OutboxRow.delivered_at.is_(None))
        await session.execute(waiting.values(next_attempt_at=func.clock_timestamp()))


async def test_a_run_that_has_not_begun_never_will(api: httpx.AsyncClient, services: Services) -> None:
    await publish(api)
    run = (await start(api, "greeting"))["id"]
    ended = await api.post(f"/v1/runs/{run}/terminate")
    assert (ended.status_code, ended.json()["status"]) == (200, "terminated")
    assert [(row["signal"], row["again"]) for row in await signals(services, run)] == [
        ("terminate", False),
        ("terminate", True),
    ]
    problem: Any = check_problem(await api.post(f"/v1/runs/{run}/terminate"), 409, "conflict")
    assert problem["details"] == {"status": "terminated"}


async def test_only_runs_of_the_own_workspace(api: httpx.AsyncClient, other_api: httpx.AsyncClient) -> None:
    await publish(api)
    run = (await start(api, "greeting"))["id"]
    foreign = check_problem(await other_api.post(f"/v1/runs/{run}/terminate"), 404, "not_found")
    assert foreign["detail"] == f"There is no run '{run}'."
    assert (await api.get(f"/v1/runs/{run}")).json()["status"] == "pending"
