"""Routes of the filters of runs that people keep under names."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response, status
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.access.caller import CurrentCaller
from api.requests import router as feature_router
from api.saved_views import service
from api.saved_views.parameters import view_id_in
from api.saved_views.service import ViewKind, ViewName
from api.services import CurrentServices
from db.tables import ListView

router = feature_router("runs")

ViewId = Annotated[UUID, Depends(view_id_in)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class RunView(BaseModel):
    """Conditions as the list of runs in the web app has them; what is left out holds for all."""

    model_config = ConfigDict(extra="forbid")

    status: Word | None = Field(default=None, description="A status, or a group of them such as `active`.")
    workflow: Word | None = Field(default=None, description="Slug of the workflow.")
    text: Word | None = Field(default=None, description="Text in the input.")
    since: Word | None = Field(default=None, description="How far back from now: `1h`, `24h`, `7d`, `30d`.")
    trigger: Word | None = Field(default=None, description="What has started them.")
    by: Word | None = Field(default=None, description="Who has started them.")
    cost: Word | None = Field(default=None, description="Least cost in US dollars.")


class SaveRunView(BaseModel):
    """Body of a view that is kept."""

    model_config = ConfigDict(extra="forbid")

    name: ViewName
    filter: RunView


class SavedRunView(BaseModel):
    """Conditions under a name."""

    id: UUID
    name: str
    filter: RunView


class SavedRunViews(BaseModel):
    """The caller's views, by name."""

    items: list[SavedRunView]


@router.get("/v1/runs/views", operation_id="list_run_views")
async def list_run_views(services: CurrentServices, caller: CurrentCaller) -> SavedRunViews:
    """The caller's saved views of the runs."""
    async with services.database.tenant(caller.workspace_id) as session:
        return SavedRunViews(items=[_saved(view) for view in await service.own_views(session, caller, ViewKind.RUNS)])


@router.post("/v1/runs/views", operation_id="create_run_view", status_code=status.HTTP_201_CREATED)
async def create_run_view(services: CurrentServices, caller: CurrentCaller, body: SaveRunView) -> SavedRunView:
    """Keep conditions under a name."""
    chosen = body.filter.model_dump(mode="json", exclude_none=True)
    async with services.database.tenant(caller.workspace_id) as session:
        return _saved(await service.add_view(session, caller, ViewKind.RUNS, body.name, chosen))


@router.delete("/v1/runs/views/{view_id}", operation_id="delete_run_view", status_code=status.HTTP_204_NO_CONTENT)
async def delete_run_view(services: CurrentServices, caller: CurrentCaller, view_id: ViewId) -> Response:
    """Forget a saved view."""
    async with services.database.tenant(caller.workspace_id) as session:
        await service.delete_view(session, caller, ViewKind.RUNS, view_id)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


def _saved(view: ListView) -> SavedRunView:
    return SavedRunView(id=view.id, name=view.name, filter=RunView.model_validate(view.filter))
