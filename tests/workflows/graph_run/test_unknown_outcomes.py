"""Steps of which nobody knows whether they were carried out, on the real stack: a person is asked, and decides."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from schemas import limits
from tests.support.documents import code, foreach, value
from tests.support.http_server import HttpServer, Received, answer, http_server, json_answer
from tests.support.perdure import Perdure
from tests.support.polling import eventually


@pytest.fixture
async def bank() -> AsyncIterator[HttpServer]:
    """Books what it is asked to; `/lost` takes the order and hangs up, `/once` does that the first time only."""
    seen: list[str] = []

    async def book(request: Received, writer: asyncio.StreamWriter) -> None:
        lost = request.path == "/lost" or (request.path == "/once" and request.path not in seen)
        seen.append(request.path)
        if lost:
            writer.close()
        elif request.path.startswith("/status/"):
            writer.write(answer(status=int(request.path.rpartition("/")[2])))
        else:
            writer.write(json_answer({"booked": len(seen)}, 201))

    async with http_server(book) as server:
        yield server


def pay(bank: HttpServer, path: str = "/lost", **fields: Any) -> dict[str, Any]:
    config = {"url": f"{bank.url}{path}", "method": "POST", "idempotency_header": None, **fields.pop("config", {})}
    config.setdefault("json", {"order": "{{ input.order }}"})
    return {"id": "pay", "kind": "http_request", "name": "Pay", "with": config, **fields}


def undo(bank: HttpServer, path: str = "/undo", body: Any = None) -> dict[str, Any]:
    config = {"url": f"{bank.url}{path}", "method": "POST", "json": body or {"undo": "{{ input.order }}"}}
    return {"id": "refund", "kind": "http_request", "with": config, "retry": {"max_attempts": 1}}


async def started(perdure: Perdure, nodes: list[dict[str, Any]], *edges: str, **document: Any) -> str:
    return await perdure.start(await perdure.publish(nodes, list(edges), **document), {"order": "A-7"})


def paths(bank: HttpServer) -> list[str]:
    return [request.path for request in bank.received]


async def test_a_person_is_asked_with_all_the_evidence(perdure: Perdure, bank: HttpServer) -> None:
    run = await started(perdure, [pay(bank, config={"repeatable": False, "idempotency_header": "X-Key"})])
    asked = await perdure.approval(run, "Was Pay carried out?")
    assert asked["purpose"] == "verification"
    assert [option["name"] for option in asked["decisions"]] == ["done", "retry", "fail"]
    payload = asked["payload"]
    assert payload["settings"]["json"] == {"order": "A-7"}
    assert payload["resolved"] is True
    evidence = payload["evidence"]
    assert evidence["lost"] == "connection"
    assert evidence["call"]["to"] == f"POST {bank.url}"
    assert evidence["call"]["attempt"] == 1
    assert evidence["call"]["idempotency_key"] == bank.received[0].headers["x-key"] == f"{run}/pay/0"
    for told in (bank.url, evidence["call"]["at"], "the connection broke", "Look at the other system first"):
        assert told in asked["body"]
    assert (await perdure.get(run))["status"] == "running"
    step = (await perdure.steps(run))["pay"]
    assert (step["status"], step["error"]["code"]) == ("waiting", "outcome_unknown")
    await perdure.decide(run, "fail")
    ended = await perdure.ended(run)
    assert (ended["status"], ended["error"]["code"]) == ("failed", "outcome_unknown")
    assert paths(bank) == ["/lost"]


async def test_done_goes_on_with_what_the_person_found(perdure: Perdure, bank: HttpServer) -> None:
    nodes = [pay(bank), value("next", "{{ nodes.pay.output.body.id }}")]
    run = await started(perdure, nodes, "pay>next")
    await perdure.decide(run, "done", data={"status": 201, "body": {"id": "tx-1"}})
    assert (await perdure.ended(run))["output"] == "tx-1"
    assert (await perdure.statuses(run))["pay"] == "completed"
    assert paths(bank) == ["/lost"]


async def test_what_is_done_by_word_of_a_person_is_undone_like_the_rest(perdure: Perdure, bank: HttpServer) -> None:
    nodes = [
        pay(bank, compensate_with="refund"),
        undo(bank, body={"id": "{{ nodes.pay.output.id }}"}),
        code("bad", "1 / 0"),
    ]
    run = await started(perdure, nodes, "pay>bad")
    await perdure.decide(run, "done", data={"id": "tx-1"})
    assert (await perdure.ended(run))["status"] == "failed"
    assert paths(bank) == ["/lost", "/undo"]
    assert bank.received[1].body == b'{"id":"tx-1"}'
    assert (await perdure.statuses(run))["pay"] == "compensated"


async def test_retry_is_another_request(perdure: Perdure, bank: HttpServer) -> None:
    run = await started(perdure, [pay(bank, "/once", config={"repeatable": False, "idempotency_header": "X-Key"})])
    await perdure.decide(run, "retry")
    assert (await perdure.ended(run))["output"]["status"] == 201
    assert [request.headers["x-key"] for request in bank.received] == [f"{run}/pay/0", f"{run}/pay/1"]
    statuses = await perdure.statuses(run)
    assert (statuses["pay"], statuses["pay#1"]) == ("failed", "completed")


async def test_a_retry_whose_answer_is_lost_asks_again(perdure: Perdure, bank: HttpServer) -> None:
    run = await started(perdure, [pay(bank)])
    first = await perdure.decide(run, "retry")

    async def second() -> bool:
        return (await perdure.approval(run))["id"] != first["id"]

    await eventually(second)
    await perdure.decide(run, "done", data=1)
    assert (await perdure.ended(run))["output"] == 1
    assert paths(bank) == ["/lost", "/lost"]


@pytest.mark.parametrize(
    ("on_error", "label", "output", "status"),
    [
        ("fail", "Fail the run", None, "failed"),
        ("pause", "Fail the run", None, "failed"),
        ("continue", "Go on without its output", "outcome_unknown", "completed"),
        ("route", "Take the error path", "outcome_unknown", "completed"),
    ],
)
@pytest.mark.parametrize("decision", ["fail", "compensate"])
async def test_a_person_is_asked_before_on_error_counts(
    perdure: Perdure, bank: HttpServer, on_error: str, label: str, output: str | None, status: str, decision: str
) -> None:
    after = value("after", "{{ nodes.pay.error.code }}")
    edge = {"fail": "pay>after", "pause": "pay>after", "continue": "pay>after", "route": "pay.error>after"}[on_error]
    nodes = [pay(bank, on_error=on_error, compensate_with="refund"), undo(bank), after]
    run = await started(perdure, nodes, edge)
    asked = await perdure.decide(run, decision)
    assert asked["purpose"] == "verification"
    assert {option["name"]: option["label"] for option in asked["decisions"]}["fail"] == label
    ended = await perdure.ended(run)
    assert (ended["status"], ended["output"]) == (status, output)
    assert paths(bank) == (["/lost"] if decision == "fail" else ["/lost", "/undo"])
    step = (await perdure.steps(run))["pay"]
    assert (step["status"], step["error"]["code"]) == ("failed", "outcome_unknown")
    assert step["error"]["details"].get("undone", False) is (decision == "compensate")


async def test_undoing_reads_what_the_person_found(perdure: Perdure, bank: HttpServer) -> None:
    nodes = [pay(bank, compensate_with="refund", on_error="continue"), undo(bank, body="{{ nodes.pay.output }}")]
    run = await started(perdure, nodes)
    await perdure.decide(run, "compensate", data={"id": "tx-1"})
    assert (await perdure.ended(run))["status"] == "completed"
    assert bank.received[1].body == b'{"id":"tx-1"}'
    assert (await perdure.steps(run))["pay"]["output"] is None


async def test_what_cannot_be_undone_is_asked_about_again(perdure: Perdure, bank: HttpServer) -> None:
    run = await started(perdure, [pay(bank, compensate_with="refund"), undo(bank, "/status/404")])
    first = await perdure.decide(run, "compensate")

    async def second() -> bool:
        return (await perdure.approval(run))["id"] != first["id"]

    await eventually(second)
    again = await perdure.approval(run)
    assert "could not be undone" in again["body"]
    assert again["payload"]["error"]["details"]["undo_failed"]["details"]["status"] == 404
    await perdure.decide(run, "fail")
    assert (await perdure.ended(run))["status"] == "failed"
    assert paths(bank) == ["/lost", "/status/404"]


async def test_an_answer_that_says_no_is_attempted_again_as_before(perdure: Perdure, bank: HttpServer) -> None:
    retry = {"max_attempts": 3, "initial": "10ms", "max_interval": "10ms"}
    run = await started(perdure, [pay(bank, "/status/503", retry=retry)])
    ended = await perdure.ended(run)
    assert ended["error"]["code"] == "upstream_failed"
    assert len(bank.received) == 3
    assert (await perdure.steps(run))["pay"]["attempt"] == 3


async def test_a_retried_run_asks_anew_and_sends_nothing_by_itself(perdure: Perdure, bank: HttpServer) -> None:
    run = await started(perdure, [pay(bank)])
    await perdure.decide(run, "fail")
    await perdure.ended(run)
    await perdure.control(run, "retry")
    asked = await perdure.approval(run)
    assert (asked["purpose"], asked["run_attempt"]) == ("verification", 2)
    assert asked["payload"]["evidence"]["call"]["attempt"] == 1
    assert paths(bank) == ["/lost"]
    await perdure.decide(run, "done", data="found it")
    assert (await perdure.ended_again(run, attempt=2))["output"] == "found it"
    assert paths(bank) == ["/lost"]


async def test_a_retried_run_does_anew_what_was_undone(perdure: Perdure, bank: HttpServer) -> None:
    run = await started(perdure, [pay(bank, "/once", compensate_with="refund"), undo(bank)])
    await perdure.decide(run, "compensate")
    await perdure.ended(run)
    await perdure.control(run, "retry")
    assert (await perdure.ended_again(run, attempt=2))["status"] == "completed"
    assert paths(bank) == ["/once", "/undo", "/once"]
    assert (await perdure.statuses(run))["pay#1"] == "completed"


async def test_a_question_outlives_its_history(
    perdure: Perdure, bank: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CONTINUE_AS_NEW_STEPS", 3)
    chain = [code(f"c{i}", "1") for i in range(6)]
    edges = ["start>pay", "start>c0", *(f"c{i}>c{i + 1}" for i in range(5))]
    run = await started(perdure, [value("start", 0), pay(bank), *chain], *edges, output="{{ nodes.pay.output }}")
    await perdure.reached(run, "c5", "completed")
    page = (await perdure.api.get("/v1/approvals", params={"run": run})).json()
    assert len(page["items"]) == 1
    await perdure.decide(run, "done", data=7)
    assert (await perdure.ended(run))["output"] == 7
    assert paths(bank) == ["/lost"]


async def test_each_item_asks_for_itself(perdure: Perdure, bank: HttpServer) -> None:
    body = [pay(bank, config={"json": {"order": "{{ item }}"}}, compensate_with="refund", on_error="continue")]
    each = foreach("each", "[1, 2]", body, config={"concurrency": 1})
    each["with"]["body"]["nodes"].append(undo(bank, body={"undo": "{{ item }}"}))
    run = await started(perdure, [each])
    first = await perdure.decide(run, "compensate")
    assert (first["path"], first["payload"]["settings"]["json"]) == ("each[0].pay", {"order": 1})

    async def second() -> bool:
        return (await perdure.approval(run))["id"] != first["id"]

    await eventually(second)
    await perdure.decide(run, "done", data="paid")
    assert (await perdure.ended(run))["output"] == [None, "paid"]
    assert [request.body for request in bank.received] == [b'{"order":1}', b'{"undo":1}', b'{"order":2}']
    assert (await perdure.statuses(run))["each[0].refund"] == "completed"


async def test_a_cancelled_run_asks_nobody(perdure: Perdure, bank: HttpServer) -> None:
    run = await started(perdure, [pay(bank)])
    asked = await perdure.approval(run)
    await perdure.control(run, "cancel")
    assert (await perdure.ended(run))["status"] == "cancelled"
    answer = await perdure.api.get(f"/v1/approvals/{asked['id']}")
    assert answer.json()["status"] == "cancelled"


async def test_why_the_run_waits_is_said(perdure: Perdure, bank: HttpServer) -> None:
    run = await started(perdure, [pay(bank)])
    asked = await perdure.approval(run)
    waiting = (await perdure.get(run))["waiting"]
    assert waiting["kind"] == "intervention"
    assert waiting["sentence"].startswith("Nobody knows whether step 'Pay' (pay) was carried out")
    assert waiting["approval_id"] == asked["id"]
    await perdure.control(run, "cancel")
