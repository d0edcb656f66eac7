"""A workspace with a full queue does not make another one wait: both take turns."""

import ast
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from temporalio.client import Client
from temporalio.service import RPCError

from activities.egress import EgressSettings
from activities.llm.settings import LlmSettings
from db.session import Database
from db.tables import Run
from engine.client import connect_now
from engine.settings import TemporalSettings
from schemas.messages import ACTIONS_QUEUE, RUNS_QUEUE
from tests.support.perdure import Perdure, opened
from tests.support.polling import eventually
from tests.support.serving import served
from tests.support.workspaces import new_workspace
from workers.parts import step_services, worker_parts
from workers.pollers import build_workers
from workers.settings import WorkerSettings

ROOT = Path(__file__).parents[2]
SMALL = 10
A_HANDFUL = 5
PARALLEL = {"max_parallel": 500}


class Calls:
    """An HTTP server that notes who calls, in order."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.url = ""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Calls"]:
        """Serve as long as the block runs."""

        async def note(request: Request) -> PlainTextResponse:
            self.order.append(request.path_params["who"])
            return PlainTextResponse("ok")

        async with served(Starlette(routes=[Route("/{who}", note)])) as self.url:
            yield self

    def steps(self, who: str, count: int) -> dict[str, Any]:
        """Parts of a document: steps that call at once."""
        node = {"kind": "http_request", "with": {"url": f"{self.url}/{who}"}}
        return {"nodes": [{"id": f"n{number}", **node} for number in range(count)], "limits": PARALLEL}

    async def came(self, who: str, count: int) -> bool:
        """Whether so many calls of one caller have come."""
        return len(self.positions(who)) >= count

    def positions(self, who: str) -> list[int]:
        """Where in the order the calls of one caller stand."""
        return [place for place, caller in enumerate(self.order) if caller == who]


@pytest.fixture(scope="module")
async def worker(database: Database, own_temporal: str) -> Client:
    """A client of that server; the tests start workers themselves, for a queue must be full first."""
    return await connect_now(TemporalSettings(address=own_temporal), database)


@asynccontextmanager
async def serving(database: Database, client: Client, queue: str, **settings: Any) -> AsyncIterator[None]:
    """A worker of one queue."""
    allowed = EgressSettings(allow=("127.0.0.1",))
    async with step_services(LlmSettings(), allowed, "whsec_" + "QUFB" * 8) as services:
        (worker,) = build_workers(
            client, WorkerSettings(queues=(queue,), **settings), worker_parts(database, services), queue
        )
        async with worker:
            yield


@pytest.fixture
async def small(perdure: Perdure, database_url: str) -> AsyncIterator[Perdure]:
    """Another workspace beside `perdure`."""
    other = replace(perdure.services, workspace_id=await new_workspace(database_url))
    async with opened(other) as made:
        yield made


async def test_400_queued_steps_of_one_workspace_delay_10_of_another_by_a_few(
    perdure: Perdure, small: Perdure, database: Database, worker: Client
) -> None:
    async with Calls().listening() as calls:
        async with serving(database, worker, RUNS_QUEUE):
            slug = await perdure.publish(**calls.steps("big", 100))
            for _ in range(3):
                await perdure.start(slug)
            # Its items are the steps of child workflows.
            each = {"items": "input.items", "concurrency": 500, "body": {"nodes": calls.steps("big", 1)["nodes"]}}
            slug = await perdure.publish([{"id": "each", "kind": "foreach", "with": each}], limits=PARALLEL)
            await perdure.start(slug, {"items": list(range(100))})
            await eventually(lambda: queued(perdure, 400), seconds=60)
            await small.start(await small.publish(**calls.steps("small", SMALL)))
            await eventually(lambda: queued(small, SMALL), seconds=30)
        async with serving(database, worker, ACTIONS_QUEUE, max_steps=1, max_polls=2):
            await eventually(lambda: calls.came("small", SMALL), seconds=60)
    # One after the other they would stand at 400 to 409; in turns the last one stands at 19.
    assert calls.positions("small")[-1] < 2 * SMALL + A_HANDFUL, calls.positions("small")


async def test_100_queued_starts_of_one_workspace_delay_10_of_another_by_a_few(
    perdure: Perdure, small: Perdure, database: Database, worker: Client
) -> None:
    runs: dict[str, str] = {}
    for who, count, owner in (("big", 100, perdure), ("small", SMALL, small)):
        slug = await owner.publish([{"id": "a", "kind": "transform", "with": {"value": 1}}])
        runs |= {await owner.start(slug): who for _ in range(count)}

    async def all_queued() -> bool:
        # In a flood, starts are left to the sweep.
        await perdure.services.dispatcher.sweep()
        return all([await describe(perdure, perdure.handle(run).id) for run in runs])

    await eventually(all_queued, seconds=60)

    async def all_of_small() -> list[str]:
        order = await ended_in_order(database, runs)
        return order if sum(runs[run] == "small" for run in order) == SMALL else []

    async with serving(database, worker, RUNS_QUEUE, max_workflow_tasks=2, max_polls=2):
        order = await eventually(all_of_small, seconds=60)
    places = [place for place, run in enumerate(order) if runs[run] == "small"]
    assert places[-1] < 2 * SMALL + A_HANDFUL, places


async def test_what_a_run_starts_takes_turns_with_it(perdure: Perdure, database: Database, worker: Client) -> None:
    async with Calls().listening() as calls, serving(database, worker, RUNS_QUEUE):
        inner = await perdure.publish(**calls.steps("child", 1))
        each = {"items": "input.items", "body": {"nodes": calls.steps("item", 1)["nodes"]}}
        nodes = [
            {"id": "sub", "kind": "sub_workflow", "with": {"workflow": inner}},
            {"id": "each", "kind": "foreach", "with": each},
        ]
        run = await perdure.start(await perdure.publish(nodes), {"items": list(range(150))})

        async def all_started() -> list[Any]:
            found = await family(perdure, run)
            return found if len(found) == 4 else []  # itself, the child, two parts of the list

        found = await eventually(all_started, seconds=30)
    assert {info.priority.fairness_key for info in found} == {str(perdure.workspace_id)}


async def describe(perdure: Perdure, workflow_id: str) -> Any:
    """A workflow as the server knows it; nothing if it was not started yet."""
    try:
        return (await perdure.temporal.get_workflow_handle(workflow_id).describe()).raw_description
    except RPCError:
        return None


async def running(perdure: Perdure) -> list[Any]:
    """All running workflows of the server."""
    ids = [one.id async for one in perdure.temporal.list_workflows("ExecutionStatus = 'Running'")]
    return [found for one in ids if (found := await describe(perdure, one)) is not None]


async def family(perdure: Perdure, run: str) -> list[Any]:
    """The workflow of a run and those that it has started."""
    infos = [one.workflow_execution_info for one in await running(perdure)]
    return [info for info in infos if info.root_execution.workflow_id == perdure.handle(run).id]


async def queued(perdure: Perdure, steps: int) -> bool:
    """Whether so many steps of a workspace are in a queue."""
    key = str(perdure.workspace_id)
    own = [one for one in await running(perdure) if one.workflow_execution_info.priority.fairness_key == key]
    return sum(len(one.pending_activities) for one in own) == steps


async def ended_in_order(database: Database, runs: Iterable[str]) -> list[str]:
    """Runs that have ended, the first one first."""
    query = select(Run.id).where(Run.id.in_(map(UUID, runs)), Run.ended_at.is_not(None)).order_by(Run.ended_at)
    async with database.system() as session:
        return [str(run) for run in await session.scalars(query)]


def test_every_start_of_a_workflow_says_whose_turn_it_takes():
    starts = [
        (path, node)
        for folder in ("api", "engine", "activities", "workers")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("start_workflow", "execute_workflow")
    ]
    assert len(starts) >= 3
    for path, node in starts:
        assert "priority" in {keyword.arg for keyword in node.keywords}, f"{path.name}:{node.lineno}"
