"""Asks the servers behind the API how they are; an answer that does not come is a fault, not an error."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from sqlalchemy import text
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, GetSystemInfoRequest
from temporalio.client import Client

from api.system.models import Kind, QueueState, ServerState
from db.session import Database
from schemas.messages import ACTIONS_QUEUE, LLM_QUEUE, RUNS_QUEUE

TIMEOUT: Final = 3.0
_RPC_TIMEOUT: Final = timedelta(seconds=TIMEOUT)

_TYPES: Final[dict[Kind, TaskQueueType.ValueType]] = {
    "workflow": TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    "activity": TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
}
QUEUES: Final[tuple[tuple[str, Kind], ...]] = (
    (RUNS_QUEUE, "workflow"),
    (RUNS_QUEUE, "activity"),
    (ACTIONS_QUEUE, "activity"),
    (LLM_QUEUE, "activity"),
)


async def database_state(database: Database) -> ServerState:
    """The database."""

    async def ask() -> str:
        async with database.system() as session:
            return str(await session.scalar(text("SHOW server_version")))

    return await _state(ask)


async def temporal_state(temporal: Client) -> ServerState:
    """The Temporal server."""

    async def ask() -> str:
        info = await temporal.workflow_service.get_system_info(GetSystemInfoRequest(), timeout=_RPC_TIMEOUT)
        return info.server_version

    return await _state(ask)


async def queue_states(temporal: Client) -> list[QueueState]:
    """The task queues.

    Raises:
        RPCError, RuntimeError: Temporal does not answer.
    """
    return list(await asyncio.gather(*(_queue(temporal, name, kind) for name, kind in QUEUES)))


async def _queue(temporal: Client, name: str, kind: Kind) -> QueueState:
    request = DescribeTaskQueueRequest(
        namespace=temporal.namespace,
        task_queue=TaskQueue(name=name),
        task_queue_type=_TYPES[kind],
        report_stats=True,
    )
    answer = await temporal.workflow_service.describe_task_queue(request, timeout=_RPC_TIMEOUT)
    return QueueState(
        name=name,
        kind=kind,
        pollers=len(answer.pollers),
        backlog=answer.stats.approximate_backlog_count,
        backlog_seconds=answer.stats.approximate_backlog_age.ToTimedelta().total_seconds(),
    )


async def _state(ask: Callable[[], Awaitable[str]]) -> ServerState:
    began = time.monotonic()
    try:
        async with asyncio.timeout(TIMEOUT):
            version = await ask()
    except TimeoutError:
        return _away(f"There was no answer within {TIMEOUT:g} s.")
    except Exception as error:
        return _away(f"There was no answer ({type(error).__name__}).")
    return ServerState(
        reachable=True, version=version, latency_ms=round((time.monotonic() - began) * 1_000, 1), fault=None
    )


def _away(fault: str) -> ServerState:
    return ServerState(reachable=False, version=None, latency_ms=None, fault=fault)
