"""Starting the workflow that a row promises. One row that cannot be started keeps no other waiting."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import Select
from temporalio.client import Client
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from db.faults import is_outage
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import RUNS_QUEUE, Message

logger = logging.getLogger(__name__)

Row = TypeVar("Row")

Waits = tuple[Select[*tuple[Any, ...]], ...]
"""Queries for what a sweep is about; it is needless while none of them finds anything."""

RPC_TIMEOUT: Final = timedelta(seconds=5)

REFUSED: Final = frozenset({RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.OUT_OF_RANGE})
"""The server will never take such a start, however often it is tried."""


def fair_share(workspace_id: str) -> Priority:
    """Where the tasks of a run stand in a queue: workspaces take turns, however many tasks each of them has there.

    The steps and the child workflows of a run inherit it, also over continue-as-new.
    """
    return Priority(fairness_key=workspace_id)


async def start_once(client: Client, workflow: str, order: Message, workflow_id: str) -> None:
    """Start a workflow of a workspace, or find that it runs; one that is over is started again and looks at its row.

    Raises:
        RPCError, RuntimeError: if Temporal does not answer.
        PerdureError: `data_erased` if the workspace's key is destroyed.
    """
    await client.start_workflow(
        workflow,
        order,
        id=workflow_id,
        task_queue=RUNS_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        priority=fair_share(order.workspace_id),
        rpc_timeout=RPC_TIMEOUT,
    )


async def start_each(
    rows: Sequence[Row], start: Callable[[Row], Awaitable[None]], tried: Callable[[Row], Awaitable[None]]
) -> int:
    """Start what rows promise; how many rows there were.

    Args:
        rows: Of any workspaces.
        start: Starts the workflow of one.
        tried: Notes that this was tried, so that a row whose start fails gives way to the others until its turn comes
            again.

    Raises:
        Exception: whatever says that the database or Temporal is away; the rest can wait.
    """
    for row in rows:
        try:
            await start(row)
        except Exception as error:
            if not is_of_this_row(error):
                raise
            logger.warning("a workflow cannot be started and waits: %s: %s", type(error).__name__, error)
        await tried(row)
    return len(rows)


def is_of_this_row(error: Exception) -> bool:
    """Whether what is wrong lies in the row: neither the database nor Temporal is away."""
    if isinstance(error, RPCError):
        return error.status in REFUSED
    return isinstance(error, PerdureError) and error.code is not ErrorCode.UNAVAILABLE and not is_outage(error)
