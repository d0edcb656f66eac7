"""Routes that manage hooks; what comes in through them is in `api.hooks.ingress`."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Response, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.hooks import member_forms, models, service
from api.requests import Cursor, Limit, parse_id
from api.requests import router as feature_router
from api.services import CurrentServices

router = feature_router("hooks")


async def _hook_id(hook_id: Annotated[str, Path(max_length=100, description="Id of the hook.")]) -> UUID:
    return parse_id("hook", hook_id)


async def _delivery_id(delivery_id: Annotated[str, Path(max_length=100, description="Id of the delivery.")]) -> UUID:
    return parse_id("delivery", delivery_id)


HookId = Annotated[UUID, Depends(_hook_id)]
DeliveryId = Annotated[UUID, Depends(_delivery_id)]


@router.get("/v1/hooks", operation_id="list_hooks")
async def list_hooks(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    workflow: Annotated[str | None, Query(max_length=200, description="Only of this workflow (slug).")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> models.HookPage:
    """Webhooks, forms and mail boxes that start runs, the newest first."""
    async with services.database.tenant(workspace) as session:
        return await service.list_all(session, services.encryption, workflow=workflow, cursor=cursor, limit=limit)


@router.post("/v1/hooks", operation_id="create_hook", status_code=status.HTTP_201_CREATED)
async def create_hook(
    services: CurrentServices, caller: CurrentCaller, body: models.CreateHook, response: Response
) -> models.HookWithSecret:
    """Let the world outside start a workflow, at an address that nobody can guess."""
    made = await service.create(services, caller.actor, body)
    response.headers["Location"] = f"/v1/hooks/{made.id}"
    return made


@router.post("/v1/hooks/preview", operation_id="preview_hook")
async def preview_hook(
    services: CurrentServices, caller: CurrentCaller, body: models.PreviewHook
) -> models.HookPreview:
    """What a hook with these settings would do with something that came in before, or could; nothing is started.

    Where personal data are masked, whoever may not see them gets masked values to try expressions on.
    """
    return await service.preview(services, caller, body)


@router.get("/v1/hooks/{hook_id}", operation_id="get_hook")
async def get_hook(services: CurrentServices, workspace: CurrentWorkspace, hook_id: HookId) -> models.Hook:
    """A hook with its address."""
    async with services.database.tenant(workspace) as session:
        return service.describe(services.encryption, *await service.find(session, hook_id))


@router.put("/v1/hooks/{hook_id}", operation_id="update_hook")
async def update_hook(
    services: CurrentServices, caller: CurrentCaller, hook_id: HookId, body: models.UpdateHook
) -> models.HookWithSecret:
    """Let a hook say something else; the address stays, and the secret unless another is given or needed."""
    return await service.update(services, caller.actor, hook_id, body)


@router.delete("/v1/hooks/{hook_id}", operation_id="delete_hook", status_code=status.HTTP_204_NO_CONTENT)
async def delete_hook(services: CurrentServices, caller: CurrentCaller, hook_id: HookId) -> None:
    """Delete a hook and its log; its runs stay."""
    await service.delete(services, caller.actor, hook_id)


@router.post("/v1/hooks/{hook_id}/rotate", operation_id="rotate_hook")
async def rotate_hook(
    services: CurrentServices, caller: CurrentCaller, hook_id: HookId, body: models.RotateHook
) -> models.HookWithSecret:
    """Give a hook another secret, beside which the one before counts for a day; or another address, at once."""
    return await service.rotate(services, caller.actor, hook_id, body)


@router.get("/v1/hooks/{hook_id}/deliveries", operation_id="list_hook_deliveries")
async def list_hook_deliveries(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    hook_id: HookId,
    delivery_status: Annotated[
        models.DeliveryStatus | None, Query(alias="status", description="Only those with this status.")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> models.HookDeliveryPage:
    """What came in and what became of it, the newest first; kept for 30 days."""
    async with services.database.tenant(workspace) as session:
        return await service.list_deliveries(session, hook_id, status=delivery_status, cursor=cursor, limit=limit)


@router.get("/v1/hooks/{hook_id}/deliveries/{delivery_id}", operation_id="get_hook_delivery")
async def get_hook_delivery(
    services: CurrentServices, workspace: CurrentWorkspace, hook_id: HookId, delivery_id: DeliveryId
) -> models.HookDeliveryDetail:
    """Something that came in, with headers and body."""
    async with services.database.tenant(workspace) as session:
        return await service.get_delivery(session, hook_id, delivery_id)


@router.post(
    "/v1/hooks/{hook_id}/deliveries/{delivery_id}/redeliver",
    operation_id="redeliver_hook_delivery",
    status_code=status.HTTP_202_ACCEPTED,
)
async def redeliver_hook_delivery(
    services: CurrentServices, caller: CurrentCaller, hook_id: HookId, delivery_id: DeliveryId
) -> models.HookDelivery:
    """Let in once more what came in before, as the hook is now; it may start another run."""
    return await service.redeliver(services, caller.actor, hook_id, delivery_id)


@router.get("/v1/forms/{hook_id}", operation_id="get_form")
async def get_form(services: CurrentServices, workspace: CurrentWorkspace, hook_id: HookId) -> models.Form:
    """A form as its page shows it."""
    async with services.database.tenant(workspace) as session:
        return await member_forms.get(session, hook_id)


@router.post("/v1/forms/{hook_id}", operation_id="send_form", status_code=status.HTTP_202_ACCEPTED)
async def send_form(
    services: CurrentServices, caller: CurrentCaller, hook_id: HookId, body: models.SendForm
) -> models.FormSent:
    """Send a form that was filled in: it starts a run, in the name of whoever has sent it."""
    return await member_forms.send(services, caller, hook_id, body)
