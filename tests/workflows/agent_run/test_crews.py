"""Crews on the real server: who does what with whose results, each member in a workflow of its own."""

import json
from typing import Any

from tests.support.agents import CALCULATOR, add, agent, calls
from tests.support.documents import branch, foreach
from tests.support.perdure import Perdure
from tests.support.polling import eventually


def member(name: str, script: list[Any] | None = None, **settings: Any) -> dict[str, Any]:
    said = {} if script is None else {"instructions": f"[[sim:script {json.dumps(script)}]]"}
    return {"name": name, "role": name.title(), "goal": "Help.", "model": "gpt-4o-mini", **said, **settings}


def crew(process: str, agents: list[dict[str, Any]], **config: Any) -> dict[str, Any]:
    return {"id": "crew", "kind": "crew", "with": {"process": process, "agents": agents, **config}}


async def test_tasks_one_after_the_other_build_on_results_and_a_retry_repeats_only_who_failed(perdure: Perdure) -> None:
    agents = [
        member("ada", [calls(add(1, 2)), {"text": "Three."}], tools=[CALCULATOR]),
        member("bo", [calls(add(2, 2)), {"text": "Four follows three."}], tools=[CALCULATOR], limits={"turns": 1}),
    ]
    tasks = [
        {"name": "first", "agent": "ada", "description": "Add.", "expected_output": "A word."},
        {"name": "then", "agent": "bo", "description": "Go on."},
    ]
    run = await perdure.run([crew("sequential", agents, tasks=tasks, message={"n": 1})])
    assert (run["status"], run["error"]["code"]) == ("failed", "child_failed")
    assert run["error"]["details"]["error"]["code"] == "turn_limit"
    await perdure.control(run["id"], "retry")
    again = await perdure.ended_again(run["id"], 2)
    assert (again["status"], again["output"]["output"]) == ("completed", "Four follows three."), again
    assert [one["agent"] for one in again["output"]["results"]] == ["ada", "bo"]
    steps = await perdure.steps(run["id"])
    assert {"crew.first.turn[1]", "crew.first.turn[0].call[0]", "crew.then.turn[0]", "crew.then.turn[1]"} <= set(steps)
    assert steps["crew.first.turn[0]"]["run_attempt"] == 1
    told = steps["crew.then.turn[0]"]["input"]["messages"][0]["content"][0]["text"]
    assert told == (
        '# Task\nGo on.\n\n# What the crew was asked\n{"n": 1}\n\n# Results so far\n## first (by ada)\nThree.'
    )
    assert steps["crew.first.turn[0]"]["input"]["system"].startswith("You are Ada.\n\nYour goal: Help.")
    assert again["cost_usd"] == sum(step["cost_usd"] for step in steps.values()) > 0
    fork = await perdure.ended(await perdure.fork(run["id"], node="crew", member="then", turn=1))
    assert (fork["status"], fork["output"]) == ("completed", again["output"]), fork
    assert [path for path in await perdure.steps(fork["id"]) if "turn" in path] == ["crew.then.turn[1]"]
    for wrong in ({"turn": 0}, {"turn": 9, "member": "then"}, {"turn": 0, "member": "bo"}, {"member": "then"}):
        refused = await perdure.api.post(f"/v1/runs/{run['id']}/fork", json={"node": "crew", **wrong})
        assert refused.status_code == 422, refused.text


async def test_side_by_side_with_a_judge_while_one_waits_for_a_person(perdure: Perdure) -> None:
    asked = {**CALCULATOR, "policy": {"approve": "always"}}
    agents = [
        member("ada", [{"text": "Red."}]),
        member("bo", [calls(add(1, 1)), {"text": "Blue."}], tools=[asked]),
        member("cy", [], model="gpt-does-not-exist", instructions="[[sim:status 404]]"),
    ]
    nodes = [
        crew(
            "parallel",
            agents,
            message="Which colour?",
            judge={"model": "gpt-4o-mini", "instructions": "[[sim:reply Blue it is.]]"},
            on_agent_error="continue",
        )
    ]
    run = await perdure.start(await perdure.publish(nodes))
    await perdure.reached(run, "crew.ada", "completed")
    await perdure.decide(run, "approved")
    ended = await perdure.ended(run)
    assert ended["output"]["output"] == "Blue it is.", ended
    assert [(one["agent"], one["result"]) for one in ended["output"]["results"]] == [
        ("ada", "Red."),
        ("bo", "Blue."),
        ("cy", None),
    ]
    told = (await perdure.steps(run))["crew.judge.turn[0]"]["input"]["messages"][0]["content"][0]["text"]
    assert "## ada (by ada)\nRed." in told
    assert "## bo (by bo)\nBlue." in told


async def test_a_manager_delegates_and_members_hand_over(perdure: Perdure) -> None:
    agents = [
        member("ada", [{"text": "It is 7."}]),
        member("bo", [calls(("hand_off", {"agent": "ada", "message": "What is it?"})), {"text": "?"}]),
    ]
    manager = {
        "model": "gpt-4o-mini",
        "instructions": "[[sim:script "
        + json.dumps([calls(("delegate", {"agent": "ada", "task": "Find the number."})), {"text": "Seven."}])
        + "]]",
    }
    managed = await perdure.run([crew("hierarchical", agents, message="Which number?", manager=manager)])
    assert (managed["status"], managed["output"]["output"]) == ("completed", "Seven."), managed
    steps = await perdure.steps(managed["id"])
    assert steps["crew.manager.turn[0].call[0]"]["output"]["value"] == "It is 7."
    assert "crew.manager.turn[0].call[0].ada.turn[0]" in steps
    fork = await perdure.ended(await perdure.fork(managed["id"], node="crew", member="manager", turn=1))
    assert fork["output"] == managed["output"], fork

    handed = await perdure.run([crew("hand_off", agents[::-1], message="Which number?")])
    assert (handed["status"], handed["output"]["output"]) == ("completed", "It is 7."), handed
    assert [one["task"] for one in handed["output"]["results"]] == ["bo[0]", "ada[1]"]
    fork = await perdure.ended(await perdure.fork(handed["id"], node="crew", member="ada[1]", turn=0))
    assert fork["output"] == handed["output"], fork
    assert [path for path in await perdure.steps(fork["id"]) if "turn" in path] == ["crew.ada[1].turn[0]"]


async def test_each_member_is_a_workflow_of_its_own_and_one_that_fails_is_tried_again_alone(perdure: Perdure) -> None:
    agents = [
        member("ada", [{"text": "Red."}]),
        member("bo", [calls(add(1, 1)), {"text": "Blue."}], tools=[CALCULATOR], limits={"turns": 1}),
    ]
    nodes = [crew("parallel", agents, message="Which colour?", on_agent_error="ask")]
    run = await perdure.start(await perdure.publish(nodes))
    await perdure.reached(run, "crew.ada", "completed")
    asked = await perdure.decide(run, "retry")
    assert (asked["path"], asked["title"]) == ("crew.bo", "crew: bo failed")
    ended = await perdure.ended(run)
    assert ended["output"]["output"] == {"ada": "Red.", "bo": "Blue."}, ended
    events = (await perdure.handle(run).fetch_history()).events
    started = [event.start_child_workflow_execution_initiated_event_attributes for event in events]
    children = [one.workflow_id for one in started if one.workflow_id]
    assert [child.rpartition("crew/0/")[2] for child in children] == ["ada/0", "bo/0"]
    steps = await perdure.steps(run)
    assert {step["attempt"] for path, step in steps.items() if path.startswith("crew.ada")} == {1}


async def test_what_is_approved_for_the_run_holds_for_its_members_and_its_chunks(perdure: Perdure) -> None:
    asked = {**CALCULATOR, "policy": {"approve": "always", "remember": True}}
    script = [calls(add(1, 1)), {"text": "Two."}]
    team = crew("sequential", [member(name, script, tools=[asked]) for name in ("ada", "bo")], message="Add.")
    within = agent("add", script=script, tools=[asked])
    each = foreach("each", f"[{', '.join(['0'] * 50)}, 1]", [branch("only", one="item == 1"), within])
    each["with"]["body"]["edges"] = [{"from": "only.one", "to": "add"}]
    run = await perdure.start(await perdure.publish([team, each], ["crew>each"]))
    assert (await perdure.decide(run, "approved_for_run"))["path"] == "crew.ada.turn[0].call[0]"
    ended = await perdure.ended(run)
    assert ended["status"] == "completed", ended
    page = (await perdure.api.get("/v1/approvals", params={"run": run})).json()
    assert [one["path"] for one in page["items"]] == ["crew.ada.turn[0].call[0]"]


async def test_what_people_say_reaches_every_member_or_the_one_that_they_name(perdure: Perdure) -> None:
    def talking(name: str) -> dict[str, Any]:
        asked = {**CALCULATOR, "policy": {"approve": "always"}}
        return member(name, [calls(add(1, 1)), {"text": "Two."}], tools=[asked])

    delegating = calls(("delegate", {"agent": "ada", "task": "Add."}))
    manager = {"model": "gpt-4o-mini", "instructions": f"[[sim:script {json.dumps([delegating, {'text': 'Done.'}])}]]"}
    nodes = [
        crew("parallel", [talking("ada"), talking("bo")], message="Add."),
        {**crew("hierarchical", [talking("ada")], message="Add.", manager=manager), "id": "led"},
    ]
    run = await perdure.start(await perdure.publish(nodes))
    inner = "led.manager.turn[0].call[0].ada"
    for path in ("crew.ada", "crew.bo", inner):
        await perdure.reached(run, f"{path}.turn[0].call[0]", "waiting")
    for message, path in (("To all.", None), ("To one.", inner)):
        body = {"message": message} if path is None else {"message": message, "path": path}
        assert (await perdure.api.post(f"/v1/runs/{run}/steer", json=body)).status_code == 202
    parent = perdure.handle(run).id
    led = f"{parent}/led/0/manager/0"
    told = {f"{parent}/crew/0/ada/0": 1, f"{parent}/crew/0/bo/0": 1, led: 1, f"{led}/{inner[:-4]}/0/ada/0": 2}

    async def passed_on() -> bool:
        snapshots = [await perdure.temporal.get_workflow_handle(one).query("snapshot") for one in told]
        return [len(snapshot.get("steers", ())) for snapshot in snapshots] == list(told.values())

    await eventually(passed_on, seconds=30)
    for _ in range(3):
        await perdure.decide(run, "approved")
    assert (await perdure.ended(run))["status"] == "completed"
    steps = await perdure.steps(run)

    def heard(path: str) -> list[str]:
        said = [m for m in steps[path]["input"]["messages"] if m["role"] == "user"][1:]
        return [one["content"][0]["text"] for one in said]

    assert [heard(f"{path}.turn[1]") for path in ("crew.ada", "crew.bo")] == [["To all."]] * 2
    assert sorted(heard(f"{inner}.turn[1]")) == ["To all.", "To one."]
    assert heard("led.manager.turn[1]") == ["To all."]


async def test_what_people_say_reaches_published_agents_that_run_for_a_step(perdure: Perdure) -> None:
    script = json.dumps([calls(add(1, 1)), {"text": "Two."}])
    asked = {**CALCULATOR, "policy": {"approve": "always"}}
    adding = agent(message="{{ input.message }}", instructions=f"[[sim:script {script}]]", tools=[asked])
    slug = await perdure.publish([adding], input={"type": "object"}, output="{{ nodes.agent.output }}")
    helper = {"type": "call_agent", "settings": {"agent": slug, "description": "Adds."}}
    asking = [calls((slug.replace("-", "_"), {"message": "Add."})), {"text": "Done."}]
    nodes = [
        {"id": "far", "kind": "agent", "with": {"agent": slug, "message": "Add."}},
        agent("asking", script=asking, tools=[helper]),
    ]
    run = await perdure.start(await perdure.publish(nodes))
    children = []
    for path in ("far", "asking.turn[0].call[0]"):
        await perdure.reached(run, path, "waiting")
        children.append((await perdure.steps(run))[path]["input"]["run_id"])
    for child in children:
        await perdure.approval(child)
    for body in ({"message": "To all."}, {"message": "To one.", "path": "far"}):
        assert (await perdure.api.post(f"/v1/runs/{run}/steer", json=body)).status_code == 202

    async def passed_on() -> bool:
        snapshots = [await perdure.handle(child).query("snapshot") for child in children]
        return [len(snapshot.get("steers", ())) for snapshot in snapshots] == [2, 1]

    await eventually(passed_on, seconds=30)
    for child in children:
        await perdure.decide(child, "approved")
    assert (await perdure.ended(run))["status"] == "completed"
    found = [(await perdure.steps(child))["agent.turn[1]"]["input"] for child in children]
    found.append((await perdure.steps(run))["asking.turn[1]"]["input"])
    heard = [[m["content"][0]["text"] for m in one["messages"] if m["role"] == "user"][1:] for one in found]
    assert heard == [["To all.", "To one."], ["To all."], ["To all."]]


async def test_nothing_is_lost_that_people_say_while_an_agent_starts(perdure: Perdure) -> None:
    script = json.dumps([calls(add(1, 1)), {"text": "Two."}])
    asked = {**CALCULATOR, "policy": {"approve": "always"}}
    adding = agent(message="{{ input.message }}", instructions=f"[[sim:script {script}]]", tools=[asked])
    slug = await perdure.publish([adding], input={"type": "object"}, output="{{ nodes.agent.output }}")
    node = {"id": "far", "kind": "agent", "with": {"agent": slug, "message": "Add."}}
    run = await perdure.start(await perdure.publish([node]))
    told = [f"Word {number}." for number in range(60)]
    for message in told:
        said = await perdure.api.post(f"/v1/runs/{run}/steer", json={"message": message, "path": "far"})
        assert said.status_code == 202, said.text
    await perdure.reached(run, "far", "waiting")
    child = (await perdure.steps(run))["far"]["input"]["run_id"]
    await perdure.approval(child)

    async def heard(step: str, waiting: bool = False) -> list[str]:
        later = (await perdure.handle(child).query("snapshot"))["steers"] if waiting else []
        messages = (await perdure.steps(child))[step]["input"]["messages"]
        said = [one["content"][0]["text"] for one in messages if one["role"] == "user"]
        return sorted([*said[1:], *(one["message"] for one in later)])

    async def all_heard() -> bool:
        return await heard("agent.turn[0]", waiting=True) == sorted(told)

    await eventually(all_heard, seconds=30)
    await perdure.decide(child, "approved")
    assert (await perdure.ended(run))["status"] == "completed"
    assert await heard("agent.turn[1]") == sorted(told)
