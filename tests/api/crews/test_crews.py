"""Crews by the API: made, saved, published and run; each is a workflow of one node."""

from typing import Any

from tests.api.test_gate import check_problem
from tests.support.perdure import Perdure, model_server, perdure, plumbing, worker

__all__ = ["model_server", "perdure", "plumbing", "worker"]

AGENTS: list[dict[str, Any]] = [
    {"name": "ada", "role": "Researcher", "model": "gpt-4o-mini"},
    {"name": "bo", "role": "Writer", "model": "gpt-4o-mini"},
]
TASKS = [
    {"name": "facts", "agent": "ada", "description": "Find facts. [[sim:reply Tea is a plant.]]"},
    {"name": "text", "agent": "bo", "description": "Write a line. [[sim:reply Tea grows.]]"},
]


async def test_a_crew_is_made_and_run_by_the_api(perdure: Perdure) -> None:
    api = perdure.api
    config = {"agents": AGENTS, "tasks": [{**TASKS[0], "agent": "cy"}]}
    made = await api.post("/v1/crews", json={"name": "Newsroom", "config": config, "limits": {"max_cost_usd": 1.0}})
    assert made.status_code == 201, made.text
    assert made.headers["location"] == "/v1/crews/newsroom"
    shown = made.json()
    assert (shown["config"], shown["limits"], len(shown["faults"])) == (config, {"max_cost_usd": 1.0}, 1)
    check_problem(await api.post("/v1/crews/newsroom/publish", json={"revision": 1}), 422, "invalid_document")
    good = {"agents": AGENTS, "tasks": TASKS, "budget_usd": 1.0}
    saved = (await api.put("/v1/crews/newsroom", json={"config": good, "revision": 1})).json()
    assert (saved["faults"], saved["revision"], saved["name"], saved["limits"]) == (
        [],
        2,
        "Newsroom",
        {"max_cost_usd": 1.0},
    )
    check_problem(await api.put("/v1/crews/newsroom", json={"config": good, "revision": 1}), 409, "stale_revision")
    assert (await api.post("/v1/crews/newsroom/publish", json={"revision": 2})).status_code == 201
    assert (await api.get("/v1/crews/newsroom")).json()["changed"] is False
    started = await api.post("/v1/crews/newsroom/runs", json={"message": {"topic": "tea"}})
    assert started.status_code == 202, started.text
    run = await perdure.ended(started.json()["id"])
    assert (run["status"], run["output"]["output"]) == ("completed", "Tea grows."), run
    assert [one["agent"] for one in run["output"]["results"]] == ["ada", "bo"]
    again = {"json": {"message": "m"}, "headers": {"Idempotency-Key": "once"}}
    first, second = [(await api.post("/v1/crews/newsroom/runs", **again)).json()["id"] for _ in range(2)]
    assert first == second
    await perdure.ended(first)


async def test_crews_are_listed_tried_out_copied_and_put_away(perdure: Perdure) -> None:
    api, config = perdure.api, {"agents": AGENTS, "tasks": TASKS}
    await perdure.publish([{"id": "a", "kind": "transform", "with": {"value": 1}}])

    async def listed(**params: Any) -> list[str]:
        page = (await api.get("/v1/crews", params=params)).raise_for_status().json()
        return [crew["slug"] for crew in page["items"]]

    assert await listed() == []
    assert (await api.post("/v1/crews", json={"name": "Newsroom", "config": config})).status_code == 201
    check_problem(await api.post("/v1/crews/newsroom/test", json={"message": "m"}), 422, "invalid_request")
    tried = await api.post("/v1/crews/newsroom/test", json={"message": "m", "confirm": True})
    assert tried.status_code == 202, tried.text
    run = await perdure.ended(tried.json()["id"])
    assert (run["trigger"], run["output"]["output"]) == ("test", "Tea grows.")
    copy = await api.post("/v1/crews/newsroom/clone", json={"slug": "second"})
    assert (copy.status_code, copy.headers["location"]) == (201, "/v1/crews/second")
    assert (copy.json()["config"], copy.json()["name"]) == (config, "Newsroom (copy)")
    assert await listed() == ["newsroom", "second"]
    assert await listed(q="copy") == ["second"]
    check_problem(await api.delete("/v1/crews/newsroom"), 409, "conflict")
    assert (await api.delete("/v1/crews/second")).status_code == 204
    assert (await api.post("/v1/crews/newsroom/archive")).json()["slug"] == "newsroom"
    assert (await listed(), await listed(archived=True)) == ([], ["newsroom"])
    assert (await api.post("/v1/crews/newsroom/unarchive")).status_code == 200
    assert await listed() == ["newsroom"]


async def test_what_is_no_crew_is_not_found(perdure: Perdure) -> None:
    slug = await perdure.publish([{"id": "a", "kind": "transform", "with": {"value": 1}}])
    check_problem(await perdure.api.get(f"/v1/crews/{slug}"), 404, "not_found")
    check_problem(await perdure.api.post(f"/v1/crews/{slug}/runs", json={"message": "m"}), 404, "not_found")
    body = {"config": {"agents": AGENTS}, "revision": 1}
    check_problem(await perdure.api.put(f"/v1/crews/{slug}", json=body), 404, "not_found")
    check_problem(await perdure.api.delete(f"/v1/crews/{slug}"), 404, "not_found")
    check_problem(await perdure.api.post(f"/v1/crews/{slug}/archive"), 404, "not_found")
