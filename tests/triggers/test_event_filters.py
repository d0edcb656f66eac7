"""Waits that take only some events: others are left for whoever takes them, before and after."""

from typing import Any

from tests.support.perdure import Perdure


async def event(perdure: Perdure, amount: Any) -> dict[str, Any]:
    body = {"type": "paid", "key": "A-7", "data": {"amount": amount}}
    answer = await perdure.api.post("/v1/events", json=body)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_only_the_events_that_a_filter_lets_pass_are_taken(perdure: Perdure) -> None:
    awaited = {
        "type": "paid",
        "key": "A-7",
        "filter": "event.data.amount >= values.least",
        "values": {"least": "{{ input.least }}"},
    }
    nodes = [{"id": "wait", "kind": "wait", "with": {"event": awaited}}]
    slug = await perdure.publish(nodes, output="{{ nodes.wait.output.amount }}")
    for amount in ("no number", 5, 50):
        assert (await event(perdure, amount))["run_id"] is None
    first = await perdure.ended(await perdure.start(slug, {"least": 10}))
    assert first["output"] == 50  # came first, and was the only one to fit
    dear, cheap = await perdure.start(slug, {"least": 100}), await perdure.start(slug, {"least": 6})
    for run in (dear, cheap):
        await perdure.reached(run, "wait", "waiting")
    assert (await event(perdure, 7))["run_id"] == cheap
    assert (await event(perdure, 200))["run_id"] == dear
    assert (await perdure.ended(dear))["output"] == 200
    assert (await perdure.ended(await perdure.start(slug, {"least": 0})))["output"] == 5
    bad = {**nodes[0], "with": {"event": {**awaited, "filter": "event.data. >"}}}
    document = {"format": "perdure/v1", "name": "Bad", "nodes": [bad]}
    faults = (await perdure.api.post("/v1/validate", json=document)).json()["faults"]
    assert [fault["field"] for fault in faults] == ["with.event.filter"]
