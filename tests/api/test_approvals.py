"""Questions to people: of several answers one counts, and only one that fits."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from api.services import Services
from db.approvals.opening import open_approval
from db.tables import OutboxRow
from schemas.service_calls import OpenApproval
from tests.api.documents import publish, start
from tests.api.test_gate import check_problem

FORM = {
    "type": "object",
    "required": ["amount"],
    "properties": {"amount": {"type": "number", "maximum": 100}, "note": {"type": "string"}},
    "additionalProperties": False,
}


async def ask(api: httpx.AsyncClient, services: Services, **fields: Any) -> dict[str, Any]:
    """A run and its question, as the API shows it."""
    await publish(api)
    run_id = (await start(api, "greeting"))["id"]
    request = OpenApproval(
        workspace_id=str(services.workspace_id),
        run_id=run_id,
        path="ask",
        iteration=0,
        node_name="Ask",
        workflow_id=f"run-{run_id}",
        title="Refund?",
        payload={"order": "A-7"},
        decisions=(("approved", "Approve"), ("rejected", "Reject"), ("half", "Half of it")),
        **fields,
    )
    async with services.database.tenant(services.workspace_id) as session:
        approval = await open_approval(session, request)
    answer = await api.get(f"/v1/approvals/{approval.id}")
    shown: dict[str, Any] = answer.json()
    return shown


async def signals(services: Services, run_id: str) -> list[OutboxRow]:
    async with services.database.tenant(services.workspace_id) as session:
        return list(await session.scalars(select(OutboxRow).where(OutboxRow.run_id == UUID(run_id))))


async def test_a_question_is_listed_and_decided_once(api: httpx.AsyncClient, services: Services) -> None:
    question = await ask(api, services)
    assert question["decisions"][2] == {"name": "half", "label": "Half of it", "needs_reason": False}
    listed = (await api.get("/v1/approvals", params={"status": "pending"})).json()["items"]
    assert [item["id"] for item in listed] == [question["id"]]
    path = f"/v1/approvals/{question['id']}/decide"
    seen = {"digest": question["digest"]}
    decided = (await api.post(path, json={**seen, "decision": "half", "data": {"a": 1}, "reason": "fair"})).json()
    assert (decided["status"], decided["decision"], decided["data"]) == ("decided", "half", {"a": 1})
    [signal] = await signals(services, question["run_id"])
    assert (signal.signal, signal.payload["decision"], signal.payload["reason"]) == ("decide", "half", "fair")
    problem: Any = check_problem(await api.post(path, json={**seen, "decision": "approved"}), 409, "already_decided")
    assert problem["details"]["decision"] == "half"
    assert problem["details"]["decided_by"]
    assert "half" in problem["detail"]
    events = (await api.get(f"/v1/runs/{question['run_id']}/events")).json()["items"]
    assert [e["type"] for e in events if e["type"].startswith("approval")] == ["approval.opened", "approval.decided"]


async def test_of_ten_deciders_one_wins(api: httpx.AsyncClient, services: Services) -> None:
    question = await ask(api, services)
    path = f"/v1/approvals/{question['id']}/decide"
    answers = await asyncio.gather(
        *(
            api.post(path, json={"decision": decision, "digest": question["digest"]})
            for decision in ("approved", "rejected") * 5
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    won = next(answer.json()["decision"] for answer in answers if answer.status_code == 200)
    assert {answer.json()["details"]["decision"] for answer in answers if answer.status_code == 409} == {won}
    assert len(await signals(services, question["run_id"])) == 1


async def test_an_unknown_decision_names_the_allowed_ones(api: httpx.AsyncClient, services: Services) -> None:
    question = await ask(api, services)
    path = f"/v1/approvals/{question['id']}/decide"
    for decision in ("expired", "maybe"):
        body = {"decision": decision, "digest": question["digest"]}
        problem: Any = check_problem(await api.post(path, json=body), 422, "invalid_request")
        assert problem["details"] == {"allowed": ["approved", "rejected", "half"]}
    check_problem(await api.post(path, json={}), 422, "invalid_request")


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        (None, {""}),
        ({}, {""}),
        ({"amount": "x", "note": 1}, {"/amount", "/note"}),
        ({"amount": 101, "odd": 1}, {"/amount", ""}),
    ],
)
async def test_form_data_that_does_not_fit(
    api: httpx.AsyncClient, services: Services, data: Any, fields: set[str]
) -> None:
    question = await ask(api, services, form=FORM)
    body = {"decision": "approved", "data": data, "digest": question["digest"]}
    problem: Any = check_problem(
        await api.post(f"/v1/approvals/{question['id']}/decide", json=body), 422, "invalid_form"
    )
    assert {error["field"] for error in problem["errors"]} == fields
    assert (await api.get(f"/v1/approvals/{question['id']}")).json()["status"] == "pending"


async def test_whoever_rejects_need_not_fill_in_the_form(api: httpx.AsyncClient, services: Services) -> None:
    question = await ask(api, services, form=FORM)
    answer = await api.post(
        f"/v1/approvals/{question['id']}/decide", json={"decision": "rejected", "digest": question["digest"]}
    )
    assert answer.status_code == 200


async def test_bad_text_in_a_decision_is_refused(api: httpx.AsyncClient, services: Services) -> None:
    question = await ask(api, services)
    answer = await api.post(
        f"/v1/approvals/{question['id']}/decide",
        content=b'{"decision": "approved", "reason": "a\\u0000"}',
        headers={"Content-Type": "application/json"},
    )
    check_problem(answer, 422, "invalid_text")


async def test_approvals_are_filtered_by_run_and_paged(api: httpx.AsyncClient, services: Services) -> None:
    questions = [await ask(api, services) for _ in range(3)]
    for name in ("run", "run_id"):
        listed = (await api.get("/v1/approvals", params={name: questions[1]["run_id"]})).json()["items"]
        assert [item["id"] for item in listed] == [questions[1]["id"]]
    first = (await api.get("/v1/approvals", params={"limit": 2})).json()
    rest = (await api.get("/v1/approvals", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == [item["id"] for item in questions]
    check_problem(await api.get("/v1/approvals", params={"status": "odd"}), 422, "invalid_request")


async def test_approvals_of_others_and_malformed_ids_are_not_found(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient, services: Services
) -> None:
    question = await ask(api, services)
    for approval_id, client in ((question["id"], other_api), ("nonsense", api), (str(uuid4()), api)):
        check_problem(await client.get(f"/v1/approvals/{approval_id}"), 404, "not_found")
        body = {"decision": "approved", "digest": question["digest"]}
        answer = await client.post(f"/v1/approvals/{approval_id}/decide", json=body)
        check_problem(answer, 404, "not_found")
    assert (await other_api.get("/v1/approvals")).json()["items"] == []
