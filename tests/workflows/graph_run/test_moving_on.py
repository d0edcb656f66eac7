"""One snapshot serves continue-as-new, retry and fork."""

from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from activities.llm.meter import Planned
from activities.llm.rates import KeyRates
from activities.run_log.log import RunLog
from db.tables import OutboxRow, Run
from engine.reconciler import Reconciler
from schemas import limits
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import StepInput, StepResult
from tests.support.agents import agent
from tests.support.documents import ask, branch, code, foreach, value
from tests.support.perdure import Perdure
from tests.support.polling import eventually


async def executions(perdure: Perdure, run: str) -> int:
    """How many histories a run has used."""
    count, handle = 1, perdure.handle(run)
    first = (await handle.describe()).raw_description.workflow_execution_info
    history = await handle.fetch_history()
    while continued := history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id:
        count += 1
        history = await perdure.temporal.get_workflow_handle(
            first.execution.workflow_id, run_id=continued
        ).fetch_history()
    return count


@pytest.fixture
def short_histories(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every third step moves the run to a fresh history."""
    monkeypatch.setattr(limits, "CONTINUE_AS_NEW_STEPS", 3)


@pytest.mark.usefixtures("short_histories")
async def test_a_chain_and_a_loop_go_on_in_fresh_histories(perdure: Perdure) -> None:
    nodes = [
        code("a", "1"),
        code("step", "(before or 0) + 1", inputs={"before": "{{ nodes.step.output }}"}),
        branch("check", again="nodes.step.output < 6"),
        code("b", "x * 100", inputs={"x": "{{ nodes.step.output }}"}),
    ]
    run = await perdure.run(nodes, ["a>step", "step>check", "check.again>step", "check.else>b"])
    assert run["output"] == 600
    assert await executions(perdure, run["id"]) >= 4
    steps = await perdure.steps(run["id"])
    assert all(step["attempt"] <= 1 for step in steps.values())


@pytest.mark.usefixtures("short_histories")
async def test_what_waits_goes_on_waiting_in_a_fresh_history(perdure: Perdure) -> None:
    chain = [code(f"c{i}", "1") for i in range(8)]
    nodes = [
        value("start", 0),
        ask("ask"),
        {"id": "w", "kind": "wait", "with": {"event": {"type": "t", "key": "k"}}},
        *chain,
    ]
    edges = ["start>ask", "start>w", "start>c0", *(f"c{i}>c{i + 1}" for i in range(7))]
    run = await perdure.start(await perdure.publish(nodes, edges))
    await perdure.reached(run, "c7", "completed")
    assert await executions(perdure, run) >= 2
    page = (await perdure.api.get("/v1/approvals", params={"run": run})).json()
    assert len(page["items"]) == 1
    await perdure.decide(run, "approved")
    (await perdure.api.post("/v1/events", json={"type": "t", "key": "k", "data": 1})).raise_for_status()
    assert (await perdure.ended(run))["status"] == "completed"


@pytest.mark.usefixtures("short_histories")
async def test_items_under_way_go_on_in_a_fresh_history(perdure: Perdure) -> None:
    body = [code("x", "i + 1", inputs={"i": "{{ item }}"}), code("y", "i * 2", inputs={"i": "{{ nodes.x.output }}"})]
    run = await perdure.run([foreach("each", "[1, 2, 3, 4, 5, 6, 7]", body, config={"concurrency": 3})])
    assert run["output"] == [4, 6, 8, 10, 12, 14, 16]
    assert await executions(perdure, run["id"]) >= 3
    assert all(step["attempt"] <= 1 for step in (await perdure.steps(run["id"])).values())


@pytest.mark.usefixtures("short_histories")
async def test_compensation_goes_on_in_fresh_histories_and_forgets_nothing(
    perdure: Perdure, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, put_off = RunLog.step_started, set()

    async def put_off_once(log: RunLog, step: StepInput, attempt: int, *, patience: float = 0.0) -> StepResult | None:
        if step.compensates is not None and step.path not in put_off:
            put_off.add(step.path)
            raise PerdureError(ErrorCode.THROTTLED, "Not yet.", details={"retry_after": 0.01})
        return await started(log, step, attempt, patience=patience)

    monkeypatch.setattr(RunLog, "step_started", put_off_once)
    undo = [value("undo0", 2), code("undo1", "2"), value("undo2", 2), code("undo3", "1 / 0"), value("undo4", 2)]
    do = [code(f"do{i}", "1", compensate_with=f"undo{i}") for i in range(5)]
    edges = ["start>do0", *(f"do{i}>do{i + 1}" for i in range(4)), "do4>bad"]
    run = await perdure.run([value("start", 0), *do, *undo, code("bad", "1 / 0")], edges)
    assert run["status"] == "failed"
    assert [problem["node"] for problem in run["error"]["details"]["compensation_failed"]] == ["undo3"]
    statuses = await perdure.statuses(run["id"])
    assert [statuses[f"do{i}"] for i in range(5)] == [*["compensated"] * 3, "completed", "compensated"]
    assert [statuses[f"undo{i}"] for i in range(5)] == [*["completed"] * 3, "failed", "completed"]
    assert put_off == {"undo1", "undo3"}


async def test_retry_goes_on_from_the_failed_node(perdure: Perdure) -> None:
    nodes = [code("before", "1"), ask("ask"), code("after", "10 / n", inputs={"n": "{{ nodes.ask.output.data.n }}"})]
    run = await perdure.start(await perdure.publish(nodes, ["before>ask", "ask.approved>after"]))
    await perdure.decide(run, "approved", data={"n": 0})
    assert (await perdure.ended(run))["status"] == "failed"
    first = (await perdure.steps(run))["before"]
    await perdure.control(run, "retry")

    again = await perdure.ended_again(run, attempt=2)
    assert (again["status"], again["error"]["node"]) == ("failed", "after")
    steps = await perdure.steps(run)
    assert steps["before"] == first
    page = (await perdure.api.get("/v1/approvals", params={"run": run})).json()
    assert len(page["items"]) == 1  # the answer was given before the failure and stands


async def test_retry_runs_compensated_nodes_anew(perdure: Perdure) -> None:
    nodes = [
        code("book", "1", compensate_with="unbook"),
        code("unbook", "2"),
        {"id": "w", "kind": "wait", "with": {"event": {"type": "go", "key": "{{ run.id }}"}}},
        code("bad", "1 / (n - 1)", inputs={"n": "{{ nodes.w.output }}"}),
    ]
    run = await perdure.start(await perdure.publish(nodes, ["book>w", "w>bad"]))
    await perdure.api.post("/v1/events", json={"type": "go", "key": run, "data": 1})
    assert (await perdure.ended(run))["status"] == "failed"
    await perdure.control(run, "retry")
    await perdure.api.post("/v1/events", json={"type": "go", "key": run, "data": 2})
    again = await perdure.ended_again(run, attempt=2)
    assert again["status"] == "completed"
    statuses = await perdure.statuses(run)
    assert (statuses["book"], statuses["book#1"]) == ("compensated", "completed")


async def test_a_fork_runs_the_chosen_node_and_what_follows(perdure: Perdure) -> None:
    nodes = [
        code("a", "1"),
        code("b", "x + 1", inputs={"x": "{{ nodes.a.output }}"}),
        code("c", "x * 10", inputs={"x": "{{ nodes.b.output }}"}),
    ]
    run = await perdure.run(nodes, ["a>b", "b>c"])
    fork = await perdure.fork(run["id"], node="b", outputs={"a": 41})
    ended = await perdure.ended(fork)
    assert (ended["output"], ended["forked_from"]) == (420, run["id"])
    assert set(await perdure.statuses(fork)) == {"b", "c"}


async def test_a_fork_asks_again(perdure: Perdure) -> None:
    nodes = [ask("ask"), code("pay", "1"), code("tell", "2")]
    run = await perdure.start(await perdure.publish(nodes, ["ask.approved>pay", "pay>tell"]))
    await perdure.decide(run, "approved")
    await perdure.ended(run)
    fork = await perdure.fork(run, node="tell")
    await perdure.decide(fork, "approved")
    assert (await perdure.ended(fork))["status"] == "completed"


async def test_a_run_that_waits_can_be_forked(perdure: Perdure) -> None:
    nodes = [code("a", "5"), ask("ask"), value("end", "{{ nodes.a.output }}")]
    run = await perdure.start(
        await perdure.publish(nodes, ["a>ask", "ask.approved>end"], output="{{ nodes.end.output }}")
    )
    await perdure.approval(run)
    fork = await perdure.fork(run, node="ask", outputs={"a": 6})
    await perdure.decide(fork, "approved")
    assert (await perdure.ended(fork))["output"] == 6
    await perdure.decide(run, "approved")
    assert (await perdure.ended(run))["output"] == 5


async def test_steps_that_wait_for_their_turn_do_not_keep_a_run_from_moving(
    perdure: Perdure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CONTINUE_AS_NEW_EVENTS", 25)
    refused: Counter[str] = Counter()

    async def take(rates: KeyRates, planned: Planned) -> None:
        refused[planned.route.model] += 1
        if refused[planned.route.model] <= 4:
            raise PerdureError(ErrorCode.THROTTLED, "Not yet.", details={"retry_after": 0.01})

    monkeypatch.setattr(KeyRates, "take", take)
    think = {"id": "think", "kind": "llm", "with": {"model": "gpt-4o-mini", "prompt": "Hi [[sim:reply Hello]]"}}
    run = await perdure.run([think, agent(script=[{"text": "Done."}], model="gpt-4o")])
    assert (run["output"]["think"], run["output"]["agent"]["text"]) == ("Hello", "Done.")
    assert set(refused.values()) == {5}
    assert await executions(perdure, run["id"]) >= 2


async def test_a_restored_run_has_its_child_again_that_began_and_ended_after_the_backup(perdure: Perdure) -> None:
    child = await perdure.publish([code("a", "21 * 2")])
    wait = {"id": "w", "kind": "wait", "with": {"event": {"type": "go", "key": "{{ run.id }}"}}}
    sub = {"id": "sub", "kind": "sub_workflow", "with": {"workflow": child}}
    slug = await perdure.publish([wait, sub, ask("ask")], ["w>sub", "sub>ask"], output="{{ nodes.sub.output }}")
    run = await perdure.start(slug)
    await perdure.reached(run, "w", "waiting")
    backed_up_at = datetime.now(UTC)
    await perdure.api.post("/v1/events", json={"type": "go", "key": run})
    await perdure.approval(run)
    inner = UUID((await perdure.steps(run))["sub"]["input"]["run_id"])
    await perdure.handle(str(inner)).result()
    async with perdure.database.system() as session:
        await session.execute(delete(Run).where(Run.id == inner))
        restored = {"status": "running", "backed_up_at": backed_up_at, "restored_at": datetime.now(UTC)}
        await session.execute(update(Run).where(Run.id == UUID(run)).values(restored))
        again = {"delivered_at": None, "next_attempt_at": datetime.now(UTC)}
        await session.execute(update(OutboxRow).where(OutboxRow.run_id == UUID(run)).values(again))

    async def settled() -> bool:
        await Reconciler(perdure.database, perdure.temporal).run_once()
        async with perdure.database.system() as session:
            return await session.scalar(select(Run.restored_at).where(Run.id == UUID(run))) is None

    await eventually(settled)
    await perdure.decide(run, "approved")
    assert (await perdure.ended(run))["output"] == 42
    assert (await perdure.get(str(inner)))["status"] == "completed"
