"""Routes of API keys."""

from typing import Annotated

from fastapi import Path, Query, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.keys import service
from api.keys.models import CreatedKey, CreateKey, Key, KeyPage
from api.requests import Cursor, Limit, parse_id
from api.requests import router as feature_router
from api.services import CurrentServices

router = feature_router("API keys")

KeyId = Annotated[str, Path(max_length=100, description="Id of the key.")]


@router.post("/v1/api-keys", operation_id="create_api_key", status_code=status.HTTP_201_CREATED)
async def create_key(services: CurrentServices, caller: CurrentCaller, body: CreateKey) -> CreatedKey:
    """Make a key for a program. The answer is the only place where it is ever shown."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.create_key(session, caller, body)


@router.get("/v1/api-keys", operation_id="list_api_keys")
async def list_keys(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    ended: Annotated[bool, Query(description="Also those that are revoked or expired.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> KeyPage:
    """Keys of the workspace, the newest first."""
    async with services.database.tenant(workspace) as session:
        return await service.list_keys(session, ended=ended, cursor=cursor, limit=limit)


@router.get("/v1/api-keys/{key_id}", operation_id="get_api_key")
async def get_key(services: CurrentServices, workspace: CurrentWorkspace, key_id: KeyId) -> Key:
    """A key, without its secret."""
    async with services.database.tenant(workspace) as session:
        return await service.get_key(session, parse_id("API key", key_id))


@router.delete("/v1/api-keys/{key_id}", operation_id="revoke_api_key", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_key(services: CurrentServices, caller: CurrentCaller, key_id: KeyId) -> None:
    """End a key, at once in this process and within five seconds in all others."""
    async with services.database.tenant(caller.workspace_id) as session:
        await service.revoke_key(session, caller, parse_id("API key", key_id))
    services.directory.forget()
