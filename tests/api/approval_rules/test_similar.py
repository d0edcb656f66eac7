"""An answer that is repeated for similar requests of the same run."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from db.tables import Approval
from schemas.roles import Role
from tests.api.test_gate import check_problem
from tests.support.approval_rules import Rules
from tests.support.people import member

PAYLOAD = {"amount": 40, "customer": {"tier": "gold", "a b": 'it"s'}, "nothing": None}


async def repeat(client: httpx.AsyncClient, approval: Approval, **fields: Any) -> httpx.Response:
    body = {"digest": approval.digest, **fields}
    return await client.post(f"/v1/approvals/{approval.id}/approve-similar", json=body)


async def test_the_same_payload_is_answered_the_same(rules: Rules, api: httpx.AsyncClient) -> None:
    run, other = await rules.run(), await rules.run()
    approval = await rules.ask(run, payload=PAYLOAD)
    made = (await repeat(api, approval, reason="all alike")).json()
    assert (made["approval"]["status"], made["approval"]["decided_by"]) == ("decided", "operator")
    rule = made["rule"]
    assert (rule["run_id"], rule["origin_id"], rule["answers_for"]) == (run, str(approval.id), "operator")
    assert rule["scope"] == {"workflow": "greeting", "node": "each.ask", "tag": None}
    assert rule["expires_at"] is not None
    again = await rules.ask(run, payload=PAYLOAD)
    assert (again.decided_by, again.reason) == (f"{rule['name']} v1", "all alike")
    for asked in (
        await rules.ask(run, payload={**PAYLOAD, "amount": 41}),
        await rules.ask(run, payload=PAYLOAD, path="elsewhere"),
        await rules.ask(other, payload=PAYLOAD),
    ):
        assert asked.status == "pending"
    assert await rules.audited(rule["id"]) == ["approval_rule.created"]


async def test_chosen_fields(rules: Rules, api: httpx.AsyncClient) -> None:
    run = await rules.run()
    approval = await rules.ask(run, payload=PAYLOAD)
    made = (await repeat(api, approval, fields=["customer.tier", "customer.a b", "nothing"], any_node=True)).json()
    assert 'payload.customer["a b"] == "it\\"s"' in made["rule"]["expression"]
    assert (await rules.ask(run, payload={**PAYLOAD, "amount": 9_000}, path="elsewhere")).status == "decided"
    assert (await rules.ask(run, payload={**PAYLOAD, "nothing": 1})).status == "pending"


async def test_an_expression_and_no_demand_at_all(rules: Rules, api: httpx.AsyncClient) -> None:
    run = await rules.run()
    await repeat(api, await rules.ask(run), decision="rejected", expression="amount > 30")
    assert (await rules.ask(run, payload={"amount": 31})).decision == "rejected"
    waiting = await rules.ask(run, payload={"amount": 29})
    assert waiting.status == "pending"
    await repeat(api, waiting, fields=[])
    assert (await rules.ask(run, payload=None)).decision == "approved"


@pytest.mark.parametrize(
    ("asked", "wanted", "code"),
    [
        ({}, {"fields": ["nope.x"]}, "invalid_request"),
        ({}, {"expression": "amount > 1000"}, "invalid_request"),
        ({}, {"expression": "nope"}, "invalid_request"),
        ({}, {"expression": "1 +"}, "expression_failed"),
        ({}, {"decision": "unknown"}, "invalid_request"),
        ({}, {"expires_in": 1}, "invalid_request"),
        ({}, {"expires_in": "90d"}, "invalid_request"),
        ({"payload": {"long": "x" * 11_000}}, {}, "invalid_request"),
        ({"settings": {"stages": [{"needs": 2}]}}, {}, "invalid_request"),
        ({"settings": {"policies": False}}, {}, "invalid_request"),
        ({"purpose": "intervention"}, {}, "invalid_request"),
    ],
)
async def test_what_cannot_be_repeated_is_not_decided_either(
    rules: Rules, api: httpx.AsyncClient, asked: dict[str, Any], wanted: dict[str, Any], code: str
) -> None:
    approval = await rules.ask(await rules.run(), **asked)
    check_problem(await repeat(api, approval, **wanted), 422, code)
    assert (await api.get(f"/v1/approvals/{approval.id}")).json()["status"] == "pending"
    assert (await api.get("/v1/approval-rules")).json()["items"] == []


async def test_only_who_may_answer_repeats(rules: Rules, api: httpx.AsyncClient, app: FastAPI) -> None:
    run = await rules.run()
    for_admins = await rules.ask(run, settings={"stages": [{"assignees": {"roles": ["admin"]}}]})
    async with member(app, Role.VIEWER) as viewer, member(app, Role.OPERATOR) as operator:
        check_problem(await repeat(viewer, for_admins), 403, "forbidden")
        check_problem(await repeat(operator, for_admins), 403, "not_assigned")
        mine = await rules.ask(run)
        rule = (await repeat(operator, mine, fields=[])).json()["rule"]
        assert (await rules.ask(run)).status == "decided"
        again = await rules.ask(run, settings={"stages": [{"assignees": {"roles": ["admin"]}}]})
        assert again.status == "pending"
        async with member(app, Role.OPERATOR) as colleague:
            check_problem(await colleague.post(f"/v1/approval-rules/{rule['id']}/disable"), 403, "forbidden")
        check_problem(await operator.post(f"/v1/approval-rules/{rule['id']}/enable"), 403, "forbidden")
        assert not (await operator.post(f"/v1/approval-rules/{rule['id']}/disable")).json()["enabled"]
    assert (await rules.ask(run)).status == "pending"


async def test_an_answer_that_is_taken_back_is_not_repeated(rules: Rules, app: FastAPI) -> None:
    run = await rules.run()
    approval = await rules.ask(run, settings={"undo": 600})
    async with member(app, Role.OPERATOR) as operator:
        assert (await repeat(operator, approval)).is_success
        assert (await rules.ask(run)).status == "decided"
        assert (await operator.post(f"/v1/approvals/{approval.id}/undo")).is_success
        assert (await rules.ask(run)).status == "pending"


async def test_a_stale_digest_and_a_second_answer_make_no_rule(rules: Rules, api: httpx.AsyncClient) -> None:
    approval = await rules.ask(await rules.run())
    path = f"/v1/approvals/{approval.id}/approve-similar"
    check_problem(await api.post(path, json={"digest": "0" * 64}), 409, "stale_approval")
    check_problem(await api.post(f"/v1/approvals/{uuid4()}/approve-similar", json={"digest": "0"}), 404, "not_found")
    assert (await repeat(api, approval)).is_success
    check_problem(await repeat(api, approval), 409, "already_decided")
    assert len((await api.get("/v1/approval-rules")).json()["items"]) == 1


async def test_rules_of_a_run_come_after_those_of_the_workspace(rules: Rules, api: httpx.AsyncClient) -> None:
    run = await rules.run()
    repeated = (await repeat(api, await rules.ask(run), fields=[])).json()["rule"]
    general = await rules.make("true", decision="rejected")
    assert (await rules.ask(run)).decision == "rejected"
    listed = (await api.get("/v1/approval-rules")).json()["items"]
    assert [rule["id"] for rule in listed] == [general["id"], repeated["id"]]
    of_run = (await api.get("/v1/approval-rules", params={"run": run})).json()["items"]
    assert [rule["id"] for rule in of_run] == [repeated["id"]]
    await api.post(f"/v1/approval-rules/{repeated['id']}/disable")
    assert (await api.get("/v1/approval-rules", params={"run": run})).json()["items"] == []
    ended = (await api.get("/v1/approval-rules", params={"run": run, "ended": True})).json()["items"]
    assert [rule["enabled"] for rule in ended] == [False]
