"""Routes of files."""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import Depends, Path, Query, Response, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.files import service
from api.files.models import File, FilePage, UploadFile
from api.requests import Cursor, Limit, parse_id
from api.requests import router as feature_router
from api.services import CurrentServices
from schemas.tools.types.files import FOLDER_PATTERN

router = feature_router("files")


async def _file_id(file_id: Annotated[str, Path(max_length=100, description="Id of the file.")]) -> UUID:
    return parse_id("file", file_id)


FileId = Annotated[UUID, Depends(_file_id)]


@router.get("/v1/files", operation_id="list_files")
async def list_files(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    folder: Annotated[
        str | None, Query(max_length=600, pattern=FOLDER_PATTERN, description="Only of this one.")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> FilePage:
    """Files of the workspace, the newest first."""
    async with services.database.tenant(workspace) as session:
        return await service.list_files(session, folder, cursor, limit)


@router.post("/v1/files", operation_id="upload_file", status_code=status.HTTP_201_CREATED)
async def upload_file(services: CurrentServices, caller: CurrentCaller, body: UploadFile, response: Response) -> File:
    """Keep a file: messages name it by its id, and tools of agents read it in its folder."""
    async with services.database.tenant(caller.workspace_id) as session:
        file = await service.upload(session, caller.actor, body)
    response.headers["Location"] = f"/v1/files/{file.id}"
    return file


@router.get("/v1/files/{file_id}", operation_id="get_file")
async def get_file(services: CurrentServices, workspace: CurrentWorkspace, file_id: FileId) -> File:
    """A file, without its content."""
    async with services.database.tenant(workspace) as session:
        return await service.get_file(session, file_id)


@router.get(
    "/v1/files/{file_id}/content",
    operation_id="get_file_content",
    response_class=Response,
    responses={200: {"description": "The content.", "content": {"application/octet-stream": {}}}},
)
async def get_file_content(services: CurrentServices, workspace: CurrentWorkspace, file_id: FileId) -> Response:
    """The content of a file, to be saved: no browser shows it as a page of ours."""
    async with services.database.tenant(workspace) as session:
        file = await service.content_of(session, file_id)
    named = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
    headers = {"Content-Disposition": named, "Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
    return Response(file.data, media_type="application/octet-stream", headers=headers)


@router.delete("/v1/files/{file_id}", operation_id="delete_file", status_code=status.HTTP_204_NO_CONTENT)
async def delete_file(services: CurrentServices, caller: CurrentCaller, file_id: FileId) -> None:
    """Delete a file for good; messages that name it keep the name only."""
    async with services.database.tenant(caller.workspace_id) as session:
        await service.delete_file(session, caller.actor, file_id)
