"""What a rule would have decided on past approvals."""

from typing import Any

import httpx
import pytest

from tests.api.test_gate import check_problem
from tests.support.approval_rules import Rules


async def backtest(api: httpx.AsyncClient, expression: str = "amount <= 50", **fields: Any) -> dict[str, Any]:
    body = {"expression": expression, "decision": "approved", **fields}
    answer = await api.post("/v1/approval-rules/backtest", json=body)
    assert answer.is_success, answer.text
    result: dict[str, Any] = answer.json()
    return result


async def test_every_past_approval_counts_once(rules: Rules, api: httpx.AsyncClient) -> None:
    run = await rules.run()
    for amount, decision in ((10, "approved"), (20, "approved"), (30, "rejected"), (60, "approved")):
        await rules.decide(await rules.ask(run, payload={"amount": amount}), decision)
    edited = await rules.ask(run, payload={"amount": 45}, settings={"editable": ["amount"]})
    await rules.decide(edited, payload={"amount": 5})
    broken = await rules.ask(run, payload={})
    await rules.decide(broken)
    alone = await rules.ask(run, settings={"separation_of_duties": True})
    await rules.decide(alone)
    await rules.ask(run, payload={"amount": 1})  # is still open
    before = (await api.get("/v1/approvals", params={"limit": 200})).json()
    result = await backtest(api)
    counts = {name: value for name, value in result.items() if name != "examples"}
    assert counts == {
        "looked_at": 7,
        "would_decide": 4,
        "agrees": 2,
        "disagrees": 2,
        "undecided": 0,
        "errors": 1,
        "no_match": 1,
        "people_only": 1,
        "complete": True,
    }
    outcomes = [example["outcome"] for example in result["examples"]]
    assert outcomes == ["disagrees", "disagrees", "error", "agrees", "agrees"]
    assert result["examples"][0] | {"created_at": ""} == {
        "id": str(edited.id),
        "title": "Refund?",
        "workflow": "greeting",
        "node_name": "Ask",
        "created_at": "",
        "outcome": "disagrees",
        "decision": "approved",
        "decided_by": "operator",
        "edited": True,
        "message": None,
    }
    assert result["examples"][2]["id"] == str(broken.id)
    assert "no field `amount`" in result["examples"][2]["message"]
    assert (await api.get("/v1/approvals", params={"limit": 200})).json() == before
    assert (await api.get("/v1/approval-rules")).json()["items"] == []


async def test_what_rules_decided_agrees_with_nobody(rules: Rules, api: httpx.AsyncClient) -> None:
    run = await rules.run()
    await rules.make("true")
    await rules.ask(run)
    result = await backtest(api, "true")
    assert (result["undecided"], result["agrees"], result["would_decide"]) == (1, 0, 1)


async def test_scope_limit_and_since(rules: Rules, api: httpx.AsyncClient) -> None:
    run = await rules.run()
    approvals = [await rules.ask(run, tags=("a",) if n % 2 else ("b",)) for n in range(60)]
    for approval in approvals:
        await rules.decide(approval)
    assert (await backtest(api))["looked_at"] == 60
    assert (await backtest(api, limit=27))["looked_at"] == 27
    assert len((await backtest(api))["examples"]) == 50
    assert (await backtest(api, scope={"tag": "a"}))["looked_at"] == 30
    assert (await backtest(api, scope={"node": "each.ask", "workflow": "greeting"}))["looked_at"] == 60
    for nothing in ({"node": "ask"}, {"node": "each[1].ask"}, {"workflow": "another"}, {"tag": "c"}):
        assert (await backtest(api, scope=nothing))["looked_at"] == 0
    since = approvals[40].created_at.isoformat()
    assert (await backtest(api, since=since))["looked_at"] == 20


async def test_it_reads_the_run_and_its_input(rules: Rules, api: httpx.AsyncClient) -> None:
    run = await rules.run()
    await rules.decide(await rules.ask(run))
    assert (await backtest(api, f"run.id == '{run}' && has(input.email)"))["agrees"] == 1


async def test_it_does_only_so_much_work(rules: Rules, api: httpx.AsyncClient) -> None:
    run = await rules.run()
    for _ in range(30):
        await rules.decide(await rules.ask(run, payload={"list": list(range(60))}))
    heavy = "payload.list.all(a, payload.list.all(b, payload.list.all(c, a + b + c >= 0)))"
    result = await backtest(api, heavy)
    assert not result["complete"]
    assert 0 < result["looked_at"] < 30


@pytest.mark.parametrize("wrong", [{"expression": "1 +"}, {"limit": 1_001}, {"limit": 0}, {"since": "yesterday"}])
async def test_what_is_no_backtest(api: httpx.AsyncClient, wrong: dict[str, Any]) -> None:
    body = {"expression": "true", "decision": "approved"} | wrong
    answer = await api.post("/v1/approval-rules/backtest", json=body)
    check_problem(answer, 422, "expression_failed" if "expression" in wrong else "invalid_request")


async def test_other_workspaces_are_not_looked_at(
    rules: Rules, api: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    await rules.decide(await rules.ask(await rules.run()))
    assert (await backtest(api))["looked_at"] == 1
    assert (await backtest(other_api))["looked_at"] == 0
