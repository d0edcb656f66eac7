"""Rules on the real server: what a rule answers the run goes on with, and nobody is waited for."""

from typing import Any
from uuid import uuid4

from tests.support.documents import ask, code, value
from tests.support.perdure import Perdure


async def rule(perdure: Perdure, expression: str, **fields: Any) -> dict[str, Any]:
    body = {"name": f"rule {uuid4().hex[:8]}", "expression": expression, "decision": "approved", **fields}
    answer = await perdure.api.post("/v1/approval-rules", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_rule_approves_and_the_next_step_runs(perdure: Perdure) -> None:
    await rule(perdure, "amount <= 50 && customer.tier == 'gold'", name="small gold", reason="small")
    nodes = [
        ask("ask", payload={"amount": "{{ input.amount }}", "customer": {"tier": "gold"}}),
        code("pay", "amount * 2", inputs={"amount": "{{ nodes.ask.output.payload.amount }}"}),
    ]
    slug = await perdure.publish(nodes, ["ask.approved>pay"])
    run = await perdure.ended(await perdure.start(slug, {"amount": 40}))
    assert (run["status"], run["output"]) == ("completed", 80)
    output = (await perdure.steps(run["id"]))["ask"]["output"]
    assert (output["rule"], output["by"], output["reason"]) == ("small gold v1", "small gold v1", "small")
    waiting = await perdure.start(slug, {"amount": 60})
    asked = await perdure.approval(waiting)
    assert asked["status"] == "pending"
    await perdure.decide(waiting, "approved")
    assert (await perdure.ended(waiting))["output"] == 120


async def test_a_rule_may_take_another_way(perdure: Perdure) -> None:
    await rule(perdure, "payload.risk > 5", decision="rejected")
    nodes = [ask("ask", payload={"risk": 9}), value("yes", "yes"), value("no", "no")]
    run = await perdure.run(nodes, ["ask.approved>yes", "ask.rejected>no"])
    assert (run["status"], run["output"]) == ("completed", {"no": "no"})


async def test_a_rule_that_fails_breaks_no_run(perdure: Perdure) -> None:
    broken = await rule(perdure, "payload.nothing.at.all")
    nodes = [ask("ask", payload={"amount": 1}), value("done", 1)]
    run = await perdure.start(await perdure.publish(nodes, ["ask.approved>done"]))
    await perdure.decide(run, "approved")
    assert (await perdure.ended(run))["status"] == "completed"
    shown = (await perdure.api.get(f"/v1/approval-rules/{broken['id']}")).json()
    assert "no field `nothing`" in shown["last_error"]["message"]


async def test_approve_this_and_similar_of_the_run(perdure: Perdure) -> None:
    body = {"nodes": [ask("ask", payload={"kind": "{{ item.kind }}"})]}
    each = {"id": "each", "kind": "foreach", "with": {"items": "input.items", "concurrency": 1, "body": body}}
    slug = await perdure.publish([each])
    run = await perdure.start(slug, {"items": [{"kind": "a"}, {"kind": "a"}, {"kind": "b"}, {"kind": "a"}]})
    first = await perdure.approval(run)
    answer = await perdure.api.post(
        f"/v1/approvals/{first['id']}/approve-similar", json={"digest": first["digest"], "fields": ["kind"]}
    )
    assert answer.is_success, answer.text
    assert answer.json()["rule"]["scope"] == {"workflow": slug, "node": "each.ask", "tag": None}
    other = await perdure.approval(run)
    assert other["payload"] == {"kind": "b"}
    await perdure.decide(run, "approved")
    assert (await perdure.ended(run))["status"] == "completed"
    decided = (await perdure.api.get("/v1/approvals", params={"run_id": run})).json()["items"]
    by = sorted(f"{approval['payload']['kind']} {approval['decided_by_kind']}" for approval in decided)
    assert by == ["a operator", "a rule", "a rule", "b operator"]
