"""Routes of the tokens of directories."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.requests import parse_id
from api.requests import router as feature_router
from api.scim import tokens
from api.scim.tokens import CreatedScimToken, CreateScimToken, ScimTokenList
from api.services import CurrentServices

router = feature_router("sign-on")


async def _token_id(token_id: Annotated[str, Path(max_length=100, description="Id of the token.")]) -> UUID:
    return parse_id("token", token_id)


TokenId = Annotated[UUID, Depends(_token_id)]


@router.get("/v1/sign-on/scim-tokens", operation_id="list_scim_tokens")
async def list_tokens(services: CurrentServices, workspace: CurrentWorkspace) -> ScimTokenList:
    """Tokens with which a directory keeps the people of the workspace (SCIM), the latest first."""
    async with services.database.tenant(workspace) as session:
        return await tokens.list_tokens(session)


@router.post("/v1/sign-on/scim-tokens", operation_id="create_scim_token", status_code=status.HTTP_201_CREATED)
async def create_token(services: CurrentServices, caller: CurrentCaller, body: CreateScimToken) -> CreatedScimToken:
    """Make a token for a directory. It is shown only here."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await tokens.create_token(session, caller, body.name)


@router.delete(
    "/v1/sign-on/scim-tokens/{token_id}", operation_id="revoke_scim_token", status_code=status.HTTP_204_NO_CONTENT
)
async def revoke_token(services: CurrentServices, caller: CurrentCaller, token_id: TokenId) -> None:
    """End a token; the directory is refused from then on. The people stay as they are."""
    async with services.database.tenant(caller.workspace_id) as session:
        await tokens.revoke_token(session, caller, token_id)
