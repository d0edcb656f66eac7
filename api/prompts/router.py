"""Routes of prompts."""

from typing import Annotated

from fastapi import Path, Query, Response, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.prompts import service
from api.prompts.models import (
    CreatePrompt,
    CreateVersion,
    Label,
    Prompt,
    PromptDiff,
    PromptPage,
    PromptUsers,
    SetLabel,
    Version,
)
from api.requests import Cursor, Limit
from api.requests import router as feature_router
from api.services import CurrentServices
from schemas.prompts import LABEL_PATTERN

router = feature_router("prompts")

Name = Annotated[str, Path(max_length=100, description="Name of the prompt.")]
Number = Annotated[int, Path(ge=1, le=2_000_000_000, description="Number of the version.")]
Which = Annotated[int, Query(ge=1, le=2_000_000_000, description="Number of a version.")]
LabelName = Annotated[str, Path(pattern=LABEL_PATTERN, description="The label, such as production or staging.")]


@router.get("/v1/prompts", operation_id="list_prompts")
async def list_prompts(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PromptPage:
    """Prompts of the workspace, by name."""
    async with services.database.tenant(workspace) as session:
        return await service.list_prompts(session, cursor, limit)


@router.post("/v1/prompts", operation_id="create_prompt", status_code=status.HTTP_201_CREATED)
async def create_prompt(
    services: CurrentServices, caller: CurrentCaller, body: CreatePrompt, response: Response
) -> Prompt:
    """Make a prompt. A document names it by `{$prompt: name@label, variables: {…}}` in place of a text."""
    async with services.database.tenant(caller.workspace_id) as session:
        prompt = await service.create_prompt(session, caller.actor, body)
    response.headers["Location"] = f"/v1/prompts/{prompt.name}"
    return prompt


@router.get("/v1/prompts/{name}", operation_id="get_prompt")
async def get_prompt(services: CurrentServices, workspace: CurrentWorkspace, name: Name) -> Prompt:
    """A prompt with its versions and labels."""
    async with services.database.tenant(workspace) as session:
        return await service.get_prompt(session, name)


@router.delete("/v1/prompts/{name}", operation_id="delete_prompt", status_code=status.HTTP_204_NO_CONTENT)
async def delete_prompt(services: CurrentServices, caller: CurrentCaller, name: Name) -> None:
    """Delete a prompt that no latest version and no draft names."""
    async with services.database.tenant(caller.workspace_id) as session:
        await service.delete_prompt(session, caller.actor, name)


@router.post("/v1/prompts/{name}/versions", operation_id="create_prompt_version", status_code=status.HTTP_201_CREATED)
async def create_version(services: CurrentServices, caller: CurrentCaller, name: Name, body: CreateVersion) -> Version:
    """Write a further version. It is in use nowhere until a label names it."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.create_version(session, caller.actor, name, body)


@router.get("/v1/prompts/{name}/versions/{version}", operation_id="get_prompt_version")
async def get_version(services: CurrentServices, workspace: CurrentWorkspace, name: Name, version: Number) -> Version:
    """A version with its text."""
    async with services.database.tenant(workspace) as session:
        return await service.get_version(session, name, version)


@router.get("/v1/prompts/{name}/diff", operation_id="diff_prompt_versions")
async def diff_versions(
    services: CurrentServices, workspace: CurrentWorkspace, name: Name, before: Which, after: Which
) -> PromptDiff:
    """What differs between two versions."""
    async with services.database.tenant(workspace) as session:
        return await service.diff(session, name, before, after)


@router.get("/v1/prompts/{name}/uses", operation_id="get_prompt_uses")
async def get_uses(services: CurrentServices, workspace: CurrentWorkspace, name: Name) -> PromptUsers:
    """Workflows and agents whose latest version or draft names a prompt."""
    async with services.database.tenant(workspace) as session:
        return await service.users_of(session, name)


@router.put("/v1/prompts/{name}/labels/{label}", operation_id="set_prompt_label")
async def set_label(
    services: CurrentServices, caller: CurrentCaller, name: Name, label: LabelName, body: SetLabel
) -> Label:
    """Let a label name a version. What is published from now on takes that; what was published keeps its text."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.set_label(session, caller.actor, name, label, body.version)


@router.delete(
    "/v1/prompts/{name}/labels/{label}", operation_id="remove_prompt_label", status_code=status.HTTP_204_NO_CONTENT
)
async def remove_label(services: CurrentServices, caller: CurrentCaller, name: Name, label: LabelName) -> None:
    """Take a label away."""
    async with services.database.tenant(caller.workspace_id) as session:
        await service.remove_label(session, caller.actor, name, label)
