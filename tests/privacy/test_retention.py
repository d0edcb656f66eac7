"""What rules delete in each table, and what the fixed limits leave to rules and holds."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import func, select, update
from temporalio.client import Client

from activities.knowledge.embedded import EmbeddedIndex
from activities.privacy.jobs import Job, Page, Tools
from activities.privacy.retention import retention_page
from db import audit
from db.audit import Actor
from db.retention import STORES
from db.session import Database
from db.tables import AuditEntry, Run
from engine.callback_starter import forget_callbacks
from engine.connection_starter import forget_connection_traces
from engine.hook_runs import forget_deliveries
from engine.notification_starter import forget_notifications
from engine.privacy_starter import forget_payloads_of_erased
from schemas.privacy import DataClass, JobKind
from tests.support.workspaces import new_run

AGES = {"old": 120, "held": 95, "young": 0}
"""Days. The held run has begun a day before what belongs to it."""

INSERTS = {
    "run_events": "(workspace_id, run_id, path, seq, type, at) VALUES ($1, $2, $3, 900, 'step.delta', $4)",
    "events": "(workspace_id, type, key, created_at) SELECT $1, 't', $3, $4 WHERE $2::uuid IS NOT NULL",
    "blobs": "(workspace_id, hash, data, size, used_at) SELECT $1, $3, 'x', 1, $4 WHERE $2::uuid IS NOT NULL",
    "hook_deliveries": "(workspace_id, hook_id, run_id, delivery_id, status, received_at) "
    "VALUES ($1, $1, $2, $3, 'started', $4)",
    "callbacks": "(workspace_id, subscription_id, run_id, event, key, status, created_at) "
    "VALUES ($1, $1, $2, 'run.started', $3, 'sent', $4)",
    "notification_messages": "(workspace_id, event, kind, address, key, created_at, status) "
    "SELECT $1, 'test', 'email', 'a', $3, $4, CASE $3 WHEN 'held' THEN 'sending' ELSE 'sent' END "
    "WHERE $2::uuid IS NOT NULL",
    "connection_calls": "(workspace_id, connection_id, run_id, action, effect, milliseconds, created_at) "
    "VALUES ($1, $1, $2, $3, 'read', 1, $4)",
    "chat_sessions": "(id, workspace_id, workflow_id, owner_kind, owner_name, updated_at) "
    "SELECT r.id, $1, r.workflow_id, 'operator', $3, $4 FROM runs r WHERE r.id = $2",
    "agent_memories": "(workspace_id, scope, text, hash, created_by, updated_at) "
    "SELECT $1, 's', $3, $3, 'a', $4 WHERE $2::uuid IS NOT NULL",
    "knowledge_documents": "(id, workspace_id, base_id, name, media_type, content, content_hash, size, created_by, "
    "updated_at) VALUES ($2, $1, $1, $3, 'text/plain', 'x', $3, 1, 'a', $4)",
    "files": "(workspace_id, run_id, folder, name, media_type, size, sha256, data, created_by, created_at) "
    "VALUES ($1, $2, 'f', $3, 'text/plain', 1, 'x', 'x', 'a', $4)",
}
"""A row of each table, by workspace, run, name and age."""

NAMED = {
    "run_events": "path",
    "blobs": "hash",
    "hook_deliveries": "delivery_id",
    "connection_calls": "action",
    "chat_sessions": "owner_name",
    "agent_memories": "text",
    "knowledge_documents": "name",
    "files": "name",
}
"""Where the name stands; `key` elsewhere."""

NOT_HELD = {"agent_memories", "knowledge_documents"}
"""No run has made these, so that a hold on one keeps none of them."""


@pytest.fixture
async def admin(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """May write anything."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def runs(database: Database, admin: asyncpg.Connection, workspace_id: UUID) -> dict[str, UUID]:
    """A run for each age, one of them held; and all that rows refer to."""
    made = {name: await new_run(database, workspace_id) for name in AGES}
    for name, run in made.items():
        began, ended = (datetime.now(UTC) - timedelta(days=AGES[name] + more) for more in (1, 0.5))
        async with database.system() as session:
            aged = update(Run).where(Run.id == run.id)
            await session.execute(aged.values(status="completed", created_at=began, ended_at=ended))
    by = "'a', 'a'"
    for statement in (
        "INSERT INTO legal_holds (workspace_id, subject_kind, subject_id, reason, created_by) "
        f"VALUES ($1, 'run', '{made['held'].id}', 'a case', '{{}}')",
        "INSERT INTO waiters (workspace_id, run_id, path, iteration, workflow_id, type, key) "
        f"VALUES ($1, '{made['young'].id}', 'a', 0, 'w', 't', 'held')",
        "INSERT INTO hooks (id, workspace_id, workflow_id, kind, name, settings, key_hash, sealed, created_by, "
        f"updated_by) VALUES ($1, $1, '{made['old'].workflow_id}', 'webhook', 'h', '{{}}', 'x', 'x', {by})",
        "INSERT INTO subscriptions (id, workspace_id, name, events, hint, sealed, created_by, updated_by) "
        f"VALUES ($1, $1, 's', '{{}}', 'h', 'x', {by})",
        "INSERT INTO connections (id, workspace_id, name, provider, created_by, updated_by) "
        f"VALUES ($1, $1, 'c', 'custom', {by})",
        "INSERT INTO knowledge_bases (id, workspace_id, slug, name, model, chunk_chars, overlap_chars, created_by) "
        "VALUES ($1, $1, 'k', 'K', 'default', 1, 0, 'a')",
    ):
        await admin.execute(statement, workspace_id)
    return {name: run.id for name, run in made.items()}


async def fill(admin: asyncpg.Connection, table: str, workspace_id: UUID, runs: dict[str, UUID]) -> None:
    for name, age in AGES.items():
        at = datetime.now(UTC) - timedelta(days=age)
        await admin.execute(f"INSERT INTO {table} {INSERTS[table]}", workspace_id, runs[name], name, at)
    if table == "chat_sessions":
        said = (
            "INSERT INTO chat_messages (workspace_id, session_id, run_id, seq, author) VALUES ($1, $2, $2, 1, 'agent')"
        )
        for run in runs.values():
            await admin.execute(said, workspace_id, run)
    if table == "knowledge_documents":
        text = "INSERT INTO knowledge_chunks (workspace_id, base_id, document_id, revision, position, hash, text) "
        for run in runs.values():
            await admin.execute(f"{text} VALUES ($1, $1, $2, 1, 0, 'h', 't')", workspace_id, run)


async def left(admin: asyncpg.Connection, table: str, workspace_id: UUID) -> set[str]:
    name = NAMED.get(table, "key")
    rows = await admin.fetch(f"SELECT {name} FROM {table} WHERE workspace_id = $1", workspace_id)
    return {row[0] for row in rows} & AGES.keys()


async def rule(admin: asyncpg.Connection, workspace_id: UUID, data_class: DataClass, days: int) -> None:
    put = "INSERT INTO retention_rules (workspace_id, class, days) VALUES ($1, $2, $3)"
    await admin.execute(put, workspace_id, data_class.value, days)


async def carried_out(database: Database, workspace_id: UUID, now: datetime | None = None) -> Page:
    """All pages of a job."""
    index = EmbeddedIndex(database)
    tools, progress = Tools(database, index, cast("Client", None)), dict[str, Any]()
    actor = Actor(workspace_id, "system", None, "test")
    try:
        while True:
            job = Job(uuid4(), workspace_id, JobKind.RETENTION, {}, progress, actor, now or datetime.now(UTC))
            page = await retention_page(tools, job)
            progress = page.progress
            if page.finished:
                return page
    finally:
        await index.close()


TABLES = [(data_class, store.table) for data_class, stores in STORES.items() for store in stores]


@pytest.mark.parametrize(("data_class", "table"), [one for one in TABLES if one[1] not in ("runs", "audit_log")])
async def test_a_rule_deletes_what_is_old_and_nothing_holds(
    database: Database,
    admin: asyncpg.Connection,
    workspace_id: UUID,
    runs: dict[str, UUID],
    data_class: DataClass,
    table: str,
) -> None:
    await fill(admin, table, workspace_id, runs)
    await rule(admin, workspace_id, data_class, 30)
    page = await carried_out(database, workspace_id)
    kept = {"young"} if table in NOT_HELD else {"young", "held"}
    assert await left(admin, table, workspace_id) == kept
    assert page.progress["counts"] == {table: 3 - len(kept)}
    if table == "knowledge_documents":
        # Vectors are columns of the chunks, and what indexes have of others is not shown.
        chunks = await admin.fetch("SELECT document_id FROM knowledge_chunks WHERE workspace_id = $1", workspace_id)
        assert [row["document_id"] for row in chunks] == [runs["young"]]


async def test_a_rule_prunes_the_audit_log(database: Database, admin: asyncpg.Connection, workspace_id: UUID) -> None:
    actor = Actor(workspace_id, "system", None, "test")
    moments = []
    for action in ("a.old", "a.young"):
        async with database.tenant(workspace_id) as session:
            audit.record(session, actor, action, ("thing", "1"))
        async with database.system() as session:
            moments.append(await session.scalar(select(func.clock_timestamp())))
    await rule(admin, workspace_id, DataClass.AUDIT, 30)
    await carried_out(database, workspace_id, moments[0] + timedelta(days=30))
    async with database.tenant(workspace_id) as session:
        actions = set(await session.scalars(select(AuditEntry.action)))
    assert actions == {"a.young", "audit.pruned"}


@pytest.mark.parametrize(
    ("table", "forget"),
    [
        ("hook_deliveries", forget_deliveries),
        ("callbacks", forget_callbacks),
        ("connection_calls", forget_connection_traces),
        ("notification_messages", forget_notifications),
    ],
)
@pytest.mark.parametrize("days", [None, 3_650])
async def test_fixed_limits_give_way_to_holds_and_rules(
    database: Database,
    admin: asyncpg.Connection,
    workspace_id: UUID,
    runs: dict[str, UUID],
    table: str,
    forget: Callable[[Database], Awaitable[int]],
    days: int | None,
) -> None:
    await fill(admin, table, workspace_id, runs)
    if days is not None:
        await rule(admin, workspace_id, DataClass.DELIVERIES, days)
    await forget(database)
    assert await left(admin, table, workspace_id) == ({"young", "held"} if days is None else {"old", "young", "held"})


async def test_large_payloads_follow_the_runs_of_somebody_who_was_erased(
    database: Database, admin: asyncpg.Connection, workspace_id: UUID
) -> None:
    put = "INSERT INTO blobs (workspace_id, hash, data, size, used_at) VALUES ($1, $2, 'x', 1, now() - $3::interval)"
    for name, days in (("old", 12), ("held", 9), ("young", 1)):
        await admin.execute(put, workspace_id, name, timedelta(days=days))
    await forget_payloads_of_erased(database)
    assert await left(admin, "blobs", workspace_id) == {"old", "held", "young"}
    job = "INSERT INTO privacy_jobs (workspace_id, kind, status, created_by, ended_at) "
    ended = f"{job} VALUES ($1, 'erase_person', 'completed', '{{}}', now() - interval '10 days')"
    await admin.execute(ended, workspace_id)
    await forget_payloads_of_erased(database)
    assert await left(admin, "blobs", workspace_id) == {"held", "young"}
