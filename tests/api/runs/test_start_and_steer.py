"""Starting runs: accepted once, checked against their schema, never lost; steering them."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select, update

from api.services import Services
from db.run_events import append_event
from db.snapshots import pack_snapshot, unpack_snapshot
from db.tables import OutboxRow, Run
from schemas.limits import MAX_INPUT_BYTES
from schemas.run_events import EventType
from tests.api.documents import document, publish, start
from tests.api.test_gate import check_problem


async def count_runs(services: Services) -> int:
    async with services.database.tenant(services.workspace_id) as session:
        return (await session.scalar(select(func.count()).select_from(Run))) or 0


async def set_run(services: Services, run_id: str, **columns: Any) -> None:
    async with services.database.tenant(services.workspace_id) as session:
        await session.execute(update(Run).where(Run.id == run_id).values(**columns))


async def signals(services: Services, run_id: str) -> list[dict[str, Any]]:
    async with services.database.tenant(services.workspace_id) as session:
        rows = await session.scalars(select(OutboxRow).where(OutboxRow.run_id == run_id).order_by(OutboxRow.id))
        return [{"workflow_id": row.workflow_id, "signal": row.signal, **row.payload} for row in rows]


async def test_a_run_is_accepted_and_can_be_read(api: httpx.AsyncClient) -> None:
    await publish(api)
    answer = await api.post("/v1/runs", json={"workflow": "greeting", "input": {"email": "a@b.c", "count": 2}})
    assert answer.status_code == 202
    accepted = answer.json()
    assert accepted["status"] == "pending"
    assert (accepted["workflow"], accepted["version"], accepted["attempt"]) == ("greeting", 1, 1)
    assert answer.headers["location"] == f"/v1/runs/{accepted['id']}"
    run = (await api.get(answer.headers["location"])).json()
    assert run["input"] == {"email": "a@b.c", "count": 2}
    assert run["output"] is None
    events = (await api.get(f"/v1/runs/{accepted['id']}/events")).json()
    assert events["items"][0]["type"] == "run.created"


async def test_all_errors_of_the_input_are_reported(api: httpx.AsyncClient, services: Services) -> None:
    await publish(api)
    answer = await api.post("/v1/runs", json={"workflow": "greeting", "input": {"count": 0}})
    problem: Any = check_problem(answer, 422, "invalid_input")
    assert {error["field"] for error in problem["errors"]} == {"", "/count"}
    assert await count_runs(services) == 0


async def test_the_input_may_have_two_mebibytes(api: httpx.AsyncClient, services: Services) -> None:
    await publish(api)
    over = {"workflow": "greeting", "input": {"email": "x" * MAX_INPUT_BYTES}}
    check_problem(await api.post("/v1/runs", json=over), 413, "body_too_large")
    umlauts = {"workflow": "greeting", "input": {"email": "ä" * (MAX_INPUT_BYTES // 2)}}
    check_problem(await api.post("/v1/runs", json=umlauts), 413, "body_too_large")
    await start(api, "greeting", input={"email": "x" * (MAX_INPUT_BYTES - 100)})
    assert await count_runs(services) == 1


async def test_unknown_workflows_and_versions_are_not_found(api: httpx.AsyncClient) -> None:
    await publish(api)
    for body in ({"workflow": "nothing"}, {"workflow": "greeting", "version": 2}):
        check_problem(await api.post("/v1/runs", json={**body, "input": {"email": "x"}}), 404, "not_found")
    check_problem(await api.post("/v1/runs", json={"workflow": "greeting", "version": 0}), 422, "invalid_request")
    check_problem(await api.post("/v1/runs", json={"workflow": "No Slug"}), 422, "invalid_request")


async def test_a_run_starts_the_newest_version_even_if_another_process_published_it(
    api: httpx.AsyncClient, other_process: httpx.AsyncClient
) -> None:
    await publish(api)
    assert (await start(api, "greeting"))["version"] == 1
    changed = {"required": ["name"], "type": "object"}
    await publish(other_process, input=changed, nodes=document()["nodes"])
    stale = await api.post("/v1/runs", json={"workflow": "greeting", "input": {"email": "x"}})
    check_problem(stale, 422, "invalid_input")
    assert (await start(api, "greeting", input={"name": "x"}))["version"] == 2
    assert (await start(api, "greeting", version=1))["version"] == 1


async def test_twenty_starts_with_one_key_are_one_run(api: httpx.AsyncClient, services: Services) -> None:
    await publish(api)
    body = {"workflow": "greeting", "input": {"email": "a@b.c"}}
    answers = await asyncio.gather(
        *(api.post("/v1/runs", json=body, headers={"Idempotency-Key": "one"}) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert await count_runs(services) == 1


async def test_a_key_stands_for_one_request(api: httpx.AsyncClient, services: Services) -> None:
    await publish(api)
    key = {"Idempotency-Key": "key"}
    first = await api.post("/v1/runs", json={"workflow": "greeting", "input": {"email": "a", "count": 1}}, headers=key)
    again = await api.post(
        "/v1/runs", content='{"input": {"count":1, "email": "a"}, "workflow": "greeting"}', headers={**key, **JSON}
    )
    assert again.json() == first.json()
    other = await api.post("/v1/runs", json={"workflow": "greeting", "input": {"email": "b"}}, headers=key)
    problem: Any = check_problem(other, 409, "idempotency_mismatch")
    assert problem["details"]["run_id"] == first.json()["id"]
    assert await count_runs(services) == 1


JSON = {"Content-Type": "application/json"}


async def test_a_stored_answer_outlives_a_stricter_version(api: httpx.AsyncClient) -> None:
    await publish(api)
    key, body = {"Idempotency-Key": "before"}, {"workflow": "greeting", "input": {"email": "a"}}
    first = await api.post("/v1/runs", json=body, headers=key)
    await publish(api, input={"type": "object", "required": ["name"]}, nodes=document()["nodes"])
    assert (await api.post("/v1/runs", json=body, headers=key)).json() == first.json()
    check_problem(await api.post("/v1/runs", json=body), 422, "invalid_input")


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "ä"])
async def test_bad_keys_are_refused(api: httpx.AsyncClient, key: str) -> None:
    await publish(api)
    answer = await api.post(
        "/v1/runs", json={"workflow": "greeting", "input": {"email": "a"}}, headers={"Idempotency-Key": key.encode()}
    )
    check_problem(answer, 422, "invalid_request")


async def test_workspaces_do_not_share_runs_or_keys(api: httpx.AsyncClient, other_api: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "same"}
    body = {"workflow": "greeting", "input": {"email": "a"}}
    ids = []
    for client in (api, other_api):
        await publish(client)
        ids.append((await client.post("/v1/runs", json=body, headers=key)).json()["id"])
    assert ids[0] != ids[1]
    for path in ("", "/steps", "/events"):
        check_problem(await other_api.get(f"/v1/runs/{ids[0]}{path}"), 404, "not_found")
    for action in ("cancel", "pause", "resume", "retry"):
        check_problem(await other_api.post(f"/v1/runs/{ids[0]}/{action}"), 404, "not_found")
    assert [run["id"] for run in (await other_api.get("/v1/runs")).json()["items"]] == [ids[1]]


@pytest.mark.parametrize("run_id", ["1", "x" * 36, "7c5a4ba8-cf15-40f4-a1fe-3bb39ecc2712", "%00", "..%2f"])
async def test_malformed_and_unknown_ids_are_not_found(api: httpx.AsyncClient, run_id: str) -> None:
    for path in ("", "/steps", "/events"):
        check_problem(await api.get(f"/v1/runs/{run_id}{path}"), 404, "not_found")
    check_problem(await api.post(f"/v1/runs/{run_id}/cancel"), 404, "not_found")


async def test_runs_are_listed_filtered_and_paged(api: httpx.AsyncClient, services: Services) -> None:
    await publish(api)
    await publish(api, name="Other")
    ids = [(await start(api, slug))["id"] for slug in ("greeting", "other", "greeting", "greeting")]
    await set_run(services, ids[0], status="failed")
    newest_first = [run["id"] for run in (await api.get("/v1/runs")).json()["items"]]
    assert newest_first == ids[::-1]
    params: dict[str, Any] = {"workflow": "greeting", "limit": 2}
    first = (await api.get("/v1/runs", params=params)).json()
    second = (await api.get("/v1/runs", params={**params, "cursor": first["next_cursor"]})).json()
    assert [run["id"] for run in first["items"] + second["items"]] == [ids[3], ids[2], ids[0]]
    failed = (await api.get("/v1/runs", params={"status": "failed"})).json()["items"]
    assert [run["id"] for run in failed] == [ids[0]]
    check_problem(await api.get("/v1/runs", params={"status": "odd"}), 422, "invalid_request")
    check_problem(await api.get("/v1/runs", params={"limit": 0}), 422, "invalid_request")
    check_problem(await api.get("/v1/runs", params={"cursor": "x"}), 422, "invalid_request")


@pytest.mark.parametrize("action", ["cancel", "pause", "resume"])
async def test_control_is_a_signal_in_the_outbox(api: httpx.AsyncClient, services: Services, action: str) -> None:
    await publish(api)
    run_id = (await start(api, "greeting"))["id"]
    answer = await api.post(f"/v1/runs/{run_id}/{action}", json={"reason": "because"})
    assert answer.status_code == 202
    assert answer.json()["id"] == run_id
    [signal] = await signals(services, run_id)
    assert (signal["workflow_id"], signal["signal"]) == (f"run-{run_id}", "control")
    assert (signal["action"], signal["reason"]) == (action, "because")
    types = [event["type"] for event in (await api.get(f"/v1/runs/{run_id}/events")).json()["items"]]
    assert ("run.cancel_requested" in types) == (action == "cancel")


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "terminated"])
async def test_an_ended_run_cannot_be_controlled(api: httpx.AsyncClient, services: Services, status: str) -> None:
    await publish(api)
    run_id = (await start(api, "greeting"))["id"]
    await set_run(services, run_id, status=status)
    for action in ("cancel", "pause", "resume"):
        problem: Any = check_problem(await api.post(f"/v1/runs/{run_id}/{action}"), 409, "conflict")
        assert problem["details"] == {"status": status}
    assert await signals(services, run_id) == []


async def test_a_failed_run_begins_another_attempt(api: httpx.AsyncClient, services: Services) -> None:
    await publish(api)
    run_id = (await start(api, "greeting"))["id"]
    check_problem(await api.post(f"/v1/runs/{run_id}/retry"), 409, "conflict")
    error = {"code": "network", "message": "no"}
    await set_run(services, run_id, status="failed", error=error, ended_at=func.now(), snapshot=pack_snapshot({"a": 1}))
    run = (await api.post(f"/v1/runs/{run_id}/retry")).json()
    assert (run["status"], run["attempt"], run["error"], run["ended_at"]) == ("pending", 2, None, None)
    check_problem(await api.post(f"/v1/runs/{run_id}/retry"), 409, "conflict")
    events = (await api.get(f"/v1/runs/{run_id}/events")).json()["items"]
    assert [event["data"] for event in events if event["type"] == "run.retried"] == [{"attempt": 2, "by": "operator"}]
    await api.post(f"/v1/runs/{run_id}/cancel")
    assert (await signals(services, run_id))[-1]["workflow_id"] == f"run-{run_id}.2"


async def test_two_retries_at_once_begin_one_attempt(api: httpx.AsyncClient, services: Services) -> None:
    await publish(api)
    run_id = (await start(api, "greeting"))["id"]
    await set_run(services, run_id, status="failed")
    answers = await asyncio.gather(*(api.post(f"/v1/runs/{run_id}/retry") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409]


async def test_a_completed_run_and_a_child_run_are_not_retried(api: httpx.AsyncClient, services: Services) -> None:
    await publish(api)
    run_id = (await start(api, "greeting"))["id"]
    await set_run(services, run_id, status="completed")
    check_problem(await api.post(f"/v1/runs/{run_id}/retry"), 409, "conflict")
    await set_run(services, run_id, status="failed", parent_run_id=uuid4())
    check_problem(await api.post(f"/v1/runs/{run_id}/retry"), 409, "conflict")


async def test_a_fork_is_a_run_with_the_state_of_another(api: httpx.AsyncClient, services: Services) -> None:
    await publish(api)
    run_id = (await start(api, "greeting"))["id"]
    snapshot = {"frame": {"nodes": {"greet": {"status": "completed"}}}}
    await set_run(services, run_id, status="completed", snapshot=pack_snapshot(snapshot))
    edited = {"node": "greet", "outputs": {"greet": {"hello": "you"}}}
    body = {**edited, "input": {"email": "other"}}
    key = {"Idempotency-Key": "fork"}
    answer = await api.post(f"/v1/runs/{run_id}/fork", json=body, headers=key)
    assert answer.status_code == 202, answer.text
    fork_id = answer.json()["id"]
    assert fork_id != run_id
    assert (await api.post(f"/v1/runs/{run_id}/fork", json=body, headers=key)).json() == answer.json()
    fork = (await api.get(answer.headers["location"])).json()
    assert (fork["forked_from"], fork["trigger"], fork["input"]) == (run_id, "fork", {"email": "other"})
    async with services.database.tenant(services.workspace_id) as session:
        row = await session.get_one(Run, fork_id)
    assert {key: value for key, value in row.edit.items() if value is not None} == {"mode": "fork", **edited}
    assert unpack_snapshot(row.snapshot) == snapshot


async def test_forks_that_cannot_be(api: httpx.AsyncClient, services: Services) -> None:
    await publish(api)
    run_id = (await start(api, "greeting"))["id"]
    await set_run(services, run_id, status="terminated")
    path = f"/v1/runs/{run_id}/fork"
    check_problem(await api.post(path, json={"node": "greet"}), 409, "conflict")
    problem: Any = check_problem(await api.post(path, json={"node": "nope"}), 422, "invalid_request")
    assert problem["details"] == {"unknown": ["nope"]}
    check_problem(await api.post(path, json={"node": "greet", "outputs": {"odd": 1}}), 422, "invalid_request")
    check_problem(await api.post(path, json={"node": "greet", "input": {"count": 0}}), 422, "invalid_input")
    check_problem(await api.post(path, json={}), 422, "invalid_request")


async def test_prefer_wait_answers_the_end(api: httpx.AsyncClient, services: Services) -> None:
    await publish(api)
    wait = asyncio.create_task(
        api.post("/v1/runs", json={"workflow": "greeting", "input": {"email": "a"}}, headers={"Prefer": "wait=30"})
    )
    while not (runs := (await api.get("/v1/runs")).json()["items"]):
        await asyncio.sleep(0.02)
    run_id = runs[0]["id"]
    async with services.database.tenant(services.workspace_id) as session:
        await session.execute(update(Run).where(Run.id == run_id).values(status="completed", output={"done": True}))
        await append_event(session, runs[0]["id"], EventType.RUN_COMPLETED)
    answer = await wait
    assert answer.status_code == 200
    assert answer.json()["output"] == {"done": True}


async def test_prefer_wait_gives_up_in_time(api: httpx.AsyncClient) -> None:
    await publish(api)
    answer = await api.post(
        "/v1/runs", json={"workflow": "greeting", "input": {"email": "a"}}, headers={"Prefer": "wait=1"}
    )
    assert answer.status_code == 202
