"""Routes that show a run in other ways: its tree, its difference to another one, the conversation of its agent."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from api.access.caller import CurrentWorkspace
from api.requests import Cursor
from api.requests import router as feature_router
from api.runs.comparison import RunDifference, compare_runs
from api.runs.parameters import RunId
from api.runs.transcripts import Transcript, read_transcript
from api.runs.tree import MAX_DEPTH, RunTree, run_tree
from api.services import CurrentServices

router = feature_router("runs")


@router.get("/v1/runs/{run_id}/tree", operation_id="get_run_tree")
async def get_tree(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    run_id: RunId,
    depth: Annotated[int, Query(ge=0, le=MAX_DEPTH, description="Levels of child runs to show.")] = MAX_DEPTH,
    limit: Annotated[int, Query(ge=1, le=1_000, description="Runs to show at most, nearer ones first.")] = 500,
) -> RunTree:
    """A run with the runs that its sub-workflows have started, and those that have led to it."""
    async with services.database.tenant(workspace) as session:
        return await run_tree(session, run_id, depth=depth, limit=limit)


@router.get("/v1/runs/{run_id}/diff", operation_id="compare_runs")
async def compare(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    run_id: RunId,
    other: Annotated[UUID, Query(alias="with", description="Id of the other run.")],
    whole: Annotated[bool, Query(alias="all", description="Also steps that are the same in both runs.")] = False,
    limit: Annotated[int, Query(ge=1, le=1_000, description="Size of a page of steps.")] = 200,
    cursor: Cursor = None,
) -> RunDifference:
    """Compare a run with another one, such as the run that it was forked from."""
    async with services.database.tenant(workspace) as session:
        return await compare_runs(session, run_id, other, whole=whole, cursor=cursor, limit=limit)


@router.get("/v1/runs/{run_id}/transcript", operation_id="get_run_transcript")
async def get_transcript(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    run_id: RunId,
    limit: Annotated[int, Query(ge=1, le=1_000, description="Turns and calls of tools of a page.")] = 200,
    cursor: Cursor = None,
) -> Transcript:
    """What was said in a run of an agent, with every call of a tool, put together from its recorded steps."""
    async with services.database.tenant(workspace) as session:
        return await read_transcript(session, run_id, cursor, limit)
