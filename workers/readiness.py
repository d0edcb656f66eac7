"""Whether a worker really works: each check asks the other side instead of trusting what we believe."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

from sqlalchemy import text
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from db.session import Database
from schemas.messages import RUNS_QUEUE

Check = Callable[[], Awaitable[None]]
"""Raises if something is not as it should be; the text of the exception says what."""

TIMEOUT: Final = 3.0
_RPC_TIMEOUT: Final = timedelta(seconds=TIMEOUT)


class NotReadyError(Exception):
    """A check has failed; the message is for a person."""


async def faults(checks: Mapping[str, Check]) -> dict[str, str]:
    """Run all checks at once; what is wrong, by name of the check."""
    outcomes = await asyncio.gather(*(_outcome(check) for check in checks.values()))
    return {name: fault for name, fault in zip(checks, outcomes, strict=True) if fault is not None}


async def _outcome(check: Check) -> str | None:
    try:
        async with asyncio.timeout(TIMEOUT):
            await check()
    except NotReadyError as fault:
        return str(fault)
    except TimeoutError:
        return f"no answer within {TIMEOUT:g} s"
    except Exception as error:
        return type(error).__name__
    return None


def database_check(database: Database) -> Check:
    """The database answers and has been migrated."""

    async def check() -> None:
        async with database.system() as session:
            if not await session.scalar(text("SELECT to_regclass('runs') IS NOT NULL")):
                raise NotReadyError("the database has not been migrated")

    return check


def poller_check(client: Client, queues: tuple[str, ...], identity: str) -> Check:
    """Temporal knows of our pollers on every queue."""

    async def check() -> None:
        for queue in queues:
            kind = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW if queue == RUNS_QUEUE else _ACTIVITY
            if identity not in await _pollers(client, queue, kind):
                raise NotReadyError(f"Temporal knows no poller of ours on the queue {queue}")

    return check


_ACTIVITY: Final = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY


async def _pollers(client: Client, queue: str, kind: TaskQueueType.ValueType) -> set[str]:
    request = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
    )
    try:
        answer = await client.workflow_service.describe_task_queue(request, timeout=_RPC_TIMEOUT)
    except RPCError as error:
        raise NotReadyError(f"Temporal does not answer ({error.status.name.lower()})") from error
    return {poller.identity for poller in answer.pollers}
