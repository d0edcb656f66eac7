"""The tree of runs around a run: those that it has started, and those that have led to it."""

from collections import defaultdict
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import not_found
from api.runs import repository
from api.runs.models import RunSummary
from api.runs.repository import Found
from api.runs.views import run_summaries

MAX_DEPTH = 17
"""Levels that there can be: workflows call each other up to 16 levels deep."""


class RunBranch(BaseModel):
    """A run and the runs that its sub_workflow nodes have started, the oldest first."""

    run: RunSummary
    children: list["RunBranch"]
    children_left_out: bool = Field(description="Whether it has more children than are shown.")


class RunTree(BaseModel):
    """A run between those above and below it."""

    ancestors: list[RunSummary] = Field(description="From the topmost run down to the parent.")
    root: RunBranch
    runs: int = Field(description="Runs shown, from `root` down.")
    cost_usd: float = Field(description="What the runs shown have cost together.")
    complete: bool = Field(description="Whether no run was left out.")


async def run_tree(session: AsyncSession, run_id: UUID, *, depth: int, limit: int) -> RunTree:
    """The tree around a run.

    Args:
        session: A session of the workspace.
        run_id: Where it begins.
        depth: Levels of children to show.
        limit: Runs to show at most; nearer ones go before deeper ones.

    Raises:
        RequestError: `not_found`.
    """
    found = await repository.find_run(session, run_id)
    if found is None:
        raise not_found("run", run_id)
    children = await _descendants(session, run_id, depth, limit - 1)
    shown = [found, *(child for below in children.values() for child in below)]
    counts = await repository.count_children(session, [run.id for run, _, _ in shown])
    left_out = {parent for parent, count in counts.items() if count > len(children.get(parent, ()))}
    summaries = {one.id: one for one in await run_summaries(session, shown)}
    return RunTree(
        ancestors=await _ancestors(session, found),
        root=_branch(run_id, summaries, children, left_out),
        runs=len(shown),
        cost_usd=float(sum(run.cost_usd for run, _, _ in shown)),
        complete=not left_out,
    )


async def _descendants(session: AsyncSession, run_id: UUID, depth: int, limit: int) -> dict[UUID, list[Found]]:
    """Children by parent, level by level."""
    children: defaultdict[UUID, list[Found]] = defaultdict(list)
    parents = [run_id]
    for _ in range(depth):
        rows = await repository.list_children(session, parents, limit) if parents and limit > 0 else []
        for row in rows:
            children[_parent(row)].append(row)
        limit -= len(rows)
        parents = [run.id for run, _, _ in rows]
    return children


def _parent(row: Found) -> UUID:
    parent: UUID | None = row[0].parent_run_id
    assert parent is not None  # noqa: S101 - it was found by it
    return parent


def _branch(
    run_id: UUID, summaries: dict[UUID, RunSummary], children: dict[UUID, list[Found]], left_out: set[UUID]
) -> RunBranch:
    below = [_branch(child.id, summaries, children, left_out) for child, _, _ in children.get(run_id, ())]
    return RunBranch(run=summaries[run_id], children=below, children_left_out=run_id in left_out)


async def _ancestors(session: AsyncSession, found: Found) -> list[RunSummary]:
    above: list[Found] = []
    parent = found[0].parent_run_id
    while parent is not None and len(above) < MAX_DEPTH:
        one = await repository.find_summary(session, parent)
        if one is None:
            break
        above.append(one)
        parent = one[0].parent_run_id
    return await run_summaries(session, above[::-1])
