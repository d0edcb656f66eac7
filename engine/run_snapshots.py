"""The state from which a fork goes on: stored at the end of a run, asked of one that is still going on."""

import asyncio
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select
from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from db.session import Database
from db.snapshots import pack_snapshot
from db.tables import Run
from engine.client import workflow_id
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import RunStatus

_TIMEOUT: Final = timedelta(seconds=10)


async def packed_snapshot(database: Database, client: Client, run: Run) -> bytes:
    """The state of a run as it is stored in a row.

    Raises:
        PerdureError: `conflict` if there is none, `unavailable` if a running workflow does not answer.
    """
    if RunStatus(run.status).ended:
        async with database.tenant(run.workspace_id) as session:
            stored = await session.scalar(select(Run.snapshot).where(Run.id == run.id))
        if stored is None:
            raise _nothing("it was stopped before it could store its state")
        return stored
    snapshot = await _ask(client, run)
    return await asyncio.to_thread(pack_snapshot, snapshot)


async def _ask(client: Client, run: Run) -> dict[str, Any]:
    handle = client.get_workflow_handle(workflow_id(str(run.id), run.attempt))
    try:
        answer: dict[str, Any] = await handle.query("snapshot", result_type=dict[str, Any], rpc_timeout=_TIMEOUT)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise _nothing("it has not begun yet") from error
        raise PerdureError(
            ErrorCode.UNAVAILABLE, "The run does not answer; try again in a moment.", retry_after=2.0
        ) from error
    except (WorkflowQueryFailedError, RuntimeError) as error:
        raise PerdureError(
            ErrorCode.UNAVAILABLE, "The run does not answer; try again in a moment.", retry_after=2.0
        ) from error
    return answer


def _nothing(why: str) -> PerdureError:
    return PerdureError(ErrorCode.CONFLICT, f"The run cannot be forked: {why}.")
