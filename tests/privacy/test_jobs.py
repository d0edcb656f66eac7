"""What is asked for under privacy happens: rules, holds, export, masking, erasure of a person and of a workspace."""

import asyncio
import base64
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import orjson
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, text, update
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.privacy.executions import forget_executions
from activities.privacy.export import exported_tables
from activities.privacy.jobs import Job, Page, Tools
from activities.privacy.workspace_erasure import _PHASES
from api.app import create_app
from api.settings import ApiSettings
from db.erasure import doomed_tables, tables_of_workspaces
from db.session import Database
from db.tables import (
    AgentMemory,
    AuditEntry,
    ChatMessage,
    ChatSession,
    ModelAnswer,
    PrivacyJob,
    Run,
    Workspace,
    WorkspaceDataKey,
)
from engine import data_keys
from engine.blob_store import fetched
from schemas.roles import Role
from simulator.oauth import OAuthProvider
from tests.support.http_server import Received, answer, http_server
from tests.support.oauth import Office
from tests.support.people import new_member, signed_in
from tests.support.perdure import Perdure
from tests.support.polling import eventually
from tests.support.serving import served
from tests.support.workspaces import new_workspace

ADA = "ada@example.com"
VALUE = {"id": "a", "kind": "transform", "with": {"value": "{{ input }}"}}
ASK = {"id": "ask", "kind": "approval", "with": {"title": "May I?", "payload": "{{ input }}", "editable": ["note"]}}


async def sent(client: httpx.AsyncClient, method: str, path: str, body: Any = None) -> Any:
    answer = await client.request(method, path, json=body)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


async def over(perdure: Perdure, job: dict[str, Any]) -> dict[str, Any]:
    """The job when it has ended, whatever its workspace then is."""

    async def look() -> dict[str, Any] | None:
        async with perdure.database.system() as session:
            row = await session.get_one(PrivacyJob, UUID(job["id"]))
            ended = row.status in ("completed", "failed", "cancelled")
            return {"status": row.status, "counts": row.progress.get("counts", {}), "note": row.note} if ended else None

    found = await eventually(look, seconds=60)
    assert found is not None
    return found


async def aged(database: Database, run: str, days: int) -> None:
    """Let a run have ended so long ago."""
    async with database.system() as session:
        old = datetime.now(UTC) - timedelta(days=days)
        await session.execute(update(Run).where(Run.id == UUID(run)).values(ended_at=old, created_at=old))


async def forgotten(perdure: Perdure, run: str) -> None:
    """Waits until Temporal knows nothing of a run; it deletes half a minute after it was told to."""

    async def look() -> bool:
        try:
            await perdure.handle(run).describe()
        except RPCError as error:
            return error.status is RPCStatusCode.NOT_FOUND
        return False

    await eventually(look, seconds=90)


async def test_rules_delete_what_is_old_and_neither_held_nor_running(
    perdure: Perdure, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug, other, asking = [await perdure.publish([one]) for one in (VALUE, VALUE, ASK)]
    old, last, held, late, _ = [
        (await perdure.ended(await perdure.start(name)))["id"] for name in (slug, slug, slug, other, other)
    ]
    running = await perdure.start(asking)
    await perdure.approval(running)
    for run, days in ((old, 40), (last, 35), (held, 50)):
        await aged(perdure.database, run, days)
    await sent(perdure.api, "POST", "/v1/legal-holds", {"run_id": held, "reason": "a case at court"})
    rules = [{"data": "runs", "days": 30, "keep_last": 1}, {"data": "blobs", "days": 1}, {"data": "audit", "days": 9}]
    preview = await sent(perdure.api, "POST", "/v1/privacy/retention/preview", {"rules": rules})
    assert {entry["table"]: entry["rows"] for entry in preview["would_delete"]} == {
        "runs": 1,
        "blobs": 0,
        "audit_log": 0,
    }

    pages: list[tuple[list[str], int]] = []

    async def forget(client: Client, runs: list[tuple[UUID, int]]) -> None:
        """Notes whose histories go, and that all of the runs are there yet; meanwhile another one becomes old."""
        there = [(await perdure.api.get(f"/v1/runs/{run}")).status_code for run in (old, late)].count(200)
        pages.append(([str(run) for run, _ in runs], there))
        await forget_executions(client, runs)
        await aged(perdure.database, late, 60)

    monkeypatch.setattr("activities.privacy.retention.forget_executions", forget)
    await sent(perdure.api, "PUT", "/v1/privacy/retention", {"rules": rules})
    ended = await over(perdure, await sent(perdure.api, "POST", "/v1/privacy/retention/run"))
    assert (ended["status"], ended["counts"]) == ("completed", {"runs": 2})
    assert [page for page in pages if page[0]] == [([old], 2), ([late], 1)]
    assert [(await perdure.api.get(f"/v1/runs/{run}")).status_code for run in (old, late)] == [404, 404]
    for run in (last, held, running):
        assert (await perdure.get(run))["id"] == run
    await forgotten(perdure, old)
    await perdure.decide(running, "approved")
    assert (await perdure.ended(running))["status"] == "completed"


async def test_an_export_holds_rows_of_each_table_and_no_secret(perdure: Perdure) -> None:
    await perdure.run([VALUE], input={"about": ADA})
    secret = {"name": "crm", "type": "bearer", "secret": {"token": "s3cret-token-of-the-crm"}}
    await sent(perdure.api, "POST", "/v1/credentials", secret)
    job = await sent(perdure.api, "POST", "/v1/privacy/exports")
    assert (await perdure.api.post("/v1/privacy/exports")).status_code == 409
    assert (await over(perdure, job))["status"] == "completed"
    archive = await perdure.api.get(f"/v1/privacy/exports/{job['id']}/archive")
    assert archive.headers["content-type"] == "application/gzip"
    plain = gzip.decompress(archive.content)
    assert b"s3cret-token" not in plain
    lines = [orjson.loads(line) for line in plain.splitlines()]
    written: dict[str, int] = {}
    for line in lines:
        written[line["table"]] = written.get(line["table"], 0) + 1
    async with perdure.database.tenant(perdure.workspace_id) as session:
        for table in exported_tables():
            if table.name not in ("audit_log", "audit_chain", "audit_heads", "privacy_jobs", "data_keys"):
                rows = await session.scalar(select(func.count()).select_from(table))
                assert written.get(table.name, 0) == rows, table.name
    assert {"runs", "steps", "run_events", "credentials", "audit_log", "workflows", "blobs"} <= written.keys()
    [run] = [line["row"] for line in lines if line["table"] == "runs"]
    assert run["input"] == {"about": ADA}
    assert not [line for line in lines if "sealed" in line["row"]]


async def test_masked_for_operators_until_revealed_for_a_reason(perdure: Perdure) -> None:
    given = {"who": ADA, "card": "4111 1111 1111 1111", "born": "1815-12-10", "note": "call 030 1234567", "id": 7}
    told: list[Any] = []
    async with listener(told) as url:
        await sent(perdure.api, "PUT", "/v1/privacy/masking", MASKING)
        about = {"name": "ERP", "url": url, "events": ["run.completed"]}
        await sent(perdure.api, "POST", "/v1/subscriptions", about)
        run = await masked_and_revealed(perdure, given)

        async def heard() -> list[Any]:
            return [one["data"]["output"] for one in told if one["data"]["run_id"] == run]

        assert await eventually(heard, seconds=30) == [
            {"who": "[e-mail address]", "card": "[card number]", "born": "[masked]", "note": "done", "id": 7}
        ]


MASKING = {"mask_views": True, "mask_events": True, "fields": ["born"]}


@asynccontextmanager
async def listener(told: list[Any]) -> AsyncIterator[str]:
    """Hears of events."""

    async def handle(request: Received, writer: asyncio.StreamWriter) -> None:
        told.append(orjson.loads(request.body))
        writer.write(answer())

    async with http_server(handle) as server:
        yield server.url


async def masked_and_revealed(perdure: Perdure, given: dict[str, Any]) -> str:
    """What who gets to see of a run; its id."""
    run = await perdure.start(await perdure.publish([ASK], output="{{ nodes.ask.output.payload }}"), given)
    asked = await perdure.approval(run)
    services = perdure.services
    operator = await new_member(perdure.database, perdure.workspace_id, Role.OPERATOR)
    app = perdure.api._transport.app  # type: ignore[attr-defined]
    async with signed_in(app, operator) as person:
        shown = await sent(person, "GET", f"/v1/approvals/{asked['id']}")
        assert shown["payload"] == {
            "who": "[e-mail address]",
            "card": "[card number]",
            "born": "[masked]",
            "note": "call [phone number]",
            "id": 7,
        }
        for path in (f"/v1/runs/{run}", f"/v1/runs/{run}/steps", f"/v1/runs/{run}/events"):
            text_of = (await person.get(path)).text
            assert ADA not in text_of
            assert "4111" not in text_of
        reveal = {"field": "payload", "reason": "to call her back"}
        assert (await sent(person, "POST", f"/v1/approvals/{asked['id']}/reveal", reveal))["value"] == given
        mine = {"field": "input", "reason": "to compare"}
        shown_run = await sent(person, "POST", f"/v1/runs/{run}/reveal", mine)
        assert shown_run["value"] == given
        # Whoever edits what was shown masked changes only what they edited.
        answer = {"decision": "approved", "digest": asked["digest"], "payload": {**shown["payload"], "note": "done"}}
        await sent(person, "POST", f"/v1/approvals/{asked['id']}/decide", answer)
        assert (await perdure.ended(run))["status"] == "completed"
        async with person.stream("GET", f"/v1/runs/{run}/events", headers={"Accept": "text/event-stream"}) as stream:
            told = "".join([part async for part in stream.aiter_text()])
        assert ADA not in told
        assert "run.completed" in told
        await step_is_revealed(person, run, {**given, "note": "done"})
        refused = await person.post("/codec/decode", json={"payloads": []})
        assert refused.status_code == 403
    assert (await sent(perdure.api, "GET", f"/v1/approvals/{asked['id']}"))["payload"] == {**given, "note": "done"}
    await previews_show_no_more(perdure)
    async with services.database.tenant(perdure.workspace_id) as session:
        revealed = select(AuditEntry).where(AuditEntry.action == "personal_data.revealed").order_by(AuditEntry.id)
        entries = [
            (one.subject_kind, one.actor_name, one.after["field"], one.after["reason"], one.after.get("path"))
            for one in await session.scalars(revealed)
        ]
    assert entries == [
        ("approval", operator.email, "payload", "to call her back", None),
        ("run", operator.email, "input", "to compare", None),
        ("run", operator.email, "output", "to see what was said", "ask"),
    ]
    return run


async def step_is_revealed(person: httpx.AsyncClient, run: str, payload: dict[str, Any]) -> None:
    """A step is named by its path and its iteration; another one is not there, and nothing is written down of it."""
    [step] = (await sent(person, "GET", f"/v1/runs/{run}/steps"))["items"]
    assert (step["path"], step["output"]["payload"]["who"]) == ("ask", "[e-mail address]")
    mine = {"path": "ask", "field": "output", "reason": "to see what was said"}
    assert (await sent(person, "POST", f"/v1/runs/{run}/reveal", mine))["value"]["payload"] == payload
    for wrong in ({"path": "nobody"}, {"iteration": 1}):
        answer = await person.post(f"/v1/runs/{run}/reveal", json=mine | wrong)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def previews_show_no_more(perdure: Perdure) -> None:
    """Whoever tries out expressions on what came in gets the masked values to work with."""
    slug = await perdure.publish([VALUE])
    made = {"name": "in", "workflow": slug, "settings": {"signature": "none"}}
    hook, came = await sent(perdure.api, "POST", "/v1/hooks", made), {"who": ADA, "born": "1815-12-10"}
    await sent(perdure.api, "POST", hook["path"], came)
    [delivery] = (await sent(perdure.api, "GET", f"/v1/hooks/{hook['id']}/deliveries"))["items"]
    split = "{{ {'got': body, 'odd': body.who.replace('@', ' at '), 'late': body.born + ''} }}"
    body = {"workflow": slug, "settings": {"input": split}, "delivery": delivery["id"]}
    editor = await new_member(perdure.database, perdure.workspace_id, Role.EDITOR)
    async with signed_in(perdure.api._transport.app, editor) as person:  # type: ignore[attr-defined]
        shown = (await sent(person, "POST", "/v1/hooks/preview", body))["input"]
    masked = {"who": "[e-mail address]", "born": "[masked]"}
    assert shown == {"got": masked, "odd": "[e-mail address]", "late": "[masked]"}
    assert (await sent(perdure.api, "POST", "/v1/hooks/preview", body))["input"]["got"] == came


async def test_temporals_interface_decodes_payloads_of_the_own_workspace_only(
    perdure: Perdure, database_url: str
) -> None:
    ended = await perdure.run([VALUE], input={"about": ADA, "long": ADA * 5_000})
    history = await perdure.handle(ended["id"]).fetch_history()
    payloads = list(history.events[0].workflow_execution_started_event_attributes.input.payloads)[1:]
    stored = await fetched(perdure.temporal.data_converter, payloads[0], str(perdure.workspace_id))
    assert ADA.encode() not in stored.SerializeToString()
    body = {
        "payloads": [
            {"metadata": {k: base64.b64encode(v).decode() for k, v in p.metadata.items()},
             "data": base64.b64encode(p.data).decode()}
            for p in payloads
        ]
    }  # fmt: skip
    decoded = await sent(perdure.api, "POST", "/codec/decode", body)
    assert ADA.encode() in base64.b64decode(decoded["payloads"][0]["data"])
    foreign = await fetched(perdure.temporal.data_converter, payloads[0], str(UUID(int=1)))
    assert foreign == payloads[0]
    theirs = replace(perdure.services, workspace_id=await new_workspace(database_url))
    stranger = await new_member(perdure.database, theirs.workspace_id)
    async with signed_in(create_app(ApiSettings(token=SecretStr("x")), theirs), stranger) as elsewhere:
        assert await sent(elsewhere, "POST", "/codec/decode", body) == body
        decoding = [one["action"] for one in (await sent(elsewhere, "GET", "/v1/audit"))["items"]]
    assert "payloads.decoded" not in decoding
    ours = [one["action"] for one in (await sent(perdure.api, "GET", "/v1/audit"))["items"]]
    assert ours.count("payloads.decoded") == 1


async def test_a_person_is_erased(perdure: Perdure, database_url: str) -> None:
    slug = await perdure.publish([VALUE], output="{{ input }}")
    await everything_about(perdure, slug, "Ada@Example.com")
    about, other = [
        (await perdure.ended(await perdure.start(slug, {"customer": {"email": m}})))["id"] for m in (ADA, "x")
    ]
    job = {"subject": ADA, "confirm": ADA, "reason": "she asked for it"}
    assert (await perdure.api.post("/v1/privacy/erasures/person", json={**job, "confirm": "x"})).status_code == 422
    connection = await asyncpg.connect(database_url)
    before = await mentions(connection, perdure.workspace_id)
    large = "SELECT count(*) FROM blobs WHERE workspace_id = $1 AND size > 100000"
    assert await connection.fetchval(large, perdure.workspace_id) > 0
    await connection.execute("UPDATE blobs SET used_at = now() - interval '8 days'")
    ended = await over(perdure, await sent(perdure.api, "POST", "/v1/privacy/erasures/person", job))
    assert {"runs", "hook_deliveries", "callbacks", "invitations", "model_answers", "audit_log"} <= before
    assert await mentions(connection, perdure.workspace_id) == set()
    assert await connection.fetchval(large, perdure.workspace_id) == 0
    await connection.close()
    assert ended["counts"]["runs"] == 2
    assert (await perdure.api.get(f"/v1/runs/{about}")).status_code == 404
    assert (await perdure.get(other))["id"] == other
    assert (await sent(perdure.api, "GET", "/v1/audit/verification"))["problems"] == []


async def everything_about(perdure: Perdure, slug: str, ada: str) -> None:
    """Lets a person turn up wherever one can."""
    api, workspace = perdure.api, perdure.workspace_id
    told = {"name": "ERP", "url": "http://127.0.0.1:1/", "events": ["run.completed"]}
    await sent(api, "POST", "/v1/subscriptions", told)
    hook = await sent(api, "POST", "/v1/hooks", {"name": "in", "workflow": slug, "settings": {"signature": "none"}})
    came = await sent(api, "POST", hook["path"], {"from": ada, "text": "tea " * 30_000})
    await perdure.ended(came["run_id"])
    await sent(api, "POST", "/v1/memories", {"memory": "support", "subject": ada, "text": "likes tea"})
    await sent(api, "POST", "/v1/events", {"type": "seen", "key": "1", "data": {"who": [ada]}})
    invited = await sent(api, "POST", "/v1/invitations", {"email": ada, "role": "viewer"})
    await sent(api, "POST", f"/v1/invitations/{invited['id']}/resend")
    await sent(api, "DELETE", f"/v1/invitations/{invited['id']}")
    async with perdure.database.tenant(workspace) as session:
        answer = {"message": {"text": f"Dear {ada}, tea it is."}}
        session.add(ModelAnswer(workspace_id=workspace, hash="h", model="m", answer=answer))


async def mentions(connection: asyncpg.Connection, workspace_id: UUID) -> set[str]:
    """Tables of a workspace in which a person stands."""
    found = set()
    for table in tables_of_workspaces():
        row = f"SELECT 1 FROM {table.name} t WHERE workspace_id = $1 AND position($2 in lower(t::text)) > 0 LIMIT 1"
        if table.name != "workspaces" and await connection.fetchval(row, workspace_id, ADA):
            found.add(table.name)
    return found


async def test_what_a_legal_hold_keeps_of_a_person_stays(perdure: Perdure) -> None:
    slug = await perdure.publish([VALUE])
    hook = await sent(
        perdure.api, "POST", "/v1/hooks", {"name": "in", "workflow": slug, "settings": {"signature": "none"}}
    )
    run = (await sent(perdure.api, "POST", hook["path"], {"from": ADA}))["run_id"]
    await perdure.ended(run)
    async with perdure.database.tenant(perdure.workspace_id) as session:
        row = await session.get_one(Run, UUID(run))
        chat = ChatSession(
            id=uuid4(),
            workspace_id=perdure.workspace_id,
            workflow_id=row.workflow_id,
            owner_kind="operator",
            owner_name=ADA,
        )
        session.add(chat)
        await session.flush()
        said = {"session_id": chat.id, "seq": 1, "author": "agent", "run_id": row.id}
        session.add(ChatMessage(workspace_id=perdure.workspace_id, **said))
    await sent(perdure.api, "POST", "/v1/legal-holds", {"run_id": run, "reason": "a case at court"})
    job = {"subject": ADA, "confirm": ADA, "reason": "she asked for it"}
    ended = await over(perdure, await sent(perdure.api, "POST", "/v1/privacy/erasures/person", job))
    assert ended["note"] == "A legal hold keeps 1 of runs, 1 of chat_sessions, 1 of hook_deliveries"
    assert (await perdure.get(run))["id"] == run
    assert len((await sent(perdure.api, "GET", f"/v1/hooks/{hook['id']}/deliveries"))["items"]) == 1


async def test_a_workspace_is_erased_after_its_grace_period(perdure: Perdure, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = OAuthProvider()
    async with served(provider.app) as url:
        await Office(perdure, provider, url).connected()
        assert len(provider.live()) == 1
        await a_workspace_is_erased(perdure, monkeypatch)
        assert provider.live() == []


async def a_workspace_is_erased(perdure: Perdure, monkeypatch: pytest.MonkeyPatch) -> None:
    await perdure.run([VALUE], input={"about": ADA})
    waiting = await perdure.start(asking := await perdure.publish([ASK]))
    await perdure.approval(waiting)
    await sent(perdure.api, "POST", "/v1/hooks", {"workflow": asking, "name": "orders"})
    invited = await sent(perdure.api, "POST", "/v1/invitations", {"email": "eve@example.com", "role": "owner"})
    late: list[str] = []

    async def vectors(tools: Tools, job: Job, page: Page) -> bool:
        """By now nothing begins from outside; what an older run has begun goes too."""
        assert (await perdure.api.get(f"/v1/invitations/{invited['id']}")).json()["state"] == "revoked"
        assert [one["enabled"] for one in (await sent(perdure.api, "GET", "/v1/hooks"))["items"]] == [False]
        late.append(await perdure.start(asking))
        await perdure.approval(late[0])
        # A large workspace takes longer than any process remembers its key.
        monkeypatch.setattr(data_keys, "KEEP_SECONDS", 0.0)
        return False

    monkeypatch.setitem(_PHASES, "vectors", vectors)
    history = await perdure.handle(waiting).fetch_history()
    [payload] = list(history.events[0].workflow_execution_started_event_attributes.input.payloads)[1:]
    async with perdure.database.tenant(perdure.workspace_id) as session:
        slug = (await session.scalars(select(Workspace.slug))).one()
    asked = {"confirm": slug, "reason": "we stop", "grace_days": 1}
    first = await sent(perdure.api, "POST", "/v1/privacy/erasures/workspace", asked)
    await sent(perdure.api, "POST", f"/v1/privacy/jobs/{first['id']}/cancel")
    job = await sent(perdure.api, "POST", "/v1/privacy/erasures/workspace", asked)
    async with perdure.database.system() as session:
        now = update(PrivacyJob).where(PrivacyJob.id == UUID(job["id"]))
        await session.execute(now.values(due_at=func.clock_timestamp()))
    assert (await over(perdure, job))["status"] == "completed"
    async with perdure.database.system() as session:
        for table in doomed_tables():
            rows = text(f"SELECT count(*) FROM {table.name} WHERE workspace_id = :workspace")
            assert await session.scalar(rows, {"workspace": perdure.workspace_id}) == 0, table.name
        audited = (
            await session.scalars(select(AuditEntry).where(AuditEntry.workspace_id == perdure.workspace_id))
        ).all()
        assert {"workspace.erased", "audit.redacted"} <= {entry.action for entry in audited}
        assert {entry.actor_name for entry in audited} == {"", "system"}
        keys = select(WorkspaceDataKey.sealed).where(WorkspaceDataKey.workspace_id == perdure.workspace_id)
        assert set(await session.scalars(keys)) == {None}
        memories = select(func.count()).where(AgentMemory.workspace_id == perdure.workspace_id)
        assert await session.scalar(memories) == 0
    for run in (waiting, *late):
        await forgotten(perdure, run)
    codec = perdure.temporal.data_converter.payload_codec
    assert codec is not None
    codec.keys.forget(str(perdure.workspace_id))  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="erased"):
        await codec.decode([payload])
