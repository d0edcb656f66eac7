"""Waits of days and months, on the test server of Temporal that skips time; everything else is real."""

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from temporalio.testing import WorkflowEnvironment

from activities.egress import EgressSettings
from activities.llm.settings import LlmSettings
from db.approvals import decide
from db.session import Database
from db.tables import Approval, Run, RunEventRow, Workflow, WorkflowVersion
from engine.blob_store import external_storage, store_plan
from engine.converter import data_converter
from engine.dispatcher import Dispatcher
from schemas.run_events import EventType
from tests.schemas.documents import compiled, document, node
from tests.support.polling import eventually
from workers.main import step_services, worker_parts
from workers.pollers import build_workers
from workers.settings import WorkerSettings

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

TEST_SERVER = Path(sys.executable).parent / "temporal-test-server"
LIMITS = {"timeout": "90d"}


@dataclass
class Skipping:
    """A worker on a server on which a month takes no time."""

    database: Database
    environment: WorkflowEnvironment
    dispatcher: Dispatcher
    workspace_id: UUID

    async def start(self, raw: dict[str, Any]) -> UUID:
        """Publish the document and start a run of it."""
        run_id, version_id, workflow = uuid4(), uuid4(), uuid4()
        async with self.database.tenant(self.workspace_id) as session:
            plan = await store_plan(session, self.workspace_id, compiled(raw))
            session.add(Workflow(id=workflow, workspace_id=self.workspace_id, slug=f"w-{workflow.hex}", name="Long"))
            await session.flush()
            session.add(
                WorkflowVersion(
                    id=version_id,
                    workspace_id=self.workspace_id,
                    workflow_id=workflow,
                    version=1,
                    document=raw,
                    plan_hash=plan.plan_hash,
                    blob_hash=plan.blob_hash,
                    blob_size=plan.size,
                )
            )
            await session.flush()
            session.add(Run(id=run_id, workspace_id=self.workspace_id, workflow_id=workflow, version_id=version_id))
        await self.dispatcher.start_run(self.workspace_id, run_id)
        return run_id

    async def run(self, run_id: UUID) -> Run:
        async with self.database.tenant(self.workspace_id) as session:
            return await session.get_one(Run, run_id)

    async def ended(self, run_id: UUID) -> Run:
        """The run at its end, which must come without any more time passing."""

        async def look() -> Run | None:
            run = await self.run(run_id)
            return run if run.ended_at is not None else None

        found = await eventually(look, seconds=60)
        assert found is not None
        return found

    async def reached(self, run_id: UUID, path: str) -> None:
        """Wait until a node of the run waits."""

        async def look() -> bool:
            return any((e.type, e.path) == (EventType.STEP_WAITING, path) for e in await self.events(run_id))

        await eventually(look, seconds=60)

    async def pass_time(self, **amount: float) -> None:
        """Let time pass on the server."""
        await self.environment.sleep(timedelta(**amount))

    async def approval(self, run_id: UUID) -> Approval | None:
        async with self.database.tenant(self.workspace_id) as session:
            found: Approval | None = await session.scalar(select(Approval).where(Approval.run_id == run_id))
            return found

    async def events(self, run_id: UUID) -> list[RunEventRow]:
        async with self.database.tenant(self.workspace_id) as session:
            rows = await session.scalars(
                select(RunEventRow).where(RunEventRow.run_id == run_id).order_by(RunEventRow.seq)
            )
            return list(rows)

    async def now(self) -> datetime:
        """The server's time."""
        return await self.environment.get_current_time()


@pytest.fixture(scope="module")
async def environment(database_url: str) -> AsyncIterator[tuple[Database, WorkflowEnvironment]]:
    """The server with a worker as the worker process has it."""
    async with AsyncExitStack() as stack:
        database = Database(database_url)
        stack.push_async_callback(database.dispose)
        server = await stack.enter_async_context(
            await WorkflowEnvironment.start_time_skipping(
                test_server_existing_path=str(TEST_SERVER), data_converter=data_converter(external_storage(database))
            )
        )
        services = await stack.enter_async_context(step_services(LlmSettings(), EgressSettings(), ""))
        for worker in build_workers(server.client, WorkerSettings(), worker_parts(database, services), "long waits"):
            await stack.enter_async_context(worker)
        yield database, server


@pytest.fixture
async def skipping(environment: tuple[Database, WorkflowEnvironment], workspace_id: UUID) -> AsyncIterator[Skipping]:
    database, server = environment
    dispatcher = Dispatcher(database, server.client)
    yield Skipping(database, server, dispatcher, workspace_id)
    await dispatcher.close()


def asking() -> dict[str, Any]:
    """A local step, a question with a month to answer it, and a local step that tells the answer."""
    nodes = [
        node("before", "code", code="1 + 1"),
        node("ask", "approval", title="Well?", deadline="30d"),
        *(node(port, "code", code=f"'{port}'") for port in ("approved", "expired")),
    ]
    edges = ["before > ask", "ask.approved > approved", "ask.expired > expired"]
    output = {name: f"{{{{ nodes.{name}.status }}}}" for name in ("approved", "expired")}
    return document(nodes, edges, output={**output, "ask": "{{ nodes.ask.output.decision }}"}, limits=LIMITS)


async def test_a_wait_of_24_hours(skipping: Skipping) -> None:
    nodes = [node("before", "code", code="1"), node("rest", "wait", duration="24h"), node("after", "code", code="2")]
    run = await skipping.start(document(nodes, ["before > rest", "rest > after"], limits=LIMITS))
    await skipping.reached(run, "rest")
    await skipping.pass_time(hours=23, minutes=59)
    assert (await skipping.run(run)).status == "running"
    await skipping.pass_time(minutes=2)
    assert (await skipping.ended(run)).status == "completed"
    events = await skipping.events(run)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    completed = [event.path for event in events if event.type == EventType.STEP_COMPLETED]
    assert completed == ["before", "rest", "after"]


async def test_an_approval_expires_after_30_days(skipping: Skipping) -> None:
    begun = await skipping.now()
    run = await skipping.start(asking())
    asked = await eventually(lambda: skipping.approval(run), seconds=60)
    assert asked.due_at is not None
    assert timedelta(days=30) <= asked.due_at - begun < timedelta(days=30, hours=1)
    await skipping.pass_time(days=29, hours=23)
    assert (await skipping.run(run)).status == "running"
    await skipping.pass_time(hours=2)
    ended = await skipping.ended(run)
    assert ended.output == {"approved": "skipped", "expired": "completed", "ask": "expired"}
    settled = await skipping.approval(run)
    assert settled is not None
    assert settled.status == "expired"
    async with skipping.database.tenant(skipping.workspace_id) as session:
        assert not (await decide(session, settled.id, "approved")).won


async def test_an_approval_is_decided_on_day_20(skipping: Skipping) -> None:
    begun = await skipping.now()
    run = await skipping.start(asking())
    asked = await eventually(lambda: skipping.approval(run), seconds=60)
    await skipping.pass_time(days=20)
    async with skipping.database.tenant(skipping.workspace_id) as session:
        assert (await decide(session, asked.id, "approved", by="Ada")).won
    ended = await skipping.ended(run)
    assert ended.output == {"approved": "completed", "expired": "skipped", "ask": "approved"}
    assert timedelta(days=20) <= await skipping.now() - begun < timedelta(days=20, hours=1)
    types = [event.type for event in await skipping.events(run)]
    assert types.count(EventType.APPROVAL_DECIDED) == 1
    assert EventType.APPROVAL_EXPIRED not in types
