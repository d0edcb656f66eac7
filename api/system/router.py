"""Route of the state of the installation."""

from api.access.caller import CurrentWorkspace
from api.requests import router as feature_router
from api.services import CurrentServices
from api.system.models import SystemStatus
from api.system.service import system_status

router = feature_router("system")


@router.get("/v1/system", operation_id="get_system_status")
async def get_system_status(services: CurrentServices, workspace: CurrentWorkspace) -> SystemStatus:
    """Versions, database, Temporal, pollers and backlog of the queues, and what waits for how long."""
    return await system_status(services, workspace)
