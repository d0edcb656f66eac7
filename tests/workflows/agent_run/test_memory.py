"""What agents remember: told before the first turn, kept by a tool or at the end, apart by person, shared by crews."""

import json
from typing import Any

from tests.support.agents import CALCULATOR, add, agent, calls
from tests.support.perdure import Perdure

TEA = "Ada wants tea in the morning."


def remembering(facts: list[str], *, then: str = "Noted.") -> list[Any]:
    return [calls(("remember", {"facts": facts})), {"text": then}]


async def told(perdure: Perdure, run: str, step: str = "agent.turn[0]") -> str:
    """The instructions that the model was given in a turn."""
    text: str = (await perdure.steps(run))[step]["input"].get("system", "")
    return text


async def known(perdure: Perdure, **params: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await perdure.api.get("/v1/memories", params=params)).json()["items"]
    return items


async def talk(perdure: Perdure, slug: str, person: str | None, message: str, script: list[Any]) -> dict[str, Any]:
    given = {"message": f"{message} [[sim:script {json.dumps(script)}]]", "context": {"person": person}}
    body = {"workflow": slug, "input": given}
    answer = await perdure.api.post("/v1/runs", json=body)
    ended = await perdure.ended(answer.json()["id"])
    assert ended["status"] == "completed", ended
    return ended


async def test_facts_are_kept_apart_by_agent_and_person_and_told_before_the_first_turn(perdure: Perdure) -> None:
    config = {
        "model": "gpt-4o-mini",
        "instructions": "Be kind.",
        "memory": {"subject": "{{ input.context.person }}", "expires_in": "30d"},
    }
    for name in ("Helper", "Other"):
        made = (await perdure.api.post("/v1/agents", json={"name": name, "config": config})).json()
        assert made["faults"] == [], made
        await perdure.api.post(f"/v1/agents/{made['slug']}/publish", json={"revision": 1})
    first = await talk(perdure, "helper", "ada", "I want tea.", remembering([TEA, " ada wants TEA in the morning. "]))
    assert await told(perdure, first["id"]) == "Be kind."
    [fact] = await known(perdure, memory="helper")
    assert (fact["text"], fact["subject"]) == (TEA, "ada")
    assert fact["source"] == {"run_id": first["id"], "path": "agent.turn[0].call[0]"}
    assert fact["expires_at"] is not None
    recall = [calls(("recall", {"query": "tea"})), {"text": "Tea."}]
    again = await talk(perdure, "helper", "ada", "What do I drink?", recall)
    assert (await told(perdure, again["id"])).endswith(f"- {TEA} ({fact['created_at'][:10]})")
    assert TEA in json.dumps(again["output"]["messages"])
    for slug, person in (("helper", "bo"), ("helper", None), ("other", "ada")):
        run = await talk(perdure, slug, person, "What do I drink?", recall)
        assert await told(perdure, run["id"]) == "Be kind.", (slug, person)
        assert TEA not in json.dumps(run["output"]["messages"])
    assert (await perdure.api.post("/v1/memories/erase", json={"subject": "ada"})).json() == {"count": 1}
    assert await told(perdure, (await talk(perdure, "helper", "ada", "Tea?", [{"text": "?"}]))["id"]) == "Be kind."


async def test_facts_are_taken_from_a_conversation_at_its_end(perdure: Perdure) -> None:
    memory = {"name": "ends", "remember": "end"}
    nodes = [agent(message='I like rye. [[sim:json {"facts": ["They like rye.", " "]}]]', memory=memory)]
    slug = await perdure.publish(nodes)
    run = await perdure.ended(await perdure.start(slug))
    assert run["status"] == "completed", run
    steps = await perdure.steps(run["id"])
    assert {"agent.recall[0]", "agent.turn[0]", "agent.facts[0]", "agent.remember[0]"} <= set(steps)
    assert "tools" in steps["agent.turn[0]"]["input"]
    assert [tool["name"] for tool in steps["agent.turn[0]"]["input"]["tools"]] == ["recall"]
    assert [fact["text"] for fact in await known(perdure, memory="ends")] == ["They like rye."]
    # An answer is not lost because nobody can say what to keep of it.
    broken = agent(message="Hello. [[sim:reply Hello.]]", memory=memory, fields={"retry": {"max_attempts": 1}})
    ended = await perdure.run([broken])
    assert (ended["status"], ended["output"]["text"]) == ("completed", "Hello.")
    assert (await perdure.steps(ended["id"]))["agent.facts[0]"]["status"] == "failed"


async def test_members_of_a_crew_share_a_memory_and_a_budget(perdure: Perdure) -> None:
    def member(name: str, script: list[Any], **more: Any) -> dict[str, Any]:
        script_text = f"[[sim:script {json.dumps(script)}]]"
        return {"name": name, "model": "gpt-4o-mini", "instructions": script_text, **more}

    dear = {"usage": {"in": 100_000, "out": 10}}
    agents = [
        member("ada", [calls(("remember", {"facts": [TEA]}), **dear), {"text": "Kept."}], max_tokens=100),
        member("bo", [calls(add(1, 1)), {"text": "Tea."}], tools=[CALCULATOR]),
    ]
    tasks = [
        {"name": "keep", "agent": "ada", "description": "Keep."},
        {"name": "use", "agent": "bo", "description": TEA},
    ]
    config = {"agents": agents, "tasks": tasks, "memory": {}, "budget_usd": 0.0172}
    slug = await perdure.publish([{"id": "crew", "kind": "crew", "with": config}])
    run = await perdure.start(slug)
    asked = await perdure.approval(run)
    # What the first has spent is missing to the second.
    assert asked["path"] == "crew.use.turn[0]", asked
    details = asked["payload"]["error"]["details"]
    assert (details["scope"], details["key"]) == ("crew", f"{run}/crew")
    await perdure.decide(run, "approved", data={"amount": 1})
    ended = await perdure.ended(run)
    assert (ended["status"], ended["output"]["output"]) == ("completed", "Tea."), ended
    assert TEA in await told(perdure, run, "crew.use.turn[0]")
    assert [fact["text"] for fact in await known(perdure, memory=f"{slug}/crew")] == [TEA]
