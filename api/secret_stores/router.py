"""Routes of places that keep secrets."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Response, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.requests import parse_id
from api.requests import router as feature_router
from api.secret_stores import models, service
from api.services import CurrentServices

router = feature_router("credentials")


async def _store_id(store_id: Annotated[str, Path(max_length=100, description="Id of the store.")]) -> UUID:
    return parse_id("store", store_id)


StoreId = Annotated[UUID, Depends(_store_id)]


@router.get("/v1/secret-stores", operation_id="list_secret_stores")
async def list_stores(services: CurrentServices, workspace: CurrentWorkspace) -> models.SecretStoreList:
    """Places outside that keep values of credentials."""
    async with services.database.tenant(workspace) as session:
        return await service.list_all(session)


@router.post("/v1/secret-stores", operation_id="create_secret_store", status_code=status.HTTP_201_CREATED)
async def create_store(
    services: CurrentServices, caller: CurrentCaller, body: models.CreateSecretStore, response: Response
) -> models.SecretStore:
    """Let credentials have their values in a HashiCorp Vault."""
    async with services.database.tenant(caller.workspace_id) as session:
        made = await service.create(session, caller, services.encryption, body)
    response.headers["Location"] = f"/v1/secret-stores/{made.id}"
    return made


@router.get("/v1/secret-stores/{store_id}", operation_id="get_secret_store")
async def get_store(services: CurrentServices, workspace: CurrentWorkspace, store_id: StoreId) -> models.SecretStore:
    """A store without what signs in to it."""
    async with services.database.tenant(workspace) as session:
        return await service.shown(session, await service.require(session, store_id))


@router.patch("/v1/secret-stores/{store_id}", operation_id="update_secret_store")
async def update_store(
    services: CurrentServices, caller: CurrentCaller, store_id: StoreId, body: models.UpdateSecretStore
) -> models.SecretStore:
    """Change where a store is or what signs in to it."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.change(session, caller, services.encryption, store_id, body)


@router.delete(
    "/v1/secret-stores/{store_id}", operation_id="delete_secret_store", status_code=status.HTTP_204_NO_CONTENT
)
async def delete_store(services: CurrentServices, caller: CurrentCaller, store_id: StoreId) -> None:
    """Forget a store in which no credential has its value."""
    async with services.database.tenant(caller.workspace_id) as session:
        await service.delete(session, caller, store_id)


@router.post("/v1/secret-stores/{store_id}/test", operation_id="test_secret_store")
async def check_store(services: CurrentServices, caller: CurrentCaller, store_id: StoreId) -> models.SecretStoreCheck:
    """Have a worker sign in to a store; nothing is read from it."""
    return await service.check(services, caller, store_id)
