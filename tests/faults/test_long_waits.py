"""Waits of days and months, on the test server of Temporal that skips time; everything else is real."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.egress import EgressSettings
from activities.llm.settings import LlmSettings
from activities.notify.services import Post
from db.approvals.handing import delegate
from db.approvals.voting import Answer, vote
from db.session import Database
from db.tables import (
    Approval,
    ApprovalEntry,
    Callback,
    NotificationMessage,
    Run,
    RunEventRow,
    Subscription,
    Workflow,
    WorkflowVersion,
)
from engine.blob_store import external_storage, store_plan
from engine.callback_starter import CallbackStarter
from engine.converter import data_converter
from engine.dispatcher import Dispatcher
from engine.mail_settings import ReachSettings, SmtpSettings
from engine.secrets.purposes import SUBSCRIPTION
from schemas import limits
from schemas.notifications import DISABLED
from schemas.roles import Role
from schemas.run_events import EventType
from tests.schemas.documents import compiled, document, node
from tests.support.approvals import decide
from tests.support.http_server import Received, answer, http_server
from tests.support.inbox import Person
from tests.support.people import new_member
from tests.support.polling import eventually
from tests.support.secrets import encryption
from workers.parts import step_services, worker_parts
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
    workers: "Workers"

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

    async def callback(self, callback_id: UUID) -> Callback:
        async with self.database.tenant(self.workspace_id) as session:
            return await session.get_one(Callback, callback_id)

    async def events(self, run_id: UUID) -> list[RunEventRow]:
        async with self.database.tenant(self.workspace_id) as session:
            rows = await session.scalars(
                select(RunEventRow).where(RunEventRow.run_id == run_id).order_by(RunEventRow.seq)
            )
            return list(rows)

    async def noted(self, approval_id: UUID, history: list[str]) -> None:
        """Wait until the history of a request is this, and no more."""
        query = select(ApprovalEntry.kind).where(ApprovalEntry.approval_id == approval_id).order_by(ApprovalEntry.id)

        async def look() -> bool:
            async with self.database.tenant(self.workspace_id) as session:
                return list(await session.scalars(query)) == history

        await eventually(look, seconds=60)

    async def continued(self, run_id: UUID) -> None:
        """Wait until the run has moved to a fresh history."""
        first = self.environment.client.get_workflow_handle(f"run-{run_id}")

        async def look() -> bool:
            history = await first.fetch_history()
            return bool(history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id)

        await eventually(look, seconds=60)

    async def publish_another(self, run_id: UUID) -> None:
        """A version 2 of the run's workflow, which does something else."""
        run = await self.run(run_id)
        raw = document([node("other", "code", code="'other'")])
        async with self.database.tenant(self.workspace_id) as session:
            plan = await store_plan(session, self.workspace_id, compiled(raw))
            session.add(
                WorkflowVersion(
                    id=uuid4(),
                    workspace_id=self.workspace_id,
                    workflow_id=run.workflow_id,
                    version=2,
                    document=raw,
                    plan_hash=plan.plan_hash,
                    blob_hash=plan.blob_hash,
                    blob_size=plan.size,
                )
            )

    async def now(self) -> datetime:
        """The server's time."""
        return await self.environment.get_current_time()


class Workers:
    """The workers of a process, which can be stopped and started again."""

    def __init__(self, build: Callable[[], list[Worker]]) -> None:
        self._build = build
        self._running = AsyncExitStack()

    async def start(self) -> None:
        for worker in self._build():
            await self._running.enter_async_context(worker)

    async def stop(self) -> None:
        await self._running.aclose()


@pytest.fixture(scope="module")
async def environment(database_url: str) -> AsyncIterator[tuple[Database, WorkflowEnvironment, Workers]]:
    """The server with a worker as the worker process has it."""
    async with AsyncExitStack() as stack:
        database = Database(database_url)
        stack.push_async_callback(database.dispose)
        server = await stack.enter_async_context(
            await WorkflowEnvironment.start_time_skipping(
                test_server_existing_path=str(TEST_SERVER), data_converter=data_converter(external_storage(database))
            )
        )
        egress = EgressSettings(allow=("127.0.0.1",))
        services = await stack.enter_async_context(step_services(LlmSettings(), egress, ""))
        post = Post(encryption(), SmtpSettings.model_construct(), ReachSettings.model_construct())
        parts = worker_parts(database, services, post=post)
        # Without a cache, what a worker remembers never hides what a replay would find; and the server of the tests
        # waits for ever for a stopped worker that it believes to remember a run.
        workers = Workers(lambda: build_workers(server.client, WorkerSettings(max_cached_runs=0), parts, "long waits"))
        await workers.start()
        stack.push_async_callback(workers.stop)
        yield database, server, workers


@pytest.fixture
async def skipping(
    environment: tuple[Database, WorkflowEnvironment, Workers], workspace_id: UUID
) -> AsyncIterator[Skipping]:
    database, server, workers = environment
    dispatcher = Dispatcher(database, server.client)
    yield Skipping(database, server, dispatcher, workspace_id, workers)
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


async def test_sixty_days_with_reminders_an_escalation_and_a_delegation(
    skipping: Skipping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through a fresh history, a restart of the worker and a new version of the workflow."""
    monkeypatch.setattr(limits, "CONTINUE_AS_NEW_STEPS", 3)
    ada, bob, boss = [await person(skipping) for _ in range(3)]
    asked_of = {"assignees": [ada.email], "escalate": [{"after": "30d", "to": [boss.email]}]}
    nodes = [
        node("ask", "approval", title="Well?", deadline="80d", reminders=["10d", "20d"], **asked_of),
        node("rest", "wait", duration="25d"),
        *(node(f"c{n}", "code", code=str(n)) for n in range(5)),
        node("done", "code", code="'done'"),
    ]
    edges = ["ask.approved > done", "rest > c0", *(f"c{n} > c{n + 1}" for n in range(4))]
    run = await skipping.start(document(nodes, edges, output="{{ nodes.done.output }}", limits=LIMITS))
    asked = await eventually(lambda: skipping.approval(run), seconds=60)
    await skipping.pass_time(days=12)
    await skipping.noted(asked.id, ["opened", "reminded"])
    async with skipping.database.tenant(skipping.workspace_id) as session:
        await delegate(session, asked.id, ada.voter, ada.actor, bob.id, "away until spring")
    await skipping.pass_time(days=15)
    await skipping.noted(asked.id, ["opened", "reminded", "delegated", "reminded"])
    await skipping.continued(run)
    await skipping.workers.stop()
    await skipping.publish_another(run)
    await skipping.workers.start()
    await skipping.pass_time(days=4)
    await skipping.noted(asked.id, ["opened", "reminded", "delegated", "reminded", "escalated", "assigned"])
    await skipping.pass_time(days=29)
    await skipping.noted(asked.id, ["opened", "reminded", "delegated", "reminded", "escalated", "assigned"])
    async with skipping.database.tenant(skipping.workspace_id) as session:
        answer = Answer("approved", asked.digest)
        verdict = await vote(session, asked.id, answer, bob.voter, bob.actor)
    assert verdict.final
    ended = await skipping.ended(run)
    assert (ended.status, ended.output) == ("completed", "done")
    types = [event.type for event in await skipping.events(run)]
    assert types.count(EventType.APPROVAL_REMINDED) == 2
    assert types.count(EventType.APPROVAL_ESCALATED) == types.count(EventType.APPROVAL_DECIDED) == 1


async def test_a_receiver_of_callbacks_that_fails_for_three_days_is_disabled(skipping: Skipping) -> None:
    async def fail(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(status=500))

    async with http_server(fail) as server:
        owner = await new_member(skipping.database, skipping.workspace_id, Role.OWNER)
        subscription, callback = await subscribed(skipping, server.url)
        await CallbackStarter(skipping.database, skipping.environment.client).sweep()
        await skipping.pass_time(hours=70)
        tried = await skipping.callback(callback)
        assert (tried.status, tried.response_status) == ("pending", 500)
        assert tried.attempts > 70
        # The database's clock was not moved. The delivery ends when the next attempt would come too late: in an hour.
        async with skipping.database.tenant(skipping.workspace_id) as session:
            row = await session.get_one(Subscription, subscription)
            assert row.failing_since is not None
            row.failing_since -= timedelta(hours=71)
        await skipping.pass_time(hours=3)

        async def given_up() -> bool:
            return (await skipping.callback(callback)).status == "failed"

        await eventually(given_up, seconds=60)
    async with skipping.database.tenant(skipping.workspace_id) as session:
        row = await session.get_one(Subscription, subscription)
        assert (row.enabled, (row.disabled_reason or "")[:20]) == (False, "Nothing could be del")
        told = list(await session.scalars(select(NotificationMessage)))
    assert [(one.event, one.user_id, one.address) for one in told] == [(DISABLED, owner.id, owner.email)]


async def subscribed(skipping: Skipping, url: str) -> tuple[UUID, UUID]:
    """A subscription that was made with an API key, and something that it is to hear of."""
    sealed = {"workspace_id": skipping.workspace_id, "id": uuid4()}
    secret = encryption().encrypt(SUBSCRIPTION, *sealed.values(), json.dumps({"url": url}).encode())
    async with skipping.database.tenant(skipping.workspace_id) as session:
        by = {"created_by": "key", "updated_by": "key", "hint": "…", "name": "ERP"}
        session.add(Subscription(**sealed, **by, events=["run.completed"], sealed=secret))
        await session.flush()
        made = Callback(
            id=uuid4(),
            workspace_id=skipping.workspace_id,
            subscription_id=sealed["id"],
            event="subscription.test",
            key="once",
        )
        session.add(made)
    return sealed["id"], made.id


async def person(skipping: Skipping) -> Person:
    """A member."""
    member = await new_member(skipping.database, skipping.workspace_id, Role.OPERATOR)
    return Person(member, Role.OPERATOR, skipping.workspace_id)
