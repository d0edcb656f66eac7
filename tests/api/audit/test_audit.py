"""The audit log: every change is in it, in the transaction that makes it, and it can be read by who may."""

import csv
import io
import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api.services import Services
from db import audit
from db.audit import Actor
from db.snapshots import pack_snapshot
from db.tables import Run
from schemas.roles import Role
from tests.api.documents import document, publish, start
from tests.api.test_approvals import ask
from tests.api.test_gate import check_problem
from tests.support.people import member


async def entries(api: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await api.get("/v1/audit", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def write(services: Services, *actions: str, name: str = "ada@example.com", subject: object = "s") -> None:
    actor = Actor(services.workspace_id, "user", UUID(int=7), name, "203.0.113.7", "r1")
    for action in actions:
        async with services.database.tenant(services.workspace_id) as session:
            audit.record(session, actor, action, ("thing", subject), before={"n": 1}, after={"n": 2})


async def test_publishing_is_audited_with_both_versions(api: httpx.AsyncClient) -> None:
    await publish(api)
    await publish(api)  # the same again: nothing changes, nothing is written
    changed = await publish(api, output={"x": "{{ nodes.greet.output }}"})
    newest, first = await entries(api, action="workflow.published")
    assert first["before"] is None
    assert (newest["before"]["version"], newest["after"]["version"]) == (1, 2)
    assert newest["after"]["plan_hash"] == changed["plan_hash"]
    assert newest["subject"] == {"kind": "workflow", "id": "greeting"}
    assert newest["actor"] == {"kind": "operator", "id": None, "name": "operator", "address": "127.0.0.1"}


async def test_a_refused_publication_is_not_audited(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/workflows", json={**document(), "nodes": []})
    check_problem(answer, 422, "invalid_document")
    assert await entries(api) == []


async def test_steering_a_run_is_audited(api: httpx.AsyncClient, services: Services) -> None:
    await publish(api)
    run_id = (await start(api, "greeting"))["id"]
    for action in ("pause", "resume", "cancel"):
        answer = await api.post(f"/v1/runs/{run_id}/{action}", json={"reason": f"to {action}"})
        assert answer.status_code == 202, answer.text
    async with services.database.tenant(services.workspace_id) as session:
        (await session.get_one(Run, UUID(run_id))).status = "failed"
    assert (await api.post(f"/v1/runs/{run_id}/retry")).status_code == 202
    found = await entries(api, subject_kind="run", subject_id=run_id)
    assert [entry["action"] for entry in found] == ["run.retried", "run.cancelled", "run.resumed", "run.paused"]
    assert found[0]["before"] == {"status": "failed", "attempt": 1}
    assert found[0]["after"] == {"status": "pending", "attempt": 2}
    assert found[1]["after"] == {"reason": "to cancel"}


async def test_what_is_refused_is_not_audited(api: httpx.AsyncClient, services: Services) -> None:
    await publish(api)
    run_id = (await start(api, "greeting"))["id"]
    async with services.database.tenant(services.workspace_id) as session:
        (await session.get_one(Run, UUID(run_id))).status = "completed"
    for action in ("cancel", "retry"):
        check_problem(await api.post(f"/v1/runs/{run_id}/{action}"), 409, "conflict")
    assert await entries(api, subject_kind="run") == []


async def test_a_run_says_who_started_it(api: httpx.AsyncClient, app: FastAPI, services: Services) -> None:
    await publish(api)
    async with member(app, Role.OPERATOR) as person:
        me = (await person.get("/v1/me")).json()["user"]
        run_id = (await start(person, "greeting"))["id"]
    assert (await api.get(f"/v1/runs/{run_id}")).json()["started_by"] == me["email"]
    async with services.database.tenant(services.workspace_id) as session:
        by = await session.scalar(select(Run.started_by).where(Run.id == UUID(run_id)))
    assert (by["kind"], by["id"]) == ("user", me["id"])
    assert by["address"].startswith("198.18.")
    assert by["request_id"]


async def test_a_fork_is_audited_at_the_run_that_it_forks(api: httpx.AsyncClient, services: Services) -> None:
    await publish(api)
    run_id = (await start(api, "greeting"))["id"]
    async with services.database.tenant(services.workspace_id) as session:
        run = await session.get_one(Run, UUID(run_id))
        run.status, run.snapshot = "completed", pack_snapshot({"frame": {"nodes": {}}})
    body = {"node": "greet", "outputs": {"greet": {"hello": "private"}}}
    for _ in range(2):
        answer = await api.post(f"/v1/runs/{run_id}/fork", json=body, headers={"Idempotency-Key": "fork"})
        assert answer.status_code == 202, answer.text
    [entry] = await entries(api, subject_kind="run", subject_id=run_id)
    assert (entry["action"], entry["actor"]["name"]) == ("run.forked", "operator")
    assert entry["after"] == {"run_id": answer.json()["id"], "node": "greet", "outputs": ["greet"]}


async def test_a_decision_is_audited_once_and_without_the_form(api: httpx.AsyncClient, services: Services) -> None:
    question = await ask(api, services)
    path = f"/v1/approvals/{question['id']}/decide"
    body = {"decision": "approved", "data": {"amount": "private"}, "reason": "fair", "digest": question["digest"]}
    assert (await api.post(path, json=body)).json()["decided_by"] == "operator"
    check_problem(await api.post(path, json=body), 409, "already_decided")
    refused, entry = await entries(api, subject_kind="approval", subject_id=question["id"])
    assert (refused["action"], refused["after"]) == (
        "approval.refused",
        {"wanted": "decide", "code": "already_decided"},
    )
    assert entry["action"] == "approval.decided"
    assert entry["after"] == {
        "decision": "approved",
        "reason": "fair",
        "run_id": question["run_id"],
        "digest": question["digest"],
        "final": True,
    }


async def test_an_event_is_audited_once_per_key(api: httpx.AsyncClient) -> None:
    for _ in range(2):
        body = {"type": "payment.received", "key": "A-7", "data": {"card": "4111"}}
        answer = await api.post("/v1/events", json=body, headers={"Idempotency-Key": "once"})
        assert answer.status_code == 202, answer.text
    [entry] = await entries(api, action="event.published")
    assert entry["after"] == {"type": "payment.received", "key": "A-7"}
    assert entry["request_id"]


async def test_entries_are_filtered(api: httpx.AsyncClient, services: Services) -> None:
    await write(services, "a.done", "b.done", subject="one")
    await write(services, "c.done", name="bob@example.com", subject="two")
    newest, middle, oldest = await entries(api)

    async def actions(**query: Any) -> list[str]:
        return [entry["action"] for entry in await entries(api, **query)]

    assert await actions() == ["c.done", "b.done", "a.done"]
    assert await actions(actor="bob@example.com") == ["c.done"]
    assert await actions(actor_id=str(UUID(int=7)), subject_id="one") == ["b.done", "a.done"]
    assert await actions(actor_kind="key") == []
    assert await actions(action=["a.done", "c.done"]) == ["c.done", "a.done"]
    assert await actions(subject_kind="thing", subject_id="two") == ["c.done"]
    assert await actions(since=middle["at"], until=newest["at"]) == ["b.done"]
    assert await actions(until=oldest["at"]) == []


async def test_pages_hold_every_entry_once(api: httpx.AsyncClient, services: Services) -> None:
    await write(services, *(f"thing.{n}" for n in range(7)))
    found: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": 3, **({} if cursor is None else {"cursor": cursor})}
        page = (await api.get("/v1/audit", params=query)).json()
        found += [entry["action"] for entry in page["items"]]
        await write(services, "meanwhile.written")
        if (cursor := page["next_cursor"]) is None:
            break
    assert found == [f"thing.{n}" for n in reversed(range(7))]


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "nonsense"},
        {"cursor": "WyIyMDI2LTAxLTAxVDAwOjAwOjAwKzAwOjAwIiwieCJd"},
        {"since": "2026-01-01T00:00:00"},
        {"actor_kind": "odd"},
        {"actor_id": "odd"},
        {"limit": 0},
        {"action": "x" * 101},
    ],
)
async def test_malformed_queries_are_refused(api: httpx.AsyncClient, query: dict[str, Any]) -> None:
    check_problem(await api.get("/v1/audit", params=query), 422, "invalid_request")


async def test_an_export_holds_every_entry_in_order(
    api: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.audit.export._PORTION", 2)
    await write(services, "a.done", "b.done", "c.done", "d.done")
    answer = await api.get("/v1/audit/export", params={"subject_kind": "thing"})
    assert answer.headers["content-type"] == "application/jsonl"
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.jsonl"'
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["action"] for line in lines] == ["a.done", "b.done", "c.done", "d.done"]
    assert list(reversed(lines)) == await entries(api)


async def test_an_export_as_csv_opens_without_computing_anything(api: httpx.AsyncClient, services: Services) -> None:
    await write(services, "a.done", name='=HYPERLINK("http://evil.example")', subject="line\nbreak,comma")
    answer = await api.get("/v1/audit/export", params={"format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    header, row = csv.reader(io.StringIO(answer.text))
    line = dict(zip(header, row, strict=True))
    assert line["actor_name"] == '\'=HYPERLINK("http://evil.example")'
    assert line["subject_id"] == "line\nbreak,comma"
    assert json.loads(line["before"]) == {"n": 1}


async def test_an_empty_export_has_its_header_only(api: httpx.AsyncClient) -> None:
    assert (await api.get("/v1/audit/export", params={"format": "csv"})).text.count("\n") == 1
    assert (await api.get("/v1/audit/export")).text == ""


async def test_another_workspace_sees_none_of_it(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient, services: Services
) -> None:
    await write(services, "a.done")
    assert await entries(other_api) == []
    assert (await other_api.get("/v1/audit/export")).text == ""
    assert len(await entries(api)) == 1


@pytest.mark.parametrize(("role", "status"), [(Role.EDITOR, 403), (Role.VIEWER, 403), (Role.ADMIN, 200)])
async def test_who_may_read_it(app: FastAPI, role: Role, status: int) -> None:
    async with member(app, role) as person:
        for path in ("/v1/audit", "/v1/audit/export"):
            assert (await person.get(path)).status_code == status
