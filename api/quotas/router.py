"""Routes of quotas and usage."""

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.quotas import service
from api.quotas.models import ChangeQuotas, Quotas, Usage
from api.requests import router as feature_router
from api.services import CurrentServices

router = feature_router("workspace")


@router.get("/v1/workspace/quotas", operation_id="get_quotas")
async def get_quotas(services: CurrentServices, workspace: CurrentWorkspace) -> Quotas:
    """What the workspace may use."""
    async with services.database.tenant(workspace) as session:
        return await service.get_quotas(session, workspace)


@router.patch("/v1/workspace/quotas", operation_id="change_quotas")
async def change_quotas(services: CurrentServices, caller: CurrentCaller, body: ChangeQuotas) -> Quotas:
    """Limit what the workspace may use. Runs that go on are not stopped; their next call of a model is refused."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.change_quotas(session, caller.actor, body)


@router.get("/v1/workspace/usage", operation_id="get_usage")
async def get_usage(services: CurrentServices, workspace: CurrentWorkspace) -> Usage:
    """What the workspace uses now and has used in this month."""
    async with services.database.tenant(workspace) as session:
        return await service.get_usage(session, workspace)
