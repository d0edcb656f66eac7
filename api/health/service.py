"""Readiness: asks the other sides instead of trusting what we believe."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from sqlalchemy import text
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from api.health.models import Readiness
from db.session import Database
from schemas.messages import RUNS_QUEUE

TIMEOUT: Final = 3.0
_RPC_TIMEOUT: Final = timedelta(seconds=TIMEOUT)


class _MissingError(Exception):
    """Something is not as it should be; the message is for a person."""


async def readiness(database: Database, temporal: Client) -> Readiness:
    """What is missing for requests and runs to get through."""
    checks: dict[str, Callable[[], Awaitable[None]]] = {
        "database": lambda: _check_database(database),
        "temporal": lambda: _check_temporal(temporal),
        "workers": lambda: _check_workers(temporal),
    }
    outcomes = await asyncio.gather(*(_outcome(check) for check in checks.values()))
    missing = {name: fault for name, fault in zip(checks, outcomes, strict=True) if fault is not None}
    return Readiness(ready=not missing, missing=missing)


async def _outcome(check: Callable[[], Awaitable[None]]) -> str | None:
    try:
        async with asyncio.timeout(TIMEOUT):
            await check()
    except _MissingError as missing:
        return str(missing)
    except TimeoutError:
        return f"no answer within {TIMEOUT:g} s"
    except Exception as error:
        return f"no answer ({type(error).__name__})"
    return None


async def _check_database(database: Database) -> None:
    async with database.system() as session:
        if not await session.scalar(text("SELECT to_regclass('runs') IS NOT NULL")):
            raise _MissingError("the database has not been migrated")


async def _check_temporal(temporal: Client) -> None:
    await _describe_queue(temporal)


async def _check_workers(temporal: Client) -> None:
    answer = await _describe_queue(temporal)
    if not answer:
        raise _MissingError(f"no worker polls the queue {RUNS_QUEUE}")


async def _describe_queue(temporal: Client) -> int:
    """Number of workers that poll the queue of the runs."""
    request = DescribeTaskQueueRequest(
        namespace=temporal.namespace,
        task_queue=TaskQueue(name=RUNS_QUEUE),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    try:
        answer = await temporal.workflow_service.describe_task_queue(request, timeout=_RPC_TIMEOUT)
    except RPCError as error:
        raise _MissingError(f"Temporal does not answer ({error.status.name.lower()})") from error
    return len(answer.pollers)
