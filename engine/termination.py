"""Terminates the workflows of runs that were ended in the database, and tells the one that waits for such a run."""

from typing import Final
from uuid import UUID

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from db.outbox import enqueue
from db.session import Database
from db.tables import OutboxRow
from engine import steering
from engine.closed_workflows import read_parent
from engine.starting import RPC_TIMEOUT
from schemas.errors import ErrorCode, ErrorInfo
from schemas.messages import GRAPH_RUN, RunStatus
from schemas.signals import ChildDone, Terminate

TERMINATE: Final = "terminate"
"""Stands in the outbox where the name of a signal stands."""


class Terminator:
    """Carries out what `engine.steering.terminate_run` has written down; every call may be repeated."""

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client

    async def terminate(self, row: OutboxRow) -> None:
        """Terminate a workflow and the chunks of its foreach.

        Raises:
            RPCError, RuntimeError: if Temporal does not answer; the row stays.
        """
        order = Terminate.model_validate({**row.payload, "workspace_id": str(row.workspace_id)})
        if order.again:
            await self._end_late_children(row.run_id, order.reason)
        await self._kill(row.workflow_id, order.reason)
        query = f"WorkflowType = '{GRAPH_RUN}' AND ExecutionStatus = 'Running'"
        chunks = f"{query} AND WorkflowId STARTS_WITH '{row.workflow_id}/'"
        async for chunk in self._client.list_workflows(chunks, rpc_timeout=RPC_TIMEOUT):
            await self._kill(chunk.id, order.reason)
        if order.tells_parent:
            await self._tell_parent(row, order.reason)

    async def _kill(self, workflow_id: str, reason: str) -> None:
        handle = self._client.get_workflow_handle(workflow_id)
        try:
            await handle.terminate(reason=reason[:1_000], rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # it is over, or was never started
                raise

    async def _end_late_children(self, run_id: UUID, reason: str) -> None:
        async with self._database.system() as session:
            for child in await steering.unfinished_children(session, run_id):
                await steering.terminate_tree(session, child, reason)

    async def _tell_parent(self, row: OutboxRow, reason: str) -> None:
        try:
            parent = await read_parent(self._client, row.workflow_id)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return
            raise
        if parent is None:
            return
        done = ChildDone(
            workspace_id=str(row.workspace_id),
            child_key=parent.child_key,
            status=RunStatus.TERMINATED,
            error=ErrorInfo(code=ErrorCode.TERMINATED, message=reason),
        )
        async with self._database.system() as session:
            await enqueue(session, row.workspace_id, UUID(parent.run_id), parent.workflow_id, "child_done", done)
