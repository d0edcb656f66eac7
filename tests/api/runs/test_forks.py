"""Forks: what may be changed, what never may be skipped, and that a repeated request makes no second fork."""

from typing import Any

import httpx
import pytest

from api.services import Services
from db.snapshots import pack_snapshot
from tests.api.documents import publish, start
from tests.api.runs.test_start_and_steer import count_runs, set_run
from tests.api.runs.test_terminate import only_child
from tests.api.test_gate import check_problem
from tests.support.perdure import Perdure

ASK: dict[str, Any] = {"id": "ask", "kind": "approval", "with": {"title": "Pay?"}}


def shape(node: str, value: Any = 1) -> dict[str, Any]:
    return {"id": node, "kind": "transform", "with": {"value": value}}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("ask", "it asks a person, and a fork asks again."),
        ("pay", "it comes after 'ask', which asks a person, and a fork asks again."),
    ],
)
async def test_an_answer_and_what_it_decides_cannot_be_given(
    api: httpx.AsyncClient, services: Services, given: str, why: str
) -> None:
    edges = [{"from": "read", "to": "ask"}, {"from": "ask.approved", "to": "pay"}]
    await publish(api, nodes=[shape("read"), ASK, shape("pay")], edges=edges)
    run = (await start(api, "greeting"))["id"]
    await set_run(services, run, status="completed", snapshot=pack_snapshot({}))
    answer = await api.post(f"/v1/runs/{run}/fork", json={"node": "read", "outputs": {given: {"decision": "approved"}}})
    problem: Any = check_problem(answer, 422, "invalid_request")
    assert problem["detail"] == f"The output of {given!r} cannot be given: {why}"
    assert problem["details"] == {"node": given, "asks": "ask"}
    assert await count_runs(services) == 1
    fine = await api.post(f"/v1/runs/{run}/fork", json={"node": "ask", "outputs": {"read": 2}})
    assert fine.status_code == 202


async def test_a_workflow_that_asked_a_person_is_run_again(perdure: Perdure) -> None:
    asking = await perdure.publish([ASK])
    wrapping = await perdure.publish([{"id": "inner", "kind": "sub_workflow", "with": {"workflow": asking}}])
    sub = {"id": "sub", "kind": "sub_workflow", "with": {"workflow": wrapping}}
    run = await perdure.start(await perdure.publish([shape("free"), sub, shape("last")], ["sub>last", "free>last"]))
    leaf = await leaf_of(perdure, run)
    await perdure.decide(leaf, "approved")
    await perdure.ended(run)
    refused = await perdure.api.post(f"/v1/runs/{run}/fork", json={"node": "last", "outputs": {"sub": 1}})
    assert "cannot be given: it asks a person" in refused.json()["detail"]
    fork = await perdure.fork(run, node="last")
    again = await leaf_of(perdure, fork)
    await perdure.decide(again, "approved")
    assert (await perdure.ended(fork))["status"] == "completed"
    assert set(await perdure.statuses(fork)) == {"sub", "last"}


async def leaf_of(perdure: Perdure, run: str) -> str:
    """The run two levels below."""
    return await only_child(perdure, await only_child(perdure, run))


async def test_a_fork_with_another_input(perdure: Perdure) -> None:
    slug = await perdure.publish(
        [shape("read", "{{ input.n }}"), shape("twice", "{{ nodes.read.output * 2 }}")],
        ["read>twice"],
        output="{{ nodes.twice.output }}",
        input={"type": "object", "properties": {"n": {"type": "integer"}}},
    )
    run = (await perdure.ended(await perdure.start(slug, {"n": 2})))["id"]
    fork = await perdure.ended(await perdure.fork(run, node="read", input={"n": 5}))
    assert (fork["output"], fork["input"], fork["forked_from"]) == (10, {"n": 5}, run)
    kept = await perdure.ended(await perdure.fork(run, node="twice", input={"n": 5}))
    assert kept["output"] == 4, "what was not run anew keeps its result"
    wrong = await perdure.api.post(f"/v1/runs/{run}/fork", json={"node": "read", "input": {"n": "x"}})
    check_problem(wrong, 422, "invalid_input")


async def test_a_key_stands_for_one_fork_even_when_the_run_has_changed(
    api: httpx.AsyncClient, services: Services
) -> None:
    await publish(api)
    run = (await start(api, "greeting"))["id"]
    await set_run(services, run, status="completed", snapshot=pack_snapshot({}))
    key, path = {"Idempotency-Key": "fork"}, f"/v1/runs/{run}/fork"
    first = await api.post(path, json={"node": "greet"}, headers=key)
    await set_run(services, run, status="terminated", snapshot=None)
    again = await api.post(path, json={"node": "greet"}, headers=key)
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    other = await api.post(path, json={"node": "greet", "input": {"email": "b"}}, headers=key)
    check_problem(other, 409, "idempotency_mismatch")
    assert await count_runs(services) == 2


async def test_a_key_stands_for_one_retry(api: httpx.AsyncClient, services: Services) -> None:
    await publish(api)
    run = (await start(api, "greeting"))["id"]
    await set_run(services, run, status="failed")
    key = {"Idempotency-Key": "again"}
    first = await api.post(f"/v1/runs/{run}/retry", headers=key)
    assert (first.status_code, first.json()["attempt"]) == (202, 2)
    again = await api.post(f"/v1/runs/{run}/retry", headers=key)
    assert (again.status_code, again.json()["attempt"]) == (202, 2)
    assert again.headers["idempotent-replayed"] == "true"
    check_problem(await api.post(f"/v1/runs/{run}/retry", headers={"Idempotency-Key": "other"}), 409, "conflict")


async def test_a_stored_start_outlives_the_archiving_of_its_workflow(api: httpx.AsyncClient) -> None:
    await publish(api)
    key, body = {"Idempotency-Key": "one"}, {"workflow": "greeting", "input": {"email": "a"}}
    first = await api.post("/v1/runs", json=body, headers=key)
    (await api.post("/v1/workflows/greeting/archive")).raise_for_status()
    assert (await api.post("/v1/runs", json=body, headers=key)).json() == first.json()
    assert (await api.post("/v1/runs", json=body)).status_code == 409
