"""Requests in the words of LangChain's Agent Inbox and of AG-UI."""

from typing import Any

import httpx
import pytest

from tests.api.approvals.conftest import DECISIONS, Office
from tests.api.test_gate import check_problem

REPLY = {"type": "object", "required": ["reply"], "properties": {"reply": {"type": "string"}}}


async def listed(client: httpx.AsyncClient) -> dict[str, Any]:
    [item] = (await client.get("/v1/agent-inbox/interrupts")).json()["items"]
    found: dict[str, Any] = item
    return found


async def shown(client: httpx.AsyncClient, request: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/v1/approvals/{request['id']}")).json()
    return found


async def test_the_agent_inbox_finds_what_it_may_do(api: httpx.AsyncClient, office: Office) -> None:
    request = await office.ask(
        "Send it?", body="To **Ada**.", payload={"to": "ada"}, decisions=(*DECISIONS, ("skipped", "Skip"))
    )
    item = await listed(api)
    assert item["thread_id"] == request["run_id"]
    assert item["value"] == [
        {
            "action_request": {"action": "Send it?", "args": {"to": "ada"}},
            "config": {"allow_ignore": True, "allow_respond": True, "allow_edit": False, "allow_accept": True},
            "description": "To **Ada**.",
        }
    ]


@pytest.mark.parametrize(
    ("fields", "response", "decision", "expected"),
    [
        ({}, {"type": "accept", "args": {"action": "x", "args": {}}}, "approved", {}),
        ({}, {"type": "accept"}, "approved", {}),
        ({}, {"type": "response", "args": "Too much."}, "rejected", {"reason": "Too much."}),
        ({"form": REPLY}, {"type": "response", "args": "Fine"}, "approved", {"data": {"reply": "Fine"}}),
        ({"decisions": (*DECISIONS, ("skipped", "Skip"))}, {"type": "ignore", "args": None}, "skipped", {}),
        (
            {"payload": {"amount": 5, "note": "a"}, "settings": {"editable": ["amount"]}},
            {"type": "edit", "args": {"action": "x", "args": {"amount": "7", "note": "a"}}},
            "approved",
            {"payload": {"amount": 7, "note": "a"}},
        ),
    ],
)
async def test_its_answers_become_decisions(
    api: httpx.AsyncClient,
    office: Office,
    fields: dict[str, Any],
    response: dict[str, Any],
    decision: str,
    expected: dict[str, Any],
) -> None:
    request = await office.ask(**fields)
    item = await listed(api)
    answer = await api.post(f"/v1/agent-inbox/interrupts/{item['id']}", json=response)
    assert answer.status_code == 200, answer.text
    found = await shown(api, request)
    assert (found["status"], found["decision"]) == ("decided", decision)
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("fields", "response"),
    [
        ({}, {"type": "ignore"}),
        ({}, {"type": "edit", "args": {"action": "x", "args": {"a": 1}}}),
        ({}, {"type": "response"}),
        ({"form": REPLY}, {"type": "accept"}),
        ({}, {"type": "nonsense"}),
    ],
)
async def test_what_a_request_does_not_allow_is_refused(
    api: httpx.AsyncClient, office: Office, fields: dict[str, Any], response: dict[str, Any]
) -> None:
    request = await office.ask(**fields)
    item = await listed(api)
    answer = await api.post(f"/v1/agent-inbox/interrupts/{item['id']}", json=response)
    assert answer.status_code == 422, answer.text
    assert (await shown(api, request))["status"] == "pending"


async def test_an_answer_to_what_was_shown_before_is_stale(api: httpx.AsyncClient, office: Office) -> None:
    request = await office.ask(payload={"amount": 5})
    item = await listed(api)
    body = {"payload": {"amount": 500}, "why": "A typing error."}
    assert (await api.post(f"/v1/approvals/{request['id']}/revise", json=body)).status_code == 200
    answer = await api.post(f"/v1/agent-inbox/interrupts/{item['id']}", json={"type": "accept"})
    check_problem(answer, 409, "stale_approval")
    path = f"/v1/ag-ui/runs/{request['run_id']}/interrupts"
    entry = {"interruptId": item["id"], "status": "resolved", "payload": {"approved": True}}
    [stale] = (await api.post(path, json={"resume": [entry]})).json()["items"]
    assert (stale["decision"], stale["error"]["code"]) == (None, "stale_approval")


async def test_without_a_digest_nothing_is_decided(api: httpx.AsyncClient, office: Office) -> None:
    request = await office.ask()
    path = f"/v1/agent-inbox/interrupts/{request['id']}"
    check_problem(await api.post(path, json={"type": "accept"}), 409, "stale_approval")
    check_problem(await api.post("/v1/agent-inbox/interrupts/nonsense", json={"type": "accept"}), 404, "not_found")


async def test_ag_ui_hears_of_an_interrupt_and_resumes(api: httpx.AsyncClient, office: Office) -> None:
    request = await office.ask("Send it?", payload={"to": "ada"}, form=REPLY, deadline=600.0)
    path = f"/v1/ag-ui/runs/{request['run_id']}/interrupts"
    finished = (await api.get(path)).json()
    assert (finished["type"], finished["runId"], finished["outcome"]["type"]) == (
        "RUN_FINISHED",
        request["run_id"],
        "interrupt",
    )
    [one] = finished["outcome"]["interrupts"]
    assert (one["reason"], one["message"], one["metadata"]["payload"]) == ("input_required", "Send it?", {"to": "ada"})
    assert one["responseSchema"]["properties"]["data"] == REPLY
    assert one["expiresAt"]
    answer = {"approved": True, "data": {"reply": "Yes"}}
    resume = {"resume": [{"interruptId": one["id"], "status": "resolved", "payload": answer}], "threadId": "t"}
    assert (await api.post(path, json=resume)).json() == {
        "items": [{"interruptId": one["id"], "decision": "approved", "error": None}]
    }
    found = await shown(api, request)
    assert (found["decision"], found["data"]) == ("approved", {"reply": "Yes"})
    assert (await api.get(path)).json()["outcome"] == {"type": "success", "interrupts": []}


@pytest.mark.parametrize(
    ("entry", "decision"),
    [
        ({"status": "resolved", "payload": {"approved": False, "reason": "No."}}, "rejected"),
        ({"status": "resolved", "payload": True}, "approved"),
        ({"status": "resolved", "payload": {"decision": "approved"}}, "approved"),
        ({"status": "cancelled"}, "rejected"),
    ],
)
async def test_every_answer_of_ag_ui_is_a_decision(
    api: httpx.AsyncClient, office: Office, entry: dict[str, Any], decision: str
) -> None:
    request = await office.ask()
    path = f"/v1/ag-ui/runs/{request['run_id']}/interrupts"
    [one] = (await api.get(path)).json()["outcome"]["interrupts"]
    [item] = (await api.post(path, json={"resume": [{"interruptId": one["id"], **entry}]})).json()["items"]
    assert item["decision"] == decision, item


@pytest.mark.parametrize(
    "payload", [None, {}, {"approved": 1}, {"approved": "yes"}, [], {"approved": True, "reason": 5}]
)
async def test_an_answer_that_says_nothing_decides_nothing(
    api: httpx.AsyncClient, office: Office, payload: object
) -> None:
    request = await office.ask()
    path = f"/v1/ag-ui/runs/{request['run_id']}/interrupts"
    [one] = (await api.get(path)).json()["outcome"]["interrupts"]
    entry = {"interruptId": one["id"], "status": "resolved", "payload": payload}
    [item] = (await api.post(path, json={"resume": [entry]})).json()["items"]
    assert item["error"]["code"] == "invalid_request"
    assert (await shown(api, request))["status"] == "pending"


async def test_a_run_answers_only_its_own_interrupts(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient, office: Office
) -> None:
    first, second = await office.ask(), await office.ask()
    path = f"/v1/ag-ui/runs/{first['run_id']}/interrupts"
    entry = {"interruptId": f"{second['id']}.{second['digest']}", "status": "resolved", "payload": True}
    [item] = (await api.post(path, json={"resume": [entry]})).json()["items"]
    assert item["error"]["code"] == "not_found"
    for answer in (await other_api.get(path), await other_api.post(path, json={"resume": [entry]})):
        check_problem(answer, 404, "not_found")
    mine = f"/v1/agent-inbox/interrupts/{first['id']}.{first['digest']}"
    check_problem(await other_api.post(mine, json={"type": "accept"}), 404, "not_found")
