"""Approvals on the real server: what a person answers is what the run goes on with."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import text, update

from api.app import create_app
from api.settings import ApiSettings
from db.tables import Approval
from schemas.roles import Role
from tests.support.documents import ask, code, value
from tests.support.people import new_member, signed_in
from tests.support.perdure import TOKEN, Perdure
from tests.support.polling import eventually


async def detail(perdure: Perdure, approval_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await perdure.api.get(f"/v1/approvals/{approval_id}")).json()
    return found


async def kinds(perdure: Perdure, approval_id: str) -> list[str]:
    return [entry["kind"] for entry in (await detail(perdure, approval_id))["history"]]


async def test_edits_go_on_with_the_run(perdure: Perdure) -> None:
    nodes = [
        ask("ask", payload={"amount": 250, "to": "Ada"}, editable=["amount"], priority="high", tags=["refund"]),
        code("pay", "amount * 2", inputs={"amount": "{{ nodes.ask.output.payload.amount }}"}),
    ]
    run = await perdure.start(await perdure.publish(nodes, ["ask.approved>pay"]))
    asked = await perdure.approval(run)
    assert (asked["priority"], asked["tags"], asked["editable"]) == ("high", ["refund"], ["amount"])
    await perdure.decide(run, "approved", payload={"amount": 200, "to": "Ada"})
    assert (await perdure.ended(run))["output"] == 400
    output = (await perdure.steps(run))["ask"]["output"]
    assert (output["payload"], output["digest"]) == ({"amount": 200, "to": "Ada"}, asked["digest"])


async def test_a_person_of_a_group_an_expression_names_is_asked(perdure: Perdure) -> None:
    lead = await new_member(perdure.database, perdure.workspace_id, Role.OPERATOR)
    other = await new_member(perdure.database, perdure.workspace_id, Role.OPERATOR)
    app = create_app(ApiSettings(token=SecretStr(TOKEN)), perdure.services)
    nodes = [ask("ask", assignees="{{ input.who }}"), value("done", "{{ nodes.ask.output.by }}")]
    slug = await perdure.publish(nodes, ["ask.approved>done"])
    run = await perdure.start(slug, {"who": [lead.email]})
    asked = await perdure.approval(run)
    path, body = f"/v1/approvals/{asked['id']}/decide", {"decision": "approved", "digest": asked["digest"]}
    async with signed_in(app, other) as client:
        refused = await client.post(path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_assigned")
        shown = (await client.get(f"/v1/approvals/{asked['id']}")).json()
        assert (shown["may_decide"], shown["stage_states"][0]["assignees"]) == (False, [lead.email])
    async with signed_in(app, lead) as client:
        assert (await client.post(path, json=body)).status_code == 200
    assert (await perdure.ended(run))["output"] == lead.email


async def test_people_are_reminded_and_others_asked_before_it_expires(perdure: Perdure) -> None:
    boss = await new_member(perdure.database, perdure.workspace_id, Role.ADMIN)
    nodes = [
        ask("ask", reminders=["100ms", "200ms"], escalate=[{"after": "300ms", "to": [boss.email]}], deadline="600ms"),
        value("late", "late"),
    ]
    run = await perdure.run(nodes, ["ask.expired>late"])
    assert run["output"] == "late"
    page = (await perdure.api.get("/v1/approvals", params={"run_id": run["id"]})).json()
    assert await kinds(perdure, page["items"][0]["id"]) == [
        "opened", "reminded", "reminded", "escalated", "assigned", "expired",
    ]  # fmt: skip


@pytest.mark.parametrize("meaning", ["rejected", "approved"])
async def test_a_deadline_can_answer(perdure: Perdure, meaning: str) -> None:
    nodes = [ask("ask", deadline="50ms", on_expiry=meaning), code("after", "1")]
    run = await perdure.run(nodes, [f"ask.{meaning}>after"])
    assert (run["status"], run["output"]) == ("completed", 1)
    assert (await perdure.steps(run["id"]))["ask"]["output"]["by"] is None


async def test_the_run_waits_while_an_answer_can_be_taken_back(perdure: Perdure) -> None:
    nodes = [ask("ask", undo="1h", skip=True), value("yes", "yes"), value("no", "no"), value("skip", "skip")]
    edges = ["ask.approved>yes", "ask.rejected>no", "ask.skipped>skip"]
    run = await perdure.start(await perdure.publish(nodes, edges))
    asked = await perdure.decide(run, "approved")
    assert (await detail(perdure, asked["id"]))["status"] == "decided"
    undone = await perdure.api.post(f"/v1/approvals/{asked['id']}/undo")
    assert (undone.status_code, undone.json()["status"]) == (200, "pending")
    await perdure.decide(run, "skipped")
    assert (await perdure.get(run))["status"] == "running"
    async with perdure.database.tenant(perdure.workspace_id) as session:
        over = update(Approval).where(Approval.id == UUID(asked["id"]))
        await session.execute(over.values(undo_until=Approval.decided_at + timedelta(milliseconds=1)))
    assert (await perdure.ended(run))["output"] == {"skip": "skip"}


async def test_a_step_refuses_an_approval_that_was_changed_behind_its_back(perdure: Perdure) -> None:
    nodes = [
        ask("ask", payload={"amount": 10}),
        value("between", "{{ nodes.ask.output.payload.amount }}"),
        {"id": "gate", "kind": "approval", "with": {"title": "Really?"}},
        code("pay", "n", inputs={"n": "{{ nodes.between.output }}"}),
    ]
    run = await perdure.start(
        await perdure.publish(nodes, ["ask.approved>between", "between>gate", "gate.approved>pay"])
    )
    await perdure.decide(run, "approved")
    asked = await perdure.approval(run, "Really?")
    async with perdure.database.tenant(perdure.workspace_id) as session:
        await session.execute(text("UPDATE approvals SET title = 'Nothing?' WHERE id = :id"), {"id": asked["id"]})
    await perdure.decide(run, "approved")
    ended = await perdure.ended(run)
    assert (ended["status"], ended["error"]["code"], ended["error"]["node"]) == ("failed", "approval_mismatch", "pay")


async def test_a_rejection_says_why_where_the_node_asks_for_it(perdure: Perdure) -> None:
    decisions = [{"name": "hold", "label": "Hold", "reason": True}]
    nodes = [ask("ask", reason="on_reject", decisions=decisions), value("no", "{{ nodes.ask.output.reason }}")]
    run = await perdure.start(await perdure.publish(nodes, ["ask.rejected>no"]))
    asked = await perdure.approval(run)
    for decision in ("rejected", "hold"):
        body = {"decision": decision, "digest": asked["digest"], "reason": "  "}
        answer = await perdure.api.post(f"/v1/approvals/{asked['id']}/decide", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    await perdure.decide(run, "rejected", reason="too much")
    assert (await perdure.ended(run))["output"] == "too much"


async def test_several_are_decided_at_once_each_by_itself(perdure: Perdure) -> None:
    slug = await perdure.publish([ask("ask"), code("after", "1")], ["ask.approved>after"])
    runs = [await perdure.start(slug) for _ in range(3)]
    asked = [await perdure.approval(run) for run in runs]
    chosen = [{"id": each["id"], "digest": each["digest"]} for each in asked]
    chosen[1]["digest"] = "0"
    answer = await perdure.api.post("/v1/approvals/decide", json={"approvals": chosen, "decision": "approved"})
    told = answer.json()
    assert (told["decided"], told["refused"]) == (2, 1)
    assert told["items"][1]["error"]["code"] == "stale_approval"
    for run in (runs[0], runs[2]):
        assert (await perdure.ended(run))["status"] == "completed"
    assert (await perdure.get(runs[1]))["status"] == "running"


async def test_a_conversation_and_a_changed_question(perdure: Perdure) -> None:
    run = await perdure.start(await perdure.publish([ask("ask", payload={"n": 1}), value("a", 1)], ["ask.approved>a"]))
    asked = await perdure.approval(run)
    base = f"/v1/approvals/{asked['id']}"
    await perdure.api.post(f"{base}/comments", json={"text": "Which order?", "kind": "question"})
    await perdure.api.post(f"{base}/comments", json={"text": "A-7", "kind": "answer"})
    revised = await perdure.api.post(f"{base}/revise", json={"payload": {"n": 2}, "why": "typo"})
    assert revised.json()["payload"] == {"n": 2}
    body = {"decision": "approved", "digest": asked["digest"]}
    stale = await perdure.api.post(f"{base}/decide", json=body)
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_approval")
    assert stale.json()["details"]["digest"] == revised.json()["digest"]
    await perdure.decide(run, "approved")
    await perdure.ended(run)
    assert (await perdure.steps(run))["ask"]["output"]["payload"] == {"n": 2}
    assert await kinds(perdure, asked["id"]) == ["opened", "question", "answer", "revised", "decided"]
    events = (await perdure.api.get(f"/v1/runs/{run}/events")).json()["items"]
    assert [e["data"]["text"] for e in events if e["type"] == "approval.commented"] == ["Which order?", "A-7"]


async def test_names_that_do_not_exist_fail_the_step_with_a_clear_error(perdure: Perdure) -> None:
    run = await perdure.run([ask("ask", assignees={"groups": ["nobody"]}), value("a", 1)], ["ask.approved>a"])
    assert (run["error"]["code"], run["error"]["node"]) == ("invalid_config", "ask")
    assert "group 'nobody'" in run["error"]["message"]


async def test_business_hours(perdure: Perdure) -> None:
    run = await perdure.run([ask("ask", calendar="none", deadline="1d"), value("a", 1)], ["ask.approved>a"])
    assert run["error"]["code"] == "invalid_config"
    assert "no calendar 'none'" in run["error"]["message"]


async def test_the_stream_of_a_run_tells_of_reminders(perdure: Perdure) -> None:
    run = await perdure.start(
        await perdure.publish([ask("ask", reminders=["10ms"]), value("a", 1)], ["ask.approved>a"])
    )

    async def reminded() -> bool:
        events = (await perdure.api.get(f"/v1/runs/{run}/events")).json()["items"]
        return any(event["type"] == "approval.reminded" for event in events)

    await eventually(reminded)
