"""Routes of memories."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.memories import models, service
from api.requests import Cursor, Limit, parse_id
from api.requests import router as feature_router
from api.services import CurrentServices

router = feature_router("memories")


async def _memory_id(memory_id: Annotated[str, Path(max_length=100, description="Id of the fact.")]) -> UUID:
    return parse_id("memory", memory_id)


MemoryId = Annotated[UUID, Depends(_memory_id)]


@router.get("/v1/memories", operation_id="list_memories")
async def list_memories(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    memory: Annotated[str | None, Query(max_length=100, description="Only of this memory.")] = None,
    subject: Annotated[str | None, Query(max_length=320, description="Only about this person or thing.")] = None,
    q: Annotated[str | None, Query(max_length=200, description="Text in the fact.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> models.MemoryPage:
    """Facts that agents keep, the newest first."""
    async with services.database.tenant(workspace) as session:
        return await service.list_memories(session, scope=memory, subject=subject, text=q, cursor=cursor, limit=limit)


@router.post("/v1/memories", operation_id="create_memory", status_code=status.HTTP_201_CREATED)
async def create_memory(services: CurrentServices, caller: CurrentCaller, body: models.CreateMemory) -> models.Memory:
    """Let an agent know a fact."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.create_memory(session, caller.actor, body)


@router.patch("/v1/memories/{memory_id}", operation_id="change_memory")
async def change_memory(
    services: CurrentServices, caller: CurrentCaller, memory_id: MemoryId, body: models.ChangeMemory
) -> models.Memory:
    """Correct a fact."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.change_memory(session, caller.actor, memory_id, body)


@router.delete("/v1/memories/{memory_id}", operation_id="delete_memory", status_code=status.HTTP_204_NO_CONTENT)
async def delete_memory(services: CurrentServices, caller: CurrentCaller, memory_id: MemoryId) -> None:
    """Forget a fact."""
    async with services.database.tenant(caller.workspace_id) as session:
        await service.delete_memory(session, caller.actor, memory_id)


@router.post("/v1/memories/erase", operation_id="erase_memories")
async def erase_memories(services: CurrentServices, caller: CurrentCaller, body: models.EraseMemories) -> models.Erased:
    """Forget all that is known about a person, in every memory."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await service.erase_memories(session, caller.actor, body)
