"""Agents: created, saved, published, found, run; the graph behind them is nobody's concern."""

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from api.services import Services
from db.tables import OutboxRow, Run, RunEventRow, Step
from tests.api.test_gate import check_problem

CONFIG = {"instructions": "Be brief.", "model": "gpt-4o-mini", "tools": [{"type": "calculator"}]}


async def create(api: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await api.post("/v1/agents", json={"name": "Helper", "config": CONFIG, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def publish(api: httpx.AsyncClient, slug: str, revision: int) -> dict[str, Any]:
    answer = await api.post(f"/v1/agents/{slug}/publish", json={"revision": revision})
    assert answer.is_success, answer.text
    published: dict[str, Any] = answer.json()
    return published


async def test_an_agent_lives_like_a_workflow_of_one_node(api: httpx.AsyncClient) -> None:
    made = await create(api, tags=["support"], description="Helps.", limits={"max_cost_usd": 1.0})
    assert (made["slug"], made["config"], made["faults"], made["revision"]) == ("helper", CONFIG, [], 1)
    assert (await api.get("/v1/workflows")).json()["items"] == []
    [listed] = (await api.get("/v1/agents", params={"tag": "support"})).json()["items"]
    assert (listed["model"], listed["tools"], listed["version"], listed["type"]) == (
        "gpt-4o-mini",
        ["calculator"],
        None,
        "agent",
    )
    assert (await publish(api, "helper", 1))["version"] == 1
    faulty = {"config": {"instructions": 7}, "revision": 1}
    saved = (await api.put("/v1/agents/helper/draft", json=faulty)).json()
    assert saved["faults"][0]["field"] == "with.instructions"
    assert (saved["description"], saved["limits"], saved["name"]) == ("Helps.", {"max_cost_usd": 1.0}, "Helper")
    check_problem(await api.put("/v1/agents/helper/draft", json=faulty), 409, "stale_revision")
    check_problem(await api.post("/v1/agents/helper/publish", json={"revision": 2}), 422, "invalid_document")
    restored = (await api.post("/v1/agents/helper/versions/1/restore", json={"revision": 2})).json()
    assert (restored["config"], restored["changed"]) == (CONFIG, False)
    other = {"config": {**CONFIG, "model": "gpt-4o"}, "description": None, "revision": 3}
    assert (await api.put("/v1/agents/helper/draft", json=other)).json()["description"] is None
    assert (await publish(api, "helper", 4))["version"] == 2
    versions = (await api.get("/v1/agents/helper/versions")).json()["items"]
    assert [version["version"] for version in versions] == [2, 1]
    diff = (await api.get("/v1/agents/helper/diff", params={"before": "1", "after": "2"})).json()
    assert "gpt-4o" in json.dumps(diff)
    assert (await api.get("/v1/agents/helper/versions/1")).json()["config"] == CONFIG
    assert (await api.post("/v1/agents/helper/clone", json={"slug": "twin"})).json()["config"]["model"] == "gpt-4o"
    assert (await api.delete("/v1/agents/twin")).status_code == 204
    assert (await api.post("/v1/agents/helper/archive")).json()["archived_at"] is not None
    check_problem(await api.post("/v1/agents/helper/runs", json={"message": "Hi"}), 409, "conflict")
    assert (await api.post("/v1/agents/helper/unarchive")).json()["archived_at"] is None


async def test_agents_and_workflows_are_not_mixed_up(api: httpx.AsyncClient) -> None:
    await create(api)
    await api.post("/v1/workflows/drafts", json={"name": "Flow", "slug": "flow"})
    for path in ("/v1/agents/flow", "/v1/agents/flow/draft", "/v1/agents/flow/uses", "/v1/agents/flow/versions"):
        check_problem(await api.get(path), 404, "not_found")
    graph = {"name": "X", "nodes": [{"id": "a", "kind": "transform", "with": {"value": 1}}]}
    more = await api.put("/v1/workflows/helper/draft", json={"document": graph, "revision": 1})
    check_problem(more, 422, "invalid_document")
    check_problem(await api.post("/v1/workflows", json=graph, params={"slug": "helper"}), 422, "invalid_document")
    check_problem(await api.post("/v1/agents", json={"name": "Flow", "slug": "flow"}), 409, "conflict")


async def test_who_uses_an_agent_is_known(api: httpx.AsyncClient) -> None:
    await create(api)
    await publish(api, "helper", 1)
    node = {"id": "helper", "kind": "agent", "with": {"agent": "helper@1", "message": "Hi"}}
    for slug, nodes in (
        ("user", [node]),
        ("namesake", [{"id": "helper", "kind": "transform", "with": {"value": "helper"}}]),
    ):
        answer = await api.post("/v1/workflows", json={"name": slug, "nodes": nodes}, params={"slug": slug})
        assert answer.is_success, answer.text
    [use] = (await api.get("/v1/agents/helper/uses")).json()["items"]
    assert use == {
        "slug": "user",
        "name": "user",
        "type": "workflow",
        "version": 1,
        "draft": True,
        "references": ["helper@1"],
    }


@pytest.fixture
async def run_id(api: httpx.AsyncClient) -> str:
    await create(api)
    await publish(api, "helper", 1)
    answer = await api.post("/v1/agents/helper/runs", json={"message": "Add 1 and 2"}, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 202, answer.text
    again = await api.post("/v1/agents/helper/runs", json={"message": "Add 1 and 2"}, headers={"Idempotency-Key": "k"})
    assert again.headers["idempotent-replayed"] == "true"
    found: str = answer.json()["id"]
    assert again.json()["id"] == found
    return found


async def test_a_run_of_an_agent_is_found_and_steered_once(
    api: httpx.AsyncClient, services: Services, run_id: str
) -> None:
    for params in ({"agent": "helper"}, {"type": "agent"}, {"workflow": "helper", "version": 1}):
        [run] = (await api.get("/v1/runs", params=params)).json()["items"]
        assert run["id"] == run_id
    assert (await api.get("/v1/runs", params={"type": "workflow"})).json()["items"] == []
    for _ in range(2):
        body = {"message": "And 3", "path": "agent"}
        steered = await api.post(f"/v1/runs/{run_id}/steer", json=body, headers={"Idempotency-Key": "s"})
        assert steered.status_code == 202, steered.text
    async with services.database.tenant(services.workspace_id) as session:
        rows = (await session.scalars(select(OutboxRow).where(OutboxRow.run_id == run_id))).all()
        events = (await session.scalars(select(RunEventRow).where(RunEventRow.run_id == run_id))).all()
        await session.execute(update(Run).where(Run.id == run_id).values(status="completed"))
    [signal] = rows
    assert (signal.signal, signal.payload["message"], signal.payload["path"]) == ("steer", "And 3", "agent")
    assert [event.data["message"] for event in events if event.type == "run.steered"] == ["And 3"]
    check_problem(await api.post(f"/v1/runs/{run_id}/steer", json={"message": "Late"}), 409, "conflict")


async def test_what_was_said_is_read_from_the_steps(api: httpx.AsyncClient, services: Services, run_id: str) -> None:
    call = {"id": "c1", "name": "calculator", "arguments": {"expression": "1+2"}}
    turns: dict[str, dict[str, Any]] = {
        "agent.turn[0]": {
            "kind": "model_turn",
            "output": {"message": {"role": "assistant", "tool_calls": [call]}, "model": "gpt"},
        },
        "agent.turn[0].call[0]": {
            "kind": "tool_call",
            "input": {"name": "calculator", "arguments": {"expression": "1 + 2"}},
            "output": {"value": 3, "is_error": False, "parts": []},
        },
        "agent.turn[1]": {
            "kind": "model_turn",
            "output": {"message": {"role": "assistant", "content": [{"type": "text", "text": "3"}]}, "model": "gpt"},
        },
    }
    async with services.database.tenant(services.workspace_id) as session:
        for path, row in turns.items():
            step = Step(workspace_id=services.workspace_id, run_id=run_id, path=path, iteration=0, name=path, **row)
            step.status = "completed"
            step.started_at = (await session.execute(select(Run.created_at))).scalars().first()
            session.add(step)
            await session.flush()
    first = (await api.get(f"/v1/runs/{run_id}/transcript", params={"limit": 2})).json()
    rest = (await api.get(f"/v1/runs/{run_id}/transcript", params={"cursor": first["next_cursor"]})).json()
    asked, wanted, called, said = [*first["items"], *rest["items"]]
    assert (asked["role"], asked["content"][0]["text"]) == ("user", "Add 1 and 2")
    assert wanted["tool_calls"][0]["arguments"] == {"expression": "1+2"}
    assert (called["role"], called["tool_call_id"], called["arguments"]) == ("tool", "c1", {"expression": "1 + 2"})
    assert (called["content"][0]["text"], said["content"][0]["text"]) == ("3", "3")
    assert rest["next_cursor"] is None
