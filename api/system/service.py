"""The state of the installation, as an admin of a workspace may see it: of the others only sums and ages."""

import asyncio
import platform
from importlib.metadata import version
from uuid import UUID

from temporalio.client import Client
from temporalio.service import RPCError

from api.services import Services
from api.system import repository
from api.system.models import Lags, QueueState, ServerState, SystemStatus, WorkspaceLoad
from api.system.servers import TIMEOUT, database_state, queue_states, temporal_state
from db.session import Database


async def system_status(services: Services, workspace_id: UUID) -> SystemStatus:
    """How everything is. Servers that are away make the answer shorter, not wrong."""
    database, temporal = await asyncio.gather(database_state(services.database), temporal_state(services.temporal))
    queues = await _queues(services.temporal, temporal)
    lags = await read_lags(services.database) if database.reachable else None
    load = await _load(services.database, workspace_id) if database.reachable else None
    return SystemStatus(
        version=version("perdure"),
        python=platform.python_version(),
        database=database,
        temporal=temporal,
        namespace=services.temporal.namespace,
        queues=queues,
        lags=lags,
        workspace=load,
    )


async def read_lags(database: Database) -> Lags:
    """What waits in the whole installation."""
    async with database.system() as session:
        return await repository.read_lags(session)


async def _queues(temporal: Client, state: ServerState) -> list[QueueState]:
    if not state.reachable:
        return []
    try:
        async with asyncio.timeout(TIMEOUT):
            return await queue_states(temporal)
    except (RPCError, RuntimeError, TimeoutError):
        return []


async def _load(database: Database, workspace_id: UUID) -> WorkspaceLoad:
    async with database.tenant(workspace_id) as session:
        runs = await repository.count_unfinished(session)
        return WorkspaceLoad(**runs, approvals_pending=await repository.count_pending_approvals(session))
