"""Routes of credentials."""

from typing import Annotated

from fastapi import Path, Query, Response, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.credentials import service
from api.credentials.answers import credential_types
from api.credentials.models import (
    CreateCredential,
    Credential,
    CredentialPage,
    CredentialTest,
    CredentialTypeList,
    CredentialUsage,
    TestCredential,
    UpdateCredential,
)
from api.credentials.testing import test_credential as test_by_worker
from api.credentials.usage import usage_of
from api.requests import Cursor, Limit
from api.requests import router as feature_router
from api.services import CurrentServices
from db import audit
from schemas.credentials.references import written_origin

router = feature_router("credentials")

Reference = Annotated[str, Path(max_length=200, description="Id or name of the credential.")]
Force = Annotated[bool, Query(description="Do it although workflows use the credential.")]


@router.get("/v1/credential-types", operation_id="list_credential_types")
async def list_types() -> CredentialTypeList:
    """The types of credentials with the JSON Schemas of their fields."""
    return credential_types()


@router.post("/v1/credentials", operation_id="create_credential", status_code=status.HTTP_201_CREATED)
async def create_credential(
    services: CurrentServices, caller: CurrentCaller, response: Response, body: CreateCredential
) -> Credential:
    """Store a credential, encrypted. Its value is never shown again."""
    async with services.database.tenant(caller.workspace_id) as session:
        created = await service.create_credential(session, caller, services.encryption, body)
    response.headers["Location"] = f"/v1/credentials/{created.id}"
    return created


@router.get("/v1/credentials", operation_id="list_credentials")
async def list_credentials(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    type_name: Annotated[
        str | None, Query(alias="type", max_length=100, description="Only those of this type.")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> CredentialPage:
    """Credentials by name, without their values."""
    async with services.database.tenant(workspace) as session:
        return await service.list_credentials(session, type_name, cursor, limit)


@router.get("/v1/credentials/{credential_id}", operation_id="get_credential")
async def get_credential(
    services: CurrentServices, workspace: CurrentWorkspace, credential_id: Reference
) -> Credential:
    """A credential without its value."""
    async with services.database.tenant(workspace) as session:
        return await service.get_credential(session, credential_id)


@router.patch("/v1/credentials/{credential_id}", operation_id="update_credential")
async def update_credential(
    services: CurrentServices,
    caller: CurrentCaller,
    credential_id: Reference,
    body: UpdateCredential,
    force: Force = False,
) -> Credential:
    """Rename a credential, replace its value, or change who may use it and where. Running steps keep what they have."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.update_credential(session, caller, services.encryption, credential_id, body, force=force)


@router.delete(
    "/v1/credentials/{credential_id}", operation_id="delete_credential", status_code=status.HTTP_204_NO_CONTENT
)
async def delete_credential(
    services: CurrentServices,
    caller: CurrentCaller,
    credential_id: Reference,
    force: Force = False,
) -> None:
    """Delete a credential. While workflows use it, this is refused, and the answer names them."""
    async with services.database.tenant(caller.workspace_id) as session:
        await service.delete_credential(session, caller, credential_id, force=force)


@router.get("/v1/credentials/{credential_id}/usage", operation_id="get_credential_usage")
async def get_usage(
    services: CurrentServices, workspace: CurrentWorkspace, credential_id: Reference
) -> CredentialUsage:
    """Which workflow versions and drafts refer to a credential, and in which nodes."""
    async with services.database.tenant(workspace) as session:
        return await usage_of(session, await service.require_credential(session, credential_id))


@router.post("/v1/credentials/{credential_id}/test", operation_id="test_credential")
async def test_credential(
    services: CurrentServices, caller: CurrentCaller, credential_id: Reference, body: TestCredential
) -> CredentialTest:
    """Ask whether a credential is accepted: a model provider for its models, any other service by a GET of `url`."""
    async with services.database.tenant(caller.workspace_id) as session:
        credential = await service.require_credential(session, credential_id)
        audit.record(
            session,
            caller.actor,
            "credential.tested",
            ("credential", credential.id),
            after={"origin": written_origin(body.url)},
        )
    return await test_by_worker(services, credential, body.url)
