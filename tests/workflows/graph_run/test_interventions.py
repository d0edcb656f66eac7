"""`on_error: pause` on the real stack: what a person sees of a failed step, and what their answers do."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest

from schemas import limits
from tests.support.agents import agent
from tests.support.documents import branch, code, foreach, value
from tests.support.http_server import Received, answer, http_server
from tests.support.perdure import Perdure
from tests.support.polling import eventually

NO_PAUSE = {"max_attempts": 3, "initial": "10ms", "max_interval": "10ms"}


async def parked(perdure: Perdure, nodes: list[dict[str, Any]], *edges: str, **document: Any) -> str:
    return await perdure.start(await perdure.publish(nodes, list(edges), **document), {"n": 0, "path": "/status/503"})


async def next_approval(perdure: Perdure, run: str, before: dict[str, Any]) -> dict[str, Any]:
    async def another() -> dict[str, Any] | None:
        found = await perdure.approval(run)
        return found if found["id"] != before["id"] else None

    found = await eventually(another)
    assert found is not None
    return found


async def refused(perdure: Perdure, run: str, decision: str, data: Any) -> list[str]:
    """Fields that are wrong with the data of a decision."""
    asked = await perdure.approval(run)
    body = {"decision": decision, "digest": asked["digest"], "data": data}
    answer = await perdure.api.post(f"/v1/approvals/{asked['id']}/decide", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_form"), answer.text
    return [problem["field"] for problem in answer.json()["errors"]]


async def test_a_person_sees_error_attempts_and_the_input_as_it_was_used(perdure: Perdure) -> None:
    async with http_server() as server:
        call = {
            "id": "call",
            "kind": "http_request",
            "name": "Call",
            "with": {"url": server.url + "{{ input.path }}", "method": "POST", "json": {"n": "{{ input.n }}"}},
            "on_error": "pause",
            "retry": NO_PAUSE,
        }
        run = await parked(perdure, [call])
        asked = await perdure.approval(run, "Call failed")
        assert asked["purpose"] == "intervention"
        payload = asked["payload"]
        assert payload["error"]["code"] == "upstream_failed"
        assert (payload["attempts"], payload["kind"], payload["resolved"]) == (3, "http_request", True)
        assert payload["settings"] == {"url": f"{server.url}/status/503", "method": "POST", "json": {"n": 0}}
        assert asked["form"]["properties"]["method"]["enum"][:2] == ["GET", "POST"]
        assert "failed after 3 attempts" in asked["body"]
        assert "as you wished" in asked["body"]
        await perdure.decide(run, "edit", data=payload["settings"] | {"url": f"{server.url}/echo"})
        assert (await perdure.ended(run))["output"]["body"]["body"] == '{"n":0}'
        keys = [request.headers["idempotency-key"] for request in server.received]
        assert keys == [f"{run}/call/0"] * 3 + [f"{run}/call/1"]


async def test_edited_settings_must_fit_before_they_are_taken(perdure: Perdure) -> None:
    run = await parked(perdure, [code("bad", "1 / n", inputs={"n": "{{ input.n }}"}, on_error="pause")])
    asked = await perdure.approval(run)
    assert asked["payload"]["settings"] == {"code": "1 / n", "inputs": {"n": 0}}
    assert await refused(perdure, run, "edit", {"code": "", "max_seconds": 99, "nope": 1}) == [
        "/code",
        "/max_seconds",
        "/nope",
    ]
    assert await refused(perdure, run, "edit", None) == [""]
    await perdure.decide(run, "edit", data={"code": "1 / n", "inputs": {"n": 2}})
    assert (await perdure.ended(run))["output"] == 0.5


async def test_where_templates_could_not_be_filled_in_they_are_what_is_edited(perdure: Perdure) -> None:
    run = await parked(perdure, [code("bad", "n + 1", inputs={"n": "{{ input.nope }}"}, on_error="pause")])
    asked = await perdure.approval(run)
    assert asked["payload"]["resolved"] is False
    assert asked["payload"]["settings"]["inputs"] == {"n": "{{ input.nope }}"}
    assert await refused(perdure, run, "edit", {"code": "n", "inputs": {"n": "{{ input. }}"}}) == ["/inputs/n"]
    await perdure.decide(run, "edit", data={"code": "n + 1", "inputs": {"n": "{{ input.n }}"}})
    assert (await perdure.ended(run))["output"] == 1


async def test_filled_in_text_is_never_taken_for_a_template(perdure: Perdure) -> None:
    nodes = [code("bad", "1 / 0", inputs={"t": "{{ input.path }}"}, on_error="pause")]
    run = await parked(perdure, nodes)
    await perdure.decide(run, "edit", data={"code": "t", "inputs": {"t": "{{ input.n }}"}})
    assert (await perdure.ended(run))["output"] == "{{ input.n }}"


async def test_the_items_of_a_foreach_can_be_mended(perdure: Perdure) -> None:
    body = [value("inverse", "{{ 10 / item }}")]
    run = await parked(perdure, [foreach("each", "[1, 0]", body, on_error="pause")])
    asked = await perdure.approval(run)
    assert asked["payload"]["settings"] == {"items": "[1, 0]"}
    assert set(asked["form"]["properties"]) == {"items", "vars", "concurrency", "on_item_error"}
    assert await refused(perdure, run, "edit", {"items": "[1, "}) == ["/items"]
    await perdure.decide(run, "edit", data={"items": "[5, 2]"})
    assert (await perdure.ended(run))["output"] == [2, 5]


async def test_edited_settings_stay_when_the_step_fails_again(perdure: Perdure) -> None:
    run = await parked(perdure, [code("bad", "1 / n", inputs={"n": "{{ input.n }}"}, on_error="pause")])
    first = await perdure.decide(run, "edit", data={"code": "2 / n", "inputs": {"n": 0}})
    second = await next_approval(perdure, run, first)
    assert second["payload"]["settings"] == {"code": "2 / n", "inputs": {"n": 0}}
    await perdure.decide(run, "retry")
    third = await next_approval(perdure, run, second)
    assert third["payload"]["settings"]["code"] == "2 / n"
    await perdure.decide(run, "skip", data="enough")
    assert (await perdure.ended(run))["output"] == "enough"


async def test_a_value_that_no_run_can_hold_is_refused(perdure: Perdure) -> None:
    run = await parked(perdure, [code("bad", "1 / 0", on_error="pause")])
    assert await refused(perdure, run, "skip", "x" * 1_100_000) == [""]
    await perdure.decide(run, "fail")
    ended = await perdure.ended(run)
    assert (ended["status"], ended["error"]["code"]) == ("failed", "code_failed")


async def test_a_parked_and_edited_step_outlives_its_history(perdure: Perdure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CONTINUE_AS_NEW_STEPS", 3)
    chain = [code(f"c{i}", "1") for i in range(6)]
    wait = {"id": "w", "kind": "wait", "with": {"event": {"type": "go", "key": "{{ run.id }}"}}}
    bad = code("bad", "1 / n", inputs={"n": "{{ input.n }}"}, on_error="pause")
    edges = ["start>bad", "start>w", "w>c0", *(f"c{i}>c{i + 1}" for i in range(5))]
    run = await parked(perdure, [value("start", 0), bad, wait, *chain], *edges, output="{{ nodes.bad.output }}")
    first = await perdure.decide(run, "edit", data={"code": "3 / n", "inputs": {"n": 0}})
    second = await next_approval(perdure, run, first)
    await perdure.api.post("/v1/events", json={"type": "go", "key": run})
    await perdure.reached(run, "c5", "completed")  # in another history than the one in which it was parked
    assert (await perdure.approval(run))["id"] == second["id"]
    await perdure.decide(run, "retry")
    third = await next_approval(perdure, run, second)
    assert third["payload"]["settings"] == {"code": "3 / n", "inputs": {"n": 0}}
    await perdure.decide(run, "edit", data={"code": "3 / n", "inputs": {"n": 2}})
    assert (await perdure.ended(run))["output"] == 1.5


async def test_a_step_that_fails_while_the_run_moves_is_parked_all_the_same(
    perdure: Perdure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CONTINUE_AS_NEW_STEPS", 3)
    slow = "import time\nuntil = time.monotonic() + 1\nwhile time.monotonic() < until:\n    pass\n1 / 0"
    bad = code("bad", slow, on_error="pause", retry={"max_attempts": 1})
    bad["with"]["max_seconds"] = 3
    chain = [code(f"c{i}", "1") for i in range(4)]
    edges = ["start>bad", "start>c0", *(f"c{i}>c{i + 1}" for i in range(3))]
    run = await parked(perdure, [value("start", 0), bad, *chain], *edges, output="{{ nodes.bad.output }}")
    await perdure.approval(run, "bad failed")
    await perdure.decide(run, "skip", data=4)
    assert (await perdure.ended(run))["output"] == 4


async def test_children_that_failed_are_tried_again_and_what_is_done_stays_done(perdure: Perdure) -> None:
    came: Counter[str] = Counter()

    async def broken_once(request: Received, writer: asyncio.StreamWriter) -> None:
        came[request.path] += 1
        writer.write(answer(b"", status=503 if request.path != "/ok" and came[request.path] == 1 else 200))

    refused = f"[[sim:fault refusal times=1 key={uuid4()}]] [[sim:reply Yes.]]"
    named = await perdure.publish([agent(message="{{ input.message }}", instructions=refused)])
    async with http_server(broken_once) as server:
        get = {"url": server.url + "{{ input.path }}"}
        child = await perdure.publish(
            [{"id": "get", "kind": "http_request", "with": get, "retry": {"max_attempts": 1}}]
        )

        def sub(node: str, path: str, **fields: Any) -> dict[str, Any]:
            return {"id": node, "kind": "sub_workflow", "with": {"workflow": child, "input": {"path": path}}, **fields}

        def each(node: str, items: str) -> dict[str, Any]:
            nodes = [branch("last", yes="item == size(vars.all) - 1"), sub("ok", "/ok"), sub("sub", f"/{node}")]
            edges = [{"from": "last.yes", "to": "ok"}, {"from": "ok", "to": "sub"}]
            body = {"nodes": nodes, "edges": edges}
            config = {"items": items, "vars": {"all": f"{{{{ {items} }}}}"}, "body": body}
            return {"id": node, "kind": "foreach", "with": config, "on_error": "pause"}

        nodes = [
            sub("one", "/one", on_error="pause"),
            {"id": "named", "kind": "agent", "with": {"agent": named, "message": "Well?"}, "on_error": "pause"},
            each("few", "[0, 1]"),
            each("many", "nodes.make.output"),
            code("make", "list(range(110))"),  # in two child workflows
        ]
        run = await perdure.start(await perdure.publish(nodes, ["make>many"]))
        for title in ("one failed", "named failed", "few failed", "many failed"):
            asked = await perdure.approval(run, title)
            decision = {"decision": "retry", "digest": asked["digest"]}
            (await perdure.api.post(f"/v1/approvals/{asked['id']}/decide", json=decision)).raise_for_status()
        ended = await perdure.ended(run)
    assert ended["status"] == "completed", ended
    assert ended["output"]["named"]["text"] == "Yes."
    assert came == {"/one": 2, "/few": 2, "/many": 2, "/ok": 2}
    assert len((await perdure.api.get(f"/v1/runs/{run}/tree")).json()["root"]["children"]) == 10
