"""Routes of the settings of sign-on."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.requests import parse_id
from api.requests import router as feature_router
from api.services import CurrentServices
from api.sign_on import service
from api.sign_on.models import Provider, ProviderBody, ProviderTest, ReplaceMappings, SignOn, UpdateSignOn

router = feature_router("sign-on")


async def _provider_id(provider_id: Annotated[str, Path(max_length=100, description="Id of the provider.")]) -> UUID:
    return parse_id("provider", provider_id)


ProviderId = Annotated[UUID, Depends(_provider_id)]


@router.get("/v1/sign-on", operation_id="get_sign_on")
async def get_sign_on(services: CurrentServices, workspace: CurrentWorkspace) -> SignOn:
    """How people come into the workspace from the company: providers, and what groups mean."""
    async with services.database.tenant(workspace) as session:
        return await service.get_sign_on(session, workspace, services.reach)


@router.patch("/v1/sign-on", operation_id="update_sign_on")
async def update_sign_on(services: CurrentServices, caller: CurrentCaller, body: UpdateSignOn) -> SignOn:
    """Make sign-on the only way in, or change the role of whoever comes in. Owners may always use a password."""
    async with services.database.tenant(caller.workspace_id) as session:
        changed = await service.update_sign_on(session, caller.actor, body, services.reach)
    services.directory.forget()
    return changed


@router.put("/v1/sign-on/mappings", operation_id="replace_group_mappings")
async def replace_mappings(services: CurrentServices, caller: CurrentCaller, body: ReplaceMappings) -> SignOn:
    """Say what the groups of the company mean: a role, a group here, or both. Of several roles the highest counts."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.replace_mappings(session, caller.actor, body, services.reach)


@router.post("/v1/sign-on/providers", operation_id="create_sign_on_provider", status_code=status.HTTP_201_CREATED)
async def create_provider(services: CurrentServices, caller: CurrentCaller, body: ProviderBody) -> Provider:
    """Add an identity provider that speaks OpenID Connect."""
    return await service.create_provider(services, caller.actor, body)


@router.put("/v1/sign-on/providers/{provider_id}", operation_id="update_sign_on_provider")
async def update_provider(
    services: CurrentServices, caller: CurrentCaller, provider_id: ProviderId, body: ProviderBody
) -> Provider:
    """Replace the settings of a provider. Its secret stays unless a new one is sent."""
    return await service.update_provider(services, caller.actor, provider_id, body)


@router.delete(
    "/v1/sign-on/providers/{provider_id}",
    operation_id="delete_sign_on_provider",
    status_code=status.HTTP_204_NO_CONTENT,
)
async def delete_provider(services: CurrentServices, caller: CurrentCaller, provider_id: ProviderId) -> None:
    """Remove a provider. Whoever came in by it stays a member."""
    await service.delete_provider(services, caller.actor, provider_id)


@router.post("/v1/sign-on/providers/{provider_id}/test", operation_id="test_sign_on_provider")
async def test_provider(services: CurrentServices, caller: CurrentCaller, provider_id: ProviderId) -> ProviderTest:
    """Ask a provider who it is, without signing anybody in."""
    return await service.test_provider(services, caller.actor, provider_id)
