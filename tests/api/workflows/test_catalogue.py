"""Workflows are found, tagged, copied, put away and deleted."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event, select

from api.services import Services
from db.tables import AuditEntry, Run, Workflow, WorkflowVersion
from schemas.roles import Role
from tests.api.documents import document, publish, start
from tests.api.test_gate import check_problem
from tests.api.workflows.drafting import create, edit, ok, read
from tests.support.people import member


async def slugs(api: httpx.AsyncClient, **params: Any) -> list[str]:
    return [item["slug"] for item in ok(await api.get("/v1/workflows", params=params))["items"]]


async def test_words_are_found_wherever_they_stand(api: httpx.AsyncClient) -> None:
    await create(api, "Refund triage", tags=["finance"])
    await create(api, "Weekly report", document=document(description="Sums up 100% of refunds_paid."))
    await create(api, "Onboarding", slug="new-people")
    assert await slugs(api, q="refund") == ["refund-triage", "weekly-report"]
    assert await slugs(api, q="REPORT sums") == ["weekly-report"]
    assert await slugs(api, q="finance triage") == ["refund-triage"]
    assert await slugs(api, q="people") == ["new-people"]
    assert await slugs(api, q="100%") == ["weekly-report"]
    assert await slugs(api, q="s_p") == ["weekly-report"]
    assert await slugs(api, q="\\") == []


async def test_tags_are_set_and_looked_for(api: httpx.AsyncClient) -> None:
    for name in ("One", "Two"):
        await create(api, name, tags=["all"])
    tagged = ok(await api.put("/v1/workflows/two/tags", json={"tags": ["zoo", "All", "eu"]}))
    assert tagged["tags"] == ["All", "eu", "zoo"]
    assert await slugs(api, tag="all") == ["one"]
    assert await slugs(api, tag=["eu", "zoo"]) == ["two"]
    assert await slugs(api, tag=["all", "zoo"]) == []
    for wrong in ([""], ["a,b"], [" a"], ["x" * 51], ["a"] * 21, ["a\nb"]):
        refused = await api.put("/v1/workflows/two/tags", json={"tags": wrong})
        check_problem(refused, 422, "invalid_request")


async def test_an_archived_workflow_starts_nothing_and_is_not_listed(
    api: httpx.AsyncClient, other_process: httpx.AsyncClient
) -> None:
    await publish(api)
    run = await start(api, "greeting")
    await start(other_process, "greeting")
    await start(other_process, "greeting", version=1)
    shown = ok(await api.post("/v1/workflows/greeting/archive"))
    assert shown["archived_at"] is not None
    assert await slugs(api) == []
    assert await slugs(api, archived=True) == ["greeting"]
    for process in (api, other_process):
        for body in ({}, {"version": 1}):
            problem: Any = check_problem(
                await process.post("/v1/runs", json={"workflow": "greeting", "input": {"email": "a@b.c"}, **body}),
                409,
                "conflict",
            )
            assert "archived" in problem["detail"]
    check_problem(await api.post("/v1/workflows", json=document(description="new")), 409, "conflict")
    put = await api.put("/v1/workflows/greeting/draft", json={"document": document(), "revision": 1})
    check_problem(put, 409, "conflict")
    assert ok(await api.get(f"/v1/runs/{run['id']}"))["status"] in ("pending", "running", "completed")
    ok(await api.get("/v1/workflows/greeting/draft"))
    assert ok(await api.post("/v1/workflows/greeting/unarchive"))["archived_at"] is None
    for process in (api, other_process):
        await start(process, "greeting")


async def test_a_key_that_was_used_is_answered_after_archiving(api: httpx.AsyncClient) -> None:
    await publish(api)
    body = {"workflow": "greeting", "input": {"email": "a@b.c"}}
    first = await api.post("/v1/runs", json=body, headers={"Idempotency-Key": "k"})
    assert first.status_code == 202
    ok(await api.post("/v1/workflows/greeting/archive"))
    check_problem(await api.post("/v1/runs", json=body), 409, "conflict")


async def test_a_workflow_is_cloned_from_draft_or_version(api: httpx.AsyncClient) -> None:
    await publish(api, name="Greeting", layout={"greet": {"x": 1, "y": 2}})
    ok(await api.put("/v1/workflows/greeting/tags", json={"tags": ["a"]}))
    await edit(api, description="drafted")
    cloned = await api.post("/v1/workflows/greeting/clone", json={})
    copy = ok(cloned, 201)
    assert (copy["slug"], copy["name"], copy["revision"], copy["base_version"]) == (
        "greeting-copy",
        "Greeting (copy)",
        1,
        None,
    )
    assert copy["document"] == {
        **(await read(api))["document"],
        "name": "Greeting (copy)",
    }
    assert ok(await api.get("/v1/workflows/greeting-copy"))["tags"] == ["a"]
    old = ok(await api.post("/v1/workflows/greeting/clone", json={"version": 1, "name": "Old", "slug": "older"}), 201)
    assert (old["slug"], "description" in old["document"]) == ("older", False)
    check_problem(await api.post("/v1/workflows/greeting/clone", json={"version": 7}), 404, "not_found")
    check_problem(await api.post("/v1/workflows/greeting/clone", json={"slug": "older"}), 409, "conflict")


async def test_only_what_has_no_history_can_be_deleted(api: httpx.AsyncClient) -> None:
    await create(api)
    await create(api, "Published")
    await publish(api, name="Published")
    assert (await api.delete("/v1/workflows/greeting")).status_code == 204
    check_problem(await api.get("/v1/workflows/greeting"), 404, "not_found")
    check_problem(await api.get("/v1/workflows/greeting/draft"), 404, "not_found")
    check_problem(await api.delete("/v1/workflows/greeting"), 404, "not_found")
    check_problem(await api.delete("/v1/workflows/published"), 409, "conflict")
    assert (await create(api))["slug"] == "greeting"


async def finished(services: Services, slug: str, statuses: list[str], trigger: str = "api") -> list[UUID]:
    """Runs as the run log would leave them, oldest first."""
    ids = [uuid4() for _ in statuses]
    async with services.database.tenant(services.workspace_id) as session:
        found = await session.execute(
            select(WorkflowVersion.id, WorkflowVersion.workflow_id)
            .join(Workflow, Workflow.id == WorkflowVersion.workflow_id)
            .where(Workflow.slug == slug, WorkflowVersion.version == 1)
        )
        version_id, workflow_id = found.one()
        for run_id, status in zip(ids, statuses, strict=True):
            run = Run(
                id=run_id,
                workspace_id=services.workspace_id,
                workflow_id=workflow_id,
                version_id=version_id,
                status=status,
                trigger=trigger,
            )
            session.add(run)
            await session.flush()
    return ids


async def test_the_list_tells_how_the_last_runs_went(api: httpx.AsyncClient, services: Services) -> None:
    await publish(api)
    await publish(api, name="Never run")
    await finished(services, "greeting", ["failed"] * 5 + ["completed"] * 12 + ["cancelled"] * 3)
    ids = await finished(services, "greeting", ["completed", "paused"])
    await finished(services, "greeting", ["failed"] * 3, trigger="test")
    items = {item["slug"]: item for item in ok(await api.get("/v1/workflows"))["items"]}
    assert items["greeting"]["last_run"]["id"] == str(ids[-1])
    assert items["greeting"]["last_run"]["status"] == "paused"
    # Of the last 20, tests apart: 3 failed, 12 + 1 completed, 3 cancelled, 1 goes on.
    assert items["greeting"]["success_rate"] == pytest.approx(13 / 19)
    assert [run["status"] for run in items["greeting"]["recent_runs"]] == [
        *["failed"] * 3,
        *["completed"] * 12,
        *["cancelled"] * 3,
        "completed",
        "paused",
    ]
    assert [run["id"] for run in items["greeting"]["recent_runs"]][-2:] == [str(run) for run in ids]
    assert (items["never-run"]["last_run"], items["never-run"]["success_rate"]) == (None, None)
    assert items["never-run"]["recent_runs"] == []
    assert items["greeting"]["draft"]["state"] == "unchanged"
    await edit(api, description="new")
    assert ok(await api.get("/v1/workflows/greeting"))["draft"]["state"] == "changed"
    assert ok(await api.get("/v1/workflows/greeting"))["success_rate"] == pytest.approx(13 / 19)


async def test_the_list_tells_how_long_runs_took(api: httpx.AsyncClient, services: Services) -> None:
    await publish(api)
    ended, waiting = await finished(services, "greeting", ["completed", "pending"])
    began = datetime(2026, 1, 1, tzinfo=UTC)
    async with services.database.tenant(services.workspace_id) as session:
        run = await session.get_one(Run, ended)
        run.started_at, run.ended_at = began, began + timedelta(seconds=2.5)
    [item] = ok(await api.get("/v1/workflows"))["items"]
    assert [(run["id"], run["seconds"]) for run in item["recent_runs"]] == [(str(ended), 2.5), (str(waiting), None)]


async def test_the_list_tells_who_edited_last(api: httpx.AsyncClient, app: FastAPI) -> None:
    await publish(api)
    shown = ok(await api.get("/v1/workflows/greeting"))
    assert (shown["edited_by"], shown["edited_at"]) == ("operator", shown["draft"]["saved_at"])
    async with member(app, Role.EDITOR) as editor:
        await edit(editor, description="by somebody else")
        [name] = {ok(await editor.get("/v1/me"))["name"]}
    shown = ok(await api.get("/v1/workflows/greeting"))
    assert (shown["edited_by"], shown["edited_at"]) == (name, shown["draft"]["saved_at"])


async def test_the_list_takes_as_many_queries_for_many_as_for_one(api: httpx.AsyncClient, services: Services) -> None:
    statements: list[str] = []
    engine = services.database._app.sync_engine

    def count(*execution: Any) -> None:
        statements.append(execution[2])

    async def queries() -> int:
        statements.clear()
        ok(await api.get("/v1/workflows"))
        return len(statements)

    event.listen(engine, "before_cursor_execute", count)
    try:
        await publish(api, name="First")
        few = await queries()
        for number in range(8):
            await publish(api, name=f"Another {number}")
        await finished(services, "first", ["completed"])
        assert await queries() == few <= 4
    finally:
        event.remove(engine, "before_cursor_execute", count)


async def test_every_change_is_audited_without_documents(api: httpx.AsyncClient, services: Services) -> None:
    await create(api, tags=["a"])
    await edit(api, description="secret-looking text")
    ok(await api.post("/v1/workflows/greeting/publish", json={"revision": 2, "note": "n"}), 201)
    ok(await api.put("/v1/workflows/greeting/tags", json={"tags": []}))
    ok(await api.post("/v1/workflows/greeting/archive"))
    ok(await api.post("/v1/workflows/greeting/archive"))
    ok(await api.post("/v1/workflows/greeting/unarchive"))
    ok(await api.post("/v1/workflows/greeting/versions/1/restore", json={"revision": 2}))
    ok(await api.post("/v1/workflows/greeting/clone", json={}), 201)
    assert (await api.delete("/v1/workflows/greeting-copy")).status_code == 204
    async with services.database.tenant(services.workspace_id) as session:
        entries = list(await session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
    assert [(entry.action, entry.subject_id) for entry in entries] == [
        ("workflow.created", "greeting"),
        ("workflow.draft_saved", "greeting"),
        ("workflow.published", "greeting"),
        ("workflow.tagged", "greeting"),
        ("workflow.archived", "greeting"),
        ("workflow.unarchived", "greeting"),
        ("workflow.created", "greeting-copy"),
        ("workflow.deleted", "greeting-copy"),
    ]
    assert entries[3].before == {"tags": ["a"]}
    assert entries[2].after["note"] == "n"
    assert not any("secret" in str((entry.before, entry.after)) for entry in entries)
