"""Each reason why a run waits, shown by a run that really waits for it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.api.runs.test_terminate import only_child, sub
from tests.support.perdure import Perdure
from tests.support.polling import eventually

ASK: dict[str, Any] = {"id": "ask", "name": "Ask the lead", "kind": "approval", "with": {"title": "Pay 5 EUR?"}}


def llm(node: str, markers: str, **fields: Any) -> dict[str, Any]:
    return {"id": node, "kind": "llm", "with": {"prompt": f"Hello. {markers}", "model": "gpt-4o-mini"}, **fields}


async def waits(perdure: Perdure, run: str, kind: str) -> dict[str, Any]:
    """What the run says, once it says that it waits for this kind of thing."""

    async def look() -> dict[str, Any] | None:
        told: dict[str, Any] | None = (await perdure.get(run))["waiting"]
        return told if told is not None and told["kind"] == kind else None

    found = await eventually(look, seconds=30)
    assert found is not None
    return found


async def listed(perdure: Perdure, run: str) -> dict[str, Any]:
    """What the list says of the same run, without asking Temporal."""
    items = (await perdure.api.get("/v1/runs")).raise_for_status().json()["items"]
    told: dict[str, Any] = next(item["waiting"] for item in items if item["id"] == run)
    return told


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_an_approval(perdure: Perdure) -> None:
    node = {**ASK, "with": {**ASK["with"], "deadline": "2d"}}
    run = await perdure.start(await perdure.publish([node]))
    told = await waits(perdure, run, "approval")
    until = moment(told["until"])
    assert until > datetime.now(UTC) + timedelta(days=1)
    written = f"{until:%Y-%m-%d %H:%M:%S} UTC"
    assert told["sentence"] == f"Waits for the approval 'Pay 5 EUR?' by anybody who may decide until {written}."
    assert (told["node"], told["approval_id"]) == ("ask", (await perdure.approval(run))["id"])
    assert await listed(perdure, run) == told
    await perdure.decide(run, "approved")
    assert (await perdure.ended(run))["waiting"] is None


async def test_several_things_at_once(perdure: Perdure) -> None:
    rest = {"id": "rest", "kind": "wait", "with": {"duration": "1h"}}
    run = await perdure.start(await perdure.publish([rest, ASK, {**ASK, "id": "too"}]))
    await perdure.reached(run, "rest", "waiting")

    async def both() -> bool:
        return bool((await waits(perdure, run, "approval"))["others"] == 2)

    await eventually(both)


async def test_a_failed_step_that_asks_what_to_do(perdure: Perdure) -> None:
    failing = llm("think", "[[sim:status 400]]", name="Think", on_error="pause")
    run = await perdure.start(await perdure.publish([failing]))
    told = await waits(perdure, run, "intervention")
    assert told["sentence"] == "Step 'Think' (think) failed and waits for anybody who may decide what to do."
    assert told["approval_id"] is not None


async def test_an_event_with_a_deadline(perdure: Perdure) -> None:
    node = {"id": "paid", "kind": "wait", "with": {"event": {"type": "order.paid", "key": "A-1"}, "timeout": "1h"}}
    run = await perdure.start(await perdure.publish([node]))
    told = await waits(perdure, run, "event")
    assert told["sentence"].startswith("Waits for the event 'order.paid' with the key 'A-1' until 2")
    assert moment(told["until"]) > datetime.now(UTC) + timedelta(minutes=50)


async def test_a_timer(perdure: Perdure) -> None:
    run = await perdure.start(await perdure.publish([{"id": "rest", "kind": "wait", "with": {"duration": "2h"}}]))
    told = await waits(perdure, run, "timer")
    assert told["sentence"].startswith("Waits at 'rest' (rest) until 2")
    assert moment(told["until"]) > datetime.now(UTC) + timedelta(minutes=110)
    assert await listed(perdure, run) == told


async def test_the_next_attempt_of_a_step(perdure: Perdure) -> None:
    retry = {"max_attempts": 3, "initial": "90s", "max_interval": "10m"}
    run = await perdure.start(await perdure.publish([llm("think", "[[sim:status 500]]", name="Think", retry=retry)]))
    told = await waits(perdure, run, "retry")
    assert (told["attempt"], told["node"]) == (2, "think")
    assert told["sentence"].startswith("Attempt 2 of 'Think' (think) follows at 2")
    assert "; the last one failed: " in told["sentence"]
    assert timedelta(seconds=60) < moment(told["until"]) - datetime.now(UTC) < timedelta(seconds=91)
    assert await listed(perdure, run) == told


async def test_a_run_of_another_workflow_and_what_that_waits_for(perdure: Perdure) -> None:
    inner = await perdure.publish([ASK])
    middle = await perdure.publish([sub(inner)])
    run = await perdure.start(await perdure.publish([sub(middle)]))
    child = await only_child(perdure, run)
    leaf = await only_child(perdure, child)
    asked = await perdure.approval(leaf)
    told = await waits(perdure, run, "sub_run")
    assert told["sentence"] == (
        f"Waits for run {child} of {middle}: waits for run {leaf} of {inner}: "
        "waits for the approval 'Pay 5 EUR?' by anybody who may decide."
    )
    assert (told["run_id"], told["approval_id"], told["node"]) == (child, asked["id"], "sub")
    assert (await listed(perdure, run))["sentence"] == f"Waits for run {child} of {middle}."


async def test_somebody_who_paused_it(perdure: Perdure) -> None:
    inner = await perdure.publish([ASK])
    run = await perdure.start(await perdure.publish([sub(inner)]))
    child = await only_child(perdure, run)
    await perdure.approval(child)
    await perdure.control(run, "pause", reason="lunch.")
    await perdure.shows(child, "paused")
    await perdure.shows(run, "paused")
    told = await waits(perdure, run, "paused")
    assert told["by"] == "operator"
    assert told["sentence"].startswith("Paused by operator since 2")
    assert told["sentence"].endswith(" UTC: lunch.")
    below = await waits(perdure, child, "paused")
    assert below["sentence"] == f"Paused together with run {run} by operator; it goes on when that is resumed."


async def test_somebody_who_pauses_it_while_a_step_runs(perdure: Perdure) -> None:
    after = {"id": "after", "kind": "transform", "with": {"value": 1}}
    run = await perdure.start(await perdure.publish([llm("think", "[[sim:delay 4]]"), after], ["think>after"]))
    await perdure.reached(run, "think", "running")
    await perdure.control(run, "pause")
    told = (await perdure.get(run))["waiting"]
    assert told["kind"] == "paused"
    if (await perdure.get(run))["status"] == "running":
        assert told["sentence"] == "operator has paused it; it stands still when the steps under way have ended."


async def test_somebody_who_cancelled_it(perdure: Perdure) -> None:
    slow = llm("undo", "[[sim:delay 3]]")
    mark = {"id": "mark", "kind": "transform", "with": {"value": 1}, "compensate_with": "undo"}
    run = await perdure.start(await perdure.publish([mark, slow, ASK], ["mark>ask"]))
    await perdure.approval(run)
    await perdure.control(run, "cancel", reason="wrong order")
    told = await waits(perdure, run, "cancelling")
    assert told["sentence"] == (
        "operator has cancelled it; steps under way end and finished ones are undone: wrong order."
    )


async def test_a_step_and_the_limit_of_steps_at_once(perdure: Perdure) -> None:
    nodes = [llm("one", "[[sim:delay 4]]", name="One"), llm("two", "[[sim:delay 4]]")]
    free = await perdure.start(await perdure.publish(nodes))
    bound = await perdure.start(await perdure.publish(nodes, limits={"max_parallel": 1}))
    told = await waits(perdure, free, "step")
    assert " is running since 2" in told["sentence"]
    limited = await waits(perdure, bound, "limit")
    assert limited["sentence"].startswith("Step 'One' (one) is running since 2")
    assert limited["sentence"].endswith(" UTC, and only one step may run at once (limits.max_parallel).")
