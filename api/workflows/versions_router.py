"""Routes of versions."""

import asyncio
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import Query, Response

from api.access.caller import CurrentWorkspace
from api.requests import Cursor, Limit
from api.requests import router as feature_router
from api.services import CurrentServices
from api.workflows import versions
from api.workflows.lookup import require_workflow
from api.workflows.models import VersionDetail, VersionDiff, VersionPage
from api.workflows.router import SlugPath
from db.json_text import to_json
from schemas.yaml_text import tidy, to_yaml

router = feature_router("workflows")

Revision = Annotated[str, Query(pattern=r"^(draft|[1-9][0-9]{0,9})$", description="Number of a version, or `draft`.")]

_DOCUMENT: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The document.",
        "content": {
            "application/yaml": {"schema": {"$ref": "#/components/schemas/Document"}},
            "application/json": {"schema": {"$ref": "#/components/schemas/Document"}},
        },
    }
}


class ExportFormat(StrEnum):
    """How a document is written."""

    YAML = "yaml"
    JSON = "json"


@router.get("/v1/workflows/{slug}/versions", operation_id="list_workflow_versions")
async def list_versions(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    slug: SlugPath,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> VersionPage:
    """Published versions, the newest first."""
    async with services.database.tenant(workspace) as session:
        return await versions.list_versions(session, slug, cursor, limit)


@router.get("/v1/workflows/{slug}/versions/{version}", operation_id="get_workflow_version")
async def get_version(
    services: CurrentServices, workspace: CurrentWorkspace, slug: SlugPath, version: int
) -> VersionDetail:
    """A version with its document."""
    async with services.database.tenant(workspace) as session:
        return await versions.get_version(session, slug, version)


@router.get("/v1/workflows/{slug}/diff", operation_id="diff_workflow_versions")
async def diff_versions(
    services: CurrentServices, workspace: CurrentWorkspace, slug: SlugPath, before: Revision, after: Revision = "draft"
) -> VersionDiff:
    """What differs between two versions, or between a version and the draft."""
    async with services.database.tenant(workspace) as session:
        return await versions.diff_versions(session, slug, before, after)


@router.get("/v1/workflows/{slug}/export", operation_id="export_workflow", response_class=Response, responses=_DOCUMENT)
async def export_workflow(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    slug: SlugPath,
    version: Annotated[
        str | None,
        Query(
            pattern=r"^(draft|[1-9][0-9]{0,9})$",
            description="Number of a version, or `draft`; the newest version by default, the draft if there is none.",
        ),
    ] = None,
    export_format: Annotated[ExportFormat, Query(alias="format", description="How it is written.")] = ExportFormat.YAML,
) -> Response:
    """The document as text that can be imported again: layout and notes included, comments of an import are not."""
    async with services.database.tenant(workspace) as session:
        document = await versions.document_of(session, await require_workflow(session, slug), version)
    as_json = export_format is ExportFormat.JSON
    written = await asyncio.to_thread(_as_json if as_json else to_yaml, document)
    return Response(
        written,
        media_type="application/json" if as_json else "application/yaml",
        headers={"Content-Disposition": f'attachment; filename="{slug}.{export_format}"'},
    )


def _as_json(document: dict[str, Any]) -> str:
    return to_json(tidy(document))
