"""Forgets in Temporal what it keeps of runs that are gone."""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from engine.client import workflow_id
from engine.starting import RPC_TIMEOUT

_AT_ONCE: Final = 10


async def forget_executions(client: Client, runs: Sequence[tuple[UUID, int]]) -> None:
    """Delete the workflows of runs, each with the number of its attempts; running ones are terminated by that.

    Children of a run that are not runs themselves (items of a foreach) go when Temporal's own retention is over.
    """
    gate = asyncio.Semaphore(_AT_ONCE)

    async def forget(identity: str) -> None:
        async with gate:
            await _delete(client, identity)

    names = [workflow_id(str(run_id), attempt) for run_id, last in runs for attempt in range(1, last + 1)]
    await asyncio.gather(*(forget(name) for name in names))


async def _delete(client: Client, identity: str) -> None:
    request = DeleteWorkflowExecutionRequest(
        namespace=client.namespace, workflow_execution=WorkflowExecution(workflow_id=identity)
    )
    try:
        await client.workflow_service.delete_workflow_execution(request, timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
