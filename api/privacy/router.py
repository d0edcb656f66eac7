"""Routes of masking, retention, holds and keys."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Request, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.privacy import models, service
from api.requests import Cursor, Limit, parse_id
from api.requests import router as feature_router
from api.services import CurrentServices
from engine.payload_codec import WorkspaceCodec

router = feature_router("privacy")


async def _hold_id(hold_id: Annotated[str, Path(max_length=100, description="Id of the hold.")]) -> UUID:
    return parse_id("legal hold", hold_id)


HoldId = Annotated[UUID, Depends(_hold_id)]


@router.get("/v1/privacy/masking", operation_id="get_masking")
async def get_masking(services: CurrentServices, workspace: CurrentWorkspace) -> models.Masking:
    """What is masked, and where."""
    async with services.database.tenant(workspace) as session:
        return await service.get_masking(session)


@router.put("/v1/privacy/masking", operation_id="change_masking")
async def change_masking(
    request: Request, services: CurrentServices, caller: CurrentCaller, body: models.ChangeMasking
) -> models.Masking:
    """Mask something else, or elsewhere; holds everywhere after a few seconds."""
    async with services.database.tenant(caller.workspace_id) as session:
        changed = await service.change_masking(session, caller.actor, body)
    request.app.state.masks.forget(caller.workspace_id)
    return changed


@router.get("/v1/privacy/retention", operation_id="get_retention")
async def get_retention(services: CurrentServices, workspace: CurrentWorkspace) -> models.Retention:
    """How long each class of data is kept."""
    async with services.database.tenant(workspace) as session:
        return await service.get_retention(session)


@router.put("/v1/privacy/retention", operation_id="change_retention")
async def change_retention(
    services: CurrentServices, caller: CurrentCaller, body: models.ChangeRetention
) -> models.Retention:
    """Put other rules in place of all."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.change_retention(session, caller.actor, body)


@router.post("/v1/privacy/retention/preview", operation_id="preview_retention")
async def preview_retention(
    services: CurrentServices, workspace: CurrentWorkspace, body: models.PreviewRetention
) -> models.RetentionPreview:
    """What rules would delete now; nothing is deleted."""
    async with services.database.tenant(workspace) as session:
        return await service.preview_retention(session, workspace, body.rules)


@router.get("/v1/legal-holds", operation_id="list_legal_holds")
async def list_holds(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> models.LegalHoldPage:
    """What must be kept, the newest first; released holds too."""
    async with services.database.tenant(workspace) as session:
        return await service.list_holds(session, cursor, limit)


@router.post("/v1/legal-holds", operation_id="create_legal_hold", status_code=status.HTTP_201_CREATED)
async def create_hold(
    services: CurrentServices, caller: CurrentCaller, body: models.CreateLegalHold
) -> models.LegalHold:
    """Keep a run, or every run of a workflow, whatever the rules say."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.create_hold(session, caller.actor, body)


@router.delete("/v1/legal-holds/{hold_id}", operation_id="release_legal_hold", status_code=status.HTTP_204_NO_CONTENT)
async def release_hold(services: CurrentServices, caller: CurrentCaller, hold_id: HoldId) -> None:
    """Let the rules reach what was held."""
    async with services.database.tenant(caller.workspace_id) as session:
        await service.release_hold(session, caller.actor, hold_id)


@router.get("/v1/privacy/keys", operation_id="list_data_keys")
async def list_keys(services: CurrentServices, workspace: CurrentWorkspace) -> models.DataKeys:
    """The keys under which payloads in Temporal are encrypted; never what they are."""
    async with services.database.tenant(workspace) as session:
        return await service.list_keys(session, services.encryption)


@router.post("/v1/privacy/keys/rotate", operation_id="rotate_data_key")
async def rotate_key(services: CurrentServices, caller: CurrentCaller) -> models.DataKeys:
    """Encrypt with a fresh key from now on; within half a minute in every process. Older keys go on decrypting."""
    async with services.database.tenant(caller.workspace_id) as session:
        keys = await service.rotate(session, caller.actor, services.encryption)
    codec = services.temporal.data_converter.payload_codec
    if isinstance(codec, WorkspaceCodec):
        codec.keys.forget(str(caller.workspace_id))
    return keys
