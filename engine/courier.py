"""Delivers signals from the outbox: in the order in which they were written for a workflow, until they have arrived.

A signal may be sent twice, when the answer was lost; workflows take each only once.
"""

import asyncio
import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from db.outbox import claim, mark_delivered, postpone
from db.session import Database
from db.tables import OutboxRow, Run
from engine.starting import REFUSED, RPC_TIMEOUT
from engine.termination import TERMINATE, Terminator
from schemas.errors import PerdureError
from schemas.messages import Message, RunStatus
from schemas.schedules import RunEnded
from schemas.signals import ArrivedEvent, ChildDone, Control, Decision, Steer

logger = logging.getLogger(__name__)

SIGNALS: Final[dict[str, type[Message]]] = {
    "control": Control,
    "steer": Steer,
    "decide": Decision,
    "event": ArrivedEvent,
    "child_done": ChildDone,
    "run_ended": RunEnded,
}
"""Signals and their arguments; the last one is for `scheduled_start`, all others for `graph_run`."""

_BATCH: Final = 50
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0


class Courier:
    """Delivers the signals of the outbox."""

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client
        self._terminator = Terminator(database, client)

    async def deliver(self, outbox_ids: Iterable[int]) -> None:
        """Deliver these signals now; one that must wait for an older one is left to the sweep."""
        ids = list(outbox_ids)
        while await self._deliver_some(ids):
            pass

    async def sweep(self) -> int:
        """Deliver all that is due; the number of signals that arrived."""
        arrived = 0
        while some := await self._deliver_some():
            arrived += some
        return arrived

    async def _deliver_some(self, ids: list[int] | None = None) -> int:
        """Send the oldest signal of each workflow; how many will not be sent again."""
        async with self._database.system() as session:
            # The rows stay locked while their signals are sent, so no other process sends them or later ones.
            rows = await claim(session, _BATCH, ids)
            errors = await asyncio.gather(*(self._send(row) for row in rows))
            settled = [await _note(session, row, error) for row, error in zip(rows, errors, strict=True)]
        return sum(settled)

    async def _send(self, row: OutboxRow) -> Exception | None:
        try:
            if row.signal == TERMINATE:
                await self._terminator.terminate(row)
                return None
            message = SIGNALS[row.signal].model_validate({**row.payload, "workspace_id": str(row.workspace_id)})
            handle = self._client.get_workflow_handle(row.workflow_id)
            await handle.signal(row.signal, message, rpc_timeout=RPC_TIMEOUT)
        except (RPCError, RuntimeError, PerdureError, ValidationError) as error:
            # RuntimeError: the client could not connect. The last two are of this signal and keep no other waiting.
            return error
        return None


async def _note(session: AsyncSession, row: OutboxRow, error: Exception | None) -> bool:
    """Write down what became of a signal; whether it is settled."""
    if error is None:
        await mark_delivered(session, [row.id])
        return True
    if await _is_pointless(session, row, error):
        await _give_up(session, row, str(error))
        return True
    delay = min(_FIRST_PAUSE * 2 ** min(row.attempts, 10), _LONGEST_PAUSE)
    logger.warning("signal %s to %s is sent again in %.1f s: %s", row.signal, row.workflow_id, delay, error)
    await postpone(session, row.id, str(error), timedelta(seconds=delay))
    return False


async def _is_pointless(session: AsyncSession, row: OutboxRow, error: Exception) -> bool:
    """Whether nobody will ever take the signal: its workflow is over, or the server refuses it."""
    if not isinstance(error, RPCError):
        return False
    if error.status is RPCStatusCode.NOT_FOUND:
        return not await _waits_for_start(session, row.run_id)
    return error.status in REFUSED


async def _waits_for_start(session: AsyncSession, run_id: UUID) -> bool:
    pending = and_(Run.status == RunStatus.PENDING, Run.dispatched_at.is_(None))
    # What came back from a backup is looked for in Temporal first.
    waiting = select(Run.id).where(Run.id == run_id, or_(pending, Run.restored_at.is_not(None)))
    return await session.scalar(waiting) is not None


async def _give_up(session: AsyncSession, row: OutboxRow, reason: str) -> None:
    logger.info("signal %s to %s is pointless: %s", row.signal, row.workflow_id, reason)
    await session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == row.id)
        .values(delivered_at=func.clock_timestamp(), attempts=OutboxRow.attempts + 1, last_error=reason[:2_000])
    )
